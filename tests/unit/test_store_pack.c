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

/* A thousand things that are alike, of which one in `every` has changed. */
static struct str things(uint32_t round, uint32_t every)
{
    struct buf body;

    buf_init_arena(&body, &arena, 1u << 20);
    for (uint32_t i = 0; i < 1000; i++)
        buf_printf(&body, "{\"id\":%u,\"node\":%u,\"plugged\":1,\"draw_da\":%u,\"need_wh\":%u},",
                   i * 31, i / 10, 60 + i * 7919 % 260,
                   i * 104729 % 40000 + (i % every == 0 ? round : 0));
    return buf_str(&body);
}

static void what_two_texts_share_costs_next_to_nothing(void **state)
{
    struct str base = things(0, 50), text = things(1, 50), packed, alone, chain[2], back;

    (void)state;
    assert_int_equal(text_pack(text, &arena, &alone), ERR_NONE);
    assert_int_equal(text_pack_against(base, text, &arena, &packed), ERR_NONE);
    assert_true(packed.len < 600);
    assert_true(packed.len < alone.len / 10);
    assert_int_equal(text_packed_len(packed), text.len);
    assert_int_equal(text_pack(base, &arena, &chain[0]), ERR_NONE);
    chain[1] = packed;
    assert_int_equal(text_unpack_chain(chain, 2, text.len, &arena, &back), ERR_NONE);
    assert_str_equal(back, text);
    arena_reset(&arena);
}

static void a_chain_with_a_link_that_is_missing_is_refused(void **state)
{
    struct str chain[3], text, before = STR_NONE;

    (void)state;
    for (uint32_t i = 0; i < COUNT(chain); i++) {
        struct str next = things(i, 10);
        assert_int_equal(i ? text_pack_against(before, next, &arena, &chain[i])
                           : text_pack(next, &arena, &chain[i]),
                         ERR_NONE);
        before = next;
    }
    assert_int_equal(text_unpack_chain(chain, 3, before.len, &arena, &text), ERR_NONE);
    assert_str_equal(text, before);
    assert_int_equal(text_unpack_chain(chain + 1, 2, before.len, &arena, &text), ERR_CORRUPT);
    assert_int_equal(text_pack(STR("another text"), &arena, &chain[0]), ERR_NONE);
    assert_int_equal(text_unpack_chain(chain, 3, before.len, &arena, &text), ERR_CORRUPT);
    assert_int_equal(text_packed_len(STR("none")), 0);
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_pack_is_refused),
        cmocka_unit_test(a_pack_that_was_cut_or_is_too_large_is_refused),
        cmocka_unit_test(a_text_comes_back_as_it_was),
        cmocka_unit_test(what_two_texts_share_costs_next_to_nothing),
        cmocka_unit_test(a_chain_with_a_link_that_is_missing_is_refused),
    };

    arena_init(&arena, NULL, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
