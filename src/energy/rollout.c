#include "energy/rollout.h"

#include "energy/rollout_net.h"

enum {
    MS_PER_S = 1000,
    S_PER_H = 3600,
    DA_PER_A = 10,
    HORIZON_S = 48 * S_PER_H,
    UNKNOWN_STAY_S = 4 * S_PER_H, /* of a car that did not say when it leaves */
    GROUPS_VARIED_MAX = 4,
    REFINEMENTS_MAX = 8,
    WORK_MAX = 24000, /* rows and supplies by steps, over all trials: about 0.1 ms */
    ROW_WORK = 6,     /* a row of a node costs as much as so many supplies */
    LEGS = 4,
    LOST_AT_END = 3, /* eighths by which what is delivered last counts less than what is now */
};

/* A group may rise this fast, in 1/1024; the last is nearly not at all. */
static const int32_t speeds[] = { 1024, 870, 717, 600, 512, 400, 307, 200, 100, 20 };

/* Speeds may change on the way: each leg ends with this step. */
static const uint8_t leg_ends[LEGS] = { 2, 3, 5, ROLLOUT_STEPS_MAX };

struct pace {
    uint8_t speed[LEGS][PHASE_GROUPS_MAX]; /* in speeds */
};

/* Steps, in periods: fine first, then coarse. */
static int64_t step_periods(uint32_t step)
{
    static const uint8_t first[] = { 1, 3, 8, 12, 24 };

    return step < COUNT(first) ? first[step] : (int64_t)48 << (step - COUNT(first));
}

/* A trial at the beginning of a leg. One that goes the same way up to there begins here. */
struct stage {
    int64_t worth;     /* of the steps before */
    int64_t *left_das; /* by supply */
};

struct rollout {
    const struct phase_model *model;
    int64_t period_s, horizon_s;
    uint32_t step_count, supply_count;
    int64_t starts_s[ROLLOUT_STEPS_MAX + 1];
    struct rollout_supply *supplies;
    struct rollout_net *net;
    uint32_t work, step_work;
    int64_t worth; /* of the best */
    struct pace best;
    struct stage best_stages[LEGS], stages[LEGS]; /* of the best; of the trial that is made */
};

static uint32_t leg_begins(uint32_t leg)
{
    return leg ? leg_ends[leg - 1] : 0;
}

static void stage_save(const struct rollout *rollout, struct stage *stage, int64_t worth)
{
    stage->worth = worth;
    for (uint32_t i = 0; i < rollout->supply_count; i++)
        stage->left_das[i] = rollout->supplies[i].left_das;
}

static int64_t stage_load(const struct rollout *rollout, const struct stage *stage)
{
    for (uint32_t i = 0; i < rollout->supply_count; i++)
        rollout->supplies[i].left_das = stage->left_das[i];
    return stage->worth;
}

/* The worth of a future at this pace, which is the best one's up to leg `from`. */
static int64_t trial(struct rollout *rollout, const struct pace *pace, uint32_t from)
{
    int64_t worth = from ? stage_load(rollout, &rollout->best_stages[from]) : 0;

    for (uint32_t leg = from; leg < LEGS && leg_begins(leg) < rollout->step_count; leg++) {
        struct phase_weights weights;
        if (leg > from)
            stage_save(rollout, &rollout->stages[leg], worth);
        for (uint32_t g = 0; g < rollout->model->group_count; g++)
            phase_weights_set(&weights, g, speeds[pace->speed[leg][g]]);
        rollout_net_weigh(rollout->net, &weights);
        for (uint32_t k = leg_begins(leg); k < leg_ends[leg] && k < rollout->step_count; k++) {
            int64_t middle_s = (rollout->starts_s[k] + rollout->starts_s[k + 1]) / 2;
            worth += rollout_net_step(rollout->net, k) *
                     (8 * rollout->horizon_s - LOST_AT_END * middle_s) / (8 * rollout->horizon_s);
        }
    }
    return worth;
}

/* It is the best one's pace up to leg `from`. */
static void consider(struct rollout *rollout, const struct pace *pace, uint32_t from)
{
    int64_t worth;

    if (rollout->work > WORK_MAX)
        return;
    rollout->work += rollout->step_count * rollout->step_work; /* as if each began anew */
    if (leg_begins(from) >= rollout->step_count)
        return; /* it does not come to what is different */
    worth = trial(rollout, pace, from);
    if (worth <= rollout->worth)
        return;
    rollout->worth = worth;
    rollout->best = *pace;
    for (uint32_t leg = from + 1; leg < LEGS; leg++) {
        struct stage was = rollout->best_stages[leg];
        rollout->best_stages[leg] = rollout->stages[leg];
        rollout->stages[leg] = was;
    }
}

