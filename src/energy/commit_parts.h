/* commit_parts.h: what commit*.c share. Nobody else includes it. */
#pragma once
#include "energy/commit.h"
#include "energy/order.h"
#include "energy/possible.h"

enum { COMMIT_REFUSED_TIMES = 3 }; /* in a row: then people are told */

/* One layer of one EVSE (LAYER_STATION: of the station's first). */
struct layer {
    int32_t wanted_da;    /* -1: nothing */
    int32_t confirmed_da; /* last accepted and, as far as we know, in force; -1 */
    utc_ms ends_at;       /* of its lease; UTC_NEVER: it has none */
    utc_ms confirmed_at;  /* when it was */
    utc_ms retry_at;
    uint8_t failures; /* in a row */
    bool no_zero;     /* it refused 0 A */
};

struct evse {
    struct commit_evse fixed;
    struct layer layers[LAYER_COUNT];
    struct possible profile, failsafe;
    bool session, disobeys;
    bool exceeds;        /* not proven, and draws more in this session than it said */
    bool asked;          /* its station waits for a profile */
    bool waits;          /* for room */
    wire_set wires_next; /* from when its profile is gone; 0: none */
    uint8_t wires_live_next;
    bool wires_wait; /* for the profile of the session that is over to be gone */
    bool told;       /* in the queue of reports */
    bool changed;    /* in the list of those whose now_da is another */
    uint8_t class;
    int32_t least_da; /* a part of a raise is not below it */
    uint8_t news;     /* by bit: reports that were not fetched */
    uint8_t samples_over;
    int32_t booked_da, now_da, claimed_da;
    int32_t limit_da; /* what it said, and is held to */
    int32_t more_da;  /* it draws so much more, which is no offence, and is booked; */
    int32_t more_seen_da, more_samples; /* in this session */
    utc_ms wanted_at;                   /* when the wish rose above what was confirmed */
    utc_ms fell_at;                     /* when limit_da last fell */
    int32_t unseen_da; /* it had so much before that, and no sample has shown that it came down */
    int32_t over_da;   /* the last sample, where that was above it; else 0 */
    int32_t said_da;   /* claimed_da without these two */
    utc_ms heard_at;   /* the last sample, weighed or not; */
    int32_t heard_da;
    int32_t told_da;    /* the most that it may hold from before this site was built */
    int32_t foreign_da; /* somebody else's profile, which may win over ours; 0: none */
    int32_t drew_da; /* the most, while it was known to disobey: its cap is not the truth, either */
    utc_ms draw_at;  /* last sample that was weighed */
    int32_t near_more_da; /* samples at its limit: by how much above it, in all; */
    int32_t near_part;    /* by how much they may be; */
    int32_t near_count;   /* how many */
    struct commit_durable logged;
};

/* A call of ours, or the last that had no answer. */
struct flight {
    uint64_t id; /* 0: none */
    uint32_t evse;
    enum commit_layer layer;
    int32_t da;
    utc_ms ends_at; /* of the lease */
    utc_ms until;   /* the value has surely ended; as told to possible.h */
    bool is_old;    /* its session ended meanwhile */
};

struct station {
    struct commit_trust trust;
    bool judged;  /* trust was said */
    bool metered; /* its meter says something */
    int64_t offset_ms;
    uint32_t first, count; /* EVSEs */
    bool here;
    bool close_told;   /* of the call that is under way */
    utc_ms slot_since; /* when it was handed over; UTC_UNKNOWN: none is under way */
    struct flight flight;
    struct flight late;
};

enum {
    COMMIT_AT_ONCE = 1000, /* EVSEs that wait for room are looked at in one millisecond */
    COMMIT_WORK = 500, /* of a site with more, so many are reckoned anew in one by the clock alone,
                          or since a limit is passed or no longer is */
};

