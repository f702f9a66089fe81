/* dispatch.h: a site's power, carried out.
 *
 * For each site with a power document (document.h) this room knows the tree of limits, the cars
 * that are plugged in, what stations confirmed and what meters show. After each change it puts all
 * of that into energy/site.h, turns the wishes that come out into limits that are safe while they
 * are on their way (energy/commit.h), and sends them as charging profiles (ocpp/charging.h). Sites
 * without a document, and stations without a site, cost nothing and are left alone.
 *
 * Everything runs on the core thread. What must outlive a restart is a row (domain/rows.def:
 * power, cap, wish, limit, behaviour, car, series); functions that take a turn record effects in it
 * and take hold with it. A safety cap acts at the end of the turn, before the commit: a limit that
 * is lowered needs no disk.
 */
#pragma once
#include "core/engine.h"
#include "domain/words.h"
#include "energy/site.h"
#include "json/sentence.h"

struct dispatch;
struct document;
struct options;

/* What the rooms above decide for this one. */
struct dispatch_config {
    const struct options *options; /* section energy; NULL: the defaults */
    bool asks_meters;              /* over the network, on threads of their own (meters/) */
    /* A live value for the console: JSON; at most once a second a site, while somebody looks. NULL:
     * nobody ever does. */
    bool (*is_watched)(const struct engine *engine);
    void (*tell)(struct engine *engine, struct str body);
    /* A clock for work on other threads, which has a budget; NULL: it has none. */
    mono_ms (*clock)(void);
};

/* Makes the room and puts it under engine->dispatch; after ocpp_new. */
struct dispatch *dispatch_new(struct engine *engine, const struct dispatch_config *config);
void dispatch_free(struct dispatch *dispatch);
/* After engine_load and ocpp_started: sites with a document come to life; what may be out there is
 * booked. */
void dispatch_started(struct engine *engine);
/* For engine_handlers: each committed event; storage failed, or works again (the registry was read
 * anew). */
void dispatch_event(struct engine *engine, const struct event_row *event);
void dispatch_storage(struct engine *engine, bool works);

/* Is it still on its way to what its row says? A large document takes a tenth of a second. */
bool dispatch_is_renewing(const struct engine *engine, int64_t site);
/* That is in force, valid until the turn ends; NULL: none. */
const struct document *dispatch_document(const struct engine *engine, int64_t site);

/* --- what people and programs say ---------------------------------------- */

/* The row `power` of a site was put or deleted in this turn, or stations were moved from or to the
 * site: read it anew once the turn is applied. The document was checked by the caller. */
void dispatch_site_changed(struct turn *turn, int64_t site);

/* An emergency cap on the site or on one node of its tree, on top of what the document says. It
 * takes the place of one that is in force there. */
struct dispatch_cap {
    int64_t site;
    struct str node;   /* empty: the root */
    int64_t limit_da;  /* on each line; -1: none */
    int64_t limit_w;   /* -1: none */
    utc_ms expires_at; /* UTC_NEVER: until cleared */
    struct str reason;
};
/* ERR_NOT_FOUND: no such site or node; ERR_BAD_VALUE: no limit, a negative one, or expired. */
MUST_CHECK enum err dispatch_cap_set(struct turn *turn, const struct dispatch_cap *cap);
/* ERR_NOT_FOUND: none is in force. */
MUST_CHECK enum err dispatch_cap_clear(struct turn *turn, int64_t site, struct str node);

/* A person sets what an EVSE gets, inside what the tree allows. With a session it ends with it. */
struct dispatch_override {
    int64_t station, evse;
    int64_t session;  /* 0: of whoever charges there */
    int64_t limit_da; /* 0: nothing */
    utc_ms expires_at;
    struct str reason;
};
/* ERR_NOT_FOUND: not an EVSE of a site with a document; ERR_BAD_VALUE. */
MUST_CHECK enum err dispatch_override_set(struct turn *turn,
                                          const struct dispatch_override *override);
MUST_CHECK enum err dispatch_override_clear(struct turn *turn, int64_t station, int64_t evse);

/* What a driver, a fleet or the car itself wants of its session. Absent: -1, UTC_UNKNOWN. */
struct dispatch_need {
    int64_t session;
    int64_t need_wh; /* from now on */
    utc_ms departs_at;
    int64_t class; /* enum site_class; -1: as the site says */
};
/* ERR_NOT_FOUND: no open session in a site with a document; ERR_BAD_VALUE: a departure that is
 * past, a negative need, or more than any battery takes (2 MWh). */
MUST_CHECK enum err dispatch_need_set(struct turn *turn, const struct dispatch_need *need);

/* Prices, CO2, solar forecast, unmanaged loads: what a plan is made with. It takes the place of
 * what is known of the same kind from its start on. */
struct dispatch_series {
    int64_t site;
    enum series_kind kind;
    utc_ms from_at;
    int64_t step_s; /* 60 .. 86400 */
    uint32_t count;
    const int64_t *values; /* in the units of enum series_kind; INT64_MIN: a gap */
};
MUST_CHECK enum err dispatch_series_put(struct turn *turn, const struct dispatch_series *series);

