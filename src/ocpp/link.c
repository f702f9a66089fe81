/* link.c: connections: their life, signs of life, and what the network says of them. */
#include "ocpp/link.h"
#include <stdlib.h>

#include "ocpp/power_tell.h"
#include "ocpp/quirks.h"
#include "ocpp/say.h"

enum {
    PING_DEAD_MS = 90000, /* rules.md: alive */
    HEARTBEATS_MISSED_MAX = 3,
};

static bool same_conn(const void *item, const void *key)
{
    return ((const struct link *)item)->conn == *(const conn_id *)key;
}

static bool same_station(const void *item, const void *key)
{
    return ((const struct link *)item)->station == *(const int64_t *)key;
}

static uint64_t hash_number(uint64_t value)
{
    value *= 0x9e3779b97f4a7c15u;
    return value ^ (value >> 29);
}

struct link *link_of_conn(const struct engine *engine, conn_id conn)
{
    return map_find(&ocpp_of(engine)->by_conn, hash_number(conn), same_conn, &conn);
}

struct link *link_of_station(const struct engine *engine, int64_t station)
{
    return map_find(&ocpp_of(engine)->by_station, hash_number((uint64_t)station), same_station,
                    &station);
}

/* --- signs of life ------------------------------------------------------- */

static mono_ms ping_interval(const struct link *link)
{
    const struct engine *engine = link->ocpp->engine;
    const struct station_row *station = world_find(&engine->world, ROW_station, link->station);

    return station && station->ping_interval_s > 0 ? (mono_ms)station->ping_interval_s * 1000
                                                   : link->ocpp->config.ping_interval_ms;
}

/* How long a station may be silent. One that answers pings is held to them; one that never does is
 * judged by its heartbeats, since some stations do not answer pings at all (libocpp#1135
 * and others). Any frame is a sign of life. */
static mono_ms silence_max(const struct link *link)
{
    const struct engine *engine = link->ocpp->engine;
    const struct station_row *station = world_find(&engine->world, ROW_station, link->station);
    int64_t heartbeat_s = station && station->heartbeat_interval_s > 0
                              ? station->heartbeat_interval_s
                              : link->ocpp->config.heartbeat_interval_s;
    mono_ms pings = 3 * ping_interval(link);

    if (link->answers_pings)
        return pings > PING_DEAD_MS ? pings : PING_DEAD_MS;
    return (mono_ms)heartbeat_s * 1000 * HEARTBEATS_MISSED_MAX + 10000;
}

static void ping(struct timer *timer, void *context)
{
    struct link *link = CONTAINER_OF(timer, struct link, ping_timer);
    struct engine *engine = context;
    mono_ms silent = engine->mono - link->heard_mono;

    if (silent >= silence_max(link)) {
        engine->host.net.close(engine->host.net.net, link->conn, 1001, STR("no sign of life"),
                               true);
        return; /* NET_CLOSED follows */
    }
    if (silent >= ping_interval(link))
        engine->host.net.ping(engine->host.net.net, link->conn, STR_NONE);
    timer_set(&engine->timers, timer, engine->mono + ping_interval(link), ping);
}

static void heard(struct link *link)
{
    struct engine *engine = link->ocpp->engine;
    struct world_item *item = world_item(&engine->world, ROW_station, link->station);

    link->heard_mono = engine->mono;
    link->heard_at = engine->now;
    if (item) /* memory alone; the log tells it after a restart */
        ((struct station_row *)item->row)->last_seen_at = engine->now;
}

/* --- life ---------------------------------------------------------------- */

struct link *link_open(struct engine *engine, const struct station_row *station, conn_id conn,
                       enum protocol protocol, bool tls)
{
    struct ocpp *ocpp = ocpp_of(engine);
    struct link *link = calloc(1, sizeof *link);

    check(link != NULL);
    link->ocpp = ocpp;
    link->conn = conn;
    link->station = station->id;
    link->protocol = (uint8_t)protocol;
    link->tls = tls;
    link->answers_pings = station->answers_pings;
    link->connected_at = link->heard_at = engine->now;
    link->heard_mono = engine->mono;
    check(map_add(&ocpp->by_conn, hash_number(conn), link));
    check(map_add(&ocpp->by_station, hash_number((uint64_t)station->id), link));
    /* Spread, so that a fleet that came back together is not pinged together. */
    timer_set(&engine->timers, &link->ping_timer,
              engine->mono + rand_below(&engine->rand, ping_interval(link) + 1), ping);
    return link;
}

