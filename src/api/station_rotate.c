/* station_rotate.c: a new password, on the station itself. */
#include "access/key_file.h"
#include "access/station_password.h"
#include "api/calls.h"
#include "api/state.h"
#include "api/station_secret.h"
#include "domain/words.h"

request_fn station_password;

static void write_key(struct json_writer *json, struct str password)
{
    struct secret hex;

    station_password_hex(password, &hex);
    json_object_begin(json);
    json_key_str(json, "key", STR("AuthorizationKey"));
    json_key_str(json, "value", secret_str(&hex));
    json_object_end(json);
    secret_wipe(&hex);
}

static void write_variable(struct json_writer *json, struct str password)
{
    json_object_begin(json);
    json_key(json, "setVariableData");
    json_array_begin(json);
    json_object_begin(json);
    json_key_raw(json, "component", STR("{\"name\":\"SecurityCtrlr\"}"));
    json_key_raw(json, "variable", STR("{\"name\":\"BasicAuthPassword\"}"));
    json_key_str(json, "attributeValue", password);
    json_object_end(json);
    json_array_end(json);
    json_object_end(json);
}

static struct str password_payload(struct turn *turn, enum protocol protocol, struct str password)
{
    struct json_writer json;
    struct buf buf;

    buf_init_arena(&buf, turn->arena, 4096);
    json = json_writer(&buf);
    if (protocol == PROTOCOL_16)
        write_key(&json, password);
    else
        write_variable(&json, password);
    return buf_str(&buf);
}

/* The password that the request gives, or a new one. It must suit what the station speaks now. */
static enum err read_password(struct request *request, enum protocol protocol, struct str *password)
{
    const char *flaw = NULL;
    struct body body;
    enum err err = body_of(request, &body);

    *password = STR_NONE;
    if (err == ERR_NONE)
        err = body_only(request, &body, "password");
    if (err == ERR_NONE)
        err = body_text(request, &body, "password", (struct range){ 0, SECRET_TEXT_MAX }, password);
    if (err == ERR_NONE && body_find(&body, "password"))
        flaw = station_password_flaw(*password, protocol);
    if (flaw)
        return problem_field(request, ERR_BAD_VALUE, STR("password"), "%s.", flaw);
    if (err != ERR_NONE || password->len != 0)
        return err;
    if (request->made.len == 0) /* the same when the turn runs again */
        secret_make(&request->made, STATION_PASSWORD_MADE);
    *password = secret_str(&request->made);
    request->holds_secret = true;
    return ERR_NONE;
}

enum err station_password(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    enum command_result result;
    struct call_answer answer;
    struct str password, action, payload;
    enum protocol protocol;
    bool connected;
    enum err err = station_of(request, &station);

    if (err != ERR_NONE)
        return err;
    protocol = call_protocol(turn, station, &connected);
    err = read_password(request, protocol, &password);
    if (err != ERR_NONE)
        return err;
    if (!connected && !call_was_sent(turn))
        return call_not_connected(request, station);
    err = call_was_sent(turn) ? ERR_NONE : station_may_be_told(request, station);
    if (err != ERR_NONE)
        return err;
    action = protocol == PROTOCOL_16 ? STR("ChangeConfiguration") : STR("SetVariables");
    payload = password_payload(turn, protocol, password);
    err = call_send(request, station, action, payload, &answer);
    if (err != ERR_NONE)
        return err;
    call_record(turn, station, "station.password", action, STR_NONE, &answer);
    station_password_told(request, station, action, payload, &answer);
    err = call_problem(request, &answer);
    if (err != ERR_NONE)
        return call_answer_problem(request, err);
    call_answer_begin(request, action, &answer, turn->arena, &result);
    if (result == COMMAND_ACCEPTED && request->made.len)
        json_key_str(&request->json, "password", password);
    json_object_end(&request->json);
    return ERR_NONE;
}
