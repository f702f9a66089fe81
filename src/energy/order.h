/* order.h: puts things in order by a whole number, in time that grows with their number alone. */
#pragma once
#include "base/base.h"

struct order_entry {
    uint32_t key, index;
};

/* Ascending by key; entries of one key keep their order. `scratch` has room for `count`. */
void order_by_key(struct order_entry *entries, uint32_t count, struct order_entry *scratch);
