/* commit.h: limits that are safe while they are on their way.
 *
 * A decision (site.h) is a wish. A station takes it up after a message, an answer and its own
 * latency, or never; it may be silent, late, or say yes and do nothing. So each EVSE is *booked* at
 * the most that it may draw, and at every instant, for every node and line:
 *
 *     sum of booked + base <= limit
 *
 * Lower first; raise when the whole path to the root has room; a raise is booked when it is sent, a
 * lower value counts after the answer and the station's latency. Three layers lie on a station:
 *
 *     station maximum  what is safe with every neighbour at its fail-safe
 *     default          always valid, lowest stack: the fail-safe; the sum of all fits every limit
 *     profile          leased: lapses by the station's own clock, and the default is in force again
 *
 * Booked = most of: default (a lapse, or a new session, can put it into force at any moment), the
 * profile that was confirmed, all that were sent since, lower ones that are still settling; what a
 * meter showed beyond that; what it had before, where nobody has seen yet that it comes down
 * (commit_draw.c). A station that has not shown that it obeys is booked at its cap (breaker), and
 * told what would fit if it did. docs/energy.md has the argument.
 *
 * Assumed: calls of one connection reach a station in order; the clock of a silent station strays
 * by less than rules.skew_ms from where it was last seen.
 *
 * Pure: no clock (`now` is handed in and never goes back), no I/O, no memory after commit_new. The
 * driver's loop:
 *
 *     after a decision:  commit_wish for each EVSE
 *     then, and after each event:
 *         do {
 *             while (commit_report(commit, &report)) log, tell people, close the connection, ...
 *             while (commit_next(commit, now, &send)) { log send.durable; send it }
 *         } while (commit_wake(commit) <= now);
 *         sleep until commit_wake or an event
 */
#pragma once
#include "energy/tree.h"

enum commit_layer {
    LAYER_PROFILE, /* TxProfile of the running session, Absolute, with a duration */
    LAYER_DEFAULT, /* TxDefaultProfile at the lowest stack level, without an end */
    LAYER_STATION, /* ChargePointMaxProfile / ChargingStationMaxProfile, or a configuration key */
    LAYER_COUNT
};

struct commit_rules {
    int32_t lease_ms;   /* of a profile: 900,000; renewed at half */
    int32_t offline_ms; /* a linked profile is good so long without us: 300,000 */
    /* A station notices so late that we are gone: 1,200,000. It may wait for its TCP, which on
       Linux gives up 924.6 s after what was not acknowledged, and one time-out of up to 120 s
       later (tcp(7), tcp_retries2), and it has to send something first. */
    int32_t notice_ms;
    int32_t skew_ms;      /* a clock that is off by more gets no lease: 60,000 */
    int32_t sends_per_s;  /* message budget of the site; lowering over a limit is free of it: 20 */
    int32_t retry_ms;     /* after a rejection or no answer; doubles up to 16 times: 5,000 */
    int32_t partial_ms;   /* a raise waits so long for all of its room, then takes a part: 5,000 */
    int32_t blocked_ms;   /* a slot that is taken so long while a limit is passed: 5,000 */
    int32_t tolerance_da; /* a meter may show so much above a limit: 9 */
    int32_t over_samples; /* so many in a row above it: disobedient: 2 */
    /* A little too much for long: so many at the limit, whose mean is above it by more than a part
       (meters of class B, EN 50470-3: 2 %) and what is rounded: disobedient, too. */
    int32_t mean_samples;      /* 20 */
    int32_t mean_tolerance_da; /* 6 */
    int32_t mean_permille;     /* 20 */
};
struct commit_rules commit_rules_default(void);

#define COMMIT_LINKED (UTC_NEVER - 1)

/* What probe and first session have shown of a station. Zeroed: nothing yet. */
struct commit_trust {
    bool obeys;        /* profile and default; else it is booked at its cap */
    bool ignores;      /* it was seen not to: nothing that it says counts */
    bool stops;        /* 0 A was seen to stop its cars: some go on with 6 A */
    bool leases;       /* a profile ends when its duration is over */
    bool forgets;      /* it may hold nothing at all when it comes back: from when it is gone, or
                          that is learned, it is booked at its cap until its layers are written */
    bool linked;       /* a profile ends when it was without us for as long as it was told to bear
                          (2.1 Dynamic, maxOfflineDuration): it needs no lease */
    int32_t settle_ms; /* longest from its answer, or from the end of a lease, to the effect */
    int32_t quick_ms;  /* from an answer alone, where that has shown to be shorter; 0: it has not */
};

