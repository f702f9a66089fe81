/* commands.c: what people ask of stations, and the station's own answer. */
#include "ocpp/command.h"

#include "access/key_file.h"
#include "access/station_password.h"
#include "api/resource.h"
#include "api/state.h"
#include "api/station_secret.h"
#include "api/stations.h"
#include "domain/words.h"

request_fn station_command, station_call, station_password, session_stop;

enum { TIMEOUT_S_MAX = 120 };

/* --- sending */

static enum err read_timeout(struct turn *turn, struct request *request, uint32_t *timeout_ms)
{
    int64_t timeout_s = request->api->config.options->ocpp_call_timeout_s;
    enum err err = query_i64(turn, request, "timeout_s", 1, TIMEOUT_S_MAX, &timeout_s);

    *timeout_ms = (uint32_t)timeout_s * 1000;
    return err;
}

/* The version that it speaks, or spoke last; *connected tells which. */
static enum protocol protocol_of(struct turn *turn, const struct station_row *station,
                                 bool *connected)
{
    struct link_state link;

    *connected = ocpp_link_state(turn->engine, station->id, &link);
    if (*connected)
        return link.protocol;
    return station->protocol != PROTOCOL_NONE ? (enum protocol)station->protocol : PROTOCOL_16;
}

/* Has this turn asked the station already? Then its state from before does not matter any more. */
static bool has_called(const struct turn *turn)
{
    const struct question *question = turn->questions;

    while (question && question->kind != QUESTION_CALL)
        question = question->next;
    return question != NULL;
}

static enum err not_connected(struct turn *turn, struct request *request,
                              const struct station_row *station)
{
    return problem_set(turn, request, ERR_NOT_CONNECTED, "%.*s is not connected.",
                       STR_ARGS(station->identity));
}

static enum err outcome_problem(struct turn *turn, struct request *request,
                                const struct call_answer *answer)
{
    request->call = (struct call_problem){ .set = true,
                                           .id = answer->message_id,
                                           .error_code = answer->error_code,
                                           .error_description = answer->error_description,
                                           .sent_at = answer->sent_at,
                                           .latency_ms = answer->latency_ms };
    switch (answer->outcome) {
    case CALL_ANSWERED:
        return ERR_NONE;
    case CALL_ERROR:
        return problem_set(turn, request, ERR_STATION, "%.*s",
                           STR_ARGS(str_first(answer->error_description, 255)));
    case CALL_TIMEOUT:
        return problem_set(
            turn, request, ERR_TIMEOUT,
            answer->sent_at == UTC_UNKNOWN
                ? "It never left: other calls were waiting before it."
                : "It is not known whether the station did it. A later answer is in its log.");
    case CALL_NOT_CONNECTED:
        request->call.set = false;
        return problem_set(turn, request, ERR_NOT_CONNECTED, "The station is not connected.");
    case CALL_QUEUE_FULL:
        request->call.set = false;
        return problem_set(turn, request, ERR_FULL, "Too many calls are waiting for this station.");
    case CALL_LOST:
        return problem_set(turn, request, ERR_TIMEOUT,
                           "The connection ended before an answer came. It is not known whether "
                           "the station did it.");
    }
    return ERR_NONE;
}

static void tell_done(struct turn *turn, const struct station_row *station, struct str action,
                      const struct call_answer *answer)
{
    static const char *const outcomes[] = { "answered",      "error",      "timeout",
                                            "not_connected", "queue_full", "lost" };
    struct buf body;
    struct json_writer json;

    buf_init_arena(&body, turn->arena, 4096);
    json = json_writer(&body);
    json_object_begin(&json);
    json_key_str(&json, "station", station->identity);
    json_key_str(&json, "action", action);
    json_key_str(&json, "outcome", str_of(outcomes[answer->outcome]));
    json_key_str(&json, "id", answer->message_id);
    json_object_end(&json);
    if (!body.overflow && turn->engine->storage_works)
        turn_event_body(turn, "command.done", station->id, 0, buf_str(&body));
}

