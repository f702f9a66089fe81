/* What is booked on a tree: sums on every path, and what still fits. */
#include "energy/tree_parts.h"

#define NO_NODE (-1)

static int64_t scaled(int64_t da, int32_t ratio_permille, bool up)
{
    int64_t fine = da * 1000 * LINE_FINE;

    return (fine + (up ? ratio_permille - 1 : 0)) / ratio_permille;
}

/* What the other side of a node's transformer sees of it. */
static struct tree_seen reflect(const struct tree *tree, uint32_t node,
                                const int64_t wire_da[WIRE_COUNT])
{
    int32_t ratio = tree->nodes[node].ratio_permille;
    struct tree_seen seen;

    for (int l = 0; l < LINE_COUNT; l++) {
        int64_t base = tree->base_da[node][l];
        seen.across[l] = scaled(wire_da[l] + (base > 0 ? base : 0), ratio, true);
        seen.split[l] = scaled(wire_da[LINE_COUNT + l], ratio, true);
        seen.sun[l] = base < 0 ? -scaled(-base, ratio, false) : 0;
    }
    return seen;
}

/* seen += now - before */
static void seen_move(struct tree_seen *seen, const struct tree_seen *before,
                      const struct tree_seen *now)
{
    for (int l = 0; l < LINE_COUNT; l++) {
        seen->across[l] += now->across[l] - before->across[l];
        seen->split[l] += now->split[l] - before->split[l];
        seen->sun[l] += now->sun[l] - before->sun[l];
    }
}

static void move_above(struct tree *tree, uint32_t node, const struct tree_seen *before)
{
    struct tree_seen now = reflect(tree, node, tree->flows[node].wire_da);

    for (int32_t up = tree->nodes[node].parent; up != NO_NODE; up = tree->nodes[up].parent)
        seen_move(&tree->seen[up], before, &now);
}

void tree_cap(struct tree *tree, uint32_t node, int line)
{
    int32_t limit_da = tree->nodes[node].limit_da[line];

    tree->flows[node].cap_da[line] = limit_da == TREE_NO_LIMIT_DA || tree->flows[node].bent
                                         ? TREE_NO_CAP
                                         : limit_da - tree->base_da[node][line];
}

void tree_set_base(struct tree *tree, uint32_t node, const int32_t base_da[LINE_COUNT],
                   int64_t base_w)
{
    struct tree_node *own;
    struct tree_seen before = { 0 };
    int64_t moved[LINE_COUNT], moved_dw;
    int32_t up = (int32_t)node;

    check(node < tree->node_count);
    own = &tree->nodes[node];
    for (int l = 0; l < LINE_COUNT; l++) {
        int32_t da = base_da[l] > TREE_DA_MAX ? TREE_DA_MAX : base_da[l];
        da = da < -TREE_DA_MAX ? -TREE_DA_MAX : da;
        moved[l] = da - own->base_da[l];
        own->base_da[l] = da;
    }
    base_w = base_w > TREE_W_MAX ? TREE_W_MAX : base_w < -TREE_W_MAX ? -TREE_W_MAX : base_w;
    moved_dw = 10 * (base_w - own->base_w);
    own->base_w = base_w;
    for (bool above = false; up != NO_NODE; up = tree->nodes[up].parent) {
        bool transformer = !above && tree->nodes[up].ratio_permille != 0;

        tree->flows[up].power_dw += moved_dw;
        if (transformer)
            before = reflect(tree, (uint32_t)up, tree->flows[up].wire_da);
        for (int l = 0; l < LINE_COUNT && !above; l++) {
            tree->base_da[up][l] += moved[l];
            tree_cap(tree, (uint32_t)up, l);
        }
        if (transformer)
            move_above(tree, (uint32_t)up, &before);
        above |= transformer;
    }
}

static void add_wires(int64_t wire_da[WIRE_COUNT], wire_set wires, int64_t da)
{
    for (unsigned left = wires; left; left &= left - 1)
        wire_da[__builtin_ctz(left)] += da;
}

