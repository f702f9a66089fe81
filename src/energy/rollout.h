/* rollout.h: looks ahead before power is shared now: which groups should rise fast, which slowly?
 *
 * For a set of weights all that cars can take is charged until they leave, with steps that grow, by
 * the same filling as now. The weights that deliver most are taken; what is delivered
 * early counts more than what is delivered at the end, by up to three eighths, since plans that
 * wait depend on what nobody knows.
 *
 * A trial knows no cars, but groups below a node: what all of a group can take in a step, and from
 * then on until the last has left, is counted once. That is the best that any order among them
 * could do; a trial with an order of its own finds gains in what that order does badly, and they
 * are none. Weights may change on the way, in four legs; the first is taken.
 *
 * Pure, and bounded: the work of all trials is, and sites with more than ROLLOUT_CARS_MAX cars that
 * want more are filled without.
 */
#pragma once
#include "energy/phase_model.h"

enum { ROLLOUT_CARS_MAX = 256 };

/* `period_ms` 0: all even. `cars` are those that the model was made of. Weights of one group are as
 * good as others: all PHASE_WEIGHT_ONE where nothing can be won. ERR_FULL: memory is out. */
MUST_CHECK enum err rollout_weights(const struct phase_model *model, const struct phase_car *cars,
                                    int32_t period_ms, struct arena *arena,
                                    struct phase_weights *weights);
