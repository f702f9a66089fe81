#include "dispatch/schedule.h"

#include "json/cursor.h"
#include "json/writer.h"

enum { START, LIMIT, PHASES, NUMBERS };

enum err schedule_write(const struct charging_profile *profile, schedule_limit_fn *limit_of,
                        struct arena *arena, struct str *periods, int64_t *duration_s)
{
    uint32_t count = profile->period_count;
    struct json_writer json;
    struct buf buf;

    *duration_s = profile->duration_s;
    if (count > SCHEDULE_PERIODS_MAX) {
        count = SCHEDULE_PERIODS_MAX;
        if (*duration_s == 0 || profile->periods[count].start_s < *duration_s)
            *duration_s = profile->periods[count].start_s;
    }
    buf_init_arena(&buf, arena, 1u << 16);
    json = json_writer(&buf);
    json_array_begin(&json);
    for (uint32_t i = 0; i < count; i++) {
        json_array_begin(&json);
        json_i64(&json, profile->periods[i].start_s);
        json_i64(&json, limit_of(&profile->periods[i], profile->unit));
        if (profile->periods[i].phases)
            json_i64(&json, profile->periods[i].phases);
        json_array_end(&json);
    }
    json_array_end(&json);
    *periods = buf_str(&buf);
    return buf.overflow ? ERR_FULL : ERR_NONE;
}

static bool read_period(struct str text, struct charging_period *period)
{
    int64_t numbers[NUMBERS] = { 0 };
    struct json_items items;
    uint32_t count = 0;
    struct str item;

    if (!json_items_open(&items, text))
        return false;
    while (count < NUMBERS && json_items_next(&items, &item) == ERR_NONE && item.ptr)
        if (!json_value_i64(item, &numbers[count++]))
            return false;
    *period = (struct charging_period){ .start_s = (int32_t)numbers[START],
                                        .limit = (int32_t)numbers[LIMIT],
                                        .limit_2 = CHARGE_SAME,
                                        .limit_3 = CHARGE_SAME,
                                        .phases = (uint8_t)numbers[PHASES] };
    return count > LIMIT;
}

enum err schedule_read(struct str periods, struct arena *arena, struct charging_period **list,
                       uint32_t *count)
{
    struct json_items items;
    struct str item;

    *count = 0;
    *list = ARENA_NEW_ARRAY(arena, struct charging_period, SCHEDULE_PERIODS_MAX);
    if (!*list)
        return ERR_FULL;
    if (!json_items_open(&items, periods))
        return ERR_NONE;
    while (*count < SCHEDULE_PERIODS_MAX && json_items_next(&items, &item) == ERR_NONE &&
           item.ptr && read_period(item, &(*list)[*count]))
        ++*count;
    return ERR_NONE;
}
