/* From a tree to groups and rows. */
#include "energy/phase_model.h"

#include "energy/sort.h"
#include "energy/tree_parts.h"

#define NO_NODE (-1)

/* Directions have this many bits behind the point, fewer where limits are large, so that squares
 * fit in 64 bits. */
enum { DIRECTION_BITS = 14, LIMIT_BITS = 30, PERMILLE = 1000, DW_PER_W = 10 };

/* cos(30° · k) · 2^14 */
static const int32_t cosines[12] = { 16384,  14189,  8192,  0, -8192, -14189,
                                     -16384, -14189, -8192, 0, 8192,  14189 };

struct direction {
    int64_t re, im;
};

/* A unit at 30° · twelfth. */
static struct direction unit(int twelfth)
{
    int k = ((twelfth % 12) + 12) % 12;

    return (struct direction){ cosines[k], cosines[(k + 9) % 12] };
}

static struct direction plus(struct direction a, struct direction b, int sign)
{
    return (struct direction){ a.re + sign * b.re, a.im + sign * b.im };
}

/* What a load of 1 through `wires` sends through line `line` of its own side, in the frame where
 * V1 is real: L1 at 0°, L2 at -120°; L12 at 30°, back through line 2. */
static struct direction own_side(wire_set wires, int line)
{
    struct direction sum = { 0, 0 };

    for (int l = 0; l < LINE_COUNT; l++) {
        if (wires & WIRE_BIT(l) && l == line)
            sum = plus(sum, unit(-4 * l), 1);
        if (wires & WIRE_BIT(LINE_COUNT + l) && l == line)
            sum = plus(sum, unit(1 - 4 * l), 1);
        if (wires & WIRE_BIT(LINE_COUNT + l) && (l + 1) % LINE_COUNT == line)
            sum = plus(sum, unit(1 - 4 * l), -1);
    }
    return sum;
}

/* The same, seen from the other side of a transformer. */
static struct direction far_side(wire_set wires, int line, int32_t ratio_permille)
{
    struct direction sum =
        plus(own_side(wires, line), own_side(wires, (line + LINE_COUNT - 1) % LINE_COUNT), -1);

    return (struct direction){ sum.re * PERMILLE / ratio_permille,
                               sum.im * PERMILLE / ratio_permille };
}

/* --- groups */

struct key {
    wire_set wires;
    int32_t ratio_permille; /* of the transformer above it; 0: none */
    int32_t dw;             /* power of 0.1 A */
};

/* While a model is made. Sums are by node and group. */
struct making {
    const struct tree *tree;
    struct key keys[PHASE_GROUPS_MAX];
    uint32_t group_count;
    /* How a line sees a load of a group: from its own side of a transformer, from the other. */
    struct direction seen[2][LINE_COUNT][PHASE_GROUPS_MAX];
    int32_t *ratio;  /* by node: of the transformer at it or above it */
    uint8_t *group;  /* by leaf */
    int64_t *booked; /* 0.1 A */
    int64_t *most;   /* of all cars together, booked included */
    int64_t *base;   /* by node and line: of loads behind transformers below, seen from here */
    uint32_t *from;  /* by number in the model: the node */
    int32_t *kept;   /* by node: its number in the model, or of the nearest kept one above */
};

static uint8_t find_group(struct making *making, const struct key *key)
{
    uint32_t g = 0;

    while (g < making->group_count &&
           (making->keys[g].wires != key->wires || making->keys[g].dw != key->dw ||
            making->keys[g].ratio_permille != key->ratio_permille))
        g++;
    if (g == PHASE_GROUPS_MAX)
        return PHASE_GROUPS_MAX - 1;
    if (g == making->group_count)
        making->keys[making->group_count++] = *key;
    return (uint8_t)g;
}

static bool making_alloc(struct making *making, struct arena *arena)
{
    size_t nodes = making->tree->node_count, sums = nodes * PHASE_GROUPS_MAX;

    making->ratio = ARENA_NEW_ARRAY(arena, int32_t, nodes);
    making->group = ARENA_NEW_ARRAY(arena, uint8_t, making->tree->leaf_count + 1);
    making->booked = ARENA_NEW_ARRAY(arena, int64_t, sums);
    making->most = ARENA_NEW_ARRAY(arena, int64_t, sums);
    making->base = ARENA_NEW_ARRAY(arena, int64_t, nodes *LINE_COUNT);
    making->from = ARENA_NEW_ARRAY(arena, uint32_t, nodes);
    making->kept = ARENA_NEW_ARRAY(arena, int32_t, nodes);
    return making->ratio && making->group && making->booked && making->most && making->base &&
           making->from && making->kept;
}

