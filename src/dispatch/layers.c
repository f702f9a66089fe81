/* layers.c: what lies on stations below a session's profile: fail-safes and station maxima. */
#include "dispatch/decides.h"
#include "dispatch/tells.h"

/* Do all fail-safes together fit? */
static bool failsafes_fit(struct layers_work *work, const int32_t *failsafe_da)
{
    const struct commit_site *config = &work->config;
    struct tree_excess excess;
    struct tree *tree;

    if (tree_new(&work->arena, config->nodes, config->node_count, config->leaves,
                 config->evse_count, &tree) != ERR_NONE)
        return false;
    for (uint32_t i = 0; i < config->evse_count; i++)
        tree_book(tree, i, failsafe_da[i]);
    return !tree_any_over(tree, &excess);
}

/* What the document says of an EVSE's fail-safe, and what its station can be told; -1: nothing. */
static int32_t said_failsafe(const struct power_site *site, uint32_t index)
{
    const struct behaviour *behaviour = &site->evses[index].station->behaviour;
    int32_t said = site->document.evses[index].fail_safe_da;

    return said >= 0                     ? behaviour_failsafe(behaviour, said)
           : behaviour->zero == PROOF_NO ? behaviour_failsafe(behaviour, 0)
                                         : -1;
}

/* Enough for a car to charge, where that does not take much more in the unit of its station. */
static int32_t wanted_failsafe(const struct power_site *site, uint32_t index)
{
    enum { MORE_DA = 10 };
    int32_t share_da = commit_share_default().max_da;
    int32_t least_da = unit_min(&site->evses[index], site->document.evses[index].min_da);

    return least_da > share_da && least_da <= share_da + MORE_DA ? least_da : share_da;
}

void layers_tell(struct power_site *site, uint32_t first, uint32_t end)
{
    utc_ms now = dispatch_now(site->dispatch);

    for (uint32_t i = first; i < end; i++) {
        struct power_station *station = site->evses[i].station;
        commit_failsafe(site->commit, i, site->evses[i].failsafe_da, now);
        if (i == station->evse_first)
            commit_station_max(site->commit, station->index, apart_ceiling(station), now);
    }
}

void layers_gather(struct power_site *site, struct layers_work *work)
{
    const struct document *document = &site->document;
    uint32_t count = document->evse_count;
    struct tree_leaf *leaves;
    struct commit_evse *evses;

    work->nodes = limits_worst(site, &work->arena);
    work->said_da = ARENA_NEW_ARRAY(&work->arena, int32_t, count);
    work->want_da = ARENA_NEW_ARRAY(&work->arena, int32_t, count);
    work->layers.failsafe_da = ARENA_NEW_ARRAY(&work->arena, int32_t, count);
    work->layers.station_max_da = ARENA_NEW_ARRAY(&work->arena, int32_t, site->station_count);
    leaves = ARENA_NEW_ARRAY(&work->arena, struct tree_leaf, count);
    evses = ARENA_NEW_ARRAY(&work->arena, struct commit_evse, count);
    check(work->nodes && work->said_da && work->want_da && work->layers.failsafe_da &&
          work->layers.station_max_da && leaves && evses);
    for (uint32_t i = 0; i < count; i++) {
        leaves[i] = document->evses[i].leaf;
        evses[i] =
            (struct commit_evse){ .station = site->evses[i].station->index,
                                  .cap_da = document->evses[i].max_da,
                                  .min_da = unit_min(&site->evses[i], document->evses[i].min_da) };
        work->said_da[i] = said_failsafe(site, i);
        work->want_da[i] = wanted_failsafe(site, i);
    }
    work->config = (struct commit_site){ .rules = commit_rules_default(),
                                         .node_count = document->node_count,
                                         .station_count = site->station_count,
                                         .evse_count = count,
                                         .nodes = work->nodes,
                                         .leaves = leaves,
                                         .evses = evses };
}

/* Fail-safes as the document says, the rest an equal share of what fits; where those that it says
 * do not fit, an equal share for all. Stations count as if they obeyed: what one is booked at until
 * it has shown that is another matter. */
void layers_compute(struct layers_work *work)
{
    struct commit_layers *layers = &work->layers;
    uint32_t count = work->config.evse_count;

    layers->site = &work->config;
    layers->share = commit_share_default();
    layers->fixed_da = work->said_da;
    layers->want_da = work->want_da;
    if (commit_layers(&work->arena, layers) != ERR_NONE)
        memset(layers->failsafe_da, 0, count * sizeof *layers->failsafe_da);
    for (uint32_t i = 0; i < count; i++)
        if (work->said_da[i] >= 0)
            layers->failsafe_da[i] = work->said_da[i];
    work->fits = failsafes_fit(work, layers->failsafe_da);
    layers->fixed_da = NULL;
    if (!work->fits && commit_layers(&work->arena, layers) != ERR_NONE)
        memset(layers->failsafe_da, 0, count * sizeof *layers->failsafe_da);
}

void layers_take(struct power_site *site, const struct layers_work *work)
{
    site->failsafe_fits = work->fits;
    for (uint32_t i = 0; i < site->document.evse_count; i++)
        site->evses[i].failsafe_da = work->layers.failsafe_da[i];
    for (uint32_t i = 0; i < site->station_count; i++)
        site->stations[i].ceiling_da = work->layers.station_max_da[i];
}

void layers_set(struct power_site *site)
{
    struct layers_work work = { 0 };

    arena_init(&work.arena, &site->dispatch->engine->pool, 0);
    layers_gather(site, &work);
    layers_compute(&work);
    layers_take(site, &work);
    layers_tell(site, 0, site->document.evse_count);
    arena_reset(&work.arena);
}
