#include "sim/station.h"

#include "sim/frame.h"
#include "sim/speak.h"
#include "sim/station_inner.h"

#define BOOT_RETRY_MS      30000
#define CONNECT_TIMEOUT_MS 20000
#define BACKOFF_MAX_SHIFT  6 /* 1 s, 2 s, … 64 s */

static const struct sim_dialect *const dialects[SIM_PROTOCOL_COUNT] = {
    [SIM_16] = &sim_dialect_16,
    [SIM_201] = &sim_dialect_201,
    [SIM_21] = &sim_dialect_21,
};

void sim_shared_init(struct sim_shared *shared, const struct sim_token *tokens,
                     uint32_t token_count)
{
    check(token_count > 0);
    *shared = (struct sim_shared){ .tokens = tokens, .token_count = token_count };
    shared->pool.spare_max = 16;
    arena_init(&shared->arena, &shared->pool, 0);
    ledger_init(&shared->ledger, true);
}

void sim_shared_fini(struct sim_shared *shared)
{
    arena_reset(&shared->arena);
    arena_pool_fini(&shared->pool);
    ledger_fini(&shared->ledger);
}

static void init_settings(struct sim_station *station)
{
    static const char *const points[] = {
        [TX_BOTH] = "PowerPathClosed",
        [TX_EV_CONNECTED] = "EVConnected",
        [TX_AUTHORIZED] = "Authorized",
    };
    const struct sim_setup *setup = &station->setup;
    struct str point = str_of(points[setup->model->tx_point]);

    settings_init(&station->settings);
    settings_put_text(&station->settings, SETTING_start_point, point);
    settings_put_text(&station->settings, SETTING_stop_point, point);
    settings_put_text(&station->settings, SETTING_vendor, setup->model->vendor);
    settings_put_text(&station->settings, SETTING_model, setup->model->name);
    if (setup->model->dc)
        settings_put_text(
            &station->settings, SETTING_sampled,
            STR("Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,"
                "Power.Offered,SoC"));
    station->settings.numbers[SETTING_connectors] = setup->model->evse_count;
    station->settings.numbers[SETTING_dynamic] = station->settings.numbers[SETTING_offline] =
        setup->protocol == SIM_21;
    station->settings.numbers[SETTING_switches] = sim_control_switches(&setup->control);
    if (sim_has_flaw(&setup->control, FLAW_STACK_ZERO))
        station->settings.numbers[SETTING_stack_max] = 0;
    if (setup->sample_s >= 0)
        station->settings.numbers[SETTING_sample_s] = setup->sample_s;
    if (setup->aligned_s >= 0)
        station->settings.numbers[SETTING_aligned_s] = setup->aligned_s;
}

/* Anew at each start. */
static void set_clock(struct sim_station *station)
{
    station->clock_offset_ms =
        sim_has_flaw(&station->control, FLAW_1970) ? -station->now : station->control.clock_ms;
}

void sim_station_init(struct sim_station *station, const struct sim_setup *setup,
                      const struct sim_link *link, struct sim_shared *shared)
{
    check(setup->model->evse_count >= 1 && setup->model->evse_count <= SIM_EVSES_MAX);
    check(setup->protocol != SIM_16 || setup->model->tx_point == TX_BOTH);
    check(setup->speed >= 1);
    *station = (struct sim_station){ .setup = *setup,
                                     .shared = shared,
                                     .link = *link,
                                     .dialect = dialects[setup->protocol],
                                     .rand = { setup->seed },
                                     .now = setup->start_at,
                                     .evse_count = setup->model->evse_count,
                                     .powered = true,
                                     .control = setup->control,
                                     .offline_since = setup->start_at,
                                     .lie_permille = 1000,
                                     .repeat = FAULT_KIND_COUNT,
                                     .boot_reason = SIM_STOP_POWER_LOSS };
    for (int i = 0; i < TIMER_COUNT; i++)
        station->timers[i] = UTC_NEVER;
    station->timers[TIMER_CONNECT] = setup->start_at;
    /* Message and transaction ids must not come again when the same seed runs at another time. */
    station->id_salt = rand_next(&(struct rand){ setup->seed ^ (uint64_t)setup->start_at });
    set_clock(station);
    init_settings(station);
    for (uint32_t i = 0; i < station->evse_count; i++)
        sim_evse_init(station, &station->evses[i], (uint8_t)(i + 1));
    if (setup->faults)
        sim_station_next_fault(station);
}

void sim_station_fini(struct sim_station *station)
{
    if (station->flying.tx)
        sim_tx_drop(station->flying.tx);
    sim_station_forget_late(station);
    outbox_fini(&station->outbox);
    profiles_fini(&station->profiles);
    settings_fini(&station->settings);
    for (uint32_t i = 0; i < station->evse_count; i++)
        sim_evse_fini(&station->evses[i]);
}

