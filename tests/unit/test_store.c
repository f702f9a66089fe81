/* The same expectations of every backend: each test runs on the store in memory and on SQLite. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/rand.h"
#include "store/store.h"

struct fixture {
    struct store *store;
    struct store_reader *reader;
    struct arena arena;
    char directory[64], path[96];
};

static int set_up_memory(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_int_equal(store_memory_open(&fixture->store), ERR_NONE);
    assert_int_equal(fixture->store->ops->reader_open(fixture->store, &fixture->reader), ERR_NONE);
    arena_init(&fixture->arena, NULL, 0);
    *state = fixture;
    return 0;
}

static int set_up_sqlite(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char why[STORE_WHY_SIZE] = "";

    strcpy(fixture->directory, "/tmp/voltd-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/voltd.db", fixture->directory);
    if (store_sqlite_open(fixture->path, &fixture->store, why, sizeof why) != ERR_NONE)
        fail_msg("%s", why);
    if (fixture->store->ops->reader_open(fixture->store, &fixture->reader) != ERR_NONE)
        fail_msg("%s", fixture->store->why);
    arena_init(&fixture->arena, NULL, 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];

    fixture->store->ops->reader_close(fixture->reader);
    fixture->store->ops->close(fixture->store);
    arena_reset(&fixture->arena);
    if (fixture->directory[0]) {
        (void)snprintf(command, sizeof command, "rm -rf %s", fixture->directory);
        assert_int_equal(system(command), 0);
    }
    free(fixture);
    return 0;
}

/* --- small words of the tests --- */

static struct store_op put(enum row_kind kind, const void *row)
{
    return (struct store_op){ .kind = STORE_PUT, .row_kind = kind, .row = row };
}

static struct store_op redo(enum row_kind kind, const void *row)
{
    return (struct store_op){ .kind = STORE_PUT, .row_kind = kind, .row = row, .redo = true };
}

static struct store_op delete(enum row_kind kind, int64_t id)
{
    return (struct store_op){ .kind = STORE_DELETE, .row_kind = kind, .id = id };
}

/* What the commit says, or else what its only turn says. */
static enum err commit_one(struct fixture *fixture, struct store_op op)
{
    struct store_turn turn = { .ops = &op, .op_count = 1 };
    struct store_batch batch = { .turns = &turn, .turn_count = 1 };
    enum err err = fixture->store->ops->commit(fixture->store, &batch);

    return err != ERR_NONE ? err : turn.err;
}

static enum err commit_block(struct fixture *fixture, int64_t id, utc_ms at, struct str data)
{
    struct store_batch batch = { .block = { id, at, data } };

    return fixture->store->ops->commit(fixture->store, &batch);
}

static struct store_rows query(struct fixture *fixture, const struct store_query *query)
{
    struct store_rows rows = { 0 };
    enum err err = fixture->reader->ops->query(fixture->reader, query, &fixture->arena, &rows);

    if (err != ERR_NONE)
        fail_msg("%s: %s", err_text(err), fixture->reader->why);
    return rows;
}

static const void *find(struct fixture *fixture, enum row_kind kind, int64_t id)
{
    const struct store_filter by_id = { .column = "id", .test = STORE_EQ, .number = id };
    struct store_rows rows = query(
        fixture,
        &(struct store_query){ .kind = kind, .filters = &by_id, .filter_count = 1, .limit = 2 });

    assert_true(rows.count <= 1);
    return rows.count ? rows.rows[0] : NULL;
}

static struct setting_row setting(int64_t id, int64_t version, struct str name, struct str value)
{
    return (struct setting_row){ .id = id, .version = version, .name = name, .value = value };
}

/* --- rows --- */

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

/* --- queries --- */

