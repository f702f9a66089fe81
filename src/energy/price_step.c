/* How prices follow what is asked beyond the limits: each a step along its excess. */
#include <stdlib.h>

#include "energy/price_parts.h"

#define STEP_MAX (INT64_C(1) << 40)

/* Solar surplus is worth at most what it saves, and what energy is worth. */
static int64_t surplus_price_max(const struct pricing *p, uint32_t slot)
{
    const struct plan_model *m = p->model;
    int64_t saves = (int64_t)m->cost[slot] - m->surplus_cost[slot];

    return price_least(saves,
                       m->value > m->surplus_cost[slot] ? m->value - m->surplus_cost[slot] : 0);
}

/* How far the average is above a limit, as a share of it. */
static int64_t excess(int64_t sum, int64_t cap)
{
    int64_t share = 0;

    if (cap <= 0)
        return sum > 0 ? PRICE_FRACTION : 0;
    if (sum > cap + 8 * (cap < INT64_MAX / 16 ? cap : 0))
        return INT64_C(8) * PRICE_FRACTION;
    share = cap >> 40 ? (sum - cap) / (cap / PRICE_FRACTION) : (sum - cap) * PRICE_FRACTION / cap;
    return share < -PRICE_FRACTION ? -PRICE_FRACTION : share;
}

static int64_t line_excess(const struct pricing *p, size_t at, int k)
{
    const struct line_sum *sum = &p->mean_sum[at];
    int64_t length = sum->im[k] == 0
                         ? llabs(sum->re[k])
                         : model_length(sum->re[k] >> PRICE_COARSE, sum->im[k] >> PRICE_COARSE)
                               << PRICE_COARSE;

    return excess(length, p->lines->cap[at].line[k]);
}

/* A price counts where it can follow what is asked: up to the most that it may be, down to 0. */
static int64_t square_if_free(int64_t share, int64_t price, int64_t most)
{
    return (share > 0 && price < most) || (share < 0 && price > 0) ? share * share / PRICE_FRACTION
                                                                   : 0;
}

/* Of all that is above its limit or has a price: squares, in PRICE_FRACTION. */
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
    int64_t next =
        price + price_least(step / (cap > 0 ? cap : 1), STEP_MAX) * share / PRICE_FRACTION;

    return next < 0 ? 0 : price_least(next, most);
}

/* The same for a phasor: towards what is booked, then shorter by what the limit is. */
/* NOLINTNEXTLINE(readability-function-size): a phasor, its line, its step */
static void step_phasor(struct price *price, int k, const struct line_sum *sum, int64_t step,
                        int64_t cap, int64_t most)
{
    int64_t unit = price_least(step / ((cap >> LINE_FRACTION) + 1), STEP_MAX >> 12);
    int64_t scale = (cap >> PRICE_COARSE) + 1;
    int64_t re = price->re[k] + unit * (sum->re[k] >> PRICE_COARSE) / scale;
    int64_t im = price->im[k] + unit * (sum->im[k] >> PRICE_COARSE) / scale;

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

void price_step(struct pricing *p)
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
