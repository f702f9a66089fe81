#include "test.h"

#include "energy/rollout.h"
#include "energy_random.h"

enum { PERIOD_MS = 300000, HOUR_MS = 3600000 };

/* A crowded group (L12) and one car in another (L23), behind one transformer of 20 kW. */
struct yard {
    struct arena arena;
    struct tree *tree;
    struct phase_car cars[8];
    struct phase_model model;
    struct phase_weights weights;
};

enum { CROWD = 6, CARS = CROWD + 1 };

/* `lonely_h`: how long the one car stays; it needs an hour. The crowd needs all of two hours. */
static void yard_open(struct yard *yard, int64_t lonely_h)
{
    struct tree_node nodes[2] = { random_free, random_free };
    struct tree_leaf leaves[CARS];

    *yard = (struct yard){ 0 };
    arena_init(&yard->arena, NULL, 0);
    nodes[1].parent = 0;
    nodes[1].ratio_permille = 4000;
    for (int l = 0; l < LINE_COUNT; l++) {
        nodes[0].limit_da[l] = 240;
        nodes[1].limit_da[l] = 555;
    }
    for (uint32_t i = 0; i < CARS; i++) {
        bool lonely = i == CROWD;
        leaves[i] =
            (struct tree_leaf){ 1, lonely ? WIRE_BIT(WIRE_L23) : WIRE_BIT(WIRE_L12), 1, 208 };
        yard->cars[i] = (struct phase_car){
            .leaf = i,
            .most_da = 320,
            .need_wh = lonely ? 6000 : 4000,
            .left_ms = (lonely ? lonely_h : 2) * HOUR_MS,
        };
    }
    assert_int_equal(tree_new(&yard->arena, nodes, 2, leaves, CARS, &yard->tree), ERR_NONE);
    assert_int_equal(phase_model_new(yard->tree, yard->cars, CARS, &yard->arena, &yard->model),
                     ERR_NONE);
}

static void without_a_period_all_are_even(void **state)
{
    struct yard yard;
    (void)state;
    yard_open(&yard, 12);
    assert_int_equal(rollout_weights(&yard.model, yard.cars, 0, &yard.arena, &yard.weights),
                     ERR_NONE);
    for (uint32_t g = 0; g < PHASE_GROUPS_MAX; g++)
        assert_int_equal(yard.weights.of[g], PHASE_WEIGHT_ONE);
    arena_reset(&yard.arena);
}

/* What the one car draws now is taken from the crowd; it can as well charge when they are gone. */
static void who_has_time_waits_for_the_crowd_to_leave(void **state)
{
    static const struct {
        int64_t lonely_h;
        int32_t least_da, most_da;
    } cases[] = { { 12, 0, 100 }, { 1, 240, 320 } };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct yard yard;
        yard_open(&yard, cases[i].lonely_h);
        assert_int_equal(phase_fill(yard.tree, yard.cars, CARS, PERIOD_MS, &yard.arena), ERR_NONE);
        assert_in_range(tree_booked(yard.tree, CROWD), cases[i].least_da, cases[i].most_da);
        arena_reset(&yard.arena);
    }
}

