/* Rounds of prices: each car answers, the average is the wish, the prices follow it. */
#include "energy/plan_price.h"

#include <stdlib.h>

#include "energy/plan_repair.h"

enum {
    ROUNDS_MAX = 400,
    ROUNDS_MAX_SMALL = 1500,
    SMALL = 10000, /* cars × slots */
    REPAIR_EVERY = 10,
    MEAN_ONE = 1024,     /* the average is kept in parts of a Wh */
    SHIFT_FIRST = 3,     /* weight of a new answer: an eighth */
    ONE = 65536,         /* of what is a fraction */
    ENOUGH_PERMILLE = 2, /* a gap that is small enough */
    COARSE = 10,
    THOROUGH_MAX = 300,
    PACE_MIN = ONE / 1024,
};
#define PRICE_MAX (INT64_C(1) << 30)
#define STEP_MAX  (INT64_C(1) << 40)

struct answer {
    int64_t margin;
    uint32_t slot;
};

struct pricing {
    struct plan_model *model;
    struct lines *lines;
    struct price *now, *best, *all; /* tried; the best so far; a node's own and all above it */
    struct line_sum *mean_sum;
    int64_t *mean; /* [slot * cars + car], as these: */
    int32_t *wh, *most, *good, *merit;
    int64_t *need, *held, *left, *share;
    int64_t *base_cost, *surplus; /* [slot] */
    uint32_t *by_cost;
    struct answer *answers;
    int64_t bound, gain, constant; /* least bound, best gain; what does not depend on cars */
    int64_t most_wh, most_line;    /* no price need be higher: nobody would take energy then */
    int64_t peak_w;                /* the meter's peak may not pass it; INT64_MAX: no such cap */
    int32_t pace;                  /* of the steps, in ONE */
    uint32_t misses;
    bool has_good;
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static size_t cells(const struct plan_model *m)
{
    return (size_t)m->slots * m->nodes;
}

static size_t grid(const struct plan_model *m)
{
    return (size_t)m->slots * m->cars + 1;
}

static enum err alloc(struct pricing *p, struct arena *arena)
{
    const struct plan_model *m = p->model;

