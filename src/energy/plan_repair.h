/* plan_repair.h: a wish becomes a plan within all limits. For plan_price.c only.
 *
 * What is too much is scaled down where it is too much; what is left over is given to those who
 * still need it, in the cheapest slots first; then energy moves to cheaper slots where there is
 * room, and cars that could go elsewhere make room for those that cannot.
 */
#pragma once
#include "energy/plan_lines.h"

struct repair {
    struct lines *lines;
    const int32_t *most; /* [slot * cars + car]: what a car can take */
    const int64_t *need; /* [car] */
    const int64_t *held; /* [slot]: taken already, before all */
    uint32_t *slots;     /* [slot], by cost */
    /* [slot * cars + car]: what a Wh there gains at the best prices, beyond the car's worst Wh in
     * its own best plan: 0 where it is just as good. */
    const int32_t *merit;
    int32_t *wh;    /* in: the wish; out: the plan; lines holds its sums */
    int64_t *left;  /* [car] */
    int64_t *share; /* [car] */
    bool thorough;  /* cars make room for each other: about cars² × slots */
};

void repair_plan(struct repair *repair);
