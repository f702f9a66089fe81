#include "test.h"

#include "net/ticket_keys.h"

enum { LIFE_S = TICKET_KEY_LIFE_S };
#define UTC_S 1764000000

static struct ticket_key key_of(uint8_t fill, int64_t made_at_s)
{
    struct ticket_key key = { .made_at_s = made_at_s, .set = true };

    memset(key.name, fill, sizeof key.name);
    memset(key.aes, fill + 1, sizeof key.aes);
    memset(key.hmac, fill + 2, sizeof key.hmac);
    return key;
}

static struct ticket_keys two_keys(int64_t before_at_s, int64_t now_at_s)
{
    struct ticket_key before = key_of('b', before_at_s), now = key_of('n', now_at_s);
    struct ticket_keys keys = { 0 };

    ticket_keys_turn(&keys, &before);
    ticket_keys_turn(&keys, &now);
    return keys;
}

static void bytes_that_are_no_keys_give_none(void **state)
{
    struct ticket_keys keys = two_keys(0, 10), read;
    uint8_t bytes[TICKET_KEYS_BYTES + 1] = { 0 };

    (void)state;
    ticket_keys_write(&keys, 10, UTC_S, bytes);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        assert_int_equal(ticket_keys_read(bytes, len, 10, UTC_S, &read), len == TICKET_KEYS_BYTES);
        assert_int_equal(read.now.set, len == TICKET_KEYS_BYTES);
    }
    bytes[0] ^= 1;
    assert_false(ticket_keys_read(bytes, TICKET_KEYS_BYTES, 10, UTC_S, &read));
    memset(bytes, 0, sizeof bytes); /* a file that lost its content in a power cut */
    assert_false(ticket_keys_read(bytes, TICKET_KEYS_BYTES, 10, UTC_S, &read));
}

/* Both keys, then what is left of them. The new process's clock starts anew. */
static void keys_come_back_with_the_age_they_have(void **state)
{
    static const struct {
        const char *name;
        int64_t away_s; /* from writing to reading, by UTC */
        bool now, before;
    } cases[] = {
        { "at once", 0, true, true },
        { "the last second of the older", LIFE_S - 101, true, true },
        { "the older is over", LIFE_S - 100, true, false },
        { "the last second of the newer", 2 * LIFE_S - 101, true, false },
        { "both are over", 2 * LIFE_S - 100, false, false },
        { "a clock set back behind the newer", -101, false, true },
        { "and behind both", -LIFE_S - 101, false, false },
        { "a clock that was never set", -UTC_S, false, false },
    };
    struct ticket_keys keys = two_keys(5000, 5000 + LIFE_S), read;
    uint8_t bytes[TICKET_KEYS_BYTES];
    const int64_t now_s = 5000 + LIFE_S + 100, later_s = 7;

    (void)state;
    ticket_keys_write(&keys, now_s, UTC_S, bytes);
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s\n", cases[i].name);
        assert_true(ticket_keys_read(bytes, sizeof bytes, later_s, UTC_S + cases[i].away_s, &read));
        assert_int_equal(read.now.set, cases[i].now);
        assert_int_equal(read.before.set, cases[i].before);
        if (cases[i].now) {
            assert_int_equal(later_s - read.now.made_at_s, 100 + cases[i].away_s);
            assert_memory_equal(read.now.hmac, keys.now.hmac, sizeof keys.now.hmac);
        }
    }
}

static void times_out_of_all_reason_are_no_keys(void **state)
{
    static const int64_t times[] = { INT64_MIN, INT64_MAX, -1, 0 };
    struct ticket_keys keys = two_keys(0, 10), read;
    uint8_t bytes[TICKET_KEYS_BYTES];

    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        ticket_keys_write(&keys, 10, UTC_S, bytes);
        memcpy(bytes + 8, &times[i], sizeof times[i]);
        assert_true(ticket_keys_read(bytes, sizeof bytes, 10, UTC_S, &read));
        assert_false(read.now.set);
        assert_true(read.before.set);
    }
}

static void a_key_makes_for_half_of_the_time_that_it_takes(void **state)
{
    static const struct {
        int64_t age_s;
        bool due;
        enum ticket_verdict verdict;
    } cases[] = {
        { 0, false, TICKET_GOOD },
        { LIFE_S - 1, false, TICKET_GOOD },
        { LIFE_S, true, TICKET_RENEW },
        { 2 * LIFE_S - 1, true, TICKET_RENEW },
        { 2 * LIFE_S, true, TICKET_UNKNOWN },
    };
    struct ticket_keys keys = { 0 };
    struct ticket_key made = key_of('n', 0), found;

    (void)state;
    assert_true(ticket_keys_due(&keys, 0));
    assert_int_equal(ticket_keys_find(&keys, made.name, 0, &found), TICKET_UNKNOWN);
    ticket_keys_turn(&keys, &made);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(ticket_keys_due(&keys, cases[i].age_s), cases[i].due);
        assert_int_equal(ticket_keys_find(&keys, made.name, cases[i].age_s, &found),
                         cases[i].verdict);
    }
}

static void the_third_key_ends_the_first(void **state)
{
    struct ticket_keys keys = two_keys(0, 1);
    struct ticket_key third = key_of('t', 2), found;

    (void)state;
    assert_int_equal(ticket_keys_find(&keys, keys.before.name, 2, &found), TICKET_GOOD);
    assert_memory_equal(found.aes, key_of('b', 0).aes, sizeof found.aes);
    ticket_keys_turn(&keys, &third);
    assert_int_equal(ticket_keys_find(&keys, key_of('b', 0).name, 2, &found), TICKET_UNKNOWN);
    assert_int_equal(ticket_keys_find(&keys, key_of('n', 1).name, 2, &found), TICKET_GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_are_no_keys_give_none),
        cmocka_unit_test(keys_come_back_with_the_age_they_have),
        cmocka_unit_test(times_out_of_all_reason_are_no_keys),
        cmocka_unit_test(a_key_makes_for_half_of_the_time_that_it_takes),
        cmocka_unit_test(the_third_key_ends_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
