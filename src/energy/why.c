/* Why an EVSE gets what it gets: the first of the reasons that applies. */
#include "energy/site_parts.h"

#define NO_NODE (-1)

/* Of the EVSEs below a node. */
struct below {
    uint32_t want; /* have something, or wait for it */
    uint32_t take; /* have something, and could be told to wait in turn */
};

static bool wants(const struct site_car *car)
{
    return car->decided_da > 0 || car->waits;
}

static bool takes(const struct site_car *car)
{
    return car->decided_da > 0 && car->stage != STAGE_NONE;
}

static struct below *count_below(const struct site *site)
{
    struct below *below =
        ARENA_NEW_ARRAY(site->arena, struct below, tree_node_count(site->tree) + 1);

    if (!below)
        return NULL;
    for (uint32_t i = 0; i < site->count; i++) {
        struct below *own = &below[tree_leaf(site->tree, i)->node];
        own->want += wants(&site->cars[i]);
        own->take += takes(&site->cars[i]);
    }
    for (uint32_t node = tree_node_count(site->tree); node-- > 0;) {
        int32_t parent = tree_node(site->tree, node)->parent;
        if (parent == NO_NODE)
            continue;
        below[parent].want += below[node].want;
        below[parent].take += below[node].take;
    }
    return below;
}

static void why_of(const struct site *site, uint32_t i, const struct below *below,
                   struct site_verdict *verdict)
{
    const struct site_car *car = &site->cars[i];
    int32_t next_da = car->decided_da ? pilot_above(car->pilots, car->decided_da) : car->least_da;
    const struct below *others;

    verdict->why = car->why;
    verdict->node = NO_NODE;
    verdict->line = -1;
    if (car->stage == STAGE_NONE || (car->decided_da >= car->most_da && !car->held) ||
        next_da > TREE_DA_MAX)
        return;
    if (car->rests) {
        verdict->why = WHY_STEADY;
        return;
    }
    if (!tree_hinders(site->tree, i, next_da, &verdict->node, &verdict->line)) {
        if (car->stage == STAGE_SUN && !car->held)
            verdict->why = WHY_SURPLUS;
        if (!car->held)
            return;
        verdict->node = car->held_node;
        verdict->line = car->held_line;
    }
    others = &below[verdict->node];
    verdict->why = others->want > wants(car) ? WHY_SHARED : WHY_LIMIT;
    if (car->waits && others->take > 0)
        verdict->why = WHY_WAITS_TURN;
}

enum err why_all(struct site *site, struct site_verdict *verdicts)
{
    const struct below *below = count_below(site);

    if (!below)
        return ERR_FULL;
    for (uint32_t i = 0; i < site->count; i++)
        why_of(site, i, below, &verdicts[site->cars[i].index]);
    return ERR_NONE;
}
