#include "world/sim_world.h"

#include <stdlib.h>

#include "sim/basic.h"

enum event_kind {
    EVENT_UPGRADE, /* to the server */
    EVENT_UP_TEXT,
    EVENT_UP_CLOSED,
    EVENT_UP_PONG,
    EVENT_OPENED, /* to the station */
    EVENT_DOWN_TEXT,
    EVENT_DOWN_CLOSED,
    EVENT_CALL, /* of sim_world_at */
};

struct sim_world_event {
    utc_ms at;
    uint64_t number;
    enum event_kind kind;
    conn_id conn;
    uint32_t len;
    char *text;
    void (*fn)(void *arg);
    void *arg;
};

/* One connection as both ends see it. */
struct sim_world_conn {
    uint32_t station;
    bool client, server;   /* each end still holds it */
    bool lost;             /* nothing comes through, either way */
    utc_ms up_at, down_at; /* the last delivery each way: order is kept */
};

struct sim_world_seat {
    struct sim_world *world;
    struct str password;
    uint32_t station;
    conn_id conn; /* the current one; 0: none */
    char subprotocol[16];
};

static bool before(const struct sim_world_event *a, const struct sim_world_event *b)
{
    return a->at < b->at || (a->at == b->at && a->number < b->number);
}

static void grow(void **items, uint32_t *cap, size_t size)
{
    uint32_t wanted = *cap ? *cap * 2 : 64;
    void *grown = realloc(*items, wanted * size);

    check(grown != NULL); /* a world without memory has ended */
    *items = grown;
    *cap = wanted;
}

