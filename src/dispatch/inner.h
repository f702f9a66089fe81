/* inner.h: what the files of this room share.
 *
 *   dispatch.c  the room: sites come to life, change, and go
 *   site.c      one site from its document
 *   renew.c     it takes the place of the one before, in steps
 *   follow.c    what its stations have confirmed is not written again
 *   limits.c    its limits as they are now
 *   layers.c    what lies on stations below a session's profile
 *   load.c      what site meters tell, what is assumed while they are silent, what nobody controls
 *   sources.c   meters that are asked or listened to, stations that are meters
 *   facts.c     what stations tell
 *   believe.c   what of their meters is believed
 *   need.c      what cars need and when they leave
 *   past.c      the sessions of the days before
 *   peak.c      the month's highest quarter of an hour
 *   probing.c   what stations are trusted with
 *   amends.c    who did not obey and does again earns a new probe
 *   quick.c     how soon stations obey, day by day
 *   outside.c   limits that are not ours, and what cars plan by themselves
 *   priority.c  2.1 priority charging
 *   by_hand.c   profiles that a person set past us
 *   held.c      the profiles that stations say they hold
 *   keeps.c     does a station keep its limits when it restarts?
 *   composite.c  what they say that they will let cars draw
 *   horizon.c   the hours ahead
 *   series.c    prices, CO2, forecasts: what is known for a moment
 *   snapshot.c  what a decision is made from
 *   decide.c    snapshot → energy/site.h → wishes; first.c: whose comes first
 *   page.c      its page in the journal
 *   unit.c      a limit in the unit that its station takes
 *   apart.c     limits of single phases
 *   send.c      wishes → energy/commit.h → charging profiles → answers
 *   leave.c     who is no longer shared out
 *   say.c       what people and programs say
 *   state.c     what is, for the API; why.c the sentences
 *   live.c      what cars draw and may draw, as it changes
 *   trail.c     the last day of each limit
 *   unanswered.c  who is told limits and does not answer
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

/* --- limits.c */

/* Limits and loads as they are now: hours, caps, meters. Tells commit what changed. */
void limits_refresh(struct power_site *site, utc_ms now);
/* Commit hears of those that are others than it knows. */
void limits_tell(struct power_site *site, utc_ms now);
/* When they change by themselves next; UTC_NEVER. */
utc_ms limits_next_change(const struct power_site *site, utc_ms now);
/* The lowest ones of the week ahead, by node. NULL: memory is out. */
struct tree_node *limits_worst(const struct power_site *site, struct arena *arena);

/* --- layers.c */

/* The fail-safes and station maxima anew: commit writes those that differ. */
void layers_set(struct power_site *site);
/* The same in steps: what they follow from, which ones, which touches nothing but the work and may
 * be another thread's, and so many EVSEs and their stations that are told. */
struct layers_work {
    struct arena arena;
    struct commit_site config;
    struct commit_layers layers;
    struct tree_node *nodes;
    int32_t *said_da, *want_da;
    int32_t *breaker_da; /* of who does not obey; -1 */
    bool any_breaker, fits;
};
void layers_gather(struct power_site *site, struct layers_work *work);
void layers_compute(struct layers_work *work);
void layers_take(struct power_site *site, const struct layers_work *work);
void layers_tell(struct power_site *site, uint32_t first, uint32_t end);

/* --- load.c */

/* Loads that nobody controls, into site->nodes, which have the document's assumptions. */
void load_update(struct power_site *site, utc_ms now);
/* When a meter falls silent next; UTC_NEVER. */
utc_ms load_next_change(const struct power_site *site, utc_ms now);

/* lately.c: loads as they are now are noted; what is decided counts with the most of late, and with
 * the least of the surplus. */
void lately_note(struct power_site *site, utc_ms now);
void lately_loads(const struct power_site *site, struct tree_node *nodes);
int64_t lately_surplus(const struct power_site *site);
/* Until when one of them differs from now; UTC_NEVER. */
utc_ms lately_next(const struct power_site *site);

/* --- sources.c */