static void begin_call_answer(struct request *request, struct str action,
                              const struct call_answer *answer, struct arena *arena,
                              enum command_result *result)
{
    static const char *const words[] = { "accepted", "rejected", "other" };
    struct json_writer *json = &request->json;
    struct str status;

    *result = command_result(action, answer->payload, arena, &status);
    json_object_begin(json);
    json_key_str(json, "result", str_of(words[*result]));
    json_key(json, "status");
    if (status.len)
        json_str(json, status);
    else
        json_null(json);
    json_key_raw(json, "answer", answer->payload);
    json_key_i64(json, "latency_ms", answer->latency_ms);
    json_key_str(json, "id", answer->message_id);
}

/* Sends one call and waits until there is an outcome. */
static enum err send_call(struct turn *turn, struct request *request,
                          const struct station_row *station, struct str action, struct str payload,
                          struct call_answer *answer)
{
    struct call call = {
        .station = station->id, .class = CALL_PEOPLE, .action = action, .payload = payload
    };
    enum err err = read_timeout(turn, request, &call.timeout_ms);

    return err == ERR_NONE ? turn_call(turn, &call, answer) : err;
}

/* Something left for the station: that is audited and told, whatever came of it. */
static void record(struct turn *turn, const struct station_row *station, const char *what,
                   struct str action, struct str asked, const struct call_answer *answer)
{
    if (answer->outcome == CALL_NOT_CONNECTED || answer->outcome == CALL_QUEUE_FULL)
        return;
    turn_audit(turn, what, arena_printf(turn->arena, "station:%.*s", STR_ARGS(station->identity)),
               STR_NONE, asked);
    tell_done(turn, station, action, answer);
}

/* A problem as the answer, without dropping what was recorded. */
static enum err answer_problem(struct request *request, enum err err)
{
    problem_write(request, err);
    return ERR_NONE;
}

/* --- any call */

enum err station_call(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    const struct body_member *payload;
    struct call_answer answer;
    enum command_result result;
    enum protocol protocol;
    struct str action = STR_NONE, path = STR_NONE;
    struct body body;
    bool connected;
    enum err err = station_of(turn, request, &station);

    if (err == ERR_NONE)
        err = body_of(turn, request, &body);
    if (err == ERR_NONE)
        err = body_only(turn, request, &body, "action payload");
    if (err == ERR_NONE)
        err = body_text(turn, request, &body, "action", 1, 50, &action);
    if (err != ERR_NONE)
        return err;
    payload = body_find(&body, "payload");
    if (action.len == 0 || !payload || payload->type != BODY_OBJECT)
        return problem_field(turn, request, ERR_BAD_OCCURRENCE,
                             action.len ? STR("payload") : STR("action"),
                             "Give action and payload, an object.");
    protocol = protocol_of(turn, station, &connected);
    err = ocpp_check_call(protocol, action, payload->raw, turn->arena, &path);
    if (err == ERR_NOT_KNOWN || err == ERR_NOT_SUPPORTED)
        return problem_field(turn, request, ERR_BAD_VALUE, STR("action"),
                             "%.*s cannot be sent to a station in %.*s.", STR_ARGS(action),
                             STR_ARGS(protocol_words[protocol]));
    if (err != ERR_NONE)
        return problem_field(turn, request, err == ERR_FULL ? err : ERR_BAD_VALUE, STR("payload"),
                             "%s: %.*s.", err_text(err), STR_ARGS(path));
    if (!connected && !has_called(turn))
        return not_connected(turn, request, station);
    err = send_call(turn, request, station, action, payload->raw, &answer);
    if (err != ERR_NONE)
        return err;
    record(turn, station, "station.call", action,
           ocpp_holds_secret(request->body) ? STR_NONE : request->body, &answer);
    err = outcome_problem(turn, request, &answer);
    if (err != ERR_NONE)
        return answer_problem(request, err);
    begin_call_answer(request, action, &answer, turn->arena, &result);
    json_object_end(&request->json);
    return ERR_NONE;
}

/* --- commands */

