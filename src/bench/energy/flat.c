/* flat.c: how even a site's load can be: cars beside a building at one meter, with a charge for the
 * highest quarter hour of a month and the same price at all hours; against rules that do not look,
 * and the plan of one who knew all that would come.
 */
#include <math.h>
#include <stdlib.h>

#include "base/rand.h"
#include "bench/energy/baselines.h"
#include "bench/energy/files.h"
#include "bench/energy/hindsight.h"
#include "bench/energy/planned.h"
#include "bench/energy/tariff.h"

/* Millionths of a dollar per kWh. No peak is dear enough to leave energy out. */
enum { PRICE = 100000, VALUE = 20000000 };
enum { CAP_KW = 150, MET_WH = 100, SEED = 7, DAY = 86400 / PERIOD_S };

enum err scenario_flat_2019(struct energy_bench *bench);

struct meter {
    struct sessions sessions, earlier;
    struct network network;
    int64_t periods; /* of the month */
    double *kwh;     /* of cars, by period */
};

/* What the building draws at this hour, W: offices on workdays. */
static int64_t usual_w(const struct sessions *sessions, int64_t period)
{
    static const int64_t workday_kw[24] = { 18, 18, 18, 18, 19, 22, 30, 42, 56, 64, 68, 70,
                                            70, 71, 72, 72, 70, 62, 48, 36, 28, 22, 20, 18 };
    static const int64_t weekend_kw = 20;
    struct local_day day = tariff_day(sessions, period);

    return 1000 *
           (day.weekday >= 5 ? weekend_kw : workday_kw[tariff_quarter(sessions, period) / 4]);
}

/* What it did draw: each quarter hour up to a fifth more or less than usual. */
static int64_t building_w(const struct sessions *sessions, int64_t period)
{
    struct rand rand = { (uint64_t)(period / PERIODS_A_QUARTER) * 1000003 + SEED };

    return usual_w(sessions, period) * rand_range(&rand, 80, 120) / 100;
}

static int64_t base_known(const struct planned_config *config, const struct sessions *sessions,
                          int64_t now, int64_t period)
{
    (void)config;
    return period <= now ? building_w(sessions, period) : usual_w(sessions, period);
}

static int64_t base_true(const void *data, const struct sessions *sessions, int64_t period)
{
    (void)data;
    return building_w(sessions, period);
}

static int32_t price(const struct planned_config *config, const struct sessions *sessions,
                     int64_t now, int64_t period)
{
    (void)config;
    (void)sessions;
    (void)now;
    (void)period;
    return PRICE;
}

static int32_t cost(const void *data, const struct sessions *sessions, int64_t period)
{
    (void)data;
    (void)sessions;
    (void)period;
    return PRICE;
}

/* --- what the meter shows */

static void add_load(struct energy_bench *bench, const char *name, const struct meter *meter)
{
    double sum = 0, squares = 0, peak = 0, day_peak = 0, day_peaks = 0;
    int64_t count = 0;

    for (int64_t q = 0; q < meter->periods; q += PERIODS_A_QUARTER) {
        double kw = (double)building_w(&meter->sessions, q) / 1000;
        for (int64_t p = q; p < q + PERIODS_A_QUARTER; p++)
            kw += meter->kwh[p] * (3600.0 / (double)QUARTER_S);
        sum += kw;
        squares += kw * kw;
        count++;
        peak = fmax(peak, kw);
        day_peak = fmax(day_peak, kw);
        if ((q + PERIODS_A_QUARTER) % DAY == 0) {
            day_peaks += day_peak;
            day_peak = 0;
        }
    }
    double n = (double)count, mean = sum / n;
    energy_add(bench, name, "peak_kw", peak, "kW");
    energy_add(bench, name, "peak_kw_day_mean", day_peaks * (double)DAY / (double)meter->periods,
               "kW");
    energy_add(bench, name, "load_factor_pct", 100 * mean / peak, "%");
    energy_add(bench, name, "deviation_kw", sqrt(squares / n - mean * mean), "kW");
}

