#include "store/sqlite/checkpoint.h"

enum {
    STEP_PAGES = 4096,      /* 16 MiB of new pages: the same page is written to the database once */
    TRUNCATE_PAGES = 65536, /* 256 MiB: give the space back */
    READERS_WAIT_MS = 1200, /* a reader lives a second; the writer waits as long, but only here */
};

/* After each commit of the writer. */
static int on_commit(void *context, sqlite3 *db, const char *name, int pages)
{
    struct checkpointer *checkpointer = context;

    (void)db;
    (void)name;
    pthread_mutex_lock(&checkpointer->lock);
    if (pages < checkpointer->log_pages) /* the log was begun anew */
        checkpointer->done_pages = 0;
    checkpointer->log_pages = pages;
    if (pages - checkpointer->done_pages >= STEP_PAGES)
        pthread_cond_signal(&checkpointer->wake);
    pthread_mutex_unlock(&checkpointer->lock);
    return SQLITE_OK;
}

/* A checkpoint that finds the disk full or busy changes nothing: the pages stay in the log, and the
 * next step tries again. */
static void checkpoint(struct checkpointer *checkpointer, int64_t log_pages)
{
    int mode = log_pages > TRUNCATE_PAGES ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int in_log = 0, done = 0;
    int code = sqlite3_wal_checkpoint_v2(checkpointer->db, NULL, mode, &in_log, &done);
    char why[STORE_WHY_SIZE];

    if (db_result(checkpointer->db, code, why) == ERR_OS) {
        memcpy(checkpointer->why, why, sizeof why);
        atomic_store(&checkpointer->sync_failed, true);
    }
    pthread_mutex_lock(&checkpointer->lock);
    /* What could not be done is not asked for again with the very next commit. */
    checkpointer->done_pages = log_pages;
    pthread_mutex_unlock(&checkpointer->lock);
}

static void *checkpointer_main(void *context)
{
    struct checkpointer *checkpointer = context;

    pthread_mutex_lock(&checkpointer->lock);
    while (!checkpointer->stop) {
        int64_t pages = checkpointer->log_pages;

        if (pages - checkpointer->done_pages < STEP_PAGES) {
            pthread_cond_wait(&checkpointer->wake, &checkpointer->lock);
            continue;
        }
        pthread_mutex_unlock(&checkpointer->lock);
        checkpoint(checkpointer, pages);
        pthread_mutex_lock(&checkpointer->lock);
    }
    pthread_mutex_unlock(&checkpointer->lock);
    return NULL;
}

enum err checkpointer_start(struct checkpointer *checkpointer, const char *path, sqlite3 *writer,
                            char *why)
{
    enum err err = db_open(path, DB_WRITE, &checkpointer->db, why);

    if (err != ERR_NONE)
        return err;
    (void)sqlite3_busy_timeout(checkpointer->db, READERS_WAIT_MS); /* cannot fail on an open one */
    check(pthread_mutex_init(&checkpointer->lock, NULL) == 0);
    check(pthread_cond_init(&checkpointer->wake, NULL) == 0);
    if (pthread_create(&checkpointer->thread, NULL, checkpointer_main, checkpointer) != 0) {
        why_say(why, "the system gives no more threads: raise its limit");
        (void)sqlite3_close(checkpointer->db); /* it has no statement */
        return ERR_STORAGE;
    }
    (void)sqlite3_wal_hook(writer, on_commit, checkpointer); /* gives back the one before: none */
    return ERR_NONE;
}

void checkpointer_stop(struct checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->lock);
    checkpointer->stop = true;
    pthread_cond_signal(&checkpointer->wake);
    pthread_mutex_unlock(&checkpointer->lock);
    check(pthread_join(checkpointer->thread, NULL) == 0);
    pthread_cond_destroy(&checkpointer->wake);
    pthread_mutex_destroy(&checkpointer->lock);
    (void)sqlite3_close(checkpointer->db); /* it has no statement */
}