/* The documents have changed: who is asked follows them. */
void sources_follow(struct dispatch *dispatch);
void sources_free(struct dispatch *dispatch);
/* Is this station a site's meter? And what it tells as such. */
bool sources_wants(const struct dispatch *dispatch, int64_t station);
void sources_take(struct dispatch *dispatch, const struct power_event *event);

/* --- facts.c */

void facts_take(struct dispatch *dispatch, const struct power_event *event);
/* A session of the station, or its connector, has changed. */
void facts_session(struct dispatch *dispatch, int64_t station);
/* What the registry knows of its sessions and connection; `old`: what it was in the site before,
 * or NULL. */
void facts_resume_station(struct power_station *station, const struct power_station *old);

/* --- believe.c */

/* A sample of its station's, at that moment: what cannot be is put right. False: it contradicts
 * itself, and nobody can say yet in what. */
bool believe(struct power_evse *evse, utc_ms at, struct power_meter *meter);

/* --- need.c: what a car needs and when it leaves */

void need_begin(struct power_evse *evse, const struct session_row *session);
void need_end(struct power_evse *evse); /* what was learned is kept */
/* Nobody says anything of this session any more: as it was when it began. */
void need_forget(struct power_evse *evse);
/* NotifyEVChargingNeeds; `evse` may be NULL. */
void need_told(struct power_evse *evse, const struct power_needs *needs);
/* Still to be delivered, in Wh; -1: not known. */
int64_t need_left(const struct power_evse *evse);
/* Is it full, or did it stop for good? Not one that only got too little, and every quarter of an
 * hour it is asked again. */
bool need_is_done(const struct power_evse *evse, utc_ms now);
/* A state of charge came with a meter value. */
void need_charged(struct power_evse *evse, int32_t soc_permille);
/* In which time what it takes halves while it gets full, s; 0: not known, or it has its need before
 * that begins. */
int32_t need_half_s(const struct power_evse *evse);
/* How cars of a site get full is kept: a minute of it is lost with a restart. */
void need_keep_usual(struct turn *turn, const struct power_site *site);
void need_resume_usual(struct power_site *site);
/* A car that does not begin with what it is given is tried with more. */
void need_look(struct power_evse *evse, utc_ms now);
/* A decision was made: a car that has said what it needs is told its limit, also when it is the one
 * that it has. */
void need_answer(struct power_evse *evse, utc_ms now);
/* What somebody has said of this session. */
void need_take_wish(struct power_evse *evse, const struct wish_row *wish);

/* --- past.c */

void past_begin(struct power_site *site);
void past_end(struct power_site *site);
/* What a car that came then and says nothing is likely to do. False: too little is known. */
bool past_usual(const struct power_site *site, utc_ms arrived_at, int32_t *stay_s,
                int32_t *energy_wh);

/* --- peak.c */

/* A minute's mean power at the meter, as a row of this turn. */
void peak_put(struct turn *turn, const struct power_site *site, int64_t w);
/* The highest quarter of an hour of this month that is over, W; 0: none yet. */
int64_t peak_of_month(const struct power_site *site, utc_ms now);
/* What of an allowed peak the rest of this quarter of an hour may have, after what it took. */
int64_t peak_rest_w(const struct power_site *site, utc_ms now, int64_t allowed_w);
/* Days of the past, to plan on another thread which peak would have been worth its charge then. */
struct peak_days {
    uint32_t days, car_count; /* no days: too few are known */
    struct plan_car *cars;
    int32_t *cost; /* by quarter hour */
};
/* False: memory is out. All of it lies in the arena. */
bool peak_days_fill(const struct power_site *site, utc_ms now, struct arena *arena,
                    struct peak_days *days);
/* `now`: of the plan that is made now; its first node is the site's connection. 0: not known. */
int64_t peak_days_worth(const struct peak_days *days, const struct plan_input *now, int64_t cost);

/* --- probing.c: drives probe.h; what a station is trusted with */

