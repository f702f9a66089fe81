/* sqlite_store.h: the SQLite backend from inside; store.h is the contract that its functions keep,
 * and says their errors. One connection writes, each reader has its own, the checkpointer has one;
 * no connection is used by two threads at once.
 *
 * Statements are prepared when they are first needed and kept: those that never change (`fixed`),
 * one for each kind of row and what is done with it, and those of a reader by their text, of which
 * the one that was unused for longest goes.
 */
#pragma once
#include "store/block.h"
#include "store/sqlite/checkpoint.h"
#include "store/sqlite/sql.h"

enum fixed_statement {
    FIXED_BEGIN,
    FIXED_COMMIT,
    FIXED_ROLLBACK,
    FIXED_SAVEPOINT,
    FIXED_RELEASE,
    FIXED_ROLLBACK_TO,
    FIXED_PUT_BLOCK,
    FIXED_PROBE,
    FIXED_LAST_BLOCK,
    FIXED_PRUNE_BLOCKS,
    FIXED_COUNT
};

struct sqlite_store {
    struct store store;
    char *path;
    sqlite3 *db;
    pthread_mutex_t
        lock; /* the writing connection: the writer has it, a backup or a start may ask */
    sqlite3_stmt *fixed[FIXED_COUNT];
    sqlite3_stmt *row_statements[ROW_KIND_COUNT][SQL_OP_COUNT]; /* prepared when first needed */
    struct block_codec codec;
    struct checkpointer checkpointer;
};

struct sqlite_reader {
    struct store_reader reader;
    sqlite3 *db;
    struct block_codec codec;
    uint64_t deadline_ms; /* of the call under way, on the monotonic clock */
    uint64_t calls;
    struct cached {
        char *sql;
        sqlite3_stmt *statement;
        uint64_t used_at; /* number of the call */
    } cache[32];
};

/* commit.c: the writer's side. */
enum err sqlite_commit(struct store *store, struct store_batch *batch);
enum err sqlite_last_block(struct store *store, int64_t *id);
enum err sqlite_prune(struct store *store, const struct store_prune *prune, uint32_t *removed);
/* Finalizes the writer's statements, before its connection is closed. */
void sqlite_finish_writer(struct sqlite_store *sqlite);

/* reader.c: one thread's side. */
enum err sqlite_reader_open(struct store *store, struct store_reader **reader);
void sqlite_reader_close(struct store_reader *reader);
enum err sqlite_query(struct store_reader *reader, const struct store_query *query,
                      struct arena *arena, struct store_rows *rows);
enum err sqlite_sum_sessions(struct store_reader *reader, const struct store_sum_query *query,
                             struct arena *arena, struct store_sums *sums);
enum err sqlite_read_block(struct store_reader *reader, int64_t id, struct arena *arena,
                           struct store_block *block);
