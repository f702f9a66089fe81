/* varint.h: numbers of few bytes when they are small, of either sign (zigzag, 7 bits a byte, low
 * first), and texts behind their length: the form of the log's entries and of compacted meter
 * values.
 */
#pragma once
#include "base/base.h"

static inline void varint_put(struct buf *out, int64_t value)
{
    uint64_t rest = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);

    for (; rest >= 0x80; rest >>= 7)
        buf_put_byte(out, (char)(rest | 0x80));
    buf_put_byte(out, (char)rest);
}

static inline void varint_put_text(struct buf *out, struct str text)
{
    varint_put(out, text.len);
    buf_put(out, text);
}

/* Takes one off the front. False: the bytes end, or it is longer than a number can be. */
static inline bool varint_take(struct str *bytes, int64_t *value)
{
    uint64_t sum = 0;

    for (unsigned shift = 0; shift < 64 && bytes->len; shift += 7) {
        uint8_t byte = (uint8_t)bytes->ptr[0];
        *bytes = str_from(*bytes, 1);
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = (int64_t)(sum >> 1) ^ -(int64_t)(sum & 1);
            return true;
        }
    }
    return false;
}

/* The same for a text, which borrows from the bytes. */
static inline bool varint_take_text(struct str *bytes, struct str *text)
{
    int64_t len;

    if (!varint_take(bytes, &len) || len < 0 || len > bytes->len)
        return false;
    *text = str_first(*bytes, (uint32_t)len);
    *bytes = str_from(*bytes, (uint32_t)len);
    return true;
}
