/* place.h: a server in the simulated world, and what an operator did before the first station came.
 */
#pragma once
#include "world/server.h"
#include "world/sim_world.h"

struct place {
    struct sim_world world;
    struct server server;
};

/* After sim_world_init; the world's sink is server_net_event with &place->server. */
void place_server(struct place *place, uint64_t seed);
/* `site` 0: none. Returns its row. */
int64_t place_station(struct place *place, struct str identity, int64_t site);
void place_token(struct place *place, struct str uid);
int64_t place_site(struct place *place, struct str name);
/* Its power document. */
void place_power(struct place *place, int64_t site, struct str document);
