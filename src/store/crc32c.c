#include "store/crc32c.h"

#include <pthread.h>

/* Eight bytes a step: steps[k] is what a byte does to the checksum with k bytes behind it. */
enum { STEPS = 8 };
static uint32_t steps[STEPS][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_steps(void)
{
    const uint32_t polynomial = 0x82f63b78; /* reflected */

    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        steps[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int k = 1; k < STEPS; k++)
            steps[k][byte] = steps[k - 1][byte] >> 8 ^ steps[0][steps[k - 1][byte] & 0xff];
}

uint32_t crc32c_by_table(uint32_t crc, struct str bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.ptr;
    uint32_t len = bytes.len;

    check(pthread_once(&made, make_steps) == 0);
    crc = ~crc;
    for (; len >= STEPS; len -= STEPS, at += STEPS) {
        uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                              (uint32_t)at[3] << 24);

        crc = steps[7][low & 0xff] ^ steps[6][low >> 8 & 0xff] ^ steps[5][low >> 16 & 0xff] ^
              steps[4][low >> 24] ^ steps[3][at[4]] ^ steps[2][at[5]] ^ steps[1][at[6]] ^
              steps[0][at[7]];
    }
    for (; len; len--, at++)
        crc = crc >> 8 ^ steps[0][(crc ^ *at) & 0xff];
    return ~crc;
}

#ifdef __x86_64__
/* The same by the processor's instruction (SSE 4.2), where it has one. */
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, struct str bytes)
{
    const char *at = bytes.ptr;
    uint32_t len = bytes.len;
    uint64_t sum = (uint32_t)~crc, word;

    for (; len >= STEPS; len -= STEPS, at += STEPS) {
        memcpy(&word, at, sizeof word);
        sum = __builtin_ia32_crc32di(sum, word);
    }
    for (; len; len--, at++)
        sum = __builtin_ia32_crc32qi((uint32_t)sum, (unsigned char)*at);
    return ~(uint32_t)sum;
}

uint32_t crc32c(uint32_t crc, struct str bytes)
{
    return __builtin_cpu_supports("sse4.2") ? by_instruction(crc, bytes)
                                            : crc32c_by_table(crc, bytes);
}
#else
uint32_t crc32c(uint32_t crc, struct str bytes)
{
    return crc32c_by_table(crc, bytes);
}
#endif
