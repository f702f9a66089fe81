/* engine.h: runs turns. Everything that means something happens here, on one thread.
 *
 * The engine is fed by a host: network events, finished commits, answers from the store, the time.
 * It asks the host to commit batches, to answer questions, and to send. It has no thread, clock or
 * socket of its own, so the daemon (core/host.c) and the simulated world (tests/world) run the same
 * code.
 */
#pragma once
#include "core/timer.h"
#include "core/turn.h"

struct options;

/* What goes to disk together. Built by the engine, carried out by the host's writer. */
struct batch {
    struct store_batch store;
    struct batch *next;
    /* engine's own */
    struct arena arena;
    struct buf log;
    struct turn_out *outs, **outs_end;
    struct str untold; /* of the log: nobody who follows it was told yet */
    uint32_t turn_cap;
    mono_ms flown_at;
    bool must;       /* holds a fact or a row: commit as soon as possible */
    mono_ms must_at; /* since when */
};

enum question_kind {
    QUESTION_QUERY,
    QUESTION_SUMS,
    QUESTION_LOG,
    QUESTION_WORK,
    QUESTION_STEPS,
    QUESTION_CALL
};

/* Something that a turn waits for. */
struct question {
    enum question_kind kind;
    struct turn *turn;
    struct question *next;       /* of the turn */
    struct question *queue_next; /* for whoever answers it */
    uint64_t hash;
    bool answered;
    enum err err;
    struct arena arena; /* holds question and answer */
    union {
        struct {
            struct store_query query;
            struct store_rows rows;
        };
        struct {
            enum store_group group;
            utc_ms from, to;
            struct store_sums sums;
        };
        struct {
            struct log_query log_query;
            struct log_page page;
        };
        struct {
            const char *work_name;
            turn_work_fn *work;
            void *work_data;
            enum work_place place;
        };
        void *steps_data;
        struct {
            struct call call;
            struct call_answer answer;
        };
    };
};

/* For hosts: finds the answer with a reader; blocks. Not for STEPS and CALL. `store` is for work on
 * the writer's side. */
void question_answer(struct question *question, struct store_reader *reader, struct store *store);

/* The rooms above, by function: the engine does not know them. */
struct engine_handlers {
    void (*net)(struct engine *engine,
                const struct net_event *event); /* every event of the network */
    void (*ahead)(struct engine *engine, conn_id conn, uint32_t events_before); /* net_ahead_fn */
    void (*call)(struct engine *engine, struct question *question); /* a question of kind CALL */
    void (*send_call)(struct engine *engine, const struct call *call,
                      enum err (*then)(struct turn *), int64_t tag);
    /* JSON of an event's thing, as REST shows it, into the buf. */
    void (*render)(struct turn *turn, const char *topic, int64_t station, int64_t session,
                   struct buf *body);
    /* A committed event row; and every log entry once it is durable (for live tails). */
    void (*event)(struct engine *engine, const struct event_row *event);
    void (*logged)(struct engine *engine, const struct log_entry *entry);
    /* Storage failed: stations were told to go; or works again. */
    void (*storage)(struct engine *engine, bool works);
};

struct engine_host {
    void *host;
    void (*commit)(void *host, struct batch *batch);    /* then engine_committed */
    const char *(*why)(void *host);                     /* why the last commit failed, for people */
    void (*ask)(void *host, struct question *question); /* then engine_answered; not for CALL */
    enum err (*reload)(void *host); /* engine_unload, then engine_load, at once */
    int64_t (*clock_us)(void);      /* for engine_held alone; NULL: nobody wants to know */
    struct net_port net;
};

/* How long one thing (a message, a request, a timer, what follows a commit) has held the thread. */
struct engine_held {
    bool now; /* one is under way */
    uint64_t minute;
    int64_t longest_us, longest_before_us; /* in this minute, in the one before */
    uint64_t over_5ms;
};

struct engine_stats {
    uint64_t turns, reruns, commits, committed_turns, void_batches, in_frames, out_frames;
    struct engine_held held;
};