void trust_resume(struct power_station *station); /* from its row */
void trust_take(struct power_station *station, const struct power_station *old);
void trust_booted(struct power_station *station); /* it may have another firmware */
/* Is there something to find out now? */
void probing_look(struct power_station *station);
void probing_stop(struct power_station *station);
/* A limit has changed: who is tried where it would be passed, has to come down like all others. */
void probing_yield(struct power_site *site);
/* Its connection is gone, or it is here again: a probe may have wanted that. */
void probing_gone(struct power_station *station);
void probing_back(struct power_station *station);
void probing_drop(struct power_station *station); /* without a word: its site goes */
void probing_metered(struct power_evse *evse, utc_ms now);
/* What it is trusted with has changed, outside of a probe: commit is told, and its row. */
void probing_learned(struct power_station *station);
/* What is known of it goes to its row. */
void probing_keep(struct power_station *station);
/* It may prove itself once more. */
void probing_anew(struct power_station *station);

/* --- amends.c */

void amends_metered(struct power_evse *evse, utc_ms at);
/* It was seen not to obey. */
void amends_fell(struct power_station *station);
/* Not trusted, and in want of a session in which it can show that it obeys. */
bool waits_for_proof(const struct power_evse *evse);

/* --- quick.c */

/* Its station has confirmed a limit; a sample of its meter came. */
void quick_confirmed(struct power_evse *evse, int32_t limit_da, utc_ms now);
void quick_metered(struct power_evse *evse, utc_ms now);

/* --- outside.c */

/* The limit from outside that binds the EVSE now, in 0.1 A on each wire; NULL: none, *da is -1.
 * *next is brought forward to when that changes by itself. */
const struct outside_row *outside_of(const struct power_evse *evse, utc_ms now, int32_t *da,
                                     utc_ms *next);
utc_ms outside_next_change(const struct power_site *site, utc_ms now);
/* Limits of whole stations, into the nodes of a decision. */
void outside_narrow(const struct power_site *site, struct tree_node *nodes, utc_ms now);
void outside_set(struct power_station *station, const struct power_event *event);
void outside_reported(struct power_station *station, const struct power_event *event);
void outside_cleared(struct power_station *station, const struct power_event *event);
/* It restarted: what still holds is told again. */
void outside_booted(struct power_station *station);
/* NotifyEVChargingSchedule; `evse` may be NULL. */
void outside_car_plan(struct power_evse *evse, const struct power_event *event);
/* Does it keep within the limit that the EVSE has, or is being told? */
bool outside_covers(const struct power_evse *evse, const struct charging_profile *plan);

/* --- priority.c */

/* A profile for priority is left on its station, so that a driver can ask for it there. */
void priority_prepare(struct power_evse *evse);
/* Its class has changed: its station follows. */
void priority_follow(struct power_evse *evse);
/* It is here again: it uses priority where it did, or is made to. */
void priority_resume(struct power_station *station);
/* NotifyPriorityCharging; `evse` may be NULL. */
void priority_told(struct power_evse *evse, bool on, utc_ms now);

/* --- keeps.c */

/* It has restarted. True: it is asked, and commit hears that it is here when it has answered. */
bool keeps_ask(struct power_station *station);

/* --- held.c */

/* It is here, or was probed: it is asked when its layers are written, and again from time to time.
 */
void held_soon(struct power_station *station);
void held_now(struct power_station *station); /* somebody has changed them */
void held_take(struct power_station *station, const struct power_event *event);
void held_end(struct power_station *station, const struct power_event *event);
void held_drop(struct power_station *station);
/* Another session is there, or none: which of somebody else's profiles may be in force? */
void held_session(struct power_evse *evse);

/* --- composite.c */

struct composite;
/* Is there a reason to ask this station? `asked` counts the questions of one look at all. */
void composite_look(struct power_station *station, uint32_t *asked);
void composite_metered(struct power_evse *evse, utc_ms at);
/* It is here again, or restarted: it may have found another profile in its flash. */
void composite_anew(struct power_station *station);
void composite_drop(struct power_evse *evse);
/* It says that it lets the car draw other than it was told; NULL. */
const struct composite *composite_trouble(const struct power_evse *evse);

/* --- decide.c */

