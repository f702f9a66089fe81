/* plan.h: the horizon plan of one site: which car charges in which slot of the hours ahead, so that
 * cars are ready when they leave and the energy costs least (money, or CO2).
 *
 * It maximises  value × energy delivered − cost of the energy − demand charge of a higher peak.
 * With a value above every price (the usual case) no energy is left out that fits, and among the
 * plans that deliver the most it is one of the cheapest; among equals, an early one.
 *
 *   plan_flow.c   all limits concern one commodity (power; balanced three-phase; one wire): exact
 *   plan_price.c  phases mix: prices of lines and slots, then repair; within a certified gap
 *   plan_peak.c   the demand charge: how high the peak may rise, by bisection over the two
 *
 * Whole numbers: W, Wh, seconds; costs in micro-units of money per kWh (0.30 $: 300,000), or any
 * other cost per kWh (mg of CO2). Pure: no clock, no I/O; all memory from the caller's arena.
 * A plan is advice: what may be drawn now is decided by site.h, which takes plan_da from here.
 * How it works: docs/energy.md, "The plan".
 */
#pragma once
#include "energy/tree.h"

#define PLAN_SLOTS_MAX    3072u /* a month of quarter hours; the daily use is 96 to 192 */
#define PLAN_CARS_MAX     100000u
#define PLAN_COST_UNKNOWN INT32_MIN /* no price is known: counts as dear as the dearest known */
#define PLAN_NOT_EXACT    1000u     /* gap: nothing is certified */

/* A node in one slot: like the fields of struct tree_node, forecast. base: loads that nobody
 * controls less solar; at a root, what it is below 0 is solar surplus. */
struct plan_limit {
    int32_t limit_da[LINE_COUNT], base_da[LINE_COUNT];
    int64_t limit_w, base_w;
};

struct plan_node {
    struct tree_node node;          /* parents first; limits and base where `slots` is NULL */
    const struct plan_limit *slots; /* slot_count of them; NULL: node's own, in every slot */
};

/* A car that is here, or is expected. Seconds count from the start of slot 0. */
struct plan_car {
    int64_t id;            /* the same in the next plan: its part of the plan is the warm start */
    struct tree_leaf leaf; /* at the EVSE, phases learned or worst case */
    int32_t from_s;        /* charges from here on; 0 or less: it is here */
    int32_t until_s;       /* and leaves; not after from_s: it cannot be planned (PLAN_CAR_GONE) */
    int64_t need_wh;       /* at the meter; 0 or less: none */
    int32_t max_w, min_w;  /* min_w: least that charges; a slot holds 0, min_w or more on average,
                              or less where its need or a limit leaves less */
    bool may_suspend;      /* false: it gets min_w from its start until its need is met */
    /* What it can take falls while it gets full: back from until_s it is end_w, and twice as much
     * with each half_s before, up to max_w. half_s 0: it does not fall. */
    int32_t end_w, half_s;
};

struct plan_demand {
    int64_t cost;      /* micro-units per kW of the highest slot of the period; 0: no charge */
    int64_t peak_w;    /* the highest so far, at the meter: up to it a peak costs nothing more */
    int32_t days_left; /* of the period, today included: a higher peak serves them all; 0: 1 */
};

struct plan_input {
    uint32_t slot_count, slot_s; /* 1..PLAN_SLOTS_MAX; 60..86,400 s, all the same length */
    uint32_t passed_s;           /* of slot 0: it has slot_s - passed_s left */
    uint32_t node_count, car_count;
    const struct plan_node *nodes;
    const struct plan_car *cars;
    const int32_t *cost;         /* per slot: energy from the grid */
    const int32_t *surplus_cost; /* per slot: solar surplus (what feeding it in would bring);
                                    NULL: 0 */
    int32_t value;               /* of a kWh delivered; 0: twice the dearest */
    struct plan_demand demand;
    /* Asked now and then; true: finish soon with what is there (a safe plan always comes out).
     * NULL: no end. */
    bool (*out_of_time)(void *clock);
    void *clock;
};

enum plan_method { PLAN_FLOW, PLAN_PRICE };

enum plan_car_state {
    PLAN_CAR_MET,   /* gets its need */
    PLAN_CAR_SHORT, /* others and limits leave less */
    PLAN_CAR_LATE,  /* its need does not fit its time even alone, at full power */
    PLAN_CAR_GONE,  /* no time at all: leaves before it comes, or has left */
};

struct plan_part {
    int64_t id;
    int32_t from_s, until_s;
    int64_t energy_wh, unmet_wh;
    uint8_t state; /* enum plan_car_state */
};

struct plan {
    uint32_t slot_count, slot_s, passed_s, car_count;
    struct plan_part *cars;
    int32_t *wh;      /* [car * slot_count + slot] */
    int64_t *slot_wh; /* all cars, per slot */
    int64_t energy_wh, unmet_wh;
    int64_t cost;               /* of the energy, demand charge apart */
    int64_t demand_cost;        /* of the peak above demand.peak_w, its share for this horizon */
    int64_t peak_w;             /* highest slot at the meter, base included */
    int64_t gain;               /* value × energy − cost − demand_cost: what is maximised */
    int64_t gain_bound;         /* no plan gains more: proven */
    uint32_t gap_permille;      /* (gain_bound − gain) / gain_bound, rounded up; 0: optimal */
    uint8_t method;             /* enum plan_method */
    bool complete;              /* false: out_of_time ended it */
    uint32_t cost_gaps;         /* slots whose price was not known */
    uint32_t rounds;            /* augmenting phases, or rounds of prices */
    struct plan_prices *prices; /* plan_price.c's own, for the next plan; NULL: none */
};

/* A plan that was made before and is the start of this one; `plan` may be NULL. Its arena must
 * live on while the next is made. Only what changed is worked on anew. */
struct plan_before {
    const struct plan *plan;
    uint32_t slots_passed; /* from the start of its slot 0 to the start of this one's */
};

/* Makes a plan; everything of it lies in the arena. Always within the limits: slots and nodes
 * whose base alone is above a limit get nothing. ERR_BAD_VALUE: no slots, no cost, a slot length
 * out of range, nodes that are no tree, a car at a node that is not there, min_w above max_w or
 * below 0; ERR_FULL. */
MUST_CHECK enum err plan_make(const struct plan_input *input, const struct plan_before *before,
                              struct arena *arena, struct plan **plan);

/* What the plan means for a car in a slot: mean power while it is there; and the current for it at
 * its EVSE, at least what charges (min_w) where anything is planned, for site_evse.plan_da. */
int32_t plan_w(const struct plan *plan, uint32_t car, uint32_t slot);
int32_t plan_da(const struct plan_input *input, const struct plan *plan, uint32_t car,
                uint32_t slot);
/* It is there, and is to miss more than 100 Wh and a hundredth of its need: for
 * site_evse.plan_short. */
bool plan_is_short(const struct plan *plan, uint32_t car);
