#include "test.h"

#include "meters/pick.h"

static void paths_that_make_no_sense_are_refused(void **state)
{
    static const char *const bad[] = { ".",
                                       ".a",
                                       "a.",
                                       "a..b",
                                       "a[",
                                       "a[]",
                                       "a[x]",
                                       "a[1",
                                       "a]b",
                                       "[1]x",
                                       "a[99999]",
                                       "a\"b",
                                       "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a" };
    static const char *const good[] = {
        "", "a", "a.b", "a[0]", "[3].b", "a[0][1].c", "total power"
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        print_message("# %s\n", bad[i]);
        assert_false(meter_path_valid(str_of(bad[i])));
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        print_message("# %s\n", good[i]);
        assert_true(meter_path_valid(str_of(good[i])));
    }
}

static void a_number_is_found_or_it_is_not(void **state)
{
    static const struct {
        const char *payload, *path;
        bool found;
        int64_t micro;
    } cases[] = {
        { "", "", false, 0 },
        { "hello", "", false, 0 },
        { "{\"a\":1", "a", true, 1000000 }, /* what was asked for is there: the rest is not read */
        { "{\"a\":\"x\"}", "a", false, 0 },
        { "{\"a\":null}", "a", false, 0 },
        { "{\"a\":true}", "a", false, 0 },
        { "{\"a\":{\"b\":1}}", "a", false, 0 },
        { "{\"a\":1}", "b", false, 0 },
        { "[1,2]", "[2]", false, 0 },
        { "{\"a\":1e400}", "a", false, 0 },
        { "12.5", "", true, 12500000 },
        { " -3 \n", "", true, -3000000 },
        { "\"7.25\"", "", true, 7250000 },
        { "{\"a\":{\"b\":[0, {\"c\": 1.5e3}]}}", "a.b[1].c", true, 1500000000 },
        { "{\"total power\": 4}", "total power", true, 4000000 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t micro = 0;
        print_message("# %s at \"%s\"\n", cases[i].payload, cases[i].path);
        assert_int_equal(meter_pick_number(str_of(cases[i].payload), str_of(cases[i].path), &micro),
                         cases[i].found);
        if (cases[i].found)
            assert_int_equal(micro, cases[i].micro);
    }
}

static void all_values_or_none(void **state)
{
    static const struct meter_config config = {
        .pick_count = 2,
        .picks = { { .what = METER_POWER, .unit = METER_KW, .path = "p" },
                   { .what = METER_CURRENT_L1, .unit = METER_A, .negate = true, .path = "i[0]" } },
    };
    struct meter_values values;
    uint32_t missing;

    (void)state;
    assert_int_equal(meter_pick_all(STR("{\"p\":1}"), &config, &values, &missing), ERR_NOT_FOUND);
    assert_int_equal(missing, 1);
    assert_int_equal(meter_pick_all(STR("{\"p\":1e9,\"i\":[1]}"), &config, &values, &missing),
                     ERR_NOT_FOUND);
    assert_int_equal(missing, 0);
    assert_int_equal(meter_pick_all(STR("{\"p\":1.5,\"i\":[2.01]}"), &config, &values, &missing),
                     ERR_NONE);
    assert_int_equal(values.value[METER_POWER], 1500);
    assert_int_equal(values.value[METER_CURRENT_L1], -21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_that_make_no_sense_are_refused),
        cmocka_unit_test(a_number_is_found_or_it_is_not),
        cmocka_unit_test(all_values_or_none),
    };
    return cmocka_run_group_tests_name("meters_pick", tests, NULL, NULL);
}
