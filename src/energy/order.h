/* order.h: numbered things by a key, the least first: a heap that knows where each of them is. */
#pragma once
#include "base/base.h"

struct order {
    uint32_t count, cap;
    uint32_t *items; /* the heap */
    uint32_t *place; /* of each thing, plus 1; 0: not in */
    int64_t *keys;   /* of each thing */
};

/* For things 0 .. cap-1. ERR_FULL. */
MUST_CHECK enum err order_init(struct order *order, struct arena *arena, uint32_t cap);
/* Puts it in, or moves it to its new place. */
void order_put(struct order *order, uint32_t item, int64_t key);
void order_take(struct order *order, uint32_t item); /* nothing happens when it is not in */
/* The first; false: empty. */
bool order_first(const struct order *order, uint32_t *item, int64_t *key);
