#include "energy/rollout_net.h"

enum {
    DA_PER_A = 10,
    COLUMNS = 4,                    /* so many at once */
    LEVEL_BITS = PHASE_WEIGHT_BITS, /* slopes are by so much of a level */
    CLOSE_BITS = 10,                /* levels so close are the same */
    NEAR_BITS = 6,                  /* a step of Newton's so small leaves half of it squared */
    SURE_BITS = 14, /* down by so much, and once more, where a level is not quite allowed */
    DOWN_MAX = 2,
    NEWTON_MAX = 6,
    NORMAL_BITS = 14, /* of a direction */
};

#define HELD (-1)

/* As in phase_model.h, with a column for each group that is there. */
struct row {
    int64_t base_re, base_im, limit, square;
    int32_t re[PHASE_GROUPS_MAX], im[PHASE_GROUPS_MAX];
    bool straight;
};

struct node {
    uint32_t first; /* place of its first column; the others follow */
    uint8_t count, row_count;
    uint8_t group[PHASE_GROUPS_MAX];
    uint8_t reachable[ROLLOUT_STEPS_MAX]; /* rows, by bit */
    int32_t up[PHASE_GROUPS_MAX];         /* place in the node above, or none */
    int64_t weight[PHASE_GROUPS_MAX], inverse[PHASE_GROUPS_MAX];
    struct row rows[PHASE_ROWS_MAX];
};

struct rollout_net {
    const struct phase_model *model;
    struct rollout_supply *supplies;
    uint32_t supply_count, node_count, place_count;
    struct node *nodes;        /* parents before children */
    int32_t *want_da, *got_da; /* by place */
    const int64_t *starts_s;
    bool free[ROLLOUT_STEPS_MAX]; /* no row is reachable */
};

/* --- a level */

struct flow {
    int64_t re, im;
};

/* Of four columns: the others are 0. */
static inline int64_t sum_of(const int32_t *part, const int32_t *da)
{
    return (int64_t)part[0] * da[0] + (int64_t)part[1] * da[1] + (int64_t)part[2] * da[2] +
           (int64_t)part[3] * da[3];
}

static inline struct flow flow_of(const struct row *row, uint32_t count, const int32_t *da)
{
    struct flow flow = { row->base_re + sum_of(row->re, da), row->base_im + sum_of(row->im, da) };

    for (uint32_t i = COLUMNS; i < count; i += COLUMNS) {
        flow.re += sum_of(&row->re[i], &da[i]);
        flow.im += sum_of(&row->im[i], &da[i]);
    }
    return flow;
}

static inline int64_t size(int64_t part)
{
    return part < 0 ? -part : part;
}

static inline bool allows(const struct row *row, struct flow flow)
{
    if (row->straight)
        return flow.re <= row->limit;
    return size(flow.re) <= row->limit && size(flow.im) <= row->limit &&
           flow.re * flow.re + flow.im * flow.im <= row->square;
}

/* A node while it is filled. A column with full < 0 is held where it is. */
struct filling {
    const struct node *node;
    const int32_t *want_da;
    int32_t *got_da;
    int64_t risen; /* the level of those that rise */
    int64_t full[PHASE_GROUPS_MAX];
};

static inline void at_level(const struct filling *f, int64_t level)
{
    for (uint32_t i = 0; i < f->node->count; i++)
        if (f->full[i] >= 0)
            f->got_da[i] = level >= f->full[i]
                               ? f->want_da[i]
                               : (int32_t)(level * f->node->weight[i] >> PHASE_WEIGHT_BITS);
}

/* What a row sees from a level on, until the next group is full. */
struct path {
    const struct row *row;
    int64_t low;
    struct flow from, slope; /* slope: in 1024 levels */
};

static inline struct flow on_path(const struct path *path, int64_t level)
{
    int64_t risen = level - path->low;

    return (struct flow){ path->from.re + (path->slope.re * risen >> LEVEL_BITS),
                          path->from.im + (path->slope.im * risen >> LEVEL_BITS) };
}

