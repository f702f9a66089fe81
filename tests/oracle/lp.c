#include "lp.h"

#include <math.h>
#include <stdio.h>

/* One entry after the other; rows are made as they are first used. */
struct builder {
    struct lp *lp;
    const struct plan_input *input;
    int *row_of; /* [slot][node][4]: W, L1..L3; -1: no limit */
    int peak_row0, balance_row0;
};

enum { W_ROW, LINE_ROW, ROWS_A_NODE = 4 };

static struct plan_limit limit_at(const struct plan_input *input, uint32_t n, uint32_t t)
{
    const struct tree_node *node = &input->nodes[n].node;
    struct plan_limit limit = { .limit_w = node->limit_w, .base_w = node->base_w };

    if (input->nodes[n].slots)
        return input->nodes[n].slots[t];
    memcpy(limit.limit_da, node->limit_da, sizeof(limit.limit_da));
    memcpy(limit.base_da, node->base_da, sizeof(limit.base_da));
    return limit;
}

static double seconds_of(const struct plan_input *input, uint32_t t)
{
    return (double)input->slot_s - (t == 0 ? (double)input->passed_s : 0);
}

static int new_row(struct lp *lp, double limit)
{
    lp->limit[lp->rows] = limit;
    return lp->rows++;
}

static void make_rows(struct builder *b)
{
    const struct plan_input *input = b->input;

    for (uint32_t t = 0; t < input->slot_count; t++)
        for (uint32_t n = 0; n < input->node_count; n++) {
            struct plan_limit limit = limit_at(input, n, t);
            int *rows = b->row_of + ((size_t)t * input->node_count + n) * ROWS_A_NODE;
            double s = seconds_of(input, t);
            /* Power limits hold as whole Wh of the slot, rounded down. */
            bool open = limit.limit_w == TREE_NO_LIMIT_W;
            double wh = open ? 0 : floor((double)(limit.limit_w - limit.base_w) * s / 3600);
            rows[W_ROW] = open ? -1 : new_row(b->lp, wh > 0 ? wh : 0);
            for (int line = 0; line < LINE_COUNT; line++) {
                int32_t room_da = limit.limit_da[line] - limit.base_da[line];
                rows[LINE_ROW + line] = limit.limit_da[line] == TREE_NO_LIMIT_DA
                                            ? -1
                                            : new_row(b->lp, room_da > 0 ? room_da : 0);
            }
        }
    b->balance_row0 = b->lp->rows;
    for (uint32_t t = 0; t < input->slot_count; t++)
        b->lp->equal[new_row(b->lp, 0)] = true;
    b->peak_row0 = b->lp->rows;
}

static void new_column(struct lp *lp, double upper, double objective)
{
    lp->upper[lp->columns] = upper;
    lp->objective[lp->columns] = objective;
    lp->start[++lp->columns] = lp->entries;
}

static void put(struct lp *lp, int row, double value)
{
    if (row < 0)
        return;
    lp->row[lp->entries] = row;
    lp->value[lp->entries] = value;
    lp->start[lp->columns] = ++lp->entries;
}

/* What a car can take so long before it is ready: it falls, straight between two halvings. */
static double power_w(const struct plan_car *car, double before_s)
{
    double halvings = car->half_s > 0 ? floor(before_s / car->half_s) : 0;
    double w = car->end_w * exp2(fmin(halvings, 40));

    if (car->half_s == 0)
        return car->max_w;
    return fmin(car->max_w, floor(w + w * (before_s / car->half_s - halvings) + 1e-9));
}

/* What it can in the middle of its time there. */
double lp_car_wh(const struct plan_input *input, const struct plan_car *car, uint32_t slot)
{
    double begins = (double)slot * input->slot_s + (slot == 0 ? (double)input->passed_s : 0);
    double ends = (double)(slot + 1) * input->slot_s;
    double from = fmax(begins, car->from_s), until = fmin(ends, car->until_s);

    return until <= from ? 0
                         : floor(power_w(car, car->until_s - floor((from + until) / 2)) *
                                 (until - from) / 3600);
}

static void put_car(struct builder *b, const struct plan_car *car, uint32_t t, int need_row)
{
    const struct plan_input *input = b->input;
    double da = 36000 / (seconds_of(input, t) * car->leaf.volts * car->leaf.wires_live);

    put(b->lp, need_row, 1);
    for (int32_t n = (int32_t)car->leaf.node; n >= 0; n = input->nodes[n].node.parent) {
        const int *rows = b->row_of + ((size_t)t * input->node_count + (size_t)n) * ROWS_A_NODE;
        put(b->lp, rows[W_ROW], 1);
        for (int line = 0; line < LINE_COUNT; line++)
            if (car->leaf.wires & (1u << line))
                put(b->lp, rows[LINE_ROW + line], da);
    }
    put(b->lp, b->balance_row0 + (int)t, 1);
}

static double value_of(const struct plan_input *input)
{
    double largest = 1;

    if (input->value > 0)
        return input->value;
    for (uint32_t t = 0; t < input->slot_count; t++) {
        largest = fmax(largest, fabs((double)input->cost[t]));
        largest = fmax(largest, input->surplus_cost ? fabs((double)input->surplus_cost[t]) : 0);
    }
    return 2 * largest;
}

