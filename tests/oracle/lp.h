/* lp.h: a plan's input as a linear program, read from plan.h's text alone: nothing of plan*.c is
 * used. Rows and columns in the form that solvers take (by column). */
#pragma once
#include "energy/plan.h"

struct lp {
    int rows, columns, entries;
    int *start, *row;  /* [columns + 1], [entries] */
    double *value;     /* [entries] */
    double *upper;     /* of columns; lower is 0 */
    double *objective; /* to be maximised: micro-units × Wh per kWh, 1000 for a micro-unit */
    double *limit;     /* of rows: at most; */
    bool *equal;       /* … or just that */
    double constant;   /* part of the objective */
};

/* Charging energy per car and slot in Wh, rounded down as plan.h says; surplus and grid energy of
 * each slot; the peak above what was so far, in W. */
void lp_make(const struct plan_input *input, struct arena *arena, struct lp *lp);
/* Wh that a car can take in a slot: it has a column where that is more than 0. */
double lp_car_wh(const struct plan_input *input, const struct plan_car *car, uint32_t slot);
/* The same in the text form that most solvers read. */
void lp_write(const struct lp *lp, const char *path);