/* Where a part of what flows comes to the limit, if that is below `high`. */
static int64_t cut(const struct path *path, int64_t from, int64_t slope, int64_t high)
{
    int64_t room = slope < 0 ? path->row->limit + from : path->row->limit - from, level;

    if (slope == 0)
        return high;
    if (room <= 0)
        return path->low;
    level = path->low + (room << LEVEL_BITS) / size(slope);
    return level < high ? level : high;
}

/* The highest level up to `high`, which is not allowed, that the row allows. What flows moves on a
 * line out of a circle: Newton's steps come down to where it leaves, from outside. */
static int64_t highest(const struct path *path, int64_t high)
{
    const struct row *row = path->row;
    int64_t level;

    if (row->straight && path->slope.re <= 0)
        return path->low;
    level = cut(path, path->from.re, path->slope.re, high);
    if (row->straight)
        return level;
    level = cut(path, path->from.im, path->slope.im, level);
    for (int i = 0; i < NEWTON_MAX && level > path->low; i++) {
        struct flow flow = on_path(path, level);
        int64_t over = flow.re * flow.re + flow.im * flow.im - row->square, steep, fall;
        if (over <= 0)
            break;
        steep = (flow.re * path->slope.re + flow.im * path->slope.im) >> (LEVEL_BITS - 1);
        if (steep <= 0)
            return path->low;
        fall = over / steep + 1;
        level -= fall;
        if (fall <= level >> NEAR_BITS)
            break;
    }
    return level > path->low ? level : path->low;
}

/* From `high`, which the row does not allow, down to what it allows, or to where all began. */
static int64_t descend(const struct filling *f, const struct row *row, int64_t high)
{
    struct path path = { .row = row };

    /* From one level at which a group gets full to the next. */
    for (;; high = path.low) {
        path.low = f->risen;
        for (uint32_t i = 0; i < f->node->count; i++)
            if (f->full[i] < high && f->full[i] > path.low)
                path.low = f->full[i];
        at_level(f, path.low);
        path.from = flow_of(row, f->node->count, f->got_da);
        if (path.low == f->risen || allows(row, path.from))
            break;
    }
    for (uint32_t i = 0; i < f->node->count; i++)
        if (f->full[i] > path.low) {
            path.slope.re += row->re[i] * f->node->weight[i];
            path.slope.im += row->im[i] * f->node->weight[i];
        }
    return highest(&path, high);
}

/* At the level, or a little below it, where all `rows` allow it. */
static void settle(struct filling *f, uint32_t rows, int64_t level)
{
    for (int i = 0; i < DOWN_MAX && rows && level > f->risen;) {
        const struct row *row = &f->node->rows[__builtin_ctz(rows)];
        if (allows(row, flow_of(row, f->node->count, f->got_da))) {
            rows &= rows - 1;
            continue;
        }
        level -= (level >> SURE_BITS) + 1;
        level = level > f->risen ? level : f->risen;
        at_level(f, level);
        i++;
    }
    f->risen = level;
}

/* Raises the level as far as `rows` allow. Those that end it; 0: all have what they want. */
static uint32_t raise_level(struct filling *f, uint32_t rows)
{
    int64_t level = f->risen, reached[PHASE_ROWS_MAX] = { 0 };
    uint32_t ends = 0;

    for (uint32_t i = 0; i < f->node->count; i++)
        level = f->full[i] > level ? f->full[i] : level;
    at_level(f, level);
    for (; rows; rows &= rows - 1) {
        uint32_t r = (uint32_t)__builtin_ctz(rows);
        const struct row *row = &f->node->rows[r];
        if (allows(row, flow_of(row, f->node->count, f->got_da)))
            continue;
        reached[r] = level = descend(f, row, level);
        at_level(f, level);
        ends |= 1u << r;
    }
    for (uint32_t left = ends; left; left &= left - 1)
        if (reached[__builtin_ctz(left)] - level > level >> CLOSE_BITS)
            ends &= ~(left & -left);
    settle(f, ends, level);
    return ends;
}

/* Would more of this column add to what the row sees? */
static inline bool adds_to(const struct row *row, struct flow flow, uint32_t i)
{
    return row->straight ? row->re[i] > 0
                         : row->re[i] * (flow.re >> 8) + row->im[i] * (flow.im >> 8) > 0;
}

