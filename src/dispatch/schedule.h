/* schedule.h: the periods of a charging schedule that is not ours, as they are kept in a row:
 * [[start_s,limit],[start_s,limit,phases],…], limits in 0.1 A or W. */
#pragma once
#include "ocpp/charging.h"

#define SCHEDULE_PERIODS_MAX 256 /* more are left out: from there on nothing is known */

/* Which number stands for a period whose phases have limits of their own: charging_lowest, … */
typedef int32_t schedule_limit_fn(const struct charging_period *period, enum charging_unit unit);

/* What is kept of a profile: `duration_s` ends it where periods were left out. ERR_FULL. */
MUST_CHECK enum err schedule_write(const struct charging_profile *profile,
                                   schedule_limit_fn *limit_of, struct arena *arena,
                                   struct str *periods, int64_t *duration_s);
/* Periods that are none are none: count 0. ERR_FULL. */
MUST_CHECK enum err schedule_read(struct str periods, struct arena *arena,
                                  struct charging_period **list, uint32_t *count);
