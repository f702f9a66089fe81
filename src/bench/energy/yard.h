/* yard.h: many EVSEs below a tree of limits, for the scenarios that are made from a seed: what the
 * usual rules and src/energy give each, and an independent look at it.
 *
 * Loads here stand between a line and neutral, so a limit is a sum to the rules; the checker adds
 * phasors.
 */
#pragma once
#include "bench/energy/energy.h"
#include "energy/site.h"

struct yard_evse {
    struct tree_leaf leaf; /* of the car that is there */
    double max_a;
    bool wants; /* a car is there, and is not full */
    double need_wh;
    int64_t arrive_s, depart_s;
    double may_a;
    int32_t plan_da; /* in a mode that follows a plan */
    bool plan_short;
    struct site_memory memory;
};

struct yard {
    struct tree_node *nodes;
    struct yard_evse *evses;
    uint32_t node_count, count;
    int64_t now_s;
    struct arena room; /* of a decision; kept for the next, as src/dispatch does */
    /* Of the rules: */
    double (*line_a)[LINE_COUNT]; /* by node, what is given so far */
    double *power_w;
    uint32_t *turn;
    uint32_t turn_from; /* round robin goes on here */
    /* Of the checker: */
    uint64_t violations;
    double over_as;
};

/* Rooms for so many nodes and EVSEs; nodes are added by yard_node. */
void yard_init(struct yard *yard, uint32_t nodes_max, uint32_t count);
void yard_fini(struct yard *yard);
/* Limits <= 0: none. Its index. */
int32_t yard_node(struct yard *yard, int32_t parent, double limit_a, double limit_w);

/* A rule sets may_a of all EVSEs. */
struct yard_rule {
    const char *name;
    void (*decide)(struct yard *yard, struct energy_times *times);
};
extern const struct yard_rule yard_rules[];
extern const uint32_t yard_rule_count;

/* What src/energy gives. */
void yard_decide(struct yard *yard, struct energy_times *times, enum site_mode mode);
/* Counts limits that are passed if each EVSE draws what it may, for so long. */
void yard_check(struct yard *yard, double seconds);
/* The fair shares (max-min, not rounded, no minimum), the slow and plain way. */
void yard_fair_shares(struct yard *yard, double *shares_a);
/* What src/energy's filling gives, without minimum, rounding and rest: in may_a. */
void yard_fill(struct yard *yard, struct energy_times *times);
/* Jain's index: 1, all have the same; 1/n, one has all. */
double yard_jain(double sum, double squares, uint32_t count);
