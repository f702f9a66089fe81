/* sources.c: meters of documents that are asked (Modbus), listened to (MQTT), or are stations: what
 * they tell goes the way of dispatch_meter.
 *
 * The threads that ask are meters/; this side empties their rings a few times a second, so that
 * nothing of theirs ever waits for the core, or the core for them. */
#include <stdlib.h>

#include "core/options.h"
#include "dispatch/hears.h"
#include "meters/meters.h"

enum { DRAIN_MS = 200, READINGS_MAX = 64 }; /* a turn of the timer takes so many at most */

/* The same for the same meter of the same site, whatever else changes. */
static int64_t source_id(const struct power_site *site, const struct document_meter *meter)
{
    return (int64_t)(str_hash(meter->id) ^ (uint64_t)site->row * 0x9e3779b97f4a7c15u);
}

static void copy(char to[METER_TEXT_MAX], struct str text)
{
    text_printf(to, METER_TEXT_MAX, "%.*s", STR_ARGS(text));
}

/* Files lie in one directory: a document names no path. */
static void copy_file(const struct dispatch *dispatch, char to[METER_TEXT_MAX], struct str name)
{
    const struct options *options = dispatch->config.options;

    if (name.len && options)
        text_printf(to, METER_TEXT_MAX, "%.*s/%.*s", STR_ARGS(options->energy_credentials),
                    STR_ARGS(name));
}

static void fill(const struct power_site *site, const struct document_meter *meter,
                 struct meter_config *config)
{
    *config = (struct meter_config){
        .id = source_id(site, meter),
        .kind = meter->source == SOURCE_MQTT ? METER_MQTT : METER_MODBUS,
        .port = meter->port,
        .unit = meter->unit_id,
        .period_ms = meter->period_ms > 0 ? (uint32_t)meter->period_ms : 0,
        .negate = meter->negate,
    };
    copy(config->host, meter->host);
    copy(config->map, meter->map);
    copy(config->topic, meter->topic);
    copy(config->login, meter->login);
    copy_file(site->dispatch, config->password_file, meter->password_file);
    copy_file(site->dispatch, config->ca_file, meter->ca_file);
    for (uint32_t i = 0; i < meter->value_count && i < METER_PICKS_MAX; i++) {
        struct meter_pick *pick = &config->picks[config->pick_count++];
        pick->what = (enum meter_what)meter->values[i].what;
        pick->unit = (enum meter_unit)meter->values[i].unit;
        pick->negate = meter->values[i].negate;
        copy(pick->path, meter->values[i].path);
    }
}

static bool is_asked(const struct document_meter *meter)
{
    return meter->source == SOURCE_MODBUS || meter->source == SOURCE_MQTT;
}

/* --- what they tell --------------------------------------------------------------- */

static void take(struct power_site *site, uint32_t at, const struct meters_reading *reading)
{
    const struct document_meter *known = &site->document.meters[at];
    struct dispatch_reading told = { .at = UTC_UNKNOWN };
    int16_t volts = site->document.nodes[known->node].volts;

    copy(site->meters[at].why, reading->works ? STR_NONE : str_of(reading->why));
    if (!reading->works)
        return; /* what it told last counts until it is too old */
    for (uint32_t line = 0; line < LINE_COUNT; line++)
        told.has_da[line] = meter_line_da(&reading->values, line, volts, &told.da[line]);
    told.has_w = meter_power_w(&reading->values, &told.w);
    if (dispatch_meter(site->dispatch->engine, site->row, known->id, &told) != ERR_NONE)
        copy(site->meters[at].why, STR("what it tells is not plausible there: another unit?"));
}

static void take_reading(struct dispatch *dispatch, const struct meters_reading *reading)
{
    for (struct power_site *site = dispatch->sites; site; site = site->next)
        for (uint32_t i = 0; i < site->document.meter_count; i++)
            if (is_asked(&site->document.meters[i]) &&
                source_id(site, &site->document.meters[i]) == reading->id) {
                take(site, i, reading);
                return;
            }
}

static void drain(struct timer *timer, void *context)
{
    struct engine *engine = context;
    struct dispatch *dispatch = dispatch_of(engine);
    struct meters_reading reading;

    timer_set(&engine->timers, timer, engine->mono + DRAIN_MS, drain);
    for (uint32_t i = 0; i < READINGS_MAX && meters_next(dispatch->meters, &reading); i++)
        take_reading(dispatch, &reading);
}

