/* From W, A and seconds to Wh per slot; and whether the limits all concern one commodity. */
#include "energy/plan_model.h"

#include <stdlib.h>

#include "energy/taper.h"

enum { PERMILLION = 1000000, COS30 = 866025, SECONDS_AN_HOUR = 3600 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct plan_limit model_limit(const struct plan_input *input, uint32_t node, uint32_t slot)
{
    const struct plan_node *at = &input->nodes[node];

    if (at->slots)
        return at->slots[slot];
    struct plan_limit limit = { .limit_w = at->node.limit_w, .base_w = at->node.base_w };
    for (int line = 0; line < LINE_COUNT; line++) {
        limit.limit_da[line] = at->node.limit_da[line];
        limit.base_da[line] = at->node.base_da[line];
    }
    return limit;
}

static bool tree_is_sound(const struct plan_input *input)
{
    for (uint32_t n = 0; n < input->node_count; n++)
        if (input->nodes[n].node.parent < -1 || input->nodes[n].node.parent >= (int32_t)n)
            return false;
    return true;
}

static bool car_is_sound(const struct plan_input *input, const struct plan_car *car)
{
    const struct tree_leaf *leaf = &car->leaf;
    bool star = (leaf->wires & ~WIRES_THREE_PHASE) == 0, delta = (leaf->wires & ~WIRES_DELTA) == 0;

    return leaf->node < input->node_count && leaf->wires && (star || delta) && leaf->volts > 0 &&
           (leaf->wires_live == 1 || leaf->wires_live == 3) && car->min_w >= 0 &&
           car->min_w <= car->max_w && car->half_s >= 0 && (car->half_s == 0 || car->end_w > 0);
}

/* Bounds that keep every sum of Wh × cost within 63 bits. */
enum { COST_MAX = 100000000 };
#define NEED_SUM_MAX_WH INT64_C(40000000000)

static bool costs_are_sound(const struct plan_input *input)
{
    if (!input->cost || input->value < 0 || input->value > COST_MAX)
        return false;
    for (uint32_t t = 0; t < input->slot_count; t++) {
        int32_t grid = input->cost[t], surplus = input->surplus_cost ? input->surplus_cost[t] : 0;
        if ((grid != PLAN_COST_UNKNOWN && (grid < -COST_MAX || grid > COST_MAX)) ||
            surplus < -COST_MAX || surplus > COST_MAX)
            return false;
    }
    return true;
}

static bool is_sound(const struct plan_input *input)
{
    int64_t need_wh = 0;

    if (input->slot_count == 0 || input->slot_count > PLAN_SLOTS_MAX || input->slot_s < 60 ||
        input->slot_s > 86400 || input->passed_s >= input->slot_s ||
        input->car_count > PLAN_CARS_MAX || input->node_count == 0 ||
        input->node_count > TREE_NODES_MAX || !tree_is_sound(input) || !costs_are_sound(input))
        return false;
    for (uint32_t i = 0; i < input->car_count; i++) {
        const struct plan_car *car = &input->cars[i];
        if (!car_is_sound(input, car) || car->need_wh > NEED_SUM_MAX_WH)
            return false;
        need_wh += car->need_wh > 0 ? car->need_wh : 0;
        if (need_wh > NEED_SUM_MAX_WH)
            return false;
    }
    return true;
}

/* A car's time, in seconds from the start of slot 0. */
struct span {
    int64_t from_s, until_s;
};

/* Wh of a slot: what it can take in the middle of its time there, all that time. */
static int32_t car_slot_wh(const struct plan_input *input, const struct plan_car *car,
                           const struct span *span, uint32_t slot)
{
    int64_t begins_s = (int64_t)slot * input->slot_s, ends_s = begins_s + input->slot_s;

    begins_s = span->from_s > begins_s ? span->from_s : begins_s;
    ends_s = least(span->until_s, ends_s);
    int64_t w =
        taper_w(car->end_w, car->half_s, car->max_w, car->until_s - (begins_s + ends_s) / 2);
    return (int32_t)least(w * (ends_s - begins_s) / SECONDS_AN_HOUR, MODEL_WH_MAX);
}

/* A car's slots and what it can take in them. */
static enum err put_in_slots(const struct plan_input *input, struct arena *arena,
                             struct model_car *out)
{
    const struct plan_car *car = &input->cars[out->index];
    int64_t slot_s = input->slot_s, passed_s = input->passed_s;
    struct span span = { car->from_s > passed_s ? car->from_s : passed_s,
                         least(car->until_s, slot_s * input->slot_count) };

