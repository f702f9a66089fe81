/* evse_driver.c: who stands in front of an outlet, and does what next. */
#include "sim/evse_inner.h"

#define GIVE_UP_MIN_MS 4000
#define GIVE_UP_MAX_MS 15000

static utc_ms soon(struct sim_station *station)
{
    return station->now +
           rand_range(&station->rand, GIVE_UP_MIN_MS, GIVE_UP_MAX_MS) / station->setup.speed;
}

static const struct sim_token *card(const struct sim_station *station, const struct sim_evse *evse)
{
    return &station->shared->tokens[evse->visit.token % station->shared->token_count];
}

void sim_evse_await(struct sim_station *station, struct sim_evse *evse)
{
    struct driver_place place = { station->setup.habits, station->setup.speed,
                                  station->setup.model->dc };

    if (!station->setup.habits)
        return; /* a station that only a test moves */
    driver_next(&evse->visit, &place, &station->rand, station->now);
    evse->step = VISIT_AWAITED;
    evse->timers[EVSE_DRIVER] = evse->visit.arrives_at;
}

static void leave_at(struct sim_evse *evse, utc_ms at)
{
    evse->step = VISIT_LEAVING;
    evse->timers[EVSE_DRIVER] = at;
}

static void stay(struct sim_station *station, struct sim_evse *evse)
{
    evse->step = VISIT_STAYING;
    evse->timers[EVSE_DRIVER] =
        evse->visit.leaves_at > station->now ? evse->visit.leaves_at : station->now + 1000;
}

static void arrive(struct sim_station *station, struct sim_evse *evse)
{
    enum driver_manner manner = evse->visit.manner;

    if (evse->plugged || evse->faulted || !evse->operative || !station->powered) {
        sim_evse_await(station, evse); /* drives on */
        return;
    }
    evse->step = VISIT_SECOND_ACT;
    evse->timers[EVSE_DRIVER] = station->now + evse->visit.fumble_ms;
    if (manner == DRIVER_PLUGS_FIRST || manner == DRIVER_PLUGS_ONLY)
        sim_evse_plug(station, evse);
    else
        sim_evse_card(station, evse, card(station, evse));
    if (manner == DRIVER_PLUGS_ONLY)
        stay(station, evse);
    if (manner == DRIVER_SHOWS_CARD_ONLY)
        sim_evse_await(station, evse);
}

static void second_act(struct sim_station *station, struct sim_evse *evse)
{
    if (evse->visit.manner == DRIVER_SHOWS_CARD_FIRST) {
        if (!evse->authorized && !evse->authorizing) {
            sim_evse_await(station, evse);
            return;
        }
        sim_evse_plug(station, evse);
        stay(station, evse);
        return;
    }
    stay(station, evse);
    if (!evse->authorized)
        sim_evse_card(station, evse, card(station, evse));
}

static void act_leave(struct sim_station *station, struct sim_evse *evse)
{
    sim_evse_unplug(station, evse);
    sim_evse_await(station, evse);
}

void sim_evse_driver_act(struct sim_station *station, struct sim_evse *evse)
{
    switch (evse->step) {
    case VISIT_AWAITED:
        arrive(station, evse);
        break;
    case VISIT_SECOND_ACT:
        second_act(station, evse);
        break;
    case VISIT_STAYING:
        if (evse->tx && evse->authorized && evse->visit.leaving == DRIVER_STOPS_THEN_UNPLUGS) {
            leave_at(evse, soon(station));
            sim_evse_card(station, evse, &evse->token);
        } else {
            act_leave(station, evse);
        }
        break;
    case VISIT_LEAVING:
        act_leave(station, evse);
        break;
    }
}

void sim_evse_driver_refused(struct sim_station *station, struct sim_evse *evse)
{
    if (evse->plugged && evse->timers[EVSE_DRIVER] != UTC_NEVER)
        leave_at(evse, soon(station));
}

void sim_evse_driver_called(struct sim_station *station, struct sim_evse *evse)
{
    int64_t stay_ms = evse->visit.leaves_at - evse->visit.arrives_at;

    if (evse->step != VISIT_AWAITED || evse->plugged || !station->setup.habits)
        return;
    evse->visit.arrives_at = soon(station);
    evse->visit.leaves_at = evse->visit.arrives_at + stay_ms;
    evse->visit.manner = DRIVER_PLUGS_ONLY;
    evse->timers[EVSE_DRIVER] = evse->visit.arrives_at;
}
