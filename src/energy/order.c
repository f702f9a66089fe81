#include "energy/order.h"

#define DIGIT_BITS 11
#define DIGITS     (1u << DIGIT_BITS)

/* Moves entries to `to` by one digit. False: all have the same, nothing was moved. */
static bool by_digit(const struct order_entry *from, uint32_t count, unsigned shift,
                     struct order_entry *to)
{
    uint32_t start[DIGITS] = { 0 }, sum = 0;

    for (uint32_t i = 0; i < count; i++)
        start[from[i].key >> shift & (DIGITS - 1)]++;
    if (start[from[0].key >> shift & (DIGITS - 1)] == count)
        return false;
    for (uint32_t digit = 0; digit < DIGITS; digit++) {
        uint32_t here = start[digit];
        start[digit] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < count; i++)
        to[start[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
    return true;
}

void order_by_key(struct order_entry *entries, uint32_t count, struct order_entry *scratch)
{
    struct order_entry *from = entries, *to = scratch;

    for (unsigned shift = 0; count > 1 && shift < 32; shift += DIGIT_BITS) {
        struct order_entry *was = from;
        if (!by_digit(from, count, shift, to))
            continue;
        from = to;
        to = was;
    }
    if (from != entries && count)
        memcpy(entries, from, count * sizeof *entries);
}
