/* link.h: one connection of a station, and what the room keeps. For the files of this room; ocpp.h
 * is what others see.
 *
 * A link begins when a handshake is accepted (admit.c) and ends with its connection. A station has
 * one at most; a second connection for its identity waits as a suitor until the first has answered
 * a ping (rules.md: second). It has two slots: one frame of the station's is worked on at a time
 * (in.c), one call of ours is under way at a time (out.c; rules.md: one-call). Who frees a link
 * gives every call that waits an outcome first.
 */
#pragma once
#include "ocpp/ocpp.h"

/* A call on its way out: waits, is under way, or is answered late. */
struct outcall {
    struct outcall *next; /* of those that wait */
    struct timer timer;   /* its deadline */
    struct link *link;
    struct question *question; /* who waits, or NULL */
    enum err (*then)(struct turn *turn);
    int64_t tag;
    struct call call; /* spans in the same heap block */
    utc_ms queued_at, sent_at;
    mono_ms sent_mono;
    char message_id[37];
};

/* A frame that waits for the one before it. */
struct inframe {
    struct inframe *next; /* the last one's is the first */
    uint32_t len;
    char text[];
};

/* A station will be asked something of ours, soon. */
struct link_ask {
    struct timer timer;
    struct link *link;
};

/* One for each station that is connected, and most of them idle: what few need lies elsewhere. */
struct link {
    struct ocpp *ocpp;
    conn_id conn;
    int64_t station; /* row id */
    utc_ms connected_at, heard_at;
    mono_ms heard_mono;
    struct timer ping_timer;
    struct link_ask *ask;    /* NULL: nothing */
    struct inframe *in_last; /* in: one frame at a time; NULL: none waits */
    struct outcall *current; /* out: one call at a time */
    struct outcall *waiting; /* the most urgent class first */
    struct suitor *suitor;   /* a second connection for this identity, that waits for our ping */
    uint16_t in_count, waiting_count;
    uint8_t protocol; /* enum protocol */
    bool tls : 1;
    bool answers_pings : 1; /* has done so once: from then on silence means that it is gone */
    bool fresh : 1;         /* a frame has come since the handshake */
    bool busy : 1;          /* a turn of its frame runs, or waits for the store */
    bool draining : 1;      /* in_next is on the stack */
    bool paused : 1;        /* nothing is read from it: too many frames wait */
    bool closing : 1;       /* we have asked for its end */
};

struct ocpp {
    struct engine *engine;
    struct ocpp_config config;
    struct map by_conn, by_station; /* links */
    struct inbox *inbox;
    struct refused *refused;
    uint64_t *quirk_counts; /* by index in ocpp_quirks */
    uint64_t next_message;
    struct timer look_timer, samples_timer;
    struct ocpp_power_watch power; /* zeroed: nobody listens */
};

/* NULL: it is not connected. Valid until the engine goes on. */
struct link *link_of_station(const struct engine *engine, int64_t station);
struct link *link_of_conn(const struct engine *engine, conn_id conn);
static inline struct ocpp *ocpp_of(const struct engine *engine)
{
    return engine->ocpp;
}

static inline struct ocpp *ocpp_of_link(const struct link *link)
{
    return link->ocpp;
}

/* admit.c: handshakes. Accepts or refuses every upgrade, perhaps later (a password is checked on a
 * reader thread, an old connection is pinged). */
void admit_upgrade(struct engine *engine, const struct net_event *event);
void admit_old_answered(struct link *link); /* the old connection is alive: the suitor is refused */
void admit_old_gone(struct link *link);     /* it is not: the suitor takes its place */
void admit_none(struct link *link);         /* neither stays */
/* link.c: a link is a few hundred bytes; aborts when there is no memory for it. */
struct link *link_open(struct engine *engine, const struct station_row *station, conn_id conn,
                       enum protocol protocol, bool tls);
void link_free(struct link *link);

/* in.c: a frame came: a call of the station's, or an answer to ours. Calls are worked on one after
 * the other; in_next goes on with those that wait, when the turn before has ended. */
void in_text(struct link *link, struct str text);
void in_next(struct link *link);
/* Takes the first frame that waits, to be freed; NULL: none does. */
struct inframe *in_take(struct link *link);

/* out.c: calls to the station. out_start sends the next one, if none is under way. */
void out_start(struct link *link);
/* An answer came for this message id; one that nobody waits for any more is only logged. */
void out_answered(struct link *link, struct str message_id, const struct call_answer *answer);
/* The connection is gone: all calls, under way and waiting, get this outcome. */
void out_fail_all(struct link *link, enum call_outcome outcome);
/* Queues a call. Who learns the outcome: `question` (a turn that waits), or `then` with `tag`, or
 * nobody. The outcome may come from within: not connected, queue full. */
void out_call(struct engine *engine, const struct call *call, struct question *question,
              enum err (*then)(struct turn *), int64_t tag);

/* inbox.c: stations that knocked and that nobody knows. */
struct inbox *inbox_new(void);
void inbox_free(struct engine *engine, struct inbox *inbox);
void inbox_note(struct engine *engine, const struct net_event *event, struct str identity,
                struct str password, struct str subprotocols);

/* refused.c: stations that are known and were not let in (ocpp_refused). */
struct refused *refused_new(void);
void refused_free(struct refused *refused);
void refused_note(struct engine *engine, int64_t station, enum ocpp_refusal why);
void refused_forget(struct engine *engine, int64_t station);

/* samples.c: meter values of sessions that are over become rows. */
void samples_start(struct ocpp *ocpp);

/* care.c: what voltd does by itself. */
void care_start(struct ocpp *ocpp);
void care_end(struct link *link); /* what was to be asked is not */
void care_connected(struct link *link);
void care_booted(struct link *link);
void care_status_came(struct link *link);
