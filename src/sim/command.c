#include "sim/command.h"

#include <stdlib.h>

#include "sim/evse_inner.h"

enum { PRESSES_PERCENT = 12 };

struct sim_evse *sim_find_evse(struct sim_station *station, int32_t number)
{
    return number >= 1 && number <= station->evse_count ? &station->evses[number - 1] : NULL;
}

struct sim_tx *sim_find_tx(struct sim_station *station, struct str transaction_id)
{
    for (uint32_t i = 0; i < station->evse_count; i++) {
        struct sim_tx *tx = station->evses[i].tx;
        if (tx && tx->id[0] && str_equal(str_of(tx->id), transaction_id))
            return tx;
    }
    for (uint32_t i = 0; i < station->outbox.count; i++) {
        struct sim_tx *tx = station->outbox.items[i].tx;
        if (tx && tx->id[0] && str_equal(str_of(tx->id), transaction_id))
            return tx;
    }
    return NULL;
}

static bool can_start(const struct sim_evse *evse)
{
    return evse->operative && !evse->faulted && !evse->authorized && !evse->authorizing &&
           !evse->finished && evse->stop_reason == SIM_STOP_REASON_COUNT;
}

/* The one that is asked for; without one, rather where a cable is in already. */
static struct sim_evse *pick(struct sim_station *station, int32_t number)
{
    struct sim_evse *best = NULL;

    if (number > 0)
        return sim_find_evse(station, number);
    for (uint32_t i = 0; i < station->evse_count; i++) {
        struct sim_evse *evse = &station->evses[i];
        if (can_start(evse) && (!best || (evse->plugged && !best->plugged)))
            best = evse;
    }
    return best;
}

enum sim_verdict sim_remote_start(struct sim_station *station, struct sim_remote_start *start)
{
    struct sim_evse *evse = pick(station, start->evse);

    start->tx = NULL;
    if (!evse || !can_start(evse) || station->refuses_calls)
        return VERDICT_REJECTED;
    if (start->profile) {
        struct profile profile = *start->profile;

        profile.evse = evse->number;
        profile.set_at = sim_station_clock(station);
        if (profile.purpose != PROFILE_TX || profiles_set(&station->profiles, &profile) != ERR_NONE)
            return VERDICT_REJECTED; /* 2.0.1 F01.FR.26 */
    }
    evse->token = start->token;
    evse->remote_start_id = start->remote_start_id;
    evse->authorizing = true;
    start->tx = evse->tx;
    sim_evse_driver_called(station, evse);
    if (settings_number(&station->settings, SETTING_authorize_remote))
        sim_evse_ask(station, evse);
    else
        sim_evse_authorized(station, evse, true, SIM_TRIGGER_REMOTE_START);
    return VERDICT_ACCEPTED;
}

enum sim_verdict sim_remote_stop(struct sim_station *station, struct str transaction_id)
{
    struct sim_tx *tx = sim_find_tx(station, transaction_id);

    if (!tx || tx->ended || station->refuses_calls)
        return VERDICT_REJECTED;
    sim_evse_stop(station, &station->evses[tx->evse - 1], SIM_STOP_REMOTE, SIM_TRIGGER_REMOTE_STOP);
    sim_evses_refresh(station);
    return VERDICT_ACCEPTED;
}

static bool in_session(const struct sim_station *station)
{
    for (uint32_t i = 0; i < station->evse_count; i++)
        if (station->evses[i].tx)
            return true;
    return false;
}

enum sim_verdict sim_reset(struct sim_station *station, bool at_once, bool hard)
{
    if (station->refuses_calls)
        return VERDICT_REJECTED;
    station->reset_hard = hard;
    if (!at_once && in_session(station)) {
        station->reset_when_idle = true;
        return VERDICT_SCHEDULED;
    }
    station->timers[TIMER_RESET] = station->now + 500; /* after the answer */
    return VERDICT_ACCEPTED;
}

enum sim_verdict sim_unlock(struct sim_station *station, int32_t number)
{
    struct sim_evse *evse = sim_find_evse(station, number);

    if (!evse)
        return VERDICT_UNKNOWN;
    if (evse->faulted || station->refuses_calls)
        return VERDICT_REJECTED;
    /* 2.0.1 F05.FR.02: not while an authorized session runs. 1.6 §5.18: the session ends. */
    if (evse->tx && evse->authorized && station->setup.protocol != SIM_16)
        return VERDICT_ONGOING;
    sim_evse_end(station, evse, SIM_STOP_UNLOCK, SIM_TRIGGER_UNLOCK);
    sim_evses_refresh(station);
    return VERDICT_ACCEPTED;
}

