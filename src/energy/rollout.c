/* A linear program: what each group below each node takes in each step. The limits of the tree are
 * told as straight ones that touch them where they are passed, until none is passed by much. */
#include "energy/rollout.h"

#include "energy/rollout_net.h"
#include "energy/simplex.h"

enum {
    MS_PER_S = 1000,
    S_PER_H = 3600,
    DA_PER_A = 10,
    HORIZON_S = 48 * S_PER_H,
    UNKNOWN_STAY_S = 4 * S_PER_H, /* of a car that did not say when it leaves */
    WORK_MAX = 400000,            /* cells of the simplex */
    ROUNDS_MAX = 64,
    COLUMNS_MAX = 96, /* of the simplex; more supplies: fewer steps, and none below STEPS_MIN */
    STEPS_MIN = 4,
    LOST_AT_END = 3,     /* eighths by which what is delivered last counts less than what is now */
    EVEN_BITS = 13,      /* what all get when they rise together counts that part more */
    CLOSE_NOW_BITS = 12, /* how near to a limit: in the step that is taken */
    CLOSE_BITS = 9,      /* in the others */
};

#define NONE (-1)

/* Steps, in periods: fine first, then coarse. */
static int64_t step_periods(uint32_t step)
{
    static const uint8_t first[] = { 1, 2, 4, 8, 12, 24 };

    return step < COUNT(first) ? first[step] : (int64_t)48 << (step - COUNT(first));
}

/* Supplies that come in at the same place. Its variables are what it takes in each step; in the
 * first that is two, what it would have if all rose together and what is beyond. */
struct pool {
    int32_t place;
    uint8_t group;
    int64_t even_das;
    int64_t step_das[ROLLOUT_STEPS_MAX], rest_das[ROLLOUT_STEPS_MAX];
    int32_t even, variable[ROLLOUT_STEPS_MAX]; /* NONE: it can take nothing then */
};

struct rollout {
    const struct phase_model *model;
    int64_t period_s, horizon_s;
    uint32_t step_count, supply_count, pool_count;
    int64_t starts_s[ROLLOUT_STEPS_MAX + 1];
    struct rollout_supply *supplies;
    struct rollout_net *net;
    struct pool *pools;
    struct simplex *simplex;
    uint32_t unit_bits;       /* a simplex counts in so many 0.1 A · s */
    int32_t *in_da, *part_of; /* by place */
    struct simplex_term *terms;
};

/* --- the variables */

static struct rollout_supply *find_supply(struct rollout *rollout, const struct phase_entry *entry)
{
    for (uint32_t i = 0; i < rollout->supply_count; i++)
        if (rollout->supplies[i].node == entry->node && rollout->supplies[i].group == entry->group)
            return &rollout->supplies[i];
    rollout->supplies[rollout->supply_count] =
        (struct rollout_supply){ .node = entry->node, .group = entry->group };
    return &rollout->supplies[rollout->supply_count++];
}

static int64_t stay_s(const struct phase_car *car)
{
    int64_t left_s = car->left_ms == INT64_MAX ? UNKNOWN_STAY_S : car->left_ms / MS_PER_S;

    return left_s < HORIZON_S ? left_s : HORIZON_S;
}

static void add_car(struct rollout *rollout, const struct phase_entry *entry,
                    const struct phase_car *car)
{
    int64_t watts = rollout->model->group_w[entry->group]; /* of 1 A */
    int64_t leaves_s = stay_s(car), most_da = entry->more_da;
    int64_t need_das = most_da * leaves_s;
    struct rollout_supply *supply = find_supply(rollout, entry);

    if (car->need_wh >= 0 && car->need_wh < INT32_MAX && watts > 0)
        need_das = car->need_wh * S_PER_H * DA_PER_A / watts;
    for (uint32_t k = 0; k < rollout->step_count && rollout->starts_s[k] < leaves_s; k++) {
        int64_t ends_s = rollout->starts_s[k + 1] < leaves_s ? rollout->starts_s[k + 1] : leaves_s;
        int64_t step_das = most_da * (ends_s - rollout->starts_s[k]);
        int64_t rest_das = most_da * (leaves_s - rollout->starts_s[k]);
        supply->step_das[k] += step_das < need_das ? step_das : need_das;
        supply->rest_das[k] += rest_das < need_das ? rest_das : need_das;
    }
}

