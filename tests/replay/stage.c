#include "stage.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

struct stage_event {
    struct stage_event *next;
    utc_ms at;
    void (*fn)(void *arg);
    void *arg;
};

/* --- time ---------------------------------------------------------------- */

static utc_ms stage_now(void *world)
{
    return ((struct stage *)world)->now;
}

/* Events of one moment happen in the order in which they were made. */
static void stage_at(void *world, utc_ms when, void (*fn)(void *arg), void *arg)
{
    struct stage *stage = world;
    struct stage_event **place = &stage->events;
    struct stage_event *event = malloc(sizeof *event);

    check(event != NULL);
    while (*place && (*place)->at <= when)
        place = &(*place)->next;
    *event = (struct stage_event){ .next = *place, .at = when, .fn = fn, .arg = arg };
    *place = event;
}

void stage_run(struct stage *stage, int64_t ms)
{
    utc_ms until = stage->now + ms;

    server_step(&stage->server, stage->now);
    while (stage->events && stage->events->at <= until) {
        struct stage_event *event = stage->events;
        stage->events = event->next;
        if (event->at > stage->now)
            stage->now = event->at;
        event->fn(event->arg);
        free(event);
        server_step(&stage->server, stage->now);
    }
    stage->now = until;
    server_step(&stage->server, stage->now);
}

/* --- the server's end ---------------------------------------------------- */

static struct stage_conn *conn_of(struct stage *stage, conn_id id)
{
    struct stage_conn *conn = stage->conns;

    while (conn && conn->id != id)
        conn = conn->next;
    return conn;
}

static bool port_accept(void *net, conn_id id, const struct net_accept *accept)
{
    struct stage_conn *conn = conn_of(net, id);

    check(conn->state == STAGE_WAITS || !conn->server_has_it);
    if (!conn->server_has_it)
        return false;
    conn->state = STAGE_OPEN;
    conn->status = 101;
    (void)snprintf(conn->subprotocol, sizeof conn->subprotocol, "%.*s",
                   STR_ARGS(accept->subprotocol)); /* the known ones are short */
    if (accept->then_close) {
        conn->state = STAGE_CLOSED;
        conn->close_code = 1002;
        conn->server_has_it = false;
    }
    return true;
}

static void port_reject(void *net, conn_id id, const struct net_response *response)
{
    struct stage_conn *conn = conn_of(net, id);

    check(conn->state == STAGE_WAITS || !conn->server_has_it); /* one answer a handshake */
    if (!conn->server_has_it)
        return;
    conn->state = STAGE_REFUSED;
    conn->status = response->status;
    conn->server_has_it = false;
}

static bool port_send(void *net, conn_id id, struct str text)
{
    struct stage_conn *conn = conn_of(net, id);
    struct stage_frame *frame;

    if (!conn->server_has_it || conn->state == STAGE_CLOSED || conn->reads_nothing)
        return false;
    check(conn->state == STAGE_OPEN); /* nothing is said before the handshake */
    if (conn->silent)
        return true;
    frame = malloc(sizeof *frame + text.len);
    check(frame != NULL);
    frame->next = NULL;
    frame->len = text.len;
    memcpy(frame->text, text.ptr, text.len);
    *conn->heard_end = frame;
    conn->heard_end = &frame->next;
    return true;
}

static void tell_closed(void *arg)
{
    struct stage_conn *conn = arg;
    const struct net_event event = { .kind = NET_CLOSED,
                                     .door = conn->door,
                                     .conn = conn->id,
                                     .close_code = conn->close_code ? conn->close_code : 1006,
                                     .why = "over" };

    if (!conn->server_has_it)
        return;
    conn->server_has_it = false;
    server_net_event(&conn->stage->server, &event);
}

static void port_close(void *net, conn_id id, uint16_t code, struct str reason, bool drop)
{
    struct stage_conn *conn = conn_of(net, id);

    (void)reason; /* for people */
    (void)drop;   /* what was sent has arrived here */
    if (!conn->server_has_it || conn->state != STAGE_OPEN)
        return;
    conn->state = STAGE_CLOSED;
    conn->close_code = code;
    stage_at(net, conn->stage->now + 1, tell_closed, conn);
}

static void tell_pong(void *arg)
{
    struct stage_conn *conn = arg;
    const struct net_event event = { .kind = NET_PONG, .door = conn->door, .conn = conn->id };

    if (conn->server_has_it && conn->state == STAGE_OPEN)
        server_net_event(&conn->stage->server, &event);
}

static void port_ping(void *net, conn_id id, struct str payload)
{
    struct stage_conn *conn = conn_of(net, id);

    (void)payload; /* the core takes any pong */
    conn->pings++;
    if (conn->state == STAGE_OPEN && !conn->silent)
        stage_at(net, conn->stage->now + 1, tell_pong, conn);
}

static void port_refuse(void *net, enum net_door door, bool refuse)
{
    ((struct stage *)net)->refuses[door] = refuse;
}

/* A killed server has no connections. */
static void stage_up(void *world, bool up)
{
    struct stage *stage = world;

    memset(stage->refuses, 0, sizeof stage->refuses);
    for (struct stage_conn *conn = stage->conns; conn && !up; conn = conn->next) {
        conn->server_has_it = false;
        if (conn->state == STAGE_OPEN || conn->state == STAGE_WAITS) {
            conn->state = STAGE_CLOSED;
            conn->close_code = 1006;
        }
    }
}

