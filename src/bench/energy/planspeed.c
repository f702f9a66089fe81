/* planspeed.c: a day of 10,000 cars, planned: how fast, and how good the first plan is. */
#include <stdlib.h>

#include "base/rand.h"
#include "bench/energy/energy.h"
#include "energy/plan.h"

enum { CARS = 10000, SLOTS = 96, SLOT_S = 900, PANELS = 10, CIRCUITS = 100, ROWS = 1000 };
enum { NODES = 1 + PANELS + CIRCUITS + ROWS, ROUNDS = 5, HOUR_S = 3600, FEW_PRICES = 6 };

#define SCENARIO(name, function, seconds, summary) \
    enum err scenario_##function(struct energy_bench *bench);
#include "bench/energy/scenarios.def"
#undef SCENARIO

struct day {
    struct plan_node nodes[NODES];
    struct plan_car cars[CARS];
    int32_t cost[SLOTS];
    struct plan_input input;
};

static struct plan_node node_of(int32_t parent, int64_t limit_w)
{
    return (struct plan_node){ .node = { .parent = parent,
                                         .limit_da = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA,
                                                       TREE_NO_LIMIT_DA },
                                         .limit_w = limit_w } };
}

static void make_nodes(struct day *day, struct rand *rand)
{
    uint32_t n = 0;

    day->nodes[n++] = node_of(-1, 18000000);
    for (int32_t i = 0; i < PANELS; i++)
        day->nodes[n++] = node_of(0, rand_range(rand, 1700000, 2300000));
    for (int32_t i = 0; i < CIRCUITS; i++)
        day->nodes[n++] = node_of(1 + i % PANELS, rand_range(rand, 180000, 300000));
    for (int32_t i = 0; i < ROWS; i++)
        day->nodes[n++] = node_of(1 + PANELS + i % CIRCUITS, rand_range(rand, 20000, 60000));
}

static void change_car(struct plan_car *car, struct rand *rand)
{
    car->from_s = (int32_t)rand_range(rand, -HOUR_S, 16L * HOUR_S);
    car->until_s = car->from_s + (int32_t)rand_range(rand, 2L * HOUR_S, 12L * HOUR_S);
    car->need_wh = rand_range(rand, 5000, 40000);
}

static void make_cars(struct day *day, struct rand *rand)
{
    static const int32_t max_w[] = { 3700, 7400, 11000, 22000 };

    for (uint32_t i = 0; i < CARS; i++) {
        struct plan_car *car = &day->cars[i];
        *car = (struct plan_car){ .id = i,
                                  .leaf = { 1 + PANELS + CIRCUITS + i % ROWS, WIRES_THREE_PHASE, 3,
                                            230 },
                                  .max_w = max_w[rand_below(rand, COUNT(max_w))],
                                  .min_w = 1380,
                                  .may_suspend = true };
        change_car(car, rand);
    }
}

static void make_prices(struct day *day, struct rand *rand, bool few)
{
    for (int t = 0; t < SLOTS; t++)
        day->cost[t] = few ? 50000 + 40000 * (t / 4 * 7 % FEW_PRICES)
                           : (int32_t)rand_range(rand, 20000, 300000);
}

static bool at_once(void *clock)
{
    (void)clock;
    return true;
}

static const struct plan *timed(struct day *day, const struct plan *before, struct arena *arena,
                                struct energy_times *times)
{
    struct plan_before start = { before, 0 };
    struct plan *plan = NULL;
    int64_t began_ns = energy_cpu_ns();

    check(plan_make(&day->input, &start, arena, &plan) == ERR_NONE);
    energy_times_add(times, energy_cpu_ns() - began_ns);
    return plan;
}

/* First a plan that has no time at all; then the best one from nothing; then, a hundredth of the
 * cars changed, the best one from that. */
static void run_prices(struct energy_bench *bench, struct day *day, const char *name, bool few)
{
    struct energy_times first = { 0 }, cold = { 0 }, warm = { 0 };
    struct arena arena, next;
    struct rand rand = { 96 };
    double gap = 0;

    arena_init(&arena, NULL, 0);
    arena_init(&next, NULL, 0);
    make_prices(day, &rand, few);
    for (int round = 0; round < ROUNDS; round++) {
        day->input.out_of_time = at_once;
        const struct plan *early = timed(day, NULL, &next, &first);
        day->input.out_of_time = NULL;
        const struct plan *best = timed(day, NULL, &arena, &cold);
        gap += 100 * (double)(best->gain - early->gain) / (double)best->gain / (double)ROUNDS;
        check(best->gap_permille == 0);
        for (int i = 0; i < CARS / 100; i++)
            change_car(&day->cars[rand_below(&rand, CARS)], &rand);
        arena_reset(&next);
        (void)timed(day, best, &next, &warm); /* only its time is asked */
        arena_reset(&arena);
        arena_reset(&next);
    }
    energy_add(bench, name, "first_plan_ms", energy_times_us(&first, 500) / 1000, "ms");
    energy_add(bench, name, "first_plan_below_best_pct", gap, "%");
    energy_add(bench, name, "plan_ms_cold", energy_times_us(&cold, 500) / 1000, "ms");
    energy_add(bench, name, "plan_ms_warm", energy_times_us(&warm, 500) / 1000, "ms");
    energy_times_fini(&first);
    energy_times_fini(&cold);
    energy_times_fini(&warm);
}

enum err scenario_plan_10k(struct energy_bench *bench)
{
    struct day *day = calloc(1, sizeof *day);
    struct rand rand = { 10000 };

    check(day != NULL);
    make_nodes(day, &rand);
    make_cars(day, &rand);
    day->input = (struct plan_input){ .slot_count = SLOTS,
                                      .slot_s = SLOT_S,
                                      .node_count = NODES,
                                      .car_count = CARS,
                                      .nodes = day->nodes,
                                      .cars = day->cars,
                                      .cost = day->cost };
    run_prices(bench, day, "6-prices", true);
    run_prices(bench, day, "96-prices", false);
    free(day);
    return ERR_NONE;
}
