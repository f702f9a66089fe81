#include "sim/basic.h"

void sim_put_basic(struct buf *out, struct str user, struct str password)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char memory[256];
    struct buf plain;

    buf_init(&plain, memory, sizeof memory);
    buf_printf(&plain, "%.*s:%.*s", STR_ARGS(user), STR_ARGS(password));
    check(!plain.overflow);
    for (uint32_t i = 0; i < plain.len; i += 3) {
        uint32_t bits = 0, have = plain.len - i < 3 ? plain.len - i : 3;

        for (uint32_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < have ? (uint8_t)plain.ptr[i + j] : 0u);
        for (uint32_t j = 0; j < 4; j++) {
            char digit = digits[bits >> (18 - 6 * j) & 63];

            buf_put_byte(out, (char)(j <= have ? digit : '='));
        }
    }
}
