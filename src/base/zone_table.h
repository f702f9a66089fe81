/* zone_table.h: a zone as the generated table has it (tools/gen_zones.py); zone.h is for others. */
#pragma once
#include "base/zone.h"

/* The n-th such weekday of a month (5: the last one), at a time by the clock that ends there. */
struct zone_change {
    uint8_t month; /* 0: there is no summer time */
    uint8_t week, weekday;
    int32_t ms;
};

struct zone {
    struct str name;
    int32_t standard_ms, summer_ms;
    struct zone_change to_summer, to_standard;
};

extern const struct zone zones[]; /* by name */
extern const uint32_t zone_count;
