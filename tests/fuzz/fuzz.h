/* fuzz.h: what each fuzz target includes. A target calls the code under test with bytes that
 * libFuzzer makes up and `check`s what must hold for any bytes. */
#pragma once
#include <stdlib.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input in a block of its own size, so that AddressSanitizer sees a read beyond it. Freed by
 * the caller. */
static inline struct str fuzz_text(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1);

    check(copy != NULL);
    memcpy(copy, data, size);
    return (struct str){ copy, (uint32_t)size };
}
