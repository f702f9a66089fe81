/* conn.c: the life of a connection: bytes in, what blocks it, how it ends. What the bytes mean is
 * in http_conn.c and ws_conn.c. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/inner.h"
#include "net/proxy.h"
#include "net/tls.h"

enum {
    CONNS_A_BLOCK = 64,
    USER_TIMEOUT_MS = 90000,
    KEEPALIVE_S = 60,
    KEEPALIVE_EACH_S = 15,
    KEEPALIVE_TIMES = 2
};

struct conn_block {
    struct conn_block *next;
    struct conn conns[CONNS_A_BLOCK];
};

/* --- slots and names --- */

static bool slots_grow(struct loop *loop)
{
    uint32_t cap = loop->slot_cap ? loop->slot_cap * 2 : GAUGES_A_BLOCK;
    void *conns, *generations, *free_slots;

    if (cap > GAUGES_A_BLOCK * GAUGE_BLOCKS)
        return false;
    conns = realloc(loop->conns, cap * sizeof(struct conn *));
    loop->conns = conns ? conns : loop->conns;
    generations = realloc(loop->generations, cap * sizeof(uint32_t));
    loop->generations = generations ? generations : loop->generations;
    free_slots = realloc(loop->free_slots, cap * sizeof(uint32_t));
    loop->free_slots = free_slots ? free_slots : loop->free_slots;
    if (!conns || !generations || !free_slots)
        return false;
    for (uint32_t slot = cap; slot-- > loop->slot_cap;) {
        if (slot % GAUGES_A_BLOCK == 0) {
            struct gauge *block = calloc(GAUGES_A_BLOCK, sizeof *block);
            if (!block)
                return false;
            atomic_store(&loop->gauges[slot / GAUGES_A_BLOCK], block);
        }
        loop->conns[slot] = NULL;
        loop->generations[slot] = 0;
        loop->free_slots[loop->free_count++] = slot;
    }
    loop->slot_cap = cap;
    return true;
}

conn_id conn_id_of(const struct conn *conn)
{
    return (conn_id)conn->generation << 32 | (conn_id)conn->loop->index << 24 | conn->slot;
}

void conn_renew(struct conn *conn)
{
    uint32_t *generation = &conn->loop->generations[conn->slot];

    if (++*generation == 0)
        ++*generation;
    conn->generation = *generation;
}

/* --- reading --- */

bool conn_hold(struct conn *conn, const char *ptr, size_t len)
{
    char *grown = realloc(conn->held, conn->held_len + len);

    if (!grown)
        return false;
    memcpy(grown + conn->held_len, ptr, len);
    conn->held = grown;
    conn->held_len += (uint32_t)len;
    return true;
}

static void handle_some(struct conn *conn, struct ws_input *input)
{
    if (conn->state == CONN_LINGER || conn->state == CONN_DEAD) {
        input->len = 0;
        return;
    }
    if (!event_room(conn->loop)) {
        loop_wait_for_room(conn);
        return;
    }
    if (conn->state == CONN_HTTP)
        http_conn_read(conn, input);
    else
        ws_conn_read(conn, input);
}

static void handle(struct conn *conn, struct ws_input input)
{
    if (conn->handling || input.len == 0)
        return;
    conn->handling = true;
    while (input.len != 0 && !conn->blocked)
        handle_some(conn, &input);
    conn->handling = false;
    if (input.len != 0 && conn->state != CONN_DEAD && !conn_hold(conn, input.ptr, input.len))
        conn_drop(conn, WS_TRY_LATER, "out of memory");
}

void conn_plain(struct conn *conn, char *ptr, size_t len)
{
    if (conn->state == CONN_DEAD || len == 0)
        return;
    if (conn->held_len == 0 && !conn->blocked)
        handle(conn, (struct ws_input){ ptr, len });
    else if (!conn_hold(conn, ptr, len))
        conn_drop(conn, WS_TRY_LATER, "out of memory");
}

static void handle_held(struct conn *conn)
{
    char *held = conn->held;
    struct ws_input input = { held, conn->held_len };

    if (conn->blocked || conn->handling || !held)
        return;
    conn->held = NULL;
    conn->held_len = 0;
    handle(conn, input);
    free(held);
}