/* --- the station's end --------------------------------------------------- */

struct stage_conn *stage_find(const struct stage *stage, struct str name)
{
    struct stage_conn *conn = stage->conns;

    while (conn && !str_equal(str_of(conn->name), name))
        conn = conn->next;
    return conn;
}

static struct str basic(struct arena *arena, struct str user, struct str password)
{
    struct str plain = arena_printf(arena, "%.*s:%.*s", STR_ARGS(user), STR_ARGS(password));
    char *text = arena_alloc(arena, 4 * (plain.len / 3 + 1) + 1);

    check(text != NULL);
    (void)EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)plain.ptr,
                          (int)plain.len); /* its length is that of the text */
    return arena_printf(arena, "Basic %s", text);
}

static void shake_hands(struct stage_conn *conn, const struct stage_hello *hello)
{
    struct net_peer peer = { .address = "192.0.2.1:40000",
                             .plain_private = true,
                             .tls = hello->door != NET_DOOR_OCPP };
    struct net_header headers[2];
    struct net_request request = { .method = STR_INIT("GET"),
                                   .target = hello->target,
                                   .headers = headers };
    const struct net_event event = { .kind = NET_UPGRADE,
                                     .door = hello->door,
                                     .conn = conn->id,
                                     .peer = &peer,
                                     .request = &request };
    struct arena arena;

    arena_init(&arena, NULL, 0);
    text_printf(peer.common_name, sizeof peer.common_name, "%.*s", STR_ARGS(hello->certificate));
    if (hello->has_subprotocols)
        headers[request.header_count++] =
            (struct net_header){ STR("sec-websocket-protocol"), hello->subprotocols };
    if (hello->has_password)
        headers[request.header_count++] =
            (struct net_header){ STR("authorization"),
                                 basic(&arena, hello->user, hello->password) };
    server_net_event(&conn->stage->server, &event);
    arena_reset(&arena);
}

struct stage_conn *stage_connect(struct stage *stage, const struct stage_hello *hello)
{
    struct stage_conn *conn = calloc(1, sizeof *conn);

    check(conn != NULL);
    check(hello->name.len < STAGE_NAME_MAX);
    memcpy(conn->name, hello->name.ptr, hello->name.len);
    conn->stage = stage;
    conn->id = ++stage->last_conn;
    conn->door = hello->door;
    conn->heard_end = &conn->heard;
    conn->next = stage->conns;
    stage->conns = conn;
    if (!stage->server.up || stage->refuses[hello->door]) {
        conn->state = STAGE_REFUSED; /* nobody listens: no status */
        return conn;
    }
    conn->server_has_it = true;
    shake_hands(conn, hello);
    return conn;
}

void stage_say(struct stage_conn *conn, struct str text)
{
    const struct net_event event = {
        .kind = NET_TEXT, .door = conn->door, .conn = conn->id, .text = text
    };

    if (conn->server_has_it && conn->state == STAGE_OPEN)
        server_net_event(&conn->stage->server, &event);
}

void stage_hang_up(struct stage_conn *conn, uint16_t code, size_t oversize_bytes)
{
    const struct net_event event = { .kind = NET_CLOSED,
                                     .door = conn->door,
                                     .conn = conn->id,
                                     .close_code = code,
                                     .oversize_bytes = oversize_bytes,
                                     .why = "the station hung up" };
    bool was_open = conn->state == STAGE_OPEN;

    conn->state = STAGE_CLOSED;
    if (!conn->server_has_it)
        return;
    conn->server_has_it = false;
    if (was_open) /* of others the server is told nothing (net.h) */
        server_net_event(&conn->stage->server, &event);
}

struct stage_frame *stage_take(struct stage_conn *conn)
{
    struct stage_frame *frame = conn->heard;

    if (!frame)
        return NULL;
    conn->heard = frame->next;
    if (!conn->heard)
        conn->heard_end = &conn->heard;
    return frame;
}

/* --- life ---------------------------------------------------------------- */

static struct net_port port_of(struct stage *stage)
{
    struct net_port port = net_port_of_nobody(stage); /* no HTTP, and a script is read at once */

    port.accept = port_accept;
    port.reject = port_reject;
    port.send = port_send;
    port.ping = port_ping;
    port.close = port_close;
    port.refuse = port_refuse;
    return port;
}

void stage_init(struct stage *stage, const struct ocpp_config *config, utc_ms start_at)
{
    const struct server_world world = {
        .world = stage,
        .now = stage_now,
        .at = stage_at,
        .up = stage_up,
        .net = port_of(stage),
    };

    *stage = (struct stage){ .now = start_at };
    server_init(&stage->server, &world, config, 1);
}

void stage_fini(struct stage *stage)
{
    while (stage->events) { /* what the disk still holds of the server's is freed by it */
        struct stage_event *event = stage->events;
        stage->events = event->next;
        free(event);
    }
    while (stage->conns) {
        struct stage_conn *conn = stage->conns;
        struct stage_frame *frame;
        stage->conns = conn->next;
        while ((frame = stage_take(conn)))
            free(frame);
        free(conn);
    }
}
