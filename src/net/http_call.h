/* http_call.h: one HTTP request and its answer, blocking: for the command line, which speaks to its
 * server over the local socket or TCP. Not for the daemon's threads, and without TLS. */
#pragma once
#include "net/net.h"

struct net_call {
    const char *place; /* "127.0.0.1:8080", or the path of a socket: whatever has a '/' */
    struct str method, target;
    const struct net_header *headers; /* Host, Content-Length and Connection are added */
    uint32_t header_count;
    struct str body;
    uint32_t timeout_ms;     /* in all; 0: 30 s */
    uint32_t body_bytes_max; /* of the answer; 0: 64 MiB */
};

/* The answer lies in the arena. ERR_NOT_CONNECTED: nobody listens there; ERR_TIMEOUT;
 * ERR_BAD_FORMAT: no HTTP; ERR_TOO_LARGE; ERR_USAGE: no such place; ERR_FULL; ERR_OS. */
MUST_CHECK enum err net_http_call(const struct net_call *call, struct arena *arena, int *status,
                                  struct str *body);
