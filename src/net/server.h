/* server.h: the network of the daemon: doors, loop threads, and the core's end of the queues.
 *
 * net_start opens every door and starts the loops. From then on the core thread waits for
 * net_event_fd, calls net_dispatch, and gives orders through net_port_of. All functions here but
 * net_reload_tls are for that one thread.
 */
#pragma once
#include "net/net.h"

struct net;

#define NET_DOOR_COUNT (NET_DOOR_LOCAL + 1)

/* One address of one door: "0.0.0.0:9000", "[::1]:0", "localhost:8080"; for NET_DOOR_LOCAL the
 * path of the socket, whose file is replaced and made 0600. */
struct net_listener {
    enum net_door door;
    const char *address;
};

/* What an operator may want to read. At most one of a kind in ten seconds; the number of those
 * that were left out comes with the next. */
enum net_note {
    NET_NOTE_PLAIN_REFUSED, /* a peer from outside on the plain OCPP door (ocpp.plain_from) */
    NET_NOTE_FULL,          /* no descriptors left for another connection */
    NET_NOTE_STORM,         /* more TLS handshakes than net_config.tls_per_second */
    NET_NOTE_TLS_FAILED,    /* a handshake failed; the reason is in the line */
    NET_NOTE_BAD_PROXY,     /* a trusted proxy sent no PROXY header, or a wrong one */
    NET_NOTE_BAD_HTTP,      /* a request that was refused before the core saw it */
    NET_NOTE_TICKETS, /* net_config.ticket_file cannot be written; the reason is in the line */
    NET_NOTE_COUNT
};
/* `line` is one sentence, valid during the call. Called on the loops' threads, and on
 * the caller's of net_start. */
typedef void net_note_fn(void *context, enum net_note note, const char *line);

/* A certificate chain and its key, PEM files. */
struct net_certificate {
    const char *chain_file, *key_file;
};

struct net_tls_config {
    /* One of each kind of key at most: ECDSA, RSA. NULL names: not there. */
    struct net_certificate certificates[2];
    struct net_certificate https_certificates[2]; /* for NET_DOOR_HTTPS; none: the same */
    const char *client_ca_file;                   /* for NET_DOOR_OCPP_MTLS */
};

/* 0 takes the default in brackets. */
struct net_config {
    const struct net_listener *listeners;
    uint32_t listener_count;
    uint32_t loops;             /* threads [one a core] */
    bool echo;                  /* OCPP doors: texts go back from the loops, no core: a baseline */
    bool plain_from_any;        /* ocpp.plain_from = any; else private addresses only */
    const char *const *proxies; /* CIDR blocks that must send PROXY v2 */
    uint32_t proxy_count;
    struct net_tls_config tls; /* when there is a TLS door */
    const char *ticket_file;   /* keeps the keys of session tickets over a restart; may be NULL */
    uint32_t tls_per_second;   /* handshakes begun, over all loops [500] */
    uint32_t head_bytes_max;   /* of a request [16 KiB] */
    uint32_t headers_max;      /* [100] */
    uint32_t body_bytes_max;   /* [1 MiB] */
    uint32_t queue_bytes_max;  /* to be sent on one connection [4 MiB] */
    uint32_t assembling_bytes_max; /* messages in parts, over all connections [64 MiB] */
    uint32_t head_deadline_s;      /* for a whole head, and for a TLS handshake [10] */
    uint32_t body_deadline_s;      /* for the body behind it [60] */
    uint32_t idle_deadline_s;      /* between two requests [75] */
    uint32_t tickets_look_s;       /* between looks whether ticket keys are due [600] */
    uint32_t ring_bytes;           /* of each queue between a loop and the core [4 MiB] */
    net_sink_fn *sink;             /* gets every event, on the thread that calls net_dispatch */
    net_ahead_fn *ahead;           /* the same thread; may be NULL */
    void *sink_context;            /* of both */
    net_note_fn *note;             /* may be NULL */
    void *note_context;
};

/* Opens the doors and starts the threads. The config's strings need not outlive the call. On an
 * error nothing is left open and `why` says in one line what and what to do: ERR_OS (a port in use,
 * a file), ERR_USAGE (an address or certificate that does not parse), ERR_FULL. */
MUST_CHECK enum err net_start(const struct net_config *config, struct net **net, char *why,
                              size_t why_cap);
/* Where the door can be reached, "127.0.0.1:49152" or "[::1]:80"; NULL: it is not open. Its first
 * address if it has several. Valid as long as the net. */
const char *net_address(const struct net *net, enum net_door door);

struct net_port net_port_of(struct net *net);
/* Readable when events wait. */
int net_event_fd(const struct net *net);
/* Calls the sink for at most `max_events` events. The signature is that of host_config. */
void net_dispatch(void *net, uint32_t max_events);

/* Takes new certificates for new connections; the old ones stay when it fails. Any thread. */
MUST_CHECK enum err net_reload_tls(struct net *net, const struct net_tls_config *tls, char *why,
                                   size_t why_cap);

/* How many connections there are, of all doors. Any thread. */
uint32_t net_connections(const struct net *net);

/* Takes no more, closes stations with 1001, sends what is queued, at most `wait_ms`; then cuts what
 * is left, ends the threads and frees all. No event comes from here on. */
void net_stop(struct net *net, uint32_t wait_ms);
