/* quant.h: from a share to what an EVSE can be set to: nothing, or one of its pilots.
 *
 * Shares are cut to the pilot below; what is lost so is given out again, pilot by pilot, first to
 * those who lost most (times weight), then to those with least time left, as long as the path to
 * the root has room. A share below the least pilot is raised to it where there is room: the last
 * bit that a car needs, which ends by itself.
 */
#pragma once
#include "energy/site.h"

#define PILOT_NONE INT32_MAX

/* A set that can be used: a step, or an ascending list of currents above 0. */
bool pilots_are_sound(const struct site_pilots *pilots);
/* The least that is not below `da`, and above 0. PILOT_NONE: there is none. */
int32_t pilot_least(const struct site_pilots *pilots, int32_t da);
/* The largest up to `da`; 0: none. */
int32_t pilot_floor(const struct site_pilots *pilots, int32_t da);
/* The next above `da`; PILOT_NONE. */
int32_t pilot_above(const struct site_pilots *pilots, int32_t da);

struct quant_want {
    uint32_t leaf, weight;
    const struct site_pilots *pilots;
    int32_t least_da; /* a pilot; what is not 0 is not below it */
    int32_t most_da;
    int64_t laxity_s;
};

/* Rounds what is booked for each leaf. ERR_FULL: memory is out. */
MUST_CHECK enum err quant_run(struct tree *tree, const struct quant_want *wants, uint32_t count,
                              struct arena *arena);
