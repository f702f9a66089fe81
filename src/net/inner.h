/* inner.h: what the files of this room share about loops and connections. Not for other rooms.
 *
 * A connection belongs to one loop for life, and only that loop's thread touches it. It is a
 * uv_poll_t and a descriptor: bytes are read into the loop's one buffer and handled there, so that
 * an idle connection holds none. Bytes that cannot be handled yet are kept in `held`.
 */
#pragma once
#include <pthread.h>
#include <sys/uio.h>
#include <uv.h>

#include "bus/bell.h"
#include "bus/ring.h"
#include "net/http_parse.h"
#include "net/server.h"
#include "net/wheel.h"
#include "net/ws.h"
#include "net/ws_handshake.h"

enum {
    READ_BYTES = 1 << 16, /* a loop's read buffer */
    BOXED_MAX = 1 << 26,  /* of long texts on their way to the core */
    HELD_MAX = 1 << 16,   /* bytes kept that wait for their turn; beyond it nothing is read */
    INLINE_MAX = 1 << 16, /* longer texts pass the rings by pointer */
    OUT_PAUSE = 1 << 16,  /* a peer that does not read this much is not read from */
    GAUGES_A_BLOCK = 1024,
    GAUGE_BLOCKS = 1024,  /* 1 Mi connections a loop */
    LINGER_MS = 2000,     /* for the peer to close after the last word */
    CLOSE_MS = 5000,      /* for the peer's close frame */
    DECIDE_MS = 30000,    /* for the core to accept or reject */
    ASSEMBLE_MS = 120000, /* for a message in parts */
};

enum conn_state {
    CONN_PROXY,    /* wants a PROXY header first */
    CONN_TLS,      /* handshake */
    CONN_HTTP,     /* reads requests, or waits for the core's answer */
    CONN_DECIDING, /* an upgrade the core has to accept or reject */
    CONN_WS,
    CONN_WS_CLOSING, /* our close frame is out; waits for the peer's */
    CONN_LINGER,     /* all was said; reads and drops until the peer closes */
    CONN_DEAD,       /* waits for uv_close */
};

/* Why nothing is taken from a connection now. */
enum {
    BLOCK_BUS = 1,   /* the ring to the core is full */
    BLOCK_PAUSE = 2, /* the core said so */
    BLOCK_OUT = 4,   /* the peer does not read what we send */
    BLOCK_TURN = 8,  /* the core has to answer first; reading goes on into `held` */
};

/* Bytes that the socket did not take at once. */
struct out_chunk {
    struct out_chunk *next;
    const char *ptr; /* into data, or bytes that live for ever */
    uint32_t len;
    char data[];
};

struct conn {
    uv_poll_t poll;
    struct loop *loop;
    struct wheel_node deadline;
    struct conn *next_waiting; /* on loop->waiting */
    struct out_chunk *out_first, *out_last;
    char *held;
    struct ssl_st *tls;     /* NULL: plain */
    struct http_conn *http; /* until the upgrade */
    struct ws ws;
    uint32_t slot, generation;
    uint32_t out_bytes, held_len;
    int fd;
    uint8_t door, state, blocked, polling;
    bool told : 1;         /* the core knows this id and has not had its last word */
    bool waiting : 1;      /* on loop->waiting */
    bool eof : 1;          /* the peer sends no more */
    bool ending : 1;       /* when all is sent: shut down and linger */
    bool handling : 1;     /* conn_handle is running */
    uint8_t window_bits;   /* of what we deflate */
    uint16_t close_code;   /* CONN_WS_CLOSING: what we closed with */
    const char *close_why; /* the same */
};

/* What a loop tells the core about how much of a connection's words is still to be sent. */
struct gauge {
    _Atomic uint32_t done;    /* bytes of orders carried out, ever, modulo 2^32 */
    _Atomic uint32_t waiting; /* bytes that the socket has not taken */
};

struct listener {
    uv_poll_t poll;
    struct loop *loop;
    int fd;
    enum net_door door;
    bool polled, resting; /* resting: until there are tokens for TLS handshakes again */
};

/* The next events of a ring, by their connections: net_ahead_fn. */
struct ahead {
    uint64_t position; /* behind the last of them */
    uint32_t first, count;
    conn_id conns[NET_AHEAD]; /* 0: no text */
};

/* The first loop's: tls_turn.h. */
struct tls_turn {
    uv_timer_t timer;
    uv_work_t work;
    enum err err; /* of the last turn; why says */
    char why[256];
    bool begun, under_way;
};

