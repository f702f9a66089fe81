/* chaos_world.h: what chaos*.c share: the site, the stations as they truly are, the server. */
#pragma once
#include "base/rand.h"
#include "bench/energy/chaos.h"

enum {
    CHAOS_EVSES = 96,
    CHAOS_STATIONS = 64,
    CHAOS_NODES = 16,
    CHAOS_OUTBOX = 16,
    CHAOS_EVENTS = 4096,
    CHAOS_LAZY = 256,
    CHAOS_LAGS = 4,
    CHAOS_SETTLE_MS = 4000, /* the latency that the probe found; stations stay below it */
    CHAOS_TIMEOUT_MS = 8000,
    CHAOS_WAY_MS = 3000, /* the longest that a message is on its way */
};

enum chaos_event_kind {
    /* on the wire */
    EVENT_CALL,
    EVENT_ANSWER,
    EVENT_FACT,
    /* of a station */
    EVENT_TRUTH, /* a lease, or the time to settle, is over */
    EVENT_PLUG,
    EVENT_METER,
    EVENT_LINK, /* goes down */
    EVENT_LINK_UP,
    EVENT_DEAF,
    EVENT_CLOCK,
    EVENT_BREAK,
    EVENT_REPAIR,
    /* of the site */
    EVENT_CAP,
    EVENT_BASE,
    /* of the server */
    EVENT_SEES_DOWN,
    EVENT_SEES_UP,
    EVENT_PROVEN, /* a probe showed that a station obeys */
    EVENT_TIMEOUT,
    EVENT_FOREIGN, /* another call takes the slot for a while */
    EVENT_WAKE,
    EVENT_DECIDE,
    EVENT_DISK,
    EVENT_CRASH,
    EVENT_START,
    EVENT_EDIT, /* another version of its document */
    EVENT_COUNT
};

enum chaos_fact { FACT_BEGIN, FACT_END, FACT_METER, FACT_CLOCK };

struct chaos_message {
    uint64_t id;
    uint32_t evse;
    uint32_t link;    /* it belongs to this connection */
    uint32_t session; /* of a profile, or of the fact */
    uint8_t what;     /* enum commit_layer, commit_result, chaos_fact */
    bool goes_on;     /* already on its way when the connection ended: arrives all the same */
    int32_t da;
    int32_t known_da; /* of a meter value: what the server thought that it may draw */
    int64_t ends_at;  /* by the station's clock; UTC_NEVER */
    utc_ms at;
    int64_t offset_ms;
};

struct chaos_event {
    utc_ms at;
    uint64_t number;
    enum chaos_event_kind kind;
    uint32_t who; /* station, EVSE or node */
    struct chaos_message message;
};

/* An EVSE as it is. */
struct true_evse {
    uint32_t station;
    int32_t cap_da;
    uint32_t session;               /* runs; 0: none */
    int32_t profile_da, default_da; /* profile -1: none */
    int64_t profile_ends;           /* by the station's clock */
    int32_t in_force_da;
    struct { /* what it still gives, and until when: each step down takes its time */
        int32_t da;
        utc_ms until;
    } lags[CHAOS_LAGS];
    int32_t draws_permille;
    int32_t meter_permille; /* its meter is off by so much: class B, 2 % */
    uint32_t samples;       /* that showed that it breaks what it confirmed */
    uint8_t wire;           /* the one that a single-phase car is really on */
    struct tree_leaf leaf;
};

struct true_station {
    uint32_t first, count;
    int64_t offset_ms, told_offset_ms;
    bool link;
    uint32_t link_number;
    utc_ms deaf_until;
    utc_ms disturbed_at;                /* last: slot taken, said no, deaf, link down */
    utc_ms to_station_at, to_server_at; /* nothing overtakes */
    int32_t max_da;
    int32_t rejects_permille;
    bool sloppy;        /* takes a profile for whichever session runs */
    bool leases;        /* honours a duration */
    bool linked;        /* drops a profile that was without a server for too long (2.1) */
    utc_ms alone_since; /* it has noticed; UTC_UNKNOWN: it is not alone */
    bool liar;          /* says yes, does nothing */
    bool broken;        /* draws what it likes */
    bool found;
    uint32_t outbox_count;
    struct chaos_message outbox[CHAOS_OUTBOX];
};

