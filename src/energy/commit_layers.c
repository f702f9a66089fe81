/* The two layers below the leased profile: what is safe when nobody talks to anybody. */
#include "energy/commit.h"

enum { AMPERE_DA = 10 };

struct commit_share commit_share_default(void)
{
    return (struct commit_share){ .permille = 500, .min_da = 60, .max_da = 60 };
}

static int64_t part(int64_t limit, int64_t base, int32_t permille)
{
    return limit <= base
               ? limit
               : base + (limit - base) / 1000 * permille + (limit - base) % 1000 * permille / 1000;
}

/* The tree with what of its limits fail-safes may take together. */
static enum err share_tree(struct arena *arena, const struct commit_site *site, int32_t permille,
                           struct tree **tree)
{
    struct tree_node *nodes = ARENA_NEW_ARRAY(arena, struct tree_node, site->node_count);

    if (nodes == NULL)
        return ERR_FULL;
    for (uint32_t i = 0; i < site->node_count; i++) {
        struct tree_node *node = &nodes[i];

        *node = site->nodes[i];
        for (int line = 0; line < LINE_COUNT; line++)
            if (node->limit_da[line] != TREE_NO_LIMIT_DA)
                node->limit_da[line] =
                    (int32_t)part(node->limit_da[line], node->base_da[line], permille);
        if (node->limit_w != TREE_NO_LIMIT_W)
            node->limit_w = part(node->limit_w, node->base_w, permille);
    }
    return tree_new(arena, nodes, site->node_count, site->leaves, site->evse_count, tree);
}

struct wish {
    int32_t min_da, max_da;
};

static struct wish wish_of(const struct commit_layers *layers, uint32_t i)
{
    const struct commit_evse *evse = &layers->site->evses[i];
    struct wish wish = { layers->share.min_da, layers->share.max_da };

    if (layers->want_da != NULL)
        wish.max_da = layers->want_da[i];
    if (wish.min_da < evse->min_da)
        wish.min_da = evse->min_da;
    if (wish.max_da > evse->cap_da)
        wish.max_da = evse->cap_da;
    return wish;
}

static bool is_fixed(const struct commit_layers *layers, uint32_t i)
{
    return layers->fixed_da != NULL && layers->fixed_da[i] >= 0;
}

/* The minimum for as many as it fits for, in their order. */
static void fill_minima(const struct commit_layers *layers, struct tree *tree)
{
    for (uint32_t i = 0; i < layers->site->evse_count; i++) {
        struct wish wish = wish_of(layers, i);

        if (is_fixed(layers, i) || wish.max_da < wish.min_da)
            continue;
        if (tree_room(tree, i, wish.min_da) >= wish.min_da)
            tree_book(tree, i, wish.min_da);
    }
}

/* One ampere more for each that has some and wants it, round by round. */
static void fill_up(const struct commit_layers *layers, struct tree *tree)
{
    bool grew = true;

    while (grew) { /* each round adds an ampere somewhere, up to caps */
        grew = false;
        for (uint32_t i = 0; i < layers->site->evse_count; i++) {
            int32_t next = tree_booked(tree, i) + AMPERE_DA;

            if (is_fixed(layers, i) || next == AMPERE_DA || next > wish_of(layers, i).max_da ||
                tree_room(tree, i, next) < next)
                continue;
            tree_book(tree, i, next);
            grew = true;
        }
    }
}

/* What an EVSE is told that is booked at more: its minimum, in case it obeys. */
static int32_t told_anyway(const struct commit_layers *layers, uint32_t i)
{
    struct wish wish = wish_of(layers, i);

    if (wish.max_da < wish.min_da)
        return 0;
    return wish.min_da < layers->fixed_da[i] ? wish.min_da : layers->fixed_da[i];
}

static int32_t booked_of(const struct commit_layers *layers, uint32_t i)
{
    return is_fixed(layers, i) ? layers->fixed_da[i] : layers->failsafe_da[i];
}

/* What the station may take on any one of its EVSEs with the others of the site at their fail-safe:
 * currents add up convexly, so the worst split is all on one. */
static int32_t station_max(const struct commit_layers *layers, struct tree *tree, uint32_t first,
                           uint32_t end)
{
    const struct commit_site *site = layers->site;
    int32_t max_da = INT32_MAX;

    for (uint32_t i = first; i < end; i++)
        tree_book(tree, i, 0);
    for (uint32_t i = first; i < end; i++) {
        int32_t room = tree_room(tree, i, site->evses[i].cap_da);

        if (room < max_da)
            max_da = room;
    }
    for (uint32_t i = first; i < end; i++) {
        tree_book(tree, i, booked_of(layers, i));
        if (max_da < layers->failsafe_da[i])
            max_da = layers->failsafe_da[i];
    }
    return max_da;
}

enum err commit_layers(struct arena *arena, const struct commit_layers *layers)
{
    const struct commit_site *site = layers->site;
    struct tree *tree;
    enum err err = share_tree(arena, site, layers->share.permille, &tree);

    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < site->evse_count; i++)
        if (is_fixed(layers, i))
            tree_book(tree, i, layers->fixed_da[i]);
    fill_minima(layers, tree);
    fill_up(layers, tree);
    for (uint32_t i = 0; i < site->evse_count; i++)
        layers->failsafe_da[i] =
            is_fixed(layers, i) ? told_anyway(layers, i) : tree_booked(tree, i);

    for (uint32_t i = 0; i < site->node_count; i++)
        tree_set_limits(tree, i, site->nodes[i].limit_da, site->nodes[i].limit_w);
    for (uint32_t first = 0, end; first < site->evse_count; first = end) {
        for (end = first;
             end < site->evse_count && site->evses[end].station == site->evses[first].station;)
            end++;
        layers->station_max_da[site->evses[first].station] = station_max(layers, tree, first, end);
    }
    return ERR_NONE;
}
