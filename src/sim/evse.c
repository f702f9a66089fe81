#include "sim/evse.h"

#include <stdlib.h>

#include "sim/evse_inner.h"
#include "sim/station.h"

enum { CAR_THINKS_MS = 2000 };

void sim_evse_init(struct sim_station *station, struct sim_evse *evse, uint8_t number)
{
    *evse = (struct sim_evse){ .number = number, .operative = true, .at = station->now };
    evse->told_status = SIM_STATUS_COUNT;
    evse->stop_reason = SIM_STOP_REASON_COUNT;
    meter_init(&evse->meter,
               station->setup.register_mwh + (int64_t)rand_below(&station->rand, 1000000));
    for (int i = 0; i < EVSE_TIMER_COUNT; i++)
        evse->timers[i] = UTC_NEVER;
    sim_evse_await(station, evse);
    if (station->setup.first_car_at != UTC_UNKNOWN) {
        int64_t stay_ms = evse->visit.leaves_at - evse->visit.arrives_at;

        evse->visit.arrives_at = station->setup.first_car_at;
        evse->visit.leaves_at = evse->visit.arrives_at + stay_ms;
        evse->visit.manner = DRIVER_PLUGS_FIRST;
        evse->timers[EVSE_DRIVER] = evse->visit.arrives_at;
    }
}

void sim_evse_fini(struct sim_evse *evse)
{
    if (evse->tx)
        sim_tx_drop(evse->tx);
    evse->tx = NULL;
}

static int32_t timeout_ms(const struct sim_station *station, enum setting setting)
{
    return settings_number(&station->settings, setting) * 1000;
}

/* A message about the running transaction, with the next number. */
static struct sim_message about(struct sim_station *station, struct sim_evse *evse,
                                enum sim_message_kind kind, enum sim_trigger trigger)
{
    return (struct sim_message){
        .kind = kind,
        .evse = evse->number,
        .trigger = (uint8_t)trigger,
        .state = (uint8_t)evse->state,
        .tx = evse->tx,
        .seq_no = evse->tx->seq_next++,
        .at = sim_station_clock(station),
        .token = evse->tx->token,
    };
}

static void open_ledger(struct sim_station *station, struct sim_evse *evse,
                        struct sim_message *first)
{
    struct sim_tx *tx = evse->tx;
    struct ledger_session *session =
        ledger_open(&station->shared->ledger, station->setup.id, station->setup.protocol);

    tx->ledger = session;
    session->number = tx->number;
    session->evse = evse->number;
    session->token = evse->token;
    session->started_at = first->at;
    session->true_start_mwh = session->true_stop_mwh = meter_true_mwh(&evse->meter);
    session->shown_start_mwh = session->shown_stop_mwh = first->sample.register_mwh;
    memcpy(session->transaction_id, tx->id, sizeof session->transaction_id);
    station->shared->counts.sessions++;
}

/* Those of its other EVSEs. */
static void lose_profiles(struct sim_station *station, const struct sim_evse *but)
{
    for (uint32_t i = 0; i < station->evse_count; i++)
        if (&station->evses[i] != but)
            profiles_end_transaction(&station->profiles, station->evses[i].number);
}

static void begin(struct sim_station *station, struct sim_evse *evse, enum sim_trigger trigger)
{
    struct sim_tx *tx = calloc(1, sizeof *tx);
    struct sim_sample sample = sim_evse_sample(station, evse);
    struct sim_message message;

    check(tx != NULL);
    check(evse->tx == NULL);
    *tx = (struct sim_tx){ .number = ++station->tx_count, .holds = 1, .evse = evse->number };
    tx->started_at = sim_station_clock(station);
    if (station->setup.protocol != SIM_16) {
        struct buf id;

        buf_init(&id, tx->id, sizeof tx->id - 1);
        buf_printf(&id, "%.*s-%llx-%u", STR_ARGS(str_first(station->setup.id, 16)),
                   (unsigned long long)(station->id_salt & 0xffffff), tx->number);
    }
    evse->tx = tx;
    evse->finished = false;
    evse->told_state = evse->state;
    message = about(station, evse, SIM_START, trigger);
    message.sampled = true;
    message.sample = sample;
    if (evse->authorized) {
        tx->token = message.token = evse->token;
        tx->token_told = message.with_token = true;
        tx->remote_start_id = evse->remote_start_id;
    }
    open_ledger(station, evse, &message);
    sim_station_say(station, &message);
    if (sim_has_flaw(&station->control, FLAW_NEXT_LOSES))
        lose_profiles(station, evse);
    evse->timers[EVSE_SAMPLE] = station->now + timeout_ms(station, SETTING_sample_s);
    if (evse->timers[EVSE_SAMPLE] == station->now)
        evse->timers[EVSE_SAMPLE] = UTC_NEVER;
}

