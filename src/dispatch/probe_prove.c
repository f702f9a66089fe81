/* probe_prove.c: does what flows follow? In the first session, by the meter. */
#include "dispatch/probe_parts.h"

enum {
    ENOUGH_DA = 80, /* so much has to flow before a lower limit says anything */
    ENOUGH_TIMES = 2,
    LOW_DA = 60,
    LOW_GENTLE_DA = 80, /* some cars stop below, and sulk (SmartEVSE-3.5#335) */
    MORE_W_DA = 10,     /* watts are reckoned by a low voltage: less than 6 A would flow */
    APART_DA = 20,      /* between what flows, the limit and the default */
    RAISE_S = 1200,
    LEASE_S = 120,
    BACKDATE_S = 10,
    DRAW_WAIT_MS = 900000,
    FALL_WAIT_MS = 120000,
    THIRDS_WAIT_MS = 90000, /* before the lease is over */
    NOTHING_DA = 5,
};

static int32_t tolerance(int32_t da)
{
    return da / 10 > 5 ? da / 10 : 5;
}

static enum err set_profile(struct probe *probe, int32_t lease_s, utc_ms now, struct arena *arena,
                            struct charging_call *call)
{
    struct charging_period period;
    struct charging_profile profile = probe_profile(probe, CHARGE_TX, &period, probe->trial_da);
    const char *why;

    profile.transaction_id = (struct str){ probe->transaction, probe->transaction_len };
    if (probe->station.lease_ok && lease_s > 0) {
        profile.start_at = now - BACKDATE_S * INT64_C(1000);
        profile.duration_s = BACKDATE_S + lease_s;
        probe->lease_end_at = now + lease_s * INT64_C(1000);
    } else {
        probe->lease_end_at = UTC_UNKNOWN;
    }
    return charging_set(probe->station.protocol, &profile, arena, call, &why);
}

/* --- something has to flow --------------------------------------------------- */

static bool holds_back(const struct probe *probe)
{
    return probe->station.failsafe_da < ENOUGH_DA + APART_DA;
}

/* No schedule of its own has shown one, nor did a meter before. */
static bool doubts_lease(const struct probe *probe)
{
    return probe->found.reports_lease != PROOF_YES && !probe->leased_before;
}

static enum err raise(struct probe *probe, utc_ms now, struct arena *arena,
                      struct charging_call *call)
{
    probe->trial_da = probe->station.cap_da;
    probe->draws = 0;
    return set_profile(probe, doubts_lease(probe) ? 0 : RAISE_S, now, arena, call);
}

/* In the other unit, when the first is refused. */
static bool take_profile(struct probe *probe, const struct charging_answer *read)
{
    enum charging_unit other = probe->found.unit == CHARGE_A ? CHARGE_W : CHARGE_A;

    if (read->result == CHARGE_ACCEPTED) {
        probe->found.profile = PROOF_YES;
        return false;
    }
    if (probe->variant == 0 && probe_unit_allowed(probe, other)) {
        probe->found.unit = other;
        return true;
    }
    if (probe->variant > 0)
        probe->found.unit = other; /* back to what its default is in */
    probe->found.profile = PROOF_NO;
    return false;
}

static bool goes_on(const struct probe *probe)
{
    return probe->found.profile != PROOF_NO && !probe->gave_up;
}

static bool take_set(struct probe *probe, const struct charging_answer *read,
                     const struct call_answer *answer, struct arena *arena)
{
    (void)answer;
    (void)arena;
    return take_profile(probe, read);
}

static bool flows(struct probe *probe, utc_ms now)
{
    if (probe->fresh)
        probe->draws = probe->draw_da >= ENOUGH_DA ? (uint8_t)(probe->draws + 1) : 0;
    probe->wake_at = probe->answered_at + DRAW_WAIT_MS;
    /* A car that does not want so much: another session will do. */
    probe->gave_up = probe->draws < ENOUGH_TIMES && now >= probe->wake_at;
    return probe->draws >= ENOUGH_TIMES || probe->gave_up;
}

/* --- lower ---------------------------------------------------------------------- */

/* Below what flows, apart from the default, not so low that a car gives up. */
static int32_t low_limit(const struct probe *probe)
{
    int32_t high = probe->draw_da - APART_DA, failsafe = probe->station.failsafe_da;
    int32_t more = probe->found.unit == CHARGE_W && !probe->station.dc ? MORE_W_DA : 0;
    int32_t low = (high >= LOW_GENTLE_DA ? LOW_GENTLE_DA : LOW_DA) + more;
    int32_t apart = low > failsafe ? low - failsafe : failsafe - low;

    if (apart >= APART_DA || failsafe < LOW_DA)
        return low;
    if (failsafe + APART_DA <= high)
        return failsafe + APART_DA;
    return LOW_DA + more;
}

/* It takes watts and its car uses one phase: does it divide by three all the same? Only where it
 * may, should it not. */
