/* layers.c: what lies on stations below a session's profile: fail-safes and station maxima. */
#include "dispatch/inner.h"

static enum err compute_layers(struct power_site *site, struct arena *arena,
                               const struct tree_node *nodes, struct commit_layers *layers)
{
    const struct document *document = &site->document;
    struct tree_leaf *leaves = ARENA_NEW_ARRAY(arena, struct tree_leaf, document->evse_count);
    struct commit_evse *evses = ARENA_NEW_ARRAY(arena, struct commit_evse, document->evse_count);
    const struct commit_site config = { .rules = commit_rules_default(),
                                        .node_count = document->node_count,
                                        .station_count = site->station_count,
                                        .evse_count = document->evse_count,
                                        .nodes = nodes,
                                        .leaves = leaves,
                                        .evses = evses };
    enum err err;

    if (!leaves || !evses)
        return ERR_FULL;
    for (uint32_t i = 0; i < document->evse_count; i++) {
        leaves[i] = document->evses[i].leaf;
        evses[i] =
            (struct commit_evse){ .station = site->evses[i].station->index,
                                  .cap_da = document->evses[i].max_da,
                                  .min_da = unit_min(&site->evses[i], document->evses[i].min_da) };
    }
    layers->site = &config;
    layers->share = commit_share_default();
    err = commit_layers(arena, layers);
    layers->site = NULL;
    return err;
}

/* Do all fail-safes together fit? */
static bool failsafes_fit(struct power_site *site, struct arena *arena,
                          const struct tree_node *nodes, const int32_t *failsafe_da)
{
    const struct document *document = &site->document;
    struct tree_leaf *leaves = ARENA_NEW_ARRAY(arena, struct tree_leaf, document->evse_count);
    struct tree_excess excess;
    struct tree *tree;

    if (!leaves)
        return false;
    for (uint32_t i = 0; i < document->evse_count; i++)
        leaves[i] = document->evses[i].leaf;
    if (tree_new(arena, nodes, document->node_count, leaves, document->evse_count, &tree) !=
        ERR_NONE)
        return false;
    for (uint32_t i = 0; i < document->evse_count; i++)
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

static void keep_layers(struct power_site *site, const struct commit_layers *layers)
{
    utc_ms now = dispatch_now(site->dispatch);

    for (uint32_t i = 0; i < site->document.evse_count; i++) {
        site->evses[i].failsafe_da = layers->failsafe_da[i];
        commit_failsafe(site->commit, i, layers->failsafe_da[i], now);
    }
    for (uint32_t i = 0; i < site->station_count; i++) {
        site->stations[i].ceiling_da = layers->station_max_da[i];
        commit_station_max(site->commit, i, apart_ceiling(&site->stations[i]), now);
    }
}

/* Who was seen not to obey has its breaker whatever it falls back to. Where the others' fail-safes
 * do not fit beside that, they are what does: else all that is booked in any case would be above a
 * limit, and nobody could be given anything. */
static void make_room(struct power_site *site, struct arena *arena, const struct tree_node *nodes,
                      struct commit_layers *layers)
{
    uint32_t count = site->document.evse_count;
    int32_t *fixed_da = ARENA_NEW_ARRAY(arena, int32_t, count);
    int32_t *booked_da = ARENA_NEW_ARRAY(arena, int32_t, count);
    bool any = false;

    check(fixed_da && booked_da);
    for (uint32_t i = 0; i < count; i++) {
        bool disobeys = commit_state(site->commit, i).disobeys;

        fixed_da[i] = disobeys ? site->document.evses[i].max_da : said_failsafe(site, i);
        booked_da[i] = disobeys ? fixed_da[i] : layers->failsafe_da[i];
        any = any || disobeys;
    }
    if (!any || failsafes_fit(site, arena, nodes, booked_da))
        return;
    layers->fixed_da = fixed_da;
    if (compute_layers(site, arena, nodes, layers) != ERR_NONE)
        memset(layers->failsafe_da, 0, count * sizeof *layers->failsafe_da);
}

/* Fail-safes as the document says, the rest an equal share of what fits; where those that it says
 * do not fit, an equal share for all. Stations count as if they obeyed: what one is booked at until
 * it has shown that is another matter. */
void layers_set(struct power_site *site)
{
    const struct document *document = &site->document;
    struct commit_layers layers = { 0 };
    struct tree_node *nodes;
    int32_t *said_da, *want_da;
    struct arena arena;

    arena_init(&arena, &site->dispatch->engine->pool, 0);
    nodes = limits_worst(site, &arena);
    said_da = ARENA_NEW_ARRAY(&arena, int32_t, document->evse_count);
    want_da = ARENA_NEW_ARRAY(&arena, int32_t, document->evse_count);
    layers.failsafe_da = ARENA_NEW_ARRAY(&arena, int32_t, document->evse_count);
    layers.station_max_da = ARENA_NEW_ARRAY(&arena, int32_t, site->station_count);
    check(nodes && said_da && want_da && layers.failsafe_da && layers.station_max_da);
    for (uint32_t i = 0; i < document->evse_count; i++) {
        said_da[i] = said_failsafe(site, i);
        want_da[i] = wanted_failsafe(site, i);
    }
    layers.fixed_da = said_da;
    layers.want_da = want_da;
    if (compute_layers(site, &arena, nodes, &layers) != ERR_NONE)
        memset(layers.failsafe_da, 0, document->evse_count * sizeof *layers.failsafe_da);
    for (uint32_t i = 0; i < document->evse_count; i++)
        if (said_da[i] >= 0)
            layers.failsafe_da[i] = said_da[i];
    site->failsafe_fits = failsafes_fit(site, &arena, nodes, layers.failsafe_da);
    layers.fixed_da = NULL;
    if (!site->failsafe_fits && compute_layers(site, &arena, nodes, &layers) != ERR_NONE)
        memset(layers.failsafe_da, 0, document->evse_count * sizeof *layers.failsafe_da);
    make_room(site, &arena, nodes, &layers);
    keep_layers(site, &layers);
    arena_reset(&arena);
}
