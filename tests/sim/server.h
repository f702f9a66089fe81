/* server.h: the real core in the simulated world: fake clock, net and disk, one seed. It can be killed at any moment; what the
 * fake disk had taken by then is what the next start finds.
 */
#pragma once
#include "core/engine.h"
#include "ocpp/ocpp.h"
#include "sim/world.h"

struct server {
    struct sim_world *world;
    struct store *store;
    struct store_reader *reader;
    struct engine engine;
    struct ocpp *ocpp;
    struct rand rand;
    bool up;
    uint32_t life; /* counts starts: what was under way in an earlier life is nobody's */
    utc_ms wake_at;
    uint32_t disk_ms_max;
    uint64_t failures_left; /* commits that are to fail, from now */
    struct poison_page poison;
};

void server_init(struct server *server, struct sim_world *world, uint64_t seed);
void server_fini(struct server *server);
/* kill -9: memory is gone. */
void server_kill(struct server *server);
void server_start(struct server *server);
/* The sink for the world. */
void server_net_event(void *server, const struct net_event *event);
/* To be called at each moment of the world, after its own events. */
void server_step(struct server *server, utc_ms now);
/* Registers a station, and a token: what an operator would do. */
void server_add_station(struct server *server, struct str identity);
void server_add_token(struct server *server, struct str uid, struct str type);
