#include "bench/energy/lot_ahead.h"

#include <math.h>
#include <stdlib.h>

#include "energy/ahead.h"

enum { QUARTER_S = 900, SLOTS = 96, MIN_DA = 60 };

static const struct lot_plan *prices; /* a rule is handed the yard alone */

void lot_ahead_begin(const struct lot_plan *plan)
{
    prices = plan;
}

static struct plan_car car_of(const struct yard *yard, uint32_t place,
                              const struct plan_input *input)
{
    const struct yard_evse *evse = &yard->evses[place];
    const struct ahead_car car = { .id = place,
                                   .leaf = evse->leaf,
                                   .stays_s = (int32_t)(evse->depart_s - yard->now_s),
                                   .need_wh = (int64_t)ceil(evse->need_wh),
                                   .max_da = (int32_t)(evse->max_a * 10),
                                   .min_da = MIN_DA,
                                   .draw_da = -1,
                                   .may_da = -1,
                                   .may_suspend = true };

    return ahead_car(&car, input);
}

/* Until the end of the prices, a day at most. */
static uint32_t slots_left(int64_t slot)
{
    int64_t left = prices->until_s / QUARTER_S - slot;

    return left < SLOTS ? (uint32_t)left : SLOTS;
}

static void set_plan(struct yard *yard, const struct plan_input *input, const struct plan *plan,
                     const uint32_t *places)
{
    static const struct site_pilots amperes = { .step_da = 10 };

    for (uint32_t i = 0; i < input->car_count; i++) {
        struct yard_evse *evse = &yard->evses[places[i]];
        evse->plan_da = ahead_pilot_da(&amperes, plan_da(input, plan, i, 0));
        evse->plan_short = plan_is_short(plan, i);
    }
}

static void plan_anew(struct yard *yard, struct arena *arena)
{
    int64_t slot = yard->now_s / QUARTER_S;
    struct plan_node *nodes = calloc(yard->node_count, sizeof *nodes);
    struct plan_car *cars = calloc(yard->count, sizeof *cars);
    uint32_t *places = calloc(yard->count, sizeof *places);
    struct plan_input input = { .slot_count = slots_left(slot),
                                .slot_s = QUARTER_S,
                                .passed_s = (uint32_t)(yard->now_s % QUARTER_S),
                                .node_count = yard->node_count,
                                .nodes = nodes,
                                .cars = cars,
                                .cost = prices->cost + slot };
    struct plan *plan = NULL;

    check(nodes && cars && places);
    for (uint32_t n = 0; n < yard->node_count; n++)
        nodes[n].node = yard->nodes[n];
    for (uint32_t place = 0; place < yard->count; place++)
        if (yard->evses[place].wants) {
            places[input.car_count] = place;
            cars[input.car_count++] = car_of(yard, place, &input);
        }
    check(plan_make(&input, NULL, arena, &plan) == ERR_NONE);
    set_plan(yard, &input, plan, places);
    free(nodes);
    free(cars);
    free(places);
}

static void decide(struct yard *yard, struct energy_times *times)
{
    struct arena arena;

    arena_init(&arena, NULL, 0);
    plan_anew(yard, &arena);
    arena_reset(&arena);
    yard_decide(yard, times, SITE_CHEAP);
}

const struct yard_rule lot_ahead = { "voltd-plan", decide };
