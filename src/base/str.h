/* str.h: the one string inside: a borrowed span of bytes, not NUL-terminated.
 *
 * Whoever returns one says until when it is valid. Print with "%.*s", STR_ARGS(s). Bytes from
 * outside may hold anything, NUL included; UTF-8 is checked where text enters (utf8_valid).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"

struct str {
    const char *ptr;
    uint32_t len;
};

#define STR_INIT(literal) { (literal), sizeof(literal) - 1 }
#define STR(literal)      ((struct str)STR_INIT(literal))
#define STR_NONE          ((struct str){ "", 0 })
#define STR_ARGS(s)       (int)(s).len, (s).ptr

/* The bytes up to the NUL of a C string; NULL gives the empty one. */
struct str str_of(const char *c_string);
static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
/* ASCII letters compare without case (CiString, 1.6 §8.1). */
bool str_equal_nocase(struct str a, struct str b);
/* -1, 0, 1 by bytes; a shorter prefix comes first. */
int str_compare(struct str a, struct str b);
static inline bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_equal((struct str){ s.ptr, prefix.len }, prefix);
}
bool str_ends(struct str s, struct str suffix);
/* The index of the first such byte, or -1. */
int64_t str_find_byte(struct str s, char byte);
/* Does `part` stand in `s`, ASCII letters without case? The empty part always does. */
bool str_contains_nocase(struct str s, struct str part);
/* From index `from` (at most len) to the end. */
static inline struct str str_from(struct str s, uint32_t from)
{
    check(from <= s.len);
    return (struct str){ s.ptr + from, s.len - from };
}
/* The first `len` bytes, or all when there are fewer. */
static inline struct str str_first(struct str s, uint32_t len)
{
    return (struct str){ s.ptr, len < s.len ? len : s.len };
}
/* Without white space (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);
/* Takes what stands before the first `separator` off the front of *rest; false when *rest is used
 * up. "a,b" gives "a", then "b"; "a," gives "a", then "". Start with *rest.ptr not NULL. */
bool str_cut(struct str *rest, char separator, struct str *part);

/* Is `word` one of the words of a list with spaces between? */
bool str_has_word(struct str words, struct str word);

/* Longer texts are no numbers, whatever their leading zeros. */
enum { STR_NUMBER_MAX = 400 };
/* Whole text as an integer: optional '-', digits, nothing else, in range. */
bool str_to_i64(struct str s, int64_t *out);
/* Whole text as a decimal scaled by 10^scale ("1.5", scale 3 → 1500). Accepts sign, fraction and
 * exponent as in JSON; digits below the scale are rounded half away from zero. False when it is no
 * number or out of range. No floating point is involved. */
bool str_to_decimal(struct str s, int scale, int64_t *out);

/* The value of a hex digit, in either case; -1: it is none. */
static inline int str_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 64-bit hash for tables in memory (not for secrets, not stable across versions). */
uint64_t str_hash(struct str s);
uint64_t str_hash_nocase(struct str s);

/* Is it UTF-8 without surrogates, overlong forms and values above U+10FFFF? (RFC 3629) */
bool utf8_valid(struct str s);
/* The bytes of the sequence that `s` starts with: 1..4, or 0 when it is not UTF-8 or `s` is empty.
 */
uint32_t utf8_sequence(struct str s);
/* Unicode code points in valid UTF-8. */
uint32_t utf8_length(struct str s);
