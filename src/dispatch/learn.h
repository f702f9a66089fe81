/* learn.h: what is learned while limits and meters are watched: a station's clock, a car's phases
 * and the current below which it does not charge.
 *
 * Pure, a few numbers each.
 */
#pragma once
#include "base/base.h"
#include "ocpp/power.h"

/* --- a station's clock ----------------------------------------------------- */

/* Its clock minus ours. A message can only be late: of the differences that are seen, the largest
 * is the nearest. */
struct station_clock {
    int64_t best_ms, next_ms; /* of this quarter of an hour and the one before */
    utc_ms since, seen_at;
    bool known;
};

/* A moment by its clock that came right away (not out of a queue). */
void clock_saw(struct station_clock *clock, utc_ms at, utc_ms received_at);
/* It may have been set: begin anew. */
void clock_reset(struct station_clock *clock);
/* False: not known (nothing came within a day). */
bool clock_offset(const struct station_clock *clock, utc_ms now, int64_t *offset_ms);

/* --- a car ----------------------------------------------------------------- */

/* Zeroed: nothing yet. */
struct car_seen {
    int32_t works_da;    /* the lowest limit with which it charged; 0: none seen */
    int32_t stops_da;    /* the highest with which it did not, though it wanted to */
    int32_t most_da;     /* the most that it drew on a phase */
    uint8_t lines;       /* station's phases on which it drew, by bit; 0: not seen */
    uint8_t lines_times; /* so many samples in a row said the same */
    utc_ms idle_since;   /* nothing flows under the present limit; 0: something does */
    int32_t idle_limit_da;
};

/* A sample of its session: which phases it uses. */
void car_saw_lines(struct car_seen *car, const struct power_meter *meter);
/* A sample under a limit that the station has confirmed and that has settled. `wants`: the session
 * is open and the car is not known to be full. */
void car_saw(struct car_seen *car, utc_ms now, int32_t limit_da, const struct power_meter *meter,
             bool wants);
/* The least that it charges with, in 0.1 A; 0: not known (60 is the norm). */
int32_t car_min_da(const struct car_seen *car);
/* How many phases it uses, and which of the station's; 0: not known. */
int32_t car_phases(const struct car_seen *car);
