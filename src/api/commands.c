/* commands.c: what people ask of stations, by name. */
#include "api/calls.h"
#include "api/station_secret.h"
#include "domain/words.h"

request_fn station_command, session_stop;

static enum err read_keys(struct turn *turn, struct request *request, const struct body *body,
                          struct command *command)
{
    const struct body_member *member = body_find(body, "keys");
    struct body list;
    struct str *keys, at;

    if (!member)
        return ERR_NONE;
    if (member->type != BODY_ARRAY || body_parse(member->raw, turn->arena, &list, &at) != ERR_NONE)
        return problem_field(request, ERR_BAD_TYPE, STR("keys"),
                             "It is a list of at most 1,000 texts.");
    keys = ARENA_NEW_ARRAY(turn->arena, struct str, list.count);
    if (!keys)
        return ERR_FULL;
    for (uint32_t i = 0; i < list.count; i++) {
        if (list.members[i].type != BODY_TEXT)
            return problem_field(request, ERR_BAD_TYPE, STR("keys"), "It is a list of texts.");
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
        return problem_field(request, ERR_BAD_TYPE, STR("values"),
                             "It is an object of texts, each key once.");
    values = ARENA_NEW_ARRAY(turn->arena, struct command_pair, object.count);
    if (!values)
        return ERR_FULL;
    for (uint32_t i = 0; i < object.count; i++) {
        if (object.members[i].type != BODY_TEXT)
            return problem_field(request, ERR_BAD_TYPE, STR("values"), "%.*s is a text.",
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
        return problem_field(request, ERR_BAD_TYPE, STR("session"), "It is a text.");
    err = turn_get_session(turn, id_parse(member->text), &session);
    if (err == ERR_NOT_FOUND || (err == ERR_NONE && session->station != station->id))
        return problem_field(request, ERR_BAD_VALUE, STR("session"),
                             "This station has no such session.");
    if (err == ERR_NONE)
        command->transaction_id = session->transaction_id;
    return err;
}

/* Without a token, that of the person who asks. */
static enum err complete_token(struct turn *turn, struct request *request, struct command *command)
{
    const struct person_row *person =
        turn->actor.kind == ACTOR_PERSON ? TURN_FIND(turn, person, turn->actor.id) : NULL;
    const struct token_row *token;

    if (!str_equal(command->name, STR("remote_start")))
        return ERR_NONE;
    if (command->token.len == 0 && person)
        command->token = person->token;
    token = TURN_FIND_NAME(turn, token, command->token);
    if (token)
        command->token_type = token->type;
    return command->token.len ? ERR_NONE
                              : problem_field(request, ERR_BAD_OCCURRENCE, STR("token"),
                                              "Give a token: who asks has none of their own.");
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
    const char *members = command_members(command->name);
    enum err err = body_of(request, &body);

    if (!members)
        return problem_set(request, ERR_NOT_FOUND, "There is no command %.*s.",
                           STR_ARGS(str_first(command->name, 100)));
    if (err == ERR_NONE)
        err = body_only(request, &body, members);
    for (size_t i = 0; i < COUNT(texts) && err == ERR_NONE; i++)
        err = body_text(request, &body, texts[i].name, (struct range){ texts[i].min, texts[i].max },
                        texts[i].to);
    if (err == ERR_NONE)
        err = body_i64(request, &body, "evse", (struct range){ 1, INT32_MAX }, &command->evse);
    if (err == ERR_NONE)
        err = body_i64(request, &body, "connector", (struct range){ 1, INT32_MAX },
                       &command->connector);
    if (err == ERR_NONE)
        err = body_bool(request, &body, "operative", &command->operative);
    if (err == ERR_NONE)
        err = read_keys(turn, request, &body, command);
    if (err == ERR_NONE)
        err = read_values(turn, request, &body, command);
    if (err == ERR_NONE)
        err = read_session(turn, request, station, &body, command);
    if (err != ERR_NONE)
        return err;
    if (str_equal(command->name, STR("reset")) && command->kind.len == 0)
        return problem_field(request, ERR_BAD_OCCURRENCE, STR("kind"), "It is soft or hard.");
    if (str_equal(command->name, STR("change_availability")) && !body_find(&body, "operative"))
        return problem_field(request, ERR_BAD_OCCURRENCE, STR("operative"), "It is true or false.");
    return complete_token(turn, request, command);
}

static enum err build(struct turn *turn, struct request *request, enum protocol protocol,
                      const struct command *command, struct command_calls *calls)
{
    const char *field = NULL;
    enum err err = command_build(protocol, command, turn->arena, calls, &field);

    if (err == ERR_NONE || err == ERR_FULL)
        return err;
    return problem_field(request, err == ERR_NOT_KNOWN ? ERR_NOT_FOUND : err,
                         field ? str_of(field) : STR_NONE, "%s, for %.*s.", err_text(err),
                         STR_ARGS(protocol_words[protocol]));
}

/* {"name": …} of a component or a variable. */
static struct str name_in(struct turn *turn, const struct body_member *object)
{
    const struct body_member *name = NULL;
    struct body inner;
    struct str at;

    if (object && body_parse(object->raw, turn->arena, &inner, &at) == ERR_NONE)
        name = body_find(&inner, "name");
    return name ? name->text : STR_NONE;
}

/* 2.x says the outcome of each value in one answer. */
static void write_results_2x(struct turn *turn, struct json_writer *json, struct str payload)
{
    const struct body_member *results = NULL;
    struct body answer, list, line;
    struct str at;

    if (body_parse(payload, turn->arena, &answer, &at) == ERR_NONE)
        results = body_find(&answer, "setVariableResult");
    if (!results || body_parse(results->raw, turn->arena, &list, &at) != ERR_NONE)
        return; /* against its schema: the answer is shown as it is */
    for (uint32_t i = 0; i < list.count; i++) {
        const struct body_member *status = NULL;
        if (body_parse(list.members[i].raw, turn->arena, &line, &at) == ERR_NONE)
            status = body_find(&line, "attributeStatus");
        if (!status)
            continue;
        json_key_of(json, arena_printf(turn->arena, "%.*s.%.*s",
                                       STR_ARGS(name_in(turn, body_find(&line, "component"))),
                                       STR_ARGS(name_in(turn, body_find(&line, "variable")))));
        json_str(json, status->text);
    }
}

/* The first call that did not work speaks for all; the last one where all did. */
static uint32_t call_to_show(struct turn *turn, const struct command_calls *calls,
                             const struct call_answer *answers)
{
    struct str status;

    for (uint32_t i = 0; i < calls->count; i++)
        if (command_result(calls->calls[i].action, answers[i].payload, turn->arena, &status) !=
            COMMAND_ACCEPTED)
            return i;
    return calls->count - 1;
}

/* A member for each setting: what became of it. In 1.6 each has a call of its own. */
static void write_results(struct turn *turn, struct json_writer *json,
                          const struct command *command, const struct command_calls *calls,
                          const struct call_answer *answers)
{
    struct str status;

    json_key(json, "results");
    json_object_begin(json);
    if (str_equal(calls->calls[0].action, STR("SetVariables")))
        write_results_2x(turn, json, answers[0].payload);
    else
        for (uint32_t i = 0; i < calls->count; i++) {
            (void)command_result(calls->calls[i].action, answers[i].payload, turn->arena,
                                 &status); /* its word alone is shown here */
            json_key_of(json, command->values[i].key);
            json_str(json, status);
        }
    json_object_end(json);
}

/* What came of a command: one answer, or in 1.6 one for each value that was set. */
static enum err answer_command(struct turn *turn, struct request *request,
                               const struct command *command, const struct command_calls *calls,
                               const struct call_answer *answers)
{
    uint32_t shown = call_to_show(turn, calls, answers);
    enum command_result result;

    call_answer_begin(request, calls->calls[shown].action, &answers[shown], turn->arena, &result);
    if (str_equal(command->name, STR("set_configuration"))) {
        check(command->values != NULL); /* command_build has seen to it */
        write_results(turn, &request->json, command, calls, answers);
    }
    json_object_end(&request->json);
    return ERR_NONE;
}

static enum err may_be_told(struct request *request, const struct station_row *station,
                            struct str action, struct str payload)
{
    bool alone;

    if (call_was_sent(request->turn) ||
        !station_password_in_call(action, payload, request->turn->arena, &alone).len)
        return ERR_NONE;
    return station_may_be_told(request, station);
}

/* For the audit: the command and what came with it. */
static struct str what_was_asked(struct turn *turn, const struct request *request,
                                 const struct command *command)
{
    enum { WITH_MAX = 65536 };
    struct json_writer json;
    struct buf buf;

    buf_init_arena(&buf, turn->arena, 2 * WITH_MAX);
    json = json_writer(&buf);
    json_object_begin(&json);
    json_key_str(&json, "command", command->name);
    if (request->body.len && request->body.len <= WITH_MAX)
        json_key_raw(&json, "with", ocpp_masked(turn->arena, request->body));
    json_object_end(&json);
    return buf_str(&buf);
}

static enum err run_command(struct turn *turn, struct request *request,
                            const struct station_row *station, const struct command *command)
{
    struct command_calls *calls = ARENA_NEW(turn->arena, struct command_calls);
    struct call_answer *answers =
        ARENA_NEW_ARRAY(turn->arena, struct call_answer, COUNT(calls->calls));
    bool connected;
    enum protocol protocol = call_protocol(turn, station, &connected);
    enum err err;

    if (!calls || !answers)
        return ERR_FULL;
    err = build(turn, request, protocol, command, calls);
    if (err != ERR_NONE)
        return err;
    if (!connected && !call_was_sent(turn))
        return call_not_connected(request, station);
    for (uint32_t i = 0; i < calls->count; i++) {
        err = may_be_told(request, station, calls->calls[i].action, calls->calls[i].payload);
        if (err != ERR_NONE)
            return err;
        err = call_send(request, station, calls->calls[i].action, calls->calls[i].payload,
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
    call_record(turn, station, "station.command", calls->calls[0].action,
                what_was_asked(turn, request, command), &answers[calls->count - 1]);
    for (uint32_t i = 0; i < calls->count; i++)
        station_password_told(request, station, calls->calls[i].action, calls->calls[i].payload,
                              &answers[i]);
    err = call_problem(request, &answers[calls->count - 1]);
    return err == ERR_NONE ? answer_command(turn, request, command, calls, answers)
                           : call_answer_problem(request, err);
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
    enum err err = station_of(request, &station);

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
    enum err err = body_of(request, &body);

    if (err == ERR_NONE)
        err = body_only(request, &body, "");
    if (err == ERR_NONE)
        err = turn_get_session(turn, id_parse(request->args[0]), &session);
    if (err == ERR_NOT_FOUND)
        return problem_set(request, err, "There is no such session.");
    if (err != ERR_NONE)
        return err;
    if (session->state != SESSION_OPEN && !call_was_sent(turn))
        return problem_set(request, ERR_NOT_NOW, "The session is over.");
    station = TURN_FIND(turn, station, session->station);
    if (!station)
        return problem_set(request, ERR_NOT_CONNECTED, "Its station was removed.");
    command.transaction_id = session->transaction_id;
    return run_command(turn, request, station, &command);
}
