/* power.h: the simulated world as one site with limits: what its document says, and a clamp on each
 * line of the feeder that sees what truly flows. */
#pragma once
#include "sim/world.h"
#include "world/server.h"

struct power_world {
    struct sim_world *world;
    struct server *server;
    int32_t limit_ma; /* of each line of the feeder */
    struct arena arena;
    int64_t peak_ma;  /* the most that the clamp saw */
    uint64_t offered; /* steps at which a car had a limit of its own */
};

/* All stations are one site's, which shares so many amperes a station; they have shown that they
 * obey. */
void power_start(struct power_world *power, struct sim_world *world, struct server *server,
                 int32_t station_da);
/* After each step. NULL: all is well; else what is wrong. */
const char *power_check(struct power_world *power);
void power_fini(struct power_world *power);
