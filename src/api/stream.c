#include "api/stream.h"

#include <stdlib.h>

#include "api/shapes.h"
#include "api/state.h"
#include "domain/words.h"
#include "ocpp/ocpp.h"

enum {
    HEARTBEAT_MS = 15000,
    VALUES_MS = 100,     /* at most ten values a second for one session */
    PAGE = 500,          /* event rows read at once while catching up */
    QUEUE_MAX = 1 << 20, /* bytes that may wait for a slow reader */
    RETRY_MS = 250,      /* between looks at a slow reader */
    CHANGED_MAX = 4096,  /* sessions whose values changed since the last round */
};

enum stream_state {
    STREAM_CATCHING_UP, /* reads from the store, from `sent` on */
    STREAM_LIVE,
    STREAM_SLOW, /* its queue is full: nothing is sent until it is empty, then it catches up */
};

struct stream {
    struct stream *next;
    struct streams *streams;
    conn_id conn;
    enum stream_state state;
    uint32_t topics;
    int64_t station; /* 0: all */
    int64_t sent;    /* id of the last fact that it was told, or that was not for it */
    int64_t newest;  /* id of the newest fact there is */
    bool reading;    /* a turn reads for it */
    bool missed;     /* live messages passed it by while it was slow */
    mono_ms wrote_at;
    mono_ms took_at; /* slow: when it last took something */
    size_t queued;   /* slow: what waited for it then */
    struct timer timer;
};

struct streams {
    struct engine *engine;
    struct stream *first;
    uint32_t count, max;
    mono_ms stuck_ms; /* a slow reader that takes nothing for so long is closed */
    uint64_t stuck;   /* closed since they took nothing, ever */
    int64_t newest;   /* id of the newest fact that was committed while we ran */
    int64_t changed[CHANGED_MAX];
    uint32_t changed_count;
    struct timer values_timer;
};

struct streams *streams_new(struct engine *engine, const struct options *options)
{
    struct streams *streams = calloc(1, sizeof *streams);

    check(streams != NULL);
    streams->engine = engine;
    streams->max = (uint32_t)options->http_streams_max;
    streams->stuck_ms = (mono_ms)options->http_stream_stuck_s * 1000;
    return streams;
}

uint32_t streams_count(const struct streams *streams)
{
    return streams->count;
}

uint64_t streams_stuck(const struct streams *streams)
{
    return streams->stuck;
}

static void forget(struct stream *stream)
{
    struct streams *streams = stream->streams;
    struct stream **at = &streams->first;

    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    streams->count--;
    streams->engine->watch_log = streams->count > 0;
    timer_clear(&streams->engine->timers, &stream->timer);
    free(stream);
}

void streams_free(struct streams *streams)
{
    while (streams->first)
        forget(streams->first);
    timer_clear(&streams->engine->timers, &streams->values_timer);
    free(streams);
}

static struct stream *find(const struct streams *streams, conn_id conn)
{
    struct stream *stream = streams->first;

    while (stream && stream->conn != conn)
        stream = stream->next;
    return stream;
}

void streams_gone(struct streams *streams, conn_id conn)
{
    struct stream *stream = find(streams, conn);

    if (stream)
        forget(stream);
}

/* --- writing */

static bool wants(const struct stream *stream, enum topic topic, int64_t station)
{
    return topic < TOPIC_COUNT && stream->topics >> topic & 1 &&
           (!stream->station || stream->station == station);
}

bool streams_want(const struct streams *streams, enum topic topic, int64_t station)
{
    for (const struct stream *stream = streams->first; stream; stream = stream->next)
        if (stream->state == STREAM_LIVE && wants(stream, topic, station))
            return true;
    return false;
}

/* Sends; a reader whose queue is full by then is slow. False: it is gone. */
static bool send_text(struct stream *stream, struct str text)
{
    const struct net_port *net = &stream->streams->engine->host.net;
    size_t queued = net->stream(net->net, stream->conn, text, false);

    stream->wrote_at = stream->streams->engine->mono;
    if (queued == SIZE_MAX) {
        forget(stream);
        return false;
    }
    if (queued > QUEUE_MAX && stream->state != STREAM_SLOW) {
        stream->state = STREAM_SLOW;
        stream->missed = (stream->topics & TOPIC_BIT(MESSAGE)) != 0;
        stream->took_at = stream->wrote_at;
        stream->queued = queued;
    }
    return true;
}

static void put_event(struct buf *out, struct str name, int64_t id, struct str data)
{
    if (id) {
        buf_put(out, STR("id: "));
        buf_put_i64(out, id);
        buf_put_byte(out, '\n');
    }
    buf_put(out, STR("event: "));
    buf_put(out, name);
    buf_put(out, STR("\ndata: "));
    buf_put(out, data); /* one line: JSON from our writer has no line breaks */
    buf_put(out, STR("\n\n"));
}