struct loop {
    struct net *net;
    uint32_t index;
    pthread_t thread;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t tick;
    uv_prepare_t before_wait; /* both tell the core what has come */
    uv_check_t after_wait;
    struct wheel wheel;
    struct bus_ring events, orders;
    struct bus_bell bell;      /* orders wait */
    uint32_t untold;           /* events that the core was not woken for yet */
    struct ahead ahead;        /* the core's */
    _Atomic bool wants_room;   /* connections wait for room in events */
    _Atomic bool orders_spill; /* the core has more orders than the ring took */
    _Atomic bool stop;
    struct listener *listeners;
    uint32_t listener_count;
    struct conn **conns; /* by slot; NULL: free */
    uint32_t *generations, *free_slots;
    uint32_t slot_cap, free_count, conn_count;
    struct conn_block *conn_blocks; /* memory of connections */
    struct conn *spare;             /* not in use, by next_waiting */
    struct gauge *_Atomic gauges[GAUGE_BLOCKS];
    struct conn *waiting;                /* for room in events */
    struct late_event *late, **late_end; /* last words that found no room */
    uint64_t stop_by;
    struct ws_shared ws;
    char *read_buffer;
    struct tls_wire *tls_wire;
    struct tls_turn turn;
    uint64_t tls_tokens_at, tls_tokens_milli;
    uint64_t noted_at[NET_NOTE_COUNT];
    uint32_t notes_left_out[NET_NOTE_COUNT];
    int64_t date_at; /* second */
    char date[40];
    bool ready, running, stopping;
    bool throttled; /* a listener rests */
};

struct cidr {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint8_t bits;
};

/* The core's knowledge of a connection. */
struct port_conn {
    uint32_t generation; /* 0: none that the core may speak of */
    uint32_t ordered;    /* bytes of orders given, ever, modulo 2^32 */
};

struct spill; /* port.c */

struct net {
    struct net_config config; /* its pointers are not valid after net_start */
    struct loop *loops;
    uint32_t loop_count;
    int event_fd;
    struct bus_bell bell; /* events wait */
    _Atomic uint32_t conn_count;
    uint32_t conn_max; /* of stations; listen.c takes some more by the doors of people */
    _Atomic bool refuse[NET_DOOR_COUNT];
    _Atomic size_t assembling;
    _Atomic size_t boxed; /* bytes of long texts on their way to the core */
    struct http_limits http_limits;
    struct cidr *proxies;
    char addresses[NET_DOOR_COUNT][128];
    struct tls_doors *tls;
    char *local_path;
    uint32_t stop_wait_ms;
    /* the core's side, of each loop */
    struct port_conn *port_conns[256];
    uint32_t port_conn_caps[256];
    struct spill *spill_first[256], *spill_last[256];
    uint32_t next_loop;
};

/* --- what passes the rings --- */

struct net_event_record {
    conn_id conn;
    uint8_t kind, door;
    uint16_t close_code;
    uint32_t len; /* of the text */
    const char *why;
    size_t oversize_bytes;
    struct http_message *message; /* UPGRADE, HTTP: given away */
    char *boxed;                  /* a long text: given away; else it follows the record */
};

enum order_kind {
    ORDER_ACCEPT,
    ORDER_SEND,
    ORDER_PING,
    ORDER_CLOSE,
    ORDER_DROP,
    ORDER_PAUSE,
    ORDER_RESPOND, /* also reject */
    ORDER_STREAM,
};

struct net_order {
    conn_id conn;
    uint8_t kind;
    bool flag;          /* ACCEPT: then close; PAUSE; RESPOND: is a stream; STREAM: the last */
    uint16_t code;      /* CLOSE; RESPOND: status */
    uint32_t cost;      /* what it counts in the gauge */
    uint32_t head_len;  /* RESPOND: of the header lines in the text; the body follows them */
    uint32_t len;       /* of the text */
    uint32_t bytes_max; /* ACCEPT */
    const char *fixed;  /* RESPOND: a static body, or NULL */
    uint32_t fixed_len;
    char *boxed; /* as above */
};

static inline struct str order_text(const struct net_order *order)
{
    return (struct str){ order->boxed ? order->boxed : (const char *)(order + 1), order->len };
}

static inline uint32_t conn_slot_of(conn_id id)
{
    return (uint32_t)(id & 0xffffff);
}

static inline uint32_t conn_loop_of(conn_id id)
{
    return (uint32_t)(id >> 24 & 0xff);
}

static inline uint32_t conn_generation_of(conn_id id)
{
    return (uint32_t)(id >> 32);
}

static inline bool door_is_ocpp(uint8_t door)
{
    return door <= NET_DOOR_OCPP_MTLS;
}

static inline bool door_is_tls(uint8_t door)
{
    return door == NET_DOOR_OCPP_TLS || door == NET_DOOR_OCPP_MTLS || door == NET_DOOR_HTTPS;
}

/* --- loop.c --- */
MUST_CHECK enum err loop_init(struct loop *loop, struct net *net, uint32_t index);
MUST_CHECK bool loop_run(struct loop *loop); /* starts the thread */
void loop_wake(struct loop *loop);           /* any thread */
void loop_fini(struct loop *loop);           /* after its thread ended, or never began */
mono_ms loop_now(const struct loop *loop);
void loop_deadline(struct conn *conn, uint32_t in_ms);
void loop_wait_for_room(struct conn *conn);
/* A listener rests: the loop ticks until listen_again. */
void loop_throttle(struct loop *loop);
const char *loop_date(struct loop *loop);
__attribute__((format(printf, 3, 4))) void loop_note(struct loop *loop, enum net_note note,
                                                     const char *format, ...);

