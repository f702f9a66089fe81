/* stations.c: the stations and what people decide about them. */
#include "api/stations.h"
#include "api/shapes.h"
#include "api/state.h"
#include "api/station_secret.h"
#include "domain/session.h"
#include "domain/words.h"
#include "ocpp/ocpp.h"

request_fn stations_list, station_create, station_get, station_update, station_delete,
    connector_update, station_variables;

enum err station_of(struct request *request, const struct station_row **station)
{
    struct turn *turn = request->turn;
    *station = TURN_FIND_NAME(turn, station, request->args[0]);
    if (!*station)
        return problem_set(request, ERR_NOT_FOUND, "There is no station %.*s.",
                           STR_ARGS(str_first(request->args[0], 100)));
    return ERR_NONE;
}

static struct str target_of(struct turn *turn, const struct station_row *station)
{
    return arena_printf(turn->arena, "station:%.*s", STR_ARGS(station->identity));
}

static enum err answer(struct turn *turn, struct request *request,
                       const struct station_row *station)
{
    station_json(turn, &request->json, station);
    answer_version(request, version_after(turn, ROW_station, station));
    return ERR_NONE;
}

/* --- list */

struct list_filter {
    bool has_site, has_connected, connected;
    int64_t site, status; /* status -1: any */
    const struct str *text;
};

static bool has_status(struct turn *turn, int64_t station, int64_t status)
{
    const struct connector_row *row = NULL;

    while ((row = world_next_of(turn_world(turn), ROW_connector, station, row)))
        if (row->status == status)
            return true;
    return false;
}

static bool has_text(struct turn *turn, const struct station_row *station, struct str text)
{
    const struct str places[] = { station->identity, station->name,   station->vendor,
                                  station->model,    station->serial, station->note };
    const struct connector_row *row = NULL;

    for (size_t i = 0; i < COUNT(places); i++)
        if (str_contains_nocase(places[i], text))
            return true;
    while ((row = world_next_of(turn_world(turn), ROW_connector, station->id, row)))
        if (str_contains_nocase(row->printed_id, text))
            return true;
    return false;
}

static bool fits(struct turn *turn, const struct request *request, const void *row,
                 const void *filter)
{
    const struct station_row *station = row;
    const struct list_filter *want = filter;

    (void)request;
    return (!want->has_site || station->site == want->site) &&
           (!want->has_connected || station->connected == want->connected) &&
           (want->status < 0 || has_status(turn, station->id, want->status)) &&
           (!want->text || has_text(turn, station, *want->text));
}

static void write_station(struct turn *turn, struct request *request, const void *row)
{
    station_json(turn, &request->json, row);
}

enum err stations_list(struct turn *turn, struct request *request)
{
    struct list_filter filter = { .status = -1, .text = query_find(request, "q") };
    const struct str *site = query_find(request, "site");
    enum err err = query_bool(request, "connected", &filter.connected);

    (void)turn;
    if (err == ERR_NONE)
        err = query_word(request, "status", connector_status_words, STATUS_COUNT, &filter.status);
    if (err != ERR_NONE)
        return err;
    filter.has_connected = query_find(request, "connected") != NULL;
    filter.has_site = site != NULL;
    filter.site = site && site->len ? id_parse(*site) : 0;
    if (site && site->len && !filter.site)
        return problem_field(request, ERR_BAD_VALUE, STR("site"), "It is a site's id.");
    return page_of_memory(request, &(struct page_source){ .kind = ROW_station,
                                                          .fits = fits,
                                                          .filter = &filter,
                                                          .write = write_station });
}

enum err station_get(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    enum err err = station_of(request, &station);

    return err == ERR_NONE ? answer(turn, request, station) : err;
}

/* --- made and changed */

struct station_row *station_make(struct turn *turn, struct str identity)
{
    struct station_row *station = TURN_NEW(turn, station);

    station->tenant = 1;
    station->identity = identity;
    station->created_at = turn->now;
    station->registration = REGISTRATION_ACCEPTED;
    station->security_profile = 1;
    station->booted_at = station->connected_at = station->last_seen_at = station->asked_at =
        UTC_UNKNOWN;
    return station;
}

/* Password and security profile belong together: profile 0 asks for none, the others need one. */
static enum err settle_password(struct turn *turn, struct request *request,
                                struct station_row *station, bool given, struct str password)
{
    struct secret *made = &request->made;
    enum err err;

