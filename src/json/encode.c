#include "json/encode.h"

#include "json/cursor.h"

enum { LEVELS_MAX = 24 };

/* An object, or a list of objects of one kind, that is being written. */
struct level {
    const struct json_desc *desc;
    const char *object;
    uint32_t field;      /* the next one */
    uint32_t items_left; /* objects of this list after this one */
    bool in_list;
};

struct encoder {
    struct json_writer *w;
    uint32_t depth;
    struct level levels[LEVELS_MAX];
};

static enum json_flaw_kind check_str(const struct json_field *field, struct str text)
{
    if (field->len_max && text.len > field->len_max && utf8_length(text) > field->len_max)
        return JSON_FLAW_LENGTH;
    if (field->words) {
        uint32_t word = json_words_find(field->words, text);
        if (word == 0 || word > field->max)
            return JSON_FLAW_WORD;
    }
    return JSON_FLAW_NONE;
}

static enum json_flaw_kind put_str(struct json_writer *w, const struct json_field *field,
                                   const char *at)
{
    struct str text;
    enum json_flaw_kind flaw;

    memcpy(&text, at, sizeof text);
    flaw = check_str(field, text);
    json_str(w, text);
    return flaw;
}

static enum json_flaw_kind put_number(struct json_writer *w, const struct json_field *field,
                                      const char *at)
{
    int64_t value;

    memcpy(&value, at, sizeof value);
    if (value < field->min || value > field->max)
        return JSON_FLAW_RANGE;
    if (field->step && value % field->step != 0)
        return JSON_FLAW_STEP;
    if (field->flags & JSON_WHOLE && value % JSON_NUMBER_UNIT != 0)
        return JSON_FLAW_TYPE;
    if (field->kind == JSON_INT)
        json_i64(w, value);
    else
        json_decimal(w, value, JSON_NUMBER_SCALE);
    return JSON_FLAW_NONE;
}

static enum json_flaw_kind put_enum(struct json_writer *w, const struct json_field *field,
                                    const char *at)
{
    int word;

    memcpy(&word, at, sizeof word);
    if (word <= 0 || word > field->max)
        return JSON_FLAW_WORD;
    json_str(w, field->words->text[word]);
    return JSON_FLAW_NONE;
}

/* Text that comes from others is looked at before it becomes part of ours. */
static enum json_flaw_kind put_raw(struct json_writer *w, const struct json_field *field,
                                   const char *at)
{
    struct json_cursor cursor;
    struct str text, value;
    enum json_flaw_kind flaw;

    memcpy(&text, at, sizeof text);
    cursor = json_cursor(text);
    flaw = json_take_value(&cursor, &value);
    if (flaw == JSON_FLAW_NONE && json_skip_space(&cursor))
        flaw = JSON_FLAW_SYNTAX;
    if (flaw != JSON_FLAW_NONE)
        return flaw;
    json_raw(w, value);
    return field->kind == JSON_OPEN && value.ptr[0] != '{' ? JSON_FLAW_TYPE : JSON_FLAW_NONE;
}

static enum json_flaw_kind put_time(struct json_writer *w, const char *at)
{
    utc_ms value;

    memcpy(&value, at, sizeof value);
    if (value < JSON_TIME_FIRST || value > JSON_TIME_LAST)
        return JSON_FLAW_RANGE;
    json_time(w, value);
    return JSON_FLAW_NONE;
}

static enum json_flaw_kind put_scalar(struct json_writer *w, const struct json_field *field,
                                      const char *at)
{
    switch ((enum json_kind)field->kind) {
    case JSON_STR:
        return put_str(w, field, at);
    case JSON_ENUM:
        return put_enum(w, field, at);
    case JSON_INT:
    case JSON_NUMBER:
        return put_number(w, field, at);
    case JSON_BOOL:
        json_bool(w, *at != 0);
        return JSON_FLAW_NONE;
    case JSON_TIME:
        return put_time(w, at);
    case JSON_RAW:
    case JSON_OPEN:
        return put_raw(w, field, at);
    case JSON_OBJECT:
        break;
    }
    check(!"a scalar");
    return JSON_FLAW_TYPE;
}

