/* commit.c: the writing side: a batch is one transaction, one sync. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "store/sqlite/sqlite_store.h"

static const char *const fixed_sql[] = {
    [FIXED_BEGIN] = "BEGIN IMMEDIATE",
    [FIXED_COMMIT] = "COMMIT",
    [FIXED_ROLLBACK] = "ROLLBACK",
    [FIXED_SAVEPOINT] = "SAVEPOINT turn",
    [FIXED_RELEASE] = "RELEASE turn",
    [FIXED_ROLLBACK_TO] = "ROLLBACK TO turn",
    [FIXED_PUT_BLOCK] = "INSERT INTO block (id, at, len, crc, data) VALUES (?1, ?2, ?3, ?4, ?5)",
    [FIXED_PROBE] = "UPDATE probe SET count = count + 1",
    [FIXED_LAST_BLOCK] = "SELECT max(id) FROM block",
    [FIXED_PRUNE_BLOCKS] = ("DELETE FROM block WHERE id IN"
                            " (SELECT id FROM block WHERE id < ?1 ORDER BY id LIMIT ?2)"),
};

static struct sqlite_store *sqlite_of(struct store *store)
{
    return CONTAINER_OF(store, struct sqlite_store, store);
}

static enum err result(struct sqlite_store *sqlite, int code)
{
    return db_result(sqlite->db, code, sqlite->store.why);
}

static enum err get_fixed(struct sqlite_store *sqlite, enum fixed_statement which,
                          sqlite3_stmt **out)
{
    if (!sqlite->fixed[which]) {
        int code = sqlite3_prepare_v3(sqlite->db, fixed_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
                                      &sqlite->fixed[which], NULL);
        if (code != SQLITE_OK)
            return result(sqlite, code);
    }
    *out = sqlite->fixed[which];
    return ERR_NONE;
}

static enum err get_op(struct sqlite_store *sqlite, enum row_kind kind, enum sql_op op,
                       sqlite3_stmt **out)
{
    sqlite3_stmt **statement = &sqlite->row_statements[kind][op];

    if (!*statement) {
        char text[SQL_TEXT_MAX];
        struct buf sql;
        int code;

        buf_init(&sql, text, sizeof text);
        sql_write_op(op, kind, &sql);
        code = sqlite3_prepare_v3(sqlite->db, text, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
        if (code != SQLITE_OK)
            return result(sqlite, code);
    }
    *out = *statement;
    return ERR_NONE;
}

/* Runs a bound statement that gives no rows, and makes it ready for the next time. */
static enum err step(struct sqlite_store *sqlite, sqlite3_stmt *statement)
{
    enum err err = result(sqlite, sqlite3_step(statement));

    (void)sqlite3_reset(statement); /* repeats what the step said */
    return err;
}

static enum err run_fixed(struct sqlite_store *sqlite, enum fixed_statement which)
{
    sqlite3_stmt *statement = NULL;
    enum err err = get_fixed(sqlite, which, &statement);

    return err == ERR_NONE ? step(sqlite, statement) : err;
}

static enum err run_op(struct sqlite_store *sqlite, const struct store_op *op, enum sql_op which)
{
    sqlite3_stmt *statement = NULL;
    enum err err = get_op(sqlite, op->row_kind, which, &statement);

    if (err == ERR_NONE)
        err = result(sqlite,
                     sql_bind_row(statement, op->row_kind, op->row, which == SQL_UPDATE_PLAIN));
    return err == ERR_NONE ? step(sqlite, statement) : err;
}

/* An update rewrites an index whether or not its column differs, and most changes leave them as
 * they are: looking first is a third of the price. */
static enum err update(struct sqlite_store *sqlite, const struct store_op *op)
{
    const struct row_head *head = op->row;
    sqlite3_stmt *peek = NULL;
    bool is_next, moves;
    int code;
    enum err err = get_op(sqlite, op->row_kind, SQL_PEEK, &peek);

    if (err == ERR_NONE)
        err = result(sqlite, sqlite3_bind_int64(peek, SQL_ID, head->id));
    if (err != ERR_NONE)
        return err;
    code = sqlite3_step(peek);
    is_next = code == SQLITE_ROW && sqlite3_column_int64(peek, 0) == head->version - 1;
    moves = is_next && sql_index_changes(peek, op->row_kind, op->row);
    err = result(sqlite, code);
    (void)sqlite3_reset(peek); /* repeats what the step said */
    if (err != ERR_NONE)
        return err;
    return is_next ? run_op(sqlite, op, moves ? SQL_UPDATE : SQL_UPDATE_PLAIN) : ERR_CONFLICT;
}

static enum err apply_op(struct sqlite_store *sqlite, const struct store_op *op)
{
    const struct row_head *head = op->row;