struct commit_evse {
    uint32_t station; /* EVSEs of one station lie beside each other, stations ascend */
    int32_t cap_da;   /* what it can draw whatever it is told: breaker, cable, hardware */
    int32_t min_da;   /* least that is not 0: 60; a part of a raise is not below it */
    int32_t step_da;  /* a part of a raise is the least plus a multiple; 0: no parts */
};

struct commit_site {
    struct commit_rules rules;
    uint32_t node_count, station_count, evse_count;
    const struct tree_node *nodes;
    const struct tree_leaf *leaves; /* one an EVSE */
    const struct commit_evse *evses;
};

/* The most that the station may hold, from a send or a report (COMMIT_LOG) on. Every one that is
 * handed out is written, in that order; where log_first is said, the send leaves (what came in is
 * answered) when it and all before it are on disk. So what a restart books fits the limits, too: a
 * lower value is on disk before another EVSE is raised into its room. Beside it, in the station's
 * record: its trust.
 */
struct commit_durable {
    int32_t profile_da;   /* -1: none */
    utc_ms profile_until; /* lapsed by then, skew and latency included; UTC_NEVER: it has no lease;
                             COMMIT_LINKED: some time after its connection is gone */
    int32_t default_da;
    int64_t offset_ms; /* of its clock, by which profile_until was reckoned */
    bool disobeys;
};

struct commit_send {
    uint64_t id;            /* for the answer */
    uint32_t station, evse; /* LAYER_STATION: evse is the station's first */
    enum commit_layer layer;
    int32_t limit_da;
    utc_ms ends_at;    /* of the lease, server time; UTC_NEVER: none, send it without a duration;
                          COMMIT_LINKED: with rules.offline_ms in its place */
    int64_t offset_ms; /* station's clock minus ours, as last told: for Absolute schedules */
    bool urgent;       /* a limit is passed, and this lowers: goes before all other calls */
    bool log_first;
    struct commit_durable durable; /* of this EVSE with this send in flight */
};

enum commit_result {
    COMMIT_ACCEPTED,
    COMMIT_REJECTED,  /* said no: what was in force still is */
    COMMIT_NO_ANSWER, /* none in time, or an error: both are possible */
    COMMIT_NOT_SENT,  /* surely never left */
};

enum commit_news {
    COMMIT_LOG,      /* `durable` changed without a send */
    COMMIT_CLOSE,    /* its call slot is blocked while a limit is passed: close its connection */
    COMMIT_DISOBEYS, /* draws more than it confirmed: booked at its cap from now on */
    COMMIT_REJECTS,  /* said no to a layer again and again */
    COMMIT_CLOCK,    /* clock is off: no lease is counted on */
    COMMIT_LAPSED,   /* silent beyond its lease: at its fail-safe */
    COMMIT_OVER,     /* a limit is passed by what stations may draw: `node`, `line`, `over` */
    COMMIT_BELOW,    /* and no longer: after `ms` */
    COMMIT_NEWS_COUNT
};

struct commit_report {
    enum commit_news news;
    uint32_t station, evse;        /* but of OVER and BELOW; a station's: its first EVSE */
    struct commit_durable durable; /* COMMIT_LOG, and whether it is higher than the one before: then
                                      what came in is answered when it is on disk */
    bool log_first;
    struct tree_excess excess; /* COMMIT_OVER: the worst of the first node from the root */
    int64_t ms;
};

