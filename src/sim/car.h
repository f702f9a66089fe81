/* car.h: a car as a charging station sees it: a battery behind a cable.
 *
 * Pure: no clock, no randomness. Energy is kept in millijoules, since one watt for one millisecond
 * is one millijoule: nothing is lost to rounding but what the charger turns into heat.
 */
#pragma once
#include "base/base.h"

#define CAR_MJ_PER_MWH     3600 /* millijoules in one milliwatt-hour */
#define CAR_WAKES_BY_PAUSE (-1)
#define CAR_NEVER_WAKES    (-2)
#define CAR_PILOT_FLOOR_MA \
    6000 /* IEC 61851-1 A.2: the pilot cannot offer less; below it there is no charging */

/* How much a battery takes at a state of charge, in parts per thousand of its best power: constant
 * current, then constant voltage. Points ascend; the last one is at 1000. */
struct car_curve {
    uint8_t count;
    struct {
        int16_t soc_permille, power_permille;
    } points[6];
};

struct car_model {
    const char *name;
    int32_t capacity_wh;
    int32_t battery_power_w; /* best power into the battery; also what it takes from DC stations */
    int32_t ac_current_max_ma;   /* per phase */
    int32_t ac_current_floor_ma; /* draws nothing when offered less; some cars want more than 6 A */
    int32_t ac_current_wake_ma;  /* and then sulks until it is offered this, or, with
                                    CAR_WAKES_BY_PAUSE, nothing; CAR_NEVER_WAKES: once
                                    it has charged, only another plug helps; 0: it does not sulk */
    int16_t ac_efficiency_permille;
    uint8_t ac_phases; /* 1..3 */
    bool has_dc;
    bool says_needs; /* speaks ISO 15118: energy and departure */
    const struct car_curve *curve;
    int32_t awake_ms; /* after a pause it draws nothing for so long */
    /* From this state of charge on it uses so many phases; 0: it always uses ac_phases. */
    int16_t later_permille;
    uint8_t later_phases;
};

extern const struct car_model car_models[];
extern const uint32_t car_model_count;

struct car {
    const struct car_model *model;
    int64_t capacity_mj, stored_mj;
    int16_t limit_permille; /* the driver's setting: stops at this state of charge */
    bool sulks;             /* it was offered too little, and waits for more */
    bool charged;           /* since it was plugged in */
};

/* What flows now. */
struct car_draw {
    int32_t power_w;    /* from the station */
    int32_t current_ma; /* per phase; DC: at the battery's voltage */
    uint8_t phases;     /* that carry current; 0 when nothing flows or DC */
};

/* `shrink` ≥ 1 divides the capacity (simulations that run faster than life). */
void car_init(struct car *car, const struct car_model *model, int32_t soc_permille, int32_t shrink);
int32_t car_soc_permille(const struct car *car);
/* Into the battery, by its curve; 0 at its limit. */
int32_t car_accepts_w(const struct car *car);
bool car_is_full(const struct car *car);
/* Energy that it wants from the station until it is full, losses included. */
int64_t car_wants_wh(const struct car *car, bool ac);
/* What it is offered has changed, in mA: too little makes some of them sulk. */
void car_offered(struct car *car, int32_t offer_ma);
/* `voltage_mv` between phase and neutral. Below its floor it draws nothing. */
struct car_draw car_draw_ac(const struct car *car, int32_t offer_ma, uint8_t phases,
                            int32_t voltage_mv);
struct car_draw car_draw_dc(const struct car *car, int32_t offer_w);
/* Takes `power_w` from the station for `ms`. Returns what the station gave, in mJ; what goes into
 * the battery is less by the losses on AC. Never above capacity. */
int64_t car_take(struct car *car, int32_t power_w, bool ac, int64_t ms);
