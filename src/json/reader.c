#include "json/inner.h"

static struct json_level *top(struct json_walk *walk)
{
    return &walk->levels[walk->depth - 1];
}

/* --- flaws */

/* "meterValue[0].timestamp" */
static struct str path_of(struct json_walk *walk)
{
    struct buf path;

    buf_init_arena(&path, walk->arena, 1024);
    for (uint32_t i = 0; i < walk->depth; i++) {
        const struct json_level *level = &walk->levels[i];
        struct str name = level->field ? level->field->name : level->unknown;
        if (i > 0 && name.len)
            buf_put_byte(&path, '.');
        buf_put(&path, name);
        if (level->field && level->field->flags & JSON_LIST && level->item_between)
            buf_printf(&path, "[%u]", level->item_count);
    }
    return path.overflow || path.len == 0 ? STR_NONE : buf_str(&path);
}

bool json_walk_flaw(struct json_walk *walk, enum json_flaw_kind kind)
{
    struct json_report *report = walk->report;
    enum err err = json_flaw_err(kind);

    if (report && report->count < JSON_FLAWS_MAX)
        report->flaws[report->count] = (struct json_flaw){ .kind = kind, .path = path_of(walk) };
    if (report)
        report->count++;
    if (walk->mode == JSON_LENIENT && err != ERR_BAD_FORMAT && err != ERR_FULL)
        return true;
    walk->err = err;
    return false;
}

static bool syntax(struct json_walk *walk)
{
    return json_walk_flaw(walk, JSON_FLAW_SYNTAX);
}

/* Past any value. */
static bool skip(struct json_walk *walk)
{
    struct str value;
    enum json_flaw_kind kind = json_take_value(&walk->cursor, &value);

    return kind == JSON_FLAW_NONE || json_walk_flaw(walk, kind);
}

enum json_taken json_walk_leave(struct json_walk *walk, enum json_flaw_kind kind)
{
    const char *start = walk->cursor.at;

    /* What is no JSON at all is told as that, not as a wrong type. */
    if (!skip(walk))
        return JSON_STOP;
    if (walk->mode == JSON_STRICT)
        walk->cursor.at = start;
    return json_walk_flaw(walk, kind) ? JSON_LEFT : JSON_STOP;
}

/* A flaw of a field of the top level that is not the one being read. */
static bool flaw_of(struct json_walk *walk, const struct json_field *field,
                    enum json_flaw_kind kind)
{
    struct json_level *level = top(walk);

    level->field = field;
    level->item_between = false;
    return json_walk_flaw(walk, kind);
}

/* --- objects */

static struct json_level *push(struct json_walk *walk, const struct json_desc *desc, char *object)
{
    struct json_level *level;

    check(walk->depth < JSON_LEVELS_MAX);
    level = &walk->levels[walk->depth++];
    level->desc = desc;
    level->object = object;
    level->field = NULL;
    level->unknown = STR_NONE;
    level->seen = 0;
    level->item_between = false;
    level->between = false;
    level->raw_at = NULL;
    return level;
}

/* `at`: where the pointer to the object goes (the text of an open one). */
static enum json_taken open_object(struct json_walk *walk, const struct json_field *field, char *at)
{
    const struct json_desc *desc = field->desc;
    bool is_item = field->kind == JSON_OBJECT && (field->flags & JSON_LIST) != 0;
    char *object = at;
    struct json_level *level;

    if (*walk->cursor.at != '{')
        return json_walk_leave(walk, JSON_FLAW_TYPE);
    if (!is_item) {
        object = arena_zalloc(walk->arena, 1, desc->size);
        if (!object)
            return json_walk_flaw(walk, JSON_FLAW_FULL) ? JSON_LEFT : JSON_STOP;
    }
    level = push(walk, desc, object);
    if (field->kind == JSON_OPEN) {
        level->raw = walk->cursor.at;
        level->raw_at = (struct str *)(void *)at;
    } else if (!is_item) {
        memcpy(at, &object, sizeof object);
    }
    walk->cursor.at++;
    return JSON_TAKEN;
}

static enum json_taken take_raw(struct json_walk *walk, char *at)
{
    struct str value;
    enum json_flaw_kind kind = json_take_value(&walk->cursor, &value);