/* 1.6 has no word for what is no meter value. */
static void tell_event(struct sim_station *station, struct sim_evse *evse, enum sim_trigger trigger,
                       bool with_token)
{
    struct sim_message message;

    if (station->setup.protocol == SIM_16)
        return;
    message = about(station, evse, SIM_UPDATE, trigger);
    message.with_token = with_token;
    evse->told_state = evse->state;
    sim_station_say(station, &message);
}

void sim_evse_tell_sample(struct sim_station *station, struct sim_evse *evse,
                          enum sim_trigger trigger)
{
    struct sim_message message = about(station, evse, SIM_UPDATE, trigger);

    message.sampled = true;
    message.sample = sim_evse_sample(station, evse);
    evse->told_state = evse->state;
    sim_station_say(station, &message);
}

void sim_evse_end(struct sim_station *station, struct sim_evse *evse, enum sim_stop_reason reason,
                  enum sim_trigger trigger)
{
    struct sim_tx *tx = evse->tx;
    struct sim_message message;

    if (!tx)
        return;
    sim_evse_advance(station, evse);
    evse->authorized = false;
    evse->offer = 0;
    evse->draw = (struct car_draw){ 0 };
    evse->state = evse->plugged ? SIM_STATE_CONNECTED : SIM_STATE_IDLE;
    evse->timers[EVSE_SAMPLE] = UTC_NEVER;
    message = about(station, evse, SIM_STOP, trigger);
    message.reason = (uint8_t)reason;
    message.with_token = reason == SIM_STOP_LOCAL;
    message.sampled = true;
    message.sample = sim_evse_sample(station, evse);
    tx->ledger->ended = true;
    tx->ledger->reason = reason;
    tx->ledger->ended_at = message.at;
    tx->ledger->true_stop_mwh = meter_true_mwh(&evse->meter);
    tx->ledger->shown_stop_mwh = message.sample.register_mwh;
    sim_station_say(station, &message);
    tx->ended = true;
    evse->tx = NULL;
    evse->stop_reason = SIM_STOP_REASON_COUNT;
    sim_tx_drop(tx);
    evse->finished = evse->plugged;
    evse->priority = evse->told_needs = false;
    evse->timers[EVSE_PLAN] = UTC_NEVER;
    profiles_end_transaction(&station->profiles, evse->number);
    if (evse->wants_inoperative)
        evse->operative = evse->wants_inoperative = false;
}

void sim_evse_stop(struct sim_station *station, struct sim_evse *evse, enum sim_stop_reason reason,
                   enum sim_trigger trigger)
{
    bool by_people =
        reason == SIM_STOP_LOCAL || reason == SIM_STOP_REMOTE || reason == SIM_STOP_DEAUTHORIZED;

    if (!evse->tx)
        return;
    if (station->setup.model->tx_point != TX_EV_CONNECTED || !evse->plugged || !by_people) {
        sim_evse_end(station, evse, reason, trigger);
        return;
    }
    /* Stop point EVConnected: the transaction goes on, without energy, until the plug is out. */
    sim_evse_advance(station, evse);
    evse->authorized = false;
    evse->offer = 0;
    evse->draw = (struct car_draw){ 0 };
    evse->state = SIM_STATE_CONNECTED;
    evse->stop_reason = reason;
    tell_event(station, evse, trigger, reason == SIM_STOP_LOCAL);
}

void sim_evse_plug(struct sim_station *station, struct sim_evse *evse)
{
    enum sim_tx_point point = station->setup.model->tx_point;

    check(!evse->plugged);
    evse->plugged = true;
    evse->finished = false;
    evse->car = evse->visit.car;
    evse->at = station->now;
    evse->state = SIM_STATE_CONNECTED;
    evse->timers[EVSE_CABLE] = UTC_NEVER;
    if (!station->powered || evse->faulted || !evse->operative)
        return;
    if (evse->tx)
        tell_event(station, evse, SIM_TRIGGER_PLUGGED, false);
    else if (point == TX_EV_CONNECTED || evse->authorized)
        begin(station, evse, SIM_TRIGGER_PLUGGED);
    sim_evses_refresh(station);
}

