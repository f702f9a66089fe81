#include "test.h"

#include "access/throttle.h"

static struct throttle throttle;

static int fresh(void **state)
{
    (void)state;
    throttle = (struct throttle){ 0 };
    return 0;
}

static void an_address_that_guesses_is_slowed_down_and_no_other(void **state)
{
    const struct str mallory = STR("192.0.2.7:4000"), anna = STR("192.0.2.8:4000");
    (void)state;
    for (int i = 0; i < ADDRESS_TRIES; i++) {
        assert_int_equal(throttle_wait_ms(&throttle, 1000, mallory, STR("x")), 0);
        throttle_tried(&throttle, 1000, mallory, STR("x"), false);
    }
    assert_int_equal(throttle_wait_ms(&throttle, 1000, mallory, STR("x")), ADDRESS_LEAK_MS);
    /* Another port is no other address, another name no way around. */
    assert_int_equal(throttle_wait_ms(&throttle, 1000, STR("192.0.2.7:4001"), STR("y")),
                     ADDRESS_LEAK_MS);
    assert_int_equal(throttle_wait_ms(&throttle, 1000, anna, STR("x")), 0);
    assert_int_equal(throttle_wait_ms(&throttle, 1000 + ADDRESS_LEAK_MS, mallory, STR("x")), 0);
}

static void a_name_under_attack_stays_open_where_its_person_was_before(void **state)
{
    const struct str home = STR("198.51.100.1:1");
    (void)state;
    throttle_tried(&throttle, 1, home, STR("Anna"), true);
    for (int i = 0; i < NAME_TRIES; i++) {
        char address[32];
        (void)snprintf(address, sizeof address, "203.0.113.%d:1", i);
        assert_int_equal(throttle_wait_ms(&throttle, 2, str_of(address), STR("anna")), 0);
        throttle_tried(&throttle, 2, str_of(address), STR("anna"), false);
    }
    assert_int_equal(throttle_wait_ms(&throttle, 2, STR("203.0.113.200:1"), STR("ANNA")),
                     NAME_LEAK_MS);
    assert_int_equal(throttle_wait_ms(&throttle, 2, home, STR("anna")), 0);
    assert_int_equal(throttle_wait_ms(&throttle, 2, STR("203.0.113.200:1"), STR("berta")), 0);
}

static void a_household_of_ipv6_is_one_address(void **state)
{
    (void)state;
    for (int i = 0; i < ADDRESS_TRIES; i++)
        throttle_tried(&throttle, 5, STR("[2001:db8:1:2:aaaa::1]:1"), STR("x"), false);
    assert_int_equal(throttle_wait_ms(&throttle, 5, STR("[2001:db8:1:2:bbbb::9]:7"), STR("y")),
                     ADDRESS_LEAK_MS);
    assert_int_equal(throttle_wait_ms(&throttle, 5, STR("[2001:db8:1:3::9]:7"), STR("y")), 0);
}

static void a_flood_of_addresses_fits_into_the_memory_there_is(void **state)
{
    (void)state;
    throttle_tried(&throttle, 1, STR("198.51.100.1:1"), STR("anna"), true);
    for (int i = 0; i < 100000; i++) {
        char address[32];
        (void)snprintf(address, sizeof address, "10.%d.%d.%d:1", i >> 16, (i >> 8) & 255, i & 255);
        throttle_tried(&throttle, 2 + (mono_ms)i, str_of(address), STR("anna"), false);
    }
    assert_true(throttle_wait_ms(&throttle, 200000, STR("10.9.9.9:1"), STR("anna")) > 0);
    assert_int_equal(throttle_wait_ms(&throttle, 200000, STR("198.51.100.1:1"), STR("anna")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_address_that_guesses_is_slowed_down_and_no_other, fresh),
        cmocka_unit_test_setup(a_name_under_attack_stays_open_where_its_person_was_before, fresh),
        cmocka_unit_test_setup(a_household_of_ipv6_is_one_address, fresh),
        cmocka_unit_test_setup(a_flood_of_addresses_fits_into_the_memory_there_is, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
