/* run.h: what `voltd sim` and `voltd demo` do, as functions. */
#pragma once
#include "sim/plan.h"
#include "sim/wire.h"

struct sim_run_config {
    struct str url;      /* ws://HOST:PORT/ocpp, wss://HOST:PORT/ocpp */
    const char *ca_file; /* for wss; NULL: any certificate will do */
    bool deflate;        /* permessage-deflate is offered */
    uint32_t stations;
    enum sim_protocol protocol; /* SIM_PROTOCOL_COUNT: mix */
    int32_t speed;              /* ≥ 1 */
    uint64_t seed;
    struct str prefix;   /* of the identities; empty: "SIM" */
    struct str password; /* of all; empty: made from the seed when they are registered, else none */
    struct str register_url; /* http://HOST:PORT; empty: they are known already */
    struct str key;          /* of the API */
    bool with_faults; /* the harmless ones of fault.h, one each ten minutes of a station's life */
    struct sim_control control; /* how they take charging limits */
    bool rotated;               /* they are wired to the phases in turn */
    int32_t sample_s;           /* -1: a minute, divided by the speed; 2 at least */
};

/* "1.6", "2.0.1", "2.1" or "mix". False: none of them. */
bool sim_protocol_read(struct str word, enum sim_protocol *protocol);

/* Registers the stations and their tokens if asked, and makes them ready for sim_wire_run. All
 * strings and `arena` must live as long as the wire. NULL: why says what to do. */
struct sim_wire *sim_run_open(const struct sim_run_config *config, struct arena *arena, char *why,
                              size_t why_cap);
/* The twelve stations of the demo, without passwords. The server must know them, and the tokens of
 * plan.h. */
struct sim_wire *sim_demo_open(struct str url, uint64_t seed, struct arena *arena, char *why,
                               size_t why_cap);
/* The ledger as lines of JSON (ledger.h). False: errno says why. */
MUST_CHECK bool sim_run_write_ledger(const struct sim_wire *wire, const char *path);
