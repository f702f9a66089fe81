#include "match.h"

#include "json/cursor.h"

/* --- names --------------------------------------------------------------- */

struct str kept_find(const struct kept *kept, struct str name)
{
    for (uint32_t i = 0; i < kept->count; i++)
        if (str_equal(kept->items[i].name, name))
            return kept->items[i].value;
    return (struct str){ NULL, 0 };
}

void kept_put(struct kept *kept, struct str name, struct str value)
{
    check(kept->count < KEPT_MAX);
    kept->items[kept->count].name = arena_copy(kept->arena, name);
    kept->items[kept->count++].value = arena_copy(kept->arena, value);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* What follows a '$': a name begins with a letter. */
static struct str take_name(struct str text, uint32_t at)
{
    uint32_t end = at;

    if (at < text.len && text.ptr[at] >= 'a' && text.ptr[at] <= 'z')
        while (end < text.len && is_name_byte(text.ptr[end]))
            end++;
    return (struct str){ text.ptr + at, end - at };
}

static struct str without_quotes(struct str value)
{
    bool quoted = value.len >= 2 && value.ptr[0] == '"';

    return quoted ? (struct str){ value.ptr + 1, value.len - 2 } : value;
}

bool kept_fill(const struct kept *kept, struct str text, struct arena *arena, struct str *filled,
               struct str *unknown)
{
    bool in_string = false;
    struct buf out;

    buf_init_arena(&out, arena, UINT32_MAX);
    for (uint32_t at = 0; at < text.len; at++) {
        struct str name = text.ptr[at] == '$' ? take_name(text, at + 1) : STR_NONE;
        struct str value;
        if (name.len == 0) {
            in_string ^= text.ptr[at] == '"' && (at == 0 || text.ptr[at - 1] != '\\');
            buf_put_byte(&out, text.ptr[at]);
            continue;
        }
        value = kept_find(kept, name);
        *unknown = name;
        if (!value.ptr)
            return false;
        buf_put(&out, in_string ? without_quotes(value) : value);
        at += name.len;
    }
    *filled = buf_str(&out);
    return true;
}

/* --- values -------------------------------------------------------------- */

struct match {
    struct kept *kept;
    struct arena *arena;
    struct str *why;
    uint32_t depth;
};

static bool differs(struct match *match, const char *what, struct str expected, struct str actual)
{
    *match->why = arena_printf(match->arena, "%s: expected %.*s, got %.*s", what,
                               STR_ARGS(expected), STR_ARGS(actual));
    return false;
}

static bool values_match(struct match *match, struct str expected, struct str actual);

static bool scalars_match(struct match *match, struct str expected, struct str actual)
{
    int64_t a, b;
    struct str one, other;

    if (str_equal(expected, actual))
        return true;
    if (str_to_decimal(expected, 6, &a) && str_to_decimal(actual, 6, &b) && a == b)
        return true;
    if (json_value_str(expected, match->arena, &one) &&
        json_value_str(actual, match->arena, &other) && str_equal(one, other))
        return true;
    return differs(match, "value", expected, actual);
}

static bool arrays_match(struct match *match, struct str expected, struct str actual)
{
    struct json_items want, got;
    struct str wanted, given;

    if (!json_items_open(&want, expected) || !json_items_open(&got, actual))
        return differs(match, "array", expected, actual);
    do {
        if (json_items_next(&want, &wanted) != ERR_NONE ||
            json_items_next(&got, &given) != ERR_NONE)
            return differs(match, "array", expected, actual);
        if (!wanted.ptr != !given.ptr)
            return differs(match, "number of items", expected, actual);
        if (wanted.ptr && !values_match(match, wanted, given))
            return false;
    } while (wanted.ptr);
    return true;
}

/* Members of an object, or UINT32_MAX when it is none. */
static uint32_t count_members(struct str object)
{
    struct json_items members;
    struct str key, value;
    uint32_t count = 0;

    if (!json_members_open(&members, object))
        return UINT32_MAX;
    while (json_members_next(&members, &key, &value) == ERR_NONE && value.ptr)
        count++;
    return count;
}

static bool objects_match(struct match *match, struct str expected, struct str actual)
{
    struct json_items want;
    struct str key, wanted, given;

    if (count_members(expected) != count_members(actual))
        return differs(match, "members", expected, actual);
    if (!json_members_open(&want, expected))
        return differs(match, "object", expected, actual);
    while (json_members_next(&want, &key, &wanted) == ERR_NONE && wanted.ptr) {
        if (json_member(actual, key, &given) != ERR_NONE)
            return differs(match, "member missing", key, actual);
        if (!values_match(match, wanted, given))
            return false;
    }
    return true;
}

/* "*" and "$name" are holes: mark_holes put the quotes. */
static bool hole_matches(struct match *match, struct str hole, struct str actual)
{
    struct str name = str_from(hole, 1), value;

    if (hole.ptr[0] == '*')
        return true;
    value = kept_find(match->kept, name);
    if (!value.ptr) {
        kept_put(match->kept, name, actual);
        return true;
    }
    return scalars_match(match, value, actual);
}

static bool is_hole(struct str value, struct str *hole)
{
    struct str inside = without_quotes(value);

    *hole = inside;
    return value.ptr != inside.ptr && inside.len &&
           (str_equal(inside, STR("*")) ||
            (inside.ptr[0] == '$' && take_name(inside, 1).len == inside.len - 1));
}

enum { DEPTH_MAX = 20 };

static bool values_match(struct match *match, struct str expected, struct str actual)
{
    struct str hole;
    bool same;

    if (is_hole(expected, &hole))
        return hole_matches(match, hole, actual);
    if (++match->depth > DEPTH_MAX)
        return differs(match, "too deep", expected, actual);
    if (expected.ptr[0] == '[')
        same = arrays_match(match, expected, actual);
    else if (expected.ptr[0] == '{')
        same = objects_match(match, expected, actual);
    else
        same = scalars_match(match, expected, actual);
    match->depth--;
    return same;
}

/* Puts quotes around * and $name, so that the text is JSON. */
static struct str mark_holes(struct str text, struct arena *arena)
{
    bool in_string = false;
    struct buf out;

    buf_init_arena(&out, arena, UINT32_MAX);
    for (uint32_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        struct str name = c == '$' && !in_string ? take_name(text, at + 1) : STR_NONE;
        in_string ^= c == '"' && (at == 0 || text.ptr[at - 1] != '\\');
        if (c == '*' && !in_string)
            buf_put(&out, STR("\"*\""));
        else if (name.len)
            buf_printf(&out, "\"$%.*s\"", STR_ARGS(name));
        else
            buf_put_byte(&out, c);
        at += name.len;
    }
    return buf_str(&out);
}

bool json_matches(struct kept *kept, struct str expected, struct str actual, struct arena *arena,
                  struct str *why)
{
    struct match match = { .kept = kept, .arena = arena, .why = why };
    struct json_cursor cursor;
    struct str marked = str_trim(mark_holes(expected, arena)), value;

    cursor = json_cursor(marked);
    if (marked.len == 0 || json_take_value(&cursor, &value) != JSON_FLAW_NONE)
        return differs(&match, "the script's own JSON", marked, actual);
    return values_match(&match, value, str_trim(actual));
}
