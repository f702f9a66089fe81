#include "test.h"

#include "energy/need.h"

#define MINUTE_MS INT64_C(60000)
#define NOW       INT64_C(1000000000)

static struct site_evse car(int64_t need_wh, utc_ms departs_at, int32_t max_da)
{
    return (
        struct site_evse){ .leaf = { .wires = WIRE_BIT(WIRE_L1), .wires_live = 1, .volts = 230 },
                           .need_wh = need_wh,
                           .departs_at = departs_at,
                           .max_da = max_da };
}

static void a_duration_is_rounded_up(void **state)
{
    static const struct {
        const char *name;
        uint8_t live;
        int64_t need_wh;
        int32_t da;
        int64_t ms;
    } cases[] = {
        { "nothing is missing", 1, 0, 160, 0 },
        { "less than nothing", 1, -5, 160, 0 },
        { "no current", 1, 1000, 0, INT64_MAX },
        { "a negative current", 1, 1000, -10, INT64_MAX },
        { "an hour", 1, 3680, 160, 60 * MINUTE_MS },
        { "three phases", 3, 11040, 160, 60 * MINUTE_MS },
        { "a bit more", 1, 3681, 160, 60 * MINUTE_MS + 979 },
        { "a need that is no car's", 1, INT64_MAX, 1, INT64_C(15652173913044) },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree_leaf leaf = { 0, WIRE_BIT(WIRE_L1), cases[i].live, 230 };
        print_message("# %s\n", cases[i].name);
        assert_int_equal(need_duration_ms(&leaf, cases[i].need_wh, cases[i].da), cases[i].ms);
    }
}

static void laxity_is_time_beyond_the_need(void **state)
{
    static const struct {
        const char *name;
        int64_t need_wh;
        utc_ms departs_at;
        int32_t max_da;
        int64_t laxity_ms;
    } cases[] = {
        { "no need", -1, NOW + 60 * MINUTE_MS, 160, INT64_MAX },
        { "need met", 0, NOW + 60 * MINUTE_MS, 160, INT64_MAX },
        { "no departure", 3680, UTC_NEVER, 160, INT64_MAX },
        { "departure not given", 3680, UTC_UNKNOWN, 160, INT64_MAX },
        { "cannot charge", 3680, NOW + 60 * MINUTE_MS, 0, INT64_MAX },
        { "just in time", 3680, NOW + 60 * MINUTE_MS, 160, 0 },
        { "an hour over", 3680, NOW + 120 * MINUTE_MS, 160, 60 * MINUTE_MS },
        { "too late", 3680, NOW + 30 * MINUTE_MS, 160, -30 * MINUTE_MS },
        { "should be gone", 3680, NOW - 30 * MINUTE_MS, 160, -60 * MINUTE_MS },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct site_evse evse = car(cases[i].need_wh, cases[i].departs_at, cases[i].max_da);
        print_message("# %s\n", cases[i].name);
        assert_int_equal(need_laxity_ms(&evse, NOW), cases[i].laxity_ms);
    }
}

static void the_last_bit_needs_less(void **state)
{
    static const struct {
        const char *name;
        int64_t need_wh;
        int32_t max_da, most_da;
    } cases[] = {
        { "a maximum below nothing", 1000, -5, 0 },
        { "not known", -1, 160, 160 },
        { "nothing", 0, 160, 0 },
        { "much", 50000, 160, 160 },
        { "more than there is", INT64_MAX, 160, 160 },
        { "a last 100 Wh in five minutes", 100, 160, 53 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct site_evse evse = car(cases[i].need_wh, UTC_NEVER, cases[i].max_da);
        print_message("# %s\n", cases[i].name);
        assert_int_equal(need_most_da(&evse, 5 * (int32_t)MINUTE_MS), cases[i].most_da);
        assert_int_equal(need_car(&evse, 0, 40, NOW, 5 * (int32_t)MINUTE_MS).most_da,
                         cases[i].most_da < 40 ? cases[i].most_da : 40);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_is_rounded_up),
        cmocka_unit_test(laxity_is_time_beyond_the_need),
        cmocka_unit_test(the_last_bit_needs_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
