#include "instances.h"

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int32_t between(uint64_t *rand, int32_t low, int32_t high)
{
    return low + (int32_t)(next(rand) % (uint64_t)(high - low + 1));
}

static bool one_in(uint64_t *rand, uint32_t n)
{
    return next(rand) % n == 0;
}

static void make_costs(uint64_t *rand, struct instance *instance)
{
    struct plan_input *input = &instance->input;
    int32_t levels[6], count = between(rand, 1, 6);
    bool each_its_own = one_in(rand, 3), negative = one_in(rand, 4);

    for (int i = 0; i < 6; i++)
        levels[i] = between(rand, negative ? -50000 : 20000, 400000);
    for (uint32_t t = 0; t < input->slot_count; t++) {
        instance->cost[t] = each_its_own ? between(rand, negative ? -50000 : 20000, 400000)
                                         : levels[between(rand, 0, count - 1)];
        instance->surplus_cost[t] = between(rand, 0, 80000);
    }
    input->cost = instance->cost;
    input->surplus_cost = one_in(rand, 2) ? instance->surplus_cost : NULL;
    /* Half of them name a value that some slots are too dear for. */
    input->value = one_in(rand, 2) ? between(rand, 300000, 500000) : 0;
}

static struct tree_leaf make_leaf(uint64_t *rand, const struct instance_size *size, uint32_t nodes)
{
    struct tree_leaf leaf = { .node = (uint32_t)between(rand, 0, (int32_t)nodes - 1),
                              .wires = WIRES_THREE_PHASE,
                              .wires_live = 3,
                              .volts = 230 };

    if (size->kind != INSTANCE_MIXED || one_in(rand, 2))
        return leaf;
    leaf.wires_live = 1;
    /* One in five: its phase is not known yet. */
    if (!one_in(rand, 5))
        leaf.wires = WIRE_BIT(between(rand, 0, 2));
    return leaf;
}

static void make_cars(uint64_t *rand, const struct instance_size *size, struct instance *instance)
{
    struct plan_input *input = &instance->input;
    int32_t horizon_s = (int32_t)(input->slot_count * input->slot_s);

    for (uint32_t i = 0; i < input->car_count; i++) {
        struct plan_car *car = &instance->cars[i];
        car->id = (int64_t)(1000 + i);
        car->leaf = make_leaf(rand, size, input->node_count);
        car->from_s = between(rand, -horizon_s / 4, horizon_s * 3 / 4);
        car->until_s = car->from_s + between(rand, 0, horizon_s / 2);
        car->max_w = between(rand, 2000, size->kind == INSTANCE_POWER ? 50000 : 11000);
        car->need_wh = between(rand, 0, 40000);
        car->may_suspend = true;
        car->min_w = 1400;
        if (one_in(rand, 3)) { /* takes less while it gets full */
            car->half_s = between(rand, 300, 5000);
            car->end_w = between(rand, 50, 2000);
        }
    }
    input->cars = instance->cars;
}

/* About what the cars below could use, times 0.2 to 1.2. */
static void make_node(uint64_t *rand, const struct instance_size *size, uint32_t n,
                      struct instance *instance)
{
    struct plan_node *node = &instance->nodes[n];
    int32_t cars = (int32_t)instance->input.car_count, share = n == 0 ? cars : cars / 3 + 1;

    node->node.parent = n == 0 ? -1 : between(rand, 0, (int32_t)n - 1);
    node->node.limit_w = TREE_NO_LIMIT_W;
    for (int line = 0; line < LINE_COUNT; line++)
        node->node.limit_da[line] = TREE_NO_LIMIT_DA;
    if (size->kind == INSTANCE_POWER || one_in(rand, 4))
        node->node.limit_w = between(rand, 2000, 8000) * (int64_t)share;
    if (size->kind != INSTANCE_POWER)
        for (int line = 0; line < LINE_COUNT; line++)
            node->node.limit_da[line] = between(rand, 30, 100) * share;
    node->node.base_w = n == 0 ? between(rand, -5000, 3000) : 0;
}

/* Limits and loads of the root that change with time: sun at noon. */
static void make_profile(uint64_t *rand, struct instance *instance)
{
    struct plan_node *root = &instance->nodes[0];
    uint32_t slots = instance->input.slot_count;

    for (uint32_t t = 0; t < slots; t++) {
        struct plan_limit *limit = &instance->limits[t];
        bool cut = one_in(rand, 8), sun = t > slots / 3 && t < slots / 2;
        *limit = (struct plan_limit){ .limit_w = root->node.limit_w,
                                      .base_w =
                                          sun ? -between(rand, 0, 60000) : between(rand, 0, 3000) };
        for (int line = 0; line < LINE_COUNT; line++)
            limit->limit_da[line] = root->node.limit_da[line];
        if (cut && limit->limit_w != TREE_NO_LIMIT_W)
            limit->limit_w /= 3;
    }
    root->slots = instance->limits;
}

void instance_make(uint64_t seed, const struct instance_size *size, struct arena *arena,
                   struct instance *instance)
{
    uint64_t rand = seed * 7919 + (uint64_t)size->kind;
    struct plan_input *input = &instance->input;

    *instance = (struct instance){ 0 };
    input->slot_count = (uint32_t)between(&rand, 2, (int32_t)size->slots_max);
    input->slot_s = 900;
    input->passed_s = one_in(&rand, 2) ? (uint32_t)between(&rand, 0, 899) : 0;
    input->car_count = (uint32_t)between(&rand, 1, (int32_t)size->cars_max);
    input->node_count = (uint32_t)between(&rand, 1, 8);
    instance->nodes = ARENA_NEW_ARRAY(arena, struct plan_node, input->node_count);
    instance->cars = ARENA_NEW_ARRAY(arena, struct plan_car, input->car_count);
    instance->limits = ARENA_NEW_ARRAY(arena, struct plan_limit, input->slot_count);
    instance->cost = ARENA_NEW_ARRAY(arena, int32_t, input->slot_count);
    instance->surplus_cost = ARENA_NEW_ARRAY(arena, int32_t, input->slot_count);
    check(instance->nodes && instance->cars && instance->limits && instance->cost &&
          instance->surplus_cost);
    make_costs(&rand, instance);
    for (uint32_t n = 0; n < input->node_count; n++)
        make_node(&rand, size, n, instance);
    if (one_in(&rand, 2))
        make_profile(&rand, instance);
    input->nodes = instance->nodes;
    make_cars(&rand, size, instance);
    if (size->demand)
        input->demand = (struct plan_demand){ .cost = between(&rand, 100000, 20000000),
                                              .peak_w = between(&rand, 0, 20000),
                                              .days_left = between(&rand, 0, 30) };
}
