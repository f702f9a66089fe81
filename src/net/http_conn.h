/* http_conn.h: what HTTP remembers of a connection. Only until it becomes a WebSocket. */
#pragma once
#include "net/inner.h"

enum http_phase {
    PHASE_IDLE,   /* between requests: net_config.idle_deadline_s */
    PHASE_HEAD,   /* head_deadline_s for the whole of it */
    PHASE_BODY,   /* body_deadline_s */
    PHASE_ANSWER, /* the core has the request; nothing more is read */
};

struct http_conn {
    struct http_parse parse;
    struct net_peer peer;
    char *chain_pem; /* given to the first request */
    struct ws_offer offer;
    uint8_t phase;
    bool is_head, is_1_0; /* the request that is being answered */
    bool keep_alive, streaming;
};
