#include "test.h"

static void decimals_are_read_exactly_and_rounded_once(void **state)
{
    static const struct {
        struct str text;
        int scale;
        bool good;
        int64_t value;
    } cases[] = {
        { STR_INIT("0"), 3, true, 0 },
        { STR_INIT("1.5"), 3, true, 1500 },
        { STR_INIT("-1.5"), 3, true, -1500 },
        { STR_INIT("+7"), 0, true, 7 },
        { STR_INIT("1e3"), 0, true, 1000 },
        { STR_INIT("1E-3"), 3, true, 1 },
        { STR_INIT("0.0005"), 3, true, 1 },
        { STR_INIT("0.00049"), 3, true, 0 },
        { STR_INIT("-0.0005"), 3, true, -1 },
        { STR_INIT("123456789.123456"), 3, true, 123456789123 },
        { STR_INIT("0.30000000000000000001"), 3, true, 300 },
        { STR_INIT("9223372036854775807"), 0, true, INT64_MAX },
        { STR_INIT("9223372036854775808"), 0, false, 0 },
        { STR_INIT("9223372036854775807.4"), 0, true, INT64_MAX },
        { STR_INIT("9223372036854775807.5"), 0, false, 0 },
        { STR_INIT("123456789012345678901234567890123456789012e-30"), 0, true, 123456789012 },
        { STR_INIT("922337203685477580"), 0, true, 922337203685477580 },
        { STR_INIT("1e400"), 0, false, 0 },
        { STR_INIT("0e400"), 0, true, 0 },
        { STR_INIT("1e-400"), 3, true, 0 },
        { STR_INIT(""), 0, false, 0 },
        { STR_INIT("-"), 0, false, 0 },
        { STR_INIT("."), 0, false, 0 },
        { STR_INIT("1,5"), 3, false, 0 },
        { STR_INIT("1.5 "), 3, false, 0 },
        { STR_INIT("NaN"), 3, false, 0 },
        { STR_INIT("1e"), 3, false, 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 0;
        bool good = str_to_decimal(cases[i].text, cases[i].scale, &value);
        print_message("# %.*s\n", STR_ARGS(cases[i].text));
        assert_int_equal(good, cases[i].good);
        if (good)
            assert_int_equal(value, cases[i].value);
    }
}

static void integers_end_at_their_range(void **state)
{
    char zeros[STR_NUMBER_MAX + 1];
    int64_t value = 5;
    (void)state;
    assert_true(str_to_i64(STR("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_false(str_to_i64(STR("9223372036854775808"), &value));
    assert_false(str_to_i64(STR("-9223372036854775809"), &value));
    assert_false(str_to_i64(STR(""), &value));
    assert_false(str_to_i64(STR("-"), &value));
    assert_false(str_to_i64(STR("1 "), &value));
    memset(zeros, '0', sizeof zeros);
    zeros[sizeof zeros - 1] = '1';
    assert_true(str_to_i64((struct str){ zeros + 1, STR_NUMBER_MAX }, &value));
    assert_int_equal(value, 1);
    assert_false(str_to_i64((struct str){ zeros, sizeof zeros }, &value));
    assert_false(str_to_decimal((struct str){ zeros, sizeof zeros }, 0, &value));
}

static void utf8_takes_what_rfc_3629_allows(void **state)
{
    static const struct {
        struct str text;
        bool good;
        uint32_t points;
    } cases[] = {
        { STR_INIT(""), true, 0 },
        { STR_INIT("voltd voltd voltd"), true, 17 },
        { STR_INIT("K\xc3\xbcndigung"), true, 9 },
        { STR_INIT("\xe2\x82\xac"), true, 1 },
        { STR_INIT("\xf0\x9f\x94\x8c"), true, 1 },
        { STR_INIT("\xf4\x8f\xbf\xbf"), true, 1 },
        { STR_INIT("\xf4\x90\x80\x80"), false, 0 }, /* above U+10FFFF */
        { STR_INIT("\xed\xa0\x80"), false, 0 },     /* surrogate */
        { STR_INIT("\xc0\x80"), false, 0 },         /* overlong NUL */
        { STR_INIT("\xe0\x80\xaf"), false, 0 },     /* overlong slash */
        { STR_INIT("\x80"), false, 0 },
        { STR_INIT("abcdefgh\xff"), false, 0 },
        { STR_INIT("\xe2\x82"), false, 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(utf8_valid(cases[i].text), cases[i].good);
        if (cases[i].good)
            assert_int_equal(utf8_length(cases[i].text), cases[i].points);
    }
}

static void cutting_gives_every_part(void **state)
{
    struct str rest = STR("a,,b,"), part;
    (void)state;
    assert_true(str_cut(&rest, ',', &part));
    assert_str_equal(part, STR("a"));
    assert_true(str_cut(&rest, ',', &part));
    assert_str_equal(part, STR(""));
    assert_true(str_cut(&rest, ',', &part));
    assert_str_equal(part, STR("b"));
    assert_true(str_cut(&rest, ',', &part));
    assert_str_equal(part, STR(""));
    assert_false(str_cut(&rest, ',', &part));
}

static void a_word_of_a_list_is_a_whole_word(void **state)
{
    (void)state;
    assert_true(str_has_word(STR("from to limit"), STR("to")));
    assert_true(str_has_word(STR("from to limit"), STR("limit")));
    assert_false(str_has_word(STR("from to limit"), STR("lim")));
    assert_false(str_has_word(STR("from to limit"), STR("from to")));
    assert_false(str_has_word(STR(""), STR("")));
}

static void comparing_without_case_touches_only_letters(void **state)
{
    (void)state;
    assert_true(str_equal_nocase(STR("AbC-1"), STR("aBc-1")));
    assert_false(str_equal_nocase(STR("[]"), STR("{}")));
    assert_true(str_hash_nocase(STR("DEADBEEF")) == str_hash_nocase(STR("deadBEEF")));
    assert_true(str_contains_nocase(STR("Garage West"), STR("west")));
    assert_false(str_contains_nocase(STR("Garage"), STR("garages")));
}

static void numbers_are_written_plainly(void **state)
{
    static const struct {
        int64_t value;
        int scale;
        struct str text;
    } cases[] = {
        { 0, 3, STR_INIT("0") },
        { 1500, 3, STR_INIT("1.5") },
        { -7, 3, STR_INIT("-0.007") },
        { 1000, 3, STR_INIT("1") },
        { 1, 0, STR_INIT("1") },
        { -1500, 2, STR_INIT("-15") },
        { INT64_MIN, 0, STR_INIT("-9223372036854775808") },
        { INT64_MIN, 3, STR_INIT("-9223372036854775.808") },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char memory[32];
        struct buf buf;
        buf_init(&buf, memory, sizeof memory);
        if (cases[i].scale)
            buf_put_decimal(&buf, cases[i].value, cases[i].scale);
        else
            buf_put_i64(&buf, cases[i].value);
        assert_false(buf.overflow);
        assert_str_equal(buf_str(&buf), cases[i].text);
    }
}

static void a_full_buf_stays_full(void **state)
{
    char memory[4];
    struct buf buf;
    (void)state;
    buf_init(&buf, memory, sizeof memory);
    buf_put(&buf, STR("abcde"));
    assert_true(buf.overflow);
    buf_put(&buf, STR("a"));
    assert_true(buf.overflow);
    assert_int_equal(buf.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_read_exactly_and_rounded_once),
        cmocka_unit_test(integers_end_at_their_range),
        cmocka_unit_test(utf8_takes_what_rfc_3629_allows),
        cmocka_unit_test(cutting_gives_every_part),
        cmocka_unit_test(a_word_of_a_list_is_a_whole_word),
        cmocka_unit_test(comparing_without_case_touches_only_letters),
        cmocka_unit_test(numbers_are_written_plainly),
        cmocka_unit_test(a_full_buf_stays_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
