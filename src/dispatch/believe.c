/* believe.c: what of a station's meter is believed.
 *
 * Makes tell the wrong unit: kW and call it W, tenths of an ampere and call them amperes, Wh and
 * call them kWh. Current, power and the register, by which people are billed, stand beside each
 * other: two that agree outvote the third. And nothing is believed that an outlet's breaker would
 * not carry (IEC 60898-1: at 1.45 times its rating it is off within an hour): one station's wrong
 * unit would leave no room to all others. */
#include "dispatch/hears.h"

enum {
    LEAST_W = 400, /* less tells nothing of units */
    FAR = 20,      /* times less power than the register says */
    APART = 5,     /* times more or less current than power and register say together */
    BREAKER = 2,   /* times its rating */
};

/* What the register says of the time since the last sample, in W; POWER_NONE: too little of it. */
static int64_t register_w(struct power_evse *evse, utc_ms at)
{
    enum { APART_MS = 10000, LONG_MS = 1800000 };
    const struct session_row *session =
        evse->car.session ? world_find(&evse->station->site->dispatch->engine->world, ROW_session,
                                       evse->car.session)
                          : NULL;
    int64_t passed_ms = at - evse->draw.energy_at, mwh;

    if (!session)
        return POWER_NONE;
    mwh = session->energy_mwh - evse->draw.energy_mwh;
    if (evse->draw.energy_at != 0 && passed_ms < APART_MS)
        return POWER_NONE;
    evse->draw.energy_mwh = session->energy_mwh;
    if (evse->draw.energy_at == 0 || passed_ms > LONG_MS || mwh < 0)
        mwh = -1;
    evse->draw.energy_at = at;
    return mwh < 0 ? POWER_NONE : mwh * 3600 / passed_ms;
}

static int64_t volts_of(const struct document_evse *known)
{
    return known->leaf.volts > 0 ? known->leaf.volts : 230;
}

/* What all its currents carry. */
static int64_t current_w(const struct document_evse *known, const struct power_meter *meter)
{
    int64_t sum_da = 0;

    for (int i = 0; i < 3; i++)
        if (meter->current_da[i] != POWER_UNKNOWN && meter->current_da[i] > 0)
            sum_da += meter->current_da[i];
    return sum_da * volts_of(known) / 10;
}

/* Its currents say something else than its power by far. */
static bool contradicts(const struct document_evse *known, const struct power_meter *meter)
{
    int64_t power_w = meter->power_w, flows_w = current_w(known, meter);

    return power_w != POWER_UNKNOWN && power_w >= LEAST_W && flows_w > 0 &&
           (flows_w > power_w * APART || power_w > flows_w * APART);
}

/* As its power says: where the register agreed with that once, it is the currents' unit. */
static void mend_currents(const struct document_evse *known, struct power_meter *meter)
{
    int64_t power_w = meter->power_w, flows_w = current_w(known, meter);

    for (int i = 0; i < 3; i++)
        if (meter->current_da[i] != POWER_UNKNOWN)
            meter->current_da[i] = (int32_t)(meter->current_da[i] * power_w / flows_w);
}

static void keep_below(int32_t *da, int32_t most_da)
{
    if (*da != POWER_UNKNOWN && *da > most_da)
        *da = most_da;
}

bool believe(struct power_evse *evse, utc_ms at, struct power_meter *meter)
{
    const struct document_evse *known = &evse->station->site->document.evses[evse->index];
    int32_t most_da = known->max_da * BREAKER;
    int64_t most_w = most_da * volts_of(known) * LINE_COUNT / 10, w = register_w(evse, at);
    bool odd;

    if (w > most_w)
        w = POWER_NONE;
    if (w >= LEAST_W && meter->power_w != POWER_UNKNOWN && meter->power_w < w / FAR)
        meter->power_w = w;
    odd = contradicts(known, meter);
    if (odd && w >= LEAST_W && meter->power_w * 2 <= w * 3 && w * 2 <= meter->power_w * 3)
        evse->station->odd_currents = true;
    if (odd && evse->station->odd_currents)
        mend_currents(known, meter);
    else if (odd && !evse->draw.unsaid)
        return !(evse->draw.unsaid = true); /* the register may say with the next who is right */
    evse->draw.unsaid = false;
    for (int i = 0; i < 3; i++)
        keep_below(&meter->current_da[i], most_da);
    keep_below(&meter->current_any_da, most_da * LINE_COUNT);
    if (meter->power_w != POWER_UNKNOWN && meter->power_w > most_w)
        meter->power_w = most_w;
    return true;
}