static const struct {
    const char *name, *members;
} bodies[] = {
    { "remote_start", "token evse connector" },
    { "remote_stop", "session" },
    { "reset", "kind evse" },
    { "unlock", "evse connector" },
    { "change_availability", "operative evse connector" },
    { "trigger", "message evse" },
    { "get_configuration", "keys" },
    { "set_configuration", "values" },
    { "clear_cache", "" },
    { "data_transfer", "vendor_id message_id data" },
};

static enum err read_keys(struct turn *turn, struct request *request, const struct body *body,
                          struct command *command)
{
    const struct body_member *member = body_find(body, "keys");
    struct body list;
    struct str *keys, at;

    if (!member)
        return ERR_NONE;
    if (member->type != BODY_ARRAY || body_parse(member->raw, turn->arena, &list, &at) != ERR_NONE)
        return problem_field(turn, request, ERR_BAD_TYPE, STR("keys"),
                             "It is a list of at most 1,000 texts.");
    keys = ARENA_NEW_ARRAY(turn->arena, struct str, list.count);
    if (!keys)
        return ERR_FULL;
    for (uint32_t i = 0; i < list.count; i++) {
        if (list.members[i].type != BODY_TEXT)
            return problem_field(turn, request, ERR_BAD_TYPE, STR("keys"),
                                 "It is a list of texts.");
        keys[i] = list.members[i].text;
    }
    command->keys = keys;
    command->key_count = list.count;
    return ERR_NONE;
}

static enum err read_values(struct turn *turn, struct request *request, const struct body *body,
                            struct command *command)
{
    const struct body_member *member = body_find(body, "values");
    struct command_pair *values;
    struct body object;
    struct str at;

    if (!member)
        return ERR_NONE;
    if (member->type != BODY_OBJECT ||
        body_parse(member->raw, turn->arena, &object, &at) != ERR_NONE)
        return problem_field(turn, request, ERR_BAD_TYPE, STR("values"),
                             "It is an object of texts, each key once.");
    values = ARENA_NEW_ARRAY(turn->arena, struct command_pair, object.count);
    if (!values)
        return ERR_FULL;
    for (uint32_t i = 0; i < object.count; i++) {
        if (object.members[i].type != BODY_TEXT)
            return problem_field(turn, request, ERR_BAD_TYPE, STR("values"), "%.*s is a text.",
                                 STR_ARGS(object.members[i].name));
        values[i] = (struct command_pair){ object.members[i].name, object.members[i].text };
    }
    command->values = values;
    command->value_count = object.count;
    return ERR_NONE;
}

/* The transaction of a session that this station has. */
static enum err read_session(struct turn *turn, struct request *request,
                             const struct station_row *station, const struct body *body,
                             struct command *command)
{
    const struct body_member *member = body_find(body, "session");
    const struct session_row *session;
    enum err err;

    if (!member)
        return ERR_NONE;
    if (member->type != BODY_TEXT)
        return problem_field(turn, request, ERR_BAD_TYPE, STR("session"), "It is a text.");
    err = turn_get_session(turn, id_parse(member->text), &session);
    if (err == ERR_NOT_FOUND || (err == ERR_NONE && session->station != station->id))
        return problem_field(turn, request, ERR_BAD_VALUE, STR("session"),
                             "This station has no such session.");
    if (err == ERR_NONE)
        command->transaction_id = session->transaction_id;
    return err;
}

/* Without a token, that of the person who asks. */
static void complete_token(struct turn *turn, struct command *command)
{
    const struct person_row *person =
        turn->actor.kind == ACTOR_PERSON ? TURN_FIND(turn, person, turn->actor.id) : NULL;
    const struct token_row *token;

    if (!str_equal(command->name, STR("remote_start")))
        return;
    if (command->token.len == 0 && person)
        command->token = person->token;
    token = TURN_FIND_NAME(turn, token, command->token);
    if (token)
        command->token_type = token->type;
}

