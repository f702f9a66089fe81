/* What each EVSE has to send, and which goes first. */
#include "energy/commit_parts.h"

/* Order of what is sent. Inside: see rank(). */
enum kind {
    KIND_URGENT,       /* lowers a profile under a limit that is passed */
    KIND_URGENT_FLOOR, /* lowers a fail-safe there */
    KIND_LOWER,
    KIND_RENEW,
    KIND_RAISE,
    KIND_RAISE_FLOOR,
    KIND_STATION,
};

enum {
    RENEWED_LEAST_MS = 30000, /* a lease that ends so little later is not worth a message */
};

/* Least important class first where power is taken away, most important where it is given; then the
 * largest amount. */
static int64_t rank(enum kind kind, uint8_t class, int64_t amount_da)
{
    int64_t order = kind <= KIND_LOWER ? UINT8_MAX - class : class;

    return ((int64_t)kind << 48) + (order << 40) + (((int64_t)1 << 38) - amount_da);
}

/* What it has now: what it said last, or at most. */
static int32_t held(const struct layer *layer, int32_t most)
{
    return layer->confirmed_da >= 0 ? layer->confirmed_da : most;
}

utc_ms commit_lease_end(const struct commit *commit, uint32_t id)
{
    const struct station *station = &commit->stations[commit->evses[id].fixed.station];
    utc_ms end = commit->now + commit->rules.lease_ms, latest;

    if (commit->drop_at == UTC_NEVER)
        return end;
    latest = commit->drop_at - commit->rules.skew_ms - station->trust.settle_ms;
    return latest < end && latest > commit->now + RENEWED_LEAST_MS ? latest : end;
}

/* When half of the lease is over; UTC_NEVER: it has none. */
static utc_ms renew_at(const struct commit *commit, const struct layer *layer)
{
    return layer->ends_at >= COMMIT_LINKED ? UTC_NEVER
                                           : layer->ends_at - commit->rules.lease_ms / 2;
}

bool commit_links(const struct commit *commit, uint32_t id)
{
    return commit->stations[commit->evses[id].fixed.station].trust.linked &&
           commit->drop_at == UTC_NEVER;
}

/* What is wished; before a limit that falls by the clock, where nothing would end it in time, no
 * more than the fail-safe. */
static int32_t wanted(const struct commit *commit, uint32_t id, int32_t floor)
{
    int32_t da = commit->evses[id].layers[LAYER_PROFILE].wanted_da;
    bool links = commit->stations[commit->evses[id].fixed.station].trust.linked;

    return links && !commit_links(commit, id) && !commit_leases(commit, id) && da > floor ? floor
                                                                                          : da;
}

/* Its lease is half over, or it may be without us for longer than until a limit falls. */
static bool is_to_renew(const struct commit *commit, uint32_t id)
{
    const struct layer *layer = &commit->evses[id].layers[LAYER_PROFILE];

    if (layer->ends_at == COMMIT_LINKED)
        return !commit_links(commit, id);
    return commit->now >= renew_at(commit, layer) &&
           commit_lease_end(commit, id) >= layer->ends_at + RENEWED_LEAST_MS;
}

static struct need need_profile(const struct commit *commit, uint32_t id)
{
    const struct evse *evse = &commit->evses[id];
    const struct layer *layer = &evse->layers[LAYER_PROFILE];
    int32_t floor = commit_floor(commit, id), da = wanted(commit, id, floor);
    int32_t most = possible_most(&evse->profile, commit->now);
    int32_t in_force = held(layer, most < 0 ? floor : most);
    struct need need = { .layer = LAYER_PROFILE, .da = da };

    if (!evse->session || da < 0 || commit->now < layer->retry_at)
        return need;
    /* Without a profile the fail-safe is in force: nothing to say. */
    if (most < 0 && da == floor && evse->layers[LAYER_DEFAULT].wanted_da == da && !evse->asked)
        return need;
    if (da == layer->confirmed_da) {
        need.any = evse->asked || (da != floor && is_to_renew(commit, id));
        need.rank = rank(KIND_RENEW, evse->class, da);
        return need;
    }
    need.any = true;
    if (da > in_force) {
        need.any =
            evse->wires_next == 0 || da <= floor; /* else the wires that it needs come first */
        need.is_raise = true;
        need.rank = rank(KIND_RAISE, evse->class, da - in_force);
        return need;
    }
    need.urgent = da < evse->now_da && commit_obeys(commit, evse) && commit_path_over(commit, id);
    need.rank = rank(need.urgent ? KIND_URGENT : KIND_LOWER, evse->class, in_force - da);
    return need;
}

