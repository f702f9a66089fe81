/* turn.h: one message, request or timer, from question to effects.
 *
 * A handler is `enum err fn(struct turn *)`. It finds rows, decides, and records effects; it never
 * blocks, reads no clock and keeps nothing between runs. Effects take hold together, when it
 * returns ERR_NONE; else none does. Answers and events leave after the commit that makes the
 * effects durable.
 *
 * ERR_LATER: a find has asked a question (store, slow job, a station) whose answer is not there
 * yet. The handler gives ERR_LATER back; when the answer has come it is run again from the top,
 * with the same input, the same random numbers and the `now` of that moment; asking the same thing
 * again then returns the answer. At most TURN_QUESTIONS_MAX questions a turn.
 *
 * Rows: pointers from finds are valid until the handler returns. Own edits are seen by later finds
 * of the same turn.
 */
#pragma once
#include "base/base.h"
#include "base/rand.h"
#include "core/log.h"
#include "core/world.h"
#include "domain/rows.h"
#include "net/net.h"
#include "store/store.h"

#define TURN_QUESTIONS_MAX 32

struct engine;
struct question;

/* Who does this: for rights and for the audit. */
enum actor_kind { ACTOR_SYSTEM, ACTOR_STATION, ACTOR_PERSON, ACTOR_KEY, ACTOR_LOCAL };
struct actor {
    enum actor_kind kind;
    int64_t id;      /* row id of station, person, key; 0 */
    struct str name; /* "anna", "ci", "cli" */
};

/* A call to a station, and what came of it. */
enum call_class { CALL_SAFETY, CALL_PEOPLE, CALL_HOUSEKEEPING, CALL_CLASS_COUNT };
enum call_outcome {
    CALL_ANSWERED,
    CALL_ERROR,
    CALL_TIMEOUT,
    CALL_NOT_CONNECTED,
    CALL_QUEUE_FULL,
    CALL_LOST
};
struct call {
    int64_t station;
    enum call_class class;
    struct str action;
    struct str payload;  /* JSON object, checked by the caller against the schema */
    uint32_t timeout_ms; /* 0: the server's default; counted from when it is queued */
    bool plain;          /* of our own making, and no place for a secret: it is kept as it is */
};
struct call_answer {
    enum call_outcome outcome;
    struct str message_id;
    struct str payload; /* ANSWERED: the CALLRESULT's object as sent; ERROR: details */
    struct str error_code, error_description; /* ERROR */
    utc_ms sent_at;                           /* UTC_UNKNOWN: it never left */
    int64_t latency_ms;
    bool invalid; /* the answer is against its schema; it is given as it came */
};
struct turn_edit {
    enum row_kind kind;
    bool is_new, deleted;
    bool lazy; /* a redo record now, its table at the next checkpoint */
    void *row; /* in the turn's arena */
};

struct turn {
    struct engine *engine;
    struct arena *arena;
    utc_ms now;
    struct rand rand;
    struct actor actor;
    void *input; /* what the starter of the turn put there */
    /* What follows belongs to turn.c and engine.c. */
    enum err (*fn)(struct turn *turn);
    struct turn *next, **at; /* of those that wait, or are spare */
    uint64_t seed;
    struct arena own_arena;
    struct turn_edit *edits;
    uint32_t edit_count, edit_cap;
    struct turn_out *outs, **outs_end;    /* what leaves after the commit, in order */
    struct turn_line *lines, **lines_end; /* log entries */
    struct question *questions;
    uint32_t question_count, waiting_count;
    bool at_once; /* what it sends promises nothing, and leaves without waiting for the disk */
    bool durable, full, running;
    void (*ended)(struct turn *turn,
                  enum err err); /* when it is over: ERR_NONE, it took hold; may be NULL */
};

/* What leaves after a commit. */
enum turn_out_kind { OUT_SEND, OUT_RESPOND, OUT_EVENT, OUT_CALL, OUT_AFTER, OUT_ASK };
struct turn_out {
    struct turn_out *next;
    enum turn_out_kind kind;
    union {
        struct {
            conn_id conn;
            struct str text; /* a frame */
        };
        struct {
            conn_id http_conn;
            struct net_response response;
        };
        struct {
            const char *topic;
            bool has_body;
            struct event_row *event;
        };
        struct {
            struct call call;
            enum err (*then)(struct turn *turn);
            int64_t tag;
        };
        struct question *question;
        struct {
            void (*fn)(struct engine *engine, void *data);
            void *data;
            size_t size;
        };
    };
};

