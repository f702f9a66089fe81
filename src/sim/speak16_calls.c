/* speak16_calls.c: what a server may ask of a station in OCPP 1.6 (§5). */
#include "sim/pick.h"
#include "sim/speak_inner.h"

static const char *plain(enum sim_verdict verdict)
{
    return verdict == VERDICT_ACCEPTED ? "Accepted" : "Rejected";
}

enum { NO_CONNECTOR = -1 };

/* A connector that may be left out (0). */
static int32_t connector(const struct sim_call *call, const char *key)
{
    int64_t number = 0;

    if (pick(call->payload, key).len > 0 && !pick_i64(call->payload, key, &number))
        return NO_CONNECTOR;
    return number >= 0 && number <= INT32_MAX ? (int32_t)number : NO_CONNECTOR;
}

static enum err change_availability(struct sim_call *call)
{
    static const char *const words[VERDICT_COUNT] = {
        [VERDICT_ACCEPTED] = "Accepted", [VERDICT_SCHEDULED] = "Scheduled"
    };
    struct str type = pick(call->payload, "type");
    bool operative = str_equal(type, STR("\"Operative\""));
    enum sim_verdict verdict;

    if (!operative && !str_equal(type, STR("\"Inoperative\"")))
        return ERR_BAD_VALUE;
    verdict = sim_set_operative(call->station, connector(call, "connectorId"), operative);
    sim_put_status(call, words[verdict] ? words[verdict] : "Rejected");
    return ERR_NONE;
}

static enum err change_configuration(struct sim_call *call)
{
    static const char *const words[] = {
        [SETTING_DONE] = "Accepted",
        [SETTING_AFTER_REBOOT] = "RebootRequired",
        [SETTING_REFUSED] = "Rejected",
        [SETTING_UNKNOWN] = "NotSupported",
    };
    enum setting setting = settings_find_key(pick_text(call->payload, "key", call->arena));
    struct str value = pick(call->payload, "value");
    enum setting_result result = SETTING_REFUSED;

    if (value.len == 0)
        return ERR_BAD_OCCURRENCE;
    if (!call->station->refuses_calls)
        result =
            settings_write(&call->station->settings, setting, pick_unquote(value, call->arena));
    if (result == SETTING_DONE)
        sim_station_rearm(call->station);
    sim_put_status(call, words[result]);
    return ERR_NONE;
}

static void put_key(struct sim_call *call, enum setting setting)
{
    const struct setting_desc *desc = &setting_descs[setting];
    char scratch[16];

    json_object_begin(call->w);
    json_key_str(call->w, "key", desc->key);
    json_key_bool(call->w, "readonly", desc->access == SETTING_RO);
    json_key_str(call->w, "value", settings_text(&call->station->settings, setting, scratch));
    json_object_end(call->w);
}

static bool is_told(enum setting setting)
{
    return setting != SETTING_COUNT && setting_descs[setting].access != SETTING_WO;
}

/* What is there (known), or what is not, of the keys that were asked for. An empty list is left
 * out. */
static void put_asked(struct sim_call *call, const char *name, bool known)
{
    struct str keys = pick(call->payload, "key"), item;
    bool begun = false;

    while (pick_item(&keys, &item)) {
        struct str key = pick_unquote(item, call->arena);
        enum setting setting = settings_find_key(key);

        if (is_told(setting) != known)
            continue;
        if (!begun) {
            json_key(call->w, name);
            json_array_begin(call->w);
            begun = true;
        }
        if (known)
            put_key(call, setting);
        else
            json_str(call->w, key);
    }
    if (begun)
        json_array_end(call->w);
}

static enum err get_configuration(struct sim_call *call)
{
    if (pick(call->payload, "key").len > 2) {
        put_asked(call, "configurationKey", true);
        put_asked(call, "unknownKey", false);
        return ERR_NONE;
    }
    json_key(call->w, "configurationKey"); /* no keys, or an empty list: all (1.6 §5.8) */
    json_array_begin(call->w);
    for (int i = 0; i < SETTING_COUNT; i++)
        if (setting_descs[i].key.len > 0 && is_told((enum setting)i))
            put_key(call, (enum setting)i);
    json_array_end(call->w);
    return ERR_NONE;
}

static enum err remote_start(struct sim_call *call)
{
    struct str tag = pick_text(call->payload, "idTag", call->arena);
    struct str json = pick(call->payload, "chargingProfile");
    struct sim_remote_start start = { .evse = connector(call, "connectorId") };
    struct profile profile;

    if (tag.len == 0 || tag.len > 20)
        return ERR_BAD_VALUE;
    memcpy(start.token.id, tag.ptr, tag.len);
    if (json.len > 0) {
        if (!sim_profile_read(json, true, &profile))
            return ERR_BAD_FORMAT;
        start.profile = &profile;
    }
    sim_put_status(call, plain(sim_remote_start(call->station, &start)));
    return ERR_NONE;
}

static enum err remote_stop(struct sim_call *call)
{
    int64_t id;

    if (!pick_i64(call->payload, "transactionId", &id))
        return ERR_BAD_TYPE;
    sim_put_status(call,
                   plain(sim_remote_stop(call->station, pick(call->payload, "transactionId"))));
    return ERR_NONE;
}

