/* acn.c: the scenarios that play sessions of a file (or of a seed) again behind transformers of
 * several sizes. */
#include <stdio.h>

#include "base/rand.h"
#include "bench/energy/baselines.h"
#include "bench/energy/files.h"

enum { CAPS_MAX = 32 };

struct acn {
    const char *file; /* NULL: sessions are given */
    bool three_phase, quantised, two_stage;
    int cap_first_kw, cap_last_kw, cap_step_kw;
};

#define SCENARIO(name, function, seconds, summary) \
    enum err scenario_##function(struct energy_bench *bench);
#include "bench/energy/scenarios.def"
#undef SCENARIO

/* --- one algorithm over all caps */

/* The metrics of single caps have names of their own. */
static const struct {
    int cap_kw;
    const char *metric;
} shown[] = {
    { 10, "delivered_pct_10kw" }, { 20, "delivered_pct_20kw" }, { 30, "delivered_pct_30kw" },
    { 40, "delivered_pct_40kw" }, { 50, "delivered_pct_50kw" }, { 60, "delivered_pct_60kw" },
};

struct sums {
    double delivered_pct, met_pct, peak_kw, jain, over_as;
    uint64_t violations;
    uint32_t caps;
    double shown_pct[COUNT(shown)]; /* 0: that cap was not tried */
};

static void sum_up(struct sums *sums, const struct play_result *result, int cap_kw)
{
    double pct = 100 * result->delivered_kwh / result->requested_kwh;

    sums->delivered_pct += pct;
    sums->met_pct += 100.0 * result->met / result->sessions;
    sums->peak_kw += result->peak_kw;
    sums->jain += result->jain;
    sums->over_as += result->checker.over_as;
    sums->violations += result->checker.violations;
    sums->caps++;
    for (size_t i = 0; i < COUNT(shown); i++)
        if (shown[i].cap_kw == cap_kw)
            sums->shown_pct[i] = pct;
}

static void add_rows(struct energy_bench *bench, const char *name, const struct sums *sums,
                     struct energy_times *times)
{
    double n = sums->caps;

    energy_add(bench, name, "delivered_pct_mean", sums->delivered_pct / n, "%");
    for (size_t i = 0; i < COUNT(shown); i++)
        if (sums->shown_pct[i] > 0)
            energy_add(bench, name, shown[i].metric, sums->shown_pct[i], "%");
    energy_add(bench, name, "sessions_met_pct", sums->met_pct / n, "%");
    energy_add(bench, name, "jain", sums->jain / n, "");
    energy_add(bench, name, "peak_kw", sums->peak_kw / n, "kW");
    energy_add(bench, name, "violations", (double)sums->violations, "");
    energy_add(bench, name, "violation_as", sums->over_as, "A s");
    energy_add(bench, name, "replan_us_p50", energy_times_us(times, 500), "us");
    energy_add(bench, name, "replan_us_p99", energy_times_us(times, 990), "us");
}

static void run_algorithm(struct energy_bench *bench, const struct acn *acn,
                          const struct sessions *sessions, struct network *network,
                          const struct algorithm *algorithm)
{
    struct energy_times times = { 0 };
    struct sums sums = { 0 };

    for (int cap = acn->cap_first_kw; cap <= acn->cap_last_kw; cap += acn->cap_step_kw) {
        struct play play = { .sessions = sessions,
                             .network = network,
                             .quantised = acn->quantised,
                             .two_stage = acn->two_stage };
        struct play_result result;
        network_set_cap(network, acn->three_phase, cap);
        play_run(&play, algorithm, &times, &result);
        sum_up(&sums, &result, cap);
    }
    add_rows(bench, algorithm->name, &sums, &times);
    energy_times_fini(&times);
}

static void run_all(struct energy_bench *bench, const struct acn *acn,
                    const struct sessions *sessions, struct network *network)
{
    for (uint32_t i = 0; i < baseline_count; i++)
        run_algorithm(bench, acn, sessions, network, &baselines[i]);
}

static enum err run_caltech(struct energy_bench *bench, const struct acn *acn)
{
    struct sessions sessions;
    struct network network;
    enum err err = file_sessions(bench, acn->file, &sessions);

    if (err != ERR_NONE)
        return err;
    network_caltech(&network);
    run_all(bench, acn, &sessions, &network);
    sessions_fini(&sessions);
    return ERR_NONE;
}

/* --- the scenarios */

