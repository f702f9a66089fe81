/* codec.c: the JSON codec alone: text to struct, checked against the schema, and back. */
#include "bench/bench.h"
#include "ocpp/codec_bench.h"

enum err bench_codec(const struct bench_config *config, struct report *report, char *why);

/* NOLINTNEXTLINE(readability-non-const-parameter): the type of all benchmarks */
enum err bench_codec(const struct bench_config *config, struct report *report, char *why)
{
    struct json_bench result;
    const char *name;

    (void)config;
    (void)why; /* nothing of the world takes part */
    for (uint32_t i = 0; codec_bench(i, &name, &result); i++) {
        report_add(report, name, "text", (int64_t)result.text_bytes * 1000, "byte");
        report_add(report, name, "parse_and_check_min", result.read.least_ns * 1000, "ns");
        report_add(report, name, "parse_and_check_median", result.read.median_ns * 1000, "ns");
        report_add(report, name, "write_min", result.write.least_ns * 1000, "ns");
        report_add(report, name, "write_median", result.write.median_ns * 1000, "ns");
    }
    return ERR_NONE;
}
