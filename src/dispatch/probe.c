/* probe.c: the machine: steps one after the other. What they are is in probe_ask.c and
 * probe_prove.c. */
#include "dispatch/probe_parts.h"

enum { RETRY_MS = 10000, AWAY_WAIT_MS = 300000 };

static const struct probe_steps *steps_of(const struct probe *probe)
{
    return probe->part == PROBE_PROVING ? probe_proving() : probe_asking();
}

static void begin(struct probe *probe, const struct probe_station *station, enum probe_part part,
                  utc_ms now)
{
    *probe = (struct probe){ .station = *station,
                             .found = behaviour_none(),
                             .part = part,
                             .wake_at = now,
                             .lease_end_at = UTC_UNKNOWN,
                             .answered_at = UTC_UNKNOWN,
                             .draw_da = -1,
                             .draw_at = UTC_UNKNOWN };
}

void probe_ask(struct probe *probe, const struct probe_station *station, utc_ms now)
{
    begin(probe, station, PROBE_ASKING, now);
}

bool probe_prove(struct probe *probe, const struct probe_station *station,
                 const struct behaviour *asked, struct str transaction_id, utc_ms now)
{
    struct str id = str_first(transaction_id, sizeof probe->transaction - 1);

    if (asked->smart == PROOF_NO || asked->fallback != PROOF_YES || id.len == 0)
        return false;
    begin(probe, station, PROBE_PROVING, now);
    probe->leased_before = asked->leases == PROOF_YES;
    probe->found = *asked;
    probe->found.profile = probe->found.obeys = probe->found.leases = PROOF_NONE;
    probe->found.updates = probe->found.drops = PROOF_NONE;
    probe->found.proven_at = UTC_UNKNOWN;
    memcpy(probe->transaction, id.ptr, id.len);
    probe->transaction_len = (uint8_t)id.len;
    return true;
}

void probe_stop(struct probe *probe)
{
    probe->ended = true;
}

static void go_on(struct probe *probe, utc_ms now)
{
    probe->step++;
    probe->tries = probe->variant = 0;
    probe->samples = 0;
    probe->waits_answer = probe->fresh = false;
    probe->wake_at = now;
}

static void finish(struct probe *probe, utc_ms now)
{
    probe->ended = true;
    if (probe->part == PROBE_ASKING)
        probe->found.asked_at = now;
    else if (probe->part == PROBE_PROVING && probe->found.profile != PROOF_NONE &&
             (probe->found.profile == PROOF_NO || probe->found.obeys != PROOF_NONE))
        probe->found.proven_at = now;
}

/* What the present step wants now; PROBE_DONE: nothing more, the next one is due. */
static enum probe_next try_step(struct probe *probe, const struct probe_step *step, utc_ms now,
                                struct arena *arena, struct charging_call *call)
{
    bool due = now >= probe->wake_at;

    if (step->wanted && !step->wanted(probe))
        return PROBE_DONE;
    if (probe->answered_at == UTC_UNKNOWN)
        probe->answered_at = now;
    if (step->hangs_up && !probe->away) {
        probe->away = true;
        probe->wake_at = now + AWAY_WAIT_MS;
        return PROBE_HANG_UP;
    }
    if (step->hangs_up) {
        probe->gave_up = due;
        return due ? PROBE_DONE : PROBE_WAIT;
    }
    if (step->waited) {
        bool over = step->waited(probe, now);

        probe->fresh = false;
        return over ? PROBE_DONE : PROBE_WAIT;
    }
    if (!due)
        return PROBE_WAIT;
    if (step->build(probe, now, arena, call) != ERR_NONE)
        return PROBE_DONE; /* this version has no such thing */
    probe->waits_answer = true;
    return PROBE_CALL;
}

enum probe_next probe_next(struct probe *probe, utc_ms now, struct arena *arena,
                           struct charging_call *call, utc_ms *wake_at)
{
    const struct probe_steps *steps = steps_of(probe);

    *wake_at = UTC_NEVER;
    if (probe->ended || probe->part == PROBE_IDLE)
        return PROBE_DONE;
    if (probe->waits_answer)
        return PROBE_WAIT;
    for (; probe->step < steps->count; go_on(probe, now)) {
        enum probe_next next = try_step(probe, &steps->list[probe->step], now, arena, call);
        if (next == PROBE_DONE)
            continue;
        if (next != PROBE_CALL)
            *wake_at = probe->wake_at;
        return next;
    }
    finish(probe, now);
    return PROBE_DONE;
}

