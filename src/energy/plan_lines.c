/* Sums of phasors per line, exact to a millionth of a limit, limits rounded down, loads up. */
#include "energy/plan_lines.h"

#include <stdlib.h>

/* 0.1 A and seconds of a Wh at 1 V. */
#define A_WH_DA (INT64_C(36000) << LINE_FRACTION)

enum { PERMILLION = 1000000, CAP_DA_MAX = 1000000, COARSE = 10 };

static int32_t away_from_0(int64_t numerator, int64_t denominator)
{
    int64_t up = numerator < 0 ? -(denominator - 1) : denominator - 1;

    return (int32_t)((numerator + up) / denominator);
}

static void set_use(struct lines *lines, uint32_t car)
{
    const struct plan_model *m = lines->model;
    const struct tree_leaf *leaf = &m->input->cars[m->car[car].index].leaf;
    struct line_use *use = &lines->use[car];
    struct phasor line[LINE_COUNT];
    int64_t volts = (int64_t)leaf->volts * leaf->wires_live * m->input->slot_s * PERMILLION;
    uint32_t n = m->car[car].node;

    for (int l = 0; l < LINE_COUNT; l++)
        line[l] = model_leaf_phasor(leaf->wires, (uint8_t)l);
    for (int stage = 0; stage < 2; stage++) {
        for (int l = 0; l < LINE_COUNT; l++) {
            use->re[stage][l] = away_from_0(line[l].re * A_WH_DA, volts);
            use->im[stage][l] = away_from_0(line[l].im * A_WH_DA, volts);
            lines->phasors |= use->im[stage][l] != 0;
        }
        while (n != 0 && lines->ratio[n] == 0)
            n = m->parent[n];
        if (n == 0)
            break;
        model_through_transformer(line, lines->ratio[n]);
    }
}

static void set_cap(struct lines *lines, uint32_t slot, uint32_t node)
{
    const struct plan_model *m = lines->model;
    struct plan_limit limit = model_limit(m->input, node - 1, slot);
    size_t cell = (size_t)slot * m->nodes + node;
    struct line_cap *cap = &lines->cap[cell];

    cap->wh = m->cap[cell] == MODEL_WH_MAX ? LINE_NO_LIMIT : m->cap[cell];
    for (int l = 0; l < LINE_COUNT; l++) {
        int64_t da = (int64_t)limit.limit_da[l] - limit.base_da[l];
        da = da < 0 ? 0 : da > CAP_DA_MAX ? CAP_DA_MAX : da;
        cap->line[l] = limit.limit_da[l] == TREE_NO_LIMIT_DA
                           ? LINE_NO_LIMIT
                           : (da << LINE_FRACTION) / m->input->slot_s * m->slot_s[slot];
    }
}

enum err lines_new(const struct plan_model *model, struct arena *arena, struct lines **lines)
{
    struct lines *out = ARENA_NEW(arena, struct lines);
    size_t cells = (size_t)model->slots * model->nodes;

    if (!out)
        return ERR_FULL;
    out->model = model;
    out->cap = ARENA_NEW_ARRAY(arena, struct line_cap, cells);
    out->sum = ARENA_NEW_ARRAY(arena, struct line_sum, cells);
    out->use = ARENA_NEW_ARRAY(arena, struct line_use, model->cars + 1);
    out->ratio = ARENA_NEW_ARRAY(arena, int32_t, model->nodes);
    if (!out->cap || !out->sum || !out->use || !out->ratio)
        return ERR_FULL;
    for (uint32_t n = 1; n < model->nodes; n++)
        out->ratio[n] = model->input->nodes[n - 1].node.ratio_permille;
    for (uint32_t t = 0; t < model->slots; t++) {
        out->cap[(size_t)t * model->nodes] =
            (struct line_cap){ LINE_NO_LIMIT, { LINE_NO_LIMIT, LINE_NO_LIMIT, LINE_NO_LIMIT } };
        for (uint32_t n = 1; n < model->nodes; n++)
            set_cap(out, t, n);
    }
    for (uint32_t i = 0; i < model->cars; i++)
        set_use(out, i);
    *lines = out;
    return ERR_NONE;
}

