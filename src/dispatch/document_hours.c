/* document_hours.c: what a document says at a moment, by the clock of its site. */
#include "dispatch/document.h"

#define MINUTE_MS INT64_C(60000)
enum { DAYS_AHEAD = 8 };

static bool in_force(const struct document_hours *hours, const struct wall *wall)
{
    int32_t minute = (int32_t)(wall->ms / MINUTE_MS);
    int before = (wall->weekday + 6) % 7;

    if (hours->from_min < hours->to_min)
        return (hours->days >> wall->weekday & 1) != 0 && minute >= hours->from_min &&
               minute < hours->to_min;
    return ((hours->days >> wall->weekday & 1) != 0 && minute >= hours->from_min) ||
           ((hours->days >> before & 1) != 0 && minute < hours->to_min);
}

static void lower_da(int32_t *da, int32_t other)
{
    *da = other < *da ? other : *da;
}

static void limits_at(const struct document_node *node, const struct wall *wall,
                      struct tree_node *tree)
{
    int32_t da[LINE_COUNT] = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA };
    int64_t w = TREE_NO_LIMIT_W;

    *tree = node->tree;
    for (uint32_t i = 0; i < node->time_count; i++) {
        const struct document_time *time = &node->times[i];
        if (!in_force(&time->hours, wall))
            continue;
        for (int line = 0; line < LINE_COUNT; line++)
            lower_da(&da[line], time->limit_da[line]);
        w = time->limit_w < w ? time->limit_w : w;
    }
    for (int line = 0; line < LINE_COUNT; line++)
        if (da[line] != TREE_NO_LIMIT_DA && node->tree.limit_da[line] != 0) /* 0: no such line */
            tree->limit_da[line] = da[line];
    if (w != TREE_NO_LIMIT_W)
        tree->limit_w = w;
}

void document_tree(const struct document *document, const struct zone *zone, utc_ms at,
                   struct tree_node *nodes)
{
    struct wall wall = zone_wall(zone, at);

    for (uint32_t i = 0; i < document->node_count; i++)
        limits_at(&document->nodes[i], &wall, &nodes[i]);
}

/* --- what comes next */

struct search {
    const struct zone *zone;
    utc_ms at, next;
    int32_t today;
};

static void consider(struct search *search, int32_t day, int16_t minute)
{
    utc_ms moment = zone_moment(search->zone, day, (int32_t)(minute * MINUTE_MS));

    if (moment > search->at && moment < search->next)
        search->next = moment;
}

/* On which days it holds does not matter: to look once more than needed is no harm. */
static void consider_hours(struct search *search, const struct document_hours *hours)
{
    for (int32_t day = 0; day < 2; day++) {
        consider(search, search->today + day, hours->from_min);
        consider(search, search->today + day, hours->to_min);
    }
}

utc_ms document_next_change(const struct document *document, const struct zone *zone, utc_ms at)
{
    struct search search = { zone, at, UTC_NEVER, zone_wall(zone, at).day };
    bool any = document->price_count != 0;

    for (uint32_t i = 0; i < document->node_count; i++)
        for (uint32_t t = 0; t < document->nodes[i].time_count; t++, any = true)
            consider_hours(&search, &document->nodes[i].times[t].hours);
    for (uint32_t i = 0; i < document->price_count; i++)
        consider_hours(&search, &document->prices[i].hours);
    if (!any)
        return UTC_NEVER;
    if (document->price_count) /* months begin at midnight */
        consider(&search, search.today + 1, 0);
    at = zone_next_change(zone, at);
    return at < search.next ? at : search.next;
}

static const struct document_price *price_of(const struct document *document,
                                             const struct wall *wall)
{
    for (uint32_t i = 0; i < document->price_count; i++) {
        const struct document_price *price = &document->prices[i];
        if ((price->months >> (wall->month - 1) & 1) != 0 && in_force(&price->hours, wall))
            return price;
    }
    return NULL;
}

bool document_price(const struct document *document, const struct zone *zone, utc_ms at,
                    int64_t *price_milli)
{
    struct wall wall = zone_wall(zone, at);
    const struct document_price *price = price_of(document, &wall);

    if (price)
        *price_milli = price->price_milli;
    return price != NULL;
}

/* A gap begins at midnight, or where a price ends. */
static bool gap_at(const struct document *document, struct wall *wall, int minute,
                   struct document_gap *gap)
{
    for (wall->month = 1; wall->month <= 12; wall->month++)
        for (wall->weekday = 0; wall->weekday < 7; wall->weekday++) {
            wall->ms = (int32_t)(minute * MINUTE_MS);
            if (price_of(document, wall))
                continue;
            *gap = (struct document_gap){ wall->month, wall->weekday, minute };
            return true;
        }
    return false;
}

bool document_price_gap(const struct document *document, struct document_gap *gap)
{
    struct wall wall = { 0 };

    if (gap_at(document, &wall, 0, gap))
        return true;
    for (uint32_t i = 0; i < document->price_count; i++)
        if (gap_at(document, &wall, document->prices[i].hours.to_min % 1440, gap))
            return true;
    return false;
}

utc_ms document_ready_at(const struct document_vehicle *vehicle, const struct zone *zone, utc_ms at)
{
    struct wall wall = zone_wall(zone, at);

    for (int32_t day = 0; day < DAYS_AHEAD; day++) {
        int16_t minute = vehicle->ready_min[(wall.weekday + day) % 7];
        utc_ms ready = minute < 0
                           ? UTC_UNKNOWN
                           : zone_moment(zone, wall.day + day, (int32_t)(minute * MINUTE_MS));
        if (ready > at)
            return ready;
    }
    return UTC_NEVER;
}

utc_ms document_departure(const struct document *document, const struct zone *zone, utc_ms at)
{
    struct search search = { zone, at, UTC_NEVER, zone_wall(zone, at).day };

    if (document->departs_min >= 0) {
        consider(&search, search.today, document->departs_min);
        consider(&search, search.today + 1, document->departs_min);
    } else if (document->stay_s > 0) {
        search.next = at + document->stay_s * INT64_C(1000);
    }
    return search.next;
}