/* Do some node's limits see more than one group? */
static bool any_groups(const struct phase_model *model)
{
    uint32_t seen = 0;

    for (uint32_t i = 0; i < model->entry_count; i++)
        if (model->entries[i].node != PHASE_NO_NODE)
            seen |= 1u << model->entries[i].group;
    return (seen & (seen - 1)) != 0;
}

/* How long, in which steps: up to `step_max`, the last of which has what is left. */
static void set_steps(struct rollout *rollout, const struct phase_car *cars, uint32_t step_max)
{
    const struct phase_model *model = rollout->model;
    uint32_t k = 0;

    rollout->horizon_s = rollout->period_s;
    for (uint32_t i = 0; i < model->entry_count; i++) {
        int64_t stay = stay_s(&cars[model->entries[i].car]);
        rollout->horizon_s = stay > rollout->horizon_s ? stay : rollout->horizon_s;
    }
    for (; k < step_max && rollout->starts_s[k] < rollout->horizon_s; k++)
        rollout->starts_s[k + 1] = rollout->starts_s[k] + step_periods(k) * rollout->period_s;
    rollout->step_count = k;
    if (rollout->starts_s[k] < rollout->horizon_s)
        rollout->starts_s[k] = rollout->horizon_s;
}

static int64_t step_s(const struct rollout *rollout, uint32_t k)
{
    return rollout->starts_s[k + 1] - rollout->starts_s[k];
}

static struct pool *find_pool(struct rollout *rollout, const struct rollout_supply *supply)
{
    struct pool *pool = rollout->pools;

    while (pool < &rollout->pools[rollout->pool_count] && pool->place != supply->place)
        pool++;
    if (pool == &rollout->pools[rollout->pool_count]) {
        *pool = (struct pool){ .place = supply->place, .group = supply->group };
        rollout->pool_count++;
    }
    return pool;
}

/* The nodes that a supply has for itself let through no more than its cap. */
static void pour(struct rollout *rollout, const struct rollout_supply *supply)
{
    struct pool *pool = find_pool(rollout, supply);
    int64_t rest_das = 0;

    for (uint32_t k = rollout->step_count; k-- > 0;) {
        int64_t das = supply->most_da[k] * step_s(rollout, k);
        rest_das += das;
        rest_das = rest_das < supply->rest_das[k] ? rest_das : supply->rest_das[k];
        pool->step_das[k] += das;
        pool->rest_das[k] += rest_das;
    }
    pool->even_das += supply->rest_das[0] - supply->left_das;
}

/* What cars can take, and where that comes in. */
static enum err make_pools(struct rollout *rollout, const struct phase_car *cars, uint32_t step_max,
                           struct arena *arena)
{
    const struct phase_model *model = rollout->model;
    struct phase_weights even;

    rollout->supply_count = rollout->pool_count = 0;
    set_steps(rollout, cars, step_max);
    for (uint32_t i = 0; i < model->entry_count; i++)
        if (model->entries[i].node != PHASE_NO_NODE)
            add_car(rollout, &model->entries[i], &cars[model->entries[i].car]);
    rollout->net =
        rollout_net_new(model, rollout->supplies, rollout->supply_count,
                        &(struct rollout_steps){ rollout->starts_s, rollout->step_count }, arena);
    if (!rollout->net)
        return ERR_FULL;
    for (uint32_t g = 0; g < PHASE_GROUPS_MAX; g++)
        phase_weights_set(&even, g, PHASE_WEIGHT_ONE);
    rollout_net_weigh(rollout->net, &even);
    (void)rollout_net_step(rollout->net, 0);
    for (uint32_t i = 0; i < rollout->supply_count; i++)
        if (rollout->supplies[i].place != PHASE_NO_NODE)
            pour(rollout, &rollout->supplies[i]);
    return ERR_NONE;
}

/* What is delivered early counts more. */
static int32_t worth(const struct rollout *rollout, uint8_t group, uint32_t k, int32_t most_w)
{
    int64_t middle_s = (rollout->starts_s[k] + rollout->starts_s[k + 1]) / 2;
    int64_t whole = 8 * rollout->horizon_s;

    return (int32_t)((int64_t)rollout->model->group_w[group] * SIMPLEX_ONE / most_w *
                     (whole - LOST_AT_END * middle_s) / whole);
}

static int32_t add_variable(struct simplex_variable *variables, uint32_t *count, int64_t most,
                            int32_t worth)
{
    if (most <= 0)
        return NONE;
    variables[*count] = (struct simplex_variable){ most, worth };
    return (int32_t)(*count)++;
}

