#include "energy/fill.h"

#include "energy/fill_rows.h"
#include "energy/sort.h"

enum item_state { WAITS, RISES, STAYS };

/* A leaf that wants something. Items stand in the order of the tree. */
struct item {
    uint32_t leaf, weight;
    int32_t low_da, high_da; /* booked before; its most */
    enum item_state state;
};

struct fill {
    struct tree *tree;
    struct rows rows;
    struct item *items;
    uint32_t count;
    int64_t level; /* all steps up to here are taken; they are booked when somebody has to know */
    struct sort_entry *starts, *ends; /* by the last level at its low; by the first at its high */
    uint32_t start_next, end_next;
    uint64_t *heap;                     /* of all rows: key << 32 | row */
    uint32_t *heap_at;                  /* by row */
    uint32_t *touched, touched_count;   /* rows below which leaves have begun to rise */
    uint32_t *critical, critical_count; /* rows that the next level could pass */
    bool *is_touched, *is_critical;
    struct sort_entry *tops; /* critical rows with none above them; scratch behind */
};

/* ------------------------------------------------------------------------------- a leaf's way */

static int64_t at_level(const struct fill *fill, const struct item *item, int64_t level)
{
    int64_t scale = fill->rows.scale;
    int64_t da = scale == 1 ? level : level * item->weight / scale;

    da = da < item->low_da ? item->low_da : da;
    return da > item->high_da ? item->high_da : da;
}

/* The first level at which it has `da`. */
static int64_t level_of(const struct fill *fill, const struct item *item, int64_t da)
{
    int64_t scale = fill->rows.scale;

    return scale == 1 ? da : (da * scale + item->weight - 1) / item->weight;
}

static void stay(struct fill *fill, struct item *item, int64_t da)
{
    struct rows_leaf leaf = { item->leaf, item->weight };

    if (item->state == RISES)
        rows_stay(&fill->rows, leaf, da);
    item->state = STAYS;
    tree_book(fill->tree, item->leaf, (int32_t)da);
}

/* ------------------------------------------------------------------------------- the heap */

static void heap_put(struct fill *fill, uint32_t at, uint64_t entry)
{
    fill->heap[at] = entry;
    fill->heap_at[(uint32_t)entry] = at;
}

static void heap_sift_down(struct fill *fill, uint32_t at, uint64_t entry)
{
    uint32_t count = fill->rows.count;

    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && fill->heap[child + 1] < fill->heap[child])
            child++;
        if (fill->heap[child] >= entry)
            break;
        heap_put(fill, at, fill->heap[child]);
        at = child;
    }
    heap_put(fill, at, entry);
}

/* A new key for a row. */
static void heap_move(struct fill *fill, uint32_t row, int64_t key)
{
    uint32_t at = fill->heap_at[row];
    uint64_t entry;

    key = key < fill->rows.end ? key : fill->rows.end;
    entry = (uint64_t)key << 32 | row;
    for (; at > 0 && fill->heap[(at - 1) / 2] > entry; at = (at - 1) / 2)
        heap_put(fill, at, fill->heap[(at - 1) / 2]);
    heap_sift_down(fill, at, entry);
}

static int64_t heap_key(const struct fill *fill)
{
    return fill->rows.count ? (int64_t)(fill->heap[0] >> 32) : fill->rows.end;
}

/* ------------------------------------------------------------------------------- events */

static void begin(struct fill *fill, struct item *item)
{
    struct rows *rows = &fill->rows;
    uint32_t row = rows->at[fill->tree->leaves[item->leaf].node];

    item->state = RISES;
    rows_rise(rows, (struct rows_leaf){ item->leaf, item->weight }, item->low_da);
    for (; row != ROWS_NO_NODE && !fill->is_touched[row]; row = rows->nodes[row].up) {
        fill->is_touched[row] = true;
        fill->touched[fill->touched_count++] = row;
    }
}