static struct need need_default(const struct commit *commit, uint32_t id)
{
    const struct evse *evse = &commit->evses[id];
    const struct layer *layer = &evse->layers[LAYER_DEFAULT];
    int32_t most = held(layer, possible_most(&evse->failsafe, commit->now)), da = layer->wanted_da;
    struct need need = { .layer = LAYER_DEFAULT, .da = da };

    if (da < 0 || da == layer->confirmed_da || commit->now < layer->retry_at)
        return need;
    need.any = true;
    need.is_raise = da > most;
    need.urgent = !need.is_raise && commit_obeys(commit, evse) && commit_path_over(commit, id);
    need.rank = rank(need.is_raise ? KIND_RAISE_FLOOR
                     : need.urgent ? KIND_URGENT_FLOOR
                                   : KIND_LOWER,
                     evse->class, need.is_raise ? da - most : most - da);
    return need;
}

static struct need need_station(const struct commit *commit, uint32_t id)
{
    const struct layer *layer = &commit->evses[id].layers[LAYER_STATION];
    struct need need = { .layer = LAYER_STATION, .da = layer->wanted_da };

    need.any = layer->wanted_da >= 0 && layer->wanted_da != layer->confirmed_da &&
               commit->now >= layer->retry_at && layer->failures < COMMIT_REFUSED_TIMES;
    need.rank = rank(KIND_STATION, 0, 0);
    return need;
}

struct need commit_need(const struct commit *commit, uint32_t id)
{
    struct need best = need_profile(commit, id);
    struct need others[] = { need_default(commit, id), need_station(commit, id) };

    for (uint32_t i = 0; i < COUNT(others); i++)
        if (others[i].any && (!best.any || others[i].rank < best.rank))
            best = others[i];
    return best;
}

utc_ms commit_need_at(const struct commit *commit, uint32_t id)
{
    const struct evse *evse = &commit->evses[id];
    const struct layer *profile = &evse->layers[LAYER_PROFILE];
    utc_ms at = UTC_NEVER, renew = renew_at(commit, profile);

    for (uint32_t i = 0; i < LAYER_COUNT; i++)
        if (evse->layers[i].retry_at > commit->now && evse->layers[i].retry_at < at)
            at = evse->layers[i].retry_at;
    if (profile->confirmed_da >= 0 && renew > commit->now && renew < at)
        at = renew;
    if (evse->waits && evse->wanted_at + commit->rules.partial_ms > commit->now &&
        evse->wanted_at + commit->rules.partial_ms < at)
        at = evse->wanted_at + commit->rules.partial_ms;
    return at;
}

/* --- wishes ------------------------------------------------------------------------------ */

static void want(struct commit *commit, uint32_t id, enum commit_layer layer_id, int32_t da)
{
    struct evse *evse = &commit->evses[id];
    struct layer *layer = &evse->layers[layer_id];

    if (layer->wanted_da == da)
        return;
    layer->wanted_da = da;
    layer->retry_at = 0; /* another value may be taken */
    layer->failures = 0;
    if (layer_id == LAYER_PROFILE)
        evse->wanted_at = commit->now;
    evse->waits = false;
    commit_refresh(commit, id);
}

void commit_wish(struct commit *commit, uint32_t id, int32_t target_da, uint8_t class, utc_ms now)
{
    struct evse *evse = &commit->evses[id];

    check(target_da >= 0);
    commit_advance(commit, now);
    evse->class = class;
    want(commit, id, LAYER_PROFILE,
         target_da < evse->fixed.cap_da ? target_da : evse->fixed.cap_da);
}

void commit_least(struct commit *commit, uint32_t id, int32_t least_da)
{
    check(least_da >= 0);
    commit->evses[id].least_da = least_da;
}

void commit_failsafe(struct commit *commit, uint32_t id, int32_t failsafe_da, utc_ms now)
{
    int32_t cap = commit->evses[id].fixed.cap_da;

    check(failsafe_da >= 0);
    commit_advance(commit, now);
    want(commit, id, LAYER_DEFAULT, failsafe_da < cap ? failsafe_da : cap);
}

void commit_station_max(struct commit *commit, uint32_t station, int32_t max_da, utc_ms now)
{
    check(max_da >= 0);
    commit_advance(commit, now);
    want(commit, commit->stations[station].first, LAYER_STATION, max_da);
}
