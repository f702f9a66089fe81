#include "sim/measure.h"

static const char *const lines[] = { "L1", "L2", "L3" };
static const char *const line_to_neutral[] = { "L1-N", "L2-N", "L3-N" };

typedef uint32_t measure_fn(const struct sim_sample *sample, struct sim_reading *out);

static uint32_t one(struct sim_reading *out, const char *unit, int64_t value, int scale)
{
    *out = (struct sim_reading){ .unit = unit, .value = value, .scale = scale };
    return 1;
}

static uint32_t energy(const struct sim_sample *sample, struct sim_reading *out)
{
    return one(out, "Wh", sample->register_mwh, 3);
}

static uint32_t power(const struct sim_sample *sample, struct sim_reading *out)
{
    return one(out, "W", sample->power_w, 0);
}

/* The value on each phase that carries current, `idle` on the station's others; DC: a single value
 * without a phase. */
static uint32_t by_phase(const struct sim_sample *sample, const char *const names[3],
                         const struct sim_reading *value, int64_t idle, struct sim_reading *out)
{
    uint32_t count = sample->lines > 0 ? sample->lines : 1;

    check(count <= 3);
    for (uint32_t i = 0; i < count; i++) {
        out[i] = *value;
        out[i].phase = sample->lines > 0 ? names[i] : NULL;
        if (sample->lines > 0 &&
            (i < sample->terminal || i >= (uint32_t)sample->terminal + sample->phases))
            out[i].value = idle;
    }
    return count;
}

static uint32_t current(const struct sim_sample *sample, struct sim_reading *out)
{
    struct sim_reading value = { .unit = "A",
                                 .value = (sample->current_ma + 50) / 100,
                                 .scale = 1 };

    return sample->no_current ? 0 : by_phase(sample, lines, &value, 0, out);
}

static uint32_t voltage(const struct sim_sample *sample, struct sim_reading *out)
{
    struct sim_reading value = { .unit = "V",
                                 .value = (sample->voltage_mv + 50) / 100,
                                 .scale = 1 };

    return by_phase(sample, line_to_neutral, &value, value.value, out);
}

static uint32_t current_offered(const struct sim_sample *sample, struct sim_reading *out)
{
    return one(out, "A", sample->offered / 100, 1);
}

static uint32_t power_offered(const struct sim_sample *sample, struct sim_reading *out)
{
    return one(out, "W", sample->offered, 0);
}

static uint32_t state_of_charge(const struct sim_sample *sample, struct sim_reading *out)
{
    return sample->soc_permille < 0 ? 0 : one(out, "Percent", sample->soc_permille, 1);
}

static const struct {
    struct str name;
    measure_fn *fn;
    const char *text;
} measurands[] = {
#define MEASURAND(text, fn) { STR_INIT(text), fn, text }
    MEASURAND("Energy.Active.Import.Register", energy),
    MEASURAND("Power.Active.Import", power),
    MEASURAND("Current.Import", current),
    MEASURAND("Voltage", voltage),
    MEASURAND("Current.Offered", current_offered),
    MEASURAND("Power.Offered", power_offered),
    MEASURAND("SoC", state_of_charge),
#undef MEASURAND
};

static uint32_t find(struct str name)
{
    uint32_t i = 0;

    while (i < COUNT(measurands) && !str_equal(measurands[i].name, name))
        i++;
    return i;
}

bool sim_measurands_known(struct str list)
{
    struct str name;

    while (str_cut(&list, ',', &name))
        if (find(str_trim(name)) == COUNT(measurands))
            return false;
    return true;
}

uint32_t sim_readings(const struct sim_sample *sample, struct str list,
                      struct sim_reading readings[SIM_READINGS_MAX])
{
    uint32_t count = 0;
    struct str name;

    while (str_cut(&list, ',', &name)) {
        uint32_t at = find(str_trim(name)), added;

        if (at == COUNT(measurands) || count + 3 > SIM_READINGS_MAX)
            continue;
        added = measurands[at].fn(sample, &readings[count]);
        while (added-- > 0)
            readings[count++].measurand = measurands[at].text;
    }
    return count;
}

const char *sim_context(const struct sim_message *message)
{
    if (message->kind == SIM_START)
        return "Transaction.Begin";
    if (message->kind == SIM_STOP)
        return "Transaction.End";
    if (message->trigger == SIM_TRIGGER_CLOCK)
        return "Sample.Clock";
    return message->trigger == SIM_TRIGGER_ASKED ? "Trigger" : "Sample.Periodic";
}