static bool tries_thirds(const struct probe *probe, int32_t da)
{
    const struct probe_station *station = &probe->station;

    return probe->found.unit == CHARGE_W && !station->dc && station->phases == 1 &&
           station->outlet_phases == 3 && probe->found.spreads == PROOF_NONE &&
           (da * 3 <= station->cap_da || station->cap_da >= station->breaker_da);
}

static enum err lower(struct probe *probe, utc_ms now, struct arena *arena,
                      struct charging_call *call)
{
    probe->trial_da = low_limit(probe);
    probe->thirds = tries_thirds(probe, probe->trial_da);
    return set_profile(probe, probe->no_lease ? 0 : LEASE_S, now, arena, call);
}

/* It does not: for the phase that its car uses, then. */
static bool follows_car(const struct probe *probe)
{
    return goes_on(probe) && probe->found.spreads == PROOF_NO && probe->found.obeys == PROOF_NONE;
}

/* How long from the answer until a meter showed it. */
static void saw(struct probe *probe, utc_ms since, utc_ms now)
{
    int64_t took_ms = now - since;

    behaviour_saw_latency(&probe->found, took_ms > INT32_MAX ? INT32_MAX : (int32_t)took_ms);
}

enum fall { FALL_WAITS, FALL_SEEN, FALL_NOT, FALL_UNKNOWN };

/* Does what flows come down to the trial? */
static enum fall look_at_fall(struct probe *probe, utc_ms now)
{
    int32_t limit = probe->trial_da;

    probe->wake_at = probe->answered_at + (probe->thirds ? THIRDS_WAIT_MS : FALL_WAIT_MS);
    if (probe->fresh && probe->draw_da <= limit + tolerance(limit)) {
        saw(probe, probe->answered_at, probe->draw_at);
        /* A car that fell to nothing may have ended by itself. */
        probe->to_zero = probe->draw_da < NOTHING_DA;
        return FALL_SEEN;
    }
    if (now < probe->wake_at)
        return FALL_WAITS;
    return probe->samples > 0 ? FALL_NOT : FALL_UNKNOWN;
}

/* Not the trial, but the default is in force: it reads times as local ones,
 * and the lease has not begun or is over. */
static bool lease_is_void(const struct probe *probe, enum fall fall)
{
    int32_t failsafe = probe->station.failsafe_da;
    bool default_flows =
        failsafe + APART_DA <= probe->trial_da && probe->draw_da <= failsafe + tolerance(failsafe);

    return doubts_lease(probe) && probe->lease_end_at != UTC_UNKNOWN && !probe->thirds &&
           (fall == FALL_NOT || (fall == FALL_SEEN && default_flows));
}

/* It is told once more, without one. */
static bool is_unleased(const struct probe *probe)
{
    return probe->no_lease && probe->found.obeys == PROOF_NONE && goes_on(probe);
}

static bool falls(struct probe *probe, utc_ms now)
{
    enum fall fall = look_at_fall(probe, now);

    if (lease_is_void(probe, fall))
        return probe->no_lease = true;
    switch (fall) {
    case FALL_WAITS:
        return false;
    case FALL_SEEN:
        if (!probe->to_zero)
            probe->found.obeys = PROOF_YES;
        if (!probe->to_zero && probe->no_lease)
            probe->found.leases = PROOF_NO;
        if (!probe->to_zero && probe->thirds)
            probe->found.spreads = PROOF_YES;
        break;
    case FALL_NOT:
        if (probe->thirds)
            probe->found.spreads = PROOF_NO;
        else
            probe->found.obeys = PROOF_NO;
        break;
    case FALL_UNKNOWN:
        probe->gave_up = true; /* nobody measures: nothing is known */
        break;
    }
    return true;
}

/* --- and back, when the lease is over ------------------------------------------------- */

/* Is there a lease, and is what comes after it something else? */
static bool was_leased(const struct probe *probe)
{
    int32_t apart = probe->station.failsafe_da - probe->trial_da;

    return goes_on(probe) && probe->lease_end_at != UTC_UNKNOWN && probe->found.obeys != PROOF_NO &&
           (apart >= APART_DA || apart <= -APART_DA);
}

/* What flows is that of the default, and could not be under the lease. */
static bool shows_default(const struct probe *probe)
{
    int32_t failsafe = probe->station.failsafe_da, limit = probe->trial_da;

    if (failsafe >= limit + APART_DA)
        return probe->draw_da > limit + tolerance(limit);
    return failsafe + APART_DA <= limit && !probe->to_zero &&
           probe->draw_da <= failsafe + tolerance(failsafe);
}

static bool lapses(struct probe *probe, utc_ms now)
{
    probe->wake_at = probe->lease_end_at + FALL_WAIT_MS;
    if (probe->fresh && now >= probe->lease_end_at && shows_default(probe)) {
        probe->found.leases = probe->found.obeys = PROOF_YES;
        saw(probe, probe->lease_end_at, probe->draw_at);
        return true;
    }
    if (now < probe->wake_at)
        return false;
    if (probe->draw_at >= probe->lease_end_at && !probe->to_zero)
        probe->found.leases = PROOF_NO;
    return true;
}

