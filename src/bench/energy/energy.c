#include "bench/energy/energy.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SCENARIO(name, function, seconds, summary) \
    enum err scenario_##function(struct energy_bench *bench);
#include "bench/energy/scenarios.def"
#undef SCENARIO
enum err bench_energy(const struct bench_config *config, struct report *report, char *why);

const struct energy_scenario energy_scenarios[] = {
#define SCENARIO(name, function, seconds, summary) { name, summary, seconds, scenario_##function },
#include "bench/energy/scenarios.def"
#undef SCENARIO
};
const uint32_t energy_scenario_count = COUNT(energy_scenarios);

void energy_add(struct energy_bench *bench, const char *algorithm, const char *metric, double value,
                const char *unit)
{
    char name[sizeof bench->report->rows[0].name];

    (void)snprintf(name, sizeof name, "%s/%s", bench->scenario->name, algorithm); /* cut */
    report_add(bench->report, name, metric, (int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5)),
               unit);
}

int64_t energy_cpu_ns(void)
{
    struct timespec now;

    check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void energy_times_add(struct energy_times *times, int64_t ns)
{
    if (times->count == times->capacity) {
        int64_t *more;

        times->capacity = times->capacity ? 2 * times->capacity : 1024;
        more = realloc(times->ns, times->capacity * sizeof *more);
        check(more != NULL);
        times->ns = more;
    }
    times->ns[times->count++] = ns;
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

double energy_times_us(struct energy_times *times, uint32_t permille)
{
    uint64_t at;

    if (times->count == 0)
        return 0;
    qsort(times->ns, times->count, sizeof *times->ns, by_size);
    at = (uint64_t)(times->count - 1) * permille / 1000;
    return (double)times->ns[at] / 1000;
}

void energy_times_fini(struct energy_times *times)
{
    free(times->ns);
    *times = (struct energy_times){ 0 };
}

static bool is_chosen(const struct bench_config *config, const char *name)
{
    bool chosen = config->scenario_count == 0;

    for (uint32_t i = 0; i < config->scenario_count; i++)
        chosen |= strcmp(config->scenarios[i], name) == 0;
    return chosen;
}

/* NULL: each name is one of the table. */
static const char *unknown_name(const struct bench_config *config)
{
    for (uint32_t i = 0; i < config->scenario_count; i++) {
        bool known = false;
        for (uint32_t s = 0; s < energy_scenario_count; s++)
            known |= strcmp(config->scenarios[i], energy_scenarios[s].name) == 0;
        if (!known)
            return config->scenarios[i];
    }
    return NULL;
}

static void list(char *why, const char *unknown)
{
    struct buf text;

    buf_init(&text, why, BENCH_WHY_SIZE - 1);
    buf_printf(&text, "there is no scenario '%s', only:", unknown);
    for (uint32_t i = 0; i < energy_scenario_count; i++)
        buf_printf(&text, " %s", energy_scenarios[i].name);
    why[text.len] = 0;
}

enum err bench_energy(const struct bench_config *config, struct report *report, char *why)
{
    struct energy_bench bench = { .config = config, .report = report, .why = why };
    const char *unknown = unknown_name(config);

    if (unknown) {
        list(why, unknown);
        return ERR_NOT_FOUND;
    }
    for (uint32_t i = 0; i < energy_scenario_count; i++) {
        enum err err;
        bench.scenario = &energy_scenarios[i];
        if (!is_chosen(config, bench.scenario->name))
            continue;
        if (config->scenario_count != 1)
            (void)fprintf(stderr, "%s (about %u s)\n", bench.scenario->name,
                          bench.scenario->seconds);
        err = bench.scenario->run(&bench);
        if (err == ERR_NOT_FOUND && config->scenario_count == 0) {
            (void)fprintf(stderr, "%s is left out: %s\n", bench.scenario->name, why);
            why[0] = 0;
        } else if (err != ERR_NONE) {
            return err;
        }
    }
    return ERR_NONE;
}