void link_free(struct link *link)
{
    struct ocpp *ocpp = link->ocpp;
    int64_t station = link->station;
    struct inframe *frame;

    admit_none(link);
    out_fail_all(link, CALL_LOST);
    timer_clear(&ocpp->engine->timers, &link->ping_timer);
    care_end(link);
    map_remove(&ocpp->by_conn, hash_number(link->conn), link);
    map_remove(&ocpp->by_station, hash_number((uint64_t)link->station), link);
    while ((frame = in_take(link)))
        free(frame);
    free(link);
    power_station(ocpp->engine, station, POWER_GONE);
}

struct closed_input {
    int64_t station;
    uint16_t code;
    const char *why;
    bool answers_pings;
    size_t oversize_bytes;
    utc_ms heard_at;
};

static enum err closed_turn(struct turn *turn)
{
    const struct closed_input *input = turn->input;
    const struct station_row *before = TURN_FIND(turn, station, input->station);
    struct station_row *station;
    struct sentence said;

    if (!before)
        return ERR_NOT_FOUND;
    station = TURN_EDIT(turn, station, before);
    station->connected = false;
    station->last_seen_at = input->heard_at;
    station->answers_pings = input->answers_pings;
    station->oversize_count += input->oversize_bytes != 0;
    said = SENTENCE(turn->arena, "disconnected", "disconnected: {reason} ({close_code})",
                    ARGS(ARG_STR("reason", str_of(input->why ? input->why : "")),
                         ARG_INT("close_code", input->code)));
    say_note(turn, input->station, 0, &said);
    turn_event(turn, "station.disconnected", input->station, 0);
    return ERR_NONE;
}

/* In a turn of its own: it asks the store, and a station that is back by then is not to be taken
 * for gone. */
static enum err oversize_turn(struct turn *turn)
{
    const struct closed_input *input = turn->input;
    const struct station_row *station = TURN_FIND(turn, station, input->station);
    const struct sentence said =
        SENTENCE(turn->arena, "oversize_again",
                 "Closed again for a message that is too large: it had {bytes} bytes. Raise "
                 "frame_bytes_max of this station, or ocpp.frame_bytes_max.",
                 ARGS(ARG_INT("bytes", input->oversize_bytes)));

    if (!station || station->oversize_count < 2)
        return ERR_NONE;
    return turn_review_once(
        turn, &(struct review){
                  .once = REVIEW_ONCE, .kind = "oversize", .station = station->id, SAYS(said) });
}

static void begin(struct engine *engine, enum err (*fn)(struct turn *turn),
                  const struct closed_input *input)
{
    struct turn *turn = engine_turn(engine, fn, input, sizeof *input);

    if (turn)
        (void)engine_go(turn); /* without storage: said by ocpp_storage when it works again */
}

static void closed(struct engine *engine, struct link *link, const struct net_event *event)
{
    const struct closed_input input = { .station = link->station,
                                        .code = event->close_code,
                                        .why = event->why,
                                        .answers_pings = link->answers_pings,
                                        .oversize_bytes = event->oversize_bytes,
                                        .heard_at = link->heard_at };
    bool replaced = link->suitor != NULL;

    if (replaced) {
        admit_old_gone(link);
        return;
    }
    link_free(link);
    begin(engine, closed_turn, &input);
    if (input.oversize_bytes)
        begin(engine, oversize_turn, &input);
}

/* --- network ------------------------------------------------------------- */

static void pong(struct link *link)
{
    heard(link);
    link->answers_pings = true;
    admit_old_answered(link);
}

void ocpp_net_ahead(struct engine *engine, conn_id conn, uint32_t events_before)
{
    const struct map *links = &ocpp_of(engine)->by_conn;
    const struct link *link;

    _Static_assert(NET_AHEAD == WORLD_FETCH_STEPS + 2, "first the link, then what it leads to");
    if (events_before == NET_AHEAD - 1) {
        map_fetch(links, hash_number(conn));
        return;
    }
    link = map_guess(links, hash_number(conn));
    if (link && events_before == NET_AHEAD - 2) {
        __builtin_prefetch(link);
        __builtin_prefetch((const char *)link + 64);
    } else if (link) {
        world_fetch(&engine->world, link->station, events_before);
    }
}

void ocpp_net_event(struct engine *engine, const struct net_event *event)
{
    struct link *link = link_of_conn(engine, event->conn);

    if (event->kind == NET_UPGRADE) {
        admit_upgrade(engine, event);
        return;
    }
    if (!link)
        return; /* the last words of one that was replaced */
    if (event->kind == NET_CLOSED) {
        closed(engine, link, event);
    } else if (event->kind == NET_PONG) {
        pong(link);
    } else if (event->kind == NET_TEXT && !link->closing) {
        heard(link);
        link->fresh = true;
        admit_old_answered(link); /* whoever speaks is alive */
        in_text(link, event->text);
    }
}

