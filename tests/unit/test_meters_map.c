#include "test.h"

#include "meters/map.h"

/* A device of 64 K registers, of which some answer. */
struct device {
    uint16_t registers[65536];
    uint32_t first, count; /* those that answer */
    bool holding;
};

static struct device device;

static bool read_device(void *context, bool holding, uint16_t at, uint16_t count,
                        uint16_t *registers)
{
    const struct device *of = context;

    assert_true(count <= 125);
    if (holding != of->holding || at < of->first || at + count > of->first + of->count)
        return false;
    memcpy(registers, of->registers + at, count * sizeof *registers);
    return true;
}

static const struct map_reader reader = { &device, read_device };

static void put_float(uint32_t at, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    device.registers[at] = (uint16_t)(bits >> 16);
    device.registers[at + 1] = (uint16_t)bits;
}

/* A SunSpec device: a common block of 66, then the model. */
static uint16_t *sunspec(uint32_t base, uint16_t model, uint16_t length)
{
    uint16_t *at = device.registers + base;

    device = (struct device){ .first = base, .count = 4 + 66 + 2 + length + 2, .holding = true };
    at[0] = 0x5375;
    at[1] = 0x6e53;
    at[2] = 1;
    at[3] = 66;
    at[70] = model;
    at[71] = length;
    at[72 + length] = 0xffff;
    return at + 70;
}

static const struct meter_map *map(const char *id)
{
    const struct meter_map *found = meter_map_find(str_of(id));
    assert_non_null(found);
    return found;
}

static void a_map_that_is_not_there_is_none(void **state)
{
    (void)state;
    assert_null(meter_map_find(STR("")));
    assert_null(meter_map_find(STR("eastron")));
}

static void a_device_that_is_no_sunspec_device_is_told_from_one_that_is_silent(void **state)
{
    uint16_t base;

    (void)state;
    device = (struct device){ .first = 40000, .count = 100, .holding = true };
    assert_int_equal(meter_map_locate(map("sunspec-meter"), &reader, &base), ERR_NOT_FOUND);
    device.count = 0;
    assert_int_equal(meter_map_locate(map("sunspec-meter"), &reader, &base), ERR_TIMEOUT);
    (void)sunspec(40000, 160, 20);
    assert_int_equal(meter_map_locate(map("sunspec-meter"), &reader, &base), ERR_NOT_FOUND);
}

/* Lengths that lead past the last register, or round in a circle. */
static void a_list_of_models_that_lies_has_an_end(void **state)
{
    uint16_t base;

    (void)state;
    device = (struct device){ .first = 0, .count = 65536, .holding = true };
    device.registers[40000] = 0x5375;
    device.registers[40001] = 0x6e53;
    device.registers[40002] = 7;
    device.registers[40003] = 65000;
    assert_int_equal(meter_map_locate(map("sunspec-meter"), &reader, &base), ERR_NOT_FOUND);
    device.registers[40003] = 0; /* models of no length, for ever */
    assert_int_equal(meter_map_locate(map("sunspec-meter"), &reader, &base), ERR_NOT_FOUND);
}

static void scale_factors_and_missing_values_of_sunspec(void **state)
{
    static const uint32_t bases[] = { 40000, 0, 50000 };
    struct meter_values values;
    uint16_t base;

    (void)state;
    for (size_t i = 0; i < COUNT(bases); i++) {
        uint16_t *model = sunspec(bases[i], 203, 105);
        model[3] = 1234; /* × 10^-2: 12.34 A, 12.4 when rounded away from zero */
        model[4] = (uint16_t)-1231;
        model[5] = 0x8000; /* not implemented */
        model[6] = (uint16_t)-2;
        model[18] = (uint16_t)-2500;
        model[22] = 0;
        model[19] = 5;
        assert_int_equal(meter_map_locate(map("sunspec-meter"), &reader, &base), ERR_NONE);
        assert_int_equal(base, bases[i] + 70);
        assert_int_equal(meter_map_read(map("sunspec-meter"), base, &reader, &values), ERR_NONE);
        assert_int_equal(values.value[METER_CURRENT_L1], 124);
        assert_int_equal(values.value[METER_CURRENT_L2], -124);
        assert_false(values.has[METER_CURRENT_L3]);
        assert_int_equal(values.value[METER_POWER], -2500);
        assert_int_equal(values.value[METER_POWER_L1], 5);
        model[6] = 0x8000; /* no scale factor: no current */
        assert_int_equal(meter_map_read(map("sunspec-meter"), base, &reader, &values), ERR_NONE);
        assert_false(values.has[METER_CURRENT_L1]);
    }
}