    if (span.until_s <= span.from_s || car->need_wh <= 0)
        return ERR_NONE;
    out->need = car->need_wh;
    out->first = (uint32_t)(span.from_s / slot_s);
    out->end = (uint32_t)((span.until_s + slot_s - 1) / slot_s);
    out->late = out->end - 1;
    while (out->late > out->first &&
           taper_w(car->end_w, car->half_s, car->max_w,
                   car->until_s - (out->late * slot_s - slot_s / 2)) < car->max_w)
        out->late--;
    int32_t *caps = ARENA_NEW_ARRAY(arena, int32_t, out->end - out->late);
    if (!caps)
        return ERR_FULL;
    for (uint32_t t = out->late; t < out->end; t++)
        caps[t - out->late] = car_slot_wh(input, car, &span, t);
    out->caps_late = caps;
    out->cap = (int32_t)least(car->max_w * slot_s / SECONDS_AN_HOUR, MODEL_WH_MAX);
    out->cap_first = car_slot_wh(input, car, &span, out->first);
    return ERR_NONE;
}

/* Counting sort by node, so that a node's cars are neighbours. */
static enum err sort_cars(struct plan_model *model, struct arena *arena)
{
    const struct plan_input *input = model->input;
    model->car = ARENA_NEW_ARRAY(arena, struct model_car, input->car_count + 1);
    model->node_cars = ARENA_NEW_ARRAY(arena, uint32_t, model->nodes + 2);

    if (!model->car || !model->node_cars)
        return ERR_FULL;
    uint32_t *from = model->node_cars + 1; /* shifted by one while it fills */
    for (uint32_t i = 0; i < input->car_count; i++)
        from[input->cars[i].leaf.node + 2]++;
    for (uint32_t n = 1; n <= model->nodes; n++)
        from[n] += from[n - 1];
    enum err err = ERR_NONE;
    for (uint32_t i = 0; i < input->car_count && err == ERR_NONE; i++) {
        struct model_car car = { .index = i, .node = input->cars[i].leaf.node + 1 };
        err = put_in_slots(input, arena, &car);
        model->car[from[car.node]++] = car;
    }
    return err;
}

/* Who is there in each slot, so that a long horizon costs no more than its cars. */
static enum err list_slots(struct plan_model *model, struct arena *arena)
{
    uint32_t *from = ARENA_NEW_ARRAY(arena, uint32_t, model->slots + 2);

    if (!from)
        return ERR_FULL;
    for (uint32_t i = 0; i < model->cars; i++)
        for (uint32_t t = model->car[i].first; t < model->car[i].end; t++)
            from[t + 2]++;
    for (uint32_t t = 2; t < model->slots + 2; t++)
        from[t] += from[t - 1];
    model->slot_cars = ARENA_NEW_ARRAY(arena, uint32_t, (size_t)from[model->slots + 1] + 1);
    if (!model->slot_cars)
        return ERR_FULL;
    for (uint32_t i = 0; i < model->cars; i++)
        for (uint32_t t = model->car[i].first; t < model->car[i].end; t++)
            model->slot_cars[from[t + 1]++] = i;
    model->slot_from = from;
    return ERR_NONE;
}

struct phasor model_leaf_phasor(wire_set wires, uint8_t line)
{
    struct phasor sum = { 0, 0 };
    int next = WIRE_L12 + line, before = WIRE_L12 + (line + LINE_COUNT - 1) % LINE_COUNT;