static void strange_cars_are_borne(void **state)
{
    static const struct {
        int64_t need_wh, left_ms;
    } strange[] = {
        { -1, INT64_MAX }, { 0, 0 }, { INT64_MAX, INT64_MAX }, { 4000, -HOUR_MS }, { -1, 1 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(strange); i++) {
        struct yard yard;
        yard_open(&yard, 12);
        for (uint32_t c = 0; c < CARS; c++) {
            yard.cars[c].need_wh = strange[i].need_wh;
            yard.cars[c].left_ms = strange[i].left_ms;
        }
        assert_int_equal(
            rollout_weights(&yard.model, yard.cars, PERIOD_MS, &yard.arena, &yard.weights),
            ERR_NONE);
        for (uint32_t g = 0; g < PHASE_GROUPS_MAX; g++)
            assert_in_range(yard.weights.of[g], 1, PHASE_WEIGHT_ONE);
        arena_reset(&yard.arena);
    }
}

/* Two groups at a limit of power alone: nothing is won by an order of theirs, so there is none. */
static void where_nothing_is_won_all_are_even(void **state)
{
    struct tree_node node = random_free;
    struct tree_leaf leaves[CARS];
    struct yard yard = { 0 };
    (void)state;
    node.limit_w = 20000;
    arena_init(&yard.arena, NULL, 0);
    for (uint32_t i = 0; i < CARS; i++) {
        leaves[i] = (struct tree_leaf){ 0, i % 2 ? WIRE_BIT(WIRE_L2) : WIRE_BIT(WIRE_L1), 1, 230 };
        yard.cars[i] = (struct phase_car){
            .leaf = i, .most_da = 320, .need_wh = 20000, .left_ms = 8 * HOUR_MS
        };
    }
    assert_int_equal(tree_new(&yard.arena, &node, 1, leaves, CARS, &yard.tree), ERR_NONE);
    assert_int_equal(phase_model_new(yard.tree, yard.cars, CARS, &yard.arena, &yard.model),
                     ERR_NONE);
    assert_int_equal(rollout_weights(&yard.model, yard.cars, PERIOD_MS, &yard.arena, &yard.weights),
                     ERR_NONE);
    for (uint32_t g = 0; g < yard.model.group_count; g++)
        assert_in_range(yard.weights.of[g], PHASE_WEIGHT_ONE - 20, PHASE_WEIGHT_ONE);
    arena_reset(&yard.arena);
}

/* Panels of their own, each with two groups: more than the look ahead can hold, with fewer steps or
 * none. */
static void large_sites_are_borne(void **state)
{
    enum { PANELS_MAX = 60 };
    static const uint32_t panels[] = { 2, 12, PANELS_MAX };
    (void)state;
    for (size_t c = 0; c < COUNT(panels); c++) {
        struct yard yard = { 0 };
        struct tree_node nodes[PANELS_MAX + 1];
        struct tree_leaf leaves[2 * PANELS_MAX];
        struct phase_car cars[2 * PANELS_MAX];
        uint32_t count = 2 * panels[c];
        arena_init(&yard.arena, NULL, 0);
        for (uint32_t n = 0; n <= panels[c]; n++) {
            nodes[n] = random_free;
            nodes[n].parent = n ? 0 : -1;
            nodes[n].limit_w = n ? 9000 : 5000 * panels[c];
        }
        for (uint32_t i = 0; i < count; i++) {
            leaves[i] = (struct tree_leaf){ 1 + i / 2,
                                            i % 2 ? WIRE_BIT(WIRE_L2) : WIRE_BIT(WIRE_L1), 1, 230 };
            cars[i] = (struct phase_car){
                .leaf = i, .most_da = 320, .need_wh = 20000, .left_ms = (int64_t)(1 + i) * HOUR_MS
            };
        }
        assert_int_equal(tree_new(&yard.arena, nodes, panels[c] + 1, leaves, count, &yard.tree),
                         ERR_NONE);
        assert_int_equal(phase_model_new(yard.tree, cars, count, &yard.arena, &yard.model),
                         ERR_NONE);
        assert_int_equal(rollout_weights(&yard.model, cars, PERIOD_MS, &yard.arena, &yard.weights),
                         ERR_NONE);
        for (uint32_t g = 0; g < yard.model.group_count; g++)
            assert_in_range(yard.weights.of[g], 1, PHASE_WEIGHT_ONE);
        arena_reset(&yard.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strange_cars_are_borne),
        cmocka_unit_test(large_sites_are_borne),
        cmocka_unit_test(where_nothing_is_won_all_are_even),
        cmocka_unit_test(without_a_period_all_are_even),
        cmocka_unit_test(who_has_time_waits_for_the_crowd_to_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
