/* probe_prove.c: does what flows follow? In the first session, by the meter. */
#include "dispatch/probe_parts.h"

enum {
    ENOUGH_DA = 80, /* so much has to flow before a lower limit says anything */
    ENOUGH_TIMES = 2,
    LOW_DA = 60,
    LOW_GENTLE_DA = 80, /* some cars stop below, and sulk (SmartEVSE-3.5#335) */
    APART_DA = 20,      /* between what flows, the limit and the default */
    RAISE_S = 1200,
    LEASE_S = 120,
    BACKDATE_S = 10,
    DRAW_WAIT_MS = 900000,
    FALL_WAIT_MS = 120000,
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
    if (probe->station.lease_ok) {
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

static enum err raise(struct probe *probe, utc_ms now, struct arena *arena,
                      struct charging_call *call)
{
    probe->trial_da = probe->station.cap_da;
    return set_profile(probe, RAISE_S, now, arena, call);
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
    int32_t low = high >= LOW_GENTLE_DA ? LOW_GENTLE_DA : LOW_DA;
    int32_t apart = low > failsafe ? low - failsafe : failsafe - low;

    if (apart >= APART_DA || failsafe < LOW_DA)
        return low;
    if (failsafe + APART_DA <= high)
        return failsafe + APART_DA;
    return LOW_DA;
}

static enum err lower(struct probe *probe, utc_ms now, struct arena *arena,
                      struct charging_call *call)
{
    probe->trial_da = low_limit(probe);
    return set_profile(probe, LEASE_S, now, arena, call);
}

/* How long from the answer until a meter showed it. */
static void saw(struct probe *probe, utc_ms since, utc_ms now)
{
    int64_t took_ms = now - since;

    behaviour_saw_latency(&probe->found, took_ms > INT32_MAX ? INT32_MAX : (int32_t)took_ms);
}

static bool falls(struct probe *probe, utc_ms now)
{
    int32_t limit = probe->trial_da;

    probe->wake_at = probe->answered_at + FALL_WAIT_MS;
    if (probe->fresh && probe->draw_da <= limit + tolerance(limit)) {
        saw(probe, probe->answered_at, probe->draw_at);
        /* A car that fell to nothing may have ended by itself. */
        probe->to_zero = probe->draw_da < NOTHING_DA;
        if (!probe->to_zero)
            probe->found.obeys = PROOF_YES;
        return true;
    }
    if (now < probe->wake_at)
        return false;
    if (probe->samples > 0)
        probe->found.obeys = PROOF_NO;
    else
        probe->gave_up = true; /* nobody measures: nothing is known */
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
    { holds_back, raise, take_set, NULL, true },
    { goes_on, NULL, NULL, flows, false },
    { goes_on, lower, take_set, NULL, true },
    { goes_on, NULL, NULL, falls, false },
    { was_leased, NULL, NULL, lapses, false },
    { NULL, clear_profile, probe_take_clear, NULL, false },
};

const struct probe_steps *probe_proving(void)
{
    static const struct probe_steps steps = { proving, COUNT(proving) };

    return &steps;
}