struct turn_line {
    struct turn_line *next;
    struct log_entry entry;
};

/* --- find ---------------------------------------------------------------- */

const struct world *turn_world(const struct turn *turn);
/* NULL: there is none (in memory: see world.h). */
const void *turn_find(struct turn *turn, enum row_kind kind, int64_t id);
const void *turn_find_name(struct turn *turn, enum row_kind kind, struct str name);
/* The row as this turn sees it: its own copy, or the one in memory. NULL: it has deleted it, or it
 * is not in memory; or `row` is NULL. */
const void *turn_seen(struct turn *turn, enum row_kind kind, const void *row);
/* A connector of a station, or NULL. */
const struct connector_row *turn_find_connector(struct turn *turn, int64_t station, int64_t evse,
                                                int64_t connector);

/* From the store. ERR_LATER at first; *rows is in the turn's arena. A row that is in memory stands
 * in the place of the stored one. Filters are copied. ERR_STORAGE: the store cannot read. */
MUST_CHECK enum err turn_query(struct turn *turn, const struct store_query *query,
                               struct store_rows *rows);
MUST_CHECK enum err turn_sum_sessions(struct turn *turn, enum store_group group, utc_ms from,
                                      utc_ms to, struct store_sums *sums);
/* The session with this id, in memory or stored. ERR_NOT_FOUND. */
MUST_CHECK enum err turn_get_session(struct turn *turn, int64_t id,
                                     const struct session_row **session);
/* What session_row.key holds. */
int64_t session_key(int64_t station, struct str transaction_id);
/* The session of a station by transaction id, in memory or stored, newest first. ERR_NOT_FOUND. */
MUST_CHECK enum err turn_get_transaction(struct turn *turn, int64_t station,
                                         struct str transaction_id,
                                         const struct session_row **session);

/* The log of a station, newest first, from before (block, index), or from its end when block is 0.
 * At most `limit` entries that `match` accepts (NULL: all); at most 5,000 blocks are looked at in
 * one call. *more: there may be others, go on with the returned place. */
struct log_place {
    int64_t block; /* 0: from the newest */
    uint32_t index;
};
struct log_found {
    struct log_place place;
    struct log_entry entry;
};
struct log_query {
    int64_t station;
    struct log_place before;
    int64_t block_first; /* not before this block; 0: from the first */
    int64_t session;     /* only entries of this session; 0: all */
    utc_ms from, to;     /* UTC_UNKNOWN, UTC_NEVER: open */
    bool frames_only;    /* LOG_IN and LOG_OUT */
    uint32_t flags;      /* entries must have all of these */
    int direction;       /* 0 both, 1 in, 2 out */
    struct str action;   /* empty: all */
    uint32_t limit;
};
struct log_page {
    uint32_t count;
    struct log_found *found;
    bool more;
    struct log_place next;
};
MUST_CHECK enum err turn_read_log(struct turn *turn, const struct log_query *query,
                                  struct log_page *page);

/* On which thread work is done. */
enum work_place {
    WORK_READER,  /* slow work (argon2id) */
    WORK_WRITER,  /* between two commits (a backup) */
    WORK_AT_ONCE, /* milliseconds that cannot wait for a reader to be free (an emergency cap) */
};

/* Work on another thread: `work` may touch nothing but *data, which must lie in the turn's arena.
 * Asked once for each `name` (static); when it is done *data is the data that it worked on. */
typedef void turn_work_fn(void *data, struct store *store);
MUST_CHECK enum err turn_work(struct turn *turn, const char *name, turn_work_fn *work,
                              enum work_place place, void **data);

/* Work on this thread that is too long for one turn: `begin` is called once, and has it done step
 * by step, by timers and turns of their own. Who takes the last step answers the question
 * (engine_answered); its arena is for what the steps need. *data is handed to `begin` in
 * question->steps_data, and given back as it is there in the end. */
