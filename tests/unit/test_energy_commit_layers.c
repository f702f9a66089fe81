#include "energy/commit.h"
#include "test.h"

static const struct tree_leaf two_leaves[] = { { .wires = 1, .wires_live = 1, .volts = 230 },
                                               { .wires = 1, .wires_live = 1, .volts = 230 } };
static const struct commit_evse two_evses[] = { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } };

static void fail_safes_fit_the_tree_or_are_nothing(void **state)
{
    static const struct {
        const char *name;
        int32_t limit_da, base_da, permille;
        int32_t want_da[2], fixed_da[2];
        int32_t failsafe_da[2], station_max_da[2];
    } cases[] = {
        { "a limit of nothing", 0, 0, 1000, { 60, 60 }, { -1, -1 }, { 0, 0 }, { 0, 0 } },
        { "a base above the limit", 100, 200, 1000, { 60, 60 }, { -1, -1 }, { 0, 0 }, { 0, 0 } },
        { "one passes it alone", 100, 0, 1000, { 60, 60 }, { 320, -1 }, { 60, 0 }, { 100, 0 } },
        { "room for one", 100, 0, 1000, { 60, 60 }, { -1, -1 }, { 60, 0 }, { 100, 40 } },
        { "half of the limit is for them",
          200,
          0,
          500,
          { 60, 60 },
          { -1, -1 },
          { 60, 0 },
          { 200, 140 } },
        { "room for both", 400, 0, 1000, { 60, 60 }, { -1, -1 }, { 60, 60 }, { 320, 320 } },
        { "more, shared evenly",
          400,
          100,
          1000,
          { 320, 320 },
          { -1, -1 },
          { 150, 150 },
          { 150, 150 } },
        { "one wants less", 400, 0, 1000, { 80, 320 }, { -1, -1 }, { 80, 320 }, { 80, 320 } },
        { "less than the minimum is nothing",
          400,
          0,
          1000,
          { 59, 60 },
          { -1, -1 },
          { 0, 60 },
          { 320, 320 } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        int32_t failsafe[2], station_max[2], limit = cases[i].limit_da, base = cases[i].base_da;
        struct tree_node node = { .parent = -1,
                                  .limit_da = { limit, limit, limit },
                                  .limit_w = TREE_NO_LIMIT_W,
                                  .base_da = { base, base, base } };
        struct commit_site site = { .rules = commit_rules_default(),
                                    .node_count = 1,
                                    .evse_count = 2,
                                    .station_count = 2,
                                    .nodes = &node,
                                    .leaves = two_leaves,
                                    .evses = two_evses };
        struct commit_layers layers = { .site = &site,
                                        .share = { .permille = cases[i].permille, .min_da = 60 },
                                        .want_da = cases[i].want_da,
                                        .fixed_da = cases[i].fixed_da,
                                        .failsafe_da = failsafe,
                                        .station_max_da = station_max };

        print_message("# %s\n", cases[i].name);
        arena_init(&arena, NULL, 0);
        assert_int_equal(commit_layers(&arena, &layers), ERR_NONE);
        for (uint32_t k = 0; k < 2; k++) {
            assert_int_equal(failsafe[k], cases[i].failsafe_da[k]);
            assert_int_equal(station_max[k], cases[i].station_max_da[k]);
        }
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_safes_fit_the_tree_or_are_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
