/* The search over the cap: each plan made bounds what was not tried. */
#include "energy/plan_peak.h"

#include "energy/plan_flow.h"
#include "energy/plan_price.h"

enum { W_A_KW = 1000, SECONDS_A_DAY = 86400, PROBES_MAX = 64, WH_IN_W = 60, LITTLE_W = 200 };
enum { PROMISES_MAX = 12, ENOUGH_PERMILLE = 3 };

int64_t peak_cost(const struct plan_input *input, int64_t peak_w)
{
    const struct plan_demand *demand = &input->demand;
    int64_t above_w = peak_w - demand->peak_w;

    if (demand->cost <= 0 || above_w <= 0)
        return 0;
    /* A higher peak serves all days that are left: this horizon bears its part of them. */
    int64_t days = ((int64_t)input->slot_count * input->slot_s + SECONDS_A_DAY - 1) / SECONDS_A_DAY;
    int64_t left = demand->days_left > 0 ? demand->days_left : 1;
    days = days < left ? days : left;
    return demand->cost * days / left * above_w / W_A_KW;
}

/* One cap and what its plan gains, the charge taken off. */
struct probe {
    int64_t peak_w, gain;
};

struct peak_search {
    struct plan_model *model;
    struct arena *arena;
    struct plan_work *work;
    struct flow *flow;
    int32_t *best_wh; /* of the best so far */
    int64_t best_gain;
    bool has_best;
};

static int64_t gain_of(const struct plan_model *m, const int32_t *wh, int64_t *peak_w)
{
    int64_t gain = 0;

    *peak_w = INT64_MIN;
    for (uint32_t t = 0; t < m->slots; t++) {
        int64_t sum = 0;
        for (uint32_t k = m->slot_from[t]; k < m->slot_from[t + 1]; k++)
            sum += wh[(size_t)t * m->cars + m->slot_cars[k]];
        int64_t w = model_base_w(m->input, t) + sum * 3600 / m->slot_s[t];
        *peak_w = w > *peak_w ? w : *peak_w;
        gain += sum * m->value - model_cost(m, t, sum);
    }
    return gain;
}

static enum err solve(struct peak_search *s, const int32_t *before)
{
    struct plan_work *work = s->work;

    if (!s->flow) {
        enum err err = flow_new(s->model, s->arena, &s->flow);
        if (err != ERR_NONE)
            return err;
    }
    flow_run(s->flow, before);
    work->wh = s->flow->wh;
    work->rounds += s->flow->rounds;
    work->stopped |= s->flow->stopped;
    work->exact = !s->flow->stopped;
    work->bound = flow_bound(s->flow);
    return ERR_NONE;
}

/* The best plan under a cap. */
static enum err probe(struct peak_search *s, int64_t cap_w, struct probe *out)
{
    enum err err = model_cap_peak(s->model, cap_w, s->arena);
    int64_t peak_w = 0;

    if (err == ERR_NONE)
        err = solve(s, s->has_best ? s->best_wh : s->work->before);
    if (err != ERR_NONE)
        return err;
    out->gain = gain_of(s->model, s->work->wh, &peak_w);
    out->peak_w = cap_w == INT64_MAX ? peak_w : cap_w;
    out->gain -= peak_cost(s->model->input, cap_w == INT64_MAX ? peak_w : cap_w) * 1000;
    if (!s->has_best || out->gain > s->best_gain) {
        memcpy(s->best_wh, s->work->wh,
               (size_t)s->model->cars * s->model->slots * sizeof(*s->best_wh));
        s->best_gain = out->gain;
        s->has_best = true;
    }
    return ERR_NONE;
}

/* Where a line through two probes, the second nearer, is at x; upwards. */
static int64_t secant(const struct probe *far, const struct probe *near, int64_t x)
{
    int64_t run = near->peak_w - far->peak_w, over = x - near->peak_w;

    if (run == 0)
        return near->gain;
    return near->gain + (near->gain - far->gain) / run * over + (over < 0 ? -over : over);
}

/* Narrows [low, high] around the best; both and `middle` were probed. */
static enum err narrow(struct peak_search *s, struct probe *low, struct probe *middle,
                       struct probe *high)
{
    for (int n = 0; n < PROBES_MAX && high->peak_w - low->peak_w > 2; n++) {
        bool right = high->peak_w - middle->peak_w > middle->peak_w - low->peak_w;
        int64_t span = right ? high->peak_w - middle->peak_w : middle->peak_w - low->peak_w;
        int64_t step = (span * 382 + 999) / 1000;
        struct probe other;
        if (s->work->stopped || span < 2)
            break;
        enum err err = probe(s, middle->peak_w + (right ? step : -step), &other);
        if (err != ERR_NONE)
            return err;
        bool better = other.gain > middle->gain;
        *(better == right ? low : high) = better ? *middle : other;
        if (better)
            *middle = other;
    }
    return ERR_NONE;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t peak_lowest(const struct plan_input *input)
{
    int64_t peak_w = input->demand.peak_w;

    for (uint32_t t = 0; t < input->slot_count; t++)
        peak_w = larger(peak_w, model_base_w(input, t));
    return peak_w;
}

static enum err search_peak(struct peak_search *s, struct probe low, struct probe high)
{
    struct probe middle;
    enum err err = probe(s, low.peak_w + (high.peak_w - low.peak_w) / 2, &middle);

