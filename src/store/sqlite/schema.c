#include "store/sqlite/schema.h"

#include <limits.h>
#include <stdio.h>

/* What is no row: the log, and a line that is written to find out whether writing works. */
static const struct {
    const char *name, *sql;
} fixed[] = {
    { "block",
      "CREATE TABLE block (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, len INTEGER NOT NULL,"
      " crc INTEGER NOT NULL, data BLOB NOT NULL) STRICT" },
    { "probe", "CREATE TABLE probe (id INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;"
               "INSERT INTO probe VALUES (1, 0)" },
};

int64_t schema_version(void)
{
    int64_t count = 0;

    for (size_t kind = 0; kind < ROW_KIND_COUNT; kind++)
        count += row_descs[kind].col_count;
    return count;
}

enum err schema_check(sqlite3 *db, bool *is_empty, char *why)
{
    int64_t objects = 0, application = 0, version = 0;
    enum err err = db_number(db, "SELECT count(*) FROM sqlite_schema", &objects, why);

    if (err == ERR_NONE)
        err = db_number(db, "PRAGMA application_id", &application, why);
    if (err == ERR_NONE)
        err = db_number(db, "PRAGMA user_version", &version, why);
    if (err != ERR_NONE)
        return err;
    *is_empty = objects == 0 && application == 0;
    if (*is_empty)
        return ERR_NONE;
    if (application != SCHEMA_APPLICATION_ID) {
        why_say(why, "the file is a database of another program: name another one");
        return ERR_CORRUPT;
    }
    if (version > schema_version()) {
        why_say(
            why,
            "the database is from a newer voltd (schema %lld, this one knows %lld): install that "
            "version, or restore a backup made before the upgrade",
            (long long)version, (long long)schema_version());
        return ERR_CORRUPT;
    }
    return ERR_NONE;
}

/* Is there such a thing in sqlite_schema, or such a column of a table (`of` is then the table)? */
static enum err exists(sqlite3 *db, const char *name, const char *of, bool *out, char *why)
{
    const char *sql = of ? "SELECT count(*) FROM pragma_table_info(?2) WHERE name = ?1"
                         : "SELECT count(*) FROM sqlite_schema WHERE name = ?1";
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sql_bind_text(statement, 1, str_of(name));
    if (code == SQLITE_OK && of)
        code = sql_bind_text(statement, 2, str_of(of));
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    *out = code == SQLITE_ROW && sqlite3_column_int(statement, 0) > 0;
    (void)sqlite3_finalize(statement); /* repeats what the step said */
    return db_result(db, code, why);
}

bool schema_has_table(sqlite3 *db, const char *table)
{
    char why[STORE_WHY_SIZE];
    bool is_there;

    return exists(db, table, NULL, &is_there, why) == ERR_NONE && is_there;
}

/* What walks over the missing pieces: does nothing but count, or makes them. */
struct walk {
    sqlite3 *db;
    bool make;
    uint32_t missing;
    char *why;
};

static enum err need(struct walk *walk, const char *name, const char *of, const char *sql)
{
    bool is_there;
    enum err err = exists(walk->db, name, of, &is_there, walk->why);

    if (err != ERR_NONE || is_there)
        return err;
    walk->missing++;
    return walk->make ? db_run(walk->db, sql, walk->why) : ERR_NONE;
}

static enum err need_column(struct walk *walk, enum row_kind kind, const struct col_desc *col)
{
    char name_text[128], sql_text[512];
    struct buf name, sql;
    enum err err;

    buf_init(&sql, sql_text, sizeof sql_text);
    sql_add_column(kind, col, &sql);
    err = need(walk, col->name, row_descs[kind].table, sql_text);
    buf_init(&name, name_text, sizeof name_text);
    buf_init(&sql, sql_text, sizeof sql_text);
    if (err == ERR_NONE && sql_create_index(kind, col, &name, &sql))
        err = need(walk, name_text, NULL, sql_text);
    return err;
}

static enum err walk_schema(struct walk *walk)
{
    char sql_text[SQL_TEXT_MAX];
    enum err err = ERR_NONE;

    for (size_t i = 0; i < COUNT(fixed) && err == ERR_NONE; i++)
        err = need(walk, fixed[i].name, NULL, fixed[i].sql);
    for (size_t kind = 0; kind < ROW_KIND_COUNT && err == ERR_NONE; kind++) {
        const struct row_desc *desc = &row_descs[kind];
        struct buf sql;

        buf_init(&sql, sql_text, sizeof sql_text);
        sql_create_table((enum row_kind)kind, &sql);
        err = need(walk, desc->table, NULL, sql_text);
        for (uint32_t i = 0; i < desc->col_count && err == ERR_NONE; i++)
            err = need_column(walk, (enum row_kind)kind, &desc->cols[i]);
    }
    return err;
}

static enum err make(sqlite3 *db, char *why)
{
    struct walk walk = { .db = db, .make = true, .why = why };
    char numbers[128];
    enum err err = db_run(db, "BEGIN IMMEDIATE", why);

    if (err != ERR_NONE)
        return err;
    (void)snprintf(numbers, sizeof numbers,
                   "PRAGMA application_id = %d; PRAGMA user_version = %lld; COMMIT",
                   SCHEMA_APPLICATION_ID, (long long)schema_version()); /* fits */
    err = walk_schema(&walk);
    if (err == ERR_NONE)
        err = db_run(db, numbers, why);
    if (err != ERR_NONE && !sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* the first failure is told */
    return err;
}

static enum err copy_before(sqlite3 *db, const char *path, char *why)
{
    char to[PATH_MAX], reason[STORE_WHY_SIZE];
    int64_t version;
    enum err err = db_number(db, "PRAGMA user_version", &version, why);

    if (err != ERR_NONE)
        return err;
    if ((size_t)snprintf(to, sizeof to, "%s.before-%lld", path, (long long)version) >= sizeof to) {
        why_say(why, "the path of the database is too long");
        return ERR_STORAGE;
    }
    err = db_copy(path, to, reason);
    if (err != ERR_NONE)
        why_say(why, "no copy could be made before the database is brought up to date: %s", reason);
    return err;
}

enum err schema_migrate(sqlite3 *db, const char *path, char *why)
{
    struct walk walk = { .db = db, .make = false, .why = why };
    bool is_empty;
    enum err err = schema_check(db, &is_empty, why);

    if (err == ERR_NONE && !is_empty)
        err = walk_schema(&walk);
    if (err != ERR_NONE || (!is_empty && walk.missing == 0))
        return err;
    if (!is_empty)
        err = copy_before(db, path, why);
    return err == ERR_NONE ? make(db, why) : err;
}
