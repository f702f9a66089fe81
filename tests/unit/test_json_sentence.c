#include "test.h"

#include "json/sentence.h"

static void arguments_stand_in_their_places(void **state)
{
    static const struct {
        const char *pattern;
        struct str text;
    } cases[] = {
        { "", STR_INIT("") },
        { "Nothing to fill.", STR_INIT("Nothing to fill.") },
        { "The id {id} is there.", STR_INIT("The id a{b is there.") },
        { "{limit_a} A, {id}{n}", STR_INIT("6.5 A, a{b3") },
        { "{unknown} and {id", STR_INIT("{unknown} and {id") },
        { "{{n}}", STR_INIT("{3}") },
        { "}{", STR_INIT("}{") },
    };
    const struct sentence_arg *args =
        ARGS(ARG_STR("id", STR("a{b")), ARG_INT("n", 3), ARG_DA("limit_a", 65));
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sentence sentence;
        struct arena arena;

        print_message("# %s\n", cases[i].pattern);
        arena_init(&arena, NULL, 0);
        sentence = SENTENCE(&arena, "code", cases[i].pattern, args);
        assert_string_equal(sentence.code, "code");
        assert_str_equal(sentence.text, cases[i].text);
        assert_str_equal(sentence.args, STR("{\"id\":\"a{b\",\"n\":3,\"limit_a\":6.5}"));
        arena_reset(&arena);
    }
}

static void without_arguments_there_is_an_empty_object(void **state)
{
    struct sentence sentence;
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    sentence = SENTENCE(&arena, "code", "It {is} so.", NO_ARGS);
    assert_str_equal(sentence.text, STR("It {is} so."));
    assert_str_equal(sentence.args, STR("{}"));
    arena_reset(&arena);
}

static void nothing_is_written_without_a_code(void **state)
{
    struct sentence none = { 0 }, some;
    struct json_writer json;
    char memory[200];
    struct arena arena;
    struct buf buf;
    (void)state;
    arena_init(&arena, NULL, 0);
    some = SENTENCE(&arena, "c", "x", ARGS(ARG_INT("n", -1)));
    buf_init(&buf, memory, sizeof memory);
    json = json_writer(&buf);
    json_object_begin(&json);
    sentence_write_code(&json, &none);
    sentence_write_code(&json, &some);
    json_object_end(&json);
    assert_str_equal(buf_str(&buf), STR("{\"code\":\"c\",\"args\":{\"n\":-1}}"));
    arena_reset(&arena);
}

static void memory_that_is_out_is_seen(void **state)
{
    struct sentence sentence;
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 1);
    sentence = SENTENCE(&arena, "c", "x {n}", ARGS(ARG_INT("n", 1)));
    assert_null(sentence.text.ptr);
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_stand_in_their_places),
        cmocka_unit_test(without_arguments_there_is_an_empty_object),
        cmocka_unit_test(nothing_is_written_without_a_code),
        cmocka_unit_test(memory_that_is_out_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