/* The same where a transformer may lie on the path. */
static void book_across(struct tree *tree, uint32_t leaf, int64_t moved_da)
{
    int32_t node = (int32_t)tree->leaves[leaf].node;

    for (bool above = false; node != NO_NODE && !above; node = tree->flows[node].parent) {
        struct tree_seen before = { 0 };

        above = tree->nodes[node].ratio_permille != 0;
        if (above)
            before = reflect(tree, (uint32_t)node, tree->flows[node].wire_da);
        add_wires(tree->flows[node].wire_da, tree->leaves[leaf].wires, moved_da);
        if (above)
            move_above(tree, (uint32_t)node, &before);
    }
}

void tree_book(struct tree *tree, uint32_t leaf, int32_t da)
{
    int64_t moved_da, moved_dw;
    wire_set wires;

    check(leaf < tree->leaf_count);
    check(da >= 0 && da <= TREE_DA_MAX);
    moved_da = da - tree->booked_da[leaf];
    if (moved_da == 0)
        return;
    moved_dw = moved_da * tree->leaf_dw[leaf];
    wires = tree->leaves[leaf].wires;
    tree->booked_da[leaf] = da;
    for (int32_t node = (int32_t)tree->leaves[leaf].node; node != NO_NODE;
         node = tree->flows[node].parent) {
        struct tree_flow *flow = &tree->flows[node];
        flow->power_dw += moved_dw;
        if (!tree->has_transformer)
            add_wires(flow->wire_da, wires, moved_da);
    }
    if (tree->has_transformer)
        book_across(tree, leaf, moved_da);
}

struct line_load tree_line_load(const struct tree *tree, uint32_t node, int line,
                                const int64_t wire_da[WIRE_COUNT], const struct tree_seen *seen)
{
    int next = (line + 1) % LINE_COUNT, last = (line + 2) % LINE_COUNT;
    int64_t base = tree->base_da[node][line];

    return (struct line_load){
        .straight = wire_da[line] * LINE_FINE,
        .ahead = wire_da[LINE_COUNT + line] * LINE_FINE + seen->across[line],
        .behind = wire_da[LINE_COUNT + last] * LINE_FINE + seen->across[last],
        .far_ahead = seen->split[line],
        .far_behind = seen->split[next],
        .twice = seen->split[last],
        .sun = base < 0 ? base * LINE_FINE : 0,
        .sun_ahead = seen->sun[line],
        .sun_behind = seen->sun[last],
    };
}

static int64_t base_above_zero(const struct tree *tree, uint32_t node, int line)
{
    return tree->base_da[node][line] > 0 ? tree->base_da[node][line] : 0;
}

static int64_t line_da(const struct tree *tree, uint32_t node, int line)
{
    const int64_t *wire_da = tree->flows[node].wire_da;
    struct line_load load;

    if (!tree->flows[node].bent)
        return wire_da[line] + tree->base_da[node][line];
    load = tree_line_load(tree, node, line, wire_da, &tree->seen[node]);
    return line_current(&load) + base_above_zero(tree, node, line);
}

enum { NO_LINE = -2, POWER_LINE = -1 };

/* A node of a leaf's path as it would be if the leaf had `da`. */
struct path_step {
    uint32_t node;
    uint8_t lines; /* that the leaf adds to */
    int64_t wire_da[WIRE_COUNT];
    struct tree_seen seen;
};

/* The line of a bent node that would be over; NO_LINE. */
static int8_t bent_hinders(const struct tree *tree, const struct path_step *step)
{
    for (int l = 0; l < LINE_COUNT; l++) {
        int32_t limit = tree->nodes[step->node].limit_da[l];
        struct line_load load;

        if (!(step->lines >> l & 1) || limit == TREE_NO_LIMIT_DA)
            continue;
        load = tree_line_load(tree, step->node, l, step->wire_da, &step->seen);
        if (!line_fits(&load, limit - base_above_zero(tree, step->node, l)))
            return (int8_t)l;
    }
    return NO_LINE;
}

