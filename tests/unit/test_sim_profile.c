#include "test.h"

#include "sim/profile.h"

#define NOW       1764000000000LL
#define MINUTE_MS 60000LL

static struct profile limit(int32_t id, enum profile_purpose purpose, int32_t evse, int32_t stack,
                            int32_t limit_ma)
{
    return (struct profile){
        .id = id,
        .purpose = purpose,
        .evse = evse,
        .stack_level = stack,
        .kind = PROFILE_ABSOLUTE,
        .valid_from = UTC_UNKNOWN,
        .valid_to = UTC_NEVER,
        .start_at = UTC_UNKNOWN,
        .set_at = NOW,
        .period_count = 1,
        .periods = { { 0, limit_ma, 0 } },
    };
}

static struct profile_query ask(int64_t transaction, utc_ms now)
{
    return (struct profile_query){ .evse = 1,
                                   .transaction = transaction,
                                   .transaction_at = NOW,
                                   .now = now,
                                   .voltage_mv = 230000,
                                   .phases = 3 };
}

static void set(struct profiles *profiles, struct profile profile)
{
    assert_int_equal(profiles_set(profiles, &profile), ERR_NONE);
}

static void the_transactions_profile_takes_the_place_of_the_default(void **state)
{
    struct profiles profiles = { 0 };
    struct profile_query idle = ask(0, NOW), busy = ask(5, NOW), other = ask(6, NOW);
    struct profile own = limit(3, PROFILE_TX, 1, 0, 20000);

    (void)state;
    own.transaction = 5;
    assert_int_equal(profiles_evse_limit(&profiles, &busy, false), PROFILE_NO_LIMIT);
    set(&profiles, limit(1, PROFILE_TX_DEFAULT, 0, 0, 16000));
    set(&profiles, limit(2, PROFILE_TX_DEFAULT, 1, 1, 10000));
    set(&profiles, own);
    set(&profiles, limit(4, PROFILE_STATION_MAX, 0, 0, 8000));
    assert_int_equal(profiles_evse_limit(&profiles, &idle, false),
                     10000); /* the higher stack level */
    assert_int_equal(profiles_evse_limit(&profiles, &busy, false), 20000);
    assert_int_equal(profiles_evse_limit(&profiles, &other, false), 10000);
    assert_int_equal(profiles_station_limit(&profiles, &busy, false), 8000);
    profiles_end_transaction(&profiles, 1);
    assert_int_equal(profiles_evse_limit(&profiles, &busy, false), 10000);
    profiles_fini(&profiles);
}

static void a_like_profile_makes_way_and_a_clear_takes_what_matches(void **state)
{
    struct profiles profiles = { 0 };
    struct profile_match nothing = {
        .id = 9, .evse = -1, .stack_level = -1, .purpose = PROFILE_PURPOSE_COUNT
    };
    struct profile_match defaults = {
        .id = -1, .evse = -1, .stack_level = -1, .purpose = PROFILE_TX_DEFAULT
    };

    (void)state;
    set(&profiles, limit(1, PROFILE_TX_DEFAULT, 0, 0, 16000));
    set(&profiles, limit(1, PROFILE_TX_DEFAULT, 1, 0, 15000)); /* same id */
    set(&profiles, limit(2, PROFILE_TX_DEFAULT, 1, 0, 14000)); /* same place */
    set(&profiles, limit(3, PROFILE_STATION_MAX, 0, 0, 32000));
    assert_int_equal(profiles.count, 2);
    assert_int_equal(profiles_clear(&profiles, &nothing), 0);
    assert_int_equal(profiles_clear(&profiles, &defaults), 1);
    assert_int_equal(profiles.count, 1);
    profiles_fini(&profiles);
}

