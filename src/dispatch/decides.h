/* decides.h: from what is known to what each car is to have: limits as they are now, the plan of
 * the hours ahead, the decision. For the files of this room (inner.h).
 */
#pragma once
#include "dispatch/inner.h"

/* --- limits.c */

/* Limits and loads as they are now: hours, caps, meters. Tells commit what changed. */
void limits_refresh(struct power_site *site, utc_ms now);
/* Commit hears of those that are others than it knows. */
void limits_tell(struct power_site *site, utc_ms now);
/* When they change by themselves next; UTC_NEVER. */
utc_ms limits_next_change(const struct power_site *site, utc_ms now);
/* The lowest ones of the week ahead, by node. NULL: memory is out. */
struct tree_node *limits_worst(const struct power_site *site, struct arena *arena);

/* --- layers.c */

/* The fail-safes and station maxima anew: commit writes those that differ. */
void layers_set(struct power_site *site);
/* The same in steps: what they follow from, which ones, which touches nothing but the work and may
 * be another thread's, and so many EVSEs and their stations that are told. */
struct layers_work {
    struct arena arena;
    struct commit_site config;
    struct commit_layers layers;
    struct tree_node *nodes;
    int32_t *said_da, *want_da;
    bool fits;
};
void layers_gather(struct power_site *site, struct layers_work *work);
void layers_compute(struct layers_work *work);
void layers_take(struct power_site *site, const struct layers_work *work);
void layers_tell(struct power_site *site, uint32_t first, uint32_t end);

/* --- decide.c */

/* Soon (the site's decisions keep some distance), or at once. `cause`: a word, static. */
void decide_soon(struct power_site *site, const char *cause);
void decide_at_once(struct power_site *site, const char *cause);
/* What is under way for it leads nowhere. */
void decide_drop(struct power_site *site);
/* Memory that waits for the next decision is given back, unless there was one since. */
void decide_room_end(struct power_site *site, utc_ms unless_since);
/* At the end, when no other thread works any more. */
void decide_free_all(struct dispatch *dispatch);

/* --- page.c */

void pages_end(struct power_site *site);

/* --- horizon.c */

/* The plan of the hours ahead anew, where the site's mode has one. */
void plan_soon(struct power_site *site);
void plan_drop(struct power_site *site);
void plan_free_all(struct dispatch *dispatch);
/* What the plan wants for this quarter of an hour; -1: nothing. */
int32_t plan_now_da(const struct power_evse *evse, utc_ms now);
/* The most that the meter may show by the plan, for the sake of the month's peak; INT64_MAX. */
int64_t plan_allowed_w(const struct power_site *site);
/* The plan knows that its car will miss part of its need. */
bool plan_short_of(const struct power_evse *evse);
/* By slot, in the arena; NULL: none. */
const int32_t *plan_of_evse(const struct power_evse *evse, struct arena *arena);
/* False: memory is out. */
bool plan_of_site(const struct power_site *site, struct arena *arena,
                  struct dispatch_site_state *state);

/* --- series.c */

/* What is known for a moment; DISPATCH_NO_VALUE. */
int64_t series_at(const struct power_site *site, enum series_kind kind, utc_ms at);
int64_t price_at(const struct power_site *site, utc_ms at);
/* What energy costs then for a plan: plan.h; PLAN_COST_UNKNOWN. */
int32_t cost_at(const struct power_site *site, utc_ms at);
