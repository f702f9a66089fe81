/* codec.c: the JSON codec alone: text to struct, checked against the schema, and back. */
#include "bench/codec.h"

#include <time.h>

#include "bench/bench.h"
#include "ocpp/contracts.h"
#include "json/encode.h"
#include "json/reader.h"

enum { ROUNDS = 15, MESSAGES = 20000 };

enum err bench_codec(const struct bench_config *config, struct report *report, char *why);

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

static int64_t now_ns(void)
{
    struct timespec now;

    check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static struct codec_time sum_up(int64_t rounds_ns[ROUNDS])
{
    int64_t middle_ns = median(rounds_ns, ROUNDS); /* which sorts them */

    return (struct codec_time){ rounds_ns[0] / MESSAGES, middle_ns / MESSAGES };
}

static void *read_once(const struct json_desc *desc, struct str text, struct arena *arena)
{
    struct json_report report;
    void *out = arena_zalloc(arena, 1, desc->size);

    check(out != NULL);
    check(json_read(desc, text, JSON_STRICT, arena, out, &report) == ERR_NONE);
    return out;
}

static void write_once(const struct json_desc *desc, const void *object, struct arena *arena)
{
    struct json_writer w;
    struct buf buf;

    buf_init_arena(&buf, arena, 1u << 20);
    w = json_writer(&buf);
    check(json_write_struct(desc, object, &w) == ERR_NONE);
}

struct codec_times codec_measure(const struct json_desc *desc, struct str text)
{
    struct arena_pool pool = { .spare_max = 8 };
    struct arena arena, kept;
    int64_t read_ns[ROUNDS], write_ns[ROUNDS];
    const void *object;

    arena_init(&arena, &pool, 0);
    arena_init(&kept, NULL, 0);
    object = read_once(desc, text, &kept);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = now_ns(), middle;
        for (int i = 0; i < MESSAGES; i++) {
            (void)read_once(desc, text, &arena);
            arena_reset(&arena);
        }
        middle = now_ns();
        for (int i = 0; i < MESSAGES; i++) {
            write_once(desc, object, &arena);
            arena_reset(&arena);
        }
        read_ns[round] = middle - start;
        write_ns[round] = now_ns() - middle;
    }
    arena_reset(&kept);
    arena_pool_fini(&pool);
    return (struct codec_times){ sum_up(read_ns), sum_up(write_ns) };
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type of all benchmarks */
enum err bench_codec(const struct bench_config *config, struct report *report, char *why)
{
    (void)config;
    (void)why; /* nothing of the world takes part */
    for (size_t i = 0; i < COUNT(messages); i++) {
        const struct ocpp_action *action =
            ocpp_action_find(messages[i].version, messages[i].action);
        const char *name = messages[i].name;
        struct codec_times times;
        check(action != NULL);
        times = codec_measure(action->req, messages[i].text);
        report_add(report, name, "text", (int64_t)messages[i].text.len * 1000, "byte");
        report_add(report, name, "parse_and_check_min", times.read.least_ns * 1000, "ns");
        report_add(report, name, "parse_and_check_median", times.read.median_ns * 1000, "ns");
        report_add(report, name, "write_min", times.write.least_ns * 1000, "ns");
        report_add(report, name, "write_median", times.write.median_ns * 1000, "ns");
    }
    return ERR_NONE;
}
