#include "test.h"

#include "energy/fill.h"
#include "energy_random.h"

struct world {
    struct arena arena;
    struct random_tree random;
    struct tree *tree;
    struct fill_want wants[RANDOM_LEAVES_MAX];
    uint32_t want_count;
    int32_t low_da[RANDOM_LEAVES_MAX];
};

/* ------------------------------------------------------------------------------- by hand */

static void shares_are_fair(void **state)
{
    static const struct {
        const char *name;
        int32_t limit_da;
        struct {
            uint32_t weight;
            int32_t low_da, most_da, share_da;
        } cars[3];
    } cases[] = {
        { "nothing", 0, { { 1, 0, 320, 0 }, { 1, 0, 320, 0 }, { 1, 0, 320, 0 } } },
        { "enough", 960, { { 1, 0, 320, 320 }, { 1, 0, 320, 320 }, { 1, 0, 320, 320 } } },
        { "even", 300, { { 1, 0, 320, 100 }, { 1, 0, 320, 100 }, { 1, 0, 320, 100 } } },
        { "a rest of two", 302, { { 1, 0, 320, 101 }, { 1, 0, 320, 101 }, { 1, 0, 320, 100 } } },
        { "one wants less", 300, { { 1, 0, 50, 50 }, { 1, 0, 320, 125 }, { 1, 0, 320, 125 } } },
        { "weights", 400, { { 1, 0, 320, 100 }, { 2, 0, 320, 200 }, { 1, 0, 320, 100 } } },
        { "weights and a most",
          400,
          { { 1, 0, 320, 125 }, { 2, 0, 150, 150 }, { 1, 0, 320, 125 } } },
        { "no weight is one", 300, { { 0, 0, 320, 100 }, { 1, 0, 320, 100 }, { 1, 0, 320, 100 } } },
        { "a weight beyond all",
          1001,
          { { 1, 0, 320, 320 }, { 60000, 0, 681, 681 }, { 1, 0, 0, 0 } } },
        { "a minimum counts",
          300,
          { { 1, 60, 320, 100 }, { 1, 80, 320, 100 }, { 1, 0, 320, 100 } } },
        { "a minimum is kept",
          300,
          { { 1, 200, 320, 200 }, { 1, 0, 320, 50 }, { 1, 0, 320, 50 } } },
        { "minima beyond all", 100, { { 1, 60, 320, 60 }, { 1, 60, 320, 60 }, { 1, 0, 320, 0 } } },
        { "a most below", 300, { { 1, 100, 60, 100 }, { 1, 0, 320, 100 }, { 1, 0, 320, 100 } } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree_node node = random_free;
        struct tree_leaf leaves[3];
        struct fill_want wants[3];
        struct tree *tree = NULL;
        struct arena arena;

        print_message("# %s\n", cases[i].name);
        arena_init(&arena, NULL, 0);
        node.limit_da[1] = cases[i].limit_da;
        for (uint32_t car = 0; car < 3; car++) {
            leaves[car] = (struct tree_leaf){ 0, WIRE_BIT(WIRE_L2), 1, 230 };
            wants[car] =
                (struct fill_want){ car, cases[i].cars[car].weight, cases[i].cars[car].most_da };
        }
        assert_int_equal(tree_new(&arena, &node, 1, leaves, 3, &tree), ERR_NONE);
        for (uint32_t car = 0; car < 3; car++)
            tree_book(tree, car, cases[i].cars[car].low_da);
        assert_int_equal(fill_run(tree, wants, 3, &arena), ERR_NONE);
        for (uint32_t car = 0; car < 3; car++)
            assert_int_equal(tree_booked(tree, car), cases[i].cars[car].share_da);
        arena_reset(&arena);
    }
}

static void a_three_phase_car_ends_where_one_phase_does(void **state)
{
    /* L1 full with 200 and 100 of base, so the three-phase car and the car on L1 get 50 each; the
     * car on L2 gets what is left there. */
    struct tree_node node = random_free;
    struct tree_leaf leaves[] = { { 0, WIRES_THREE_PHASE, 3, 230 },
                                  { 0, WIRE_BIT(WIRE_L1), 1, 230 },
                                  { 0, WIRE_BIT(WIRE_L2), 1, 230 } };
    struct fill_want wants[] = { { 2, 1, 320 }, { 0, 1, 320 }, { 1, 1, 320 } };
    struct tree *tree = NULL;
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (int l = 0; l < LINE_COUNT; l++)
        node.limit_da[l] = 200;
    node.base_da[0] = 100;
    assert_int_equal(tree_new(&arena, &node, 1, leaves, 3, &tree), ERR_NONE);
    assert_int_equal(fill_run(tree, wants, 3, &arena), ERR_NONE);
    assert_int_equal(tree_booked(tree, 0), 50);
    assert_int_equal(tree_booked(tree, 1), 50);
    assert_int_equal(tree_booked(tree, 2), 150);
    assert_int_equal(fill_run(tree, NULL, 0, &arena), ERR_NONE);
    arena_reset(&arena);
}

static void memory_that_is_out_books_nothing(void **state)
{
    struct tree_node node = random_free;
    struct tree_leaf leaf = { 0, WIRE_BIT(WIRE_L1), 1, 230 };
    struct fill_want want = { 0, 1, 320 };
    enum err err = ERR_FULL;
    (void)state;
    node.limit_da[0] = 160;
    for (uint64_t n = 1; err != ERR_NONE; n++) {
        struct tree *tree = NULL;
        struct arena arena;
        arena_init(&arena, NULL, 0);
        assert_int_equal(tree_new(&arena, &node, 1, &leaf, 1, &tree), ERR_NONE);
        arena_fail_at(n);
        err = fill_run(tree, &want, 1, &arena);
        arena_fail_at(0);
        assert_int_equal(tree_booked(tree, 0), err == ERR_NONE ? 160 : 0);
        assert_true(n < 100);
        arena_reset(&arena);
    }
}

/* ------------------------------------------------------------------------------- against a naive
 * one */

static int64_t scale_of(const struct world *world)
{
    int64_t most = 1;

    for (uint32_t i = 0; i < world->want_count; i++)
        if (world->wants[i].weight > most && world->wants[i].most_da > world->low_da[i])
            most = world->wants[i].weight;
    return most;
}

/* What fill.h says, word by word: level by level, leaf by leaf in the order of the tree. */
static void naive_fill(struct world *world, const uint32_t *order)
{
    int64_t scale = scale_of(world);
    bool stays[RANDOM_LEAVES_MAX] = { false };

    for (int64_t level = 1; level <= 330 * scale; level++) {
        for (uint32_t place = 0; place < world->random.leaf_count; place++) {
            uint32_t leaf = order[place];
            int32_t da = tree_booked(world->tree, leaf);
            const struct fill_want *want = NULL;

            for (uint32_t i = 0; i < world->want_count; i++)
                if (world->wants[i].leaf == leaf)
                    want = &world->wants[i];
            if (!want || stays[leaf] || da >= want->most_da || level * want->weight / scale <= da)
                continue;
            if (tree_room(world->tree, leaf, da + 1) > da)
                tree_book(world->tree, leaf, da + 1);
            else
                stays[leaf] = true;
        }
    }
}

static void visit(const struct random_tree *random, uint32_t node, uint32_t *order, uint32_t *count)
{
    for (uint32_t i = 0; i < random->leaf_count; i++)
        if (random->leaves[i].node == node)
            order[(*count)++] = i;
    for (uint32_t child = node + 1; child < random->node_count; child++)
        if (random->nodes[child].parent == (int32_t)node)
            visit(random, child, order, count);
}

static void make_world(struct world *world, struct rand *rand, unsigned kind, uint32_t weight_max)
{
    world->want_count = 0;
    random_fill(rand, &world->random, kind);
    arena_init(&world->arena, NULL, 0);
    assert_int_equal(tree_new(&world->arena, world->random.nodes, world->random.node_count,
                              world->random.leaves, world->random.leaf_count, &world->tree),
                     ERR_NONE);
    for (uint32_t leaf = world->random.leaf_count; leaf-- > 0;) {
        int32_t booked = (int32_t)rand_range(rand, -3, 1) * 60;

        tree_book(world->tree, leaf, booked < 0 ? 0 : booked);
        if (rand_below(rand, 8) == 0)
            tree_book(world->tree, leaf, (int32_t)rand_below(rand, 200));
        if (rand_below(rand, 6) == 0)
            continue;
        world->low_da[world->want_count] = tree_booked(world->tree, leaf);
        world->wants[world->want_count++] = (struct fill_want){
            .leaf = leaf,
            .weight = (uint32_t)rand_range(rand, 1, weight_max),
            .most_da = (int32_t)rand_range(rand, 0, 5) ? 160 * (int32_t)rand_range(rand, 1, 2)
                                                       : (int32_t)rand_range(rand, 0, 320),
        };
    }
}

static void filling_is_that_of_the_definition(void **state)
{
    struct rand rand = { 5 };
    static struct world world;
    (void)state;
    for (unsigned round = 0; round < rounds(640); round++) {
        uint32_t order[RANDOM_LEAVES_MAX], count = 0;
        int32_t start[RANDOM_LEAVES_MAX], share[RANDOM_LEAVES_MAX];

        make_world(&world, &rand, round % 32, round % 3 == 0 ? 7 : 1);
        visit(&world.random, 0, order, &count);
        assert_int_equal(count, world.random.leaf_count);
        for (uint32_t i = 0; i < count; i++)
            start[i] = tree_booked(world.tree, i);
        assert_int_equal(fill_run(world.tree, world.wants, world.want_count, &world.arena),
                         ERR_NONE);
        for (uint32_t i = 0; i < count; i++) {
            share[i] = tree_booked(world.tree, i);
            tree_book(world.tree, i, start[i]);
        }
        naive_fill(&world, order);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(share[i], tree_booked(world.tree, i));
        arena_reset(&world.arena);
    }
}

/* Could `leaf` have 0.1 A more if one that has a higher level than it would have then had less? */
static bool is_hindered_fairly(struct world *world, const struct fill_want *want, int32_t da)
{
    int64_t scale = scale_of(world);
    int64_t level = ((da + 1) * scale + want->weight - 1) / want->weight;
    bool fair = true;

    for (uint32_t i = 0; i < world->want_count && fair; i++) {
        const struct fill_want *other = &world->wants[i];
        int32_t other_da = tree_booked(world->tree, other->leaf);
        int64_t other_level = (other_da * scale + other->weight - 1) / other->weight;

        if (other == want || other_level <= level || other_da <= world->low_da[i])
            continue;
        tree_book(world->tree, other->leaf, other_da - 1);
        fair = tree_room(world->tree, want->leaf, da + 1) <= da;
        tree_book(world->tree, other->leaf, other_da);
    }
    return fair;
}

static void nobody_could_have_more_fairly(void **state)
{
    struct rand rand = { 6 };
    static struct world world;
    (void)state;
    for (unsigned round = 0; round < rounds(1600); round++) {
        make_world(&world, &rand, round % 32, round % 3 == 0 ? 30 : 1);
        assert_int_equal(fill_run(world.tree, world.wants, world.want_count, &world.arena),
                         ERR_NONE);
        for (uint32_t i = 0; i < world.want_count; i++) {
            const struct fill_want *want = &world.wants[i];
            int32_t da = tree_booked(world.tree, want->leaf);

            assert_true(da >= world.low_da[i]);
            assert_true(da <= want->most_da || da == world.low_da[i]);
            if (da >= want->most_da)
                continue;
            assert_true(tree_room(world.tree, want->leaf, da + 1) <= da);
            assert_true(is_hindered_fairly(&world, want, da));
        }
        arena_reset(&world.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_fair),
        cmocka_unit_test(a_three_phase_car_ends_where_one_phase_does),
        cmocka_unit_test(memory_that_is_out_books_nothing),
        cmocka_unit_test(filling_is_that_of_the_definition),
        cmocka_unit_test(nobody_could_have_more_fairly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
