/* hold.c: how long one thing has held the core thread. */
#include "core/engine_parts.h"

enum { NOT_HELD = -1 }; /* nobody counts, or it is a part of what is counted */

int64_t hold_begin(struct engine *engine)
{
    struct engine_held *held = &engine->stats.held;

    if (!engine->host.clock_us || held->now)
        return NOT_HELD;
    held->now = true;
    return engine->host.clock_us();
}

void hold_end(struct engine *engine, int64_t began_us)
{
    enum { MINUTE_MS = 60000, LONG_US = 5000 };
    struct engine_held *held = &engine->stats.held;
    uint64_t minute = engine->mono / MINUTE_MS;
    int64_t us;

    if (began_us == NOT_HELD)
        return;
    us = engine->host.clock_us() - began_us;
    held->now = false;
    if (minute != held->minute) {
        held->longest_before_us = minute == held->minute + 1 ? held->longest_us : 0;
        held->longest_us = 0;
        held->minute = minute;
    }
    held->longest_us = us > held->longest_us ? us : held->longest_us;
    held->over_5ms += us > LONG_US;
}

int64_t hold_until(const struct engine *engine)
{
    enum { WHILE_US = 3000 };

    return engine->host.clock_us ? engine->host.clock_us() + WHILE_US : 0;
}

int64_t engine_held_us(const struct engine *engine)
{
    const struct engine_held *held = &engine->stats.held;

    return held->longest_us > held->longest_before_us ? held->longest_us : held->longest_before_us;
}