utc_ms sim_station_wake(const struct sim_station *station)
{
    utc_ms wake = UTC_NEVER;

    for (int i = 0; i < TIMER_COUNT; i++)
        wake = station->timers[i] < wake ? station->timers[i] : wake;
    for (uint32_t i = 0; i < station->evse_count; i++)
        for (int j = 0; j < EVSE_TIMER_COUNT; j++)
            wake = station->evses[i].timers[j] < wake ? station->evses[i].timers[j] : wake;
    return wake;
}

void sim_station_say(struct sim_station *station, struct sim_message *message)
{
    bool accepted = sim_station_online(station);

    /* A fact is kept in any case; what is no fact is for a listener, and before the server's yes
     * only what it asked for. */
    if (!outbox_is_fact(message) && !accepted &&
        !(message->asked && station->link_state == LINK_OPEN))
        return;
    if (message->at == 0)
        message->at = sim_station_clock(station);
    message->offline = !accepted;
    outbox_add(&station->outbox, message);
}

void sim_station_say_first(struct sim_station *station, struct sim_message *message)
{
    if (station->link_state != LINK_OPEN)
        return;
    message->at = sim_station_clock(station);
    outbox_add_first(&station->outbox, message);
}

static void say_boot(struct sim_station *station)
{
    struct sim_message message = { .kind = SIM_BOOT,
                                   .asked = true,
                                   .reason = (uint8_t)station->boot_reason };

    station->boot = BOOT_SENT;
    sim_station_say_first(station, &message);
    station->timers[TIMER_BOOT] = UTC_NEVER;
}

static void say_heartbeat(struct sim_station *station)
{
    struct sim_message message = { .kind = SIM_HEARTBEAT };
    int32_t every_s = settings_number(&station->settings, SETTING_heartbeat_s);

    sim_station_say(station, &message);
    station->timers[TIMER_HEARTBEAT] = every_s > 0 ? station->now + every_s * 1000LL : UTC_NEVER;
}

static void arm_aligned(struct sim_station *station)
{
    int64_t every_ms = settings_number(&station->settings, SETTING_aligned_s) * 1000LL;

    station->timers[TIMER_ALIGNED] =
        every_ms > 0 ? station->now + every_ms - sim_station_clock(station) % every_ms : UTC_NEVER;
}

static void say_aligned(struct sim_station *station)
{
    arm_aligned(station);
    for (uint32_t i = 0; i < station->evse_count; i++) {
        struct sim_evse *evse = &station->evses[i];
        struct sim_message message = {
            .kind = SIM_METER, .evse = evse->number, .sampled = true, .trigger = SIM_TRIGGER_CLOCK
        };

        if (evse->tx) {
            sim_evse_tell_sample(station, evse, SIM_TRIGGER_CLOCK);
            continue;
        }
        message.sample = sim_evse_sample(station, evse);
        sim_station_say(station, &message);
    }
}

void sim_station_rearm(struct sim_station *station)
{
    int32_t every_s = settings_number(&station->settings, SETTING_sample_s);

    arm_aligned(station);
    if (station->boot == BOOT_ACCEPTED) {
        int32_t heartbeat_s = settings_number(&station->settings, SETTING_heartbeat_s);
        station->timers[TIMER_HEARTBEAT] =
            heartbeat_s > 0 ? station->now + heartbeat_s * 1000LL : UTC_NEVER;
    }
    for (uint32_t i = 0; i < station->evse_count; i++)
        if (station->evses[i].tx)
            station->evses[i].timers[EVSE_SAMPLE] =
                every_s > 0 ? station->now + every_s * 1000LL : UTC_NEVER;
}

/* What a station says once it may: its states, then it lives on. */
static void begin_work(struct sim_station *station)
{
    struct sim_message message = { .kind = SIM_STATUS, .status = SIM_AVAILABLE };

    if (station->setup.protocol == SIM_16)
        sim_station_say(station, &message); /* connector 0: the station itself */
    sim_evses_tell_all(station);
    say_heartbeat(station);
    arm_aligned(station);
}

/* 2.0.1 A04.FR.02, appendix 1: the start of the device is a critical security event. */
static void say_startup(struct sim_station *station)
{
    struct sim_message message = { .kind = SIM_SECURITY };

    if (station->setup.protocol != SIM_16)
        sim_station_say(station, &message);
}