struct commit {
    struct commit_rules rules;
    /* Sums of booked_da, now_da, claimed_da. Each EVSE has two leaves: its own, on the wires of the
     * car that is there, and its twin (evse_count + id), on all that the next car may use: what may
     * be in force without us (fail-safe, cap) is booked there. */
    struct tree *booked, *now_tree, *claimed;
    uint32_t evse_count, station_count;
    struct evse *evses;
    struct station *stations;
    struct order timers; /* EVSEs by when something happens without an event */
    struct order ready;  /* EVSEs that have something to send, by its rank */
    uint32_t logs;       /* COMMIT_LOG among the reports */
    uint32_t *told;      /* ring of EVSEs with reports */
    uint32_t told_first, told_count;
    uint32_t *changed, changed_count; /* a stack of EVSEs */
    uint64_t calls;                   /* made so far */
    uint64_t moves;                   /* of what EVSEs that nobody steers are booked at */
    utc_ms now;
    int64_t budget;   /* thousandths of a send */
    utc_ms budget_at; /* when it was reckoned */
    utc_ms drop_at;   /* leases are over by then; UTC_NEVER */
    bool short_of_budget;
    bool limits_changed;
    bool room_grew;     /* those that wait for room look again */
    uint32_t look_left; /* so many EVSEs from look_at on have not, since it grew */
    uint32_t look_at;
    utc_ms looked_at;
    uint32_t waited;         /* so many were found to wait at this moment */
    uint32_t work;           /* so many were reckoned anew at this moment: COMMIT_WORK */
    uint32_t unsettled_left; /* so many EVSEs from unsettled_at on have not heard of `over` */
    uint32_t unsettled_at;
    uint32_t drop_left; /* so many EVSEs from drop_look_at on have not heard of drop_at */
    uint32_t drop_look_at;
    bool over;                  /* a limit is passed by now_tree */
    bool over_unsure;           /* and has to be looked at again */
    bool over_told, below_told; /* reports that wait to be fetched */
    utc_ms over_since;
    int64_t over_ms;
    struct tree_excess excess;
};

/* What an EVSE has to send, were its slot free. */
struct need {
    bool any, urgent, is_raise;
    enum commit_layer layer;
    int32_t da;
    int64_t rank; /* smaller goes first */
};

struct need commit_need(const struct commit *commit, uint32_t evse);
/* When commit_need changes by time alone; UTC_NEVER. */
utc_ms commit_need_at(const struct commit *commit, uint32_t evse);
/* Reckons anew what the EVSE is booked at, its timer and its place among those that are ready. */
void commit_note_change(struct commit *commit, uint32_t evse);
void commit_refresh(struct commit *commit, uint32_t evse);
void commit_refresh_station(struct commit *commit, uint32_t station);
/* Time passes: what ended has ended. */
void commit_advance(struct commit *commit, utc_ms now);
void commit_tell(struct commit *commit, uint32_t evse, enum commit_news news);
/* All its layers are written once more: it may have forgotten them. */
void commit_tell_again(struct commit *commit, uint32_t station);
/* The most that the EVSE may get as this layer with all others as they are. */
int32_t commit_room(const struct commit *commit, uint32_t evse, enum commit_layer layer,
                    int32_t want_da);
/* Any profile, if one may be there, and any default. */
void commit_know_nothing(struct evse *evse, bool profile);
/* What it was told under another document may be above what this one allows; it holds all the same.
 */
int32_t commit_told(struct evse *evse, int32_t da);
/* No more than it can draw, or than it was told under another document. */
int32_t commit_capped(const struct evse *evse, int32_t da);
/* Shown, and not broken since. */
bool commit_obeys(const struct commit *commit, const struct evse *evse);
/* Its limit has fallen from `before_da`: does somebody have to see that it comes down? */
void commit_fell(struct commit *commit, uint32_t evse, int32_t before_da);
/* What is booked for it beyond what it said; 0: nothing. */
int32_t commit_held(const struct evse *evse);
/* Its session is over: what it drew beyond its limits in it counts from now on. */
void commit_more_ends(struct evse *evse);
bool commit_is_steerable(const struct commit *commit, const struct evse *evse);
/* A call may have been taken up; or may be yet, while the connection stands (`here`). */
void commit_lost(struct commit *commit, const struct flight *flight, bool here);
/* When a lease that is given now ends. */
utc_ms commit_lease_end(const struct commit *commit, uint32_t evse);
/* What has to be on disk now; and whether it is more than `logged`. */
struct commit_durable commit_durable(const struct commit *commit, uint32_t evse);
bool commit_is_higher(const struct commit_durable *next, const struct commit_durable *logged);
/* Under a limit that is passed. */
bool commit_path_over(const struct commit *commit, uint32_t evse);
/* Room may have come, or gone: who waits for it, and whether a limit is passed, is seen to. */
void commit_settle(struct commit *commit);
/* The most that the station may have as its default. */
int32_t commit_floor(const struct commit *commit, uint32_t evse);
/* The lease is booked: the clock is right and durations are honoured. */
bool commit_leases(const struct commit *commit, uint32_t evse);
/* It is given profiles that end some time after its connection. Not while a limit is about to fall
 * by the clock: a lease ends in time. */
bool commit_links(const struct commit *commit, uint32_t evse);
/* Without its connection what is linked to it ends: after the station has noticed, has borne it for
 * as long as it was told to, and has settled. */
void commit_unlink(struct commit *commit, uint32_t station);
/* The lease is sure to be in force still. */
utc_ms commit_sure_until(const struct commit *commit, uint32_t evse);