static enum err read_command(struct turn *turn, struct request *request,
                             const struct station_row *station, struct command *command)
{
    const struct {
        const char *name;
        struct str *to;
        uint32_t min, max;
    } texts[] = {
        { "token", &command->token, 1, 255 },          { "kind", &command->kind, 1, 20 },
        { "message", &command->message, 1, 50 },       { "vendor_id", &command->vendor_id, 1, 255 },
        { "message_id", &command->message_id, 1, 50 }, { "data", &command->data, 0, 100000 },
    };
    struct body body;
    size_t row = 0;
    enum err err = body_of(turn, request, &body);

    while (row < COUNT(bodies) && !str_equal(str_of(bodies[row].name), command->name))
        row++;
    if (row == COUNT(bodies))
        return problem_set(turn, request, ERR_NOT_FOUND, "There is no command %.*s.",
                           STR_ARGS(str_first(command->name, 100)));
    if (err == ERR_NONE)
        err = body_only(turn, request, &body, bodies[row].members);
    for (size_t i = 0; i < COUNT(texts) && err == ERR_NONE; i++)
        err =
            body_text(turn, request, &body, texts[i].name, texts[i].min, texts[i].max, texts[i].to);
    if (err == ERR_NONE)
        err = body_i64(turn, request, &body, "evse", 1, INT32_MAX, &command->evse);
    if (err == ERR_NONE)
        err = body_i64(turn, request, &body, "connector", 1, INT32_MAX, &command->connector);
    if (err == ERR_NONE)
        err = body_bool(turn, request, &body, "operative", &command->operative);
    if (err == ERR_NONE)
        err = read_keys(turn, request, &body, command);
    if (err == ERR_NONE)
        err = read_values(turn, request, &body, command);
    if (err == ERR_NONE)
        err = read_session(turn, request, station, &body, command);
    if (err != ERR_NONE)
        return err;
    if (str_equal(command->name, STR("reset")) && command->kind.len == 0)
        return problem_field(turn, request, ERR_BAD_OCCURRENCE, STR("kind"), "It is soft or hard.");
    if (str_equal(command->name, STR("change_availability")) && !body_find(&body, "operative"))
        return problem_field(turn, request, ERR_BAD_OCCURRENCE, STR("operative"),
                             "It is true or false.");
    complete_token(turn, command);
    return ERR_NONE;
}

static enum err build(struct turn *turn, struct request *request, enum protocol protocol,
                      const struct command *command, struct command_calls *calls)
{
    const char *field = NULL;
    enum err err = command_build(protocol, command, turn->arena, calls, &field);

    if (err == ERR_NONE || err == ERR_FULL)
        return err;
    return problem_field(turn, request, err == ERR_NOT_KNOWN ? ERR_NOT_FOUND : err,
                         field ? str_of(field) : STR_NONE, "%s, for %.*s.", err_text(err),
                         STR_ARGS(protocol_words[protocol]));
}

/* 2.x says the outcome of each value in one answer. */
static void write_results_2x(struct turn *turn, struct json_writer *json, struct str payload)
{
    const struct body_member *member, *status, *component, *variable;
    struct body answer, list, line, inner;
    struct str at;

    if (body_parse(payload, turn->arena, &answer, &at) != ERR_NONE ||
        !(member = body_find(&answer, "setVariableResult")) ||
        body_parse(member->raw, turn->arena, &list, &at) != ERR_NONE)
        return;
    for (uint32_t i = 0; i < list.count; i++) {
        struct str name = STR_NONE;
        if (body_parse(list.members[i].raw, turn->arena, &line, &at) != ERR_NONE ||
            !(status = body_find(&line, "attributeStatus")) ||
            !(component = body_find(&line, "component")) ||
            !(variable = body_find(&line, "variable")))
            continue; /* against its schema: the answer is shown as it is */
        if (body_parse(component->raw, turn->arena, &inner, &at) == ERR_NONE &&
            body_find(&inner, "name"))
            name = body_find(&inner, "name")->text;
        if (body_parse(variable->raw, turn->arena, &inner, &at) == ERR_NONE &&
            body_find(&inner, "name"))
            name = arena_printf(turn->arena, "%.*s.%.*s", STR_ARGS(name),
                                STR_ARGS(body_find(&inner, "name")->text));
        json_key_of(json, name);
        json_str(json, status->text);
    }
}

