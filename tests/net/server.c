/* server.c: the network layer with a core of a hundred lines, for tests of the layer alone.
 *
 *   test_net_server [--loops N] [--echo] [--proxy CIDR] [--tls CHAIN KEY [CHAIN KEY]]
 *                   [--client-ca F] [--tickets F] [--fast] [--fail-start N] DOOR=ADDRESS …
 *   DOOR: ocpp ocpp_tls ocpp_mtls http https local
 *
 * Prints "ready DOOR=ADDRESS …" and serves until its standard input ends. As a core it
 * - accepts an upgrade by its path: /reject answers 401, /close closes after 101, /small takes
 *   1,000 bytes a message, /late accepts 300 ms later, all others at once
 * - answers a text with the same text; "close:CODE" closes, "drop" drops, "ping" pings,
 *   "pause" pauses for 300 ms, "big:N" answers with N bytes, "sleep:MS" keeps the core from working
 * - answers HTTP: /echo with "METHOD TARGET" and the body, /stream with three pieces, /endless with
 *   pieces until the peer leaves, /big with 8 MiB, /never not at all
 * and writes what happened on stdout, a line each. On standard input it takes orders by their first
 * letter, a line each: serve() has them.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "failing.h"
#include "net/server.h"

enum { LATER_MAX = 64, BIG = 8 << 20 };

static struct net *net;
static struct net_port port;
static char big[BIG];

/* --- things to do later --- */

struct later {
    mono_ms at;
    conn_id conn;
    void (*fn)(conn_id conn);
};

static struct later laters[LATER_MAX];

