/* energy_random.h: random trees for the tests of power sharing. */
#pragma once
#include "base/base.h"
#include "base/rand.h"
#include "energy/tree.h"

#define RANDOM_NODES_MAX  64
#define RANDOM_LEAVES_MAX 120

struct random_tree {
    uint32_t node_count, leaf_count;
    struct tree_node nodes[RANDOM_NODES_MAX];
    struct tree_leaf leaves[RANDOM_LEAVES_MAX];
};

enum {
    RANDOM_DELTA = 1,
    RANDOM_TRANSFORMER = 2,
    RANDOM_LOAD = 4,
    RANDOM_SOLAR = 8,
    RANDOM_POWER = 16
};

static const struct tree_node random_free = {
    .parent = -1,
    .limit_da = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA },
    .limit_w = TREE_NO_LIMIT_W,
};

static inline struct tree_leaf random_leaf(struct rand *rand, unsigned kind)
{
    static const wire_set shapes[] = { 1, 2, 4, 7, 7, 7, 3, 8, 16, 32, 0x38, 0x18 };
    struct tree_leaf leaf = { 0 };

    leaf.wires = shapes[rand_below(rand, kind & RANDOM_DELTA ? COUNT(shapes) : 7)];
    leaf.wires_live = (uint8_t)__builtin_popcount(leaf.wires);
    if (rand_below(rand, 8) == 0)
        leaf.wires_live = 1;
    leaf.volts = leaf.wires <= WIRES_THREE_PHASE ? 230 : 400;
    return leaf;
}

static inline void random_limits(struct rand *rand, struct tree_node *node, unsigned kind)
{
    for (int l = 0; l < LINE_COUNT; l++) {
        if (rand_below(rand, 3) == 0)
            node->limit_da[l] = (int32_t)rand_range(rand, 0, 6000);
        if (kind & (RANDOM_LOAD | RANDOM_SOLAR) && rand_below(rand, 4) == 0)
            node->base_da[l] = (int32_t)rand_range(rand, kind & RANDOM_SOLAR ? -500 : 0,
                                                   kind & RANDOM_LOAD ? 500 : 0);
    }
    if (kind & RANDOM_POWER && rand_below(rand, 3) == 0)
        node->limit_w = rand_range(rand, 0, 200000);
}

/* A tree of up to RANDOM_NODES_MAX nodes; limits are such that some bind and some do not. */
static inline void random_fill(struct rand *rand, struct random_tree *tree, unsigned kind)
{
    bool behind[RANDOM_NODES_MAX];
    int depth[RANDOM_NODES_MAX];

    tree->node_count = (uint32_t)rand_range(rand, 1, RANDOM_NODES_MAX);
    tree->leaf_count = (uint32_t)rand_range(rand, 1, RANDOM_LEAVES_MAX);
    for (uint32_t i = 0; i < tree->node_count; i++) {
        struct tree_node *node = &tree->nodes[i];

        *node = random_free;
        node->parent = i ? (int32_t)rand_range(rand, i > 9 ? i - 9 : 0, i - 1) : -1;
        while (i && depth[node->parent] == 10)
            node->parent = tree->nodes[node->parent].parent;
        depth[i] = i ? depth[node->parent] + 1 : 1;
        behind[i] = i && behind[node->parent];
        if (kind & RANDOM_TRANSFORMER && !behind[i] && rand_below(rand, 3) == 0) {
            node->ratio_permille = (int32_t)rand_range(rand, 900, 90000);
            behind[i] = true;
        }
        random_limits(rand, node, kind);
    }
    for (uint32_t i = 0; i < tree->leaf_count; i++) {
        tree->leaves[i] = random_leaf(rand, kind);
        tree->leaves[i].node = (uint32_t)rand_below(rand, tree->node_count);
    }
}