/* --- event.c: words to the core --- */
/* Is there room for any one event? Asked before bytes are read that may become one; if not, the
 * connection waits (loop_wait_for_room). */
bool event_room(struct loop *loop);
void event_request(struct conn *conn, enum net_event_kind kind, struct http_message *message);
/* False: memory is out. */
MUST_CHECK bool event_text(struct conn *conn, enum net_event_kind kind, struct str text);
/* The last word about a connection, if one is due. Never lost: without room it is kept. */
void event_gone(struct conn *conn, uint16_t code, const char *why, uint64_t oversize);
/* The same for one that ended before the core accepted it. */
void event_never(struct loop *loop, conn_id id);
/* There is room again, perhaps. */
void event_resume(struct loop *loop);
void event_late_free(struct loop *loop);
void event_wake_core(struct net *net);
/* The round is over: the core is to look at what has come. */
void event_tell(struct loop *loop);

/* --- listen.c --- */
MUST_CHECK enum err listen_open(struct net *net, char *why, size_t why_cap);
MUST_CHECK bool listen_begin(struct loop *loop);
void listen_again(struct loop *loop);
void listen_end(struct loop *loop);

/* --- conn.c: the life of a connection --- */
struct sockaddr_storage;
void conn_new(struct loop *loop, int fd, enum net_door door,
              const struct sockaddr_storage *address);
conn_id conn_id_of(const struct conn *conn);
/* Keeps these bytes behind those that it holds already (conn->held). False: memory is out. */
MUST_CHECK bool conn_hold(struct conn *conn, const char *ptr, size_t len);
/* Behind a PROXY header, or at once: TLS or HTTP. */
void conn_begin(struct conn *conn);
/* From now on it has another id. */
void conn_renew(struct conn *conn);
/* Handles what was held and reads on, if nothing blocks it. */
void conn_unblock(struct conn *conn, uint8_t why);
void conn_block(struct conn *conn, uint8_t why);
/* Says what epoll is to watch, after any change. */
void conn_watch(struct conn *conn);
/* Takes plain bytes (decrypted, behind the PROXY header). */
void conn_plain(struct conn *conn, char *ptr, size_t len);
/* All is said: sends what is queued, shuts down, waits for the peer to close. */
void conn_end(struct conn *conn);
/* The peer will send no more. */
void conn_eof(struct conn *conn);
/* Ends it at once, with the last word to the core if one is due. */
void conn_drop(struct conn *conn, uint16_t code, const char *why);
void conn_due(struct conn *conn); /* its deadline has come */
void conn_blocks_free(struct loop *loop);

/* --- conn_out.c --- */
/* Sends, or queues what the socket does not take. `fixed` parts live for ever. False: it died. */
struct out_part {
    struct str bytes;
    bool fixed;
};
bool conn_write(struct conn *conn, const struct out_part *parts, uint32_t count);
bool conn_write_one(struct conn *conn, struct str bytes);
/* Below TLS. */
bool conn_write_raw(struct conn *conn, const struct out_part *parts, uint32_t count);
void conn_flush(struct conn *conn);
void conn_out_free(struct conn *conn);

/* --- http_conn.c --- */
struct http_conn *http_conn_new(struct conn *conn);
void http_conn_free(struct http_conn *http);
void http_conn_read(struct conn *conn, struct ws_input *input);
void http_conn_eof(struct conn *conn);
void http_conn_due(struct conn *conn);
void http_conn_respond(struct conn *conn, const struct net_order *order);
void http_conn_stream(struct conn *conn, const struct net_order *order);
/* An answer of our own, after which the connection ends. */
void http_conn_refuse(struct conn *conn, int status, const char *why);
const char *http_conn_peer(const struct conn *conn);
void http_conn_set_peer(struct conn *conn, const struct sockaddr_storage *address);

/* --- upgrade.c --- */
void upgrade_request(struct conn *conn, struct http_message *message);
void upgrade_accept(struct conn *conn, const struct net_order *order);

/* --- ws_conn.c --- */
void ws_conn_begin(struct conn *conn, const struct ws_agreed *agreed, uint32_t bytes_max);
void ws_conn_read(struct conn *conn, struct ws_input *input);
bool ws_conn_send(struct conn *conn, enum ws_opcode opcode, struct str payload);
void ws_conn_close(struct conn *conn, uint16_t code, struct str reason);

/* --- port.c --- */
void port_free(struct net *net);

/* --- peer.c --- */
void peer_describe(const struct sockaddr_storage *address, struct net_peer *peer);
bool peer_is_proxy(const struct net *net, const struct sockaddr_storage *address);
MUST_CHECK bool cidr_parse(const char *text, struct cidr *cidr);
