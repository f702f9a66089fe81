#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>

void buf_init(struct buf *buf, void *memory, uint32_t cap)
{
    *buf = (struct buf){ .ptr = memory, .cap = cap, .len_max = cap };
}

void buf_init_arena(struct buf *buf, struct arena *arena, uint32_t len_max)
{
    *buf = (struct buf){ .ptr = NULL, .len_max = len_max, .arena = arena };
}

static bool grow(struct buf *buf, uint32_t need)
{
    uint32_t cap = buf->cap < 256 ? 256 : buf->cap;
    char *ptr;

    if (!buf->arena || need > buf->len_max)
        return false;
    while (cap < need)
        cap = cap > UINT32_MAX / 2 ? need : cap * 2;
    if (cap > buf->len_max)
        cap = buf->len_max;
    ptr = arena_alloc(buf->arena, cap);
    if (!ptr)
        return false;
    if (buf->len)
        memcpy(ptr, buf->ptr, buf->len);
    buf->ptr = ptr;
    buf->cap = cap;
    return true;
}

char *buf_reserve(struct buf *buf, uint32_t len)
{
    uint32_t need;

    if (buf->overflow)
        return NULL;
    if (__builtin_add_overflow(buf->len, len, &need) || (need > buf->cap && !grow(buf, need))) {
        buf->overflow = true;
        return NULL;
    }
    return buf->ptr + buf->len;
}

void buf_put(struct buf *buf, struct str s)
{
    char *at = s.len ? buf_reserve(buf, s.len) : NULL;

    if (!at)
        return;
    memcpy(at, s.ptr, s.len);
    buf->len += s.len;
}

void buf_put_byte(struct buf *buf, char byte)
{
    char *at = buf_reserve(buf, 1);

    if (!at)
        return;
    *at = byte;
    buf->len++;
}

void buf_put_i64(struct buf *buf, int64_t value)
{
    char digits[20], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    buf_put(buf, (struct str){ at, (uint32_t)(digits + sizeof digits - at) });
}

void buf_put_decimal(struct buf *buf, int64_t value, int scale)
{
    uint64_t unit = 1, rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t fraction;

    check(scale >= 0 && scale <= 18);
    for (int i = 0; i < scale; i++)
        unit *= 10;
    if (value < 0)
        buf_put_byte(buf, '-');
    buf_put_i64(buf, (int64_t)(rest / unit));
    fraction = rest % unit;
    if (fraction == 0)
        return;
    buf_put_byte(buf, '.');
    while (fraction) {
        unit = unit > 10 ? unit / 10 : 1; /* a fraction is below its unit: it ends before 1 does */
        buf_put_byte(buf, (char)('0' + fraction / unit));
        fraction %= unit;
    }
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list args;
    char *at;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    check(len >= 0);
    at = buf_reserve(buf, (uint32_t)len + 1);
    if (!at)
        return;
    va_start(args, fmt);
    (void)vsnprintf(at, (size_t)len + 1, fmt, args); /* measured above */
    va_end(args);
    buf->len += (uint32_t)len;
}

void text_printf(char *to, size_t cap, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(to, cap, fmt, args); /* cutting is what it is for */
    va_end(args);
}
