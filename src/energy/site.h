/* site.h: one decision for one site: who may draw how much now, and why.
 *
 * A function of its input alone: the same input gives the same decision, which is how a logged one
 * is replayed. What a decision has to remember (`struct site_memory`) is input and output. What it
 * decides are wishes: commit.h turns them into limits that are safe while they are on their way.
 *
 * Order: classes one after the other, each on what the ones before left (guaranteed minimum,
 * priority, plan, surplus, best effort); inside a class by the site's mode. How it works:
 * docs/energy.md.
 */
#pragma once
#include "energy/tree.h"

enum site_mode {
    SITE_EQUAL,    /* weighted max-min: equal share */
    SITE_PRIORITY, /* first come, first served inside a class of priority */
    SITE_NEED,     /* energy need and departure: phase groups, least laxity, roll-out */
    SITE_CHEAP,    /* need, at the hours when energy costs least */
    SITE_GREEN,    /* need, at the hours of least CO2 */
    SITE_SURPLUS,  /* solar surplus first, the rest only where a need would be missed */
    SITE_MODE_COUNT
};

enum site_class { CLASS_PRIORITY, CLASS_PLAN, CLASS_SURPLUS, CLASS_BEST_EFFORT, CLASS_COUNT };

/* Why an EVSE gets what it gets. One sentence each, for people, in the console. */
enum site_why {
    WHY_NO_CAR,
    WHY_FULL,       /* all that car, cable and station take */
    WHY_LIMIT,      /* a limit of the tree: `node`, `line` say which */
    WHY_SHARED,     /* the same, and others share it */
    WHY_WAITS_TURN, /* its minimum does not fit now; it gets a turn */
    WHY_PLAN_PRICE, /* cheaper hours come before it leaves */
    WHY_PLAN_CO2,
    WHY_SURPLUS,        /* follows the sun */
    WHY_CAR_LESS,       /* the car took less: the rest was given to others */
    WHY_CAR_DONE,       /* full, or it stopped by itself */
    WHY_STEADY,         /* a change would be too small or too soon */
    WHY_RAMP,           /* rises step by step */
    WHY_OVERRIDE,       /* a person said so */
    WHY_NOT_CONTROLLED, /* not proven to obey: booked at its breaker */
    WHY_EMERGENCY,      /* the limit is an emergency cap: said by who set it, not by site_decide */
    WHY_OUTSIDE,        /* the station is limited by somebody else: said as well */
    WHY_COUNT
};

#define PILOTS_MAX 40
/* What an EVSE can be set to, ascending, without 0. step_da > 0: every multiple from the minimum
 * on; else the list. */
struct site_pilots {
    int32_t step_da;
    uint8_t count;
    int32_t list_da[PILOTS_MAX];
};

/* What a decision keeps of an EVSE for the next one. Zeroed: nothing yet. */
struct site_memory {
    int32_t target_da;  /* the last decision */
    utc_ms changed_at;  /* when it last rose or fell; 0: never */
    utc_ms switched_at; /* when it was last switched on or off; 0: never */
    /* reclaim: the car takes less than it may */
    int32_t reclaim_da; /* its upper bound now; 0: none */
    int32_t headroom_da;
    int32_t drew_da;         /* in the last sample, if that was below; 0 */
    int32_t takes_da;        /* what it is expected to take; 0: all that it may */
    uint8_t close_samples;   /* in a row in which it had no room for more than that */
    uint8_t reclaim_samples; /* in a row below */
    utc_ms reclaim_since;    /* 0: not under way */
    utc_ms sample_at;        /* the last sample that was weighed */
    utc_ms turn_ends_at;     /* its time slice; 0: none */
};

/* An EVSE as it is known at the moment of the decision. Absent: -1, or UTC_UNKNOWN. */
struct site_evse {
    int64_t id; /* opaque; for the log */
    struct tree_leaf leaf;
    bool plugged;      /* a car is there, and its session is open */
    bool done;         /* it is full or stopped by itself */
    bool controlled;   /* proven to obey; else it is booked at max_da whatever is decided */
    bool may_suspend;  /* 0 A is allowed */
    uint8_t class;     /* enum site_class */
    uint16_t weight;   /* shares inside a class; 0 counts as 1 */
    uint8_t pilots;    /* index in site_input.pilots */
    int32_t min_da;    /* least that charges: 60, or what this car was seen to need */
    int32_t max_da;    /* least of cable, EVSE, station and car */
    int32_t booked_da; /* what it may draw now (commit.h) */
    int32_t floor_da;  /* booked also while it is off: its fail-safe. Not in SITE_NEED */
    int32_t draw_da;   /* measured; -1 */
    utc_ms draw_at;
    utc_ms arrived_at;
    utc_ms departs_at;   /* said, or learned; UTC_NEVER: not known */
    int64_t need_wh;     /* still to be delivered; -1: not known */
    int32_t plan_da;     /* of the plan for this quarter hour; -1: none */
    bool plan_short;     /* the plan knows that it cannot have all: it decides to the end */
    int32_t override_da; /* by a person; -1: none */
    struct site_memory memory;
};

/* How calm it has to be. */
struct site_rules {
    int32_t step_min_da;     /* a smaller rise is left out (and below 5 %): 10; 0: none */
    int32_t hold_ms;         /* between two changes of one EVSE, upwards: 30,000 */
    int32_t switch_ms;       /* between on and off: 300,000 */
    int32_t turn_ms;         /* time slice of those whose minimum does not fit: 900,000 */
    int32_t ramp_permille_s; /* largest rise per second, of max_da; 0: none */
    int32_t reclaim_ms;      /* how long a car must take less before it is believed: 30,000 */
    int32_t period_ms;       /* of the roll-out's first steps: 300,000 */
};

struct site_input {
    utc_ms now;
    uint8_t mode; /* enum site_mode */
    struct site_rules rules;
    int64_t surplus_w; /* solar power that no other load uses: for cars, what they draw of it now
                          included; -1: not measured */
    uint32_t node_count, evse_count, pilots_count;
    const struct tree_node *nodes;
    const struct site_evse *evses;
    const struct site_pilots *pilots;
};

struct site_verdict {
    int32_t target_da;
    uint8_t why;  /* enum site_why */
    int32_t node; /* that binds; -1 */
    int8_t line;  /* -1 */
    int64_t
        laxity_s; /* time left beyond what its need takes at full power; INT64_MAX: no need known */
    struct site_memory memory;
};

struct site_decision {
    utc_ms again_at;               /* decide anew by then, if nothing happens before; UTC_NEVER */
    struct site_verdict *verdicts; /* evse_count */
};

/* The rules as a new site has them. */
struct site_rules site_rules_default(void);

/* Decides. Verdicts lie in the arena, all work too. ERR_BAD_VALUE: the tree is none (tree_new), a
 * mode, class or index beyond its table, pilots that are none; ERR_FULL. The sum of targets never
 * passes a limit of the tree, unless what is not controlled passes it alone. */
MUST_CHECK enum err site_decide(const struct site_input *input, struct arena *arena,
                                struct site_decision *decision);
