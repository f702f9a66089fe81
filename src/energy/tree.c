/* How a tree is made and read; tree_sums.c books on it. */
#include "energy/tree_parts.h"

#define NO_NODE   (-1)
#define RATIO_MIN 100

uint8_t tree_touches(wire_set wires, bool above_transformer)
{
    uint8_t straight = wires & WIRES_THREE_PHASE, pairs = (wires & WIRES_DELTA) >> LINE_COUNT;

    if (above_transformer && pairs)
        return WIRES_THREE_PHASE;
    if (above_transformer) {
        pairs = straight; /* phase k lies between lines k and k + 1 of the other side */
        straight = 0;
    }
    return (uint8_t)(straight | pairs | ((pairs << 1 | pairs >> 2) & WIRES_THREE_PHASE));
}

static bool wires_are_sound(wire_set wires, uint8_t wires_live)
{
    bool straight = wires & WIRES_THREE_PHASE, pairs = wires & WIRES_DELTA;

    return straight != pairs && wires < 1u << WIRE_COUNT && wires_live > 0 &&
           wires_live <= __builtin_popcount(wires);
}

static enum err node_check(const struct tree_node *nodes, uint32_t i, uint8_t *depth,
                           uint8_t *transformers)
{
    const struct tree_node *node = &nodes[i];

    if (node->parent < NO_NODE || node->parent >= (int32_t)i)
        return ERR_BAD_VALUE;
    depth[i] = 1;
    transformers[i] = node->ratio_permille != 0;
    if (node->parent != NO_NODE) {
        depth[i] = (uint8_t)(depth[i] + depth[node->parent]);
        transformers[i] = (uint8_t)(transformers[i] + transformers[node->parent]);
    }
    if (depth[i] > TREE_DEPTH_MAX || transformers[i] > 1 ||
        (node->ratio_permille != 0 && node->ratio_permille < RATIO_MIN) || node->limit_w < 0)
        return ERR_BAD_VALUE;
    for (int l = 0; l < LINE_COUNT; l++)
        if (node->limit_da[l] < 0)
            return ERR_BAD_VALUE;
    return ERR_NONE;
}

static enum err input_check(struct arena *arena, const struct tree_node *nodes, uint32_t node_count,
                            const struct tree_leaf *leaves, uint32_t leaf_count)
{
    uint8_t *depth = ARENA_NEW_ARRAY(arena, uint8_t, node_count);
    uint8_t *transformers = ARENA_NEW_ARRAY(arena, uint8_t, node_count);

    if (!depth || !transformers)
        return ERR_FULL;
    for (uint32_t i = 0; i < node_count; i++) {
        enum err err = node_check(nodes, i, depth, transformers);
        if (err != ERR_NONE)
            return err;
    }
    for (uint32_t i = 0; i < leaf_count; i++)
        if (leaves[i].node >= node_count || leaves[i].volts <= 0 ||
            !wires_are_sound(leaves[i].wires, leaves[i].wires_live))
            return ERR_BAD_VALUE;
    return ERR_NONE;
}

static struct tree *tree_alloc(struct arena *arena, uint32_t node_count, uint32_t leaf_count)
{
    struct tree *tree = ARENA_NEW(arena, struct tree);

    if (!tree)
        return NULL;
    tree->node_count = node_count;
    tree->leaf_count = leaf_count;
    tree->nodes = ARENA_NEW_ARRAY(arena, struct tree_node, node_count);
    tree->leaves = ARENA_NEW_ARRAY(arena, struct tree_leaf, leaf_count);
    tree->flows = ARENA_NEW_ARRAY(arena, struct tree_flow, node_count);
    tree->base_da = arena_zalloc(arena, node_count, sizeof *tree->base_da);
    tree->seen = ARENA_NEW_ARRAY(arena, struct tree_seen, node_count);
    tree->booked_da = ARENA_NEW_ARRAY(arena, int32_t, leaf_count);
    tree->leaf_dw = ARENA_NEW_ARRAY(arena, int32_t, leaf_count);
    tree->leaf_order = ARENA_NEW_ARRAY(arena, uint32_t, leaf_count);
    tree->first_leaf = ARENA_NEW_ARRAY(arena, uint32_t, node_count);
    tree->leaves_below = ARENA_NEW_ARRAY(arena, uint32_t, node_count);
    return tree->nodes && tree->leaves && tree->flows && tree->base_da && tree->seen &&
                   tree->booked_da && tree->leaf_dw && tree->leaf_order && tree->first_leaf &&
                   tree->leaves_below
               ? tree
               : NULL;
}

/* Leaves of a node first, then those of its children in their order. `next` is scratch. */
static void order_leaves(struct tree *tree, uint32_t *next)
{
    uint32_t roots = 0;

    for (uint32_t i = 0; i < tree->leaf_count; i++) {
        next[tree->leaves[i].node]++;
        tree->leaves_below[tree->leaves[i].node]++;
    }
    for (uint32_t i = tree->node_count; i-- > 0;)
        if (tree->nodes[i].parent != NO_NODE)
            tree->leaves_below[tree->nodes[i].parent] += tree->leaves_below[i];
    for (uint32_t i = 0; i < tree->node_count; i++) {
        int32_t parent = tree->nodes[i].parent;
        uint32_t *from = parent == NO_NODE ? &roots : &next[parent];

        tree->first_leaf[i] = *from;
        *from += tree->leaves_below[i];
        next[i] += tree->first_leaf[i]; /* where its first child's leaves go */
    }
    for (uint32_t i = 0; i < tree->node_count; i++)
        next[i] = tree->first_leaf[i];
    for (uint32_t i = 0; i < tree->leaf_count; i++)
        tree->leaf_order[next[tree->leaves[i].node]++] = i;
}

