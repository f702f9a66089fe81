#include "base/zone.h"

#include "base/time.h"
#include "base/zone_table.h"

#define DAY_MS INT64_C(86400000)

const struct zone *zone_find(struct str name)
{
    uint32_t low = 0, high = zone_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = str_compare(name, zones[middle].name);
        if (order == 0)
            return &zones[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static int64_t day_of(int64_t ms)
{
    return ms >= 0 ? ms / DAY_MS : -((DAY_MS - 1 - ms) / DAY_MS);
}

/* 1970-01-01 was a Thursday. */
static int weekday_of(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7);
}

/* The moment of the change in a year, from the clock that it ends. */
static utc_ms change_in(const struct zone_change *change, int year, int32_t offset_ms)
{
    int64_t first = time_days(year, change->month, 1);
    int64_t next =
        change->month == 12 ? time_days(year + 1, 1, 1) : time_days(year, change->month + 1, 1);
    int64_t day =
        first + (change->weekday - weekday_of(first) + 7) % 7 + INT64_C(7) * (change->week - 1);

    while (day >= next)
        day -= 7;
    return day * DAY_MS + change->ms - offset_ms;
}

static int year_of(const struct zone *zone, utc_ms at)
{
    int year, month, day;

    time_date(day_of(at + zone->standard_ms), &year, &month, &day);
    return year;
}

int32_t zone_offset_ms(const struct zone *zone, utc_ms at)
{
    utc_ms summer, standard;
    int year;

    if (zone->to_summer.month == 0)
        return zone->standard_ms;
    year = year_of(zone, at);
    summer = change_in(&zone->to_summer, year, zone->standard_ms);
    standard = change_in(&zone->to_standard, year, zone->summer_ms);
    if (summer < standard)
        return at >= summer && at < standard ? zone->summer_ms : zone->standard_ms;
    return at >= standard && at < summer ? zone->standard_ms : zone->summer_ms;
}

utc_ms zone_next_change(const struct zone *zone, utc_ms at)
{
    utc_ms next = UTC_NEVER;
    int year;

    if (zone->to_summer.month == 0)
        return next;
    year = year_of(zone, at);
    for (int y = year; y <= year + 1; y++) {
        utc_ms summer = change_in(&zone->to_summer, y, zone->standard_ms);
        utc_ms standard = change_in(&zone->to_standard, y, zone->summer_ms);
        if (summer > at && summer < next)
            next = summer;
        if (standard > at && standard < next)
            next = standard;
    }
    return next;
}

struct wall zone_wall(const struct zone *zone, utc_ms at)
{
    int64_t local = at + zone_offset_ms(zone, at);
    int64_t days = day_of(local);
    int year, month, day;

    time_date(days, &year, &month, &day);
    return (struct wall){ .day = (int32_t)days,
                          .ms = (int32_t)(local - days * DAY_MS),
                          .weekday = (uint8_t)weekday_of(days),
                          .month = (uint8_t)month };
}

utc_ms zone_moment(const struct zone *zone, int32_t day, int32_t ms)
{
    int64_t local = day * DAY_MS + ms;
    int32_t east = zone->summer_ms > zone->standard_ms ? zone->summer_ms : zone->standard_ms;
    int32_t west = zone->summer_ms + zone->standard_ms - east;

    if (zone_offset_ms(zone, local - east) == east)
        return local - east;
    return local - west;
}
