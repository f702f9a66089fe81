/* Clocks that are off, cars that need more than 6 A. */
#include "test.h"

#include "dispatch/learn.h"

#define T0 1800000000000

static void a_clock_is_as_late_as_its_quickest_message(void **state)
{
    struct station_clock clock = { 0 };
    int64_t offset_ms = 0;

    (void)state;
    assert_false(clock_offset(&clock, T0, &offset_ms));
    clock_saw(&clock, UTC_UNKNOWN, T0);
    clock_saw(&clock, UTC_NEVER, T0);
    assert_false(clock_offset(&clock, T0, &offset_ms));
    clock_saw(&clock, T0 - 65000, T0); /* 1 min behind, 5 s on its way */
    assert_true(clock_offset(&clock, T0, &offset_ms));
    assert_int_equal(offset_ms, -65000);
    clock_saw(&clock, T0 - 59900, T0 + 200);
    clock_saw(&clock, T0 - 7200000, T0 + 1000); /* out of a queue */
    assert_true(clock_offset(&clock, T0 + 1000, &offset_ms));
    assert_int_equal(offset_ms, -60100);
    assert_false(clock_offset(&clock, T0 + 86402000, &offset_ms));
    clock_reset(&clock);
    assert_false(clock_offset(&clock, T0 + 1000, &offset_ms));
}

/* What was seen half an hour ago does not hold a clock that was set since. */
static void a_clock_that_was_set_is_followed(void **state)
{
    struct station_clock clock = { 0 };
    int64_t offset_ms = 0;

    (void)state;
    for (utc_ms now = T0; now < T0 + 1800000; now += 60000)
        clock_saw(&clock, now + 30000, now);
    for (utc_ms now = T0 + 1800000; now < T0 + 3900000; now += 60000)
        clock_saw(&clock, now - 30000, now);
    assert_true(clock_offset(&clock, T0 + 3900000, &offset_ms));
    assert_int_equal(offset_ms, -30000);
}

static void moments_without_sense_do_no_harm(void **state)
{
    static const utc_ms odd[] = { INT64_MIN + 1, INT64_MAX - 1, 0, -1 };
    struct station_clock clock = { 0 };
    int64_t offset_ms;

    (void)state;
    for (size_t i = 0; i < COUNT(odd); i++)
        clock_saw(&clock, odd[i], T0);
    clock_saw(&clock, T0, T0);
    assert_true(clock_offset(&clock, T0, &offset_ms));
}

static struct power_meter meter(int32_t l1, int32_t l2, int32_t l3)
{
    return (struct power_meter){ .current_da = { l1, l2, l3 },
                                 .current_any_da = POWER_UNKNOWN,
                                 .power_w = POWER_UNKNOWN };
}

static void see(struct car_seen *car, utc_ms from, int32_t seconds, int32_t limit_da, int32_t l1,
                int32_t others)
{
    const struct power_meter sample = meter(l1, others, others);

    for (int32_t s = 0; s <= seconds; s += 10) {
        car_saw_lines(car, &sample);
        car_saw(car, from + s * 1000, limit_da, &sample, true);
    }
}

static void a_car_that_needs_eight_amperes(void **state)
{
    struct car_seen car = { 0 };

    (void)state;
    assert_int_equal(car_min_da(&car), 0);
    see(&car, T0, 120, 160, 150, 150);
    assert_int_equal(car_min_da(&car), 0); /* 16 A work: says nothing of less */
    see(&car, T0 + 200000, 60, 60, 0, 0);
    assert_int_equal(car_min_da(&car), 0); /* it may take a minute to start */
    see(&car, T0 + 270000, 60, 60, 0, 0);
    assert_int_equal(car_min_da(&car), 160); /* safe until more is known */
    see(&car, T0 + 400000, 60, 80, 78, 78);
    assert_int_equal(car_min_da(&car), 80);
    see(&car, T0 + 500000, 60, 60, 58, 58); /* so it was something else */
    assert_int_equal(car_min_da(&car), 60);
    assert_int_equal(car.most_da, 150);
}

static void idle_cars_say_nothing(void **state)
{
    struct car_seen car = { 0 };
    const struct power_meter nothing = meter(0, 0, 0);

    (void)state;
    for (int32_t s = 0; s < 600; s += 10) {
        car_saw(&car, T0 + s * 1000, 60, &nothing, false); /* full */
        car_saw(&car, T0 + s * 1000, 0, &nothing, true);   /* may not */
        car_saw(&car, T0 + s * 1000, 320, &nothing, true); /* would with so much */
        car_saw_lines(&car, &nothing);
    }
    assert_int_equal(car_min_da(&car), 0);
    assert_int_equal(car_phases(&car), 0);
}

static void phases_are_counted_twice_before_they_count(void **state)
{
    struct car_seen car = { 0 };
    const struct power_meter second = meter(POWER_UNKNOWN, 100, 2), sum = {
        .current_any_da = 300, .current_da = { POWER_UNKNOWN, POWER_UNKNOWN, POWER_UNKNOWN }
    };

    (void)state;
    car_saw_lines(&car, &second);
    assert_int_equal(car_phases(&car), 0);
    car_saw_lines(&car, &sum); /* without a phase: nothing new */
    car_saw_lines(&car, &second);
    assert_int_equal(car_phases(&car), 1);
    assert_int_equal(car.lines, 2);
    see(&car, T0 + 30000, 20, 160, 150, 150);
    assert_int_equal(car_phases(&car), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_is_as_late_as_its_quickest_message),
        cmocka_unit_test(a_clock_that_was_set_is_followed),
        cmocka_unit_test(moments_without_sense_do_no_harm),
        cmocka_unit_test(a_car_that_needs_eight_amperes),
        cmocka_unit_test(idle_cars_say_nothing),
        cmocka_unit_test(phases_are_counted_twice_before_they_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
