#include "ocpp/facts/facts.h"
#include "ocpp/say.h"

/* Those of 2.0.1 appendix §1.1 that are critical, with the names that 1.6 has for them. */
static const struct str critical[] = {
    STR_INIT("FirmwareUpdated"),
    STR_INIT("SettingSystemTime"),
    STR_INIT("StartupOfTheDevice"),
    STR_INIT("ResetOrReboot"),
    STR_INIT("SecurityLogWasCleared"),
    STR_INIT("MemoryExhaustion"),
    STR_INIT("TamperDetectionActivated"),
    STR_INIT("InvalidFirmwareSignature"),
    STR_INIT("InvalidFirmwareSigningCertificate"),
    STR_INIT("InvalidCsmsCertificate"),
    STR_INIT("InvalidCentralSystemCertificate"),
    STR_INIT("InvalidChargingStationCertificate"),
    STR_INIT("InvalidChargePointCertificate"),
    STR_INIT("InvalidTLSVersion"),
    STR_INIT("InvalidTLSCipherSuite"),
    STR_INIT("MaintenanceLoginAccepted"),
    STR_INIT("MaintenanceLoginFailed"),
};

/* Of these a station tells at every start or on an operator's own doing: in the log, but no matter
 * for a person. */
static const struct str everyday[] = { STR_INIT("FirmwareUpdated"), STR_INIT("SettingSystemTime"),
                                       STR_INIT("StartupOfTheDevice"), STR_INIT("ResetOrReboot") };

static bool one_of(struct str text, const struct str *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(text, list[i]))
            return true;
    return false;
}

enum err fact_security_event(struct turn *turn, struct in *in, struct str type,
                             struct str tech_info)
{
    const struct sentence said = SENTENCE(
        turn->arena, "security_event", "{event} {info}",
        ARGS(ARG_STR("event", type), ARG_STR("info", tech_info.ptr ? tech_info : STR(""))));
    const struct review review = {
        .once = REVIEW_ONCE_A_TEXT, .kind = "security", .station = in->station_id, SAYS(said)
    };
    bool matters =
        one_of(type, critical, COUNT(critical)) && !one_of(type, everyday, COUNT(everyday));

    return matters ? turn_review_once(turn, &review) : ERR_NONE;
}
