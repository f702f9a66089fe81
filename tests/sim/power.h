/* power.h: the simulated world as one site with limits: what its document says, and a clamp on each
 * line of the feeder that sees what truly flows. */
#pragma once
#include "sim/place.h"

struct power_world {
    struct sim_world *world;
    int64_t site;
    int32_t limit_ma; /* of each line of the feeder */
    int32_t peak_ma;  /* the most that the clamp saw on one of them */
    struct arena arena;
};

/* All stations are one site's, which shares so many amperes a station; they have shown that they
 * obey. */
void power_start(struct power_world *power, struct place *place, int32_t station_da);
/* After each step. NULL: all is well; else what is wrong. */
const char *power_check(struct power_world *power);
void power_fini(struct power_world *power);
