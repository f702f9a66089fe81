/* conn_out.c: bytes out. Straight to the socket; what it does not take waits in chunks. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/inner.h"
#include "net/tls.h"

enum { PARTS_MAX = 8, CHUNKS_AT_ONCE = 16 };

static void tell_gauge(struct conn *conn)
{
    struct gauge *block = conn->loop->gauges[conn->slot / GAUGES_A_BLOCK];

    atomic_store_explicit(&block[conn->slot % GAUGES_A_BLOCK].waiting, conn->out_bytes,
                          memory_order_relaxed);
}

/* An iovec is for reading too and has no const. */
static struct iovec vector(const char *ptr, size_t len)
{
    const union {
        const char *from;
        void *base;
    } bytes = { .from = ptr };

    return (struct iovec){ bytes.base, len };
}

/* Returns bytes taken: 0 when the socket is full, or dead, which *alive tells. */
static size_t send_some(struct conn *conn, struct iovec *parts, size_t count, bool *alive)
{
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
    ssize_t sent;

    do
        sent = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    *alive = sent >= 0 || errno == EAGAIN || errno == EWOULDBLOCK;
    return sent > 0 ? (size_t)sent : 0;
}

static bool queue(struct conn *conn, const struct out_part *part, size_t skip)
{
    struct str rest = str_from(part->bytes, (uint32_t)skip);
    struct out_chunk *chunk = malloc(sizeof *chunk + (part->fixed ? 0 : rest.len));

    if (!chunk)
        return false;
    *chunk = (struct out_chunk){ .ptr = part->fixed ? rest.ptr : chunk->data, .len = rest.len };
    if (!part->fixed)
        memcpy(chunk->data, rest.ptr, rest.len);
    if (conn->out_last)
        conn->out_last->next = chunk;
    else
        conn->out_first = chunk;
    conn->out_last = chunk;
    conn->out_bytes += rest.len;
    return true;
}

bool conn_write_raw(struct conn *conn, const struct out_part *parts, uint32_t count)
{
    struct iovec iov[PARTS_MAX];
    size_t sent = 0;
    bool alive = true;

    check(count <= PARTS_MAX);
    if (conn->state == CONN_DEAD)
        return false;
    for (uint32_t i = 0; i < count; i++)
        iov[i] = vector(parts[i].bytes.ptr, parts[i].bytes.len);
    if (!conn->out_first)
        sent = send_some(conn, iov, count, &alive);
    for (uint32_t i = 0; i < count && alive; i++) {
        size_t skip = sent < parts[i].bytes.len ? sent : parts[i].bytes.len;
        sent -= skip;
        if (skip < parts[i].bytes.len)
            alive = queue(conn, &parts[i], skip);
    }
    if (!alive) {
        conn_drop(conn, WS_NO_CLOSE, "connection lost");
        return false;
    }
    if (conn->out_first) {
        tell_gauge(conn);
        if (conn->out_bytes > OUT_PAUSE)
            conn->blocked |= BLOCK_OUT;
        conn_watch(conn);
    }
    return true;
}

bool conn_write(struct conn *conn, const struct out_part *parts, uint32_t count)
{
    return conn->tls ? tls_write(conn, parts, count) : conn_write_raw(conn, parts, count);
}

bool conn_write_one(struct conn *conn, struct str bytes)
{
    return conn_write(conn, &(struct out_part){ .bytes = bytes }, 1);
}

static void taken(struct conn *conn, size_t sent)
{
    conn->out_bytes -= (uint32_t)sent;
    while (conn->out_first && sent >= conn->out_first->len) {
        struct out_chunk *chunk = conn->out_first;
        sent -= chunk->len;
        conn->out_first = chunk->next;
        if (!conn->out_first)
            conn->out_last = NULL;
        free(chunk);
    }
    if (sent) {
        check(conn->out_first != NULL); /* no more can have left than was there */
        conn->out_first->ptr += sent;
        conn->out_first->len -= (uint32_t)sent;
    }
}

void conn_flush(struct conn *conn)
{
    struct iovec iov[CHUNKS_AT_ONCE];
    bool alive = true;
    size_t count = 0;

    for (struct out_chunk *chunk = conn->out_first; chunk && count < CHUNKS_AT_ONCE;
         chunk = chunk->next)
        iov[count++] = vector(chunk->ptr, chunk->len);
    if (count)
        taken(conn, send_some(conn, iov, count, &alive));
    if (!alive) {
        conn_drop(conn, WS_NO_CLOSE, "connection lost");
        return;
    }
    tell_gauge(conn);
    if (conn->out_first)
        return;
    if (conn->ending)
        conn_end(conn);
    else
        conn_unblock(conn, BLOCK_OUT);
}

void conn_out_free(struct conn *conn)
{
    while (conn->out_first) {
        struct out_chunk *chunk = conn->out_first;
        conn->out_first = chunk->next;
        free(chunk);
    }
    conn->out_last = NULL;
    conn->out_bytes = 0;
    tell_gauge(conn);
}