/* What is known of an EVSE. */
struct commit_state {
    int32_t booked_da;  /* what others have to leave for it, now and when it falls silent */
    int32_t now_da;     /* what it may draw now: below booked while a lease below the fail-safe
                           is surely in force */
    int32_t claimed_da; /* what it may draw if it obeys; booked is its cap until it has shown that.
                           Its cap, too, once it draws more than it said */
    int32_t more_da;    /* of that: it draws so much more than it is told */
    int32_t floor_da;   /* booked is never less, whatever is wished: a target below frees nothing */
    int32_t confirmed_da; /* profile that was last accepted; -1 */
    utc_ms ends_at;       /* of its lease; UTC_UNKNOWN: none */
    bool steerable;       /* here, obeys, session runs: a wish has an effect. Else decide with
                             booked_da as a load that nobody controls */
    bool changing;        /* something is in flight or settling */
    bool doubted;         /* not proven, and does not even keep to what it said: told in vain */
    bool disobeys;
};

struct commit;

/* Booked at first: each EVSE at its cap, until commit_restore or a confirmed default says less.
 * ERR_BAD_VALUE: as tree_new, or stations out of order, a cap or rule that is negative. ERR_FULL.
 */
MUST_CHECK enum err commit_new(struct arena *arena, const struct commit_site *site,
                               struct commit **commit);
/* What was durable when the server stopped, before the first event; without it the worst case. */
void commit_restore(struct commit *commit, uint32_t evse, const struct commit_durable *durable);
/* An EVSE in the version of its site that was told until now, and which layers are followed: by bit
 * of enum commit_layer. */
struct commit_before {
    const struct commit *commit;
    uint32_t evse, layers;
};
/* The same EVSE under another version of its document, on the connection that there is: what it may
 * hold of these layers, and what it has confirmed of them, which is not written again. What is in
 * flight is confirmed by nobody. Their values mean the same in both, and for LAYER_PROFILE the
 * session is the same. After its own facts: trust, station, session. */
void commit_follow(struct commit *commit, uint32_t evse, const struct commit_before *before,
                   utc_ms now);

/* --- facts ------------------------------------------------------------------------------- */
/* An external cap came or went, a load was measured. Decide anew at once when commit_over. */
void commit_limits(struct commit *commit, uint32_t node, const int32_t limit_da[LINE_COUNT],
                   int64_t limit_w, utc_ms now);
void commit_base(struct commit *commit, uint32_t node, const int32_t base_da[LINE_COUNT],
                 int64_t base_w, utc_ms now);
/* Limits fall at `drop_at` and everybody knows (UTC_NEVER: they do not): leases that are given
 * until then are surely over by it, so that a station that falls silent is at its fail-safe. Who is
 * linked gets a lease meanwhile: say it (notice_ms + offline_ms + skew_ms + latency) before, and
 * some minutes. */
void commit_leases_by(struct commit *commit, utc_ms drop_at, utc_ms now);
/* The phase of the car that is there was learned, or it left (all wires that the next one may use):
 * what outlives a session is booked on all wires in any case. Takes hold when the profile of a
 * session that is over is gone, or the next session begins. */
void commit_wires(struct commit *commit, uint32_t evse, wire_set wires, uint8_t wires_live,
                  utc_ms now);
/* What is known from before, then: probe, first session, a person. Obeys where it did not before:
 * what it said so far counts for nothing, its layers are written once more, and `disobeys` is taken
 * off. */
void commit_trust(struct commit *commit, uint32_t station, const struct commit_trust *trust,
                  utc_ms now);
/* The station's clock minus ours. */
void commit_clock(struct commit *commit, uint32_t station, int64_t offset_ms, utc_ms now);
/* Connected and accepted, or gone; what was in flight when it went is lost. */
void commit_station(struct commit *commit, uint32_t station, bool here, utc_ms now);
/* Its profiles were cleared, by a probe or a person: it may hold anything, and its layers are
 * written again. */
void commit_cleared(struct commit *commit, uint32_t station, utc_ms now);
/* It restarted: the lower layers are written again. */
void commit_booted(struct commit *commit, uint32_t station, utc_ms now);
/* A session began or ended; its profile goes with it. Only the newest session counts. */
void commit_session(struct commit *commit, uint32_t evse, bool runs, utc_ms now);
/* What it was told last means something else now, up to `da` on a wire: its session's profile is
 * written anew, and booked at the most of both until that has settled. */
