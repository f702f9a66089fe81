#include "test_arena.h"

#include "json/cursor.h"

static void arrays_are_split_without_copies(void **state)
{
    static const struct {
        struct str text;
        enum err err;
        uint32_t count;
        struct str last;
    } cases[] = {
        { STR_INIT(""), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("{}"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("2"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("["), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[2"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[2,"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[2,]"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[,2]"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[2 3]"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[2}"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[2]]"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[2] x"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[[}]"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[{\"a\":1,}]"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[{1:2}]"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[\"\x01\"]"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[nul]"), ERR_BAD_FORMAT, 0, STR_INIT("") },
        { STR_INIT("[1,2,3,4,5]"), ERR_BAD_OCCURRENCE, 0, STR_INIT("") },
        { STR_INIT("[]"), ERR_NONE, 0, STR_INIT("") },
        { STR_INIT(" [ ] "), ERR_NONE, 0, STR_INIT("") },
        { STR_INIT("[2,\"id\",\"A\", {\"a\":[1,{}]} ]\n"), ERR_NONE, 4,
          STR_INIT("{\"a\":[1,{}]}") },
        { STR_INIT("[ [[],{}] , -1.5e+3 ]"), ERR_NONE, 2, STR_INIT("-1.5e+3") },
        { STR_INIT("[\"\\u00e4\\\"]\"]"), ERR_NONE, 1, STR_INIT("\"\\u00e4\\\"]\"") },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str spans[4];
        uint32_t count = 0;

        print_message("# %.*s\n", STR_ARGS(cases[i].text));
        assert_int_equal(json_array_spans(cases[i].text, spans, COUNT(spans), &count),
                         cases[i].err);
        assert_int_equal(count, cases[i].count);
        if (count)
            assert_str_equal(spans[count - 1], cases[i].last);
    }
}

static void the_rest_of_a_frame_is_left_unread(void **state)
{
    static const struct {
        struct str text;
        enum err err;
        struct str rest;
    } cases[] = {
        { STR_INIT("[2"), ERR_BAD_FORMAT, STR_INIT("") },
        { STR_INIT("[2]"), ERR_BAD_FORMAT, STR_INIT("") },
        { STR_INIT("[2,]"), ERR_BAD_FORMAT, STR_INIT("") },
        { STR_INIT("[2,{}"), ERR_BAD_FORMAT, STR_INIT("") },
        { STR_INIT("[2,{\"a\":]}] "), ERR_NONE, STR_INIT("{\"a\":]}") },
        { STR_INIT("[2, {} , 3 ]"), ERR_NONE, STR_INIT("{} , 3") },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_items items;
        struct str first, rest;

        print_message("# %.*s\n", STR_ARGS(cases[i].text));
        assert_true(json_items_open(&items, cases[i].text));
        assert_int_equal(json_items_next(&items, &first), ERR_NONE);
        assert_str_equal(first, STR("2"));
        assert_int_equal(json_items_rest(&items, &rest), cases[i].err);
        if (cases[i].err == ERR_NONE)
            assert_str_equal(rest, cases[i].rest);
    }
}

static void members_are_found(void **state)
{
    static const struct str text = STR_INIT("{\"a\":{\"b\":1}, \"b\" : [2] ,\"\":null}");
    struct str value;

    (void)state;
    assert_int_equal(json_member(text, STR("a"), &value), ERR_NONE);
    assert_str_equal(value, STR("{\"b\":1}"));
    assert_int_equal(json_member(text, STR("b"), &value), ERR_NONE);
    assert_str_equal(value, STR("[2]"));
    assert_int_equal(json_member(text, STR(""), &value), ERR_NONE);
    assert_int_equal(json_member(text, STR("c"), &value), ERR_NOT_FOUND);
    assert_int_equal(json_member(STR("{\"a\"}"), STR("c"), &value), ERR_BAD_FORMAT);
    assert_int_equal(json_member(STR("{\"a\":1"), STR("c"), &value), ERR_BAD_FORMAT);
    assert_int_equal(json_member(STR("[]"), STR("c"), &value), ERR_BAD_FORMAT);
    assert_int_equal(json_member(STR("{}"), STR("c"), &value), ERR_NOT_FOUND);
}

static void values_are_converted_whole(void **state)
{
    static const struct {
        struct str value;
        bool good;
        int64_t number;
    } numbers[] = {
        { STR_INIT("2"), true, 2 },      { STR_INIT("2.0"), true, 2 },
        { STR_INIT("2e1"), true, 20 },   { STR_INIT("20e-1"), true, 2 },
        { STR_INIT("-0"), true, 0 },     { STR_INIT("0e99999999999"), true, 0 },
        { STR_INIT("2.5"), false, 0 },   { STR_INIT("25e-1"), false, 0 },
        { STR_INIT("\"2\""), false, 0 }, { STR_INIT("1e99999999999"), false, 0 },
        { STR_INIT("true"), false, 0 },  { STR_INIT("1e-99999999999"), false, 0 },
        { STR_INIT("1e400"), false, 0 }, { STR_INIT("9223372036854775808"), false, 0 },
        { STR_INIT(""), false, 0 },      { STR_INIT("2 "), false, 0 },
    };
    struct str text;

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        int64_t number = 0;
        print_message("# %.*s\n", STR_ARGS(numbers[i].value));
        assert_int_equal(json_value_i64(numbers[i].value, &number), numbers[i].good);
        assert_true(number == numbers[i].number);
    }
    assert_true(json_value_str(STR("\"a\\u20ac\\ud83d\\ude97\\/\""), &arena, &text));
    assert_str_equal(text, STR("a\xe2\x82\xac\xf0\x9f\x9a\x97/"));
    assert_false(json_value_str(STR("\"a\\u0000\""), &arena, &text));
    assert_false(json_value_str(STR("\"\\ud83d\""), &arena, &text));
    assert_false(json_value_str(STR("\"a"), &arena, &text));
    assert_false(json_value_str(STR("2"), &arena, &text));
    assert_true(json_value_str(STR("\"\\ufffd\""), &arena, &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(arrays_are_split_without_copies),
        ARENA_TEST(the_rest_of_a_frame_is_left_unread),
        ARENA_TEST(members_are_found),
        ARENA_TEST(values_are_converted_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
