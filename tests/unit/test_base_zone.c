#include "test.h"

#include "base/time.h"
#include "base/zone.h"

static utc_ms moment(const char *text)
{
    enum time_flaw flaw;
    utc_ms at = 0;

    assert_true(time_parse(str_of(text), &at, &flaw));
    return at;
}

static void offsets_are_those_of_the_zone(void **state)
{
    static const struct {
        struct str zone;
        const char *at;
        int minutes;
    } cases[] = {
        { STR_INIT("UTC"), "2026-07-01T00:00:00Z", 0 },
        { STR_INIT("Europe/Berlin"), "2026-03-29T00:59:59Z", 60 },
        { STR_INIT("Europe/Berlin"), "2026-03-29T01:00:00Z", 120 },
        { STR_INIT("Europe/Berlin"), "2026-10-25T00:59:59Z", 120 },
        { STR_INIT("Europe/Berlin"), "2026-10-25T01:00:00Z", 60 },
        { STR_INIT("America/Los_Angeles"), "2019-03-10T09:59:59Z", -480 },
        { STR_INIT("America/Los_Angeles"), "2019-03-10T10:00:00Z", -420 },
        { STR_INIT("America/Los_Angeles"), "2019-11-03T08:59:59Z", -420 },
        { STR_INIT("America/Los_Angeles"), "2019-11-03T09:00:00Z", -480 },
        { STR_INIT("Australia/Lord_Howe"), "2026-01-01T00:00:00Z", 660 },
        { STR_INIT("Australia/Lord_Howe"), "2026-06-01T00:00:00Z", 630 },
        { STR_INIT("Europe/Dublin"), "2026-01-10T00:00:00Z", 0 },
        { STR_INIT("Europe/Dublin"), "2026-07-10T00:00:00Z", 60 },
        { STR_INIT("Asia/Kolkata"), "2026-01-10T00:00:00Z", 330 },
        { STR_INIT("America/Nuuk"), "2026-03-29T00:59:59Z", -120 },
        { STR_INIT("America/Nuuk"), "2026-03-29T01:00:00Z", -60 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct zone *zone = zone_find(cases[i].zone);
        print_message("# %s %s\n", cases[i].zone.ptr, cases[i].at);
        assert_non_null(zone);
        assert_int_equal(zone_offset_ms(zone, moment(cases[i].at)), cases[i].minutes * 60000);
    }
}

static void names_that_are_no_zone_are_not_found(void **state)
{
    static const char *const cases[] = { "",     "Europe",        "Europe/Berli", "Europe/Berlinn",
                                         "CEST", "../etc/passwd", "europe/berlin" };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_null(zone_find(str_of(cases[i])));
}

static void the_wall_clock_knows_its_day(void **state)
{
    const struct zone *berlin = zone_find(STR("Europe/Berlin"));
    struct wall wall = zone_wall(berlin, moment("2026-11-29T23:30:00Z"));
    (void)state;
    assert_int_equal(wall.weekday, 0); /* Monday, half an hour after midnight */
    assert_int_equal(wall.month, 11);
    assert_int_equal(wall.ms, 30 * 60000);
    assert_int_equal(wall.day, time_days(2026, 11, 30));
}

static void a_wall_time_has_one_moment(void **state)
{
    static const struct {
        const char *name;
        int month, day, minute;
        const char *at;
    } cases[] = {
        { "winter", 1, 15, 60, "2026-01-15T00:00:00Z" },
        { "summer", 7, 15, 60, "2026-07-14T23:00:00Z" },
        { "before the gap", 3, 29, 119, "2026-03-29T00:59:00Z" },
        { "in the gap", 3, 29, 150, "2026-03-29T01:30:00Z" },
        { "behind the gap", 3, 29, 180, "2026-03-29T01:00:00Z" },
        { "the hour that comes twice", 10, 25, 150, "2026-10-25T00:30:00Z" },
        { "behind it", 10, 25, 180, "2026-10-25T02:00:00Z" },
    };
    const struct zone *berlin = zone_find(STR("Europe/Berlin"));
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t day = time_days(2026, cases[i].month, cases[i].day);
        print_message("# %s\n", cases[i].name);
        assert_int_equal(zone_moment(berlin, (int32_t)day, cases[i].minute * 60000),
                         moment(cases[i].at));
    }
}

static void changes_come_one_after_the_other(void **state)
{
    const struct zone *berlin = zone_find(STR("Europe/Berlin"));
    utc_ms at = moment("2026-01-01T00:00:00Z");
    (void)state;
    assert_int_equal(at = zone_next_change(berlin, at), moment("2026-03-29T01:00:00Z"));
    assert_int_equal(at = zone_next_change(berlin, at), moment("2026-10-25T01:00:00Z"));
    assert_int_equal(zone_next_change(berlin, at), moment("2027-03-28T01:00:00Z"));
    assert_int_equal(zone_next_change(zone_find(STR("UTC")), at), UTC_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_zone),
        cmocka_unit_test(names_that_are_no_zone_are_not_found),
        cmocka_unit_test(the_wall_clock_knows_its_day),
        cmocka_unit_test(a_wall_time_has_one_moment),
        cmocka_unit_test(changes_come_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
