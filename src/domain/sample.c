#include "domain/sample.h"

/* A unit as sent, its plain unit, and the power of ten between them. */
static const struct {
    struct str sent, plain;
    int power;
} units[] = {
    { STR_INIT("Wh"), STR_INIT("Wh"), 0 },
    { STR_INIT("kWh"), STR_INIT("Wh"), 3 },
    { STR_INIT("varh"), STR_INIT("varh"), 0 },
    { STR_INIT("kvarh"), STR_INIT("varh"), 3 },
    { STR_INIT("VAh"), STR_INIT("VAh"), 0 },
    { STR_INIT("kVAh"), STR_INIT("VAh"), 3 },
    { STR_INIT("W"), STR_INIT("W"), 0 },
    { STR_INIT("kW"), STR_INIT("W"), 3 },
    { STR_INIT("VA"), STR_INIT("VA"), 0 },
    { STR_INIT("kVA"), STR_INIT("VA"), 3 },
    { STR_INIT("var"), STR_INIT("var"), 0 },
    { STR_INIT("kvar"), STR_INIT("var"), 3 },
    { STR_INIT("A"), STR_INIT("A"), 0 },
    { STR_INIT("mA"), STR_INIT("A"), -3 },
    { STR_INIT("V"), STR_INIT("V"), 0 },
    { STR_INIT("mV"), STR_INIT("V"), -3 },
    { STR_INIT("Percent"), STR_INIT("%"), 0 },
    { STR_INIT("%"), STR_INIT("%"), 0 },
    { STR_INIT("Hz"), STR_INIT("Hz"), 0 },
    { STR_INIT("Hertz"), STR_INIT("Hz"), 0 },
    { STR_INIT("Celsius"), STR_INIT("Celsius"), 0 },
    { STR_INIT("Celcius"), STR_INIT("Celsius"), 0 },
};

/* What a measurand is measured in when nothing is said: 1.6 §7.31 (Wh where it is energy), 2.0.1
 * §3.62. */
static const struct {
    struct str prefix, plain;
} measurands[] = {
    { STR_INIT("Energy.Active."), STR_INIT("Wh") },
    { STR_INIT("Energy.Reactive."), STR_INIT("varh") },
    { STR_INIT("Energy.Apparent."), STR_INIT("VAh") },
    { STR_INIT("Energy."), STR_INIT("Wh") },
    { STR_INIT("Power.Active."), STR_INIT("W") },
    { STR_INIT("Power.Offered"), STR_INIT("W") },
    { STR_INIT("Power.Reactive."), STR_INIT("var") },
    { STR_INIT("Power.Factor"), STR_INIT("") },
    { STR_INIT("Power."), STR_INIT("W") },
    { STR_INIT("Current."), STR_INIT("A") },
    { STR_INIT("Voltage"), STR_INIT("V") },
    { STR_INIT("Frequency"), STR_INIT("Hz") },
    { STR_INIT("SoC"), STR_INIT("%") },
    { STR_INIT("Temperature"), STR_INIT("Celsius") },
};

static struct str natural_unit(struct str measurand)
{
    for (size_t i = 0; i < COUNT(measurands) && measurand.len; i++)
        if (measurands[i].prefix.ptr[0] == measurand.ptr[0] &&
            str_starts(measurand, measurands[i].prefix))
            return measurands[i].plain;
    return STR_NONE;
}

struct sample sample_read(const struct sample_raw *raw)
{
    struct sample sample = { .at = raw->at,
                             .measurand = raw->measurand.len ? raw->measurand
                                                             : STR("Energy.Active.Import.Register"),
                             .phase = raw->phase,
                             .location = raw->location,
                             .context = raw->context };
    struct str natural = natural_unit(sample.measurand);
    int64_t power = raw->multiplier;

    sample.unit = raw->unit.len ? raw->unit : natural;
    for (size_t i = 0; i < COUNT(units); i++)
        if (sample.unit.len == units[i].sent.len && str_equal_nocase(sample.unit, units[i].sent)) {
            sample.unit = units[i].plain;
            power += units[i].power;
            break;
        }
    /* Watt-hours for a power, or the other way round: the number stands, the doubt is said. */
    sample.unit_guessed = natural.len && !str_equal(sample.unit, natural);
    sample.is_signed = raw->signed_data;
    if (raw->signed_data || power < -12 || power > 12)
        return sample;
    if (raw->has_number) {
        int64_t value = raw->number_micro;
        sample.has_value = true;
        for (power += SAMPLE_SCALE - 6; power > 0 && sample.has_value; power--)
            sample.has_value = !__builtin_mul_overflow(value, 10, &value);
        for (; power < 0; power++)
            value = (value + (power == -1 ? (value < 0 ? -5 : 5) : 0)) / 10;
        sample.value_milli = sample.has_value ? value : 0;
        return sample;
    }
    sample.has_value =
        str_to_decimal(str_trim(raw->value), SAMPLE_SCALE + (int)power, &sample.value_milli);
    return sample;
}

