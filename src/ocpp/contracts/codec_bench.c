#include "ocpp/codec_bench.h"

#define SAMPLE(value, rest) "{\"value\":" value ",\"context\":\"Sample.Periodic\"," rest "}"
#define UNIT(unit)          "\"unitOfMeasure\":{\"unit\":\"" unit "\",\"multiplier\":0}"
#define SAMPLE_16(value, rest) \
    "{\"value\":\"" value "\",\"context\":\"Sample.Periodic\",\"format\":\"Raw\"," rest "}"

static const struct {
    const char *name;
    enum ocpp_version version;
    struct str action, text;
} messages[] = {
    { "2.0.1 TransactionEvent, 6 samples", OCPP_V201, STR_INIT("TransactionEvent"),
      STR_INIT(
          "{\"eventType\":\"Updated\",\"timestamp\":\"2026-11-24T10:11:12.123Z\","
          "\"triggerReason\":\"MeterValuePeriodic\",\"seqNo\":17,\"offline\":false,"
          "\"numberOfPhasesUsed\":3,\"cableMaxCurrent\":32,\"transactionInfo\":{"
          "\"transactionId\":\"5c1e6d3a-7d1d-4f0f-9a53-3f2a4c0a9f11\","
          "\"chargingState\":\"Charging\",\"timeSpentCharging\":1234},"
          "\"idToken\":{\"idToken\":\"04A1B2C3D4E5F6\",\"type\":\"ISO14443\"},"
          "\"evse\":{\"id\":1,\"connectorId\":1},\"meterValue\":[{"
          "\"timestamp\":\"2026-11-24T10:11:12.000Z\",\"sampledValue\":["
          // clang-format off
          SAMPLE("123456.7", "\"measurand\":\"Energy.Active.Import.Register\",\"location\":\"Outlet\"," UNIT("Wh")) ","
          SAMPLE("11040.5", "\"measurand\":\"Power.Active.Import\",\"location\":\"Outlet\"," UNIT("W")) ","
          SAMPLE("16.02", "\"measurand\":\"Current.Import\",\"phase\":\"L1\"," UNIT("A")) ","
          SAMPLE("15.98", "\"measurand\":\"Current.Import\",\"phase\":\"L2\"," UNIT("A")) ","
          SAMPLE("16.1", "\"measurand\":\"Current.Import\",\"phase\":\"L3\"," UNIT("A")) ","
          SAMPLE("64", "\"measurand\":\"SoC\",\"location\":\"EV\"," UNIT("Percent")) "]}]}") },
    { "1.6 MeterValues, 4 samples", OCPP_V16, STR_INIT("MeterValues"),
      STR_INIT(
          "{\"connectorId\":1,\"transactionId\":1234567,\"meterValue\":[{"
          "\"timestamp\":\"2026-11-24T10:11:12.000Z\",\"sampledValue\":["
          SAMPLE_16("123456.7", "\"measurand\":\"Energy.Active.Import.Register\",\"location\":\"Outlet\",\"unit\":\"Wh\"") ","
          SAMPLE_16("11040.5", "\"measurand\":\"Power.Active.Import\",\"location\":\"Outlet\",\"unit\":\"W\"") ","
          SAMPLE_16("16.02", "\"measurand\":\"Current.Import\",\"phase\":\"L1\",\"location\":\"Outlet\",\"unit\":\"A\"") ","
          SAMPLE_16("64", "\"measurand\":\"SoC\",\"location\":\"EV\",\"unit\":\"Percent\"") "]}]}") },
    // clang-format on
};

bool codec_bench(uint32_t index, const char **name, struct json_bench *measured)
{
    const struct ocpp_action *action;

    if (index >= COUNT(messages))
        return false;
    action = ocpp_action_find(messages[index].version, messages[index].action);
    check(action != NULL);
    *name = messages[index].name;
    *measured = json_bench(action->req, messages[index].text);
    return true;
}