/* What came of a command: one answer, or in 1.6 one for each value that was set. */
static enum err answer_command(struct turn *turn, struct request *request,
                               const struct command *command, const struct command_calls *calls,
                               const struct call_answer *answers)
{
    struct json_writer *json = &request->json;
    enum command_result result, worst = COMMAND_ACCEPTED;
    uint32_t shown = calls->count - 1;
    struct str status;

    for (uint32_t i = 0; i < calls->count; i++) {
        result = command_result(calls->calls[i].action, answers[i].payload, turn->arena, &status);
        if (result != COMMAND_ACCEPTED && worst == COMMAND_ACCEPTED) {
            worst = result;
            shown = i; /* the first that did not work speaks for all */
        }
    }
    begin_call_answer(request, calls->calls[shown].action, &answers[shown], turn->arena, &result);
    if (str_equal(command->name, STR("set_configuration"))) {
        json_key(json, "results");
        json_object_begin(json);
        if (str_equal(calls->calls[0].action, STR("SetVariables")))
            write_results_2x(turn, json, answers[0].payload);
        else
            for (uint32_t i = 0; i < calls->count; i++) {
                (void)command_result(calls->calls[i].action, answers[i].payload, turn->arena,
                                     &status);
                json_key_of(json, command->values[i].key);
                json_str(json, status);
            }
        json_object_end(json);
    }
    json_object_end(json);
    return ERR_NONE;
}

static enum err run_command(struct turn *turn, struct request *request,
                            const struct station_row *station, const struct command *command)
{
    struct command_calls *calls = ARENA_NEW(turn->arena, struct command_calls);
    struct call_answer *answers =
        ARENA_NEW_ARRAY(turn->arena, struct call_answer, COUNT(calls->calls));
    bool connected;
    enum protocol protocol = protocol_of(turn, station, &connected);
    struct str asked;
    enum err err;

    if (!calls || !answers)
        return ERR_FULL;
    err = build(turn, request, protocol, command, calls);
    if (err != ERR_NONE)
        return err;
    if (!connected && !has_called(turn))
        return not_connected(turn, request, station);
    for (uint32_t i = 0; i < calls->count; i++) {
        err = send_call(turn, request, station, calls->calls[i].action, calls->calls[i].payload,
                        &answers[i]);
        if (err != ERR_NONE)
            return err;
        if (answers[i].outcome != CALL_ANSWERED)
            calls->count = i + 1; /* the rest is not tried */
    }
    if (str_equal(calls->calls[0].action, STR("GetConfiguration")) &&
        answers[0].outcome == CALL_ANSWERED) {
        err = ocpp_take_configuration(turn, station->id, answers[0].payload);
        if (err != ERR_NONE)
            return err;
    }
    asked = arena_printf(turn->arena, "{\"command\":\"%.*s\"}", STR_ARGS(command->name));
    record(turn, station, "station.command", calls->calls[0].action, asked,
           &answers[calls->count - 1]);
    err = outcome_problem(turn, request, &answers[calls->count - 1]);
    return err == ERR_NONE ? answer_command(turn, request, command, calls, answers)
                           : answer_problem(request, err);
}

static struct command command_named(struct turn *turn, struct str name)
{
    return (struct command){ .name = name,
                             .evse = -1,
                             .connector = -1,
                             .remote_start_id = 1 + (int64_t)rand_below(&turn->rand, INT32_MAX) };
}

enum err station_command(struct turn *turn, struct request *request)
{
    struct command command = command_named(turn, request->args[1]);
    const struct station_row *station;
    enum err err = station_of(turn, request, &station);

    if (err == ERR_NONE)
        err = read_command(turn, request, station, &command);
    return err == ERR_NONE ? run_command(turn, request, station, &command) : err;
}

enum err session_stop(struct turn *turn, struct request *request)
{
    struct command command = command_named(turn, STR("remote_stop"));
    const struct session_row *session;
    const struct station_row *station;
    struct body body;
    enum err err = body_of(turn, request, &body);

