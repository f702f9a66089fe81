/* A decision, step by step: what is fixed, what a person said, who is on, then stage by stage the
 * shares of those who are. Each step books on the tree, and nothing is booked that does not fit. */
#include "energy/site.h"

#include "energy/fill.h"
#include "energy/need.h"
#include "energy/reclaim.h"
#include "energy/site_parts.h"

enum { MS_PER_S = 1000, S_PER_H = 3600, SLOW_DA = 10 };
#define NO_NODE (-1)

/* ------------------------------------------------------------------------------- the cars */

static enum err input_check(const struct site_input *input)
{
    if (input->mode >= SITE_MODE_COUNT)
        return ERR_BAD_VALUE;
    for (uint32_t i = 0; i < input->pilots_count; i++)
        if (!pilots_are_sound(&input->pilots[i]))
            return ERR_BAD_VALUE;
    for (uint32_t i = 0; i < input->evse_count; i++)
        if (input->evses[i].class >= CLASS_COUNT || input->evses[i].pilots >= input->pilots_count)
            return ERR_BAD_VALUE;
    return ERR_NONE;
}

static enum err make_tree(struct site *site)
{
    const struct site_input *input = site->input;
    struct tree_leaf *leaves =
        arena_alloc(site->arena, (input->evse_count + 1) * sizeof(struct tree_leaf));

    if (!leaves)
        return ERR_FULL;
    for (uint32_t i = 0; i < site->count; i++)
        leaves[i] = input->evses[site->list[i]].leaf;
    return tree_new(site->arena, input->nodes, input->node_count, leaves, site->count, &site->tree);
}

static enum err begin(struct site *site)
{
    uint32_t count = site->input->evse_count;

    if (count > TREE_LEAVES_MAX)
        return ERR_FULL;
    site->count = count;
    site->cars = arena_alloc(site->arena, (count + 1) * sizeof *site->cars); /* set_car */
    site->list = arena_alloc(site->arena, (count + 1) * sizeof *site->list);
    site->keys = arena_alloc(site->arena, (count + 1) * sizeof *site->keys);
    site->scratch = arena_alloc(site->arena, 2 * sizeof *site->scratch * (count + 1));
    if (!site->cars || !site->list || !site->keys || !site->scratch)
        return ERR_FULL;
    for (uint32_t i = 0; i < count; i++) {
        site->list[i] = i;
        site->keys[i] = site->input->evses[i].id;
    }
    sort_indices(site->list, count, site->keys, site->scratch);
    return make_tree(site);
}

int64_t site_laxity_s(const struct site *site, uint32_t i)
{
    const struct site_car *car = &site->cars[i];
    const struct site_evse *evse = car->evse;
    int64_t full_w = tree_leaf_w(site->tree, i, car->full_da), left_s;

    if (evse->need_wh < 0 || evse->departs_at == UTC_NEVER || evse->departs_at == UTC_UNKNOWN)
        return INT64_MAX;
    left_s = (evse->departs_at - site->input->now) / MS_PER_S;
    if (full_w == 0 || evse->need_wh > INT64_MAX / S_PER_H)
        return INT64_MIN;
    return left_s - evse->need_wh * S_PER_H / full_w;
}

/* Of whom nobody knows enough to weigh it by need. */
static bool is_unknown(const struct site_car *car)
{
    return car->laxity_s == INT64_MAX && car->evse->need_wh != 0;
}

static bool follows_plan(const struct site *site, const struct site_car *car)
{
    uint8_t mode = site->input->mode;

    return (mode == SITE_CHEAP || mode == SITE_GREEN) && car->evse->plan_da >= 0 &&
           car->evse->class != CLASS_PRIORITY;
}

/* From now on it has to charge without a pause; unless its plan has settled what it is to miss. */
static bool is_critical(const struct site *site, const struct site_car *car)
{
    if (follows_plan(site, car) && car->evse->plan_short)
        return false;
    return car->laxity_s <= site->input->rules.period_ms / MS_PER_S;
}