/* Ends the columns that are full or held by one of `rows`; was there one, and is one left? */
static bool end_columns(struct filling *f, uint32_t rows)
{
    bool held = false, free = false;

    for (; rows; rows &= rows - 1) {
        const struct row *row = &f->node->rows[__builtin_ctz(rows)];
        struct flow flow = flow_of(row, f->node->count, f->got_da);
        for (uint32_t i = 0; i < f->node->count; i++)
            if (f->full[i] >= 0 && (f->got_da[i] >= f->want_da[i] || adds_to(row, flow, i))) {
                f->full[i] = HELD;
                held = true;
            }
    }
    for (uint32_t i = 0; i < f->node->count; i++)
        free |= f->full[i] >= 0;
    return free && held;
}

static void fill(const struct node *node, uint32_t rows, const int32_t *want_da, int32_t *got_da)
{
    struct filling f = { .node = node, .want_da = want_da, .got_da = got_da };

    for (uint32_t i = 0; i < node->count; i++)
        f.full[i] = (want_da[i] * node->inverse[i] + PHASE_WEIGHT_ONE - 1) >> PHASE_WEIGHT_BITS;
    /* Each round ends with a column full or held: as many rounds as columns. */
    for (uint32_t round = 0; round < node->count; round++) {
        uint32_t ends = raise_level(&f, rows);
        if (!ends || !end_columns(&f, ends))
            return;
    }
}

/* --- a step */

static void let_through(struct rollout_net *net, uint32_t k)
{
    for (uint32_t n = net->node_count; n-- > 0;) {
        const struct node *node = &net->nodes[n];
        const int32_t *want = &net->want_da[node->first];
        int32_t *got = &net->got_da[node->first];
        if (node->reachable[k])
            fill(node, node->reachable[k], want, got);
        else
            memcpy(got, want, node->count * sizeof *got);
        for (uint32_t i = 0; i < node->count; i++)
            if (node->up[i] != PHASE_NO_NODE)
                net->want_da[node->up[i]] += got[i];
    }
}

/* What gets through to a node below is shared out as it was asked for. */
static void share_down(struct rollout_net *net)
{
    for (uint32_t n = 0; n < net->node_count; n++) {
        const struct node *node = &net->nodes[n];
        for (uint32_t i = 0; i < node->count; i++) {
            int32_t up = node->up[i], *got = &net->got_da[node->first + i];
            if (up != PHASE_NO_NODE && net->got_da[up] < net->want_da[up])
                *got = (int32_t)((int64_t)*got * net->got_da[up] / net->want_da[up]);
        }
    }
}

static int32_t gets_da(const struct rollout_net *net, const struct rollout_supply *supply)
{
    int32_t at = supply->place;

    if (at == PHASE_NO_NODE || net->got_da[at] >= net->want_da[at])
        return supply->want_da;
    return supply->want_da == net->want_da[at]
               ? net->got_da[at]
               : (int32_t)((int64_t)supply->want_da * net->got_da[at] / net->want_da[at]);
}

int64_t rollout_net_step(struct rollout_net *net, uint32_t k)
{
    int64_t step_s = net->starts_s[k + 1] - net->starts_s[k], delivered = 0;

    memset(net->want_da, 0, net->place_count * sizeof *net->want_da);
    for (uint32_t i = 0; i < net->supply_count; i++) {
        struct rollout_supply *supply = &net->supplies[i];
        if (k == 0 || supply->left_das > supply->rest_das[k])
            supply->left_das = supply->rest_das[k];
        supply->want_da = supply->most_da[k];
        if (supply->left_das < supply->want_da * step_s)
            supply->want_da = (int32_t)(supply->left_das / step_s);
        if (supply->place != PHASE_NO_NODE)
            net->want_da[supply->place] += supply->want_da;
    }
    if (!net->free[k]) {
        let_through(net, k);
        share_down(net);
    }
    for (uint32_t i = 0; i < net->supply_count; i++) {
        struct rollout_supply *supply = &net->supplies[i];
        int32_t da = net->free[k] ? supply->want_da : gets_da(net, supply);
        supply->left_das -= da * step_s;
        delivered += (int64_t)da * net->model->group_w[supply->group];
    }
    return delivered / DA_PER_A * step_s;
}

