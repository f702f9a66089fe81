/* Facts: limits, stations, sessions, clocks. */
#include "energy/commit_parts.h"

void commit_limits(struct commit *commit, uint32_t node, const int32_t limit_da[LINE_COUNT],
                   int64_t limit_w, utc_ms now)
{
    commit_advance(commit, now);
    tree_set_limits(commit->booked, node, limit_da, limit_w);
    tree_set_limits(commit->now_tree, node, limit_da, limit_w);
    tree_set_limits(commit->claimed, node, limit_da, limit_w);
    commit->room_grew = commit->over_unsure = commit->limits_changed = true;
}

void commit_base(struct commit *commit, uint32_t node, const int32_t base_da[LINE_COUNT],
                 int64_t base_w, utc_ms now)
{
    commit_advance(commit, now);
    tree_set_base(commit->booked, node, base_da, base_w);
    tree_set_base(commit->now_tree, node, base_da, base_w);
    tree_set_base(commit->claimed, node, base_da, base_w);
    commit->room_grew = commit->over_unsure = commit->limits_changed = true;
}

void commit_wires(struct commit *commit, uint32_t id, wire_set wires, uint8_t wires_live,
                  utc_ms now)
{
    struct evse *evse = &commit->evses[id];

    commit_advance(commit, now);
    evse->wires_next = wires;
    evse->wires_live_next = wires_live;
    evse->wires_wait = !evse->session;
    commit_refresh(commit, id);
}

void commit_leases_by(struct commit *commit, utc_ms drop_at, utc_ms now)
{
    commit_advance(commit, now);
    if (commit->drop_at == drop_at)
        return;
    commit->drop_at = drop_at;
    commit->drop_look_at = 0;
    commit->drop_left = commit->evse_count;
    commit_settle(commit);
}

/* Leases that nobody can rely on have no end. */
static void distrust_leases(struct commit *commit, uint32_t station, bool linked)
{
    struct station *s = &commit->stations[station];

    if (linked || s->flight.until != COMMIT_LINKED)
        s->flight.until = UTC_NEVER;
    if (linked || s->late.until != COMMIT_LINKED)
        s->late.until = UTC_NEVER;
    for (uint32_t i = s->first; i < s->first + s->count; i++) {
        struct possible *profile = &commit->evses[i].profile;

        possible_prune(profile, commit->now);
        for (uint32_t k = 0; k < profile->count; k++)
            if (linked || profile->values[k].until != COMMIT_LINKED)
                profile->values[k].until = UTC_NEVER;
    }
}

/* It may have restarted, and hold nothing. */
static void forget(struct commit *commit, uint32_t station)
{
    const struct station *s = &commit->stations[station];

    for (uint32_t i = s->first; i < s->first + s->count && s->trust.forgets; i++)
        commit_know_nothing(&commit->evses[i], false);
}

void commit_trust(struct commit *commit, uint32_t station, const struct commit_trust *trust,
                  utc_ms now)
{
    struct station *s = &commit->stations[station];

    bool gained = s->judged && !s->trust.obeys && trust->obeys;
    bool learned = s->judged && !s->trust.forgets && trust->forgets;

    check(trust->settle_ms >= 0);
    check(trust->quick_ms >= 0 && trust->quick_ms <= trust->settle_ms);
    commit_advance(commit, now);
    s->judged = true;
    if ((s->trust.leases && !trust->leases) || (s->trust.linked && !trust->linked))
        distrust_leases(commit, station, s->trust.linked && !trust->linked);
    for (uint32_t i = s->first; i < s->first + s->count && gained; i++) {
        commit->evses[i].disobeys = commit->evses[i].exceeds = false;
        commit->evses[i].drew_da = 0;
        commit->evses[i].samples_over = 0;
        commit->evses[i].unseen_da = commit->evses[i].over_da = 0;
        commit_know_nothing(&commit->evses[i], commit->evses[i].session);
    }
    s->trust = *trust;
    if (learned)
        forget(commit, station);
    if (!s->here)
        commit_unlink(commit, station);
    commit_refresh_station(commit, station);
}

static void shift(struct flight *flight, int64_t back)
{
    if (back > 0 && flight->until < COMMIT_LINKED - back)
        flight->until += back;
    if (back < 0 && flight->ends_at < COMMIT_LINKED)
        flight->ends_at += back; /* its clock went forward: ends earlier */
}

void commit_cleared(struct commit *commit, uint32_t station, utc_ms now)
{
    const struct station *s = &commit->stations[station];

    commit_advance(commit, now);
    for (uint32_t i = s->first; i < s->first + s->count; i++)
        commit_know_nothing(&commit->evses[i], commit->evses[i].session);
    commit_refresh_station(commit, station);
}

void commit_clock(struct commit *commit, uint32_t station, int64_t offset_ms, utc_ms now)
{
    struct station *s = &commit->stations[station];
    int64_t back = s->offset_ms - offset_ms;
    bool leased = commit_leases(commit, s->first);

    commit_advance(commit, now);
    s->offset_ms = offset_ms;
    if (leased && !commit_leases(commit, s->first)) {
        distrust_leases(commit, station, false);
        commit_tell(commit, s->first, COMMIT_CLOCK);
    }
    shift(&s->flight, back);
    shift(&s->late, back);
    for (uint32_t i = s->first; i < s->first + s->count; i++) {
        struct layer *layer = &commit->evses[i].layers[LAYER_PROFILE];

        if (back > 0)
            possible_shift(&commit->evses[i].profile, back);
        else if (layer->ends_at < COMMIT_LINKED)
            layer->ends_at += back;
    }
    commit_refresh_station(commit, station);
}

