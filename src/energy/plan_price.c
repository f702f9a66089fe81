/* Rounds of prices: each car answers, the average is the wish, the prices follow it. */
#include "energy/plan_repair.h"
#include "energy/price_parts.h"

enum {
    ROUNDS_MAX = 400,
    ROUNDS_MAX_SMALL = 1500,
    SMALL = 10000, /* cars × slots */
    REPAIR_EVERY = 10,
    MEAN_ONE = 1024,     /* the average is kept in parts of a Wh */
    SHIFT_FIRST = 3,     /* weight of a new answer: an eighth */
    ENOUGH_PERMILLE = 2, /* a gap that is small enough */
    THOROUGH_MAX = 300,
    PACE_MIN = PRICE_FRACTION / 1024,
};
#define PRICE_MAX (INT64_C(1) << 30)

static enum err alloc(struct pricing *p, struct arena *arena)
{
    const struct plan_model *m = p->model;

    p->now = ARENA_NEW_ARRAY(arena, struct price, price_cells(m));
    p->best = ARENA_NEW_ARRAY(arena, struct price, price_cells(m));
    p->all = ARENA_NEW_ARRAY(arena, struct price, price_cells(m));
    p->mean_sum = ARENA_NEW_ARRAY(arena, struct line_sum, price_cells(m));
    p->mean = ARENA_NEW_ARRAY(arena, int64_t, price_grid(m));
    p->wh = ARENA_NEW_ARRAY(arena, int32_t, price_grid(m));
    p->most = ARENA_NEW_ARRAY(arena, int32_t, price_grid(m));
    p->good = ARENA_NEW_ARRAY(arena, int32_t, price_grid(m));
    p->merit = ARENA_NEW_ARRAY(arena, int32_t, price_grid(m));
    p->need = ARENA_NEW_ARRAY(arena, int64_t, m->cars + 1);
    p->left = ARENA_NEW_ARRAY(arena, int64_t, m->cars + 1);
    p->share = ARENA_NEW_ARRAY(arena, int64_t, m->cars + 1);
    p->held = ARENA_NEW_ARRAY(arena, int64_t, m->slots);
    p->base_cost = ARENA_NEW_ARRAY(arena, int64_t, m->slots);
    p->surplus = ARENA_NEW_ARRAY(arena, int64_t, m->slots);
    p->by_cost = ARENA_NEW_ARRAY(arena, uint32_t, m->slots);
    p->answers = ARENA_NEW_ARRAY(arena, struct price_margin, m->slots);
    return p->now && p->best && p->all && p->mean_sum && p->mean && p->wh && p->most && p->good &&
                   p->merit && p->need && p->left && p->share && p->held && p->base_cost &&
                   p->surplus && p->by_cost && p->answers
               ? ERR_NONE
               : ERR_FULL;
}

/* Limits, less what is booked. */
static void shrink_caps(const struct plan_model *m, struct lines *l)
{
    for (size_t c = 0; c < price_cells(m); c++) {
        struct line_cap *cap = &l->cap[c];
        if (cap->wh != LINE_NO_LIMIT)
            cap->wh -= l->sum[c].wh;
        for (int k = 0; k < LINE_COUNT; k++)
            if (cap->line[k] != LINE_NO_LIMIT) {
                int64_t less =
                    model_length(l->sum[c].re[k] >> PRICE_COARSE, l->sum[c].im[k] >> PRICE_COARSE)
                    << PRICE_COARSE;
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
    p->most_line = price_least(2 * (p->most_wh << LINE_FRACTION) / use, PRICE_MAX);
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

static void move_mean(struct pricing *p, int shift)
{
    int64_t *mean = (int64_t *)p->mean_sum;
    const int64_t *sum = (const int64_t *)p->lines->sum;
    size_t numbers = price_cells(p->model) * sizeof(struct line_sum) / sizeof(int64_t);

    for (size_t k = 0; k < price_grid(p->model); k++)
        p->mean[k] += ((int64_t)p->wh[k] * MEAN_ONE - p->mean[k]) / (1 << shift);
    for (size_t k = 0; k < numbers; k++)
        mean[k] += (sum[k] - mean[k]) / (1 << shift);
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

    price_answer_all(p, p->best);
    for (uint32_t i = 0; i < m->cars; i++)
        price_set_merit(p, i);
    for (size_t k = 0; k < price_grid(m); k++)
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
    memcpy(p->good, p->wh, price_grid(m) * sizeof(*p->good));
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
        p->pace = (int32_t)price_least(p->pace + p->pace / 8, (int64_t)2 * PRICE_FRACTION);
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
    p->pace = PRICE_FRACTION;
    p->misses = 0;
    p->bound = price_answer_all(p, p->best);
    move_mean(p, 0);
    try_mean(p);
    while (!is_done(p, work, rounds)) {
        int shift = shift_at(rounds);
        price_step(p);
        int64_t bound = price_answer_all(p, p->now);
        move_mean(p, shift);
        judge_step(p, bound);
        if (++rounds % REPAIR_EVERY == 0)
            try_mean(p);
    }
    if (rounds % REPAIR_EVERY)
        try_mean(p);
    for (size_t k = 0; m->floor && k < price_grid(m) - 1; k++)
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
