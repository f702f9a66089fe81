/* unit.c: a limit in the unit that its station takes.
 *
 * What is booked is a current on each wire. A station that takes watts alone spreads them over the
 * phases that the car uses, and nobody knows those before it draws: until then all of its watts are
 * booked as if they flowed on one wire. At its rating no wire carries more, however it spreads
 * them. */
#include "dispatch/inner.h"

enum { VOLTS_LOW_PERMILLE = 940 }; /* the voltage may be that low (EN 50160: 10 %) */

static const struct document_evse *known_of(const struct power_evse *evse)
{
    return &evse->station->site->document.evses[evse->index];
}

static bool takes_watts(const struct power_evse *evse)
{
    return !known_of(evse)->is_dc && evse->station->behaviour.unit == CHARGE_W;
}

static int32_t volts_dv(const struct power_evse *evse)
{
    return known_of(evse)->leaf.volts * 10 * VOLTS_LOW_PERMILLE / 1000;
}

int32_t unit_phases(const struct power_evse *evse, enum commit_layer layer, int32_t da)
{
    const struct document_evse *known = known_of(evse);
    int32_t seen = evse->car.session ? car_phases(&evse->car.seen) : 0;

    if (known->leaf.wires_live == 1)
        return 1;
    if (layer == LAYER_STATION || !takes_watts(evse) || da >= known->max_da)
        return 3;
    return layer == LAYER_PROFILE && seen > 0 ? seen : 1;
}

int32_t unit_limit(const struct power_evse *evse, enum commit_layer layer, int32_t da)
{
    const struct document_evse *known = known_of(evse);

    if (known->is_dc)
        return (int32_t)((int64_t)charging_w_within(da, volts_dv(evse), 3) *
                         known->efficiency_permille / 1000);
    return behaviour_limit(&evse->station->behaviour, da, volts_dv(evse),
                           unit_phases(evse, layer, da));
}

/* Those of the outlet, not of the car: a limit of one phase would keep a station that can switch
 * from ever using three (EVerest#1060), and a car on one phase of three takes the same current. */
uint8_t unit_said_phases(const struct power_evse *evse)
{
    const struct document_evse *known = known_of(evse);

    return !known->is_dc && known->leaf.wires_live == 1 && !(known->leaf.wires & WIRES_DELTA);
}

int32_t unit_step(const struct power_evse *evse, int32_t da)
{
    bool amperes = !known_of(evse)->is_dc && !takes_watts(evse);

    return amperes && evse->station->behaviour.tenths != PROOF_YES ? da - da % 10 : da;
}

int32_t unit_min(const struct power_evse *evse, int32_t min_da)
{
    const struct document_evse *known = known_of(evse);
    int32_t three_da = min_da * 3;

    if (!takes_watts(evse) || known->leaf.wires_live == 1 || car_phases(&evse->car.seen) > 0)
        return min_da;
    return three_da < known->max_da ? three_da : known->max_da;
}

void unit_follow(struct power_evse *evse, utc_ms now)
{
    const struct document_evse *known = known_of(evse);
    int32_t before = evse->told_phases;
    int32_t da = evse->told_limit_da, phases = unit_phases(evse, LAYER_PROFILE, da);

    if (!before || before == phases || !takes_watts(evse))
        return;
    /* What was told is spread over fewer wires than it was reckoned for: up to all of it on one. */
    if (phases < before)
        da = da * before > known->max_da ? known->max_da : da * before;
    evse->told_phases = 0;
    commit_restate(evse->station->site->commit, evse->index, da, now);
}
