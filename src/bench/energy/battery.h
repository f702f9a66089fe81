/* battery.h: how a car takes what it may take. Ideal: all of it, until it is full. Two stages: the
 * most that it takes falls from `transition` of its charge on, straight to nothing when it is full
 * (the model of ACN-Sim's Linear2StageBattery).
 */
#pragma once
#include <stdbool.h>

struct battery {
    double capacity_kwh, charge_kwh, max_kw;
    bool two_stage;
};

/* A battery that needs `energy_kwh`; two_stage: the smallest of the usual sizes that can take it in
 * `periods`, as full at the start as lets it. */
struct battery battery_new(double energy_kwh, double periods, double max_a, double volts,
                           bool two_stage);
/* Charges for one period at no more than `pilot_a`; the mean current that it took. */
double battery_charge(struct battery *battery, double pilot_a, double volts);
