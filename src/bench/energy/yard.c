#include "bench/energy/yard.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

#include "energy/fill.h"

#define MIN_A 6.0
#define TINY  1e-9

static void *zeroed(size_t count, size_t size)
{
    void *room = calloc(count + 1, size);

    check(room != NULL);
    return room;
}

void yard_init(struct yard *yard, uint32_t nodes_max, uint32_t count)
{
    *yard = (struct yard){ .count = count };
    yard->nodes = zeroed(nodes_max, sizeof *yard->nodes);
    yard->evses = zeroed(count, sizeof *yard->evses);
    yard->line_a = zeroed(nodes_max, sizeof *yard->line_a);
    yard->power_w = zeroed(nodes_max, sizeof *yard->power_w);
    yard->turn = zeroed(count, sizeof *yard->turn);
}

void yard_fini(struct yard *yard)
{
    free(yard->nodes);
    free(yard->evses);
    free(yard->line_a);
    free(yard->power_w);
    free(yard->turn);
    arena_reset(&yard->room);
}

int32_t yard_node(struct yard *yard, int32_t parent, double limit_a, double limit_w)
{
    int32_t limit_da = limit_a > 0 ? (int32_t)(limit_a * 10) : TREE_NO_LIMIT_DA;

    yard->nodes[yard->node_count] = (struct tree_node){
        .parent = parent,
        .limit_da = { limit_da, limit_da, limit_da },
        .limit_w = limit_w > 0 ? (int64_t)limit_w : TREE_NO_LIMIT_W,
    };
    return (int32_t)yard->node_count++;
}

/* ------------------------------------------------------------------------------- the usual rules
 */

static double watts(const struct yard_evse *evse, double amperes)
{
    return amperes * evse->leaf.volts * evse->leaf.wires_live;
}

/* What the path leaves for an EVSE. */
static double room_of(const struct yard *yard, const struct yard_evse *evse)
{
    double room = evse->max_a;

    for (int32_t node = (int32_t)evse->leaf.node; node >= 0; node = yard->nodes[node].parent) {
        const struct tree_node *own = &yard->nodes[node];
        for (int l = 0; l < LINE_COUNT; l++)
            if (evse->leaf.wires >> l & 1 && own->limit_da[l] != TREE_NO_LIMIT_DA)
                room = fmin(room, own->limit_da[l] / 10.0 - yard->line_a[node][l]);
        if (own->limit_w != TREE_NO_LIMIT_W)
            room = fmin(room, ((double)own->limit_w - yard->power_w[node]) / watts(evse, 1));
    }
    return room;
}

static void give(struct yard *yard, struct yard_evse *evse, double more_a)
{
    evse->may_a += more_a;
    for (int32_t node = (int32_t)evse->leaf.node; node >= 0; node = yard->nodes[node].parent) {
        for (int l = 0; l < LINE_COUNT; l++)
            yard->line_a[node][l] += evse->leaf.wires >> l & 1 ? more_a : 0;
        yard->power_w[node] += watts(evse, more_a);
    }
}

static uint32_t begin(struct yard *yard)
{
    uint32_t count = 0;

    memset(yard->line_a, 0, yard->node_count * sizeof *yard->line_a);
    memset(yard->power_w, 0, yard->node_count * sizeof *yard->power_w);
    for (uint32_t i = 0; i < yard->count; i++) {
        yard->evses[i].may_a = 0;
        if (yard->evses[i].wants)
            yard->turn[count++] = i;
    }
    return count;
}

static void uncontrolled(struct yard *yard, struct energy_times *times)
{
    (void)times;
    for (uint32_t i = 0; i < yard->count; i++)
        yard->evses[i].may_a = yard->evses[i].wants ? yard->evses[i].max_a : 0;
}

static const struct yard *sorted; /* qsort hands nothing in */