static uint32_t make_variables(struct rollout *rollout, struct simplex_variable *variables)
{
    int64_t most_das = 1;
    int32_t most_w = 1;
    uint32_t count = 0;

    for (uint32_t i = 0; i < rollout->pool_count; i++)
        for (uint32_t k = 0; k < rollout->step_count; k++)
            if (rollout->pools[i].step_das[k] > most_das)
                most_das = rollout->pools[i].step_das[k];
    for (uint32_t g = 0; g < rollout->model->group_count; g++)
        if (rollout->model->group_w[g] > most_w)
            most_w = rollout->model->group_w[g];
    while (most_das >> rollout->unit_bits > (int64_t)1 << SIMPLEX_VALUE_BITS)
        rollout->unit_bits++;
    for (uint32_t i = 0; i < rollout->pool_count; i++) {
        struct pool *pool = &rollout->pools[i];
        int32_t now = worth(rollout, pool->group, 0, most_w);
        pool->even = add_variable(variables, &count, pool->even_das >> rollout->unit_bits,
                                  now + (now >> EVEN_BITS));
        for (uint32_t k = 0; k < rollout->step_count; k++) {
            int64_t most = pool->step_das[k] - (k ? 0 : pool->even_das);
            pool->variable[k] = add_variable(variables, &count, most >> rollout->unit_bits,
                                             worth(rollout, pool->group, k, most_w));
        }
    }
    return count;
}

/* --- the limits */

static int64_t taken(const struct rollout *rollout, const struct pool *pool, uint32_t k)
{
    int64_t value = 0;

    if (pool->variable[k] != NONE)
        value = simplex_value(rollout->simplex, (uint32_t)pool->variable[k]);
    if (k == 0 && pool->even != NONE)
        value += simplex_value(rollout->simplex, (uint32_t)pool->even);
    return value > 0 ? value : 0;
}

static uint32_t add_terms(const struct rollout *rollout, const struct pool *pool, uint32_t k,
                          int32_t part, uint32_t count)
{
    if (pool->variable[k] != NONE)
        rollout->terms[count++] = (struct simplex_term){ (uint32_t)pool->variable[k], part };
    if (k == 0 && pool->even != NONE)
        rollout->terms[count++] = (struct simplex_term){ (uint32_t)pool->even, part };
    return count;
}

static void note_flow(const struct rollout *rollout, uint32_t k)
{
    memset(rollout->in_da, 0, rollout_net_places(rollout->net) * sizeof *rollout->in_da);
    for (uint32_t i = 0; i < rollout->pool_count; i++)
        rollout->in_da[rollout->pools[i].place] =
            (int32_t)((taken(rollout, &rollout->pools[i], k) << rollout->unit_bits) /
                      step_s(rollout, k));
    rollout_net_flow(rollout->net, rollout->in_da);
}

/* Tells the limits of a step that are passed. false: the simplex gives up. */
static bool keep_step(const struct rollout *rollout, uint32_t k, bool *any)
{
    struct rollout_passed passed = { .part_of = rollout->part_of };

    note_flow(rollout, k);
    while (rollout_net_passed(rollout->net, k, k ? CLOSE_BITS : CLOSE_NOW_BITS, &passed)) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < rollout->pool_count; i++) {
            int32_t part = passed.part_of[rollout->pools[i].place];
            if (part)
                count = add_terms(rollout, &rollout->pools[i], k, part, count);
        }
        *any = true;
        if (!simplex_limit(rollout->simplex, rollout->terms, count,
                           (passed.most * step_s(rollout, k)) >>
                               (ROLLOUT_MOST_BITS + rollout->unit_bits)))
            return false;
        note_flow(rollout, k);
    }
    return true;
}

/* The step from which on a pool takes most beyond what its cars can; NONE. */
static int32_t find_over(const struct rollout *rollout, const struct pool *pool)
{
    int64_t sum = 0, most_over = 0;
    int32_t from = NONE;

    for (uint32_t k = rollout->step_count; k-- > 0;) {
        int64_t rest = pool->rest_das[k] >> rollout->unit_bits;
        sum += taken(rollout, pool, k);
        if (sum - rest > most_over + (rest >> CLOSE_BITS)) {
            most_over = sum - rest;
            from = (int32_t)k;
        }
    }
    return from;
}