/* --- live values */

/* What open sessions draw, for a reader that starts or comes back. */
static bool send_snapshot(struct turn *turn, struct stream *stream)
{
    const struct session_row *session;
    struct buf out;

    if (!(stream->topics & TOPIC_BIT(VALUE)))
        return true;
    buf_init_arena(&out, turn->arena, 4u << 20);
    for (uint32_t at = 0; (session = world_next(turn_world(turn), ROW_session, &at));) {
        const struct station_row *station = TURN_FIND(turn, station, session->station);
        struct json_writer json;
        struct buf data;
        if (session->state != SESSION_OPEN || !station ||
            !wants(stream, TOPIC_VALUE, session->station))
            continue;
        buf_init_arena(&data, turn->arena, 4096);
        json = json_writer(&data);
        value_json(turn, &json, session, station->identity, turn->now);
        put_event(&out, topic_word(TOPIC_VALUE), 0, buf_str(&data));
    }
    return out.len == 0 || out.overflow || send_text(stream, buf_str(&out));
}

/* One value to all who want it. */
static void tell_all(struct streams *streams, enum topic topic, int64_t station, struct str text)
{
    for (struct stream *stream = streams->first, *next; stream; stream = next) {
        next = stream->next;
        if (stream->state == STREAM_LIVE && wants(stream, topic, station))
            (void)send_text(stream, text); /* a reader that is gone was forgotten */
    }
}

static enum err values_turn(struct turn *turn)
{
    struct streams *streams = api_of(turn->engine)->streams;

    for (uint32_t i = 0; i < streams->changed_count; i++) {
        const struct session_row *session = TURN_FIND(turn, session, streams->changed[i]);
        const struct station_row *station =
            session ? TURN_FIND(turn, station, session->station) : NULL;
        struct json_writer json;
        struct buf data, out;
        if (!station)
            continue;
        buf_init_arena(&data, turn->arena, 4096);
        buf_init_arena(&out, turn->arena, 4096);
        json = json_writer(&data);
        value_json(turn, &json, session, station->identity, turn->now);
        put_event(&out, topic_word(TOPIC_VALUE), 0, buf_str(&data));
        tell_all(streams, TOPIC_VALUE, session->station, buf_str(&out));
    }
    streams->changed_count = 0;
    return ERR_NONE;
}

static void values_due(struct timer *timer, void *context)
{
    struct turn *turn = engine_turn(context, values_turn, NULL, 0);

    (void)timer;
    if (turn)
        (void)engine_go(turn); /* the next round tells what this one could not */
}

static void note_changed(struct streams *streams, int64_t session)
{
    struct engine *engine = streams->engine;

    for (uint32_t i = 0; i < streams->changed_count; i++)
        if (streams->changed[i] == session)
            return;
    if (streams->changed_count < CHANGED_MAX)
        streams->changed[streams->changed_count++] = session;
    if (!timer_is_set(&streams->values_timer))
        timer_set(&engine->timers, &streams->values_timer, engine->mono + VALUES_MS, values_due);
}

void streams_site_power(struct streams *streams, struct str body)
{
    struct arena arena;
    struct buf out;

    arena_init(&arena, &streams->engine->pool, 0);
    buf_init_arena(&out, &arena, 4u << 20);
    put_event(&out, topic_word(TOPIC_SITE_POWER), 0, body);
    if (!out.overflow)
        tell_all(streams, TOPIC_SITE_POWER, 0, buf_str(&out));
    arena_reset(&arena);
}

/* --- live messages */

struct message_input {
    struct log_entry entry;
};

static enum err message_turn(struct turn *turn)
{
    const struct message_input *input = turn->input;
    const struct station_row *station = TURN_FIND(turn, station, input->entry.station);
    struct json_writer json;
    struct buf data, out;

    if (!station)
        return ERR_NONE;
    buf_init_arena(&data, turn->arena, 4u << 20);
    buf_init_arena(&out, turn->arena, 4u << 20);
    json = json_writer(&data);
    message_json(turn, &json, &input->entry,
                 arena_printf(turn->arena, "live-%lld", (long long)turn_new_id(turn)),
                 station->identity);
    put_event(&out, topic_word(TOPIC_MESSAGE), 0, buf_str(&data));
    if (!data.overflow && !out.overflow)
        tell_all(api_of(turn->engine)->streams, TOPIC_MESSAGE, station->id, buf_str(&out));
    return ERR_NONE;
}

void streams_logged(struct streams *streams, const struct log_entry *entry)
{
    const struct message_input input = { *entry };
    struct turn *turn;

    if (entry->session && entry->kind == LOG_IN)
        note_changed(streams, entry->session);
    if (log_is_redo(entry->kind) || !entry->station ||
        !streams_want(streams, TOPIC_MESSAGE, entry->station))
        return;
    turn = engine_turn(streams->engine, message_turn, &input, sizeof input);
    if (turn)
        (void)engine_go(turn); /* runs at once, while the entry's spans are valid */
}

