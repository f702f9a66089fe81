#include "test.h"

#include "bench/energy/chaos.h"
#include "energy/commit.h"

/* A site from which one word is taken away, or made wrong: nothing is made. */
static void a_site_that_contradicts_itself_is_refused(void **state)
{
    static const struct tree_node nodes[] = {
        { .parent = -1, .limit_da = { 320, 320, 320 }, .limit_w = TREE_NO_LIMIT_W }
    };
    static const struct tree_leaf leaves[] = { { .wires = 1, .wires_live = 1, .volts = 230 },
                                               { .wires = 1, .wires_live = 1, .volts = 230 } };
    static const struct {
        const char *name;
        struct commit_evse evses[2];
        uint32_t stations;
        int32_t lease_ms, sends_per_s;
        enum err expect;
    } cases[] = {
        { "a station that begins at one",
          { { 1, 320, 60, 10 }, { 2, 320, 60, 10 } },
          3,
          900000,
          20,
          ERR_BAD_VALUE },
        { "a station is left out",
          { { 0, 320, 60, 10 }, { 2, 320, 60, 10 } },
          3,
          900000,
          20,
          ERR_BAD_VALUE },
        { "EVSEs of a station lie apart",
          { { 1, 320, 60, 10 }, { 0, 320, 60, 10 } },
          2,
          900000,
          20,
          ERR_BAD_VALUE },
        { "more stations than there are",
          { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } },
          3,
          900000,
          20,
          ERR_BAD_VALUE },
        { "a negative cap",
          { { 0, -1, 60, 10 }, { 1, 320, 60, 10 } },
          2,
          900000,
          20,
          ERR_BAD_VALUE },
        { "a negative step",
          { { 0, 320, 60, -10 }, { 1, 320, 60, 10 } },
          2,
          900000,
          20,
          ERR_BAD_VALUE },
        { "a lease of nothing",
          { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } },
          2,
          0,
          20,
          ERR_BAD_VALUE },
        { "no message at all",
          { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } },
          2,
          900000,
          0,
          ERR_BAD_VALUE },
        { "two stations", { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } }, 2, 900000, 20, ERR_NONE },
        { "one with two EVSEs",
          { { 0, 320, 60, 10 }, { 0, 320, 60, 10 } },
          1,
          900000,
          20,
          ERR_NONE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct commit *commit = NULL;
        struct commit_site site = { .rules = commit_rules_default(),
                                    .node_count = 1,
                                    .evse_count = 2,
                                    .station_count = cases[i].stations,
                                    .nodes = nodes,
                                    .leaves = leaves,
                                    .evses = cases[i].evses };

        print_message("# %s\n", cases[i].name);
        site.rules.lease_ms = cases[i].lease_ms;
        site.rules.sends_per_s = cases[i].sends_per_s;
        arena_init(&arena, NULL, 0);
        assert_int_equal(commit_new(&arena, &site, &commit), cases[i].expect);
        arena_reset(&arena);
    }
}

/* --- the property ------------------------------------------------------------------------ */

static uint64_t wrongs(const struct chaos_result *result)
{
    return result->over_steps + result->unbooked_steps + result->booked_steps +
           result->raised_steps + result->found_wrongly;
}

/* chaos.h: after every step. `voltd bench energy --scenario chaos` makes a million of them. */
static void no_limit_is_passed_whatever_happens(void **state)
{
    static struct chaos_result result;
    uint64_t found = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct chaos_config config = { .seed = seed, .steps = 20000 };

        assert_int_equal(chaos_run(&config, &result), ERR_NONE);
        if (wrongs(&result) != 0)
            print_message(
                "# seed %llu, step %llu: over %llu, unbooked %llu, booked %llu, raised "
                "%llu, found wrongly %llu\n",
                (unsigned long long)seed, (unsigned long long)result.wrong_step,
                (unsigned long long)result.over_steps, (unsigned long long)result.unbooked_steps,
                (unsigned long long)result.booked_steps, (unsigned long long)result.raised_steps,
                (unsigned long long)result.found_wrongly);
        assert_int_equal(wrongs(&result), 0);
        found += result.found;
    }
    assert_true(found > 0);
}

/* The test of the test: each promise that commit.h relies on, broken, shows. */
static void a_broken_promise_is_noticed(void **state)
{
    static struct chaos_result result;

    (void)state;
    for (enum chaos_breach breach = CHAOS_KEPT + 1; breach < CHAOS_BREACH_COUNT; breach++) {
        uint64_t seen = 0;

        for (uint64_t seed = 1; seed <= 12 && seen == 0; seed++) {
            struct chaos_config config = { .seed = seed, .steps = 60000, .breach = breach };

            assert_int_equal(chaos_run(&config, &result), ERR_NONE);
            seen = result.over_steps + result.unbooked_steps;
        }
        print_message("# %s\n", chaos_breach_names[breach]);
        assert_true(seen > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_that_contradicts_itself_is_refused),
        cmocka_unit_test(no_limit_is_passed_whatever_happens),
        cmocka_unit_test(a_broken_promise_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