/* The first bent node of the leaf's path that would be over if it had `da`, and the line. */
static int8_t bent_path_hinders(const struct tree *tree, uint32_t leaf, int32_t da, int32_t *found)
{
    const struct tree_leaf *own = &tree->leaves[leaf];
    int64_t moved_da = da - tree->booked_da[leaf];
    struct tree_seen before = { 0 }, now = { 0 };
    int32_t node = (int32_t)own->node;

    while (node != NO_NODE && !tree->flows[node].bent && !tree->has_transformer)
        node = tree->flows[node].parent;
    for (bool above = false; node != NO_NODE; node = tree->flows[node].parent) {
        struct path_step step = { .node = (uint32_t)node,
                                  .lines = tree_touches(own->wires, above),
                                  .seen = tree->seen[node] };
        int8_t line = NO_LINE;

        memcpy(step.wire_da, tree->flows[node].wire_da, sizeof step.wire_da);
        if (above)
            seen_move(&step.seen, &before, &now);
        else
            add_wires(step.wire_da, own->wires, moved_da);
        if (tree->flows[node].bent)
            line = bent_hinders(tree, &step);
        if (line != NO_LINE) {
            *found = node;
            return line;
        }
        if (tree->nodes[node].ratio_permille != 0) {
            before = reflect(tree, (uint32_t)node, tree->flows[node].wire_da);
            now = reflect(tree, (uint32_t)node, step.wire_da);
            above = true;
        }
    }
    return NO_LINE;
}

/* The line of a node's plain sums that would be over with so much more; NO_LINE. */
static int8_t plain_hinders(const struct tree_flow *flow, wire_set wires, int64_t more_da,
                            int64_t more_dw)
{
    unsigned over = 0;

    if (flow->power_dw + more_dw > flow->power_limit_dw)
        return POWER_LINE;
    for (int l = 0; l < LINE_COUNT; l++)
        over |= (unsigned)(flow->wire_da[l] + more_da > flow->cap_da[l]) << l;
    over &= wires;
    return (int8_t)(over ? __builtin_ctz(over) : NO_LINE);
}

bool tree_hinders(const struct tree *tree, uint32_t leaf, int32_t da, int32_t *found, int8_t *line)
{
    int64_t more_da, more_dw;
    wire_set wires;
    bool bent = false;

    check(leaf < tree->leaf_count);
    more_da = da - tree->booked_da[leaf];
    more_dw = more_da * tree->leaf_dw[leaf];
    wires = tree->leaves[leaf].wires;
    for (int32_t node = (int32_t)tree->leaves[leaf].node; node != NO_NODE;
         node = tree->flows[node].parent) {
        *line = plain_hinders(&tree->flows[node], wires, more_da, more_dw);
        if (*line != NO_LINE) {
            *found = node;
            return true;
        }
        bent |= tree->flows[node].bent;
    }
    *line = NO_LINE;
    if (bent)
        *line = bent_path_hinders(tree, leaf, da, found);
    return *line != NO_LINE;
}

bool tree_fits(const struct tree *tree, uint32_t leaf, int32_t da)
{
    int32_t node;
    int8_t line;

    return !tree_hinders(tree, leaf, da, &node, &line);
}

/* The most, up to `room`, that plain sums on the path allow. */
static int64_t plain_room(const struct tree *tree, uint32_t leaf, int64_t room)
{
    int64_t own_da = tree->booked_da[leaf], leaf_dw = tree->leaf_dw[leaf];
    int64_t left_da = TREE_NO_CAP, left_dw = TREE_NO_CAP;

    for (int32_t node = (int32_t)tree->leaves[leaf].node; node != NO_NODE;
         node = tree->flows[node].parent) {
        const struct tree_flow *flow = &tree->flows[node];

        if (flow->power_limit_dw - flow->power_dw < left_dw)
            left_dw = flow->power_limit_dw - flow->power_dw;
        for (int l = 0; l < LINE_COUNT; l++)
            if (tree->leaves[leaf].wires >> l & 1 && flow->cap_da[l] - flow->wire_da[l] < left_da)
                left_da = flow->cap_da[l] - flow->wire_da[l];
    }
    left_da += own_da;
    left_dw += own_da * leaf_dw;
    room = left_da < room ? left_da : room;
    if (left_dw < room * leaf_dw)
        room = left_dw < 0 ? 0 : left_dw / leaf_dw;
    return room > 0 ? room : 0;
}