    /* In the frame of the line's own voltage: L-N at 0°, the two L-L wires at ±30°. */
    if (wires & (1u << line))
        sum.re += PERMILLION;
    if (wires & (1u << next))
        sum = (struct phasor){ sum.re + COS30, sum.im + PERMILLION / 2 };
    if (wires & (1u << before))
        sum = (struct phasor){ sum.re + COS30, sum.im - PERMILLION / 2 };
    return sum;
}

static struct phasor turned_by_30(struct phasor p, int sign)
{
    int64_t half = (int64_t)PERMILLION / 2 * sign;

    return (struct phasor){ (int32_t)((COS30 * (int64_t)p.re - half * p.im) / PERMILLION),
                            (int32_t)((COS30 * (int64_t)p.im + half * p.re) / PERMILLION) };
}

void model_through_transformer(struct phasor lines[LINE_COUNT], int32_t ratio_permille)
{
    struct phasor below[LINE_COUNT] = { lines[0], lines[1], lines[2] };

    /* I_A = (I_a − I_c) / ratio, in the frame of the primary's own voltage. */
    for (int line = 0; line < LINE_COUNT; line++) {
        struct phasor own = turned_by_30(below[line], 1);
        struct phasor other = turned_by_30(below[(line + LINE_COUNT - 1) % LINE_COUNT], -1);
        lines[line].re = (int32_t)((own.re + (int64_t)other.re) * 1000 / ratio_permille);
        lines[line].im = (int32_t)((own.im + (int64_t)other.im) * 1000 / ratio_permille);
    }
}

int64_t model_length(int64_t re, int64_t im)
{
    uint64_t square = (uint64_t)(re * re) + (uint64_t)(im * im), root = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= square)
            root |= bit;
    return (int64_t)(root * root < square ? root + 1 : root);
}

/* How the cars below a node load its lines: alike, in the end, or not. */
struct line_use {
    struct phasor line[LINE_COUNT];
    int32_t volts; /* of the wires that are live, together; 0: no car */
    bool mixed;
};

static void merge_use(struct line_use *into, const struct line_use *from)
{
    if (from->volts == 0)
        return;
    if (into->volts == 0) {
        *into = *from;
        return;
    }
    bool same = into->volts == from->volts && !from->mixed;
    for (int line = 0; line < LINE_COUNT; line++)
        same &= into->line[line].re == from->line[line].re &&
                into->line[line].im == from->line[line].im;
    into->mixed |= !same;
}

static void add_car_use(struct line_use *use, const struct tree_leaf *leaf)
{
    struct line_use one = { .volts = leaf->volts * leaf->wires_live };

    for (int line = 0; line < LINE_COUNT; line++)
        one.line[line] = model_leaf_phasor(leaf->wires, (uint8_t)line);
    merge_use(use, &one);
}

/* Power that the lines of a node leave for cars that load them alike; W. */
static int64_t power_of_lines(const struct plan_limit *limit, const struct line_use *use)
{
    int64_t least_w = INT64_MAX;

    for (int line = 0; line < LINE_COUNT; line++) {
        int64_t length = model_length(use->line[line].re, use->line[line].im);
        if (limit->limit_da[line] == TREE_NO_LIMIT_DA || length == 0)
            continue;
        int64_t room_da = (int64_t)limit->limit_da[line] - limit->base_da[line];
        int64_t da = room_da <= 0 ? 0 : room_da * PERMILLION / length;
        least_w = least(least_w, da * use->volts / 10);
    }
    return least_w;
}

static bool limits_a_line(const struct plan_limit *limit)
{
    return limit->limit_da[0] != TREE_NO_LIMIT_DA || limit->limit_da[1] != TREE_NO_LIMIT_DA ||
           limit->limit_da[2] != TREE_NO_LIMIT_DA;
}

static int32_t wh_of(const struct plan_model *model, int64_t w, uint32_t slot)
{
    if (w <= 0)
        return 0;
    if (w >= INT64_MAX / 86400)
        return MODEL_WH_MAX;
    return (int32_t)least(w * model->slot_s[slot] / SECONDS_AN_HOUR, MODEL_WH_MAX);
}

static int64_t room_w(const struct plan_limit *limit)
{
    return limit->limit_w == TREE_NO_LIMIT_W ? INT64_MAX : limit->limit_w - limit->base_w;
}

