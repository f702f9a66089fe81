/* siege_hands.c: another hand than ours, and units, registers and identities that change. */
#include "sim/command.h"
#include "sim/evse_inner.h"
#include "sim/siege.h"

static bool is_here(const struct sim_station *station)
{
    return sim_station_online(station) && !station->half_open && !station->deaf;
}

static void any_evse(struct run *run, struct sim_station **station, struct sim_evse **evse)
{
    *station = siege_small(run);
    *evse = &(*station)->evses[rand_below(&run->rand, (*station)->evse_count)];
}

/* A proxy lets another central system talk to it, too: that sets a profile of the session, or a
 * default, or clears all that there is. 1.6 stations have no word for it. */
void act_foreign(struct run *run)
{
    static const enum profile_purpose purposes[] = { PROFILE_TX, PROFILE_TX, PROFILE_TX_DEFAULT };
    const struct profile_match all = {
        .id = -1, .evse = -1, .stack_level = -1, .purpose = PROFILE_PURPOSE_COUNT
    };
    struct sim_station *station;
    struct sim_evse *evse;
    struct profile profile = { .id = 17,
                               .valid_from = UTC_UNKNOWN,
                               .valid_to = UTC_NEVER,
                               .start_at = UTC_UNKNOWN,
                               .duration_s = 1200,
                               .period_count = 1 };

    any_evse(run, &station, &evse);
    if (!is_here(station))
        return;
    if (rand_below(&run->rand, 4) == 0) {
        run->forgot[station - run->yard.place.world.stations] = true;
        (void)sim_clear_profiles(station, &all);
        sim_evses_refresh(station);
        return;
    }
    profile.evse = evse->number;
    profile.purpose = purposes[rand_below(&run->rand, COUNT(purposes))];
    profile.stack_level = (int32_t)rand_below(&run->rand, 4);
    profile.periods[0].limit = (int32_t)rand_range(&run->rand, 6, 32) * 1000;
    (void)sim_set_profile(station, &profile, STR_NONE); /* without a session it says no */
}

/* The one that is there falls silent, and the other one gets its place. */
void act_twins(struct run *run)
{
    struct sim_world *world = &run->yard.place.world;
    uint32_t i = (uint32_t)rand_below(&run->rand, run->attack->twins);
    struct sim_station *one = &world->stations[4 * i + 1], *other = &world->stations[STATIONS + i];

    siege_inflict(run, is_here(one) ? one : other, FAULT_HALF_OPEN, 0,
                  rand_range(&run->rand, 120, 600) * 1000);
}

/* After a restart it has another idea of what a number means. */
void act_units(struct run *run)
{
    static const enum sim_flaw units[] = { FLAW_A_AS_W, FLAW_A_AS_KW };
    struct sim_station *station = siege_small(run);
    uint64_t others = station->control.flaws & ~(FLAW_BIT(FLAW_A_AS_W) | FLAW_BIT(FLAW_A_AS_KW));
    bool wrong = station->control.flaws != others;

    siege_inflict(run, station, FAULT_TAKES,
                  (int64_t)(wrong ? others : others | FLAW_BIT(units[rand_below(&run->rand, 2)])),
                  0);
    siege_inflict(run, station, FAULT_REBOOT, 0, rand_range(&run->rand, 2000, 30000));
}

void act_register(struct run *run)
{
    siege_inflict(run, siege_any(run), FAULT_REGISTER_RESET, 0, 0);
}

/* Nobody hears it for longer than any lease, and its cars stay. */
void act_away(struct run *run)
{
    siege_inflict(run, siege_any(run), FAULT_DEAF, 0, rand_range(&run->rand, 1800, 4500) * 1000);
}
