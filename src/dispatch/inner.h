/* inner.h: what the files of this room share: a site's state, and how sites come to life. What they
 * say to each other otherwise stands in five headers, in the order of a fact's way:
 *
 *   dispatch.c    the room: sites come to life, change, and go
 *   site.c        one site from its document
 *   renew.c       it takes the place of the one before, in steps
 *   follow.c      what its stations have confirmed is not written again
 *
 * hears.h
 *   load.c        what site meters tell, what is assumed while they are silent, what nobody
 * controls lately.c      the most of late sources.c     meters that are asked or listened to,
 * stations that are meters facts.c       what stations tell believe.c     what of their meters is
 * believed need.c        what cars need and when they leave past.c        the sessions of the days
 * before peak.c        the month's highest quarter of an hour outside.c     limits that are not
 * ours, and what cars plan by themselves priority.c    2.1 priority charging say.c         what
 * people and programs say trusts.h probing.c     what stations are trusted with amends.c      who
 * did not obey and does again earns a new probe quick.c       how soon stations obey, day by day
 *   keeps.c       does a station keep its limits when it restarts?
 *   held.c        the profiles that stations say they hold; by_hand.c: that a person set past us
 *   composite.c   what they say that they will let cars draw
 *   unanswered.c  who is told limits and does not answer
 * decides.h
 *   limits.c      a site's limits as they are now
 *   layers.c      what lies on stations below a session's profile
 *   horizon.c     the hours ahead
 *   series.c      prices, CO2, forecasts: what is known for a moment
 *   decide.c      snapshot.c → energy/site.h → wishes; first.c: whose comes first
 *   page.c        a decision's page in the journal
 * tells.h
 *   unit.c        a limit in the unit that its station takes
 *   apart.c       limits of single phases
 *   send.c        wishes → energy/commit.h → charging profiles → answers
 *   leave.c       who is no longer shared out
 * shows.h
 *   state.c       what is, for the API; why.c the sentences
 *   live.c        what cars draw and may draw, as it changes
 *   trail.c       the last day of each limit
 *
 * A power_site lives from one version of its document to the next; then a new one is built and
 * takes over what the old one knows of each EVSE.
 */
#pragma once
#include "dispatch/dispatch.h"
#include "dispatch/document.h"
#include "dispatch/learn.h"
#include "dispatch/probe.h"
#include "energy/ahead.h"
#include "energy/commit.h"
#include "energy/order.h"
#include "energy/soc.h"
#include "energy/taper.h"
#include "ocpp/ocpp.h"
#include "ocpp/power.h"

enum { LEAVERS_MAX = 256 };
enum { LEASE_PARTS = 3 /* of a lease: a station that has noticed that we are gone bears one */ };
enum { POWER_NONE = -1 }; /* no limit, no need, no car in the plan */

/* What is known of a car that is there. */
struct power_car {
    int64_t session; /* 0: no car */
    utc_ms arrived_at;
    utc_ms heard_at; /* server time */
    bool suspended;  /* by itself, since suspended_at: need_is_done says what that means */
    utc_ms suspended_at;
    int64_t ready_mwh; /* energy of the session at which its need is met; -1: not known */
    utc_ms departs_at; /* UTC_NEVER: not known */
    bool departs_learned;
    int8_t class;           /* enum site_class; -1: as the document says */
    bool priority;          /* its station uses its profile for priority (2.1 K21) */
    int32_t before_da;      /* the session's own limit then */
    int32_t min_da, max_da; /* as it was learned of this token before, or told; 0: not known */
    struct car_seen seen;   /* in this session */
    struct taper taper;     /* how it gets full, in this session */
    int32_t half_s;         /* and as its token's did before; 0: not known */
    struct soc soc;         /* how full its battery is, where that is told */
    wire_set wires;         /* on which it draws; 0: not known, booked as the document says */
    uint8_t wires_live;
    uint8_t said_phases;              /* by itself (2.x NotifyEVChargingNeeds); 0: not */
    int32_t phase_max_da[LINE_COUNT]; /* by terminal, as it told for each (ISO 15118-20): it takes
                                         limits of single phases; 0: it does not */
    uint8_t phase_to_use; /* terminal, from 1, that its station was told to put it on; 0: none */
    bool wants_schedule;  /* it has said what it needs, and waits for its limits (2.0.1 K15) */
    utc_ms refused_at;    /* when a plan of its own went beyond them last; 0: never */
    utc_ms less_since;    /* its meter shows less than it was told; 0: it does not */
};