typedef void turn_begin_fn(struct engine *engine, struct question *question);
MUST_CHECK enum err turn_steps(struct turn *turn, const char *name, turn_begin_fn *begin,
                               void **data);

/* --- calls to stations --------------------------------------------------- */

/* Asks a station and waits for its answer: ERR_LATER until there is an outcome. */
MUST_CHECK enum err turn_call(struct turn *turn, const struct call *call,
                              struct call_answer *answer);
/* Sends one and does not wait: after the commit of this turn. `then` (may be NULL) gets the answer
 * in a turn of its own, whose input is a `struct call_done`. */
struct call_done {
    struct call call;
    struct call_answer answer;
    int64_t tag;
};
void turn_send_call(struct turn *turn, const struct call *call, enum err (*then)(struct turn *turn),
                    int64_t tag);

/* --- effects ------------------------------------------------------------- */

/* A new id: positive, ascending in this process, unguessable enough not to collide with other
 * nodes. */
int64_t turn_new_id(struct turn *turn);
/* A new row, cleared (moments: UTC_UNKNOWN), with its id, in the turn's arena. */
void *turn_new(struct turn *turn, enum row_kind kind);
/* A copy to change. Twice for the same row gives the same copy. `row` may also come from a query.
 */
void *turn_edit(struct turn *turn, enum row_kind kind, const void *row);
/* The same for a change that may go to its table later (see ARCHITECTURE.md, "The log"); for rows
 * in memory only. */
void *turn_edit_lazy(struct turn *turn, enum row_kind kind, const void *row);
void turn_delete(struct turn *turn, enum row_kind kind, const void *row);

/* Drops all effects recorded so far: for a room's entry function whose handler failed and that
 * answers with an error. */
void turn_forget(struct turn *turn);
/* A line of the log. Frames that carry a fact make the turn wait for the disk: `durable`. */
void turn_log(struct turn *turn, const struct log_entry *entry, bool durable);
/* A fact for others (docs/api.md, Events): `topic` static. Its body is rendered when the turn is
 * applied. */
void turn_event(struct turn *turn, const char *topic, int64_t station, int64_t session);
/* The same with a body of its own: JSON. */
void turn_event_body(struct turn *turn, const char *topic, int64_t station, int64_t session,
                     struct str body);
void turn_audit(struct turn *turn, const char *action, struct str target, struct str before,
                struct str after);
/* A doubt for a person to settle. Pages say it by its code and its arguments (a JSON object), where
 * it has such; `text` is the same in English. `once` counts below only. */
enum review_once { REVIEW_ONCE, REVIEW_ONCE_A_TEXT, REVIEW_ONCE_A_FRAME };
struct review {
    enum review_once once;
    const char *kind;
    int64_t station, session;
    struct str code, args, text, frame;
};
void turn_review(struct turn *turn, const struct review *review);
/* The same for what a station may bring about again and again: nothing, while a doubt of this kind
 * about this station waits to be settled that has, as told, any text, the same text, or the same
 * text and frame. ERR_LATER at first. */
MUST_CHECK enum err turn_review_once(struct turn *turn, const struct review *review);

/* What leaves after the commit, in this order. Text and spans are copied. */
void turn_send(struct turn *turn, conn_id conn, struct str text);
void turn_respond(struct turn *turn, conn_id conn, const struct net_response *response);
/* Any other thing to do once the turn is durable, on the core thread: fn(engine, data), data
 * copied. */
void turn_after(struct turn *turn, void (*fn)(struct engine *engine, void *data), const void *data,
                size_t size);

#define TURN_FIND(turn, kind, id_) ((const struct kind##_row *)turn_find((turn), ROW_##kind, (id_)))
#define TURN_FIND_NAME(turn, kind, name_) \
    ((const struct kind##_row *)turn_find_name((turn), ROW_##kind, (name_)))
#define TURN_NEW(turn, kind)        ((struct kind##_row *)turn_new((turn), ROW_##kind))
#define TURN_EDIT(turn, kind, row_) ((struct kind##_row *)turn_edit((turn), ROW_##kind, (row_)))
#define TURN_EDIT_LAZY(turn, kind, row_) \
    ((struct kind##_row *)turn_edit_lazy((turn), ROW_##kind, (row_)))
