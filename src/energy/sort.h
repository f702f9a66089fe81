/* sort.h: puts things in order by a whole number, in time that grows with their number alone. */
#pragma once
#include "base/base.h"

struct sort_entry {
    uint32_t key, index;
};

/* Ascending by key; entries of one key keep their order. `scratch` has room for `count`. */
void sort_by_key(struct sort_entry *entries, uint32_t count, struct sort_entry *scratch);

/* Does index a come before index b? */
typedef bool sort_before(const void *context, uint32_t a, uint32_t b);
/* The same by a rule. `scratch` has room for `count`. */
void sort_by_rule(uint32_t *indices, uint32_t count, uint32_t *scratch, sort_before *before,
                  const void *context);
