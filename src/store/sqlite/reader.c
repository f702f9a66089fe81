/* reader.c: the reading side. Each call is one read transaction, which ends within a second. */
#include <stdlib.h>
#include <time.h>

#include "store/sqlite/sqlite_store.h"
#include "store/sums.h"

enum {
    READ_MS_MAX = 1000,
    STEPS_BETWEEN_LOOKS = 1000, /* of SQLite's machine: some 0.05 ms */
    SUMS_PAGE = 20000,          /* sessions a transaction */
};

static struct sqlite_reader *reader_of(struct store_reader *reader)
{
    return CONTAINER_OF(reader, struct sqlite_reader, reader);
}

static uint64_t now_ms(void)
{
    struct timespec now;

    check(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int is_late(void *context)
{
    const struct sqlite_reader *reader = context;

    return now_ms() > reader->deadline_ms;
}

enum err sqlite_reader_open(struct store *store, struct store_reader **out)
{
    const struct sqlite_store *sqlite = CONTAINER_OF(store, struct sqlite_store, store);
    struct sqlite_reader *reader = calloc(1, sizeof *reader);
    enum err err;

    if (!reader)
        return ERR_FULL;
    reader->reader.ops = store->ops;
    err = db_open(sqlite->path, DB_READ, &reader->db, reader->reader.why);
    if (err != ERR_NONE) {
        free(reader);
        return err;
    }
    sqlite3_progress_handler(reader->db, STEPS_BETWEEN_LOOKS, is_late, reader);
    *out = &reader->reader;
    return ERR_NONE;
}

void sqlite_reader_close(struct store_reader *base)
{
    struct sqlite_reader *reader = reader_of(base);

    for (size_t i = 0; i < COUNT(reader->cache); i++) {
        (void)sqlite3_finalize(reader->cache[i].statement); /* repeats what the last step said */
        free(reader->cache[i].sql);
    }
    (void)sqlite3_close(reader->db); /* no statement is left that could keep it open */
    block_codec_fini(&reader->codec);
    free(reader);
}

static enum err result(struct sqlite_reader *reader, int code)
{
    return db_result(reader->db, code, reader->reader.why);
}

/* The statement with this text, prepared once as long as it is used now and then. */
static enum err prepare(struct sqlite_reader *reader, const char *sql, sqlite3_stmt **out)
{
    struct cached *oldest = &reader->cache[0];
    sqlite3_stmt *statement = NULL;
    char *copy;
    int code;

    reader->calls++;
    reader->deadline_ms = now_ms() + READ_MS_MAX;
    for (size_t i = 0; i < COUNT(reader->cache); i++) {
        struct cached *cached = &reader->cache[i];

        if (cached->sql && strcmp(cached->sql, sql) == 0) {
            cached->used_at = reader->calls;
            *out = cached->statement;
            return ERR_NONE;
        }
        if (cached->used_at < oldest->used_at)
            oldest = cached;
    }
    copy = strdup(sql);
    code =
        copy ? sqlite3_prepare_v3(reader->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL)
             : SQLITE_NOMEM;
    if (code != SQLITE_OK) {
        free(copy);
        return result(reader, code);
    }
    (void)sqlite3_finalize(oldest->statement); /* repeats what its last step said */
    free(oldest->sql);
    *oldest = (struct cached){ copy, statement, reader->calls };
    *out = statement;
    return ERR_NONE;
}

static enum err out_of_memory(struct sqlite_reader *reader)
{
    why_say(reader->reader.why, "memory is out");
    return ERR_FULL;
}

/* False: memory is out. */
static bool push_row(struct store_rows *rows, uint32_t *cap, void *row, struct arena *arena)
{
    if (!row)
        return false;
    if (rows->count == *cap) {
        uint32_t more_cap = *cap ? *cap * 2 : 16;
        void **more = ARENA_NEW_ARRAY(arena, void *, more_cap);

        if (!more)
            return false;
        if (rows->count)
            memcpy(more, rows->rows, rows->count * sizeof *more);
        rows->rows = more;
        *cap = more_cap;
    }
    rows->rows[rows->count++] = row;
    return true;
}

static enum err take_rows(struct sqlite_reader *reader, sqlite3_stmt *statement,
                          const struct store_query *query, struct arena *arena,
                          struct store_rows *rows)
{
    struct store_rows found = { 0 };
    uint32_t cap = 0;
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (!push_row(&found, &cap, sql_read_row(statement, query->kind, arena), arena))
            return out_of_memory(reader);
    if (code != SQLITE_DONE)
        return result(reader, code);
    *rows = found;
    return ERR_NONE;
}

enum err sqlite_query(struct store_reader *base, const struct store_query *query,
                      struct arena *arena, struct store_rows *rows)
{
    struct sqlite_reader *reader = reader_of(base);
    char text[SQL_TEXT_MAX];
    struct buf sql;
    sqlite3_stmt *statement;
    enum err err;

    check(query->limit >= 1);
    check(query->limit <= STORE_LIMIT_MAX);
    buf_init(&sql, text, sizeof text);
    sql_query(query, &sql);
    err = prepare(reader, text, &statement);
    if (err != ERR_NONE)
        return err;
    err = result(reader, sql_bind_query(statement, query));
    if (err == ERR_NONE)
        err = take_rows(reader, statement, query, arena, rows);
    (void)sqlite3_reset(statement); /* repeats what the step said */
    return err;
}

/* A page of sessions into the sums; the last one's key goes to *after. */
static enum err sum_page(struct sqlite_reader *reader, struct sums *sums, utc_ms to,
                         struct session_row *after, uint32_t *count)
{
    static const char sql[] = "SELECT id, started_at, site, station, token, energy_mwh FROM session"
                              " WHERE (started_at, id) > (?1, ?2) AND started_at < ?3"
                              " ORDER BY started_at, id LIMIT ?4";
    sqlite3_stmt *statement;
    enum err err = prepare(reader, sql, &statement);
    int code;

    if (err != ERR_NONE)
        return err;
    code = sqlite3_bind_int64(statement, 1, after->started_at);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 2, after->id);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 3, to);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 4, SUMS_PAGE);
    *count = 0;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW)
            break;
        *after = (struct session_row){ .id = sqlite3_column_int64(statement, 0),
                                       .started_at = sqlite3_column_int64(statement, 1),
                                       .site = sqlite3_column_int64(statement, 2),
                                       .station = sqlite3_column_int64(statement, 3),
                                       .token = sql_column(statement, 4),
                                       .energy_mwh = sqlite3_column_int64(statement, 5) };
        if (!sums_add(sums, after))
            code = SQLITE_NOMEM;
        else
            ++*count;
    }
    err = code == SQLITE_NOMEM ? out_of_memory(reader) : result(reader, code);
    (void)sqlite3_reset(statement); /* repeats what the step said */
    return err;
}

