/* varint.h: numbers of few bytes when they are small: seven bits a byte, low first, the top bit
 * says that more come. Those of either sign are folded first (zigzag: 0, -1, 1, -2 …). The form of
 * redo records, of the log's entries and of compacted meter values.
 *
 * Takers are for bytes from the disk: they change nothing when they fail.
 */
#pragma once
#include "base/base.h"

enum { VARINT_BYTES_MAX = 10 };

static inline uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

/* --- unsigned --- */

/* How many bytes it has. */
static inline uint32_t varint_len(uint64_t value)
{
    return (uint32_t)(70 - __builtin_clzll(value | 1)) / 7;
}

/* Writes varint_len bytes, for which there is room; gives the end of them. */
static inline char *varint_write(char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (char)(unsigned char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

/* Takes one off the front. False: the bytes end, or it is more than 64 bits. */
static inline bool varint_take_unsigned(struct str *bytes, uint64_t *value)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < bytes->len && i < VARINT_BYTES_MAX; i++) {
        uint64_t byte = (unsigned char)bytes->ptr[i];
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            return false;
        sum |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *value = sum;
            *bytes = str_from(*bytes, i + 1);
            return true;
        }
    }
    return false;
}

/* --- of either sign, and texts behind their length --- */

static inline void varint_put(struct buf *out, int64_t value)
{
    char bytes[VARINT_BYTES_MAX];
    const char *end = varint_write(bytes, zigzag(value));

    buf_put(out, (struct str){ bytes, (uint32_t)(end - bytes) });
}

static inline void varint_put_text(struct buf *out, struct str text)
{
    varint_put(out, text.len);
    buf_put(out, text);
}

/* Takes one off the front. False: as varint_take_unsigned. */
static inline bool varint_take(struct str *bytes, int64_t *value)
{
    uint64_t folded;

    if (!varint_take_unsigned(bytes, &folded))
        return false;
    *value = unzigzag(folded);
    return true;
}

/* The same for a text, which borrows from the bytes. */
static inline bool varint_take_text(struct str *bytes, struct str *text)
{
    struct str rest = *bytes;
    int64_t len;

    if (!varint_take(&rest, &len) || len < 0 || len > rest.len)
        return false;
    *text = str_first(rest, (uint32_t)len);
    *bytes = str_from(rest, (uint32_t)len);
    return true;
}