static void floats_of_a_common_meter(void **state)
{
    struct meter_values values;
    uint16_t base;

    (void)state;
    device = (struct device){ .first = 0, .count = 100 };
    put_float(6, 10.0F);
    put_float(8, 10.01F);
    put_float(10, __builtin_nanf(""));
    put_float(52, -1234.5F);
    put_float(12, 1e30F);
    assert_int_equal(meter_map_locate(map("eastron-sdm630"), &reader, &base), ERR_NONE);
    assert_int_equal(meter_map_read(map("eastron-sdm630"), base, &reader, &values), ERR_NONE);
    assert_int_equal(values.value[METER_CURRENT_L1], 100);
    assert_int_equal(values.value[METER_CURRENT_L2], 101);
    assert_false(values.has[METER_CURRENT_L3]);
    assert_false(values.has[METER_POWER_L1]);
    assert_int_equal(values.value[METER_POWER], -1235);
    device.count = 20;
    assert_int_equal(meter_map_read(map("eastron-sdm630"), base, &reader, &values), ERR_TIMEOUT);
}

/* A line's current: measured, with the direction of its power; else from power, away from zero. */
static void the_current_of_a_line(void **state)
{
    struct meter_values values = { 0 };
    int64_t da, w;

    (void)state;
    assert_false(meter_line_da(&values, 0, 230, &da));
    assert_false(meter_power_w(&values, &w));
    meter_values_put(&values, METER_POWER, METER_KW, 69, -1);
    assert_true(meter_line_da(&values, 2, 230, &da));
    assert_int_equal(da, 100);
    meter_values_put(&values, METER_POWER_L1, METER_W, -231, 0);
    assert_true(meter_line_da(&values, 0, 230, &da));
    assert_int_equal(da, -11);
    meter_values_put(&values, METER_CURRENT_L1, METER_MA, 2001, 0);
    assert_true(meter_line_da(&values, 0, 230, &da));
    assert_int_equal(da, -21);
    values.has[METER_POWER] = false;
    assert_false(meter_power_w(&values, &w));
    meter_values_put(&values, METER_POWER_L2, METER_W, 100, 0);
    meter_values_put(&values, METER_POWER_L3, METER_W, 100, 0);
    assert_true(meter_power_w(&values, &w));
    assert_int_equal(w, -31);
}

static void what_no_meter_has_is_absent(void **state)
{
    struct meter_values values = { 0 };

    (void)state;
    meter_values_put(&values, METER_POWER, METER_KW, 1000001, 0);
    meter_values_put(&values, METER_POWER_L1, METER_W, 1, 30);
    meter_values_put(&values, METER_CURRENT_L1, METER_A, INT64_MIN, 0);
    for (uint32_t what = 0; what < METER_WHAT_COUNT; what++)
        assert_false(values.has[what]);
    assert_false(meter_unit_fits(METER_CURRENT_L1, METER_W));
    assert_false(meter_unit_fits(METER_POWER, METER_MA));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_that_is_not_there_is_none),
        cmocka_unit_test(a_device_that_is_no_sunspec_device_is_told_from_one_that_is_silent),
        cmocka_unit_test(a_list_of_models_that_lies_has_an_end),
        cmocka_unit_test(scale_factors_and_missing_values_of_sunspec),
        cmocka_unit_test(floats_of_a_common_meter),
        cmocka_unit_test(the_current_of_a_line),
        cmocka_unit_test(what_no_meter_has_is_absent),
    };
    return cmocka_run_group_tests_name("meters_map", tests, NULL, NULL);
}
