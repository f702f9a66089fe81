/* What each car would take under given prices, and the bound on any plan that follows. */
#include <stdlib.h>

#include "energy/price_parts.h"

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
static uint32_t part(struct price_margin *answers, uint32_t count)
{
    struct price_margin pivot = answers[count / 2];
    uint32_t front = 0;

    answers[count / 2] = answers[count - 1];
    for (uint32_t k = 0; k + 1 < count; k++)
        if (answers[k].margin > pivot.margin ||
            (answers[k].margin == pivot.margin && answers[k].slot < pivot.slot)) {
            struct price_margin swap = answers[front];
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
    struct price_margin *answers = p->answers;
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
            int64_t wh = price_least(p->most[at], need);
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
            p->answers[count++] = (struct price_margin){ margin, t };
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
                    sum += (((cap->line[k] >> PRICE_COARSE) + 1) * length_of(&own[at], k) >>
                            (LINE_FRACTION - PRICE_COARSE)) +
                           1;
        }
    }
    return sum;
}

/* All cars answer; the bound that follows. */
int64_t price_answer_all(struct pricing *p, const struct price *own)
{
    int64_t bound = p->constant + worth(p, own);

    sum_prices(p, own);
    lines_clear(p->lines);
    memset(p->wh, 0, price_grid(p->model) * sizeof(*p->wh));
    for (uint32_t i = 0; i < p->model->cars; i++)
        bound += answer(p, i);
    return bound;
}

/* How good each slot is for a car at the best prices, against the last one it would take. */
void price_set_merit(struct pricing *p, uint32_t car)
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
            (int32_t)(merit < INT32_MIN ? INT32_MIN : price_least(merit, INT32_MAX));
    }
}
