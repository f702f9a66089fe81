/* checkpoint.h: the thread that moves pages from the write-ahead log into the database, so that the
 * writer never has to. It has a connection of its own.
 */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "store/sqlite/db.h"

struct checkpointer {
    sqlite3 *db;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int64_t log_pages;  /* in the write-ahead log, as the writer saw it last */
    int64_t done_pages; /* of these, already in the database */
    bool stop;
    _Atomic bool sync_failed;
    char why[STORE_WHY_SIZE]; /* complete before sync_failed is set */
};

/* Starts the thread and listens to the writer's commits. */
MUST_CHECK enum err checkpointer_start(struct checkpointer *checkpointer, const char *path,
                                       sqlite3 *writer, char *why);
void checkpointer_stop(struct checkpointer *checkpointer);
