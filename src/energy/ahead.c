#include "energy/ahead.h"

#include "energy/quant.h"
#include "energy/taper.h"

enum {
    MS_PER_S = 1000,
    S_PER_H = 3600,
    DA_PER_A = 10,
    LESS_DA = 10, /* who takes so much less than it may has its reasons */
    /* Such a car may take a little more again. */
    MORE_DA = 5,
    READY_S = 100, /* what a decision leaves out (small changes) is made up for then */
    /* Kept back where no peak is paid for: what phases, pilots and others in a hurry take from a
     * plan that fills the cheapest hours is made up for then. */
    RESERVE_S = 900,
    RESERVE_PART = 10, /* and so much of the time that the need takes */
    MONTH_DAYS = 30,
    /* A little less than the days before say: a peak that was too low can be raised, one that was
     * too high is paid for. Where cars take less while they get full, what they leave is not
     * always used by others, and more of a peak is worth its charge. */
    WORTH_PERMILLE = 960,
    WORTH_FALLING_PERMILLE = 980,
    /* Prices that differ by no more are alike. */
    ALIKE_PERCENT = 50,
    QUARTER_S = 900,
    /* What the rest of a quarter hour may have of the allowed peak, whatever was before. */
    REST_MIN_PERCENT = 75,
    REST_MAX_PERCENT = 125,
};

static int32_t least(int64_t a, int64_t b)
{
    return (int32_t)(a < b ? a : b);
}

/* --- cars */

static int32_t leaf_w(const struct tree_leaf *leaf, int32_t da)
{
    return least((int64_t)da * leaf->volts * leaf->wires_live / DA_PER_A, INT32_MAX);
}

static bool takes_less(const struct ahead_car *car)
{
    return car->draw_da >= 0 && car->may_da >= 0 && car->draw_da < car->may_da - LESS_DA;
}

/* How long before it leaves it is to be ready. A higher peak would cost more than a reserve is
 * worth: there is next to none under a demand charge. */
static int32_t ready_s(const struct ahead_car *car, int32_t max_w, bool peak_costs)
{
    int64_t takes_s = max_w > 0 ? car->need_wh * S_PER_H / max_w : INT32_MAX;
    int64_t spare_s = car->stays_s - takes_s;

    if (spare_s <= 0)
        return 0;
    return peak_costs ? least(spare_s / 2, READY_S)
                      : least(spare_s * 3 / 4, RESERVE_S + takes_s / RESERVE_PART);
}

/* Energy costs about the same all the time that it is there: it may as well begin earlier. */
static bool costs_alike(const struct plan_input *input, const struct plan_car *car)
{
    int64_t slot_s = input->slot_s, end = (car->until_s + slot_s - 1) / slot_s;
    int64_t low = INT64_MAX, high = INT64_MIN;

    end = end < input->slot_count ? end : input->slot_count;
    for (int64_t t = input->passed_s / slot_s; t < end; t++) {
        if (input->cost[t] == PLAN_COST_UNKNOWN)
            continue;
        low = input->cost[t] < low ? input->cost[t] : low;
        high = input->cost[t] > high ? input->cost[t] : high;
    }
    return high <= low || high - low <= (low < 0 ? -low : low) * ALIKE_PERCENT / 100;
}

struct plan_car ahead_car(const struct ahead_car *car, const struct plan_input *input)
{
    int32_t most_da = takes_less(car) ? least(car->draw_da + MORE_DA, car->max_da) : car->max_da;
    int32_t max_w = leaf_w(&car->leaf, most_da), min_w = leaf_w(&car->leaf, car->min_da);
    int32_t early_s = ready_s(car, max_w, input->demand.cost > 0);
    struct plan_car out = {
        .id = car->id,
        .leaf = car->leaf,
        .until_s = least((int64_t)input->passed_s + car->stays_s - early_s, INT32_MAX),
        .need_wh = car->need_wh,
        .max_w = max_w,
        .min_w = min_w < max_w ? min_w : max_w,
        .may_suspend = car->may_suspend,
    };
    int64_t stays_s = (int64_t)out.until_s - input->passed_s;

