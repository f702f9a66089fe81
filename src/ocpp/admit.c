/* admit.c: who may connect. Identity, password, security profile, subprotocol, and which of two
 * connections is the station. */
#include <stdlib.h>

#include "base/percent.h"
#include "ocpp/link.h"
#include "ocpp/power_tell.h"
#include "ocpp/say.h"

enum {
    OLD_ANSWERS_MS = 5000, /* an old connection that does not answer a ping in this time is dead */
    MESSAGE_BYTES_MAX = 1 << 20,
};

/* The hash of the password that a station showed, where it is one that was set on it and not used
 * before; len 0: it is not. */
struct next_password {
    uint32_t len;
    char hash[32];
};

static struct str next_hash(const struct next_password *next)
{
    return (struct str){ next->hash, next->len };
}

/* A connection that waits for the one before it to show that it lives. */
struct suitor {
    conn_id conn;
    struct link *old;
    struct timer timer;
    enum protocol protocol;
    struct str subprotocol;
    struct next_password next;
    bool tls;
    char peer[64];
};

/* What a handshake asks for. */
struct handshake {
    struct str identity;
    struct str password, user;
    bool has_login;
    struct str subprotocols;
    bool has_subprotocols;
    enum protocol protocol;
    struct str subprotocol; /* to be answered; empty: none */
};

static void reject(struct engine *engine, conn_id conn, int status, const char *text)
{
    static const struct net_header headers[] = {
        { STR_INIT("content-type"), STR_INIT("text/plain; charset=utf-8") },
        { STR_INIT("www-authenticate"), STR_INIT("Basic realm=\"voltd\", charset=\"UTF-8\"") },
        { STR_INIT("retry-after"), STR_INIT("30") },
    };
    const struct net_response response = { .status = status,
                                           .headers = status == 401   ? &headers[0]
                                                      : status == 503 ? &headers[2]
                                                                      : &headers[0],
                                           .header_count = status == 401 ? 2 : 1,
                                           .body = str_of(text) };

    engine->host.net.reject(engine->host.net.net, conn, &response);
}

/* --- identity ------------------------------------------------------------ */

bool ocpp_identity_valid(struct str identity)
{
    static const char allowed[] = "*-_=+|@.";

    if (identity.len == 0 || identity.len > IDENTITY_MAX)
        return false;
    for (uint32_t i = 0; i < identity.len; i++) {
        char c = identity.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr(allowed, c)))
            return false;
    }
    /* "." and ".." are path segments, not names. */
    return !str_equal(identity, STR(".")) && !str_equal(identity, STR(".."));
}

/* The last segment of the path; some stations write a whole URL or end it with a slash
 * (OpenEMS#1401).
 */
