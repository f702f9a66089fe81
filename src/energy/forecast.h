/* forecast.h: which cars are to be expected, from the sessions of days before.
 *
 * Days that were the same day of the week count threefold, others of the same kind (Monday to
 * Friday; weekend) once; the day that is looked ahead from is never used for itself. Times are
 * those of the clock on the wall there (UTC plus the zone's offset at that moment, as
 * milliseconds), since habits follow it.
 *
 * The roll-out (rollout.h) does without: on the sessions of docs/energy.md means of arrivals made
 * it worse, not better. It is for the plan ahead and for people.
 */
#pragma once
#include "energy/site.h"

#define FORECAST_DAYS_MAX 56 /* older sessions say nothing */

struct forecast_past {
    int64_t arrived_local_ms;
    int32_t stay_s;
    int32_t energy_wh;
    wire_set wires;
};

/* Fills the 24 hours from `now_local_ms` on. Sessions in any order. No whole day before: hours 0.
 */
void forecast_build(const struct forecast_past *past, uint32_t count, int64_t now_local_ms,
                    struct site_forecast *forecast);
/* What a car that arrives now and says nothing is likely to do: medians of the last 64 sessions of
 * the list that began within an hour of this time of day, on the same kind of day before. False:
 * fewer than three.
 */
bool forecast_default(const struct forecast_past *past, uint32_t count, int64_t arrived_local_ms,
                      int32_t *stay_s, int32_t *energy_wh);
