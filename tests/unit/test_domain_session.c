#include "test.h"

#include "domain/session.h"

#define MINUTE 60000

static struct session_row fresh(void)
{
    return (struct session_row){ .id = 1,
                                 .sample_at = UTC_UNKNOWN,
                                 .ended_at = UTC_UNKNOWN,
                                 .soc_permille = -1,
                                 .seq_max = -1 };
}

static void take_wh(struct session_row *session, int64_t at_min, int64_t wh)
{
    const struct reading reading = { .at = at_min * MINUTE,
                                     .has_register = true,
                                     .register_mwh = wh * 1000 };

    session_take_reading(session, &reading);
}

/* Each row: registers in Wh a minute apart; what the session has in the end. */
static void energy_comes_from_the_register_and_never_falls(void **state)
{
    static const struct {
        const char *name;
        int count;
        int64_t wh[6];
        int64_t energy_wh, flags;
    } cases[] = {
        { "plain", 3, { 1000, 1100, 1250 }, 250, 0 },
        { "from zero", 3, { 0, 100, 250 }, 250, 0 },
        { "one value only", 1, { 5000 }, 0, 0 },
        { "reset to zero", 4, { 50000, 51000, 0, 300 }, 1300, FLAG_BIT(METER_RESET) },
        { "reset, a little had flowed", 3, { 50000, 51000, 20 }, 1020, FLAG_BIT(METER_RESET) },
        { "runs over at a power of ten",
          4,
          { 999500, 999900, 300, 500 },
          1000,
          FLAG_BIT(METER_RESET) },
        { "runs over at a power of two",
          3,
          { 2147483600, 2147483640, 12 },
          60,
          FLAG_BIT(METER_RESET) },
        { "began anew, far from where it runs over",
          3,
          { 990000, 990100, 300 },
          400,
          FLAG_BIT(METER_RESET) },
        { "went to nothing where it runs over",
          3,
          { 2147483646, 2147483647, 0 },
          1,
          FLAG_BIT(METER_RESET) },
        { "noise downwards", 3, { 50000, 51000, 50990 }, 1000, FLAG_BIT(METER_REGRESSION) },
        { "drop-out and back",
          5,
          { 5000000, 5001000, 0, 5002000, 5003000 },
          3000,
          FLAG_BIT(METER_RESET) },
        { "placeholder 0, then an odometer",
          4,
          { 0, 910000, 910050, 910083 },
          83,
          FLAG_BIT(ENERGY_IMPLAUSIBLE) },
        { "leap that no charger makes",
          3,
          { 1000, 2000, 900000000 },
          899999000,
          FLAG_BIT(ENERGY_IMPLAUSIBLE) },
        { "negative", 3, { 1000, -5, 1100 }, 100, FLAG_BIT(METER_REGRESSION) },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct session_row session = fresh();
        int64_t before = 0;
        print_message("# %s\n", cases[i].name);
        for (int k = 0; k < cases[i].count; k++) {
            take_wh(&session, k, cases[i].wh[k]);
            assert_true(session.energy_mwh >= before);
            before = session.energy_mwh;
        }
        assert_int_equal(session.energy_mwh, cases[i].energy_wh * 1000);
        assert_int_equal(session.flags, cases[i].flags);
    }
}

static void an_older_reading_changes_nothing(void **state)
{
    struct session_row session = fresh();
    (void)state;
    take_wh(&session, 0, 1000);
    take_wh(&session, 10, 3000);
    take_wh(&session, 5, 2000);
    assert_int_equal(session.energy_mwh, 2000000);
    assert_int_equal(session.flags, 0);
}

static void a_late_start_moves_the_beginning(void **state)
{
    struct session_row session = fresh();
    (void)state;
    take_wh(&session, 5, 1500);
    take_wh(&session, 6, 1600);
    session_take_start_wh(&session, 1000, 0);
    assert_int_equal(session.energy_mwh, 600000);
    assert_int_equal(session.register_start_mwh, 1000000);
}

static void a_stop_of_minus_one_keeps_the_last_reading(void **state)
{
    struct session_row session = fresh();
    (void)state;
    session_take_start_wh(&session, 1000, 0);
    take_wh(&session, 5, 1500);
    session_take_stop_wh(&session, -1, 6 * MINUTE);
    assert_int_equal(session.energy_mwh, 500000);
    assert_true(session.flags & FLAG_BIT(METER_REGRESSION));
    session_take_stop_wh(&session, INT64_MAX, 6 * MINUTE);
    assert_int_equal(session.energy_mwh, 500000);
}

