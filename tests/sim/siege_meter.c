/* siege_meter.c: the meter of the site's grid connection, which no station has a hand in. */
#include "sim/siege.h"

enum { EVERY_MS = 5000 };

void siege_meter(void *context)
{
    struct run *run = context;
    struct sim_world *world = &run->yard.place.world;
    struct dispatch_reading reading = { .at = UTC_UNKNOWN };
    enum err err = ERR_NONE;

    for (int line = 0; line < LINES; line++) {
        reading.has_da[line] = true;
        reading.da[line] = (run->flows_ma[line] + 99) / 100;
    }
    if (run->yard.place.server.up && !run->yard.place.server.engine.memory_void)
        err = dispatch_meter(&run->yard.place.server.engine, run->yard.site, STR("main"), &reading);
    check(err == ERR_NONE || err == ERR_NOT_FOUND); /* its document is on its way to the disk */
    sim_world_at(world, world->now + EVERY_MS, siege_meter, run);
}
