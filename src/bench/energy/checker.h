/* checker.h: an independent look at what really flows: phasors (complex numbers) added up car by
 * car, line by line, on both sides of the transformer. It shares nothing with src/energy, nor with
 * the closed forms that the baselines use.
 */
#pragma once
#include "bench/energy/network.h"

struct checker {
    uint64_t violations; /* limits that were passed, counted by period */
    double over_as;      /* by how much, A s */
};

/* `amperes` of each stand of the network, over one period. */
void checker_look(struct checker *checker, const struct network *network, const double *amperes);
