#include "bench/energy/lot.h"

#include <math.h>
#include <stdlib.h>

#include "bench/energy/lot_ahead.h"

enum { STEP_S = 300, QUARTER_S = 900, NO_PLACE = -1 };
#define HOUR_S       3600.0
#define HOURS_A_STEP ((double)STEP_S / HOUR_S)
#define MET_WH       100.0
#define MICRO        1e6

struct lot {
    struct yard *yard;
    const struct lot_plan *plan;
    struct lot_result *result;
    int32_t *who;  /* by place: whose stay; -1 */
    bool *is_here; /* by stay: it has a place, or had one */
    double battery_wh;
    int64_t limit_w; /* of the first node without battery */
};

/* --- coming and going */

static void leave(struct lot *lot, uint32_t place)
{
    struct yard_evse *evse = &lot->yard->evses[place];
    const struct lot_stay *stay = &lot->plan->stays[lot->who[place]];
    struct lot_result *result = lot->result;

    result->requested_wh += stay->need_wh;
    result->delivered_wh += stay->need_wh - evse->need_wh;
    result->stays++;
    result->met += evse->need_wh < MET_WH;
    result->misses += evse->need_wh >= MET_WH;
    result->charge_s += (double)(lot->yard->now_s - evse->arrive_s);
    lot->who[place] = -1;
    evse->wants = false;
    evse->memory = (struct site_memory){ 0 };
}

static int32_t free_place(const struct lot *lot, const struct lot_stay *stay)
{
    for (uint32_t place = 0; place < lot->yard->count; place++)
        if (lot->who[place] < 0 && (stay->place < 0 || stay->place == (int32_t)place))
            return (int32_t)place;
    return NO_PLACE;
}

static void arrive(struct lot *lot, uint32_t index, uint32_t place)
{
    const struct lot_stay *stay = &lot->plan->stays[index];
    struct yard_evse *evse = &lot->yard->evses[place];
    int64_t now_s = lot->yard->now_s;
    double full_w = stay->max_a * evse->leaf.volts * evse->leaf.wires_live;

    lot->who[place] = (int32_t)index;
    lot->is_here[index] = true;
    lot->result->wait_s += (double)(now_s - stay->arrive_s);
    evse->wants = true;
    evse->max_a = stay->max_a;
    evse->need_wh = stay->need_wh;
    evse->arrive_s = now_s;
    /* Who leaves when it is full is in a hurry. */
    evse->depart_s =
        stay->depart_s ? stay->depart_s : now_s + (int64_t)(stay->need_wh * HOUR_S / full_w);
}

static void come_and_go(struct lot *lot)
{
    for (uint32_t place = 0; place < lot->yard->count; place++) {
        const struct yard_evse *evse = &lot->yard->evses[place];
        if (lot->who[place] < 0)
            continue;
        int64_t depart_s = lot->plan->stays[lot->who[place]].depart_s;
        if (depart_s ? lot->yard->now_s >= depart_s : evse->need_wh <= 0)
            leave(lot, place);
    }
    for (uint32_t i = 0; i < lot->plan->count; i++) {
        const struct lot_stay *stay = &lot->plan->stays[i];
        if (stay->arrive_s > lot->yard->now_s)
            break;
        int32_t place = lot->is_here[i] ? -1 : free_place(lot, stay);
        if (place >= 0)
            arrive(lot, i, (uint32_t)place);
    }
}

/* --- power */

/* What the battery can give in the next step is the first node's, too. */
static void lend(struct lot *lot)
{
    double most_w = fmin(lot->battery_wh / HOURS_A_STEP, lot->plan->battery.max_w);

    if (lot->plan->battery.wh > 0)
        lot->yard->nodes[0].limit_w = lot->limit_w + (int64_t)most_w;
}

static void settle(struct lot *lot, double drawn_w)
{
    double over_w = drawn_w - (double)lot->limit_w;

    over_w = fmax(over_w, -lot->plan->battery.max_w);
    lot->battery_wh -= over_w * HOURS_A_STEP;
    lot->battery_wh = fmin(fmax(lot->battery_wh, 0), lot->plan->battery.wh);
}

