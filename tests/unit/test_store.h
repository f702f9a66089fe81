/* test_store.h: what the tests of every backend share. ON_BOTH(test) in a list of tests runs it on
 * the store in memory and on SQLite in a directory of its own. */
#pragma once
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "store/store.h"

struct fixture {
    struct store *store;
    struct store_reader *reader;
    struct arena arena;
    char directory[64], path[96];
};

static inline int set_up_memory(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_int_equal(store_memory_open(&fixture->store), ERR_NONE);
    assert_int_equal(fixture->store->ops->reader_open(fixture->store, &fixture->reader), ERR_NONE);
    arena_init(&fixture->arena, NULL, 0);
    *state = fixture;
    return 0;
}

static inline int set_up_sqlite(void **state)
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

static inline int tear_down(void **state)
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

static inline struct store_op put(enum row_kind kind, const void *row)
{
    return (struct store_op){ .kind = STORE_PUT, .row_kind = kind, .row = row };
}

static inline struct store_op redo(enum row_kind kind, const void *row)
{
    return (struct store_op){ .kind = STORE_PUT, .row_kind = kind, .row = row, .redo = true };
}

static inline struct store_op delete(enum row_kind kind, int64_t id)
{
    return (struct store_op){ .kind = STORE_DELETE, .row_kind = kind, .id = id };
}

/* What the commit says, or else what its only turn says. */
static inline enum err commit_one(struct fixture *fixture, struct store_op op)
{
    struct store_turn turn = { .ops = &op, .op_count = 1 };
    struct store_batch batch = { .turns = &turn, .turn_count = 1 };
    enum err err = fixture->store->ops->commit(fixture->store, &batch);

    return err != ERR_NONE ? err : turn.err;
}

static inline enum err commit_block(struct fixture *fixture, int64_t id, utc_ms at, struct str data)
{
    struct store_batch batch = { .block = { id, at, data } };

    return fixture->store->ops->commit(fixture->store, &batch);
}

static inline struct store_rows query(struct fixture *fixture, const struct store_query *query)
{
    struct store_rows rows = { 0 };
    enum err err = fixture->reader->ops->query(fixture->reader, query, &fixture->arena, &rows);

    if (err != ERR_NONE)
        fail_msg("%s: %s", err_text(err), fixture->reader->why);
    return rows;
}

static inline const void *find(struct fixture *fixture, enum row_kind kind, int64_t id)
{
    const struct store_filter by_id = { .column = "id", .test = STORE_EQ, .number = id };
    struct store_rows rows = query(
        fixture,
        &(struct store_query){ .kind = kind, .filters = &by_id, .filter_count = 1, .limit = 2 });

    assert_true(rows.count <= 1);
    return rows.count ? rows.rows[0] : NULL;
}

static inline struct setting_row setting(int64_t id, int64_t version, struct str name,
                                         struct str value)
{
    return (struct setting_row){ .id = id, .version = version, .name = name, .value = value };
}

/* 30 sessions; station, times, flags and tokens repeat in different rhythms. */
static inline void fill_sessions(struct fixture *fixture, struct session_row *rows)
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

#define ON_BOTH(test)                                            \
    { #test " (memory)", test, set_up_memory, tear_down, NULL }, \
    {                                                            \
        #test " (sqlite)", test, set_up_sqlite, tear_down, NULL  \
    }
