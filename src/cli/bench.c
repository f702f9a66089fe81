/* bench.c: the benchmarks, as a table and as JSON. */
#include "bench/bench.h"
#include "bench/energy/energy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

int cli_bench(const struct cli_args *args);

static int list(void)
{
    for (uint32_t i = 0; i < bench_count; i++)
        (void)printf("  %-10s %s\n", benches[i].name, benches[i].summary);
    (void)printf(
        "\nScenarios of energy, one or more of them by --scenario NAME, without it all; and about "
        "how long each takes on one core:\n");
    for (uint32_t i = 0; i < energy_scenario_count; i++)
        (void)printf("  %-20s %4u s  %s\n", energy_scenarios[i].name, energy_scenarios[i].seconds,
                     energy_scenarios[i].summary);
    return 0;
}

static const struct bench *find(const char *name)
{
    for (uint32_t i = 0; i < bench_count; i++)
        if (strcmp(benches[i].name, name) == 0)
            return &benches[i];
    return NULL;
}

/* All values of a flag that may be given more than once; false: too many, which was said. */
static bool read_names(const struct cli_args *args, const char *flag,
                       const char *names[BENCH_NAMES_MAX], uint32_t *count)
{
    for (uint32_t i = 0; i < args->flag_count; i++) {
        if (strcmp(args->flags[i].name, flag) != 0)
            continue;
        if (*count == BENCH_NAMES_MAX) {
            (void)cli_fail(2, "%s: at most %d times", flag, BENCH_NAMES_MAX);
            return false;
        }
        names[(*count)++] = args->flags[i].value;
    }
    return true;
}

static int read_config(const struct cli_args *args, struct bench_config *config)
{
    int64_t connections = 0, rounds = 5, seconds = 2;
    const char *directory = cli_value(args, "--data");
    const char *temporary = getenv("TMPDIR");

    if (!cli_number(args, "--connections", 1, 19000, &connections) ||
        !cli_number(args, "--rounds", 1, 100, &rounds) ||
        !cli_number(args, "--seconds", 1, 3600, &seconds))
        return 2;
    *config = (struct bench_config){
        .version = CLI_VERSION,
        .program = "/proc/self/exe",
        .directory = directory   ? directory
                     : temporary ? temporary
                                 : "/var/tmp",
        .connections = (uint32_t)connections,
        .rounds = (uint32_t)rounds,
        .seconds = (uint32_t)seconds,
    };
    if (!read_names(args, "--sessions", config->sessions, &config->sessions_count) ||
        !read_names(args, "--scenario", config->scenarios, &config->scenario_count))
        return 2;
    if (access(config->directory, W_OK | X_OK) != 0)
        return cli_fail(1, "%s: %s; name another with --data", config->directory, strerror(errno));
    return 0;
}

static int run(const struct bench *bench, const struct bench_config *config, const char *json)
{
    static struct report report;
    char why[BENCH_WHY_SIZE] = "";
    enum err err;

    report.bench = bench->name;
    report.version = config->version;
    err = bench->run(config, &report, why);
    if (err != ERR_NONE)
        return cli_fail(1, "bench %s: %s", bench->name, why[0] ? why : err_text(err));
    report_print(&report);
    if (json && report_write(&report, json) != ERR_NONE)
        return cli_fail(1, "--json %s: %s", json, strerror(errno));
    return 0;
}

int cli_bench(const struct cli_args *args)
{
    const struct bench *bench;
    struct bench_config config;
    int code = read_config(args, &config);

    if (code)
        return code;
    if (args->word_count == 0)
        return list();
    bench = find(args->words[0]);
    if (!bench)
        return cli_fail(2, "there is no benchmark '%s'; voltd bench lists them", args->words[0]);
    return run(bench, &config, cli_value(args, "--json"));
}
