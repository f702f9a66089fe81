/* plan.h: which stations there are: the demo's three sites by name, and fleets of any size by
 * number. All makes are invented.
 */
#pragma once
#include "sim/station.h"

struct sim_site {
    struct str name, address, time_zone, currency;
};

struct sim_demo_station {
    uint32_t site; /* index */
    struct str id, name, serial;
    struct str printed_ids[2]; /* on the labels of its EVSEs; empty: it has one only */
    enum sim_protocol protocol;
    const struct sim_model *model;
};

struct sim_demo_token {
    struct sim_token token;
    struct str name, group;
};

#define SIM_DEMO_SITES    3u
#define SIM_DEMO_STATIONS 12u
#define SIM_DEMO_TOKENS   10u
#define SIM_DEMO_SPEED    20
#define SIM_DEMO_SAMPLE_S 5

extern const struct sim_site sim_demo_sites[SIM_DEMO_SITES];
extern const struct sim_demo_station sim_demo_stations[SIM_DEMO_STATIONS];
extern const struct sim_demo_token sim_demo_tokens[SIM_DEMO_TOKENS];
extern const struct sim_model sim_models[];
extern const uint32_t sim_model_count;
/* How people use public AC and DC stations. */
extern const struct driver_habits sim_habits_ac, sim_habits_dc;

/* Cars stand at most outlets within seconds of start_at; the others fill as people come. */
void sim_demo_setups(struct sim_setup setups[SIM_DEMO_STATIONS], uint64_t seed, utc_ms start_at);

struct sim_fleet {
    uint32_t count;
    struct str prefix;          /* of the identities: prefix-00001 */
    enum sim_protocol protocol; /* SIM_PROTOCOL_COUNT: a third each */
    int32_t speed, sample_s, aligned_s;
    uint64_t seed;
    utc_ms start_at;
    int64_t spread_ms; /* the first connections are spread over this time */
    bool cars_soon;    /* at half of them a car comes at once */
    const struct fault_mix *faults;
    struct sim_control control; /* of all */
    bool rotated;               /* wired to the phases in turn: L1, L2, L3, L1, … */
};
/* `count` setups whose names are in the arena; NULL: memory is out. */
struct sim_setup *sim_fleet_setups(const struct sim_fleet *fleet, struct arena *arena);
/* Tokens "SIM0001" and so on, in the arena. NULL: memory is out. */
struct sim_token *sim_fleet_tokens(uint32_t count, struct arena *arena);
