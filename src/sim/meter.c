#include "sim/meter.h"

#include "sim/car.h"

void meter_init(struct meter *meter, int64_t start_mwh)
{
    check(start_mwh >= 0);
    *meter = (struct meter){ .true_mj = start_mwh * CAR_MJ_PER_MWH,
                             .shown_mj = start_mwh * CAR_MJ_PER_MWH };
}

void meter_add(struct meter *meter, int64_t energy_mj)
{
    check(energy_mj >= 0);
    meter->true_mj += energy_mj;
    meter->shown_mj += energy_mj;
    if (meter->wrap_mwh > 0)
        meter->shown_mj %= meter->wrap_mwh * CAR_MJ_PER_MWH;
}

void meter_reset(struct meter *meter)
{
    meter->shown_mj = 0;
}

int64_t meter_true_mwh(const struct meter *meter)
{
    return meter->true_mj / CAR_MJ_PER_MWH;
}

int64_t meter_shown_mwh(const struct meter *meter)
{
    int64_t mwh = meter->shown_mj / CAR_MJ_PER_MWH;

    return meter->says_kwh_as_wh ? mwh / 1000 : mwh;
}