static int by_key(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_arrival(const void *a, const void *b)
{
    const struct yard_evse *x = &sorted->evses[*(const uint32_t *)a];
    const struct yard_evse *y = &sorted->evses[*(const uint32_t *)b];

    return by_key((double)x->arrive_s, (double)y->arrive_s);
}

static int by_departure(const void *a, const void *b)
{
    const struct yard_evse *x = &sorted->evses[*(const uint32_t *)a];
    const struct yard_evse *y = &sorted->evses[*(const uint32_t *)b];

    return by_key((double)x->depart_s, (double)y->depart_s);
}

static double laxity(const struct yard_evse *evse)
{
    return (double)evse->depart_s - evse->need_wh * 3600 / watts(evse, evse->max_a);
}

static int by_laxity(const void *a, const void *b)
{
    const struct yard_evse *x = &sorted->evses[*(const uint32_t *)a];
    const struct yard_evse *y = &sorted->evses[*(const uint32_t *)b];

    return by_key(laxity(x), laxity(y));
}

static void one_by_one(struct yard *yard, struct energy_times *times,
                       int (*before)(const void *, const void *))
{
    int64_t start = energy_cpu_ns();
    uint32_t count = begin(yard);

    sorted = yard;
    qsort(yard->turn, count, sizeof *yard->turn, before);
    for (uint32_t i = 0; i < count; i++) {
        struct yard_evse *evse = &yard->evses[yard->turn[i]];
        double room = floor(room_of(yard, evse) + TINY);
        if (room >= MIN_A)
            give(yard, evse, room);
    }
    energy_times_add(times, energy_cpu_ns() - start);
}

static void fcfs(struct yard *yard, struct energy_times *times)
{
    one_by_one(yard, times, by_arrival);
}

static void edf(struct yard *yard, struct energy_times *times)
{
    one_by_one(yard, times, by_departure);
}

static void llf(struct yard *yard, struct energy_times *times)
{
    one_by_one(yard, times, by_laxity);
}

/* 6 A, then an ampere each, in turn; the next round begins with the next car. */
static void round_robin(struct yard *yard, struct energy_times *times)
{
    int64_t start = energy_cpu_ns();
    uint32_t count = begin(yard), from = count ? yard->turn_from++ % count : 0;
    bool given = true;

    while (given) { /* until nobody can have more */
        given = false;
        for (uint32_t k = 0; k < count; k++) {
            struct yard_evse *evse = &yard->evses[yard->turn[(from + k) % count]];
            double more = evse->may_a > 0 ? 1 : MIN_A;
            if (evse->may_a + more > evse->max_a || room_of(yard, evse) < more)
                continue;
            give(yard, evse, more);
            given = true;
        }
    }
    energy_times_add(times, energy_cpu_ns() - start);
}

static bool all_get(struct yard *yard, uint32_t count, double level)
{
    begin(yard);
    for (uint32_t i = 0; i < count; i++) {
        struct yard_evse *evse = &yard->evses[yard->turn[i]];
        double amperes = fmin(level, evse->max_a);
        if (room_of(yard, evse) < amperes)
            return false;
        give(yard, evse, amperes);
    }
    return true;
}

/* The same for all: as much as the narrowest limit allows; nothing below 6 A. */
static void equal_share(struct yard *yard, struct energy_times *times)
{
    int64_t start = energy_cpu_ns();
    uint32_t count = begin(yard);
    double level = 0;

    while (level < 64 && all_get(yard, count, level + 1))
        level++;
    (void)all_get(yard, count, level >= MIN_A ? level : 0);
    energy_times_add(times, energy_cpu_ns() - start);
}

/* ------------------------------------------------------------------------------- src/energy */

static struct site_evse evse_of(const struct yard_evse *evse, int64_t id, enum site_mode mode)
{
    return (struct site_evse){
        .id = id,
        .leaf = evse->leaf,
        .plugged = evse->wants,
        .controlled = true,
        .may_suspend = true,
        .class = CLASS_BEST_EFFORT,
        .min_da = (int32_t)(MIN_A * 10),
        .max_da = (int32_t)(evse->max_a * 10),
        .draw_da = -1,
        .draw_at = UTC_UNKNOWN,
        .arrived_at = evse->arrive_s * 1000,
        .departs_at = evse->depart_s * 1000,
        .need_wh = (int64_t)evse->need_wh,
        .plan_da = mode == SITE_CHEAP ? evse->plan_da : -1,
        .plan_short = evse->plan_short,
        .override_da = -1,
        .memory = evse->memory,
    };
}

void yard_decide(struct yard *yard, struct energy_times *times, enum site_mode mode)
{
    static const struct site_pilots amperes = { .step_da = 10 };
    struct site_evse *evses = zeroed(yard->count, sizeof *evses);
    struct site_input input = {
        .now = yard->now_s * 1000,
        .mode = (uint8_t)mode,
        .rules = site_rules_default(),
        .surplus_w = -1,
        .node_count = yard->node_count,
        .evse_count = yard->count,
        .pilots_count = 1,
        .nodes = yard->nodes,
        .evses = evses,
        .pilots = &amperes,
    };
    struct site_decision decision;
    int64_t start;

    for (uint32_t i = 0; i < yard->count; i++)
        evses[i] = evse_of(&yard->evses[i], i, mode);
    start = energy_cpu_ns();
    check(site_decide(&input, &yard->room, &decision) == ERR_NONE);
    energy_times_add(times, energy_cpu_ns() - start);
    for (uint32_t i = 0; i < yard->count; i++) {
        yard->evses[i].may_a = decision.verdicts[i].target_da / 10.0;
        yard->evses[i].memory = decision.verdicts[i].memory;
    }
    arena_clear(&yard->room);
    free(evses);
}

static void voltd(struct yard *yard, struct energy_times *times)
{
    yard_decide(yard, times, SITE_NEED);
}

static void voltd_equal(struct yard *yard, struct energy_times *times)
{
    yard_decide(yard, times, SITE_EQUAL);
}

const struct yard_rule yard_rules[] = {
    { "uncontrolled", uncontrolled },
    { "fcfs", fcfs },
    { "edf", edf },
    { "llf", llf },
    { "round-robin", round_robin },
    { "equal-share", equal_share },
    { "voltd", voltd },
    { "voltd-equal", voltd_equal },
};
const uint32_t yard_rule_count = COUNT(yard_rules);

void yard_fill(struct yard *yard, struct energy_times *times)
{
    struct tree_leaf *leaves = zeroed(yard->count, sizeof *leaves);
    struct fill_want *wants = zeroed(yard->count, sizeof *wants);
    uint32_t count = 0;
    struct tree *tree;
    int64_t start;

    for (uint32_t i = 0; i < yard->count; i++) {
        leaves[i] = yard->evses[i].leaf;
        if (yard->evses[i].wants)
            wants[count++] = (struct fill_want){ i, 1, (int32_t)(yard->evses[i].max_a * 10) };
    }
    start = energy_cpu_ns();
    check(tree_new(&yard->room, yard->nodes, yard->node_count, leaves, yard->count, &tree) ==
          ERR_NONE);
    check(fill_run(tree, wants, count, &yard->room) == ERR_NONE);
    energy_times_add(times, energy_cpu_ns() - start);
    for (uint32_t i = 0; i < yard->count; i++)
        yard->evses[i].may_a = tree_booked(tree, i) / 10.0;
    arena_clear(&yard->room);
    free(leaves);
    free(wants);
}

/* ------------------------------------------------------------------------------- looking at it */

static void compare(struct yard *yard, double flow, double limit, double seconds)
{
    if (flow <= limit + 1e-6)
        return;
    yard->violations++;
    yard->over_as += (flow - limit) * seconds;
}

void yard_check(struct yard *yard, double seconds)
{
    double complex(*lines)[LINE_COUNT] = zeroed(yard->node_count, sizeof *lines);
    double *power_w = zeroed(yard->node_count, sizeof *power_w);

    for (uint32_t i = 0; i < yard->count; i++) {
        const struct yard_evse *evse = &yard->evses[i];
        for (int32_t node = (int32_t)evse->leaf.node; node >= 0; node = yard->nodes[node].parent) {
            for (int l = 0; l < LINE_COUNT; l++)
                if (evse->leaf.wires >> l & 1)
                    lines[node][l] += evse->may_a * cexp(-I * (2 * M_PI / 3 * l));
            power_w[node] += watts(evse, evse->may_a);
        }
    }
    for (uint32_t node = 0; node < yard->node_count; node++) {
        for (int l = 0; l < LINE_COUNT; l++)
            if (yard->nodes[node].limit_da[l] != TREE_NO_LIMIT_DA)
                compare(yard, cabs(lines[node][l]), yard->nodes[node].limit_da[l] / 10.0, seconds);
        if (yard->nodes[node].limit_w != TREE_NO_LIMIT_W)
            compare(yard, power_w[node] / 230, (double)yard->nodes[node].limit_w / 230, seconds);
    }
    free(lines);
    free(power_w);
}

/* How much all that still rise can have more before the path of one of them is full. */
static double next_step(struct yard *yard, const bool *rises, double (*rate)[LINE_COUNT + 1])
{
    double step = INFINITY;

    memset(rate, 0, yard->node_count * sizeof *rate);
    for (uint32_t i = 0; i < yard->count; i++) {
        const struct yard_evse *evse = &yard->evses[i];
        for (int32_t node = (int32_t)evse->leaf.node; rises[i] && node >= 0;
             node = yard->nodes[node].parent) {
            for (int l = 0; l < LINE_COUNT; l++)
                rate[node][l] += evse->leaf.wires >> l & 1;
            rate[node][LINE_COUNT] += watts(evse, 1);
        }
        if (rises[i])
            step = fmin(step, evse->max_a - evse->may_a);
    }
    for (uint32_t node = 0; node < yard->node_count; node++) {
        const struct tree_node *own = &yard->nodes[node];
        for (int l = 0; l < LINE_COUNT; l++)
            if (own->limit_da[l] != TREE_NO_LIMIT_DA && rate[node][l] > 0)
                step =
                    fmin(step, (own->limit_da[l] / 10.0 - yard->line_a[node][l]) / rate[node][l]);
        if (own->limit_w != TREE_NO_LIMIT_W && rate[node][LINE_COUNT] > 0)
            step =
                fmin(step, ((double)own->limit_w - yard->power_w[node]) / rate[node][LINE_COUNT]);
    }
    return fmax(step, 0);
}

void yard_fair_shares(struct yard *yard, double *shares_a)
{
    double(*rate)[LINE_COUNT + 1] = zeroed(yard->node_count, sizeof *rate);
    bool *rises = zeroed(yard->count, sizeof *rises);
    uint32_t left = begin(yard);

    for (uint32_t i = 0; i < yard->count; i++)
        rises[i] = yard->evses[i].wants;
    while (left > 0) { /* each round fills a limit or a car */
        double step = next_step(yard, rises, rate);
        for (uint32_t i = 0; i < yard->count; i++)
            if (rises[i])
                give(yard, &yard->evses[i], step);
        left = 0;
        for (uint32_t i = 0; i < yard->count; i++) {
            const struct yard_evse *evse = &yard->evses[i];
            rises[i] = rises[i] && evse->max_a - evse->may_a > TINY && room_of(yard, evse) > TINY;
            left += rises[i];
        }
    }
    for (uint32_t i = 0; i < yard->count; i++)
        shares_a[i] = yard->evses[i].may_a;
    free(rate);
    free(rises);
}

double yard_jain(double sum, double squares, uint32_t count)
{
    return squares > 0 ? sum * sum / (squares * count) : 1;
}
