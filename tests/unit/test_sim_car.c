#include "test.h"

#include "sim/car.h"
#include "sim/driver.h"
#include "sim/meter.h"

#define VOLTAGE_MV 230000
#define STEP_MS    10000

static const struct car_model *model_named(const char *name)
{
    for (uint32_t i = 0; i < car_model_count; i++)
        if (strcmp(car_models[i].name, name) == 0)
            return &car_models[i];
    fail_msg("no car %s", name);
    return NULL;
}

static void what_the_station_gives_is_what_the_battery_got_and_the_losses(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < car_model_count; i++) {
        struct car car;
        struct meter meter;
        int64_t before_mj, steps = 0;

        car_init(&car, &car_models[i], 200, 1);
        meter_init(&meter, 1234567);
        before_mj = car.stored_mj;
        while (!car_is_full(&car) && steps < 24 * 360) {
            struct car_draw draw = car_draw_ac(&car, 32000, 3, VOLTAGE_MV);
            meter_add(&meter, car_take(&car, draw.power_w, true, STEP_MS));
            steps++;
        }
        print_message("# %s: full after %lld min\n", car_models[i].name, (long long)steps / 6);
        assert_true(car_is_full(&car));
        {
            int64_t given_mj = meter.true_mj - 1234567LL * CAR_MJ_PER_MWH;
            int64_t kept_mj = car.stored_mj - before_mj;
            int64_t want_mj = given_mj / 1000 * car_models[i].ac_efficiency_permille;

            /* The last step may give more than fits: at most what flows in one step. */
            assert_true(kept_mj <= want_mj);
            assert_true(want_mj - kept_mj <=
                        steps * 1000 + (int64_t)car_models[i].battery_power_w * STEP_MS);
        }
    }
}

static void a_car_draws_nothing_below_its_floor(void **state)
{
    static const struct {
        const char *model;
        int32_t offer_ma;
        bool draws;
    } cases[] = {
        { "compact, 11 kW", 0, false },
        { "compact, 11 kW", 5999, false },
        { "compact, 11 kW", CAR_PILOT_FLOOR_MA, true },
        { "compact, three-phase 32 A", 7999, false },
        { "compact, three-phase 32 A", 8000, true },
        { "city car", 6000, false },
        { "city car", 7000, true },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct car car;
        struct car_draw draw;

        car_init(&car, model_named(cases[i].model), 500, 1);
        draw = car_draw_ac(&car, cases[i].offer_ma, 3, VOLTAGE_MV);
        assert_int_equal(draw.power_w > 0, cases[i].draws);
        assert_true(draw.current_ma <= cases[i].offer_ma);
    }
}

static void a_car_uses_the_phases_it_has_and_the_current_it_can(void **state)
{
    static const struct {
        const char *model;
        uint8_t phases;
        int32_t offer_ma;
        uint8_t want_phases;
        int32_t want_w;
    } cases[] = {
        { "compact, 11 kW", 3, 32000, 3, 11040 },
        { "compact, 11 kW", 1, 32000, 1, 3680 },
        { "compact, 11 kW", 3, 10000, 3, 6900 },
        { "first hour, single-phase", 3, 32000, 1, 7360 },
        { "two-phase", 3, 16000, 2, 7360 },
        { "compact, three-phase 32 A", 3, 32000, 3, 22080 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct car car;
        struct car_draw draw;

        car_init(&car, model_named(cases[i].model), 300, 1);
        draw = car_draw_ac(&car, cases[i].offer_ma, cases[i].phases, VOLTAGE_MV);
        assert_int_equal(draw.phases, cases[i].want_phases);
        assert_int_equal(draw.power_w, cases[i].want_w);
    }
}

static void a_battery_takes_less_and_less_near_its_end_and_never_more_than_its_best(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < car_model_count; i++) {
        int32_t before = INT32_MAX;

        for (int32_t soc = 600; soc <= 1000; soc++) {
            struct car car;
            int32_t accepts;

            car_init(&car, &car_models[i], soc, 1);
            accepts = car_accepts_w(&car);
            assert_in_range(accepts, 0, car_models[i].battery_power_w);
            assert_true(accepts <= before);
            assert_int_equal(accepts == 0, soc == 1000);
            before = accepts;
        }
    }
}

