#include "energy/rollout.h"

enum {
    MS_PER_S = 1000,
    S_PER_H = 3600,
    DA_PER_A = 10,
    HORIZON_S = 48 * S_PER_H,
    UNKNOWN_STAY_S = 4 * S_PER_H, /* of a car that did not say when it leaves */
    GROUPS_VARIED_MAX = 4,
    REFINEMENTS_MAX = 3,
    WORK_MAX = 36000, /* cars and levels by steps, over all trials: about 0.2 ms */
    LEVEL_WORK = 40,  /* a level costs as much as so many cars */
    LOST_AT_END = 3,  /* eighths by which what is delivered last counts less than what is now */
};

/* A group may rise this fast, in 1/1024; the last is nearly not at all. */
static const int32_t speeds[] = { 1024, 870, 717, 512, 307, 20 };

/* Steps, in periods: fine first, then coarse. */
static int64_t step_periods(uint32_t step)
{
    static const uint8_t first[] = { 1, 2, 4, 8, 8, 8, 16, 16, 16, 16 };

    return step < COUNT(first) ? first[step] : 32;
}

struct future {
    int32_t node, most_da;
    int64_t need_das; /* 0.1 A · s that are missing */
    int64_t leaves_s;
    uint8_t group;
};

struct rollout {
    const struct phase_model *model;
    int64_t period_s, horizon_s;
    uint32_t count;
    const struct future *cars;
    /* scratch of a trial */
    struct future *now;
    int32_t *bounds_da, *caps_da;
    int64_t best;
    uint32_t work;
    uint8_t index[PHASE_GROUPS_MAX]; /* of the best, in speeds */
};

/* The most that a car takes on average in a step of `step_s` from `at_s` on. */
static int32_t bound_da(const struct future *car, int64_t at_s, int64_t step_s)
{
    int64_t most = (int64_t)car->most_da * step_s;

    if (car->leaves_s < at_s + step_s)
        most = (int64_t)car->most_da * (car->leaves_s - at_s);
    if (most <= car->need_das && car->leaves_s >= at_s + step_s)
        return car->most_da;
    return (int32_t)((most < car->need_das ? most : car->need_das) / step_s);
}

static void levels(const struct rollout *rollout, const struct phase_weights *weights)
{
    const struct phase_model *model = rollout->model;
    int32_t want[PHASE_GROUPS_MAX];
    struct phase_filling filling = {
        .weights = weights, .want_da = want, .group_count = model->group_count, .coarse = true
    };

    for (uint32_t i = model->node_count; i-- > 0;) {
        int32_t *got = &rollout->caps_da[(size_t)i * PHASE_GROUPS_MAX],
                parent = model->nodes[i].parent;
        memcpy(want, got, sizeof want);
        filling.node = &model->nodes[i];
        phase_level(&filling, got);
        for (uint32_t g = 0; parent != PHASE_NO_NODE && g < model->group_count; g++)
            rollout->caps_da[(uint32_t)parent * PHASE_GROUPS_MAX + g] += got[g];
    }
}

/* One step: what is delivered, W · s. */
static int64_t step(struct rollout *rollout, const struct phase_weights *weights, uint32_t count,
                    int64_t at_s, int64_t step_s)
{
    const struct phase_model *model = rollout->model;
    int64_t delivered = 0;

    memset(rollout->caps_da, 0, (size_t)model->node_count * PHASE_GROUPS_MAX * sizeof(int32_t));
    for (uint32_t i = 0; i < count; i++) {
        const struct future *car = &rollout->now[i];
        rollout->bounds_da[i] = bound_da(car, at_s, step_s);
        if (car->node != PHASE_NO_NODE)
            rollout->caps_da[car->node * PHASE_GROUPS_MAX + car->group] += rollout->bounds_da[i];
    }
    levels(rollout, weights);
    for (uint32_t i = 0; i < count; i++) {
        struct future *car = &rollout->now[i];
        int32_t da = rollout->bounds_da[i];
        for (int32_t n = car->node; n != PHASE_NO_NODE; n = model->nodes[n].parent) {
            int32_t cap = rollout->caps_da[n * PHASE_GROUPS_MAX + car->group];
            da = da < cap ? da : cap;
        }
        for (int32_t n = car->node; n != PHASE_NO_NODE; n = model->nodes[n].parent)
            rollout->caps_da[n * PHASE_GROUPS_MAX + car->group] -= da;
        car->need_das -= da * step_s;
        delivered += (int64_t)da * model->group_w[car->group];
    }
    return delivered / DA_PER_A * step_s;
}

/* The worth of a future with these weights. */
static int64_t trial(struct rollout *rollout, const uint8_t *index)
{
    struct phase_weights weights;
    uint32_t count = rollout->count;
    int64_t worth = 0, at_s = 0;

    for (uint32_t g = 0; g < rollout->model->group_count; g++)
        phase_weights_set(&weights, g, speeds[index[g]]);
    memcpy(rollout->now, rollout->cars, count * sizeof *rollout->now);
    for (uint32_t k = 0; at_s < rollout->horizon_s && count > 0; k++) {
        int64_t step_s = step_periods(k) * rollout->period_s;
        uint32_t kept = 0;
        rollout->work += count + LEVEL_WORK * rollout->model->node_count;
        worth += step(rollout, &weights, count, at_s, step_s) *
                 (8 * rollout->horizon_s - LOST_AT_END * (at_s + step_s / 2)) /
                 (8 * rollout->horizon_s);
        at_s += step_s;
        for (uint32_t i = 0; i < count; i++)
            if (rollout->now[i].need_das >= step_s && rollout->now[i].leaves_s > at_s)
                rollout->now[kept++] = rollout->now[i];
        count = kept;
    }
    return worth;
}

