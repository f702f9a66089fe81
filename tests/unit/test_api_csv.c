#include "test_arena.h"

#include "api/body.h"
#include "api/csv.h"

static void cells_are_quoted_and_formulas_disarmed(void **state)
{
    static const struct {
        const char *text, *cell;
    } cases[] = {
        { "plain", "plain" },
        { "", "" },
        { "a,b", "\"a,b\"" },
        { "say \"hi\"", "\"say \"\"hi\"\"\"" },
        { "two\nlines", "\"two\nlines\"" },
        { "=1+1", "'=1+1" },
        { "+49", "'+49" },
        { "-1", "'-1" },
        { "@x", "'@x" },
        { "=a,b", "\"'=a,b\"" },
        { "a=b", "a=b" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char memory[100], want[100];
        struct buf out;
        struct csv_writer csv = { .out = &out };
        buf_init(&out, memory, sizeof memory);
        csv_i64(&csv, 7);
        csv_text(&csv, str_of(cases[i].text));
        csv_end(&csv);
        (void)snprintf(want, sizeof want, "7,%s\r\n", cases[i].cell);
        assert_str_equal(buf_str(&out), str_of(want));
    }
}

static void lines_are_read_as_spreadsheets_write_them(void **state)
{
    struct csv_reader reader;
    struct csv_line line;
    (void)state;
    csv_reader_init(
        &reader, STR("\xef\xbb\xbfid,name\r\n\r\n1,\"a \"\"b\"\", c\"\n 2 ,\n3,\"two\nlines\"\n4"));
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NONE);
    assert_int_equal(line.count, 2);
    assert_str_equal(line.cells[0], STR("id"));
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NONE);
    assert_int_equal(line.number, 3);
    assert_str_equal(line.cells[1], STR("a \"b\", c"));
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NONE);
    assert_str_equal(line.cells[0], STR("2"));
    assert_str_equal(line.cells[1], STR(""));
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NONE);
    assert_str_equal(line.cells[1], STR("two\nlines"));
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NONE);
    assert_int_equal(line.number, 7);
    assert_int_equal(line.count, 1);
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NOT_FOUND);
}

static void semicolons_separate_where_there_is_no_comma(void **state)
{
    struct csv_reader reader;
    struct csv_line line;
    (void)state;
    csv_reader_init(&reader, STR("id;name\n1;a,b\n"));
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NONE);
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NONE);
    assert_int_equal(line.count, 2);
    assert_str_equal(line.cells[1], STR("a,b"));
}

static void broken_quotes_are_refused(void **state)
{
    static const char *const cases[] = { "a,\"b", "\"a\"b,c", "\"" };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct csv_reader reader;
        struct csv_line line;
        csv_reader_init(&reader, str_of(cases[i]));
        assert_int_equal(csv_read(&reader, &arena, &line), ERR_BAD_FORMAT);
    }
}

static void what_was_written_is_read_back(void **state)
{
    static const char *const cells[] = { "a", "", "x,\"y\"", " ", "\n", "\"", ",", "ä", "a\r\nb" };
    char memory[400];
    struct buf out;
    struct csv_writer csv = { .out = &out };
    struct csv_reader reader;
    struct csv_line line;
    (void)state;
    buf_init(&out, memory, sizeof memory);
    for (size_t i = 0; i < COUNT(cells); i++)
        csv_text(&csv, str_of(cells[i]));
    csv_end(&csv);
    csv_reader_init(&reader, buf_str(&out));
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NONE);
    assert_int_equal(line.count, COUNT(cells));
    for (size_t i = 0; i < COUNT(cells); i++)
        assert_str_equal(line.cells[i],
                         i == 3 ? STR("") : str_of(cells[i])); /* spaces around are not kept */
    assert_int_equal(csv_read(&reader, &arena, &line), ERR_NOT_FOUND);
}

static void a_body_is_read_member_by_member(void **state)
{
    struct body body;
    struct str at;
    (void)state;
    assert_int_equal(
        body_parse(STR(" {\"a\":1,\"b\":\"x\\u00e4\",\"c\":null,\"d\":true,\"e\":[1],\"f\":{}} "),
                   &arena, &body, &at),
        ERR_NONE);
    assert_int_equal(body.type, BODY_OBJECT);
    assert_int_equal(body.count, 6);
    assert_int_equal(body_find(&body, "a")->type, BODY_NUMBER);
    assert_str_equal(body_find(&body, "b")->text, STR("x\xc3\xa4"));
    assert_int_equal(body_find(&body, "c")->type, BODY_NULL);
    assert_int_equal(body_find(&body, "d")->type, BODY_BOOL);
    assert_str_equal(body_find(&body, "e")->raw, STR("[1]"));
    assert_int_equal(body_find(&body, "f")->type, BODY_OBJECT);
    assert_null(body_find(&body, "g"));
    assert_int_equal(body_parse(STR("[\"x\",2]"), &arena, &body, &at), ERR_NONE);
    assert_int_equal(body.type, BODY_ARRAY);
    assert_int_equal(body.count, 2);
}

static void a_body_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum err err;
    } cases[] = {
        { "", ERR_BAD_FORMAT },
        { "{", ERR_BAD_FORMAT },
        { "{\"a\":1,}", ERR_BAD_FORMAT },
        { "{\"a\":1}x", ERR_BAD_FORMAT },
        { "{\"a\":01}", ERR_BAD_FORMAT },
        { "{'a':1}", ERR_BAD_FORMAT },
        { "{\"a\":\"\\ud800\"}", ERR_BAD_FORMAT },
        { "{\"a\":\"\xff\"}", ERR_BAD_FORMAT },
        { "\"text\"", ERR_BAD_TYPE },
        { "null", ERR_BAD_TYPE },
        { "{\"a\":1,\"a\":2}", ERR_BAD_OCCURRENCE },
        { "{\"a\":1,\"\\u0061\":2}", ERR_BAD_OCCURRENCE },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct body body;
        struct str at;
        print_message("# %s\n", cases[i].text);
        assert_int_equal(body_parse(str_of(cases[i].text), &arena, &body, &at), cases[i].err);
        if (cases[i].err == ERR_BAD_OCCURRENCE)
            assert_str_equal(at, STR("a"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_quoted_and_formulas_disarmed),
        ARENA_TEST(lines_are_read_as_spreadsheets_write_them),
        ARENA_TEST(semicolons_separate_where_there_is_no_comma),
        ARENA_TEST(broken_quotes_are_refused),
        ARENA_TEST(what_was_written_is_read_back),
        ARENA_TEST(a_body_is_read_member_by_member),
        ARENA_TEST(a_body_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
