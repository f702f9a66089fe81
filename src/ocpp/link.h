/* link.h: one connection of a station. For the files of this room. */
#pragma once
#include "ocpp/ocpp.h"

/* A call on its way out: waits, is under way, or is answered late. */
struct outcall {
    struct outcall *next;
    struct timer timer; /* its deadline */
    struct link *link;
    struct question *question; /* who waits, or NULL */
    enum err (*then)(struct turn *turn);
    int64_t tag;
    struct call call; /* spans in the same heap block */
    utc_ms queued_at, sent_at;
    mono_ms sent_mono;
    char message_id[37];
};

struct inframe {
    struct inframe *next;
    uint32_t len;
    char text[];
};

struct link {
    struct ocpp *ocpp;
    conn_id conn;
    int64_t station; /* row id */
    enum protocol protocol;
    bool tls, answers_pings, fresh, busy, draining, paused, closing;
    utc_ms connected_at, heard_at;
    mono_ms heard_mono;
    struct timer ping_timer, ask_timer;
    /* in: one frame at a time */
    struct inframe *in_first, **in_end;
    uint32_t in_count;
    /* out: one call at a time */
    struct outcall *current;
    struct outcall *waiting[CALL_CLASS_COUNT];
    uint32_t waiting_count;
    /* a second connection for this identity that waits for the answer to our ping */
    struct suitor *suitor;
};

struct ocpp {
    struct engine *engine;
    struct ocpp_config config;
    struct map by_conn, by_station;
    struct inbox *inbox;
    uint64_t *quirk_counts; /* by index in ocpp_quirks */
    uint64_t next_message;
    struct timer look_timer, samples_timer;
    struct ocpp_power_watch power; /* zeroed: nobody listens */
};

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

/* admit.c: handshakes. */
void admit_upgrade(struct engine *engine, const struct net_event *event);
void admit_old_answered(struct link *link); /* the old connection is alive: the suitor is refused */
void admit_old_gone(struct link *link);     /* it is not: the suitor takes its place */
void admit_none(struct link *link);         /* neither stays */
struct link *link_open(struct engine *engine, const struct station_row *station, conn_id conn,
                       enum protocol protocol, bool tls);
void link_free(struct link *link);

/* in.c: frames from the station. */
void in_text(struct link *link, struct str text);
void in_next(struct link *link);

/* out.c: calls to the station. */
void out_start(struct link *link);
void out_answered(struct link *link, struct str message_id, const struct call_answer *answer);
void out_fail_all(struct link *link, enum call_outcome outcome);
void out_call(struct engine *engine, const struct call *call, struct question *question,
              enum err (*then)(struct turn *), int64_t tag);

/* inbox.c */
struct inbox *inbox_new(void);
void inbox_free(struct engine *engine, struct inbox *inbox);
void inbox_note(struct engine *engine, const struct net_event *event, struct str identity,
                struct str password, struct str subprotocols);

/* samples.c: meter values of sessions that are over become rows. */
void samples_start(struct ocpp *ocpp);

/* care.c: what voltd does by itself. */
void care_start(struct ocpp *ocpp);
void care_connected(struct link *link);
void care_booted(struct link *link);
void care_status_came(struct link *link);
