#include "api/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/around.h"
#include "api/guard.h"
#include "api/idempotency.h"
#include "api/import.h"
#include "api/power_put.h"
#include "api/router.h"
#include "api/stream.h"

struct api *api_new(struct engine *engine, const struct api_config *config)
{
    struct api *api = calloc(1, sizeof *api);

    check(api != NULL);
    api->engine = engine;
    api->config = *config;
    api->addresses = config->addresses;
    api->streams = streams_new(engine, config->options);
    engine->api = api;
    return api;
}

void api_free(struct engine *engine)
{
    struct api *api = api_of(engine);

    streams_free(api->streams);
    flights_free(api);
    put_drop(engine);
    timer_clear(&engine->timers, &api->adopt_timer);
    free(api);
    engine->api = NULL;
}

void api_started(struct engine *engine)
{
    power_adopt(engine);
}

void api_set_addresses(struct engine *engine, const struct api_addresses *addresses)
{
    api_of(engine)->addresses = *addresses;
}

/* --- reading */

static bool is_loopback(struct str address)
{
    return str_starts(address, STR("127.")) || str_starts(address, STR("[::1]")) ||
           str_starts(address, STR("[::ffff:127.")) || str_equal(address, STR("local"));
}

static void read_headers(struct request *request, const struct net_request *from)
{
    const struct {
        struct str name;
        struct str *to;
    } wanted[] = {
        { STR_INIT("authorization"), &request->authorization },
        { STR_INIT("content-type"), &request->content_type },
        { STR_INIT("cookie"), &request->cookie },
        { STR_INIT("host"), &request->host },
        { STR_INIT("idempotency-key"), &request->idempotency_key },
        { STR_INIT("if-match"), &request->if_match },
        { STR_INIT("last-event-id"), &request->last_event_id },
        { STR_INIT("origin"), &request->origin },
        { STR_INIT("sec-fetch-site"), &request->fetch_site },
    };

    for (uint32_t i = 0; i < from->header_count; i++)
        for (size_t j = 0; j < COUNT(wanted); j++)
            if (str_equal(from->headers[i].name, wanted[j].name))
                *wanted[j].to = from->headers[i].value;
}

/* The event's memory is gone when the sink returns; the request's lies in the turn's arena. */
static bool keep(struct arena *arena, struct request *request)
{
    struct str *spans[] = { &request->address,   &request->method,        &request->target,
                            &request->body,      &request->authorization, &request->content_type,
                            &request->cookie,    &request->host,          &request->idempotency_key,
                            &request->if_match,  &request->last_event_id, &request->origin,
                            &request->fetch_site };

    for (size_t i = 0; i < COUNT(spans); i++) {
        *spans[i] = arena_copy(arena, *spans[i]);
        if (!spans[i]->ptr)
            return false;
    }
    return true;
}

/* --- the turn of a request */

static bool is_type(struct str content_type, struct str want)
{
    struct str type;

    (void)str_cut(&content_type, ';', &type); /* text before the first ';' */
    return str_equal_nocase(str_trim(type), want);
}

static enum err check_body(struct request *request)
{
    bool csv = str_ends(request->operation->pattern, STR("/import")) ||
               (str_ends(request->operation->pattern, STR("/series/{kind}")) &&
                is_type(request->content_type, STR("text/csv")));

    if (request->body.len == 0 || csv || is_type(request->content_type, STR("application/json")))
        return ERR_NONE;
    return problem_set(request, ERR_MEDIA, "Content-Type must be application/json.");
}

static enum err check_need(struct turn *turn, struct request *request)
{
    int need = request->operation->need;
    enum err err = guard_identify(turn, request);

    if (need == NEED_NOTHING)
        return ERR_NONE;
    if (err != ERR_NONE)
        return err;
    if (need == NEED_LOCAL)
        return request->door == NET_DOOR_LOCAL
                   ? ERR_NONE
                   : problem_set(request, ERR_DENIED,
                                 "Only over the server's own socket: use the voltd command.");
    if (need == NEED_LOGIN || role_may(request->role, (enum right)need))
        return ERR_NONE;
    return problem_set(
        request, ERR_DENIED, "The role %.*s has no right %.*s.",
        STR_ARGS(request->role < ROLE_COUNT ? role_words[request->role] : STR("(none)")),
        STR_ARGS(right_words[need]));
}

/* When a key was used last, to the hour: not worth a commit each time. */
static void note_use(struct turn *turn)
{
    const struct key_row *key =
        turn->actor.kind == ACTOR_KEY ? TURN_FIND(turn, key, turn->actor.id) : NULL;

    if (key && turn->engine->storage_works && key->used_at < turn->now - 3600000)
        TURN_EDIT(turn, key, key)->used_at = turn->now;
}