enum err sqlite_sum_sessions(struct store_reader *base, const struct store_sum_query *query,
                             struct arena *arena, struct store_sums *out)
{
    struct sqlite_reader *reader = reader_of(base);
    struct session_row after = { .started_at =
                                     query->from }; /* ids are positive: before the first */
    struct sums sums;
    uint32_t count = 0;
    enum err err;

    sums_init(&sums, query->group, arena);
    do {
        err = sum_page(reader, &sums, query->to, &after, &count);
    } while (err == ERR_NONE && count == SUMS_PAGE);
    if (err == ERR_NONE && !sums_done(&sums, out))
        err = out_of_memory(reader);
    sums_fini(&sums);
    return err;
}

enum err sqlite_read_block(struct store_reader *base, int64_t id, struct arena *arena,
                           struct store_block *block)
{
    static const char sql[] = SQL_BLOCKS " WHERE id = ?1";
    struct sqlite_reader *reader = reader_of(base);
    sqlite3_stmt *statement;
    int code;
    enum err err = prepare(reader, sql, &statement);

    if (err == ERR_NONE)
        err = result(reader, sqlite3_bind_int64(statement, 1, id));
    if (err != ERR_NONE)
        return err;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        const struct packed_block packed = sql_packed_block(statement);
        err = block_unpack(&reader->codec, &packed, arena, block);
        if (err == ERR_CORRUPT)
            why_say(reader->reader.why,
                    "log block %lld is damaged: run 'voltd verify', and check the disk",
                    (long long)id);
        else if (err != ERR_NONE)
            (void)out_of_memory(reader);
    } else {
        err = code == SQLITE_DONE ? ERR_NOT_FOUND : result(reader, code);
    }
    (void)sqlite3_reset(statement); /* repeats what the step said */
    return err;
}
