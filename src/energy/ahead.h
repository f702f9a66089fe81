/* ahead.h: how a plan of the hours ahead (plan.h) is made use of: how a car that is here enters it,
 * how high the peak of the month may rise, and what of it holds until the next one. The server's
 * horizon and the benchmarks that play past months run this, and nothing beside it.
 *
 * What was tried out, and on which days: docs/energy.md, "What a site earns".
 */
#pragma once
#include "energy/plan.h"
#include "energy/site.h"

/* --- cars */

/* A car that is plugged in, as it is known now. */
struct ahead_car {
    int64_t id;
    struct tree_leaf leaf;
    int32_t stays_s;         /* from now until it leaves */
    int64_t need_wh;         /* at the meter */
    int32_t max_da, min_da;  /* of car, cable and EVSE */
    int32_t draw_da, may_da; /* what it takes, of what it may take; -1: not known */
    int32_t half_s;          /* in which what it takes halves while it gets full (taper.h); 0 */
    bool may_suspend;
};

/* The car for a plan with this input, of which slots, costs and the demand charge are asked. It is
 * to be ready a while before it leaves, if it has the time. One that takes less than it may is
 * nearly full: it counts with what it takes. Where energy costs about the same all the time that it
 * is there, the plan counts with what it takes falling while it gets full, and begins earlier by as
 * much as that takes; elsewhere the end of its need would cost more than it is worth
 * (docs/energy.md). */
struct plan_car ahead_car(const struct ahead_car *car, const struct plan_input *input);

/* --- the peak of a month */

struct ahead_peak {
    int64_t cost;      /* micro-units per kW of the month's highest quarter hour; 0: no charge */
    int64_t so_far_w;  /* of this month, at the meter */
    int64_t worth_w;   /* as ahead_worth says of the days before; 0: not known */
    int32_t days_left; /* of the month, today included */
    int32_t half_s;    /* how cars here get full (taper.h); 0: not known */
};

/* Which peak would have been worth its charge in these days? `past`: a plan's input with the cars
 * that came then, and what energy costs; its demand is set here. Errors as plan_make. */
MUST_CHECK enum err ahead_worth(const struct plan_input *past, int64_t cost, struct arena *arena,
                                int64_t *worth_w);
/* Days of the past that make a month's peak known: of fewer than the least, nothing is. */
enum { AHEAD_DAYS_MIN = 5, AHEAD_DAYS = 28 };

/* For the plan: up to the peak so far, or one that was worth it in the days before, a peak costs
 * nothing more. */
struct plan_demand ahead_demand(const struct ahead_peak *peak);
/* The most that the meter may show while the plan holds. INT64_MAX: there is no charge. */
int64_t ahead_allowed_w(const struct ahead_peak *peak, const struct plan *plan);
/* What of it the rest of a quarter hour may have, of which seen_s took used_ws (W s): the charge is
 * for the mean, so what was too much is made up for, and what was not taken is still there. */
int64_t ahead_rest_w(int64_t allowed_w, int64_t used_ws, int32_t seen_s);

/* --- carried out */

/* What an EVSE with these pilots is to have of a plan's current: the next pilot above. The peak is
 * the site's limit, and what comes early is not needed later. 0: nothing. */
int32_t ahead_pilot_da(const struct site_pilots *pilots, int32_t plan_da);
/* The root of a site's decision may carry the allowed peak and what cars were offered and do not
 * take, since the peak is what flows; but always its loads, and the least of cars that may not be
 * suspended. `nodes` are those of the input. Sites with more than one root stay as they are. */
void ahead_hold_peak(const struct site_input *input, struct tree_node *nodes, int64_t allowed_w);
