#include "sim/wire_conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/ws_handshake.h"
#include "sim/basic.h"

enum {
    READ_BYTES = 1 << 16,
    HEAD_BYTES_MAX = 8192,
    OUT_BYTES_MAX = 1 << 20, /* a server that reads nothing is given up */
    MESSAGE_BYTES_MAX = 1 << 20,
};

bool wire_shared_init(struct wire_shared *shared, const struct sim_url *url, const char *ca_file,
                      struct buf *why)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    int failed = getaddrinfo(url->host, url->port, &hints, &shared->addresses);

    shared->url = *url;
    shared->address = shared->addresses;
    shared->read_buffer = malloc(READ_BYTES);
    shared->plain_buffer = malloc(READ_BYTES);
    shared->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (failed) {
        shared->addresses = NULL;
        buf_printf(why, "%s: %s", url->host, gai_strerror(failed));
        return false;
    }
    if (!shared->read_buffer || !shared->plain_buffer || shared->epoll < 0) {
        buf_printf(why, "no epoll: %s", strerrordesc_np(errno));
        return false;
    }
    shared->tls = url->tls ? tls_client_config_new(ca_file, why) : NULL;
    return !url->tls || shared->tls;
}

void wire_shared_fini(struct wire_shared *shared)
{
    if (shared->addresses)
        freeaddrinfo(shared->addresses);
    if (shared->epoll >= 0)
        close(shared->epoll);
    free(shared->read_buffer);
    free(shared->plain_buffer);
    free(shared->frame);
    tls_client_config_free(shared->tls);
    ws_shared_fini(&shared->ws);
}

static void watch(struct wire_conn *conn, struct wire_shared *shared, bool write, int how)
{
    struct epoll_event event = { .events = EPOLLIN | (write ? EPOLLOUT : 0u),
                                 .data.u32 = conn->member };

    check(epoll_ctl(shared->epoll, how, conn->fd, &event) == 0);
}

void wire_conn_freeze(struct wire_conn *conn, struct wire_shared *shared)
{
    if (conn->state != WIRE_NONE)
        check(epoll_ctl(shared->epoll, EPOLL_CTL_DEL, conn->fd, NULL) == 0);
}

void wire_conn_end(struct wire_conn *conn, struct wire_shared *shared, bool polite)
{
    char payload[WS_CONTROL_MAX];

    if (conn->state == WIRE_NONE)
        return;
    if (polite && conn->state == WIRE_OPEN) {
        uint32_t len = ws_close_payload(payload, WS_NORMAL, STR_NONE);
        (void)wire_conn_send(conn, shared, WS_OP_CLOSE,
                             (struct str){ payload, len }); /* it ends in any case */
    }
    if (conn->state == WIRE_OPEN)
        ws_fini(&conn->ws, &shared->ws);
    close(conn->fd);
    tls_client_free(conn->tls);
    conn->tls = NULL;
    free(conn->out);
    free(conn->head);
    conn->out = conn->head = NULL;
    conn->out_len = conn->out_cap = conn->head_len = 0;
    conn->state = WIRE_NONE;
    conn->life++;
}

static void fail(struct wire_conn *conn, struct wire_shared *shared)
{
    if (conn->state == WIRE_CONNECTING) /* "localhost" may be ::1 here and 127.0.0.1 there */
        shared->address = shared->address->ai_next ? shared->address->ai_next : shared->addresses;
    wire_conn_end(conn, shared, false);
    shared->closed(shared->arg, conn->member);
}

static bool queue_raw(struct wire_conn *conn, const char *bytes, size_t len)
{
    if (conn->out_len + len > OUT_BYTES_MAX)
        return false;
    if (conn->out_len + len > conn->out_cap) {
        uint32_t cap = (uint32_t)(conn->out_len + len) * 2;
        char *out = realloc(conn->out, cap);

        if (!out)
            return false;
        conn->out = out;
        conn->out_cap = cap;
    }
    memcpy(conn->out + conn->out_len, bytes, len);
    conn->out_len += (uint32_t)len;
    return true;
}

/* What TLS wants to say. */
static bool queue_sealed(struct wire_conn *conn)
{
    char bytes[4096];
    size_t len;

    while ((len = tls_client_take(conn->tls, bytes, sizeof bytes)) > 0)
        if (!queue_raw(conn, bytes, len))
            return false;
    return true;
}

static bool queue(struct wire_conn *conn, const char *bytes, size_t len)
{
    if (!conn->tls)
        return queue_raw(conn, bytes, len);
    return tls_client_write(conn->tls, bytes, len) && queue_sealed(conn);
}