static void run_one(struct energy_bench *bench, struct meter *meter,
                    const struct algorithm *algorithm, void *state)
{
    struct play play = { .sessions = &meter->sessions,
                         .network = &meter->network,
                         .period_kwh = meter->kwh,
                         .state = state };
    struct energy_times times = { 0 };
    struct play_result result;

    memset(meter->kwh, 0, (size_t)meter->periods * sizeof *meter->kwh);
    play_run(&play, algorithm, &times, &result);
    add_load(bench, algorithm->name, meter);
    energy_add(bench, algorithm->name, "delivered_pct",
               100 * result.delivered_kwh / result.requested_kwh, "%");
    energy_add(bench, algorithm->name, "sessions_met_pct", 100.0 * result.met / result.sessions,
               "%");
    energy_add(bench, algorithm->name, "violations", (double)result.checker.violations, "");
    energy_add(bench, algorithm->name, "replan_us_p50", energy_times_us(&times, 500), "us");
    energy_add(bench, algorithm->name, "replan_us_p99", energy_times_us(&times, 990), "us");
    energy_times_fini(&times);
}

static double slot_kwh(const struct plan *plan, int64_t slot)
{
    return (double)plan->slot_wh[slot] / 1000;
}

static void run_clairvoyant(struct energy_bench *bench, struct meter *meter)
{
    const struct hindsight hindsight = { .sessions = &meter->sessions,
                                         .network = &meter->network,
                                         .until = meter->periods,
                                         .cost = cost,
                                         .base_w = base_true,
                                         .value = VALUE,
                                         .demand = TARIFF_DEMAND };
    struct arena arena;
    struct plan *plan = NULL;
    uint32_t met = 0;

    arena_init(&arena, NULL, 0);
    hindsight_plan(&hindsight, &arena, &plan);
    memset(meter->kwh, 0, (size_t)meter->periods * sizeof *meter->kwh);
    for (int64_t p = 0; p < meter->periods; p++)
        meter->kwh[p] = slot_kwh(plan, p / PERIODS_A_QUARTER) / (double)PERIODS_A_QUARTER;
    for (uint32_t i = 0; i < plan->car_count; i++)
        met += plan->cars[i].unmet_wh < MET_WH;
    add_load(bench, "clairvoyant", meter);
    energy_add(bench, "clairvoyant", "delivered_pct",
               100.0 * (double)plan->energy_wh / (double)(plan->energy_wh + plan->unmet_wh), "%");
    energy_add(bench, "clairvoyant", "sessions_met_pct", 100.0 * met / plan->car_count, "%");
    arena_reset(&arena);
}

static void run_planned(struct energy_bench *bench, struct meter *meter)
{
    static const struct algorithm plan = { .name = "voltd-plan",
                                           .begin = planned_begin,
                                           .decide = planned_decide };
    const struct planned_config config = { .price = price,
                                           .base_w = base_known,
                                           .value = VALUE,
                                           .demand = TARIFF_DEMAND,
                                           .mode = SITE_CHEAP,
                                           .earlier =
                                               meter->earlier.count ? &meter->earlier : NULL };
    struct planned *planned = planned_new(&config);

    run_one(bench, meter, &plan, planned);
    planned_free(planned);
}

/* The first month of the file, and what the meter shows until its last car has left. */
static void keep_month(struct meter *meter)
{
    struct sessions *sessions = &meter->sessions;
    int month = tariff_day(sessions, sessions->items[0].arrive).month;
    uint32_t kept = 0;

    while (kept < sessions->count &&
           tariff_day(sessions, sessions->items[kept].arrive).month == month) {
        int64_t depart = sessions->items[kept++].depart;
        meter->periods = depart > meter->periods ? depart : meter->periods;
    }
    sessions->count = kept;
    meter->periods = (meter->periods / DAY + 1) * DAY;
}

enum err scenario_flat_2019(struct energy_bench *bench)
{
    struct meter meter = { 0 };
    enum err err = file_sessions(bench, "caltech-2019-05-08.csv.gz", &meter.sessions);

    if (err != ERR_NONE)
        return err;
    /* The months before, where somebody has them. */
    if (file_sessions(bench, "caltech-2019-03.json.gz", &meter.earlier) != ERR_NONE)
        bench->why[0] = 0;
    keep_month(&meter);
    network_caltech(&meter.network);
    network_set_cap(&meter.network, true, CAP_KW);
    meter.kwh = calloc((size_t)meter.periods, sizeof *meter.kwh);
    check(meter.kwh != NULL);
    run_clairvoyant(bench, &meter);
    run_planned(bench, &meter);
    for (uint32_t i = 0; i < baseline_count; i++)
        run_one(bench, &meter, &baselines[i], NULL);
    free(meter.kwh);
    sessions_fini(&meter.sessions);
    sessions_fini(&meter.earlier);
    return ERR_NONE;
}
