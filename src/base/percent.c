#include "base/percent.h"

bool percent_decode(struct str text, struct arena *arena, struct str *out)
{
    char *to = arena_alloc(arena, (size_t)text.len + 1);
    uint32_t len = 0;

    if (!to)
        return false;
    for (uint32_t i = 0; i < text.len; i++) {
        int high, low;
        if (text.ptr[i] != '%') {
            to[len++] = text.ptr[i];
            continue;
        }
        if (text.len - i < 3)
            return false;
        high = str_hex_digit(text.ptr[i + 1]);
        low = str_hex_digit(text.ptr[i + 2]);
        if (high < 0 || low < 0)
            return false;
        to[len++] = (char)(high * 16 + low);
        i += 2;
    }
    to[len] = '\0';
    *out = (struct str){ to, len };
    return true;
}
