#include "test.h"

#include "energy/reclaim.h"

/* What a car drew, sample by sample, and the bound after each. It may draw the bound. */
struct story {
    const char *name;
    int32_t min_da, every_ms;
    struct {
        int32_t draw_da, bound_da;
    } samples[10]; /* a bound of 0 ends it */
};

enum { MAX_DA = 320 };

static void a_bound_follows_what_is_drawn(void **state)
{
    static const struct story stories[] = {
        { "no meter", 60, 60000, { { -1, 320 }, { -1, 320 }, { -1, 320 } } },
        { "all of it", 60, 60000, { { 320, 320 }, { 318, 320 }, { 315, 320 } } },
        { "an ampere less is nothing", 60, 60000, { { 304, 320 }, { 304, 320 }, { 304, 320 } } },
        { "once is nothing", 60, 60000, { { 160, 320 }, { 320, 320 }, { 160, 320 } } },
        { "twice, but in a short time", 60, 10000, { { 160, 320 }, { 160, 320 }, { 160, 320 } } },
        { "less, and it stays", 60, 60000, { { 160, 320 }, { 160, 180 }, { 160, 180 } } },
        { "less by tenths", 60, 60000, { { 169, 320 }, { 169, 180 }, { 165, 180 } } },
        { "a battery gets full",
          60,
          60000,
          { { 300, 320 }, { 280, 284 }, { 250, 242 }, { 200, 180 }, { 100, 70 }, { 30, 60 } } },
        { "it falls once, and stays",
          60,
          60000,
          { { 320, 320 }, { 160, 320 }, { 160, 180 }, { 160, 180 }, { 160, 180 } } },
        { "it falls twice, and stays",
          60,
          60000,
          { { 200, 320 }, { 160, 140 }, { 140, 180 }, { 160, 180 }, { 160, 180 } } },
        { "a minimum is kept", 80, 60000, { { 5, 320 }, { 5, 80 }, { 0, 80 } } },
        { "it wants more again",
          60,
          60000,
          { { 100, 320 }, { 100, 120 }, { 120, 160 }, { 160, 240 }, { 240, 320 }, { 320, 320 } } },
    };
    const struct site_rules rules = site_rules_default();
    (void)state;
    for (size_t i = 0; i < COUNT(stories); i++) {
        struct site_memory memory = { 0 };
        int32_t may_da = MAX_DA;
        print_message("# %s\n", stories[i].name);
        for (size_t k = 0; k < COUNT(stories[i].samples) && stories[i].samples[k].bound_da; k++) {
            utc_ms now = 1000000 + (utc_ms)k * stories[i].every_ms;
            struct site_evse evse = { .plugged = true,
                                      .min_da = stories[i].min_da,
                                      .max_da = MAX_DA,
                                      .booked_da = may_da,
                                      .draw_da = stories[i].samples[k].draw_da,
                                      .draw_at = now,
                                      .memory = memory };
            may_da = reclaim_step(&evse, &rules, now, &memory);
            assert_int_equal(may_da, stories[i].samples[k].bound_da);
        }
    }
}

/* A sample counts once, not before the change it followed, and not while nothing may be drawn. */
static void samples_that_say_nothing_are_passed_over(void **state)
{
    const struct site_rules rules = site_rules_default();
    const utc_ms now = 1000000;
    struct site_evse evse = {
        .plugged = true, .min_da = 60, .max_da = MAX_DA, .booked_da = 320, .draw_at = now
    };
    struct site_memory memory = { 0 };
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(reclaim_step(&evse, &rules, now + i * 60000, &memory), MAX_DA);
    assert_int_equal(memory.reclaim_samples, 1);
    evse.draw_at = now + 60000;
    memory.changed_at = now + 58000;
    assert_int_equal(reclaim_step(&evse, &rules, now + 60000, &memory), MAX_DA);
    assert_int_equal(memory.reclaim_samples, 1);
    evse.draw_at = now + 120000;
    evse.booked_da = 0;
    assert_int_equal(reclaim_step(&evse, &rules, now + 120000, &memory), MAX_DA);
    assert_int_equal(memory.reclaim_samples, 1);
    evse.booked_da = 320;
    evse.draw_at = now + 240000; /* a clock ahead of ours */
    assert_int_equal(reclaim_step(&evse, &rules, now + 180000, &memory), MAX_DA);
    assert_int_equal(memory.reclaim_samples, 1);
    assert_int_equal(reclaim_step(&evse, &rules, now + 240000, &memory), 60);
}