/* What its meter showed last. */
struct power_draw {
    utc_ms at;                   /* server time; UTC_UNKNOWN: nothing yet */
    int32_t da;                  /* the most of any wire; -1 */
    int32_t before_da;           /* in the sample before; -1 */
    int64_t energy_mwh;          /* of the session, at energy_at */
    utc_ms energy_at;            /* 0: not yet */
    bool unsaid;                 /* the last one contradicted itself */
    int32_t line_da[LINE_COUNT]; /* by the grid's lines; -1: not told */
    int64_t w;
};

/* What single phases have beyond the limit of all (apart.c), by terminal. */
struct power_apart {
    int32_t want_da[LINE_COUNT];
    int32_t told_da[LINE_COUNT];   /* in the last profile that was sent */
    int32_t booked_da[LINE_COUNT]; /* the most that may be in force, or is to be */
    utc_ms settled_at; /* then what it was told is all; UTC_NEVER: no answer yet; 0: it is */
    int32_t written_da[LINE_COUNT]; /* on disk */
    bool said;                      /* in this session */
};

/* What an EVSE adds to its site's live sums. */
struct live_part {
    int64_t cars_w, offered_w;
    bool car;
};

struct power_evse {
    struct power_station *station;
    uint32_t index; /* in the document, in commit and in decisions */
    int32_t number; /* at its station */
    struct power_car car;
    struct power_draw draw;
    struct live_part live;
    struct power_apart apart;
    struct commit_durable durable; /* as commit said it last */
    bool has_durable, unwritten;   /* its row has less, since there was no time */
    int64_t limit_row;             /* where it was last; 0: not known */
    int32_t failsafe_da;
    int32_t override_da; /* -1: none */
    utc_ms override_until;
    int32_t outside_da; /* what somebody else limits it to, in the last decision; -1: nobody */
    char outside_source[21];
    struct site_memory memory;
    struct site_verdict verdict;
    int32_t told_da;        /* the session's limit as its plot has it; -1: none */
    int64_t told_more_w;    /* of single phases, beyond it */
    bool was_priority;      /* before the server started */
    bool priority_ready;    /* its station has a profile for priority, of ours */
    int64_t linked_session; /* whose dynamic profile the station has; 0: none */
    struct {
        utc_ms at;                      /* its station said yes to it; 0: nothing is watched for */
        int32_t da;                     /* on each wire of its car */
        bool late;                      /* a meter has looked since, and it was not obeyed yet */
    } lowered;                          /* quick.c */
    int32_t told_limit_da, told_phases; /* in watts: its profile's, and the phases that it was
                                           reckoned for; 0: none */
    int32_t spread_level_da, spread_levels; /* unit_saw: the last one, so many in a row */
    utc_ms disobeys_since;
    bool rejects;                /* its station said no again and again */
    struct composite *composite; /* what its station said of it; NULL: nothing was asked */
};

/* What a call does to a dynamic profile (2.1 K28). */
enum link_part { LINK_NOT, LINK_SET, LINK_UPDATED };

struct power_station {
    struct power_site *site;
    int64_t row; /* of the station; 0: it is not registered */
    struct str identity;
    uint32_t index; /* in commit */
    uint32_t evse_first, evse_count;
    bool moved; /* to another version of its site: renew.c */
    bool here;  /* connected and accepted */
    enum protocol protocol;
    struct station_clock clock;
    bool odd_currents; /* they are told in another unit: its power is right (believe.c) */
    bool clock_off;    /* by too much for a lease */
    int32_t ceiling_da;
    struct behaviour behaviour;
    struct probe *probe;  /* under way; NULL */
    int64_t probe_number; /* answers to an earlier one's calls are known by it */
    struct timer probe_timer;
    utc_ms probe_again_at; /* not before, but in another session than the last */
    int64_t probe_session; /* of the last one that was to prove something */
    int64_t good_ms; /* amends.c: so long it has kept to its limits, though it is not trusted */
    utc_ms good_at;  /* the last sample of that; UTC_UNKNOWN */
    struct {
        int64_t tag; /* of the question; 0: none is under way */
        uint32_t evse;
        int32_t most; /* that it may say, if it has kept them */
    } keeps;
    struct held *held;    /* what it said; NULL: nothing yet */
    utc_ms unanswered_at; /* when it was told the first of so many limits in a row */
    uint8_t unanswered;
    bool apart_seen;     /* a car there told the most of each phase */
    bool composites_fit; /* its schedules have shown a session's limit as it was told */
    struct timer held_timer;
    struct {
        int64_t tag; /* of the call; 0: none is under way */
        uint64_t id;
        uint32_t evse;
        enum commit_layer layer;
        enum link_part linked;
        int32_t limit_da;
    } flying; /* the last send; commit has one at a time */
};