/* Soon (the site's decisions keep some distance), or at once. `cause`: a word, static. */
void decide_soon(struct power_site *site, const char *cause);
void decide_at_once(struct power_site *site, const char *cause);
/* What is under way for it leads nowhere. */
void decide_drop(struct power_site *site);
/* Memory that waits for the next decision is given back, unless there was one since. */
void decide_room_end(struct power_site *site, utc_ms unless_since);
/* At the end, when no other thread works any more. */
void decide_free_all(struct dispatch *dispatch);

/* --- page.c */

void pages_end(struct power_site *site);

/* --- horizon.c */

/* The plan of the hours ahead anew, where the site's mode has one. */
void plan_soon(struct power_site *site);
void plan_drop(struct power_site *site);
void plan_free_all(struct dispatch *dispatch);
/* What the plan wants for this quarter of an hour; -1: nothing. */
int32_t plan_now_da(const struct power_evse *evse, utc_ms now);
/* The most that the meter may show by the plan, for the sake of the month's peak; INT64_MAX. */
int64_t plan_allowed_w(const struct power_site *site);
/* The plan knows that its car will miss part of its need. */
bool plan_short_of(const struct power_evse *evse);
/* By slot, in the arena; NULL: none. */
const int32_t *plan_of_evse(const struct power_evse *evse, struct arena *arena);
/* False: memory is out. */
bool plan_of_site(const struct power_site *site, struct arena *arena,
                  struct dispatch_site_state *state);

/* --- series.c */

/* What is known for a moment; DISPATCH_NO_VALUE. */
int64_t series_at(const struct power_site *site, enum series_kind kind, utc_ms at);
int64_t price_at(const struct power_site *site, utc_ms at);
/* What energy costs then for a plan: plan.h; PLAN_COST_UNKNOWN. */
int32_t cost_at(const struct power_site *site, utc_ms at);

/* --- unit.c */

/* A limit of `da` on each wire as the station takes it: 0.1 A, or W of all phases. */
int32_t unit_limit(const struct power_evse *evse, enum commit_layer layer, int32_t da);
/* The other way round, of a limit that somebody else has set: the most on one wire, in 0.1 A. */
int32_t unit_upto(const struct power_evse *evse, enum charging_unit unit, int32_t limit);
/* The voltage by which watts are reckoned, in 0.1 V. */
int32_t unit_volts_dv(const struct power_evse *evse);
/* Over how many phases its watts are reckoned. */
int32_t unit_phases(const struct power_evse *evse, enum commit_layer layer, int32_t da);
/* numberPhases: 1 where one is used; 0: not said, which means three (1.6 §7.14). And phaseToUse, by
 * the station's terminals, from 1; 0: not said. */
struct unit_phase {
    uint8_t phases, to_use;
};
struct unit_phase unit_phase(const struct power_evse *evse, enum commit_layer layer);
/* Before its session's limit is said: on which phase its car is to be. */
void unit_choose_phase(struct power_evse *evse);
/* The most up to `da` that it can be set to. */
int32_t unit_step(const struct power_evse *evse, int32_t da);
/* What has to be booked so that `da` can flow on each wire: more where it is told watts. */
int32_t unit_min(const struct power_evse *evse, int32_t da);
/* What its meter shows, in what it was told: watts are reckoned by a low voltage, and perhaps for
 * one wire where they are spread over three. */
int32_t unit_drawn(const struct power_evse *evse, int32_t da);
/* The least that a car is offered on a wire, of what was booked for it. */
int32_t unit_offered(const struct power_evse *evse, int32_t da);
/* Its phases are known as far as they have to be. */
bool unit_is_sure(const struct power_evse *evse);
/* How its station spreads watts is learned: a sample under a limit that has settled. */
void unit_saw(struct power_evse *evse, int32_t confirmed_da);
/* The phases of its car are known now, or others: what it was told is told anew. */
void unit_follow(struct power_evse *evse, utc_ms now);

/* --- apart.c */