void sim_evse_unplug(struct sim_station *station, struct sim_evse *evse)
{
    if (!evse->plugged)
        return;
    sim_evse_advance(station, evse);
    evse->plugged = false;
    evse->authorized = evse->authorizing = false;
    if (evse->tx) {
        bool said = evse->stop_reason != SIM_STOP_REASON_COUNT;

        sim_evse_end(station, evse, said ? evse->stop_reason : SIM_STOP_UNPLUGGED,
                     SIM_TRIGGER_UNPLUGGED);
    }
    evse->state = SIM_STATE_IDLE;
    evse->finished = false;
    evse->remote_start_id = 0;
    sim_evses_refresh(station);
}

void sim_evse_ask(struct sim_station *station, struct sim_evse *evse)
{
    struct sim_message message = { .kind = SIM_AUTHORIZE,
                                   .evse = evse->number,
                                   .token = evse->token };

    evse->authorizing = true;
    if (sim_station_online(station)) {
        sim_station_say_first(station, &message);
        return;
    }
    sim_evse_authorized(station, evse,
                        settings_number(&station->settings, SETTING_authorize_offline) != 0,
                        SIM_TRIGGER_AUTHORIZED);
}

void sim_evse_card(struct sim_station *station, struct sim_evse *evse,
                   const struct sim_token *token)
{
    if (!station->powered || evse->faulted || evse->authorizing)
        return;
    if (evse->tx && evse->authorized) {
        if (strcmp(evse->token.id, token->id) == 0)
            sim_evse_stop(station, evse, SIM_STOP_LOCAL, SIM_TRIGGER_STOP_AUTHORIZED);
        sim_evses_refresh(station);
        return;
    }
    if (!evse->operative || evse->authorized || evse->finished ||
        evse->stop_reason != SIM_STOP_REASON_COUNT)
        return;
    evse->token = *token;
    evse->remote_start_id = 0;
    sim_evse_ask(station, evse);
}

void sim_evse_authorized(struct sim_station *station, struct sim_evse *evse, bool accepted,
                         enum sim_trigger trigger)
{
    enum sim_tx_point point = station->setup.model->tx_point;

    if (!evse->authorizing)
        return; /* nobody waits any more */
    evse->authorizing = false;
    if (!accepted) {
        sim_evse_driver_refused(station, evse);
        return;
    }
    evse->authorized = true;
    if (!evse->plugged)
        evse->timers[EVSE_CABLE] = station->now + timeout_ms(station, SETTING_connection_s);
    if (evse->tx) {
        evse->tx->token = evse->token;
        evse->tx->ledger->token = evse->token;
        evse->tx->remote_start_id = evse->remote_start_id;
        evse->tx->token_told = true;
        tell_event(station, evse, trigger, true);
    } else if (evse->plugged || point == TX_AUTHORIZED) {
        begin(station, evse, trigger);
    }
    sim_evses_refresh(station);
}

void sim_evse_refused(struct sim_station *station, struct sim_tx *tx)
{
    struct sim_evse *evse = &station->evses[tx->evse - 1];

    tx->ledger->token_refused = true;
    if (tx->ended || tx->deauthorized || evse->tx != tx)
        return;
    tx->deauthorized = true;
    /* 1.6 §9.1.26, 2.0.1 E05: deliver no more; end the transaction if so configured. */
    if (settings_number(&station->settings, SETTING_stop_on_invalid))
        sim_evse_stop(station, evse, SIM_STOP_DEAUTHORIZED, SIM_TRIGGER_DEAUTHORIZED);
    else
        evse->authorized = false;
    sim_evse_driver_refused(station, evse);
    sim_evses_refresh(station);
}

void sim_evse_break(struct sim_station *station, struct sim_evse *evse, int64_t duration_ms)
{
    evse->faulted = true;
    evse->authorizing = false;
    evse->timers[EVSE_REPAIR] = station->now + duration_ms;
    sim_evse_end(station, evse, SIM_STOP_FAULT, SIM_TRIGGER_ABNORMAL);
    evse->authorized = false;
    sim_evses_refresh(station);
}

static enum sim_status status_of(const struct sim_evse *evse)
{
    static const enum sim_status of_state[SIM_STATE_COUNT] = {
        [SIM_STATE_IDLE] = SIM_PREPARING,
        [SIM_STATE_CONNECTED] = SIM_PREPARING,
        [SIM_STATE_CHARGING] = SIM_CHARGING,
        [SIM_STATE_SUSPENDED_EV] = SIM_SUSPENDED_EV,
        [SIM_STATE_SUSPENDED_EVSE] = SIM_SUSPENDED_EVSE,
    };

