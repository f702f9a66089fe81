/* map.h: a hash table of pointers to things that live elsewhere; one thread. While iterating
 * nothing is removed, unless all is: see map_next. The table does not know the key: callers hand in
 * the hash and a test for equality.
 */
#pragma once
#include "base/base.h"

/* 12 bytes, and not 16: a server has some eight slots a station, a third of them empty. */
struct __attribute__((packed, aligned(4))) map_slot {
    uint32_t hash; /* its lower half */
    void *item;    /* NULL: empty */
};

/* Zero-initialised is empty. */
struct map {
    struct map_slot *slots;
    uint32_t count, cap; /* cap is 0 or a power of two */
};

typedef bool map_equal_fn(const void *item, const void *key);

/* The item under this key, or NULL. */
void *map_find(const struct map *map, uint64_t hash, map_equal_fn *equal, const void *key);
/* Two steps ahead of map_find: fetches the slot into the cache; then says what most likely lies
 * under this hash, without a look at it. NULL: nothing. */
static inline void map_fetch(const struct map *map, uint64_t hash)
{
    if (map->count)
        __builtin_prefetch(&map->slots[(uint32_t)hash & (map->cap - 1)]);
}
void *map_guess(const struct map *map, uint64_t hash);
/* Adds; the caller knows that the key is not there. False when memory is out. */
MUST_CHECK bool map_add(struct map *map, uint64_t hash, void *item);
/* Takes this very item out; it must be there. */
void map_remove(struct map *map, uint64_t hash, const void *item);
/* The first item at or after *at (start with 0), moves *at behind it; NULL at the end. Who empties
 * the table removes the item that it got and goes one back (at--): what closes the gap stands
 * there. */
void *map_next(const struct map *map, uint32_t *at);
void map_fini(struct map *map);
