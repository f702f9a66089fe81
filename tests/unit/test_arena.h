/* test_arena.h: an arena that is empty when a test begins, given back when it ends: ARENA_TEST(fn)
 * in the list of tests. */
#pragma once
#include "test.h"

static struct arena arena;

static inline int arena_begin(void **state)
{
    (void)state;
    arena_init(&arena, NULL, 64u << 20);
    return 0;
}

static inline int arena_end(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

#define ARENA_TEST(fn) cmocka_unit_test_setup_teardown(fn, arena_begin, arena_end)