/* 30 sessions; station, times, flags and tokens repeat in different rhythms. */
static void fill_sessions(struct fixture *fixture, struct session_row *rows)
{
    static const struct str tokens[] = { STR_INIT("Anna"), STR_INIT("anna"), STR_INIT("Bo_b%"),
                                         STR_INIT("") };
    struct store_op ops[30];
    struct store_turn turn = { ops, COUNT(ops), ERR_NONE };
    struct store_batch batch = { &turn, 1, { 0 } };

    for (size_t i = 0; i < COUNT(ops); i++) {
        int64_t n = (int64_t)i;

        rows[i] = (struct session_row){ .id = 100 + n * 7 % 30,
                                        .version = 1,
                                        .station = n % 4,
                                        .flags = n % 8,
                                        .token = tokens[n % 4],
                                        .started_at = n % 5 * 1000,
                                        .ended_at = n % 3 ? n : UTC_NEVER,
                                        .recent = n % 2 ? STR("\0\1") : STR("\0\2"),
                                        .energy_mwh = n * 1000,
                                        .site = n % 2 + 1 };
        if (n == 29)
            rows[i].started_at = UTC_UNKNOWN;
        ops[i] = put(ROW_session, &rows[i]);
    }
    assert_int_equal(fixture->store->ops->commit(fixture->store, &batch), ERR_NONE);
    assert_int_equal(turn.err, ERR_NONE);
}

static void filters_find_what_they_say(void **state)
{
    static const struct {
        const char *name;
        struct store_filter filters[2];
        uint32_t filter_count, expect;
    } cases[] = {
        { "all", { { 0 } }, 0, 30 },
        { "an id", { { "id", STORE_EQ, 100, { 0 } } }, 1, 1 },
        { "no such id", { { "id", STORE_EQ, 1, { 0 } } }, 1, 0 },
        { "ids in a range",
          { { "id", STORE_GE, 105, { 0 } }, { "id", STORE_LT, 110, { 0 } } },
          2,
          5 },
        { "a number", { { "station", STORE_EQ, 1, { 0 } } }, 1, 8 },
        { "not a number", { { "station", STORE_NE, 1, { 0 } } }, 1, 22 },
        { "at most", { { "started_at", STORE_LE, 1000, { 0 } } }, 1, 13 },
        { "more than", { { "started_at", STORE_GT, 1000, { 0 } } }, 1, 17 },
        { "never", { { "ended_at", STORE_EQ, UTC_NEVER, { 0 } } }, 1, 10 },
        { "unknown", { { "started_at", STORE_EQ, UTC_UNKNOWN, { 0 } } }, 1, 1 },
        { "one bit", { { "flags", STORE_HAS_BITS, 2, { 0 } } }, 1, 14 },
        { "two bits", { { "flags", STORE_HAS_BITS, 5, { 0 } } }, 1, 7 },
        { "no bits: all", { { "flags", STORE_HAS_BITS, 0, { 0 } } }, 1, 30 },
        { "a text has a case", { { "token", STORE_EQ, 0, STR_INIT("anna") } }, 1, 8 },
        { "not a text", { { "token", STORE_NE, 0, STR_INIT("anna") } }, 1, 22 },
        { "the empty text", { { "token", STORE_EQ, 0, STR_INIT("") } }, 1, 7 },
        { "a part in any case", { { "token", STORE_CONTAINS, 0, STR_INIT("NN") } }, 1, 16 },
        { "no wildcards", { { "token", STORE_CONTAINS, 0, STR_INIT("_B%") } }, 1, 7 },
        { "the empty part", { { "token", STORE_CONTAINS, 0, STR_INIT("") } }, 1, 30 },
        { "bytes", { { "recent", STORE_EQ, 0, STR_INIT("\0\1") } }, 1, 15 },
        { "two filters",
          { { "station", STORE_EQ, 1, { 0 } }, { "flags", STORE_HAS_BITS, 4, { 0 } } },
          2,
          4 },
    };
    struct fixture *fixture = *state;
    struct session_row rows[30];

    fill_sessions(fixture, rows);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct store_query asked = { .kind = ROW_session,
                                     .filters = cases[i].filters,
                                     .filter_count = cases[i].filter_count,
                                     .limit = 100 };

        print_message("# %s\n", cases[i].name);
        assert_int_equal(query(fixture, &asked).count, cases[i].expect);
        assert_int_equal(query(fixture, &asked).count, cases[i].expect); /* from the cache */
    }
}