struct engine {
    struct world world;
    struct timers timers;
    struct engine_host host;
    struct engine_handlers handlers;
    const struct options *options;
    void *ocpp, *api, *dispatch; /* state of the rooms above, their own */
    utc_ms now;
    mono_ms mono;
    utc_ms started_at;
    struct rand rand;
    int64_t last_id, last_block;
    bool storage_works, memory_void, dropped;
    mono_ms commit_deadline_ms;
    uint32_t turns_max;
    const char *storage_why;
    struct engine_stats stats;
    /* engine.c's own */
    struct batch *open, *flying;
    struct batch *leaving, **leaving_end; /* on disk; what they hold leaves step by step */
    bool lets_go;                         /* just now */
    uint32_t log_bytes;                   /* of the block that flew last */
    mono_ms commit_after;                 /* engine_disk_waits */
    struct timer flush_timer, checkpoint_timer, probe_timer, deadline_timer, leaver_timer;
    struct arena_pool pool;
    struct turn *spare_turns;
    uint32_t turns_open;
    struct turn *parked;
    struct world_leaver {
        int64_t id;
        mono_ms at;
    } *leavers; /* sessions that ended, ring */
    uint32_t leaver_first, leaver_count, leaver_cap;
    uint64_t scrap[256]; /* as large as the largest row */
    bool watch_log;      /* somebody follows the log: call handlers.logged */
};

/* `seed` feeds ids and random numbers: from the system in the daemon, the run's seed in the
 * simulated world. */
void engine_init(struct engine *engine, const struct engine_host *host,
                 const struct engine_handlers *handlers, const struct options *options,
                 uint64_t seed);
/* Reads the registry from the store and plays the log's tail over it. Blocks; at start and after
 * storage came back. */
MUST_CHECK enum err engine_load(struct engine *engine, struct store_reader *reader,
                                int64_t last_block);
/* Forgets the registry. */
void engine_unload(struct engine *engine);
/* Forgets all that is under way, without a word to anyone: before engine_fini, when the process
 * ends or is killed. */
void engine_drop(struct engine *engine);
void engine_fini(struct engine *engine);

/* The host tells. `now` and `mono` are set first by engine_clock. */
void engine_clock(struct engine *engine, utc_ms now, mono_ms mono);
void engine_net_event(struct engine *engine, const struct net_event *event);
void engine_committed(struct engine *engine, struct batch *batch, enum err err);
void engine_answered(struct engine *engine, struct question *question);
/* Runs due timers and hands the open batch to the writer when it is free. To be called after each
 * round of events. */
void engine_run(struct engine *engine);
/* When engine_run wants to be called again at the latest (monotonic), UINT64_MAX: no wish. */
mono_ms engine_wake(const struct engine *engine);
/* The longest of the last minute or two, us. */
int64_t engine_held_us(const struct engine *engine);
/* Nothing is handed to the writer before `until`: what must leave at once has the machine to
 * itself. For some tens of milliseconds; answers wait so long. */
void engine_disk_waits(struct engine *engine, mono_ms until);
bool engine_hurries(const struct engine *engine);
/* What is on disk leaves, step by step: a few network events at a time, please. */
bool engine_leaves(const struct engine *engine);
/* Should the host hand in no more network events for now? */
bool engine_busy(const struct engine *engine);
/* Puts what is only in the log into its tables: before a clean stop. */
void engine_checkpoint(struct engine *engine);
/* Is nothing under way (for a clean stop)? */
bool engine_idle(const struct engine *engine);

/* For turn.c: a new id; and memory that takes writes which lead nowhere, for turns that ran out of
 * it. */
int64_t engine_new_id(struct engine *engine);
void *engine_scrap(struct engine *engine);

/* Starts a turn: for the rooms above. `input` of `size` bytes is copied into the turn's arena
 * (spans in it are not: use turn_keep before). Returns NULL when too many turns are open
 * (engine.turns_max). Fill actor etc., then engine_go. */
struct turn *engine_turn(struct engine *engine, enum err (*fn)(struct turn *turn),
                         const void *input, size_t size);
/* Runs it now: to its end or to its first ERR_LATER. What fn returned, ERR_LATER included. */
enum err engine_go(struct turn *turn);