/* --- what meters say ------------------------------------------------------- */

/* A reading of a site meter (the document names it). Import is positive. Lives in memory alone. */
struct dispatch_reading {
    utc_ms at; /* our clock; UTC_UNKNOWN: now */
    bool has_da[LINE_COUNT];
    int64_t da[LINE_COUNT];
    bool has_w; /* all lines together */
    int64_t w;
};
/* ERR_NOT_FOUND: no such site or meter; ERR_BAD_VALUE: not plausible there (ten times the limit: a
 * wrong unit), older than the last one, or nothing in it. */
MUST_CHECK enum err dispatch_meter(struct engine *engine, int64_t site, struct str meter,
                                   const struct dispatch_reading *reading);

/* --- what is ----------------------------------------------------------------- */

#define DISPATCH_NO_VALUE INT64_MIN

struct dispatch_node_state {
    struct str name;              /* as in the document */
    int32_t parent;               /* index; -1 */
    int64_t limit_da[LINE_COUNT]; /* in force now, caps included; TREE_NO_LIMIT_DA */
    int64_t limit_w;              /* TREE_NO_LIMIT_W */
    bool capped;                  /* a cap is what limits it */
    utc_ms cap_expires_at;
    struct str cap_reason;
    int64_t reserved_da[LINE_COUNT]; /* booked: what may flow at the most, base load included */
    int64_t reserved_w;
    int64_t base_w; /* of it: unmanaged loads less solar and battery */
    bool has_meter, meter_stale;
    utc_ms meter_at;
    int64_t measured_da[LINE_COUNT]; /* DISPATCH_NO_VALUE */
    int64_t measured_w;
};

struct dispatch_evse_state {
    int64_t station, evse;
    int32_t node;    /* index of the leaf's node */
    int64_t session; /* 0: none */
    bool connected, plugged, proven, disobeys;
    uint8_t why; /* enum site_why */
    int32_t why_node;
    int8_t why_line;
    struct str why_text;  /* one sentence for people */
    struct str why_name;  /* of the limit that is full; empty: none is */
    bool probing;         /* it is being found out how its station obeys */
    utc_ms unanswered_at; /* since then its station leaves limits without an answer; UTC_UNKNOWN */
    int64_t may_w, max_w; /* what it may draw now, and ever, as power */
    int64_t target_da, booked_da, confirmed_da, draw_da; /* DISPATCH_NO_VALUE */
    int64_t failsafe_da, max_da, min_da;
    int64_t draw_w;
    utc_ms draw_at;
    utc_ms lease_ends_at; /* UTC_UNKNOWN: none */
    wire_set wires;       /* it is booked on */
    uint8_t wires_live;
    bool wires_known;
    uint8_t phase_to_use; /* of its station's terminals, from 1, that its car was put on; 0: none */
    int64_t need_wh, laxity_s; /* DISPATCH_NO_VALUE */
    utc_ms departs_at;         /* UTC_UNKNOWN */
    bool departs_learned;
    uint8_t class;
    int64_t outside_da;        /* limited by somebody else; DISPATCH_NO_VALUE */
    struct str outside_source; /* by whom */
    /* Its station says that it lets it draw so much (GetCompositeSchedule), which is not what it
       was told then; DISPATCH_NO_VALUE: as told, or it was not asked. */
    int64_t reported_da, reported_told_da;
    utc_ms reported_since;
    int64_t phases_da[LINE_COUNT]; /* by its station's terminals, as it was told; [0] is
                                      DISPATCH_NO_VALUE: the same for all */
    int64_t override_da;           /* DISPATCH_NO_VALUE */
    utc_ms override_expires_at;
    const int32_t *plan_da; /* of the site's plan: plan_steps values; NULL: none */
};

struct dispatch_site_state {
    int64_t site;
    uint8_t mode;                  /* enum site_mode */
    utc_ms decided_at, planned_at; /* UTC_UNKNOWN: not yet */
    uint32_t node_count, evse_count, unproven_count;
    const struct document *document; /* whose nodes and EVSEs these are; borrowed, for this turn */
    struct dispatch_node_state *nodes; /* NULL in an overview */
    struct dispatch_evse_state *evses;
    bool failsafe_fits; /* the sum of fail-safes fits every limit */
    int64_t cars_w, offered_w, solar_w, surplus_w, price_milli; /* now; DISPATCH_NO_VALUE */
    int64_t month_peak_w; /* the highest quarter of an hour of this month; 0: none yet */
    /* The plan ahead, in steps of plan_step_ms from plan_from_at. */
    utc_ms plan_from_at;
    int64_t plan_step_ms;
    uint32_t plan_steps;
    const int64_t *plan_w;           /* all cars */
    const int64_t *plan_limit_w;     /* what the root leaves for cars; TREE_NO_LIMIT_W */
    const int64_t *plan_price_milli; /* DISPATCH_NO_VALUE */
    const int64_t *plan_solar_w;
    int64_t plan_gap_permille; /* certified: how far from the best at most; DISPATCH_NO_VALUE */
};
/* ERR_NOT_FOUND: no site with a document. All of it lies in the arena. */
MUST_CHECK enum err dispatch_site_state(const struct engine *engine, int64_t site,
                                        struct arena *arena, struct dispatch_site_state *state);
