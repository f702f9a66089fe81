#include "test.h"

#include "energy/usual.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)
#define MONDAY  (INT64_C(18001) * DAY_MS) /* 2019-04-15 */

static struct usual_past session(int64_t day, int64_t hour, int32_t stay_h, int32_t energy_wh)
{
    return (struct usual_past){ MONDAY + day * DAY_MS + hour * HOUR_MS, stay_h * 3600, energy_wh };
}

static void without_days_before_nothing_is_usual(void **state)
{
    struct usual_past past[] = {
        session(0, 8, 4, 9000),   /* today */
        session(1, 8, 4, 9000),   /* tomorrow */
        session(-80, 8, 4, 9000), /* too long ago */
        session(-7, 8, 0, 9000),  /* no stay */
        session(-7, 8, 4, -9000), /* no energy */
    };
    int32_t stay_s, energy_wh;
    (void)state;
    assert_false(usual_stay(NULL, 0, MONDAY, &stay_s, &energy_wh));
    assert_false(usual_stay(past, COUNT(past), MONDAY + 8 * HOUR_MS, &stay_s, &energy_wh));
}

/* Habits change: what is older than the newest 64 does not count. */
static void the_newest_ones_count(void **state)
{
    struct usual_past past[64 + 200];
    int32_t stay_s, energy_wh;
    (void)state;
    for (uint32_t i = 0; i < COUNT(past); i++)
        past[i] = i < 64 ? session(-3, 8, 2, 5000) : session(-10, 8, 9, 40000);
    assert_true(usual_stay(past, COUNT(past), MONDAY + 8 * HOUR_MS, &stay_s, &energy_wh));
    assert_int_equal(stay_s, 2 * 3600);
    assert_int_equal(energy_wh, 5000);
}

static void usual_is_what_most_do(void **state)
{
    struct usual_past past[] = {
        session(-7, 8, 4, 8000),   session(-6, 9, 5, 9000), session(-5, 8, 6, 10000),
        session(-3, 8, 90, 60000), session(-2, 8, 1, 1000), /* a Saturday */
        session(-4, 12, 1, 2000),                           /* another hour */
    };
    int32_t stay_s = 0, energy_wh = 0;
    (void)state;
    assert_false(usual_stay(past, COUNT(past), MONDAY + 3 * HOUR_MS, &stay_s, &energy_wh));
    assert_true(usual_stay(past, COUNT(past), MONDAY + 8 * HOUR_MS, &stay_s, &energy_wh));
    assert_int_equal(stay_s, 5 * 3600);
    assert_int_equal(energy_wh, 9000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_days_before_nothing_is_usual),
        cmocka_unit_test(the_newest_ones_count),
        cmocka_unit_test(usual_is_what_most_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
