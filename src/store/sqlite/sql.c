#include "store/sqlite/sql.h"

static const char *const sql_types[] = {
    [COL_I64] = "INTEGER", [COL_BOOL] = "INTEGER", [COL_TIME] = "INTEGER",
    [COL_TEXT] = "TEXT",   [COL_BLOB] = "BLOB",
};
static const char *const sql_empty[] = {
    [COL_I64] = "0", [COL_BOOL] = "0", [COL_TIME] = "0", [COL_TEXT] = "''", [COL_BLOB] = "x''",
};

static bool is_indexed(const struct col_desc *col)
{
    return col->flags & (COL_UNIQUE | COL_INDEX);
}

static void end(struct buf *sql)
{
    buf_put_byte(sql, '\0');
    check(!sql->overflow);
}

static void write_insert(const struct row_desc *desc, struct buf *sql)
{
    buf_printf(sql, "INSERT INTO \"%s\" (id, version", desc->table);
    for (uint32_t i = 0; i < desc->col_count; i++)
        buf_printf(sql, ", \"%s\"", desc->cols[i].name);
    buf_put(sql, STR(") VALUES (?1, ?2"));
    for (uint32_t i = 0; i < desc->col_count; i++)
        buf_printf(sql, ", ?%d", SQL_COLS + (int)i);
    buf_put_byte(sql, ')');
}

static void write_update(const struct row_desc *desc, bool plain, struct buf *sql)
{
    buf_printf(sql, "UPDATE \"%s\" SET version = ?2", desc->table);
    for (uint32_t i = 0; i < desc->col_count; i++)
        if (!plain || !is_indexed(&desc->cols[i]))
            buf_printf(sql, ", \"%s\" = ?%d", desc->cols[i].name, SQL_COLS + (int)i);
    buf_put(sql, STR(" WHERE id = ?1 AND version = ?2 - 1"));
}

static void write_redo(const struct row_desc *desc, struct buf *sql)
{
    write_insert(desc, sql);
    buf_put(sql, STR(" ON CONFLICT (id) DO UPDATE SET version = excluded.version"));
    for (uint32_t i = 0; i < desc->col_count; i++)
        buf_printf(sql, ", \"%s\" = excluded.\"%s\"", desc->cols[i].name, desc->cols[i].name);
    buf_put(sql, STR(" WHERE version < excluded.version"));
}

static void write_peek(const struct row_desc *desc, struct buf *sql)
{
    buf_put(sql, STR("SELECT version"));
    for (uint32_t i = 0; i < desc->col_count; i++)
        if (is_indexed(&desc->cols[i]))
            buf_printf(sql, ", \"%s\"", desc->cols[i].name);
    buf_printf(sql, " FROM \"%s\" WHERE id = ?1", desc->table);
}

void sql_write_op(enum sql_op op, enum row_kind kind, struct buf *sql)
{
    const struct row_desc *desc = &row_descs[kind];

    switch (op) {
    case SQL_INSERT:
        write_insert(desc, sql);
        break;
    case SQL_PEEK:
        write_peek(desc, sql);
        break;
    case SQL_UPDATE:
        write_update(desc, false, sql);
        break;
    case SQL_UPDATE_PLAIN:
        write_update(desc, true, sql);
        break;
    case SQL_REDO:
        write_redo(desc, sql);
        break;
    case SQL_DELETE:
        buf_printf(sql, "DELETE FROM \"%s\" WHERE id = ?1", desc->table);
        break;
    case SQL_OP_COUNT:
        check_failed(__FILE__, __LINE__, "an operation");
    }
    end(sql);
}

static void put_column(const struct col_desc *col, struct buf *sql)
{
    buf_printf(sql, "\"%s\" %s NOT NULL DEFAULT %s%s", col->name, sql_types[col->type],
               sql_empty[col->type], col->flags & COL_NOCASE ? " COLLATE NOCASE" : "");
}

void sql_create_table(enum row_kind kind, struct buf *sql)
{
    const struct row_desc *desc = &row_descs[kind];

    buf_printf(sql, "CREATE TABLE \"%s\" (id INTEGER PRIMARY KEY, version INTEGER NOT NULL",
               desc->table);
    for (uint32_t i = 0; i < desc->col_count; i++) {
        buf_put(sql, STR(", "));
        put_column(&desc->cols[i], sql);
    }
    buf_put(sql, STR(") STRICT"));
    end(sql);
}

