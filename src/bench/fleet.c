#include "bench/fleet.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rand.h"
#include "bench/bench.h"
#include "net/ws_handshake.h"

enum {
    READ_BYTES = 1 << 16,
    EVENTS_MAX = 512,
    OPENING_MAX = 256, /* handshakes under way: a server takes its time for each */
};

enum member_state { MEMBER_TLS, MEMBER_ASKED, MEMBER_OPEN };

struct member {
    int fd;
    enum member_state state;
    SSL *tls;
    struct ws ws;
};

struct fleet {
    struct fleet_config config;
    struct addrinfo *where;
    struct member *members;
    uint32_t begun, open;
    int epoll;
    SSL_CTX *tls;
    struct ws_shared ws;
    struct rand rand; /* masks are against caches in between, not against readers */
    char *buffer;
};

/* --- bytes --- */

static bool put_bytes(struct member *member, const char *bytes, size_t len)
{
    ssize_t sent;

    if (member->tls)
        return SSL_write(member->tls, bytes, (int)len) == (int)len;
    sent = send(member->fd, bytes, len, MSG_NOSIGNAL);
    /* One small message is outstanding at most, so that it always fits in the socket's buffer. */
    return sent == (ssize_t)len;
}

/* What has come, -1: nothing more for now, 0: the end. */
static ssize_t get_bytes(struct fleet *fleet, struct member *member)
{
    ssize_t got;

    if (!member->tls) {
        got = recv(member->fd, fleet->buffer, READ_BYTES, 0);
        return got < 0 && errno != EAGAIN && errno != EINTR ? 0 : got;
    }
    got = SSL_read(member->tls, fleet->buffer, READ_BYTES);
    if (got > 0)
        return got;
    return SSL_get_error(member->tls, (int)got) == SSL_ERROR_WANT_READ ? -1 : 0;
}

/* --- opening --- */

static bool ask(struct fleet *fleet, uint32_t index)
{
    struct member *member = &fleet->members[index];
    const struct fleet_config *config = &fleet->config;
    char head[512], key[WS_KEY_LEN];
    uint64_t random[2] = { rand_next(&fleet->rand), rand_next(&fleet->rand) };
    struct buf out;

    ws_make_key((const uint8_t *)random, key);
    buf_init(&out, head, sizeof head);
    buf_printf(&out,
               "GET /ocpp/%s%07u HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
               "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %.*s\r\n"
               "Sec-WebSocket-Protocol: %.*s\r\n\r\n",
               config->prefix, index, config->address, WS_KEY_LEN, key,
               STR_ARGS(config->subprotocol));
    check(!out.overflow);
    member->state = MEMBER_ASKED;
    return put_bytes(member, out.ptr, out.len);
}

