#include "test.h"

#include "energy/quant.h"

static const struct site_pilots tenths = { .step_da = 1 };
static const struct site_pilots amperes = { .step_da = 10 };
static const struct site_pilots eights = { .count = 4, .list_da = { 80, 160, 240, 320 } };

static void a_set_that_is_none_is_told(void **state)
{
    static const struct {
        const char *name;
        struct site_pilots pilots;
        bool sound;
    } cases[] = {
        { "nothing", { 0 }, false },
        { "a step back", { .step_da = -10 }, false },
        { "too long", { .count = PILOTS_MAX + 1 }, false },
        { "falling", { .count = 2, .list_da = { 100, 60 } }, false },
        { "twice", { .count = 2, .list_da = { 60, 60 } }, false },
        { "with nothing in it", { .count = 2, .list_da = { 0, 60 } }, false },
        { "a step", { .step_da = 1 }, true },
        { "a list", { .count = 2, .list_da = { 60, 100 } }, true },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s\n", cases[i].name);
        assert_true(pilots_are_sound(&cases[i].pilots) == cases[i].sound);
    }
}

static void pilots_are_found(void **state)
{
    static const struct {
        const struct site_pilots *pilots;
        int32_t da, least, floor, above;
    } cases[] = {
        { &tenths, -5, 1, 0, 1 },
        { &tenths, 63, 63, 63, 64 },
        { &amperes, 0, 10, 0, 10 },
        { &amperes, 59, 60, 50, 60 },
        { &amperes, 60, 60, 60, 70 },
        { &amperes, 61, 70, 60, 70 },
        { &eights, 0, 80, 0, 80 },
        { &eights, 79, 80, 0, 80 },
        { &eights, 80, 80, 80, 160 },
        { &eights, 319, 320, 240, 320 },
        { &eights, 320, 320, 320, PILOT_NONE },
        { &eights, 321, PILOT_NONE, 320, PILOT_NONE },
        { &amperes, INT32_MAX, PILOT_NONE, INT32_MAX / 10 * 10, PILOT_NONE },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %d\n", cases[i].da);
        assert_int_equal(pilot_least(cases[i].pilots, cases[i].da), cases[i].least);
        assert_int_equal(pilot_floor(cases[i].pilots, cases[i].da), cases[i].floor);
        assert_int_equal(pilot_above(cases[i].pilots, cases[i].da), cases[i].above);
    }
}

static void what_is_cut_off_is_given_out_again(void **state)
{
    static const struct {
        const char *name;
        int32_t limit_da;
        struct {
            const struct site_pilots *pilots;
            uint32_t weight;
            int64_t laxity_s;
            int32_t share_da, most_da, pilot_da;
        } cars[3];
    } cases[] = {
        { "those who lost most",
          300,
          { { &amperes, 1, 0, 99, 320, 100 },
            { &amperes, 1, 0, 99, 320, 100 },
            { &amperes, 1, 0, 102, 320, 100 } } },
        { "by weight",
          299,
          { { &amperes, 1, 0, 99, 320, 90 },
            { &amperes, 2, 0, 95, 320, 100 },
            { &amperes, 1, 0, 105, 320, 100 } } },
        { "then who has least time",
          190,
          { { &amperes, 1, 500, 95, 320, 90 },
            { &amperes, 1, -500, 95, 320, 100 },
            { &amperes, 1, 0, 0, 0, 0 } } },
        { "not beyond their most",
          1000,
          { { &amperes, 1, 0, 95, 95, 90 },
            { &eights, 1, 0, 320, 320, 320 },
            { &eights, 1, 0, 100, 239, 160 } } },
        { "several steps, when there is room",
          1000,
          { { &amperes, 1, 0, 95, 120, 120 },
            { &tenths, 1, 0, 70, 75, 75 },
            { &eights, 1, 0, 80, 320, 320 } } },
        { "the last bit is rounded up",
          100,
          { { &amperes, 1, 0, 13, 13, 60 },
            { &amperes, 1, 0, 0, 0, 0 },
            { &amperes, 1, 0, 0, 0, 0 } } },
        { "where there is room",
          59,
          { { &amperes, 1, 0, 13, 13, 0 },
            { &amperes, 1, 0, 0, 0, 0 },
            { &tenths, 1, 0, 0, 0, 0 } } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree_node node = { .parent = -1,
                                  .limit_da = { cases[i].limit_da, 0, 0 },
                                  .limit_w = TREE_NO_LIMIT_W };
        struct tree_leaf leaves[3];
        struct quant_want wants[3];
        struct arena arena;
        struct tree *tree = NULL;

        print_message("# %s\n", cases[i].name);
        for (uint32_t car = 0; car < 3; car++) {
            leaves[car] = (struct tree_leaf){ 0, WIRE_BIT(WIRE_L1), 1, 230 };
            wants[car] = (struct quant_want){
                .leaf = car,
                .weight = cases[i].cars[car].weight,
                .pilots = cases[i].cars[car].pilots,
                .least_da = cases[i].cars[car].pilots == &eights ? 80 : 60,
                .most_da = cases[i].cars[car].most_da,
                .laxity_s = cases[i].cars[car].laxity_s,
            };
        }
        arena_init(&arena, NULL, 0);
        assert_int_equal(tree_new(&arena, &node, 1, leaves, 3, &tree), ERR_NONE);
        for (uint32_t car = 0; car < 3; car++)
            tree_book(tree, car, cases[i].cars[car].share_da);
        assert_int_equal(quant_run(tree, wants, 3, &arena), ERR_NONE);
        for (uint32_t car = 0; car < 3; car++)
            assert_int_equal(tree_booked(tree, car), cases[i].cars[car].pilot_da);
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_that_is_none_is_told),
        cmocka_unit_test(pilots_are_found),
        cmocka_unit_test(what_is_cut_off_is_given_out_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