static void unique_texts_are_found_without_case_where_they_have_none(void **state)
{
    struct fixture *fixture = *state;
    struct token_row token = { .id = 1, .version = 1, .uid = STR("AbC") };
    struct store_filter filter = { .column = "uid", .test = STORE_EQ, .text = STR("aBc") };
    struct store_query asked = {
        .kind = ROW_token, .filters = &filter, .filter_count = 1, .limit = 9
    };

    assert_int_equal(commit_one(fixture, put(ROW_token, &token)), ERR_NONE);
    assert_int_equal(query(fixture, &asked).count, 1);
    filter.test = STORE_NE;
    assert_int_equal(query(fixture, &asked).count, 0);
    filter = (struct store_filter){ .column = "uid", .test = STORE_EQ, .text = STR_NONE };
    assert_int_equal(query(fixture, &asked).count, 0);
}

static bool comes_before(const struct session_row *a, const struct session_row *b, bool by_time)
{
    return by_time && a->started_at != b->started_at ? a->started_at < b->started_at
                                                     : a->id < b->id;
}

static void pages_join_without_gap_or_repeat(void **state)
{
    struct fixture *fixture = *state;
    struct session_row rows[30];

    fill_sessions(fixture, rows);
    for (uint32_t shape = 0; shape < 4; shape++) {
        for (uint32_t limit = 1; limit <= 31; limit++) {
            bool by_time = shape & 1, descending = shape & 2;
            struct store_query asked = { .kind = ROW_session,
                                         .order_by = by_time ? "started_at" : NULL,
                                         .descending = descending,
                                         .limit = limit };
            const struct session_row *before = NULL;
            uint32_t seen = 0, got;

            do {
                struct store_rows page = query(fixture, &asked);

                got = page.count;
                assert_true(got <= limit);
                for (uint32_t i = 0; i < got; i++, seen++) {
                    const struct session_row *row = page.rows[i];

                    if (before)
                        assert_true(descending ? comes_before(row, before, by_time)
                                               : comes_before(before, row, by_time));
                    before = row;
                }
                asked.has_after = true;
                asked.after_id = before->id;
                asked.after_value = before->started_at;
            } while (got == limit);
            assert_int_equal(seen, 30);
        }
    }
}

static void sums_count_each_session_once(void **state)
{
    static const struct {
        const char *name;
        struct store_sum_query query;
        uint32_t lines;
        int64_t sessions, energy_mwh;
    } cases[] = {
        { "all by site", { STORE_BY_SITE, 0, UTC_NEVER }, 2, 29, 406000 },
        { "all by station", { STORE_BY_STATION, 0, UTC_NEVER }, 4, 29, 406000 },
        { "tokens have no case", { STORE_BY_TOKEN, 0, UTC_NEVER }, 3, 29, 406000 },
        { "all in one month", { STORE_BY_MONTH, 0, UTC_NEVER }, 1, 29, 406000 },
        { "from is in, to is not", { STORE_BY_SITE, 1000, 3000 }, 2, 12, 168000 },
        { "nothing", { STORE_BY_SITE, 5000, UTC_NEVER }, 0, 0, 0 },
        { "an unknown time has no month",
          { STORE_BY_MONTH, UTC_UNKNOWN, UTC_NEVER },
          2,
          30,
          435000 },
    };
    struct fixture *fixture = *state;
    struct session_row rows[30];

    fill_sessions(fixture, rows);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct store_sums sums;
        int64_t sessions = 0, energy_mwh = 0;

        print_message("# %s\n", cases[i].name);
        assert_int_equal(fixture->reader->ops->sum_sessions(fixture->reader, &cases[i].query,
                                                            &fixture->arena, &sums),
                         ERR_NONE);
        assert_int_equal(sums.count, cases[i].lines);
        for (uint32_t l = 0; l < sums.count; l++) {
            sessions += sums.sums[l].sessions;
            energy_mwh += sums.sums[l].energy_mwh;
            if (l && cases[i].query.group != STORE_BY_TOKEN)
                assert_true(sums.sums[l - 1].number < sums.sums[l].number);
        }
        assert_int_equal(sessions, cases[i].sessions);
        assert_int_equal(energy_mwh, cases[i].energy_mwh);
    }
}