static void push(struct sim_world *world, struct sim_world_event event)
{
    struct sim_world_event *events;
    uint32_t at = world->event_count;

    if (world->event_count == world->event_cap) {
        void *items = world->events;
        grow(&items, &world->event_cap, sizeof *world->events);
        world->events = items;
    }
    events = world->events;
    event.number = ++world->event_number;
    world->event_count++;
    while (at > 0 && before(&event, &events[(at - 1) / 2])) {
        events[at] = events[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    events[at] = event;
}

static struct sim_world_event pop(struct sim_world *world)
{
    struct sim_world_event *events = world->events, first = events[0],
                           last = events[--world->event_count];
    uint32_t at = 0;

    for (uint32_t child = 1; child < world->event_count; child = 2 * at + 1) {
        if (child + 1 < world->event_count && before(&events[child + 1], &events[child]))
            child++;
        if (!before(&events[child], &last))
            break;
        events[at] = events[child];
        at = child;
    }
    events[at] = last;
    return first;
}

static struct sim_world_conn *find_conn(struct sim_world *world, conn_id conn)
{
    return conn >= 1 && conn <= world->conn_count ? &world->conns[conn - 1] : NULL;
}

/* Something is on its way: later than now, and not before what went the same way. */
static void deliver(struct sim_world *world, conn_id id, enum event_kind kind, struct str text)
{
    struct sim_world_conn *conn = find_conn(world, id);
    bool up = kind <= EVENT_UP_PONG;
    utc_ms *last = up ? &conn->up_at : &conn->down_at;
    utc_ms at = world->now +
                rand_range(&world->rand, world->config.delay_min_ms, world->config.delay_max_ms);
    struct sim_world_event event = { .kind = kind, .conn = id, .len = text.len };

    if (conn->lost)
        return;
    event.at = *last = at > *last ? at : *last;
    if (text.len > 0) {
        event.text = malloc(text.len);
        check(event.text != NULL);
        memcpy(event.text, text.ptr, text.len);
    }
    push(world, event);
}

/* --- the station's end --- */

static void link_connect(void *host, struct str subprotocol)
{
    struct sim_world_seat *seat = host;
    struct sim_world *world = seat->world;

    if (world->conn_count == world->conn_cap) {
        void *items = world->conns;
        grow(&items, &world->conn_cap, sizeof *world->conns);
        world->conns = items;
    }
    check(subprotocol.len < sizeof seat->subprotocol);
    memcpy(seat->subprotocol, subprotocol.ptr, subprotocol.len);
    seat->subprotocol[subprotocol.len] = '\0';
    world->conns[world->conn_count++] =
        (struct sim_world_conn){ .station = seat->station, .client = true };
    seat->conn = world->conn_count;
    deliver(world, seat->conn, EVENT_UPGRADE, STR_NONE);
}

static bool link_send(void *host, struct str text)
{
    struct sim_world_seat *seat = host;

    if (seat->conn == 0)
        return false; /* closed in this very moment; the station has not heard of it yet */
    deliver(seat->world, seat->conn, EVENT_UP_TEXT, text);
    return true;
}

/* A cut connection of which the far end hears, unless it was half open. */
static void link_end(void *host)
{
    struct sim_world_seat *seat = host;
    struct sim_world_conn *conn = find_conn(seat->world, seat->conn);

    if (!conn || !conn->client)
        return;
    conn->lost |= seat->world->stations[seat->station].half_open;
    deliver(seat->world, seat->conn, EVENT_UP_CLOSED, STR_NONE);
    conn->client = false;
    seat->conn = 0;
}

/* --- the server's end --- */

static bool port_accept(void *net, conn_id id, const struct net_accept *accept)
{
    struct sim_world *world = net;
    struct sim_world_conn *conn = find_conn(world, id);
    struct sim_world_seat *seat;

    if (!conn || !conn->server)
        return false;
    seat = &world->seats[conn->station];
    if (accept->then_close || !str_equal(accept->subprotocol, str_of(seat->subprotocol))) {
        conn->server = false;
        deliver(world, id, EVENT_DOWN_CLOSED, STR_NONE);
        return true;
    }
    deliver(world, id, EVENT_OPENED, STR_NONE);
    return true;
}

static void port_end(struct sim_world *world, conn_id id, bool tell_server)
{
    struct sim_world_conn *conn = find_conn(world, id);

    if (!conn || !conn->server)
        return;
    deliver(world, id, EVENT_DOWN_CLOSED, STR_NONE);
    if (tell_server)
        deliver(world, id, EVENT_UP_CLOSED, STR_NONE);
    else
        conn->server = false;
}

static void port_reject(void *net, conn_id id, const struct net_response *response)
{
    (void)response; /* a station does not read pages */
    port_end(net, id, false);
}

static bool port_send(void *net, conn_id id, struct str text)
{
    struct sim_world *world = net;
    struct sim_world_conn *conn = find_conn(world, id);

    if (!conn || !conn->server)
        return false;
    deliver(world, id, EVENT_DOWN_TEXT, text);
    return true;
}

static void port_ping(void *net, conn_id id, struct str payload)
{
    struct sim_world *world = net;
    struct sim_world_conn *conn = find_conn(world, id);

    if (!conn || !conn->server || world->stations[conn->station].half_open || !conn->client)
        return;
    deliver(world, id, EVENT_UP_PONG, payload);
}

static void port_close(void *net, conn_id id, uint16_t code, struct str reason, bool drop)
{
    struct sim_world *world = net;
    struct sim_world_conn *conn = find_conn(world, id);

    (void)code;
    (void)reason; /* stations only note that it is over */
    (void)drop;
    if (!conn || !conn->server)
        return;
    /* CLOSED is told to the server in any case, also where the far end is silent. */
    if (conn->lost || !conn->client || world->stations[conn->station].half_open) {
        struct sim_world_event event = { .kind = EVENT_UP_CLOSED, .conn = id, .at = world->now };
        push(world, event);
        conn->lost = true;
        return;
    }
    port_end(world, id, true);
}

static void port_refuse(void *net, enum net_door door, bool refuse)
{
    (void)door;
    ((struct sim_world *)net)->refusing = refuse;
}

struct net_port sim_world_port(struct sim_world *world)
{
    struct net_port port = net_port_of_nobody(world); /* no HTTP, and nothing to be held back */

    port.accept = port_accept;
    port.reject = port_reject;
    port.send = port_send;
    port.ping = port_ping;
    port.close = port_close;
    port.refuse = port_refuse;
    return port;
}

/* --- what arrives --- */

static struct str basic(struct arena *arena, struct str user, struct str password)
{
    struct buf out;

    buf_init_arena(&out, arena, 4096);
    buf_put(&out, STR("Basic "));
    sim_put_basic(&out, user, password);
    check(!out.overflow);
    return buf_str(&out);
}

static void arrive_upgrade(struct sim_world *world, conn_id id)
{
    struct sim_world_conn *conn = find_conn(world, id);
    const struct sim_world_seat *seat = &world->seats[conn->station];
    struct str identity = world->stations[conn->station].setup.id;
    struct arena *arena = &world->shared.arena;
    struct net_peer peer = { .address = "192.0.2.1:40000", .plain_private = true };
    struct net_header headers[2];
    struct net_request request = { .method = STR_INIT("GET"), .headers = headers };
    struct net_event event = {
        .kind = NET_UPGRADE, .door = NET_DOOR_OCPP, .conn = id, .peer = &peer, .request = &request
    };

    if (world->refusing || !world->server_up) {
        deliver(world, id, EVENT_DOWN_CLOSED, STR_NONE);
        return;
    }
    conn->server = true;
    request.target = arena_printf(arena, "/ocpp/%.*s", STR_ARGS(identity));
    if (seat->subprotocol[0])
        headers[request.header_count++] =
            (struct net_header){ STR("sec-websocket-protocol"), str_of(seat->subprotocol) };
    if (seat->password.len > 0)
        headers[request.header_count++] =
            (struct net_header){ STR("authorization"), basic(arena, identity, seat->password) };
    world->config.sink(world->config.sink_arg, &event);
    arena_reset(arena);
}

static void arrive_up(struct sim_world *world, const struct sim_world_event *event)
{
    struct sim_world_conn *conn = find_conn(world, event->conn);
    struct net_event told = { .conn = event->conn,
                              .door = NET_DOOR_OCPP,
                              .text = { event->text, event->len } };

    if (!conn->server)
        return;
    told.kind = event->kind == EVENT_UP_TEXT   ? NET_TEXT
                : event->kind == EVENT_UP_PONG ? NET_PONG
                                               : NET_CLOSED;
    if (told.kind == NET_CLOSED) {
        conn->server = false;
        told.text = STR_NONE;
        told.close_code = 1006;
        told.why = "the connection broke";
    }
    world->config.sink(world->config.sink_arg, &told);
}

static void arrive_down(struct sim_world *world, const struct sim_world_event *event)
{
    struct sim_world_conn *conn = find_conn(world, event->conn);
    struct sim_station *station = &world->stations[conn->station];

    if (!conn->client || world->seats[conn->station].conn != event->conn)
        return;
    if (event->kind == EVENT_OPENED) {
        sim_station_opened(station, world->now);
    } else if (event->kind == EVENT_DOWN_TEXT) {
        sim_station_text(station, world->now, (struct str){ event->text, event->len });
    } else {
        conn->client = false;
        world->seats[conn->station].conn = 0;
        sim_station_closed(station, world->now);
    }
    schedule_set(&world->schedule, conn->station, sim_station_wake(station));
}

static void happen(struct sim_world *world)
{
    struct sim_world_event event = pop(world);

    switch (event.kind) {
    case EVENT_UPGRADE:
        arrive_upgrade(world, event.conn);
        break;
    case EVENT_UP_TEXT:
    case EVENT_UP_CLOSED:
    case EVENT_UP_PONG:
        arrive_up(world, &event);
        break;
    case EVENT_OPENED:
    case EVENT_DOWN_TEXT:
    case EVENT_DOWN_CLOSED:
        arrive_down(world, &event);
        break;
    case EVENT_CALL:
        event.fn(event.arg);
        break;
    }
    free(event.text);
}

/* --- time --- */

utc_ms sim_world_next(const struct sim_world *world)
{
    utc_ms wake = UTC_NEVER;

    if (world->station_count > 0)
        (void)schedule_first(&world->schedule, &wake); /* only when matters here */
    if (world->event_count > 0 && world->events[0].at < wake)
        wake = world->events[0].at;
    return wake > world->now ? wake : world->now;
}

void sim_world_run(struct sim_world *world, utc_ms at)
{
    check(at >= world->now);
    while (sim_world_next(world) <= at) {
        utc_ms wake = UTC_NEVER;
        uint32_t first = world->station_count > 0 ? schedule_first(&world->schedule, &wake) : 0;
        bool event_first = world->event_count > 0 && world->events[0].at <= wake;

        world->now = sim_world_next(world);
        if (event_first) {
            happen(world);
            continue;
        }
        sim_station_step(&world->stations[first], world->now);
        schedule_set(&world->schedule, first, sim_station_wake(&world->stations[first]));
    }
    world->now = at;
}

void sim_world_at(struct sim_world *world, utc_ms at, void (*fn)(void *arg), void *arg)
{
    push(world, (struct sim_world_event){ .at = at, .kind = EVENT_CALL, .fn = fn, .arg = arg });
}

void sim_world_fault(struct sim_world *world, const struct fault *fault)
{
    struct sim_station *station = &world->stations[fault->station];

    check(fault->station < world->station_count);
    sim_station_fault(station, world->now, fault);
    schedule_set(&world->schedule, fault->station, sim_station_wake(station));
}

void sim_world_server(struct sim_world *world, bool up)
{
    world->server_up = up;
    for (uint32_t i = 0; !up && i < world->conn_count; i++)
        if (world->conns[i].server) {
            world->conns[i].server = false;
            deliver(world, i + 1, EVENT_DOWN_CLOSED, STR_NONE);
        }
}

void sim_world_init(struct sim_world *world, const struct sim_world_config *config,
                    const struct sim_setup *setups, const struct str *passwords,
                    uint32_t station_count)
{
    struct sim_link link = {
        .connect = link_connect, .send = link_send, .close = link_end, .drop = link_end
    };

    *world = (struct sim_world){ .config = *config,
                                 .now = config->start_at,
                                 .rand = { config->seed },
                                 .station_count = station_count,
                                 .server_up = true };
    sim_shared_init(&world->shared, config->tokens, config->token_count);
    world->stations = calloc(station_count, sizeof *world->stations);
    world->seats = calloc(station_count, sizeof *world->seats);
    check(world->stations && world->seats);
    check(schedule_init(&world->schedule, station_count));
    for (uint32_t i = 0; i < station_count; i++) {
        struct sim_setup setup = setups[i];

        if (setup.seed == 0)
            setup.seed = rand_next(&world->rand);
        if (setup.start_at == 0)
            setup.start_at = config->start_at + rand_range(&world->rand, 0, 5000);
        world->seats[i] = (struct sim_world_seat){ .world = world, .station = i };
        if (passwords)
            world->seats[i].password = passwords[i];
        link.host = &world->seats[i];
        sim_station_init(&world->stations[i], &setup, &link, &world->shared);
        schedule_set(&world->schedule, i, sim_station_wake(&world->stations[i]));
    }
}

void sim_world_fini(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->station_count; i++)
        sim_station_fini(&world->stations[i]);
    for (uint32_t i = 0; i < world->event_count; i++)
        free(world->events[i].text);
    free(world->events);
    free(world->conns);
    free(world->stations);
    free(world->seats);
    schedule_fini(&world->schedule);
    sim_shared_fini(&world->shared);
    *world = (struct sim_world){ 0 };
}
