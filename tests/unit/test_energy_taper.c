#include "test.h"

#include "energy/taper.h"

enum { MINUTE_MS = 60000, HOUR_S = 3600 };

/* Samples every ten minutes, of what it may take. */
static void a_half_life_is_seen(void **state)
{
    static const struct {
        const char *name;
        int32_t may_da, draw_da[6];
        int32_t expect_s; /* 0: nothing is learned */
    } cases[] = {
        { "no sample", 320, { 0 }, 0 },
        { "takes all", 160, { 155, 155, 80, 155, 70, 155 }, 0 },
        { "takes less, always the same", 320, { 160, 160, 160, 160, 160, 160 }, 0 },
        { "rises", 320, { 20, 40, 80, 120, 160, 200 }, 0 },
        { "halves in 20 minutes", 320, { 200, 141, 100, 71, 50 }, 1200 },
        { "halves in ten, after it was held", 320, { 160, 160, 159, 80 }, 600 },
        { "quarters in ten", 320, { 200, 50 }, 300 },
        { "less than a meter can tell", 320, { 8, 4, 2, 1 }, 0 },
        { "at once: no battery does that", 320, { 300, 1 }, 120 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct taper taper = { 0 };
        int32_t usual_half_s = 0;
        print_message("# %s\n", cases[i].name);
        for (int k = 0; k < 6; k++)
            taper_saw(&taper, cases[i].draw_da[k], cases[i].may_da, (k + 1) * 10 * MINUTE_MS,
                      &usual_half_s);
        assert_in_range(taper.half_s, cases[i].expect_s * 95 / 100, cases[i].expect_s * 105 / 100);
        assert_int_equal(usual_half_s, taper.half_s);
    }
}

static void a_pause_says_nothing(void **state)
{
    struct taper taper = { 0 };
    int32_t usual_half_s = 0;

    (void)state;
    taper_saw(&taper, 200, 320, MINUTE_MS, &usual_half_s);
    taper_saw(&taper, 0, 0, 30 * MINUTE_MS, &usual_half_s);
    taper_saw(&taper, 90, 320, 60 * MINUTE_MS, &usual_half_s);
    assert_int_equal(taper.half_s, 0);
    taper_saw(&taper, 45, 320, 90 * MINUTE_MS, &usual_half_s);
    assert_int_equal(taper.half_s, 1800);
}

static void what_is_usual_follows_slowly(void **state)
{
    struct taper taper = { 0 };
    int32_t usual_half_s = 1000;

    (void)state;
    taper_saw(&taper, 100, 320, MINUTE_MS, &usual_half_s);
    taper_saw(&taper, 50, 320, 31 * MINUTE_MS, &usual_half_s);
    assert_int_equal(taper.half_s, 1800);
    assert_int_equal(usual_half_s, 1100);
}

static void it_doubles_backwards(void **state)
{
    (void)state;
    assert_int_equal(taper_w(100, 0, 7000, 0), 7000);
    assert_int_equal(taper_w(100, 600, 7000, 0), 100);
    assert_int_equal(taper_w(100, 600, 7000, 300), 150);
    assert_int_equal(taper_w(100, 600, 7000, 600), 200);
    assert_int_equal(taper_w(100, 600, 7000, 3600), 6400);
    assert_int_equal(taper_w(100, 600, 7000, 3900), 7000);
    assert_int_equal(taper_w(INT32_MAX, 1, INT32_MAX, INT32_MAX), INT32_MAX);
    assert_int_equal(taper_w(1, INT32_MAX, INT32_MAX, INT32_MAX), 2);
}

/* Wh that it could have, by the second. */
static int64_t could_wh(int32_t end_w, int32_t half_s, int32_t max_w, int32_t stays_s)
{
    int64_t ws = 0;

    for (int32_t s = 0; s < stays_s; s++)
        ws += taper_w(end_w, half_s, max_w, s);
    return ws / 3600;
}

static void a_need_fits_in_a_stay_if_it_ever_does(void **state)
{
    static const struct {
        const char *name;
        int32_t half_s, max_w, need_wh, stays_s;
        bool fits, slow;
    } cases[] = {
        { "nothing is known", 0, 6600, 5000, 8 * HOUR_S, false, false },
        { "all day", 1800, 6600, 5000, 8 * HOUR_S, true, true },
        { "barely", 1800, 6600, 5000, 90 * 60, true, true },
        { "a little more than full power gives", 1800, 6600, 7000, HOUR_S, false, false },
        { "not even then", 1800, 6600, 9000, HOUR_S, false, false },
        { "it has left", 1800, 6600, 9000, 0, false, false },
        { "long ago", 1800, 6600, 9000, -HOUR_S, false, false },
        { "half a day for each half", 4 * HOUR_S, 6600, 9000, 12 * HOUR_S, true, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t end_w =
            taper_end_w(cases[i].half_s, cases[i].max_w, cases[i].need_wh, cases[i].stays_s);
        print_message("# %s\n", cases[i].name);
        assert_int_equal(end_w > 0, cases[i].slow);
        if (!cases[i].fits)
            continue;
        /* The integral is good to a few per cent, on the side of more. */
        assert_true(could_wh(end_w, cases[i].half_s, cases[i].max_w, cases[i].stays_s) >=
                    cases[i].need_wh * 97 / 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_half_life_is_seen),
        cmocka_unit_test(a_pause_says_nothing),
        cmocka_unit_test(what_is_usual_follows_slowly),
        cmocka_unit_test(it_doubles_backwards),
        cmocka_unit_test(a_need_fits_in_a_stay_if_it_ever_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