void rollout_net_weigh(struct rollout_net *net, const struct phase_weights *weights)
{
    for (uint32_t n = 0; n < net->node_count; n++)
        for (uint32_t i = 0; i < net->nodes[n].count; i++) {
            net->nodes[n].weight[i] = weights->of[net->nodes[n].group[i]];
            net->nodes[n].inverse[i] = weights->inverse[net->nodes[n].group[i]];
        }
}

/* --- what is passed */

uint32_t rollout_net_places(const struct rollout_net *net)
{
    return net->place_count;
}

void rollout_net_flow(struct rollout_net *net, const int32_t *in_da)
{
    memcpy(net->want_da, in_da, net->place_count * sizeof *in_da);
    for (uint32_t n = net->node_count; n-- > 0;)
        for (uint32_t i = 0; i < net->nodes[n].count; i++)
            if (net->nodes[n].up[i] != PHASE_NO_NODE)
                net->want_da[net->nodes[n].up[i]] += net->want_da[net->nodes[n].first + i];
}

/* The root of a square below 2^62, rounded down. */
static int64_t root(int64_t square)
{
    int64_t root = 0;

    for (int64_t bit = (int64_t)1 << 30; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= square)
            root += bit;
    return root;
}

/* The direction of what flows, in 1/2^NORMAL_BITS; false: it is not passed. */
static bool points_beyond(const struct row *row, struct flow flow, uint32_t close_bits,
                          struct flow *normal)
{
    int64_t limit = row->limit + (row->limit >> close_bits), length;
    int shift = 0;

    *normal = (struct flow){ 1 << NORMAL_BITS, 0 };
    if (row->straight)
        return flow.re > limit;
    while ((size(flow.re) | size(flow.im)) >> shift >= (int64_t)1 << 30)
        shift++;
    flow.re >>= shift;
    flow.im >>= shift;
    length = root(flow.re * flow.re + flow.im * flow.im);
    if (length <= limit >> shift)
        return false;
    *normal = (struct flow){ flow.re * (1 << NORMAL_BITS) / length,
                             flow.im * (1 << NORMAL_BITS) / length };
    return true;
}

/* The row where what flows points to `normal`: what each place adds to it. false: it is only passed
 * by what nobody can change. */
static bool touch(const struct rollout_net *net, uint32_t n, const struct row *row,
                  struct flow normal, struct rollout_passed *passed)
{
    const struct node *node = &net->nodes[n];
    int64_t part[PHASE_GROUPS_MAX], largest = 1, sum = 0;
    int64_t room =
        row->limit * (1 << NORMAL_BITS) - normal.re * row->base_re - normal.im * row->base_im;

    room = room > 0 ? room : 0;
    for (uint32_t i = 0; i < node->count; i++) {
        part[i] = normal.re * row->re[i] + normal.im * row->im[i];
        largest = size(part[i]) > largest ? size(part[i]) : largest;
        sum += part[i] * net->want_da[node->first + i];
    }
    if (sum <= room)
        return false;
    memset(passed->part_of, 0, net->place_count * sizeof *passed->part_of);
    for (uint32_t i = 0; i < node->count; i++)
        passed->part_of[node->first + i] = (int32_t)(part[i] * (1 << ROLLOUT_PART_BITS) / largest);
    for (uint32_t m = n + 1; m < net->node_count; m++)
        for (uint32_t i = 0; i < net->nodes[m].count; i++)
            if (net->nodes[m].up[i] != PHASE_NO_NODE)
                passed->part_of[net->nodes[m].first + i] = passed->part_of[net->nodes[m].up[i]];
    passed->most = room * (1 << ROLLOUT_MOST_BITS) / largest;
    return true;
}

bool rollout_net_passed(const struct rollout_net *net, uint32_t k, uint32_t close_bits,
                        struct rollout_passed *passed)
{
    for (; passed->next < net->node_count * PHASE_ROWS_MAX; passed->next++) {
        uint32_t n = passed->next / PHASE_ROWS_MAX, r = passed->next % PHASE_ROWS_MAX;
        const struct node *node = &net->nodes[n];
        struct flow normal;
        if (!(node->reachable[k] >> r & 1) ||
            !points_beyond(&node->rows[r],
                           flow_of(&node->rows[r], node->count, &net->want_da[node->first]),
                           close_bits, &normal) ||
            !touch(net, n, &node->rows[r], normal, passed))
            continue;
        passed->next++;
        return true;
    }
    return false;
}

