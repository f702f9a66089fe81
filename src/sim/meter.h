/* meter.h: the energy meter of one EVSE. It keeps two registers: what truly flowed, and what it
 * shows, which differs where a meter has a quirk (as in the field: reset at every boot or session,
 * wraps round, counts kWh and says Wh).
 */
#pragma once
#include "base/base.h"

struct meter {
    int64_t true_mj;  /* all that ever flowed; never falls */
    int64_t shown_mj; /* what the register counts; falls on a reset */
    int64_t wrap_mwh; /* starts again from 0 here; 0: never */
    bool says_kwh_as_wh;
};

void meter_init(struct meter *meter, int64_t start_mwh);
void meter_add(struct meter *meter, int64_t energy_mj);
void meter_reset(struct meter *meter);
int64_t meter_true_mwh(const struct meter *meter);
/* What the display says, with its quirks. */
int64_t meter_shown_mwh(const struct meter *meter);
