/* metro.c: a city's EVSEs below one grid connection, in five levels: how fast power is shared. */
#include <math.h>

#include "base/rand.h"
#include "bench/energy/yard.h"

enum { CIRCUIT = 10, ROUNDS = 100, ROUNDS_FEW = 20 };
#define EVSE_W 11000.0

enum err scenario_metro_10k(struct energy_bench *bench);
enum err scenario_metro_100k(struct energy_bench *bench);

/* A level of `count` nodes below the `above` nodes from `first` on, each with room for some of what
 * is below it; in A per line, or W. */
static int32_t add_level(struct yard *yard, struct rand *rand, uint32_t count, int32_t first,
                         uint32_t above)
{
    double evses = (double)yard->count / count;
    int32_t start = (int32_t)yard->node_count;

    for (uint32_t i = 0; i < count; i++) {
        double part = (double)rand_range(rand, 40, 110) / 100;
        bool by_power = evses > 1000;
        yard_node(yard, first + (int32_t)(i % above), by_power ? 0 : evses * 16 * part,
                  by_power ? evses * EVSE_W * part : 0);
    }
    return start;
}

static void build(struct yard *yard, uint32_t count)
{
    struct rand rand = { 10000 };
    uint32_t circuits = count / CIRCUIT, panels = circuits / 10, stations = panels / 10;
    uint32_t districts = stations / 2;
    int32_t level;

    yard_init(yard, 1 + circuits + panels + stations + districts, count);
    level = yard_node(yard, -1, 0, count * EVSE_W * 0.5);
    level = add_level(yard, &rand, districts, level, 1);
    level = add_level(yard, &rand, stations, level, districts);
    level = add_level(yard, &rand, panels, level, stations);
    level = add_level(yard, &rand, circuits, level, panels);
    for (uint32_t i = 0; i < count; i++) {
        bool one = rand_below(&rand, 2);
        wire_set wires = one ? WIRE_BIT(rand_below(&rand, LINE_COUNT)) : WIRES_THREE_PHASE;
        yard->evses[i] = (struct yard_evse){
            .leaf = { (uint32_t)level + i % circuits, wires, one ? 1 : 3, 230 },
            .max_a = one || rand_below(&rand, 2) ? 32 : 16,
            .wants = true,
            .need_wh = (double)rand_range(&rand, 2000, 40000),
            .depart_s = rand_range(&rand, 3600, 36000),
        };
    }
}

/* What changes from one decision to the next: some cars come, some go, a district gets more or
 * less. */
static void change(struct yard *yard, struct rand *rand)
{
    for (uint32_t i = 0; i < yard->count / 50; i++) {
        struct yard_evse *evse = &yard->evses[rand_below(rand, yard->count)];
        evse->wants = !evse->wants || rand_below(rand, 2);
    }
    yard->nodes[0].limit_w =
        (int64_t)(yard->count * EVSE_W * (double)rand_range(rand, 20, 60) / 100);
    yard->now_s += 60;
}

static double carried_w(const struct yard *yard)
{
    double sum = 0;

    for (uint32_t i = 0; i < yard->count; i++)
        sum += yard->evses[i].may_a * 230 * yard->evses[i].leaf.wires_live;
    return sum;
}

static void run_rule(struct energy_bench *bench, const struct yard_rule *rule, uint32_t count,
                     int rounds)
{
    struct energy_times times = { 0 };
    struct rand rand = { 10001 };
    struct yard yard;
    double sum_w = 0;

    build(&yard, count);
    for (int round = 0; round < rounds; round++) {
        rule->decide(&yard, &times);
        yard_check(&yard, 60);
        sum_w += carried_w(&yard);
        change(&yard, &rand);
    }
    energy_add(bench, rule->name, "carried_kw_mean", sum_w / rounds / 1000, "kW");
    energy_add(bench, rule->name, "violations", (double)yard.violations, "");
    energy_add(bench, rule->name, "replan_us_p50", energy_times_us(&times, 500), "us");
    energy_add(bench, rule->name, "replan_us_p99", energy_times_us(&times, 990), "us");
    energy_times_fini(&times);
    yard_fini(&yard);
}

/* The shares alone: the tree, its sums, the filling. */
static const struct yard_rule allocator = { "allocator", yard_fill };

static enum err run_all(struct energy_bench *bench, uint32_t count, int rounds)
{
    run_rule(bench, &allocator, count, rounds);
    for (uint32_t i = 0; i < yard_rule_count; i++)
        run_rule(bench, &yard_rules[i], count, rounds);
    return ERR_NONE;
}

enum err scenario_metro_10k(struct energy_bench *bench)
{
    return run_all(bench, 10000, ROUNDS);
}

enum err scenario_metro_100k(struct energy_bench *bench)
{
    return run_all(bench, 100000, ROUNDS_FEW);
}