/* Leaves that have all they want by this level rise no more; those that start here begin. */
static void pass_events(struct fill *fill)
{
    while (fill->end_next < fill->count && fill->ends[fill->end_next].key <= fill->level) {
        struct item *item = &fill->items[fill->ends[fill->end_next++].index];
        if (item->state == RISES)
            stay(fill, item, item->high_da);
    }
    while (fill->start_next < fill->count && fill->starts[fill->start_next].key <= fill->level) {
        struct item *item = &fill->items[fill->starts[fill->start_next++].index];
        if (item->state == WAITS)
            begin(fill, item);
    }
    while (fill->touched_count > 0) {
        uint32_t row = fill->touched[--fill->touched_count];
        int64_t sure = rows_sure(&fill->rows, row, fill->level + 1);

        fill->is_touched[row] = false;
        heap_move(fill, row, sure > fill->level ? sure : fill->level);
    }
}

static void gather_critical(struct fill *fill)
{
    fill->critical_count = 0;
    while (heap_key(fill) <= fill->level && heap_key(fill) < fill->rows.end) {
        uint32_t row = (uint32_t)fill->heap[0];
        int64_t sure = rows_sure(&fill->rows, row, fill->level + 1);

        heap_move(fill, row, sure > fill->level ? sure : fill->rows.end);
        if (sure > fill->level)
            continue;
        fill->is_critical[row] = true;
        fill->critical[fill->critical_count++] = row;
    }
}

/* ------------------------------------------------------------------------------- a careful step */

/* Critical rows that have none above them, in the order of the tree. */
static uint32_t find_tops(struct fill *fill)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < fill->critical_count; i++) {
        const struct rows_node *node = &fill->rows.nodes[fill->critical[i]];
        uint32_t up = node->up;

        while (up != ROWS_NO_NODE && !fill->is_critical[up])
            up = fill->rows.nodes[up].up;
        if (up == ROWS_NO_NODE)
            fill->tops[count++] = (struct sort_entry){ node->first, fill->critical[i] };
    }
    sort_by_key(fill->tops, count, fill->tops + fill->rows.count);
    return count;
}

static void settle(struct fill *fill, const struct rows_node *top)
{
    for (struct item *item = &fill->items[top->first]; item < &fill->items[top->first + top->count];
         item++)
        if (item->state == RISES)
            tree_book(fill->tree, item->leaf, (int32_t)at_level(fill, item, fill->level));
}

static bool try_step(struct fill *fill, const struct item *item)
{
    int32_t next_da = tree_booked(fill->tree, item->leaf) + 1;

    if (!tree_fits(fill->tree, item->leaf, next_da))
        return false;
    tree_book(fill->tree, item->leaf, next_da);
    return true;
}

/* Steps of the next level, each against all limits. Where one was hindered, all that could not take
 * another are told now: room never grows. */
static void step(struct fill *fill, const struct rows_node *top)
{
    struct item *first = &fill->items[top->first], *end = first + top->count;
    bool hindered = false;

    for (struct item *item = first; item < end; item++) {
        int32_t da = tree_booked(fill->tree, item->leaf);
        if (item->state != RISES || at_level(fill, item, fill->level + 1) == da ||
            try_step(fill, item))
            continue;
        stay(fill, item, da);
        hindered = true;
    }
    for (struct item *item = first; hindered && item < end; item++) {
        int32_t da = tree_booked(fill->tree, item->leaf);
        if (item->state != STAYS && da < item->high_da &&
            !tree_fits(fill->tree, item->leaf, da + 1))
            stay(fill, item, da);
    }
}

/* The last level before one of the row's leaves takes a step. */
static int64_t last_before_step(const struct fill *fill, const struct rows_node *node)
{
    int64_t last = fill->rows.end;

    for (uint32_t i = node->first; i < node->first + node->count; i++) {
        const struct item *item = &fill->items[i];
        int64_t before = level_of(fill, item, tree_booked(fill->tree, item->leaf) + 1) - 1;
        if (item->state == RISES && before < last)
            last = before;
    }
    return last;
}