static double base_at(const struct plan_input *input, uint32_t t)
{
    double base = 0;

    for (uint32_t n = 0; n < input->node_count; n++)
        if (input->nodes[n].node.parent < 0)
            base += (double)limit_at(input, n, t).base_w;
    return base;
}

/* Solar and grid energy of a slot: as much as all cars take. */
static void put_supply(struct builder *b, uint32_t t)
{
    const struct plan_input *input = b->input;
    double base = base_at(input, t), s = seconds_of(input, t);
    double surplus = base < 0 ? floor(-base * s / 3600) : 0;

    new_column(b->lp, surplus, input->surplus_cost ? -(double)input->surplus_cost[t] : 0);
    put(b->lp, b->balance_row0 + (int)t, -1);
    new_column(b->lp, 1e9 - surplus, -(double)input->cost[t]);
    put(b->lp, b->balance_row0 + (int)t, -1);
}

/* The peak of each slot: base and cars at most what was so far and what is paid for now. */
static void put_peak(struct builder *b)
{
    const struct plan_input *input = b->input;
    double days = ceil(input->slot_count * (double)input->slot_s / 86400);
    double left = input->demand.days_left > 0 ? input->demand.days_left : 1;
    double price = floor((double)input->demand.cost * fmin(days, left) / left);
    double floor_w = (double)input->demand.peak_w;

    for (uint32_t t = 0; t < input->slot_count; t++)
        floor_w = fmax(floor_w, base_at(input, t));
    b->lp->constant -= price * (floor_w - (double)input->demand.peak_w);
    /* In W; the money of a W is a thousandth of a kW's, and 1000 stand for a micro-unit. */
    new_column(b->lp, 1e9, -price);
    for (uint32_t t = 0; t < input->slot_count; t++) {
        double hours = seconds_of(input, t) / 3600;
        int row = new_row(b->lp, (floor_w - base_at(input, t)) * hours);
        put(b->lp, row, -hours);
    }
}

static void alloc(const struct plan_input *input, struct arena *arena, struct lp *lp)
{
    size_t slots = input->slot_count, cars = input->car_count, nodes = input->node_count;
    size_t rows = slots * nodes * ROWS_A_NODE + 2 * slots + cars + 8;
    size_t columns = slots * cars + 2 * slots + 8;
    size_t entries = slots * cars * (3 + nodes * ROWS_A_NODE) + 4 * slots + 8;

    *lp = (struct lp){ .start = ARENA_NEW_ARRAY(arena, int, columns + 1),
                       .row = ARENA_NEW_ARRAY(arena, int, entries),
                       .value = ARENA_NEW_ARRAY(arena, double, entries),
                       .upper = ARENA_NEW_ARRAY(arena, double, columns),
                       .objective = ARENA_NEW_ARRAY(arena, double, columns),
                       .limit = ARENA_NEW_ARRAY(arena, double, rows),
                       .equal = ARENA_NEW_ARRAY(arena, bool, rows) };
    check(lp->equal && lp->start && lp->row && lp->value && lp->upper && lp->objective &&
          lp->limit);
}

void lp_make(const struct plan_input *input, struct arena *arena, struct lp *lp)
{
    struct builder b = { .lp = lp, .input = input };
    bool demand = input->demand.cost > 0;

    alloc(input, arena, lp);
    b.row_of =
        ARENA_NEW_ARRAY(arena, int, (size_t)input->slot_count * input->node_count * ROWS_A_NODE);
    check(b.row_of);
    make_rows(&b);
    if (demand)
        put_peak(&b);
    for (uint32_t i = 0; i < input->car_count; i++) {
        const struct plan_car *car = &input->cars[i];
        int need_row = new_row(lp, car->need_wh > 0 ? (double)car->need_wh : 0);
        for (uint32_t t = 0; t < input->slot_count; t++) {
            double most = lp_car_wh(input, car, t);
            if (most <= 0)
                continue;
            new_column(lp, most, value_of(input));
            put_car(&b, car, t, need_row);
            if (demand)
                put(lp, b.peak_row0 + (int)t, 1);
        }
    }
    for (uint32_t t = 0; t < input->slot_count; t++)
        put_supply(&b, t);
}

static void write_row(FILE *out, const struct lp *lp, int row)
{
    fprintf(out, " r%d:", row);
    for (int c = 0; c < lp->columns; c++)
        for (int e = lp->start[c]; e < lp->start[c + 1]; e++)
            if (lp->row[e] == row)
                fprintf(out, " %+.17g x%d\n", lp->value[e], c);
    fprintf(out, " %s %.17g\n", lp->equal[row] ? "=" : "<=", lp->limit[row]);
}

void lp_write(const struct lp *lp, const char *path)
{
    FILE *out = fopen(path, "w");

    check(out != NULL);
    fputs("Maximize\n obj:", out);
    for (int c = 0; c < lp->columns; c++)
        fprintf(out, " %+.17g x%d\n", lp->objective[c], c);
    fputs("Subject To\n", out);
    for (int r = 0; r < lp->rows; r++)
        write_row(out, lp, r);
    fputs("Bounds\n", out);
    for (int c = 0; c < lp->columns; c++)
        fprintf(out, " 0 <= x%d <= %.17g\n", c, lp->upper[c]);
    fputs("End\n", out);
    check(fclose(out) == 0);
}
