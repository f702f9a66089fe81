/* rollout.h: looks ahead before power is shared now: which groups should rise fast, which slowly?
 *
 * A plan of what each group takes until its last car leaves, in steps that grow, so that most is
 * delivered within the limits of the tree; what is delivered at the end counts less, by three
 * eighths, since it depends on what nobody knows. It is a linear program (simplex.h), and what its
 * first step says is how fast groups rise now. Where nothing is won all rise together.
 *
 * The plan knows no cars, but groups below a node: what all of a group can take in a step, and from
 * then on until the last has left, is counted once. That is the best that any order among them
 * could do.
 *
 * Pure, and bounded: the work is, and sites with more than ROLLOUT_CARS_MAX cars that want more, or
 * where many nodes each limit several groups, are filled without.
 */
#pragma once
#include "energy/phase_model.h"

enum { ROLLOUT_CARS_MAX = 256 };

/* `period_ms` 0: all even. `cars` are those that the model was made of. Weights of one group are as
 * good as others: all PHASE_WEIGHT_ONE where nothing can be won. ERR_FULL: memory is out. */
MUST_CHECK enum err rollout_weights(const struct phase_model *model, const struct phase_car *cars,
                                    int32_t period_ms, struct arena *arena,
                                    struct phase_weights *weights);