static void step_carefully(struct fill *fill)
{
    uint32_t count = find_tops(fill);

    for (uint32_t i = 0; i < count; i++)
        settle(fill, &fill->rows.nodes[fill->tops[i].index]);
    for (uint32_t i = 0; i < count; i++)
        step(fill, &fill->rows.nodes[fill->tops[i].index]);
    fill->level++;
    for (uint32_t i = 0; i < fill->critical_count; i++) {
        uint32_t row = fill->critical[i];
        int64_t sure = rows_sure(&fill->rows, row, fill->level + 1);

        fill->is_critical[row] = false;
        if (sure <= fill->level)
            sure = last_before_step(fill, &fill->rows.nodes[row]);
        heap_move(fill, row, sure > fill->level ? sure : fill->level);
    }
}

static void fill_up(struct fill *fill)
{
    int64_t end = fill->rows.end;

    while (fill->level < end) { /* each round passes a start, or a critical row takes a step */
        int64_t next = heap_key(fill);

        if (fill->start_next < fill->count && fill->starts[fill->start_next].key < next)
            next = fill->starts[fill->start_next].key;
        if (next >= end)
            break;
        fill->level = next > fill->level ? next : fill->level;
        pass_events(fill);
        gather_critical(fill);
        if (fill->critical_count > 0)
            step_carefully(fill);
    }
    for (uint32_t i = 0; i < fill->count; i++)
        if (fill->items[i].state != STAYS)
            tree_book(fill->tree, fill->items[i].leaf, fill->items[i].high_da);
}

/* ------------------------------------------------------------------------------- the beginning */