/* --- facts */

static void become_live(struct turn *turn, struct stream *stream)
{
    stream->state = STREAM_LIVE;
    if (stream->missed) {
        stream->missed = false;
        if (!send_text(stream, STR("event: lost\ndata: {\"topics\":[\"message\"]}\n\n")))
            return;
    }
    (void)send_snapshot(turn, stream); /* a reader that is gone was forgotten */
}

static void catch_up(struct stream *stream);

struct catching {
    conn_id conn;
};

/* Tells a page of event rows. The rows come from the store, so they are durable; a turn that only
 * reads may send. */
static enum err read_turn(struct turn *turn)
{
    const struct catching *catching = turn->input;
    struct streams *streams = api_of(turn->engine)->streams;
    struct stream *stream = find(streams, catching->conn);
    struct store_query query = { .kind = ROW_event, .limit = PAGE, .has_after = true };
    struct store_rows rows;
    struct buf out;
    enum err err;

    if (!stream)
        return ERR_NONE;
    query.after_value = query.after_id = stream->sent;
    err = turn_query(turn, &query, &rows);
    if (err != ERR_NONE)
        return err;
    buf_init_arena(&out, turn->arena, 6u << 20);
    for (uint32_t i = 0; i < rows.count && out.len < QUEUE_MAX; i++) {
        const struct event_row *event = rows.rows[i];
        if (wants(stream, topic_find(event->topic), event->station))
            put_event(&out, event->topic, event->id, event->body);
        stream->sent = event->id;
    }
    stream->reading = false;
    if (out.len && !send_text(stream, buf_str(&out)))
        return ERR_NONE;
    if (stream->state == STREAM_CATCHING_UP &&
        (rows.count == PAGE || stream->newest > stream->sent))
        catch_up(stream);
    else if (stream->state == STREAM_CATCHING_UP)
        become_live(turn, stream);
    return ERR_NONE;
}

static void read_ended(struct turn *turn, enum err err)
{
    const struct catching *catching = turn->input;
    struct stream *stream =
        err == ERR_NONE ? NULL : find(api_of(turn->engine)->streams, catching->conn);

    if (stream)
        stream->reading = false; /* the timer tries again */
}

static void catch_up(struct stream *stream)
{
    const struct catching catching = { stream->conn };
    struct turn *turn;

    if (stream->reading)
        return;
    turn = engine_turn(stream->streams->engine, read_turn, &catching, sizeof catching);
    if (!turn)
        return; /* the timer tries again */
    stream->reading = true;
    turn->ended = read_ended;
    (void)engine_go(turn); /* read_ended tells */
}

void streams_event(struct streams *streams, const struct event_row *event)
{
    struct arena arena;
    struct buf out;
    enum topic topic = topic_find(event->topic);

    streams->newest = event->id > streams->newest ? event->id : streams->newest;
    if (!streams->first)
        return;
    arena_init(&arena, &streams->engine->pool, 4u << 20);
    buf_init_arena(&out, &arena, 2u << 20);
    put_event(&out, event->topic, event->id, event->body);
    for (struct stream *stream = streams->first, *next; stream; stream = next) {
        next = stream->next;
        stream->newest = event->id;
        if (stream->state != STREAM_LIVE)
            continue; /* it finds it in the store */
        stream->sent = event->id;
        if (wants(stream, topic, event->station) && !out.overflow)
            (void)send_text(stream, buf_str(&out)); /* a reader that is gone was forgotten */
    }
    arena_reset(&arena);
}

/* How a slow reader gets on. False: it was closed, or is gone. */
static bool look_at_slow(struct stream *stream)
{
    struct engine *engine = stream->streams->engine;
    const struct net_port *net = &engine->host.net;
    size_t queued = net->stream(net->net, stream->conn, STR_NONE, false);

    if (queued < stream->queued) {
        stream->queued = queued;
        stream->took_at = engine->mono;
    }
    if (queued == 0)
        stream->state = STREAM_CATCHING_UP;
    if (queued != SIZE_MAX && engine->mono < stream->took_at + stream->streams->stuck_ms)
        return true;
    if (queued != SIZE_MAX) {
        stream->streams->stuck++;
        net->close(net->net, stream->conn, 1013, STR("the stream is not read"), true);
    }
    forget(stream);
    return false;
}

/* Heartbeats, and a new look at readers that were slow. */
static void look(struct timer *timer, void *context)
{
    struct stream *stream = CONTAINER_OF(timer, struct stream, timer);
    struct engine *engine = context;
    bool slow = stream->state == STREAM_SLOW;

    if (slow && !look_at_slow(stream))
        return;
    if (!slow && engine->mono >= stream->wrote_at + HEARTBEAT_MS &&
        !send_text(stream, STR(": still here\n\n")))
        return;
    timer_set(&engine->timers, timer, engine->mono + (slow ? RETRY_MS : HEARTBEAT_MS / 3), look);
    if (stream->state == STREAM_CATCHING_UP)
        catch_up(stream);
}