    if (costs_alike(input, &out))
        out.end_w = taper_end_w(car->half_s, max_w, car->need_wh, stays_s);
    out.half_s = out.end_w > 0 ? car->half_s : 0;
    return out;
}

/* --- the peak of a month */

enum err ahead_worth(const struct plan_input *past, int64_t cost, struct arena *arena,
                     int64_t *worth_w)
{
    struct plan_input input = *past;
    struct plan *plan = NULL;

    input.demand = (struct plan_demand){ cost, 0, MONTH_DAYS };
    enum err err = plan_make(&input, NULL, arena, &plan);
    if (err == ERR_NONE)
        *worth_w = plan->peak_w > 0 ? plan->peak_w : 0;
    return err;
}

static int64_t free_w(const struct ahead_peak *peak)
{
    int32_t permille = peak->half_s > 0 ? WORTH_FALLING_PERMILLE : WORTH_PERMILLE;
    int64_t worth_w = peak->worth_w * permille / 1000;

    return peak->so_far_w > worth_w ? peak->so_far_w : worth_w;
}

struct plan_demand ahead_demand(const struct ahead_peak *peak)
{
    /* Where the days before have spoken for the month, a peak beyond that has to pay for itself. */
    return (struct plan_demand){ peak->cost, free_w(peak), peak->worth_w ? 1 : peak->days_left };
}

int64_t ahead_allowed_w(const struct ahead_peak *peak, const struct plan *plan)
{
    if (peak->cost <= 0)
        return INT64_MAX;
    return plan->peak_w > free_w(peak) ? plan->peak_w : free_w(peak);
}

int64_t ahead_rest_w(int64_t allowed_w, int64_t used_ws, int32_t seen_s)
{
    if (allowed_w == INT64_MAX || seen_s <= 0 || seen_s >= QUARTER_S)
        return allowed_w;
    int64_t rest_w = (allowed_w * QUARTER_S - used_ws) / (QUARTER_S - seen_s);
    int64_t min_w = allowed_w * REST_MIN_PERCENT / 100, max_w = allowed_w * REST_MAX_PERCENT / 100;
    return rest_w < min_w ? min_w : rest_w > max_w ? max_w : rest_w;
}

/* --- carried out */

int32_t ahead_pilot_da(const struct site_pilots *pilots, int32_t plan_da)
{
    int32_t above = plan_da > 0 ? pilot_least(pilots, plan_da) : 0;

    return above == PILOT_NONE ? plan_da : above;
}

/* What controlled cars were offered and do not take; and the least that must be left for cars. */
static void look_at_cars(const struct site_input *input, int64_t *unused_w, int64_t *least_w)
{
    for (uint32_t i = 0; i < input->evse_count; i++) {
        const struct site_evse *evse = &input->evses[i];
        if (!evse->controlled)
            *least_w += leaf_w(&evse->leaf, evse->max_da);
        else if (evse->plugged && !evse->may_suspend)
            *least_w += leaf_w(&evse->leaf, evse->min_da);
        if (evse->controlled && evse->plugged && !evse->done && evse->draw_da >= 0 &&
            evse->draw_da < evse->booked_da)
            *unused_w += leaf_w(&evse->leaf, evse->booked_da - evse->draw_da);
    }
}

void ahead_hold_peak(const struct site_input *input, struct tree_node *nodes, int64_t allowed_w)
{
    int64_t unused_w = 0, least_w = 0;
    struct tree_node *root = &nodes[0];

    for (uint32_t n = 1; n < input->node_count; n++)
        if (nodes[n].parent < 0)
            return;
    if (allowed_w == INT64_MAX || input->node_count == 0)
        return;
    look_at_cars(input, &unused_w, &least_w);
    int64_t most_w = allowed_w + unused_w;
    most_w = most_w > root->base_w + least_w ? most_w : root->base_w + least_w;
    root->limit_w = root->limit_w < most_w ? root->limit_w : most_w;
}