    if (kind != JSON_FLAW_NONE)
        return json_walk_flaw(walk, kind) ? JSON_LEFT : JSON_STOP;
    memcpy(at, &value, sizeof value);
    return JSON_TAKEN;
}

static enum json_taken take_value(struct json_walk *walk, const struct json_field *field, char *at)
{
    if (!json_skip_space(&walk->cursor))
        return syntax(walk) ? JSON_LEFT : JSON_STOP;
    if (field->kind == JSON_OBJECT || field->kind == JSON_OPEN)
        return open_object(walk, field, at);
    if (field->kind == JSON_RAW)
        return take_raw(walk, at);
    return json_walk_scalar(walk, field, at);
}

/* --- lists */

/* Room for one more item, cleared; NULL: memory is out. */
static char *item_slot(struct json_walk *walk, struct json_level *level)
{
    uint32_t size = json_item_size(level->field);

    if (level->item_count == level->item_cap) {
        uint32_t cap = level->item_cap ? level->item_cap * 2 : 8;
        char *items = arena_alloc(walk->arena, (size_t)cap * size);
        if (!items)
            return NULL;
        if (level->item_count)
            memcpy(items, level->items, (size_t)level->item_count * size);
        level->items = items;
        level->item_cap = cap;
    }
    return memset(level->items + (size_t)level->item_count * size, 0, size);
}

static bool take_item(struct json_walk *walk, struct json_level *level)
{
    enum json_taken taken;
    uint32_t depth = walk->depth;
    char *slot;

    if (level->item_count == level->field->items_max && !level->overfull) {
        level->overfull = true;
        if (!json_walk_flaw(walk, JSON_FLAW_MANY))
            return false;
    }
    if (level->item_count == JSON_ITEMS_MAX)
        return skip(walk);
    slot = item_slot(walk, level);
    if (!slot)
        return json_walk_flaw(walk, JSON_FLAW_FULL);
    taken = take_value(walk, level->field, slot);
    if (taken == JSON_TAKEN && walk->depth == depth) /* an object counts when it is closed */
        level->item_count++;
    return taken != JSON_STOP;
}

static bool end_list(struct json_walk *walk, struct json_level *level)
{
    const struct json_field *field = level->field;
    char *items = level->item_count ? level->items : NULL;

    if (level->item_count < field->items_min) {
        level->item_between = false;
        if (!json_walk_flaw(walk, JSON_FLAW_FEW))
            return false;
    }
    memcpy(level->object + field->offset, &items, sizeof items);
    memcpy(level->object + field->side_offset, &level->item_count, sizeof level->item_count);
    return true;
}

/* Goes on with the top level's list, until it ends or an item is an object that was opened. */
static bool take_items(struct json_walk *walk)
{
    struct json_level *level = top(walk);
    uint32_t depth = walk->depth;

    while (walk->depth == depth) {
        if (!json_skip_space(&walk->cursor))
            return syntax(walk);
        if (*walk->cursor.at == ']') {
            walk->cursor.at++;
            return end_list(walk, level);
        }
        if (level->item_between && *walk->cursor.at++ != ',')
            return syntax(walk);
        level->item_between = true;
        if (!take_item(walk, level))
            return false;
    }
    return true;
}

static bool take_list(struct json_walk *walk, struct json_level *level)
{
    if (!json_skip_space(&walk->cursor))
        return syntax(walk);
    if (*walk->cursor.at != '[')
        return json_walk_leave(walk, JSON_FLAW_TYPE) != JSON_STOP;
    walk->cursor.at++;
    level->items = NULL;
    level->item_count = level->item_cap = 0;
    level->item_between = level->overfull = false;
    return take_items(walk);
}

/* --- members */

static bool take_key(struct json_walk *walk, struct str *key)
{
    struct json_cursor *c = &walk->cursor;
    bool escaped, flawed = false;

    if (!json_skip_space(c) || !json_take_text(c, key, &escaped))
        return syntax(walk);
    if (escaped && !json_unescape(*key, walk->arena, key, &flawed))
        return json_walk_flaw(walk, JSON_FLAW_FULL);
    return json_expect(c, ':') || syntax(walk);
}