void conn_block(struct conn *conn, uint8_t why)
{
    conn->blocked |= why;
    conn_watch(conn);
}

void conn_unblock(struct conn *conn, uint8_t why)
{
    conn->blocked &= (uint8_t)~why;
    if (conn->state == CONN_DEAD)
        return;
    handle_held(conn);
    conn_watch(conn);
}

void conn_eof(struct conn *conn)
{
    conn->eof = true;
    if (conn->state == CONN_HTTP)
        http_conn_eof(conn);
    else
        conn_drop(conn, WS_NO_CLOSE, "connection lost");
    conn_watch(conn);
}

static void read_some(struct conn *conn)
{
    char *buffer = conn->loop->read_buffer;
    ssize_t got = read(conn->fd, buffer, READ_BYTES);

    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR)
            conn_drop(conn, WS_NO_CLOSE, "connection lost");
        return;
    }
    if (got == 0) {
        conn_eof(conn);
        return;
    }
    if (conn->state == CONN_PROXY)
        proxy_read(conn, buffer, (size_t)got);
    else if (conn->tls)
        tls_read(conn, buffer, (size_t)got);
    else
        conn_plain(conn, buffer, (size_t)got);
    conn_watch(conn);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct conn *conn = CONTAINER_OF(poll, struct conn, poll);

    if (status < 0) {
        conn->polling = 0;
        conn_drop(conn, WS_NO_CLOSE, "connection lost");
        return;
    }
    if (events & UV_WRITABLE)
        conn_flush(conn);
    if ((events & UV_READABLE) && conn->state != CONN_DEAD && (conn->polling & UV_READABLE))
        read_some(conn);
}

void conn_watch(struct conn *conn)
{
    uint8_t want = 0;

    if (conn->state == CONN_DEAD)
        return;
    if (!(conn->blocked & ~BLOCK_TURN) && conn->held_len < HELD_MAX && !conn->eof)
        want |= UV_READABLE;
    if (conn->out_first)
        want |= UV_WRITABLE;
    if (want == conn->polling)
        return;
    conn->polling = want;
    check((want ? uv_poll_start(&conn->poll, want, on_poll) : uv_poll_stop(&conn->poll)) == 0);
}

/* --- begin --- */

/* What fails here is a nicety lost, and the connection works without it. */
static void set_options(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        { IPPROTO_TCP, TCP_NODELAY, 1 },
        { IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS },
        { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_S },
        { IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EACH_S },
        { IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_TIMES },
    };

    for (size_t i = 0; i < COUNT(options); i++)
        (void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                         sizeof options[i].value);
}

/* Connections live in blocks of their own: between them on the heap the short-lived memory of
 * handshakes would leave holes larger than they are. */
static bool spares_grow(struct loop *loop)
{
    struct conn_block *block = malloc(sizeof *block);

    if (!block)
        return false;
    block->next = loop->conn_blocks;
    loop->conn_blocks = block;
    for (size_t i = 0; i < COUNT(block->conns); i++) {
        block->conns[i].next_waiting = loop->spare;
        loop->spare = &block->conns[i];
    }
    return true;
}

static void spare(struct loop *loop, struct conn *conn)
{
    conn->next_waiting = loop->spare;
    loop->spare = conn;
}

void conn_blocks_free(struct loop *loop)
{
    while (loop->conn_blocks) {
        struct conn_block *block = loop->conn_blocks;
        loop->conn_blocks = block->next;
        free(block);
    }
}

static struct conn *conn_alloc(struct loop *loop, int fd, enum net_door door)
{
    struct conn *conn;

    if (loop->free_count == 0 && !slots_grow(loop))
        return NULL;
    if (!loop->spare && !spares_grow(loop))
        return NULL;
    conn = loop->spare;
    loop->spare = conn->next_waiting;
    *conn = (struct conn){ .loop = loop, .fd = fd, .door = (uint8_t)door, .state = CONN_HTTP };
    if (uv_poll_init(&loop->uv, &conn->poll, fd) != 0) {
        spare(loop, conn);
        return NULL;
    }
    conn->slot = loop->free_slots[--loop->free_count];
    loop->conns[conn->slot] = conn;
    loop->conn_count++;
    atomic_fetch_add(&loop->net->conn_count, 1);
    conn_renew(conn);
    return conn;
}

