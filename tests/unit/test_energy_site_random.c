/* Decisions in random worlds: what holds for all of them. */
#include "test.h"

#include "site_cases.h"

enum { STEPS = 400 };

struct world {
    struct random_tree random;
    struct site_evse evses[RANDOM_LEAVES_MAX];
    struct site_input input;
};

static void random_car(struct rand *rand, struct site_evse *evse, int64_t id)
{
    *evse = car_of(id);
    evse->plugged = rand_below(rand, 8) != 0;
    evse->done = rand_below(rand, 12) == 0;
    evse->controlled = rand_below(rand, 15) != 0;
    evse->may_suspend = rand_below(rand, 6) != 0;
    evse->class = (uint8_t)rand_below(rand, CLASS_COUNT);
    evse->weight = (uint16_t)rand_below(rand, 5);
    evse->pilots = (uint8_t)rand_below(rand, COUNT(pilot_sets));
    evse->min_da = (int32_t)rand_range(rand, 6, 8) * 10;
    evse->max_da = (int32_t)rand_range(rand, 0, 4) * 80;
    evse->arrived_at = NOW - rand_range(rand, 0, 9) * HOUR_MS;
    if (rand_below(rand, 3) != 0) {
        evse->need_wh = rand_range(rand, 0, 60000);
        evse->departs_at = NOW + rand_range(rand, -1, 12) * HOUR_MS;
    }
    if (rand_below(rand, 2))
        evse->plan_da = (int32_t)rand_range(rand, 0, 320);
    if (rand_below(rand, 12) == 0)
        evse->override_da = (int32_t)rand_range(rand, 0, 400);
}

static void random_world(struct rand *rand, struct world *world, unsigned kind)
{
    random_fill(rand, &world->random, kind);
    for (uint32_t i = 0; i < world->random.leaf_count; i++) {
        random_car(rand, &world->evses[i], (int64_t)(i * 7919 % 1009) - 500);
        world->evses[i].leaf = world->random.leaves[i];
    }
    world->input = input_of(world->random.nodes, world->evses, world->random.leaf_count);
    world->input.node_count = world->random.node_count;
    world->input.mode = (uint8_t)rand_below(rand, SITE_MODE_COUNT);
    world->input.surplus_w = rand_range(rand, -1, 40000);
    world->input.rules.ramp_permille_s = (int32_t)rand_below(rand, 40);
}

static struct tree *tree_with(struct arena *arena, const struct world *world,
                              const struct site_decision *decision, bool controlled)
{
    struct tree_leaf leaves[RANDOM_LEAVES_MAX];
    struct tree *tree = NULL;

    for (uint32_t i = 0; i < world->input.evse_count; i++)
        leaves[i] = world->evses[i].leaf;
    assert_int_equal(tree_new(arena, world->random.nodes, world->random.node_count, leaves,
                              world->input.evse_count, &tree),
                     ERR_NONE);
    for (uint32_t i = 0; i < world->input.evse_count; i++)
        if (controlled || !world->evses[i].controlled)
            tree_book(tree, i, decision->verdicts[i].target_da);
    return tree;
}

/* Over a limit is nothing, unless it is so without what is controlled, and then not more so. */
static void assert_within_limits(struct arena *arena, const struct world *world,
                                 const struct site_decision *decision)
{
    struct tree *all = tree_with(arena, world, decision, true);
    struct tree *fixed = tree_with(arena, world, decision, false);

    for (uint32_t node = 0; node < world->random.node_count; node++) {
        const struct tree_node *own = &world->random.nodes[node];
        int64_t all_da[LINE_COUNT], fixed_da[LINE_COUNT], all_w, fixed_w;

        tree_sums(all, node, all_da, &all_w);
        tree_sums(fixed, node, fixed_da, &fixed_w);
        for (int l = 0; l < LINE_COUNT; l++)
            assert_true(own->limit_da[l] == TREE_NO_LIMIT_DA || all_da[l] <= own->limit_da[l] ||
                        all_da[l] == fixed_da[l]);
        assert_true(all_w <= own->limit_w || all_w == fixed_w);
    }
}

static void assert_settable(const struct world *world, const struct site_decision *decision)
{
    for (uint32_t i = 0; i < world->input.evse_count; i++) {
        const struct site_evse *evse = &world->evses[i];
        const struct site_pilots *pilots = &pilot_sets[evse->pilots];
        int32_t da = decision->verdicts[i].target_da;
        bool known = pilots->step_da > 0 && da % pilots->step_da == 0;

        if (!evse->controlled) {
            assert_int_equal(da, evse->max_da);
            continue;
        }
        for (uint8_t p = 0; p < pilots->count; p++)
            known |= pilots->list_da[p] == da;
        assert_true(da == 0 || (known && da >= evse->min_da && da <= evse->max_da));
        assert_true(evse->plugged || da == 0);
        assert_true(decision->verdicts[i].why < WHY_COUNT);
    }
}

