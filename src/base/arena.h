/* arena.h: memory that is given back all at once. A turn, a parse, a query has one.
 *
 * Blocks of ARENA_BLOCK bytes come from a pool that belongs to the same thread and go back to it on
 * reset; a larger request gets a block of its own. `bytes_max` is the ceiling: beyond it
 * arena_alloc returns NULL, which is ERR_FULL for the caller. Built with -Darena=malloc each
 * request is one malloc, so that AddressSanitizer sees every byte.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define ARENA_BLOCK 16384u

struct arena_block;

/* Spare blocks of one thread. Zero-initialised is empty; spare_max bounds what is kept. */
struct arena_pool {
    struct arena_block *spare;
    uint32_t spare_count, spare_max;
};

struct arena {
    struct arena_block *blocks; /* newest first */
    struct arena_pool *pool;    /* may be NULL: blocks are then freed at once */
    size_t used_bytes, bytes_max;
};

/* `bytes_max` 0 means no ceiling. */
void arena_init(struct arena *arena, struct arena_pool *pool, size_t bytes_max);
/* Gives all memory back; the arena can be used again. */
void arena_reset(struct arena *arena);
/* Forgets all that lies in it and keeps memory for as much again, in one piece: for work that comes
 * again. arena_reset gives it back. Not for arenas with a pool. */
void arena_clear(struct arena *arena);
void arena_pool_fini(struct arena_pool *pool);

/* `size` bytes, aligned for any type, not cleared; NULL when the ceiling is reached or memory is
 * out. `size` 0 gives a pointer that must not be read. Valid until reset. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same, cleared, for `count` things of `size` bytes; NULL also when that overflows. */
void *arena_zalloc(struct arena *arena, size_t count, size_t size);
/* A copy with a NUL behind it (not counted in len). ptr is NULL when memory is out. */
struct str arena_copy(struct arena *arena, struct str s);
/* Formatted text, the same. */
__attribute__((format(printf, 2, 3))) struct str arena_printf(struct arena *arena, const char *fmt,
                                                              ...);

#define ARENA_NEW(arena, type)              ((type *)arena_zalloc((arena), 1, sizeof(type)))
#define ARENA_NEW_ARRAY(arena, type, count) ((type *)arena_zalloc((arena), (count), sizeof(type)))

/* Makes the n-th allocation from now fail (1 is the next), in all arenas of this thread; 0 takes it
 * off. For the tests that sweep n (tests/unit/test_store_fail.c and others). Returns how many were
 * left. */
uint64_t arena_fail_at(uint64_t n);