/* Wh of a node in every slot. Mixed lines are left to plan_price.c. */
static void cap_node(struct plan_model *model, uint32_t node, const struct line_use *use)
{
    for (uint32_t t = 0; t < model->slots; t++) {
        struct plan_limit limit = model_limit(model->input, node, t);
        int64_t w = room_w(&limit);
        if (use->volts && limits_a_line(&limit)) {
            if (use->mixed)
                model->one_commodity = false;
            else
                w = least(w, power_of_lines(&limit, use));
        }
        model->cap[(size_t)t * model->nodes + node + 1] = wh_of(model, w, t);
    }
}

static enum err cap_nodes(struct plan_model *model, struct arena *arena)
{
    const struct plan_input *input = model->input;
    struct line_use *use = ARENA_NEW_ARRAY(arena, struct line_use, input->node_count);

    if (!use)
        return ERR_FULL;
    for (uint32_t i = 0; i < input->car_count; i++)
        if (input->cars[i].need_wh > 0)
            add_car_use(&use[input->cars[i].leaf.node], &input->cars[i].leaf);
    for (uint32_t n = input->node_count; n-- > 0;) {
        const struct tree_node *node = &input->nodes[n].node;
        cap_node(model, n, &use[n]);
        if (node->ratio_permille > 0)
            model_through_transformer(use[n].line, node->ratio_permille);
        if (node->parent >= 0)
            merge_use(&use[node->parent], &use[n]);
        model->parent[n + 1] = (uint32_t)(node->parent + 1);
    }
    return ERR_NONE;
}

/* Costs as they are counted: the dearest that is known stands for those that are not. */
static enum err set_costs(struct plan_model *model, struct arena *arena)
{
    const struct plan_input *input = model->input;
    int32_t dearest = PLAN_COST_UNKNOWN, largest = 1;
    model->cost = ARENA_NEW_ARRAY(arena, int32_t, model->slots);
    model->surplus_cost = ARENA_NEW_ARRAY(arena, int32_t, model->slots);

    if (!model->cost || !model->surplus_cost)
        return ERR_FULL;
    for (uint32_t t = 0; t < model->slots; t++)
        if (input->cost[t] > dearest)
            dearest = input->cost[t];
    for (uint32_t t = 0; t < model->slots; t++) {
        bool known = input->cost[t] != PLAN_COST_UNKNOWN;
        model->cost_gaps += !known;
        model->cost[t] = known ? input->cost[t] : dearest == PLAN_COST_UNKNOWN ? 0 : dearest;
        model->surplus_cost[t] = input->surplus_cost ? input->surplus_cost[t] : 0;
        largest = abs(model->cost[t]) > largest ? abs(model->cost[t]) : largest;
        largest = abs(model->surplus_cost[t]) > largest ? abs(model->surplus_cost[t]) : largest;
    }
    model->value = input->value > 0 ? input->value : 2 * largest;
    return ERR_NONE;
}

