/* planned.h: src/energy with a plan ahead, in the world of play.h: at each step the horizon plan is
 * made anew from what is known then, and site_decide carries it out.
 *
 * Known are the cars that are plugged in, with need and departure as they said, what went before,
 * and prices a day ahead. What peak the month is worth is planned from the sessions of the days
 * before.
 */
#pragma once
#include "bench/energy/play.h"

enum { PLANNED_SLOTS = 96 };

struct planned_config {
    /* Micro-units per kWh in the quarter hour that begins with `period`, as known at `now`. */
    int32_t (*price)(const struct planned_config *config, const struct sessions *sessions,
                     int64_t now, int64_t period);
    /* What else the meter shows in that quarter hour, W; NULL: nothing. */
    int64_t (*base_w)(const struct planned_config *config, const struct sessions *sessions,
                      int64_t now, int64_t period);
    int32_t value;  /* of a kWh delivered */
    int64_t demand; /* per kW of a month's highest quarter hour; 0: none */
    uint8_t mode;   /* enum site_mode */
    const struct sessions
        *earlier; /* of the same site, from weeks before; NULL: nothing is known */
    const void *data;
};

struct planned; /* play.state */

struct planned *planned_new(const struct planned_config *config);
void planned_free(struct planned *planned);
void planned_begin(struct play *play);
void planned_decide(struct play *play);
