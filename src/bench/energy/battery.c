#include "bench/energy/battery.h"

#include <math.h>

#include "base/base.h"
#include "bench/energy/sessions.h"

#define TRANSITION 0.8
#define NO_START   (-1.0)
#define HOURS      ((double)PERIOD_S / 3600.0)

/* Charge (0..1) after `periods` at a rate that fills `step` of the battery a period: straight up to
 * the corner where the falling maximum is met, then towards full as 1 - exp. `step_max`: the
 * step at full power, which meets it at TRANSITION. */
static double charge_after(double charge, double step, double step_max, double periods)
{
    double corner = 1 - (1 - TRANSITION) * step / step_max;
    double straight = charge < corner ? (corner - charge) / step : 0;

    if (periods <= straight)
        return charge + step * periods;
    if (charge < corner)
        charge = corner;
    return 1 - (1 - charge) * exp(-step_max / (1 - TRANSITION) * (periods - straight));
}

/* The fullest start from which `share` more is reached in `periods`; NO_START: there is none. */
static double fullest_start(double share, double step_max, double periods)
{
    double low = 0, high = 1 - share;

    if (charge_after(0, step_max, step_max, periods) < share)
        return NO_START;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (charge_after(middle, step_max, step_max, periods) - middle >= share)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct battery battery_new(double energy_kwh, double periods, double max_a, double volts,
                           bool two_stage)
{
    static const double sizes_kwh[] = { 8, 24, 40, 60, 85, 100 };
    double max_kw = max_a * volts / 1000;

    for (size_t i = 0; two_stage && i < COUNT(sizes_kwh); i++) {
        double start =
            energy_kwh > sizes_kwh[i]
                ? NO_START
                : fullest_start(energy_kwh / sizes_kwh[i], max_kw * HOURS / sizes_kwh[i], periods);
        if (start >= 0)
            return (struct battery){ sizes_kwh[i], start * sizes_kwh[i], max_kw, true };
    }
    /* Ideal; or more than can be had in the time: it takes all that it gets. */
    return (struct battery){ .capacity_kwh = energy_kwh, .max_kw = max_kw };
}

double battery_charge(struct battery *battery, double pilot_a, double volts)
{
    double kw = pilot_a * volts / 1000, before = battery->charge_kwh;

    if (kw > battery->max_kw)
        kw = battery->max_kw;
    if (kw <= 0)
        return 0;
    if (battery->two_stage)
        battery->charge_kwh =
            battery->capacity_kwh *
            charge_after(before / battery->capacity_kwh, kw * HOURS / battery->capacity_kwh,
                         battery->max_kw * HOURS / battery->capacity_kwh, 1);
    else
        battery->charge_kwh = fmin(before + kw * HOURS, battery->capacity_kwh);
    return (battery->charge_kwh - before) / HOURS * 1000 / volts;
}
