#include "test.h"

#include "bench/energy/chaos.h"

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
    for (uint64_t seed = 1; seed <= 16; seed++) {
        struct chaos_config config = { .seed = seed, .steps = 20000, .edits = seed > 8 };

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
        assert_true(config.edits == (result.edits > 0));
    }
    assert_true(found > 0);
}

/* The test of the test: each promise that commit.h relies on, broken, shows. */
static void a_broken_promise_is_noticed(void **state)
{
    static struct chaos_result result;
    /* Where a seldom one shows, so that it is not looked for each time: 0 is from the first seed
     * on. */
    static const uint64_t shown_by[CHAOS_BREACH_COUNT] = { [CHAOS_CLOCK] = 15 };

    (void)state;
    for (enum chaos_breach breach = CHAOS_KEPT + 1; breach < CHAOS_BREACH_COUNT; breach++) {
        uint64_t seed = shown_by[breach] ? shown_by[breach] : 1, end = seed + 24, seen = 0;

        for (; seed < end && seen == 0; seed++) {
            struct chaos_config config = { .seed = seed, .steps = 60000, .breach = breach };

            assert_int_equal(chaos_run(&config, &result), ERR_NONE);
            seen = result.over_steps + result.unbooked_steps;
        }
        print_message("# %s: seed %llu\n", chaos_breach_names[breach],
                      (unsigned long long)seed - 1);
        assert_true(seen > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_limit_is_passed_whatever_happens),
        cmocka_unit_test(a_broken_promise_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
