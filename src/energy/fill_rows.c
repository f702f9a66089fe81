#include "energy/fill_rows.h"

#define NO_NODE (-1)
#define SUM_MAX                                                                      \
    ((int64_t)1 << 54) /* more than any limit, and small enough to add up and square \
                        */

__extension__ typedef __int128 wide;

/* Could the node be too small for all that is wanted? */
static bool may_bind(const struct tree *tree, uint32_t node, const int64_t more_da[WIRE_COUNT],
                     int64_t more_dw, bool limited[LINE_COUNT])
{
    const struct tree_flow *flow = &tree->flows[node];
    bool any = flow->power_limit_dw != TREE_NO_CAP && more_dw > 0 &&
               flow->power_dw + more_dw > flow->power_limit_dw;

    for (int l = 0; l < LINE_COUNT; l++) {
        int64_t limit = tree->nodes[node].limit_da[l];
        limited[l] = limit != TREE_NO_LIMIT_DA &&
                     (flow->bent || flow->wire_da[l] + tree->base_da[node][l] + more_da[l] > limit);
        any |= limited[l];
    }
    return any && more_dw > 0;
}

static void plain_init(struct rows *rows, uint32_t row)
{
    const struct tree *tree = rows->tree;
    uint32_t node = rows->nodes[row].node;
    const struct tree_flow *flow = &tree->flows[node];
    struct rows_plain *plain = &rows->plain[row];

    for (int l = 0; l < LINE_COUNT; l++) {
        int64_t left = tree->nodes[node].limit_da[l] - tree->base_da[node][l] - flow->wire_da[l];
        plain->left[l] = left * rows->scale;
    }
    if (flow->power_limit_dw != TREE_NO_CAP)
        plain->left[ROWS_POWER] = (flow->power_limit_dw - flow->power_dw) * rows->scale;
}

static void bent_init(struct rows *rows, uint32_t row)
{
    uint32_t node = rows->nodes[row].node;
    const struct tree_seen *seen = &rows->tree->seen[node];
    int64_t *fixed = rows->bent[row].fixed;

    for (int w = 0; w < WIRE_COUNT; w++)
        fixed[w] = rows->tree->flows[node].wire_da[w] * rows->scale;
    for (int l = 0; l < LINE_COUNT; l++) {
        fixed[WIRE_COUNT + l] = seen->across[l] * rows->scale;
        fixed[WIRE_COUNT + LINE_COUNT + l] = seen->split[l] * rows->scale;
    }
}

enum err rows_new(struct rows *rows, const int64_t (*more_da)[WIRE_COUNT], const int64_t *more_dw,
                  struct arena *arena)
{
    const struct tree *tree = rows->tree;
    bool any_bent = false;

    rows->at = arena_alloc(arena, (tree->node_count + 1) * sizeof *rows->at);
    rows->nodes = ARENA_NEW_ARRAY(arena, struct rows_node, tree->node_count + 1);
    if (!rows->at || !rows->nodes)
        return ERR_FULL;
    for (uint32_t i = 0; i < tree->node_count; i++) {
        int32_t parent = tree->nodes[i].parent;
        struct rows_node *row = &rows->nodes[rows->count];

        rows->at[i] = parent == NO_NODE ? ROWS_NO_NODE : rows->at[parent];
        if (!may_bind(tree, i, more_da[i], more_dw[i], row->limited))
            continue;
        row->node = i;
        row->up = rows->at[i];
        row->bent = tree->flows[i].bent;
        any_bent |= row->bent;
        rows->at[i] = rows->count++;
    }
    rows->plain = ARENA_NEW_ARRAY(arena, struct rows_plain, rows->count + 1);
    if (any_bent)
        rows->bent = ARENA_NEW_ARRAY(arena, struct rows_bent, rows->count + 1);
    if (!rows->plain || (any_bent && !rows->bent))
        return ERR_FULL;
    for (uint32_t row = 0; row < rows->count; row++) {
        plain_init(rows, row);
        if (rows->nodes[row].bent)
            bent_init(rows, row);
    }
    return ERR_NONE;
}