    made->len = 0;
    if (given) {
        err = station_check_password(request, station, password);
        if (err != ERR_NONE)
            return err;
        station_set_password(turn, request, station, password);
    } else if (station->security_profile == 0) {
        station_drop_password(station);
    } else if (station->password_hash.len == 0 && station->security_profile < 3) {
        secret_make(made, STATION_PASSWORD_MADE);
        station_set_password(turn, request, station, secret_str(made));
    }
    return ERR_NONE;
}

static enum err read_station(struct turn *turn, struct request *request, const struct body *body,
                             struct station_row *station)
{
    bool given = body_find(body, "password") != NULL;
    struct str password = STR_NONE;
    enum err err = resource_read(request, RESOURCE_station, body, "password", station);

    if (err == ERR_NONE)
        err = body_text(request, body, "password", (struct range){ 0, SECRET_TEXT_MAX }, &password);
    if (err != ERR_NONE)
        return err;
    if (given && station->security_profile == 0) {
        if (body_find(body, "security_profile"))
            return problem_field(request, ERR_BAD_VALUE, STR("password"),
                                 "Security profile 0 asks for no password.");
        station->security_profile = 1; /* whoever gives it one wants it to be asked for */
    }
    return settle_password(turn, request, station, given, password);
}

/* The answer with the password that was made, this once. */
static enum err answer_made(struct turn *turn, struct request *request,
                            const struct station_row *station)
{
    struct secret *made = &request->made;
    struct buf plain;
    struct json_writer json;

    if (made->len == 0)
        return answer(turn, request, station);
    buf_init_arena(&plain, turn->arena, ANSWER_BYTES_MAX);
    json = json_writer(&plain);
    station_json(turn, &json, station);
    /* The object goes on where it would have ended. */
    buf_put(&request->out, str_first(buf_str(&plain), plain.len ? plain.len - 1 : 0));
    buf_printf(&request->out, ",\"password\":\"%s\"}", made->text);
    request->holds_secret = true;
    secret_wipe(made);
    answer_version(request, version_after(turn, ROW_station, station));
    return ERR_NONE;
}

enum err station_create(struct turn *turn, struct request *request)
{
    struct station_row *station = station_make(turn, STR_NONE);
    struct body body;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE && !body_find(&body, "id"))
        err = problem_field(request, ERR_BAD_OCCURRENCE, STR("id"), "A station needs an id.");
    if (err == ERR_NONE)
        err = read_station(turn, request, &body, station);
    if (err != ERR_NONE)
        return err;
    if (!ocpp_identity_valid(station->identity))
        return problem_field(request, ERR_BAD_VALUE, STR("id"),
                             "It has 1 to 48 letters, digits or *-_=+|@. characters.");
    if (world_find_name(turn_world(turn), ROW_station, station->identity))
        return problem_field(request, ERR_EXISTS, STR("id"), "Station %.*s exists already.",
                             STR_ARGS(station->identity));
    station->asked_at = turn->now; /* whoever adds it by hand is not surprised by calls of ours */
    inbox_leave_after(turn, station->identity);
    turn_audit(turn, "station.create", target_of(turn, station), STR_NONE,
               resource_settings(turn, RESOURCE_station, station));
    turn_event(turn, "station.changed", station->id, 0);
    request->status = 201;
    request->location = arena_printf(turn->arena, "/api/v1/stations/%.*s",
                                     STR_ARGS(url_text(turn->arena, station->identity)));
    return answer_made(turn, request, station);
}

void station_end_old_connection(struct turn *turn, const struct station_row *before,
                                const struct station_row *after, bool password_given)
{
    bool rejected = after->registration == REGISTRATION_REJECTED &&
                    before->registration != REGISTRATION_REJECTED;
    bool raised = after->security_profile > before->security_profile;

    if (rejected || password_given || raised)
        station_disconnect_after(turn, after->id);
}

enum err station_update(struct turn *turn, struct request *request)
{
    const struct station_row *before;
    struct station_row *station;
    struct change change;
    enum err err = station_of(request, &before);