/* Each step once at most: what is left by roundings is for the next round. */
static bool keep_rest(const struct rollout *rollout, const struct pool *pool, bool *any)
{
    for (uint32_t told = 0; told < rollout->step_count; told++) {
        int32_t from = find_over(rollout, pool);
        uint32_t count = 0;
        if (from == NONE)
            break;
        for (uint32_t k = (uint32_t)from; k < rollout->step_count; k++)
            count = add_terms(rollout, pool, k, SIMPLEX_ONE, count);
        *any = true;
        if (!simplex_limit(rollout->simplex, rollout->terms, count,
                           pool->rest_das[from] >> rollout->unit_bits))
            return false;
    }
    return true;
}

/* Until no limit is passed by much. */
static bool keep_limits(const struct rollout *rollout)
{
    bool any = true;

    for (uint32_t round = 0; any && round < ROUNDS_MAX; round++) {
        any = false;
        for (uint32_t k = 0; k < rollout->step_count; k++)
            if (!keep_step(rollout, k, &any))
                return false;
        for (uint32_t i = 0; i < rollout->pool_count; i++)
            if (!keep_rest(rollout, &rollout->pools[i], &any))
                return false;
    }
    return !any;
}

/* --- all of it */

/* In proportion to what groups take now. */
static void weigh(const struct rollout *rollout, struct phase_weights *weights)
{
    int64_t sums[PHASE_GROUPS_MAX] = { 0 }, most = 0;
    uint32_t seen = 0;

    for (uint32_t i = 0; i < rollout->pool_count; i++) {
        const struct pool *pool = &rollout->pools[i];
        sums[pool->group] += taken(rollout, pool, 0);
        seen |= 1u << pool->group;
        most = sums[pool->group] > most ? sums[pool->group] : most;
    }
    for (uint32_t g = 0; most > 0 && g < PHASE_GROUPS_MAX; g++) {
        int32_t weight = (int32_t)(sums[g] * PHASE_WEIGHT_ONE / most);
        if (seen >> g & 1)
            phase_weights_set(weights, g, weight > 0 ? weight : 1);
    }
}

static enum err solve(struct rollout *rollout, struct arena *arena, struct phase_weights *weights)
{
    struct simplex_variable variables[COLUMNS_MAX];
    size_t places = rollout_net_places(rollout->net) + 1;
    uint32_t count = make_variables(rollout, variables);

    rollout->in_da = arena_alloc(arena, places * sizeof *rollout->in_da);
    rollout->part_of = arena_alloc(arena, places * sizeof *rollout->part_of);
    rollout->terms = arena_alloc(arena, (count + 1) * sizeof *rollout->terms);
    rollout->simplex = simplex_new(arena, variables, count, WORK_MAX);
    if (!rollout->in_da || !rollout->part_of || !rollout->terms || !rollout->simplex)
        return ERR_FULL;
    if (keep_limits(rollout))
        weigh(rollout, weights);
    return ERR_NONE;
}

enum err rollout_weights(const struct phase_model *model, const struct phase_car *cars,
                         int32_t period_ms, struct arena *arena, struct phase_weights *weights)
{
    struct rollout rollout = { .model = model, .period_s = period_ms / MS_PER_S };
    uint32_t count = model->entry_count;
    enum err err;

    for (uint32_t g = 0; g < PHASE_GROUPS_MAX; g++)
        phase_weights_set(weights, g, PHASE_WEIGHT_ONE);
    if (!any_groups(model) || count > ROLLOUT_CARS_MAX || rollout.period_s <= 0)
        return ERR_NONE;
    rollout.supplies = arena_alloc(arena, (count + 1) * sizeof *rollout.supplies);
    rollout.pools = arena_alloc(arena, (count + 1) * sizeof *rollout.pools);
    if (!rollout.supplies || !rollout.pools)
        return ERR_FULL;
    err = make_pools(&rollout, cars, ROLLOUT_STEPS_MAX, arena);
    if (err == ERR_NONE && rollout.pool_count * (rollout.step_count + 1) > COLUMNS_MAX) {
        uint32_t step_max = COLUMNS_MAX / rollout.pool_count - 1;
        if (rollout.pool_count > COLUMNS_MAX / (STEPS_MIN + 1))
            return ERR_NONE;
        err = make_pools(&rollout, cars, step_max, arena);
    }
    if (err != ERR_NONE || rollout.pool_count < 2)
        return err;
    return solve(&rollout, arena, weights);
}
