/* sim_world.h: stations, their network and time itself, in one thread: thousands of stations and
 * days in seconds, one seed.
 *
 * The server under test stands behind a net_port and a net_sink, as in life (net/net.h); the world
 * plays the network with delays. The test owns the loop:
 *
 *     while ((at = sim_world_next(world)) <= end) { tell the server the time `at`;
 * sim_world_run(world, at); let it work }
 *
 * The server's own timers and its disk join through sim_world_at. Events of one moment happen in
 * the order in which they were made, so a seed gives the same run every time.
 */
#pragma once
#include "net/net.h"
#include "sim/schedule.h"
#include "sim/station.h"

struct sim_world_config {
    uint64_t seed;
    utc_ms start_at;
    int32_t delay_min_ms, delay_max_ms; /* of the network, each way */
    const struct sim_token *tokens;
    uint32_t token_count;
    net_sink_fn *sink; /* the server */
    void *sink_arg;
};

struct sim_world_conn;
struct sim_world_event;

struct sim_world {
    struct sim_world_config config;
    struct sim_shared shared;
    utc_ms now;
    struct rand rand;
    struct sim_station *stations;
    struct sim_world_seat *seats; /* one a station: its place in the network */
    uint32_t station_count;
    struct schedule schedule;
    struct sim_world_conn *conns; /* by conn_id - 1; never used again */
    uint32_t conn_count, conn_cap;
    struct sim_world_event *events; /* a heap by (at, number) */
    uint32_t event_count, event_cap;
    uint64_t event_number;
    bool server_up, refusing;
};

/* `setups` in order; start_at, seed of each are filled in when 0. Borrowed: all that they point to.
 * `passwords` by station, or NULL. */
void sim_world_init(struct sim_world *world, const struct sim_world_config *config,
                    const struct sim_setup *setups, const struct str *passwords,
                    uint32_t station_count);
void sim_world_fini(struct sim_world *world);
/* The port that the server gets. Valid as long as the world. */
struct net_port sim_world_port(struct sim_world *world);
/* The next moment at which anything happens; UTC_NEVER. */
utc_ms sim_world_next(const struct sim_world *world);
/* All that happens up to and at `at`, in order. */
void sim_world_run(struct sim_world *world, utc_ms at);
/* Calls fn(arg) at that moment: the fake disk, the server's wake-up, a fault. */
void sim_world_at(struct sim_world *world, utc_ms at, void (*fn)(void *arg), void *arg);
void sim_world_fault(struct sim_world *world, const struct fault *fault);
/* The server died: all its connections are gone, it is told nothing; new ones are refused until
 * `true`. */
void sim_world_server(struct sim_world *world, bool up);
