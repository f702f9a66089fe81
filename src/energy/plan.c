/* A plan is made: the method is chosen, and what it found is written down. */
#include "energy/plan.h"

#include <stdlib.h>

#include "energy/plan_flow.h"
#include "energy/plan_peak.h"
#include "energy/plan_price.h"

enum { KWH = 1000, SECONDS_AN_HOUR = 3600, LITTLE_WH = 100 };

static struct plan *new_plan(const struct plan_input *input, struct arena *arena)
{
    struct plan *plan = ARENA_NEW(arena, struct plan);

    if (!plan)
        return NULL;
    plan->slot_count = input->slot_count;
    plan->slot_s = input->slot_s;
    plan->passed_s = input->passed_s;
    plan->car_count = input->car_count;
    plan->cars = ARENA_NEW_ARRAY(arena, struct plan_part, input->car_count + 1);
    plan->slot_wh = ARENA_NEW_ARRAY(arena, int64_t, input->slot_count);
    plan->wh = ARENA_NEW_ARRAY(arena, int32_t, (size_t)input->car_count * input->slot_count + 1);
    return plan->cars && plan->slot_wh && plan->wh ? plan : NULL;
}

/* A plan of before, by car id. */
struct known {
    int64_t id;
    uint32_t row;
};

static int by_id(const void *a, const void *b)
{
    const struct known *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

static void copy_row(const struct plan_model *m, const struct plan_before *before, uint32_t row,
                     uint32_t car, int32_t *wh)
{
    const struct plan *plan = before->plan;

    for (uint32_t t = m->car[car].first; t < m->car[car].end; t++) {
        uint64_t old = (uint64_t)t + before->slots_passed;
        if (old < plan->slot_count)
            wh[(size_t)t * m->cars + car] = plan->wh[(size_t)row * plan->slot_count + old];
    }
}

/* The plan of before in the order of the model: [slot * cars + car]; NULL where memory is out. */
static int32_t *start_from(const struct plan_model *m, const struct plan_before *before,
                           struct arena *arena)
{
    const struct plan *plan = before->plan;
    int32_t *wh = ARENA_NEW_ARRAY(arena, int32_t, (size_t)m->cars * m->slots + 1);
    struct known *known = ARENA_NEW_ARRAY(arena, struct known, plan->car_count + 1);

    if (!wh || !known)
        return NULL;
    for (uint32_t i = 0; i < plan->car_count; i++)
        known[i] = (struct known){ plan->cars[i].id, i };
    qsort(known, plan->car_count, sizeof(*known), by_id);
    for (uint32_t i = 0; i < m->cars; i++) {
        struct known key = { .id = m->input->cars[m->car[i].index].id };
        const struct known *found = bsearch(&key, known, plan->car_count, sizeof(key), by_id);
        if (found)
            copy_row(m, before, found->row, i, wh);
    }
    return wh;
}

static uint8_t state_of(const struct plan_input *input, const struct model_car *car,
                        int64_t unmet_wh)
{
    int64_t could_wh = 0;

    (void)input;
    if (unmet_wh == 0)
        return PLAN_CAR_MET;
    if (car->first == car->end)
        return PLAN_CAR_GONE;
    for (uint32_t t = car->first; t < car->end; t++)
        could_wh += model_car_cap(car, t);
    return could_wh < car->need ? PLAN_CAR_LATE : PLAN_CAR_SHORT;
}

static void write_car(const struct plan_model *m, const int32_t *wh, uint32_t i, struct plan *plan)
{
    const struct model_car *car = &m->car[i];
    const struct plan_car *given = &m->input->cars[car->index];
    struct plan_part *part = &plan->cars[car->index];
    int32_t *row = plan->wh + (size_t)car->index * m->slots;

    part->id = given->id;
    part->from_s = given->from_s;
    part->until_s = given->until_s;
    for (uint32_t t = car->first; t < car->end; t++) {
        row[t] = wh[(size_t)t * m->cars + i];
        part->energy_wh += row[t];
        plan->slot_wh[t] += row[t];
    }
    part->unmet_wh = given->need_wh > part->energy_wh ? given->need_wh - part->energy_wh : 0;
    part->state = state_of(m->input, car, part->unmet_wh);
    plan->energy_wh += part->energy_wh;
    plan->unmet_wh += part->unmet_wh;
}

/* Sums of the plan; money still × Wh per kWh. */
static int64_t write_sums(const struct plan_model *m, struct plan *plan)
{
    int64_t cost = 0;

    plan->peak_w = INT64_MIN;
    for (uint32_t t = 0; t < m->slots; t++) {
        int64_t w = model_base_w(m->input, t) + plan->slot_wh[t] * SECONDS_AN_HOUR / m->slot_s[t];
        plan->peak_w = w > plan->peak_w ? w : plan->peak_w;
        cost += model_cost(m, t, plan->slot_wh[t]);
    }
    plan->cost_gaps = m->cost_gaps;
    plan->cost = cost / KWH;
    return cost;
}

static uint32_t gap_of(int64_t gain, int64_t bound)
{
    if (bound <= gain)
        return 0;
    if (bound <= 0)
        return PLAN_NOT_EXACT;
    int64_t unit = bound / 1000 + 1, gap = (bound - gain + unit - 1) / unit;
    return gap < PLAN_NOT_EXACT ? (uint32_t)gap : PLAN_NOT_EXACT;
}

static void write_plan(const struct plan_model *m, const struct plan_work *work, struct plan *plan)
{
    for (uint32_t i = 0; i < m->cars; i++)
        write_car(m, work->wh, i, plan);
    int64_t cost = write_sums(m, plan);
    plan->demand_cost = peak_cost(m->input, plan->peak_w);
    int64_t gain = plan->energy_wh * m->value - cost - plan->demand_cost * KWH;
    int64_t bound = work->exact || work->bound < gain ? gain : work->bound;
    plan->gain = gain / KWH;
    plan->gain_bound = bound / KWH + (bound % KWH > 0);
    plan->gap_permille = gap_of(gain, bound);
    plan->method = m->one_commodity ? PLAN_FLOW : PLAN_PRICE;
    plan->complete = !work->stopped;
    plan->rounds = work->rounds;
    plan->prices = work->prices;
}

enum err plan_make(const struct plan_input *input, const struct plan_before *before,
                   struct arena *arena, struct plan **plan)
{
    struct plan_model *model = NULL;
    struct plan_work work = { 0 };
    enum err err = model_new(input, arena, &model);

    if (err != ERR_NONE)
        return err;
    struct plan *out = new_plan(input, arena);
    if (!out)
        return ERR_FULL;
    if (before && before->plan) {
        work.before_prices = before->plan->prices;
        work.slots_passed = before->slots_passed;
        work.before = start_from(model, before, arena);
        if (!work.before)
            return ERR_FULL;
    }
    err = peak_plan(model, arena, &work);
    if (err != ERR_NONE)
        return err;
    write_plan(model, &work, out);
    *plan = out;
    return ERR_NONE;
}

bool plan_is_short(const struct plan *plan, uint32_t car)
{
    check(car < plan->car_count);
    const struct plan_part *part = &plan->cars[car];
    int64_t hundredth_wh = (part->energy_wh + part->unmet_wh) / 100;

    return (part->state == PLAN_CAR_SHORT || part->state == PLAN_CAR_LATE) &&
           part->unmet_wh > LITTLE_WH && part->unmet_wh > hundredth_wh;
}

int32_t plan_w(const struct plan *plan, uint32_t car, uint32_t slot)
{
    check(car < plan->car_count);
    check(slot < plan->slot_count);
    const struct plan_part *part = &plan->cars[car];
    int64_t begins_s = (int64_t)slot * plan->slot_s + (slot == 0 ? plan->passed_s : 0);
    int64_t ends_s = (int64_t)(slot + 1) * plan->slot_s;

    begins_s = part->from_s > begins_s ? part->from_s : begins_s;
    ends_s = part->until_s < ends_s ? part->until_s : ends_s;
    if (ends_s <= begins_s)
        return 0;
    return (int32_t)((int64_t)plan->wh[(size_t)car * plan->slot_count + slot] * SECONDS_AN_HOUR /
                     (ends_s - begins_s));
}

int32_t plan_da(const struct plan_input *input, const struct plan *plan, uint32_t car,
                uint32_t slot)
{
    const struct plan_car *given = &input->cars[car];
    int64_t w = plan_w(plan, car, slot);

    if (w == 0)
        return 0;
    /* Whole Wh were rounded down: a plan at full power means full power. */
    int64_t watts_of_a_wh = SECONDS_AN_HOUR / 60;
    w = w + watts_of_a_wh >= given->max_w ? given->max_w : w;
    w = w < given->min_w ? given->min_w : w;
    return (int32_t)(w * 10 / ((int64_t)given->leaf.volts * given->leaf.wires_live));
}
