/* net.h: connections. The only room that sees libuv, OpenSSL's SSL and sockets.
 *
 * N loop threads accept, speak TLS, HTTP/1.1 and WebSocket (framing, masks, UTF-8, fragments,
 * deflate, limits), and hand whole things to one thread, the core: an upgrade request, a text
 * message, a closed connection, an HTTP request. The core decides and tells back what to do.
 * Nothing here knows OCPP, stations or the API.
 *
 * The core side is `struct net_port`, a table of functions, so that the simulated world can stand
 * in for it. All of its functions are called on the core thread and never block; they only queue.
 * Connections are named by a number that is never used again, so a late word about a connection
 * that is gone is simply dropped.
 */
#pragma once
#include "base/base.h"

typedef uint64_t conn_id; /* 0: none */

/* What kind of door a connection came in by. */
enum net_door {
    NET_DOOR_OCPP,      /* ocpp.listen: plain WebSocket for stations */
    NET_DOOR_OCPP_TLS,  /* ocpp.tls_listen */
    NET_DOOR_OCPP_MTLS, /* ocpp.mtls_listen */
    NET_DOOR_HTTP,      /* http.listen */
    NET_DOOR_HTTPS,     /* https.listen */
    NET_DOOR_LOCAL,     /* DIR/voltd.sock: whoever may open it is the server's owner */
};

struct net_header {
    struct str name; /* lower case */
    struct str value;
};

enum { NET_COMMON_NAME_MAX = 64 };

/* Who is at the other end. */
struct net_peer {
    char address[64];   /* "192.0.2.7:51820", "[2001:db8::1]:443", "local" */
    bool plain_private; /* address is loopback, private, CGNAT or link-local */
    bool tls;
    struct str chain_pem; /* mTLS: verified client chain, else empty */
    /* mTLS: of the client's certificate; empty: it has none, two, or one longer than RFC 5280 A.1
     * lets it be */
    char common_name[NET_COMMON_NAME_MAX + 1];
};

struct net_request {
    struct str method; /* "GET" */
    struct str target; /* as sent: path and query */
    const struct net_header *headers;
    uint32_t header_count;
    struct str body;
};

enum net_event_kind {
    NET_UPGRADE, /* a WebSocket handshake that is correct by RFC 6455 §4.2.1: answer with accept or
                    reject */
    NET_TEXT,    /* a whole text message, valid UTF-8, inflated, within the limit */
    NET_PONG,
    NET_CLOSED,    /* of a connection that was accepted; the last word about it */
    NET_HTTP,      /* a whole request: answer with respond or stream */
    NET_HTTP_GONE, /* its peer left before the answer was complete, or a stream was closed by the
                      peer */
};

struct net_event {
    enum net_event_kind kind;
    enum net_door door;
    conn_id conn;
    const struct net_peer *peer;       /* UPGRADE, HTTP */
    const struct net_request *request; /* UPGRADE, HTTP */
    struct str text;                   /* TEXT; PONG: its payload */
    uint16_t close_code;   /* CLOSED: what the peer said or what we closed with; 1006: no word */
    const char *why;       /* CLOSED: in words, static */
    size_t oversize_bytes; /* CLOSED with 1009: how large it would have been, 0 elsewhere */
};
/* All pointers are valid until the sink returns; the sink runs on the core thread. */
typedef void net_sink_fn(void *sink, const struct net_event *event);
/* A text of this connection is to come when `events_before` others are done, at most NET_AHEAD - 1:
 * it is called for each smaller number as well, so that what the text will need can be fetched into
 * the cache step by step meanwhile. A hint: nothing may come of it. */
typedef void net_ahead_fn(void *sink, conn_id conn, uint32_t events_before);
#define NET_AHEAD 5

struct net_accept {
    struct str subprotocol; /* empty: answer without the header */
    bool then_close; /* 2.0.1 Part 4 §3.2: no common subprotocol → 101 without it, then close (1002)
                      */
    uint32_t message_bytes_max;
};

/* An answer to NET_HTTP. Spans are copied before the call returns; `static_body` is not copied and
 * must live for ever. */
struct net_response {
    int status;
    const struct net_header *headers; /* Content-Length, Date and Connection are added here */
    uint32_t header_count;
    struct str body;
    bool static_body;
    bool stream; /* the body goes on with net_stream until it is ended (SSE, long downloads):
                    chunked */
};

struct net_port {
    void *net;
    /* False: it is gone, and no NET_CLOSED follows. */
    bool (*accept)(void *net, conn_id conn, const struct net_accept *accept);
    /* Refuses the handshake with an HTTP status; the connection ends. */
    void (*reject)(void *net, conn_id conn, const struct net_response *response);
    /* Queues one text message. False: the connection is gone or its queue is full (the caller
     * closes it). */
    bool (*send)(void *net, conn_id conn, struct str text);
    void (*ping)(void *net, conn_id conn, struct str payload);
    /* Sends what is queued, then a close frame, then ends; CLOSED follows. `drop`: at once, no
     * frame. */
    void (*close)(void *net, conn_id conn, uint16_t code, struct str reason, bool drop);
    /* Stop and go on reading from a connection: back-pressure. */
    void (*pause)(void *net, conn_id conn, bool paused);
    void (*respond)(void *net, conn_id conn, const struct net_response *response);
    /* More of a stream; `last` ends it. Returns bytes queued and not yet sent, so that the caller
     * can hold back; SIZE_MAX when the peer is gone. */
    size_t (*stream)(void *net, conn_id conn, struct str data, bool last);
    /* New connections are refused (true) or taken (false), per kind of door: OCPP or HTTP. */
    void (*refuse)(void *net, enum net_door door, bool refuse);
};

/* A port behind which there is no network: no connection is there, and what is sent goes nowhere.
 * For commands without a server, for the last moments of one, and as the ground of simulated
 * networks, which put their own functions in place of some of these. `net` is handed to those. */
struct net_port net_port_of_nobody(void *net);