/* Readings of the next car, told under no number before its start and before this stop. */
static void a_stop_takes_back_what_was_read_after_it(void **state)
{
    struct session_row session = fresh();
    (void)state;
    session_take_start_wh(&session, 1000, 0);
    take_wh(&session, 5, 1500);
    take_wh(&session, 9, 1700);
    session_take_stop_wh(&session, 1600, 6 * MINUTE);
    assert_int_equal(session.energy_mwh, 600000);
    assert_int_equal(session.flags, 0);
    session_take_stop_wh(&session, 900,
                         5 * MINUTE); /* below its start: a reset, not an older word */
    assert_true(session.energy_mwh >= 600000);
}

static void numbers_tell_gaps_and_repeats(void **state)
{
    static const struct {
        int64_t seq;
        bool is_new;
        struct str gaps;
    } steps[] = {
        { 0, true, STR_INIT("") },    { 1, true, STR_INIT("") },     { 5, true, STR_INIT("2-4") },
        { 3, true, STR_INIT("2,4") }, { 3, false, STR_INIT("2,4") }, { 7, true, STR_INIT("2,4,6") },
        { 2, true, STR_INIT("4,6") }, { 4, true, STR_INIT("6") },    { 6, true, STR_INIT("") },
        { 6, false, STR_INIT("") },   { 0, false, STR_INIT("") },
    };
    struct session_row session = fresh();
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    session.has_start = true;
    for (size_t i = 0; i < COUNT(steps); i++) {
        print_message("# %lld\n", (long long)steps[i].seq);
        assert_int_equal(session_take_seq(&session, steps[i].seq, &arena), steps[i].is_new);
        assert_str_equal(session.seq_gaps, steps[i].gaps);
        assert_int_equal((session.flags & FLAG_BIT(GAP)) != 0, steps[i].gaps.len != 0);
    }
    arena_reset(&arena);
}

static void numbers_may_come_from_the_end(void **state)
{
    static const struct {
        int64_t seq;
        bool is_new;
        struct str gaps;
    } steps[] = {
        { 9, true, STR_INIT("") },
        { 5, true, STR_INIT("6-8") },
        { 12, true, STR_INIT("6-8,10-11") },
        { 4, true, STR_INIT("6-8,10-11") },
        { 2, true, STR_INIT("3,6-8,10-11") },
        { 7, true, STR_INIT("3,6,8,10-11") },
        { 3, true, STR_INIT("6,8,10-11") },
        { 5, false, STR_INIT("6,8,10-11") },
    };
    struct session_row session = fresh();
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        print_message("# %lld\n", (long long)steps[i].seq);
        assert_int_equal(session_take_seq(&session, steps[i].seq, &arena), steps[i].is_new);
        assert_str_equal(session.seq_gaps, steps[i].gaps);
    }
    arena_reset(&arena);
}

static void the_last_marks_are_remembered(void **state)
{
    struct session_row session = fresh();
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (int i = 0; i < SESSION_RECENT_MAX + 10; i++) {
        uint64_t mark = mark_number(mark_start(), i);
        assert_false(session_repeats(&session, mark));
        session_remember(&session, mark, &arena);
        assert_true(session_repeats(&session, mark));
    }
    assert_int_equal(session.recent.len, SESSION_RECENT_MAX * 8);
    assert_false(session_repeats(&session, mark_number(mark_start(), 0)));
    assert_true(session_repeats(&session, mark_number(mark_start(), 10)));
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy_comes_from_the_register_and_never_falls),
        cmocka_unit_test(an_older_reading_changes_nothing),
        cmocka_unit_test(a_late_start_moves_the_beginning),
        cmocka_unit_test(a_stop_of_minus_one_keeps_the_last_reading),
        cmocka_unit_test(a_stop_takes_back_what_was_read_after_it),
        cmocka_unit_test(numbers_tell_gaps_and_repeats),
        cmocka_unit_test(numbers_may_come_from_the_end),
        cmocka_unit_test(the_last_marks_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
