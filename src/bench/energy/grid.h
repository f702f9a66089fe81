/* grid.h: the CO2 of a grid by five minutes, as somebody wrote it down: a table (CSV, gzipped or
 * not) with the columns "time" and "moer" (kg per kWh, marginal) and, if they are there, "f1",
 * "f2" …: what was forecast at that time for so many periods later.
 */
#pragma once
#include "bench/energy/sessions.h"

struct grid {
    utc_ms start;
    uint32_t count, forecasts;
    int32_t *mg; /* [period * (1 + forecasts) + how far ahead], mg per kWh */
};

/* ERR_NOT_FOUND: cannot be read; ERR_BAD_FORMAT: no such table. A gap is filled with what came
 * before it; `why` (BENCH_WHY_SIZE bytes). */
MUST_CHECK enum err grid_read(const char *path, struct grid *grid, char *why);
void grid_fini(struct grid *grid);

/* What it was, for one who knows all; INT32_MIN: the series does not speak for that time. */
int32_t grid_at(const struct grid *grid, utc_ms at);
/* The same as it was known at `now`: what is past or forecast, beyond that the mean of the last
 * seven days at this time of day. */
int32_t grid_known(const struct grid *grid, utc_ms now, utc_ms at);