void commit_restate(struct commit *commit, uint32_t evse, int32_t da, utc_ms now);
/* Its station holds a profile of somebody else that lets it draw so much on a wire, whatever it is
 * told; 0: none. */
void commit_foreign(struct commit *commit, uint32_t evse, int32_t da, utc_ms now);
/* Its station waits for a profile of the session: one is written, also where it says what holds
 * already. */
void commit_asked(struct commit *commit, uint32_t evse, utc_ms now);
/* Metered per wire, at `at` (server time). */
void commit_draw(struct commit *commit, uint32_t evse, int32_t draw_da, utc_ms at, utc_ms now);

/* --- wishes ------------------------------------------------------------------------------ */
/* `class`: enum site_class, smaller is more important. 0 A suspends. */
void commit_wish(struct commit *commit, uint32_t evse, int32_t target_da, uint8_t class,
                 utc_ms now);
/* Less is of no use to its car: a part of a raise is not below it. min_da until then. */
void commit_least(struct commit *commit, uint32_t evse, int32_t least_da);
/* The lower layers; written when they change, the fail-safe in two steps as profiles are. */
void commit_failsafe(struct commit *commit, uint32_t evse, int32_t failsafe_da, utc_ms now);
void commit_station_max(struct commit *commit, uint32_t station, int32_t max_da, utc_ms now);

/* --- sends ------------------------------------------------------------------------------- */
/* The next send that may leave now; its slot is taken until commit_answer. Order: what lowers under
 * a limit that is passed (least important class, then most freed), lowers, renewals, raises, lower
 * layers. False: nothing now, or enough of a large site in one millisecond: commit_wake tells. */
bool commit_next(struct commit *commit, utc_ms now, struct commit_send *send);
/* Late and doubled answers are known by their id. */
void commit_answer(struct commit *commit, uint64_t id, enum commit_result result, utc_ms now);
bool commit_report(struct commit *commit, struct commit_report *report);
/* Call commit_report and commit_next again by then; UTC_NEVER. */
utc_ms commit_wake(const struct commit *commit);

/* --- asked ------------------------------------------------------------------------------- */
struct commit_state commit_state(const struct commit *commit, uint32_t evse);
/* An EVSE whose now_da, or whose wires, are others since it was asked for last. False: none is. */
bool commit_changed(struct commit *commit, uint32_t *evse);
/* How often what an EVSE that is not steerable is booked at has changed: others may have more, or
 * must have less. */
uint64_t commit_moves(const struct commit *commit);
/* A limit is passed by what stations may draw now. */
bool commit_over(struct commit *commit, struct tree_excess *excess);
/* What is booked passes no limit above the EVSE. */
bool commit_fits(const struct commit *commit, uint32_t evse);
/* Nor would it if all stations did what they said. */
bool commit_claims_fit(const struct commit *commit, uint32_t evse);
/* What is booked, for bars in the console. Borrowed. */
const struct tree *commit_tree(const struct commit *commit);

/* --- the two lower layers ---------------------------------------------------------------- */
struct commit_share {
    int32_t permille; /* of what a limit leaves beside its base: for fail-safes all together: 500 */
    int32_t min_da;   /* 60; an EVSE for which it does not fit gets 0 */
    int32_t max_da;   /* more than that is of no use: 60 */
};
struct commit_share commit_share_default(void);

/* Fail-safe of each EVSE: max-min share in whole amperes, at least min_da or 0, at most want_da
 * (NULL: share->max_da), with base loads and limits as in `site`: give the worst of the day, not
 * those of the moment. `fixed_da`: booked whatever we say (unproven stations: their cap); -1: not
 * so. And the station maxima: what each station may take, on any of its EVSEs, with all others at
 * their fail-safe. */
struct commit_layers {
    const struct commit_site *site;
    struct commit_share share;
    const int32_t *want_da, *fixed_da; /* by EVSE; NULL */
    int32_t *failsafe_da;              /* out, by EVSE */
    int32_t *station_max_da;           /* out, by station */
};
/* ERR_BAD_VALUE, ERR_FULL: as commit_new. */
MUST_CHECK enum err commit_layers(struct arena *arena, const struct commit_layers *layers);
