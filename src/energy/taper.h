/* taper.h: how what a car takes falls while it gets full: what was seen of it, and what a plan has
 * to know of it. Used by ahead.c and plan_model.c, and by those who have meter values.
 *
 * At constant voltage a battery takes less by the same part in the same time: it halves every
 * half_s, whatever it may take. The last of a need then takes hours at hardly any power, so a car
 * that waits for the last minute leaves short, though there was room for all of it.
 */
#pragma once
#include "base/base.h"

enum { TAPER_HALF_MAX_S = 4 * 3600 };

/* Of a car in its session. Zeroed: nothing yet. */
struct taper {
    utc_ms from_at; /* since when it is seen to fall, from from_da; 0: not under way */
    int32_t from_da;
    int32_t half_s; /* as this car has shown; 0: not yet */
};

/* A sample of its meter, while it may take may_da and could have followed that. `usual_half_s`:
 * what cars of this site show, one learned from each other; 0: nothing yet. */
void taper_saw(struct taper *taper, int32_t draw_da, int32_t may_da, utc_ms at,
               int32_t *usual_half_s);

/* What it can take so long before it is full, but for the end: end_w, twice as much with each
 * half_s, straight between two halvings; max_w at most, and always where half_s is 0. */
int64_t taper_w(int32_t end_w, int32_t half_s, int32_t max_w, int64_t before_s);
/* end_w of a car that is to have its need by then, but for a little; more where its stay is too
 * short for that, so that its need fits if it ever does. 0: it does not fall in time to matter. */
int32_t taper_end_w(int32_t half_s, int32_t max_w, int64_t need_wh, int64_t stays_s);
