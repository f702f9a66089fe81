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
    char digits[20];
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int len = 0;

    check(scale >= 0 && scale <= 18);
    if (scale == 0) {
        buf_put_i64(buf, value);
        return;
    }
    if (value < 0)
        buf_put_byte(buf, '-');
    /* The fraction's digits from the last to the first; zeros at the end are left out. */
    for (int place = 0; place < scale; place++, rest /= 10)
        if (len || rest % 10)
            digits[len++] = (char)('0' + rest % 10);
    buf_put_i64(buf, (int64_t)rest);
    if (len)
        buf_put_byte(buf, '.');
    while (len)
        buf_put_byte(buf, digits[--len]);
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