static bool begin(struct fleet *fleet, uint32_t index)
{
    struct member *member = &fleet->members[index];
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = index };
    int on = 1;

    member->fd = socket(fleet->where->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (member->fd < 0 ||
        connect(member->fd, fleet->where->ai_addr, fleet->where->ai_addrlen) != 0 ||
        setsockopt(member->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        fcntl(member->fd, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(fleet->epoll, EPOLL_CTL_ADD, member->fd, &event) != 0)
        return false;
    if (!fleet->tls)
        return ask(fleet, index);
    member->state = MEMBER_TLS;
    member->tls = SSL_new(fleet->tls);
    check(member->tls != NULL);
    SSL_set_connect_state(member->tls);
    return SSL_set_fd(member->tls, member->fd) == 1 &&
           (SSL_do_handshake(member->tls) == 1 ||
            SSL_get_error(member->tls, -1) == SSL_ERROR_WANT_READ);
}

static bool begin_more(struct fleet *fleet, char *why)
{
    while (fleet->begun < fleet->config.count && fleet->begun - fleet->open < OPENING_MAX) {
        if (!begin(fleet, fleet->begun)) {
            (void)snprintf(why, BENCH_WHY_SIZE, "connection %u to %s: %s", fleet->begun,
                           fleet->config.address, strerror(errno));
            return false;
        }
        fleet->begun++;
    }
    return true;
}

/* The answer to the handshake, which servers send in one piece; what follows it are frames. */
static bool read_answer(struct fleet *fleet, uint32_t index, struct ws_input *input, char *why)
{
    static const char good[] = "HTTP/1.1 101 ", end[] = "\r\n\r\n";
    char *body = memmem(input->ptr, input->len, end, sizeof end - 1);

    if (!body || memcmp(input->ptr, good, sizeof good - 1) != 0) {
        (void)snprintf(why, BENCH_WHY_SIZE, "connection %u is refused: %.*s", index,
                       (int)strcspn(input->ptr, "\r"), input->ptr);
        return false;
    }
    body += sizeof end - 1;
    *input = (struct ws_input){ body, input->len - (size_t)(body - input->ptr) };
    ws_init(&fleet->members[index].ws, true, false, 1u << 20);
    fleet->members[index].state = MEMBER_OPEN;
    fleet->open++;
    fleet->config.opened(fleet->config.arg, index);
    return true;
}

/* --- talking --- */

static bool take_frames(struct fleet *fleet, uint32_t index, struct ws_input *input, char *why)
{
    struct member *member = &fleet->members[index];
    struct ws_event event;

    while (ws_read(&member->ws, &fleet->ws, input, &event) != WS_MORE) {
        switch (event.kind) {
        case WS_TEXT:
            fleet->config.text(fleet->config.arg, index, event.data);
            break;
        case WS_PING:
        case WS_PONG: /* not answered, as some stations do: nothing is sent but messages */
            break;
        case WS_CLOSE:
        case WS_FAILED:
            (void)snprintf(why, BENCH_WHY_SIZE, "connection %u was closed with %u: %.*s", index,
                           event.code, STR_ARGS(event.data));
            return false;
        case WS_MORE:
            break;
        }
    }
    return true;
}

static bool take(struct fleet *fleet, uint32_t index, char *why)
{
    struct member *member = &fleet->members[index];
    ssize_t got;

    if (member->state == MEMBER_TLS) {
        if (SSL_do_handshake(member->tls) != 1)
            return SSL_get_error(member->tls, -1) == SSL_ERROR_WANT_READ;
        return ask(fleet, index);
    }
    while ((got = get_bytes(fleet, member)) > 0) {
        struct ws_input input = { fleet->buffer, (size_t)got };
        fleet->buffer[got] = '\0';
        if (member->state == MEMBER_ASKED && !read_answer(fleet, index, &input, why))
            return false;
        if (!take_frames(fleet, index, &input, why))
            return false;
        if (!member->tls && got < READ_BYTES)
            return true; /* saves a call that would find nothing */
    }
    return got < 0;
}

bool fleet_turn(struct fleet *fleet, int wait_ms, char *why)
{
    struct epoll_event events[EVENTS_MAX];
    int count;

    if (!begin_more(fleet, why))
        return false;
    count = epoll_wait(fleet->epoll, events, EVENTS_MAX, wait_ms);
    check(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; i++)
        if (!take(fleet, events[i].data.u32, why)) {
            if (!why[0])
                (void)snprintf(why, BENCH_WHY_SIZE, "connection %u was lost", events[i].data.u32);
            return false;
        }
    return true;
}

bool fleet_send(struct fleet *fleet, uint32_t index, char *text, uint32_t len)
{
    uint64_t random = rand_next(&fleet->rand);
    uint8_t head[WS_HEAD_MAX], mask[4];
    uint32_t head_len;

    memcpy(mask, &random, sizeof mask);
    head_len = ws_head(head, WS_OP_TEXT, false, len, mask);
    (void)ws_mask(text, len, mask, 0); /* the whole frame: nothing follows */
    memcpy(text - head_len, head, head_len);
    return put_bytes(&fleet->members[index], text - head_len, head_len + len);
}

uint32_t fleet_count(const struct fleet *fleet)
{
    return fleet->open;
}

/* --- life --- */

static bool find_address(struct fleet *fleet, char *why)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
    char host[64];
    char *colon;
    int failed;

    (void)snprintf(host, sizeof host, "%s", fleet->config.address); /* cut: not found */
    colon = strrchr(host, ':');
    check(colon != NULL);
    *colon = '\0';
    failed = getaddrinfo(host, colon + 1, &hints, &fleet->where);
    if (failed)
        (void)snprintf(why, BENCH_WHY_SIZE, "%s: %s", fleet->config.address, gai_strerror(failed));
    return failed == 0;
}

enum err fleet_open(const struct fleet_config *config, struct fleet **out, char *why)
{
    struct fleet *fleet = calloc(1, sizeof *fleet);

    check(fleet != NULL);
    fleet->config = *config;
    fleet->members = calloc(config->count, sizeof *fleet->members);
    fleet->buffer = malloc(READ_BYTES + 1);
    fleet->epoll = epoll_create1(EPOLL_CLOEXEC);
    check(fleet->members && fleet->buffer && fleet->epoll >= 0);
    if (config->tls)
        fleet->tls = SSL_CTX_new(TLS_client_method());
    check(!config->tls || fleet->tls);
    if (find_address(fleet, why)) {
        *out = fleet;
        return ERR_NONE;
    }
    fleet_close(fleet);
    return ERR_OS;
}

void fleet_close(struct fleet *fleet)
{
    for (uint32_t i = 0; i < fleet->begun; i++) {
        if (fleet->members[i].state == MEMBER_OPEN)
            ws_fini(&fleet->members[i].ws, &fleet->ws);
        SSL_free(fleet->members[i].tls);
        close(fleet->members[i].fd);
    }
    if (fleet->where)
        freeaddrinfo(fleet->where);
    SSL_CTX_free(fleet->tls);
    ws_shared_fini(&fleet->ws);
    close(fleet->epoll);
    free(fleet->buffer);
    free(fleet->members);
    free(fleet);
}