/* A limit that has stood for two minutes was taken up if it ever is: one sample says it. */
static void one_sample_is_enough_of_a_limit_that_stood(void **state)
{
    const struct site_rules rules = site_rules_default();
    const utc_ms now = 1000000;
    struct site_evse evse = {
        .plugged = true, .min_da = 60, .max_da = MAX_DA, .booked_da = 320, .draw_da = 100
    };
    (void)state;
    for (int32_t stood_ms = 119999; stood_ms <= 120000; stood_ms++) {
        struct site_memory memory = { .changed_at = now };
        evse.draw_at = now + stood_ms;
        assert_int_equal(reclaim_step(&evse, &rules, evse.draw_at, &memory),
                         stood_ms < 120000 ? MAX_DA : 120);
    }
}

/* Where others wait a car is given what it takes and half a slack. That holds nobody down for long:
 * one that always stays an ampere below its limit, and one that wants all again. */
static void held_close_a_car_shows_what_it_takes(void **state)
{
    enum { SAMPLES = 40, FALLS, ALL, BELOW };
    static const struct {
        const char *name;
        int draws;
        int32_t least_da, most_da; /* what it is given in the end */
    } cases[] = {
        { "a battery gets full", FALLS, 60, 75 },
        { "one that wants all again", ALL, MAX_DA, MAX_DA },
        { "an ampere below its limit", BELOW, MAX_DA, MAX_DA },
    };
    const struct site_rules rules = site_rules_default();
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct site_memory memory = { .takes_da = 100, .reclaim_da = 120, .headroom_da = 20 };
        int32_t may_da = 105, given_da = 0, battery_da = 100;
        print_message("# %s\n", cases[i].name);
        for (int k = 0; k < SAMPLES; k++) {
            utc_ms now = 1000000 + (utc_ms)k * 300000;
            struct site_evse evse = { .plugged = true,
                                      .min_da = 60,
                                      .max_da = MAX_DA,
                                      .booked_da = may_da,
                                      .draw_at = now,
                                      .memory = memory };
            int32_t draws_da = cases[i].draws == FALLS && battery_da < may_da ? battery_da : may_da;
            evse.draw_da = cases[i].draws == BELOW ? may_da - 10 : draws_da;
            battery_da--;
            may_da = reclaim_step(&evse, &rules, now, &memory);
            if (reclaim_takes_da(&memory) < may_da)
                may_da = reclaim_takes_da(&memory);
            given_da = may_da;
        }
        assert_in_range(given_da, cases[i].least_da, cases[i].most_da);
    }
}

static void what_is_not_known_to_be_less_is_all(void **state)
{
    static const struct site_memory strange[] = {
        { 0 },
        { .takes_da = -1 },
        { .takes_da = INT32_MAX },
        { .takes_da = INT32_MIN },
        { .takes_da = 100, .close_samples = UINT8_MAX },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(strange); i++)
        assert_int_equal(reclaim_takes_da(&strange[i]), INT32_MAX);
    assert_int_equal(reclaim_takes_da(&(struct site_memory){ .takes_da = 100 }), 105);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_that_say_nothing_are_passed_over),
        cmocka_unit_test(one_sample_is_enough_of_a_limit_that_stood),
        cmocka_unit_test(a_bound_follows_what_is_drawn),
        cmocka_unit_test(what_is_not_known_to_be_less_is_all),
        cmocka_unit_test(held_close_a_car_shows_what_it_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