    if (op->kind == STORE_DELETE) {
        sqlite3_stmt *statement = NULL;
        enum err err = get_op(sqlite, op->row_kind, SQL_DELETE, &statement);

        if (err == ERR_NONE)
            err = result(sqlite, sqlite3_bind_int64(statement, SQL_ID, op->id));
        return err == ERR_NONE ? step(sqlite, statement) : err;
    }
    check(head->id > 0);
    check(head->version > 0);
    if (op->redo)
        return run_op(sqlite, op, SQL_REDO);
    return head->version == 1 ? run_op(sqlite, op, SQL_INSERT) : update(sqlite, op);
}

static bool concerns_turn_alone(enum err err)
{
    return err == ERR_CONFLICT || err == ERR_EXISTS;
}

/* ERR_NONE also when the turn has failed and said so. */
static enum err apply_turn(struct sqlite_store *sqlite, struct store_turn *turn,
                           bool with_savepoint)
{
    enum err err = with_savepoint ? run_fixed(sqlite, FIXED_SAVEPOINT) : ERR_NONE;

    for (uint32_t i = 0; i < turn->op_count && err == ERR_NONE; i++)
        err = apply_op(sqlite, &turn->ops[i]);
    turn->err = concerns_turn_alone(err) ? err : ERR_NONE;
    if (!with_savepoint || (err != ERR_NONE && turn->err == ERR_NONE))
        return turn->err != ERR_NONE ? ERR_NONE : err;
    err = turn->err != ERR_NONE ? run_fixed(sqlite, FIXED_ROLLBACK_TO) : ERR_NONE;
    return err == ERR_NONE ? run_fixed(sqlite, FIXED_RELEASE) : err;
}

static enum err put_block(struct sqlite_store *sqlite, const struct store_block *block)
{
    struct packed_block packed;
    sqlite3_stmt *statement = NULL;
    enum err err = get_fixed(sqlite, FIXED_PUT_BLOCK, &statement);
    int code;

    if (err != ERR_NONE)
        return err;
    if (block_pack(&sqlite->codec, block, &packed) != ERR_NONE) {
        why_say(sqlite->store.why, "memory is out");
        return ERR_FULL;
    }
    code = sqlite3_bind_int64(statement, 1, packed.id);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 2, packed.at);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 3, packed.len);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 4, packed.crc);
    if (code == SQLITE_OK)
        code = sql_bind_blob(statement, 5, packed.data);
    return code == SQLITE_OK ? step(sqlite, statement) : result(sqlite, code);
}

static void roll_back(struct sqlite_store *sqlite)
{
    char why[STORE_WHY_SIZE];

    memcpy(why, sqlite->store.why, sizeof why);
    if (!sqlite3_get_autocommit(sqlite->db))     /* SQLite may have done so itself */
        (void)run_fixed(sqlite, FIXED_ROLLBACK); /* the failure before it is told */
    memcpy(sqlite->store.why, why, sizeof why);
}

/* One transaction. Savepoints cost, and turns nearly never fail: the first try goes without them
 * and is given up when a turn fails (`*failed`); the second one has them. */
static enum err transact(struct sqlite_store *sqlite, struct store_batch *batch, bool careful,
                         bool *failed)
{
    enum err err = run_fixed(sqlite, FIXED_BEGIN);

    *failed = false;
    for (uint32_t i = 0; i < batch->turn_count && err == ERR_NONE; i++) {
        struct store_turn *turn = &batch->turns[i];

        err = apply_turn(sqlite, turn, careful && turn->op_count > 1);
        *failed = *failed || turn->err != ERR_NONE;
        if (*failed && !careful) {
            roll_back(sqlite);
            return err;
        }
    }
    if (err == ERR_NONE && batch->block.id)
        err = put_block(sqlite, &batch->block);
    if (err == ERR_NONE)
        err = run_fixed(sqlite, FIXED_COMMIT);
    if (err != ERR_NONE)
        roll_back(sqlite);
    return err;
}

/* Room for a while of new pages: the write-ahead log can take a few from what it holds already, so
 * that one small commit would say nothing about a full disk. */
static enum err probe_room(struct sqlite_store *sqlite)
{
    static const char page[65536] = { 1 };
    char path[PATH_MAX];
    bool done = true;
    int fd, failed_with;

    if ((size_t)snprintf(path, sizeof path, "%s.probe", sqlite->path) >= sizeof path)
        return ERR_NONE; /* the database is open: only this name is too long */
    fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    done = fd >= 0;
    for (int i = 0; i < 16 && done; i++)
        done = write(fd, page, sizeof page) == (ssize_t)sizeof page;
    done = done && fsync(fd) == 0;
    failed_with = errno;
    if (fd >= 0) {
        (void)close(fd);    /* it goes away */
        (void)unlink(path); /* the next probe writes over it */
    }
    if (done)
        return ERR_NONE;
    why_say(sqlite->store.why, "cannot write to %s: %s", path, strerrordesc_np(failed_with));
    return failed_with == ENOSPC || failed_with == EDQUOT ? ERR_FULL : ERR_STORAGE;
}

static bool is_empty(const struct store_batch *batch)
{
    for (uint32_t i = 0; i < batch->turn_count; i++)
        if (batch->turns[i].op_count)
            return false;
    return batch->block.data.len == 0;
}