/* --- who is asked --------------------------------------------------------------------- */

/* How many are asked; and notes how many are stations. */
static uint32_t count_sources(struct dispatch *dispatch)
{
    uint32_t asked = 0;

    dispatch->station_meters = 0;
    for (const struct power_site *site = dispatch->sites; site; site = site->next)
        for (uint32_t i = 0; i < site->document.meter_count; i++) {
            const struct document_meter *meter = &site->document.meters[i];
            asked += is_asked(meter);
            dispatch->station_meters += meter->source == SOURCE_STATION;
        }
    return dispatch->config.asks_meters ? asked : 0;
}

static void tell_all(struct dispatch *dispatch, const char *why)
{
    for (struct power_site *site = dispatch->sites; site; site = site->next)
        for (uint32_t i = 0; i < site->document.meter_count; i++)
            if (is_asked(&site->document.meters[i]))
                copy(site->meters[i].why, str_of(why));
}

void sources_follow(struct dispatch *dispatch)
{
    uint32_t count = count_sources(dispatch), at = 0;
    struct meter_config *configs;
    char why[METER_TEXT_MAX + 64];

    if (count == 0 && !dispatch->meters)
        return;
    if (!dispatch->meters)
        dispatch->meters = meters_new();
    configs = calloc(count ? count : 1, sizeof *configs);
    if (!dispatch->meters || !configs) {
        free(configs);
        tell_all(dispatch, "no memory to ask it");
        return;
    }
    for (struct power_site *site = dispatch->sites; site; site = site->next)
        for (uint32_t i = 0; i < site->document.meter_count; i++)
            if (is_asked(&site->document.meters[i]))
                fill(site, &site->document.meters[i], &configs[at++]);
    if (meters_set(dispatch->meters, configs, count, why, sizeof why) != ERR_NONE)
        tell_all(dispatch, why);
    free(configs);
    timer_set(&dispatch->engine->timers, &dispatch->sources_timer,
              dispatch->engine->mono + DRAIN_MS, drain);
}

void sources_free(struct dispatch *dispatch)
{
    timer_clear(&dispatch->engine->timers, &dispatch->sources_timer);
    meters_free(dispatch->meters);
    dispatch->meters = NULL;
}

/* --- stations that are meters ------------------------------------------------------------ */

static bool is_station(const struct power_site *site, const struct document_meter *meter,
                       int64_t station)
{
    const struct station_row *row =
        meter->source == SOURCE_STATION
            ? world_find_name(&site->dispatch->engine->world, ROW_station, meter->station)
            : NULL;

    return row && row->id == station;
}

/* Asked for every message of every station: nearly always there is no such meter at all. */
bool sources_wants(const struct dispatch *dispatch, int64_t station)
{
    if (dispatch->station_meters == 0)
        return false;
    for (const struct power_site *site = dispatch->sites; site; site = site->next)
        for (uint32_t i = 0; i < site->document.meter_count; i++)
            if (is_station(site, &site->document.meters[i], station))
                return true;
    return false;
}

void sources_take(struct dispatch *dispatch, const struct power_event *event)
{
    const struct power_meter *meter = &event->meter;
    struct dispatch_reading told = { .at = UTC_UNKNOWN };

    if (event->kind != POWER_METER || event->delayed || dispatch->station_meters == 0)
        return;
    for (uint32_t line = 0; line < LINE_COUNT; line++) {
        told.has_da[line] = meter->current_da[line] != POWER_UNKNOWN;
        told.da[line] = meter->current_da[line];
    }
    told.has_w = meter->power_w != POWER_UNKNOWN;
    told.w = meter->power_w;
    for (struct power_site *site = dispatch->sites; site; site = site->next)
        for (uint32_t i = 0; i < site->document.meter_count; i++) {
            const struct document_meter *known = &site->document.meters[i];
            if (known->evse == event->evse && is_station(site, known, event->station) &&
                dispatch_meter(dispatch->engine, site->row, known->id, &told) != ERR_NONE)
                copy(site->meters[i].why, STR("what it tells is not plausible there"));
        }
}
