/* A site whose document has changed goes on with what its stations are known to hold. */
#include "energy/commit_parts.h"

static bool is_in(uint32_t layers, enum commit_layer layer)
{
    return layers >> layer & 1;
}

static void follow_values(struct evse *evse, struct possible *values, const struct possible *before,
                          utc_ms now)
{
    *values = *before;
    possible_prune(values, now);
    for (uint32_t i = 0; i < values->count; i++)
        (void)commit_told(evse, values->values[i].da);
}

/* What was wished is wished anew. */
static void follow_layer(struct layer *layer, const struct layer *before)
{
    int32_t wanted_da = layer->wanted_da;

    *layer = *before;
    layer->wanted_da = wanted_da;
    layer->retry_at = 0;
    layer->failures = 0;
}

/* Nobody will take its answer. */
static void follow_flight(struct commit *commit, uint32_t id, const struct flight *before)
{
    struct flight flight = *before;

    flight.evse = id;
    commit_lost(commit, &flight, true);
    commit->evses[id].layers[flight.layer].confirmed_da = -1;
}

void commit_follow(struct commit *commit, uint32_t id, const struct commit_before *before,
                   utc_ms now)
{
    const struct evse *old = &before->commit->evses[before->evse];
    const struct station *station = &before->commit->stations[old->fixed.station];
    struct evse *evse = &commit->evses[id];

    commit_clock(commit, evse->fixed.station, station->offset_ms, now);
    if (is_in(before->layers, LAYER_PROFILE))
        follow_values(evse, &evse->profile, &old->profile, now);
    if (is_in(before->layers, LAYER_DEFAULT))
        follow_values(evse, &evse->failsafe, &old->failsafe, now);
    for (uint32_t k = 0; k < LAYER_COUNT; k++)
        if (is_in(before->layers, k))
            follow_layer(&evse->layers[k], &old->layers[k]);
    if (station->flight.id != 0 && station->flight.evse == before->evse &&
        is_in(before->layers, station->flight.layer))
        follow_flight(commit, id, &station->flight);
    commit_refresh(commit, id);
}