    if (evse->faulted)
        return SIM_FAULTED;
    if (!evse->operative)
        return SIM_UNAVAILABLE;
    if (evse->tx && evse->stop_reason == SIM_STOP_REASON_COUNT)
        return of_state[evse->state];
    if (evse->plugged)
        return evse->finished || evse->tx ? SIM_FINISHING : SIM_PREPARING;
    return evse->authorized ? SIM_PREPARING : SIM_AVAILABLE;
}

/* 2.x has one word, Occupied, for all that happens while it is not free: a change within it is not
 * told. */
static enum sim_status word_for(const struct sim_station *station, const struct sim_evse *evse)
{
    enum sim_status status = status_of(evse);
    bool occupied = status >= SIM_PREPARING && status <= SIM_FINISHING;

    return occupied && station->setup.protocol != SIM_16 ? SIM_PREPARING : status;
}

void sim_evse_tell_status(struct sim_station *station, struct sim_evse *evse)
{
    struct sim_message message = { .kind = SIM_STATUS, .evse = evse->number };

    evse->told_status = word_for(station, evse);
    message.status = (uint8_t)evse->told_status;
    sim_station_say(station, &message);
}

void sim_evses_tell_all(struct sim_station *station)
{
    for (uint32_t i = 0; i < station->evse_count; i++)
        sim_evse_tell_status(station, &station->evses[i]);
}

/* A state that changed is told as an event of the transaction and as the connector's status. */
void sim_evse_tell_changes(struct sim_station *station, struct sim_evse *evse)
{
    if (evse->tx && evse->state != evse->told_state)
        tell_event(station, evse, SIM_TRIGGER_STATE, false);
    if (word_for(station, evse) != evse->told_status && sim_station_online(station))
        sim_evse_tell_status(station, evse);
}

void sim_evse_tell_needs(struct sim_station *station, struct sim_evse *evse)
{
    struct sim_message message = { .kind = SIM_NEEDS, .evse = evse->number };

    /* A station that can switch phases has found out how many its car has. */
    bool says = evse->car.model->says_needs ||
                (sim_control_switches(&station->control) && evse->car.model->ac_phases == 1);

    if (station->setup.protocol == SIM_16 || !says)
        return;
    evse->told_needs = true;
    sim_station_say(station, &message);
}

void sim_evse_plan_soon(struct sim_station *station, struct sim_evse *evse)
{
    if (evse->told_needs && evse->timers[EVSE_PLAN] == UTC_NEVER)
        evse->timers[EVSE_PLAN] = station->now + CAR_THINKS_MS;
}

static void tell_plan(struct sim_station *station, struct sim_evse *evse)
{
    struct sim_message message = { .kind = SIM_CAR_PLAN, .evse = evse->number };

    if (evse->plugged && evse->tx && evse->told_needs)
        sim_station_say(station, &message);
}

static void cable_timeout(struct sim_station *station, struct sim_evse *evse)
{
    if (evse->plugged)
        return;
    evse->authorized = false;
    sim_evse_end(station, evse, SIM_STOP_NO_CABLE, SIM_TRIGGER_NO_CABLE);
    sim_evses_refresh(station);
}

static void tell_sampled(struct sim_station *station, struct sim_evse *evse)
{
    int32_t every_ms = timeout_ms(station, SETTING_sample_s);

    if (!evse->tx || every_ms == 0)
        return;
    evse->timers[EVSE_SAMPLE] = station->now + every_ms;
    if (sim_has_flaw(&station->control, FLAW_MUTE))
        return;
    sim_evse_tell_sample(station, evse, SIM_TRIGGER_SAMPLE);
}

static void repair(struct sim_station *station, struct sim_evse *evse)
{
    evse->faulted = false;
    sim_evses_refresh(station);
}

static void tick(struct sim_station *station, struct sim_evse *evse)
{
    (void)evse; /* one EVSE's tick refreshes all: they share the station's power */
    sim_evses_refresh(station);
}

void sim_evse_step(struct sim_station *station, struct sim_evse *evse)
{
    static void (*const acts[EVSE_TIMER_COUNT])(struct sim_station *, struct sim_evse *) = {
        [EVSE_TICK] = tick,
        [EVSE_SAMPLE] = tell_sampled,
        [EVSE_DRIVER] = sim_evse_driver_act,
        [EVSE_CABLE] = cable_timeout,
        [EVSE_REPAIR] = repair,
        [EVSE_PLAN] = tell_plan,
    };

    for (int i = 0; i < EVSE_TIMER_COUNT; i++) {
        if (evse->timers[i] > station->now)
            continue;
        evse->timers[i] = UTC_NEVER;
        /* Without power only people and repair men act. */
        if (station->powered || i == EVSE_DRIVER || i == EVSE_REPAIR)
            acts[i](station, evse);
    }
}
