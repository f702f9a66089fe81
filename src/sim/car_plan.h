/* car_plan.h: what a car that speaks ISO 15118 means to take within the limits that its station has
 * given it: its charging profile, which the server hears of (2.0.1 K15.FR.09, FR.10; K17).
 *
 * Pure: it charges a copy of the car.
 */
#pragma once
#include "sim/command.h"

#define CAR_PLAN_PERIODS_MAX 24u

struct car_plan {
    int32_t duration_s;
    uint32_t count;
    struct profile_period periods[CAR_PLAN_PERIODS_MAX]; /* W; never above what is offered */
};

/* `offers`: the station's schedule from now on, in mA a phase (AC) or W (DC). `phases`: of an AC
 * station; 0: DC. */
void car_plan_make(const struct car *car, const struct sim_schedule *offers, uint8_t phases,
                   int32_t duration_s, struct car_plan *plan);
