/* baselines.h: the rules that are usual: what src/energy has to be better than. Uncontrolled is no
 * rule at all and passes limits; the checker counts them.
 */
#pragma once
#include "bench/energy/play.h"

/* The first is voltd itself (voltd.c). */
extern const struct algorithm baselines[];
extern const uint32_t baseline_count;
