#include "energy/sort.h"

#define DIGIT_BITS 11
#define DIGITS     (1u << DIGIT_BITS)

/* Moves entries to `to` by one digit. False: all have the same, nothing was moved. */
static bool by_digit(const struct sort_entry *from, uint32_t count, unsigned shift,
                     struct sort_entry *to)
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

void sort_by_key(struct sort_entry *entries, uint32_t count, struct sort_entry *scratch)
{
    struct sort_entry *from = entries, *to = scratch;

    for (unsigned shift = 0; count > 1 && shift < 32; shift += DIGIT_BITS) {
        struct sort_entry *was = from;
        if (!by_digit(from, count, shift, to))
            continue;
        from = to;
        to = was;
    }
    if (from != entries && count)
        memcpy(entries, from, count * sizeof *entries);
}

struct run {
    uint32_t low, middle, high;
};

/* Merges from[low..middle) and from[middle..high) into `to`. */
static void merge(const uint32_t *from, struct run run, uint32_t *to, sort_before *before,
                  const void *context)
{
    uint32_t left = run.low, right = run.middle;

    for (uint32_t i = run.low; i < run.high; i++) {
        bool take_right =
            left == run.middle || (right < run.high && before(context, from[right], from[left]));
        to[i] = take_right ? from[right++] : from[left++];
    }
}

void sort_by_rule(uint32_t *indices, uint32_t count, uint32_t *scratch, sort_before *before,
                  const void *context)
{
    uint32_t *from = indices, *to = scratch;

    for (uint32_t width = 1; width < count; width *= 2) {
        uint32_t *was = from;
        for (uint32_t low = 0; low < count; low += 2 * width) {
            uint32_t middle = low + width < count ? low + width : count;
            uint32_t high = low + 2 * width < count ? low + 2 * width : count;
            merge(from, (struct run){ low, middle, high }, to, before, context);
        }
        from = to;
        to = was;
    }
    if (from != indices && count)
        memcpy(indices, from, count * sizeof *indices);
}
