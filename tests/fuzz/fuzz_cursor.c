/* Any bytes: what is passed over as one value is UTF-8 and, inside of an array, comes out as its
 * only item; a string without its escapes, written again, is the same string. */
#include "fuzz.h"

#include "json/cursor.h"

static void check_string(struct str value, struct arena *arena)
{
    struct json_writer w;
    struct str once, twice;
    struct buf buf;

    if (!json_value_str(value, arena, &once))
        return; /* a NUL, or half a surrogate */
    check(utf8_valid(once));
    buf_init_arena(&buf, arena, 1u << 24);
    w = json_writer(&buf);
    json_str(&w, once);
    check(json_value_str(buf_str(&buf), arena, &twice));
    check(str_equal(once, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size), value, item, framed;
    struct json_cursor cursor = json_cursor(text);
    struct json_items items;
    struct arena arena;

    arena_init(&arena, NULL, 0);
    if (json_take_value(&cursor, &value) == JSON_FLAW_NONE) {
        check(value.len > 0 && utf8_valid(value));
        if (value.ptr[0] == '"')
            check_string(value, &arena);
        framed = arena_printf(&arena, "[%.*s]", STR_ARGS(value));
        check(json_items_open(&items, framed));
        if (json_items_next(&items, &item) == ERR_NONE) { /* one level deeper: may be too deep */
            check(str_equal(item, value));
            check(json_items_next(&items, &item) == ERR_NONE);
            check(item.ptr == NULL);
        }
    }
    arena_reset(&arena);
    free((void *)(uintptr_t)text.ptr);
    return 0;
}
