/* A decimal that was read is written and read again: the same number. Integers are decimals without
 * a scale. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    char memory[64];
    struct buf buf;
    int64_t value, again;

    for (int scale = 0; scale <= 9; scale += 3) {
        if (!str_to_decimal(text, scale, &value))
            continue;
        buf_init(&buf, memory, sizeof memory);
        buf_put_decimal(&buf, value, scale);
        check(!buf.overflow);
        check(str_to_decimal(buf_str(&buf), scale, &again));
        check(again == value);
    }
    if (str_to_i64(text, &value)) {
        check(str_to_decimal(text, 0, &again));
        check(again == value);
    }
    (void)utf8_valid(text); /* only that it stays within the text */
    free((void *)(uintptr_t)text.ptr);
    return 0;
}
