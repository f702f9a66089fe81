/* station_fault.c: faults on demand. */
#include "sim/station_inner.h"

/* No connection stays half open for longer: what was sent is not acknowledged, and TCP gives up. On
 * Linux 924.6 s after, and one time-out of up to 120 s later (tcp(7), tcp_retries2). */
#define TCP_GIVES_UP_MS INT64_C(1044600)

void sim_station_next_fault(struct sim_station *station)
{
    struct fault fault;

    if (!station->setup.faults)
        return;
    if (station->fault_next.at != 0 && station->fault_next.at <= station->now) {
        fault = station->fault_next;
        sim_station_do_fault(station, &fault);
    }
    station->fault_next = fault_next(station->setup.faults, &station->rand, 0, station->now);
    station->timers[TIMER_FAULT] = station->fault_next.at;
}

static void link_fault(struct sim_station *station, const struct fault *fault)
{
    if (station->link_state != LINK_OPEN)
        return;
    station->half_open = fault->kind == FAULT_HALF_OPEN;
    if (station->half_open && station->link.freeze)
        station->link.freeze(station->link.host);
    station->deaf = fault->kind == FAULT_DEAF;
    station->timers[TIMER_LINK_FAULT_END] =
        station->now + (station->half_open && fault->duration_ms > TCP_GIVES_UP_MS
                            ? TCP_GIVES_UP_MS
                            : fault->duration_ms);
}

static void reset_register(struct sim_station *station, uint8_t number)
{
    struct sim_evse *evse = &station->evses[(number - 1) % station->evse_count];

    sim_evse_advance(station, evse);
    meter_reset(&evse->meter);
}

static void control_fault(struct sim_station *station, const struct fault *fault)
{
    struct sim_control *control = &station->control;

    if (fault->kind == FAULT_LATENCY)
        control->latency_ms = (int32_t)fault->value;
    else if (fault->kind == FAULT_TAKES)
        control->flaws = (uint64_t)fault->value;
    else if (fault->value != 0)
        control->flaws |= FLAW_BIT(FLAW_IGNORES);
    else
        control->flaws &= ~FLAW_BIT(FLAW_IGNORES);
    sim_evses_refresh(station);
}

/* From an energy manager or the grid operator (2.0.1 K12, K13); 1.6 has no word for it. */
static void outside_limit(struct sim_station *station, int64_t value)
{
    struct sim_message message = { .kind = value < 0 ? SIM_LIMIT_CLEARED : SIM_LIMIT_SET,
                                   .sample.offered = (int32_t)value };
    const struct profile_match outside = {
        .id = -1, .evse = -1, .stack_level = -1, .purpose = PROFILE_EXTERNAL
    };
    struct profile profile = { .id = -1,
                               .purpose = PROFILE_EXTERNAL,
                               .kind = PROFILE_ABSOLUTE,
                               .valid_from = UTC_UNKNOWN,
                               .valid_to = UTC_NEVER,
                               .start_at = UTC_UNKNOWN,
                               .set_at = sim_station_clock(station),
                               .watts = station->setup.model->dc,
                               .period_count = 1 };

    profiles_clear(&station->profiles, &outside);
    profile.periods[0].limit = (int32_t)value;
    if (value >= 0 && profiles_set(&station->profiles, &profile) != ERR_NONE)
        return; /* no room: it does not listen to outsiders either */
    sim_evses_refresh(station);
    if (station->setup.protocol != SIM_16)
        sim_station_say(station, &message);
}

void sim_station_do_fault(struct sim_station *station, const struct fault *fault)
{
    bool on = fault->value != 0;

    station->shared->counts.faults++;
    if (!station->powered)
        return;
    switch (fault->kind) {
    case FAULT_DROP:
        sim_station_cut(station);
        break;
    case FAULT_HALF_OPEN:
    case FAULT_DEAF:
        link_fault(station, fault);
        break;
    case FAULT_REPEAT_SAME_ID:
    case FAULT_REPEAT_NEW_ID:
    case FAULT_LATE_REPEAT:
        station->repeat = fault->kind;
        station->repeat_delay_ms = fault->duration_ms;
        break;
    case FAULT_REORDER:
        (void)outbox_swap_updates(&station->outbox); /* nothing waits: nothing to disorder */
        break;
    case FAULT_CLOCK:
        station->clock_offset_ms = fault->value;
        break;
    case FAULT_REGISTER_RESET:
        reset_register(station, fault->evse);
        break;
    case FAULT_KWH_AS_WH:
        for (uint32_t i = 0; i < station->evse_count; i++)
            station->evses[i].meter.says_kwh_as_wh = on;
        break;
    case FAULT_MISSING_FIELDS:
        station->missing_fields = on;
        break;
    case FAULT_MINUS_ONE:
        station->minus_one = true;
        break;
    case FAULT_REBOOT:
        sim_station_power_off(station, SIM_STOP_REBOOT, fault->duration_ms);
        break;
    case FAULT_POWER_LOSS:
        sim_station_power_off(station, SIM_STOP_POWER_LOSS, fault->duration_ms);
        break;
    case FAULT_CONNECTOR:
        sim_evse_break(station, &station->evses[(fault->evse - 1) % station->evse_count],
                       fault->duration_ms);
        break;
    case FAULT_DISOBEY:
    case FAULT_TAKES:
    case FAULT_LATENCY:
        control_fault(station, fault);
        break;
    case FAULT_OUTSIDE_LIMIT:
        outside_limit(station, fault->value);
        break;
    case FAULT_REFUSE_CALLS:
        station->refuses_calls = on;
        break;
    case FAULT_LIE_POWER:
        station->lie_permille = (int32_t)fault->value;
        break;
    case FAULT_KIND_COUNT:
        check(false);
    }
}

void sim_station_fault(struct sim_station *station, utc_ms now, const struct fault *fault)
{
    check(fault->evse >= 1);
    sim_station_step(station, now);
    sim_station_do_fault(station, fault);
    sim_station_step(station, now);
}