/* Sends what waits. False: the connection is broken. */
static bool flush(struct wire_conn *conn, struct wire_shared *shared)
{
    ssize_t sent = send(conn->fd, conn->out, conn->out_len, MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return false;
    if (sent > 0) {
        conn->out_len -= (uint32_t)sent;
        memmove(conn->out, conn->out + sent, conn->out_len);
    }
    if (conn->out_len == 0) {
        free(conn->out); /* an idle station holds no buffer */
        conn->out = NULL;
        conn->out_cap = 0;
    }
    watch(conn, shared, conn->out_len > 0, EPOLL_CTL_MOD);
    return true;
}

static bool frame_fits(struct wire_shared *shared, uint32_t len)
{
    char *frame;

    if (len <= shared->frame_cap)
        return true;
    frame = realloc(shared->frame, (size_t)len * 2);
    if (!frame)
        return false;
    shared->frame = frame;
    shared->frame_cap = len * 2;
    return true;
}

bool wire_conn_send(struct wire_conn *conn, struct wire_shared *shared, enum ws_opcode opcode,
                    struct str text)
{
    uint64_t random = rand_next(&shared->rand);
    uint8_t head[WS_HEAD_MAX], mask[4];
    uint32_t head_len;
    bool deflated = conn->state == WIRE_OPEN && conn->ws.deflate && opcode == WS_OP_TEXT &&
                    ws_deflate(&shared->ws, text, &text);

    memcpy(mask, &random, sizeof mask);
    head_len = ws_head(head, opcode, deflated, text.len, mask);
    if (conn->state != WIRE_OPEN || !frame_fits(shared, head_len + text.len))
        return false;
    memcpy(shared->frame, head, head_len);
    memcpy(shared->frame + head_len, text.ptr, text.len);
    (void)ws_mask(shared->frame + head_len, text.len, mask,
                  0); /* where the mask stands afterwards: the frame is whole */
    return queue(conn, shared->frame, head_len + text.len) && flush(conn, shared);
}

static bool queue_handshake(struct wire_conn *conn, struct wire_shared *shared, struct str identity,
                            struct str password)
{
    const struct sim_url *url = &shared->url;
    struct str path =
        str_ends(url->path, STR("/")) ? str_first(url->path, url->path.len - 1) : url->path;
    uint64_t random[2] = { rand_next(&shared->rand), rand_next(&shared->rand) };
    char memory[2048], key[WS_KEY_LEN];
    struct buf out;

    ws_make_key((const uint8_t *)random, key);
    ws_accept_of((struct str){ key, WS_KEY_LEN }, conn->accept);
    buf_init(&out, memory, sizeof memory);
    buf_printf(
        &out,
        "GET %.*s/%.*s HTTP/1.1\r\nHost: %s:%s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
        STR_ARGS(path), STR_ARGS(identity), url->host, url->port);
    buf_printf(&out, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %.*s\r\n", WS_KEY_LEN, key);
    if (shared->deflate)
        buf_put(&out, STR("Sec-WebSocket-Extensions: " WS_CLIENT_OFFER "\r\n"));
    if (conn->subprotocol[0])
        buf_printf(&out, "Sec-WebSocket-Protocol: %s\r\n", conn->subprotocol);
    if (password.len > 0) {
        buf_put(&out, STR("Authorization: Basic "));
        sim_put_basic(&out, identity, password);
        buf_put(&out, STR("\r\n"));
    }
    buf_put(&out, STR("\r\n"));
    return !out.overflow && queue(conn, out.ptr, out.len);
}

/* A socket that is connecting; -1: it cannot be. */
static int open_socket(const struct addrinfo *address)
{
    int on = 1,
        fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return fd;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* only slower without */
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void wire_conn_begin(struct wire_conn *conn, struct wire_shared *shared, struct str identity,
                     struct str password, struct str subprotocol)
{
    check(conn->state == WIRE_NONE);
    check(subprotocol.len < sizeof conn->subprotocol);
    memcpy(conn->subprotocol, subprotocol.ptr, subprotocol.len);
    conn->subprotocol[subprotocol.len] = '\0';
    conn->fd = open_socket(shared->address);
    conn->state = WIRE_CONNECTING;
    if (conn->fd < 0) {
        /* No descriptor: a socket that is not connected tells it through epoll, as any other
         * failure. */
        conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (conn->fd < 0) {
            conn->state = WIRE_NONE; /* the station's own time-out sees it */
            return;
        }
    }
    if (shared->tls)
        conn->tls = tls_client_new(shared->tls, shared->url.host);
    if ((shared->tls && !conn->tls) || !queue_handshake(conn, shared, identity, password)) {
        wire_conn_end(conn, shared, false);
        return;
    }
    watch(conn, shared, true, EPOLL_CTL_ADD);
}

/* The value of a header of the server's answer; empty: none. */
static struct str header(struct str head, struct str name)
{
    struct str line;

    while (str_cut(&head, '\n', &line)) {
        struct str key;

        if (str_cut(&line, ':', &key) && str_equal_nocase(str_trim(key), name))
            return str_trim(line);
    }
    return STR_NONE;
}

/* RFC 6455 §4.1: what the client must check. */
static bool answer_fits(const struct wire_conn *conn, const struct wire_shared *shared,
                        struct str head, struct ws_agreed *agreed)
{
    struct str extensions = header(head, STR("sec-websocket-extensions"));
    struct str accept = { conn->accept, WS_ACCEPT_LEN };
    struct str chosen = header(head, STR("sec-websocket-protocol"));

    return str_starts(head, STR("HTTP/1.1 101")) &&
           str_equal_nocase(header(head, STR("upgrade")), STR("websocket")) &&
           str_contains_nocase(header(head, STR("connection")), STR("upgrade")) &&
           str_equal(header(head, STR("sec-websocket-accept")), accept) &&
           str_equal(chosen, str_of(conn->subprotocol)) &&
           (shared->deflate || extensions.len == 0) && ws_check_extensions(extensions, agreed);
}

/* Collects the answer's head; what comes behind it stays in *input. False: the connection is of no
 * use. */
static bool take_head(struct wire_conn *conn, struct wire_shared *shared, struct ws_input *input)
{
    char *end;
    struct ws_agreed agreed;
    uint32_t before = conn->head_len, head_len;
    size_t take = input->len < HEAD_BYTES_MAX - before ? input->len : HEAD_BYTES_MAX - before;

    if (!conn->head)
        conn->head = malloc(HEAD_BYTES_MAX);
    if (!conn->head || take == 0)
        return false;
    memcpy(conn->head + before, input->ptr, take);
    conn->head_len += (uint32_t)take;
    end = memmem(conn->head, conn->head_len, "\r\n\r\n", 4);
    if (!end) {
        input->len = 0;
        return true;
    }
    head_len = (uint32_t)(end - conn->head) + 4;
    input->ptr += head_len - before;
    input->len -= head_len - before;
    if (!answer_fits(conn, shared, (struct str){ conn->head, head_len }, &agreed))
        return false;
    free(conn->head);
    conn->head = NULL;
    conn->state = WIRE_OPEN;
    ws_init(&conn->ws, true, agreed.deflate, MESSAGE_BYTES_MAX);
    shared->opened(shared->arg, conn->member);
    return true;
}

/* One event of the open connection. False: it is over. */
static bool take_event(struct wire_conn *conn, struct wire_shared *shared, struct ws_input *input,
                       bool *more)
{
    struct ws_event event;
    enum ws_kind kind = ws_read(&conn->ws, &shared->ws, input, &event);

    *more = kind != WS_MORE;
    if (kind == WS_TEXT)
        shared->text(shared->arg, conn->member, event.data);
    else if (kind == WS_PING)
        return wire_conn_send(conn, shared, WS_OP_PONG, event.data);
    else if (kind == WS_CLOSE || kind == WS_FAILED)
        return false;
    return true;
}

static void take_input(struct wire_conn *conn, struct wire_shared *shared, struct ws_input input)
{
    uint32_t life = conn->life;
    bool good = true, more = true;

    if (conn->state == WIRE_HANDSHAKE)
        good = take_head(conn, shared, &input);
    while (good && more && conn->life == life && conn->state == WIRE_OPEN)
        good = take_event(conn, shared, &input, &more);
    if (!good && conn->life == life)
        fail(conn, shared);
}

/* Bytes that came over TLS: what they say, until the connection is over. */
static void take_sealed(struct wire_conn *conn, struct wire_shared *shared, size_t len)
{
    uint32_t life = conn->life;
    bool good = tls_client_put(conn->tls, shared->read_buffer, len);
    int got = 0;

    while (good && conn->life == life &&
           (got = tls_client_read(conn->tls, shared->plain_buffer, READ_BYTES)) > 0)
        take_input(conn, shared, (struct ws_input){ shared->plain_buffer, (size_t)got });
    if (conn->life != life)
        return;
    /* What a failed handshake has to say is sent too. */
    if (!queue_sealed(conn) || (conn->out_len > 0 && !flush(conn, shared)) || !good || got < 0)
        fail(conn, shared);
}

void wire_conn_ready(struct wire_conn *conn, struct wire_shared *shared, uint32_t events)
{
    ssize_t got;

    if (conn->state == WIRE_NONE)
        return;
    if (conn->state == WIRE_CONNECTING) {
        int error = 0;
        socklen_t len = sizeof error;

        (void)getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error,
                         &len); /* error stays 0 and HUP tells */
        if (error != 0 || (events & (EPOLLHUP | EPOLLERR))) {
            fail(conn, shared);
            return;
        }
        conn->state = WIRE_HANDSHAKE;
    }
    if ((events & EPOLLOUT) && conn->out_len > 0 && !flush(conn, shared)) {
        fail(conn, shared);
        return;
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    got = recv(conn->fd, shared->read_buffer, READ_BYTES, 0);
    if (got > 0 && conn->tls)
        take_sealed(conn, shared, (size_t)got);
    else if (got > 0)
        take_input(conn, shared, (struct ws_input){ shared->read_buffer, (size_t)got });
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        fail(conn, shared);
}