/* Adds a leaf that is `fixed` (times W) more and `rate` more to a node with bent lines. */
static void bent_move(struct rows *rows, uint32_t row, struct rows_leaf leaf, int64_t fixed,
                      int64_t rate)
{
    struct rows_bent *bent = &rows->bent[row];

    for (unsigned left = rows->tree->leaves[leaf.leaf].wires; left; left &= left - 1) {
        bent->fixed[__builtin_ctz(left)] += fixed;
        bent->rate[__builtin_ctz(left)] += rate;
    }
}

/* The same behind a transformer: `fixed` is rounded up, so that the sum stays an upper bound. */
static void seen_move(struct rows *rows, uint32_t row, struct rows_leaf leaf, int64_t fixed,
                      int64_t rate)
{
    const struct tree *tree = rows->tree;
    struct rows_bent *bent = &rows->bent[row];
    uint32_t node = tree->leaves[leaf.leaf].node;
    int64_t ratio, rise = rate < 0 ? -rate : rate;

    while (tree->nodes[node].ratio_permille == 0)
        node = (uint32_t)tree->nodes[node].parent;
    ratio = tree->nodes[node].ratio_permille;
    fixed *= 1000 * LINE_FINE;
    fixed = fixed >= 0 ? (fixed + ratio - 1) / ratio : -(-fixed / ratio);
    rise = (rise * 1000 * LINE_FINE + ratio - 1) / ratio;
    for (unsigned left = tree->leaves[leaf.leaf].wires; left; left &= left - 1) {
        bent->fixed[WIRE_COUNT + __builtin_ctz(left)] += fixed;
        bent->rate[WIRE_COUNT + __builtin_ctz(left)] += rate < 0 ? -rise : rise;
    }
}

static bool behind_transformer(const struct tree *tree, uint32_t leaf, uint32_t from)
{
    if (!tree->has_transformer)
        return false;
    for (uint32_t node = tree->leaves[leaf].node; node != from;
         node = (uint32_t)tree->nodes[node].parent)
        if (tree->nodes[node].ratio_permille != 0)
            return true;
    return false;
}

static void rows_move(struct rows *rows, struct rows_leaf leaf, int64_t fixed, int64_t rate)
{
    const struct tree *tree = rows->tree;
    wire_set wires = tree->leaves[leaf.leaf].wires;
    int64_t dw = tree->leaf_dw[leaf.leaf], mask[LINE_COUNT];

    for (int l = 0; l < LINE_COUNT; l++)
        mask[l] = -(int64_t)(wires >> l & 1);
    for (uint32_t row = rows->at[tree->leaves[leaf.leaf].node]; row != ROWS_NO_NODE;
         row = rows->nodes[row].up) {
        struct rows_plain *plain = &rows->plain[row];

        for (int l = 0; l < LINE_COUNT; l++) {
            plain->left[l] -= fixed & mask[l];
            plain->rate[l] += rate & mask[l];
        }
        plain->left[ROWS_POWER] -= fixed * dw;
        plain->rate[ROWS_POWER] += rate * dw;
        if (!rows->nodes[row].bent)
            continue;
        if (behind_transformer(tree, leaf.leaf, rows->nodes[row].node))
            seen_move(rows, row, leaf, fixed, rate);
        else
            bent_move(rows, row, leaf, fixed, rate);
    }
}

void rows_rise(struct rows *rows, struct rows_leaf leaf, int64_t da)
{
    rows_move(rows, leaf, -da * rows->scale, leaf.weight);
}

void rows_stay(struct rows *rows, struct rows_leaf leaf, int64_t da)
{
    rows_move(rows, leaf, da * rows->scale, -leaf.weight);
}

