#include "test.h"

#include "api/sheet.h"

static void numbers_that_can_be_read_in_one_way_are_taken(void **state)
{
    static const struct {
        const char *cell, *number;
        char separator, sign;
        enum sheet_flaw flaw;
    } cases[] = {
        { "x", "x", ';', 0, SHEET_FINE }, /* what it is not, the reader of numbers says */
        { "1.2.3", "1.2.3", ';', 0, SHEET_NO_NUMBER },
        { "1,2,3", "1,2,3", ';', 0, SHEET_NO_NUMBER },
        { "12.31,5", "12.31,5", ';', 0, SHEET_NO_NUMBER },
        { "1.231,5.5", "1.231,5.5", ';', 0, SHEET_NO_NUMBER },
        { "1,234", "1,234", ',', 0, SHEET_TWO_WAYS },
        { "-123,456", "-123,456", ',', 0, SHEET_TWO_WAYS },
        { "1,234", "1.234", ',', ',', SHEET_FINE },
        { "1,234", "1.234", ';', 0, SHEET_FINE },
        { "0,234", "0.234", ',', 0, SHEET_FINE },
        { "1234,567", "1234.567", ',', 0, SHEET_FINE },
        { "31,2", "31.2", ',', 0, SHEET_FINE },
        { "31,2", "31,2", ';', '.', SHEET_OTHER_SIGN },
        { "31.2", "31.2", ';', ',', SHEET_OTHER_SIGN },
        { "1.234", "1.234", ';', ',', SHEET_OTHER_SIGN },
        { "31", "31", ';', ',', SHEET_FINE },
        { "-5,5", "-5.5", ';', 0, SHEET_FINE },
        { "1.231,55", "1231.55", ';', 0, SHEET_FINE },
        { "1,231.55", "1231.55", ',', 0, SHEET_FINE },
        { "1.231.231,55", "1231231.55", ';', ',', SHEET_FINE },
        { "", "", ';', 0, SHEET_FINE },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sheet sheet = { .separator = cases[i].separator, .sign = cases[i].sign };
        char text[SHEET_NUMBER_MAX];
        struct str number;
        print_message("# %s\n", cases[i].cell);
        assert_int_equal(sheet_number(&sheet, str_of(cases[i].cell), text, &number), cases[i].flaw);
        assert_str_equal(number, str_of(cases[i].number));
    }
}

static void a_file_keeps_the_sign_that_it_began_with(void **state)
{
    struct sheet sheet = { .separator = ';' };
    char text[SHEET_NUMBER_MAX];
    struct str number;
    (void)state;
    assert_int_equal(sheet_number(&sheet, STR("30"), text, &number), SHEET_FINE);
    assert_int_equal(sheet_number(&sheet, STR("31,2"), text, &number), SHEET_FINE);
    assert_int_equal(sheet_number(&sheet, STR("31.2"), text, &number), SHEET_OTHER_SIGN);
}

static void moments_of_other_countries_are_read_unless_they_may_be_two_days(void **state)
{
    static const struct {
        const char *cell, *moment;
        enum sheet_flaw flaw;
    } cases[] = {
        { "03/04/2026 14:00", "03/04/2026 14:00", SHEET_SLASHES },
        { "28/11/2026 14:00", "28/11/2026 14:00", SHEET_SLASHES },
        { "28.11.26 14:00", "28.11.26 14:00", SHEET_FINE }, /* a year of two digits: no moment */
        { "28.11.2026", "28.11.2026", SHEET_FINE },
        { "28.11.20261 14:00", "28.11.20261 14:00", SHEET_FINE },
        { "28.11.2026 14:00", "2026-11-28 14:00", SHEET_FINE },
        { "1.6.2026, 0:15", "2026-06-01 00:15", SHEET_FINE },
        { "28.11.2026T14:00:00+01:00", "2026-11-28 14:00:00+01:00", SHEET_FINE },
        { "2026/11/28 14:00", "2026-11-28 14:00", SHEET_FINE },
        { "2026-11-28T14:00Z", "2026-11-28T14:00Z", SHEET_FINE },
        { "", "", SHEET_FINE },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[SHEET_MOMENT_MAX];
        struct str moment;
        print_message("# %s\n", cases[i].cell);
        assert_int_equal(sheet_moment(str_of(cases[i].cell), text, &moment), cases[i].flaw);
        assert_str_equal(moment, str_of(cases[i].moment));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_that_can_be_read_in_one_way_are_taken),
        cmocka_unit_test(a_file_keeps_the_sign_that_it_began_with),
        cmocka_unit_test(moments_of_other_countries_are_read_unless_they_may_be_two_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
