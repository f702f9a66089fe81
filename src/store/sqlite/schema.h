/* schema.h: the tables, made and brought up to date from domain/rows.def.
 *
 * Migrations go forward only, and only add: columns at the end of a list, whole tables, indexes. So
 * the number of columns of all tables is the version of the schema (user_version); a file with more
 * of them comes from a newer voltd.
 */
#pragma once
#include "store/sqlite/sql.h"

#define SCHEMA_APPLICATION_ID 0x766f6c74 /* "volt", in bytes 68..71 of the file */

int64_t schema_version(void);
/* Is the file ours, and not from a newer voltd? ERR_CORRUPT with words if not. `is_empty`: it has
 * nothing in it yet. */
MUST_CHECK enum err schema_check(sqlite3 *db, bool *is_empty, char *why);
/* Makes what is missing. A file that has rows is copied to PATH.before-VERSION first. */
MUST_CHECK enum err schema_migrate(sqlite3 *db, const char *path, char *why);
/* False also when it cannot be read. */
bool schema_has_table(sqlite3 *db, const char *table);
