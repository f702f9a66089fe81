#include "watch.h"

#include "base/time.h"

static void put_time(struct buf *buf, const char *key, utc_ms at)
{
    char text[TIME_TEXT_LEN];

    if (at == UTC_UNKNOWN || at == UTC_NEVER)
        return;
    time_format(at, text);
    buf_printf(buf, " %s=%.*s", key, TIME_TEXT_LEN, text);
}

static void put_number(struct buf *buf, const char *key, int64_t value)
{
    if (value != POWER_UNKNOWN && value != -1)
        buf_printf(buf, " %s=%lld", key, (long long)value);
}

static void put_three(struct buf *buf, const char *key, const int32_t value[3])
{
    if (value[0] == POWER_UNKNOWN && value[1] == POWER_UNKNOWN && value[2] == POWER_UNKNOWN)
        return;
    buf_printf(buf, " %s=", key);
    for (int i = 0; i < 3; i++)
        buf_printf(buf, value[i] == POWER_UNKNOWN ? "%s-" : "%s%d", i ? "," : "", (int)value[i]);
}

static void put_meter(struct buf *buf, const struct power_meter *meter)
{
    if (meter->place == POWER_INLET)
        buf_printf(buf, " inlet");
    put_three(buf, "da", meter->current_da);
    put_number(buf, "any_da", meter->current_any_da);
    put_number(buf, "offered_da", meter->offered_da);
    put_three(buf, "dv", meter->volts_dv);
    put_number(buf, "w", meter->power_w);
    put_three(buf, "phase_w", meter->power_phase_w);
    put_number(buf, "offered_w", meter->offered_w);
    put_number(buf, "soc", meter->soc_permille);
    if (meter->doubtful)
        buf_printf(buf, " doubtful");
}

static void put_needs(struct buf *buf, const struct power_needs *needs)
{
    put_number(buf, "wh", needs->energy_wh);
    put_number(buf, "min_da", needs->min_da);
    put_number(buf, "max_da", needs->max_da);
    put_number(buf, "max_w", needs->max_w);
    put_number(buf, "phases", needs->phases);
    put_number(buf, "soc", needs->soc_permille);
    put_number(buf, "full", needs->full_permille);
    put_number(buf, "capacity_wh", needs->capacity_wh);
    put_time(buf, "departs", needs->departs_at);
}

static void put_profile(struct buf *buf, const struct power_event *event)
{
    const struct charging_profile *profile = &event->profile;
    static const char *const layers[CHARGE_LAYER_COUNT] = {
        "max", "default", "tx", "priority", "external", "generation",
    };
    static const char *const kinds[] = { "absolute", "relative", "daily", "weekly", "dynamic" };

    if (event->source[0])
        buf_printf(buf, " source=%s", event->source);
    if (event->is_critical)
        buf_printf(buf, " critical");
    if (event->kind == POWER_PROFILE)
        buf_printf(buf, " request=%d id=%d %s %s stack=%d", (int)event->request_id,
                   (int)profile->id, layers[profile->layer], kinds[profile->kind],
                   (int)profile->stack);
    if (profile->transaction_id.len)
        buf_printf(buf, " tx=%.*s", STR_ARGS(profile->transaction_id));
    put_time(buf, "start", profile->start_at);
    if (profile->duration_s)
        put_number(buf, "s", profile->duration_s);
    for (uint32_t i = 0; i < profile->period_count; i++) {
        const struct charging_period *period = &profile->periods[i];
        buf_printf(buf, " %d:%d%s", (int)period->start_s, (int)period->limit,
                   profile->unit == CHARGE_W ? "W" : "dA");
        if (period->limit_2 != CHARGE_SAME)
            buf_printf(buf, "/%d", (int)period->limit_2);
        if (period->phases)
            buf_printf(buf, "x%d", period->phases);
    }
}

static void put_event(struct buf *buf, const struct power_event *event)
{
    static const char *const kinds[] = {
        [POWER_CONNECTED] = "connected",
        [POWER_BOOTED] = "booted",
        [POWER_GONE] = "gone",
        [POWER_CLOCK] = "clock",
        [POWER_METER] = "meter",
        [POWER_NEEDS] = "needs",
        [POWER_CAR_PLAN] = "car_plan",
        [POWER_LIMIT_SET] = "limit_set",
        [POWER_LIMIT_CLEARED] = "limit_clear",
        [POWER_PROFILE] = "profile",
        [POWER_PROFILES_END] = "profiles_end",
        [POWER_PRIORITY] = "priority",
        [POWER_PULLED] = "pulled",
    };

    buf_printf(buf, "%s evse=%d%s%s", kinds[event->kind], (int)event->evse,
               event->session ? " session" : "", event->delayed ? " delayed" : "");
    put_time(buf, "at", event->at);
    if (event->kind == POWER_METER)
        put_meter(buf, &event->meter);
    else if (event->kind == POWER_NEEDS)
        put_needs(buf, &event->needs);
    else if (event->kind == POWER_PROFILE || event->kind == POWER_LIMIT_SET ||
             event->kind == POWER_CAR_PLAN)
        put_profile(buf, event);
    else if (event->kind == POWER_LIMIT_CLEARED)
        buf_printf(buf, " source=%s", event->source);
    else if (event->kind == POWER_PROFILES_END)
        put_number(buf, "request", event->request_id);
    else if (event->kind == POWER_PRIORITY)
        buf_printf(buf, event->priority ? " on" : " off");
    else if (event->kind == POWER_PULLED)
        buf_printf(buf, " id=%d %ddA", (int)event->profile_id, (int)event->limit.limit);
}

static bool wants(void *context, int64_t station)
{
    (void)context;
    return station != 0;
}

static void tell(void *context, const struct power_event *event)
{
    struct watch *watch = context;
    struct watch_line *line = ARENA_NEW(watch->arena, struct watch_line);
    struct buf buf;

    check(line != NULL);
    buf_init_arena(&buf, watch->arena, 1u << 16);
    put_event(&buf, event);
    line->next = NULL;
    line->text = buf_str(&buf);
    *watch->end = line;
    watch->end = &line->next;
}

static bool covers(void *context, int64_t station, int32_t evse,
                   const struct charging_profile *plan)
{
    (void)context;
    (void)station;
    (void)evse;
    (void)plan;
    return true;
}

static bool dynamic(void *context, int64_t station, int32_t profile_id,
                    struct charging_period *limit, enum charging_unit *unit)
{
    const struct watch *watch = context;

    (void)station;
    *limit = watch->limit;
    *unit = CHARGE_A;
    return profile_id == watch->profile_id;
}

void watch_begin(struct watch *watch, struct engine *engine, struct arena *arena)
{
    const struct ocpp_power_watch port = {
        .context = watch, .wants = wants, .tell = tell, .dynamic = dynamic, .covers = covers
    };

    *watch = (struct watch){ .engine = engine, .arena = arena, .profile_id = -1 };
    watch->end = &watch->first;
    ocpp_watch_power(engine, &port);
}

struct str watch_take(struct watch *watch)
{
    struct watch_line *line = watch->first;

    if (!line)
        return (struct str){ NULL, 0 };
    watch->first = line->next;
    if (!watch->first)
        watch->end = &watch->first;
    return line->text;
}
