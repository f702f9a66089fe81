#include "test.h"

#include "access/password.h"
#include "access/rights.h"
#include "access/secret.h"
#include "access/station_password.h"

static void a_made_secret_has_only_letters_and_digits_all_as_likely(void **state)
{
    enum { ROUNDS = 31000, LETTERS = 62 };
    uint32_t count[256] = { 0 };
    struct secret secret;
    (void)state;
    for (int i = 0; i < ROUNDS / 20; i++) {
        secret_make(&secret, 20);
        assert_int_equal(secret.len, 20);
        assert_int_equal(strlen(secret.text), 20);
        for (uint32_t c = 0; c < secret.len; c++)
            count[(uint8_t)secret.text[c]]++;
    }
    for (int c = 0; c < 256; c++) {
        bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        /* 500 expected, standard deviation 22; modulo bias would give the first eight 25% more. */
        if (letter)
            assert_in_range(count[c], 500 - 160, 500 + 160);
        else
            assert_int_equal(count[c], 0);
    }
}

static void secrets_are_equal_only_byte_for_byte(void **state)
{
    (void)state;
    assert_true(secret_equal(STR("abc"), STR("abc")));
    assert_false(secret_equal(STR("abc"), STR("abd")));
    assert_false(secret_equal(STR("abc"), STR("abcd")));
    assert_true(secret_equal(STR(""), STR("")));
}

static void hmac_follows_rfc_4231(void **state)
{
    /* Test case 2, its data cut in two. */
    static const uint8_t want[SHA256_BYTES] = { 0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
                                                0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
                                                0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83,
                                                0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43 };
    uint8_t got[SHA256_BYTES];
    (void)state;
    hmac_sha256(STR("Jefe"), STR("what do ya "), STR("want for nothing?"), got);
    assert_memory_equal(got, want, sizeof want);
}

