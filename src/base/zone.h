/* zone.h: what clocks on the wall show: time zones with their summer times. Pure: the rules of all
 * zones are a table that is made at build time from the machine's tzdata (tools/gen_zones.py), as
 * the POSIX rule that each zone follows now; changes of the law before that are not known here.
 */
#pragma once
#include "base/base.h"

struct zone; /* in the table, for ever */

/* "Europe/Berlin", "UTC"; NULL: there is no such zone. */
const struct zone *zone_find(struct str name);

/* Local time minus UTC at a moment. */
int32_t zone_offset_ms(const struct zone *zone, utc_ms at);
/* The next moment after `at` at which the offset changes; UTC_NEVER: it never does. */
utc_ms zone_next_change(const struct zone *zone, utc_ms at);

struct wall {
    int32_t day;     /* days since 1970-01-01 */
    int32_t ms;      /* since its midnight, as the clock shows it */
    uint8_t weekday; /* 0: Monday */
    uint8_t month;   /* 1..12 */
};
struct wall zone_wall(const struct zone *zone, utc_ms at);
/* The moment at which the clock shows this. An hour that is there twice (clocks go back): the first
 * one; one that is not there (clocks go forward): as far behind the change as it lies behind the
 * hour's start. */
utc_ms zone_moment(const struct zone *zone, int32_t day, int32_t ms);