static mono_ms now_ms(void)
{
    struct timespec t;

    check(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (mono_ms)t.tv_sec * 1000 + (mono_ms)t.tv_nsec / 1000000;
}

static void later(uint32_t ms, conn_id conn, void (*fn)(conn_id conn))
{
    for (size_t i = 0; i < LATER_MAX; i++)
        if (!laters[i].fn) {
            laters[i] = (struct later){ now_ms() + ms, conn, fn };
            return;
        }
}

static void run_laters(void)
{
    for (size_t i = 0; i < LATER_MAX; i++)
        if (laters[i].fn && laters[i].at <= now_ms()) {
            struct later due = laters[i];
            laters[i].fn = NULL;
            due.fn(due.conn);
        }
}

/* --- WebSocket --- */

static void accept_plain(conn_id conn)
{
    (void)port.accept(
        net, conn,
        &(struct net_accept){ .subprotocol = STR("ocpp1.6"), .message_bytes_max = 1 << 20 });
}

static void unpause(conn_id conn)
{
    port.pause(net, conn, false);
}

static void on_upgrade(const struct net_event *event)
{
    struct str target = event->request->target;

    if (str_equal(target, STR("/reject")))
        port.reject(net, event->conn,
                    &(struct net_response){ .status = 401, .body = STR("who are you?") });
    else if (str_equal(target, STR("/close")))
        (void)port.accept(net, event->conn, &(struct net_accept){ .then_close = true });
    else if (str_equal(target, STR("/small")))
        (void)port.accept(net, event->conn, &(struct net_accept){ .message_bytes_max = 1000 });
    else if (str_equal(target, STR("/late")))
        later(300, event->conn, accept_plain);
    else
        accept_plain(event->conn);
}

/* The queue of one connection is bounded (net_config.queue_bytes_max); this core waits for a slow
 * reader, where voltd's own closes. False too when the connection is gone. */
static void echo(conn_id conn, struct str text)
{
    enum { TRIES_MAX = 10000 }; /* of a millisecond */

    for (int i = 0; i < TRIES_MAX && !port.send(net, conn, text); i++)
        (void)poll(NULL, 0, 1); /* only for the time that passes */
}

static void on_text(conn_id conn, struct str text)
{
    struct str number = text, word;
    int64_t value = 0;
    bool has_number = str_cut(&number, ':', &word) && str_to_i64(number, &value);

    if (str_equal(word, STR("close")) && has_number)
        port.close(net, conn, (uint16_t)value, STR("as you wish"), false);
    else if (str_equal(word, STR("sleep")) && has_number)
        (void)poll(NULL, 0, (int)value);
    else if (str_equal(text, STR("drop")))
        port.close(net, conn, 1006, STR_NONE, true);
    else if (str_equal(text, STR("ping")))
        port.ping(net, conn, STR("are you there"));
    else if (str_equal(word, STR("big")) && has_number && value <= BIG)
        printf("sent %d\n", port.send(net, conn, (struct str){ big, (uint32_t)value }));
    else
        echo(conn, text);
    if (str_equal(text, STR("pause"))) {
        port.pause(net, conn, true);
        later(300, conn, unpause);
    }
}

/* --- HTTP --- */

static void go_on(conn_id conn)
{
    size_t waiting = port.stream(net, conn, (struct str){ big, 100000 }, false);

    if (waiting == SIZE_MAX)
        return;
    printf("waiting %zu\n", waiting);
    later(20, conn, go_on);
}

static void on_http(const struct net_event *event)
{
    const struct net_request *request = event->request;
    static const struct net_header type = { STR_INIT("content-type"), STR_INIT("text/plain") };
    static char body[2 << 20];
    struct net_response response = { .status = 200, .headers = &type, .header_count = 1 };

    if (str_equal(request->target, STR("/never")))
        return;
    if (str_equal(request->target, STR("/big")))
        response.body = (struct str){ big, BIG }, response.static_body = true;
    else if (str_equal(request->target, STR("/stream")) ||
             str_equal(request->target, STR("/endless")))
        response.stream = true;
    else
        response.body = (struct str){
            body, (uint32_t)snprintf(body, sizeof body, "%.*s %.*s %.*s", STR_ARGS(request->method),
                                     STR_ARGS(request->target), STR_ARGS(request->body))
        };
    port.respond(net, event->conn, &response);
    if (str_equal(request->target, STR("/endless")))
        go_on(event->conn);
    if (!str_equal(request->target, STR("/stream")))
        return;
    (void)port.stream(net, event->conn, STR("one "), false);
    (void)port.stream(net, event->conn, STR("two "), false);
    (void)port.stream(net, event->conn, STR("three"), true);
}

/* --- all --- */

static void on_event(void *context, const struct net_event *event)
{
    static const char *const kinds[] = { "upgrade", "text", "pong", "closed", "http", "http_gone" };

    (void)context;
    if (event->kind != NET_TEXT)
        printf("%s code=%u why=%s oversize=%zu peer=%s chain=%u name=%s\n", kinds[event->kind],
               event->close_code, event->why, event->oversize_bytes,
               event->peer ? event->peer->address : "",
               event->peer ? event->peer->chain_pem.len : 0,
               event->peer ? event->peer->common_name : "");
    if (event->kind == NET_UPGRADE)
        on_upgrade(event);
    else if (event->kind == NET_TEXT)
        on_text(event->conn, event->text);
    else if (event->kind == NET_HTTP)
        on_http(event);
}

static void on_note(void *context, enum net_note note, const char *line)
{
    (void)context;
    printf("note %d %s\n", note, line);
}

static const char *const door_names[] = {
    "ocpp", "ocpp_tls", "ocpp_mtls", "http", "https", "local"
};

/* "ocpp=127.0.0.1:0" */
static bool read_listener(char *text, struct net_listener *listener)
{
    struct str rest = str_of(text), name;

    if (!str_cut(&rest, '=', &name))
        return false;
    for (size_t i = 0; i < COUNT(door_names); i++)
        if (str_equal(name, str_of(door_names[i]))) {
            *listener = (struct net_listener){ (enum net_door)i, rest.ptr };
            return true;
        }
    return false;
}

static void print_ready(void)
{
    printf("ready");
    for (size_t i = 0; i < COUNT(door_names); i++)
        if (net_address(net, (enum net_door)i))
            printf(" %s=%s", door_names[i], net_address(net, (enum net_door)i));
    printf("\n");
}

static struct net_tls_config reload_with;

static void serve(void)
{
    struct pollfd fds[2] = { { .fd = 0, .events = POLLIN },
                             { .fd = net_event_fd(net), .events = POLLIN } };
    char command[64], why[256];
    ssize_t got = 1;

    while (got > 0) {
        (void)poll(fds, 2, 10);
        if (fds[1].revents)
            net_dispatch(net, 256);
        run_laters();
        if (!fds[0].revents)
            continue;
        got = read(0, command, sizeof command - 1);
        command[got > 0 ? got : 0] = '\0';
        if (got > 0 && command[0] == 'r') /* "reload" */
            printf("reloaded %d\n", net_reload_tls(net, &reload_with, why, sizeof why));
        if (got > 0 && command[0] == 'n') /* "number" */
            printf("connections %u\n", net_connections(net));
        if (got > 0 && command[0] == 'f') /* "refuse" */
            port.refuse(net, NET_DOOR_OCPP, true);
        if (got > 0 && command[0] == 't') /* "take" */
            port.refuse(net, NET_DOOR_OCPP, false);
        if (got > 0 && command[0] == 'm') /* "m N": the N-th allocation of the loops fails */
            printf("left %lld\n", (long long)failing_at(strtoll(command + 1, NULL, 10), false));
    }
}

int main(int argc, char **argv)
{
    struct net_listener listeners[8];
    struct net_config config = { .listeners = listeners, .sink = on_event, .note = on_note };
    const char *proxy;
    char why[256];
    uint32_t pairs = 0;
    int64_t fail_start = 0;
    enum err err;

    (void)signal(SIGXFSZ, SIG_IGN); /* as src/cli has it; cannot fail */
    setvbuf(stdout, NULL, _IOLBF, 0);
    memset(big, 'b', sizeof big);
    for (int i = 1; i < argc; i++) {
        struct str arg = str_of(argv[i]);
        int64_t number;
        if (str_equal(arg, STR("--loops")) && str_to_i64(str_of(argv[++i]), &number))
            config.loops = (uint32_t)number;
        else if (str_equal(arg, STR("--echo")))
            config.echo = true;
        else if (str_equal(arg, STR("--fast")))
            config.head_deadline_s = config.idle_deadline_s = config.body_deadline_s =
                config.tickets_look_s = 1;
        else if (str_equal(arg, STR("--fail-start")) && str_to_i64(str_of(argv[++i]), &number))
            fail_start = number;
        else if (str_equal(arg, STR("--proxy"))) {
            proxy = argv[++i];
            config.proxies = &proxy;
            config.proxy_count = 1;
        } else if (str_equal(arg, STR("--tls"))) {
            config.tls.certificates[pairs].chain_file = argv[++i];
            config.tls.certificates[pairs++].key_file = argv[++i];
        } else if (str_equal(arg, STR("--client-ca")))
            config.tls.client_ca_file = argv[++i];
        else if (str_equal(arg, STR("--tickets")))
            config.ticket_file = argv[++i];
        else if (!read_listener(argv[i], &listeners[config.listener_count++]))
            return 2;
    }
    reload_with = config.tls;
    (void)failing_at(fail_start, true); /* there was none before */
    err = net_start(&config, &net, why, sizeof why);
    fail_start = failing_at(0, true);
    if (err != ERR_NONE) {
        printf("failed %s\n", why);
        return 1;
    }
    printf("left %lld\n", (long long)fail_start);
    port = net_port_of(net);
    print_ready();
    serve();
    net_stop(net, 500);
    printf("stopped\n");
    return 0;
}