    p->now = ARENA_NEW_ARRAY(arena, struct price, cells(m));
    p->best = ARENA_NEW_ARRAY(arena, struct price, cells(m));
    p->all = ARENA_NEW_ARRAY(arena, struct price, cells(m));
    p->mean_sum = ARENA_NEW_ARRAY(arena, struct line_sum, cells(m));
    p->mean = ARENA_NEW_ARRAY(arena, int64_t, grid(m));
    p->wh = ARENA_NEW_ARRAY(arena, int32_t, grid(m));
    p->most = ARENA_NEW_ARRAY(arena, int32_t, grid(m));
    p->good = ARENA_NEW_ARRAY(arena, int32_t, grid(m));
    p->merit = ARENA_NEW_ARRAY(arena, int32_t, grid(m));
    p->need = ARENA_NEW_ARRAY(arena, int64_t, m->cars + 1);
    p->left = ARENA_NEW_ARRAY(arena, int64_t, m->cars + 1);
    p->share = ARENA_NEW_ARRAY(arena, int64_t, m->cars + 1);
    p->held = ARENA_NEW_ARRAY(arena, int64_t, m->slots);
    p->base_cost = ARENA_NEW_ARRAY(arena, int64_t, m->slots);
    p->surplus = ARENA_NEW_ARRAY(arena, int64_t, m->slots);
    p->by_cost = ARENA_NEW_ARRAY(arena, uint32_t, m->slots);
    p->answers = ARENA_NEW_ARRAY(arena, struct answer, m->slots);
    return p->now && p->best && p->all && p->mean_sum && p->mean && p->wh && p->most && p->good &&
                   p->merit && p->need && p->left && p->share && p->held && p->base_cost &&
                   p->surplus && p->by_cost && p->answers
               ? ERR_NONE
               : ERR_FULL;
}

/* Limits, less what is booked. */
static void shrink_caps(const struct plan_model *m, struct lines *l)
{
    for (size_t c = 0; c < cells(m); c++) {
        struct line_cap *cap = &l->cap[c];
        if (cap->wh != LINE_NO_LIMIT)
            cap->wh -= l->sum[c].wh;
        for (int k = 0; k < LINE_COUNT; k++)
            if (cap->line[k] != LINE_NO_LIMIT) {
                int64_t less = model_length(l->sum[c].re[k] >> COARSE, l->sum[c].im[k] >> COARSE)
                               << COARSE;
                cap->line[k] = cap->line[k] > less ? cap->line[k] - less : 0;
            }
    }
}

/* What cars hold is booked first and then out of the question: limits and needs are less. */
static void take_floors(struct pricing *p)
{
    const struct plan_model *m = p->model;
    struct lines *l = p->lines;

    for (uint32_t i = 0; i < m->cars; i++)
        p->need[i] = m->car[i].need;
    for (uint32_t t = 0; t < m->slots; t++)
        for (uint32_t i = 0; i < m->cars; i++) {
            size_t at = (size_t)t * m->cars + i;
            p->most[at] = model_car_cap(&m->car[i], t);
            if (!m->floor || m->floor[at] == 0)
                continue;
            m->floor[at] = lines_room(l, t, i, m->floor[at]);
            lines_add(l, t, i, m->floor[at]);
            p->most[at] -= m->floor[at];
            p->need[i] -= m->floor[at];
            p->held[t] += m->floor[at];
        }
    /* More than its path carries for it alone no car can take, whatever the prices. */
    for (uint32_t t = 0; t < m->slots; t++)
        for (uint32_t i = 0; i < m->cars; i++) {
            int32_t *most = &p->most[(size_t)t * m->cars + i];
            *most = *most > 0 ? lines_room(l, t, i, *most) : 0;
        }
    if (m->floor)
        shrink_caps(m, l);
}

/* By insertion: qsort cannot be told the costs. */
static void sort_slots(struct pricing *p)
{
    for (uint32_t t = 0; t < p->model->slots; t++)
        p->by_cost[t] = t;
    for (uint32_t k = 1; k < p->model->slots; k++) {
        uint32_t slot = p->by_cost[k], at = k;
        for (; at > 0 && p->base_cost[p->by_cost[at - 1]] > p->base_cost[slot]; at--)
            p->by_cost[at] = p->by_cost[at - 1];
        p->by_cost[at] = slot;
    }
}

/* Cost of the first Wh in each slot; and how far it goes. */
static void set_supply(struct pricing *p)
{
    const struct plan_model *m = p->model;

    for (uint32_t t = 0; t < m->slots; t++) {
        int64_t surplus = model_surplus_wh(m, t) - p->held[t];
        bool helps = surplus > 0 && m->surplus_cost[t] < m->cost[t];
        p->surplus[t] = helps ? surplus : 0;
        p->base_cost[t] = helps ? m->surplus_cost[t] : m->cost[t];
        p->constant += p->held[t] * m->value - model_cost(m, t, p->held[t]);
        p->most_wh =
            m->value - p->base_cost[t] > p->most_wh ? m->value - p->base_cost[t] : p->most_wh;
    }
    int32_t use = INT32_MAX;
    for (uint32_t i = 0; i < m->cars; i++)
        for (int k = 0; k < LINE_COUNT; k++)
            if (p->lines->use[i].re[0][k] > 0 && p->lines->use[i].re[0][k] < use)
                use = p->lines->use[i].re[0][k];
    p->most_line = least(2 * (p->most_wh << LINE_FRACTION) / use, PRICE_MAX);
    sort_slots(p);
}

static void set_peak(struct pricing *p, int64_t peak_w)
{
    const struct plan_model *m = p->model;

    p->peak_w = peak_w;
    for (uint32_t t = 0; t < m->slots; t++) {
        struct line_cap *top = &p->lines->cap[(size_t)t * m->nodes];
        top->wh = LINE_NO_LIMIT;
        if (peak_w == INT64_MAX) {
            p->best[(size_t)t * m->nodes].re[0] = 0;
            continue;
        }
        int64_t wh = (peak_w - model_base_w(m->input, t)) * m->slot_s[t] / 3600 - p->held[t];
        top->wh = wh > 0 ? wh : 0;
    }
}

/* A price at the secondary side of a transformer, from the prices at its primary side. */
static void add_through_transformer(struct price *to, const struct price *from, int32_t ratio)
{
    /* 866,025 and 500,000 millionths: cosine and sine of 30°. */
    for (int a = 0; a < LINE_COUNT; a++) {
        int b = (a + 1) % LINE_COUNT;
        int64_t re = 866025 * (from->re[a] + from->re[b]) + 500000 * (from->im[a] - from->im[b]);
        int64_t im = 866025 * (from->im[a] + from->im[b]) + 500000 * (from->re[b] - from->re[a]);
        to->re[a] += re / 1000 / ratio;
        to->im[a] += im / 1000 / ratio;
    }
}

static void add_lines(struct price *to, const struct price *from)
{
    for (int k = 0; k < LINE_COUNT; k++) {
        to->re[k] += from->re[k];
        to->im[k] += from->im[k];
    }
}

/* A node's price and those of all nodes above it, as they come to its cars. */
static void sum_prices(struct pricing *p, const struct price *own)
{
    const struct plan_model *m = p->model;

    for (uint32_t t = 0; t < m->slots; t++)
        for (uint32_t n = 0; n < m->nodes; n++) {
            size_t at = (size_t)t * m->nodes + n, above = (size_t)t * m->nodes + m->parent[n];
            struct price sum = own[at];
            if (n == 0) {
                p->all[at] = (struct price){ .wh = sum.wh + sum.re[0] };
                continue;
            }
            sum.wh += p->all[above].wh;
            if (p->lines->ratio[n]) {
                add_through_transformer(&sum, &p->all[above], p->lines->ratio[n]);
            } else {
                add_lines(&sum, &p->all[above]);
            }
            p->all[at] = sum;
        }
}

/* What a Wh in a slot costs a car at the prices; rounded down, for the bound. */
static int64_t price_for(const struct pricing *p, uint32_t car, uint32_t slot)
{
    const struct plan_model *m = p->model;
    const struct price *all = &p->all[(size_t)slot * m->nodes + m->car[car].node];
    const struct line_use *use = &p->lines->use[car];
    int64_t sum = 0;

    for (int k = 0; k < LINE_COUNT; k++)
        sum += all->re[k] * use->re[0][k] - (use->re[0][k] ? llabs(all->re[k]) : 0);
    for (int k = 0; p->lines->phasors && k < LINE_COUNT; k++)
        sum += all->im[k] * use->im[0][k] - (use->im[0][k] ? llabs(all->im[k]) : 0);
    return all->wh + (sum >> LINE_FRACTION);
}

/* Moves the answers with a larger margin than the pivot's to the front; how many there are. */
static uint32_t part(struct answer *answers, uint32_t count)
{
    struct answer pivot = answers[count / 2];
    uint32_t front = 0;

    answers[count / 2] = answers[count - 1];
    for (uint32_t k = 0; k + 1 < count; k++)
        if (answers[k].margin > pivot.margin ||
            (answers[k].margin == pivot.margin && answers[k].slot < pivot.slot)) {
            struct answer swap = answers[front];
            answers[front++] = answers[k];
            answers[k] = swap;
        }
    answers[count - 1] = answers[front];
    answers[front] = pivot;
    return front;
}

/* Takes the best slots until the need is met: by parting, since only the last has to be known. */
static int64_t take_best(struct pricing *p, uint32_t car, uint32_t count)
{
    const struct plan_model *m = p->model;
    struct answer *answers = p->answers;
    int64_t need = p->need[car], gain = 0;

    while (count > 0 && need > 0) {
        uint32_t front = part(answers, count);
        int64_t sum = 0;
        for (uint32_t k = 0; k < front; k++)
            sum += p->most[(size_t)answers[k].slot * m->cars + car];
        if (sum >= need && front > 0) {
            count = front;
            continue;
        }
        for (uint32_t k = 0; k <= front; k++) {
            size_t at = (size_t)answers[k].slot * m->cars + car;
            int64_t wh = least(p->most[at], need);
            p->wh[at] = (int32_t)wh;
            lines_add(p->lines, answers[k].slot, car, (int32_t)wh);
            gain += wh * answers[k].margin;
            need -= wh;
        }
        answers += front + 1;
        count -= front + 1;
    }
    return gain;
}

/* The car's own best plan under the prices. */
static int64_t answer(struct pricing *p, uint32_t car)
{
    const struct plan_model *m = p->model;
    uint32_t count = 0;

    for (uint32_t t = m->car[car].first; t < m->car[car].end; t++) {
        int64_t margin = m->value - p->base_cost[t] - price_for(p, car, t);
        if (margin > 0 && p->most[(size_t)t * m->cars + car] > 0)
            p->answers[count++] = (struct answer){ margin, t };
    }
    return take_best(p, car, count);
}

static int64_t length_of(const struct price *price, int line)
{
    return price->im[line] == 0 ? llabs(price->re[line])
                                : model_length(price->re[line], price->im[line]);
}

/* What the limits are worth at the prices. */
static int64_t worth(const struct pricing *p, const struct price *own)
{
    const struct plan_model *m = p->model;
    int64_t sum = 0;

    for (uint32_t t = 0; t < m->slots; t++) {
        const struct price *top = &own[(size_t)t * m->nodes];
        sum += top->wh * p->surplus[t];
        if (p->peak_w != INT64_MAX)
            sum += top->re[0] * p->lines->cap[(size_t)t * m->nodes].wh;
        for (uint32_t n = 1; n < m->nodes; n++) {
            size_t at = (size_t)t * m->nodes + n;
            const struct line_cap *cap = &p->lines->cap[at];
            if (cap->wh != LINE_NO_LIMIT)
                sum += own[at].wh * cap->wh;
            for (int k = 0; k < LINE_COUNT; k++)
                if (cap->line[k] != LINE_NO_LIMIT && (own[at].re[k] || own[at].im[k]))
                    sum += (((cap->line[k] >> COARSE) + 1) * length_of(&own[at], k) >>
                            (LINE_FRACTION - COARSE)) +
                           1;
        }
    }
    return sum;
}

/* All cars answer; the bound that follows. */
static int64_t answer_all(struct pricing *p, const struct price *own)
{
    int64_t bound = p->constant + worth(p, own);

    sum_prices(p, own);
    lines_clear(p->lines);
    memset(p->wh, 0, grid(p->model) * sizeof(*p->wh));
    for (uint32_t i = 0; i < p->model->cars; i++)
        bound += answer(p, i);
    return bound;
}

static void move_mean(struct pricing *p, int shift)
{
    int64_t *mean = (int64_t *)p->mean_sum;
    const int64_t *sum = (const int64_t *)p->lines->sum;
    size_t numbers = cells(p->model) * sizeof(struct line_sum) / sizeof(int64_t);

    for (size_t k = 0; k < grid(p->model); k++)
        p->mean[k] += ((int64_t)p->wh[k] * MEAN_ONE - p->mean[k]) / (1 << shift);
    for (size_t k = 0; k < numbers; k++)
        mean[k] += (sum[k] - mean[k]) / (1 << shift);
}

/* Solar surplus is worth at most what it saves, and what energy is worth. */
static int64_t surplus_price_max(const struct pricing *p, uint32_t slot)
{
    const struct plan_model *m = p->model;
    int64_t saves = (int64_t)m->cost[slot] - m->surplus_cost[slot];

    return least(saves, m->value > m->surplus_cost[slot] ? m->value - m->surplus_cost[slot] : 0);
}

/* How far the average is above a limit, as a share of it. */
static int64_t excess(int64_t sum, int64_t cap)
{
    int64_t share = 0;

    if (cap <= 0)
        return sum > 0 ? ONE : 0;
    if (sum > cap + 8 * (cap < INT64_MAX / 16 ? cap : 0))
        return INT64_C(8) * ONE;
    share = cap >> 40 ? (sum - cap) / (cap / ONE) : (sum - cap) * ONE / cap;
    return share < -ONE ? -ONE : share;
}

static int64_t line_excess(const struct pricing *p, size_t at, int k)
{
    const struct line_sum *sum = &p->mean_sum[at];
    int64_t length = sum->im[k] == 0
                         ? llabs(sum->re[k])
                         : model_length(sum->re[k] >> COARSE, sum->im[k] >> COARSE) << COARSE;

    return excess(length, p->lines->cap[at].line[k]);
}

/* A price counts where it can follow what is asked: up to the most that it may be, down to 0. */
static int64_t square_if_free(int64_t share, int64_t price, int64_t most)
{
    return (share > 0 && price < most) || (share < 0 && price > 0) ? share * share / ONE : 0;
}

/* Of all that is above its limit or has a price: squares, in ONE. */
static int64_t excess_squares(const struct pricing *p)
{
    const struct plan_model *m = p->model;
    int64_t sum = 1;

    for (uint32_t t = 0; t < m->slots; t++) {
        size_t top = (size_t)t * m->nodes;
        if (p->surplus[t])
            sum += square_if_free(excess(p->mean_sum[top].wh, p->surplus[t]), p->best[top].wh,
                                  surplus_price_max(p, t));
        if (p->peak_w != INT64_MAX)
            sum += square_if_free(excess(p->mean_sum[top].wh, p->lines->cap[top].wh),
                                  p->best[top].re[0], p->most_wh);
        for (size_t at = top + 1; at < top + m->nodes; at++) {
            const struct line_cap *cap = &p->lines->cap[at];
            if (cap->wh != LINE_NO_LIMIT)
                sum +=
                    square_if_free(excess(p->mean_sum[at].wh, cap->wh), p->best[at].wh, p->most_wh);
            for (int k = 0; k < LINE_COUNT; k++)
                if (cap->line[k] != LINE_NO_LIMIT)
                    sum += square_if_free(line_excess(p, at, k),
                                          llabs(p->best[at].re[k]) + llabs(p->best[at].im[k]),
                                          p->most_line);
        }
    }
    return sum;
}

/* A step of a price: money over the limit, times the excess. */
static int64_t stepped(int64_t price, int64_t step, int64_t cap, int64_t share, int64_t most)
{
    int64_t next = price + least(step / (cap > 0 ? cap : 1), STEP_MAX) * share / ONE;

    return next < 0 ? 0 : least(next, most);
}

/* The same for a phasor: towards what is booked, then shorter by what the limit is. */
/* NOLINTNEXTLINE(readability-function-size): a phasor, its line, its step */
static void step_phasor(struct price *price, int k, const struct line_sum *sum, int64_t step,
                        int64_t cap, int64_t most)
{
    int64_t unit = least(step / ((cap >> LINE_FRACTION) + 1), STEP_MAX >> 12);
    int64_t scale = (cap >> COARSE) + 1;
    int64_t re = price->re[k] + unit * (sum->re[k] >> COARSE) / scale;
    int64_t im = price->im[k] + unit * (sum->im[k] >> COARSE) / scale;

    re = re > most ? most : re < -most ? -most : re;
    im = im > most ? most : im < -most ? -most : im;
    int64_t length = model_length(re, im), left = length - unit;
    price->re[k] = left <= 0 ? 0 : re * left / length;
    price->im[k] = left <= 0 ? 0 : im * left / length;
}

static void step_cell(struct pricing *p, size_t at, int64_t step)
{
    const struct line_cap *cap = &p->lines->cap[at];
    struct price *price = &p->now[at];

    *price = p->best[at];
    if (cap->wh != LINE_NO_LIMIT)
        price->wh =
            stepped(price->wh, step, cap->wh, excess(p->mean_sum[at].wh, cap->wh), p->most_wh);
    for (int k = 0; k < LINE_COUNT; k++) {
        if (cap->line[k] == LINE_NO_LIMIT)
            continue;
        if (p->lines->phasors)
            step_phasor(price, k, &p->mean_sum[at], step, cap->line[k], p->most_line);
        else
            price->re[k] = stepped(price->re[k], step, cap->line[k] >> LINE_FRACTION,
                                   line_excess(p, at, k), p->most_line);
    }
}

static void step_top(struct pricing *p, int64_t step)
{
    const struct plan_model *m = p->model;

    for (uint32_t t = 0; t < m->slots; t++) {
        size_t at = (size_t)t * m->nodes;
        int64_t wh = p->mean_sum[at].wh, cap = p->lines->cap[at].wh;
        struct price *price = &p->now[at];
        *price = p->best[at];
        if (p->surplus[t])
            price->wh = stepped(price->wh, step, p->surplus[t], excess(wh, p->surplus[t]),
                                surplus_price_max(p, t));
        if (p->peak_w != INT64_MAX)
            price->re[0] = stepped(price->re[0], step, cap, excess(wh, cap), p->most_wh);
    }
}

static void step_prices(struct pricing *p)
{
    const struct plan_model *m = p->model;
    int64_t squares = excess_squares(p), off = p->bound - p->gain;
    /* Polyak's step: what is missing, over the squares of what is too much. */
    int64_t step = off / squares * p->pace + off % squares * p->pace / squares;

    step_top(p, step);
    for (uint32_t t = 0; t < m->slots; t++)
        for (uint32_t n = 1; n < m->nodes; n++)
            step_cell(p, (size_t)t * m->nodes + n, step);
}

/* How good each slot is for a car at the best prices, against the last one it would take. */
static void set_merit(struct pricing *p, uint32_t car)
{
    const struct plan_model *m = p->model;
    const struct model_car *at = &m->car[car];
    int64_t last = 0, need = p->need[car];

    for (uint32_t t = at->first; t < at->end; t++)
        if (p->wh[(size_t)t * m->cars + car] > 0) {
            int64_t margin = m->value - p->base_cost[t] - price_for(p, car, t);
            need -= p->wh[(size_t)t * m->cars + car];
            last = last == 0 || margin < last ? margin : last;
        }
    last = need > 0 ? 0 : last;
    for (uint32_t t = at->first; t < at->end; t++) {
        int64_t merit = m->value - p->base_cost[t] - price_for(p, car, t) - last;
        p->merit[(size_t)t * m->cars + car] =
            (int32_t)(merit < INT32_MIN ? INT32_MIN : least(merit, INT32_MAX));
    }
}

/* The average made to fit; kept if it is the best so far. */
static void try_mean(struct pricing *p)
{
    const struct plan_model *m = p->model;
    struct repair repair = { .lines = p->lines,
                             .most = p->most,
                             .need = p->need,
                             .held = p->held,
                             .slots = p->by_cost,
                             .merit = p->merit,
                             .wh = p->wh,
                             .left = p->left,
                             .share = p->share,
                             .thorough = m->cars <= THOROUGH_MAX };
    int64_t gain = 0;

    answer_all(p, p->best);
    for (uint32_t i = 0; i < m->cars; i++)
        set_merit(p, i);
    for (size_t k = 0; k < grid(m); k++)
        p->wh[k] = (int32_t)((p->mean[k] + MEAN_ONE / 2) / MEAN_ONE);
    repair_plan(&repair);
    for (uint32_t t = 0; t < m->slots; t++) {
        int64_t wh = p->lines->sum[(size_t)t * m->nodes].wh + p->held[t];
        gain += wh * m->value - model_cost(m, t, wh);
    }
    if (p->has_good && gain <= p->gain)
        return;
    p->has_good = true;
    p->gain = gain;
    memcpy(p->good, p->wh, grid(m) * sizeof(*p->good));
}

static void start_prices(struct pricing *p, const struct plan_work *work)
{
    const struct plan_prices *before = work->before_prices;
    const struct plan_model *m = p->model;

    if (!before || before->nodes != m->nodes)
        return;
    for (uint32_t t = 0; t < m->slots; t++) {
        uint64_t old = (uint64_t)t + work->slots_passed;
        if (old < before->slots)
            memcpy(&p->best[(size_t)t * m->nodes], &before->cell[(size_t)old * m->nodes],
                   m->nodes * sizeof(*p->best));
    }
}

/* Weight of a new answer in the average: less and less, as the prices settle. */
static int shift_at(uint32_t rounds)
{
    static const uint32_t less_from[] = { 50, 150, 400, 800 };
    int shift = SHIFT_FIRST;

    for (size_t i = 0; i < COUNT(less_from); i++)
        shift += rounds >= less_from[i];
    return shift;
}

/* Small plans cost next to nothing. */
static uint32_t rounds_max(const struct plan_model *m)
{
    return m->cars * m->slots <= SMALL ? ROUNDS_MAX_SMALL : ROUNDS_MAX;
}

static bool is_done(const struct pricing *p, const struct plan_work *work, uint32_t rounds)
{
    const struct plan_input *input = p->model->input;

    return p->bound - p->gain <= p->bound / 1000 * ENOUGH_PERMILLE ||
           rounds >= rounds_max(p->model) || work->stopped ||
           (input->out_of_time && input->out_of_time(input->clock));
}

/* Serious steps go faster, misses slower. */
static void judge_step(struct pricing *p, int64_t bound)
{
    if (bound < p->bound) {
        struct price *swap = p->best;
        p->best = p->now;
        p->now = swap;
        p->bound = bound;
        p->misses = 0;
        p->pace = (int32_t)least(p->pace + p->pace / 8, (int64_t)2 * ONE);
    } else if (++p->misses >= 8) {
        p->misses = 0;
        p->pace = p->pace * 2 / 3 > PACE_MIN ? p->pace * 2 / 3 : PACE_MIN;
    }
}

/* What a W more of the peak would be worth, by the prices. */
static int64_t peak_worth(const struct pricing *p)
{
    const struct plan_model *m = p->model;
    int64_t sum = 0;

    for (uint32_t t = 0; p->peak_w != INT64_MAX && t < m->slots; t++)
        sum += p->best[(size_t)t * m->nodes].re[0] * m->slot_s[t];
    return sum / 3600;
}

void price_run(struct pricing *p, int64_t peak_w, struct plan_work *work)
{
    const struct plan_model *m = p->model;
    uint32_t rounds = 0;

    set_peak(p, peak_w);
    p->has_good = false;
    p->pace = ONE;
    p->misses = 0;
    p->bound = answer_all(p, p->best);
    move_mean(p, 0);
    try_mean(p);
    while (!is_done(p, work, rounds)) {
        int shift = shift_at(rounds);
        step_prices(p);
        int64_t bound = answer_all(p, p->now);
        move_mean(p, shift);
        judge_step(p, bound);
        if (++rounds % REPAIR_EVERY == 0)
            try_mean(p);
    }
    if (rounds % REPAIR_EVERY)
        try_mean(p);
    for (size_t k = 0; m->floor && k < grid(m) - 1; k++)
        p->good[k] += m->floor[k];
    work->stopped |= m->input->out_of_time && m->input->out_of_time(m->input->clock);
    work->rounds += rounds;
    work->wh = p->good;
    work->bound = p->bound;
    work->peak_worth = peak_worth(p);
    work->exact = false;
    *work->prices = (struct plan_prices){ m->nodes, m->slots, p->best };
}

enum err price_new(struct plan_model *model, struct arena *arena, struct plan_work *work,
                   struct pricing **pricing)
{
    struct pricing *p = ARENA_NEW(arena, struct pricing);

    if (!p)
        return ERR_FULL;
    p->model = model;
    enum err err = lines_new(model, arena, &p->lines);
    if (err == ERR_NONE)
        err = alloc(p, arena);
    work->prices = ARENA_NEW(arena, struct plan_prices);
    if (err != ERR_NONE || !work->prices)
        return ERR_FULL;
    take_floors(p);
    set_supply(p);
    start_prices(p, work);
    *pricing = p;
    return ERR_NONE;
}