static void add_leaves(struct making *making, const struct phase_car *cars, uint32_t count)
{
    const struct tree *tree = making->tree;

    for (uint32_t i = 0; i < tree->node_count; i++) {
        int32_t parent = tree->nodes[i].parent, own = tree->nodes[i].ratio_permille;
        making->ratio[i] = own ? own : parent == NO_NODE ? 0 : making->ratio[parent];
    }
    for (uint32_t i = 0; i < tree->leaf_count; i++) {
        const struct tree_leaf *leaf = &tree->leaves[i];
        struct key key = { leaf->wires, making->ratio[leaf->node], tree->leaf_dw[i] };
        size_t at = (size_t)leaf->node * PHASE_GROUPS_MAX + find_group(making, &key);
        making->group[i] = (uint8_t)(at % PHASE_GROUPS_MAX);
        making->booked[at] += tree->booked_da[i];
        making->most[at] += tree->booked_da[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        int32_t more = cars[i].most_da - tree->booked_da[cars[i].leaf];
        size_t at = (size_t)tree->leaves[cars[i].leaf].node * PHASE_GROUPS_MAX +
                    making->group[cars[i].leaf];
        making->most[at] += more > 0 ? more : 0;
    }
}

/* From the leaves up. */
static void add_up(struct making *making)
{
    const struct tree *tree = making->tree;

    for (uint32_t i = tree->node_count; i-- > 0;) {
        int32_t up = tree->nodes[i].parent, ratio = tree->nodes[i].ratio_permille;
        if (up == NO_NODE)
            continue;
        for (uint32_t g = 0; g < making->group_count; g++) {
            making->booked[(uint32_t)up * PHASE_GROUPS_MAX + g] +=
                making->booked[i * PHASE_GROUPS_MAX + g];
            making->most[(uint32_t)up * PHASE_GROUPS_MAX + g] +=
                making->most[i * PHASE_GROUPS_MAX + g];
        }
        for (uint32_t l = 0; l < LINE_COUNT; l++)
            making->base[(uint32_t)up * LINE_COUNT + l] +=
                making->base[i * LINE_COUNT + l] +
                (ratio ? tree->base_da[i][l] * PERMILLE / ratio : 0);
    }
}

/* --- rows */

static uint32_t bits_for(int64_t limit)
{
    uint32_t bits = DIRECTION_BITS;

    while (bits > 0 && limit << bits > (int64_t)1 << LIMIT_BITS)
        bits--;
    return bits;
}

/* Towards nothing. */
static int32_t cut_bits(int64_t value, uint32_t bits)
{
    return (int32_t)(value < 0 ? -(-value >> bits) : value >> bits);
}

/* Adds what a load of this direction, and so many 0.1 A booked, means to the row. */
static void put_direction(struct phase_row *row, uint32_t group, struct direction direction,
                          int64_t booked, uint32_t bits)
{
    row->re[group] = cut_bits(direction.re, DIRECTION_BITS - bits);
    row->im[group] = cut_bits(direction.im, DIRECTION_BITS - bits);
    row->base_re += row->re[group] * booked;
    row->base_im += row->im[group] * booked;
    row->straight &= direction.im == 0;
}

/* The frame of a row is that of its line, so that loads against neutral have no angle. */
static struct direction turned(struct direction d, int line)
{
    /* times e^(+j 120° line): cos -1/2, sin ±sqrt(3)/2 */
    int64_t cos = line == 0 ? cosines[0] : cosines[4];
    int64_t sin = line == 0 ? 0 : line == 1 ? cosines[1] : -cosines[1];

    return (struct direction){ (d.re * cos - d.im * sin) >> DIRECTION_BITS,
                               (d.re * sin + d.im * cos) >> DIRECTION_BITS };
}

/* Small angles that come of rounding are none. */
static struct direction cleaned(struct direction d)
{
    d.im = d.im >= -2 && d.im <= 2 ? 0 : d.im;
    d.re = d.re >= -2 && d.re <= 2 ? 0 : d.re;
    return d;
}

/* Each node and line asks for these. */
static void find_directions(struct making *making)
{
    for (uint32_t g = 0; g < making->group_count; g++)
        for (int line = 0; line < LINE_COUNT; line++) {
            const struct key *key = &making->keys[g];
            struct direction own = own_side(key->wires, line), far = own;
            if (key->ratio_permille != 0)
                far = far_side(key->wires, line, key->ratio_permille);
            making->seen[0][line][g] = cleaned(turned(own, line));
            making->seen[1][line][g] = cleaned(turned(far, line));
        }
}

static bool line_row(const struct making *making, uint32_t node, int line, struct phase_row *row)
{
    const struct tree *tree = making->tree;
    int64_t limit = tree->nodes[node].limit_da[line];
    uint32_t bits = bits_for(limit);

    *row = (struct phase_row){ .straight = true };
    if (limit == TREE_NO_LIMIT_DA)
        return false;
    for (uint32_t g = 0; g < making->group_count; g++)
        put_direction(row, g, making->seen[making->ratio[node] == 0][line][g],
                      making->booked[node * PHASE_GROUPS_MAX + g], bits);
    if (making->ratio[node] == 0)
        for (int l = 0; l < LINE_COUNT; l++) {
            /* Loads behind a transformer that nobody controls: the ratio is in `base` already. */
            int64_t amount = making->base[node * LINE_COUNT + (uint32_t)l];
            struct direction d;
            if (amount == 0)
                continue;
            d = turned(far_side((wire_set)WIRE_BIT(l), line, PERMILLE), line);
            row->base_re += (d.re >> (DIRECTION_BITS - bits)) * amount;
            row->base_im += (d.im >> (DIRECTION_BITS - bits)) * amount;
            row->straight = false;
        }
    row->limit = (limit - tree->base_da[node][line]) * ((int64_t)1 << bits);
    if (row->limit < 0)
        row->limit = 0;
    return true;
}

static bool power_row(const struct making *making, uint32_t node, struct phase_row *row)
{
    const struct tree_flow *flow = &making->tree->flows[node];

    *row = (struct phase_row){ .straight = true };
    if (making->tree->nodes[node].limit_w == TREE_NO_LIMIT_W)
        return false;
    for (uint32_t g = 0; g < making->group_count; g++)
        row->re[g] = making->keys[g].dw;
    row->base_re = flow->power_dw; /* booked and base */
    row->limit = flow->power_limit_dw > row->base_re ? flow->power_limit_dw : row->base_re;
    return true;
}

/* Could the cars below it ever reach this row? Each may also draw nothing: the sum of sizes says.
 */
static bool is_reachable(const struct making *making, uint32_t node, const struct phase_row *row)
{
    int32_t more[PHASE_GROUPS_MAX];
    struct phase_row sizes = *row;

    for (uint32_t g = 0; g < making->group_count; g++) {
        int64_t most =
            making->most[node * PHASE_GROUPS_MAX + g] - making->booked[node * PHASE_GROUPS_MAX + g];
        more[g] = most > INT32_MAX ? INT32_MAX : (int32_t)most;
        sizes.re[g] = sizes.re[g] < 0 ? -sizes.re[g] : sizes.re[g];
        sizes.im[g] = sizes.im[g] < 0 ? -sizes.im[g] : sizes.im[g];
    }
    return !phase_row_allows(&sizes, making->group_count, more);
}

static void make_rows(const struct making *making, uint32_t node, struct phase_node *made)
{
    for (int line = 0; line < LINE_COUNT; line++)
        if (line_row(making, node, line, &made->rows[made->row_count]) &&
            is_reachable(making, node, &made->rows[made->row_count]))
            made->row_count++;
    if (power_row(making, node, &made->rows[made->row_count]) &&
        is_reachable(making, node, &made->rows[made->row_count]))
        made->row_count++;
}

/* Is all that is below `node` also all that is below the kept node above it? */
static bool sees_the_same(const struct making *making, uint32_t node, int32_t kept)
{
    uint32_t above = kept == PHASE_NO_NODE ? 0 : making->from[kept];

    return kept != PHASE_NO_NODE && memcmp(&making->most[(size_t)node * PHASE_GROUPS_MAX],
                                           &making->most[(size_t)above * PHASE_GROUPS_MAX],
                                           making->group_count * sizeof *making->most) == 0;
}

static bool add_node(struct making *making, const struct phase_node *node, uint32_t from,
                     struct phase_model *model, struct arena *arena)
{
    uint32_t count = model->node_count;

    if ((count & (count + 1)) == 0) { /* 0, 1, 3, 7 …: as many as there was room for */
        struct phase_node *more = arena_alloc(arena, (2 * (size_t)count + 1) * sizeof *more);
        if (!more)
            return false;
        if (count)
            memcpy(more, model->nodes, count * sizeof *more);
        model->nodes = more;
    }
    making->kept[from] = (int32_t)count;
    making->from[count] = from;
    model->node_count++;
    model->nodes[count].parent = node->parent;
    model->nodes[count].row_count = node->row_count;
    memcpy(model->nodes[count].rows, node->rows, node->row_count * sizeof *node->rows);
    return true;
}

static bool make_nodes(struct making *making, struct phase_model *model, struct arena *arena)
{
    const struct tree *tree = making->tree;

    for (uint32_t i = 0; i < tree->node_count; i++) {
        int32_t up = tree->nodes[i].parent, kept = up == NO_NODE ? PHASE_NO_NODE : making->kept[up];
        UNINITIALIZED struct phase_node node; /* of its rows, as many as there are */
        node.parent = kept;
        node.row_count = 0;
        making->kept[i] = kept;
        make_rows(making, i, &node);
        if (node.row_count == 0)
            continue;
        if (model->nodes && sees_the_same(making, i, kept) &&
            model->nodes[kept].row_count + node.row_count <= PHASE_ROWS_MAX) {
            /* One level for both: the sides of a transformer, a meter and its panel. */
            memcpy(&model->nodes[kept].rows[model->nodes[kept].row_count], node.rows,
                   node.row_count * sizeof *node.rows);
            model->nodes[kept].row_count = (uint8_t)(model->nodes[kept].row_count + node.row_count);
        } else if (!add_node(making, &node, i, model, arena)) {
            return false;
        }
    }
    return true;
}

/* --- cars */

static bool make_entries(const struct making *making, const struct phase_car *cars, uint32_t count,
                         struct phase_model *model, struct arena *arena)
{
    uint32_t *order = arena_alloc(arena, (count + 1) * sizeof *order);
    int64_t *keys = arena_alloc(arena, (count + 1) * sizeof *keys);
    struct sort_entry *scratch = arena_alloc(arena, (2 * (size_t)count + 1) * sizeof *scratch);

    model->entries = arena_alloc(arena, (count + 1) * sizeof *model->entries);
    if (!order || !keys || !scratch || !model->entries)
        return false;
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = 0; i < count; i++)
        keys[i] = cars[i].laxity_ms;
    sort_indices(order, count, keys, scratch);
    for (uint32_t i = 0; i < count; i++) {
        const struct phase_car *car = &cars[order[i]];
        int32_t more = car->most_da - making->tree->booked_da[car->leaf];
        if (more > 0)
            model->entries[model->entry_count++] =
                (struct phase_entry){ .car = order[i],
                                      .node = making->kept[making->tree->leaves[car->leaf].node],
                                      .group = making->group[car->leaf],
                                      .more_da = more };
    }
    return true;
}

enum err phase_model_new(const struct tree *tree, const struct phase_car *cars, uint32_t count,
                         struct arena *arena, struct phase_model *model)
{
    struct making making = { .tree = tree };

    *model = (struct phase_model){ 0 };
    if (!making_alloc(&making, arena))
        return ERR_FULL;
    add_leaves(&making, cars, count);
    add_up(&making);
    find_directions(&making);
    if (!make_nodes(&making, model, arena) || !make_entries(&making, cars, count, model, arena))
        return ERR_FULL;
    model->group_count = making.group_count;
    for (uint32_t g = 0; g < making.group_count; g++) {
        model->group_w[g] = making.keys[g].dw; /* 0.1 W for 0.1 A: W for 1 A */
        model->group_wires[g] = making.keys[g].wires;
    }
    return ERR_NONE;
}
