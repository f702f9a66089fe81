/* yard.h: stations of a site that shares its power, in the simulated world: what clamp.c and
 * siege.c have in common. */
#pragma once
#include "sim/place.h"
#include "sim/plan.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)

struct yard {
    struct place place;
    struct arena arena;
    uint64_t seed;
    utc_ms start_at;
    struct sim_setup *setups;
    uint32_t count; /* of stations */
    int64_t site;
};

/* The stations of the fleet, on rotated phases, in the arena; the caller may change them, then
 * opens the yard: world, server, site, stations and cards. Its document is still to be written. */
void yard_fleet(struct yard *yard, struct sim_fleet *fleet);
void yard_open(struct yard *yard, uint32_t card_count);
void yard_run(struct yard *yard, utc_ms end_at);
void yard_close(struct yard *yard);

/* A station in the document, under the node row-`row`: what each of its EVSEs may take. */
void yard_write_station(struct buf *text, const struct sim_setup *setup, uint32_t row,
                        int32_t breaker_ma);
/* On stderr: what each EVSE draws, is offered, and what the server thinks of it. */
void yard_tell(struct yard *yard);
