/* reclaim.h: what a car does not take is given to others, and comes back fast when it wants it.
 *
 * A car that draws less than it may by more than `slack` (1 A or 5 %), in two samples in a row and
 * for reclaim_ms, or in one when its limit has stood for two minutes, gets an upper bound: what it
 * will draw at the next sample, and a headroom. What it will draw is what it draws now, less the
 * part by which it fell since the last sample if it was below its limit then, too. When
 * it draws up to the bound (within 1 A) the headroom doubles (2, 4, 8 A …), so it has all again
 * after few samples. Its limit falls first; only then others rise (commit.h).
 *
 * The bound is the most that it is given; where others wait, it is first given what it will draw
 * and no headroom (reclaim_takes_da). Held so close to what it takes, a car that wants more cannot
 * show it: after twelve samples it has its headroom again for one.
 *
 * Cars stop and start by themselves (a full battery, heating before departure): the bound is never
 * below what charges at all (min_da).
 */
#pragma once
#include "energy/site.h"

/* Weighs the newest sample of an EVSE, at most once each (draw_at), and what its memory says. The
 * upper bound in 0.1 A: evse->max_da when there is none. `memory` starts as a copy of evse->memory
 * and is changed in its reclaim fields alone. */
int32_t reclaim_step(const struct site_evse *evse, const struct site_rules *rules, utc_ms now,
                     struct site_memory *memory);

/* What to give it before others have what they take, 0.1 A: what it is expected to take, and half a
 * slack. INT32_MAX: it is not known to take less than its bound, or was held close to it for so
 * long that it has to be tried. */
int32_t reclaim_takes_da(const struct site_memory *memory);
