#include "meters/value.h"

#define POWER_MAX_W    INT64_C(1000000000)
#define CURRENT_MAX_DA INT64_C(100000000)

const struct str meter_what_words[METER_WHAT_COUNT] = {
    [METER_POWER] = STR_INIT("power"),           [METER_POWER_L1] = STR_INIT("power_l1"),
    [METER_POWER_L2] = STR_INIT("power_l2"),     [METER_POWER_L3] = STR_INIT("power_l3"),
    [METER_CURRENT_L1] = STR_INIT("current_l1"), [METER_CURRENT_L2] = STR_INIT("current_l2"),
    [METER_CURRENT_L3] = STR_INIT("current_l3"),
};

const struct str meter_unit_words[METER_UNIT_COUNT] = {
    [METER_W] = STR_INIT("W"),
    [METER_KW] = STR_INIT("kW"),
    [METER_A] = STR_INIT("A"),
    [METER_MA] = STR_INIT("mA"),
};

/* To the kept unit: W, or 0.1 A. */
static const int unit_exponent[METER_UNIT_COUNT] = {
    [METER_W] = 0,
    [METER_KW] = 3,
    [METER_A] = 1,
    [METER_MA] = -2,
};

static bool is_current(enum meter_what what)
{
    return what >= METER_CURRENT_L1;
}

bool meter_unit_fits(enum meter_what what, enum meter_unit unit)
{
    return is_current(what) == (unit == METER_A || unit == METER_MA);
}

/* value × 10^exponent, away from zero; false: beyond ±max. */
static bool scaled(int64_t value, int exponent, int64_t max, int64_t *out)
{
    for (; exponent > 0 && value != 0; exponent--)
        if (__builtin_mul_overflow(value, 10, &value))
            return false;
    for (; exponent < 0 && value != 0; exponent++) {
        int64_t rest = value % 10;
        value = value / 10 + (rest > 0) - (rest < 0);
    }
    *out = value;
    return value >= -max && value <= max;
}

void meter_values_put(struct meter_values *values, enum meter_what what, enum meter_unit unit,
                      int64_t value, int exponent)
{
    int64_t max = is_current(what) ? CURRENT_MAX_DA : POWER_MAX_W, kept;

    check(meter_unit_fits(what, unit));
    if (!scaled(value, exponent + unit_exponent[unit], max, &kept))
        return;
    values->has[what] = true;
    values->value[what] = kept;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return a >= 0 ? (a + b - 1) / b : -((-a + b - 1) / b);
}

bool meter_line_da(const struct meter_values *values, uint32_t line, int32_t volts, int64_t *da)
{
    int64_t w;

    check(line < METER_LINES && volts > 0);
    if (values->has[METER_CURRENT_L1 + line]) {
        /* Meters tell a current without its direction; the power of the line has it. */
        bool out = values->has[METER_POWER_L1 + line] && values->value[METER_POWER_L1 + line] < 0;
        int64_t value = values->value[METER_CURRENT_L1 + line];
        *da = out && value > 0 ? -value : value;
        return true;
    }
    if (values->has[METER_POWER_L1 + line])
        *da = divide_up(values->value[METER_POWER_L1 + line] * 10, volts);
    else if (meter_power_w(values, &w))
        *da = divide_up(w * 10, (int64_t)volts * METER_LINES);
    else
        return false;
    return true;
}

bool meter_power_w(const struct meter_values *values, int64_t *w)
{
    if (values->has[METER_POWER]) {
        *w = values->value[METER_POWER];
        return true;
    }
    *w = 0;
    for (uint32_t line = 0; line < METER_LINES; line++) {
        if (!values->has[METER_POWER_L1 + line])
            return false;
        *w += values->value[METER_POWER_L1 + line];
    }
    return true;
}
