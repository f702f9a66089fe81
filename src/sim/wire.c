#include "sim/wire.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "sim/schedule.h"
#include "sim/wire_conn.h"

enum {
    EVENTS_MAX = 256,
    WAIT_MS_MAX = 200,  /* how late a stop may be seen */
    STEPS_A_ROUND = 512 /* due stations, before sockets get their turn again */
};

struct wire_seat {
    struct sim_wire *wire;
    struct sim_station station;
    struct wire_conn conn;
    struct str password;
};

struct sim_wire {
    struct sim_shared shared;
    struct wire_shared wire;
    struct schedule schedule;
    struct wire_seat *seats;
    uint32_t station_count;
    utc_ms now, started_at;
    _Atomic bool stop;
    bool running; /* has a thread of its own */
    pthread_t thread;
};

utc_ms sim_wire_now(void)
{
    static _Atomic int64_t offset_ms; /* of the wall clock to the monotonic one, as it was first */
    struct timespec mono, wall;
    int64_t mono_at, offset = atomic_load(&offset_ms);

    check(clock_gettime(CLOCK_MONOTONIC, &mono) == 0);
    mono_at = mono.tv_sec * 1000LL + mono.tv_nsec / 1000000;
    if (offset == 0) {
        int64_t expected = 0;

        check(clock_gettime(CLOCK_REALTIME, &wall) == 0);
        offset = wall.tv_sec * 1000LL + wall.tv_nsec / 1000000 - mono_at;
        if (!atomic_compare_exchange_strong(&offset_ms, &expected, offset))
            offset = expected;
    }
    return mono_at + offset;
}

bool sim_url_read(struct str text, struct str scheme, struct sim_url *url)
{
    struct str rest, host;
    int64_t slash;

    if (!str_starts(text, scheme))
        return false;
    rest = str_from(text, scheme.len);
    url->tls = str_starts(rest, STR("s"));
    rest = url->tls ? str_from(rest, 1) : rest;
    if (!str_starts(rest, STR("://")))
        return false;
    rest = str_from(rest, 3);
    slash = str_find_byte(rest, '/');
    host = slash < 0 ? rest : str_first(rest, (uint32_t)slash);
    url->path = slash < 0 ? STR("/") : str_from(rest, (uint32_t)slash);
    memcpy(url->port, url->tls ? "443" : "80", url->tls ? sizeof "443" : sizeof "80");
    /* The port stands behind the last colon that is not inside an IPv6 address. */
    for (uint32_t i = host.len - 1; i < host.len && host.ptr[i] != ']'; i--) {
        struct str port = str_from(host, i + 1);

        if (host.ptr[i] != ':')
            continue;
        if (port.len == 0 || port.len >= sizeof url->port)
            return false;
        memcpy(url->port, port.ptr, port.len);
        url->port[port.len] = '\0';
        host = str_first(host, i);
        break;
    }
    if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
        host = str_first(str_from(host, 1), host.len - 2);
    if (host.len == 0 || host.len >= sizeof url->host)
        return false;
    memcpy(url->host, host.ptr, host.len);
    url->host[host.len] = '\0';
    return true;
}

static void reschedule(struct sim_wire *wire, uint32_t member)
{
    schedule_set(&wire->schedule, member, sim_station_wake(&wire->seats[member].station));
}

/* --- the station's link --- */

static void link_connect(void *host, struct str subprotocol)
{
    struct wire_seat *seat = host;

    wire_conn_begin(&seat->conn, &seat->wire->wire, seat->station.setup.id, seat->password,
                    subprotocol);
}

static bool link_send(void *host, struct str text)
{
    struct wire_seat *seat = host;

    return wire_conn_send(&seat->conn, &seat->wire->wire, WS_OP_TEXT, text);
}

static void link_close(void *host)
{
    struct wire_seat *seat = host;

    wire_conn_end(&seat->conn, &seat->wire->wire, true);
}

static void link_freeze(void *host)
{
    struct wire_seat *seat = host;

    wire_conn_freeze(&seat->conn, &seat->wire->wire);
}

static void link_drop(void *host)
{
    struct wire_seat *seat = host;

    wire_conn_end(&seat->conn, &seat->wire->wire, false);
}

/* --- the connection's news --- */

static void on_opened(void *arg, uint32_t member)
{
    struct sim_wire *wire = arg;

    sim_station_opened(&wire->seats[member].station, wire->now);
}

static void on_text(void *arg, uint32_t member, struct str text)
{
    struct sim_wire *wire = arg;

    sim_station_text(&wire->seats[member].station, wire->now, text);
}

static void on_closed(void *arg, uint32_t member)
{
    struct sim_wire *wire = arg;

    sim_station_closed(&wire->seats[member].station, wire->now);
}

/* --- life --- */

static void init_seats(struct sim_wire *wire, const struct sim_wire_config *config)
{
    struct sim_link link = { .connect = link_connect,
                             .send = link_send,
                             .close = link_close,
                             .freeze = link_freeze,
                             .drop = link_drop };

    for (uint32_t i = 0; i < config->station_count; i++) {
        struct wire_seat *seat = &wire->seats[i];

        seat->wire = wire;
        seat->conn.member = i;
        if (config->passwords)
            seat->password = config->passwords[i];
        link.host = seat;
        sim_station_init(&seat->station, &config->setups[i], &link, &wire->shared);
        reschedule(wire, i);
    }
}

struct sim_wire *sim_wire_open(const struct sim_wire_config *config, char *why, size_t why_cap)
{
    struct sim_wire *wire = calloc(1, sizeof *wire);
    struct sim_url url;
    struct buf text;