static void charge(struct lot *lot)
{
    struct yard *yard = lot->yard;
    int64_t quarter = yard->now_s / QUARTER_S;
    double drawn_w = 0;

    for (uint32_t place = 0; place < yard->count; place++) {
        struct yard_evse *evse = &yard->evses[place];
        double w = evse->wants ? evse->may_a * evse->leaf.volts * evse->leaf.wires_live : 0;
        double wh = fmin(w * HOURS_A_STEP, evse->need_wh);
        if (!evse->wants)
            continue;
        evse->need_wh -= wh;
        evse->wants = evse->need_wh > 0;
        drawn_w += wh / HOURS_A_STEP;
    }
    lot->result->peak_w = fmax(lot->result->peak_w, drawn_w);
    if (lot->plan->cost)
        lot->result->cost += drawn_w / 1000 * HOURS_A_STEP * lot->plan->cost[quarter] / MICRO;
    settle(lot, drawn_w);
}

/* Plays with a yard that was just built. */
static void play(struct yard *yard, const struct lot_plan *plan, const struct yard_rule *rule,
                 struct energy_times *times, struct lot_result *result)
{
    struct lot lot = { .yard = yard,
                       .plan = plan,
                       .result = result,
                       .who = calloc(yard->count, sizeof *lot.who),
                       .is_here = calloc(plan->count, sizeof *lot.is_here),
                       .battery_wh = plan->battery.wh,
                       .limit_w = yard->nodes[0].limit_w };

    check(lot.who && lot.is_here);
    *result = (struct lot_result){ 0 };
    for (uint32_t place = 0; place < yard->count; place++)
        lot.who[place] = -1;
    for (yard->now_s = 0; yard->now_s < plan->until_s; yard->now_s += STEP_S) {
        come_and_go(&lot);
        lend(&lot);
        rule->decide(yard, times);
        yard_check(yard, STEP_S);
        charge(&lot);
    }
    for (uint32_t place = 0; place < yard->count; place++)
        if (lot.who[place] >= 0)
            leave(&lot, place);
    result->violations = yard->violations;
    free(lot.who);
    free(lot.is_here);
}

/* --- rows */

static void add_rows(struct energy_bench *bench, const struct lot_plan *plan, const char *name,
                     const struct lot_result *result, struct energy_times *times)
{
    double stays = result->stays;

    energy_add(bench, name, "delivered_pct", 100 * result->delivered_wh / result->requested_wh,
               "%");
    energy_add(bench, name, "sessions_met_pct", 100 * result->met / stays, "%");
    energy_add(bench, name, "deadline_misses", result->misses, "");
    energy_add(bench, name, "peak_kw", result->peak_w / 1000, "kW");
    if (plan->cost)
        energy_add(bench, name, "cost_per_kwh", result->cost / (result->delivered_wh / 1000), "");
    if (plan->stays[0].place < 0) {
        energy_add(bench, name, "wait_min_mean", result->wait_s / stays / 60, "min");
        energy_add(bench, name, "charge_min_mean", result->charge_s / stays / 60, "min");
    }
    energy_add(bench, name, "violations", (double)result->violations, "");
    energy_add(bench, name, "replan_us_p50", energy_times_us(times, 500), "us");
    energy_add(bench, name, "replan_us_p99", energy_times_us(times, 990), "us");
}

static void run_rule(struct energy_bench *bench, void (*build)(struct yard *yard),
                     const struct lot_plan *plan, const struct yard_rule *rule)
{
    struct energy_times times = { 0 };
    struct lot_result result;
    struct yard yard;

    build(&yard);
    lot_ahead_begin(plan);
    play(&yard, plan, rule, &times, &result);
    add_rows(bench, plan, rule->name, &result, &times);
    energy_times_fini(&times);
    yard_fini(&yard);
}

void lot_run(struct energy_bench *bench, void (*build)(struct yard *yard),
             const struct lot_plan *plan)
{
    for (uint32_t i = 0; i < yard_rule_count; i++)
        run_rule(bench, build, plan, &yard_rules[i]);
    if (plan->cost)
        run_rule(bench, build, plan, &lot_ahead);
}