/* --- dynamic profiles, and what they are worth without us (2.1 K28, K01.FR.101) -------------- */

static bool is_dynamic(const struct probe *probe)
{
    const struct behaviour *found = &probe->found;

    return goes_on(probe) && probe->station.protocol == PROTOCOL_21 && found->obeys == PROOF_YES &&
           found->dynamic == PROOF_YES && found->offline == PROOF_YES &&
           found->updates != PROOF_NO && !probe->to_zero;
}

/* High, so that something flows; bears no moment without us. */
static enum err set_dynamic(struct probe *probe, utc_ms now, struct arena *arena,
                            struct charging_call *call)
{
    struct charging_period period;
    struct charging_profile profile;
    const char *why;

    (void)now;
    probe->trial_da = probe->station.cap_da;
    probe->draws = 0;
    profile = probe_profile(probe, CHARGE_TX, &period, probe->trial_da);
    profile.transaction_id = (struct str){ probe->transaction, probe->transaction_len };
    profile.kind = CHARGE_DYNAMIC;
    profile.start_at = UTC_UNKNOWN;
    profile.offline_s = 0;
    profile.offline_forgets = true;
    return charging_set(probe->station.protocol, &profile, arena, call, &why);
}

static enum err update_dynamic(struct probe *probe, utc_ms now, struct arena *arena,
                               struct charging_call *call)
{
    struct charging_period period;
    struct charging_profile profile;

    (void)now;
    probe->trial_da = low_limit(probe);
    profile = probe_profile(probe, CHARGE_TX, &period, probe->trial_da);
    return charging_update(probe->station.protocol, profile.id, profile.unit, profile.whole,
                           &period, arena, call);
}

static bool take_dynamic(struct probe *probe, const struct charging_answer *read,
                         const struct call_answer *answer, struct arena *arena)
{
    (void)answer;
    (void)arena;
    if (read->result != CHARGE_ACCEPTED)
        probe->found.updates = PROOF_NO;
    return false;
}

static bool falls_by_update(struct probe *probe, utc_ms now)
{
    enum fall fall = look_at_fall(probe, now);

    if (fall == FALL_SEEN && !probe->to_zero)
        probe->found.updates = PROOF_YES;
    if (fall == FALL_NOT)
        probe->found.updates = PROOF_NO;
    return fall != FALL_WAITS;
}

/* Could the default be told from what was updated? */
static bool can_drop(const struct probe *probe)
{
    int32_t apart = probe->station.failsafe_da - probe->trial_da;

    return is_dynamic(probe) && probe->found.updates == PROOF_YES &&
           (apart >= APART_DA || apart <= -APART_DA);
}

static bool drops(struct probe *probe, utc_ms now)
{
    probe->wake_at = probe->lease_end_at + FALL_WAIT_MS;
    if (probe->fresh && now >= probe->lease_end_at && shows_default(probe)) {
        probe->found.drops = PROOF_YES;
        return true;
    }
    if (now < probe->wake_at)
        return false;
    if (probe->draw_at >= probe->lease_end_at && !probe->to_zero)
        probe->found.drops = PROOF_NO;
    return true;
}

/* --- nothing is left behind -------------------------------------------------------------- */

static enum err clear_profile(struct probe *probe, utc_ms now, struct arena *arena,
                              struct charging_call *call)
{
    struct charging_match match = CHARGE_ANY;

    (void)now;
    match.id = charging_id(CHARGE_TX, probe->station.evse);
    return charging_clear(probe->station.protocol, &match, arena, call);
}

static const struct probe_step proving[] = {
    { .wanted = holds_back, .build = raise, .take = take_set, .must = true },
    { .wanted = goes_on, .waited = flows },
    { .wanted = goes_on, .build = lower, .take = take_set, .must = true },
    { .wanted = goes_on, .waited = falls },
    { .wanted = is_unleased, .build = raise, .take = take_set, .must = true },
    { .wanted = is_unleased, .waited = flows },
    { .wanted = is_unleased, .build = lower, .take = take_set, .must = true },
    { .wanted = is_unleased, .waited = falls },
    { .wanted = follows_car, .build = lower, .take = take_set, .must = true },
    { .wanted = follows_car, .waited = falls },
    { .wanted = was_leased, .waited = lapses },
    { .wanted = is_dynamic, .build = set_dynamic, .take = take_dynamic },
    { .wanted = is_dynamic, .waited = flows },
    { .wanted = is_dynamic, .build = update_dynamic, .take = take_dynamic },
    { .wanted = is_dynamic, .waited = falls_by_update },
    { .wanted = can_drop, .hangs_up = true },
    { .wanted = can_drop, .waited = drops },
    { .build = clear_profile, .take = probe_take_clear },
};

const struct probe_steps *probe_proving(void)
{
    static const struct probe_steps steps = { proving, COUNT(proving) };

    return &steps;
}
