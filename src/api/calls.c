#include "api/calls.h"

#include "api/state.h"
#include "api/station_secret.h"
#include "dispatch/dispatch.h"
#include "domain/words.h"

request_fn station_call;

enum { TIMEOUT_S_MAX = 120 };

static enum err read_timeout(struct request *request, uint32_t *timeout_ms)
{
    int64_t timeout_s = request->api->config.options->ocpp_call_timeout_s;
    enum err err = query_i64(request, "timeout_s", (struct range){ 1, TIMEOUT_S_MAX }, &timeout_s);

    *timeout_ms = (uint32_t)timeout_s * 1000;
    return err;
}

/* The version that it speaks, or spoke last; *connected tells which. */
enum protocol call_protocol(struct turn *turn, const struct station_row *station, bool *connected)
{
    struct link_state link;

    *connected = ocpp_link_state(turn->engine, station->id, &link);
    if (*connected)
        return link.protocol;
    return station->protocol != PROTOCOL_NONE ? (enum protocol)station->protocol : PROTOCOL_16;
}

/* Has this turn asked the station already? Then its state from before does not matter any more. */
bool call_was_sent(const struct turn *turn)
{
    const struct question *question = turn->questions;

    while (question && question->kind != QUESTION_CALL)
        question = question->next;
    return question != NULL;
}

enum err call_not_connected(struct request *request, const struct station_row *station)
{
    return PROBLEM(request, ERR_NOT_CONNECTED, STR_NONE, "not_connected",
                   "{station} is not connected.", ARGS(ARG_STR("station", station->identity)));
}

enum err call_problem(struct request *request, const struct call_answer *answer)
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
        return problem_set(request, ERR_STATION, "%.*s",
                           STR_ARGS(str_first(answer->error_description, 255)));
    case CALL_TIMEOUT:
        return problem_set(
            request, ERR_TIMEOUT,
            answer->sent_at == UTC_UNKNOWN
                ? "It never left: other calls were waiting before it."
                : "It is not known whether the station did it. A later answer is in its log.");
    case CALL_NOT_CONNECTED:
        request->call.set = false;
        return problem_set(request, ERR_NOT_CONNECTED, "The station is not connected.");
    case CALL_QUEUE_FULL:
        request->call.set = false;
        return problem_set(request, ERR_FULL, "Too many calls are waiting for this station.");
    case CALL_LOST:
        return problem_set(request, ERR_TIMEOUT,
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

void call_answer_begin(struct request *request, struct str action, const struct call_answer *answer,
                       struct arena *arena, enum command_result *result)
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
    json_key_raw(json, "answer", ocpp_masked(arena, answer->payload));
    json_key_i64(json, "latency_ms", answer->latency_ms);
    json_key_str(json, "id", answer->message_id);
}

/* Sends one call and waits until there is an outcome. */
enum err call_send(struct request *request, const struct station_row *station, struct str action,
                   struct str payload, struct call_answer *answer)
{
    struct turn *turn = request->turn;
    struct call call = {
        .station = station->id, .class = CALL_PEOPLE, .action = action, .payload = payload
    };
    enum err err = read_timeout(request, &call.timeout_ms);

    return err == ERR_NONE ? turn_call(turn, &call, answer) : err;
}

/* Something left for the station: that is audited and told, whatever came of it. */
/* NOLINTNEXTLINE(readability-function-size): what the record holds */
void call_record(struct turn *turn, const struct station_row *station, const char *what,
                 struct str action, struct str asked, const struct call_answer *answer)
{
    if (answer->outcome == CALL_NOT_CONNECTED || answer->outcome == CALL_QUEUE_FULL)
        return;
    turn_audit(turn, what, arena_printf(turn->arena, "station:%.*s", STR_ARGS(station->identity)),
               STR_NONE, asked);
    tell_done(turn, station, action, answer);
}

/* A problem as the answer, without dropping what was recorded. */
enum err call_answer_problem(struct request *request, enum err err)
{
    problem_write(request, err);
    return ERR_NONE;
}

/* --- any call */

static bool may_have_done(const struct call_answer *answer)
{
    return answer->outcome == CALL_TIMEOUT || answer->outcome == CALL_LOST;
}

/* Which action with which payload is asked for. */
static enum err read_call(struct request *request, struct str *action, struct str *payload)
{
    const struct body_member *object;
    struct body body;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE)
        err = body_only(request, &body, "action payload");
    if (err == ERR_NONE)
        err = body_text(request, &body, "action", (struct range){ 1, 50 }, action);
    if (err != ERR_NONE)
        return err;
    object = body_find(&body, "payload");
    if (action->len == 0 || !object || object->type != BODY_OBJECT)
        return problem_field(request, ERR_BAD_OCCURRENCE,
                             action->len ? STR("payload") : STR("action"),
                             "Give action and payload, an object.");
    *payload = object->raw;
    return ERR_NONE;
}

enum err station_call(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    struct call_answer answer;
    enum command_result result;
    enum protocol protocol;
    struct str action = STR_NONE, payload = STR_NONE, path = STR_NONE;
    bool connected, alone;
    enum err err = station_of(request, &station);

    if (err == ERR_NONE)
        err = read_call(request, &action, &payload);
    if (err != ERR_NONE)
        return err;
    protocol = call_protocol(turn, station, &connected);
    err = ocpp_check_call(protocol, action, payload, turn->arena, &path);
    if (err == ERR_NOT_KNOWN || err == ERR_NOT_SUPPORTED)
        return problem_field(request, ERR_BAD_VALUE, STR("action"),
                             "%.*s cannot be sent to a station in %.*s.", STR_ARGS(action),
                             STR_ARGS(protocol_words[protocol]));
    if (err != ERR_NONE)
        return problem_field(request, err == ERR_FULL ? err : ERR_BAD_VALUE, STR("payload"),
                             "%s: %.*s.", err_text(err), STR_ARGS(path));
    if (!connected && !call_was_sent(turn))
        return call_not_connected(request, station);
    if (!call_was_sent(turn) && station_password_in_call(action, payload, turn->arena, &alone).len)
        err = station_may_be_told(request, station);
    if (err == ERR_NONE)
        err = call_send(request, station, action, payload, &answer);
    if (err != ERR_NONE)
        return err;
    call_record(turn, station, "station.call", action, ocpp_masked(turn->arena, request->body),
                &answer);
    station_password_told(request, station, action, payload, &answer);
    err = call_problem(request, &answer);
    if (err == ERR_NONE)
        call_answer_begin(request, action, &answer, turn->arena, &result);
    if (err == ERR_NONE ? result == COMMAND_ACCEPTED : may_have_done(&answer))
        dispatch_by_hand(turn, station->id, protocol, action, payload);
    if (err != ERR_NONE)
        return call_answer_problem(request, err);
    json_object_end(&request->json);
    return ERR_NONE;
}
