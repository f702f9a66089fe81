#include "test.h"

#include "energy/rollout_net.h"
#include "energy_random.h"

enum {
    TREES = 4000,
    KINDS = 32,
    STEP_S = 300,
    PLACES = RANDOM_NODES_MAX * PHASE_GROUPS_MAX,
    ROUNDED_W = 2000, /* 0.1 A of many supplies, each at each node */
    OFF_PART = 500,   /* where rows hardly matter to a group, roundings decide who is held */
};

/* One random tree with cars, what they want by node and group, and speeds. */
struct yard {
    struct arena arena;
    struct random_tree made;
    struct tree *tree;
    struct phase_car cars[RANDOM_LEAVES_MAX];
    struct phase_model model;
    struct phase_weights weights;
    struct rollout_supply supplies[RANDOM_LEAVES_MAX];
    uint32_t supply_count;
};

static void add_supply(struct yard *yard, const struct phase_entry *entry)
{
    struct rollout_supply *supply = yard->supplies;

    while (supply < &yard->supplies[yard->supply_count] &&
           (supply->node != entry->node || supply->group != entry->group))
        supply++;
    if (supply == &yard->supplies[yard->supply_count]) {
        *supply = (struct rollout_supply){ .node = entry->node, .group = entry->group };
        yard->supply_count++;
    }
    supply->step_das[0] += (int64_t)entry->more_da * STEP_S;
    supply->rest_das[0] += (int64_t)entry->more_da * STEP_S;
}

static void yard_open(struct yard *yard, struct rand *rand, unsigned kind)
{
    *yard = (struct yard){ 0 };
    arena_init(&yard->arena, NULL, 0);
    random_fill(rand, &yard->made, kind);
    assert_int_equal(tree_new(&yard->arena, yard->made.nodes, yard->made.node_count,
                              yard->made.leaves, yard->made.leaf_count, &yard->tree),
                     ERR_NONE);
    for (uint32_t i = 0; i < yard->made.leaf_count; i++)
        yard->cars[i] =
            (struct phase_car){ .leaf = i, .most_da = (int32_t)rand_range(rand, 0, 640) };
    assert_int_equal(
        phase_model_new(yard->tree, yard->cars, yard->made.leaf_count, &yard->arena, &yard->model),
        ERR_NONE);
    for (uint32_t i = 0; i < yard->model.entry_count; i++)
        if (yard->model.entries[i].node != PHASE_NO_NODE)
            add_supply(yard, &yard->model.entries[i]);
    for (uint32_t g = 0; g < PHASE_GROUPS_MAX; g++)
        phase_weights_set(&yard->weights, g,
                          rand_below(rand, 2) ? PHASE_WEIGHT_ONE
                                              : (int32_t)rand_range(rand, 20, PHASE_WEIGHT_ONE));
}

/* What phase_level lets through, node by node, shared out below: by node and group. */
static void by_levels(const struct yard *yard, int32_t *got_da)
{
    int32_t want_da[RANDOM_NODES_MAX * PHASE_GROUPS_MAX] = { 0 };
    const struct phase_model *model = &yard->model;

    for (uint32_t i = 0; i < yard->supply_count; i++)
        want_da[yard->supplies[i].node * PHASE_GROUPS_MAX + yard->supplies[i].group] +=
            (int32_t)(yard->supplies[i].step_das[0] / STEP_S);
    for (uint32_t i = model->node_count; i-- > 0;) {
        const struct phase_node *node = &model->nodes[i];
        int32_t *got = &got_da[i * PHASE_GROUPS_MAX];
        phase_level(&(struct phase_filling){ .node = node,
                                             .weights = &yard->weights,
                                             .want_da = &want_da[i * PHASE_GROUPS_MAX],
                                             .group_count = model->group_count },
                    got);
        for (uint32_t g = 0; node->parent != PHASE_NO_NODE && g < model->group_count; g++)
            want_da[node->parent * PHASE_GROUPS_MAX + (int32_t)g] += got[g];
    }
}

static int64_t roots_w(const struct yard *yard, const int32_t *got_da)
{
    int64_t sum_w = 0;

    for (uint32_t i = 0; i < yard->model.node_count; i++)
        for (uint32_t g = 0;
             yard->model.nodes[i].parent == PHASE_NO_NODE && g < yard->model.group_count; g++)
            sum_w += (int64_t)got_da[i * PHASE_GROUPS_MAX + g] * yard->model.group_w[g] / 10;
    return sum_w;
}

