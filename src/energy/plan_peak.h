/* plan_peak.h: how high the peak of a period may rise. For plan*.c only.
 *
 * What a plan gains under a cap of the meter's peak is concave in the cap, and the charge for it is
 * linear above the peak so far. Where plans are exact, a golden-section search finds the best cap;
 * where they have prices, each plan says what a higher cap would be worth at most, and the next cap
 * is where all of them together promise most (Kelley's cutting planes). Each plan starts from the
 * one before.
 */
#pragma once
#include "energy/plan_model.h"

/* What a method leaves, and what it starts from. */
struct plan_work {
    const int32_t *before; /* [slot * cars + car], NULL */
    const struct plan_prices *before_prices;
    uint32_t slots_passed;
    int32_t *wh;        /* [slot * cars + car] */
    int64_t bound;      /* micro-units × Wh per kWh */
    int64_t peak_worth; /* of a W more of a capped peak, at most; the same units */
    bool exact, stopped;
    uint32_t rounds;
    struct plan_prices *prices;
};

MUST_CHECK enum err peak_plan(struct plan_model *model, struct arena *arena,
                              struct plan_work *work);
/* The lowest peak there can be: what was, and what the base alone makes. */
int64_t peak_lowest(const struct plan_input *input);
/* The charge for a peak, in micro-units: this horizon's share of it. */
int64_t peak_cost(const struct plan_input *input, int64_t peak_w);