static uint32_t weight_of(const struct fill_want *want)
{
    uint32_t weight = want->weight ? want->weight : 1;

    return weight < FILL_WEIGHT_MAX ? weight : FILL_WEIGHT_MAX;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Items in the order of the tree, and how many of them stand before each place. */
static enum err take_wants(struct fill *fill, const struct fill_want *wants, uint32_t count,
                           uint32_t *before, struct arena *arena)
{
    const struct tree *tree = fill->tree;
    uint32_t *want_of = ARENA_NEW_ARRAY(arena, uint32_t, tree->leaf_count + 1);
    uint32_t divisor = 0;

    fill->items = arena_alloc(arena, (count + 1) * sizeof *fill->items);
    if (!want_of || !fill->items)
        return ERR_FULL;
    for (uint32_t i = 0; i < count; i++) {
        check(wants[i].leaf < tree->leaf_count);
        check(wants[i].most_da <= TREE_DA_MAX);
        want_of[wants[i].leaf] = i + 1;
    }
    for (uint32_t place = 0; place < tree->leaf_count; place++) {
        uint32_t leaf = tree->leaf_order[place];
        const struct fill_want *want = want_of[leaf] ? &wants[want_of[leaf] - 1] : NULL;

        before[place] = fill->count;
        if (!want || want->most_da <= tree->booked_da[leaf])
            continue;
        fill->items[fill->count++] = (struct item){
            .leaf = leaf,
            .weight = weight_of(want),
            .low_da = tree->booked_da[leaf],
            .high_da = want->most_da,
        };
        divisor = common_divisor(weight_of(want), divisor);
    }
    before[tree->leaf_count] = fill->count;
    fill->rows.scale = 1;
    for (uint32_t i = 0; i < fill->count; i++) {
        fill->items[i].weight /= divisor;
        if (fill->items[i].weight > fill->rows.scale)
            fill->rows.scale = fill->items[i].weight;
    }
    return ERR_NONE;
}

static enum err make_rows(struct fill *fill, const uint32_t *before, struct arena *arena)
{
    const struct tree *tree = fill->tree;
    int64_t(*more_da)[WIRE_COUNT] = arena_zalloc(arena, tree->node_count + 1, sizeof *more_da);
    int64_t *more_dw = ARENA_NEW_ARRAY(arena, int64_t, tree->node_count + 1);
    enum err err;

    if (!more_da || !more_dw)
        return ERR_FULL;
    for (uint32_t i = 0; i < fill->count; i++) {
        const struct item *item = &fill->items[i];
        const struct tree_leaf *leaf = &tree->leaves[item->leaf];
        for (unsigned left = leaf->wires; left; left &= left - 1)
            more_da[leaf->node][__builtin_ctz(left)] += item->high_da - item->low_da;
        more_dw[leaf->node] += (int64_t)(item->high_da - item->low_da) * tree->leaf_dw[item->leaf];
    }
    for (uint32_t node = tree->node_count; node-- > 0;) {
        int32_t parent = tree->nodes[node].parent;
        if (parent < 0)
            continue;
        for (int w = 0; w < WIRE_COUNT; w++)
            more_da[parent][w] += more_da[node][w];
        more_dw[parent] += more_dw[node];
    }
    err = rows_new(&fill->rows, (const int64_t(*)[WIRE_COUNT])more_da, more_dw, arena);
    if (err != ERR_NONE)
        return err;
    for (uint32_t row = 0; row < fill->rows.count; row++) {
        struct rows_node *node = &fill->rows.nodes[row];
        uint32_t first = tree->first_leaf[node->node];
        node->first = before[first];
        node->count = before[first + tree->leaves_below[node->node]] - node->first;
    }
    return ERR_NONE;
}

static enum err make_events(struct fill *fill, struct arena *arena)
{
    struct sort_entry *scratch = arena_alloc(arena, (fill->count + 1) * sizeof *scratch);

    fill->starts = arena_alloc(arena, (fill->count + 1) * sizeof *fill->starts);
    fill->ends = arena_alloc(arena, (fill->count + 1) * sizeof *fill->ends);
    if (!scratch || !fill->starts || !fill->ends)
        return ERR_FULL;
    for (uint32_t i = 0; i < fill->count; i++) {
        const struct item *item = &fill->items[i];
        int64_t start = level_of(fill, item, item->low_da) - 1;
        int64_t end = level_of(fill, item, item->high_da);

        fill->starts[i] = (struct sort_entry){ start < 0 ? 0 : (uint32_t)start, i };
        fill->ends[i] = (struct sort_entry){ (uint32_t)end, i };
        if (end >= fill->rows.end)
            fill->rows.end = end + 1;
    }
    sort_by_key(fill->starts, fill->count, scratch);
    sort_by_key(fill->ends, fill->count, scratch);
    return ERR_NONE;
}

static enum err make_heap(struct fill *fill, struct arena *arena)
{
    uint32_t count = fill->rows.count;

    fill->heap = ARENA_NEW_ARRAY(arena, uint64_t, count + 1);
    fill->heap_at = ARENA_NEW_ARRAY(arena, uint32_t, count + 1);
    fill->touched = ARENA_NEW_ARRAY(arena, uint32_t, count + 1);
    fill->critical = ARENA_NEW_ARRAY(arena, uint32_t, count + 1);
    fill->is_touched = ARENA_NEW_ARRAY(arena, bool, count + 1);
    fill->is_critical = ARENA_NEW_ARRAY(arena, bool, count + 1);
    fill->tops = arena_zalloc(arena, (count + 1), 2 * sizeof *fill->tops);
    if (!fill->heap || !fill->heap_at || !fill->touched || !fill->critical || !fill->is_touched ||
        !fill->is_critical || !fill->tops)
        return ERR_FULL;
    for (uint32_t row = 0; row < count; row++)
        heap_put(fill, row, (uint64_t)fill->rows.end << 32 | row);
    return ERR_NONE;
}

enum err fill_run(struct tree *tree, const struct fill_want *wants, uint32_t count,
                  struct arena *arena)
{
    struct fill fill = { .tree = tree, .rows.tree = tree };
    uint32_t *before = ARENA_NEW_ARRAY(arena, uint32_t, tree->leaf_count + 1);
    enum err err = before ? take_wants(&fill, wants, count, before, arena) : ERR_FULL;

    if (err == ERR_NONE)
        err = make_events(&fill, arena);
    if (err == ERR_NONE)
        err = make_rows(&fill, before, arena);
    if (err == ERR_NONE)
        err = make_heap(&fill, arena);
    if (err != ERR_NONE)
        return err;
    fill_up(&fill);
    return ERR_NONE;
}
