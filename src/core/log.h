/* log.h: the log: every frame in and out, notes, and redo records, in blocks of one commit each.
 *
 * An entry names the block in which its station last had one, so that a station's log is read
 * backwards from its newest block without an index. A block is the plain sequence of its entries;
 * the store compresses and checksums it.
 */
#pragma once
#include "domain/rows.h"

enum log_kind {
    LOG_IN,   /* a frame from the station, byte for byte but for secrets */
    LOG_OUT,  /* a frame to the station */
    LOG_NOTE, /* connected, disconnected, ...: `text` says it */
    LOG_REDO, /* a row as it is after this commit, not yet in its table: as earlier versions did */
    LOG_CHANGE, /* what became of a row by this commit, not yet in its table: `text` is
                   row_encode_change's */
    LOG_KIND_COUNT
};

/* Is it of rows alone, and nothing that was said or seen? */
static inline bool log_is_redo(enum log_kind kind)
{
    return kind == LOG_REDO || kind == LOG_CHANGE;
}

enum log_flag {
    LOG_ANSWER = 1,  /* a CALLRESULT, CALLERROR or CALLRESULTERROR */
    LOG_ERROR = 2,   /* a CALLERROR, or a frame that could not be read */
    LOG_REPEAT = 8,  /* says again what was told before: its values do not count */
    LOG_FLAGGED = 4, /* was taken with a deviation: see review and session flags */
};

struct log_entry {
    enum log_kind kind;
    uint32_t flags;
    enum row_kind row_kind; /* REDO, CHANGE */
    int64_t station;        /* row id; 0: none */
    int64_t session;        /* row id; 0: none */
    utc_ms at;              /* when it was received or decided */
    int64_t block_before;   /* the station's chain; 0: its first */
    int64_t took_ms;        /* answers: since the question; else 0 */
    struct str action;      /* may be empty */
    struct str message_id;  /* may be empty */
    struct str text;
};

/* Appends to a block that is being built. */
void log_put(struct buf *block, const struct log_entry *entry);
/* Takes the next entry off the front; spans borrow. ERR_NOT_FOUND at the end, ERR_CORRUPT for bytes
 * that are no entry. */
MUST_CHECK enum err log_take(struct str *block, struct log_entry *entry);
