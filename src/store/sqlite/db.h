/* db.h: one connection to SQLite, and what its failures mean to us. */
#pragma once
#include <sqlite3.h>

#include "store/why.h"

enum db_use {
    DB_WRITE,
    DB_READ, /* a reader of a store that this process has open */
    DB_LOOK, /* at any file, which stays as it is */
};

/* Opens with everything set that holds for the connection: time to wait for a lock, sync, our text
 * comparison. */
MUST_CHECK enum err db_open(const char *path, enum db_use use, sqlite3 **db, char *why);

/* What the result code means, `why` says it in words. SQLITE_OK, _ROW and _DONE are ERR_NONE. */
enum err db_result(sqlite3 *db, int code, char *why);
/* Runs statements that give no rows. */
MUST_CHECK enum err db_run(sqlite3 *db, const char *sql, char *why);
/* The first column of the first row of a query; 0 when it has none. */
MUST_CHECK enum err db_number(sqlite3 *db, const char *sql, int64_t *out, char *why);
/* A copy of the database at `path` as it is at this moment, while others write to it: made under
 * another name, synced, then renamed to `to`, which it replaces. */
MUST_CHECK enum err db_copy(const char *path, const char *to, char *why);
/* Syncs the directory in which the file is, so that its name is on disk. */
MUST_CHECK enum err db_sync_directory(const char *path, char *why);
