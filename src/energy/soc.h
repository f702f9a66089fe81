/* soc.h: how full a car's battery is, where somebody says so, and what that means for its need:
 * more than until it is full it does not take, and what it takes falls only near the end (taper.h).
 *
 * A state of charge comes with meter values (SoC) or as the car says what it needs (2.x
 * NotifyEVChargingNeeds). How much a percent of it is at the meter, the car may say, or it is
 * learned: by the register, while the state rises. What contradicts itself is forgotten: a need is
 * then as if nobody had told.
 */
#pragma once
#include "base/base.h"

enum { SOC_UNKNOWN = -1 };

/* Of a car in its session. Zeroed: nothing is known. */
struct soc {
    bool told; /* its state, when the session had taken at_mwh */
    int32_t soc_permille;
    int32_t full_permille; /* at which it is full for its driver; 0: 1000 */
    int64_t at_mwh;
    int32_t from_permille; /* since when it rises without a break, and what the session had then */
    int64_t from_mwh;
    int64_t size_wh; /* at the meter, from empty to full; 0: not known */
    bool doubted;    /* what it says does not fit what it takes: not believed again */
};

/* A state of charge, and the energy of the session at that moment. */
void soc_told(struct soc *soc, int32_t soc_permille, int64_t energy_mwh);
/* What the car says of itself; 0: it does not. */
void soc_is(struct soc *soc, int64_t size_wh, int32_t full_permille);
/* As it is known now; 0: it is not. */
int64_t soc_size_wh(const struct soc *soc);
/* What it still takes until it is full, Wh, rounded up by a percent of it; SOC_UNKNOWN. */
int64_t soc_left_wh(const struct soc *soc, int64_t energy_mwh);
/* May what it takes fall before it has need_wh more? Also where nothing is known. */
bool soc_falls(const struct soc *soc, int64_t energy_mwh, int64_t need_wh);
