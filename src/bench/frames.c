#include "bench/frames.h"

#include "base/time.h"

/* Runs of these characters are fields; they stand for nothing else. */
enum field {
    FIELD_NUMBER,      /* # */
    FIELD_STATION,     /* ~ */
    FIELD_REGISTER,    /* % */
    FIELD_POWER,       /* & */
    FIELD_TRANSACTION, /* $ */
    FIELD_TIME,        /* ^ */
    FIELD_COUNT
};
enum { WH_A_FRAME = 7 };
static const char marks[] = "#~%&$^";

/* No field of digits starts with a zero: they are JSON numbers, too. */
#define NUMBER       "########"
#define STATION      "~~~~~~~~"
#define REGISTER     "%%%%%%%%%"
#define POWER        "&&&&&"
#define TRANSACTION  "$$$$$$$$$$"
#define TIME         "^^^^^^^^^^^^^^^^^^^^^^^^"
#define CALL(action) "[2,\"" STATION "-" NUMBER "-6d1f\",\"" action "\","

#define SAMPLE_16(value, measurand, unit)                                                 \
    "{\"value\":\"" value "\",\"context\":\"Sample.Periodic\",\"measurand\":\"" measurand \
    "\",\"location\":\"Outlet\",\"unit\":\"" unit "\",\"format\":\"Raw\"}"
#define SAMPLE_201(value, measurand, unit)                                            \
    "{\"value\":" value ",\"context\":\"Sample.Periodic\",\"measurand\":\"" measurand \
    "\",\"location\":\"Outlet\",\"unitOfMeasure\":{\"unit\":\"" unit "\",\"multiplier\":0}}"
#define STATUS_16(connector)                                                             \
    CALL("StatusNotification")                                                           \
    "{\"connectorId\":" connector ",\"errorCode\":\"NoError\",\"status\":\"Available\"," \
    "\"timestamp\":\"" TIME "\"}]"
#define STATUS_201(evse)                                             \
    CALL("StatusNotification")                                       \
    "{\"timestamp\":\"" TIME "\",\"connectorStatus\":\"Available\"," \
    "\"evseId\":" evse ",\"connectorId\":1}]"

static const char *const templates[FRAMES_PROTOCOL_COUNT][FRAMES_STEP_COUNT] = {
    [FRAMES_16] = {
        [FRAMES_BOOT] = CALL("BootNotification")
            "{\"chargePointVendor\":\"Bench\",\"chargePointModel\":\"B-22\","
            "\"chargePointSerialNumber\":\"B" STATION "\",\"firmwareVersion\":\"1.4.2-rc3\"}]",
        [FRAMES_STATUS_1] = STATUS_16("1"),
        [FRAMES_STATUS_2] = STATUS_16("2"),
        [FRAMES_START] = CALL("StartTransaction")
            "{\"connectorId\":1,\"idTag\":\"BENCH00000000001\",\"meterStart\":" REGISTER
            ",\"timestamp\":\"" TIME "\"}]",
        [FRAMES_METER] = CALL("MeterValues")
            "{\"connectorId\":1,\"transactionId\":" TRANSACTION ",\"meterValue\":[{\"timestamp\":\""
            TIME "\",\"sampledValue\":["
            SAMPLE_16(REGISTER, "Energy.Active.Import.Register", "Wh") ","
            SAMPLE_16(POWER, "Power.Active.Import", "W") ","
            SAMPLE_16("16.1", "Current.Import", "A") ","
            SAMPLE_16("230.4", "Voltage", "V") "]}]}]",
    },
    [FRAMES_201] = {
        [FRAMES_BOOT] = CALL("BootNotification")
            "{\"reason\":\"PowerUp\",\"chargingStation\":{\"serialNumber\":\"B" STATION
            "\",\"model\":\"B-22\",\"vendorName\":\"Bench\",\"firmwareVersion\":\"1.4.2-rc3\"}}]",
        [FRAMES_STATUS_1] = STATUS_201("1"),
        [FRAMES_STATUS_2] = STATUS_201("2"),
        [FRAMES_START] = CALL("TransactionEvent")
            "{\"eventType\":\"Started\",\"timestamp\":\"" TIME "\",\"triggerReason\":\"Authorized\","
            "\"seqNo\":" NUMBER ",\"transactionInfo\":{\"transactionId\":\"5c1e6d3a-7d1d-4f0f-9a53-3f2a" STATION "\","
            "\"chargingState\":\"Charging\"},\"evse\":{\"id\":1,\"connectorId\":1},"
            "\"idToken\":{\"idToken\":\"BENCH00000000001\",\"type\":\"ISO14443\"}}]",
        [FRAMES_METER] = CALL("TransactionEvent")
            "{\"eventType\":\"Updated\",\"timestamp\":\"" TIME "\","
            "\"triggerReason\":\"MeterValuePeriodic\",\"seqNo\":" NUMBER ",\"offline\":false,"
            "\"numberOfPhasesUsed\":3,\"cableMaxCurrent\":32,\"transactionInfo\":{"
            "\"transactionId\":\"5c1e6d3a-7d1d-4f0f-9a53-3f2a" STATION "\",\"chargingState\":\"Charging\"},"
            "\"evse\":{\"id\":1,\"connectorId\":1},\"meterValue\":[{\"timestamp\":\"" TIME "\","
            "\"sampledValue\":["
            SAMPLE_201(REGISTER, "Energy.Active.Import.Register", "Wh") ","
            SAMPLE_201(POWER, "Power.Active.Import", "W") ","
            SAMPLE_201("16.1", "Current.Import", "A") ","
            SAMPLE_201("230.4", "Voltage", "V") ","
            SAMPLE_201("41.5", "SoC", "Percent") ","
            SAMPLE_201("50.01", "Frequency", "Hz") "]}]}]",
    },
};

