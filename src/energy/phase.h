/* phase.h: the most energy through a tree whose lines are coupled: phase groups first, least laxity
 * inside them.
 *
 * Cars that stand between the same lines are a group. Limits see only what groups draw together,
 * and a transformer carries most when the groups are balanced: a crowded group alone reaches half
 * of what three even ones do. So a level rises for all groups at once (as water in basins: a group
 * is full when all its cars have all they can use) until a limit is reached; then those groups stay
 * that would add to what it limits, and the others rise on. What a group gets goes to its cars in
 * the order of their laxity. Panels, stations and power limits below are levels of their own, from
 * the leaves up: what they let through is what a group can use above them.
 *
 * When not all get all, a roll-out (rollout.h) looks ahead: it may be better to let a group that
 * has few cars rise slowly, so that they are still there to be paired with the crowded one later.
 *
 * Pure. Targets are raised above what is booked, never lowered, and each by no more than tree_room.
 */
#pragma once
#include "energy/site.h"

struct phase_car {
    uint32_t leaf;     /* each at most once */
    int32_t most_da;   /* it rises up to this; at or below what is booked: it stays */
    int64_t laxity_ms; /* need.h; INT64_MAX: no need known, comes last */
    int64_t need_wh;   /* what is missing; -1: not known */
    int64_t left_ms;   /* until it leaves; INT64_MAX: not known */
};

/* Books the shares on the tree. `period_ms`: the first step of the roll-out; 0: no roll-out.
 * ERR_FULL: memory is out, nothing is booked. */
MUST_CHECK enum err phase_fill(struct tree *tree, const struct phase_car *cars, uint32_t count,
                               int32_t period_ms, struct arena *arena);