static bool set_one(struct sim_evse *evse, bool operative)
{
    evse->wants_inoperative = !operative && evse->tx;
    if (!evse->wants_inoperative)
        evse->operative = operative;
    return evse->wants_inoperative;
}

enum sim_verdict sim_set_operative(struct sim_station *station, int32_t number, bool operative)
{
    bool later = false;

    if (number != 0 && !sim_find_evse(station, number))
        return VERDICT_UNKNOWN;
    if (station->refuses_calls)
        return VERDICT_REJECTED;
    for (uint32_t i = 0; i < station->evse_count; i++)
        if (number == 0 || station->evses[i].number == number)
            later |= set_one(&station->evses[i], operative);
    sim_evses_refresh(station);
    return later ? VERDICT_SCHEDULED : VERDICT_ACCEPTED;
}

static void tell_meter(struct sim_station *station, struct sim_evse *evse, bool transaction)
{
    struct sim_message message = { .kind = SIM_METER,
                                   .evse = evse->number,
                                   .sampled = true,
                                   .asked = true,
                                   .trigger = SIM_TRIGGER_ASKED };

    if (evse->tx && (transaction || station->setup.protocol == SIM_16)) {
        sim_evse_tell_sample(station, evse, SIM_TRIGGER_ASKED);
        return;
    }
    if (transaction)
        return;
    message.sample = sim_evse_sample(station, evse);
    sim_station_say(station, &message);
}

enum sim_verdict sim_trigger(struct sim_station *station, enum sim_message_kind kind,
                             int32_t number, bool transaction)
{
    struct sim_message message = { .kind = kind, .asked = true };

    if (number != 0 && !sim_find_evse(station, number))
        return VERDICT_REJECTED;
    if (station->refuses_calls)
        return VERDICT_REJECTED;
    switch (kind) {
    case SIM_STATUS:
    case SIM_METER:
        for (uint32_t i = 0; i < station->evse_count; i++) {
            struct sim_evse *evse = &station->evses[i];
            if (number != 0 && evse->number != number)
                continue;
            if (kind == SIM_STATUS)
                sim_evse_tell_status(station, evse);
            else
                tell_meter(station, evse, transaction);
        }
        return VERDICT_ACCEPTED;
    case SIM_BOOT:
        if (station->boot == BOOT_ACCEPTED && station->setup.protocol != SIM_16)
            return VERDICT_REJECTED; /* 2.0.1 F06.FR.17 */
        sim_station_say_first(station, &message);
        return VERDICT_ACCEPTED;
    case SIM_HEARTBEAT:
    case SIM_FIRMWARE_STATUS:
    case SIM_LOG_STATUS:
        sim_station_say(station, &message);
        return VERDICT_ACCEPTED;
    case SIM_AUTHORIZE:
    case SIM_START:
    case SIM_UPDATE:
    case SIM_STOP:
    case SIM_REPORT:
    case SIM_SECURITY:
    case SIM_NEEDS:
    case SIM_LIMIT_SET:
    case SIM_LIMIT_CLEARED:
    case SIM_PROFILE:
    case SIM_PULL:
    case SIM_PRIORITY:
    case SIM_CAR_PLAN:
    case SIM_MESSAGE_KIND_COUNT:
        break;
    }
    return VERDICT_NO_SUCH_WORK;
}

/* Some drivers press the button that asks for it (2.1 K22.FR.01). */
static void may_press_priority(struct sim_station *station, int32_t number)
{
    struct sim_evse *evse = sim_find_evse(station, number);
    struct sim_message message = { .kind = SIM_PRIORITY, .state = true };

    if (!station->setup.habits || !evse || !evse->tx || evse->priority ||
        rand_range(&station->rand, 0, 99) >= PRESSES_PERCENT)
        return;
    evse->priority = true;
    message.tx = evse->tx;
    sim_station_say(station, &message);
    sim_evses_refresh(station);
}

uint32_t sim_clear_profiles(struct sim_station *station, const struct profile_match *match)
{
    return sim_has_flaw(&station->control, FLAW_KEEPS_CLEARED)
               ? 1
               : profiles_clear(&station->profiles, match);
}

static int32_t limit_at(const struct sim_station *station, const struct sim_evse *evse, utc_ms at,
                        bool watts)
{
    const struct sim_model *model = station->setup.model;
    struct profile_query query = {
        .evse = evse ? evse->number : 0,
        .transaction = evse && evse->tx ? evse->tx->number : 0,
        .transaction_at = evse && evse->tx ? evse->tx->started_at : 0,
        .now = at,
        .voltage_mv = 230000,
        .phases = model->dc ? 3 : model->phases,
    };
    int32_t limit = profiles_station_limit(&station->profiles, &query, watts), own;
    int32_t power_w = model->dc ? model->power_w : 230 * model->phases * (model->current_ma / 1000);
    int32_t hardware = watts ? power_w : model->dc ? power_w / 690 * 1000 : model->current_ma;

    if (evse) {
        own = profiles_evse_limit(&station->profiles, &query, watts);
        limit = own < limit ? own : limit;
    } else {
        hardware *= station->evse_count;
    }
    return limit < hardware ? limit : hardware;
}

