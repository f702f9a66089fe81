#include "api/shapes.h"

#include <stdlib.h>

#include "domain/words.h"
#include "ocpp/ocpp.h"
#include "json/cursor.h"

bool is_moment(utc_ms at)
{
    return at != 0 && at != UTC_UNKNOWN && at != UTC_NEVER;
}

static void key_id_or_null(struct turn *turn, struct json_writer *json, const char *key, int64_t id)
{
    if (id)
        json_key_str(json, key, id_text(turn->arena, id));
    else
        json_key_null(json, key);
}

/* --- stations */

static const struct session_row *open_session(struct turn *turn, int64_t station, int64_t evse,
                                              int64_t connector)
{
    const struct session_row *row = NULL;

    while ((row = world_next_of(turn_world(turn), ROW_session, station, row)))
        if (row->state == SESSION_OPEN && row->evse == evse &&
            (row->connector == connector || row->connector == 0))
            return row;
    return NULL;
}

static void connector_json(struct turn *turn, struct json_writer *json,
                           const struct station_row *station, const struct connector_row *connector)
{
    const struct session_row *session =
        connector->evse ? open_session(turn, station->id, connector->evse, connector->connector)
                        : NULL;

    json_object_begin(json);
    resource_write(turn, json, RESOURCE_connector, connector);
    json_key_bool(json, "fresh",
                  station->connected && connector->received_at >= station->connected_at);
    key_id_or_null(turn, json, "session", session ? session->id : 0);
    if (session)
        json_key_i64(json, "power_w", session->power_w);
    else
        json_key_null(json, "power_w");
    json_object_end(json);
}

static int by_place(const void *a, const void *b)
{
    const struct connector_row *left = *(const struct connector_row *const *)a;
    const struct connector_row *right = *(const struct connector_row *const *)b;

    if (left->evse != right->evse)
        return left->evse < right->evse ? -1 : 1;
    return left->connector < right->connector ? -1 : left->connector > right->connector;
}

enum { CONNECTORS_MAX = 256 }; /* of a station; ocpp/facts/status.c takes fewer */

/* The station's connectors in order; the station as a whole (EVSE 0) comes first. */
static uint32_t sorted_connectors(struct turn *turn, int64_t station,
                                  const struct connector_row **rows)
{
    const struct connector_row *row = NULL;
    uint32_t count = 0;

    while (count < CONNECTORS_MAX &&
           (row = world_next_of(turn_world(turn), ROW_connector, station, row)))
        rows[count++] = row;
    for (uint32_t i = 0; i < count; i++) {
        const struct connector_row *own =
            TURN_FIND(turn, connector, rows[i]->id); /* as this turn left it */
        rows[i] = own ? own : rows[i];
    }
    if (count)
        qsort(rows, count, sizeof *rows, by_place);
    return count;
}

static void evses_json(struct turn *turn, struct json_writer *json,
                       const struct station_row *station)
{
    /* Not in the arena: a page has a thousand stations. */
    const struct connector_row *rows[CONNECTORS_MAX];
    uint32_t count = sorted_connectors(turn, station->id, rows), at = 0;

    json_key(json, "whole");
    if (count && rows[0]->evse == 0)
        connector_json(turn, json, station, rows[at++]);
    else
        json_null(json);
    json_key(json, "evses");
    json_array_begin(json);
    while (at < count) {
        int64_t evse = rows[at]->evse;
        json_object_begin(json);
        json_key_i64(json, "id", evse);
        json_key(json, "connectors");
        json_array_begin(json);
        for (; at < count && rows[at]->evse == evse; at++)
            connector_json(turn, json, station, rows[at]);
        json_array_end(json);
        json_object_end(json);
    }
    json_array_end(json);
}

static int64_t station_power_w(struct turn *turn, int64_t station)
{
    const struct session_row *row = NULL;
    int64_t sum = 0;

    while ((row = world_next_of(turn_world(turn), ROW_session, station, row)))
        sum += row->state == SESSION_OPEN ? row->power_w : 0;
    return sum;
}

void station_json(struct turn *turn, struct json_writer *json, const struct station_row *station)
{
    json_object_begin(json);
    resource_write(turn, json, RESOURCE_station, station);
    json_key_bool(json, "connected", station->connected);
    json_key_bool(json, "has_password",
                  station->password_hash.len || station->password_next_hash.len);
    json_key_bool(json, "password_pending", station->password_next_hash.len != 0);
    json_key_i64(json, "power_w", station_power_w(turn, station->id));
    evses_json(turn, json, station);
    json_key_i64(json, "version", version_after(turn, ROW_station, station));
    json_object_end(json);
}

/* --- sessions */

static void key_register(struct json_writer *json, const char *key, bool known, int64_t mwh)
{
    if (known)
        json_key_decimal(json, key, mwh, 3);
    else
        json_key_null(json, key);
}

void session_json(struct turn *turn, struct json_writer *json, const struct session_row *session)
{
    json_object_begin(json);
    resource_write(turn, json, RESOURCE_session, session);
    json_key_i64(json, "power_w", session->state == SESSION_OPEN ? session->power_w : 0);
    key_register(json, "register_start_wh", session->has_register, session->register_start_mwh);
    key_register(json, "register_last_wh", session->has_register, session->register_last_mwh);
    json_key_i64(json, "version", version_after(turn, ROW_session, session));
    json_object_end(json);
}