void sim_station_booted(struct sim_station *station, enum sim_boot boot, int64_t interval_s)
{
    bool was = station->boot == BOOT_ACCEPTED;

    station->boot = boot;
    if (boot == BOOT_ACCEPTED) {
        station->failures = 0;
        station->timers[TIMER_BOOT] = UTC_NEVER;
        if (interval_s > 0 && interval_s <= 86400)
            station->settings.numbers[SETTING_heartbeat_s] = (int32_t)interval_s;
        if (sim_has_flaw(&station->control, FLAW_1970)) {
            station->clock_offset_ms = station->control.clock_ms;
            sim_evses_refresh(station);
        }
        if (!was) {
            say_startup(station);
            begin_work(station);
        }
        return;
    }
    station->timers[TIMER_BOOT] =
        station->now + (interval_s > 0 ? interval_s * 1000 : BOOT_RETRY_MS);
}

/* The connection is gone, whoever ended it: what was under way is open again. */
static void lose_link(struct sim_station *station)
{
    if (station->offline_since == UTC_NEVER)
        station->offline_since = station->now;
    station->link_state = LINK_DOWN;
    station->half_open = station->deaf = false;
    station->unanswered = 0;
    station->timers[TIMER_ANSWER] = station->timers[TIMER_HEARTBEAT] =
        station->timers[TIMER_OUTBOX] = station->timers[TIMER_BOOT] =
            station->timers[TIMER_LINK_FAULT_END] = UTC_NEVER;
    sim_station_forget_late(station);
    sim_station_land(station);
    outbox_disconnected(&station->outbox);
    if (station->boot != BOOT_ACCEPTED)
        station->boot = BOOT_NEEDED;
    for (uint32_t i = 0; i < station->evse_count; i++)
        sim_evse_authorized(station, &station->evses[i],
                            settings_number(&station->settings, SETTING_authorize_offline) != 0,
                            SIM_TRIGGER_AUTHORIZED);
}

static void connect_later(struct sim_station *station)
{
    uint32_t shift = station->failures < BACKOFF_MAX_SHIFT ? station->failures : BACKOFF_MAX_SHIFT;
    int64_t wait_ms = 1000LL << shift;

    if (station->failures < UINT8_MAX)
        station->failures++;
    station->timers[TIMER_CONNECT] =
        station->now + wait_ms / 2 + rand_range(&station->rand, 0, wait_ms);
}

void sim_station_cut(struct sim_station *station)
{
    if (station->link_state == LINK_DOWN)
        return;
    station->link.drop(station->link.host);
    lose_link(station);
    connect_later(station);
}

void sim_station_power_off(struct sim_station *station, enum sim_stop_reason reason, int64_t off_ms)
{
    for (uint32_t i = 0; i < station->evse_count; i++) {
        struct sim_evse *evse = &station->evses[i];

        sim_evse_advance(station, evse);
        if (sim_has_flaw(&station->control, FLAW_RESUMES) && evse->tx)
            sim_evse_rest(evse);
        else
            sim_evse_end(station, evse, reason, SIM_TRIGGER_ABNORMAL);
        evse->authorized = evse->authorized && evse->tx;
        evse->authorizing = false;
        evse->timers[EVSE_CABLE] = evse->timers[EVSE_TICK] = UTC_NEVER;
    }
    if (station->link_state != LINK_DOWN) {
        station->link.drop(station->link.host);
        lose_link(station);
    }
    for (int i = 0; i < TIMER_COUNT; i++)
        if (i != TIMER_FAULT)
            station->timers[i] = UTC_NEVER;
    station->powered = false;
    station->reset_when_idle = false;
    station->boot = BOOT_NEEDED;
    station->boot_reason = reason;
    station->failures = 0;
    station->timers[TIMER_POWER] = station->now + off_ms;
}

static void power_on(struct sim_station *station)
{
    station->powered = true;
    set_clock(station);
    if (sim_has_flaw(&station->control, FLAW_FORGETS))
        profiles_fini(&station->profiles);
    for (uint32_t i = 0; i < station->evse_count; i++) {
        station->evses[i].told_status = SIM_STATUS_COUNT;
        station->evses[i].at = station->now;
        station->evses[i].finished = station->evses[i].plugged && !station->evses[i].tx;
    }
    station->timers[TIMER_CONNECT] = station->now + rand_range(&station->rand, 200, 2000);
    sim_evses_refresh(station);
}

/* A reset that the server asked for: first the sessions end and are told, then the power goes. */
static void reset(struct sim_station *station)
{
    enum sim_stop_reason reason = station->reset_hard ? SIM_STOP_HARD_RESET : SIM_STOP_SOFT_RESET;
    bool told = false;

    for (uint32_t i = 0; i < station->evse_count; i++)
        if (station->evses[i].tx) {
            sim_evse_end(station, &station->evses[i], reason, SIM_TRIGGER_RESET);
            told = true;
        }
    if (told)
        station->timers[TIMER_RESET] = station->now + 2000;
    else
        sim_station_power_off(station, reason, rand_range(&station->rand, 3000, 8000));
}