void sql_add_column(enum row_kind kind, const struct col_desc *col, struct buf *sql)
{
    buf_printf(sql, "ALTER TABLE \"%s\" ADD COLUMN ", row_descs[kind].table);
    put_column(col, sql);
    end(sql);
}

bool sql_create_index(enum row_kind kind, const struct col_desc *col, struct buf *name,
                      struct buf *sql)
{
    const char *table = row_descs[kind].table;
    bool unique = col->flags & COL_UNIQUE;

    if (!is_indexed(col))
        return false;
    buf_printf(name, "%s_%s%s", table, col->name, unique ? "_unique" : "");
    buf_printf(sql, "CREATE %sINDEX \"%.*s\" ON \"%s\" (\"%s\")", unique ? "UNIQUE " : "",
               STR_ARGS(buf_str(name)), table, col->name);
    if (unique)
        buf_printf(sql, " WHERE \"%s\" <> ''", col->name);
    end(name);
    end(sql);
    return true;
}

/* NULL: the id. */
static const struct col_desc *find_col(enum row_kind kind, const char *name)
{
    int at;

    if (!name || strcmp(name, "id") == 0)
        return NULL;
    at = row_find_col(kind, str_of(name));
    check(at != ROW_NO_COL);
    return &row_descs[kind].cols[at];
}

static void put_filter(const struct store_query *query, uint32_t index, struct buf *sql)
{
    static const char *const operators[] = {
        [STORE_EQ] = "=",  [STORE_NE] = "<>", [STORE_LT] = "<",
        [STORE_LE] = "<=", [STORE_GT] = ">",  [STORE_GE] = ">=",
    };
    const struct store_filter *filter = &query->filters[index];
    const struct col_desc *col = find_col(query->kind, filter->column);
    const char *name = col ? col->name : "id";
    int at = 4 + (int)index;

    if (filter->test == STORE_HAS_BITS) {
        check(!col || !col_is_span(col));
        buf_printf(sql, "(\"%s\" & ?%d) = ?%d", name, at, at);
    } else if (filter->test == STORE_CONTAINS) {
        check(col && col->type == COL_TEXT);
        buf_printf(sql, "contains(\"%s\", ?%d)", name, at);
    } else {
        check(!col || !col_is_span(col) || filter->test == STORE_EQ || filter->test == STORE_NE);
        buf_printf(sql, "\"%s\" %s ?%d", name, operators[filter->test], at);
    }
    /* Said in full, so that the index over the texts that are not empty can be used. */
    if (col && col->flags & COL_UNIQUE && filter->test == STORE_EQ && filter->text.len)
        buf_printf(sql, " AND \"%s\" <> ''", name);
}

void sql_query(const struct store_query *query, struct buf *sql)
{
    const struct row_desc *desc = &row_descs[query->kind];
    const struct col_desc *order = find_col(query->kind, query->order_by);
    const char *direction = query->descending ? " DESC" : "";
    const char *behind = query->descending ? "<" : ">";

    check(!order || !col_is_span(order));
    buf_put(sql, STR("SELECT id, version"));
    for (uint32_t i = 0; i < desc->col_count; i++)
        buf_printf(sql, ", \"%s\"", desc->cols[i].name);
    buf_printf(sql, " FROM \"%s\"", desc->table);
    for (uint32_t i = 0; i < query->filter_count; i++) {
        buf_put(sql, i ? STR(" AND ") : STR(" WHERE "));
        put_filter(query, i, sql);
    }
    if (query->has_after) {
        buf_put(sql, query->filter_count ? STR(" AND ") : STR(" WHERE "));
        if (order)
            buf_printf(sql, "(\"%s\", id) %s (?2, ?3)", order->name, behind);
        else
            buf_printf(sql, "id %s ?3", behind);
    }
    buf_put(sql, STR(" ORDER BY "));
    if (order)
        buf_printf(sql, "\"%s\"%s, ", order->name, direction);
    buf_printf(sql, "id%s LIMIT ?1", direction);
    end(sql);
}

