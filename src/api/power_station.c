/* power_station.c: how a station takes limits, those that it has from elsewhere, and the profiles
 * that it says it holds. */
#include "api/calls.h"
#include "api/power.h"
#include "api/shapes.h"
#include "dispatch/behaviour.h"
#include "dispatch/held.h"
#include "dispatch/schedule.h"

request_fn station_behaviour, station_probe;

static void write_limit(struct json_writer *json, enum charging_unit unit, int64_t limit)
{
    if (unit == CHARGE_W) {
        json_key_null(json, "limit_a");
        json_key_i64(json, "limit_w", limit);
    } else {
        json_key_decimal(json, "limit_a", limit, 1);
        json_key_null(json, "limit_w");
    }
}

/* --- limits from outside */

static enum err write_outside_row(struct turn *turn, struct json_writer *json,
                                  const struct outside_row *row)
{
    utc_ms start = row->start_at == UTC_UNKNOWN ? row->at : row->start_at;
    struct charging_period *periods;
    uint32_t count;
    enum err err = schedule_read(row->periods, turn->arena, &periods, &count);

    json_object_begin(json);
    json_key_i64(json, "evse", row->evse);
    json_key_str(json, "source", row->source);
    json_key_bool(json, "critical", row->critical);
    json_key_time(json, "told_at", row->at);
    json_key_time(json, "ends_at",
                  row->duration_s ? start + row->duration_s * INT64_C(1000) : UTC_UNKNOWN);
    json_key(json, "periods");
    json_array_begin(json);
    for (uint32_t i = 0; i < count; i++) {
        json_object_begin(json);
        json_key_time(json, "start_at", start + periods[i].start_s * INT64_C(1000));
        write_limit(json, (enum charging_unit)row->unit, periods[i].limit);
        json_object_end(json);
    }
    json_array_end(json);
    json_object_end(json);
    return err;
}

static enum err write_outside(struct turn *turn, struct json_writer *json, int64_t station)
{
    const struct outside_row *row = NULL;
    enum err err = ERR_NONE;

    json_key(json, "outside_limits");
    json_array_begin(json);
    while (err == ERR_NONE && (row = world_next_of(turn_world(turn), ROW_outside, station, row)))
        err = write_outside_row(turn, json, row);
    json_array_end(json);
    return err;
}

/* --- profiles that it holds */

static const struct str layer_words[CHARGE_LAYER_COUNT] = {
    [CHARGE_STATION_MAX] = STR_INIT("station_max"),
    [CHARGE_DEFAULT] = STR_INIT("default"),
    [CHARGE_TX] = STR_INIT("session"),
    [CHARGE_PRIORITY] = STR_INIT("priority"),
    [CHARGE_EXTERNAL] = STR_INIT("external"),
    [CHARGE_GENERATION] = STR_INIT("generation"),
};

static const struct str held_words[] = {
    [HELD_OURS] = STR_INIT("ours"),       [HELD_LEFT] = STR_INIT("left_over"),
    [HELD_HIGHER] = STR_INIT("higher"),   [HELD_FOREIGN] = STR_INIT("foreign"),
    [HELD_OUTSIDE] = STR_INIT("outside"),
};

static const struct str timing_words[] = {
    [CHARGE_ABSOLUTE] = STR_INIT("absolute"), [CHARGE_RELATIVE] = STR_INIT("relative"),
    [CHARGE_DAILY] = STR_INIT("daily"),       [CHARGE_WEEKLY] = STR_INIT("weekly"),
    [CHARGE_DYNAMIC] = STR_INIT("dynamic"),
};

static void write_held_profile(struct json_writer *json, const struct held_profile *profile)
{
    json_object_begin(json);
    json_key_i64(json, "id", profile->id);
    json_key_str(json, "what", held_words[profile->kind]);
    json_key_str(json, "purpose", layer_words[profile->layer]);
    json_key_str(json, "kind", timing_words[profile->timing]);
    json_key_i64(json, "evse", profile->evse);
    json_key_i64(json, "stack_level", profile->stack);
    json_key_str(json, "source", str_of(profile->source));
    if (profile->limit >= 0) {
        write_limit(json, profile->unit, profile->limit);
    } else {
        json_key_null(json, "limit_a");
        json_key_null(json, "limit_w");
    }
    json_object_end(json);
}

static void write_held(struct json_writer *json, const struct held *held)
{
    bool told = held && held->told_at != UTC_UNKNOWN;

    json_key_time(json, "profiles_at", told ? held->told_at : UTC_UNKNOWN);
    json_key(json, "profiles");
    json_array_begin(json);
    for (uint32_t i = 0; told && i < held->count; i++)
        write_held_profile(json, &held->list[i]);
    json_array_end(json);
}

/* --- answers */

enum err station_behaviour(struct turn *turn, struct request *request)
{
    struct json_writer *json = &request->json;
    const struct station_row *station;
    const struct behaviour_row *row;
    struct behaviour behaviour;
    utc_ms silent_at;
    struct sentence trouble = SENTENCE(turn->arena, "not_asked", "It was not asked yet.", NO_ARGS);
    enum err err = station_of(request, &station);

    if (err != ERR_NONE)
        return err;
    row = TURN_FIND(turn, behaviour, station->id);
    if (row && behaviour_read(row->record, &behaviour) == ERR_NONE)
        trouble = behaviour_trouble(&behaviour, turn->arena);
    silent_at = dispatch_unanswered_since(turn->engine, station->id);
    if (trouble.code && silent_at != UTC_UNKNOWN)
        trouble = unanswered_trouble(turn->arena);
    json_object_begin(json);
    json_key_str(json, "station", station->identity);
    json_key_bool(json, "proven", row && row->proven);
    json_key_time(json, "probed_at", row ? row->at : UTC_UNKNOWN);
    json_key_str(json, "firmware", row ? row->firmware : STR_NONE);
    json_key(json, "trouble");
    if (trouble.code)
        json_str(json, trouble.text);
    else
        json_null(json);
    json_key(json, "trouble_code");
    if (trouble.code)
        json_str(json, str_of(trouble.code));
    else
        json_null(json);
    json_key_time(json, "unanswered_since", silent_at);
    json_key_raw(json, "record", row ? row->record : STR_NONE);
    err = write_outside(turn, json, station->id);
    write_held(json, dispatch_held(turn->engine, station->id));
    json_object_end(json);
    return err;
}

enum err station_probe(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    enum err err = station_of(request, &station);

    if (err != ERR_NONE)
        return err;
    err = dispatch_probe(turn->engine, station->id);
    if (err == ERR_NOT_FOUND)
        return PROBLEM(request, ERR_NOT_NOW, STR_NONE, "probe_unshared",
                       "{station} stands in no site's power document: there is nothing to prove.",
                       ARGS(ARG_STR("station", station->identity)));
    if (err == ERR_NOT_CONNECTED)
        return call_not_connected(request, station);
    if (err == ERR_NOT_NOW)
        return PROBLEM(request, err, STR_NONE, "probe_under_way",
                       "A probe of {station} is under way.",
                       ARGS(ARG_STR("station", station->identity)));
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "station.probe",
               arena_printf(turn->arena, "station:%.*s", STR_ARGS(station->identity)), STR_NONE,
               STR_NONE);
    request->status = 202;
    json_object_begin(&request->json);
    json_key_str(&request->json, "station", station->identity);
    json_object_end(&request->json);
    return ERR_NONE;
}