static bool follows_sun(const struct site *site, const struct site_car *car)
{
    return car->evse->class == CLASS_SURPLUS ||
           (site->input->mode == SITE_SURPLUS && car->evse->class != CLASS_PRIORITY);
}

static void bound(struct site_car *car, int32_t most_da, uint8_t why)
{
    if (most_da >= car->most_da)
        return;
    car->most_da = most_da > 0 ? most_da : 0;
    car->why = why;
}

/* By need, groups and laxity settle anew each time who gets nothing (phase.h). Where that switches
 * a car off, since it cannot be slowed to nearly nothing, it has its time slice. */
static bool takes_turns_by_need(const struct site *site, const struct site_car *car)
{
    return site->input->mode == SITE_NEED && car->least_da > SLOW_DA;
}

static int32_t slice_ms(const struct site *site, const struct site_car *car)
{
    const struct site_rules *rules = &site->input->rules;

    return takes_turns_by_need(site, car) ? rules->turn_ms : rules->switch_ms;
}

/* Stage, and the most it is to have, of a car that is plugged in and controlled. */
static void set_policy(struct site *site, struct site_car *car)
{
    static const uint8_t stages[CLASS_COUNT] = {
        [CLASS_PRIORITY] = STAGE_PRIORITY,
        [CLASS_PLAN] = STAGE_PLAN,
        [CLASS_SURPLUS] = STAGE_SUN,
        [CLASS_BEST_EFFORT] = STAGE_REST,
    };
    const struct site_evse *evse = car->evse;
    const struct site_memory *memory = &evse->memory;
    utc_ms now = site->input->now;
    bool waits_for_better = follows_plan(site, car) || follows_sun(site, car);
    int32_t reclaim_da = reclaim_step(evse, &site->input->rules, now, &car->memory);

    car->stage = stages[evse->class];
    bound(car, reclaim_da > car->least_da ? reclaim_da : car->least_da, WHY_CAR_LESS);
    if (waits_for_better && is_critical(site, car)) {
        car->stage = car->stage < STAGE_PLAN ? car->stage : STAGE_PLAN;
    } else if (follows_plan(site, car)) {
        car->stage = STAGE_PLAN;
        bound(car, evse->plan_da, site->input->mode == SITE_CHEAP ? WHY_PLAN_PRICE : WHY_PLAN_CO2);
    } else if (waits_for_better) {
        car->stage = STAGE_SUN;
    }
    site->stages |= (uint8_t)(1u << car->stage);
    site->unknown |= (uint8_t)(is_unknown(car) << car->stage);
    if (waits_for_better && !is_critical(site, car) && car->laxity_s < INT32_MAX)
        site_again(site,
                   now + (car->laxity_s - site->input->rules.period_ms / MS_PER_S) * MS_PER_S);
    if (evse->done)
        bound(car, 0, WHY_CAR_DONE);
    car->must = !evse->may_suspend || (site_was_on(car) && memory->switched_at != 0 &&
                                       memory->switched_at + slice_ms(site, car) > now);
    car->in_slice = site_was_on(car) && memory->switched_at + site->input->rules.turn_ms > now;
    if (car->must && !(evse->done && evse->may_suspend) && car->most_da < car->least_da)
        car->most_da = car->least_da;
    if (car->memory.reclaim_since != 0)
        site_again(site, car->memory.reclaim_since + site->input->rules.reclaim_ms);
    if (car->must && evse->may_suspend)
        site_again(site, memory->switched_at + slice_ms(site, car));
}