static int by_cost(const void *a, const void *b)
{
    const struct model_arc *x = a, *y = b;

    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

static void add_arc(struct plan_model *model, int32_t cost, uint32_t slot, int32_t cap)
{
    if (cap > 0 && cost < model->value)
        model->arcs[model->arc_count++] = (struct model_arc){ cost, slot, cap };
}

int64_t model_base_w(const struct plan_input *input, uint32_t slot)
{
    int64_t sum_w = 0;

    for (uint32_t n = 0; n < input->node_count; n++)
        if (input->nodes[n].node.parent < 0)
            sum_w += model_limit(input, n, slot).base_w;
    return sum_w;
}

int32_t model_surplus_wh(const struct plan_model *model, uint32_t slot)
{
    int64_t base = model_base_w(model->input, slot);

    return base < 0 ? wh_of(model, -base, slot) : 0;
}

int64_t model_cost(const struct plan_model *model, uint32_t slot, int64_t wh)
{
    int64_t surplus = model_surplus_wh(model, slot);

    /* Surplus last where the grid pays for taking energy: it is fed in, then. */
    if (model->cost[slot] < model->surplus_cost[slot]) {
        int64_t grid = MODEL_WH_MAX - surplus;
        grid = least(wh, grid);
        return grid * model->cost[slot] + (wh - grid) * model->surplus_cost[slot];
    }
    surplus = least(wh, surplus);
    return surplus * model->surplus_cost[slot] + (wh - surplus) * model->cost[slot];
}

enum err model_cap_peak(struct plan_model *model, int64_t peak_w, struct arena *arena)
{
    const struct plan_input *input = model->input;

    if (!model->arcs)
        model->arcs = ARENA_NEW_ARRAY(arena, struct model_arc, 2 * (size_t)model->slots);
    if (!model->arcs)
        return ERR_FULL;
    model->arc_count = 0;
    for (uint32_t t = 0; t < model->slots; t++) {
        int64_t base = model_base_w(input, t);
        int32_t surplus = model_surplus_wh(model, t);
        int32_t all = peak_w == INT64_MAX ? MODEL_WH_MAX : wh_of(model, peak_w - base, t);
        /* What costs less comes first, under a cap as well: model_cost counts it so. */
        int32_t grid = model->cost[t] < model->surplus_cost[t]
                           ? (int32_t)least(all, MODEL_WH_MAX - surplus)
                           : all - (int32_t)least(all, surplus);
        add_arc(model, model->surplus_cost[t], t, all - grid);
        add_arc(model, model->cost[t], t, grid);
    }
    qsort(model->arcs, model->arc_count, sizeof(*model->arcs), by_cost);
    return ERR_NONE;
}

/* What a car holds because it may not be suspended: its least power from its start until its need
 * is met. */
static void hold_car(struct plan_model *model, uint32_t i)
{
    const struct model_car *car = &model->car[i];
    const struct plan_car *given = &model->input->cars[car->index];
    int64_t left = car->need;

    for (uint32_t t = car->first; t < car->end && left > 0; t++) {
        int64_t hold = least(wh_of(model, given->min_w, t), model_car_cap(car, t));
        hold = least(hold, left);
        model->floor[(size_t)t * model->cars + i] = (int32_t)hold;
        left -= hold;
    }
}

static enum err hold_cars(struct plan_model *model, struct arena *arena)
{
    for (uint32_t i = 0; i < model->cars; i++) {
        const struct plan_car *given = &model->input->cars[model->car[i].index];
        if (given->may_suspend || given->min_w == 0 || model->car[i].need <= 0)
            continue;
        if (!model->floor)
            model->floor = ARENA_NEW_ARRAY(arena, int32_t, (size_t)model->cars * model->slots);
        if (!model->floor)
            return ERR_FULL;
        hold_car(model, i);
    }
    return ERR_NONE;
}

enum err model_new(const struct plan_input *input, struct arena *arena, struct plan_model **model)
{
    if (!is_sound(input))
        return ERR_BAD_VALUE;
    struct plan_model *out = ARENA_NEW(arena, struct plan_model);
    if (!out)
        return ERR_FULL;
    out->input = input;
    out->slots = input->slot_count;
    out->words = (input->slot_count + 63) / 64;
    out->nodes = input->node_count + 1;
    out->cars = input->car_count;
    out->one_commodity = true;
    out->parent = ARENA_NEW_ARRAY(arena, uint32_t, out->nodes);
    out->cap = ARENA_NEW_ARRAY(arena, int32_t, (size_t)out->nodes * out->slots);
    out->slot_s = ARENA_NEW_ARRAY(arena, int32_t, out->slots);
    if (!out->parent || !out->cap || !out->slot_s)
        return ERR_FULL;
    for (uint32_t t = 0; t < out->slots; t++)
        out->slot_s[t] = (int32_t)(input->slot_s - (t == 0 ? input->passed_s : 0));
    enum err err = sort_cars(out, arena);
    if (err == ERR_NONE)
        err = list_slots(out, arena);
    if (err == ERR_NONE)
        err = set_costs(out, arena);
    if (err == ERR_NONE)
        err = cap_nodes(out, arena);
    if (err == ERR_NONE)
        err = hold_cars(out, arena);
    if (err == ERR_NONE)
        err = model_cap_peak(out, INT64_MAX, arena);
    if (err == ERR_NONE)
        *model = out;
    return err;
}
