#include "test.h"

#include "energy/forecast.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)
#define MONDAY  (INT64_C(18001) * DAY_MS) /* 2019-04-15 */

static struct forecast_past session(int64_t day, int64_t hour, int32_t stay_h, int32_t energy_wh)
{
    return (struct forecast_past){ MONDAY + day * DAY_MS + hour * HOUR_MS, stay_h * 3600, energy_wh,
                                   WIRE_BIT(WIRE_L12) };
}

static void without_days_before_nothing_is_expected(void **state)
{
    struct forecast_past past[] = {
        session(0, 8, 4, 9000),   /* today */
        session(1, 8, 4, 9000),   /* tomorrow */
        session(-80, 8, 4, 9000), /* too long ago */
        session(-7, 8, 0, 9000),  /* no stay */
        session(-7, 8, 4, -9000), /* no energy */
    };
    struct site_forecast forecast;
    int32_t stay_s, energy_wh;
    (void)state;
    forecast_build(NULL, 0, MONDAY, &forecast);
    assert_int_equal(forecast.hours, 0);
    forecast_build(past, COUNT(past), MONDAY + 7 * HOUR_MS, &forecast);
    assert_int_equal(forecast.hours, 0);
    assert_false(forecast_default(past, COUNT(past), MONDAY + 8 * HOUR_MS, &stay_s, &energy_wh));
}

static void days_of_the_same_name_count_threefold(void **state)
{
    /* Mondays: two cars at 8; Tuesday to Friday: none; Saturday: ten. From one week. */
    struct forecast_past past[12];
    struct site_forecast forecast;
    (void)state;
    past[0] = session(-7, 8, 4, 10000);
    past[1] = session(-7, 8, 8, 20000);
    past[1].wires = WIRES_THREE_PHASE;
    for (uint32_t i = 2; i < 12; i++)
        past[i] = session(-2, 8, 1, 5000);
    forecast_build(past, COUNT(past), MONDAY + 6 * HOUR_MS, &forecast);
    assert_int_equal(forecast.hours, 24);
    assert_int_equal(forecast.hour[0].cars_milli, 0);
    assert_int_equal(forecast.hour[2].cars_milli, 2 * 3 * 1000 / (3 + 4));
    assert_int_equal(forecast.hour[2].energy_wh, 15000);
    assert_int_equal(forecast.hour[2].stay_s, 6 * 3600);
    assert_int_equal(forecast.hour[2].wires_permille[WIRE_L12], 500);
    assert_int_equal(forecast.hour[2].wires_permille[WIRE_L1], 166);
    assert_int_equal(forecast.hour[3].cars_milli, 0);
}

static void hours_after_midnight_are_those_of_the_next_day(void **state)
{
    struct forecast_past past[] = { session(-6, 1, 4, 10000) }; /* a Tuesday, one o'clock */
    struct site_forecast forecast;
    (void)state;
    forecast_build(past, COUNT(past), MONDAY + 22 * HOUR_MS, &forecast);
    assert_int_equal(forecast.hour[3].cars_milli, 3 * 1000 / (3 + 3));
    forecast_build(past, COUNT(past), MONDAY + 22 * HOUR_MS + HOUR_MS / 2, &forecast);
    assert_int_equal(forecast.hour[2].cars_milli, 500);
}

static void a_default_is_what_most_do(void **state)
{
    struct forecast_past past[] = {
        session(-7, 8, 4, 8000),   session(-6, 9, 5, 9000), session(-5, 8, 6, 10000),
        session(-3, 8, 90, 60000), session(-2, 8, 1, 1000), /* a Saturday */
        session(-4, 12, 1, 2000),                           /* another hour */
    };
    int32_t stay_s = 0, energy_wh = 0;
    (void)state;
    assert_false(forecast_default(past, COUNT(past), MONDAY + 3 * HOUR_MS, &stay_s, &energy_wh));
    assert_true(forecast_default(past, COUNT(past), MONDAY + 8 * HOUR_MS, &stay_s, &energy_wh));
    assert_int_equal(stay_s, 5 * 3600);
    assert_int_equal(energy_wh, 9000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_days_before_nothing_is_expected),
        cmocka_unit_test(days_of_the_same_name_count_threefold),
        cmocka_unit_test(hours_after_midnight_are_those_of_the_next_day),
        cmocka_unit_test(a_default_is_what_most_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