/* --- the room ------------------------------------------------------------ */

struct ocpp *ocpp_new(struct engine *engine, const struct ocpp_config *config)
{
    struct ocpp *ocpp = calloc(1, sizeof *ocpp);

    check(ocpp != NULL);
    ocpp->engine = engine;
    ocpp->config = *config;
    ocpp->inbox = inbox_new();
    ocpp->refused = refused_new();
    ocpp->quirk_counts = calloc(ocpp_quirk_count, sizeof *ocpp->quirk_counts);
    check(ocpp->quirk_counts != NULL);
    engine->ocpp = ocpp;
    care_start(ocpp);
    samples_start(ocpp);
    return ocpp;
}

void ocpp_free(struct ocpp *ocpp)
{
    struct link *link;

    ocpp_watch_power(ocpp->engine, NULL);
    for (uint32_t at = 0; (link = map_next(&ocpp->by_conn, &at)); at--)
        link_free(link);
    timer_clear(&ocpp->engine->timers, &ocpp->look_timer);
    timer_clear(&ocpp->engine->timers, &ocpp->samples_timer);
    map_fini(&ocpp->by_conn);
    map_fini(&ocpp->by_station);
    inbox_free(ocpp->engine, ocpp->inbox);
    refused_free(ocpp->refused);
    free(ocpp->quirk_counts);
    ocpp->engine->ocpp = NULL;
    free(ocpp);
}

/* A station that keeps its messages is better than one that throws them away after a few tries
 * without an answer: all are closed, none is taken (rules.md: durable). */
void ocpp_storage(struct engine *engine, bool works)
{
    static const enum net_door doors[] = { NET_DOOR_OCPP, NET_DOOR_OCPP_TLS, NET_DOOR_OCPP_MTLS };
    struct ocpp *ocpp = ocpp_of(engine);
    const struct net_port *net = &engine->host.net;
    struct link *link;

    for (size_t i = 0; i < COUNT(doors); i++)
        net->refuse(net->net, doors[i], !works);
    if (works) {
        ocpp_started(engine);
        return;
    }
    for (uint32_t at = 0; (link = map_next(&ocpp->by_conn, &at)); at--) {
        net->close(net->net, link->conn, 1013, STR("storage fails, come back"), false);
        link_free(link);
    }
    check(ocpp->by_conn.count == 0);
}

enum { ROWS_A_TURN = 2000 };

static enum err nobody_connected_turn(struct turn *turn)
{
    bool *more = *(bool **)turn->input;
    const struct station_row *row;
    uint32_t edits = 0;

    for (uint32_t at = 0;
         edits < ROWS_A_TURN && (row = world_next(turn_world(turn), ROW_station, &at));)
        if (row->connected && !link_of_station(turn->engine, row->id)) {
            TURN_EDIT(turn, station, row)->connected = false;
            turn_event(turn, "station.disconnected", row->id, 0);
            edits++;
        }
    *more = edits == ROWS_A_TURN;
    return ERR_NONE;
}

void ocpp_started(struct engine *engine)
{
    bool more = true, *at = &more;
    struct turn *turn;

    while (more && (turn = engine_turn(engine, nobody_connected_turn, &at, sizeof at)))
        if (engine_go(turn) != ERR_NONE)
            return; /* the rows say it at the next connection */
}

bool ocpp_link_state(const struct engine *engine, int64_t station, struct link_state *state)
{
    const struct link *link = link_of_station(engine, station);

    if (!link || link->closing)
        return false;
    *state = (struct link_state){ .protocol = (enum protocol)link->protocol,
                                  .connected_at = link->connected_at,
                                  .heard_at = link->heard_at,
                                  .tls = link->tls,
                                  .fresh = link->fresh,
                                  .calls_waiting =
                                      (uint32_t)link->waiting_count + (link->current != NULL) };
    return true;
}

uint32_t ocpp_connected_count(const struct engine *engine)
{
    return ocpp_of(engine)->by_conn.count;
}

void ocpp_disconnect(struct engine *engine, int64_t station, struct str reason)
{
    struct link *link = link_of_station(engine, station);

    if (link)
        engine->host.net.close(engine->host.net.net, link->conn, 1000, reason, false);
}

void ocpp_call(struct engine *engine, struct question *question)
{
    out_call(engine, &question->call, question, NULL, 0);
}

void ocpp_send_call(struct engine *engine, const struct call *call, enum err (*then)(struct turn *),
                    int64_t tag)
{
    out_call(engine, call, NULL, then, tag);
}

uint64_t ocpp_quirk_seen(const struct engine *engine, uint32_t quirk)
{
    return ocpp_of(engine)->quirk_counts[quirk];
}