static enum err reset(struct sim_call *call)
{
    struct str type = pick(call->payload, "type");
    bool hard = str_equal(type, STR("\"Hard\""));

    if (!hard && !str_equal(type, STR("\"Soft\"")))
        return ERR_BAD_VALUE;
    sim_put_status(call, plain(sim_reset(call->station, true, hard)));
    return ERR_NONE;
}

static enum err unlock(struct sim_call *call)
{
    static const char *const words[VERDICT_COUNT] = {
        [VERDICT_ACCEPTED] = "Unlocked",
        [VERDICT_REJECTED] = "UnlockFailed",
        [VERDICT_UNKNOWN] = "NotSupported", /* 1.6 §5.18 */
    };

    sim_put_status(call, words[sim_unlock(call->station, connector(call, "connectorId"))]);
    return ERR_NONE;
}

static enum err trigger(struct sim_call *call)
{
    static const struct {
        struct str word;
        enum sim_message_kind kind;
    } rows[] = {
        { STR_INIT("\"BootNotification\""), SIM_BOOT },
        { STR_INIT("\"Heartbeat\""), SIM_HEARTBEAT },
        { STR_INIT("\"StatusNotification\""), SIM_STATUS },
        { STR_INIT("\"MeterValues\""), SIM_METER },
        { STR_INIT("\"FirmwareStatusNotification\""), SIM_FIRMWARE_STATUS },
        { STR_INIT("\"DiagnosticsStatusNotification\""), SIM_LOG_STATUS },
    };
    struct str wanted = pick(call->payload, "requestedMessage");

    if (wanted.len == 0)
        return ERR_BAD_OCCURRENCE;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_equal(rows[i].word, wanted)) {
            sim_put_status(call, plain(sim_trigger(call->station, rows[i].kind,
                                                   connector(call, "connectorId"), false)));
            return ERR_NONE;
        }
    sim_put_status(call, "NotImplemented");
    return ERR_NONE;
}

static enum err set_profile(struct sim_call *call)
{
    struct str json = pick(call->payload, "csChargingProfiles");
    struct profile profile;

    if (!sim_profile_read(json, true, &profile))
        return ERR_BAD_FORMAT;
    profile.evse = connector(call, "connectorId");
    sim_put_status(call,
                   plain(sim_set_profile(call->station, &profile, pick(json, "transactionId"))));
    return ERR_NONE;
}

static int32_t optional(const struct sim_call *call, const char *path)
{
    int64_t value;

    return pick_i64(call->payload, path, &value) && value >= 0 && value <= INT32_MAX
               ? (int32_t)value
               : -1;
}

static enum err clear_profile(struct sim_call *call)
{
    struct profile_match match = {
        .id = optional(call, "id"),
        .evse = optional(call, "connectorId"),
        .stack_level = optional(call, "stackLevel"),
        .purpose = sim_purpose_read(pick(call->payload, "chargingProfilePurpose")),
        .keep_outside = true,
    };
    uint32_t cleared = sim_clear_profiles(call->station, &match);

    sim_evses_refresh(call->station);
    sim_put_status(call, cleared > 0 ? "Accepted" : "Unknown");
    return ERR_NONE;
}

static enum err get_composite(struct sim_call *call)
{
    int32_t number = connector(call, "connectorId"), duration_s = optional(call, "duration");
    bool watts = str_equal(pick(call->payload, "chargingRateUnit"), STR("\"W\""));
    struct sim_schedule schedule;

    if (duration_s < 0)
        return ERR_BAD_OCCURRENCE;
    if (!sim_composite(call->station, number, duration_s, watts, &schedule)) {
        sim_put_status(call, "Rejected");
        return ERR_NONE;
    }
    sim_put_status(call, "Accepted");
    json_key_i64(call->w, "connectorId", number);
    json_key_time(call->w, "scheduleStart", sim_station_clock(call->station));
    json_key(call->w, "chargingSchedule");
    json_object_begin(call->w);
    json_key_i64(call->w, "duration", duration_s);
    json_key_str(call->w, "chargingRateUnit", watts ? STR("W") : STR("A"));
    sim_put_periods(&schedule, call->w);
    json_object_end(call->w);
    return ERR_NONE;
}

static const struct sim_call_row rows_16[] = {
    { STR_INIT("ChangeAvailability"), change_availability },
    { STR_INIT("ChangeConfiguration"), change_configuration },
    { STR_INIT("ClearCache"), sim_call_clear_cache },
    { STR_INIT("ClearChargingProfile"), clear_profile },
    { STR_INIT("DataTransfer"), sim_call_data_transfer },
    { STR_INIT("GetCompositeSchedule"), get_composite },
    { STR_INIT("GetConfiguration"), get_configuration },
    { STR_INIT("RemoteStartTransaction"), remote_start },
    { STR_INIT("RemoteStopTransaction"), remote_stop },
    { STR_INIT("Reset"), reset },
    { STR_INIT("SetChargingProfile"), set_profile },
    { STR_INIT("TriggerMessage"), trigger },
    { STR_INIT("UnlockConnector"), unlock },
};

void sim_called_16(struct sim_station *station, struct str action, struct str payload,
                   struct sim_answer *answer)
{
    static const struct sim_call_table table = { rows_16, COUNT(rows_16), true };

    sim_call_dispatch(&table, station, action, payload, answer);
}
