/* stage.h: where a scenario plays: the real core, a clock that the script moves, and a network of
 * connections that the script names. Nothing happens by itself: time passes in stage_run alone.
 */
#pragma once
#include "world/server.h"

enum {
    STAGE_NAME_MAX = 64,
    STAGE_SETTLE_MS =
        100, /* after each thing that a script does: commits take a few milliseconds */
};

enum stage_state {
    STAGE_WAITS,   /* not answered yet */
    STAGE_OPEN,    /* 101 */
    STAGE_REFUSED, /* an HTTP status */
    STAGE_CLOSED,
};

struct stage_frame {
    struct stage_frame *next;
    uint32_t len;
    char text[];
};

/* A connection, as its station sees it. */
struct stage_conn {
    struct stage *stage;
    struct stage_conn *next;
    char name[STAGE_NAME_MAX];
    conn_id id;
    enum net_door door;
    enum stage_state state;
    int status;          /* REFUSED; 101 */
    uint16_t close_code; /* CLOSED: by the server; 0: by the station */
    char subprotocol[16];
    bool server_has_it; /* it was not told yet that it is over */
    bool silent;        /* half open: nothing comes or is answered */
    bool reads_nothing; /* its queue is full */
    uint32_t pings;
    struct stage_frame *heard, **heard_end; /* in order, oldest first */
};

struct stage_event;

struct stage {
    struct server server;
    utc_ms now;
    struct stage_event *events; /* by time */
    struct stage_conn *conns;   /* newest first */
    conn_id last_conn;
    bool refuses[NET_DOOR_LOCAL + 1];
};

/* What a station's handshake says. */
struct stage_hello {
    struct str name, target, subprotocols, user, password, certificate; /* of its common name */
    bool has_subprotocols, has_password;
    enum net_door door;
};

void stage_init(struct stage *stage, const struct ocpp_config *config, utc_ms start_at);
void stage_fini(struct stage *stage);
/* Lets time pass, with all that happens in it. */
void stage_run(struct stage *stage, int64_t ms);

struct stage_conn *stage_connect(struct stage *stage, const struct stage_hello *hello);
/* The newest connection of that name, or NULL. */
struct stage_conn *stage_find(const struct stage *stage, struct str name);
void stage_say(struct stage_conn *conn, struct str text);
/* The station hangs up. */
void stage_hang_up(struct stage_conn *conn, uint16_t code, size_t oversize_bytes);
/* The oldest frame that was not taken yet; NULL: none. Freed by the caller. */
struct stage_frame *stage_take(struct stage_conn *conn);
