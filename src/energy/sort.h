/* sort.h: puts things in order by a whole number, in time that grows with their number alone. */
#pragma once
#include "base/base.h"

struct sort_entry {
    uint32_t key, index;
};

/* Ascending by key; entries of one key keep their order. `scratch` has room for `count`. */
void sort_by_key(struct sort_entry *entries, uint32_t count, struct sort_entry *scratch);

/* Puts indices in order by keys[index], ascending; equal ones keep their order. `scratch` has room
 * for twice `count`. */
void sort_indices(uint32_t *indices, uint32_t count, const int64_t *keys,
                  struct sort_entry *scratch);
