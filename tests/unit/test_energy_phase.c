#include "test.h"

#include "energy/phase.h"
#include "energy_random.h"

enum { PERIOD_MS = 300000, HOUR_MS = 3600000, KINDS = 32 };

/* Three groups behind a transformer of 20 kW (480/120 V), as many cars in each as is said. */
struct yard {
    struct arena arena;
    struct tree *tree;
    struct phase_car cars[60];
    uint32_t count;
};

static void yard_open(struct yard *yard, const int cars[LINE_COUNT])
{
    struct tree_node nodes[2] = { random_free, random_free };
    struct tree_leaf leaves[60];

    *yard = (struct yard){ 0 };
    arena_init(&yard->arena, NULL, 0);
    nodes[1].parent = 0;
    nodes[1].ratio_permille = 4000;
    for (int l = 0; l < LINE_COUNT; l++) {
        nodes[0].limit_da[l] = 240;
        nodes[1].limit_da[l] = 555;
        for (int i = 0; i < cars[l]; i++) {
            leaves[yard->count] =
                (struct tree_leaf){ 1, (wire_set)(WIRE_BIT(WIRE_L12) << l), 1, 208 };
            yard->cars[yard->count] = (struct phase_car){
                .leaf = yard->count,
                .most_da = 320,
                .laxity_ms = (int64_t)i * HOUR_MS,
                .need_wh = 10000,
                .left_ms = (int64_t)(2 + i) * HOUR_MS,
            };
            yard->count++;
        }
    }
    assert_int_equal(tree_new(&yard->arena, nodes, 2, leaves, yard->count, &yard->tree), ERR_NONE);
}

static void sums_by_group(const struct yard *yard, int64_t sums[LINE_COUNT])
{
    memset(sums, 0, LINE_COUNT * sizeof *sums);
    for (uint32_t i = 0; i < yard->count; i++)
        for (int l = 0; l < LINE_COUNT; l++)
            if (tree_leaf(yard->tree, i)->wires & WIRE_BIT(WIRE_L12) << l)
                sums[l] += tree_booked(yard->tree, i);
}

static void nothing_is_shared_among_nobody(void **state)
{
    struct yard yard;
    (void)state;
    yard_open(&yard, (const int[]){ 2, 0, 0 });
    assert_int_equal(phase_fill(yard.tree, NULL, 0, PERIOD_MS, &yard.arena), ERR_NONE);
    assert_int_equal(tree_booked(yard.tree, 0), 0);
    arena_reset(&yard.arena);
}

static void memory_that_is_out_books_nothing(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) { /* until there were no n allocations */
        struct yard yard;
        enum err err;
        yard_open(&yard, (const int[]){ 9, 3, 3 });
        (void)arena_fail_at(n);
        err = phase_fill(yard.tree, yard.cars, yard.count, PERIOD_MS, &yard.arena);
        if (arena_fail_at(0) > 0) {
            assert_int_equal(err, ERR_NONE);
            arena_reset(&yard.arena);
            return;
        }
        assert_int_equal(err, ERR_FULL);
        for (uint32_t i = 0; i < yard.count; i++)
            assert_int_equal(tree_booked(yard.tree, i), 0);
        arena_reset(&yard.arena);
    }
}

static void a_most_at_or_below_what_is_booked_changes_nothing(void **state)
{
    struct yard yard;
    (void)state;
    yard_open(&yard, (const int[]){ 2, 0, 0 });
    tree_book(yard.tree, 0, 100);
    tree_book(yard.tree, 1, 100);
    yard.cars[0].most_da = 100;
    yard.cars[1].most_da = 0;
    assert_int_equal(phase_fill(yard.tree, yard.cars, 2, PERIOD_MS, &yard.arena), ERR_NONE);
    assert_int_equal(tree_booked(yard.tree, 0), 100);
    assert_int_equal(tree_booked(yard.tree, 1), 100);
    arena_reset(&yard.arena);
}

