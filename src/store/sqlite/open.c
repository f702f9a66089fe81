/* open.c: the SQLite backend: opened, closed, copied. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/files.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"

static enum err sqlite_backup(struct store *store, const char *path)
{
    struct sqlite_store *sqlite = CONTAINER_OF(store, struct sqlite_store, store);
    char why[STORE_WHY_SIZE];
    enum err err = db_copy(sqlite->path, path, why);

    if (err != ERR_NONE) {
        pthread_mutex_lock(&sqlite->lock); /* the writer may be saying something just now */
        memcpy(store->why, why, sizeof why);
        pthread_mutex_unlock(&sqlite->lock);
    }
    return err;
}

static void sqlite_close(struct store *store)
{
    struct sqlite_store *sqlite = CONTAINER_OF(store, struct sqlite_store, store);

    checkpointer_stop(&sqlite->checkpointer);
    sqlite_finish_writer(sqlite);
    (void)sqlite3_close(sqlite->db); /* what could not go to the database is still in its log */
    pthread_mutex_destroy(&sqlite->lock);
    free(sqlite->path);
    free(sqlite);
}

static const struct store_ops sqlite_ops = {
    .commit = sqlite_commit,
    .last_block = sqlite_last_block,
    .reader_open = sqlite_reader_open,
    .reader_close = sqlite_reader_close,
    .query = sqlite_query,
    .sum_sessions = sqlite_sum_sessions,
    .read_block = sqlite_read_block,
    .prune = sqlite_prune,
    .backup = sqlite_backup,
    .close = sqlite_close,
};

/* Makes the file when it is missing, readable by nobody else. */
static enum err make_file(const char *path, char *why)
{
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0) {
        why_say(why, "cannot open %s: %s", path, strerrordesc_np(errno));
        return ERR_STORAGE;
    }
    (void)close(fd); /* nothing was written */
    return db_sync_directory(path, why);
}

/* The journal mode is a property of the file; where shared memory does not work it stays another.
 */
static enum err switch_to_wal(sqlite3 *db, char *why)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
    bool is_wal;

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    is_wal = code == SQLITE_ROW && str_equal(sql_column(statement, 0), STR("wal"));
    (void)sqlite3_finalize(statement); /* repeats what the step said */
    if (db_result(db, code, why) != ERR_NONE)
        return db_result(db, code, why);
    if (is_wal)
        return ERR_NONE;
    why_say(why, "the file system does not carry a write-ahead log: use a local disk");
    return ERR_STORAGE;
}

static enum err check_place(const char *path, char *why)
{
    enum store_place place;
    enum err err = store_check_place(path, &place, why);

    return err == ERR_NONE && place == STORE_PLACE_BAD ? ERR_STORAGE : err;
}

static enum err open_writer(struct sqlite_store *sqlite, char *why)
{
    bool is_empty;
    enum err err = make_file(sqlite->path, why);

    if (err == ERR_NONE)
        err = check_place(sqlite->path, why);
    if (err == ERR_NONE)
        err = db_open(sqlite->path, DB_WRITE, &sqlite->db, why);
    if (err == ERR_NONE) /* before anything is changed in a file that may be another's */
        err = schema_check(sqlite->db, &is_empty, why);
    if (err == ERR_NONE)
        err = switch_to_wal(sqlite->db, why);
    if (err == ERR_NONE)
        err = schema_migrate(sqlite->db, sqlite->path, why);
    if (err == ERR_NONE)
        err = checkpointer_start(&sqlite->checkpointer, sqlite->path, sqlite->db, why);
    return err;
}

enum err store_sqlite_open(const char *path, struct store **store, char *why, size_t why_cap)
{
    struct sqlite_store *sqlite = calloc(1, sizeof *sqlite);
    char words[STORE_WHY_SIZE] = "memory is out";
    enum err err = ERR_FULL;

    if (sqlite)
        sqlite->path = strdup(path);
    if (sqlite && sqlite->path)
        err = open_writer(sqlite, words);
    if (err == ERR_NONE) {
        sqlite->store.ops = &sqlite_ops;
        check(pthread_mutex_init(&sqlite->lock, NULL) == 0);
        *store = &sqlite->store;
        return ERR_NONE;
    }
    (void)snprintf(why, why_cap, "%s: %s", path, words); /* cut is fine */
    if (sqlite) {
        (void)sqlite3_close(sqlite->db); /* has no statement; NULL is fine */
        free(sqlite->path);
    }
    free(sqlite);
    return err;
}