void probe_answered(struct probe *probe, utc_ms now, const struct call_answer *answer,
                    struct arena *arena)
{
    const struct probe_steps *steps = steps_of(probe);
    const struct probe_step *step;
    struct charging_answer read = charging_read(answer, arena);

    if (!probe->waits_answer || probe->step >= steps->count)
        return;
    step = &steps->list[probe->step];
    probe->waits_answer = false;
    /* GetConfiguration and GetVariables answer without a status: that they answer is enough. */
    if (answer->outcome != CALL_ANSWERED &&
        (read.result == CHARGE_UNKNOWN || read.result == CHARGE_NOT_SENT)) {
        if (++probe->tries < PROBE_TRIES) {
            probe->wake_at = now + ((int64_t)RETRY_MS << probe->tries);
            return;
        }
        if (step->must) {
            probe->ended = true;
            return;
        }
    }
    probe->answered_at = now;
    if (step->take(probe, &read, answer, arena)) {
        probe->variant++;
        probe->tries = 0;
        probe->wake_at = now;
        return;
    }
    go_on(probe, now);
}

void probe_back(struct probe *probe, utc_ms now)
{
    const struct probe_steps *steps = steps_of(probe);

    if (probe->ended || !probe->away || probe->step >= steps->count ||
        !steps->list[probe->step].hangs_up)
        return;
    probe->away = false;
    probe->lease_end_at = now;
    go_on(probe, now);
}

void probe_metered(struct probe *probe, utc_ms now, int32_t draw_da, int32_t phases)
{
    probe->draw_da = draw_da < 0 ? 0 : draw_da;
    probe->draw_at = now;
    probe->fresh = true;
    probe->samples++;
    if (probe->part == PROBE_PROVING && phases >= 1 && phases <= 3)
        probe->station.phases = phases;
}

/* --- parts ----------------------------------------------------------------- */

bool probe_unit_allowed(const struct probe *probe, enum charging_unit unit)
{
    const struct behaviour *found = &probe->found;

    if (!found->has_a && !found->has_w)
        return true;
    return unit == CHARGE_W ? found->has_w : found->has_a;
}

void probe_unit_worked(struct probe *probe, enum charging_unit unit)
{
    probe->found.unit = unit;
    probe->found.smart = PROOF_YES;
    if (unit == CHARGE_W)
        probe->found.has_w = true;
    else
        probe->found.has_a = true;
}

bool probe_take_clear(struct probe *probe, const struct charging_answer *read,
                      const struct call_answer *answer, struct arena *arena)
{
    (void)answer;
    (void)arena;
    if (read->result == CHARGE_ACCEPTED)
        probe->found.clears = PROOF_YES;
    return false;
}

struct charging_profile probe_profile(const struct probe *probe, enum charging_layer layer,
                                      struct charging_period *period, int32_t da)
{
    const struct probe_station *station = &probe->station;
    struct charging_profile profile = CHARGE_PROFILE;
    bool all = probe->thirds || probe->found.spreads == PROOF_YES ||
               (station->breaker_da > 0 && da >= station->breaker_da);
    int32_t phases = all ? station->outlet_phases : station->phases;

    profile.layer = layer;
    profile.evse = layer == CHARGE_STATION_MAX ? 0 : station->evse;
    profile.id = charging_id(layer, profile.evse);
    /* At the level of its later ones (send.c): some tell profiles by it, not by their id. */
    profile.stack = layer == CHARGE_TX && probe->found.stack_max > 0 ? 1 : 0;
    profile.kind = CHARGE_ABSOLUTE;
    profile.start_at = CHARGE_ALWAYS;
    profile.clock_offset_ms = station->clock_offset_ms;
    behaviour_shape(&probe->found, &profile);
    *period = (struct charging_period){
        .limit = behaviour_limit(&probe->found, da, station->volts_dv, phases),
        .limit_2 = CHARGE_SAME,
        .limit_3 = CHARGE_SAME,
    };
    profile.period_count = 1;
    profile.periods = period;
    return profile;
}