static void connect_now(struct sim_station *station)
{
    station->link_state = LINK_CONNECTING;
    station->shared->counts.connects++;
    station->timers[TIMER_ANSWER] = station->now + CONNECT_TIMEOUT_MS;
    station->link.connect(station->link.host,
                          station->setup.no_subprotocol ? STR_NONE : station->dialect->subprotocol);
}

static void link_fault_end(struct sim_station *station)
{
    bool was_half_open = station->half_open;

    station->half_open = station->deaf = false;
    if (was_half_open)
        sim_station_cut(station);
}

void sim_station_arm_pull(struct sim_station *station)
{
    utc_ms next = UTC_NEVER;

    for (uint32_t i = 0; i < station->profiles.count; i++) {
        utc_ms at = profile_asks_at(station->profiles.items[i]);
        next = at < next ? at : next;
    }
    if (next != UTC_NEVER)
        next -= station->clock_offset_ms;
    station->timers[TIMER_PULL] = next;
}

/* 2.1 K28.FR.10 */
static void pull(struct sim_station *station)
{
    utc_ms now = sim_station_clock(station);

    for (uint32_t i = 0; i < station->profiles.count; i++) {
        struct profile *profile = station->profiles.items[i];
        struct sim_message message = { .kind = SIM_PULL, .part = profile->id };

        if (profile_asks_at(profile) > now)
            continue;
        profile->updated_at = now;
        sim_station_say(station, &message);
    }
    sim_station_arm_pull(station);
}

static void nothing_to_do(struct sim_station *station)
{
    (void)station; /* the step itself sends what waits */
}

static void run_timer(struct sim_station *station, enum sim_timer timer)
{
    static void (*const acts[TIMER_COUNT])(struct sim_station *) = {
        [TIMER_CONNECT] = connect_now,
        [TIMER_BOOT] = say_boot,
        [TIMER_HEARTBEAT] = say_heartbeat,
        [TIMER_ANSWER] = sim_station_answer_timeout,
        [TIMER_OUTBOX] = nothing_to_do,
        [TIMER_ALIGNED] = say_aligned,
        [TIMER_FAULT] = sim_station_next_fault,
        [TIMER_LINK_FAULT_END] = link_fault_end,
        [TIMER_POWER] = power_on,
        [TIMER_RESET] = reset,
        [TIMER_PULL] = pull,
        [TIMER_LATE] = sim_station_work_off,
    };

    station->timers[timer] = UTC_NEVER;
    acts[timer](station);
}

static bool idle(const struct sim_station *station)
{
    for (uint32_t i = 0; i < station->evse_count; i++)
        if (station->evses[i].tx)
            return false;
    return true;
}

static void settle(struct sim_station *station)
{
    if (station->reset_when_idle && idle(station)) {
        station->reset_when_idle = false;
        station->timers[TIMER_RESET] = station->now + 500;
    }
    sim_station_pump(station);
}

void sim_station_step(struct sim_station *station, utc_ms now)
{
    check(now >= station->now);
    station->now = now;
    for (int i = 0; i < TIMER_COUNT; i++)
        if (station->timers[i] <= now)
            run_timer(station, (enum sim_timer)i);
    for (uint32_t i = 0; i < station->evse_count; i++)
        sim_evse_step(station, &station->evses[i]);
    settle(station);
}

void sim_station_opened(struct sim_station *station, utc_ms now)
{
    sim_station_step(station, now);
    if (station->link_state != LINK_CONNECTING)
        return;
    station->link_state = LINK_OPEN;
    profiles_online(&station->profiles, station->offline_since + station->clock_offset_ms,
                    sim_station_clock(station));
    if (sim_has_flaw(&station->control, FLAW_LOSES))
        profiles_fini(&station->profiles);
    station->offline_since = UTC_NEVER;
    station->timers[TIMER_ANSWER] = UTC_NEVER;
    if (station->boot != BOOT_ACCEPTED) {
        say_boot(station);
    } else {
        station->failures = 0;
        begin_work(station);
    }
    settle(station);
}

void sim_station_closed(struct sim_station *station, utc_ms now)
{
    sim_station_step(station, now);
    if (station->link_state == LINK_DOWN)
        return;
    station->shared->counts.closes += station->link_state == LINK_OPEN;
    lose_link(station);
    connect_later(station);
}

void sim_station_text(struct sim_station *station, utc_ms now, struct str text)
{
    sim_station_step(station, now);
    if (station->link_state != LINK_OPEN || station->half_open || station->deaf)
        return;
    sim_station_read(station, text);
    arena_reset(&station->shared->arena);
    settle(station);
}

void sim_station_leave(struct sim_station *station, utc_ms now)
{
    if (now < station->now)
        return; /* its start lies ahead */
    sim_station_step(station, now);
    if (station->link_state == LINK_DOWN)
        return;
    station->link.close(station->link.host);
    lose_link(station);
    station->timers[TIMER_CONNECT] = UTC_NEVER;
}
