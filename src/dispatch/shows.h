/* shows.h: what is, as people and programs see it. For the files of this room (inner.h).
 */
#pragma once
#include "dispatch/inner.h"

/* --- state.c */

/* The limit of a node as power, by its lines or as such; TREE_NO_LIMIT_W. */
int64_t node_limit_w(const struct power_site *site, uint32_t node);
/* Of all grid connections together; POWER_NONE. */
int64_t root_limit_w(const struct power_site *site);

/* --- live.c */

/* False: memory is out. */
bool live_init(struct power_site *site);
/* Its car, its meter or its limit has changed: the site's sums follow. */
void live_follow(struct power_evse *evse);
/* The sums are those of this moment. */
void live_settle(struct power_site *site);
/* The live value, at most once a second. */
void live_tell(struct power_site *site);
/* This minute's row. */
void minute_put(struct turn *turn, struct power_site *site);
/* What its car draws, as its session says; 0 without one, and where the last word is old. */
int64_t evse_draw_w(const struct power_evse *evse);
/* The same, however old. */
int64_t live_said_w(const struct power_evse *evse);

/* --- trail.c */

/* Takes over what the site before it knew. */
void trail_begin(struct power_site *site, struct power_site *before);
void trail_end(struct power_site *site);
/* How full a node's fullest line, or its power, is booked. */
int64_t node_full_permille(const struct power_site *site, uint32_t node);
/* What flows and is allowed now goes into the step of this moment. */
void trail_minute(struct power_site *site, utc_ms now);

/* --- why.c */

/* The decision's reason, and what it does not know: that no car is there, that the limit is a cap.
 */
uint8_t why_of(const struct power_site *site, const struct power_evse *evse);

/* The name of a limit, for people. */
struct str why_node_name(const struct power_site *site, int32_t node);
struct str why_sentence(const struct power_site *site, const struct power_evse *evse,
                        struct arena *arena);
