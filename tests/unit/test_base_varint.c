#include "test.h"

#include "base/varint.h"

static void numbers_that_are_cut_or_too_long_change_nothing(void **state)
{
    static const struct {
        const char *name;
        struct str bytes;
    } cases[] = {
        { "nothing", STR_INIT("") },
        { "more to come", STR_INIT("\x80") },
        { "nine bytes and more to come", STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff") },
        { "65 bits", STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02") },
        { "eleven bytes", STR_INIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01") },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str bytes = cases[i].bytes, text = STR("as before");
        uint64_t number = 7;
        int64_t signed_number = 7;
        print_message("# %s\n", cases[i].name);
        assert_false(varint_take_unsigned(&bytes, &number));
        assert_false(varint_take(&bytes, &signed_number));
        assert_false(varint_take_text(&bytes, &text));
        assert_true(number == 7 && signed_number == 7 && str_equal(text, STR("as before")));
        assert_true(str_equal(bytes, cases[i].bytes));
    }
}

static void numbers_come_back_in_the_bytes_they_are_said_to_need(void **state)
{
    static const int64_t numbers[] = { 0,         1,         -1,        63,
                                       64,        -64,       -65,       INT32_MAX,
                                       INT32_MIN, INT64_MAX, INT64_MIN, INT64_MAX - 1 };
    char memory[32];

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct buf out;
        struct str bytes;
        int64_t number;
        buf_init(&out, memory, sizeof memory);
        varint_put(&out, numbers[i]);
        bytes = buf_str(&out);
        assert_int_equal(bytes.len, varint_len(zigzag(numbers[i])));
        assert_true(bytes.len <= VARINT_BYTES_MAX);
        assert_true(varint_take(&bytes, &number));
        assert_true(number == numbers[i] && bytes.len == 0);
    }
    assert_int_equal(varint_len(UINT64_MAX), VARINT_BYTES_MAX);
}

static void texts_longer_than_what_is_there_change_nothing(void **state)
{
    struct str bytes = STR("\x08"
                           "abc"),
               text = STR_NONE; /* four bytes are said */
    char memory[8];
    struct buf out;

    (void)state;
    assert_false(varint_take_text(&bytes, &text));
    assert_int_equal(bytes.len, 4);
    bytes = STR("\x01"); /* -1 bytes */
    assert_false(varint_take_text(&bytes, &text));
    buf_init(&out, memory, sizeof memory);
    varint_put_text(&out, STR("abc"));
    bytes = buf_str(&out);
    assert_true(varint_take_text(&bytes, &text));
    assert_true(str_equal(text, STR("abc")) && bytes.len == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_that_are_cut_or_too_long_change_nothing),
        cmocka_unit_test(numbers_come_back_in_the_bytes_they_are_said_to_need),
        cmocka_unit_test(texts_longer_than_what_is_there_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
