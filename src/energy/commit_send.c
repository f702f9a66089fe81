/* Which message may leave now, which first, and what its answer means. */
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
    FAILURES_MAX = 4, /* in a row: they double the wait up to here */
    FAILURES_TOLD = 3,
    URGENT_RETRY_MS = 1000, /* under a limit that is passed; doubles, too */
    REFUSED_MS = 90000, /* a raise that was refused counts so long: some do it all the same, and a
                           meter shows it by then */
    RENEWED_LEAST_MS = 30000, /* a lease that ends so little later is not worth a message */
    URGENT_LEAST_MS = 60000,  /* a lease that ends sooner is given anew, disk or not */
    WAITS_DA = -1,
    WORTH_DA = 10, /* a part of a raise below it is not worth a message */
};

/* Least important class first where power is taken away, most important where it is given; then the
 * largest amount. */
static int64_t rank(enum kind kind, uint8_t class, int64_t amount_da)
{
    int64_t order = kind <= KIND_LOWER ? UINT8_MAX - class : class;

    return ((int64_t)kind << 48) + (order << 40) + (((int64_t)1 << 38) - amount_da);
}

static bool obeys(const struct commit *commit, const struct evse *evse)
{
    return commit->stations[evse->fixed.station].trust.obeys && !evse->disobeys;
}

/* What it has now: what it said last, or at most. */
static int32_t held(const struct layer *layer, int32_t most)
{
    return layer->confirmed_da >= 0 ? layer->confirmed_da : most;
}

/* When a lease that is given now ends. */
static utc_ms lease_end(const struct commit *commit, uint32_t id)
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

static struct need need_profile(const struct commit *commit, uint32_t id)
{
    const struct evse *evse = &commit->evses[id];
    const struct layer *layer = &evse->layers[LAYER_PROFILE];
    int32_t most = possible_most(&evse->profile, commit->now), da = layer->wanted_da;
    int32_t floor = commit_floor(commit, id), in_force = held(layer, most < 0 ? floor : most);
    struct need need = { .layer = LAYER_PROFILE, .da = da };

