/* Rows and turns: what is put comes back, versions and unique values decide whether it holds. */
#include "test_store.h"

static void a_row_comes_back_as_it_was_put(void **state)
{
    struct fixture *fixture = *state;
    _Alignas(max_align_t) char row[1024];

    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const struct row_desc *desc = &row_descs[kind];

        row_clear(kind, row);
        *(struct row_head *)(void *)row = (struct row_head){ .id = kind + 1, .version = 1 };
        for (uint32_t i = 0; i < desc->col_count; i++) {
            const struct col_desc *col = &desc->cols[i];

            if (col_is_span(col))
                row_set_span(row, col, STR("a\0b\xff\xc3\xa9"));
            else
                row_set_number(row, col, i % 3 == 0 ? INT64_MIN : i % 3 == 1 ? INT64_MAX : -1);
        }
        assert_int_equal(commit_one(fixture, put(kind, row)), ERR_NONE);
        assert_non_null(find(fixture, kind, kind + 1));
        assert_true(row_equal(kind, find(fixture, kind, kind + 1), row));
    }
}

static void an_empty_row_comes_back_with_spans_that_can_be_read(void **state)
{
    struct fixture *fixture = *state;
    struct station_row row = { .id = 7, .version = 1 };
    const struct station_row *back;

    assert_int_equal(commit_one(fixture, put(ROW_station, &row)), ERR_NONE);
    back = find(fixture, ROW_station, 7);
    assert_non_null(back->identity.ptr);
    assert_non_null(back->password_hash.ptr);
    assert_int_equal(back->identity.len, 0);
}

static void versions_decide_whether_a_put_holds(void **state)
{
    static const struct {
        const char *name;
        int64_t stored, version;
        bool redo;
        enum err expect;
        int64_t after; /* the version that then is there */
    } cases[] = {
        { "a new row", 0, 1, false, ERR_NONE, 1 },
        { "a new row over an old one", 1, 1, false, ERR_CONFLICT, 1 },
        { "the next version", 1, 2, false, ERR_NONE, 2 },
        { "a row that is gone", 0, 2, false, ERR_CONFLICT, 0 },
        { "a version too early", 1, 3, false, ERR_CONFLICT, 1 },
        { "a version too late", 3, 3, false, ERR_CONFLICT, 3 },
        { "redo of a row that is not there", 0, 5, true, ERR_NONE, 5 },
        { "redo over an older one", 2, 5, true, ERR_NONE, 5 },
        { "redo of the same", 5, 5, true, ERR_NONE, 5 },
        { "redo of an older one", 6, 5, true, ERR_NONE, 6 },
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t id = (int64_t)i + 1;
        struct event_row row = { .id = id, .version = cases[i].stored, .at = cases[i].stored };
        const struct event_row *back;

        print_message("# %s\n", cases[i].name);
        if (cases[i].stored)
            assert_int_equal(commit_one(fixture, redo(ROW_event, &row)), ERR_NONE);
        row.version = row.at = cases[i].version;
        assert_int_equal(
            commit_one(fixture, cases[i].redo ? redo(ROW_event, &row) : put(ROW_event, &row)),
            cases[i].expect);
        back = find(fixture, ROW_event, id);
        assert_int_equal(back ? back->version : 0, cases[i].after);
        assert_int_equal(back ? back->at : 0, cases[i].after);
    }
}

static void deleting_what_is_gone_is_no_failure(void **state)
{
    struct fixture *fixture = *state;
    struct setting_row row = setting(1, 1, STR("a"), STR("1"));

    assert_int_equal(commit_one(fixture, put(ROW_setting, &row)), ERR_NONE);
    assert_int_equal(commit_one(fixture, delete (ROW_setting, 1)), ERR_NONE);
    assert_null(find(fixture, ROW_setting, 1));
    assert_int_equal(commit_one(fixture, delete (ROW_setting, 1)), ERR_NONE);
    assert_int_equal(commit_one(fixture, put(ROW_setting, &row)), ERR_NONE); /* its name is free */
}

static void unique_values_are_taken_once(void **state)
{
    static const struct {
        const char *name;
        struct str first, second;
        enum err expect;
    } cases[] = {
        { "the same", STR_INIT("Tag-1"), STR_INIT("Tag-1"), ERR_EXISTS },
        { "another case", STR_INIT("TAG-2"), STR_INIT("tag-2"), ERR_EXISTS },
        { "another", STR_INIT("Tag-3"), STR_INIT("Tag-4"), ERR_NONE },
        { "empty is not compared", STR_INIT(""), STR_INIT(""), ERR_NONE },
        { "they differ behind a NUL", STR_INIT("n\0a"), STR_INIT("n\0b"), ERR_NONE },
        { "another case behind a NUL", STR_INIT("m\0A"), STR_INIT("m\0a"), ERR_EXISTS },
        { "letters beyond ASCII keep their case", STR_INIT("\xc3\x84"), STR_INIT("\xc3\xa4"),
          ERR_NONE },
        { "[ is no { in another case", STR_INIT("t["), STR_INIT("t{"), ERR_NONE },
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct token_row a = { .id = (int64_t)i * 2 + 1, .version = 1, .uid = cases[i].first };
        struct token_row b = { .id = (int64_t)i * 2 + 2, .version = 1, .uid = cases[i].second };

        print_message("# %s\n", cases[i].name);
        assert_int_equal(commit_one(fixture, put(ROW_token, &a)), ERR_NONE);
        assert_int_equal(commit_one(fixture, put(ROW_token, &b)), cases[i].expect);
        assert_true((find(fixture, ROW_token, b.id) != NULL) == (cases[i].expect == ERR_NONE));
        a.version = 2; /* a row is never in its own way */
        assert_int_equal(commit_one(fixture, put(ROW_token, &a)), ERR_NONE);
    }
}

