/* proxy.c: who speaks through the proxy. */
#include "net/proxy.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "net/inner.h"
#include "net/tls.h"

enum { HEAD = 16, COMMAND_LOCAL = 0x20, COMMAND_PROXY = 0x21, TCP4 = 0x11, TCP6 = 0x21 };

static const uint8_t signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                       0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

/* Source and destination address, source and destination port: §2.2. */
static bool read_address(const uint8_t *bytes, uint8_t family, size_t len,
                         struct sockaddr_storage *address)
{
    *address = (struct sockaddr_storage){ 0 };
    if (family == TCP4 && len >= 12) {
        struct sockaddr_in *in = (void *)address;
        in->sin_family = AF_INET;
        memcpy(&in->sin_addr, bytes, 4);
        memcpy(&in->sin_port, bytes + 8, 2);
        return true;
    }
    if (family == TCP6 && len >= 36) {
        struct sockaddr_in6 *in6 = (void *)address;
        in6->sin6_family = AF_INET6;
        memcpy(&in6->sin6_addr, bytes, 16);
        memcpy(&in6->sin6_port, bytes + 32, 2);
        return true;
    }
    return false;
}

enum proxy_state proxy_parse(const uint8_t *bytes, size_t have, size_t *len,
                             struct sockaddr_storage *address)
{
    size_t known = have < sizeof signature ? have : sizeof signature;

    if (memcmp(bytes, signature, known) != 0)
        return PROXY_BROKEN;
    if (have < HEAD)
        return PROXY_PART;
    *len = HEAD + ((size_t)bytes[14] << 8 | bytes[15]);
    if (*len > PROXY_BYTES_MAX || (bytes[12] != COMMAND_LOCAL && bytes[12] != COMMAND_PROXY))
        return PROXY_BROKEN;
    if (have < *len)
        return PROXY_PART;
    if (bytes[12] == COMMAND_LOCAL)
        return PROXY_LOCAL;
    return read_address(bytes + HEAD, bytes[13], *len - HEAD, address) ? PROXY_WHOLE : PROXY_BROKEN;
}

void proxy_read(struct conn *conn, char *ptr, size_t len)
{
    struct sockaddr_storage address;
    enum proxy_state state;
    size_t header = 0, have;
    char *all;

    /* What has come so far: nothing else is held before the header is through. */
    if (!conn_hold(conn, ptr, len)) {
        conn_drop(conn, WS_TRY_LATER, "out of memory");
        return;
    }
    state = proxy_parse((const uint8_t *)conn->held, conn->held_len, &header, &address);
    if (state == PROXY_PART)
        return;
    if (state == PROXY_BROKEN) {
        loop_note(conn->loop, NET_NOTE_BAD_PROXY, "no PROXY v2 header from the trusted proxy %s",
                  http_conn_peer(conn));
        conn_drop(conn, WS_NO_CLOSE, "no PROXY header");
        return;
    }
    if (state == PROXY_WHOLE)
        http_conn_set_peer(conn, &address);
    all = conn->held;
    have = conn->held_len;
    conn->held = NULL;
    conn->held_len = 0;
    conn_begin(conn);
    if (conn->tls)
        tls_read(conn, all + header, have - header);
    else
        conn_plain(conn, all + header, have - header);
    free(all);
}
