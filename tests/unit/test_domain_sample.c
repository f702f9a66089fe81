#include "test.h"

#include "domain/auth.h"
#include "domain/sample.h"

static void values_come_to_plain_units(void **state)
{
    static const struct {
        struct sample_raw raw;
        bool has_value, guessed;
        int64_t milli;
        struct str unit;
    } cases[] = {
        { { .value = STR_INIT("1234") }, true, false, 1234000, STR_INIT("Wh") },
        { { .value = STR_INIT("1.5"), .unit = STR_INIT("kWh") },
          true,
          false,
          1500000,
          STR_INIT("Wh") },
        { { .value = STR_INIT("0.0004"), .unit = STR_INIT("kWh") },
          true,
          false,
          400,
          STR_INIT("Wh") },
        { { .value = STR_INIT(" 7 "), .measurand = STR_INIT("Power.Active.Import") },
          true,
          false,
          7000,
          STR_INIT("W") },
        { { .value = STR_INIT("7"),
            .measurand = STR_INIT("Power.Active.Import"),
            .unit = STR_INIT("Wh") },
          true,
          true,
          7000,
          STR_INIT("Wh") },
        { { .value = STR_INIT("55"), .measurand = STR_INIT("SoC"), .unit = STR_INIT("Percent") },
          true,
          false,
          55000,
          STR_INIT("%") },
        { { .value = STR_INIT("21.5"),
            .measurand = STR_INIT("Temperature"),
            .unit = STR_INIT("Celcius") },
          true,
          false,
          21500,
          STR_INIT("Celsius") },
        { { .value = STR_INIT("1,5") }, false, false, 0, STR_INIT("Wh") },
        { { .value = STR_INIT("") }, false, false, 0, STR_INIT("Wh") },
        { { .value = STR_INIT("1e3") }, true, false, 1000000, STR_INIT("Wh") },
        { { .value = STR_INIT("AAAA"), .signed_data = true }, false, false, 0, STR_INIT("Wh") },
        { { .has_number = true, .number_micro = 1500000 }, true, false, 1500, STR_INIT("Wh") },
        { { .has_number = true, .number_micro = 1500000, .multiplier = 3 },
          true,
          false,
          1500000,
          STR_INIT("Wh") },
        { { .has_number = true, .number_micro = 1500000, .multiplier = -1 },
          true,
          false,
          150,
          STR_INIT("Wh") },
        { { .has_number = true, .number_micro = INT64_MAX, .multiplier = 12 },
          false,
          false,
          0,
          STR_INIT("Wh") },
        { { .has_number = true, .number_micro = -500 }, true, false, -1, STR_INIT("Wh") },
        { { .has_number = true, .number_micro = 1, .multiplier = INT64_MAX },
          false,
          false,
          0,
          STR_INIT("Wh") },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sample sample = sample_read(&cases[i].raw);
        print_message("# %zu\n", i);
        assert_int_equal(sample.has_value, cases[i].has_value);
        assert_int_equal(sample.unit_guessed, cases[i].guessed);
        if (sample.has_value)
            assert_int_equal(sample.value_milli, cases[i].milli);
        assert_str_equal(sample.unit, cases[i].unit);
    }
}

static struct reading read_all(const struct sample_raw *raws, size_t count)
{
    struct reading reading = { 0 };

    for (size_t i = 0; i < count; i++) {
        struct sample sample = sample_read(&raws[i]);
        reading_add(&reading, &sample);
    }
    reading_finish(&reading);
    return reading;
}

static void phases_make_a_sum_only_where_none_is_given(void **state)
{
    const struct sample_raw phases[] = {
        { .value = STR_INIT("100"), .phase = STR_INIT("L1") },
        { .value = STR_INIT("200"), .phase = STR_INIT("L2") },
        { .value = STR_INIT("300"), .phase = STR_INIT("L3") },
        { .value = STR_INIT("400"), .phase = STR_INIT("L1-L2") },
    };
    const struct sample_raw both[] = {
        { .value = STR_INIT("610") }, phases[0], phases[1], phases[2]
    };
    const struct sample_raw currents[] = {
        { .value = STR_INIT("16"),
          .measurand = STR_INIT("Current.Import"),
          .phase = STR_INIT("L1") },
        { .value = STR_INIT("16"),
          .measurand = STR_INIT("Current.Import"),
          .phase = STR_INIT("L2") },
        { .value = STR_INIT("230"), .measurand = STR_INIT("Voltage"), .phase = STR_INIT("L1-N") },
        { .value = STR_INIT("230"), .measurand = STR_INIT("Voltage"), .phase = STR_INIT("L2-N") },
    };
    const struct sample_raw inlet[] = { { .value = STR_INIT("5"), .location = STR_INIT("Inlet") } };
    (void)state;
    assert_int_equal(read_all(phases, COUNT(phases)).register_mwh, 600000);
    assert_int_equal(read_all(both, COUNT(both)).register_mwh, 610000);
    assert_int_equal(read_all(currents, COUNT(currents)).power_w, 7360);
    assert_false(read_all(inlet, COUNT(inlet)).has_register);
}

static void the_first_reason_decides_about_a_token(void **state)
{
    static const struct token_row good = { .status = TOKEN_ACCEPTED,
                                           .expires_at = UTC_NEVER,
                                           .sessions_max = 1,
                                           .type = STR_INIT("ISO14443") };
    static const struct token_row dated = { .status = TOKEN_ACCEPTED, .expires_at = 100 };
    static const struct token_row blocked = { .status = TOKEN_BLOCKED, .expires_at = 100 };
    static const struct {
        const char *name;
        struct auth_question question;
        enum token_status expect;
    } cases[] = {
        { "good", { .token = &good }, TOKEN_ACCEPTED },
        { "same type", { .token = &good, .type = STR_INIT("ISO14443") }, TOKEN_ACCEPTED },
        { "other type", { .token = &good, .type = STR_INIT("eMAID") }, TOKEN_INVALID },
        { "busy elsewhere",
          { .token = &good, .starts = true, .open_sessions = 1 },
          TOKEN_CONCURRENT },
        { "busy, but only asked", { .token = &good, .open_sessions = 1 }, TOKEN_ACCEPTED },
        { "last good ms", { .token = &dated, .now = 99 }, TOKEN_ACCEPTED },
        { "first bad ms", { .token = &dated, .now = 100 }, TOKEN_EXPIRED },
        { "blocked before expired", { .token = &blocked, .now = 100 }, TOKEN_BLOCKED },
        { "unknown", { .token = NULL }, TOKEN_UNKNOWN },
        { "unknown, free vend", { .token = NULL, .accept_unknown = true }, TOKEN_ACCEPTED },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s\n", cases[i].name);
        assert_int_equal(auth_decide(&cases[i].question), cases[i].expect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_to_plain_units),
        cmocka_unit_test(phases_make_a_sum_only_where_none_is_given),
        cmocka_unit_test(the_first_reason_decides_about_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