#define MARCH  "caltech-2019-03.json.gz"
#define SUMMER "caltech-2019-05-08.csv.gz"

enum err scenario_acn_mar19_3ph(struct energy_bench *bench)
{
    return run_caltech(bench, &(struct acn){ MARCH, .three_phase = true, .cap_first_kw = 10,
                                             .cap_last_kw = 140, .cap_step_kw = 5 });
}

enum err scenario_acn_mar19_1ph(struct energy_bench *bench)
{
    return run_caltech(
        bench, &(struct acn){ MARCH, .cap_first_kw = 10, .cap_last_kw = 140, .cap_step_kw = 5 });
}

enum err scenario_acn_mar19_3ph_q(struct energy_bench *bench)
{
    return run_caltech(bench,
                       &(struct acn){ MARCH, .three_phase = true, .quantised = true,
                                      .cap_first_kw = 10, .cap_last_kw = 140, .cap_step_kw = 5 });
}

enum err scenario_acn_mar19_batt(struct energy_bench *bench)
{
    return run_caltech(bench,
                       &(struct acn){ MARCH, .three_phase = true, .two_stage = true,
                                      .cap_first_kw = 10, .cap_last_kw = 140, .cap_step_kw = 5 });
}

enum err scenario_acn_mar19_batt_q(struct energy_bench *bench)
{
    return run_caltech(bench, &(struct acn){ MARCH, .three_phase = true, .quantised = true,
                                             .two_stage = true, .cap_first_kw = 10,
                                             .cap_last_kw = 140, .cap_step_kw = 5 });
}

enum err scenario_acn_2019(struct energy_bench *bench)
{
    return run_caltech(bench, &(struct acn){ SUMMER, .three_phase = true, .cap_first_kw = 20,
                                             .cap_last_kw = 60, .cap_step_kw = 10 });
}

/* Four weeks of an office from a seed: most come between 7 and 10, stay for hours, and not at
 * weekends. */
enum err scenario_office_8(struct energy_bench *bench)
{
    enum { DAYS = 28, STATIONS = 8, DAY = 86400 / PERIOD_S, HOUR = 3600 / PERIOD_S };
    struct rand rand = { 8 };
    struct session items[DAYS * STATIONS];
    struct sessions sessions = { .items = items,
                                 .start = 1551686400000,
                                 .local_offset_ms = -28800000 };
    struct network network;

    for (int64_t i = 0; i < (int64_t)DAYS * STATIONS; i++) {
        int64_t day = i / STATIONS, arrive = day * DAY + rand_range(&rand, 7L * HOUR, 10L * HOUR);
        if (day % 7 >= 5 || rand_below(&rand, 4) == 0)
            continue;
        items[sessions.count] = (struct session){
            .arrive = arrive,
            .depart = arrive + rand_range(&rand, 2L * HOUR, 9L * HOUR),
            .energy_kwh = (double)rand_range(&rand, 2000, 30000) / 1000,
        };
        (void)snprintf(items[sessions.count++].station, STATION_SIZE, "0%d",
                       (int)(i % STATIONS) + 1);
    }
    sessions_sort(&sessions);
    network_office(&network);
    run_all(bench,
            &(struct acn){
                .three_phase = true, .cap_first_kw = 10, .cap_last_kw = 50, .cap_step_kw = 10 },
            &sessions, &network);
    return ERR_NONE;
}

enum err scenario_sessions_given(struct energy_bench *bench)
{
    static const struct acn acn = {
        .three_phase = true, .cap_first_kw = 20, .cap_last_kw = 60, .cap_step_kw = 10
    };
    const struct energy_scenario *scenario = bench->scenario;
    struct energy_scenario named = *scenario;

    for (uint32_t i = 0; i < bench->config->sessions_count; i++) {
        const char *path = bench->config->sessions[i];
        struct sessions sessions;
        struct network network;
        enum err err;
        if (strcmp(file_base_name(path), MARCH) == 0 || strcmp(file_base_name(path), SUMMER) == 0)
            continue;
        err = sessions_read(path, &sessions, bench->why);
        if (err != ERR_NONE)
            return err;
        named.name = file_base_name(path);
        bench->scenario = &named;
        network_unknown(&network, &sessions);
        run_all(bench, &acn, &sessions, &network);
        bench->scenario = scenario;
        sessions_fini(&sessions);
    }
    return ERR_NONE;
}