static void a_change_to_a_taken_value_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct station_row a = { .id = 1, .version = 1, .identity = STR("A") };
    struct station_row b = { .id = 2, .version = 1, .identity = STR("B") };

    assert_int_equal(commit_one(fixture, put(ROW_station, &a)), ERR_NONE);
    assert_int_equal(commit_one(fixture, put(ROW_station, &b)), ERR_NONE);
    b.version = 2;
    b.identity = STR("A");
    assert_int_equal(commit_one(fixture, put(ROW_station, &b)), ERR_EXISTS);
    assert_int_equal(commit_one(fixture, redo(ROW_station, &b)), ERR_EXISTS);
    b.identity = STR("a"); /* identities have a case */
    assert_int_equal(commit_one(fixture, put(ROW_station, &b)), ERR_NONE);
}

static void a_turn_that_fails_leaves_the_others_alone(void **state)
{
    struct fixture *fixture = *state;
    struct setting_row rows[] = {
        setting(1, 1, STR("a"), STR("")),
        setting(2, 1, STR("b"), STR("")),
        setting(3, 1, STR("a"), STR("taken")),
        setting(4, 1, STR("d"), STR("")),
        setting(5, 2, STR("e"), STR("was never there")),
        setting(6, 1, STR("f"), STR("")),
    };
    struct store_op first[] = { put(ROW_setting, &rows[0]), put(ROW_setting, &rows[1]) };
    struct store_op taken[] = { put(ROW_setting, &rows[3]), put(ROW_setting, &rows[2]) };
    struct store_op gone[] = { delete (ROW_setting, 1), put(ROW_setting, &rows[4]) };
    struct store_op last[] = { put(ROW_setting, &rows[5]) };
    struct store_turn turns[] = {
        { first, 2, ERR_NONE }, { taken, 2, ERR_NONE }, { gone, 2, ERR_NONE },
        { last, 1, ERR_NONE },  { NULL, 0, ERR_NONE },
    };
    struct store_batch batch = { turns, COUNT(turns), { 1, 1000, STR("the log") } };
    static const enum err expect[] = { ERR_NONE, ERR_EXISTS, ERR_CONFLICT, ERR_NONE, ERR_NONE };
    static const bool there[] = { true, true, false, false, false, true };
    struct store_block block;

    assert_int_equal(fixture->store->ops->commit(fixture->store, &batch), ERR_NONE);
    for (size_t i = 0; i < COUNT(turns); i++)
        assert_int_equal(turns[i].err, expect[i]);
    for (size_t i = 0; i < COUNT(there); i++)
        assert_int_equal(find(fixture, ROW_setting, (int64_t)i + 1) != NULL, there[i]);
    assert_int_equal(fixture->reader->ops->read_block(fixture->reader, 1, &fixture->arena, &block),
                     ERR_NONE);
    assert_str_equal(block.data, STR("the log"));
}

static void operations_of_a_turn_build_on_each_other(void **state)
{
    struct fixture *fixture = *state;
    struct setting_row one = setting(1, 1, STR("a"), STR("1")),
                       two = setting(1, 2, STR("a"), STR("2"));
    struct setting_row other = setting(2, 1, STR("a"), STR("3"));
    struct store_op ops[] = { put(ROW_setting, &one), put(ROW_setting, &two),
                              delete (ROW_setting, 1), put(ROW_setting, &other) };
    struct store_turn turn = { ops, COUNT(ops), ERR_NONE };
    struct store_batch batch = { &turn, 1, { 0 } };

    assert_int_equal(fixture->store->ops->commit(fixture->store, &batch), ERR_NONE);
    assert_int_equal(turn.err, ERR_NONE);
    assert_null(find(fixture, ROW_setting, 1));
    assert_non_null(find(fixture, ROW_setting, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_row_comes_back_as_it_was_put),
        ON_BOTH(an_empty_row_comes_back_with_spans_that_can_be_read),
        ON_BOTH(versions_decide_whether_a_put_holds),
        ON_BOTH(deleting_what_is_gone_is_no_failure),
        ON_BOTH(unique_values_are_taken_once),
        ON_BOTH(a_change_to_a_taken_value_is_refused),
        ON_BOTH(a_turn_that_fails_leaves_the_others_alone),
        ON_BOTH(operations_of_a_turn_build_on_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