/* A limit of 55.5 A a line on the secondary, 24 A on the primary. */
static void groups_rise_together_until_a_limit(void **state)
{
    static const struct {
        const char *name;
        int cars[LINE_COUNT];
        int64_t least[LINE_COUNT]; /* 0.1 A */
    } cases[] = {
        { "one car", { 1, 0, 0 }, { 320, 0, 0 } },
        { "one group alone reaches half", { 9, 0, 0 }, { 478, 0, 0 } },
        { "even groups reach most", { 9, 9, 9 }, { 318, 318, 318 } },
        { "a group of one car is full below the others", { 9, 1, 9 }, { 318, 318, 318 } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct yard yard;
        int64_t sums[LINE_COUNT];
        print_message("# %s\n", cases[i].name);
        yard_open(&yard, cases[i].cars);
        assert_int_equal(phase_fill(yard.tree, yard.cars, yard.count, 0, &yard.arena), ERR_NONE);
        sums_by_group(&yard, sums);
        for (int l = 0; l < LINE_COUNT; l++)
            assert_in_range(sums[l], cases[i].least[l], cases[i].least[l] + 3);
        arena_reset(&yard.arena);
    }
}

/* No other division of the groups carries more in all (search by whole amperes). */
static void no_division_of_groups_carries_more(void **state)
{
    static const int cars[][LINE_COUNT] = { { 9, 2, 1 }, { 2, 9, 9 }, { 1, 1, 9 }, { 5, 5, 0 } };
    (void)state;
    for (size_t i = 0; i < COUNT(cars); i++) {
        struct yard yard;
        int64_t sums[LINE_COUNT], got, best = 0;
        yard_open(&yard, cars[i]);
        assert_int_equal(phase_fill(yard.tree, yard.cars, yard.count, 0, &yard.arena), ERR_NONE);
        sums_by_group(&yard, sums);
        got = sums[0] + sums[1] + sums[2];
        for (int64_t x = 0; x <= 560 && x <= cars[i][0] * 320; x += 10)
            for (int64_t y = 0; y <= 560 && y <= cars[i][1] * 320; y += 10)
                for (int64_t z = 0; z <= 560 && z <= cars[i][2] * 320; z += 10) {
                    const int64_t c[] = { x, y, z };
                    bool fits = true;
                    for (int l = 0; l < LINE_COUNT && fits; l++) {
                        int64_t p = c[l], q = c[(l + 1) % 3], r = c[(l + 2) % 3];
                        fits =
                            p * p + q * q + p * q <= 555L * 555 &&
                            p * p + q * q + 4 * r * r - p * q + 2 * p * r + 2 * q * r <= 960L * 960;
                    }
                    if (fits && x + y + z > best)
                        best = x + y + z;
                }
        assert_true(got + 5 >= best);
        arena_reset(&yard.arena);
    }
}

static void least_laxity_comes_first_in_a_group(void **state)
{
    struct yard yard;
    (void)state;
    yard_open(&yard, (const int[]){ 9, 0, 0 });
    assert_int_equal(phase_fill(yard.tree, yard.cars, yard.count, PERIOD_MS, &yard.arena),
                     ERR_NONE);
    assert_int_equal(tree_booked(yard.tree, 0), 320);
    assert_in_range(tree_booked(yard.tree, 1), 155, 162);
    for (uint32_t i = 2; i < 9; i++)
        assert_int_equal(tree_booked(yard.tree, i), 0);
    arena_reset(&yard.arena);
}

/* A car of three phases uses all lines; cars of one line take what it leaves on theirs. */
static void a_three_phase_car_is_not_starved_by_one_line(void **state)
{
    struct tree_node node = random_free;
    struct tree_leaf leaves[5];
    struct phase_car cars[5];
    struct tree *tree;
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (int l = 0; l < LINE_COUNT; l++)
        node.limit_da[l] = 400;
    for (uint32_t i = 0; i < 5; i++) {
        leaves[i] =
            (struct tree_leaf){ 0, i ? WIRE_BIT(WIRE_L1) : WIRES_THREE_PHASE, i ? 1 : 3, 230 };
        cars[i] = (struct phase_car){ i, 320, i ? 0 : HOUR_MS, 20000, 4 * HOUR_MS };
    }
    assert_int_equal(tree_new(&arena, &node, 1, leaves, 5, &tree), ERR_NONE);
    assert_int_equal(phase_fill(tree, cars, 5, 0, &arena), ERR_NONE);
    assert_int_equal(tree_booked(tree, 0), 200);
    assert_int_equal(tree_booked(tree, 1), 200);
    arena_reset(&arena);
}

static void make_random(struct rand *rand, struct random_tree *random, struct phase_car *cars)
{
    for (uint32_t i = 0; i < random->leaf_count; i++)
        cars[i] = (struct phase_car){
            .leaf = i,
            .most_da = (int32_t)rand_range(rand, 0, 640),
            .laxity_ms =
                rand_below(rand, 5) ? rand_range(rand, -HOUR_MS, 10L * HOUR_MS) : INT64_MAX,
            .need_wh = rand_range(rand, -1, 60000),
            .left_ms = rand_below(rand, 5) ? rand_range(rand, 0, 20L * HOUR_MS) : INT64_MAX,
        };
}

/* On any tree: no limit is passed that was not before, nobody falls, nobody who wants more could
 * have it, and the same input gives the same. */
static void a_fill_is_safe_and_leaves_nothing(void **state)
{
    static struct random_tree random;
    static struct phase_car cars[RANDOM_LEAVES_MAX];
    struct rand rand = { 3 };
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct arena arena;
        struct tree *tree, *twin;
        struct tree_excess excess;
        arena_init(&arena, NULL, 0);
        random_fill(&rand, &random, round % KINDS);
        make_random(&rand, &random, cars);
        assert_int_equal(tree_new(&arena, random.nodes, random.node_count, random.leaves,
                                  random.leaf_count, &tree),
                         ERR_NONE);
        assert_int_equal(tree_new(&arena, random.nodes, random.node_count, random.leaves,
                                  random.leaf_count, &twin),
                         ERR_NONE);
        if (tree_any_over(tree, &excess)) {
            arena_reset(&arena);
            continue;
        }
        assert_int_equal(
            phase_fill(tree, cars, random.leaf_count, round % 2 ? PERIOD_MS : 0, &arena), ERR_NONE);
        assert_int_equal(
            phase_fill(twin, cars, random.leaf_count, round % 2 ? PERIOD_MS : 0, &arena), ERR_NONE);
        assert_false(tree_any_over(tree, &excess));
        for (uint32_t i = 0; i < random.leaf_count; i++) {
            int32_t booked = tree_booked(tree, i);
            assert_int_equal(booked, tree_booked(twin, i));
            assert_true(booked >= 0 && booked <= cars[i].most_da);
            if (booked < cars[i].most_da)
                assert_true(tree_room(tree, i, cars[i].most_da) <= booked);
        }
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_shared_among_nobody),
        cmocka_unit_test(memory_that_is_out_books_nothing),
        cmocka_unit_test(a_most_at_or_below_what_is_booked_changes_nothing),
        cmocka_unit_test(groups_rise_together_until_a_limit),
        cmocka_unit_test(no_division_of_groups_carries_more),
        cmocka_unit_test(least_laxity_comes_first_in_a_group),
        cmocka_unit_test(a_three_phase_car_is_not_starved_by_one_line),
        cmocka_unit_test(a_fill_is_safe_and_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