static bool read_identity(struct str target, struct arena *arena, struct str *identity)
{
    int64_t query = str_find_byte(target, '?');
    struct str path = query >= 0 ? str_first(target, (uint32_t)query) : target;
    struct str part, last = STR_NONE;

    while (path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    while (str_cut(&path, '/', &part))
        last = part;
    return percent_decode(last, arena, identity) && ocpp_identity_valid(*identity);
}

/* --- login --------------------------------------------------------------- */

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool base64_decode(struct str text, struct arena *arena, struct str *out)
{
    char *to = arena_alloc(arena, text.len + 1);
    uint32_t bits = 0, len = 0;
    int held = 0;

    while (text.len && text.ptr[text.len - 1] == '=')
        text.len--;
    if (!to)
        return false;
    for (uint32_t i = 0; i < text.len; i++) {
        int digit = base64_digit(text.ptr[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6) | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            to[len++] = (char)(bits >> held);
        }
    }
    *out = (struct str){ to, len };
    return true;
}

/* RFC 7617: user, colon, password; the password may hold colons. */
static void read_login(struct handshake *shake, struct str value, struct arena *arena)
{
    struct str decoded;
    int64_t colon;

    if (value.len < 6 || !str_equal_nocase(str_first(value, 6), STR("Basic ")))
        return;
    if (!base64_decode(str_trim(str_from(value, 6)), arena, &decoded))
        return;
    colon = str_find_byte(decoded, ':');
    if (colon < 0)
        return;
    shake->has_login = true;
    shake->user = str_first(decoded, (uint32_t)colon);
    shake->password = str_from(decoded, (uint32_t)colon + 1);
}

/* --- subprotocol --------------------------------------------------------- */

/* The first in the station's list that we speak (RFC 6455 §4.2.2). */
static void choose_protocol(struct handshake *shake)
{
    struct str rest = shake->subprotocols, part;

    while (rest.ptr && str_cut(&rest, ',', &part)) {
        int64_t known = word_find(protocol_words, PROTOCOL_COUNT, str_trim(part));
        if (known > PROTOCOL_NONE) {
            shake->protocol = (enum protocol)known;
            shake->subprotocol = protocol_words[known];
            return;
        }
    }
}

static void read_handshake(struct handshake *shake, const struct net_request *request,
                           struct arena *arena)
{
    *shake = (struct handshake){ 0 };
    for (uint32_t i = 0; i < request->header_count; i++) {
        const struct net_header *header = &request->headers[i];
        if (str_equal(header->name, STR("authorization")))
            read_login(shake, header->value, arena);
        if (str_equal(header->name, STR("sec-websocket-protocol"))) {
            shake->subprotocols =
                shake->has_subprotocols
                    ? arena_printf(arena, "%.*s,%.*s", STR_ARGS(shake->subprotocols),
                                   STR_ARGS(header->value))
                    : header->value;
            shake->has_subprotocols = true;
        }
    }
    choose_protocol(shake);
}

/* Several makes send no subprotocol at all (steve#1109, lbbrhzn#442): what was set, what it spoke
 * last, else 1.6.
 */
static enum protocol fallback_protocol(const struct station_row *station)
{
    if (station->protocol_default != PROTOCOL_NONE)
        return (enum protocol)station->protocol_default;
    return station->protocol != PROTOCOL_NONE ? (enum protocol)station->protocol : PROTOCOL_16;
}

/* --- opening ------------------------------------------------------------- */

struct open_input {
    conn_id conn;
    int64_t station;
    enum protocol protocol;
    bool tls;
    struct next_password next;
    struct str subprotocol;
    char peer[64];
};

static void accept_after(struct engine *engine, void *data)
{
    const struct open_input *input = data;
    const struct station_row *station = world_find(&engine->world, ROW_station, input->station);
    struct net_accept answer = { .subprotocol = input->subprotocol,
                                 .message_bytes_max = ocpp_of(engine)->config.frame_bytes_max };

    if (!station || link_of_station(engine, input->station)) {
        reject(engine, input->conn, 503,
               "Another connection of this station came first. Try again.\n");
        return;
    }
    if (station->frame_bytes_max)
        answer.message_bytes_max = (uint32_t)station->frame_bytes_max;
    if (engine->host.net.accept(engine->host.net.net, input->conn, &answer)) {
        refused_forget(engine, input->station);
        care_connected(link_open(engine, station, input->conn, input->protocol, input->tls));
        power_station(engine, input->station, POWER_CONNECTED);
    } else
        ocpp_started(engine); /* it has left already: its row must not say that it is here */
}

static enum err open_turn(struct turn *turn)
{
    const struct open_input *input = turn->input;
    const struct station_row *before = TURN_FIND(turn, station, input->station);
    struct station_row *station;
    struct sentence said;

    if (!before)
        return ERR_NOT_FOUND;
    station = TURN_EDIT(turn, station, before);
    station->connected = true;
    station->connected_at = station->last_seen_at = turn->now;
    station->protocol = input->protocol;
    station->peer = arena_copy(turn->arena, str_of(input->peer));
    if (password_hash_among(station->password_next_hash, next_hash(&input->next))) {
        /* rules.md: two-passwords */
        station->password_hash = arena_copy(turn->arena, next_hash(&input->next));
        station->password_next_hash = STR_NONE;
    }
    said = SENTENCE(turn->arena, "connected", "connected from {peer}, {protocol}{tls}",
                    ARGS(ARG_STR("peer", station->peer),
                         ARG_STR("protocol", protocol_words[input->protocol]),
                         ARG_STR("tls", input->tls ? STR(", TLS") : STR(""))));
    say_note(turn, input->station, 0, &said);
    turn_event(turn, "station.connected", input->station, 0);
    turn_after(turn, accept_after, input, sizeof *input);
    return ERR_NONE;
}

static void open_ended(struct turn *turn, enum err err)
{
    const struct open_input *input = turn->input;

    if (err != ERR_NONE)
        reject(turn->engine, input->conn, 503, "The server cannot take stations now. Try again.\n");
}

static void open_station(struct engine *engine, const struct open_input *input)
{
    struct turn *turn = engine_turn(engine, open_turn, input, sizeof *input);

    if (!turn) {
        reject(engine, input->conn, 503, "The server is busy. Try again.\n");
        return;
    }
    turn->ended = open_ended;
    (void)engine_go(turn); /* open_ended tells */
}

/* --- two connections ----------------------------------------------------- */

static void suitor_timeout(struct timer *timer, void *context)
{
    struct suitor *suitor = CONTAINER_OF(timer, struct suitor, timer);

    (void)context;
    admit_old_gone(suitor->old);
}

static void court(struct engine *engine, struct link *old, const struct open_input *input)
{
    struct suitor *suitor;

    if (old->suitor) { /* one at a time: the station itself tries again */
        reject(engine, input->conn, 503,
               "Another connection of this station is being decided on. Try again.\n");
        return;
    }
    suitor = calloc(1, sizeof *suitor);
    check(suitor != NULL);
    suitor->conn = input->conn;
    suitor->old = old;
    suitor->protocol = input->protocol;
    suitor->subprotocol = input->subprotocol;
    suitor->tls = input->tls;
    suitor->next = input->next;
    memcpy(suitor->peer, input->peer, sizeof suitor->peer);
    old->suitor = suitor;
    timer_set(&engine->timers, &suitor->timer, engine->mono + OLD_ANSWERS_MS, suitor_timeout);
    engine->host.net.ping(engine->host.net.net, old->conn, STR("still there?"));
}

struct refusal {
    int64_t station;
    char peer[64];
};

static enum err second_connection_turn(struct turn *turn)
{
    const struct refusal *refusal = turn->input;
    const struct sentence said = SENTENCE(
        turn->arena, "second_connection",
        "a second connection with this identity came from {peer} and was refused: the first one is "
        "alive",
        ARGS(ARG_STR("peer", str_of(refusal->peer))));

    say_note(turn, refusal->station, LOG_ERROR, &said);
    return turn_review_once(turn, &(struct review){ .once = REVIEW_ONCE,
                                                    .kind = "second_connection",
                                                    .station = refusal->station,
                                                    SAYS(said) });
}

void admit_old_answered(struct link *link)
{
    struct engine *engine = link->ocpp->engine;
    struct suitor *suitor = link->suitor;
    struct refusal refusal = { .station = link->station };
    struct turn *turn;

    if (!suitor)
        return;
    link->suitor = NULL;
    timer_clear(&engine->timers, &suitor->timer);
    reject(engine, suitor->conn, 409,
           "This identity is connected already, and that connection is alive.\n");
    memcpy(refusal.peer, suitor->peer, sizeof refusal.peer);
    free(suitor);
    turn = engine_turn(engine, second_connection_turn, &refusal, sizeof refusal);
    if (turn)
        (void)engine_go(turn); /* the refusal stands without its note */
}

void admit_old_gone(struct link *link)
{
    struct engine *engine = link->ocpp->engine;
    struct suitor *suitor = link->suitor;
    struct open_input input = { .station = link->station };

    if (!suitor)
        return;
    link->suitor = NULL;
    timer_clear(&engine->timers, &suitor->timer);
    input.conn = suitor->conn;
    input.protocol = suitor->protocol;
    input.subprotocol = suitor->subprotocol;
    input.tls = suitor->tls;
    input.next = suitor->next;
    memcpy(input.peer, suitor->peer, sizeof input.peer);
    free(suitor);
    if (!link->closing)
        engine->host.net.close(engine->host.net.net, link->conn, 1001, STR("replaced"), true);
    link_free(link);
    open_station(engine, &input);
}

void admit_none(struct link *link)
{
    struct engine *engine = link->ocpp->engine;
    struct suitor *suitor = link->suitor;

    if (!suitor)
        return;
    link->suitor = NULL;
    timer_clear(&engine->timers, &suitor->timer);
    if (!engine->dropped) /* else its connection ends with the process */
        reject(engine, suitor->conn, 503, "The server cannot take stations now. Try again.\n");
    free(suitor);
}

/* --- the decision -------------------------------------------------------- */

/* Which door a profile must use (2.0.1 A00.FR.002: a stored higher profile refuses a lower one). */
static int door_profile(enum net_door door)
{
    return door == NET_DOOR_OCPP_MTLS ? 3 : door == NET_DOOR_OCPP_TLS ? 2 : 1;
}

static enum err onboard_turn(struct turn *turn)
{
    struct station_row *station = TURN_NEW(turn, station);
    const struct str *identity = turn->input;

    station->tenant = 1;
    station->identity = *identity;
    station->registration = REGISTRATION_PENDING;
    station->created_at = turn->now;
    station->booted_at = station->last_seen_at = station->connected_at = station->asked_at =
        UTC_UNKNOWN;
    turn_event(turn, "inbox.changed", station->id, 0);
    return ERR_NONE;
}

/* onboarding.open: a stranger becomes a pending station at once. */
static const struct station_row *onboard(struct engine *engine, struct str identity)
{
    struct turn *turn = engine_turn(engine, onboard_turn, &identity, sizeof identity);

    if (turn)
        (void)engine_go(
            turn); /* when it fails there is no such station, and the handshake ends with 404 */
    return world_find_name(&engine->world, ROW_station, identity);
}

static bool login_fits(struct ocpp *ocpp, const struct station_row *station,
                       const struct handshake *shake, struct next_password *next)
{
    bool wanted = station->password_hash.len || station->password_next_hash.len;
    struct str hash = STR_NONE;

    if (!wanted)
        return true; /* profile 0: an operator's explicit choice, or pending */
    if (!station->password_hash.len && !shake->has_login)
        return true; /* it had none, and has not used the one that was set on it yet */
    if (!shake->has_login || !str_equal(shake->user, station->identity) ||
        !ocpp->config.check_password(ocpp->config.context, station, shake->password, &hash))
        return false;
    check(hash.len <= sizeof next->hash);
    next->len = hash.len;
    if (hash.len)
        memcpy(next->hash, hash.ptr, hash.len);
    return true;
}

/* A certificate of our CA is that of one station: its common name is the identity, or the serial
 * number (2.0.1 A00.FR.405). Whoever has one is not let in as another. */
static bool certificate_fits(const struct net_event *event, const struct station_row *station)
{
    struct str name = str_of(event->peer->common_name);

    if (event->door != NET_DOOR_OCPP_MTLS)
        return true;
    return name.len && (str_equal(name, station->identity) || str_equal(name, station->serial));
}

static enum ocpp_refusal refusal_of(const struct net_event *event,
                                    const struct station_row *station,
                                    const struct handshake *shake)
{
    if (door_profile(event->door) < station->security_profile)
        return REFUSED_DOOR;
    if (!certificate_fits(event, station))
        return REFUSED_CERTIFICATE;
    if (!shake->has_login)
        return REFUSED_NO_PASSWORD;
    return str_equal(shake->user, station->identity) ? REFUSED_WRONG_PASSWORD : REFUSED_OTHER_USER;
}

static void decide(struct engine *engine, const struct net_event *event, struct handshake *shake)
{
    struct ocpp *ocpp = ocpp_of(engine);
    const struct station_row *station =
        world_find_name(&engine->world, ROW_station, shake->identity);
    struct open_input input = { .conn = event->conn, .tls = event->peer->tls };
    struct link *old;

    if (!station || station->registration == REGISTRATION_PENDING)
        inbox_note(engine, event, shake->identity, shake->password, shake->subprotocols);
    if (!station && ocpp->config.onboarding_open)
        station = onboard(engine, shake->identity);
    if (!station) {
        reject(engine, event->conn, 404,
               "No station has this identity. An operator finds it in the inbox.\n");
        return;
    }
    if (door_profile(event->door) < station->security_profile ||
        !certificate_fits(event, station) || !login_fits(ocpp, station, shake, &input.next)) {
        refused_note(engine, station->id, refusal_of(event, station, shake));
        reject(engine, event->conn, 401,
               "Wrong password, another station's certificate, or a door below the security "
               "profile of this station.\n");
        return;
    }
    if (shake->has_subprotocols && shake->protocol == PROTOCOL_NONE) {
        /* 2.0.1 Part 4 §3.2: complete the handshake without it, then close. */
        (void)engine->host.net.accept(/* if it has left, so much the better */
                                      engine->host.net.net, event->conn,
                                      &(struct net_accept){ .then_close = true,
                                                            .message_bytes_max =
                                                                MESSAGE_BYTES_MAX });
        return;
    }
    input.station = station->id;
    input.protocol =
        shake->protocol != PROTOCOL_NONE ? shake->protocol : fallback_protocol(station);
    input.subprotocol = shake->subprotocol;
    text_printf(input.peer, sizeof input.peer, "%s", event->peer->address); /* same size */
    old = link_of_station(engine, station->id);
    if (old && !old->closing)
        court(engine, old, &input);
    else
        open_station(engine, &input);
}

void admit_upgrade(struct engine *engine, const struct net_event *event)
{
    struct handshake shake;
    struct arena arena;

    if (!engine->storage_works) {
        reject(engine, event->conn, 503, "The server cannot store anything now. Try again.\n");
        return;
    }
    arena_init(&arena, &engine->pool, 1u << 20);
    read_handshake(&shake, event->request, &arena);
    if (read_identity(event->request->target, &arena, &shake.identity))
        decide(engine, event, &shake);
    else
        reject(engine, event->conn, 404,
               "The path must end with an identity of 1 to 48 letters, digits or *-_=+|@.\n");
    arena_reset(&arena);
}