static void months_are_those_of_the_calendar(void **state)
{
    static const utc_ms starts[] = { INT64_C(1798761599999), INT64_C(1798761600000) };
    struct fixture *fixture = *state;
    struct store_sums sums;

    for (size_t i = 0; i < COUNT(starts); i++) {
        struct session_row row = { .id = (int64_t)i + 1, .version = 1, .started_at = starts[i] };
        assert_int_equal(commit_one(fixture, put(ROW_session, &row)), ERR_NONE);
    }
    assert_int_equal(fixture->reader->ops->sum_sessions(
                         fixture->reader, &(struct store_sum_query){ STORE_BY_MONTH, 0, UTC_NEVER },
                         &fixture->arena, &sums),
                     ERR_NONE);
    assert_int_equal(sums.count, 2);
    assert_int_equal(sums.sums[0].number, 202612);
    assert_int_equal(sums.sums[1].number, 202701);
}

/* --- the log --- */

static void blocks_come_back_byte_for_byte(void **state)
{
    static const uint32_t lens[] = { 0, 1, 100, 65536, 1000000 };
    struct fixture *fixture = *state;
    struct rand rand = { 3 };
    struct store_block block;
    int64_t last;

    assert_int_equal(fixture->store->ops->last_block(fixture->store, &last), ERR_NONE);
    assert_int_equal(last, 0);
    for (size_t i = 0; i < COUNT(lens); i++) {
        char *data = malloc(lens[i] + 1);
        int64_t id = (int64_t)i + 1;

        for (uint32_t b = 0; b < lens[i]; b++)
            data[b] = (char)(i % 2 ? rand_next(&rand) : b / 100);
        assert_int_equal(commit_block(fixture, id, 1000 + id, (struct str){ data, lens[i] }),
                         ERR_NONE);
        assert_int_equal(
            fixture->reader->ops->read_block(fixture->reader, id, &fixture->arena, &block),
            ERR_NONE);
        assert_int_equal(block.id, id);
        assert_int_equal(block.at, 1000 + id);
        assert_int_equal(block.data.len, lens[i]);
        assert_memory_equal(block.data.ptr, data, lens[i]);
        assert_int_equal(fixture->store->ops->last_block(fixture->store, &last), ERR_NONE);
        assert_int_equal(last, id);
        free(data);
    }
    assert_int_equal(fixture->reader->ops->read_block(fixture->reader, 99, &fixture->arena, &block),
                     ERR_NOT_FOUND);
}

static uint32_t prune(struct fixture *fixture, int64_t block_before, const char *column, utc_ms at,
                      uint32_t limit)
{
    uint32_t removed = UINT32_MAX;

    assert_int_equal(fixture->store->ops->prune(
                         fixture->store,
                         &(struct store_prune){ block_before, ROW_session, column, at, limit },
                         &removed),
                     ERR_NONE);
    return removed;
}

static void pruning_removes_the_oldest_first_and_says_how_many(void **state)
{
    struct fixture *fixture = *state;
    struct session_row rows[30];
    struct store_block block;

    fill_sessions(fixture, rows);
    for (int64_t id = 1; id <= 10; id++)
        assert_int_equal(commit_block(fixture, id, id, STR("x")), ERR_NONE);
    assert_int_equal(prune(fixture, 6, NULL, 0, 3), 3);
    assert_int_equal(prune(fixture, 6, NULL, 0, 3), 2);
    assert_int_equal(prune(fixture, 6, NULL, 0, 3), 0);
    assert_int_equal(fixture->reader->ops->read_block(fixture->reader, 5, &fixture->arena, &block),
                     ERR_NOT_FOUND);
    assert_int_equal(fixture->reader->ops->read_block(fixture->reader, 6, &fixture->arena, &block),
                     ERR_NONE);
    /* 6 rows have started at 1000; those at 0 and at an unknown time stay */
    assert_int_equal(prune(fixture, 8, "started_at", 2000, 5), 5);
    assert_int_equal(prune(fixture, 8, "started_at", 2000, 5), 3);
    assert_int_equal(
        query(fixture, &(struct store_query){ .kind = ROW_session, .limit = 99 }).count, 24);
}

/* --- when memory or storage fails --- */

