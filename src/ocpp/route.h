/* route.h: what is done with a message: one row each, in v16/routes.def and v2x/routes.def.
 *
 * ROUTE(action, name, effect, "source")        handled by on_NAME
 * ROUTE_REFUSED(action, "why", "source")       known, and answered NotSupported
 *
 * effect: READS, WRITES, or FACT: a FACT is never refused for its content and waits for the disk
 * (rules.md: kept, durable).
 */
#pragma once
#include "core/turn.h"
#include "ocpp/contracts.h"
#include "ocpp/frame.h"
#include "ocpp/link.h"
#include "json/reader.h"

enum route_effect { ROUTE_READS, ROUTE_WRITES, ROUTE_FACT };

/* A message on its way through a turn. */
struct in {
    conn_id conn;
    int64_t station_id;
    enum protocol protocol;
    utc_ms received_at;
    struct str text; /* the whole frame */
    struct frame frame;
    const struct station_row *station; /* as this turn sees it at its start */
    struct json_report *report;        /* deviations from the schema, in facts */
    int64_t session; /* the handler says which session the message belongs to: for the log */
    bool is_repeat;  /* the handler says: told before */
    bool flagged;    /* taken with a deviation */
    struct log_entry *log;
    struct power_note *power; /* power_tell.h; NULL: this station's power is not managed */
};

typedef enum err route_fn(struct turn *turn, struct in *in, const void *req, void *res);

struct route {
    struct str action;
    route_fn *fn; /* NULL: refused */
    enum route_effect effect;
    const char *why; /* refused */
};

/* The action in this version's schemas, or NULL. */
const struct ocpp_action *route_action(enum protocol protocol, struct str action);
/* What is done with it; NULL: no such row, so a station may not send it. */
const struct route *route_find(enum protocol protocol, struct str action);