void lines_clear(struct lines *lines)
{
    memset(lines->sum, 0, (size_t)lines->model->slots * lines->model->nodes * sizeof(*lines->sum));
}

void lines_add(struct lines *lines, uint32_t slot, uint32_t car, int32_t wh)
{
    const struct plan_model *m = lines->model;
    const struct line_use *use = &lines->use[car];
    int stage = 0;

    for (uint32_t n = m->car[car].node;; n = m->parent[n]) { /* until the grid connection */
        struct line_sum *sum = &lines->sum[(size_t)slot * m->nodes + n];
        sum->wh += wh;
        for (int l = 0; l < LINE_COUNT; l++) {
            sum->re[l] += (int64_t)use->re[stage][l] * wh;
            if (lines->phasors)
                sum->im[l] += (int64_t)use->im[stage][l] * wh;
        }
        if (n == 0)
            return;
        stage |= lines->ratio[n] != 0;
    }
}

/* Length in 2^-10 of 0.1 A, rounded up. */
static int64_t coarse_length(int64_t re, int64_t im)
{
    if (im == 0)
        return (llabs(re) + (1 << COARSE) - 1) >> COARSE;
    return model_length((llabs(re) >> COARSE) + 1, (llabs(im) >> COARSE) + 1);
}

/* How many of `wh` a line takes, each being a phasor: by halving, since the length may first fall.
 */
/* NOLINTNEXTLINE(readability-function-size): a phasor, its line, its limit */
static int32_t phasor_room(const struct line_sum *sum, int l, int32_t re, int32_t im, int64_t cap,
                           int32_t wh)
{
    int32_t low = 0, high = wh;

    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        int64_t length =
            coarse_length(sum->re[l] + (int64_t)re * middle, sum->im[l] + (int64_t)im * middle);
        if (length <= cap >> COARSE)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* NOLINTNEXTLINE(readability-function-size): a phasor and its line */
static int32_t line_room(const struct lines *lines, size_t cell, int l, int32_t re, int32_t im,
                         int32_t wh)
{
    const struct line_sum *sum = &lines->sum[cell];
    int64_t cap = lines->cap[cell].line[l];

    if (cap == LINE_NO_LIMIT || (re == 0 && im == 0))
        return wh;
    if (lines->phasors || re == 0) /* without phasors `im` is 0, so `re` is not */
        return phasor_room(sum, l, re, im, cap, wh);
    int64_t room = (cap - sum->re[l]) / re;
    return room < 0 ? 0 : room < wh ? (int32_t)room : wh;
}

int32_t lines_room(const struct lines *lines, uint32_t slot, uint32_t car, int32_t wh)
{
    const struct plan_model *m = lines->model;
    const struct line_use *use = &lines->use[car];
    int stage = 0;

    for (uint32_t n = m->car[car].node; wh > 0; n = m->parent[n]) {
        size_t cell = (size_t)slot * m->nodes + n;
        int64_t cap = lines->cap[cell].wh;
        if (cap != LINE_NO_LIMIT && cap - lines->sum[cell].wh < wh)
            wh = cap > lines->sum[cell].wh ? (int32_t)(cap - lines->sum[cell].wh) : 0;
        for (int l = 0; l < LINE_COUNT; l++)
            wh = line_room(lines, cell, l, use->re[stage][l], use->im[stage][l], wh);
        if (n == 0)
            break;
        stage |= lines->ratio[n] != 0;
    }
    return wh;
}

int64_t lines_share(const struct lines *lines, size_t cell, int line)
{
    const struct line_cap *cap = &lines->cap[cell];
    const struct line_sum *sum = &lines->sum[cell];
    int64_t allowed = line == LINE_COUNT ? cap->wh : cap->line[line], booked = sum->wh;

    if (allowed == LINE_NO_LIMIT)
        return LINES_SHARE_ONE;
    if (line < LINE_COUNT) {
        booked = coarse_length(sum->re[line], sum->im[line]);
        allowed >>= COARSE;
    }
    return booked <= allowed ? LINES_SHARE_ONE : allowed * LINES_SHARE_ONE / booked;
}