    check(why_cap > 0);
    why[0] = '\0';
    buf_init(&text, why, (uint32_t)why_cap);
    if (!wire)
        return NULL;
    wire->wire = (struct wire_shared){
        .epoll = -1, .arg = wire, .opened = on_opened, .text = on_text, .closed = on_closed
    };
    sim_shared_init(&wire->shared, config->tokens, config->token_count);
    wire->started_at = wire->now = sim_wire_now();
    wire->wire.rand.state = (uint64_t)wire->now;
    if (!sim_url_read(config->url, STR("ws"), &url)) {
        buf_printf(&text, "%.*s: not an address of the form ws://HOST:PORT/PATH or wss://…",
                   STR_ARGS(config->url));
        sim_wire_close(wire);
        return NULL;
    }
    wire->wire.deflate = config->deflate;
    if (!wire_shared_init(&wire->wire, &url, config->ca_file, &text)) {
        sim_wire_close(wire);
        return NULL;
    }
    wire->seats = calloc(config->station_count, sizeof *wire->seats);
    if (!wire->seats || !schedule_init(&wire->schedule, config->station_count)) {
        buf_printf(&text, "no memory for %u stations", config->station_count);
        sim_wire_close(wire);
        return NULL;
    }
    wire->station_count = config->station_count;
    init_seats(wire, config);
    return wire;
}

static void step_due(struct sim_wire *wire)
{
    for (uint32_t i = 0; i < STEPS_A_ROUND; i++) {
        utc_ms wake;
        uint32_t first = schedule_first(&wire->schedule, &wake);

        if (wake > wire->now)
            return;
        sim_station_step(&wire->seats[first].station, wire->now);
        reschedule(wire, first);
    }
}

static int wait_ms(const struct sim_wire *wire, int wait_ms_max)
{
    utc_ms wake;

    (void)schedule_first(&wire->schedule, &wake); /* only when matters here */
    if (wake <= wire->now)
        return 0;
    return wake - wire->now < wait_ms_max ? (int)(wake - wire->now) : wait_ms_max;
}

/* One round: what is due, and what came within wait_ms_max. */
static void run_round(struct sim_wire *wire, int wait_ms_max)
{
    struct epoll_event events[EVENTS_MAX];
    int count;

    wire->now = sim_wire_now();
    step_due(wire);
    count = epoll_wait(wire->wire.epoll, events, EVENTS_MAX, wait_ms(wire, wait_ms_max));
    check(count >= 0 || errno == EINTR);
    wire->now = sim_wire_now();
    for (int i = 0; i < count; i++) {
        uint32_t member = events[i].data.u32;

        wire_conn_ready(&wire->seats[member].conn, &wire->wire, events[i].events);
        reschedule(wire, member);
    }
}

void sim_wire_run(struct sim_wire *wire, int64_t run_ms)
{
    utc_ms end = run_ms > 0 ? sim_wire_now() + run_ms : UTC_NEVER;

    while (!atomic_load(&wire->stop) && wire->now < end)
        run_round(wire, WAIT_MS_MAX);
    for (uint32_t i = 0; i < wire->station_count; i++)
        sim_station_leave(&wire->seats[i].station, wire->now);
}

static void *run(void *arg)
{
    sim_wire_run(arg, 0);
    return NULL;
}

enum err sim_wire_start(struct sim_wire *wire)
{
    check(!wire->running);
    if (pthread_create(&wire->thread, NULL, run, wire) != 0)
        return ERR_OS;
    wire->running = true;
    return ERR_NONE;
}

void sim_wire_stop(struct sim_wire *wire)
{
    atomic_store(&wire->stop, true);
}

void sim_wire_close(struct sim_wire *wire)
{
    sim_wire_stop(wire);
    if (wire->running)
        check(pthread_join(wire->thread, NULL) == 0);
    for (uint32_t i = 0; i < wire->station_count; i++) {
        wire_conn_end(&wire->seats[i].conn, &wire->wire, false);
        sim_station_fini(&wire->seats[i].station);
    }
    free(wire->seats);
    schedule_fini(&wire->schedule);
    wire_shared_fini(&wire->wire);
    sim_shared_fini(&wire->shared);
    free(wire);
}

const struct ledger *sim_wire_ledger(const struct sim_wire *wire)
{
    return &wire->shared.ledger;
}

void sim_wire_summary(const struct sim_wire *wire, struct buf *out)
{
    const struct sim_counts *counts = &wire->shared.counts;
    struct ledger_sums sums = ledger_sum(&wire->shared.ledger);

    buf_printf(out, "%u stations, %lld s: %u sessions (%u ended, %u told in full), ",
               wire->station_count, (long long)((wire->now - wire->started_at) / 1000),
               sums.sessions, sums.ended, sums.complete);
    buf_put_decimal(out, sums.true_mwh / 1000, 3);
    buf_printf(out,
               " kWh; %llu messages, %llu answered, %llu refused, %llu without answer; %llu calls "
               "from the server; ",
               (unsigned long long)counts->calls, (unsigned long long)counts->answers,
               (unsigned long long)counts->errors, (unsigned long long)counts->timeouts,
               (unsigned long long)counts->answered_calls);
    buf_printf(out, "%llu facts acknowledged, %llu given up; %llu connections made, %llu lost",
               (unsigned long long)sums.facts_acked, (unsigned long long)sums.given_up,
               (unsigned long long)counts->connects, (unsigned long long)counts->closes);
}