static bool is_lower(const struct sim_station *station, const struct sim_evse *evse,
                     const struct profile *profile)
{
    return profile->periods[0].limit <
           limit_at(station, evse, sim_station_clock(station), profile->watts);
}

/* The one before takes its place; false: there is none. */
static bool falls_back(struct sim_tx *tx, struct profile *profile)
{
    struct profile *before = tx->next;

    tx->next = malloc(sizeof *tx->next);
    check(tx->next != NULL);
    *tx->next = *profile;
    if (!before)
        return false;
    *profile = *before;
    free(before);
    return true;
}

/* Says yes to a session's profile. False: and does nothing. */
static bool carries_out(const struct sim_control *control, struct sim_tx *tx,
                        struct profile *profile)
{
    int32_t told_ma = profile->periods[0].limit > 0 ? profile->periods[0].limit : 1;
    bool was_limited = tx->limited;

    tx->limited = true;
    if (sim_has_flaw(control, FLAW_FIRST_ONLY) && was_limited) {
        tx->told_ma = told_ma;
        return false;
    }
    if (!sim_has_flaw(control, FLAW_PREVIOUS))
        return true;
    tx->told_ma = told_ma;
    return falls_back(tx, profile);
}

enum sim_verdict sim_set_profile(struct sim_station *station, struct profile *profile,
                                 struct str transaction_id)
{
    struct sim_evse *evse = sim_find_evse(station, profile->evse);

    if (station->refuses_calls || (profile->evse != 0 && !evse) ||
        profile->purpose == PROFILE_EXTERNAL || /* 2.0.1 K01.FR.22 */
        !sim_control_takes(&station->control, profile))
        return VERDICT_REJECTED;
    profile->set_at = profile->updated_at = sim_station_clock(station);
    if (profile->purpose == PROFILE_TX) {
        /* 1.6 §3.13.2, 2.0.1 K01.FR.03: only for a transaction that runs. */
        if (!evse || !evse->tx)
            return VERDICT_REJECTED;
        if (transaction_id.len > 0 && !str_equal(str_of(evse->tx->id), transaction_id))
            return VERDICT_REJECTED;
        profile->transaction = evse->tx->number;
        if (sim_has_flaw(&station->control, FLAW_ONLY_UP) && is_lower(station, evse, profile))
            return VERDICT_REJECTED;
        if (!carries_out(&station->control, evse->tx, profile))
            return VERDICT_ACCEPTED;
    }
    if (profiles_set(&station->profiles, profile) != ERR_NONE)
        return VERDICT_REJECTED;
    sim_station_arm_pull(station);
    sim_evses_refresh(station);
    if (profile->purpose == PROFILE_PRIORITY)
        may_press_priority(station, profile->evse);
    if (profile->purpose == PROFILE_TX)
        sim_evse_plan_soon(station, evse);
    return sim_has_flaw(&station->control, FLAW_SAYS_NO) ? VERDICT_REJECTED : VERDICT_ACCEPTED;
}

bool sim_composite(struct sim_station *station, int32_t number, int32_t duration_s, bool watts,
                   struct sim_schedule *schedule)
{
    const struct sim_evse *evse = sim_find_evse(station, number);
    utc_ms from = sim_station_clock(station), at = from;
    struct profile_query query = { .evse = number, .voltage_mv = 230000, .phases = 3 };

    if ((number != 0 && !evse) || sim_has_flaw(&station->control, FLAW_NO_COMPOSITE))
        return false;
    if (evse && evse->tx) {
        query.transaction = evse->tx->number;
        query.transaction_at = evse->tx->started_at;
    }
    schedule->count = 0;
    schedule->watts = watts;
    while (at < from + duration_s * 1000LL && schedule->count < SCHEDULE_PERIODS_MAX) {
        int32_t limit = limit_at(station, evse, at, watts);

        if (schedule->count == 0 || schedule->periods[schedule->count - 1].limit != limit)
            schedule->periods[schedule->count++] =
                (struct profile_period){ .start_s = (int32_t)((at - from) / 1000), .limit = limit };
        query.now = at;
        at = profiles_next_change(&station->profiles, &query);
    }
    return true;
}
