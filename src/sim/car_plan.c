#include "sim/car_plan.h"

enum { SLOTS = 48, SLOT_LEAST_S = 60, VOLTAGE_MV = 230000, COARSE_PERMILLE = 50 };

/* The least that is offered from there until `end_s`. */
static int32_t offered(const struct sim_schedule *offers, int32_t from_s, int32_t end_s)
{
    int32_t least = PROFILE_NO_LIMIT;

    for (uint32_t i = 0; i < offers->count; i++) {
        bool over = i + 1 < offers->count && offers->periods[i + 1].start_s <= from_s;

        if (!over && offers->periods[i].start_s < end_s && offers->periods[i].limit < least)
            least = offers->periods[i].limit;
    }
    return least;
}

static int32_t takes_w(struct car *car, int32_t offer, uint8_t phases)
{
    if (phases == 0)
        return car_draw_dc(car, offer).power_w;
    car_offered(car, offer);
    return car_draw_ac(car, offer, phases, VOLTAGE_MV).power_w;
}

/* A taper is told in steps: downwards, so that it stays within what is offered. */
static int32_t coarse(int32_t power_w, int32_t most_w)
{
    int32_t step_w = most_w * COARSE_PERMILLE / 1000;

    return step_w > 0 ? power_w - power_w % step_w : power_w;
}

static void add(struct car_plan *plan, int32_t start_s, int32_t power_w)
{
    if (plan->count && plan->periods[plan->count - 1].limit == power_w)
        return;
    if (plan->count == CAR_PLAN_PERIODS_MAX)
        plan->periods[plan->count - 1].limit = 0; /* more than can be told: no promise from there */
    else
        plan->periods[plan->count++] =
            (struct profile_period){ .start_s = start_s, .limit = power_w };
}

void car_plan_make(const struct car *car, const struct sim_schedule *offers, uint8_t phases,
                   int32_t duration_s, struct car_plan *plan)
{
    int32_t slot_s = duration_s / SLOTS > SLOT_LEAST_S ? duration_s / SLOTS : SLOT_LEAST_S;
    int32_t most_w = 0;
    struct car copy = *car;

    *plan = (struct car_plan){ .duration_s = duration_s };
    for (int32_t at_s = 0; at_s < duration_s; at_s += slot_s) {
        int32_t power_w = takes_w(&copy, offered(offers, at_s, at_s + slot_s), phases);

        most_w = power_w > most_w ? power_w : most_w;
        add(plan, at_s, coarse(power_w, most_w));
        (void)car_take(&copy, power_w, phases != 0, slot_s * INT64_C(1000));
    }
}
