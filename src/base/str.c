#include "base/base.h"

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

struct str str_of(const char *c_string)
{
    return c_string ? (struct str){ c_string, (uint32_t)strlen(c_string) } : STR_NONE;
}

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (uint32_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int str_compare(struct str a, struct str b)
{
    uint32_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.ptr, b.ptr, common) : 0;

    if (order != 0)
        return order < 0 ? -1 : 1;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_equal(str_from(s, s.len - suffix.len), suffix);
}

int64_t str_find_byte(struct str s, char byte)
{
    const char *at = s.len ? memchr(s.ptr, byte, s.len) : NULL;

    return at ? at - s.ptr : -1;
}

/* A letter's two cases differ in one bit; for another byte that lets a few more through. */
bool str_contains_nocase(struct str s, struct str part)
{
    enum { CASE_BIT = 0x20 };
    const unsigned char first = (unsigned char)((part.len ? part.ptr[0] : 0) | CASE_BIT);

    for (uint32_t i = 0; i + (uint64_t)part.len <= s.len; i++)
        if ((!part.len || ((unsigned char)s.ptr[i] | CASE_BIT) == first) &&
            str_equal_nocase((struct str){ s.ptr + i, part.len }, part))
            return true;
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = str_from(s, 1);
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool str_cut(struct str *rest, char separator, struct str *part)
{
    int64_t at;

    if (rest->ptr == NULL)
        return false;
    at = str_find_byte(*rest, separator);
    if (at < 0) {
        *part = *rest;
        *rest = (struct str){ NULL, 0 };
        return true;
    }
    *part = str_first(*rest, (uint32_t)at);
    *rest = str_from(*rest, (uint32_t)at + 1);
    return true;
}

bool str_has_word(struct str words, struct str word)
{
    struct str part;

    while (words.len && str_cut(&words, ' ', &part))
        if (str_equal(part, word))
            return true;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool str_to_i64(struct str s, int64_t *out)
{
    bool negative = s.len && s.ptr[0] == '-';
    int64_t value = 0;

    if (s.len > STR_NUMBER_MAX)
        return false;
    if (negative)
        s = str_from(s, 1);
    if (s.len == 0)
        return false;
    for (uint32_t i = 0; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (!is_digit(s.ptr[i]))
            return false;
        /* Counted downwards, so that INT64_MIN fits. */
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

__extension__ typedef unsigned __int128 wide;

/* A decimal as it is read: digits × 10^exponent. 37 digits are kept, twice what a result can hold;
 * those behind them cannot change it. */
struct decimal {
    wide digits;
    int exponent;
    bool full, negative;
};

static void decimal_digit(struct decimal *d, int digit, bool fraction)
{
    const wide room = ((wide)1 << 120) / 10;

    d->full = d->full || d->digits > room;
    if (!d->full)
        d->digits = d->digits * 10 + (unsigned)digit;
    d->exponent += (d->full ? 1 : 0) - (fraction ? 1 : 0);
}

static bool decimal_parse(struct str s, struct decimal *d)
{
    uint32_t i = 0, digits = 0;
    int64_t exponent = 0;

    *d = (struct decimal){ 0 };
    if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+'))
        d->negative = s.ptr[i++] == '-';
    for (; i < s.len && is_digit(s.ptr[i]); i++, digits++)
        decimal_digit(d, s.ptr[i] - '0', false);
    if (i < s.len && s.ptr[i] == '.')
        for (i++; i < s.len && is_digit(s.ptr[i]); i++, digits++)
            decimal_digit(d, s.ptr[i] - '0', true);
    if (digits == 0)
        return false;
    if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
        struct str power = str_from(s, i + 1);
        if (power.len && power.ptr[0] == '+')
            power = str_from(power, 1);
        if (!str_to_i64(power, &exponent))
            return false;
        exponent = exponent < -1000 ? -1000 : exponent > 1000 ? 1000 : exponent;
        i = s.len;
    }
    d->exponent += (int)exponent;
    return i == s.len;
}

bool str_to_decimal(struct str s, int scale, int64_t *out)
{
    struct decimal d;
    unsigned dropped = 0;
    int shift;

    if (s.len > STR_NUMBER_MAX || !decimal_parse(s, &d))
        return false;
    shift = d.exponent + scale;
    for (; shift > 0 && d.digits && d.digits <= INT64_MAX; shift--)
        d.digits *= 10;
    for (; shift < 0 && (d.digits || dropped); shift++) {
        dropped = (unsigned)(d.digits % 10);
        d.digits /= 10;
    }
    if (dropped >= 5)
        d.digits++;
    if (d.digits > INT64_MAX)
        return false;
    *out = d.negative ? -(int64_t)d.digits : (int64_t)d.digits;
    return true;
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    return h;
}

static uint64_t hash_word(uint64_t h, const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return ((h << 23 | h >> 41) ^ word) * 0x9e3779b97f4a7c15u;
}

/* Whole frames are hashed (ocpp/poison.h): eight bytes at a time, and in four lanes, since one
 * multiplication need not wait for the other's. */
uint64_t str_hash(struct str s)
{
    enum { WORD = sizeof(uint64_t) };
    uint64_t h = s.len, a = 1, b = 2, c = 3, word = 0;
    uint32_t at = 0;

    if (s.len >= 4 * WORD) {
        for (; s.len - at >= 4 * WORD; at += 4 * WORD) {
            h = hash_word(h, s.ptr + at);
            a = hash_word(a, s.ptr + at + WORD);
            b = hash_word(b, s.ptr + at + (size_t)2 * WORD);
            c = hash_word(c, s.ptr + at + (size_t)3 * WORD);
        }
        h = mix(h ^ mix(a ^ mix(b ^ mix(c))));
    }
    for (; s.len - at >= WORD; at += WORD)
        h = hash_word(h, s.ptr + at);
    if (at < s.len)
        memcpy(&word, s.ptr + at, s.len - at);
    return mix((h ^ word) * 0x9e3779b97f4a7c15u);
}

uint64_t str_hash_nocase(struct str s)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (uint32_t i = 0; i < s.len; i++)
        h = (h ^ lower(s.ptr[i])) * 0x100000001b3u;
    return mix(h);
}

/* The length of the sequence that starts with this byte, and the range of its second byte.
 * RFC 3629 §4. */
static uint32_t utf8_lead(unsigned char c, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        return 2;
    if (c >= 0xe0 && c <= 0xef) {
        *low = c == 0xe0 ? 0xa0 : 0x80;
        *high = c == 0xed ? 0x9f : 0xbf;
        return 3;
    }
    if (c >= 0xf0 && c <= 0xf4) {
        *low = c == 0xf0 ? 0x90 : 0x80;
        *high = c == 0xf4 ? 0x8f : 0xbf;
        return 4;
    }
    return 0;
}

uint32_t utf8_sequence(struct str s)
{
    unsigned char low, high;
    uint32_t len = s.len ? utf8_lead((unsigned char)s.ptr[0], &low, &high) : 0;

    if (len > s.len)
        return 0;
    for (uint32_t k = 1; k < len; k++) {
        unsigned char c = (unsigned char)s.ptr[k];
        if (c < (k == 1 ? low : 0x80) || c > (k == 1 ? high : 0xbf))
            return 0;
    }
    return len;
}

bool utf8_valid(struct str s)
{
    uint32_t i = 0;

    while (i < s.len) {
        uint64_t word;
        uint32_t len;

        while (i + 8 <= s.len) { /* plain ASCII, eight bytes at a time */
            memcpy(&word, s.ptr + i, 8);
            if (word & 0x8080808080808080u)
                break;
            i += 8;
        }
        if (i == s.len)
            break;
        len = utf8_sequence(str_from(s, i));
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

uint32_t utf8_length(struct str s)
{
    uint32_t points = 0;

    for (uint32_t i = 0; i < s.len; i++)
        points += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    return points;
}
