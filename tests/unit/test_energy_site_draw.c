/* Decisions by need where a car takes less than it may. */
#include "test.h"

#include "site_cases.h"

enum { FULL_DA = 320, WHOLE_DA = 400 };

/* Car 1 takes `takes_da` and wants 1 kWh; car 2 would take all, and has more time. */
static void who_draws_less_leaves_the_rest_to_others(void **state)
{
    static const struct {
        const char *name;
        int32_t takes_da;
        uint8_t close_samples;
        int32_t leaves_h;
        int32_t limit_da;
        int32_t first_da, second_da;
    } cases[] = {
        { "all that it may", 0, 0, 8, 340, 120, 220 },
        { "a little less than its bound", 100, 0, 1, 340, 100, 240 },
        { "there is room for more", 100, 0, 1, WHOLE_DA + 40, 120, 320 },
        { "held close for long: it is tried", 100, 12, 1, 340, 120, 220 },
        { "less than half of the least, and it has time", 20, 0, 8, 340, 0, 320 },
        { "there is room for it all the same", 20, 0, 8, WHOLE_DA, 80, 320 },
        { "less than half of the least, and it leaves", 20, 0, 1, 385, 60, 320 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree_node node = feed_of(cases[i].limit_da);
        struct site_evse evses[] = { car_of(1), car_of(2) };
        struct site_input input = input_of(&node, evses, 2);
        struct site_decision decision;
        struct arena arena;

        print_message("# %s\n", cases[i].name);
        input.mode = SITE_NEED;
        evses[0].need_wh = 1000;
        evses[0].departs_at = NOW + cases[i].leaves_h * HOUR_MS;
        evses[0].memory.takes_da = cases[i].takes_da;
        evses[0].memory.close_samples = cases[i].close_samples;
        evses[0].memory.reclaim_da = cases[i].takes_da < 60 && cases[i].takes_da ? 80 : 120;
        evses[1].need_wh = 10000;
        evses[1].departs_at = NOW + 40 * HOUR_MS;
        arena_init(&arena, NULL, 0);
        assert_int_equal(site_decide(&input, &arena, &decision), ERR_NONE);
        print_message("# %d %d\n", (int)decision.verdicts[0].target_da,
                      (int)decision.verdicts[1].target_da);
        assert_int_equal(decision.verdicts[0].target_da, cases[i].first_da);
        assert_int_equal(decision.verdicts[1].target_da, cases[i].second_da);
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_draws_less_leaves_the_rest_to_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