static void set_car(struct site *site, uint32_t i, uint32_t index)
{
    struct site_car *car = &site->cars[i];
    const struct site_evse *evse = &site->input->evses[index];
    int32_t max_da = evse->max_da < TREE_DA_MAX ? evse->max_da : TREE_DA_MAX;

    *car = (struct site_car){ .evse = evse,
                              .pilots = &site->input->pilots[evse->pilots],
                              .memory = evse->memory,
                              .index = index,
                              .stage = STAGE_NONE };
    max_da = max_da > 0 ? max_da : 0;
    car->least_da = pilot_least(car->pilots, evse->min_da);
    car->full_da = pilot_floor(car->pilots, max_da);
    if (car->full_da < car->least_da)
        car->full_da = 0;
    car->laxity_s = site_laxity_s(site, i);
    if (!evse->controlled) {
        car->why = WHY_NOT_CONTROLLED;
        tree_book(site->tree, i, max_da);
        return;
    }
    if (!evse->plugged) {
        car->why = WHY_NO_CAR;
        return;
    }
    car->why = WHY_FULL;
    car->most_da = car->full_da;
    if (site->input->mode != SITE_NEED) /* whose shares begin at nothing */
        car->floor_da = evse->floor_da > 0 ? evse->floor_da : 0;
    tree_book(site->tree, i, car->floor_da);
    if (car->full_da > 0 && evse->override_da < 0)
        set_policy(site, car);
}

/* Where what is booked in any case passes a limit, to have less frees nothing for others, and to
 * have more than it may draw already finds no room. So nobody there gets more than that; what is
 * shared out is what flows, which keeps within the limit also when that has only just come down. */
static void share_what_flows(struct site *site)
{
    struct tree_excess excess;

    /* By need, shares begin at nothing. */
    if (site->input->mode == SITE_NEED || !tree_any_over(site->tree, &excess))
        return;
    for (uint32_t i = 0; i < site->count; i++) {
        struct site_car *car = &site->cars[i];
        car->crowded =
            car->stage != STAGE_NONE && tree_hinders(site->tree, i, tree_booked(site->tree, i),
                                                     &car->held_node, &car->held_line);
    }
    for (uint32_t i = 0; i < site->count; i++) {
        struct site_car *car = &site->cars[i];
        int32_t may_da = car->evse->booked_da;

        if (!car->crowded)
            continue;
        may_da = may_da > car->floor_da ? may_da : car->floor_da;
        car->held = may_da < car->most_da;
        car->shut = may_da < car->least_da;
        if (!car->shut)
            bound(car, may_da, car->why);
        car->floor_da = 0;
        tree_book(site->tree, i, 0);
    }
}

/* ------------------------------------------------------------------------------- the shares */

/* What a person said goes before all else, as far as it fits. */
static void book_overrides(struct site *site)
{
    for (uint32_t i = 0; i < site->count; i++) {
        struct site_car *car = &site->cars[i];
        int32_t da = car->evse->override_da;

        if (da < 0 || !car->evse->controlled || !car->evse->plugged)
            continue;
        da = da < car->full_da ? da : car->full_da;
        da = pilot_floor(car->pilots, tree_room(site->tree, i, da));
        tree_book(site->tree, i, da < car->least_da ? 0 : da);
        car->floor_da = 0;
        car->why = WHY_OVERRIDE;
    }
}

static enum err fill_fairly(struct site *site, uint32_t count)
{
    struct fill_want *wants = arena_alloc(site->arena, (count + 1) * sizeof *wants);

    if (!wants)
        return ERR_FULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct site_car *car = &site->cars[site->list[i]];
        wants[i] = (struct fill_want){ site->list[i], car->evse->weight, car->most_da };
    }
    return fill_run(site->tree, wants, count, site->arena);
}

static void fill_in_turn(struct site *site, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        site->keys[site->list[i]] = site->cars[site->list[i]].evse->arrived_at;
    sort_indices(site->list, count, site->keys, site->scratch);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t car = site->list[i];
        int32_t room = tree_room(site->tree, car, site->cars[car].most_da);

        if (room > tree_booked(site->tree, car))
            tree_book(site->tree, car, room);
    }
}

static enum err quantise(struct site *site, uint32_t count)
{
    struct quant_want *wants = arena_alloc(site->arena, (count + 1) * sizeof *wants);

