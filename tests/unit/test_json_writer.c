#include "test.h"

#include "json/writer.h"

static char memory[4096];

static struct buf fixed(uint32_t cap)
{
    struct buf buf;

    buf_init(&buf, memory, cap);
    return buf;
}

static void text_is_escaped_and_stays_utf8(void **state)
{
    static const struct {
        struct str text, json;
    } cases[] = {
        { STR_INIT("\xff"), STR_INIT("\"\xef\xbf\xbd\"") },
        { STR_INIT("a\xc3"), STR_INIT("\"a\xef\xbf\xbd\"") },
        { STR_INIT("\xed\xa0\x80"), STR_INIT("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") },
        { STR_INIT("\xc0\x80z"), STR_INIT("\"\xef\xbf\xbd\xef\xbf\xbdz\"") },
        { STR_INIT("\0"), STR_INIT("\"\\u0000\"") },
        { STR_INIT("\x1f\x7f"), STR_INIT("\"\\u001f\x7f\"") },
        { STR_INIT("\"\\/\b\f\n\r\t"), STR_INIT("\"\\\"\\\\/\\b\\f\\n\\r\\t\"") },
        { STR_INIT(""), STR_INIT("\"\"") },
        { { NULL, 0 }, STR_INIT("\"\"") },
        { STR_INIT("long enough for the eight\nbytes"),
          STR_INIT("\"long enough for the eight\\nbytes\"") },
        { STR_INIT("K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x9a\x97 nine more bytes"),
          STR_INIT("\"K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x9a\x97 nine more bytes\"") },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf buf = fixed(sizeof memory);
        struct json_writer w = json_writer(&buf);

        json_str(&w, cases[i].text);
        assert_false(buf.overflow);
        assert_str_equal(buf_str(&buf), cases[i].json);
    }
}

static void every_byte_is_escaped_when_it_must_be(void **state)
{
    (void)state;
    for (int c = 0; c < 0x80; c++) {
        for (uint32_t at = 0; at < 9; at++) {
            struct buf buf = fixed(sizeof memory);
            struct json_writer w = json_writer(&buf);
            char text[9] = "aaaaaaaaa";
            bool plain = c >= 0x20 && c != '"' && c != '\\';

            text[at] = (char)c;
            json_str(&w, (struct str){ text, sizeof text });
            assert_int_equal(buf.len == sizeof text + 2, plain);
            assert_int_equal(memory[at + 1] != '\\', plain);
        }
    }
}

static void values_and_commas_fall_in_place(void **state)
{
    struct buf buf = fixed(sizeof memory);
    struct json_writer w = json_writer(&buf);

    (void)state;
    json_array_begin(&w);
    json_object_begin(&w);
    json_object_end(&w);
    json_array_begin(&w);
    json_array_end(&w);
    json_object_begin(&w);
    json_key_str(&w, "a\"", STR("x"));
    json_key_i64(&w, "b", INT64_MIN);
    json_key_decimal(&w, "c", -7, 3);
    json_key_bool(&w, "d", true);
    json_key_null(&w, "e");
    json_key_time(&w, "f", 1795484888123);
    json_key_time(&w, "g", UTC_NEVER);
    json_key_time(&w, "h", UTC_UNKNOWN);
    json_key_raw(&w, "i", STR("[1, 2]"));
    json_key_raw(&w, "j", STR_NONE);
    json_key(&w, "k");
    json_array_begin(&w);
    json_i64(&w, 1);
    json_bool(&w, false);
    json_array_end(&w);
    json_object_end(&w);
    json_i64(&w, 2);
    json_array_end(&w);
    assert_false(buf.overflow);
    assert_str_equal(
        buf_str(&buf),
        STR("[{},[],{\"a\\\"\":\"x\",\"b\":-9223372036854775808,\"c\":-0.007,\"d\":true,"
            "\"e\":null,\"f\":\"2026-11-24T01:48:08.123Z\",\"g\":null,\"h\":null,"
            "\"i\":[1, 2],\"j\":null,\"k\":[1,false]},2]"));
}

static void what_does_not_fit_is_remembered(void **state)
{
    (void)state;
    for (uint32_t cap = 0; cap < 40; cap++) {
        struct buf buf = fixed(cap);
        struct json_writer w = json_writer(&buf);

        json_object_begin(&w);
        json_key_str(&w, "name", STR("a \"b\""));
        json_key_i64(&w, "n", 12);
        json_object_end(&w);
        assert_int_equal(buf.overflow, cap < sizeof "{\"name\":\"a \\\"b\\\"\",\"n\":12}" - 1);
    }
}

static void nesting_has_a_floor(void **state)
{
    (void)state;
    for (uint32_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 2; depth++) {
        struct buf buf = fixed(sizeof memory);
        struct json_writer w = json_writer(&buf);

        for (uint32_t i = 0; i < depth; i++)
            json_array_begin(&w);
        for (uint32_t i = 0; i < depth; i++)
            json_array_end(&w);
        assert_int_equal(buf.overflow, depth > JSON_DEPTH_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped_and_stays_utf8),
        cmocka_unit_test(every_byte_is_escaped_when_it_must_be),
        cmocka_unit_test(values_and_commas_fall_in_place),
        cmocka_unit_test(what_does_not_fit_is_remembered),
        cmocka_unit_test(nesting_has_a_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
