/* inbox.c: stations that nobody knows yet, and taking them in. */
#include "api/shapes.h"
#include "api/state.h"
#include "api/stations.h"
#include "domain/words.h"
#include "ocpp/ocpp.h"

request_fn inbox_list, inbox_forget, inbox_adopt;

/* Under onboarding.open a stranger is a station already, one that waits. */
static const struct station_row *pending_station(struct turn *turn, struct str identity)
{
    const struct station_row *station = TURN_FIND_NAME(turn, station, identity);

    return station && station->registration == REGISTRATION_PENDING ? station : NULL;
}

static void entry_json(struct turn *turn, struct json_writer *json, const struct inbox_entry *entry)
{
    const struct station_row *station = pending_station(turn, str_of(entry->identity));
    struct str rest = str_of(entry->subprotocols), part;

    json_object_begin(json);
    json_key_str(json, "identity", str_of(entry->identity));
    json_key_time(json, "first_at", entry->first_at);
    json_key_time(json, "last_at", entry->last_at);
    json_key_i64(json, "attempts", entry->attempts);
    json_key_str(json, "peer", str_of(entry->peer));
    json_key(json, "protocols");
    json_array_begin(json);
    while (rest.len && str_cut(&rest, ',', &part))
        json_str(json, str_trim(part));
    json_array_end(json);
    json_key_bool(json, "has_password", entry->has_password);
    json_key_bool(json, "tls", entry->tls);
    json_key_bool(json, "connected", station && station->connected);
    json_key_str(json, "vendor", station ? station->vendor : STR_NONE);
    json_key_str(json, "model", station ? station->model : STR_NONE);
    json_key_str(json, "serial", station ? station->serial : STR_NONE);
    json_object_end(json);
}

/* Who is known and accepted, or refused on purpose, is no stranger, whatever it tried before. */
static bool is_stranger(struct turn *turn, const struct inbox_entry *entry)
{
    const struct station_row *station = TURN_FIND_NAME(turn, station, str_of(entry->identity));

    return !station || station->registration == REGISTRATION_PENDING;
}

enum err inbox_list(struct turn *turn, struct request *request)
{
    const struct inbox_entry *entry;
    int64_t limit = 1000, count = 0;
    enum err err = query_i64(request, "limit", (struct range){ 1, 1000 }, &limit);

    if (err != ERR_NONE)
        return err;
    page_begin(request);
    for (uint32_t at = 0; count < limit && (entry = ocpp_inbox(turn->engine, at)); at++) {
        if (!is_stranger(turn, entry))
            continue;
        entry_json(turn, &request->json, entry);
        count++;
    }
    page_end(request, 0);
    return ERR_NONE;
}

static enum err entry_of(struct turn *turn, struct request *request,
                         const struct inbox_entry **entry)
{
    *entry = ocpp_inbox_find(turn->engine, request->args[0]);
    if (*entry && is_stranger(turn, *entry))
        return ERR_NONE;
    return problem_set(request, ERR_NOT_FOUND, "No unknown station %.*s has tried to connect.",
                       STR_ARGS(str_first(request->args[0], 100)));
}

enum err inbox_forget(struct turn *turn, struct request *request)
{
    const struct inbox_entry *entry;
    enum err err = entry_of(turn, request, &entry);

    if (err != ERR_NONE)
        return err;
    inbox_leave_after(turn, request->args[0]);
    return answer_nothing(request);
}

/* Trust on first use: what it showed last is its password from now on. */
static void take_password(struct turn *turn, struct station_row *station,
                          const struct inbox_entry *entry)
{
    station->security_profile = entry->has_password ? (entry->tls ? 2 : 1) : 0;
    if (!entry->has_password)
        return;
    station->password_salt =
        arena_copy(turn->arena,
                   (struct str){ (const char *)entry->password_salt, sizeof entry->password_salt });
    station->password_hash =
        arena_copy(turn->arena,
                   (struct str){ (const char *)entry->password_hash, sizeof entry->password_hash });
}

enum err inbox_adopt(struct turn *turn, struct request *request)
{
    const struct inbox_entry *entry;
    const struct station_row *pending;
    struct station_row *station;
    struct body body;
    enum err err = entry_of(turn, request, &entry);

    if (err == ERR_NONE)
        err = body_of(request, &body);
    if (err == ERR_NONE)
        err = body_only(request, &body, "name site");
    if (err != ERR_NONE)
        return err;
    pending = pending_station(turn, request->args[0]);
    station = pending ? TURN_EDIT(turn, station, pending) : station_make(turn, request->args[0]);
    station->registration = REGISTRATION_ACCEPTED;
    take_password(turn, station, entry);
    err = resource_read(request, RESOURCE_station, &body, "", station);
    if (err != ERR_NONE)
        return err;
    if (pending)
        ocpp_ask_boot(turn, station->id);
    inbox_leave_after(turn, station->identity);
    turn_audit(turn, "station.adopt",
               arena_printf(turn->arena, "station:%.*s", STR_ARGS(station->identity)), STR_NONE,
               resource_settings(turn, RESOURCE_station, station));
    turn_event(turn, "station.changed", station->id, 0);
    turn_event_body(turn, "inbox.changed", station->id, 0, STR("{}"));
    station_json(turn, &request->json, station);
    request->status = 201;
    request->location = arena_printf(turn->arena, "/api/v1/stations/%.*s",
                                     STR_ARGS(url_text(turn->arena, station->identity)));
    return ERR_NONE;
}