/* Lines of this leaf's path are phasor sums from here on. */
static void bend(struct tree *tree, uint32_t leaf)
{
    int32_t node = (int32_t)tree->leaves[leaf].node;

    if (!(tree->leaves[leaf].wires & WIRES_DELTA))
        return;
    for (; node != NO_NODE && !tree->flows[node].bent; node = tree->flows[node].parent) {
        tree->any_bent = tree->flows[node].bent = true;
        for (int l = 0; l < LINE_COUNT; l++)
            tree_cap(tree, (uint32_t)node, l);
    }
}

static void bend_all(struct tree *tree)
{
    for (uint32_t i = 0; i < tree->node_count; i++) {
        if (tree->nodes[i].ratio_permille == 0)
            continue;
        tree->has_transformer = true;
        for (int32_t up = tree->nodes[i].parent; up != NO_NODE; up = tree->nodes[up].parent)
            tree->any_bent = tree->flows[up].bent = true;
    }
    for (uint32_t i = 0; i < tree->leaf_count; i++)
        bend(tree, i);
}

static int32_t leaf_dw(const struct tree_leaf *leaf)
{
    return leaf->volts * leaf->wires_live;
}

/* NOLINTNEXTLINE(readability-function-size): two lists in, one tree out */
enum err tree_new(struct arena *arena, const struct tree_node *nodes, uint32_t node_count,
                  const struct tree_leaf *leaves, uint32_t leaf_count, struct tree **out)
{
    enum err err = node_count > TREE_NODES_MAX || leaf_count > TREE_LEAVES_MAX
                       ? ERR_FULL
                       : input_check(arena, nodes, node_count, leaves, leaf_count);
    uint32_t *next;
    struct tree *tree;

    if (err != ERR_NONE)
        return err;
    tree = tree_alloc(arena, node_count, leaf_count);
    next = ARENA_NEW_ARRAY(arena, uint32_t, node_count);
    if (!tree || !next)
        return ERR_FULL;
    if (leaf_count)
        memcpy(tree->leaves, leaves, leaf_count * sizeof *leaves);
    for (uint32_t i = 0; i < node_count; i++) {
        tree->nodes[i] = nodes[i];
        memset(tree->nodes[i].base_da, 0, sizeof tree->nodes[i].base_da);
        tree->nodes[i].base_w = 0;
        tree->flows[i].parent = nodes[i].parent;
    }
    for (uint32_t i = 0; i < leaf_count; i++)
        tree->leaf_dw[i] = leaf_dw(&leaves[i]);
    order_leaves(tree, next);
    bend_all(tree);
    for (uint32_t i = 0; i < node_count; i++) {
        tree_set_limits(tree, i, nodes[i].limit_da, nodes[i].limit_w);
        tree_set_base(tree, i, nodes[i].base_da, nodes[i].base_w);
    }
    *out = tree;
    return ERR_NONE;
}

void tree_set_limits(struct tree *tree, uint32_t node, const int32_t limit_da[LINE_COUNT],
                     int64_t limit_w)
{
    check(node < tree->node_count);
    for (int l = 0; l < LINE_COUNT; l++) {
        tree->nodes[node].limit_da[l] = limit_da[l] > 0 ? limit_da[l] : 0;
        tree_cap(tree, node, l);
    }
    tree->nodes[node].limit_w = limit_w > 0 ? limit_w : 0;
    tree->flows[node].power_limit_dw =
        limit_w >= TREE_W_MAX ? TREE_NO_CAP : tree->nodes[node].limit_w * 10;
}

void tree_set_wires(struct tree *tree, uint32_t leaf, wire_set wires, uint8_t wires_live)
{
    int32_t da = tree_booked(tree, leaf);

    check(wires_are_sound(wires, wires_live));
    tree_book(tree, leaf, 0);
    tree->leaves[leaf].wires = wires;
    tree->leaves[leaf].wires_live = wires_live;
    tree->leaf_dw[leaf] = leaf_dw(&tree->leaves[leaf]);
    bend(tree, leaf);
    tree_book(tree, leaf, da);
}

int32_t tree_booked(const struct tree *tree, uint32_t leaf)
{
    check(leaf < tree->leaf_count);
    return tree->booked_da[leaf];
}

uint32_t tree_node_count(const struct tree *tree)
{
    return tree->node_count;
}

const struct tree_node *tree_node(const struct tree *tree, uint32_t node)
{
    check(node < tree->node_count);
    return &tree->nodes[node];
}

const struct tree_leaf *tree_leaf(const struct tree *tree, uint32_t leaf)
{
    check(leaf < tree->leaf_count);
    return &tree->leaves[leaf];
}

int64_t tree_leaf_w(const struct tree *tree, uint32_t leaf, int32_t da)
{
    check(leaf < tree->leaf_count);
    return ((int64_t)da * tree->leaf_dw[leaf] + 9) / 10;
}

int32_t tree_leaf_da(const struct tree *tree, uint32_t leaf, int64_t w)
{
    int64_t da;

    check(leaf < tree->leaf_count);
    if (w <= 0)
        return 0;
    if (w >= TREE_W_MAX)
        return TREE_DA_MAX;
    da = w * 10 / tree->leaf_dw[leaf];
    return da < TREE_DA_MAX ? (int32_t)da : TREE_DA_MAX;
}
