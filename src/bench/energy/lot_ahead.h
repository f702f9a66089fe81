/* lot_ahead.h: the rule "voltd-plan" for lot.h: the horizon plan with the prices of the day ahead,
 * made anew each time, and carried out by site_decide (energy/ahead.h).
 */
#pragma once
#include "bench/energy/lot.h"

extern const struct yard_rule lot_ahead;
/* The prices for the plays that follow. */
void lot_ahead_begin(const struct lot_plan *plan);
