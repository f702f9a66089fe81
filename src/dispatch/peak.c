/* peak.c: the highest quarter of an hour of a site's month, which a demand charge is paid for. It
 * is a row that changes with each minute, so a restart forgets at most the minute that was under
 * way. */
#include "dispatch/inner.h"

enum { QUARTER_MS = 900000 };
#define YEAR_MS INT64_C(31536000000)

/* The row speaks of the month that is then: not of the same one years ago. */
static bool is_of_month(const struct power_site *site, const struct peak_row *row, utc_ms at)
{
    return row->month == zone_wall(site->zone, at).month && at - row->quarter_at < YEAR_MS / 2;
}

/* A quarter hour is over: minutes that are missing were like those that are known. */
static void end_quarter(struct peak_row *row)
{
    int64_t mean_w = row->minutes > 0 ? row->sum_w / row->minutes : 0;

    row->peak_w = mean_w > row->peak_w ? mean_w : row->peak_w;
    row->sum_w = 0;
    row->minutes = 0;
}

void peak_put(struct turn *turn, const struct power_site *site, int64_t w)
{
    const struct peak_row *known = TURN_FIND(turn, peak, site->row);
    struct peak_row *row = known ? TURN_EDIT(turn, peak, known) : TURN_NEW(turn, peak);
    utc_ms quarter = turn->now - turn->now % QUARTER_MS;

    row->id = site->row;
    if (row->quarter_at != quarter)
        end_quarter(row);
    if (!is_of_month(site, row, quarter))
        row->peak_w = 0;
    row->month = zone_wall(site->zone, quarter).month;
    row->quarter_at = quarter;
    row->sum_w += w;
    row->minutes++;
}

int64_t peak_of_month(const struct power_site *site, utc_ms now)
{
    const struct peak_row *row = world_find(&site->dispatch->engine->world, ROW_peak, site->row);

    return row && is_of_month(site, row, now) ? row->peak_w : 0;
}
