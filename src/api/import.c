/* import.c: stations and tokens from CSV: all or nothing, and a dry run first. */
#include "api/import.h"
#include "api/shapes.h"
#include "api/station_secret.h"
#include "api/stations.h"
#include "domain/words.h"
#include "ocpp/ocpp.h"

request_fn stations_import, tokens_import;

static void answer(struct import *import)
{
    struct json_writer *json = &import->request->json;

    json_array_end(&import->errors_json);
    json_object_end(&import->passwords_json);
    json_object_begin(json);
    json_key_bool(json, "dry_run", import->dry_run);
    json_key_i64(json, "created", import->created);
    json_key_i64(json, "updated", import->updated);
    json_key_i64(json, "unchanged", import->unchanged);
    json_key_raw(json, "errors", buf_str(&import->errors_out));
    if (!import->dry_run && !import->errors && import->passwords_out.len > 2) {
        json_key_raw(json, "passwords", buf_str(&import->passwords_out));
        import->request->holds_secret = true;
    }
    json_object_end(json);
}

static enum err at_once(struct import *import, const struct import_kind *kind)
{
    enum err err = import_open(import, kind, import->turn->arena);

    while (err == ERR_NONE)
        err = import_some(import, kind, IMPORT_STEP_LINES);
    if (err == ERR_NOT_FOUND && (import->dry_run || import->errors))
        turn_forget(import->turn); /* nothing is changed */
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

static enum err run_import(struct turn *turn, struct request *request,
                           const struct import_kind *kind)
{
    struct import *import = ARENA_NEW(turn->arena, struct import);
    bool dry_run = false;
    enum err err = query_bool(request, "dry_run", &dry_run);

    if (err != ERR_NONE || !import)
        return import ? err : ERR_FULL;
    *import = (struct import){ .turn = turn, .request = request, .dry_run = dry_run };
    if (import_line_ends(request->body, IMPORT_STEP_LINES + 1) <= IMPORT_STEP_LINES)
        err = at_once(import, kind);
    else
        err = import_in_steps(request, kind, dry_run, &import);
    if (err != ERR_NONE)
        return err;
    if (!import->dry_run && !import->errors)
        turn_audit(turn, kind->audit_import, STR("csv"), STR_NONE,
                   arena_printf(turn->arena, "{\"created\":%lld,\"updated\":%lld}",
                                (long long)import->created, (long long)import->updated));
    answer(import);
    return ERR_NONE;
}

/* --- tokens */

static void *make_token(struct import *import, struct str id)
{
    struct token_row *token;

    if (id.len > 255) {
        (void)problem_field(import->request, ERR_BAD_VALUE, STR("id"),
                            "It has at most 255 characters.");
        return NULL;
    }
    token = TURN_NEW(import->turn, token);
    token->tenant = 1;
    token->uid = id;
    token->created_at = import->turn->now;
    token->expires_at = token->used_at = UTC_UNKNOWN;
    return token;
}

enum err tokens_import(struct turn *turn, struct request *request)
{
    static const struct import_kind kind = { .resource = RESOURCE_token,
                                             .row_kind = ROW_token,
                                             .word = "token",
                                             .audit_import = "token.import",
                                             .audit_create = "token.create",
                                             .audit_update = "token.update",
                                             .any_case = true,
                                             .make = make_token };

    return run_import(turn, request, &kind);
}

/* --- stations */

static void *make_station(struct import *import, struct str id)
{
    struct station_row *station;

    if (!ocpp_identity_valid(id)) {
        (void)problem_field(import->request, ERR_BAD_VALUE, STR("id"),
                            "It has 1 to 48 letters, digits or *-_=+|@. characters.");
        return NULL;
    }
    station = station_make(import->turn, id);
    station->asked_at = import->turn->now;
    return station;
}

static enum err station_column(struct import *import, void *row, struct str name, struct str value)
{
    struct station_row *station = row;
    enum err err;

    if (!str_equal(name, STR("password")))
        return ERR_UNKNOWN_FIELD;
    if (value.len == 0)
        return ERR_NONE;
    import->own_given = true;
    err = station_check_password(import->request, station, value);
    if (err == ERR_NONE)
        station_set_password(import->turn, import->request, station, value);
    return err;
}

static enum err finish_station(struct import *import, void *row)
{
    struct station_row *station = row;
    struct secret made;

    if (station->security_profile == 0 && import->own_given)
        return problem_field(import->request, ERR_BAD_VALUE, STR("password"),
                             "Security profile 0 asks for no password.");
    if (station->security_profile == 0)
        station_drop_password(station);
    if (station->security_profile == 0 || station->security_profile == 3 ||
        station->password_hash.len)
        return ERR_NONE;
    secret_make(&made, STATION_PASSWORD_MADE);
    station_set_password(import->turn, import->request, station, secret_str(&made));
    json_key_of(&import->passwords_json, station->identity);
    json_str(&import->passwords_json, secret_str(&made));
    secret_wipe(&made);
    return ERR_NONE;
}

static void station_changed(struct import *import, const void *before, const void *row)
{
    const struct station_row *station = row;

    if (before)
        station_end_old_connection(import->turn, before, station, import->own_given);
    else
        inbox_leave_after(import->turn, station->identity);
    turn_event(import->turn, "station.changed", station->id, 0);
}

enum err stations_import(struct turn *turn, struct request *request)
{
    static const struct import_kind kind = { .resource = RESOURCE_station,
                                             .row_kind = ROW_station,
                                             .word = "station",
                                             .audit_import = "station.import",
                                             .audit_create = "station.create",
                                             .audit_update = "station.update",
                                             .own = STR_INIT("password"),
                                             .make = make_station,
                                             .column = station_column,
                                             .finish = finish_station,
                                             .changed = station_changed };

    return run_import(turn, request, &kind);
}
