/* by_hand.c: a charging profile that a person set or cleared past us (POST /stations/{id}/calls).
 *
 * What it lets the station draw is booked, and ours is written anew. One that still wins over ours,
 * by its stack level, is found when the station is asked what it holds, and stays booked (held.c);
 * in 1.6, which has no such question, by the meter.
 */
#include "dispatch/decides.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

struct by_hand {
    int64_t station;
    int32_t evse;    /* 0: all of them */
    bool is_cleared; /* or a default, which is in force whenever nothing else is */
    enum charging_unit unit;
    int32_t limit; /* the highest of its phases */
};

static void take(struct engine *engine, void *data)
{
    const struct by_hand *told = data;
    struct power_station *station = dispatch_find_station(dispatch_of(engine), told->station);
    struct power_site *site = station ? station->site : NULL;
    utc_ms now;

    if (!site || station->probe) /* which books it at its breaker, and clears all at its end */
        return;
    now = dispatch_now(site->dispatch);
    if (told->is_cleared)
        commit_cleared(site->commit, station->index, now);
    for (uint32_t i = 0; i < station->evse_count && !told->is_cleared; i++) {
        struct power_evse *evse = &site->evses[station->evse_first + i];

        if (told->evse != 0 && told->evse != evse->number)
            continue;
        evse->linked_session = 0; /* ours may be gone: it is set anew */
        commit_restate(site->commit, evse->index, unit_upto(evse, told->unit, told->limit), now);
    }
    held_now(station);
    decide_at_once(site, "by hand");
}

void dispatch_by_hand(struct turn *turn, int64_t station, enum protocol protocol, struct str action,
                      struct str payload)
{
    struct by_hand told = { .station = station, .limit = INT32_MAX };
    struct charging_profile profile = CHARGE_PROFILE;

    if (!dispatch_find_station(dispatch_of(turn->engine), station))
        return;
    if (str_equal(action, STR("SetChargingProfile")) &&
        charging_read_set(protocol, payload, turn->arena, &profile) == ERR_NONE) {
        if (profile.layer == CHARGE_STATION_MAX)
            return; /* it raises nothing */
        told.evse = profile.evse;
        told.unit = profile.unit;
        told.is_cleared = profile.layer == CHARGE_DEFAULT;
        told.limit = charging_most(&profile);
    } else {
        told.is_cleared = str_equal(action, STR("ClearChargingProfile"));
    }
    if (told.is_cleared || str_equal(action, STR("SetChargingProfile")) ||
        str_equal(action, STR("UpdateDynamicSchedule")))
        turn_after(turn, take, &told, sizeof told);
}