enum err sqlite_commit(struct store *store, struct store_batch *batch)
{
    struct sqlite_store *sqlite = sqlite_of(store);
    bool failed = false;
    enum err err = ERR_NONE;

    pthread_mutex_lock(&sqlite->lock);
    if (atomic_load(&sqlite->checkpointer.sync_failed)) {
        memcpy(store->why, sqlite->checkpointer.why, sizeof store->why);
        err = ERR_OS;
    } else if (is_empty(batch)) {
        err = probe_room(sqlite);
        if (err == ERR_NONE)
            err = run_fixed(sqlite, FIXED_PROBE);
    }
    if (err == ERR_NONE)
        err = transact(sqlite, batch, false, &failed);
    if (err == ERR_NONE && failed)
        err = transact(sqlite, batch, true, &failed);
    pthread_mutex_unlock(&sqlite->lock);
    return err;
}

enum err sqlite_last_block(struct store *store, int64_t *id)
{
    struct sqlite_store *sqlite = sqlite_of(store);
    sqlite3_stmt *statement = NULL;
    int64_t last = 0;
    enum err err;

    pthread_mutex_lock(&sqlite->lock);
    err = get_fixed(sqlite, FIXED_LAST_BLOCK, &statement);
    if (err == ERR_NONE) {
        err = result(sqlite, sqlite3_step(statement));
        if (err == ERR_NONE)
            last = sqlite3_column_int64(statement, 0); /* NULL, without any, reads as 0 */
        (void)sqlite3_reset(statement);                /* repeats what the step said */
    }
    pthread_mutex_unlock(&sqlite->lock);
    if (err == ERR_NONE)
        *id = last;
    return err;
}

static enum err prune_rows(struct sqlite_store *sqlite, const struct store_prune *prune,
                           uint32_t limit)
{
    const char *table = row_descs[prune->kind].table, *column = prune->time_column;
    char text[512];
    struct buf sql;
    sqlite3_stmt *statement = NULL;
    int code;
    enum err err;

    check(row_find_col(prune->kind, str_of(column)) != ROW_NO_COL);
    buf_init(&sql, text, sizeof text);
    buf_printf(&sql,
               "DELETE FROM \"%s\" WHERE id IN (SELECT id FROM \"%s\" WHERE \"%s\" < ?1"
               " AND \"%s\" NOT IN (0, ?2) ORDER BY \"%s\", id LIMIT ?3)",
               table, table, column, column, column);
    buf_put_byte(&sql, '\0');
    check(!sql.overflow);
    code = sqlite3_prepare_v2(sqlite->db, text, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 1, prune->at);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 2, UTC_UNKNOWN);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 3, limit);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    err = result(sqlite, code);
    (void)sqlite3_finalize(statement); /* repeats what the step said */
    return err;
}

static enum err prune_blocks(struct sqlite_store *sqlite, int64_t before, uint32_t limit)
{
    sqlite3_stmt *statement = NULL;
    int code;
    enum err err = get_fixed(sqlite, FIXED_PRUNE_BLOCKS, &statement);

    if (err != ERR_NONE)
        return err;
    code = sqlite3_bind_int64(statement, 1, before);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 2, limit);
    return code == SQLITE_OK ? step(sqlite, statement) : result(sqlite, code);
}

enum err sqlite_prune(struct store *store, const struct store_prune *prune, uint32_t *removed)
{
    struct sqlite_store *sqlite = sqlite_of(store);
    uint32_t count = 0;
    enum err err;

    check(prune->limit >= 1);
    check(prune->limit <= STORE_LIMIT_MAX);
    pthread_mutex_lock(&sqlite->lock);
    err = run_fixed(sqlite, FIXED_BEGIN);
    if (err == ERR_NONE)
        err = prune_blocks(sqlite, prune->block_before, prune->limit);
    if (err == ERR_NONE)
        count = (uint32_t)sqlite3_changes(sqlite->db);
    if (err == ERR_NONE && prune->time_column && count < prune->limit) {
        err = prune_rows(sqlite, prune, prune->limit - count);
        if (err == ERR_NONE)
            count += (uint32_t)sqlite3_changes(sqlite->db);
    }
    if (err == ERR_NONE)
        err = run_fixed(sqlite, FIXED_COMMIT);
    if (err != ERR_NONE)
        roll_back(sqlite);
    pthread_mutex_unlock(&sqlite->lock);
    if (err == ERR_NONE)
        *removed = count;
    return err;
}

void sqlite_finish_writer(struct sqlite_store *sqlite)
{
    for (size_t i = 0; i < FIXED_COUNT; i++)
        (void)sqlite3_finalize(sqlite->fixed[i]); /* repeats what the last step said */
    for (size_t kind = 0; kind < ROW_KIND_COUNT; kind++)
        for (size_t op = 0; op < SQL_OP_COUNT; op++)
            (void)sqlite3_finalize(sqlite->row_statements[kind][op]);
    block_codec_fini(&sqlite->codec);
}
