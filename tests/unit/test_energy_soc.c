#include "test.h"

#include "energy/soc.h"

enum { KWH = 1000000 };

/* What is told, sample by sample, and what is left at the last of them. */
static void what_is_left_follows_what_was_told(void **state)
{
    static const struct {
        const char *name;
        int64_t size_wh;
        int32_t full_permille;
        struct {
            int32_t soc_permille;
            int64_t kwh;
        } told[4];
        int count;
        int64_t expect_wh, expect_size_wh;
    } cases[] = {
        { "nothing", 0, 0, { { 0 } }, 0, -1, 0 },
        { "a size alone", 50000, 0, { { 0 } }, 0, -1, 50000 },
        { "a state alone", 0, 0, { { 400, 0 } }, 1, -1, 0 },
        { "a state that is none", 50000, 0, { { -1, 0 }, { 1001, 0 } }, 2, -1, 50000 },
        { "less energy than none", 50000, 0, { { 500, -1 } }, 1, -1, 50000 },
        { "no battery is so small", 400, 0, { { 400, 0 } }, 1, -1, 0 },
        { "nor so large", INT64_C(9000000), 0, { { 400, 0 } }, 1, -1, 0 },
        { "both are said", 50000, 0, { { 400, 0 } }, 1, 30500, 50000 },
        { "full at 80 %", 50000, 800, { { 400, 0 } }, 1, 20500, 50000 },
        { "full at 200 % is not said", 50000, 2000, { { 400, 0 } }, 1, 30500, 50000 },
        { "it is full", 50000, 0, { { 1000, 0 } }, 1, 500, 50000 },
        { "its rise says its size", 0, 0, { { 400, 0 }, { 600, 10 } }, 2, 20500, 50000 },
        { "a small rise does not", 0, 0, { { 400, 0 }, { 490, 10 } }, 2, -1, 0 },
        { "a fall begins anew", 0, 0, { { 900, 0 }, { 400, 1 }, { 600, 11 } }, 3, 20500, 50000 },
        { "it jumps: not believed", 0, 0, { { 100, 0 }, { 900, 1 } }, 2, -1, 0 },
        { "nor later", 0, 0, { { 0, 0 }, { 900, 1 }, { 100, 1 }, { 300, 11 } }, 4, -1, 0 },
        { "it stands still", 50000, 0, { { 400, 0 }, { 400, 40 } }, 2, -1, 0 },
        { "what was said gives way", 90000, 0, { { 400, 0 }, { 600, 10 } }, 2, 20500, 50000 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct soc soc = { 0 };
        int64_t at_mwh = 0;
        print_message("# %s\n", cases[i].name);
        soc_is(&soc, cases[i].size_wh, cases[i].full_permille);
        for (int k = 0; k < cases[i].count; k++) {
            at_mwh = cases[i].told[k].kwh * KWH;
            soc_told(&soc, cases[i].told[k].soc_permille, at_mwh);
        }
        assert_int_equal(soc_left_wh(&soc, at_mwh), cases[i].expect_wh);
        assert_int_equal(soc_size_wh(&soc), cases[i].expect_size_wh);
    }
}

static void it_fills_while_nobody_tells(void **state)
{
    struct soc soc = { 0 };

    (void)state;
    soc_is(&soc, 50000, 0);
    soc_told(&soc, 400, 0);
    assert_int_equal(soc_left_wh(&soc, 20 * KWH), 10500);
    assert_int_equal(soc_left_wh(&soc, 30 * KWH), 500);
    assert_int_equal(soc_left_wh(&soc, 32 * KWH), 500);
    assert_int_equal(soc_left_wh(&soc, 40 * KWH), -1); /* it goes on: nobody knows */
}

static void what_it_takes_falls_near_the_end(void **state)
{
    struct soc soc = { 0 };

    (void)state;
    assert_true(soc_falls(&soc, 0, 1000)); /* nothing is known */
    soc_is(&soc, 50000, 0);
    soc_told(&soc, 400, 0);
    assert_false(soc_falls(&soc, 0, 17000));
    assert_true(soc_falls(&soc, 0, 18000));
    assert_true(soc_falls(&soc, 10 * KWH, 17000));
    assert_true(soc_falls(&soc, 0, INT64_C(2000000)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_follows_what_was_told),
        cmocka_unit_test(it_fills_while_nobody_tells),
        cmocka_unit_test(what_it_takes_falls_near_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
