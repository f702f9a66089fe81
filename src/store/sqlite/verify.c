/* verify.c: is a database sound, to the last byte? */
#include <stdarg.h>
#include <stdio.h>

#include "store/block.h"
#include "store/files.h"
#include "store/sqlite/schema.h"

struct look {
    sqlite3 *db;
    store_fault_fn *tell;
    void *context;
    struct store_verdict verdict;
    char why[STORE_WHY_SIZE];
};

PRINTF_LIKE(2, 3) static void fault(struct look *look, const char *fmt, ...)
{
    char text[STORE_WHY_SIZE];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* cut is fine */
    va_end(args);
    look->verdict.faults++;
    look->tell(look->context, text);
}

/* SQLite's own look at pages, order of keys, indexes and types. */
static enum err look_at_structure(struct look *look)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(look->db, "PRAGMA integrity_check", -1, &statement, NULL);

    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW && !str_equal(sql_column(statement, 0), STR("ok")))
            fault(look, "%.*s", STR_ARGS(sql_column(statement, 0)));
    }
    (void)sqlite3_finalize(statement); /* repeats what the step said */
    return db_result(look->db, code, look->why);
}

/* What the types cannot say: ids and versions are positive, a BOOL is 0 or 1. */
static enum err look_at_rows(struct look *look, enum row_kind kind)
{
    const struct row_desc *desc = &row_descs[kind];
    char text[SQL_TEXT_MAX];
    struct buf sql;
    int64_t rows = 0, wrong = 0;
    enum err err;

    buf_init(&sql, text, sizeof text);
    buf_printf(&sql, "SELECT count(*) FROM \"%s\"", desc->table);
    buf_put_byte(&sql, '\0');
    err = db_number(look->db, text, &rows, look->why);
    buf_init(&sql, text, sizeof text);
    buf_printf(&sql, "SELECT count(*) FROM \"%s\" WHERE id < 1 OR version < 1", desc->table);
    for (uint32_t i = 0; i < desc->col_count; i++)
        if (desc->cols[i].type == COL_BOOL)
            buf_printf(&sql, " OR \"%s\" NOT IN (0, 1)", desc->cols[i].name);
    buf_put_byte(&sql, '\0');
    check(!sql.overflow);
    if (err == ERR_NONE)
        err = db_number(look->db, text, &wrong, look->why);
    if (err != ERR_NONE)
        return err;
    look->verdict.rows += rows;
    if (wrong)
        fault(look, "%lld rows of %s have an id, a version or a flag that cannot be",
              (long long)wrong, desc->table);
    return ERR_NONE;
}

static void look_at_block(struct look *look, struct block_codec *codec, int64_t before,
                          const struct packed_block *packed)
{
    struct store_block block;
    struct arena arena;

    arena_init(&arena, NULL, 0);
    if (before && packed->id != before + 1)
        fault(look, "log blocks %lld to %lld are missing", (long long)before + 1,
              (long long)packed->id - 1);
    if (block_unpack(codec, packed, &arena, &block) != ERR_NONE)
        fault(look, "log block %lld is damaged", (long long)packed->id);
    arena_reset(&arena);
    look->verdict.blocks++;
}

static enum err look_at_blocks(struct look *look)
{
    static const char sql[] = SQL_BLOCKS " ORDER BY id";
    struct block_codec codec = { 0 };
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(look->db, sql, -1, &statement, NULL);
    int64_t before = 0;

    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            const struct packed_block packed = sql_packed_block(statement);
            look_at_block(look, &codec, before, &packed);
            before = packed.id;
        }
    }
    (void)sqlite3_finalize(statement); /* repeats what the step said */
    block_codec_fini(&codec);
    return db_result(look->db, code, look->why);
}

static enum err look_at_tables(struct look *look)
{
    int64_t version = 0;
    enum err err = db_number(look->db, "PRAGMA user_version", &version, look->why);

    for (size_t kind = 0; kind < ROW_KIND_COUNT && err == ERR_NONE; kind++) {
        if (schema_has_table(look->db, row_descs[kind].table))
            err = look_at_rows(look, (enum row_kind)kind);
        else if (version == schema_version()) /* an older one may not have had it yet */
            fault(look, "the table %s is missing", row_descs[kind].table);
    }
    if (err != ERR_NONE || schema_has_table(look->db, "block"))
        return err == ERR_NONE ? look_at_blocks(look) : err;
    fault(look, "the table block is missing");
    return ERR_NONE;
}

/* SQLite itself says that the file is not as it should be. */
static bool is_damaged(sqlite3 *db)
{
    int code = sqlite3_errcode(db);

    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

static enum err look_at_all(struct look *look)
{
    bool is_empty = false;
    enum err err = schema_check(look->db, &is_empty, look->why);

    look->verdict.foreign = err == ERR_CORRUPT && !is_damaged(look->db);
    if (err == ERR_NONE && is_empty) {
        why_say(look->why, "the file is empty: it is no database of voltd");
        return ERR_CORRUPT;
    }
    if (err == ERR_NONE)
        err = look_at_structure(look);
    return err == ERR_NONE ? look_at_tables(look) : err;
}

enum err store_verify(const char *path, store_fault_fn *tell, void *context,
                      struct store_verdict *verdict)
{
    struct look look = { .tell = tell, .context = context };
    enum err err = db_open(path, DB_LOOK, &look.db, look.why);

    if (err == ERR_NONE) {
        err = look_at_all(&look);
        (void)sqlite3_close(look.db); /* no statement is left that could keep it open */
    }
    if (err != ERR_NONE)
        fault(&look, "%s", look.why);
    else if (look.verdict.faults)
        err = ERR_CORRUPT;
    *verdict = look.verdict;
    return err;
}