void value_json(struct turn *turn, struct json_writer *json, const struct session_row *session,
                struct str station, utc_ms at)
{
    (void)turn;
    json_object_begin(json);
    json_key_time(json, "at", at);
    json_key_str(json, "station", station);
    json_key_i64(json, "evse", session->evse);
    json_key_i64(json, "connector", session->connector);
    json_key(json, "session");
    json_str(json, id_text(turn->arena, session->id));
    json_key_i64(json, "power_w", session->state == SESSION_OPEN ? session->power_w : 0);
    json_key_decimal(json, "energy_wh", session->energy_mwh, 3);
    if (session->soc_permille >= 0)
        json_key_decimal(json, "soc_percent", session->soc_permille, 1);
    else
        json_key_null(json, "soc_percent");
    json_object_end(json);
}

/* As ocpp/say.h puts it into the log; of an earlier version the text alone. */
static void note_json(struct json_writer *json, struct str note)
{
    static const char *const more[] = { "code", "args" };
    struct str value;

    if (note.len == 0 || note.ptr[0] != '{' || json_member(note, STR("text"), &value) != ERR_NONE) {
        json_key_str(json, "note", note);
        return;
    }
    json_key_raw(json, "note", value);
    for (size_t i = 0; i < COUNT(more); i++)
        if (json_member(note, str_of(more[i]), &value) == ERR_NONE)
            json_key_raw(json, more[i], value);
}

void message_json(struct turn *turn, struct json_writer *json, const struct log_entry *entry,
                  struct str place, struct str station)
{
    bool is_frame = entry->kind == LOG_IN || entry->kind == LOG_OUT;

    json_object_begin(json);
    json_key_str(json, "id", place);
    json_key_time(json, "at", entry->at);
    json_key_str(json, "station", station);
    key_id_or_null(turn, json, "session", entry->session);
    json_key(json, "direction");
    if (is_frame)
        json_str(json, entry->kind == LOG_IN ? STR("in") : STR("out"));
    else
        json_null(json);
    json_key_str(json, "kind",
                 !is_frame                   ? STR("note")
                 : entry->flags & LOG_ANSWER ? STR("answer")
                                             : STR("call"));
    json_key_str(json, "action", entry->action);
    json_key_str(json, "message_id", entry->message_id);
    json_key_bool(json, "error", (entry->flags & LOG_ERROR) != 0);
    json_key_bool(json, "flagged", (entry->flags & LOG_FLAGGED) != 0);
    if (is_frame && entry->flags & LOG_ANSWER)
        json_key_i64(json, "took_ms", entry->took_ms);
    else
        json_key_null(json, "took_ms");
    if (is_frame)
        json_key_str(json, "frame", entry->text);
    else
        note_json(json, entry->text);
    json_key_null(json, is_frame ? "note" : "frame");
    json_object_end(json);
}

/* --- the others */

void token_json(struct turn *turn, struct json_writer *json, const struct token_row *token)
{
    json_object_begin(json);
    resource_write(turn, json, RESOURCE_token, token);
    json_key_i64(json, "version", version_after(turn, ROW_token, token));
    json_object_end(json);
}

void site_json(struct turn *turn, struct json_writer *json, const struct site_row *site)
{
    int64_t stations = 0, connected = 0, sessions = 0, power_w = 0;
    const struct station_row *station;
    const struct session_row *session;

    for (uint32_t at = 0; (station = world_next(turn_world(turn), ROW_station, &at));) {
        stations += station->site == site->id;
        connected += station->site == site->id && station->connected;
    }
    for (uint32_t at = 0; (session = world_next(turn_world(turn), ROW_session, &at));) {
        if (session->site != site->id || session->state != SESSION_OPEN)
            continue;
        sessions++;
        power_w += session->power_w;
    }
    json_object_begin(json);
    resource_write(turn, json, RESOURCE_site, site);
    json_key_i64(json, "stations", stations);
    json_key_i64(json, "stations_connected", connected);
    json_key_i64(json, "sessions_open", sessions);
    json_key_i64(json, "power_w", power_w);
    json_key_i64(json, "version", version_after(turn, ROW_site, site));
    json_object_end(json);
}

void person_json(struct turn *turn, struct json_writer *json, const struct person_row *person)
{
    json_object_begin(json);
    resource_write(turn, json, RESOURCE_person, person);
    json_key_bool(json, "has_password", person->password_hash.len != 0);
    json_key_i64(json, "version", version_after(turn, ROW_person, person));
    json_object_end(json);
}

struct station_label station_label(struct turn *turn, int64_t station)
{
    const struct station_row *here = TURN_FIND(turn, station, station);
    const struct gone_row *gone = here ? NULL : TURN_FIND(turn, gone, station);

    return here   ? (struct station_label){ here->identity, here->name }
           : gone ? (struct station_label){ gone->identity, gone->name }
                  : (struct station_label){ STR_NONE, STR_NONE };
}

void review_json(struct turn *turn, struct json_writer *json, const struct review_row *review)
{
    json_object_begin(json);
    resource_write(turn, json, RESOURCE_review, review);
    json_key_i64(json, "version", version_after(turn, ROW_review, review));
    json_object_end(json);
}
