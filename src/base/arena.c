#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *next;
    size_t used, size; /* of `bytes` */
    _Alignas(max_align_t) char bytes[];
};

static _Thread_local uint64_t fail_countdown;

uint64_t arena_fail_at(uint64_t n)
{
    uint64_t left = fail_countdown;

    fail_countdown = n;
    return left;
}

void arena_init(struct arena *arena, struct arena_pool *pool, size_t bytes_max)
{
    *arena = (struct arena){ .pool = pool, .bytes_max = bytes_max };
}

static bool is_pooled(const struct arena_block *block)
{
    return block->size == ARENA_BLOCK - sizeof(struct arena_block);
}

static struct arena_block *block_new(struct arena *arena, size_t size)
{
    size_t standard = ARENA_BLOCK - sizeof(struct arena_block);
    struct arena_pool *pool = arena->pool;
    struct arena_block *block;

#ifdef ARENA_MALLOC
    standard = 0;
#endif
    if (size <= standard && pool && pool->spare) {
        block = pool->spare;
        pool->spare = block->next;
        pool->spare_count--;
        block->used = 0;
        return block;
    }
    if (size < standard)
        size = standard;
    block = malloc(sizeof *block + size);
    if (block) {
        block->size = size;
        block->used = 0;
    }
    return block;
}

static void block_free(struct arena_pool *pool, struct arena_block *block)
{
    if (pool && is_pooled(block) && pool->spare_count < pool->spare_max) {
        block->next = pool->spare;
        pool->spare = block;
        pool->spare_count++;
        return;
    }
    free(block);
}

void arena_reset(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        block_free(arena->pool, block);
    }
    arena->used_bytes = 0;
}

void arena_clear(struct arena *arena)
{
    size_t size = 0;

    check(!arena->pool);
    for (const struct arena_block *block = arena->blocks; block; block = block->next)
        size += block->used;
    if (arena->blocks && !arena->blocks->next) {
        arena->blocks->used = 0;
        arena->used_bytes = 0;
        return;
    }
    arena_reset(arena);
#ifndef ARENA_MALLOC
    arena->blocks = block_new(arena, size);
    if (arena->blocks)
        arena->blocks->next = NULL;
#endif
}

void arena_pool_fini(struct arena_pool *pool)
{
    while (pool->spare) {
        struct arena_block *block = pool->spare;
        pool->spare = block->next;
        free(block);
    }
    pool->spare_count = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    struct arena_block *block = arena->blocks;
    void *at;

    if (fail_countdown) {
        fail_countdown--;
        if (fail_countdown == 0)
            return NULL;
    }
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + align - 1) / align * align;
    if (arena->bytes_max &&
        (arena->used_bytes > arena->bytes_max || size > arena->bytes_max - arena->used_bytes))
        return NULL;
    if (!block || block->size - block->used < size) {
        block = block_new(arena, size);
        if (!block)
            return NULL;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    at = block->bytes + block->used;
    block->used += size;
    arena->used_bytes += size;
    return at;
}

void *arena_zalloc(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    void *at;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    at = arena_alloc(arena, bytes);
    return at ? memset(at, 0, bytes) : NULL;
}

struct str arena_copy(struct arena *arena, struct str s)
{
    char *at = arena_alloc(arena, (size_t)s.len + 1);

    if (!at)
        return (struct str){ NULL, 0 };
    if (s.len)
        memcpy(at, s.ptr, s.len);
    at[s.len] = '\0';
    return (struct str){ at, s.len };
}

struct str arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;
    char *at;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    check(len >= 0);
    at = arena_alloc(arena, (size_t)len + 1);
    if (!at)
        return (struct str){ NULL, 0 };
    va_start(args, fmt);
    len = vsnprintf(at, (size_t)len + 1, fmt, args);
    va_end(args);
    return (struct str){ at, (uint32_t)len };
}
