/* peak.c: the highest quarter of an hour of a site's month, which a demand charge is paid for. It
 * is a row that changes with each minute, so a restart forgets at most the minute that was under
 * way. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"

#include "energy/usual.h"

enum { QUARTER_MS = 900000, QUARTER_S = 900, QUARTERS_A_DAY = 96, MINUTE_S = 60, W_MAX = 1000000 };
#define DAY_MS  INT64_C(86400000)
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

int64_t peak_rest_w(const struct power_site *site, utc_ms now, int64_t allowed_w)
{
    const struct peak_row *row = world_find(&site->dispatch->engine->world, ROW_peak, site->row);

    if (!row || row->quarter_at != now - now % QUARTER_MS)
        return allowed_w;
    return ahead_rest_w(allowed_w, row->sum_w * MINUTE_S, (int32_t)row->minutes * MINUTE_S);
}

/* --- the days before ------------------------------------------------------------- */

/* What a car takes at most is not kept; on the mean, what these EVSEs give. */
static int64_t mean_max_w(const struct power_site *site)
{
    const struct document *document = &site->document;
    int64_t sum_w = 0;

    for (uint32_t i = 0; i < document->evse_count; i++)
        sum_w += tree_leaf_w(commit_tree(site->commit), i, document->evses[i].max_da);
    return document->evse_count > 0 ? sum_w / document->evse_count : 0;
}

static struct plan_car past_car(const struct power_site *site, const struct usual_past *past,
                                int64_t from_ms, int64_t max_w)
{
    int64_t mean_w = (int64_t)past->energy_wh * 3600 / (past->stay_s > 0 ? past->stay_s : 1) + 1;

    max_w = max_w > mean_w ? max_w : mean_w;
    return (struct plan_car){
        .leaf = { .node = 0,
                  .wires = WIRES_THREE_PHASE,
                  .wires_live = LINE_COUNT,
                  .volts = (int16_t)site->document.nodes[0].volts },
        .from_s = (int32_t)((past->arrived_local_ms - from_ms) / 1000),
        .until_s = (int32_t)((past->arrived_local_ms - from_ms) / 1000) + past->stay_s,
        .need_wh = past->energy_wh,
        .max_w = (int32_t)(max_w < W_MAX ? max_w : W_MAX),
        .may_suspend = true,
    };
}

/* Whole days, from midnight on the site's clock: as many as are known, up to AHEAD_DAYS. */
static uint32_t days_known(const struct power_site *site, int64_t midnight_ms)
{
    int64_t first_ms = midnight_ms;

    for (uint32_t i = 0; i < site->past_count; i++)
        if (site->past[i].arrived_local_ms < first_ms)
            first_ms = site->past[i].arrived_local_ms;
    int64_t days = (midnight_ms - first_ms + DAY_MS - 1) / DAY_MS;
    days = days < AHEAD_DAYS ? days : AHEAD_DAYS;
    return days < AHEAD_DAYS_MIN ? 0 : (uint32_t)days;
}

bool peak_days_fill(const struct power_site *site, utc_ms now, struct arena *arena,
                    struct peak_days *out)
{
    int64_t offset_ms = zone_offset_ms(site->zone, now), local_ms = now + offset_ms;
    int64_t midnight_ms = local_ms - local_ms % DAY_MS, max_w = mean_max_w(site);
    uint32_t days = days_known(site, midnight_ms), slots = days * QUARTERS_A_DAY;
    int64_t from_ms = midnight_ms - days * DAY_MS;

    *out = (struct peak_days){ .days = days };
    if (days == 0)
        return true;
    out->cars = ARENA_NEW_ARRAY(arena, struct plan_car, site->past_count + 1);
    out->cost = ARENA_NEW_ARRAY(arena, int32_t, slots);
    if (!out->cars || !out->cost)
        return false;
    for (uint32_t i = 0; i < site->past_count; i++) {
        const struct usual_past *past = &site->past[i];
        if (past->arrived_local_ms >= from_ms && past->arrived_local_ms < midnight_ms)
            out->cars[out->car_count++] = past_car(site, past, from_ms, max_w);
    }
    for (uint32_t t = 0; t < slots; t++)
        out->cost[t] = cost_at(site, from_ms - offset_ms + (int64_t)t * QUARTER_MS);
    return true;
}

int64_t peak_days_worth(const struct peak_days *days, const struct plan_input *now, int64_t cost)
{
    struct plan_node root = { .node = now->nodes[0].node };
    const struct plan_input past = { .slot_count = days->days * QUARTERS_A_DAY,
                                     .slot_s = QUARTER_S,
                                     .node_count = 1,
                                     .car_count = days->car_count,
                                     .nodes = &root,
                                     .cars = days->cars,
                                     .cost = days->cost,
                                     .value = now->value };
    struct arena arena;
    int64_t worth_w = 0;

    arena_init(&arena, NULL, 0);
    if (ahead_worth(&past, cost, &arena, &worth_w) != ERR_NONE)
        worth_w = 0;
    arena_reset(&arena);
    return worth_w;
}
