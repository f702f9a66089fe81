/* fill_rows.h: for each node of a filling, up to which level all its limits surely hold.
 *
 * What flows at level t is at most fixed + rate · t (a leaf has at most t · weight / W). Only nodes
 * that could be too small for all that is wanted have rows; they point to the next such node above.
 */
#pragma once
#include "energy/tree_parts.h"

#define ROWS_NO_NODE UINT32_MAX
#define ROWS_NEVER   INT64_MAX

enum { ROWS_POWER = LINE_COUNT, ROWS_PLAIN };

struct rows_plain {
    int64_t left[ROWS_PLAIN]; /* limit less fixed, times W, in 0.1 A or 0.1 W */
    int64_t rate[ROWS_PLAIN]; /* sum of weights; of weights times 0.1 W */
};

/* Sums for lines that are phasor sums. */
struct rows_bent {
    int64_t
        fixed[2 * WIRE_COUNT]; /* six wires in 0.1 A, then what is seen: across, split; times W */
    int64_t rate[2 * WIRE_COUNT];
};

struct rows_node {
    uint32_t node, up;
    uint32_t first, count; /* leaves below, as numbered by the filling */
    int64_t key;           /* the level up to which it was sure when last looked at */
    bool limited[LINE_COUNT];
    bool bent, above_transformer; /* seen from here, some leaves are behind one */
};

struct rows {
    const struct tree *tree;
    int64_t scale; /* W */
    int64_t end;   /* no level above is asked for; < 2^31 */
    uint32_t count;
    struct rows_node *nodes;
    struct rows_plain *plain;
    struct rows_bent *bent; /* NULL: no node has bent lines */
    uint32_t *at;           /* by node of the tree: its own rows, or the next above */
};

/* A leaf as the rows see it. */
struct rows_leaf {
    uint32_t leaf;
    int64_t weight;
};

/* Rows for a tree as it is booked: tree, scale and end are given. more_da[node][wire] and
 * more_dw[node]: all that could come on top at a node. */
MUST_CHECK enum err rows_new(struct rows *rows, const int64_t (*more_da)[WIRE_COUNT],
                             const int64_t *more_dw, struct arena *arena);
/* A leaf that had `da` fixed begins to rise; one that rose stays at `da`. */
void rows_rise(struct rows *rows, struct rows_leaf leaf, int64_t da);
void rows_stay(struct rows *rows, struct rows_leaf leaf, int64_t da);
/* All limits of the node hold at every level up to this, as long as no leaf begins to rise. From
 * `from` on: what lies below is not asked. ROWS_NEVER: nothing rises that could pass a limit. */
int64_t rows_sure(const struct rows *rows, uint32_t row, int64_t from);
