/* plan_price.h: the plan where phases mix. For plan*.c only.
 *
 * Limits of lines and nodes get prices, slot by slot; under given prices each car plans alone. The
 * prices follow what the cars' plans, averaged, ask beyond the limits (the volume algorithm:
 * Barahona, Anbil 2000, "The volume algorithm: producing primal solutions with a subgradient
 * method"). The average, made to fit (plan_repair.c), is the plan; what the cars would gain under
 * the best prices, plus what the limits are worth at them, bounds what any plan gains.
 */
#pragma once
#include "energy/plan_lines.h"
#include "energy/plan_peak.h"

/* Micro-units × Wh per kWh, of 0.1 A for a slot (a phasor), or of a Wh. In node 0: `wh` of solar
 * surplus, `re[0]` of the peak. */
struct price {
    int64_t wh, re[LINE_COUNT], im[LINE_COUNT];
};

struct plan_prices {
    uint32_t nodes, slots;
    struct price *cell; /* [slot * nodes + node] */
};

struct pricing;

MUST_CHECK enum err price_new(struct plan_model *model, struct arena *arena, struct plan_work *work,
                              struct pricing **pricing);
/* With no slot's meter above peak_w (INT64_MAX: no such cap). Can be run again: the prices stay. */
void price_run(struct pricing *pricing, int64_t peak_w, struct plan_work *work);