static void rules_of_the_specification_are_kept(void **state)
{
    struct profile late = limit(1, PROFILE_TX_DEFAULT, 1, 0, 1), tx = limit(1, PROFILE_TX, 0, 0, 1),
                   max = limit(1, PROFILE_STATION_MAX, 1, 0, 1),
                   high = limit(1, PROFILE_TX, 1, 11, 1),
                   disorder = limit(1, PROFILE_TX_DEFAULT, 1, 0, 1),
                   none = limit(1, PROFILE_TX_DEFAULT, 1, 0, 1);
    const struct profile *cases[] = { &late, &tx, &max, &high, &disorder, &none };
    struct profiles profiles = { 0 };

    (void)state;
    late.periods[0].start_s = 1;
    disorder.period_count = 3;
    disorder.periods[1].start_s = 10;
    disorder.periods[2].start_s = 10;
    none.period_count = 0;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(profiles_set(&profiles, cases[i]), ERR_BAD_VALUE);
    for (int32_t i = 0; i < PROFILES_MAX; i++)
        set(&profiles, limit(100 + i, PROFILE_TX_DEFAULT, i / 10, i % 10, 1000));
    max = limit(1, PROFILE_STATION_MAX, 0, 0, 1);
    assert_int_equal(profiles_set(&profiles, &max), ERR_FULL);
    profiles_fini(&profiles);
}

static void periods_and_durations_follow_the_clock(void **state)
{
    struct profile profile = limit(1, PROFILE_TX_DEFAULT, 1, 0, 6000), daily;
    static const struct {
        int64_t after_ms;
        int32_t limit_ma;
    } cases[] = {
        { -1, PROFILE_NO_LIMIT },      { 0, 6000 },
        { 5 * MINUTE_MS - 1, 6000 },   { 5 * MINUTE_MS, 12000 },
        { 10 * MINUTE_MS - 1, 12000 }, { 10 * MINUTE_MS, PROFILE_NO_LIMIT },
    };
    struct profiles profiles = { 0 };

    (void)state;
    profile.start_at = NOW;
    profile.duration_s = 600;
    profile.period_count = 2;
    profile.periods[1] = (struct profile_period){ 300, 12000, 0 };
    set(&profiles, profile);
    daily = profile;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct profile_query query = ask(0, NOW + cases[i].after_ms);
        assert_int_equal(profiles_evse_limit(&profiles, &query, false), cases[i].limit_ma);
    }
    {
        struct profile_query query = ask(0, NOW);
        assert_int_equal(profiles_next_change(&profiles, &query), NOW + 5 * MINUTE_MS);
        query.now = NOW + 10 * MINUTE_MS;
        assert_int_equal(profiles_next_change(&profiles, &query), UTC_NEVER);
        daily.kind = PROFILE_RECURRING_DAILY;
        set(&profiles, daily);
        query.now = NOW + 3 * 86400000LL + 6 * MINUTE_MS;
        assert_int_equal(profiles_evse_limit(&profiles, &query, false), 12000);
    }
    profiles_fini(&profiles);
}

static void watts_and_amperes_turn_into_each_other(void **state)
{
    struct profiles profiles = { 0 };
    struct profile watts = limit(1, PROFILE_TX_DEFAULT, 1, 0, 6900);
    struct profile_query query = ask(0, NOW);

    (void)state;
    watts.watts = true;
    set(&profiles, watts);
    assert_int_equal(profiles_evse_limit(&profiles, &query, false), 10000);
    assert_int_equal(profiles_evse_limit(&profiles, &query, true), 6900);
    watts.watts = false;
    watts.periods[0] = (struct profile_period){ 0, 10000, 1 };
    set(&profiles, watts);
    assert_int_equal(profiles_evse_limit(&profiles, &query, true), 2300); /* on one phase */
    profiles_fini(&profiles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_transactions_profile_takes_the_place_of_the_default),
        cmocka_unit_test(a_like_profile_makes_way_and_a_clear_takes_what_matches),
        cmocka_unit_test(rules_of_the_specification_are_kept),
        cmocka_unit_test(periods_and_durations_follow_the_clock),
        cmocka_unit_test(watts_and_amperes_turn_into_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