static bool bent_fits(const struct tree *tree, uint32_t leaf, int32_t da)
{
    int32_t node;

    return bent_path_hinders(tree, leaf, da, &node) == NO_LINE;
}

/* The most between `low`, which fits (or is 0), and `high`, which does not. That is mostly near one
 * of them, since a target was a little too much, or what is booked is nearly all there is: so by
 * steps that grow from both ends, then by halves. */
static int32_t bent_room(const struct tree *tree, uint32_t leaf, int32_t low, int32_t high)
{
    for (int32_t step = 1; high - low > 2 * step; step *= 2) {
        if (!bent_fits(tree, leaf, low + step)) {
            high = low + step;
            break;
        }
        low += step;
        if (bent_fits(tree, leaf, high - step)) {
            low = high - step;
            break;
        }
        high -= step;
    }
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (bent_fits(tree, leaf, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}

int32_t tree_room(const struct tree *tree, uint32_t leaf, int32_t want_da)
{
    int32_t low = 0, high, booked_da;

    check(leaf < tree->leaf_count);
    check(want_da >= 0 && want_da <= TREE_DA_MAX);
    high = (int32_t)plain_room(tree, leaf, want_da);
    if (high == 0 || !tree->any_bent || bent_fits(tree, leaf, high))
        return high;
    booked_da = tree->booked_da[leaf];
    if (booked_da > 0 && booked_da < high) {
        if (bent_fits(tree, leaf, booked_da))
            low = booked_da;
        else
            high = booked_da;
    }
    return bent_room(tree, leaf, low, high);
}

void tree_sums(const struct tree *tree, uint32_t node, int64_t lines_da[LINE_COUNT],
               int64_t *power_w)
{
    int64_t dw;

    check(node < tree->node_count);
    for (int l = 0; l < LINE_COUNT; l++)
        lines_da[l] = line_da(tree, node, l);
    dw = tree->flows[node].power_dw;
    *power_w = dw >= 0 ? (dw + 9) / 10 : -(-dw / 10);
}

void tree_flows(const struct tree *tree, uint32_t node, int64_t lines_da[LINE_COUNT],
                int64_t *power_w)
{
    tree_sums(tree, node, lines_da, power_w);
    for (int l = 0; l < LINE_COUNT && tree->flows[node].bent; l++) {
        const struct line_load load =
            tree_line_load(tree, node, l, tree->flows[node].wire_da, &tree->seen[node]);
        lines_da[l] = line_flow(&load) + base_above_zero(tree, node, l);
    }
}

bool tree_over(const struct tree *tree, uint32_t node, struct tree_excess *excess)
{
    const struct tree_flow *flow;
    int64_t worst = 0;

    check(node < tree->node_count);
    flow = &tree->flows[node];
    for (int l = 0; l < LINE_COUNT; l++) {
        int64_t over;
        if (tree->nodes[node].limit_da[l] == TREE_NO_LIMIT_DA)
            continue;
        over = line_da(tree, node, l) - tree->nodes[node].limit_da[l];
        if (over <= worst)
            continue;
        worst = over;
        *excess = (struct tree_excess){ .node = (int32_t)node, .line = (int8_t)l, .over = over };
    }
    if (worst == 0 && flow->power_dw > flow->power_limit_dw) {
        worst = (flow->power_dw - flow->power_limit_dw + 9) / 10;
        *excess = (struct tree_excess){ .node = (int32_t)node, .line = -1, .over = worst };
    }
    return worst > 0;
}

bool tree_any_over(const struct tree *tree, struct tree_excess *excess)
{
    for (uint32_t i = 0; i < tree->node_count; i++)
        if (tree_over(tree, i, excess))
            return true;
    return false;
}
