/* scan.h: finding the end of plain text, eight or sixteen bytes at a time. Of json/ alone. */
#pragma once
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/base.h"

#define SCAN_ONES UINT64_C(0x0101010101010101)
#define SCAN_HIGH UINT64_C(0x8080808080808080)

/* Is it a byte that stands for itself in a JSON string and is ASCII? */
static inline bool scan_is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* The first byte in [at, end) that is a quote, a backslash, a control character or not ASCII; `end`
 * when there is none. */
static inline const char *scan_plain(const char *at, const char *end)
{
#ifdef __SSE2__
    /* Compared with signs, what is not ASCII is below zero. */
    while (end - at >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i stop = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                    _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                                 _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
        unsigned mask = (unsigned)_mm_movemask_epi8(stop);

        if (mask)
            return at + __builtin_ctz(mask);
        at += 16;
    }
#endif
    while (end - at >= 8) {
        uint64_t word, stop;

        /* In ASCII bytes, subtracting borrows from the high bit where the byte is below: 0x20, or
         * 1 after a quote (a backslash) was made 0. What a borrow does to bytes behind does not
         * matter, as only the first is looked at. */
        memcpy(&word, at, 8);
        stop = (word | (word - SCAN_ONES * 0x20) | ((word ^ SCAN_ONES * '"') - SCAN_ONES) |
                ((word ^ SCAN_ONES * '\\') - SCAN_ONES)) &
               SCAN_HIGH;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        if (stop)
            return at + __builtin_ctzll(stop) / 8;
#else
        if (stop)
            break;
#endif
        at += 8;
    }
    while (at < end && scan_is_plain(*at))
        at++;
    return at;
}