/* After a decision: who gets more on a phase that is not full. */
void apart_decide(struct power_site *site, utc_ms now);
/* All that is booked so, into site->nodes (false: nothing is) and out again. */
bool apart_load(struct power_site *site, utc_ms now);
void apart_unload(struct power_site *site);
utc_ms apart_next_change(const struct power_site *site);
/* A session's profile is about to be sent, and was answered. */
void apart_sending(struct power_evse *evse);
bool apart_rises(const struct power_evse *evse); /* above what is on disk */
void apart_write(struct power_evse *evse, struct limit_row *row);
/* As it was when the server stopped. */
void apart_read(struct power_evse *evse, const struct limit_row *row);
void apart_shape(const struct power_evse *evse, int32_t da, struct charging_period *period);
void apart_answered(struct power_evse *evse, enum commit_result result, utc_ms now);
/* Its car has told the most of each phase. */
void apart_begin(struct power_evse *evse);
/* What its station's maximum has to be: one number for all phases. */
int32_t apart_ceiling(const struct power_station *station);
/* Its session is over, or its station is surely at its fail-safe. */
void apart_end(struct power_evse *evse);
/* What flows of what all phases have. */
int32_t apart_drawn(const struct power_evse *evse, const struct power_meter *meter, int32_t da);
int32_t apart_most(const struct power_evse *evse); /* booked beyond that, on a phase */
int64_t apart_w(const struct power_evse *evse);    /* told beyond that, together */

/* --- send.c */

void send_now(struct power_site *site);
void send_soon(struct power_site *site);

/* What a dynamic profile's limit is now, for a station that asks. False: it has none. */
bool send_dynamic(const struct power_station *station, int32_t profile_id,
                  struct charging_period *limit, enum charging_unit *unit);

/* --- say.c */

/* Overrides, needs and caps in force, from the rows. */
void say_resume(struct power_site *site);
/* Takes away what has expired or whose session is over. */
MUST_CHECK enum err say_sweep(struct turn *turn);

/* The class alone of what was said of a session; -1: as the document says. */
MUST_CHECK enum err dispatch_class_set(struct turn *turn, int64_t session, int64_t class);

/* --- state.c */

/* The limit of a node as power, by its lines or as such; TREE_NO_LIMIT_W. */
int64_t node_limit_w(const struct power_site *site, uint32_t node);
/* Of all grid connections together; POWER_NONE. */
int64_t root_limit_w(const struct power_site *site);

/* --- live.c */

/* False: memory is out. */
bool live_init(struct power_site *site);
/* Its car, its meter or its limit has changed: the site's sums follow. */
void live_follow(struct power_evse *evse);
/* The sums are those of this moment. */
void live_settle(struct power_site *site);
/* The live value, at most once a second. */
void live_tell(struct power_site *site);
/* This minute's row. */
void minute_put(struct turn *turn, struct power_site *site);
/* What its car draws, as its session says; 0 without one, and where the last word is old. */
int64_t evse_draw_w(const struct power_evse *evse);
/* The same, however old. */
int64_t live_said_w(const struct power_evse *evse);

/* --- trail.c */

/* Takes over what the site before it knew. */
void trail_begin(struct power_site *site, struct power_site *before);
void trail_end(struct power_site *site);
/* How full a node's fullest line, or its power, is booked. */
int64_t node_full_permille(const struct power_site *site, uint32_t node);
/* What flows and is allowed now goes into the step of this moment. */
void trail_minute(struct power_site *site, utc_ms now);

/* --- unanswered.c */

/* Of any call: those that tell a limit count. */
void unanswered_note(struct power_station *station, const struct call_done *done);
/* It answers none since then; UTC_UNKNOWN: it does. */
utc_ms unanswered_since(const struct power_station *station);

/* --- leave.c */

/* Takes back what the station was told, when it is no longer one of a site with a document. */
void leave_look(struct dispatch *dispatch, int64_t station);

/* --- why.c */

/* The decision's reason, and what it does not know: that no car is there, that the limit is a cap.
 */
uint8_t why_of(const struct power_site *site, const struct power_evse *evse);

/* The name of a limit, for people. */
struct str why_node_name(const struct power_site *site, int32_t node);
struct str why_sentence(const struct power_site *site, const struct power_evse *evse,
                        struct arena *arena);