static void a_flawed_station_password_is_told_its_rule(void **state)
{
    static const struct {
        const char *name, *password;
        enum protocol protocol;
        const char *says; /* NULL: it is fine */
    } cases[] = {
        { "15 characters", "123456789012345", PROTOCOL_16, "at least 16" },
        { "16 characters", "1234567890abcdeX", PROTOCOL_16, NULL },
        { "20 in 1.6", "12345678901234567890", PROTOCOL_16, NULL },
        { "21 in 1.6", "123456789012345678901", PROTOCOL_16, "1.6" },
        { "40 hex digits in 1.6", "0123456789abcdef0123456789ABCDEF01234567", PROTOCOL_16, NULL },
        { "40 in 2.0.1", "x123456789012345678901234567890123456789", PROTOCOL_201, NULL },
        { "41 in 2.0.1", "x1234567890123456789012345678901234567890", PROTOCOL_201, "2.0.1" },
        { "41 in 2.1", "x1234567890123456789012345678901234567890", PROTOCOL_21, NULL },
        { "65 in 2.1", "x1234567890123456789012345678901234567890123456789012345678901234",
          PROTOCOL_21, "64" },
        { "not known yet", "x1234567890123456789012345678901234567890", PROTOCOL_NONE, NULL },
        { "a line break", "1234567890abcde\n", PROTOCOL_201, "control" },
        { "an umlaut", "1234567890abcde\xc3\xa4", PROTOCOL_201, NULL },
        { "half an umlaut", "1234567890abcde\xc3", PROTOCOL_201, "UTF-8" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *flaw = station_password_flaw(str_of(cases[i].password), cases[i].protocol);
        print_message("# %s\n", cases[i].name);
        if (!cases[i].says)
            assert_null(flaw);
        else
            assert_non_null(strstr(flaw ? flaw : "", cases[i].says));
    }
}

static void hex_and_text_of_the_same_bytes_open_the_same_station(void **state)
{
    const struct str key = STR("0123456789abcdef0123456789abcdef"), salt = STR("salt of 16 bytes");
    const struct str text = STR("Aa0Bb1Cc2Dd3Ee4Ff5Gg");
    uint8_t hash[SHA256_BYTES];
    struct secret hex, made;
    struct str stored = { (const char *)hash, sizeof hash };
    (void)state;
    station_password_hex(text, &hex);
    assert_str_equal(secret_str(&hex), STR("4161304262314363324464334565344666354767"));
    station_password_hash(key, salt, text, hash);
    assert_true(station_password_fits(key, salt, stored, text));
    assert_true(station_password_fits(key, salt, stored, secret_str(&hex)));
    assert_true(
        station_password_fits(key, salt, stored, STR("4161304262314363324464334565344666354767")));
    /* Given as hex digits, it fits the text too. */
    station_password_hash(key, salt, secret_str(&hex), hash);
    assert_true(station_password_fits(key, salt, stored, text));
    assert_false(station_password_fits(key, salt, stored, STR("Aa0Bb1Cc2Dd3Ee4Ff5Gh")));
    assert_false(station_password_fits(key, STR("salt of 16 bytez"), stored, text));
    assert_false(station_password_fits(STR("another key"), salt, stored, text));
    assert_false(station_password_fits(key, salt, STR_NONE, text));
    assert_false(station_password_fits(key, salt, stored, STR_NONE));
    secret_make(&made, STATION_PASSWORD_MADE);
    assert_null(station_password_flaw(secret_str(&made), PROTOCOL_16));
}

static void a_persons_password_is_checked_and_hashed(void **state)
{
    char hash[PASSWORD_HASH_CAP];
    (void)state;
    assert_non_null(password_flaw(STR("short12"), STR("anna")));
    assert_non_null(password_flaw(STR("PassWord123"), STR("anna")));
    assert_non_null(password_flaw(STR("annamaria"), STR("AnnaMaria")));
    assert_non_null(password_flaw(STR("\xff\xfe 345678"), STR("anna")));
    assert_null(password_flaw(STR("correct horse"), STR("anna")));
    assert_int_equal(password_hash(STR("correct horse"), hash), ERR_NONE);
    assert_true(str_starts(str_of(hash), STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_true(password_fits(STR("correct horse"), str_of(hash)));
    assert_false(password_fits(STR("correct horsf"), str_of(hash)));
    assert_false(password_fits(STR("correct horse"), STR_NONE));
    assert_false(password_fits(STR("correct horse"), STR("$argon2id$nonsense")));
}

static void a_role_is_a_row_of_rights(void **state)
{
    (void)state;
    assert_int_equal(role_find(STR("admin")), ROLE_ADMIN);
    assert_int_equal(role_find(STR("root")), ROLE_COUNT);
    for (enum right right = 0; right < RIGHT_COUNT; right++) {
        assert_true(role_may(ROLE_ADMIN, right));
        assert_false(role_may(ROLE_COUNT, right));
        if (role_may(ROLE_VIEWER, right))
            assert_true(role_may(ROLE_OPERATOR, right));
        if (role_may(ROLE_VIEWER, right))
            assert_true(str_ends(right_words[right], STR(".read")));
    }
    assert_true(role_may(ROLE_OPERATOR, RIGHT_STATION_COMMAND));
    assert_false(role_may(ROLE_OPERATOR, RIGHT_STATION_CALL));
    assert_false(role_may(ROLE_OPERATOR, RIGHT_PERSON_WRITE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_secret_has_only_letters_and_digits_all_as_likely),
        cmocka_unit_test(secrets_are_equal_only_byte_for_byte),
        cmocka_unit_test(hmac_follows_rfc_4231),
        cmocka_unit_test(a_flawed_station_password_is_told_its_rule),
        cmocka_unit_test(hex_and_text_of_the_same_bytes_open_the_same_station),
        cmocka_unit_test(a_persons_password_is_checked_and_hashed),
        cmocka_unit_test(a_role_is_a_row_of_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