static bool take_unknown(struct json_walk *walk, struct json_level *level, struct str name)
{
    level->field = NULL;
    level->unknown = name;
    if (!level->desc->open && !json_walk_flaw(walk, JSON_FLAW_UNKNOWN))
        return false;
    return skip(walk);
}

static bool take_member(struct json_walk *walk, struct json_level *level)
{
    const struct json_field *field;
    enum json_taken taken;
    struct str name = STR_NONE;
    int index;

    if (!take_key(walk, &name))
        return false;
    index = json_field_find(level->desc, name);
    if (index < 0)
        return take_unknown(walk, level, name);
    field = level->field = &level->desc->fields[index];
    level->item_between = false;
    if ((level->seen >> index & 1) != 0 && !json_walk_flaw(walk, JSON_FLAW_TWICE))
        return false;
    level->seen |= UINT64_C(1) << index;
    if (field->flags & JSON_LIST)
        return take_list(walk, level);
    taken = take_value(walk, field, level->object + field->offset);
    if (taken == JSON_TAKEN && field->side_offset != JSON_NOWHERE)
        level->object[field->side_offset] = true;
    return taken != JSON_STOP;
}

/* What is not there: required fields are flawed, times unknown. */
static bool take_absent(struct json_walk *walk, const struct json_level *level)
{
    const utc_ms unknown = UTC_UNKNOWN;

    for (int i = 0; i < level->desc->count; i++) {
        const struct json_field *field = &level->desc->fields[i];
        if ((level->seen >> i & 1) != 0)
            continue;
        if (field->kind == JSON_TIME && !(field->flags & JSON_LIST))
            memcpy(level->object + field->offset, &unknown, sizeof unknown);
        if (field->flags & JSON_REQUIRED && !flaw_of(walk, field, JSON_FLAW_MISSING))
            return false;
    }
    return true;
}

/* At the closing brace of the top level; the level below goes on. */
static bool close_object(struct json_walk *walk)
{
    const struct json_level *level = top(walk);
    const struct json_desc *desc = level->desc;

    walk->cursor.at++;
    /* Descriptors by hand have no masks. */
    if ((((desc->required | desc->times) & ~level->seen) != 0 || desc->slots.seed == 0) &&
        !take_absent(walk, level))
        return false;
    if (level->raw_at)
        *level->raw_at = (struct str){ level->raw, (uint32_t)(walk->cursor.at - level->raw) };
    walk->depth--;
    if (walk->depth == 0 || !(top(walk)->field->flags & JSON_LIST))
        return true;
    top(walk)->item_count++;
    return take_items(walk);
}

static bool step(struct json_walk *walk)
{
    struct json_level *level = top(walk);

    if (!json_skip_space(&walk->cursor))
        return syntax(walk);
    if (*walk->cursor.at == '}')
        return close_object(walk);
    if (level->between && *walk->cursor.at++ != ',')
        return syntax(walk);
    level->between = true;
    return take_member(walk, level);
}

/* From the first brace to the last, and nothing behind it. */
static void walk_all(struct json_walk *walk, const struct json_desc *desc, char *out)
{
    if (!json_skip_space(&walk->cursor)) {
        (void)syntax(walk); /* it sets walk->err, which is the result; so below */
        return;
    }
    if (*walk->cursor.at != '{') {
        walk->mode = JSON_STRICT; /* nothing of it can be used */
        (void)json_walk_leave(walk, JSON_FLAW_TYPE);
        return;
    }
    push(walk, desc, out);
    walk->cursor.at++;
    while (walk->depth > 0)
        if (!step(walk))
            return;
    if (json_skip_space(&walk->cursor))
        (void)syntax(walk);
}

/* Six parameters: a struct to hold them would be filled at each call and read once. */
// NOLINTNEXTLINE(readability-function-size)
enum err json_read(const struct json_desc *desc, struct str text, enum json_mode mode,
                   struct arena *arena, void *out, struct json_report *report)
{
    UNINITIALIZED struct json_walk walk; /* large; each level is set when it is opened */

    walk.cursor = json_cursor(text);
    walk.arena = arena;
    walk.report = report;
    walk.mode = mode;
    walk.err = ERR_NONE;
    walk.depth = 0;
    if (report)
        report->count = 0;
    walk_all(&walk, desc, out);
    return walk.err;
}
