#include "store/sqlite/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { BUSY_WAIT_MS = 5000 };

/* SQLite's own NOCASE stops at a NUL byte; texts from outside may hold one. */
static int compare_nocase(void *context, int a_len, const void *a, int b_len, const void *b)
{
    const unsigned char *left = a, *right = b;
    int len = a_len < b_len ? a_len : b_len;

    (void)context;
    for (int i = 0; i < len; i++) {
        int l = left[i] >= 'A' && left[i] <= 'Z' ? left[i] | 0x20 : left[i];
        int r = right[i] >= 'A' && right[i] <= 'Z' ? right[i] | 0x20 : right[i];

        if (l != r)
            return l - r;
    }
    return (a_len > b_len) - (a_len < b_len);
}

static struct str value_text(sqlite3_value *value)
{
    const void *bytes = sqlite3_value_blob(value);

    return (struct str){ bytes ? bytes : "", (uint32_t)sqlite3_value_bytes(value) };
}

static void contains(sqlite3_context *context, int count, sqlite3_value **values)
{
    check(count == 2);
    sqlite3_result_int(context, str_contains_nocase(value_text(values[0]), value_text(values[1])));
}

static enum err set_up(sqlite3 *db, enum db_use use, char *why)
{
    static const char *const pragmas[] = {
        /* A commit is on disk when it returns. What does not fit the cache waits in memory, not in
         * a temporary file. Freed pages need not be overwritten: the log is no secret to the one
         * who can read the file. */
        [DB_WRITE] = "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                     "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;"
                     "PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF",
        [DB_READ] =
            "PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY",
        [DB_LOOK] = "PRAGMA cache_size = -65536",
    };
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int code = sqlite3_extended_result_codes(db, 1);

    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db, BUSY_WAIT_MS);
    if (code == SQLITE_OK) /* "x" is a name, never a text */
        code = sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (code == SQLITE_OK) /* functions of a forged schema do nothing */
        code = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_create_collation(db, "NOCASE", SQLITE_UTF8, NULL, compare_nocase);
    if (code == SQLITE_OK)
        code = sqlite3_create_function(db, "contains", 2, flags, NULL, contains, NULL, NULL);
    return code == SQLITE_OK ? db_run(db, pragmas[use], why) : db_result(db, code, why);
}

enum err db_open(const char *path, enum db_use use, sqlite3 **out, char *why)
{
    /* A reader may need to make the -shm file, so it too opens for writing; query_only holds it. */
    const int flags =
        SQLITE_OPEN_NOMUTEX | (use == DB_LOOK ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, flags, NULL);
    enum err err = code == SQLITE_OK ? set_up(db, use, why) : db_result(db, code, why);

    if (err != ERR_NONE) {
        (void)sqlite3_close(db); /* no statement is left that could keep it open */
        return err;
    }
    *out = db;
    return ERR_NONE;
}

static const struct {
    int code;
    enum err err;
    const char *text;
} meanings[] = {
    /* The kernel may have dropped what it could not write and reports success next time. */
    { SQLITE_IOERR_FSYNC, ERR_OS,
      "the disk did not take a sync: check its health, then start again" },
    { SQLITE_IOERR_DIR_FSYNC, ERR_OS,
      "the disk did not take a sync of the directory: check its health, then start again" },
    { SQLITE_FULL, ERR_FULL, "the disk is full: make room where the data directory is" },
    { SQLITE_NOMEM, ERR_FULL, "memory is out" },
    { SQLITE_IOERR_NOMEM, ERR_FULL, "memory is out" },
    { SQLITE_CONSTRAINT_UNIQUE, ERR_EXISTS, "a unique value is taken" },
    { SQLITE_CONSTRAINT_ROWID, ERR_CONFLICT, "a row with this id is there" },
    { SQLITE_CONSTRAINT_PRIMARYKEY, ERR_CONFLICT, "a row with this id is there" },
    { SQLITE_INTERRUPT, ERR_TIMEOUT, "the question takes more than a second: ask for less" },
    { SQLITE_CORRUPT, ERR_CORRUPT,
      "the database is damaged: run 'voltd verify', and restore a backup if it agrees" },
    { SQLITE_NOTADB, ERR_CORRUPT,
      "the file is no database, or its head is damaged: restore a backup, or name another file" },
    { SQLITE_READONLY, ERR_STORAGE, "the database cannot be written: check owner and mount" },
    { SQLITE_CANTOPEN, ERR_STORAGE, "the database cannot be opened: check path and permissions" },
    { SQLITE_BUSY, ERR_STORAGE, "another program holds the database: end it" },
    { SQLITE_IOERR, ERR_STORAGE, "the disk refused: check its health" },
};

