/* driver.h: the people who come to a station: when, with which car, how long, in which order they
 * do things, and what they do wrong. Seeded: the same `struct rand` gives the same people.
 */
#pragma once
#include "base/base.h"
#include "base/rand.h"
#include "sim/car.h"

enum driver_manner {
    DRIVER_PLUGS_FIRST,
    DRIVER_SHOWS_CARD_FIRST,
    DRIVER_SHOWS_CARD_ONLY, /* forgets the cable and leaves: the station's time-out must free the
                               plug */
    DRIVER_PLUGS_ONLY,      /* plugs in and never shows a card */
};

enum driver_leaving {
    DRIVER_STOPS_THEN_UNPLUGS, /* shows the card again */
    DRIVER_JUST_UNPLUGS,       /* pulls the plug at the car */
};

/* How a place is used. Times are of real life; `speed` of driver_next divides them all. */
struct driver_habits {
    int32_t gap_min_s, gap_max_s; /* between one car's leaving and the next one's coming */
    int32_t stay_min_s, stay_max_s;
    int16_t soc_min_permille, soc_max_permille; /* on arrival */
    int16_t card_first_permille, forgets_permille, just_unplugs_permille, early_permille;
    bool sleeps_at_night;        /* few arrivals between 22:00 and 06:00 UTC */
    const struct car_model *car; /* all have this one; NULL: any */
};

struct driver_visit {
    utc_ms arrives_at, leaves_at;
    int32_t fumble_ms; /* between plug and card */
    struct car car;
    enum driver_manner manner;
    enum driver_leaving leaving;
    uint32_t token; /* a number; whoever knows the tokens takes it modulo their count */
};

/* Where and how fast people live. */
struct driver_place {
    const struct driver_habits *habits;
    int32_t speed;
    bool dc; /* only cars that can charge there */
};

/* The next visit after `from`. */
void driver_next(struct driver_visit *visit, const struct driver_place *place, struct rand *rand,
                 utc_ms from);