static void shuffle(struct rand *rand, struct site_evse *evses, uint32_t count, uint32_t *from)
{
    for (uint32_t i = 0; i < count; i++)
        from[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = (uint32_t)rand_below(rand, i);
        struct site_evse evse = evses[i - 1];
        uint32_t was = from[i - 1];
        evses[i - 1] = evses[j];
        evses[j] = evse;
        from[i - 1] = from[j];
        from[j] = was;
    }
}

/* The same again, and the same in another order. */
static void assert_same_again(struct rand *rand, struct arena *arena, const struct world *world,
                              const struct site_decision *decision)
{
    static struct world other;
    uint32_t from[RANDOM_LEAVES_MAX];
    struct site_decision again;

    other = *world;
    other.input.evses = other.evses;
    other.input.nodes = other.random.nodes;
    shuffle(rand, other.evses, other.input.evse_count, from);
    assert_int_equal(site_decide(&other.input, arena, &again), ERR_NONE);
    assert_true(again.again_at == decision->again_at);
    for (uint32_t i = 0; i < other.input.evse_count; i++)
        assert_memory_equal(&again.verdicts[i], &decision->verdicts[from[i]],
                            sizeof *again.verdicts);
}

static void no_decision_passes_a_limit(void **state)
{
    struct rand rand = { 7 };
    static struct world world;
    (void)state;
    for (unsigned round = 0; round < rounds(4000); round++) {
        struct site_decision decision;
        struct arena arena;

        random_world(&rand, &world, round % 32);
        arena_init(&arena, NULL, 0);
        for (int step = 0; step < 3; step++) {
            assert_int_equal(site_decide(&world.input, &arena, &decision), ERR_NONE);
            assert_within_limits(&arena, &world, &decision);
            assert_settable(&world, &decision);
            if (step == 1)
                assert_same_again(&rand, &arena, &world, &decision);
            for (uint32_t i = 0; i < world.input.evse_count; i++) {
                struct site_memory memory = decision.verdicts[i].memory;
                if (rand_below(&rand, 10) == 0)
                    random_car(&rand, &world.evses[i], world.evses[i].id);
                world.evses[i].leaf = world.random.leaves[i];
                world.evses[i].memory = memory;
            }
            random_limits(&rand, &world.random.nodes[rand_below(&rand, world.random.node_count)],
                          round % 32);
            world.input.now += rand_range(&rand, 1, 20) * MINUTE_MS / 2;
        }
        arena_reset(&arena);
    }
}

/* Who may be switched off for another reason than a policy: said by a person, done, gone. */
static bool is_calm_case(const struct site_evse *evse)
{
    return evse->controlled && evse->plugged && !evse->done && evse->override_da < 0;
}

static void assert_calm(const struct world *world, const struct site_evse *evse,
                        const struct site_verdict *verdict)
{
    const struct site_memory *was = &evse->memory;
    const struct site_rules *rules = &world->input.rules;
    utc_ms now = world->input.now;
    int32_t rise_da = verdict->target_da - was->target_da;

    if (!is_calm_case(evse))
        return;
    if ((verdict->target_da == 0) != (was->target_da == 0) && was->switched_at != 0)
        assert_true(now - was->switched_at >= rules->switch_ms);
    if (was->target_da > 0 && rise_da > 0) {
        assert_true(rise_da >= rules->step_min_da && rise_da * 20 >= was->target_da - 19);
        assert_true(now - was->changed_at >= rules->hold_ms);
    }
}

/* Cars, plans, sun and time go on; limits stay: nothing flaps. */
static void memory_keeps_it_calm(void **state)
{
    struct rand rand = { 8 };
    static struct world world;
    (void)state;
    for (unsigned round = 0; round < rounds(60); round++) {
        random_world(&rand, &world, round % 32);
        for (int step = 0; step < STEPS; step++) {
            struct site_decision decision;
            struct arena arena;
            uint32_t changes = (uint32_t)rand_below(&rand, world.input.evse_count);

            arena_init(&arena, NULL, 0);
            assert_int_equal(site_decide(&world.input, &arena, &decision), ERR_NONE);
            for (uint32_t i = 0; i < world.input.evse_count; i++) {
                assert_calm(&world, &world.evses[i], &decision.verdicts[i]);
                world.evses[i].memory = decision.verdicts[i].memory;
                if (world.evses[i].plan_da >= 0)
                    world.evses[i].plan_da = (int32_t)rand_range(&rand, 0, 320);
            }
            world.evses[changes].need_wh = rand_range(&rand, 0, 60000);
            world.input.surplus_w = rand_range(&rand, -1, 40000);
            assert_true(decision.again_at > world.input.now);
            world.input.now += rand_range(&rand, 1, 90) * 1000;
            arena_reset(&arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_decision_passes_a_limit),
        cmocka_unit_test(memory_keeps_it_calm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
