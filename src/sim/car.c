#include "sim/car.h"

#define DC_VOLTAGE_MV 390000 /* of a typical pack; good enough to show a current */

/* Constant power to about 80 %, then a straight fall: against time that is the exponential tail of
 * a CV phase. */
static const struct car_curve slow_curve = { 3, { { 0, 1000 }, { 800, 1000 }, { 1000, 60 } } };
static const struct car_curve fast_curve = {
    6, { { 0, 850 }, { 50, 1000 }, { 450, 1000 }, { 600, 720 }, { 800, 420 }, { 1000, 40 } }
};
static const struct car_curve stepped_curve = {
    5, { { 0, 1000 }, { 300, 1000 }, { 500, 750 }, { 750, 500 }, { 1000, 50 } }
};

const struct car_model car_models[] = {
    // clang-format off
    { "compact, three-phase 32 A",  52000,  46000, 32000, 8000, 10000, 900, 3, true,  false, &slow_curve },
    { "compact, 11 kW",             58000, 120000, 16000, 6000,     0, 915, 3, true,  false, &stepped_curve },
    { "saloon",                     75000, 170000, 16000, 6000,     0, 920, 3, true,  true,  &fast_curve },
    { "first hour, single-phase",   39000,  46000, 32000, 6000,     0, 890, 1, true,  false, &slow_curve },
    { "two-phase",                  32000,  40000, 16000, 6000,     0, 895, 2, true,  false, &slow_curve },
    { "800 V crossover",            74000, 220000, 16000, 6000,     0, 925, 3, true,  true,  &fast_curve },
    { "city car",                   22000,  20000, 32000, 7000,  8000, 890, 3, false, false, &slow_curve },
    { "van",                        81000, 115000, 16000, 6000,     0, 910, 3, true,  true,  &stepped_curve },
    { "plug-in hybrid",             13800,   7000, 16000, 6000,     0, 880, 1, false, false, &slow_curve },
    // clang-format on
};
const uint32_t car_model_count = COUNT(car_models);

static int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void car_init(struct car *car, const struct car_model *model, int32_t soc_permille, int32_t shrink)
{
    check(shrink >= 1);
    check(soc_permille >= 0 && soc_permille <= 1000);
    *car = (struct car){ .model = model, .limit_permille = 1000 };
    car->capacity_mj = (int64_t)model->capacity_wh * 1000 * CAR_MJ_PER_MWH / shrink;
    car->stored_mj = car->capacity_mj / 1000 * soc_permille;
}

int32_t car_soc_permille(const struct car *car)
{
    return (int32_t)(car->stored_mj / (car->capacity_mj / 1000));
}

bool car_is_full(const struct car *car)
{
    return car->stored_mj >= car->capacity_mj / 1000 * car->limit_permille;
}

int32_t car_accepts_w(const struct car *car)
{
    const struct car_curve *curve = car->model->curve;
    /* In parts per million, so that power falls smoothly and not in steps of a permille. */
    int64_t soc_ppm = car->stored_mj / (car->capacity_mj / 1000000);

    if (car_is_full(car))
        return 0;
    for (uint32_t i = 1; i < curve->count; i++) {
        int64_t left_ppm = curve->points[i - 1].soc_permille * 1000LL;
        int64_t right_ppm = curve->points[i].soc_permille * 1000LL;
        int64_t left = curve->points[i - 1].power_permille, right = curve->points[i].power_permille;

        if (soc_ppm < right_ppm || i + 1u == curve->count) {
            int64_t ppm =
                left * 1000 + (right - left) * 1000 * (soc_ppm - left_ppm) / (right_ppm - left_ppm);
            return (int32_t)(car->model->battery_power_w * ppm / 1000000);
        }
    }
    check(false);
    return 0;
}

int64_t car_wants_wh(const struct car *car, bool ac)
{
    int64_t left_mj = car->capacity_mj / 1000 * car->limit_permille - car->stored_mj;

    if (left_mj <= 0)
        return 0;
    return left_mj / CAR_MJ_PER_MWH / (ac ? car->model->ac_efficiency_permille : 1000);
}

/* SmartEVSE-3.5#335, evcc#13543: with less than 7 or 8 A they stop, and do not begin again by
 * themselves. */
void car_offered(struct car *car, int32_t offer_ma)
{
    const struct car_model *model = car->model;

    if (model->ac_current_wake_ma == 0)
        return;
    if (model->ac_current_wake_ma == CAR_NEVER_WAKES)
        car->sulks |= car->charged && offer_ma > 0 && offer_ma < model->ac_current_floor_ma;
    else if (offer_ma > 0 && offer_ma < model->ac_current_floor_ma)
        car->sulks = true;
    else if (model->ac_current_wake_ma == CAR_WAKES_BY_PAUSE
                 ? offer_ma == 0
                 : offer_ma >= model->ac_current_wake_ma)
        car->sulks = false;
}

static uint8_t phases_of(const struct car *car)
{
    const struct car_model *model = car->model;

    return model->later_phases > 0 && car_soc_permille(car) >= model->later_permille
               ? model->later_phases
               : model->ac_phases;
}

struct car_draw car_draw_ac(const struct car *car, int32_t offer_ma, uint8_t phases,
                            int32_t voltage_mv)
{
    const struct car_model *model = car->model;
    struct car_draw draw = { 0 };
    int64_t accepts_w = (int64_t)car_accepts_w(car) * 1000 / model->ac_efficiency_permille;
    int64_t current_ma = min_i64(offer_ma, model->ac_current_max_ma);

    check(phases >= 1 && phases <= 3);
    check(voltage_mv > 0);
    if (offer_ma < model->ac_current_floor_ma || accepts_w == 0 || car->sulks)
        return draw;
    draw.phases = phases < phases_of(car) ? phases : phases_of(car);
    current_ma = min_i64(current_ma, accepts_w * 1000000 / voltage_mv / draw.phases);
    draw.current_ma = (int32_t)current_ma;
    draw.power_w = (int32_t)(current_ma * voltage_mv * draw.phases / 1000000);
    return draw;
}

struct car_draw car_draw_dc(const struct car *car, int32_t offer_w)
{
    int32_t power_w = (int32_t)min_i64(offer_w, car_accepts_w(car));

    if (!car->model->has_dc || power_w <= 0)
        return (struct car_draw){ 0 };
    return (struct car_draw){ .power_w = power_w,
                              .current_ma = (int32_t)(power_w * 1000000LL / DC_VOLTAGE_MV) };
}

int64_t car_take(struct car *car, int32_t power_w, bool ac, int64_t ms)
{
    int64_t given_mj = power_w * ms;
    int64_t kept_mj = ac ? given_mj / 1000 * car->model->ac_efficiency_permille : given_mj;

    check(power_w >= 0);
    check(ms >= 0);
    car->charged |= power_w > 0;
    car->stored_mj = min_i64(car->stored_mj + kept_mj, car->capacity_mj);
    return given_mj;
}