    if (!wants)
        return ERR_FULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct site_car *car = &site->cars[site->list[i]];
        wants[i] = (struct quant_want){
            .leaf = site->list[i],
            .weight = car->evse->weight,
            .pilots = car->pilots,
            .least_da = car->least_da,
            .most_da = car->most_da,
            .laxity_s = car->laxity_s,
        };
    }
    return quant_run(site->tree, wants, count, site->arena);
}

/* Cars that are equally pressed would change places with each decision: who charges has soon more
 * time than who waits. So who has much keeps it until another has some minutes less. */
static int64_t lead_ms(const struct site *site, const struct site_car *car)
{
    int64_t target_da = car->evse->memory.target_da, max_da = car->evse->max_da;

    if (target_da <= 0 || max_da <= 0)
        return 0;
    return site->input->rules.period_ms * (target_da < max_da ? target_da : max_da) / max_da;
}

/* Laxity by which cars share. One that takes less than it could, since its battery is nearly full,
 * waits at little cost: what it misses is the end of its stay, when it takes least. So time counts
 * for it as far as it does not use it. */
static int64_t laxity_ms(const struct site *site, const struct site_car *car,
                         const struct phase_car *need)
{
    int64_t laxity = need->laxity_ms;
    int32_t takes_da = car->memory.reclaim_da, max_da = car->evse->max_da;

    if (laxity == INT64_MAX)
        return laxity;
    if (takes_da > 0 && takes_da < max_da)
        laxity += need->left_ms / max_da * (max_da - takes_da);
    if (site_was_on(car) && takes_turns_by_need(site, car))
        laxity -= site->input->rules.turn_ms; /* as in turns.c */
    return laxity - lead_ms(site, car);
}

/* It leaves more than half of the least that can be booked for it, and has time: a battery that is
 * nearly full gets in an hour what it would get in a day. */
static bool can_come_last(const struct site_car *car, int32_t takes_da)
{
    return takes_da < car->least_da / 2 && car->laxity_s != INT64_MAX && car->laxity_s > S_PER_H;
}

/* Bounds a car by what it takes: a pilot that it uses whole, or its least where that fits. */
static void bound_by_draw(struct site_car *car, struct phase_car *need, int32_t takes_da)
{
    int32_t da = pilot_floor(car->pilots, takes_da);

    da = da > car->least_da ? da : car->least_da;
    if (can_come_last(car, takes_da))
        takes_da = da = 0;
    need->most_da = takes_da;
    car->most_da = da < car->most_da ? da : car->most_da;
}

/* Bounds a car by what it needs and takes, for as long as others wait; false: that is all it may
 * have. */
static bool bound_by_need(struct site_car *car, struct phase_car *need)
{
    int32_t most_da = car->most_da, takes_da = reclaim_takes_da(&car->memory);

    if (need->most_da < most_da) /* the last bit, and over */
        car->most_da = pilot_least(car->pilots, need->most_da);
    if (takes_da < need->most_da)
        bound_by_draw(car, need, takes_da);
    return need->most_da < most_da;
}

enum known { WITH_NEED, WITHOUT, ALL };

/* Lists the cars of a stage that are on: those whose need and departure are known, others, all. */
static uint32_t list_stage(struct site *site, uint8_t stage, enum known known)
{
    uint8_t stages = known == WITHOUT ? site->unknown : site->stages;
    uint32_t count = 0;

    for (uint32_t i = 0; stages >> stage & 1 && i < site->count; i++) {
        const struct site_car *car = &site->cars[i];
        if (car->on && car->stage == stage &&
            (known == ALL || (known == WITHOUT) == is_unknown(car)))
            site->list[count++] = i;
    }
    return count;
}

/* By need, of those of whom nobody knows enough: what the others leave, evenly and by turns. */
static enum err share_unknown(struct site *site, uint8_t stage)
{
    uint32_t count = list_stage(site, stage, WITHOUT), left = 0;
    enum err err;