static void as_much_gets_through_as_by_levels_of_each_node(void **state)
{
    static const int64_t starts_s[] = { 0, STEP_S };
    const struct rollout_steps steps = { starts_s, 1 };
    struct rand rand = { 1 };
    uint32_t bound = 0, off = 0;
    (void)state;
    for (unsigned i = 0; i < TREES; i++) {
        struct yard yard;
        int32_t got_da[RANDOM_NODES_MAX * PHASE_GROUPS_MAX];
        int64_t all_w, net_w, want_w = 0;
        struct rollout_net *net;
        yard_open(&yard, &rand, i % KINDS);
        by_levels(&yard, got_da);
        all_w = roots_w(&yard, got_da);
        for (uint32_t s = 0; s < yard.supply_count; s++)
            want_w += yard.supplies[s].step_das[0] / STEP_S *
                      yard.model.group_w[yard.supplies[s].group] / 10;
        net = rollout_net_new(&yard.model, yard.supplies, yard.supply_count, &steps, &yard.arena);
        assert_non_null(net);
        rollout_net_weigh(net, &yard.weights);
        net_w = rollout_net_step(net, 0) / STEP_S;
        bound += all_w < want_w;
        if (net_w < all_w - all_w / 50 - ROUNDED_W || net_w > all_w + all_w / 50 + ROUNDED_W)
            off++;
        arena_reset(&yard.arena);
    }
    assert_true(bound > TREES / 2);
    print_message("# %u of %u off\n", off, bound);
    assert_true(off * OFF_PART <= bound);
}

/* By place: what supplies get, or what they want. */
static void comes_in(const struct yard *yard, bool got, int32_t *in_da)
{
    for (uint32_t s = 0; s < yard->supply_count; s++) {
        const struct rollout_supply *supply = &yard->supplies[s];
        int64_t got_da = (supply->rest_das[0] - supply->left_das) / STEP_S;
        if (supply->place != PHASE_NO_NODE)
            in_da[supply->place] += got ? (int32_t)got_da : supply->most_da[0];
    }
}

static int64_t weighed(const struct rollout_net *net, const struct rollout_passed *passed,
                       const int32_t *in_da)
{
    int64_t sum = 0;

    for (uint32_t p = 0; p < rollout_net_places(net); p++)
        sum += (int64_t)passed->part_of[p] * in_da[p];
    return sum / (1 << (ROLLOUT_PART_BITS - ROLLOUT_MOST_BITS));
}

/* A line that touches a limit leaves out what passes it, and nothing that does not. */
static void what_is_let_through_is_on_the_near_side_of_each_limit_passed(void **state)
{
    static const int64_t starts_s[] = { 0, STEP_S };
    const struct rollout_steps steps = { starts_s, 1 };
    struct rand rand = { 2 };
    uint32_t lines = 0, off = 0;
    (void)state;
    for (unsigned i = 0; i < TREES; i++) {
        struct yard yard;
        int32_t want_da[PLACES] = { 0 }, got_da[PLACES] = { 0 }, part_of[PLACES];
        struct rollout_passed passed = { .part_of = part_of };
        struct rollout_net *net;
        yard_open(&yard, &rand, i % KINDS);
        net = rollout_net_new(&yard.model, yard.supplies, yard.supply_count, &steps, &yard.arena);
        assert_non_null(net);
        assert_true(rollout_net_places(net) <= PLACES);
        rollout_net_weigh(net, &yard.weights);
        (void)rollout_net_step(net, 0);
        comes_in(&yard, false, want_da);
        comes_in(&yard, true, got_da);
        rollout_net_flow(net, want_da);
        while (rollout_net_passed(net, 0, 10, &passed)) {
            int64_t close = passed.most / 200 + (1 << ROLLOUT_MOST_BITS);
            lines++;
            assert_true(weighed(net, &passed, want_da) >= passed.most);
            off += weighed(net, &passed, got_da) > passed.most + close;
        }
        arena_reset(&yard.arena);
    }
    print_message("# %u of %u off\n", off, lines);
    assert_true(lines > TREES && off * OFF_PART <= lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_let_through_is_on_the_near_side_of_each_limit_passed),
        cmocka_unit_test(as_much_gets_through_as_by_levels_of_each_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
