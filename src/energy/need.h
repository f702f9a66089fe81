/* need.h: what a car still needs, and how much time it has for it.
 *
 * Laxity is the time that is left until it leaves beyond what its need takes at full power: 0, it
 * has to charge from now on without a pause; below, it cannot be met.
 */
#pragma once
#include "energy/phase.h"

/* Time that `need_wh` takes at `da` through these wires, rounded up. INT64_MAX: at 0 A. */
int64_t need_duration_ms(const struct tree_leaf *leaf, int64_t need_wh, int32_t da);
/* INT64_MAX: need or departure is not known, or nothing is missing. A departure that is past counts
 * as now: the car is still there, and what it misses is what makes it urgent. */
int64_t need_laxity_ms(const struct site_evse *evse, utc_ms now);
/* The most that makes sense for a period: max_da, and no more than its need takes up, rounded up.
 */
int32_t need_most_da(const struct site_evse *evse, int32_t period_ms);
/* The car as phase_fill takes it; `most_da` is the least of need_most_da and `bound_da`. */
struct phase_car need_car(const struct site_evse *evse, uint32_t leaf, int32_t bound_da, utc_ms now,
                          int32_t period_ms);