void streams_again(struct streams *streams)
{
    for (struct stream *stream = streams->first; stream; stream = stream->next)
        if (stream->state == STREAM_LIVE)
            stream->state =
                STREAM_CATCHING_UP; /* what was void never was; what came since is in the store */
}

/* --- opening */

struct opening {
    conn_id conn;
    uint32_t topics;
    int64_t station, sent;
    bool reset; /* facts between are gone */
};

static void open_stream(struct engine *engine, void *data)
{
    static const struct net_header headers[] = {
        { STR_INIT("content-type"), STR_INIT("text/event-stream") },
        { STR_INIT("cache-control"), STR_INIT("no-store") },
        { STR_INIT("x-content-type-options"), STR_INIT("nosniff") },
        { STR_INIT("x-accel-buffering"), STR_INIT("no") },
    };
    const struct net_response response = {
        .status = 200, .headers = headers, .header_count = COUNT(headers), .stream = true
    };
    const struct opening *opening = data;
    struct streams *streams = api_of(engine)->streams;
    struct stream *stream = calloc(1, sizeof *stream);

    check(stream != NULL);
    *stream = (struct stream){ .next = streams->first,
                               .streams = streams,
                               .conn = opening->conn,
                               .topics = opening->topics,
                               .station = opening->station,
                               .sent = opening->sent,
                               .newest = streams->newest,
                               .wrote_at = engine->mono };
    streams->first = stream;
    streams->count++;
    engine->watch_log = true;
    engine->host.net.respond(engine->host.net.net, stream->conn, &response);
    timer_set(&engine->timers, &stream->timer, engine->mono + HEARTBEAT_MS / 3, look);
    if (!send_text(stream, opening->reset ? STR("retry: 2000\nevent: reset\ndata: {}\n\n")
                                          : STR("retry: 2000\n: hello\n\n")))
        return;
    catch_up(stream);
}

/* The newest fact in the store: where a stream without Last-Event-ID starts. */
static enum err newest_fact(struct turn *turn, int64_t *id)
{
    static const struct store_query query = { .kind = ROW_event, .descending = true, .limit = 1 };
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    if (err == ERR_NONE)
        *id = rows.count ? ((const struct event_row *)rows.rows[0])->id : 0;
    return err;
}

/* Is the fact still there that the reader names? Older ones are removed after store.events_days. */
static enum err is_gone(struct turn *turn, int64_t id, bool *gone)
{
    static const struct store_query query = { .kind = ROW_event, .limit = 1 };
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    if (err == ERR_NONE)
        *gone = rows.count && ((const struct event_row *)rows.rows[0])->id > id;
    return err;
}

request_fn events_open;

enum err events_open(struct turn *turn, struct request *request)
{
    const struct str *list = query_find(request, "topics"),
                     *from = query_find(request, "last_event_id");
    struct str last = request->last_event_id.len ? request->last_event_id
                      : from                     ? *from
                                                 : STR_NONE,
               wrong;
    struct opening opening = { .conn = request->conn };
    const struct streams *streams = request->api->streams;
    enum err err;

    if (!topics_parse(list ? *list : STR_NONE, &opening.topics, &wrong))
        return problem_field(request, ERR_BAD_VALUE, STR("topics"), "There is no topic %.*s.",
                             STR_ARGS(str_first(wrong, 100)));
    opening.topics &= topics_of_role(request->role);
    query_station(turn, request, "station", &opening.station);
    if (opening.station < 0)
        return problem_field(request, ERR_BAD_VALUE, STR("station"), "There is no such station.");
    if (opening.topics & TOPIC_BIT(MESSAGE) && !opening.station)
        return problem_field(request, ERR_BAD_OCCURRENCE, STR("station"),
                             "The topic message needs a station.");
    opening.sent = id_parse(last);
    if (last.len && !opening.sent)
        return problem_field(request, ERR_BAD_VALUE, STR("last_event_id"),
                             "It is no id of an event.");
    if (streams->count >= streams->max) {
        request->retry_after_s = 10;
        return problem_set(request, ERR_FULL, "Too many streams are open (http.streams_max).");
    }
    err = last.len ? is_gone(turn, opening.sent, &opening.reset) : newest_fact(turn, &opening.sent);
    if (err != ERR_NONE)
        return err;
    if (!last.len && streams->newest > opening.sent)
        opening.sent = streams->newest;
    request->stream = true;
    turn_after(turn, open_stream, &opening, sizeof opening);
    return ERR_NONE;
}