    if (err == ERR_NONE)
        err = body_only(turn, request, &body, "");
    if (err == ERR_NONE)
        err = turn_get_session(turn, id_parse(request->args[0]), &session);
    if (err == ERR_NOT_FOUND)
        return problem_set(turn, request, err, "There is no such session.");
    if (err != ERR_NONE)
        return err;
    if (session->state != SESSION_OPEN && !has_called(turn))
        return problem_set(turn, request, ERR_NOT_NOW, "The session is over.");
    station = TURN_FIND(turn, station, session->station);
    if (!station)
        return problem_set(turn, request, ERR_NOT_CONNECTED, "Its station was removed.");
    command.transaction_id = session->transaction_id;
    return run_command(turn, request, station, &command);
}

/* --- a new password, on the station itself */

static struct str password_payload(struct turn *turn, enum protocol protocol, struct str password)
{
    struct secret hex;
    struct str payload;

    if (protocol != PROTOCOL_16)
        return arena_printf(
            turn->arena,
            "{\"setVariableData\":[{\"component\":{\"name\":\"SecurityCtrlr\"},\"variable\":"
            "{\"name\":\"BasicAuthPassword\"},\"attributeValue\":\"%.*s\"}]}",
            STR_ARGS(password));
    station_password_hex(password, &hex);
    payload =
        arena_printf(turn->arena, "{\"key\":\"AuthorizationKey\",\"value\":\"%s\"}", hex.text);
    secret_wipe(&hex);
    return payload;
}

/* Old and new count until one of them is used (ocpp/admit.c). */
static void set_next_password(struct turn *turn, struct request *request,
                              const struct station_row *before, struct str password)
{
    struct station_row *station = TURN_EDIT(turn, station, before);
    uint8_t salt[STATION_SALT_BYTES], hash[SHA256_BYTES];
    struct str key = { (const char *)request->api->config.server_key, SERVER_KEY_BYTES };

    if (station->password_salt.len == 0) {
        secret_random(salt, sizeof salt);
        station->password_salt =
            arena_copy(turn->arena, (struct str){ (const char *)salt, sizeof salt });
    }
    station_password_hash(key, station->password_salt, password, hash);
    station->password_next_hash =
        arena_copy(turn->arena, (struct str){ (const char *)hash, sizeof hash });
    if (station->security_profile == 0)
        station->security_profile = 1;
}

enum err station_password(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    enum command_result result;
    struct call_answer answer;
    struct str password = STR_NONE, action, status;
    enum protocol protocol;
    struct body body;
    bool connected;
    enum err err = station_of(turn, request, &station);

    if (err == ERR_NONE)
        err = body_of(turn, request, &body);
    if (err == ERR_NONE)
        err = body_only(turn, request, &body, "password");
    if (err == ERR_NONE)
        err = body_text(turn, request, &body, "password", 0, SECRET_TEXT_MAX, &password);
    if (err == ERR_NONE && body_find(&body, "password"))
        err = station_check_password(turn, request, station, password);
    if (err != ERR_NONE)
        return err;
    if (password.len == 0) {
        if (request->made.len == 0) /* the same when the turn runs again */
            secret_make(&request->made, STATION_PASSWORD_MADE);
        password = secret_str(&request->made);
        request->holds_secret = true;
    }
    protocol = protocol_of(turn, station, &connected);
    if (!connected && !has_called(turn))
        return not_connected(turn, request, station);
    action = protocol == PROTOCOL_16 ? STR("ChangeConfiguration") : STR("SetVariables");
    err = send_call(turn, request, station, action, password_payload(turn, protocol, password),
                    &answer);
    if (err != ERR_NONE)
        return err;
    record(turn, station, "station.password", action, STR_NONE, &answer);
    err = outcome_problem(turn, request, &answer);
    /* Without an answer it may have been set: then both must count. */
    result = err == ERR_NONE ? command_result(action, answer.payload, turn->arena, &status)
                             : COMMAND_OTHER;
    if (result == COMMAND_ACCEPTED || err == ERR_TIMEOUT) {
        set_next_password(turn, request, station, password);
        turn_event(turn, "station.changed", station->id, 0);
    }
    if (err != ERR_NONE)
        return answer_problem(request, err);
    begin_call_answer(request, action, &answer, turn->arena, &result);
    if (result == COMMAND_ACCEPTED && request->made.len)
        json_key_str(&request->json, "password", password);
    json_object_end(&request->json);
    return ERR_NONE;
}
