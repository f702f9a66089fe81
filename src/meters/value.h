/* value.h: what a site meter tells at one moment, in whole numbers. */
#pragma once
#include "base/base.h"

enum { METER_LINES = 3 };

enum meter_what {
    METER_POWER, /* all phases together */
    METER_POWER_L1,
    METER_POWER_L2,
    METER_POWER_L3,
    METER_CURRENT_L1,
    METER_CURRENT_L2,
    METER_CURRENT_L3,
    METER_WHAT_COUNT
};

enum meter_unit { METER_W, METER_KW, METER_A, METER_MA, METER_UNIT_COUNT };

/* Words as they stand in documents and maps: "power", "current_l1"; "W", "kW", "A", "mA". */
extern const struct str meter_what_words[METER_WHAT_COUNT];
extern const struct str meter_unit_words[METER_UNIT_COUNT];
/* May a value be told in this unit (a current not in W)? */
bool meter_unit_fits(enum meter_what what, enum meter_unit unit);

struct meter_values {
    bool has[METER_WHAT_COUNT];
    /* W, or 0.1 A; away from zero where it had to be rounded. */
    int64_t value[METER_WHAT_COUNT];
};

/* Takes value × 10^exponent in `unit`. Values beyond ±1 GW or ±10 MA are absent: no meter has them.
 */
void meter_values_put(struct meter_values *values, enum meter_what what, enum meter_unit unit,
                      int64_t value, int exponent);
/* Current of a line: as it was measured, or from that line's power at `volts`, or from a third of
 * the whole power. False: nothing tells it. */
bool meter_line_da(const struct meter_values *values, uint32_t line, int32_t volts, int64_t *da);
/* Power of all phases: as measured, or the sum of three. False: it cannot be told. */
bool meter_power_w(const struct meter_values *values, int64_t *w);