/* Is the field's value there (desc.h)? */
static bool is_there(const struct json_field *field, const char *object)
{
    const char *at = object + field->offset;
    int64_t number;
    uint32_t word;
    void *pointer;

    if (field->flags & JSON_LIST) {
        memcpy(&word, object + field->side_offset, sizeof word);
        return word > 0 || (field->flags & JSON_REQUIRED && field->items_min == 0);
    }
    switch ((enum json_kind)field->kind) {
    case JSON_STR:
    case JSON_RAW:
    case JSON_OPEN:
    case JSON_OBJECT: /* a str begins with its pointer */
        memcpy(&pointer, at, sizeof pointer);
        return pointer != NULL;
    case JSON_ENUM:
        memcpy(&word, at, sizeof word);
        return word != 0;
    case JSON_TIME:
        memcpy(&number, at, sizeof number);
        return number != UTC_UNKNOWN && (number != 0 || field->flags & JSON_REQUIRED);
    case JSON_INT:
    case JSON_NUMBER:
    case JSON_BOOL:
        break;
    }
    return field->side_offset == JSON_NOWHERE || object[field->side_offset] != 0;
}

static void push(struct encoder *e, const struct json_desc *desc, const char *object,
                 uint32_t count)
{
    check(e->depth < LEVELS_MAX);
    e->levels[e->depth++] =
        (struct level){ .desc = desc, .object = object, .items_left = count - 1 };
    json_object_begin(e->w);
}

static enum json_flaw_kind put_list(struct encoder *e, const struct json_field *field,
                                    const char *object)
{
    uint32_t count, size = json_item_size(field);
    const char *items;

    memcpy(&items, object + field->offset, sizeof items);
    memcpy(&count, object + field->side_offset, sizeof count);
    if (count < field->items_min)
        return JSON_FLAW_FEW;
    if (count > field->items_max)
        return JSON_FLAW_MANY;
    json_array_begin(e->w);
    if (field->kind == JSON_OBJECT && count > 0) {
        push(e, field->desc, items, count);
        e->levels[e->depth - 1].in_list = true;
        return JSON_FLAW_NONE;
    }
    for (uint32_t i = 0; i < count; i++) {
        enum json_flaw_kind flaw = put_scalar(e->w, field, items + (size_t)i * size);
        if (flaw != JSON_FLAW_NONE)
            return flaw;
    }
    json_array_end(e->w);
    return JSON_FLAW_NONE;
}

static enum json_flaw_kind put_field(struct encoder *e, const struct json_field *field,
                                     const char *object)
{
    const char *inner;

    if (!is_there(field, object))
        return field->flags & JSON_REQUIRED ? JSON_FLAW_MISSING : JSON_FLAW_NONE;
    json_key_of(e->w, field->name);
    if (field->flags & JSON_LIST)
        return put_list(e, field, object);
    if (field->kind != JSON_OBJECT)
        return put_scalar(e->w, field, object + field->offset);
    memcpy(&inner, object + field->offset, sizeof inner);
    push(e, field->desc, inner, 1);
    return JSON_FLAW_NONE;
}

/* The top level has no more fields: its list goes on, or it is done. */
static void pop(struct encoder *e)
{
    struct level *level = &e->levels[e->depth - 1];

    json_object_end(e->w);
    if (level->items_left > 0) {
        level->items_left--;
        level->object += level->desc->size;
        level->field = 0;
        json_object_begin(e->w);
        return;
    }
    if (level->in_list)
        json_array_end(e->w);
    e->depth--;
}

enum err json_write_struct(const struct json_desc *desc, const void *object, struct json_writer *w)
{
    UNINITIALIZED struct encoder e; /* large; each level is set when it is opened */

    e.w = w;
    e.depth = 0;
    push(&e, desc, object, 1);
    while (e.depth > 0) {
        struct level *level = &e.levels[e.depth - 1];
        const struct json_field *field;
        enum json_flaw_kind flaw;

        if (level->field == level->desc->count) {
            pop(&e);
            continue;
        }
        field = &level->desc->fields[level->field++];
        flaw = put_field(&e, field, level->object);
        if (flaw != JSON_FLAW_NONE) {
            w->flaw = field->name;
            return json_flaw_err(flaw);
        }
    }
    return w->buf->overflow ? ERR_FULL : ERR_NONE;
}
