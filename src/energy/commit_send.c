/* Which message may leave now. */
#include "energy/commit_parts.h"

enum {
    URGENT_LEAST_MS = 60000, /* a lease that ends sooner is given anew, disk or not */
    WAITS_DA = -1,
    WORTH_DA = 10, /* a part of a raise below it is not worth a message */
};

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
    if (evse->fixed.step_da == 0 || room < evse->least_da)
        return 0;
    return room - (room - evse->least_da) % evse->fixed.step_da;
}

/* Where what is in force is not sure, and as much of it as there is room for. One that refuses 0 A
 * is told its least, which is no more than it may have anyhow: its wish would have the right of way
 * over all that is booked. */
static int32_t unsure(const struct commit *commit, uint32_t id, const struct need *need,
                      int32_t part)
{
    const struct evse *evse = &commit->evses[id];
    int32_t least = evse->fixed.min_da, most = possible_most(&evse->failsafe, commit->now);

    if (need->layer == LAYER_PROFILE && possible_most(&evse->profile, commit->now) > most)
        most = possible_most(&evse->profile, commit->now);
    return part == 0 && evse->layers[need->layer].no_zero && least <= most ? least : part;
}

/* What may leave of it now, or WAITS_DA. A raise needs room up to the root. So does a lower value
 * where what is in force is not sure, since that may be less. */
static int32_t allowed(const struct commit *commit, uint32_t id, const struct need *need)
{
    const struct evse *evse = &commit->evses[id];
    int32_t most = possible_most(&evse->profile, commit->now), room, part;

    if (need->layer == LAYER_STATION ||
        (!need->is_raise && evse->layers[need->layer].confirmed_da >= 0))
        return need->da;
    if (!need->is_raise && need->da == 0)
        return unsure(commit, id, need, 0);
    room = commit_room(commit, id, need->layer, need->da);
    if (room >= need->da)
        return need->da;
    part = need->layer == LAYER_PROFILE ? whole_steps(evse, room) : 0;
    if (!need->is_raise)
        return unsure(commit, id, need, part);
    if (commit->now < evse->wanted_at + commit->rules.partial_ms)
        return WAITS_DA;
    return part >= most + WORTH_DA && part > evse->said_da ? part : WAITS_DA;
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
    if (need->layer == LAYER_PROFILE && commit_links(commit, id)) {
        station->flight.ends_at = station->flight.until = COMMIT_LINKED;
    } else if (need->layer == LAYER_PROFILE && leases) {
        station->flight.ends_at = commit_lease_end(commit, id);
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

/* What is asked for next most likely, while its message is made: of a large site it is in no cache.
 */
static void fetch_next(const struct commit *commit)
{
    enum { LINE = 64 };
    uint32_t id;
    int64_t rank;

    if (!order_first(&commit->ready, &id, &rank))
        return;
    for (size_t i = 0; i < sizeof *commit->evses; i += LINE)
        __builtin_prefetch((const char *)&commit->evses[id] + i);
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
            if (++commit->waited < COMMIT_AT_ONCE || commit->evse_count <= COMMIT_AT_ONCE)
                continue;
            return false; /* enough for this millisecond: commit_wake */
        }
        if (commit->logs > 0 && need.is_raise)
            return false; /* the room that it takes is not on disk yet */
        need.da = da;
        if (!budget_take(commit, &need))
            return false;
        fly(commit, id, &need);
        fill_send(commit, id, &need, send);
        commit_refresh_station(commit, evse->fixed.station);
        fetch_next(commit);
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
    if (commit->room_grew || commit->over_unsure || commit->told_count > 0)
        return commit->now;
    if (at <= commit->now)
        at = commit->now + 1; /* of a large site some are left (COMMIT_WORK) */
    if (commit->look_left > 0 || commit->unsettled_left > 0 || commit->drop_left > 0 ||
        (commit->waited >= COMMIT_AT_ONCE && commit->evse_count > COMMIT_AT_ONCE))
        at = commit->now + 1 < at ? commit->now + 1 : at;
    if (commit->short_of_budget) {
        int64_t ms =
            (1000 - commit->budget + commit->rules.sends_per_s - 1) / commit->rules.sends_per_s;

        if (commit->budget_at + ms < at)
            at = commit->budget_at + (ms > 0 ? ms : 1);
    }
    return at;
}
