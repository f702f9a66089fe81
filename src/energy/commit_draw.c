/* What is metered, held against what was confirmed: who does not obey? */
#include "energy/commit_parts.h"

enum {
    NORM_DA = 60, /* IEC 61851-1: below, a car is off, and what a meter shows is standby */
    MORE_SAMPLES = 8,
};

/* --- does it come down? --- */

static bool is_within(const struct commit *commit, const struct evse *evse, int32_t draw_da)
{
    return draw_da <= evse->limit_da + commit->rules.tolerance_da;
}

/* What it had, as long as nobody has seen the like of it come down: of one that is not proven, all
 * of it; of one that is, and is metered, the 6 A with which some go on when they are told 0. A
 * sample since it said yes counts also while it may still settle. */
void commit_fell(struct commit *commit, uint32_t id, int32_t before_da)
{
    struct evse *evse = &commit->evses[id];
    const struct layer *profile = &evse->layers[LAYER_PROFILE];
    const struct station *station = &commit->stations[evse->fixed.station];
    bool seen = profile->confirmed_da >= 0 && evse->heard_at != UTC_UNKNOWN &&
                evse->heard_at >= profile->confirmed_at && is_within(commit, evse, evse->heard_da);
    int32_t unseen_da = before_da;

    evse->fell_at = commit->now;
    if (seen)
        evse->unseen_da = evse->over_da = 0;
    if (commit_obeys(commit, evse))
        unseen_da = station->trust.stops || !station->metered || evse->limit_da >= NORM_DA ? 0
                    : before_da < NORM_DA ? before_da
                                          : NORM_DA;
    if (evse->session && !seen && unseen_da > evse->unseen_da)
        evse->unseen_da = unseen_da;
}

int32_t commit_held(const struct evse *evse)
{
    int32_t da = evse->unseen_da > evse->over_da ? evse->unseen_da : evse->over_da;

    return da > evse->limit_da ? da : 0;
}

/* Booked from the first sample that shows it; found by the second. */
static void see(struct commit *commit, uint32_t id, int32_t draw_da)
{
    struct evse *evse = &commit->evses[id];
    int32_t over_da = is_within(commit, evse, draw_da) ? 0 : draw_da;

    if (over_da == evse->over_da && (over_da > 0 || evse->unseen_da == 0))
        return;
    if (over_da == 0)
        evse->unseen_da = 0;
    evse->over_da = over_da;
    commit_refresh(commit, id);
}

/* Of one that is not proven: does it keep to what it said at least? */
static void doubt(struct commit *commit, uint32_t id, int32_t draw_da)
{
    struct evse *evse = &commit->evses[id];

    if (evse->exceeds || !evse->session)
        return;
    if (is_within(commit, evse, draw_da)) {
        evse->samples_over = 0;
        return;
    }
    if (++evse->samples_over < commit->rules.over_samples)
        return;
    evse->exceeds = true;
    commit_refresh(commit, id);
}

/* A little too much, and not by one sample: by the mean of the last ones that were at the limit.
 * What a car leaves of it says nothing of its station. */
static bool creeps(struct evse *evse, const struct commit_rules *rules, int32_t draw_da)
{
    int32_t more_da = draw_da - evse->limit_da;

    if (more_da < -rules->tolerance_da || evse->limit_da < NORM_DA)
        return false;
    evse->near_more_da += more_da;
    evse->near_part += rules->mean_tolerance_da * 1000 + evse->limit_da * rules->mean_permille;
    evse->near_count++;
    if (evse->near_count < rules->mean_samples)
        return false;
    if (evse->near_more_da * INT64_C(1000) > evse->near_part)
        return true;
    evse->near_more_da /= 2; /* the older ones count less and less */
    evse->near_part /= 2;
    evse->near_count /= 2;
    return false;
}

/* It draws more than it confirmed: by much in two samples, or by little for long. */
static bool breaks(struct evse *evse, const struct commit_rules *rules, int32_t draw_da)
{
    if (draw_da > evse->limit_da + rules->tolerance_da)
        return ++evse->samples_over >= rules->over_samples;
    evse->samples_over = 0;
    return creeps(evse, rules, draw_da);
}

/* What flows beyond the limit, and is not enough to call it disobedient (its pilot, its meter, its
 * car are not exact), is booked at once, also in the sessions that follow; a session that was at
 * its limit and drew less puts that right. */
static void weigh_more(struct commit *commit, uint32_t id, int32_t draw_da)
{
    struct evse *evse = &commit->evses[id];
    int32_t more_da = draw_da - evse->limit_da, tolerance_da = commit->rules.tolerance_da;

    if (!evse->session || evse->limit_da < NORM_DA || more_da < -tolerance_da ||
        more_da > tolerance_da)
        return;
    evse->more_samples++;
    if (more_da <= evse->more_seen_da)
        return;
    evse->more_seen_da = more_da;
    if (more_da <= evse->more_da)
        return;
    evse->more_da = more_da;
    commit_refresh(commit, id);
}

void commit_more_ends(struct evse *evse)
{
    if (evse->more_samples >= MORE_SAMPLES)
        evse->more_da = evse->more_seen_da;
    evse->more_seen_da = evse->more_samples = 0;
}

void commit_draw(struct commit *commit, uint32_t id, int32_t draw_da, utc_ms at, utc_ms now)
{
    struct evse *evse = &commit->evses[id];

    commit_advance(commit, now);
    commit->stations[evse->fixed.station].metered = true;
    if (at > evse->heard_at) {
        evse->heard_at = at;
        evse->heard_da = draw_da;
    }
    if (at <= evse->draw_at || at < evse->fell_at)
        return; /* known, or from before the limit that it is held against */
    evse->draw_at = at;
    if (evse->session && !evse->disobeys)
        see(commit, id, draw_da);
    if (!evse->disobeys)
        weigh_more(commit, id, draw_da);
    if (!commit->stations[evse->fixed.station].trust.obeys) {
        doubt(commit, id, draw_da);
        return;
    }
    if (evse->disobeys && draw_da > evse->drew_da) {
        evse->drew_da = draw_da;
        commit_refresh(commit, id);
    }
    if (evse->disobeys || !breaks(evse, &commit->rules, draw_da))
        return;
    evse->near_more_da = evse->near_part = evse->near_count = 0;
    evse->disobeys = true;
    evse->drew_da = draw_da;
    evse->over_da = evse->unseen_da = 0;            /* it is booked at its cap */
    commit_tell_again(commit, evse->fixed.station); /* it may have forgotten */
    commit_tell(commit, id, COMMIT_DISOBEYS);
    commit_refresh(commit, id);
}