/* A call of a session that is over. */
static void outlive(struct flight *flight, uint32_t evse)
{
    if (flight->evse == evse && flight->layer == LAYER_PROFILE)
        flight->is_old = true;
}

void commit_session(struct commit *commit, uint32_t id, bool runs, utc_ms now)
{
    struct evse *evse = &commit->evses[id];
    struct station *station = &commit->stations[evse->fixed.station];

    commit_advance(commit, now);
    if (evse->session && !runs)
        commit_more_ends(evse);
    evse->session = runs;
    evse->exceeds = evse->asked = false;
    evse->unseen_da = evse->over_da = 0;
    evse->heard_at = UTC_UNKNOWN;
    if (!runs) {
        /* The station drops a session's profile with it: 1.6 §5.16.3, 2.0.1 K01.FR.09. A call that
         * may still be under way could meet the next session. */
        possible_end(&evse->profile, now + station->trust.settle_ms, false);
        evse->layers[LAYER_PROFILE] = (struct layer){ .wanted_da = -1, .confirmed_da = -1 };
        outlive(&station->flight, id);
        outlive(&station->late, id);
    } else {
        /* The next car is there: its wires count, also where the last one's profile still does.
           Its own would keep them waiting. */
        evse->wires_wait = false;
    }
    if (runs && evse->disobeys)
        commit_tell_again(commit, evse->fixed.station); /* it may listen now */
    evse->waits = false;
    commit_refresh(commit, id);
}

void commit_restate(struct commit *commit, uint32_t id, int32_t da, utc_ms now)
{
    struct evse *evse = &commit->evses[id];
    int32_t most;

    check(da >= 0);
    commit_advance(commit, now);
    if (evse->profile.count == 0)
        return;
    da = commit_capped(evse, da);
    most = possible_most(&evse->profile, now);
    possible_add(&evse->profile, da, possible_until(&evse->profile), false);
    /* What it confirmed is the most of what that may mean, or nothing that can be relied on. */
    evse->layers[LAYER_PROFILE].confirmed_da = da > most ? da : -1;
    commit_refresh(commit, id);
}

void commit_foreign(struct commit *commit, uint32_t id, int32_t da, utc_ms now)
{
    struct evse *evse = &commit->evses[id];

    check(da >= 0);
    commit_advance(commit, now);
    da = commit_capped(evse, da);
    if (evse->foreign_da == da)
        return;
    evse->foreign_da = da;
    commit_refresh(commit, id);
}

void commit_asked(struct commit *commit, uint32_t id, utc_ms now)
{
    commit_advance(commit, now);
    commit->evses[id].asked = commit->evses[id].session;
    commit_refresh(commit, id);
}

/* --- stations ---------------------------------------------------------------------------- */

void commit_unlink(struct commit *commit, uint32_t id)
{
    const struct station *station = &commit->stations[id];
    const struct commit_rules *rules = &commit->rules;
    utc_ms by = commit->now + rules->notice_ms + rules->offline_ms + rules->skew_ms +
                station->trust.settle_ms;

    for (uint32_t i = station->first; i < station->first + station->count && station->trust.linked;
         i++)
        possible_unlink(&commit->evses[i].profile, by);
}

void commit_station(struct commit *commit, uint32_t id, bool here, utc_ms now)
{
    struct station *station = &commit->stations[id];

    commit_advance(commit, now);
    if (station->flight.id != 0)
        commit_lost(commit, &station->flight, false);
    station->flight.id = station->late.id = 0;
    station->here = here;
    station->close_told = false;
    station->slot_since = UTC_UNKNOWN;
    for (uint32_t i = station->first; i < station->first + station->count; i++) {
        struct evse *evse = &commit->evses[i];

        possible_landed(&evse->profile);
        possible_landed(&evse->failsafe);
        for (uint32_t k = 0; k < LAYER_COUNT && here; k++)
            evse->layers[k].retry_at = 0;
        if (here && station->trust.linked) { /* it has its profile, or dropped it */
            possible_link(&evse->profile);
            evse->layers[LAYER_PROFILE].confirmed_da = -1;
        }
    }
    if (!here) {
        commit_unlink(commit, id);
        forget(commit, id);
    }
    commit_refresh_station(commit, id);
}

void commit_tell_again(struct commit *commit, uint32_t id)
{
    const struct station *station = &commit->stations[id];

    for (uint32_t i = station->first; i < station->first + station->count; i++)
        for (uint32_t k = 0; k < LAYER_COUNT; k++) {
            commit->evses[i].layers[k].confirmed_da = -1;
            commit->evses[i].layers[k].failures = 0;
            commit->evses[i].layers[k].retry_at = 0;
        }
    commit_refresh_station(commit, id);
}

void commit_booted(struct commit *commit, uint32_t id, utc_ms now)
{
    commit_advance(commit, now);
    forget(commit, id);
    commit_tell_again(commit, id);
}
