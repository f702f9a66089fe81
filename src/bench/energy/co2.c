/* co2.c: how little CO2 the energy of a month's cars can have: mode `greenest` with a grid's
 * marginal CO2 and what was forecast of it, against rules that do not look, and the plan of one who
 * knew all that would come.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/energy/baselines.h"
#include "bench/energy/files.h"
#include "bench/energy/grid.h"
#include "bench/energy/hindsight.h"
#include "bench/energy/planned.h"
#include "bench/energy/tariff.h"

enum { CAP_KW = 150, MET_WH = 100 };
#define MG_A_KG 1e6
#define SERIES  "moer-sce-2019-05.csv.gz"

enum err scenario_co2_2019(struct energy_bench *bench);

struct green {
    struct sessions sessions;
    struct network network;
    struct grid grid;
    bool foreseen; /* the plan is told what the series will be */
    int64_t periods;
    double *kwh; /* [period] */
};

static utc_ms moment(const struct sessions *sessions, int64_t period)
{
    return sessions->start + period * PERIOD_S * INT64_C(1000);
}

/* Mean of the quarter hour, from `now` on. */
static int32_t co2_price(const struct planned_config *config, const struct sessions *sessions,
                         int64_t now, int64_t period)
{
    const struct green *green = config->data;
    int64_t sum = 0;
    int32_t known = 0;

    for (int64_t p = period; p < period + PERIODS_A_QUARTER; p++) {
        utc_ms at = moment(sessions, p);
        int32_t mg = green->foreseen ? grid_at(&green->grid, at)
                                     : grid_known(&green->grid, moment(sessions, now), at);
        if (p < now || mg == PLAN_COST_UNKNOWN)
            continue;
        sum += mg;
        known++;
    }
    return known ? (int32_t)(sum / known) : PLAN_COST_UNKNOWN;
}

static int32_t co2_cost(const void *data, const struct sessions *sessions, int64_t period)
{
    const struct planned_config config = { .data = data };

    return co2_price(&config, sessions, period, period);
}

/* The sessions that the series speaks for. */
static void keep_known(struct green *green)
{
    struct sessions *sessions = &green->sessions;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < sessions->count; i++) {
        const struct session *session = &sessions->items[i];
        if (grid_at(&green->grid, moment(sessions, session->arrive)) == PLAN_COST_UNKNOWN ||
            grid_at(&green->grid, moment(sessions, session->depart)) == PLAN_COST_UNKNOWN)
            continue;
        green->periods = session->depart > green->periods ? session->depart : green->periods;
        sessions->items[kept++] = *session;
    }
    sessions->count = kept;
}

static void add_co2(struct energy_bench *bench, const char *name, double kg, double kwh)
{
    energy_add(bench, name, "co2_g_per_kwh", kwh > 0 ? 1000 * kg / kwh : 0, "g/kWh");
    energy_add(bench, name, "co2_kg", kg, "kg");
}

static void run_one(struct energy_bench *bench, struct green *green,
                    const struct algorithm *algorithm, const char *name, void *state)
{
    struct play play = { .sessions = &green->sessions,
                         .network = &green->network,
                         .period_kwh = green->kwh,
                         .state = state };
    struct energy_times times = { 0 };
    struct play_result result;
    double kg = 0;

    memset(green->kwh, 0, (size_t)green->periods * sizeof *green->kwh);
    play_run(&play, algorithm, &times, &result);
    for (int64_t p = 0; p < green->periods; p++)
        if (green->kwh[p] > 0)
            kg += green->kwh[p] * grid_at(&green->grid, moment(&green->sessions, p)) / MG_A_KG;
    add_co2(bench, name, kg, result.delivered_kwh);
    energy_add(bench, name, "delivered_pct", 100 * result.delivered_kwh / result.requested_kwh,
               "%");
    energy_add(bench, name, "sessions_met_pct", 100.0 * result.met / result.sessions, "%");
    energy_add(bench, name, "peak_kw", result.peak_kw, "kW");
    energy_add(bench, name, "violations", (double)result.checker.violations, "");
    energy_add(bench, name, "replan_us_p50", energy_times_us(&times, 500), "us");
    energy_add(bench, name, "replan_us_p99", energy_times_us(&times, 990), "us");
    energy_times_fini(&times);
}

static void run_clairvoyant(struct energy_bench *bench, struct green *green)
{
    const struct hindsight hindsight = { .sessions = &green->sessions,
                                         .network = &green->network,
                                         .from = green->sessions.items[0].arrive /
                                                 PERIODS_A_QUARTER * PERIODS_A_QUARTER,
                                         .until = green->periods,
                                         .cost = co2_cost,
                                         .data = green };
    struct arena arena;
    struct plan *plan = NULL;
    uint32_t met = 0;

    green->foreseen = true;
    arena_init(&arena, NULL, 0);
    hindsight_plan(&hindsight, &arena, &plan);
    green->foreseen = false;
    for (uint32_t i = 0; i < plan->car_count; i++)
        met += plan->cars[i].unmet_wh < MET_WH;
    add_co2(bench, "clairvoyant", (double)plan->cost / MG_A_KG, (double)plan->energy_wh / 1000);
    energy_add(bench, "clairvoyant", "delivered_pct",
               100.0 * (double)plan->energy_wh / (double)(plan->energy_wh + plan->unmet_wh), "%");
    energy_add(bench, "clairvoyant", "sessions_met_pct", 100.0 * met / plan->car_count, "%");
    energy_add(bench, "clairvoyant", "peak_kw", (double)plan->peak_w / 1000, "kW");
    arena_reset(&arena);
}

/* What a better forecast is worth shows beside what the forecasts of the file made of it. */
static void run_planned(struct energy_bench *bench, struct green *green, bool foreseen)
{
    static const struct algorithm plan = { .begin = planned_begin, .decide = planned_decide };
    const struct planned_config config = { .price = co2_price, .mode = SITE_GREEN, .data = green };
    struct planned *planned = planned_new(&config);

    green->foreseen = foreseen;
    run_one(bench, green, &plan, foreseen ? "voltd-plan-foreseen" : "voltd-plan", planned);
    green->foreseen = false;
    planned_free(planned);
}

static enum err read_files(struct energy_bench *bench, struct green *green)
{
    char path[4096];
    enum err err;

    if (!file_find(bench, SERIES, path))
        return ERR_NOT_FOUND;
    err = file_sessions(bench, "caltech-2019-05-08.csv.gz", &green->sessions);
    if (err == ERR_NONE)
        err = grid_read(path, &green->grid, bench->why);
    if (err != ERR_NONE)
        return err;
    keep_known(green);
    if (green->sessions.count > 0)
        return ERR_NONE;
    (void)snprintf(bench->why, BENCH_WHY_SIZE, "no session in the time that %s speaks for", SERIES);
    return ERR_BAD_FORMAT;
}

enum err scenario_co2_2019(struct energy_bench *bench)
{
    struct green green = { 0 };
    enum err err = read_files(bench, &green);

    if (err == ERR_NONE) {
        network_caltech(&green.network);
        network_set_cap(&green.network, true, CAP_KW);
        green.periods += 1;
        green.kwh = calloc((size_t)green.periods, sizeof *green.kwh);
        check(green.kwh != NULL);
        run_clairvoyant(bench, &green);
        run_planned(bench, &green, false);
        run_planned(bench, &green, true);
        for (uint32_t i = 0; i < baseline_count; i++)
            run_one(bench, &green, &baselines[i], baselines[i].name, NULL);
    }
    free(green.kwh);
    sessions_fini(&green.sessions);
    grid_fini(&green.grid);
    return err;
}
