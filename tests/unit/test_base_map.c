#include "test.h"

#include "base/map.h"
#include "base/rand.h"

#include <stdlib.h>

static bool same_int(const void *item, const void *key)
{
    return *(const int *)item == *(const int *)key;
}

static void a_map_holds_what_was_added_and_not_removed(void **state)
{
    enum { KEYS = 1000 };
    static int items[KEYS];
    bool held[KEYS] = { false };
    struct rand rand = { 7 };
    struct map map = { 0 };
    uint32_t at = 0, seen = 0, expected = 0;
    (void)state;
    for (int i = 0; i < KEYS; i++)
        items[i] = i;
    for (int step = 0; step < 50000; step++) {
        int key = (int)rand_below(&rand, KEYS);
        uint64_t hash = (uint64_t)key % 61; /* many collisions on purpose */
        assert_ptr_equal(map_find(&map, hash, same_int, &key), held[key] ? &items[key] : NULL);
        if (held[key])
            map_remove(&map, hash, &items[key]);
        else
            assert_true(map_add(&map, hash, &items[key]));
        held[key] = !held[key];
    }
    for (int i = 0; i < KEYS; i++)
        expected += held[i];
    for (int *item; (item = map_next(&map, &at));) {
        assert_true(held[*item]);
        map_fetch(&map, (uint64_t)*item % 61);
        assert_non_null(map_guess(&map, (uint64_t)*item % 61));
        seen++;
    }
    assert_int_equal(seen, expected);
    assert_int_equal(map.count, expected);
    map_fini(&map);
}

/* Beginning anew after each removal would take minutes here. */
static void a_large_map_is_emptied_in_one_go(void **state)
{
    enum { ITEMS = 300000 };
    int *items = calloc(ITEMS, sizeof *items);
    struct rand rand = { 11 };
    struct map map = { 0 };
    int *item;

    (void)state;
    for (int i = 0; i < ITEMS; i++) {
        items[i] = (int)rand_below(&rand, INT32_MAX);
        assert_true(map_add(&map, (uint64_t)items[i], &items[i]));
    }
    for (uint32_t at = 0; (item = map_next(&map, &at)); at--) {
        map_remove(&map, (uint64_t)*item, item);
        *item = -1;
    }
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(items[i], -1);
    assert_int_equal(map.count, 0);
    map_fini(&map);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_holds_what_was_added_and_not_removed),
        cmocka_unit_test(a_large_map_is_emptied_in_one_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
