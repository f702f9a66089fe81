/* proxy.h: the PROXY protocol, version 2 (haproxy, proxy-protocol.txt §2.2). From trusted addresses
 * it is demanded, on every door, before TLS; from others it is not looked for. */
#pragma once
#include <sys/socket.h>

#include "base/base.h"

struct conn;

enum proxy_state {
    PROXY_PART,   /* wants more bytes */
    PROXY_WHOLE,  /* *len bytes were the header; *address is the peer's */
    PROXY_LOCAL,  /* the same, but the proxy speaks for itself (a health check) */
    PROXY_BROKEN, /* this is no such header */
};

enum { PROXY_BYTES_MAX = 16 + 2048 }; /* longer ones (with many TLVs) are refused */

/* Without I/O: reads a header at the front of the bytes. */
enum proxy_state proxy_parse(const uint8_t *bytes, size_t have, size_t *len,
                             struct sockaddr_storage *address);
/* Bytes of a connection in CONN_PROXY; goes on with what is behind the header. */
void proxy_read(struct conn *conn, char *ptr, size_t len);
