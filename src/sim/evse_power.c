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

    if (!evse->plugged || evse->offer == 0 || evse->at < evse->awake_at)
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

static struct sim_evse *next_one(struct sim_station *station, const struct sim_evse *evse)
{
    return &station->evses[evse->number % station->evse_count];
}

/* As its meter tells it. */
static void lie(const struct sim_station *station, struct sim_sample *sample)
{
    sample->power_w = (int32_t)((int64_t)sample->power_w * station->lie_permille / 1000);
    if (sim_has_flaw(&station->control, FLAW_KW_AS_W)) {
        sample->power_w /= 1000;
        sample->no_current = true;
    }
    if (sim_has_flaw(&station->control, FLAW_ONE_LINE))
        sample->terminal = 0;
    if (sim_has_flaw(&station->control, FLAW_ONE_LINE) && sample->phases > 1)
        sample->phases = 1;
    if (sim_has_flaw(&station->control, FLAW_METER_LOW)) {
        sample->power_w = sample->power_w / 4 * 3;
        sample->current_ma = sample->current_ma / 4 * 3;
        sample->register_mwh = sample->register_mwh / 4 * 3;
    }
    if (sim_has_flaw(&station->control, FLAW_TENFOLD))
        sample->current_ma *= 10;
    if (sim_has_flaw(&station->control, FLAW_TENTH))
        sample->current_ma /= 10;
    if (sim_has_flaw(&station->control, FLAW_WH_AS_KWH)) {
        sample->register_mwh *= 1000;
        sample->no_current = true;
    }
}

struct sim_sample sim_evse_sample(struct sim_station *station, struct sim_evse *evse)
{
    struct sim_sample sample;
    int64_t shown_mwh;

    if (sim_has_flaw(&station->control, FLAW_METER_NEXT))
        evse = next_one(station, evse);
    sim_evse_advance(station, evse);
    shown_mwh = meter_shown_mwh(&evse->meter);
    sample = (struct sim_sample){
        /* 1.6 stations count whole Wh (StartTransaction meterStart is an integer, §6.45). */
        .register_mwh = station->setup.protocol == SIM_16 ? shown_mwh / 1000 * 1000 : shown_mwh,
        .power_w = evse->draw.power_w,
        .current_ma = evse->draw.current_ma,
        .voltage_mv = station->setup.model->dc ? 390000 : voltage_mv(station, station->now),
        .offered = evse->offer,
        .soc_permille =
            (int16_t)(station->setup.model->dc && evse->plugged ? car_soc_permille(&evse->car)
                                                                : -1),
        .phases = evse->draw.phases,
        .lines = station->setup.model->dc ? 0 : station->setup.model->phases,
        .terminal = evse->draw.phases == 1 ? evse->terminal : 0,
    };
    lie(station, &sample);
    return sample;
}

void sim_evse_rest(struct sim_evse *evse)
{
    evse->offer = 0;
    evse->draw = (struct car_draw){ 0 };
    evse->state = SIM_STATE_CONNECTED;
    evse->in_session = false;
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

    if (!sim_has_flaw(&station->control, FLAW_IGNORES))
        limit = profiles_station_limit(&station->profiles, query, model->dc);
    if (model->dc && model->station_power_w > 0 && model->station_power_w < limit)
        limit = model->station_power_w;
    if (!model->dc && model->station_current_ma > 0 && model->station_current_ma < limit)
        limit = model->station_current_ma;
    return limit == PROFILE_NO_LIMIT ? limit : limit / (int32_t)wanting;
}

static struct profile_query query_of(const struct sim_station *station, const struct sim_evse *evse)
{
    const struct sim_model *model = station->setup.model;
    bool offline = station->offline_since != UTC_NEVER;

    return (struct profile_query){
        .evse = evse->number,
        .transaction = evse->tx ? evse->tx->number : 0,
        .transaction_at = evse->tx ? evse->tx->started_at : 0,
        .now = sim_station_clock(station),
        .voltage_mv = station->control.volts ? station->control.volts * 1000 : VOLTAGE_MV,
        .phases = model->dc                                          ? 3
                  : sim_has_flaw(&station->control, FLAW_EACH_PHASE) ? 1
                                                                     : model->phases,
        .priority = evse->priority,
        .lowest = sim_has_flaw(&station->control, FLAW_LOWEST),
        .offline = offline,
        .offline_since = offline ? station->offline_since + station->clock_offset_ms : UTC_NEVER,
    };
}

static bool may_flow(const struct sim_evse *evse)
{
    return evse->plugged && evse->authorized && evse->tx && !evse->faulted;
}

/* A limit in mA as it is carried out. */
static int32_t carried_out(const struct sim_control *control, int32_t phases, int32_t limit)
{
    int64_t amp_mw = (int64_t)VOLTAGE_MV * phases;

    if (sim_has_flaw(control, FLAW_ALL_PHASES))
        limit /= phases;
    if (sim_has_flaw(control, FLAW_A_AS_W))
        limit = (int32_t)(limit * 1000LL / amp_mw);
    if (sim_has_flaw(control, FLAW_A_AS_KW))
        limit = (int32_t)(limit * 1000000LL / amp_mw);
    if (sim_has_flaw(control, FLAW_ROUNDS_UP))
        limit = (limit + 999) / 1000 * 1000;
    if (sim_has_flaw(control, FLAW_ZERO_IS_SIX) && limit < CAR_PILOT_FLOOR_MA)
        limit = CAR_PILOT_FLOOR_MA;
    if (sim_has_flaw(control, FLAW_HALF_MORE) && limit >= CAR_PILOT_FLOOR_MA)
        limit += 500;
    return limit;
}

