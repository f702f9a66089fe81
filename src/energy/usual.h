/* usual.h: what a car of which nobody says more is likely to do, from the sessions of days before.
 *
 * Days of the same kind count (Monday to Friday; weekend), at about this time of day; today never
 * does. Times are those of the clock on the wall there (UTC plus the zone's offset at that moment,
 * as milliseconds), since habits follow it.
 *
 * Not here: which cars are still to come. Looking ahead with them made no better use of the power
 * (docs/energy.md, "What did not help").
 */
#pragma once
#include "base/base.h"

#define USUAL_DAYS_MAX 56 /* older sessions say nothing */

struct usual_past {
    int64_t arrived_local_ms;
    int32_t stay_s;
    int32_t energy_wh;
};

/* Medians of the newest 64 sessions (`past` has the newest first) that began within an hour of this
 * time of day, on the same kind of day before. False: fewer than three. */
bool usual_stay(const struct usual_past *past, uint32_t count, int64_t arrived_local_ms,
                int32_t *stay_s, int32_t *energy_wh);