/* --- how it is made */

/* By node of the model, while the net is made. */
struct making {
    uint16_t groups; /* that feed it, by bit */
    uint16_t feeds;  /* supplies, and nodes that are kept */
    bool above_kept;
    bool folded;    /* a cap of the one supply below it, or nothing is */
    int32_t cap_da; /* of it and the folded ones above */
    int32_t kept;   /* its number in the net, or of the one above */
};

/* What gets through a node if only this group wants any. */
static int32_t alone_da(const struct phase_model *model, uint32_t node, uint32_t group)
{
    int32_t want_da[PHASE_GROUPS_MAX] = { 0 }, got_da[PHASE_GROUPS_MAX];
    struct phase_weights weights;

    for (uint32_t g = 0; g < model->group_count; g++)
        phase_weights_set(&weights, g, PHASE_WEIGHT_ONE);
    want_da[group] = PHASE_WANT_MAX_DA;
    phase_level(&(struct phase_filling){ .node = &model->nodes[node],
                                         .weights = &weights,
                                         .want_da = want_da,
                                         .group_count = model->group_count },
                got_da);
    return got_da[group];
}

/* Which nodes are kept, from the leaves up; then what supplies find on their way up. */
static void fold(struct rollout_net *net, struct making *making)
{
    const struct phase_model *model = net->model;

    for (uint32_t i = 0; i < net->supply_count; i++) {
        making[net->supplies[i].node].groups |= (uint16_t)(1u << net->supplies[i].group);
        making[net->supplies[i].node].feeds++;
    }
    for (uint32_t i = model->node_count; i-- > 0;) {
        struct making *own = &making[i];
        int32_t parent = model->nodes[i].parent;
        own->folded = own->feeds == 0 || (own->feeds == 1 && !own->above_kept);
        own->cap_da = own->folded && own->feeds
                          ? alone_da(model, i, (uint32_t)__builtin_ctz(own->groups))
                          : PHASE_WANT_MAX_DA;
        if (parent == PHASE_NO_NODE)
            continue;
        making[parent].groups |= own->groups;
        making[parent].feeds = (uint16_t)(making[parent].feeds + own->feeds);
        making[parent].above_kept |= !own->folded;
    }
    for (uint32_t i = 0; i < model->node_count; i++) {
        struct making *own = &making[i];
        int32_t parent = model->nodes[i].parent;
        own->kept = parent == PHASE_NO_NODE ? PHASE_NO_NODE : making[parent].kept;
        if (!own->folded)
            own->kept = (int32_t)net->node_count++;
        else if (parent != PHASE_NO_NODE && making[parent].folded &&
                 making[parent].cap_da < own->cap_da)
            own->cap_da = making[parent].cap_da;
    }
}

static int32_t place_of(const struct rollout_net *net, int32_t kept, uint32_t group)
{
    const struct node *node;
    uint32_t i = 0;

    if (kept == PHASE_NO_NODE)
        return PHASE_NO_NODE;
    node = &net->nodes[kept];
    while (node->group[i] != group)
        i++;
    return (int32_t)(node->first + i);
}

static void make_node(struct rollout_net *net, const struct phase_node *from, uint32_t groups,
                      int32_t above, struct node *node)
{
    node->first = net->place_count;
    for (; groups; groups &= groups - 1) {
        uint8_t group = (uint8_t)__builtin_ctz(groups);
        node->up[node->count] = place_of(net, above, group);
        node->group[node->count++] = group;
    }
    net->place_count += (node->count + COLUMNS - 1u) / COLUMNS * COLUMNS;
    node->row_count = from->row_count;
    for (uint32_t r = 0; r < from->row_count; r++) {
        const struct phase_row *wide = &from->rows[r];
        struct row *row = &node->rows[r];
        *row = (struct row){ .base_re = wide->base_re,
                             .base_im = wide->base_im,
                             .limit = wide->limit,
                             .square = wide->straight ? 0 : wide->limit * wide->limit,
                             .straight = wide->straight };
        for (uint32_t i = 0; i < node->count; i++) {
            row->re[i] = wide->re[node->group[i]];
            row->im[i] = wide->im[node->group[i]];
        }
    }
}

