/* listen.c: doors. Each loop has a socket of its own for each address (SO_REUSEPORT), and the
 * kernel spreads what comes. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/inner.h"

enum {
    BACKLOG = 4096,
    ACCEPTS_A_ROUND = 64,
    NO_SOCKET = -1,
    MILLI = 1000, /* tokens are counted in thousandths */
};

struct place {
    struct sockaddr_storage address;
    socklen_t len;
};

/* --- addresses --- */

/* "host:port" or "[v6]:port". */
static bool split(const char *text, char host[256], char port[8])
{
    struct str all = str_of(text), left, right;
    int64_t colon = -1, number;

    for (uint32_t i = 0; i < all.len; i++)
        if (all.ptr[i] == ':')
            colon = i;
    if (colon < 0)
        return false;
    left = str_first(all, (uint32_t)colon);
    right = str_from(all, (uint32_t)colon + 1);
    if (left.len > 2 && left.ptr[0] == '[' && left.ptr[left.len - 1] == ']')
        left = (struct str){ left.ptr + 1, left.len - 2 };
    else if (str_find_byte(left, ':') >= 0)
        return false;
    if (!str_to_i64(right, &number) || number < 0 || number > 65535 || left.len == 0 ||
        left.len > 255 || right.len > 7)
        return false;
    memcpy(host, left.ptr, left.len);
    host[left.len] = '\0';
    memcpy(port, right.ptr, right.len);
    port[right.len] = '\0';
    return true;
}

static enum err find_place(const char *text, struct place *place, char *why, size_t why_cap)
{
    const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    char host[256], port[8];

    if (!split(text, host, port)) {
        (void)snprintf(why, why_cap,
                       "%s is no address: HOST:PORT is wanted, as 0.0.0.0:9000 or [::]:9000", text);
        return ERR_USAGE;
    }
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        (void)snprintf(why, why_cap, "%s: this host is not known", text);
        return ERR_USAGE;
    }
    memcpy(&place->address, found->ai_addr, found->ai_addrlen);
    place->len = found->ai_addrlen;
    freeaddrinfo(found);
    return ERR_NONE;
}

static void place_text(const struct place *place, char *text, size_t cap)
{
    struct net_peer peer;

    peer_describe(&place->address, &peer);
    (void)snprintf(text, cap, "%s", peer.address); /* fits */
}

/* --- sockets --- */

static int open_socket(const struct place *place, bool shared)
{
    int one = 1,
        fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return NO_SOCKET;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) ||
        bind(fd, (const struct sockaddr *)&place->address, place->len) != 0 ||
        listen(fd, BACKLOG) != 0) {
        int reason = errno;
        close(fd);
        errno = reason;
        return NO_SOCKET;
    }
    return fd;
}

static void say_busy(const struct place *place, char *why, size_t why_cap)
{
    char text[64];

    place_text(place, text, sizeof text);
    (void)snprintf(why, why_cap, "%s: %s%s", text, strerrordesc_np(errno),
                   errno == EADDRINUSE ? ". Stop what listens there, or choose another port"
                   : errno == EACCES   ? ". Ports below 1024 need CAP_NET_BIND_SERVICE"
                                       : "");
}

/* A first socket, alone: SO_REUSEPORT would let a second server in on the same port unnoticed. It
 * also chooses the port when none is named. */
static enum err probe(struct place *place, char *why, size_t why_cap)
{
    int fd = open_socket(place, false);

    if (fd < 0) {
        say_busy(place, why, why_cap);
        return ERR_OS;
    }
    check(getsockname(fd, (struct sockaddr *)&place->address, &place->len) == 0);
    close(fd);
    return ERR_NONE;
}

static void add(struct loop *loop, int fd, enum net_door door)
{
    loop->listeners[loop->listener_count++] =
        (struct listener){ .loop = loop, .fd = fd, .door = door };
}

static enum err open_tcp(struct net *net, const struct net_listener *wanted, char *why,
                         size_t why_cap)
{
    struct place place;
    enum err err = find_place(wanted->address, &place, why, why_cap);

    if (err == ERR_NONE)
        err = probe(&place, why, why_cap);
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < net->loop_count; i++) {
        int fd = open_socket(&place, true);
        if (fd < 0) {
            say_busy(&place, why, why_cap);
            return ERR_OS;
        }
        add(&net->loops[i], fd, wanted->door);
    }
    if (net->addresses[wanted->door][0] == '\0')
        place_text(&place, net->addresses[wanted->door], sizeof net->addresses[0]);
    return ERR_NONE;
}

static enum err open_local(struct net *net, const struct net_listener *wanted, char *why,
                           size_t why_cap)
{
    struct place place = { .address.ss_family = AF_UNIX, .len = sizeof(struct sockaddr_un) };
    struct sockaddr_un *local = (void *)&place.address;
    struct str path = str_of(wanted->address);
    int fd;

    if (path.len == 0 || path.len >= sizeof local->sun_path) {
        (void)snprintf(why, why_cap, "%s: the path of a socket has at most %zu bytes",
                       wanted->address, sizeof local->sun_path - 1);
        return ERR_USAGE;
    }
    memcpy(local->sun_path, path.ptr, path.len);
    (void)unlink(wanted->address); /* of an earlier run; if it cannot go, bind will say so */
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* On Linux the file gets the descriptor's mode, so that it is never open to others. */
    if (fd < 0 || fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)local, place.len) != 0 ||
        listen(fd, BACKLOG) != 0) {
        (void)snprintf(why, why_cap, "%s: %s", wanted->address, strerrordesc_np(errno));
        if (fd >= 0)
            close(fd);
        return ERR_OS;
    }
    net->local_path = strdup(wanted->address);
    (void)snprintf(net->addresses[NET_DOOR_LOCAL], sizeof net->addresses[0], "%s",
                   wanted->address); /* fits: sun_path is shorter */
    add(&net->loops[0], fd, NET_DOOR_LOCAL);
    return ERR_NONE;
}