static void direct_current_is_for_cars_that_can(void **state)
{
    struct car car;

    (void)state;
    car_init(&car, model_named("city car"), 300, 1);
    assert_int_equal(car_draw_dc(&car, 50000).power_w, 0);
    car_init(&car, model_named("saloon"), 300, 1);
    assert_int_equal(car_draw_dc(&car, 50000).power_w, 50000);
    assert_int_equal(car_draw_dc(&car, 300000).power_w, 170000);
}

static void a_car_stops_at_the_limit_its_driver_set(void **state)
{
    struct car car;

    (void)state;
    car_init(&car, model_named("saloon"), 790, 1);
    car.limit_permille = 800;
    assert_false(car_is_full(&car));
    for (int i = 0; i < 1000; i++)
        car_take(&car, car_draw_dc(&car, 150000).power_w, false, 1000);
    assert_true(car_is_full(&car));
    assert_in_range(car_soc_permille(&car), 800, 803);
}

static void a_meter_shows_the_truth_unless_it_has_a_quirk(void **state)
{
    struct meter meter;

    (void)state;
    meter_init(&meter, 999000);
    meter_add(&meter, 2000LL * CAR_MJ_PER_MWH);
    assert_int_equal(meter_shown_mwh(&meter), 1001000);
    meter.says_kwh_as_wh = true;
    assert_int_equal(meter_shown_mwh(&meter), 1001);
    meter.says_kwh_as_wh = false;
    meter.wrap_mwh = 1002000;
    meter_add(&meter, 1000LL * CAR_MJ_PER_MWH);
    assert_int_equal(meter_shown_mwh(&meter), 0);
    assert_int_equal(meter_true_mwh(&meter), 1002000);
    meter_add(&meter, 5LL * CAR_MJ_PER_MWH);
    meter_reset(&meter);
    assert_int_equal(meter_shown_mwh(&meter), 0);
    assert_int_equal(meter_true_mwh(&meter), 1002005);
}

static void the_same_seed_brings_the_same_people(void **state)
{
    static const struct driver_habits habits = { .gap_min_s = 60,
                                                 .gap_max_s = 600,
                                                 .stay_min_s = 600,
                                                 .stay_max_s = 7200,
                                                 .soc_min_permille = 100,
                                                 .soc_max_permille = 800,
                                                 .card_first_permille = 500,
                                                 .forgets_permille = 100,
                                                 .sleeps_at_night = true };
    struct rand a = { 7 }, b = { 7 };
    utc_ms from = 1764000000000;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct driver_place place = { &habits, 1, i % 2 };
        struct driver_visit one, two;

        driver_next(&one, &place, &a, from);
        driver_next(&two, &place, &b, from);
        assert_memory_equal(&one, &two, sizeof one);
        assert_true(one.arrives_at >= from + 60000);
        assert_in_range(one.leaves_at - one.arrives_at, 600000, 7200000);
        assert_true(i % 2 == 0 || one.car.model->has_dc);
        from = one.leaves_at;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_station_gives_is_what_the_battery_got_and_the_losses),
        cmocka_unit_test(a_car_draws_nothing_below_its_floor),
        cmocka_unit_test(a_car_uses_the_phases_it_has_and_the_current_it_can),
        cmocka_unit_test(a_battery_takes_less_and_less_near_its_end_and_never_more_than_its_best),
        cmocka_unit_test(direct_current_is_for_cars_that_can),
        cmocka_unit_test(a_car_stops_at_the_limit_its_driver_set),
        cmocka_unit_test(a_meter_shows_the_truth_unless_it_has_a_quirk),
        cmocka_unit_test(the_same_seed_brings_the_same_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