enum { TIME_WIDTH = sizeof TIME - 1 };
_Static_assert(TIME_WIDTH == TIME_TEXT_LEN, "a time fills its field");

struct str frames_subprotocol(enum frames_protocol protocol)
{
    return protocol == FRAMES_16 ? STR("ocpp1.6") : STR("ocpp2.0.1");
}

/* The lowest digits, right-aligned; in front of a shorter number stand spaces, which JSON allows.
 */
static void put_digits(char *at, uint32_t width, int64_t value)
{
    while (width-- > 0) {
        at[width] = (char)(value ? '0' + value % 10 : ' ');
        value /= 10;
    }
}

struct str frames_write(enum frames_protocol protocol, enum frames_step step,
                        const struct frames_moment *moment, char *memory)
{
    const int64_t values[FIELD_TIME] = {
        [FIELD_NUMBER] = 10000000 + (int64_t)moment->number,
        [FIELD_STATION] = 10000000 + (int64_t)moment->station,
        [FIELD_REGISTER] = 100000000 + (int64_t)moment->number * WH_A_FRAME,
        [FIELD_POWER] = 10000 + moment->number * 37 % 1000,
        [FIELD_TRANSACTION] = moment->transaction_id,
    };
    const char *template = templates[protocol][step];
    uint32_t len = (uint32_t)strlen(template), at = 0;

    check(len < FRAME_SIZE);
    memcpy(memory, template, len + 1);
    while ((at += (uint32_t)strcspn(memory + at, marks)) < len) {
        uint32_t width = (uint32_t)strspn(memory + at, (char[]){ memory[at], '\0' });
        size_t field = (size_t)(strchr(marks, memory[at]) - marks);
        if (field == FIELD_TIME)
            time_format(moment->at, memory + at);
        else
            put_digits(memory + at, width, values[field]);
        at += width;
    }
    return (struct str){ memory, len };
}

int64_t frames_energy_mwh(enum frames_protocol protocol, uint32_t frames)
{
    /* The register that counts first: 1.6 has one in its start. */
    uint32_t first = protocol == FRAMES_16 ? FRAMES_START : FRAMES_METER;

    return frames > first ? (int64_t)(frames - 1 - first) * WH_A_FRAME * 1000 : 0;
}

struct str frames_payload(struct str frame)
{
    int64_t brace = str_find_byte(frame, '{');

    check(brace >= 0);
    return (struct str){ frame.ptr + brace, frame.len - (uint32_t)brace - 1 };
}