    for (uint32_t i = 0; i < count; i++)
        if (!site->cars[site->list[i]].must)
            site->list[left++] = site->list[i];
    for (uint32_t i = 0; i < left; i++)
        site->cars[site->list[i]].on = false;
    turns_take(site, left);
    count = list_stage(site, stage, WITHOUT);
    err = fill_fairly(site, count);
    return err == ERR_NONE ? quantise(site, count) : err;
}

/* By need: first what needs take up, with a look ahead; then those without one; then what is left,
 * to who takes more. */
static enum err share_by_need(struct site *site, uint8_t stage)
{
    const struct site_input *input = site->input;
    uint32_t count = list_stage(site, stage, WITH_NEED);
    struct phase_car *cars = arena_alloc(site->arena, (count + 1) * sizeof *cars);
    int32_t *all_da = arena_alloc(site->arena, (count + 1) * sizeof *all_da);
    bool bounded = false;
    enum err err;

    if (!cars || !all_da)
        return ERR_FULL;
    for (uint32_t i = 0; i < count; i++) {
        struct site_car *car = &site->cars[site->list[i]];
        cars[i] =
            need_car(car->evse, site->list[i], car->most_da, input->now, input->rules.period_ms);
        cars[i].laxity_ms = laxity_ms(site, car, &cars[i]);
        all_da[i] = car->most_da;
        bounded |= bound_by_need(car, &cars[i]);
    }
    err = phase_fill(site->tree, cars, count, input->rules.period_ms, site->arena);
    if (err == ERR_NONE)
        err = quantise(site, count);
    for (uint32_t i = 0; i < count; i++)
        cars[i].most_da = site->cars[site->list[i]].most_da = all_da[i];
    if (err == ERR_NONE)
        err = share_unknown(site, stage);
    if (err != ERR_NONE || !bounded)
        return err;
    list_stage(site, stage, WITH_NEED);
    err = phase_fill(site->tree, cars, count, 0, site->arena);
    return err == ERR_NONE ? quantise(site, count) : err;
}

/* In need mode a share of nothing is a share; who got none is not on. */
static void note_who_waits(struct site *site, uint8_t stage)
{
    uint32_t count = list_stage(site, stage, ALL);

    for (uint32_t i = 0; i < count; i++) {
        struct site_car *car = &site->cars[site->list[i]];
        car->on = tree_booked(site->tree, site->list[i]) > 0;
        car->waits = !car->on;
    }
}

/* Shares among the cars of a stage that are on. */
static enum err share(struct site *site, uint8_t stage)
{
    uint32_t count = list_stage(site, stage, ALL);
    enum err err = ERR_NONE;

    if (count == 0)
        return ERR_NONE;
    if (site->input->mode == SITE_NEED) {
        err = share_by_need(site, stage);
        note_who_waits(site, stage);
        return err;
    }
    if (site->input->mode == SITE_PRIORITY)
        fill_in_turn(site, count);
    else
        err = fill_fairly(site, count);
    return err == ERR_NONE ? quantise(site, count) : err;
}

static void choose(struct site *site, bool sun)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < site->count; i++) {
        const struct site_car *car = &site->cars[i];
        bool now = (car->stage == STAGE_SUN && !car->must) == sun;
        if (car->stage != STAGE_NONE && car->most_da > 0 && !car->on && now)
            site->list[count++] = i;
    }
    turns_choose(site, count);
}

/* ------------------------------------------------------------------------------- the sun */

/* What controlled cars have now, W. */
static int64_t booked_w(const struct site *site)
{
    int64_t sum_w = 0;

    for (uint32_t i = 0; i < site->count; i++)
        if (site->cars[i].evse->controlled)
            sum_w += tree_leaf_w(site->tree, i, tree_booked(site->tree, i));
    return sum_w;
}