/* Could as much of each column as this ever reach the row? Each may also be nothing: the sum of
 * sizes says. */
static bool is_reachable(const struct row *row, uint32_t count, const int32_t *most_da)
{
    struct flow sizes = { size(row->base_re), size(row->base_im) };

    for (uint32_t i = 0; i < count; i++) {
        sizes.re += size((int64_t)row->re[i] * most_da[i]);
        sizes.im += size((int64_t)row->im[i] * most_da[i]);
    }
    return !allows(row, sizes);
}

/* In each step: which rows may matter. */
static void find_reachable(struct rollout_net *net, uint32_t k)
{
    int64_t step_s = net->starts_s[k + 1] - net->starts_s[k];

    memset(net->want_da, 0, net->place_count * sizeof *net->want_da);
    for (uint32_t i = 0; i < net->supply_count; i++) {
        struct rollout_supply *supply = &net->supplies[i];
        int64_t most_da = supply->step_das[k] / step_s;
        supply->most_da[k] = most_da < supply->cap_da ? (int32_t)most_da : supply->cap_da;
        if (supply->place != PHASE_NO_NODE)
            net->want_da[supply->place] += supply->most_da[k];
    }
    net->free[k] = true;
    for (uint32_t n = net->node_count; n-- > 0;) {
        struct node *node = &net->nodes[n];
        for (uint32_t i = 0; i < node->count; i++)
            if (node->up[i] != PHASE_NO_NODE)
                net->want_da[node->up[i]] += net->want_da[node->first + i];
        for (uint32_t r = 0; r < node->row_count; r++)
            if (is_reachable(&node->rows[r], node->count, &net->want_da[node->first]))
                node->reachable[k] |= (uint8_t)(1u << r);
        net->free[k] &= node->reachable[k] == 0;
    }
}

static bool make_nodes(struct rollout_net *net, const struct making *making, struct arena *arena)
{
    const struct phase_model *model = net->model;

    net->nodes = ARENA_NEW_ARRAY(arena, struct node, net->node_count + 1);
    if (!net->nodes)
        return false;
    for (uint32_t i = 0; i < model->node_count; i++) {
        int32_t parent = model->nodes[i].parent;
        if (!making[i].folded)
            make_node(net, &model->nodes[i], making[i].groups,
                      parent == PHASE_NO_NODE ? PHASE_NO_NODE : making[parent].kept,
                      &net->nodes[making[i].kept]);
    }
    net->want_da = ARENA_NEW_ARRAY(arena, int32_t, net->place_count + 1);
    net->got_da = ARENA_NEW_ARRAY(arena, int32_t, net->place_count + 1);
    return net->want_da && net->got_da;
}

/* Where supplies come in, and what lies on their way there. */
static void place_supplies(struct rollout_net *net, const struct making *making)
{
    for (uint32_t i = 0; i < net->supply_count; i++) {
        struct rollout_supply *supply = &net->supplies[i];
        const struct making *at = &making[supply->node];
        supply->cap_da = at->folded ? at->cap_da : PHASE_WANT_MAX_DA;
        supply->place = place_of(net, at->kept, supply->group);
    }
}

struct rollout_net *rollout_net_new(const struct phase_model *model,
                                    struct rollout_supply *supplies, uint32_t supply_count,
                                    const struct rollout_steps *steps, struct arena *arena)
{
    struct rollout_net *net = ARENA_NEW(arena, struct rollout_net);
    struct making *making = ARENA_NEW_ARRAY(arena, struct making, model->node_count + 1);

    if (!net || !making)
        return NULL;
    *net = (struct rollout_net){ .model = model,
                                 .supplies = supplies,
                                 .supply_count = supply_count,
                                 .starts_s = steps->starts_s };
    fold(net, making);
    if (!make_nodes(net, making, arena))
        return NULL;
    place_supplies(net, making);
    for (uint32_t k = 0; k < steps->count; k++)
        find_reachable(net, k);
    return net;
}
