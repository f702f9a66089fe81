/* buf.h: bytes being built. Never overruns: what does not fit sets `overflow`, which stays set, so
 * it is checked once at the end. Either over fixed memory or growing inside an arena.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct buf {
    char *ptr;
    uint32_t len, cap;
    uint32_t len_max;    /* never longer than this */
    struct arena *arena; /* NULL: fixed */
    bool overflow;
};

/* Over memory that the caller keeps. */
void buf_init(struct buf *buf, void *memory, uint32_t cap);
/* Grows in the arena up to len_max bytes. Valid as long as the arena's memory. */
void buf_init_arena(struct buf *buf, struct arena *arena, uint32_t len_max);

/* Room for `len` more bytes, or NULL (and overflow). buf->len is not moved. */
char *buf_reserve(struct buf *buf, uint32_t len);
void buf_put(struct buf *buf, struct str s);
void buf_put_byte(struct buf *buf, char byte);
void buf_put_i64(struct buf *buf, int64_t value);
/* value / 10^scale in plain decimal, without trailing zeros: 1500, 3 → "1.5"; -7, 3 → "-0.007". */
void buf_put_decimal(struct buf *buf, int64_t value, int scale);
void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Formatted text into an array, NUL-terminated; what does not fit is cut. */
void text_printf(char *to, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What stands in it; valid until the next put. */
static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){ buf->ptr, buf->len };
}