    if (!evse->session || da < 0 || commit->now < layer->retry_at)
        return need;
    /* Without a profile the fail-safe is in force: nothing to say. */
    if (most < 0 && da == floor && evse->layers[LAYER_DEFAULT].wanted_da == da)
        return need;
    if (da == layer->confirmed_da) {
        need.any = da != floor && commit->now >= renew_at(commit, layer) &&
                   lease_end(commit, id) >= layer->ends_at + RENEWED_LEAST_MS;
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
    need.urgent = da < evse->now_da && obeys(commit, evse) && commit_path_over(commit, id);
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
    need.urgent = !need.is_raise && obeys(commit, evse) && commit_path_over(commit, id);
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
               commit->now >= layer->retry_at && layer->failures < FAILURES_TOLD;
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

/* --- sends ------------------------------------------------------------------------------- */

static bool budget_has_one(struct commit *commit)
{
    int64_t most = (int64_t)commit->rules.sends_per_s * 1000;
    int64_t passed_ms = commit->budget_at == UTC_UNKNOWN ? 0 : commit->now - commit->budget_at;

    commit->budget_at = commit->now;
    commit->budget =
        passed_ms > 1000 ? most : commit->budget + passed_ms * commit->rules.sends_per_s;
    if (commit->budget > most)
        commit->budget = most;
    return commit->budget >= 1000;
}

static int32_t whole_steps(const struct evse *evse, int32_t room)
{
    if (evse->fixed.step_da == 0 || room < evse->fixed.min_da)
        return 0;
    return room - (room - evse->fixed.min_da) % evse->fixed.step_da;
}

/* What may leave of it now, or WAITS_DA. A raise needs room up to the root. So does a lower value
 * where what is in force is not sure, since that may be less; then as much as there is room for. */
static int32_t allowed(const struct commit *commit, uint32_t id, const struct need *need)
{
    const struct evse *evse = &commit->evses[id];
    int32_t most = possible_most(&evse->profile, commit->now), room, part;

    if (need->layer == LAYER_STATION ||
        (!need->is_raise && evse->layers[need->layer].confirmed_da >= 0))
        return need->da;
    room = commit_room(commit, id, need->layer, need->da);
    if (room >= need->da)
        return need->da;
    part = need->layer == LAYER_PROFILE ? whole_steps(evse, room) : 0;
    if (!need->is_raise) /* one that refuses the part, 0 A for example, is counted at more anyhow */
        return evse->layers[need->layer].failures > 0 ? need->da : part;
    if (commit->now < evse->wanted_at + commit->rules.partial_ms)
        return WAITS_DA;
    return part >= most + WORTH_DA && part > evse->claimed_da ? part : WAITS_DA;
}

static void fly(struct commit *commit, uint32_t id, const struct need *need)
{
    struct evse *evse = &commit->evses[id];
    struct station *station = &commit->stations[evse->fixed.station];
    const struct commit_rules *rules = &commit->rules;
    bool leases = commit_leases(commit, id);

    station->flight = (struct flight){
        .id = ++commit->calls << 18 | evse->fixed.station,
        .evse = id,
        .layer = need->layer,
        .da = need->da,
        .ends_at = UTC_NEVER,
        .until = UTC_NEVER,
    };
    if (need->layer == LAYER_PROFILE && station->trust.linked) {
        station->flight.ends_at = station->flight.until = COMMIT_LINKED;
    } else if (need->layer == LAYER_PROFILE && leases) {
        station->flight.ends_at = lease_end(commit, id);
        /* What must come down at once waits for no disk: it goes within the lease that is written.
         */
        if (need->urgent && evse->layers[LAYER_PROFILE].confirmed_da >= 0 &&
            evse->layers[LAYER_PROFILE].ends_at > commit->now + URGENT_LEAST_MS &&
            evse->layers[LAYER_PROFILE].ends_at < station->flight.ends_at)
            station->flight.ends_at = evse->layers[LAYER_PROFILE].ends_at;
        station->flight.until = station->flight.ends_at + rules->skew_ms + station->trust.settle_ms;
    }
    station->late.id = 0;
    station->slot_since = commit->now;
    station->close_told = false;
    evse->wanted_at = commit->now; /* the rest of a part waits again */
}

static void fill_send(struct commit *commit, uint32_t id, const struct need *need,
                      struct commit_send *send)
{
    struct evse *evse = &commit->evses[id];
    const struct station *station = &commit->stations[evse->fixed.station];

    *send = (struct commit_send){
        .id = station->flight.id,
        .station = evse->fixed.station,
        .evse = id,
        .layer = need->layer,
        .limit_da = need->da,
        .ends_at = station->flight.ends_at,
        .offset_ms = station->offset_ms,
        .urgent = need->urgent,
        .durable = commit_durable(commit, id),
    };
    send->log_first = commit_is_higher(&send->durable, &evse->logged);
    evse->logged = send->durable;
}

/* Takes one from the budget, which what is urgent has no need of. */
static bool budget_take(struct commit *commit, const struct need *need)
{
    if (need->urgent)
        return true;
    if (!budget_has_one(commit)) {
        commit->short_of_budget = true;
        return false;
    }
    commit->budget -= 1000;
    return true;
}

bool commit_next(struct commit *commit, utc_ms now, struct commit_send *send)
{
    uint32_t id;
    int64_t key;

    commit_advance(commit, now);
    commit->short_of_budget = false;
    while (order_first(&commit->ready, &id, &key)) { /* each turn takes it out, moves it, or ends */
        struct evse *evse = &commit->evses[id];
        struct need need = commit_need(commit, id);
        int32_t da;

        if (!need.any || need.rank != key) {
            commit_refresh(commit, id);
            continue;
        }
        da = allowed(commit, id, &need);
        if (da == WAITS_DA) {
            evse->waits = true;
            commit_refresh(commit, id);
            continue;
        }
        if (commit->logs > 0 && need.is_raise)
            return false; /* the room that it takes is not on disk yet */
        need.da = da;
        if (!budget_take(commit, &need))
            return false;
        fly(commit, id, &need);
        fill_send(commit, id, &need, send);
        commit_refresh_station(commit, evse->fixed.station);
        return true;
    }
    return false;
}

utc_ms commit_wake(const struct commit *commit)
{
    uint32_t id;
    int64_t at = UTC_NEVER;

    if (!order_first(&commit->timers, &id, &at))
        at = UTC_NEVER;
    if (commit->room_grew || commit->over_unsure || commit->logs > 0)
        return commit->now;
    if (commit->short_of_budget) {
        int64_t ms =
            (1000 - commit->budget + commit->rules.sends_per_s - 1) / commit->rules.sends_per_s;

        if (commit->budget_at + ms < at)
            at = commit->budget_at + (ms > 0 ? ms : 1);
    }
    return at;
}

/* --- answers ----------------------------------------------------------------------------- */

static struct possible *values_of(struct evse *evse, enum commit_layer layer)
{
    return layer == LAYER_PROFILE ? &evse->profile : &evse->failsafe;
}

static void accepted(struct commit *commit, const struct flight *flight)
{
    struct evse *evse = &commit->evses[flight->evse];
    struct layer *layer = &evse->layers[flight->layer];
    struct possible *values = values_of(evse, flight->layer);
    int32_t settle_ms = commit->stations[evse->fixed.station].trust.settle_ms;

    layer->failures = 0;
    layer->retry_at = 0;
    if (flight->layer == LAYER_STATION) {
        layer->confirmed_da = flight->da;
        return;
    }
    if (flight->is_old) { /* of a session that is over: it may be there or not */
        possible_add(values, flight->da, flight->until, false);
        return;
    }
    /* Calls arrive in order: all before this one are replaced. */
    possible_end(values, commit->now + settle_ms, true);
    possible_add(values, flight->da, flight->until, false);
    layer->confirmed_da = flight->da;
    layer->ends_at = flight->ends_at;
}

static void failed(struct commit *commit, const struct flight *flight, bool said_no)
{
    struct evse *evse = &commit->evses[flight->evse];
    struct layer *layer = &evse->layers[flight->layer];

    if (said_no && flight->layer != LAYER_STATION)
        possible_add(values_of(evse, flight->layer), flight->da, commit->now + REFUSED_MS, false);
    layer->retry_at = commit->now + (commit_path_over(commit, flight->evse)
                                         ? (int64_t)URGENT_RETRY_MS << layer->failures
                                         : (int64_t)commit->rules.retry_ms << layer->failures);
    if (layer->failures < FAILURES_MAX)
        layer->failures++;
    if (said_no && layer->failures == FAILURES_TOLD)
        commit_tell(commit, flight->evse, COMMIT_REJECTS);
}

/* It may have been taken up, or may be yet while the connection stands. */
static void lost(struct commit *commit, const struct flight *flight, bool here)
{
    struct evse *evse = &commit->evses[flight->evse];

    if (flight->layer == LAYER_STATION)
        return;
    possible_add(values_of(evse, flight->layer), flight->da, flight->until, here);
    if (!flight->is_old)
        evse->layers[flight->layer].confirmed_da = -1;
}

static void answer_late(struct commit *commit, struct station *station, uint64_t id,
                        enum commit_result result)
{
    if (station->late.id != id || result != COMMIT_ACCEPTED)
        return;
    station->late.id = 0;
    accepted(commit, &station->late);
}

static void answer_due(struct commit *commit, struct station *station, enum commit_result result)
{
    struct flight flight = station->flight;

    station->flight.id = 0;
    station->slot_since = UTC_UNKNOWN;
    if (result == COMMIT_ACCEPTED) {
        accepted(commit, &flight);
    } else if (result != COMMIT_NOT_SENT) {
        failed(commit, &flight, result == COMMIT_REJECTED);
        if (result == COMMIT_NO_ANSWER) {
            lost(commit, &flight, station->here);
            station->late = flight;
        }
    }
}

void commit_answer(struct commit *commit, uint64_t id, enum commit_result result, utc_ms now)
{
    uint32_t index = (uint32_t)(id & ((1u << 18) - 1));
    struct station *station = &commit->stations[index];

    check(index < commit->station_count);
    commit_advance(commit, now);
    if (station->flight.id != id)
        answer_late(commit, station, id, result);
    else
        answer_due(commit, station, result);
    commit_refresh_station(commit, index);
}

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

/* --- stations ---------------------------------------------------------------------------- */

void commit_station(struct commit *commit, uint32_t id, bool here, utc_ms now)
{
    struct station *station = &commit->stations[id];

    commit_advance(commit, now);
    if (station->flight.id != 0)
        lost(commit, &station->flight, false);
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
    if (!here)
        commit_unlink(commit, id);
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
    commit_tell_again(commit, id);
}
