/* profit.c: what a site earns with its chargers in a month: what drivers pay, less energy and the
 * charge for the peak; against the plan of one who knew all that would come.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/energy/baselines.h"
#include "bench/energy/files.h"
#include "bench/energy/hindsight.h"
#include "bench/energy/planned.h"
#include "bench/energy/tariff.h"

enum { CAP_KW = 150, MONTHS_MAX = 24, MET_WH = 100 };
#define MICRO 1e6

#define SCENARIO(name, function, seconds, summary) \
    enum err scenario_##function(struct energy_bench *bench);
#include "bench/energy/scenarios.def"
#undef SCENARIO

struct account {
    double kwh, revenue, energy, demand, profit, peak_kw; /* money in dollars */
};

struct month {
    int64_t from, until; /* periods */
    struct account best;
    uint32_t cars, met;
};

struct year {
    struct sessions sessions;
    struct network network;
    struct month months[MONTHS_MAX];
    uint32_t count;
    int64_t periods;
    double *kwh; /* [period] */
    bool *met;   /* [session] */
    bool real;   /* with pilots and batteries as they are */
};

static int32_t tou_price(const struct planned_config *config, const struct sessions *sessions,
                         int64_t now, int64_t period)
{
    (void)config;
    (void)now;
    return tariff_price(sessions, period);
}

/* Months of the file, from its first day. */
static void find_months(struct year *year)
{
    enum { DAY = 86400 / PERIOD_S };
    const struct sessions *sessions = &year->sessions;
    int64_t last = sessions->items[sessions->count - 1].arrive;
    int before = 0;

    for (uint32_t i = 0; i < sessions->count; i++)
        year->periods =
            sessions->items[i].depart > year->periods ? sessions->items[i].depart : year->periods;
    year->periods += 2L * DAY;
    for (int64_t day = sessions->items[0].arrive / DAY; day * DAY <= last; day++) {
        struct local_day at = tariff_day(sessions, day * DAY);
        if (at.month != before && year->count < MONTHS_MAX)
            year->months[year->count++].from = day * DAY;
        before = at.month;
        year->months[year->count - 1].until = (day + 1) * DAY;
    }
    year->months[year->count - 1].until = year->periods;
}

static struct account account_of(const struct year *year, int64_t from, int64_t until)
{
    struct account sum = { 0 };

    for (int64_t q = from; q < until && q + PERIODS_A_QUARTER <= year->periods;
         q += PERIODS_A_QUARTER) {
        double kwh = 0;
        for (int64_t p = q; p < q + PERIODS_A_QUARTER; p++)
            kwh += year->kwh[p];
        sum.kwh += kwh;
        sum.energy += kwh * tariff_price(&year->sessions, q) / MICRO;
        sum.peak_kw = fmax(sum.peak_kw, kwh * 4);
    }
    sum.revenue = sum.kwh * TARIFF_REVENUE / MICRO;
    sum.demand = sum.peak_kw * TARIFF_DEMAND / MICRO;
    sum.profit = sum.revenue - sum.energy - sum.demand;
    return sum;
}

static void add(struct account *sum, const struct account *more)
{
    sum->kwh += more->kwh;
    sum->revenue += more->revenue;
    sum->energy += more->energy;
    sum->demand += more->demand;
    sum->profit += more->profit;
    sum->peak_kw += more->peak_kw;
}

static void keep_best(struct month *month, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->car_count; i++)
        month->met += plan->cars[i].unmet_wh < MET_WH;
    month->cars = plan->car_count;
    month->best = (struct account){
        .kwh = (double)plan->energy_wh / 1000,
        .revenue = (double)plan->energy_wh / 1000 * TARIFF_REVENUE / MICRO,
        .energy = (double)plan->cost / MICRO,
        .demand = (double)plan->demand_cost / MICRO,
        .profit = (double)plan->gain_bound / MICRO,
        .peak_kw = (double)plan->peak_w / 1000,
    };
}

static int32_t tou_cost(const void *data, const struct sessions *sessions, int64_t period)
{
    (void)data;
    return tariff_price(sessions, period);
}

static void plan_month(struct year *year, struct month *month)
{
    const struct hindsight hindsight = { .sessions = &year->sessions,
                                         .network = &year->network,
                                         .from = month->from,
                                         .until = month->until,
                                         .cost = tou_cost,
                                         .value = TARIFF_REVENUE,
                                         .demand = TARIFF_DEMAND };
    struct arena arena;
    struct plan *plan = NULL;

    arena_init(&arena, NULL, 0);
    hindsight_plan(&hindsight, &arena, &plan);
    keep_best(month, plan);
    arena_reset(&arena);
}

static void add_account(struct energy_bench *bench, const char *name, const struct account *sum,
                        const struct account *best, uint32_t months)
{
    energy_add(bench, name, "profit_pct", 100 * sum->profit / best->profit, "%");
    energy_add(bench, name, "profit_usd", sum->profit, "$");
    energy_add(bench, name, "energy_usd", sum->energy, "$");
    energy_add(bench, name, "demand_usd", sum->demand, "$");
    energy_add(bench, name, "delivered_kwh", sum->kwh, "kWh");
    energy_add(bench, name, "peak_kw_mean", sum->peak_kw / months, "kW");
}

/* Months [first, end). */
struct half {
    uint32_t first, end;
    const char *profit, *met; /* metrics */
};

