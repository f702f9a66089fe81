/* evse_power.c: how power is shared among the outlets of a station, and what flows. */
#include "sim/evse_inner.h"

#define TICK_MS          10000
#define TICK_MIN_MS      500
#define VOLTAGE_MV       230000
#define VOLTAGE_SWING_MV 3500
#define VOLTAGE_EVERY_MS 20000

static int64_t tick_ms(const struct sim_station *station)
{
    int64_t ms = TICK_MS / station->setup.speed;

    return ms < TICK_MIN_MS ? TICK_MIN_MS : ms;
}

/* The grid breathes: a new level every 20 s, straight lines between them. */
static int32_t voltage_mv(const struct sim_station *station, utc_ms at)
{
    int64_t bucket = at / VOLTAGE_EVERY_MS, into = at % VOLTAGE_EVERY_MS, level[2];

    for (int i = 0; i < 2; i++) {
        struct rand rand = { station->setup.seed ^ (uint64_t)(bucket + i) };
        level[i] = rand_range(&rand, -VOLTAGE_SWING_MV, VOLTAGE_SWING_MV);
    }
    return (int32_t)(VOLTAGE_MV + level[0] + (level[1] - level[0]) * into / VOLTAGE_EVERY_MS);
}

static struct car_draw draw_now(const struct sim_station *station, const struct sim_evse *evse)
{
    const struct sim_model *model = station->setup.model;

    if (!evse->plugged || evse->offer == 0)
        return (struct car_draw){ 0 };
    if (model->dc)
        return car_draw_dc(&evse->car, evse->offer);
    return car_draw_ac(&evse->car, evse->offer, model->phases, voltage_mv(station, evse->at));
}

void sim_evse_advance(struct sim_station *station, struct sim_evse *evse)
{
    while (evse->at < station->now && evse->draw.power_w > 0) {
        int64_t ms = station->now - evse->at;

        if (ms > TICK_MS)
            ms = TICK_MS;
        meter_add(&evse->meter,
                  car_take(&evse->car, evse->draw.power_w, !station->setup.model->dc, ms));
        evse->at += ms;
        evse->draw = draw_now(station, evse);
    }
    evse->at = station->now;
    if (evse->tx) {
        evse->tx->ledger->true_stop_mwh = meter_true_mwh(&evse->meter);
        evse->tx->ledger->shown_stop_mwh = meter_shown_mwh(&evse->meter);
    }
}

struct sim_sample sim_evse_sample(struct sim_station *station, struct sim_evse *evse)
{
    int64_t shown_mwh;

    sim_evse_advance(station, evse);
    shown_mwh = meter_shown_mwh(&evse->meter);
    return (struct sim_sample){
        /* 1.6 stations count whole Wh (StartTransaction meterStart is an integer, §6.45). */
        .register_mwh = station->setup.protocol == SIM_16 ? shown_mwh / 1000 * 1000 : shown_mwh,
        .power_w = (int32_t)((int64_t)evse->draw.power_w * station->lie_permille / 1000),
        .current_ma = evse->draw.current_ma,
        .voltage_mv = station->setup.model->dc ? 390000 : voltage_mv(station, station->now),
        .offered = evse->offer,
        .soc_permille =
            (int16_t)(station->setup.model->dc && evse->plugged ? car_soc_permille(&evse->car)
                                                                : -1),
        .phases = evse->draw.phases,
    };
}

static bool wants_energy(const struct sim_evse *evse)
{
    return evse->plugged && evse->authorized && evse->tx && !evse->faulted &&
           !car_is_full(&evse->car);
}

/* The outlets that want energy share what the station may take, in equal parts. */
static int32_t share(const struct sim_station *station, const struct profile_query *query,
                     uint32_t wanting)
{
    const struct sim_model *model = station->setup.model;
    int32_t limit = PROFILE_NO_LIMIT;

    if (!station->disobeys)
        limit = profiles_station_limit(&station->profiles, query, model->dc);
    if (model->dc && model->station_power_w > 0 && model->station_power_w < limit)
        limit = model->station_power_w;
    return limit == PROFILE_NO_LIMIT ? limit : limit / (int32_t)wanting;
}

static int32_t offer_now(const struct sim_station *station, const struct sim_evse *evse,
                         uint32_t wanting)
{
    const struct sim_model *model = station->setup.model;
    struct profile_query query = {
        .evse = evse->number,
        .transaction = evse->tx ? evse->tx->number : 0,
        .transaction_at = evse->tx ? evse->tx->started_at : 0,
        .now = sim_station_clock(station),
        .voltage_mv = VOLTAGE_MV,
        .phases = model->dc ? 3 : model->phases,
    };
    int32_t offer = model->dc ? model->power_w : model->current_ma, limit;

    if (!evse->plugged || !evse->authorized || !evse->tx || evse->faulted)
        return 0;
    limit = share(station, &query, wanting ? wanting : 1);
    offer = limit < offer ? limit : offer;
    if (!station->disobeys) {
        limit = profiles_evse_limit(&station->profiles, &query, model->dc);
        offer = limit < offer ? limit : offer;
    }
    return offer < 0 || (!model->dc && offer < CAR_PILOT_FLOOR_MA) ? 0 : offer;
}

static enum sim_charging_state state_now(const struct sim_evse *evse)
{
    if (!evse->plugged)
        return SIM_STATE_IDLE;
    if (!evse->tx || !evse->authorized)
        return SIM_STATE_CONNECTED;
    if (evse->draw.power_w > 0)
        return SIM_STATE_CHARGING;
    return evse->offer == 0 ? SIM_STATE_SUSPENDED_EVSE : SIM_STATE_SUSPENDED_EV;
}

void sim_evses_refresh(struct sim_station *station)
{
    uint32_t wanting = 0;

    if (!station->powered)
        return;
    for (uint32_t i = 0; i < station->evse_count; i++) {
        sim_evse_advance(station, &station->evses[i]);
        wanting += wants_energy(&station->evses[i]);
    }
    for (uint32_t i = 0; i < station->evse_count; i++) {
        struct sim_evse *evse = &station->evses[i];

        evse->offer = offer_now(station, evse, wanting);
        evse->draw = draw_now(station, evse);
        evse->state = state_now(evse);
        sim_evse_tell_changes(station, evse);
        evse->timers[EVSE_TICK] = wants_energy(evse) ? station->now + tick_ms(station) : UTC_NEVER;
    }
}