/* Its own limit by its profiles, or that of the one beside it. */
static int32_t profile_limit(const struct sim_station *station, const struct sim_evse *evse)
{
    bool swapped = sim_has_flaw(&station->control, FLAW_SWAPPED);
    const struct sim_evse *obeyed =
        swapped ? &station->evses[evse->number % station->evse_count] : evse;
    const struct profile_query query = query_of(station, obeyed);
    bool watts = station->setup.model->dc;
    int32_t limit = profiles_evse_limit(&station->profiles, &query, watts);

    return watts || limit == PROFILE_NO_LIMIT
               ? limit
               : carried_out(&station->control, station->setup.model->phases, limit);
}

static int32_t offer_now(const struct sim_station *station, const struct sim_evse *evse,
                         uint32_t wanting)
{
    const struct sim_model *model = station->setup.model;
    const struct profile_query query = query_of(station, evse);
    int32_t offer = model->dc ? model->power_w : model->current_ma, limit;

    if (!may_flow(evse))
        return 0;
    limit = share(station, &query, wanting ? wanting : 1);
    offer = limit < offer ? limit : offer;
    if (!sim_has_flaw(&station->control, FLAW_IGNORES)) {
        limit = profile_limit(station, evse);
        offer = limit < offer ? limit : offer;
    }
    return offer < 0 || (!model->dc && offer < CAR_PILOT_FLOOR_MA) ? 0 : offer;
}

/* Where a car of one phase is: on the phase that the profile in force says, else on the first. */
static uint8_t terminal_now(const struct sim_station *station, const struct sim_evse *evse)
{
    const struct profile_query query = query_of(station, evse);
    uint8_t to_use = 0;

    if (sim_has_flaw(&station->control, FLAW_SWITCHES) && station->setup.model->phases == 3)
        to_use = profiles_evse_phase(&station->profiles, &query);
    return to_use > 0 ? (uint8_t)(to_use - 1) : 0;
}

static int32_t latency_ms(const struct sim_station *station)
{
    int32_t most = station->control.latency_ms;
    struct rand rand = { station->setup.seed ^ (uint64_t)station->now };

    return sim_has_flaw(&station->control, FLAW_VARIES) ? (int32_t)rand_range(&rand, 0, most)
                                                        : most;
}

/* A session begins with the limit that is there; a new one bites when the station has got round to
 * it, and then the newest. */
static void settle(const struct sim_station *station, struct sim_evse *evse, int32_t target)
{
    bool flows = may_flow(evse);

    if (!flows || !evse->in_session)
        evse->target_at = station->now;
    else if (target != evse->target && evse->target_at <= station->now)
        evse->target_at = station->now + latency_ms(station);
    evse->in_session = flows;
    evse->target = target;
    if (evse->target_at <= station->now) {
        if (evse->offer == 0 && target > 0 && evse->plugged)
            evse->awake_at = station->now + evse->car.model->awake_ms;
        evse->offer = target;
        evse->terminal = terminal_now(station, evse);
    }
    if (evse->plugged && !station->setup.model->dc)
        car_offered(&evse->car, evse->offer);
}

/* When what it is offered may change by itself; UTC_NEVER. */
static utc_ms next_change(const struct sim_station *station, const struct sim_evse *evse)
{
    const struct profile_query query = query_of(station, evse);
    utc_ms at = profiles_next_change(&station->profiles, &query);

    if (at != UTC_NEVER)
        at -= station->clock_offset_ms;
    if (evse->awake_at > station->now && evse->awake_at < at)
        at = evse->awake_at;
    return evse->target_at > station->now && evse->target_at < at ? evse->target_at : at;
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

static utc_ms next_tick(const struct sim_station *station, const struct sim_evse *evse)
{
    utc_ms tick = station->now + tick_ms(station), change = next_change(station, evse);

    return change > station->now && change < tick ? change : tick;
}

void sim_station_lines(const struct sim_station *station, int32_t current_ma[3])
{
    const struct sim_model *model = station->setup.model;

    current_ma[0] = current_ma[1] = current_ma[2] = 0;
    for (uint32_t i = 0; i < station->evse_count; i++) {
        const struct car_draw *draw = &station->evses[i].draw;

        for (uint32_t line = 0; line < 3; line++)
            if (model->dc) /* with its losses; drawn evenly */
                current_ma[line] +=
                    (int32_t)(draw->power_w * 1000000LL / 3 / VOLTAGE_MV * 100 / 95);
            else if (sim_evse_draws_on(&station->evses[i], line))
                current_ma[(line + station->control.rotation) % 3] += draw->current_ma;
    }
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

        bool begins = !evse->in_session && may_flow(evse);

        settle(station, evse, offer_now(station, evse, wanting));
        evse->draw = draw_now(station, evse);
        evse->state = state_now(evse);
        sim_evse_tell_changes(station, evse);
        if (begins)
            sim_evse_tell_needs(station, evse);
        evse->timers[EVSE_TICK] = wants_energy(evse) ? next_tick(station, evse) : UTC_NEVER;
    }
}
