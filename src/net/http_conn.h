/* http_conn.h: what HTTP remembers of a connection. Only until it becomes a WebSocket. */
#pragma once
#include "net/inner.h"

enum http_phase { PHASE_IDLE, PHASE_HEAD, PHASE_BODY, PHASE_ANSWER };

struct http_conn {
    struct http_parse parse;
    struct net_peer peer;
    char *chain_pem; /* given to the first request */
    struct ws_offer offer;
    uint8_t phase;
    bool is_head, is_1_0; /* the request that is being answered */
    bool keep_alive, streaming;
};