static bool is_sum(const struct sample *sample)
{
    return sample->phase.len == 0;
}

/* L1, L1-N and the like are the parts of a sum; L1-L2 is not; N carries the current of some
 * single-phase stations (lbbrhzn#1311). */
static bool is_part(const struct sample *sample)
{
    static const struct str parts[] = { STR_INIT("L1"),  STR_INIT("L2"),   STR_INIT("L3"),
                                        STR_INIT("N"),   STR_INIT("L1-N"), STR_INIT("L2-N"),
                                        STR_INIT("L3-N") };

    for (size_t i = 0; i < COUNT(parts); i++)
        if (str_equal(sample->phase, parts[i]))
            return true;
    return false;
}

static bool counts_here(const struct sample *sample)
{
    return sample->location.len == 0 || str_equal(sample->location, STR("Outlet"));
}

static bool is_register(const struct sample *sample)
{
    return str_equal(sample->measurand, STR("Energy.Active.Import.Register"));
}

static bool is_power(const struct sample *sample)
{
    return str_equal(sample->measurand, STR("Power.Active.Import"));
}

static bool is_interval(const struct sample *sample)
{
    return str_equal(sample->measurand, STR("Energy.Active.Import.Interval"));
}

/* Values that were asked for (Trigger) or tell of an interruption are of no series. */
static void add_interval(struct reading *reading, const struct sample *sample)
{
    bool of_clock = str_equal(sample->context, STR("Sample.Clock"));
    enum interval_series series = of_clock ? INTERVAL_CLOCK : INTERVAL_SAMPLED;

    if (!of_clock && sample->context.len && !str_equal(sample->context, STR("Sample.Periodic")) &&
        !str_equal(sample->context, STR("Transaction.End")))
        return;
    if (is_sum(sample)) {
        reading->has_interval[series] = true;
        reading->interval_mwh[series] = sample->value_milli;
    } else if (is_part(sample)) {
        reading->phase_interval_mwh[series] += sample->value_milli;
    }
}

void reading_add(struct reading *reading, const struct sample *sample)
{
    int64_t value = sample->value_milli;

    reading->bad_value = reading->bad_value || (!sample->has_value && !sample->is_signed);

    if (!sample->has_value || (!counts_here(sample) && !str_equal(sample->measurand, STR("SoC"))))
        return;
    if (is_register(sample) || is_power(sample))
        reading->unit_guessed = reading->unit_guessed || sample->unit_guessed;
    if (is_register(sample) && is_sum(sample)) {
        reading->has_register = true;
        reading->register_mwh = value;
    } else if (is_register(sample) && is_part(sample)) {
        reading->phase_register_mwh += value;
        reading->register_phases++;
    } else if (is_power(sample) && is_sum(sample)) {
        reading->has_power = true;
        reading->power_w = value / 1000;
    } else if (is_power(sample) && is_part(sample)) {
        reading->phase_power_mw += value;
        reading->power_phases++;
    } else if (str_equal(sample->measurand, STR("Current.Import")) &&
               (is_part(sample) || is_sum(sample))) {
        reading->phase_current_ma += value;
        reading->current_phases++;
    } else if (str_equal(sample->measurand, STR("Voltage")) &&
               (is_part(sample) || is_sum(sample))) {
        reading->phase_voltage_mv += value;
        reading->voltage_phases++;
    } else if (str_equal(sample->measurand, STR("SoC"))) {
        reading->has_soc = value >= 0 && value <= 100000;
        reading->soc_permille = value / 100;
    } else if (is_interval(sample)) {
        add_interval(reading, sample);
    }
}

void reading_finish(struct reading *reading)
{
    if (!reading->has_register && reading->register_phases) {
        reading->has_register = true;
        reading->register_mwh = reading->phase_register_mwh;
    }
    for (int series = 0; series < INTERVAL_SERIES; series++)
        if (!reading->has_interval[series] && reading->phase_interval_mwh[series]) {
            reading->has_interval[series] = true;
            reading->interval_mwh[series] = reading->phase_interval_mwh[series];
        }
    if (!reading->has_power && reading->power_phases) {
        reading->has_power = true;
        reading->power_w = reading->phase_power_mw / 1000;
    }
    if (!reading->has_power && reading->current_phases && reading->voltage_phases) {
        int64_t volts_mv = reading->phase_voltage_mv / reading->voltage_phases;
        int64_t microwatts;
        reading->has_power =
            !__builtin_mul_overflow(reading->phase_current_ma, volts_mv, &microwatts) &&
            microwatts >= 0;
        reading->power_w = reading->has_power ? microwatts / 1000000 : 0;
    }
}
