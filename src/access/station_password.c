#include "access/station_password.h"

enum { HEX_MIN = 2 * STATION_PASSWORD_MIN, HEX_MAX = 40 };

static bool is_hex_form(struct str text)
{
    if (text.len < HEX_MIN || text.len > HEX_MAX || text.len % 2)
        return false;
    for (uint32_t i = 0; i < text.len; i++)
        if (str_hex_digit(text.ptr[i]) < 0)
            return false;
    return true;
}

/* The bytes that count: those that hex digits spell, else the text itself. */
static struct str plain_form(struct str text, char bytes[HEX_MAX / 2])
{
    if (!is_hex_form(text))
        return text;
    for (uint32_t i = 0; i < text.len / 2; i++)
        bytes[i] = (char)(str_hex_digit(text.ptr[(size_t)2 * i]) * 16 +
                          str_hex_digit(text.ptr[(size_t)2 * i + 1]));
    return (struct str){ bytes, text.len / 2 };
}

/* HTTP Basic carries UTF-8 (RFC 7617 §2.1). */
static bool is_text(struct str text)
{
    for (uint32_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return false;
    return utf8_valid(text);
}

const char *station_password_flaw(struct str password, enum protocol protocol)
{
    if (!is_text(password))
        return "a station's password is UTF-8 text without control characters";
    if (password.len < STATION_PASSWORD_MIN)
        return "a station's password has at least 16 characters";
    if (is_hex_form(password))
        return NULL; /* 16 to 20 bytes, which suits all versions */
    if (protocol == PROTOCOL_16 && password.len > 20)
        return "a password for OCPP 1.6 has 16 to 20 bytes, or 32 to 40 hex digits";
    if (protocol == PROTOCOL_201 && utf8_length(password) > 40)
        return "a password for OCPP 2.0.1 has 16 to 40 characters";
    return utf8_length(password) > 64 ? "a station's password has at most 64 characters" : NULL;
}

void station_password_hash(struct str key, struct str salt, struct str password,
                           uint8_t hash[SHA256_BYTES])
{
    char bytes[HEX_MAX / 2];

    hmac_sha256(key, salt, plain_form(password, bytes), hash);
    secret_wipe_bytes(bytes, sizeof bytes);
}

bool station_password_fits(struct str key, struct str salt, struct str hash, struct str password)
{
    uint8_t got[SHA256_BYTES];

    if (hash.len != SHA256_BYTES)
        return false;
    station_password_hash(key, salt, password, got);
    return secret_equal(hash, (struct str){ (const char *)got, sizeof got });
}

void station_password_hex(struct str password, struct secret *hex)
{
    static const char digits[] = "0123456789ABCDEF";
    char bytes[HEX_MAX / 2];
    struct str plain = plain_form(password, bytes);

    check(plain.len * 2 <= SECRET_TEXT_MAX);
    hex->len = 0;
    for (uint32_t i = 0; i < plain.len; i++) {
        hex->text[hex->len++] = digits[(uint8_t)plain.ptr[i] >> 4];
        hex->text[hex->len++] = digits[(uint8_t)plain.ptr[i] & 15];
    }
    hex->text[hex->len] = '\0';
    secret_wipe_bytes(bytes, sizeof bytes);
}