enum err listen_open(struct net *net, char *why, size_t why_cap)
{
    enum err err = ERR_NONE;

    for (uint32_t i = 0; i < net->loop_count; i++) {
        net->loops[i].listeners = calloc(net->config.listener_count + 1, sizeof(struct listener));
        if (!net->loops[i].listeners)
            return ERR_FULL;
    }
    for (uint32_t i = 0; i < net->config.listener_count && err == ERR_NONE; i++) {
        const struct net_listener *wanted = &net->config.listeners[i];
        err = wanted->door == NET_DOOR_LOCAL ? open_local(net, wanted, why, why_cap)
                                             : open_tcp(net, wanted, why, why_cap);
    }
    return err;
}

/* --- taking connections --- */

/* A bucket of handshakes, filled at the loop's share of tls_per_second and a second deep. */
static bool take_token(struct loop *loop)
{
    uint64_t now = loop_now(loop), full, rate = loop->net->config.tls_per_second;

    rate = rate / loop->net->loop_count + 1;
    full = rate * MILLI;
    loop->tls_tokens_milli += (now - loop->tls_tokens_at) * rate;
    loop->tls_tokens_at = now;
    if (loop->tls_tokens_milli > full)
        loop->tls_tokens_milli = full;
    if (loop->tls_tokens_milli < MILLI)
        return false;
    loop->tls_tokens_milli -= MILLI;
    return true;
}

/* However many stations there are, people get in; and the one at the machine, however many people.
 * Parts of what server.c keeps. */
static const uint32_t more_for[NET_DOOR_COUNT] = {
    [NET_DOOR_HTTP] = 96,
    [NET_DOOR_HTTPS] = 96,
    [NET_DOOR_LOCAL] = 128,
};

static bool admit(struct loop *loop, enum net_door door)
{
    struct net *net = loop->net;

    if (atomic_load_explicit(&net->refuse[door], memory_order_relaxed) || loop->stopping)
        return false;
    if (atomic_load(&net->conn_count) < net->conn_max + more_for[door])
        return true;
    loop_note(loop, NET_NOTE_FULL,
              "%u connections: no descriptors left for more. Raise LimitNOFILE (ulimit -n)",
              atomic_load(&net->conn_count));
    return false;
}

/* They wait in the backlog, which costs nothing, until there are tokens again. */
static void rest(struct listener *listener)
{
    loop_note(listener->loop, NET_NOTE_STORM, "more TLS connections than %u a second: they wait",
              listener->loop->net->config.tls_per_second);
    listener->resting = true;
    check(uv_poll_stop(&listener->poll) == 0);
    loop_throttle(listener->loop);
}

/* False: none is left, or none may be taken now. */
static bool accept_one(struct listener *listener)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof address;
    int fd;

    if (door_is_tls((uint8_t)listener->door) && !take_token(listener->loop)) {
        rest(listener);
        return false;
    }
    fd = accept4(listener->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    if (admit(listener->loop, listener->door))
        conn_new(listener->loop, fd, listener->door, &address);
    else
        close(fd);
    return true;
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = CONTAINER_OF(poll, struct listener, poll);

    (void)events; /* there is only one kind */
    check(status == 0);
    for (int i = 0; i < ACCEPTS_A_ROUND; i++)
        if (!accept_one(listener))
            return;
}

void listen_again(struct loop *loop)
{
    if (!loop->throttled || loop->stopping)
        return;
    loop->throttled = false;
    for (uint32_t i = 0; i < loop->listener_count; i++)
        if (loop->listeners[i].resting) {
            loop->listeners[i].resting = false;
            check(uv_poll_start(&loop->listeners[i].poll, UV_READABLE, on_acceptable) == 0);
        }
}

bool listen_begin(struct loop *loop)
{
    loop->tls_tokens_at = loop_now(loop);
    for (uint32_t i = 0; i < loop->listener_count; i++) {
        struct listener *listener = &loop->listeners[i];
        if (uv_poll_init(&loop->uv, &listener->poll, listener->fd) != 0)
            return false;
        listener->polled = true;
        if (uv_poll_start(&listener->poll, UV_READABLE, on_acceptable) != 0)
            return false;
    }
    return true;
}

void listen_end(struct loop *loop)
{
    for (uint32_t i = 0; i < loop->listener_count; i++) {
        struct listener *listener = &loop->listeners[i];
        if (listener->polled)
            uv_close((uv_handle_t *)&listener->poll, NULL);
        if (listener->fd >= 0)
            close(listener->fd);
        listener->polled = false;
        listener->fd = NO_SOCKET;
    }
}