/* The server: commit.h's driver, and its disk. */
struct chaos_server {
    bool up;
    utc_ms crashed_at; /* last */
    struct arena arena, scratch;
    struct commit *commit;
    uint64_t edition;            /* of the document: ids of calls are of one */
    bool has_wires[CHAOS_EVSES]; /* learned in this session */
    utc_ms wake_at, decide_at;
    uint64_t outstanding[CHAOS_STATIONS];
    uint32_t link[CHAOS_STATIONS]; /* number of the connection that it sees; 0: none */
    utc_ms foreign_until[CHAOS_STATIONS];
    /* on disk */
    bool has_record[CHAOS_EVSES];
    struct commit_durable disk[CHAOS_EVSES];
    uint32_t session[CHAOS_EVSES];
    struct commit_trust trust[CHAOS_STATIONS];
    /* will be */
    uint32_t lazy_count;
    uint64_t records; /* handed out so far */
    struct {
        uint32_t evse;
        uint64_t number;
        struct commit_durable durable;
    } lazy[CHAOS_LAZY];
};

struct chaos_node {
    struct tree_node tree; /* now */
    struct tree_node usual;
    bool declared; /* a cap dropped, or a load grew, and what is booked has been above it since */
    bool excused;  /* booked above it since a restart, or since a station was found out */
    bool found;    /* the same, only the latter: what nobody controls may pass it alone */
    utc_ms dropped_at; /* UTC_UNKNOWN: the drop is done with */
    bool disturbed;    /* from its beginning */
    bool was_over;
    int64_t last_da[LINE_COUNT]; /* booked while over */
};

struct chaos {
    struct chaos_config config;
    struct chaos_result *result;
    struct rand rand;
    utc_ms now;
    uint32_t node_count, station_count, evse_count;
    struct chaos_node nodes[CHAOS_NODES];
    struct true_station stations[CHAOS_STATIONS];
    struct true_evse evses[CHAOS_EVSES];
    struct tree_leaf leaves[CHAOS_EVSES];
    struct commit_evse fixed[CHAOS_EVSES];
    struct tree_node flat[CHAOS_NODES]; /* nodes[].tree, as commit_site wants them */
    int32_t failsafe_da[CHAOS_EVSES], station_max_da[CHAOS_STATIONS];
    struct chaos_server server;
    bool failsafe_low; /* for a cap below the usual fail-safes */
    uint64_t number;
    uint32_t event_count;
    struct chaos_event events[CHAOS_EVENTS]; /* a heap */
    int32_t booked_da[CHAOS_EVSES];          /* when the server was last up */
};

typedef void chaos_handler(struct chaos *chaos, const struct chaos_event *event);

static inline bool chance(struct chaos *chaos, uint32_t permille)
{
    return rand_below(&chaos->rand, 1000) < permille;
}

void chaos_at(struct chaos *chaos, utc_ms at, enum chaos_event_kind kind, uint32_t who,
              const struct chaos_message *message);

/* chaos_site.c */
void chaos_make_site(struct chaos *chaos);
struct commit_site chaos_site(const struct chaos *chaos);

/* chaos_station.c: what the station would let its car draw now, if it does as it said. */
int32_t chaos_true_da(const struct chaos *chaos, uint32_t evse);
extern chaos_handler *const chaos_station_handlers[EVENT_COUNT];
void chaos_link_down(struct chaos *chaos, uint32_t station, bool server_sees);

/* chaos_server.c */
void chaos_server_start(struct chaos *chaos);
extern chaos_handler *const chaos_server_handlers[EVENT_COUNT];
void chaos_server_changed(struct chaos *chaos, uint32_t node); /* its limits or base */
void chaos_pump(struct chaos *chaos);

/* chaos_check.c */
/* With all stations that can be told so at 0 A the node is within its limits. */
bool chaos_can_meet(const struct chaos *chaos, uint32_t node);
/* A station below it was disturbed since then, or is now. */
bool chaos_disturbed(const struct chaos *chaos, uint32_t node, utc_ms since);
void chaos_check(struct chaos *chaos);
