#include "energy/sort.h"

#define DIGIT_BITS 11
#define FEW        96
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

/* For few: each goes back to its place. */
static void insert_all(uint32_t *indices, uint32_t count, const int64_t *keys)
{
    for (uint32_t i = 1; i < count; i++) {
        uint32_t index = indices[i], at = i;
        for (; at > 0 && keys[indices[at - 1]] > keys[index]; at--)
            indices[at] = indices[at - 1];
        indices[at] = index;
    }
}

static bool is_sorted(const uint32_t *indices, uint32_t count, const int64_t *keys)
{
    for (uint32_t i = 1; i < count; i++)
        if (keys[indices[i - 1]] > keys[indices[i]])
            return false;
    return true;
}

void sort_indices(uint32_t *indices, uint32_t count, const int64_t *keys,
                  struct sort_entry *scratch)
{
    if (is_sorted(indices, count, keys))
        return;
    if (count <= FEW) {
        insert_all(indices, count, keys);
        return;
    }
    for (unsigned half = 0; half < 2; half++) { /* the lower half of the keys, then the upper */
        for (uint32_t i = 0; i < count; i++) {
            uint64_t key = (uint64_t)keys[indices[i]] ^ (uint64_t)1 << 63;
            scratch[i] = (struct sort_entry){ (uint32_t)(key >> 32 * half), indices[i] };
        }
        sort_by_key(scratch, count, scratch + count);
        for (uint32_t i = 0; i < count; i++)
            indices[i] = scratch[i].index;
    }
}
