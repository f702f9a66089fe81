/* store.c: commits on this disk, without a server around them. */
#include <stdio.h>

#include "bench/bench.h"
#include "store/bench.h"

enum err bench_store(const struct bench_config *config, struct report *report, char *why);

enum err bench_store(const struct bench_config *config, struct report *report, char *why)
{
    struct store_bench_line lines[STORE_BENCH_LINES];
    char said[STORE_WHY_SIZE] = "";
    enum err err = store_bench(config->directory, config->seconds * 1000, lines, said);

    (void)snprintf(why, BENCH_WHY_SIZE, "%s", said); /* fits */
    for (size_t i = 0; err == ERR_NONE && i < COUNT(lines); i++) {
        char name[sizeof report->rows[0].name];
        (void)snprintf(name, sizeof name, "%s, %u a commit", lines[i].name, lines[i].messages);
        report_add(report, name, "messages_per_s", lines[i].messages_per_s * 1000, "1/s");
        report_add(report, name, "cpu_per_message", lines[i].cpu_ns_per_message, "us");
        report_add(report, name, "cpu_per_commit", lines[i].cpu_us_per_commit * 1000, "us");
        report_add(report, name, "commit", lines[i].commit_us * 1000, "us");
    }
    return err;
}
