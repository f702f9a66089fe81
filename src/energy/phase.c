#include "energy/phase.h"

#include "energy/rollout.h"

/* What each node lets through, by node and group: from the leaves up. */
static void let_through(const struct phase_model *model, const struct phase_weights *weights,
                        int32_t *caps_da)
{
    int32_t want[PHASE_GROUPS_MAX];

    for (uint32_t i = model->node_count; i-- > 0;) {
        const struct phase_node *node = &model->nodes[i];
        int32_t *got = &caps_da[(size_t)i * PHASE_GROUPS_MAX];
        memcpy(want, got, sizeof want);
        phase_level(&(struct phase_filling){ .node = node,
                                             .weights = weights,
                                             .want_da = want,
                                             .group_count = model->group_count },
                    got);
        for (uint32_t g = 0; node->parent != PHASE_NO_NODE && g < model->group_count; g++)
            caps_da[(uint32_t)node->parent * PHASE_GROUPS_MAX + g] += got[g];
    }
}

static void add_wants(const struct phase_model *model, int32_t *caps_da)
{
    memset(caps_da, 0, (size_t)model->node_count * PHASE_GROUPS_MAX * sizeof *caps_da);
    for (uint32_t i = 0; i < model->entry_count; i++) {
        const struct phase_entry *entry = &model->entries[i];
        if (entry->node != PHASE_NO_NODE)
            caps_da[(uint32_t)entry->node * PHASE_GROUPS_MAX + entry->group] += entry->more_da;
    }
}

/* Up to `more_da` of what is left on the path; taken off. */
static int32_t take(const struct phase_model *model, const struct phase_entry *entry,
                    int32_t *caps_da)
{
    int32_t da = entry->more_da;

    for (int32_t n = entry->node; n != PHASE_NO_NODE; n = model->nodes[n].parent) {
        int32_t cap = caps_da[n * PHASE_GROUPS_MAX + entry->group];
        da = da < cap ? da : cap;
    }
    for (int32_t n = entry->node; n != PHASE_NO_NODE; n = model->nodes[n].parent)
        caps_da[n * PHASE_GROUPS_MAX + entry->group] -= da;
    return da;
}

/* Raises a leaf to `da`, or as far as there is room. */
static int32_t raise(struct tree *tree, uint32_t leaf, int32_t da)
{
    int32_t room = tree_room(tree, leaf, da);

    if (room > tree_booked(tree, leaf))
        tree_book(tree, leaf, room);
    return tree_booked(tree, leaf);
}

/* What rounding left over: to whom it fits, in the order of laxity. When one of a group finds no
 * room at a node, the next of them does not either (in the last group there may be others too). */
static void share_rest(struct tree *tree, const struct phase_model *model,
                       const struct phase_car *cars, int32_t *caps_da)
{
    memset(caps_da, 0, (size_t)model->node_count * PHASE_GROUPS_MAX * sizeof *caps_da);
    for (uint32_t i = 0; i < model->entry_count; i++) {
        const struct phase_entry *entry = &model->entries[i];
        const struct phase_car *car = &cars[entry->car];
        bool alike = entry->node != PHASE_NO_NODE && entry->group + 1 < PHASE_GROUPS_MAX;
        int32_t *none = alike ? &caps_da[entry->node * PHASE_GROUPS_MAX + entry->group] : NULL;
        if ((none && *none) || tree_booked(tree, car->leaf) >= car->most_da)
            continue;
        if (raise(tree, car->leaf, car->most_da) < car->most_da && none)
            *none = 1;
    }
}

enum err phase_fill(struct tree *tree, const struct phase_car *cars, uint32_t count,
                    int32_t period_ms, struct arena *arena)
{
    struct phase_model model;
    struct phase_weights weights;
    int32_t *caps_da;
    enum err err = phase_model_new(tree, cars, count, arena, &model);

    if (err == ERR_NONE)
        err = rollout_weights(&model, cars, period_ms, arena, &weights);
    if (err != ERR_NONE)
        return err;
    caps_da =
        arena_alloc(arena, ((size_t)model.node_count + 1) * PHASE_GROUPS_MAX * sizeof *caps_da);
    if (!caps_da)
        return ERR_FULL;
    add_wants(&model, caps_da);
    let_through(&model, &weights, caps_da);
    for (uint32_t i = 0; i < model.entry_count; i++) {
        const struct phase_car *car = &cars[model.entries[i].car];
        int32_t more = take(&model, &model.entries[i], caps_da);
        if (more > 0)
            (void)raise(tree, car->leaf, tree_booked(tree, car->leaf) + more);
    }
    share_rest(tree, &model, cars, caps_da);
    return ERR_NONE;
}