    if (err == ERR_NONE)
        err = change_begin(request, RESOURCE_station, before, before->version, &change);
    if (err != ERR_NONE)
        return err;
    station = TURN_EDIT(turn, station, before);
    err = read_station(turn, request, &change.body, station);
    if (err != ERR_NONE)
        return err;
    if (station->frame_bytes_max != before->frame_bytes_max)
        station->oversize_count = 0;
    station_end_old_connection(turn, before, station, body_find(&change.body, "password") != NULL);
    turn_audit(turn, "station.update", target_of(turn, station), change.old,
               resource_settings(turn, RESOURCE_station, station));
    turn_event(turn, "station.changed", station->id, 0);
    return answer_made(turn, request, station);
}

static void delete_rows_of(struct turn *turn, enum row_kind kind, int64_t station)
{
    const void *row = NULL;

    while ((row = world_next_of(turn_world(turn), kind, station, row)))
        turn_delete(turn, kind, row);
}

/* Nothing more will be heard of what charges there: it ends with what is known, and says why. */
static void end_sessions_of(struct turn *turn, int64_t station)
{
    const struct session_row *row = NULL;

    while ((row = world_next_of(turn_world(turn), ROW_session, station, row))) {
        struct session_row *session;
        if (row->state != SESSION_OPEN)
            continue;
        session = TURN_EDIT(turn, session, row);
        session_end_at_last(session, SESSION_ENDED, session->seen_at);
        session->close_reason = STR("The station was deleted.");
        session->closed_by = turn->actor.name;
        turn_event(turn, "session.ended", station, session->id);
    }
}

enum err station_delete(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    struct gone_row *gone;
    struct buf body;
    struct json_writer json;
    enum err err = station_of(request, &station);

    if (err == ERR_NONE)
        err = match_version(request, station->version);
    if (err != ERR_NONE)
        return err;
    buf_init_arena(&body, turn->arena, 1u << 20);
    json = json_writer(&body);
    station_json(turn, &json, station);
    turn_event_body(turn, "station.deleted", station->id, 0, buf_str(&body));
    turn_audit(turn, "station.delete", target_of(turn, station),
               resource_settings(turn, RESOURCE_station, station), STR_NONE);
    station_disconnect_after(turn, station->id);
    gone = TURN_NEW(turn, gone);
    gone->id = station->id;
    gone->identity = station->identity;
    gone->name = station->name;
    gone->deleted_at = turn->now;
    end_sessions_of(turn, station->id);
    delete_rows_of(turn, ROW_connector, station->id); /* sessions stay */
    delete_rows_of(turn, ROW_outside, station->id);
    turn_delete(turn, ROW_station, station);
    return answer_nothing(request);
}

enum err connector_update(struct turn *turn, struct request *request)
{
    const struct connector_row *before;
    const struct station_row *station;
    struct connector_row *connector;
    struct str old;
    struct body body;
    int64_t evse = 0, number = 0;
    enum err err = station_of(request, &station);

    if (err == ERR_NONE)
        err = body_of(request, &body);
    if (err != ERR_NONE)
        return err;
    before = str_to_i64(request->args[1], &evse) && str_to_i64(request->args[2], &number)
                 ? turn_find_connector(turn, station->id, evse, number)
                 : NULL;
    if (!before)
        return problem_set(request, ERR_NOT_FOUND, "The station has reported no such connector.");
    old = resource_settings(turn, RESOURCE_connector, before);
    connector = TURN_EDIT(turn, connector, before);
    err = resource_read(request, RESOURCE_connector, &body, "", connector);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "connector.update",
               arena_printf(turn->arena, "station:%.*s/%lld/%lld", STR_ARGS(station->identity),
                            (long long)evse, (long long)number),
               old, resource_settings(turn, RESOURCE_connector, connector));
    turn_event(turn, "station.changed", station->id, 0);
    return answer(turn, request, station);
}

/* --- configuration as it was told */

enum err station_variables(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    struct store_rows rows;
    enum err err = station_of(request, &station);
    struct store_filter of_station = { .column = "station", .test = STORE_EQ };
    const struct store_query query = {
        .kind = ROW_variable, .filters = &of_station, .filter_count = 1, .limit = STORE_LIMIT_MAX
    };

    if (err != ERR_NONE)
        return err;
    of_station.number = station->id;
    err = turn_query(turn, &query, &rows);
    if (err != ERR_NONE)
        return err;
    variables_sort(&rows);
    page_begin(request);
    for (uint32_t i = 0; i < rows.count; i++) {
        json_object_begin(&request->json);
        resource_write(turn, &request->json, RESOURCE_variable, rows.rows[i]);
        json_object_end(&request->json);
    }
    page_end(request, 0);
    return ERR_NONE;
}
