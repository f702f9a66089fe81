/* price_parts.h: the prices of a plan while they are found, for the files that do so
 * (plan_price.c: the rounds, price_answer.c: what cars would take, price_step.c: how prices
 * follow). Others use plan_price.h.
 */
#pragma once
#include "energy/plan_price.h"

enum {
    PRICE_COARSE = 10,      /* bits left out before a phasor is squared */
    PRICE_FRACTION = 65536, /* one, of what is a fraction */
};

/* What a Wh in a slot is worth to a car. */
struct price_margin {
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
    struct price_margin *answers;
    int64_t bound, gain, constant; /* least bound, best gain; what does not depend on cars */
    int64_t most_wh, most_line;    /* no price need be higher: nobody would take energy then */
    int64_t peak_w;                /* the meter's peak may not pass it; INT64_MAX: no such cap */
    int32_t pace;                  /* of the steps, in PRICE_FRACTION */
    uint32_t misses;
    bool has_good;
};

static inline int64_t price_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline size_t price_cells(const struct plan_model *m)
{
    return (size_t)m->slots * m->nodes;
}

static inline size_t price_grid(const struct plan_model *m)
{
    return (size_t)m->slots * m->cars + 1;
}

/* All cars answer to these prices ([slot * nodes + node]): wh and lines.sum; and the bound that
 * follows. */
int64_t price_answer_all(struct pricing *pricing, const struct price *own);
/* How good each slot is for a car at the prices that were answered last, against the last one that
 * it would take. */
void price_set_merit(struct pricing *pricing, uint32_t car);
/* The next prices to try (`now`), from the best and what the average asks beyond the limits. */
void price_step(struct pricing *pricing);