void conn_begin(struct conn *conn)
{
    conn->state = door_is_tls(conn->door) ? CONN_TLS : CONN_HTTP;
    if (conn->state == CONN_TLS && !tls_begin(conn))
        conn_drop(conn, WS_TRY_LATER, "out of memory");
}

void conn_new(struct loop *loop, int fd, enum net_door door, const struct sockaddr_storage *address)
{
    struct conn *conn = conn_alloc(loop, fd, door);

    if (!conn) {
        close(fd);
        return;
    }
    if (door != NET_DOOR_LOCAL)
        set_options(fd);
    conn->http = http_conn_new(conn);
    if (!conn->http) {
        conn_drop(conn, WS_TRY_LATER, "out of memory");
        return;
    }
    http_conn_set_peer(conn, address);
    loop_deadline(conn, loop->net->config.head_deadline_s * 1000);
    if (peer_is_proxy(loop->net, address))
        conn->state = CONN_PROXY;
    else
        conn_begin(conn);
    conn_watch(conn);
}

/* --- end --- */

static void shut(struct conn *conn)
{
    conn->ending = false;
    if (conn->tls)
        tls_say_goodbye(conn);
    if (conn->state == CONN_DEAD || conn->eof) {
        conn_drop(conn, WS_NO_CLOSE, "ended");
        return;
    }
    (void)shutdown(conn->fd, SHUT_WR); /* fails when the peer is gone, which reading will tell */
    loop_deadline(conn, LINGER_MS);
}

void conn_end(struct conn *conn)
{
    if (conn->state == CONN_DEAD)
        return;
    conn->state = CONN_LINGER;
    conn->blocked = 0;
    conn->ending = true;
    free(conn->held);
    conn->held = NULL;
    conn->held_len = 0;
    if (conn->out_first)
        loop_deadline(conn, DECIDE_MS);
    else
        shut(conn);
    conn_watch(conn);
}

static void forget(struct conn *conn)
{
    struct loop *loop = conn->loop;

    loop->conns[conn->slot] = NULL;
    loop->free_slots[loop->free_count++] = conn->slot;
    loop->conn_count--;
    atomic_fetch_sub(&loop->net->conn_count, 1);
}

static void on_closed(uv_handle_t *handle)
{
    struct conn *conn = CONTAINER_OF(handle, struct conn, poll);

    conn_out_free(conn);
    forget(conn);
    tls_free(conn);
    http_conn_free(conn->http);
    ws_fini(&conn->ws, &conn->loop->ws);
    free(conn->held);
    spare(conn->loop, conn);
}

void conn_drop(struct conn *conn, uint16_t code, const char *why)
{
    struct conn **link = &conn->loop->waiting;

    if (conn->state == CONN_DEAD)
        return;
    event_gone(conn, code, why, 0);
    conn->state = CONN_DEAD;
    wheel_clear(&conn->loop->wheel, &conn->deadline);
    while (conn->waiting && *link != conn)
        link = &(*link)->next_waiting;
    if (conn->waiting)
        *link = conn->next_waiting;
    conn->waiting = false;
    /* Its memory stays until the loop comes around: callers up the stack may still look at it. */
    uv_close((uv_handle_t *)&conn->poll, on_closed);
    close(conn->fd);
}

void conn_due(struct conn *conn)
{
    switch ((enum conn_state)conn->state) {
    case CONN_HTTP:
    case CONN_DECIDING:
        http_conn_due(conn);
        break;
    case CONN_WS:
        ws_conn_close(conn, 1008, STR("the message was not completed in time"));
        break;
    case CONN_WS_CLOSING:
        event_gone(conn, conn->close_code, conn->close_why, 0);
        conn_end(conn);
        break;
    case CONN_PROXY:
    case CONN_TLS:
    case CONN_LINGER:
        conn_drop(conn, WS_NO_CLOSE, "too slow");
        break;
    case CONN_DEAD:
        break;
    }
}
