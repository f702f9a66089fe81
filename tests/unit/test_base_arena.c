#include "test.h"

static void an_arena_ends_at_its_ceiling(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 1000);
    assert_non_null(arena_alloc(&arena, 900));
    assert_null(arena_alloc(&arena, 200));
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 900));
    arena_reset(&arena);
}

static void blocks_go_back_to_the_pool(void **state)
{
    struct arena_pool pool = { .spare_max = 2 };
    struct arena arena;
    (void)state;
    arena_init(&arena, &pool, 0);
    for (int i = 0; i < 100; i++)
        assert_non_null(arena_alloc(&arena, 1000));
    assert_non_null(arena_alloc(&arena, 1000000));
    arena_reset(&arena);
    assert_true(pool.spare_count <= 2);
    arena_pool_fini(&pool);
}

static void the_chosen_allocation_fails(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    arena_fail_at(2);
    assert_non_null(arena_alloc(&arena, 8));
    assert_null(arena_alloc(&arena, 8));
    assert_non_null(arena_alloc(&arena, 8));
    assert_int_equal(arena_fail_at(0), 0);
    assert_null(arena_zalloc(&arena, SIZE_MAX / 2, 3));
    arena_reset(&arena);
}

static void a_growing_buf_keeps_what_stood_in_it(void **state)
{
    struct arena arena;
    struct buf buf;
    (void)state;
    arena_init(&arena, NULL, 0);
    buf_init_arena(&buf, &arena, 10000);
    for (int i = 0; i < 1000; i++)
        buf_put(&buf, STR("0123456789"));
    assert_false(buf.overflow);
    assert_int_equal(buf.len, 10000);
    for (uint32_t i = 0; i < buf.len; i++)
        assert_int_equal(buf.ptr[i], '0' + (int)(i % 10));
    buf_put_byte(&buf, 'x');
    assert_true(buf.overflow);
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_ends_at_its_ceiling),
        cmocka_unit_test(blocks_go_back_to_the_pool),
        cmocka_unit_test(the_chosen_allocation_fails),
        cmocka_unit_test(a_growing_buf_keeps_what_stood_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
