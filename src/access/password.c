#include "access/password.h"

#include <argon2.h>

#include "access/secret.h"

/* OWASP's minimum for argon2id: 19 MiB, two passes, one lane. */
enum { PASSES = 2, MEMORY_KIB = 19456, LANES = 1, SALT_BYTES = 16, HASH_BYTES = 32 };

/* Of the lists of what people choose, those with at least PASSWORD_MIN characters. */
static const struct str tried_first[] = {
    STR_INIT("password"),    STR_INIT("12345678"),   STR_INIT("123456789"),
    STR_INIT("1234567890"),  STR_INIT("password1"),  STR_INIT("password12"),
    STR_INIT("password123"), STR_INIT("qwertyui"),   STR_INIT("qwertyuiop"),
    STR_INIT("qwerty123"),   STR_INIT("11111111"),   STR_INIT("00000000"),
    STR_INIT("88888888"),    STR_INIT("87654321"),   STR_INIT("987654321"),
    STR_INIT("iloveyou"),    STR_INIT("sunshine"),   STR_INIT("princess"),
    STR_INIT("football"),    STR_INIT("baseball"),   STR_INIT("superman"),
    STR_INIT("trustno1"),    STR_INIT("letmein1"),   STR_INIT("welcome1"),
    STR_INIT("welcome123"),  STR_INIT("admin123"),   STR_INIT("administrator"),
    STR_INIT("changeme"),    STR_INIT("changeme1"),  STR_INIT("asdfghjk"),
    STR_INIT("asdfghjkl"),   STR_INIT("1q2w3e4r"),   STR_INIT("1q2w3e4r5t"),
    STR_INIT("1qaz2wsx"),    STR_INIT("zaq12wsx"),   STR_INIT("qazwsxedc"),
    STR_INIT("passw0rd"),    STR_INIT("p@ssw0rd"),   STR_INIT("abcd1234"),
    STR_INIT("abc12345"),    STR_INIT("a1b2c3d4"),   STR_INIT("1234qwer"),
    STR_INIT("qwer1234"),    STR_INIT("computer"),   STR_INIT("michelle"),
    STR_INIT("jennifer"),    STR_INIT("starwars"),   STR_INIT("internet"),
    STR_INIT("charging"),    STR_INIT("voltdvoltd"),
};

const char *password_flaw(struct str password, struct str name)
{
    if (!utf8_valid(password))
        return "a password is UTF-8 text";
    if (utf8_length(password) < PASSWORD_MIN)
        return "a password has at least 8 characters; 15 are better";
    if (password.len > PASSWORD_MAX)
        return "a password has at most 256 bytes";
    if (str_equal_nocase(password, name))
        return "a password is not the name";
    for (size_t i = 0; i < COUNT(tried_first); i++)
        if (str_equal_nocase(password, tried_first[i]))
            return "this password is among the first that anybody tries";
    return NULL;
}

enum err password_hash(struct str password, char hash[PASSWORD_HASH_CAP])
{
    uint8_t salt[SALT_BYTES];
    int result;

    secret_random(salt, sizeof salt);
    result = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.ptr, password.len, salt,
                                   sizeof salt, HASH_BYTES, hash, PASSWORD_HASH_CAP);
    return result == ARGON2_OK ? ERR_NONE : ERR_FULL;
}

bool password_fits(struct str password, struct str hash)
{
    /* Of a password that nobody knows. */
    static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGtub3dzIGl0$"
                                 "Zm9yIG5vYm9keSBjaG9zZSBpdCBmb3IgYW55dGhpbmc";
    char text[PASSWORD_HASH_CAP];

    if (hash.len == 0 || hash.len >= sizeof text) {
        (void)argon2id_verify(nobody, password.ptr, password.len); /* for the time that it takes */
        return false;
    }
    memcpy(text, hash.ptr, hash.len);
    text[hash.len] = '\0';
    return argon2id_verify(text, password.ptr, password.len) == ARGON2_OK;
}
