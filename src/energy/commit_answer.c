/* What an answer means, and none. */
#include "energy/commit_parts.h"

enum {
    FAILURES_MAX = 4,       /* in a row: they double the wait up to here */
    URGENT_RETRY_MS = 1000, /* under a limit that is passed; doubles, too */
    REFUSED_MS = 90000, /* a raise that was refused counts so long: some do it all the same, and a
                           meter shows it by then */
};

static struct possible *values_of(struct evse *evse, enum commit_layer layer)
{
    return layer == LAYER_PROFILE ? &evse->profile : &evse->failsafe;
}

static void accepted(struct commit *commit, const struct flight *flight)
{
    struct evse *evse = &commit->evses[flight->evse];
    struct layer *layer = &evse->layers[flight->layer];
    struct possible *values = values_of(evse, flight->layer);
    const struct commit_trust *trust = &commit->stations[evse->fixed.station].trust;
    int32_t settle_ms = trust->quick_ms > 0 ? trust->quick_ms : trust->settle_ms;

    layer->failures = 0;
    layer->retry_at = 0;
    layer->no_zero = layer->no_zero && flight->da != 0;
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
    layer->confirmed_at = commit->now;
    layer->ends_at = flight->ends_at;
    evse->asked = evse->asked && flight->layer != LAYER_PROFILE;
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
    if (said_no && flight->da == 0 && !layer->no_zero) {
        layer->no_zero = true;
        layer->retry_at = commit->now; /* it may take its least */
    }
    if (layer->failures < FAILURES_MAX)
        layer->failures++;
    if (flight->layer == LAYER_PROFILE && layer->failures >= COMMIT_REFUSED_TIMES)
        evse->asked = false;
    if (said_no && layer->failures == COMMIT_REFUSED_TIMES)
        commit_tell(commit, flight->evse, COMMIT_REJECTS);
}

void commit_lost(struct commit *commit, const struct flight *flight, bool here)
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
            commit_lost(commit, &flight, station->here);
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