int sql_bind_query(sqlite3_stmt *statement, const struct store_query *query)
{
    const struct col_desc *order = find_col(query->kind, query->order_by);
    int code = sqlite3_bind_int64(statement, 1, query->limit);

    if (code == SQLITE_OK && query->has_after && order)
        code = sqlite3_bind_int64(statement, 2, query->after_value);
    if (code == SQLITE_OK && query->has_after)
        code = sqlite3_bind_int64(statement, 3, query->after_id);
    for (uint32_t i = 0; i < query->filter_count && code == SQLITE_OK; i++) {
        const struct store_filter *filter = &query->filters[i];
        const struct col_desc *col = find_col(query->kind, filter->column);
        int at = 4 + (int)i;

        if (!col || !col_is_span(col))
            code = sqlite3_bind_int64(statement, at, filter->number);
        else if (col->type == COL_TEXT)
            code = sql_bind_text(statement, at, filter->text);
        else
            code = sql_bind_blob(statement, at, filter->text);
    }
    return code;
}

int sql_bind_text(sqlite3_stmt *statement, int at, struct str text)
{
    return sqlite3_bind_text64(statement, at, text.len ? text.ptr : "", text.len, SQLITE_STATIC,
                               SQLITE_UTF8);
}

int sql_bind_blob(sqlite3_stmt *statement, int at, struct str bytes)
{
    return sqlite3_bind_blob64(statement, at, bytes.len ? bytes.ptr : "", bytes.len, SQLITE_STATIC);
}

struct str sql_column(sqlite3_stmt *statement, int at)
{
    const void *bytes = sqlite3_column_blob(statement, at);

    return (struct str){ bytes ? bytes : "", (uint32_t)sqlite3_column_bytes(statement, at) };
}

struct packed_block sql_packed_block(sqlite3_stmt *statement)
{
    return (struct packed_block){ .id = sqlite3_column_int64(statement, 0),
                                  .at = sqlite3_column_int64(statement, 1),
                                  .len = sqlite3_column_int64(statement, 2),
                                  .crc = sqlite3_column_int64(statement, 3),
                                  .data = sql_column(statement, 4) };
}

int sql_bind_row(sqlite3_stmt *statement, enum row_kind kind, const void *row, bool plain)
{
    const struct row_desc *desc = &row_descs[kind];
    const struct row_head *head = row;
    int code = sqlite3_bind_int64(statement, SQL_ID, head->id);

    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, SQL_VERSION, head->version);
    for (uint32_t i = 0; i < desc->col_count && code == SQLITE_OK; i++) {
        const struct col_desc *col = &desc->cols[i];
        int at = SQL_COLS + (int)i;

        if (plain && is_indexed(col))
            continue;
        if (col->type == COL_TEXT)
            code = sql_bind_text(statement, at, row_span(row, col));
        else if (col->type == COL_BLOB)
            code = sql_bind_blob(statement, at, row_span(row, col));
        else
            code = sqlite3_bind_int64(statement, at, row_number(row, col));
    }
    return code;
}

void *sql_read_row(sqlite3_stmt *statement, enum row_kind kind, struct arena *arena)
{
    const struct row_desc *desc = &row_descs[kind];
    size_t size = desc->size;
    char *row, *at;

    for (uint32_t i = 0; i < desc->col_count; i++)
        if (col_is_span(&desc->cols[i]))
            size += sql_column(statement, (int)i + 2).len;
    row = arena_alloc(arena, size);
    if (!row)
        return NULL;
    memset(row, 0, desc->size);
    *(struct row_head *)(void *)row =
        (struct row_head){ sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1) };
    at = row + desc->size;
    for (uint32_t i = 0; i < desc->col_count; i++) {
        const struct col_desc *col = &desc->cols[i];
        struct str span;

        if (!col_is_span(col)) {
            row_set_number(row, col, sqlite3_column_int64(statement, (int)i + 2));
            continue;
        }
        span = sql_column(statement, (int)i + 2);
        memcpy(at, span.ptr, span.len);
        row_set_span(row, col, (struct str){ at, span.len });
        at += span.len;
    }
    return row;
}

bool sql_index_changes(sqlite3_stmt *peek, enum row_kind kind, const void *row)
{
    const struct row_desc *desc = &row_descs[kind];
    int at = 1;

    for (uint32_t i = 0; i < desc->col_count; i++) {
        const struct col_desc *col = &desc->cols[i];

        if (!is_indexed(col))
            continue;
        if (col_is_span(col) ? !str_equal(row_span(row, col), sql_column(peek, at))
                             : row_number(row, col) != sqlite3_column_int64(peek, at))
            return true;
        at++;
    }
    return false;
}