/* A node's limits and loads at this moment. */
/* The most of a load in half of the time between two rises (lately.c). */
struct power_lately {
    int32_t da[LINE_COUNT];
    int64_t w;
};

struct power_node {
    struct power_lately lately[2]; /* this half, and the one before */
    bool capped;
    utc_ms cap_expires_at;
    int64_t measured_da[LINE_COUNT], measured_w; /* DISPATCH_NO_VALUE */
    utc_ms measured_at;
    bool has_meter, stale;
    uint32_t meter;             /* of the whole node */
    bool silent;                /* one of its meters is, whatever it measures */
    int64_t solar_w, battery_w; /* DISPATCH_NO_VALUE */
};

struct power_meter_state {
    utc_ms at; /* UTC_UNKNOWN: never */
    bool has_da[LINE_COUNT], has_w;
    int64_t da[LINE_COUNT], w;
    /* The highest load that it has meant since voltd started: assumed while it is silent, where the
       document says nothing. */
    struct meter_load {
        int64_t da[LINE_COUNT], w;
    } most;
    bool stale, was_stale;
    char why[128]; /* what keeps it from telling; empty: nothing that is known */
};

struct power_work; /* decide_parts.h */
struct page_base;  /* page.c */
struct power_plan; /* horizon.c */
struct trail;      /* trail.c */

/* What a site may spend on pages of its journal. */
struct page_book {
    utc_ms at;     /* of the last one; UTC_UNKNOWN: none */
    int64_t bytes; /* may be written now, as reckoned at earned_at */
    utc_ms earned_at;
    struct page_base *base; /* the next one is packed against it; NULL: nothing */
};

struct power_site {
    struct power_site *next;
    struct dispatch *dispatch;
    int64_t row;     /* of the site */
    uint64_t moves;  /* commit_moves at the last decision */
    uint32_t number; /* no other has it: answers to an earlier one's sends are known by it */
    struct arena arena;
    bool still;      /* stations move from it, or to it: it neither decides nor sends */
    struct str text; /* of its document */
    utc_ms built_at;
    int32_t blocked_ms; /* 0: commit's own */
    struct document document;
    const struct zone *zone;
    uint32_t station_count;
    uint32_t looked;         /* stations of this minute's look; dispatch.c */
    uint32_t trailed, noted; /* the minute of its last step of the trail, and of its last row */
    uint32_t probes;         /* under way */
    struct power_station *stations;
    struct power_evse *evses;
    struct tree_node *nodes, *told_nodes; /* limits and loads in force, and as commit knows them */
    struct power_node *node_states;
    struct power_meter_state *meters;
    struct commit *commit;
    bool failsafe_fits;
    struct timer decide_timer, work_timer, send_timer, clock_timer;
    mono_ms decided_mono;
    utc_ms decided_at, told_at;
    struct page_book pages;
    const char *cause;       /* of the next decision */
    struct arena room;       /* of the decision before, of a large site */
    struct power_work *work; /* a decision under way, in steps or on another thread */
    bool again;              /* and another is wanted when it is there */
    bool idle_wait;          /* the timer waits for the clock alone */
    bool urgent;             /* the next decision waits for nobody */
    uint32_t *unwritten;     /* EVSEs */
    uint32_t unwritten_count;
    mono_ms hurry_until;   /* the disk waits so long for what is sent; 0: it does not */
    bool sending, resting; /* send_now is at work; there is more to send, in a moment */
    struct {
        int64_t cars_w, offered_w;
        uint32_t cars;
        struct order due; /* EVSEs by when nobody has heard of their draw for long */
    } live;               /* live.c */
    int64_t surplus_w, solar_w;
    int64_t surplus_lately[2]; /* the least, as of loads the most */
    utc_ms lately_at;          /* this half began; UTC_UNKNOWN */
    struct timer plan_timer, past_timer;
    struct usual_past *past; /* on the heap */
    uint32_t past_count;
    int32_t usual_half_s; /* how cars here get full (energy/taper.h); 0: none has shown it yet */
    struct trail *trail;
    struct power_plan *plan, *planning; /* the newest; one under way */
    bool has_apart;                     /* a phase has more than others somewhere */
    bool apart_cars; /* some told the most of each phase since the site came to life */
    bool over;       /* commit said so */
    utc_ms over_since;
    struct tree_excess excess;
};

