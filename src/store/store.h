/* store.h: where rows and the log live. One interface, several backends (sqlite/, memory/, later
 * postgres/).
 *
 * A store is not a cache and knows no rules. Rows come from domain/rows.def. The log is a sequence
 * of blocks, one a commit at most, each the compressed entries (core/log.h) of that commit with a
 * CRC-32C over the stored bytes.
 *
 * Threads: store_commit is called by the writer thread alone; store_query and store_read_block by
 * any thread that has a reader of its own (store_reader_open). Calls block; that is what those
 * threads are for.
 *
 * When storage fails: ERR_FULL or ERR_STORAGE mean that nothing of the batch happened (rolled
 * back); the caller closes its stations and probes with an empty batch until it works again. ERR_OS
 * means that a sync failed and that the page cache can no longer be trusted: the process must end
 * (fsyncgate); the next start recovers from disk.
 */
#pragma once
#include "domain/rows.h"

enum store_op_kind { STORE_PUT, STORE_DELETE };

/* One change. A put of version 1 is a new row, else the stored version must be row->version - 1. A
 * put whose stored version is the same or newer, where `redo` is set, does nothing. A delete of a
 * row that is gone does nothing. */
struct store_op {
    enum store_op_kind kind;
    enum row_kind row_kind;
    bool redo;
    int64_t id;      /* for deletes */
    const void *row; /* for puts; borrowed until the commit returns */
};

/* What one turn wants: all of it or nothing. */
struct store_turn {
    const struct store_op *ops;
    uint32_t op_count;
    enum err err; /* out: ERR_NONE; ERR_CONFLICT (a version moved, a row vanished); ERR_EXISTS (a
                   * unique value is taken). A turn that fails leaves the others alone. */
};

struct store_block {
    int64_t id; /* ascends by one a block; 0: this batch has none */
    utc_ms at;
    struct str data; /* entries, not compressed */
};

struct store_batch {
    struct store_turn *turns;
    uint32_t turn_count;
    struct store_block block;
};

enum store_test {
    STORE_EQ,
    STORE_NE,
    STORE_LT,
    STORE_LE,
    STORE_GT,
    STORE_GE,
    STORE_HAS_BITS,
    STORE_CONTAINS
};

struct store_filter {
    const char *column; /* "id" is one too */
    enum store_test test;
    int64_t number;  /* I64, BOOL, TIME */
    struct str text; /* TEXT (EQ and NE honour NOCASE columns; CONTAINS ignores case), BLOB (EQ) */
};

/* Rows of one kind, ordered by `order_by` (NULL: id), ties by id. */
struct store_query {
    enum row_kind kind;
    const struct store_filter *filters; /* all must hold */
    uint32_t filter_count;
    const char *order_by; /* an I64 or TIME column, or NULL */
    bool descending;
    uint32_t limit; /* 1 .. STORE_LIMIT_MAX */
    bool has_after; /* page: only what comes behind (after_value, after_id) in this order */
    int64_t after_value, after_id;
};

struct store_rows {
    uint32_t count;
    void **rows; /* each a struct of the kind; all in the arena */
};

/* Sums of sessions that started in [from, to): one line a group. */
enum store_group { STORE_BY_MONTH, STORE_BY_SITE, STORE_BY_TOKEN, STORE_BY_STATION };
struct store_sum_query {
    enum store_group group;
    utc_ms from, to;
};
struct store_sum {
    int64_t number;  /* site or station id; month as yyyymm in UTC */
    struct str text; /* token */
    int64_t sessions, energy_mwh;
};
struct store_sums {
    uint32_t count;
    struct store_sum *sums;
};

/* What may go: log blocks below `block_before`, and rows of `kind` with `time_column` before `at`;
 * those without a time (0, UTC_UNKNOWN) stay. `limit` counts both. */
struct store_prune {
    int64_t block_before;
    enum row_kind kind;
    const char *time_column; /* NULL: no rows */
    utc_ms at;
    uint32_t limit; /* 1 .. STORE_LIMIT_MAX */
};

#define STORE_LIMIT_MAX 10000u
#define STORE_WHY_SIZE  256

struct store; /* the writer's side */
struct store_reader;

/* ERR_FULL of a reading call: the arena is; ERR_TIMEOUT: the question took more than a second (a
 * read transaction must not live longer, it keeps the write-ahead log from being reused): ask for
 * less. */
struct store_ops {
    /* An empty batch (no operations, no bytes for the log) tests whether the store can be written
     * to. */
    enum err (*commit)(struct store *store, struct store_batch *batch);
    enum err (*last_block)(struct store *store, int64_t *id);
    enum err (*reader_open)(struct store *store, struct store_reader **reader);
    void (*reader_close)(struct store_reader *reader);
    enum err (*query)(struct store_reader *reader, const struct store_query *query,
                      struct arena *arena, struct store_rows *rows);
    enum err (*sum_sessions)(struct store_reader *reader, const struct store_sum_query *query,
                             struct arena *arena, struct store_sums *sums);
    /* ERR_NOT_FOUND: no block has that number. ERR_CORRUPT: it does not check out; `why` names it.
     */
    enum err (*read_block)(struct store_reader *reader, int64_t id, struct arena *arena,
                           struct store_block *block);
    /* Removes, oldest first, and says how many: call again while *removed == prune->limit. */
    enum err (*prune)(struct store *store, const struct store_prune *prune, uint32_t *removed);
    enum err (*backup)(
        struct store *store,
        const char *path); /* a consistent copy; by any thread, while others commit */
    void (*close)(struct store *store);
};

struct store {
    const struct store_ops *ops;
    char why[STORE_WHY_SIZE]; /* the last failure in words for people: what and what to do */
};
struct store_reader {
    const struct store_ops *ops;
    char why[STORE_WHY_SIZE];
};

/* The backends. `path` is the database file, made when missing; schema migrated. ERR_CORRUPT: not
 * ours, damaged, or from a newer version; why_cap bytes of `why` say which and what to do. */
MUST_CHECK enum err store_sqlite_open(const char *path, struct store **store, char *why,
                                      size_t why_cap);
/* In memory, for tests and the simulated world; store_memory_fault makes commits fail on demand. */
MUST_CHECK enum err store_memory_open(struct store **store);
/* The n-th commit from now (1 is the next) and the `count`-1 after it give `err`. */
void store_memory_fault(struct store *store, uint64_t n, uint64_t count, enum err err);
