#include "test.h"

#include "store/pack.h"

static struct arena arena;

static void what_is_no_pack_is_refused(void **state)
{
    struct str text;

    (void)state;
    assert_int_equal(text_unpack(STR("no pack"), 100, &arena, &text), ERR_CORRUPT);
    assert_int_equal(text_unpack(STR(""), 100, &arena, &text), ERR_CORRUPT);
    arena_reset(&arena);
}

static void a_pack_that_was_cut_or_is_too_large_is_refused(void **state)
{
    struct str packed, text;
    char letters[1000];

    (void)state;
    memset(letters, 'a', sizeof letters);
    assert_int_equal(text_pack((struct str){ letters, sizeof letters }, &arena, &packed), ERR_NONE);
    assert_int_equal(text_unpack(packed, sizeof letters - 1, &arena, &text), ERR_CORRUPT);
    assert_int_equal(text_unpack(str_first(packed, packed.len - 1), sizeof letters, &arena, &text),
                     ERR_CORRUPT);
    arena_reset(&arena);
}

static void a_text_comes_back_as_it_was(void **state)
{
    struct str packed, text;
    char letters[5000];

    (void)state;
    for (size_t i = 0; i < sizeof letters; i++)
        letters[i] = (char)('a' + i % 7);
    assert_int_equal(text_pack((struct str){ letters, sizeof letters }, &arena, &packed), ERR_NONE);
    assert_true(packed.len < sizeof letters / 10);
    assert_int_equal(text_unpack(packed, sizeof letters, &arena, &text), ERR_NONE);
    assert_int_equal(text.len, sizeof letters);
    assert_memory_equal(text.ptr, letters, sizeof letters);
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_pack_is_refused),
        cmocka_unit_test(a_pack_that_was_cut_or_is_too_large_is_refused),
        cmocka_unit_test(a_text_comes_back_as_it_was),
    };

    arena_init(&arena, NULL, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
