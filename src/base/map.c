#include "base/map.h"

#include <stdlib.h>

void *map_find(const struct map *map, uint64_t hash, map_equal_fn *equal, const void *key)
{
    if (map->count == 0)
        return NULL;
    for (uint32_t i = (uint32_t)hash & (map->cap - 1); map->slots[i].item;
         i = (i + 1) & (map->cap - 1))
        if (map->slots[i].hash == (uint32_t)hash && equal(map->slots[i].item, key))
            return map->slots[i].item;
    return NULL;
}

void *map_guess(const struct map *map, uint64_t hash)
{
    if (map->count == 0)
        return NULL;
    for (uint32_t i = (uint32_t)hash & (map->cap - 1); map->slots[i].item;
         i = (i + 1) & (map->cap - 1))
        if (map->slots[i].hash == (uint32_t)hash)
            return map->slots[i].item;
    return NULL;
}

static void place(struct map *map, struct map_slot slot)
{
    uint32_t i = slot.hash & (map->cap - 1);

    while (map->slots[i].item)
        i = (i + 1) & (map->cap - 1);
    map->slots[i] = slot;
}

static bool grow(struct map *map)
{
    struct map bigger = { .cap = map->cap ? map->cap * 2 : 16, .count = map->count };

    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (uint32_t i = 0; i < map->cap; i++)
        if (map->slots[i].item)
            place(&bigger, map->slots[i]);
    free(map->slots);
    *map = bigger;
    return true;
}

bool map_add(struct map *map, uint64_t hash, void *item)
{
    check(item != NULL);
    if (map->count >= map->cap / 4 * 3 && !grow(map))
        return false;
    place(map, (struct map_slot){ (uint32_t)hash, item });
    map->count++;
    return true;
}

void map_remove(struct map *map, uint64_t hash, const void *item)
{
    uint32_t mask = map->cap - 1;
    uint32_t hole, i;

    check(map->count > 0);
    for (hole = (uint32_t)hash & mask; map->slots[hole].item != item; hole = (hole + 1) & mask)
        check(map->slots[hole].item != NULL);
    /* Close the gap: move back what would no longer be found from its own place. */
    for (i = (hole + 1) & mask; map->slots[i].item; i = (i + 1) & mask) {
        uint32_t home = map->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        map->slots[hole] = map->slots[i];
        hole = i;
    }
    map->slots[hole] = (struct map_slot){ 0 };
    map->count--;
}

void *map_next(const struct map *map, uint32_t *at)
{
    while (*at < map->cap) {
        void *item = map->slots[(*at)++].item;
        if (item)
            return item;
    }
    return NULL;
}

void map_fini(struct map *map)
{
    free(map->slots);
    *map = (struct map){ 0 };
}