/* What the system said last: SQLite keeps it for the connection, but loses it when a write to the
 * log fails in a commit; the log's file still has it then. */
static int find_errno(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int system_errno = sqlite3_system_errno(db);

    if (system_errno == 0 &&
        sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&log) == SQLITE_OK &&
        log && log->pMethods)
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &system_errno); /* or 0 */
    return system_errno;
}

enum err db_result(sqlite3 *db, int code, char *why)
{
    int system_errno;
    bool is_disk = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;

    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
        return ERR_NONE;
    system_errno = is_disk ? find_errno(db) : 0;
    if (is_disk && code != SQLITE_IOERR_FSYNC && code != SQLITE_IOERR_DIR_FSYNC &&
        (system_errno == ENOSPC || system_errno == EDQUOT))
        code = SQLITE_FULL;
    for (size_t i = 0; i < COUNT(meanings); i++) {
        if (code != meanings[i].code && (code & 0xff) != meanings[i].code)
            continue;
        if (is_disk && system_errno)
            why_say(why, "%s (%s)", meanings[i].text, strerrordesc_np(system_errno));
        else
            why_say(why, "%s", meanings[i].text);
        return meanings[i].err;
    }
    why_say(why, "the database refused: %s", sqlite3_errmsg(db));
    return ERR_STORAGE;
}

enum err db_run(sqlite3 *db, const char *sql, char *why)
{
    return db_result(db, sqlite3_exec(db, sql, NULL, NULL, NULL), why);
}

enum err db_number(sqlite3 *db, const char *sql, int64_t *out, char *why)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    int64_t number = 0;

    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            number = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement); /* repeats what the step said */
    if (db_result(db, code, why) != ERR_NONE)
        return db_result(db, code, why);
    *out = number;
    return ERR_NONE;
}

static enum err say_os(char *why, const char *what, const char *path)
{
    enum err err = errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_STORAGE;

    why_say(why, "%s %s: %s", what, path, strerrordesc_np(errno));
    return err;
}

/* Opens, syncs and closes a file or directory. */
static enum err sync_path(const char *path, int flags, char *why)
{
    int fd = open(path, flags | O_CLOEXEC);
    enum err err = ERR_NONE;

    if (fd < 0)
        return say_os(why, "cannot open", path);
    if (fsync(fd) != 0) {
        (void)say_os(why, "cannot sync", path);
        err = ERR_OS;
    }
    (void)close(fd); /* was synced: nothing is left to fail */
    return err;
}

enum err db_sync_directory(const char *path, char *why)
{
    const char *slash = strrchr(path, '/');
    char directory[PATH_MAX] = ".";

    if (slash && (size_t)snprintf(directory, sizeof directory, "%.*s", (int)(slash - path + 1),
                                  path) >= sizeof directory) {
        why_say(why, "the path is too long");
        return ERR_STORAGE;
    }
    return sync_path(directory, O_RDONLY | O_DIRECTORY, why);
}

static enum err vacuum_into(const char *path, const char *to, char *why)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int code;
    enum err err = db_open(path, DB_LOOK, &db, why);

    if (err != ERR_NONE)
        return err;
    code = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 1, to, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    err = db_result(db, code, why);
    (void)sqlite3_finalize(statement); /* repeats what the step said */
    (void)sqlite3_close(db);           /* no statement is left that could keep it open */
    return err;
}

enum err db_copy(const char *path, const char *to, char *why)
{
    char part[PATH_MAX];
    enum err err;
    int fd;

    if ((size_t)snprintf(part, sizeof part, "%s.part", to) >= sizeof part) {
        why_say(why, "the path is too long");
        return ERR_STORAGE;
    }
    /* Made by us, so that nobody else may read it; one that was left half done is begun anew. */
    fd = open(part, O_CREAT | O_TRUNC | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return say_os(why, "cannot make", part);
    (void)close(fd); /* it is empty */
    err = vacuum_into(path, part, why);
    if (err == ERR_NONE)
        err = sync_path(part, O_RDONLY, why);
    if (err == ERR_NONE && rename(part, to) != 0)
        err = say_os(why, "cannot make", to);
    if (err == ERR_NONE)
        return db_sync_directory(to, why);
    (void)unlink(part); /* the first failure is told */
    return err;
}