/* fixed + rate · level, without the W, rounded up. */
static int64_t at_level(const struct rows *rows, int64_t fixed, int64_t rate, int64_t level)
{
    wide sum = (wide)rate * level + fixed + rows->scale - 1;

    if (sum > SUM_MAX)
        return SUM_MAX;
    return sum <= 0 ? 0 : (int64_t)sum / rows->scale;
}

static bool line_holds(const struct rows *rows, uint32_t row, int line, int64_t level)
{
    const struct tree *tree = rows->tree;
    const struct rows_bent *bent = &rows->bent[row];
    uint32_t node = rows->nodes[row].node;
    struct tree_seen seen = tree->seen[node];
    int64_t wire_da[WIRE_COUNT], base = tree->base_da[node][line];
    struct line_load load;

    for (int w = 0; w < WIRE_COUNT; w++)
        wire_da[w] = at_level(rows, bent->fixed[w], bent->rate[w], level);
    for (int l = 0; l < LINE_COUNT; l++) {
        int across = WIRE_COUNT + l, split = WIRE_COUNT + LINE_COUNT + l;
        seen.across[l] = at_level(rows, bent->fixed[across], bent->rate[across], level);
        seen.split[l] = at_level(rows, bent->fixed[split], bent->rate[split], level);
    }
    load = tree_line_load(tree, node, line, wire_da, &seen);
    return line_fits(&load, tree->nodes[node].limit_da[line] - (base > 0 ? base : 0));
}

/* Does anything rise that line `line` feels? */
static bool line_rises(const struct rows *rows, uint32_t row, int line)
{
    const int64_t *rate = rows->bent[row].rate;
    int last = (line + 2) % LINE_COUNT;

    return rate[line] || rate[LINE_COUNT + line] || rate[LINE_COUNT + last] ||
           rate[WIRE_COUNT + line] || rate[WIRE_COUNT + last] || rate[WIRE_COUNT + LINE_COUNT] ||
           rate[WIRE_COUNT + LINE_COUNT + 1] || rate[WIRE_COUNT + LINE_COUNT + 2];
}

/* The last level, below `end`, at which all bent lines hold; `from - 1` or less: not even there. */
static int64_t bent_sure(const struct rows *rows, uint32_t row, int64_t from, int64_t end)
{
    for (int l = 0; l < LINE_COUNT; l++) {
        int64_t low = from - 1, high = end;

        if (!rows->nodes[row].limited[l] || !line_rises(rows, row, l) ||
            line_holds(rows, row, l, end))
            continue;
        while (high - low > 1) {
            int64_t middle = low + (high - low) / 2;
            if (line_holds(rows, row, l, middle))
                low = middle;
            else
                high = middle;
        }
        end = low < end ? low : end;
    }
    return end;
}

int64_t rows_sure(const struct rows *rows, uint32_t row, int64_t from)
{
    const struct rows_plain *plain = &rows->plain[row];
    const struct rows_node *node = &rows->nodes[row];
    int64_t sure = ROWS_NEVER;

    if (plain->rate[ROWS_POWER] == 0)
        return ROWS_NEVER; /* nothing rises below */
    for (int l = 0; l < LINE_COUNT && !node->bent; l++)
        if (node->limited[l] && plain->rate[l] && plain->left[l] / plain->rate[l] < sure)
            sure = plain->left[l] < 0 ? from - 1 : plain->left[l] / plain->rate[l];
    if (rows->tree->flows[node->node].power_limit_dw != TREE_NO_CAP) {
        int64_t left = plain->left[ROWS_POWER];
        int64_t level = left < 0 ? from - 1 : left / plain->rate[ROWS_POWER];
        sure = level < sure ? level : sure;
    }
    if (node->bent) {
        int64_t end = bent_sure(rows, row, from, sure < rows->end ? sure : rows->end);
        sure = end < rows->end ? end : sure;
    }
    return sure;
}