static void out_of_memory_is_told_by_every_reading_call(void **state)
{
    struct fixture *fixture = *state;
    const struct store_ops *ops = fixture->reader->ops;
    struct session_row rows[30];

    fill_sessions(fixture, rows);
    assert_int_equal(commit_block(fixture, 1, 1, STR("frames")), ERR_NONE);
    for (int call = 0; call < 3; call++) {
        enum err err = ERR_FULL;

        for (uint64_t n = 1; err != ERR_NONE; n++) {
            struct store_query all = { .kind = ROW_session, .limit = 100 };
            struct store_rows found;
            struct store_sums sums;
            struct store_block block;

            (void)arena_fail_at(n); /* none was left over */
            err = call == 0 ? ops->query(fixture->reader, &all, &fixture->arena, &found)
                  : call == 1
                      ? ops->sum_sessions(fixture->reader,
                                          &(struct store_sum_query){ STORE_BY_TOKEN, 0, UTC_NEVER },
                                          &fixture->arena, &sums)
                      : ops->read_block(fixture->reader, 1, &fixture->arena, &block);
            assert_true((arena_fail_at(0) == 0) == (err != ERR_NONE));
            assert_true(err == ERR_NONE || err == ERR_FULL);
            assert_true(n < 200);
        }
    }
}

/* Ten commits of three turns, of which the n-th and the `count`-1 after it fail. */
static void fail_from(struct fixture *fixture, int64_t first_id, uint64_t n, uint64_t count,
                      enum err fault)
{
    store_memory_fault(fixture->store, n, count, fault);
    for (uint64_t c = 1; c <= 10; c++) {
        struct setting_row row = setting(first_id + (int64_t)c, 1, STR_NONE, STR("v"));
        struct event_row event = { .id = first_id + (int64_t)c, .version = 1 };
        struct store_op ops[] = { put(ROW_setting, &row), delete (ROW_event, event.id - 1),
                                  put(ROW_event, &event) };
        struct store_turn turns[] = { { ops, 1, ERR_NONE }, { ops + 1, 2, ERR_NONE } };
        int64_t before, after;
        struct store_batch batch = { turns, COUNT(turns), { 0 } };
        bool fails = c >= n && c < n + count;

        assert_int_equal(fixture->store->ops->last_block(fixture->store, &before), ERR_NONE);
        batch.block = (struct store_block){ before + 1, 1, STR("frames") };
        assert_int_equal(fixture->store->ops->commit(fixture->store, &batch),
                         fails ? fault : ERR_NONE);
        assert_int_equal(fixture->store->ops->last_block(fixture->store, &after), ERR_NONE);
        assert_int_equal(after, before + !fails);
        assert_int_equal(find(fixture, ROW_setting, row.id) != NULL, !fails);
        assert_int_equal(find(fixture, ROW_event, event.id) != NULL, !fails);
    }
}

static void a_commit_that_fails_leaves_no_trace(void **state)
{
    static const enum err faults[] = { ERR_FULL, ERR_STORAGE, ERR_OS };
    struct fixture *fixture = *state;
    int64_t first_id = 1;

    for (size_t f = 0; f < COUNT(faults); f++)
        for (uint64_t n = 1; n <= 10; n++)
            for (uint64_t count = 0; count <= 10; count += 3, first_id += 100)
                fail_from(fixture, first_id, n, count, faults[f]);
}

static void an_empty_batch_asks_whether_the_store_works(void **state)
{
    struct fixture *fixture = *state;
    struct store_batch batch = { 0 };
    int64_t last;

    for (int i = 0; i < 3; i++)
        assert_int_equal(fixture->store->ops->commit(fixture->store, &batch), ERR_NONE);
    assert_int_equal(fixture->store->ops->last_block(fixture->store, &last), ERR_NONE);
    assert_int_equal(last, 0);
}

/* --- all of it, on each backend --- */

#define ON_BOTH(test)                                            \
    { #test " (memory)", test, set_up_memory, tear_down, NULL }, \
    {                                                            \
        #test " (sqlite)", test, set_up_sqlite, tear_down, NULL  \
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
        ON_BOTH(filters_find_what_they_say),
        ON_BOTH(unique_texts_are_found_without_case_where_they_have_none),
        ON_BOTH(pages_join_without_gap_or_repeat),
        ON_BOTH(sums_count_each_session_once),
        ON_BOTH(months_are_those_of_the_calendar),
        ON_BOTH(blocks_come_back_byte_for_byte),
        ON_BOTH(pruning_removes_the_oldest_first_and_says_how_many),
        ON_BOTH(out_of_memory_is_told_by_every_reading_call),
        ON_BOTH(an_empty_batch_asks_whether_the_store_works),
        cmocka_unit_test_setup_teardown(a_commit_that_fails_leaves_no_trace, set_up_memory,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
