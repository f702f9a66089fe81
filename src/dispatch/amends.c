/* amends.c: a station that was seen not to obey is booked at its breaker for as long as nobody
 * proves the opposite. Its firmware may be mended, or it was somebody's hand: who has charged
 * within its limits for a while earns a new probe, and stays booked as it is until that has shown
 * that it obeys. Each relapse doubles the while. */
#include "dispatch/trusts.h"

enum {
    GOOD_MS = 3600000,
    DOUBLED_MAX = 7,   /* five days */
    TOLERANCE_DA = 9,  /* as commit.h counts */
    ENOUGH_DA = 30,    /* a car that takes less says nothing */
    APART_MS = 960000, /* between two samples: longer, and nobody knows what was between them */
};

bool waits_for_proof(const struct power_evse *evse)
{
    const struct behaviour *known = &evse->station->behaviour;

    return known->asked_at != UTC_UNKNOWN && known->proven_at == UTC_UNKNOWN &&
           known->profile != PROOF_NO && evse->station->probe_again_at != UTC_NEVER;
}

static bool is_marked(const struct power_station *station)
{
    for (uint32_t i = 0; i < station->evse_count; i++)
        if (commit_state(station->site->commit, station->evse_first + i).disobeys)
            return true;
    return station->behaviour.obeys == PROOF_NO;
}

static int64_t while_ms(const struct power_station *station)
{
    int32_t times = station->behaviour.relapses - 1;

    times = times < 0 ? 0 : times < DOUBLED_MAX ? times : DOUBLED_MAX;
    return (int64_t)GOOD_MS << times;
}

/* What it was told last, and said yes to. */
static int32_t told_da(const struct power_evse *evse)
{
    int32_t confirmed_da = commit_state(evse->station->site->commit, evse->index).confirmed_da;

    return confirmed_da >= 0 ? confirmed_da : evse->failsafe_da;
}

void amends_fell(struct power_station *station)
{
    if (station->behaviour.relapses < INT32_MAX)
        station->behaviour.relapses++;
    behaviour_fell(&station->behaviour);
    station->good_ms = 0;
    station->good_at = UTC_UNKNOWN;
}

void amends_metered(struct power_evse *evse, utc_ms at)
{
    struct power_station *station = evse->station;
    utc_ms before = station->good_at;

    if (station->probe || waits_for_proof(evse) || !is_marked(station))
        return;
    if (evse->draw.da > told_da(evse) + TOLERANCE_DA) {
        station->good_ms = 0;
        station->good_at = UTC_UNKNOWN;
        return;
    }
    if (evse->draw.da < ENOUGH_DA && told_da(evse) >= ENOUGH_DA)
        return;
    station->good_at = at;
    if (before == UTC_UNKNOWN || at < before || at - before > APART_MS)
        return;
    station->good_ms += at - before;
    if (station->good_ms < while_ms(station))
        return;
    station->good_ms = 0;
    probing_anew(station);
}
