/* tree_parts.h: what tree.c keeps, for the files of this room that walk a tree themselves (fill.c).
 * Others use tree.h.
 */
#pragma once
#include "energy/line.h"
#include "energy/tree.h"

/* What stands for "no limit" in W: more than any site has, and small enough to calculate with. */
#define TREE_W_MAX INT64_C(1000000000000)

/* What flows through a node, all below it included, and what a walk to the root needs beside it. */
struct tree_flow {
    int64_t wire_da[WIRE_COUNT];
    int64_t power_dw; /* 0.1 W: 0.1 A at whole volts; base included */
    int64_t power_limit_dw;
    int64_t cap_da[LINE_COUNT]; /* for leaves: the limit less base, where sums are plain */
    int32_t parent;
    bool bent; /* lines are phasor sums: L-L loads below, or a transformer; else plain sums */
};
#define TREE_NO_CAP (INT64_MAX / 4) /* no limit, or another kind */

/* What a node sees of loads behind transformers below it, as the directions of line.h: an L-N load
 * of phase k, an L-L load k, and solar on phase k. In LINE_FINE. */
struct tree_seen {
    int64_t across[LINE_COUNT], split[LINE_COUNT], sun[LINE_COUNT];
};

struct tree {
    uint32_t node_count, leaf_count;
    bool has_transformer;
    bool any_bent; /* node */
    struct tree_node *nodes;
    struct tree_leaf *leaves;
    struct tree_flow *flows;
    int64_t (*base_da)[LINE_COUNT]; /* of a node and all below it on this side */
    struct tree_seen *seen;         /* by node; NULL: no transformer */
    int32_t *booked_da;             /* by leaf */
    int32_t *leaf_dw;               /* 0.1 W for each 0.1 A */
    uint32_t *leaf_order;           /* leaves so that those below one node are neighbours */
    uint32_t *first_leaf;           /* by node, in leaf_order; */
    uint32_t *leaves_below;         /* how many from there on */
};

/* After a new limit or base load. */
void tree_cap(struct tree *tree, uint32_t node, int line);
/* Lines whose current a leaf changes, by bit: on its own side of a transformer, or above it. */
uint8_t tree_touches(wire_set wires, bool above_transformer);
/* What line `line` of a node carries, from sums of wires on this side and what is seen. A base load
 * is not in it, except solar. */
struct line_load tree_line_load(const struct tree *tree, uint32_t node, int line,
                                const int64_t wire_da[WIRE_COUNT], const struct tree_seen *seen);