static void consider(struct rollout *rollout, const uint8_t *index)
{
    int64_t worth;

    if (rollout->work > WORK_MAX)
        return;
    worth = trial(rollout, index);
    if (worth <= rollout->best)
        return;
    rollout->best = worth;
    memcpy(rollout->index, index, sizeof rollout->index);
}

/* Each part of the varied groups, slower than the others by each speed. */
static void try_parts(struct rollout *rollout, const uint8_t *varied, uint32_t count)
{
    uint8_t index[PHASE_GROUPS_MAX] = { 0 };

    consider(rollout, index);
    for (uint32_t part = 1; part + 1 < 1u << count; part++)
        for (uint32_t speed = 1; speed < COUNT(speeds); speed += count > 3 ? 2 : 1) {
            memset(index, 0, sizeof index);
            for (uint32_t i = 0; i < count; i++)
                if (part >> i & 1)
                    index[varied[i]] = (uint8_t)speed;
            consider(rollout, index);
        }
}

/* One group a little faster or slower than in the best, as long as that is better. */
static void refine(struct rollout *rollout, const uint8_t *varied, uint32_t count)
{
    for (uint32_t round = 0; round < REFINEMENTS_MAX; round++) {
        int64_t before = rollout->best;
        for (uint32_t i = 0; i < count; i++)
            for (int change = -1; change <= 1; change += 2) {
                uint8_t index[PHASE_GROUPS_MAX];
                int speed = rollout->index[varied[i]] + change;
                memcpy(index, rollout->index, sizeof index);
                if (speed < 0 || speed >= (int)COUNT(speeds))
                    continue;
                index[varied[i]] = (uint8_t)speed;
                consider(rollout, index);
            }
        if (rollout->best == before)
            break;
    }
}

static struct future future_of(const struct phase_model *model, const struct phase_entry *entry,
                               const struct phase_car *car)
{
    int64_t leaves_s = car->left_ms == INT64_MAX ? UNKNOWN_STAY_S : car->left_ms / MS_PER_S;
    int64_t watts = model->group_w[entry->group]; /* of 1 A */
    struct future future = { .node = entry->node,
                             .group = entry->group,
                             .most_da = entry->more_da };

    future.leaves_s = leaves_s < HORIZON_S ? leaves_s : HORIZON_S;
    future.need_das = (int64_t)future.most_da * future.leaves_s;
    if (car->need_wh >= 0 && car->need_wh < INT32_MAX && watts > 0)
        future.need_das = car->need_wh * S_PER_H * DA_PER_A / watts;
    return future;
}

/* Groups that some node limits, the first few. */
static uint32_t find_varied(const struct phase_model *model, uint8_t varied[GROUPS_VARIED_MAX])
{
    uint32_t seen = 0, count = 0;

    for (uint32_t i = 0; i < model->entry_count; i++)
        if (model->entries[i].node != PHASE_NO_NODE)
            seen |= 1u << model->entries[i].group;
    for (uint8_t g = 0; g < model->group_count && count < GROUPS_VARIED_MAX; g++)
        if (seen >> g & 1)
            varied[count++] = g;
    return count;
}

enum err rollout_weights(const struct phase_model *model, const struct phase_car *cars,
                         int32_t period_ms, struct arena *arena, struct phase_weights *weights)
{
    struct rollout rollout = { .model = model, .period_s = period_ms / MS_PER_S, .best = -1 };
    uint8_t varied[GROUPS_VARIED_MAX];
    uint32_t varied_count = find_varied(model, varied), count = model->entry_count;
    struct future *futures;

    for (uint32_t g = 0; g < PHASE_GROUPS_MAX; g++)
        phase_weights_set(weights, g, PHASE_WEIGHT_ONE);
    if (varied_count < 2 || count > ROLLOUT_CARS_MAX || rollout.period_s <= 0)
        return ERR_NONE;
    futures = arena_alloc(arena, (count + 1) * sizeof *futures);
    rollout.now = arena_alloc(arena, (count + 1) * sizeof *rollout.now);
    rollout.bounds_da = arena_alloc(arena, (count + 1) * sizeof *rollout.bounds_da);
    rollout.caps_da =
        arena_alloc(arena, ((size_t)model->node_count + 1) * PHASE_GROUPS_MAX * sizeof(int32_t));
    if (!futures || !rollout.now || !rollout.bounds_da || !rollout.caps_da)
        return ERR_FULL;
    rollout.horizon_s = rollout.period_s;
    for (uint32_t i = 0; i < count; i++) {
        struct future future = future_of(model, &model->entries[i], &cars[model->entries[i].car]);
        if (future.leaves_s <= 0)
            continue;
        futures[rollout.count++] = future;
        rollout.horizon_s =
            future.leaves_s > rollout.horizon_s ? future.leaves_s : rollout.horizon_s;
    }
    rollout.cars = futures;
    try_parts(&rollout, varied, varied_count);
    refine(&rollout, varied, varied_count);
    for (uint32_t g = 0; g < PHASE_GROUPS_MAX; g++)
        phase_weights_set(weights, g, speeds[rollout.index[g]]);
    return ERR_NONE;
}