/* The same without nodes and EVSEs. Of a large site they are asked for one by one, by their index:
 * state->document->nodes, ->evses. */
MUST_CHECK enum err dispatch_site_overview(const struct engine *engine, int64_t site,
                                           struct arena *arena, struct dispatch_site_state *state);
void dispatch_node_at(const struct engine *engine, int64_t site, uint32_t node,
                      struct dispatch_node_state *state);
void dispatch_evse_at(const struct engine *engine, int64_t site, uint32_t evse, struct arena *arena,
                      struct dispatch_evse_state *state);
/* One EVSE of it: for a station's or a session's page. ERR_NOT_FOUND. */
MUST_CHECK enum err dispatch_evse_state(const struct engine *engine, int64_t station, int64_t evse,
                                        struct arena *arena, struct dispatch_evse_state *state);

/* A site in one line. DISPATCH_NO_VALUE: no limit. */
struct dispatch_sums {
    int64_t cars_w, offered_w, limit_w;
    int64_t full_permille; /* of the fullest line, or power, of a grid connection */
    uint32_t cars, plugs;
    bool capped, over; /* a cap is in force; what may be drawn is above a limit */
};
/* ERR_NOT_FOUND: no site with a document. */
MUST_CHECK enum err dispatch_site_sums(const struct engine *engine, int64_t site,
                                       struct dispatch_sums *sums);

/* The last day of one node of a tree, in memory: what flowed (by its meter, else its cars and the
 * loads that are assumed), what might have, what was allowed, and how full its fullest line was. */
enum { DISPATCH_STEP_MS = 300000, DISPATCH_STEPS_MAX = 288 };
struct dispatch_step {
    utc_ms at;
    int64_t drawn_w, reserved_w, limit_w; /* limit_w: DISPATCH_NO_VALUE */
    int64_t full_permille;
};
struct dispatch_steps {
    uint32_t count;
    struct dispatch_step *steps; /* oldest first; those in which nothing is known are left out */
};
/* ERR_NOT_FOUND: no such node; ERR_FULL: the tree is too large for this one to be kept. */
MUST_CHECK enum err dispatch_node_steps(const struct engine *engine, int64_t site, struct str node,
                                        struct arena *arena, struct dispatch_steps *steps);

/* What a reason (enum site_why) means, where nothing is known of site and EVSE. */
struct str dispatch_why_text(int64_t why);

/* Something that a person should look at. */
struct dispatch_notice {
    /* What is the matter, in the arena; its code is the kind: "limit_disobeyed", "unproven", … */
    struct sentence said;
    struct str action; /* what to do; one sentence for a kind */
    bool error;        /* else a warning */
    int64_t site, station;
    utc_ms since;
};
/* Tells all of them. */
void dispatch_notices(const struct engine *engine, struct arena *arena,
                      void (*tell)(void *context, const struct dispatch_notice *notice),
                      void *context);

struct held;
/* The charging profiles that a station said it holds (held.h); NULL: it was not asked. */
const struct held *dispatch_held(const struct engine *engine, int64_t station);

/* It leaves limits without an answer since then; UTC_UNKNOWN: it does not. */
utc_ms dispatch_unanswered_since(const struct engine *engine, int64_t station);
/* That, as a trouble of behaviour.h. */
struct sentence unanswered_trouble(struct arena *arena);

struct composite;
/* What the station said last that it will let the car there draw (composite.h); NULL: nothing. */
const struct composite *dispatch_composite(const struct engine *engine, int64_t station,
                                           int64_t evse);

/* Is it told its limits in W? */
bool dispatch_takes_watts(const struct engine *engine, int64_t station, int64_t evse);
struct charging_composite;
/* A person has asked for it: it counts as if we had. */
void dispatch_composite_told(struct turn *turn, int64_t station, int64_t evse,
                             const struct charging_composite *said);

struct behaviour;
/* What is known of how a station takes limits, as a row (behaviour.h); with the firmware that the
 * station has now. ERR_FULL. */
MUST_CHECK enum err dispatch_keep_behaviour(struct turn *turn, const struct station_row *station,
                                            const struct behaviour *behaviour);

/* A call that a person made to the station was accepted, or may have been: what it changed of the
 * station's charging profiles counts once this turn is durable. Others are of no interest. */
void dispatch_by_hand(struct turn *turn, int64_t station, enum protocol protocol, struct str action,
                      struct str payload);

/* Decisions that changed a limit and have no page in the journal, since the start. */
uint64_t dispatch_pages_left_out(const struct engine *engine);

/* --- probes -------------------------------------------------------------------- */

/* Asks the station what it can and how it obeys (probe.h), in the background; new stations of a
 * site with a document are asked by themselves. ERR_NOT_FOUND; ERR_NOT_CONNECTED; ERR_NOT_NOW: one
 * is under way. */
MUST_CHECK enum err dispatch_probe(struct engine *engine, int64_t station);