static enum err handle(struct turn *turn, struct request *request)
{
    struct str allowed = STR_NONE;
    enum err err = route(request, turn->arena, &allowed);

    if (err == ERR_METHOD) {
        request->allow = allowed;
        return problem_set(request, err, "This path takes: %.*s.", STR_ARGS(allowed));
    }
    if (err == ERR_UNKNOWN_FIELD) {
        /* Who may not ask learns nothing about how to. */
        enum err denied = check_need(turn, request);
        if (denied != ERR_NONE)
            return denied;
        return problem_field(request, err, request->field,
                             "There is no parameter %.*s here, or it stands there twice.",
                             STR_ARGS(str_first(request->field, 100)));
    }
    if (err != ERR_NONE)
        return err;
    err = check_need(turn, request);
    if (err == ERR_NONE)
        err = guard_origin(request);
    if (err == ERR_NONE)
        err = check_body(request);
    if (err != ERR_NONE)
        return err;
    note_use(turn);
    if (request->idempotency_key.len && str_equal(request->method, STR("POST")))
        return idempotent(turn, request);
    return request->operation->fn(turn, request);
}

static void begin_answer(struct turn *turn, struct request *request)
{
    request->status = 200;
    request->query_count = 0;
    request->content_type_out = STR("application/json");
    request->location = request->etag = request->set_cookie = request->next_cursor = STR_NONE;
    request->detail = request->field = request->findings = STR_NONE;
    request->problem = NULL;
    request->call = (struct call_problem){ .sent_at = UTC_UNKNOWN };
    request->holds_secret = request->stream = false;
    request->retry_after_s = 0;
    buf_init_arena(&request->out, turn->arena, ANSWER_BYTES_MAX);
    request->json = json_writer(&request->out);
}

static enum err request_turn(struct turn *turn)
{
    struct request *request = turn->input;
    enum err err;

    request->turn = turn;
    begin_answer(turn, request);
    err = handle(turn, request);
    if (err == ERR_LATER)
        return err;
    if (err == ERR_NONE && request->out.overflow)
        err = problem_set(request, ERR_FULL, "The answer is too long: ask for a smaller page.");
    if (err != ERR_NONE) {
        turn_forget(turn);
        problem_write(request, err);
    }
    if (!request->stream)
        answer_send(turn, request);
    return ERR_NONE;
}

/* The turn itself failed: no memory, or nothing can be stored. */
static void request_ended(struct turn *turn, enum err err)
{
    struct request *request = turn->input;

    flight_end(turn, request, err);
    if (request->login_checked)
        request->api->logins_busy--;
    if (err == ERR_NONE)
        return;
    request->api->requests[5]++;
    problem_respond(turn->engine, request->conn, err,
                    err == ERR_STORAGE
                        ? STR("Nothing was changed. See /readyz for the reason, and try again.")
                        : STR_NONE);
}

static void start(struct engine *engine, const struct net_event *event)
{
    struct api *api = api_of(engine);
    struct request request = { .api = api,
                               .conn = event->conn,
                               .door = event->door,
                               .address = str_of(event->peer->address),
                               .tls = event->peer->tls,
                               .method = event->request->method,
                               .target = event->request->target,
                               .body = event->request->body };
    struct turn *turn;

    request.loopback = event->door == NET_DOOR_LOCAL || is_loopback(request.address);
    read_headers(&request, event->request);
    if (around_answer(engine, &request, event->request))
        return;
    turn = engine_turn(engine, request_turn, &request, sizeof request);
    if (!turn) {
        problem_respond(engine, event->conn, ERR_FULL, STR("The server is busy. Try again."));
        return;
    }
    turn->ended = request_ended;
    if (!keep(turn->arena, turn->input))
        turn->full = true; /* fails as a whole */
    (void)engine_go(turn); /* request_ended tells */
}

void api_net_event(struct engine *engine, const struct net_event *event)
{
    if (event->kind == NET_HTTP)
        start(engine, event);
    else if (event->kind == NET_HTTP_GONE)
        streams_gone(api_of(engine)->streams, event->conn);
}

void api_event(struct engine *engine, const struct event_row *event)
{
    streams_event(api_of(engine)->streams, event);
}

bool api_power_is_watched(const struct engine *engine)
{
    return streams_want(api_of(engine)->streams, TOPIC_SITE_POWER, 0);
}

void api_site_power(struct engine *engine, struct str body)
{
    streams_site_power(api_of(engine)->streams, body);
}

void api_logged(struct engine *engine, const struct log_entry *entry)
{
    streams_logged(api_of(engine)->streams, entry);
}

void api_storage(struct engine *engine, bool works)
{
    if (works) {
        streams_again(api_of(engine)->streams);
        power_adopt(engine);
        return;
    }
    flights_free(api_of(engine)); /* what was to land with a commit that failed never will */
    import_storage_failed(engine);
    put_storage_failed(engine);
}
