#include "test.h"

#include "base/time.h"

static void moments_are_read_as_stations_send_them(void **state)
{
    static const struct {
        struct str text;
        bool good;
        enum time_flaw flaw;
        utc_ms at;
    } cases[] = {
        { STR_INIT("1970-01-01T00:00:00Z"), true, TIME_EXACT, 0 },
        { STR_INIT("2026-11-24T01:48:08.123Z"), true, TIME_EXACT, 1795484888123 },
        { STR_INIT("2026-11-24T01:48:08.123456789012Z"), true, TIME_EXACT, 1795484888123 },
        { STR_INIT("2026-11-24T02:48:08+01:00"), true, TIME_EXACT, 1795484888000 },
        { STR_INIT("2026-11-24T15:48:08+14:00"), true, TIME_EXACT, 1795484888000 },
        { STR_INIT("2024-02-29T00:00:00Z"), true, TIME_EXACT, 1709164800000 },
        { STR_INIT("2038-01-19T03:14:08Z"), true, TIME_EXACT, 2147483648000 },
        { STR_INIT("1969-12-31T23:59:59.999Z"), true, TIME_EXACT, -1 },
        { STR_INIT("9999-12-31T23:59:59.999Z"), true, TIME_EXACT, 253402300799999 },
        { STR_INIT("0001-01-01T00:00:00Z"), true, TIME_EXACT, -62135596800000 },
        { STR_INIT("2023-10-19T15:28:07"), true, TIME_NO_ZONE, 1697729287000 },
        { STR_INIT("2023-10-19T15:28:07+02"), true, TIME_LOOSE, 1697722087000 },
        { STR_INIT("2023-10-19T15:28:07+0200"), true, TIME_LOOSE, 1697722087000 },
        { STR_INIT("2023-10-19 15:28:07Z"), true, TIME_LOOSE, 1697729287000 },
        { STR_INIT("2016-12-31T23:59:60Z"), true, TIME_LOOSE, 1483228800000 },
        { STR_INIT("2016-12-31T24:00:00Z"), true, TIME_LOOSE, 1483228800000 },
        { STR_INIT("222222017-10-27T19:10:11Z"), false, 0, 0 },
        { STR_INIT("1000000"), false, 0, 0 },
        { STR_INIT("0000-01-01T00:00:00Z"), false, 0, 0 },
        { STR_INIT("0001-01-01T00:00:00+01:00"), false, 0, 0 },
        { STR_INIT("2023-02-29T00:00:00Z"), false, 0, 0 },
        { STR_INIT("2023-13-01T00:00:00Z"), false, 0, 0 },
        { STR_INIT("2023-01-01T25:00:00Z"), false, 0, 0 },
        { STR_INIT("2023-01-01T00:60:00Z"), false, 0, 0 },
        { STR_INIT("2023-01-01T00:00:00.Z"), false, 0, 0 },
        { STR_INIT("2023-01-01T00:00:00Zulu"), false, 0, 0 },
        { STR_INIT("2023-01--1T00:00:00Z"), false, 0, 0 },
        { STR_INIT("2023-01-01T-1:00:00Z"), false, 0, 0 },
        { STR_INIT(""), false, 0, 0 },
        { STR_INIT("2023-01-01"), false, 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        utc_ms at = 0;
        enum time_flaw flaw = TIME_EXACT;
        print_message("# %.*s\n", STR_ARGS(cases[i].text));
        assert_int_equal(time_parse(cases[i].text, &at, &flaw), cases[i].good);
        if (cases[i].good) {
            assert_true(at == cases[i].at);
            assert_int_equal(flaw, cases[i].flaw);
        }
    }
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (utc_ms at = -62135596800000; at < 253402300799999; at += 86399999 * INT64_C(37) + 1) {
        char text[TIME_TEXT_LEN];
        utc_ms back;
        enum time_flaw flaw;
        time_format(at, text);
        assert_true(time_parse((struct str){ text, TIME_TEXT_LEN }, &back, &flaw));
        assert_true(back == at);
        assert_int_equal(flaw, TIME_EXACT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_read_as_stations_send_them),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