/* Each part of the varied groups, slower than the others by every second speed. */
static void try_parts(struct rollout *rollout, const uint8_t *varied, uint32_t count)
{
    consider(rollout, &(struct pace){ 0 }, 0);
    for (uint32_t part = 1; part + 1 < 1u << count; part++)
        for (uint32_t speed = 1; speed < COUNT(speeds); speed += 2) {
            struct pace pace = { 0 };
            for (uint32_t i = 0; i < count; i++)
                for (uint32_t leg = 0; part >> i & 1 && leg < LEGS; leg++)
                    pace.speed[leg][varied[i]] = (uint8_t)speed;
            consider(rollout, &pace, 0);
        }
}

/* The best, with a group a little faster or slower in some legs. */
static void consider_other(struct rollout *rollout, uint8_t group, uint32_t first, uint32_t end,
                           int change)
{
    struct pace pace = rollout->best;
    bool differs = false;

    for (uint32_t leg = first; leg < end; leg++) {
        int speed = pace.speed[leg][group] + change;
        if (speed < 0 || speed >= (int)COUNT(speeds))
            continue;
        pace.speed[leg][group] = (uint8_t)speed;
        differs = true;
    }
    if (differs)
        consider(rollout, &pace, first);
}

/* In all legs, then in one, as long as that is better. */
static void refine(struct rollout *rollout, const uint8_t *varied, uint32_t count)
{
    for (uint32_t round = 0; round < REFINEMENTS_MAX; round++) {
        int64_t before = rollout->worth;
        for (uint32_t leg = 0; leg <= LEGS; leg++)
            for (uint32_t i = 0; i < count; i++)
                for (int change = -1; change <= 1; change += 2)
                    consider_other(rollout, varied[i], leg ? leg - 1 : 0, leg ? leg : LEGS, change);
        if (rollout->worth == before)
            break;
    }
}

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

/* How long, in which steps, and what cars can take in each. */
static void look_ahead(struct rollout *rollout, const struct phase_car *cars)
{
    const struct phase_model *model = rollout->model;

    rollout->horizon_s = rollout->period_s;
    for (uint32_t i = 0; i < model->entry_count; i++) {
        int64_t stay = stay_s(&cars[model->entries[i].car]);
        rollout->horizon_s = stay > rollout->horizon_s ? stay : rollout->horizon_s;
    }
    for (uint32_t k = 0; k < ROLLOUT_STEPS_MAX && rollout->starts_s[k] < rollout->horizon_s; k++) {
        rollout->starts_s[k + 1] = rollout->starts_s[k] + step_periods(k) * rollout->period_s;
        rollout->step_count = k + 1;
    }
    for (uint32_t i = 0; i < model->entry_count; i++)
        if (model->entries[i].node != PHASE_NO_NODE)
            add_car(rollout, &model->entries[i], &cars[model->entries[i].car]);
    rollout->step_work = rollout->supply_count;
    for (uint32_t i = 0; i < model->node_count; i++)
        rollout->step_work += ROW_WORK * model->nodes[i].row_count;
}

static bool stages_alloc(struct rollout *rollout, struct arena *arena)
{
    uint32_t count = rollout->model->entry_count; /* more than supplies */
    int64_t *room = arena_alloc(arena, (size_t)2 * LEGS * (count + 1) * sizeof *room);

    for (uint32_t leg = 0; room && leg < LEGS; leg++) {
        rollout->best_stages[leg].left_das = room + 2 * (size_t)leg * count;
        rollout->stages[leg].left_das = room + (2 * (size_t)leg + 1) * count;
    }
    return room != NULL;
}

enum err rollout_weights(const struct phase_model *model, const struct phase_car *cars,
                         int32_t period_ms, struct arena *arena, struct phase_weights *weights)
{
    struct rollout rollout = { .model = model, .period_s = period_ms / MS_PER_S, .worth = -1 };
    uint8_t varied[GROUPS_VARIED_MAX];
    uint32_t varied_count = find_varied(model, varied), count = model->entry_count;

    for (uint32_t g = 0; g < PHASE_GROUPS_MAX; g++)
        phase_weights_set(weights, g, PHASE_WEIGHT_ONE);
    if (varied_count < 2 || count > ROLLOUT_CARS_MAX || rollout.period_s <= 0)
        return ERR_NONE;
    rollout.supplies = arena_alloc(arena, (count + 1) * sizeof *rollout.supplies);
    if (!rollout.supplies || !stages_alloc(&rollout, arena))
        return ERR_FULL;
    look_ahead(&rollout, cars);
    rollout.net = rollout_net_new(model, rollout.supplies, rollout.supply_count, rollout.starts_s,
                                  rollout.step_count, arena);
    if (!rollout.net)
        return ERR_FULL;
    try_parts(&rollout, varied, varied_count);
    refine(&rollout, varied, varied_count);
    for (uint32_t g = 0; g < PHASE_GROUPS_MAX; g++)
        phase_weights_set(weights, g, speeds[rollout.best.speed[0][g]]);
    return ERR_NONE;
}
