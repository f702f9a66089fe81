/* power_audit.c: what the audit keeps of a power document that is changed. */
#include <stdlib.h>

#include "api/power.h"
#include "api/request.h"
#include "json/cursor.h"

/* Both sides of an entry together are not longer than twice this. */
enum { BYTES_MAX = 65536 };

static int by_number(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* The hashes of a list's items, sorted. */
struct hashes {
    uint64_t *at;
    uint32_t count;
};

static uint32_t count_items(struct str list)
{
    struct json_items items;
    struct str item;
    uint32_t count = 0;

    if (!json_items_open(&items, list))
        return 0;
    while (json_items_next(&items, &item) == ERR_NONE && item.ptr)
        count++;
    return count;
}

static struct hashes hash_items(struct arena *arena, struct str list)
{
    struct hashes hashes = { .at = ARENA_NEW_ARRAY(arena, uint64_t, count_items(list) + 1) };
    struct json_items items;
    struct str item;

    if (!hashes.at || !json_items_open(&items, list))
        return (struct hashes){ 0 };
    while (json_items_next(&items, &item) == ERR_NONE && item.ptr)
        hashes.at[hashes.count++] = str_hash(item);
    qsort(hashes.at, hashes.count, sizeof *hashes.at, by_number);
    return hashes;
}

/* The items that the other list does not have; returns how many there was no room for. */
static uint32_t write_items(struct arena *arena, struct json_writer *json, struct str list,
                            struct str other)
{
    struct hashes hashes = hash_items(arena, other);
    uint32_t left_out = 0;
    struct json_items items;
    struct str item;

    json_array_begin(json);
    if (json_items_open(&items, list))
        while (json_items_next(&items, &item) == ERR_NONE && item.ptr) {
            uint64_t hash = str_hash(item);
            if (hashes.count && bsearch(&hash, hashes.at, hashes.count, sizeof hash, by_number))
                continue;
            if (json->buf->len + item.len + 64 < BYTES_MAX)
                json_raw(json, item);
            else
                left_out++;
        }
    json_array_end(json);
    return left_out;
}

/* A member, where the other document has not the same; counts what there was no room for. */
/* NOLINTNEXTLINE(readability-function-size): both sides, and what comes of them */
static void write_member(struct arena *arena, struct json_writer *json, struct str key,
                         struct str value, struct str other, uint32_t *left_out)
{
    struct str others = STR("[]");

    if (json_member(other, key, &others) == ERR_NONE && str_equal(value, others))
        return;
    json_key_of(json, key);
    if (value.ptr[0] == '[') {
        *left_out += write_items(arena, json, value, others);
    } else if (json->buf->len + value.len + 64 < BYTES_MAX) {
        json_raw(json, value);
    } else {
        json_null(json);
        ++*left_out;
    }
}

static struct str what_differs(struct arena *arena, struct str document, struct str other)
{
    struct json_items members;
    struct json_writer json;
    struct str key, value;
    uint32_t left_out = 0;
    struct buf out;

    buf_init_arena(&out, arena, BYTES_MAX + 4096);
    json = json_writer(&out);
    json_object_begin(&json);
    if (json_members_open(&members, document))
        while (json_members_next(&members, &key, &value) == ERR_NONE && value.ptr)
            write_member(arena, &json, key, value, other, &left_out);
    json_key_i64(&json, "left_out", left_out);
    json_object_end(&json);
    return buf_str(&out);
}

struct str power_audited(struct arena *arena, struct str document, struct str other)
{
    return document.len <= BYTES_MAX && other.len <= BYTES_MAX
               ? document
               : what_differs(arena, document, other);
}
