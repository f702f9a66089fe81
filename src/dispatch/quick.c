/* quick.c: how soon a station obeys is learned day by day, from meters that look soon after a lower
 * limit. A probe sees two or three effects, too few to trust a station with less than half a minute
 * (behaviour.h); the sessions that follow show many. */
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

enum {
    TOLERANCE_DA = 9,     /* as commit.h counts */
    FOLLOWS_PERCENT = 75, /* who takes less than that of its limit may have stopped by itself */
    LEAST_DA = 50,
    FRESH_MS = 120000, /* of the sample that shows that there was something to lower */
};

static bool is_quick(const struct power_station *station)
{
    const struct commit_trust trust = behaviour_trust(&station->behaviour);

    return !trust.obeys || trust.settle_ms <= behaviour_least_settle_ms();
}

void quick_confirmed(struct power_evse *evse, int32_t limit_da, utc_ms now)
{
    int32_t da = unit_offered(evse, limit_da);

    evse->lowered.at = 0;
    if (!evse->car.session || evse->station->probe || is_quick(evse->station) || da < LEAST_DA ||
        evse->draw.at == UTC_UNKNOWN || now - evse->draw.at > FRESH_MS ||
        evse->draw.da <= da + TOLERANCE_DA)
        return;
    evse->lowered.at = now;
    evse->lowered.da = da;
    evse->lowered.late = false;
}

/* Counted until it was heard of, not until it was measured: stations' clocks are not ours. */
void quick_metered(struct power_evse *evse, utc_ms now)
{
    struct power_station *station = evse->station;
    int64_t took_ms = now - evse->lowered.at;
    int32_t da = evse->lowered.da;
    bool late = evse->lowered.late;

    if (!evse->lowered.at || station->probe)
        return;
    if (evse->draw.da > da + TOLERANCE_DA) {
        evse->lowered.late = true;
        if (took_ms > behaviour_trust(&station->behaviour).settle_ms)
            evse->lowered.at = 0; /* that is another matter: commit.h */
        return;
    }
    evse->lowered.at = 0;
    if (evse->draw.da * 100 >= da * FOLLOWS_PERCENT && took_ms <= INT32_MAX &&
        behaviour_saw_obeyed(&station->behaviour, (int32_t)took_ms, late))
        probing_learned(station);
}
