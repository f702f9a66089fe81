/* A decision where what is booked in any case passes a limit: a cap came, or a fail-safe is not
 * known yet. To have less frees nothing for others; to have more finds no room. */
#include "test.h"

#include "site_cases.h"

enum { CARS_MAX = 3 };

struct car {
    int32_t had_da, booked_da, floor_da, expect_da;
    uint8_t why;
};

static struct site_evse evse_of(const struct car *car, int64_t id)
{
    struct site_evse evse = car_of(id);

    evse.booked_da = car->booked_da;
    evse.floor_da = car->floor_da;
    evse.memory.target_da = car->had_da;
    evse.memory.changed_at = evse.memory.switched_at = car->had_da ? NOW - HOUR_MS : 0;
    return evse;
}

static void what_flows_is_shared(void **state)
{
    static const struct {
        const char *name;
        int32_t limit_da;
        struct car cars[CARS_MAX];
    } cases[] = {
        { "all of it fits: shared as ever, above the floors",
          300,
          { { 60, 60, 60, 100, WHY_SHARED },
            { 60, 60, 60, 100, WHY_SHARED },
            { 60, 60, 60, 100, WHY_SHARED } } },
        { "a cap below what they have, and below their fail-safes that settle",
          240,
          { { 320, 320, 320, 80, WHY_SHARED },
            { 320, 320, 320, 80, WHY_SHARED },
            { 320, 320, 320, 80, WHY_SHARED } } },
        { "a cap below all fail-safes: as many as fit",
          170,
          { { 60, 60, 60, 60, WHY_SHARED },
            { 60, 60, 60, 60, WHY_SHARED },
            { 60, 60, 60, 0, WHY_WAITS_TURN } } },
        { "no more than each may draw already, though it looks as if there were room",
          300,
          { { 60, 60, 60, 60, WHY_SHARED },
            { 60, 60, 60, 60, WHY_SHARED },
            { 60, 320, 320, 180, WHY_SHARED } } },
        { "who is on without a fail-safe keeps what it has",
          300,
          { { 100, 100, 0, 100, WHY_SHARED },
            { 0, 0, 0, 0, WHY_WAITS_TURN },
            { 60, 320, 320, 200, WHY_SHARED } } },
        { "less than it charges with is nothing",
          300,
          { { 0, 40, 40, 0, WHY_WAITS_TURN },
            { 0, 59, 0, 0, WHY_WAITS_TURN },
            { 60, 320, 320, 300, WHY_SHARED } } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int mode = 0; mode < SITE_MODE_COUNT; mode++) {
            struct site_evse evses[CARS_MAX];
            struct tree_node node = random_free;
            static const struct site_pilots pilots = { .step_da = 10 };
            struct site_input input = { .now = NOW,
                                        .mode = (uint8_t)mode,
                                        .rules = site_rules_default(),
                                        .surplus_w = -1,
                                        .node_count = 1,
                                        .evse_count = CARS_MAX,
                                        .pilots_count = 1,
                                        .nodes = &node,
                                        .evses = evses,
                                        .pilots = &pilots };
            struct site_decision decision;
            struct arena arena;
            int32_t sum_da = 0;

            print_message("# %s, mode %d\n", cases[i].name, mode);
            for (int l = 0; l < LINE_COUNT; l++)
                node.limit_da[l] = cases[i].limit_da;
            for (int k = 0; k < CARS_MAX; k++)
                evses[k] = evse_of(&cases[i].cars[k], k + 1);
            arena_init(&arena, NULL, 0);
            assert_int_equal(site_decide(&input, &arena, &decision), ERR_NONE);
            for (int k = 0; k < CARS_MAX; k++) {
                const struct site_verdict *verdict = &decision.verdicts[k];

                sum_da += verdict->target_da;
                if (mode != SITE_EQUAL)
                    continue;
                assert_int_equal(verdict->target_da, cases[i].cars[k].expect_da);
                assert_int_equal(verdict->why, cases[i].cars[k].why);
                assert_int_equal(verdict->node, 0);
            }
            assert_true(sum_da <= cases[i].limit_da);
            arena_reset(&arena);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_flows_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