/* For a while each root may carry what it does now, and one of them `more_w` on top. */
static void limit_roots(struct site *site, uint32_t open, int64_t more_w)
{
    for (uint32_t node = 0; node < site->input->node_count; node++) {
        const struct tree_node *own = &site->input->nodes[node];
        int64_t lines_da[LINE_COUNT], now_w;

        if (own->parent != NO_NODE)
            continue;
        tree_sums(site->tree, node, lines_da, &now_w);
        now_w += node == open ? more_w : 0;
        if (now_w < 0) { /* what is fed back stays so: a battery gives it, and it is no sun */
            tree_set_base(site->tree, node, own->base_da, own->base_w - now_w);
            now_w = 0;
        }
        tree_set_limits(site->tree, node, own->limit_da,
                        now_w < own->limit_w ? now_w : own->limit_w);
    }
}

static void free_roots(struct site *site)
{
    for (uint32_t node = 0; node < site->input->node_count; node++) {
        const struct tree_node *own = &site->input->nodes[node];
        if (own->parent != NO_NODE)
            continue;
        tree_set_limits(site->tree, node, own->limit_da, own->limit_w);
        tree_set_base(site->tree, node, own->base_da, own->base_w);
    }
}

/* Cars that follow the sun share what of it is left by those who do not wait for it. */
static enum err share_sun(struct site *site)
{
    enum err err = ERR_NONE;
    bool any = site->stages >> STAGE_SUN & 1;

    for (uint32_t node = 0; any && err == ERR_NONE && node < site->input->node_count; node++) {
        int64_t left_w = site->input->surplus_w - booked_w(site);

        if (site->input->nodes[node].parent != NO_NODE)
            continue;
        limit_roots(site, node, left_w > 0 ? left_w : 0);
        choose(site, true);
        err = share(site, STAGE_SUN);
    }
    free_roots(site);
    return err;
}

/* ------------------------------------------------------------------------------- all of it */

static enum err share_all(struct site *site)
{
    enum err err = ERR_NONE;

    share_what_flows(site);
    book_overrides(site);
    choose(site, false);
    for (uint8_t stage = 0; err == ERR_NONE && stage < STAGE_NONE; stage++)
        err = stage == STAGE_SUN ? share_sun(site) : share(site, stage);
    for (uint32_t i = 0; i < site->count; i++)
        site->cars[i].decided_da =
            site->cars[i].floor_da > 0 && !site->cars[i].on ? 0 : tree_booked(site->tree, i);
    return err;
}

static void finish(struct site *site, struct site_verdict *verdicts)
{
    for (uint32_t i = 0; i < site->count; i++) {
        const struct site_car *car = &site->cars[i];
        struct site_verdict *verdict = &verdicts[car->index];

        verdict->laxity_s = car->laxity_s;
        if (car->evse->plugged || !car->evse->controlled)
            verdict->memory = car->memory; /* else: nothing is kept of a car that left */
        calm_verdict(site, car, verdict);
        if (!car->evse->plugged && car->evse->controlled)
            verdict->memory = (struct site_memory){ 0 };
    }
    turns_note(site, verdicts);
}

enum err site_decide(const struct site_input *input, struct arena *arena,
                     struct site_decision *decision)
{
    struct site site = { .input = input, .arena = arena, .again_at = UTC_NEVER };
    struct site_verdict *verdicts =
        ARENA_NEW_ARRAY(arena, struct site_verdict, input->evse_count + 1);
    enum err err = verdicts ? input_check(input) : ERR_FULL;

    if (err == ERR_NONE)
        err = begin(&site);
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < site.count; i++)
        set_car(&site, i, site.list[i]);
    err = share_all(&site);
    if (err == ERR_NONE)
        err = why_all(&site, verdicts);
    if (err != ERR_NONE)
        return err;
    finish(&site, verdicts);
    *decision = (struct site_decision){ .again_at = site.again_at, .verdicts = verdicts };
    return ERR_NONE;
}