/* A person has set its limit. */
static inline bool is_overridden(const struct power_evse *evse, utc_ms now)
{
    return evse->override_da >= 0 && evse->override_until > now;
}

struct meters;
struct held;

struct dispatch {
    struct engine *engine;
    struct dispatch_config config;
    struct power_site *sites;
    struct renewal *renewals; /* renew.c: under way */
    struct map by_station;    /* struct power_station by its row */
    uint32_t site_number;
    int64_t probe_number, send_number, held_number, composite_number;
    struct power_work *works;
    uint64_t pages_left_out;  /* of decisions that changed a limit */
    struct power_plan *plans; /* under way */
    struct timer minute_timer, look_timer, note_timer, leave_timer, sources_timer;
    uint32_t minute;              /* counted from 1 */
    int64_t leavers[LEAVERS_MAX]; /* stations to be told; more than that: when they connect */
    uint32_t leaver_count;
    uint32_t station_meters; /* of all documents: stations that are meters */
    struct meters *meters;   /* those that are asked and listened to; NULL: none */
    utc_ms now;              /* the engine's, but it never goes back */
};

static inline struct dispatch *dispatch_of(const struct engine *engine)
{
    return engine->dispatch;
}

/* Commit and decisions want a clock that does not go back. */
utc_ms dispatch_now(struct dispatch *dispatch);
struct power_site *dispatch_find_site(const struct dispatch *dispatch, int64_t site);
/* A station is one site's: the first that has it. */
void dispatch_enter(struct power_station *station);
void dispatch_leave(struct power_station *station);
struct power_station *dispatch_find_station(const struct dispatch *dispatch, int64_t station);
/* NULL: not one of a site with a document. */
struct power_evse *dispatch_find_evse(const struct dispatch *dispatch, int64_t station,
                                      int64_t evse);

/* --- site.c */

/* One for what the row says, of which nothing is read yet. `elsewhere`: another thread will. */
struct power_site *site_new(struct dispatch *dispatch, const struct power_row *row, bool elsewhere);
/* Reads the document and makes what follows from it alone: touches nothing but the site. False: it
 * is no document, or memory is out. */
bool site_read(struct power_site *site);
/* What is known of all of it: from the one before, else from rows. */
void site_inherit(struct power_site *site, const struct power_site *before);
void site_take_meters(struct power_site *site, const struct power_site *before);
/* A station is the one of this row, if there is one now; and knows what `old` did (NULL: what rows
 * say), which is dropped then. */
void site_know_station(struct power_station *station);
void site_restore_station(struct power_station *station, struct power_station *old);
void site_drop_station(struct power_station *station);
/* Of a station in another version of its site (NULL: none): that EVSE, if it is there. */
struct power_evse *site_same_evse(const struct power_station *old, int32_t number);
/* It decides and sends no more. */
void site_still(struct power_site *site);
void site_free(struct power_site *site);
/* A fact for the console and others: {"site":…,…} with one text. */
void site_event(struct power_site *site, const char *topic, const struct power_station *station,
                const char *key, struct str name, struct str text);

/* --- follow.c */

/* When all else is taken over, and the registry was asked. */
void follow_station(struct power_station *station, const struct power_station *old);

/* --- renew.c */

/* The site follows its row, in steps where that takes long; again, if that is under way. */
void renew(struct dispatch *dispatch, int64_t site_row);
void renew_at_once(struct dispatch *dispatch, int64_t site_row);
bool renew_is_under_way(const struct dispatch *dispatch, int64_t site_row);
/* A station has come, gone, or has another name: again for those under way that it concerns. */
void renew_again_where(struct dispatch *dispatch,
                       bool (*concerns)(const struct power_site *site,
                                        const struct station_row *row, int64_t station),
                       const struct station_row *row, int64_t station);
void renew_drop_all(struct dispatch *dispatch);
void renew_free_all(struct dispatch *dispatch); /* when no other thread works any more */