static void add_half(struct energy_bench *bench, const struct year *year, const char *name,
                     const struct half *half)
{
    struct account sum = { 0 }, best = { 0 };
    uint32_t cars = 0, met = 0;

    for (uint32_t m = half->first; m < half->end; m++) {
        struct account month = account_of(year, year->months[m].from, year->months[m].until);
        add(&sum, &month);
        add(&best, &year->months[m].best);
    }
    for (uint32_t i = 0; half->first < half->end && i < year->sessions.count; i++) {
        int64_t arrive = year->sessions.items[i].arrive;
        if (arrive < year->months[half->first].from || arrive >= year->months[half->end - 1].until)
            continue;
        cars++;
        met += year->met[i];
    }
    if (cars == 0)
        return;
    energy_add(bench, name, half->profit, 100 * sum.profit / best.profit, "%");
    energy_add(bench, name, half->met, 100.0 * met / cars, "%");
}

/* A policy that is chosen on the first half shows on the other what it is worth. */
static void add_halves(struct energy_bench *bench, const struct year *year, const char *name)
{
    uint32_t middle = year->count / 2;
    const struct half first = { 0, middle, "profit_pct_first_half", "sessions_met_pct_first_half" },
                      second = { middle, year->count, "profit_pct_second_half",
                                 "sessions_met_pct_second_half" };

    add_half(bench, year, name, &first);
    add_half(bench, year, name, &second);
}

static void run_one(struct energy_bench *bench, struct year *year,
                    const struct algorithm *algorithm, void *state, const struct account *best)
{
    struct play play = { .sessions = &year->sessions,
                         .network = &year->network,
                         .quantised = year->real,
                         .two_stage = year->real,
                         .period_kwh = year->kwh,
                         .met = year->met,
                         .state = state };
    struct energy_times times = { 0 };
    struct play_result result;
    struct account sum = { 0 };

    memset(year->kwh, 0, (size_t)year->periods * sizeof *year->kwh);
    play_run(&play, algorithm, &times, &result);
    for (uint32_t m = 0; m < year->count; m++) {
        struct account month = account_of(year, year->months[m].from, year->months[m].until);
        add(&sum, &month);
    }
    add_account(bench, algorithm->name, &sum, best, year->count);
    energy_add(bench, algorithm->name, "sessions_met_pct", 100.0 * result.met / result.sessions,
               "%");
    /* With batteries that taper, who waits at all may miss it, whatever comes later. */
    energy_add(bench, algorithm->name, "sessions_possible_pct",
               100.0 * result.possible / result.sessions, "%");
    energy_add(bench, algorithm->name, "met_of_possible_pct",
               100.0 * result.met / (result.possible ? result.possible : 1), "%");
    energy_add(bench, algorithm->name, "delivered_pct",
               100 * result.delivered_kwh / result.requested_kwh, "%");
    add_halves(bench, year, algorithm->name);
    energy_add(bench, algorithm->name, "violations", (double)result.checker.violations, "");
    energy_add(bench, algorithm->name, "replan_us_p50", energy_times_us(&times, 500), "us");
    energy_add(bench, algorithm->name, "replan_us_p99", energy_times_us(&times, 990), "us");
    energy_times_fini(&times);
}

static enum err run(struct energy_bench *bench, bool real)
{
    struct planned_config config = {
        .price = tou_price, .value = TARIFF_REVENUE, .demand = TARIFF_DEMAND, .mode = SITE_CHEAP
    };
    struct sessions earlier = { 0 };
    static const struct algorithm voltd = { .name = "voltd-plan",
                                            .begin = planned_begin,
                                            .decide = planned_decide };
    struct year year = { .real = real };
    struct account best = { 0 };
    uint32_t cars = 0, met = 0;
    enum err err = file_sessions(bench, "caltech-2019-05-08.csv.gz", &year.sessions);

    if (err != ERR_NONE)
        return err;
    /* The months before, where somebody has them. */
    if (file_sessions(bench, "caltech-2019-03.json.gz", &earlier) == ERR_NONE)
        config.earlier = &earlier;
    network_caltech(&year.network);
    network_set_cap(&year.network, true, CAP_KW);
    find_months(&year);
    year.kwh = calloc((size_t)year.periods, sizeof *year.kwh);
    year.met = calloc(year.sessions.count, sizeof *year.met);
    check(year.kwh != NULL && year.met != NULL);
    for (uint32_t m = 0; m < year.count; m++) {
        plan_month(&year, &year.months[m]);
        add(&best, &year.months[m].best);
        cars += year.months[m].cars;
        met += year.months[m].met;
    }
    add_account(bench, "clairvoyant", &best, &best, year.count);
    energy_add(bench, "clairvoyant", "sessions_met_pct", 100.0 * met / cars, "%");
    struct planned *planned = planned_new(&config);
    run_one(bench, &year, &voltd, planned, &best);
    planned_free(planned);
    for (uint32_t i = 0; i < baseline_count; i++)
        run_one(bench, &year, &baselines[i], NULL, &best);
    free(year.kwh);
    free(year.met);
    sessions_fini(&year.sessions);
    sessions_fini(&earlier);
    return ERR_NONE;
}

enum err scenario_acn_2019_profit(struct energy_bench *bench)
{
    return run(bench, false);
}

enum err scenario_acn_2019_profit_real(struct energy_bench *bench)
{
    return run(bench, true);
}