    if (err == ERR_NONE)
        err = narrow(s, &low, &middle, &high);
    if (err != ERR_NONE)
        return err;
    int64_t left = secant(&high, &middle, low.peak_w), right = secant(&low, &middle, high.peak_w);
    s->work->bound = larger(larger(left, right), s->best_gain);
    s->work->exact = false;
    return ERR_NONE;
}

/* What a plan under one cap promises for all: bound + worth × (cap − at), the charge taken off. */
struct promise {
    int64_t at_w, bound, worth;
};

/* The least of the promises for a cap. */
static int64_t promised(const struct promise *promises, uint32_t count, int64_t cap_w)
{
    int64_t least = INT64_MAX;

    for (uint32_t k = 0; k < count; k++) {
        int64_t value = promises[k].bound + promises[k].worth * (cap_w - promises[k].at_w);
        least = value < least ? value : least;
    }
    return least;
}

/* The cap that is promised most: the promises are a concave function. */
static int64_t most_promising(const struct promise *promises, uint32_t count, int64_t low,
                              int64_t high)
{
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (promised(promises, count, middle) < promised(promises, count, middle + 1))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The plan under a cap, by prices; what it promises for other caps. */
static void price_probe(struct peak_search *s, struct pricing *pricing, int64_t cap_w,
                        struct promise *promise)
{
    const struct plan_model *m = s->model;
    int64_t peak_w = 0, charge_of_a_w = peak_cost(m->input, m->input->demand.peak_w + 1000000);

    price_run(pricing, cap_w, s->work);
    int64_t gain = gain_of(m, s->work->wh, &peak_w);
    gain -= peak_cost(m->input, peak_w) * 1000;
    *promise = (struct promise){ cap_w, s->work->bound - peak_cost(m->input, cap_w) * 1000,
                                 s->work->peak_worth - charge_of_a_w / 1000 };
    if (!s->has_best || gain > s->best_gain) {
        memcpy(s->best_wh, s->work->wh, (size_t)m->cars * m->slots * sizeof(*s->best_wh));
        s->best_gain = gain;
        s->has_best = true;
    }
}

static int64_t highest_peak(const struct plan_model *m)
{
    int64_t peak_w = 0;

    for (uint32_t t = 0; t < m->slots; t++) {
        int64_t wh = 0;
        for (uint32_t k = m->slot_from[t]; k < m->slot_from[t + 1]; k++)
            wh += model_car_cap(&m->car[m->slot_cars[k]], t);
        int64_t w = wh * 3600 / m->slot_s[t] + 1 + model_base_w(m->input, t);
        peak_w = w > peak_w ? w : peak_w;
    }
    return peak_w;
}

static void price_search(struct peak_search *s, struct pricing *pricing)
{
    struct promise promises[PROMISES_MAX];
    const struct plan_input *input = s->model->input;
    int64_t low = peak_lowest(input), high = larger(highest_peak(s->model), low), at = high;
    uint32_t count = 0;

    do {
        price_probe(s, pricing, at, &promises[count++]);
        at = most_promising(promises, count, low, high);
        s->work->bound = promised(promises, count, at);
        if (s->work->bound - s->best_gain <= s->work->bound / 1000 * ENOUGH_PERMILLE)
            break;
    } while (count < PROMISES_MAX && !s->work->stopped);
}

static enum err price_plan(struct peak_search *s)
{
    struct pricing *pricing = NULL;
    enum err err = price_new(s->model, s->arena, s->work, &pricing);

    if (err != ERR_NONE)
        return err;
    if (s->best_wh)
        price_search(s, pricing);
    else
        price_run(pricing, INT64_MAX, s->work);
    return ERR_NONE;
}

/* Is the lowest peak the best one? It is if no slot reaches it, or if a little more gains nothing:
 * the gain is concave. */
static enum err try_lowest(struct peak_search *s, struct probe *low, bool *best)
{
    struct probe more;
    int64_t reached_w = 0;
    enum err err = probe(s, low->peak_w, low);

    if (err != ERR_NONE)
        return err;
    (void)gain_of(s->model, s->best_wh, &reached_w); /* only the peak is asked */
    *best = reached_w + WH_IN_W < low->peak_w || s->work->stopped;
    if (*best)
        return ERR_NONE;
    err = probe(s, low->peak_w + LITTLE_W, &more);
    if (err == ERR_NONE)
        *best = more.gain <= low->gain;
    return err;
}

/* A bound for all caps, where time was out under the first of them. */
static enum err bound_any_peak(struct peak_search *s)
{
    enum err err = model_cap_peak(s->model, INT64_MAX, s->arena);

    s->flow->levels_exact = 0;
    s->work->bound =
        flow_bound(s->flow) - peak_cost(s->model->input, peak_lowest(s->model->input)) * 1000;
    return err;
}

static enum err flow_search(struct peak_search *s)
{
    struct probe high, low = { .peak_w = peak_lowest(s->model->input) };
    bool best = false;
    enum err err = try_lowest(s, &low, &best);

    if (err != ERR_NONE)
        return err;
    if (best) {
        s->work->exact = !s->work->stopped;
        return s->work->stopped ? bound_any_peak(s) : ERR_NONE;
    }
    err = probe(s, INT64_MAX, &high);
    if (err == ERR_NONE && high.peak_w > low.peak_w && !s->work->stopped)
        err = search_peak(s, low, high);
    return err;
}

enum err peak_plan(struct plan_model *model, struct arena *arena, struct plan_work *work)
{
    struct peak_search s = { .model = model, .arena = arena, .work = work };
    bool demand = model->input->demand.cost > 0;

    if (demand) {
        s.best_wh = ARENA_NEW_ARRAY(arena, int32_t, (size_t)model->cars * model->slots + 1);
        if (!s.best_wh)
            return ERR_FULL;
    }
    enum err err = !model->one_commodity ? price_plan(&s)
                   : demand              ? flow_search(&s)
                                         : solve(&s, work->before);
    if (demand)
        work->wh = s.best_wh;
    return err;
}
