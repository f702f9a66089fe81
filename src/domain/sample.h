/* sample.h: meter values, from what stations send to one plain form.
 *
 * Stations send text or numbers, in Wh, kWh, W, kW, with multipliers, per phase or in sum, with
 * fields left out. A sample here has its value scaled by 1000 in the plain unit of its measurand
 * (Wh, W, A, V, %, Hz, Celsius, var, VA). What had to be guessed is said. Sources: 1.6 §7.28 to
 * §7.43; 2.0.1 Part 2 §2.41 SampledValue, §3.62 UnitOfMeasure.
 */
#pragma once
#include "base/base.h"

#define SAMPLE_SCALE 3

struct sample {
    utc_ms at;                           /* UTC_UNKNOWN: none was given */
    struct str measurand;                /* "Energy.Active.Import.Register", ... */
    struct str unit;                     /* plain: "Wh", "W", ... ; an unknown one as it came */
    struct str phase, location, context; /* as it came, or empty */
    bool is_signed;                      /* signed data: its value is no number on purpose */
    bool has_value;                      /* false: text that is no number, or signed data only */
    int64_t value_milli;
    bool unit_guessed; /* the unit was missing where it matters, or not that of the measurand */
};

/* As it came, in either version. Empty spans are absent fields. */
struct sample_raw {
    utc_ms at;
    struct str value; /* 1.6: text */
    bool has_number;  /* 2.x: scaled by 10^6 */
    int64_t number_micro;
    int64_t multiplier; /* power of ten; 0 when absent */
    bool signed_data;   /* 1.6 format SignedData: the value is no number */
    struct str measurand, unit, phase, location, context;
};

struct sample sample_read(const struct sample_raw *raw);

/* Energy since the sample before: taken every so often, or by the clock. A station may send both,
 * each of which tells the whole. */
enum interval_series { INTERVAL_SAMPLED, INTERVAL_CLOCK, INTERVAL_SERIES };

/* What several samples of one moment say together. */
struct reading {
    utc_ms at;
    bool has_register, has_power, has_soc;
    bool has_interval[INTERVAL_SERIES];
    int64_t register_mwh;
    int64_t interval_mwh[INTERVAL_SERIES];
    int64_t power_w;
    int64_t soc_permille;
    bool unit_guessed;
    bool bad_value; /* text that is no number */
    /* Kept while adding: phases are summed when no sum is given. */
    int64_t phase_register_mwh, phase_power_mw, phase_current_ma, phase_voltage_mv;
    int64_t phase_interval_mwh[INTERVAL_SERIES];
    uint32_t register_phases, power_phases, current_phases, voltage_phases;
};

void reading_add(struct reading *reading, const struct sample *sample);
/* After the last: uses phases where no sum was given, and current × voltage where no power was. */
void reading_finish(struct reading *reading);
