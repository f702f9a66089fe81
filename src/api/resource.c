#include "api/resource.h"
#include "api/shapes.h"

#include "base/time.h"
#include "domain/words.h"

enum kind {
    TEXT,
    TEXT_NULL,
    I64,
    I64_NULL,
    BOOL,
    TIME,
    WORD,
    WORD_NULL,
    ROLE,
    WH,
    SOC,
    FLAGS,
    ID,
    SITE,
    STATION,
    JSON
};
enum access { READ, EDIT, MAKE };

struct words {
    const struct str *words;
    int64_t count;
};

struct field {
    struct str name;
    enum kind kind;
    enum access access;
    size_t offset;
    int64_t min, max;
    const struct words *words;
};

/* The lists of words that fields name; NONE for those without. */
#define NONE_COUNT 0
static const struct words words_NONE = { NULL, 0 };
#define WORDS(name, prefix) \
    static const struct words words_##name = { name##_words, prefix##_COUNT };
#define WORD(prefix, name, word)
#define WORDS_END(prefix)
#include "domain/words.def"
#undef WORDS
#undef WORD
#undef WORDS_END

#define RESOURCE(name) static const struct field name##_fields[] = {
#define FIELD(resource, name, kind, column, access, min, max, list)                      \
    {                                                                                    \
        STR_INIT(name), kind, access, offsetof(struct resource##_row, column), min, max, \
        &words_##list                                                                    \
    },
#define RESOURCE_END(name) \
    }                      \
    ;
#include "api/fields.def"
#undef RESOURCE
#undef FIELD
#undef RESOURCE_END

static const struct {
    const struct field *fields;
    size_t count;
} resources[RESOURCE_COUNT] = {
#define RESOURCE(name) { name##_fields, COUNT(name##_fields) },
#define FIELD(...)
#define RESOURCE_END(name)
#include "api/fields.def"
#undef RESOURCE
#undef FIELD
#undef RESOURCE_END
};

/* --- rows to JSON */

static void write_or_null(struct json_writer *json, struct str text)
{
    if (text.len)
        json_str(json, text);
    else
        json_null(json);
}

static void write_flags(struct json_writer *json, const struct words *words, int64_t bits)
{
    json_array_begin(json);
    for (int64_t i = 0; i < words->count; i++)
        if (bits >> i & 1)
            json_str(json, words->words[i]);
    json_array_end(json);
}

static void write_field(struct turn *turn, struct json_writer *json, const struct field *field,
                        const void *row)
{
    const void *at = (const char *)row + field->offset;
    const struct str *text = at;
    const int64_t *number = at;

    json_key_of(json, field->name);
    switch (field->kind) {
    case TEXT:
    case ROLE:
        json_str(json, *text);
        return;
    case TEXT_NULL:
        write_or_null(json, *text);
        return;
    case I64:
        json_i64(json, *number);
        return;
    case I64_NULL:
        if (*number)
            json_i64(json, *number);
        else
            json_null(json);
        return;
    case BOOL:
        json_bool(json, *(const bool *)at);
        return;
    case TIME:
        json_time(json, *number ? *number : UTC_UNKNOWN); /* columns added later hold 0 */
        return;
    case WORD:
        json_str(json, word_of(field->words->words, field->words->count, *number));
        return;
    case WORD_NULL:
        write_or_null(json, *number ? word_of(field->words->words, field->words->count, *number)
                                    : STR_NONE);
        return;
    case WH:
        json_decimal(json, *number, 3);
        return;
    case SOC:
        if (*number >= 0)
            json_decimal(json, *number, 1);
        else
            json_null(json);
        return;
    case FLAGS:
        write_flags(json, field->words, *number);
        return;
    case ID:
    case SITE:
        write_or_null(json, *number ? id_text(turn->arena, *number) : STR_NONE);
        return;
    case STATION:
        write_or_null(json, station_label(turn, *number).identity);
        return;
    case JSON:
        json_raw(json, *text);
        return;
    }
}

void resource_write(struct turn *turn, struct json_writer *json, enum resource resource,
                    const void *row)
{
    for (size_t i = 0; i < resources[resource].count; i++)
        write_field(turn, json, &resources[resource].fields[i], row);
}

struct str resource_settings(struct turn *turn, enum resource resource, const void *row)
{
    struct buf out;
    struct json_writer json;

    buf_init_arena(&out, turn->arena, 64u << 10);
    json = json_writer(&out);
    json_object_begin(&json);
    for (size_t i = 0; i < resources[resource].count; i++)
        if (resources[resource].fields[i].access != READ)
            write_field(turn, &json, &resources[resource].fields[i], row);
    json_object_end(&json);
    return out.overflow ? STR_NONE : buf_str(&out);
}

/* --- JSON to rows */

struct reading {
    struct request *request;
    const struct field *field;
};

static enum err wrong_type(const struct reading *reading, const char *want)
{
    return problem_field(reading->request, ERR_BAD_TYPE, reading->field->name, "It is %s.", want);
}

static enum err read_text(const struct reading *reading, struct str text, struct str *out)
{
    const struct field *field = reading->field;

    if (utf8_length(text) < field->min || utf8_length(text) > field->max)
        return PROBLEM(reading->request, ERR_BAD_VALUE, field->name, "text_length",
                       "It has {min} to {max} characters.",
                       ARGS(ARG_INT("min", field->min), ARG_INT("max", field->max)));
    for (uint32_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 && text.ptr[i] != '\n')
            return problem_field(reading->request, ERR_BAD_VALUE, field->name,
                                 "It holds a control character.");
    *out = text;
    return ERR_NONE;
}

static enum err read_number(const struct reading *reading, struct str text, int64_t *out)
{
    const struct field *field = reading->field;
    int64_t number;

    if (!str_to_i64(text, &number) || number < field->min || number > field->max)
        return PROBLEM(reading->request, ERR_BAD_VALUE, field->name, "whole_number",
                       "It is a whole number from {min} to {max}.",
                       ARGS(ARG_INT("min", field->min), ARG_INT("max", field->max)));
    *out = number;
    return ERR_NONE;
}

static enum err read_word(const struct reading *reading, struct str text, int64_t *out)
{
    const struct words *words = reading->field->words;
    /* A maximum ends the list early: what follows is ours to say, not theirs. */
    int64_t count = reading->field->max ? reading->field->max + 1 : words->count;
    int64_t found = word_find(words->words, count, text);
    struct buf list;

    if (found >= 0 && text.len) {
        *out = found;
        return ERR_NONE;
    }
    buf_init_arena(&list, reading->request->turn->arena, 1024);
    for (int64_t i = 0; i < count; i++)
        if (words->words[i].len)
            buf_printf(&list, "%s%.*s", list.len ? ", " : "", STR_ARGS(words->words[i]));
    return problem_field(reading->request, ERR_BAD_VALUE, reading->field->name,
                         "It is one of: %.*s.", STR_ARGS(buf_str(&list)));
}

static enum err read_time(const struct reading *reading, struct str text, utc_ms *out)
{
    enum time_flaw flaw;

    if (time_parse(text, out, &flaw))
        return ERR_NONE;
    return PROBLEM(reading->request, ERR_BAD_VALUE, reading->field->name, "moment",
                   "It is a moment like 2026-11-24T01:48:08Z.", NO_ARGS);
}

static enum err read_role(const struct reading *reading, struct str text, struct str *out)
{
    if (role_find(text) == ROLE_COUNT)
        return problem_field(reading->request, ERR_BAD_VALUE, reading->field->name,
                             "It is one of: admin, operator, viewer.");
    *out = text;
    return ERR_NONE;
}

static enum err read_site(const struct reading *reading, struct str text, int64_t *out)
{
    const struct site_row *site = TURN_FIND(reading->request->turn, site, id_parse(text));

    if (!site)
        site = TURN_FIND_NAME(reading->request->turn, site, text); /* in CSV people write names */
    if (!site)
        return problem_field(reading->request, ERR_BAD_VALUE, reading->field->name,
                             "There is no such site.");
    *out = site->id;
    return ERR_NONE;
}

/* The empty value of a field that may be null. False: it may not. */
static bool read_null(const struct field *field, void *at)
{
    switch (field->kind) {
    case TEXT_NULL:
        *(struct str *)at = STR_NONE;
        return true;
    case I64_NULL:
    case WORD_NULL:
    case SITE:
        *(int64_t *)at = 0;
        return true;
    case TIME:
        *(utc_ms *)at = UTC_UNKNOWN;
        return true;
    case TEXT:
    case I64:
    case BOOL:
    case WORD:
    case ROLE:
    case WH:
    case SOC:
    case FLAGS:
    case ID:
    case STATION:
    case JSON:
        return false;
    }
    return false;
}

/* A text of JSON or CSV. */
static enum err read_from_text(const struct reading *reading, struct str text, void *at)
{
    switch (reading->field->kind) {
    case TEXT:
    case TEXT_NULL:
        return read_text(reading, text, at);
    case WORD:
    case WORD_NULL:
        return read_word(reading, text, at);
    case TIME:
        return read_time(reading, text, at);
    case ROLE:
        return read_role(reading, text, at);
    case SITE:
        return read_site(reading, text, at);
    case I64:
    case I64_NULL:
        return wrong_type(reading, "a number");
    case BOOL:
        return wrong_type(reading, "true or false");
    case WH:
    case SOC:
    case FLAGS:
    case ID:
    case STATION:
    case JSON:
        break; /* shown only: never get here */
    }
    return ERR_UNKNOWN_FIELD;
}

static enum err read_member(const struct reading *reading, const struct body_member *member,
                            void *row)
{
    const struct field *field = reading->field;
    void *at = (char *)row + field->offset;

    if (member->type == BODY_NULL)
        return read_null(field, at) ? ERR_NONE : wrong_type(reading, "not null");
    if (member->type == BODY_TEXT)
        return read_from_text(reading, member->text, at);
    if (field->kind == BOOL) {
        if (member->type != BODY_BOOL)
            return wrong_type(reading, "true or false");
        *(bool *)at = str_equal(member->raw, STR("true"));
        return ERR_NONE;
    }
    if (field->kind == I64 || field->kind == I64_NULL) {
        if (member->type != BODY_NUMBER)
            return wrong_type(reading, "a number");
        return read_number(reading, member->raw, at);
    }
    return wrong_type(reading, "text");
}

static const struct field *find_field(enum resource resource, struct str name)
{
    for (size_t i = 0; i < resources[resource].count; i++)
        if (str_equal(resources[resource].fields[i].name, name))
            return &resources[resource].fields[i];
    return NULL;
}

static enum err unknown(struct request *request, struct str name)
{
    return problem_field(request, ERR_UNKNOWN_FIELD, name, "There is no field %.*s.",
                         STR_ARGS(str_first(name, 100)));
}

enum err resource_read(struct request *request, enum resource resource, const struct body *body,
                       const char *others, void *row)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct body_member *member = &body->members[i];
        struct reading reading = { request, find_field(resource, member->name) };
        enum err err;
        if (str_has_word(str_of(others), member->name))
            continue;
        if (!reading.field)
            return unknown(request, member->name);
        if (reading.field->access == READ ||
            (reading.field->access == MAKE && ((const int64_t *)row)[1] != 0))
            return problem_field(request, ERR_UNKNOWN_FIELD, member->name,
                                 "%.*s cannot be changed.", STR_ARGS(member->name));
        err = read_member(&reading, member, row);
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

bool resource_takes(enum resource resource, struct str name)
{
    const struct field *field = find_field(resource, name);

    return field && field->access != READ;
}

enum err resource_read_text(struct request *request, enum resource resource, struct str name,
                            struct str text, void *row)
{
    struct reading reading = { request, find_field(resource, name) };
    void *at;

    if (!reading.field || reading.field->access == READ)
        return unknown(request, name);
    at = (char *)row + reading.field->offset;
    if (text.len == 0 && read_null(reading.field, at))
        return ERR_NONE;
    if (reading.field->kind == I64 || reading.field->kind == I64_NULL)
        return read_number(&reading, text, at);
    if (reading.field->kind != BOOL)
        return read_from_text(&reading, text, at);
    if (!str_equal_nocase(text, STR("true")) && !str_equal_nocase(text, STR("false")))
        return wrong_type(&reading, "true or false");
    *(bool *)at = str_equal_nocase(text, STR("true"));
    return ERR_NONE;
}

/* --- bodies that are no resource */

enum err body_of(struct request *request, struct body *body)
{
    struct turn *turn = request->turn;
    struct str at;
    enum err err;

    *body = (struct body){ .type = BODY_OBJECT };
    if (str_trim(request->body).len == 0)
        return ERR_NONE;
    err = body_parse(request->body, turn->arena, body, &at);
    if (err == ERR_BAD_OCCURRENCE)
        return problem_field(request, err, at, "It stands there twice.");
    if (err == ERR_NONE && body->type != BODY_OBJECT)
        err = ERR_BAD_TYPE;
    if (err == ERR_BAD_FORMAT || err == ERR_BAD_TYPE)
        return problem_set(request, err, "The body is a JSON object.");
    return err;
}

enum err change_begin(struct request *request, enum resource resource, const void *row,
                      int64_t version, struct change *change)
{
    enum err err = match_version(request, version);

    if (err == ERR_NONE)
        err = body_of(request, &change->body);
    if (err == ERR_NONE)
        change->old = resource_settings(request->turn, resource, row);
    return err;
}

/* One member; *out as the field's kind has it. */
static enum err read_one(struct request *request, const struct body *body, const char *name,
                         const struct field *field, void *out)
{
    const struct body_member *member = body_find(body, name);
    const struct reading reading = { request, field };

    if (!member)
        return ERR_NONE;
    if (member->type == BODY_NULL)
        return wrong_type(&reading, "not null");
    return read_member(&reading, member, out);
}

enum err body_text(struct request *request, const struct body *body, const char *name,
                   struct range range, struct str *out)
{
    const struct field field = {
        .name = str_of(name), .kind = TEXT, .min = range.min, .max = range.max
    };

    return read_one(request, body, name, &field, out);
}

enum err body_i64(struct request *request, const struct body *body, const char *name,
                  struct range range, int64_t *out)
{
    const struct field field = {
        .name = str_of(name), .kind = I64, .min = range.min, .max = range.max
    };

    return read_one(request, body, name, &field, out);
}

/* NOLINTNEXTLINE(readability-function-size): a name, its scale and range, and where it goes */
enum err body_decimal(struct request *request, const struct body *body, const char *name, int scale,
                      struct range range, int64_t *out)
{
    const struct body_member *member = body_find(body, name);
    int64_t value;

    if (!member)
        return ERR_NONE;
    if (member->type != BODY_NUMBER)
        return problem_field(request, ERR_BAD_TYPE, str_of(name), "It is a number.");
    if (str_to_decimal(member->raw, scale, &value) && value >= range.min && value <= range.max) {
        *out = value;
        return ERR_NONE;
    }
    return PROBLEM(
        request, ERR_BAD_VALUE, str_of(name), "number_range", "It is a number from {min} to {max}.",
        ARGS(ARG_DECIMAL("min", range.min, scale), ARG_DECIMAL("max", range.max, scale)));
}

enum err body_time(struct request *request, const struct body *body, const char *name, utc_ms *out)
{
    const struct field field = { .name = str_of(name), .kind = TIME };

    return read_one(request, body, name, &field, out);
}

enum err body_bool(struct request *request, const struct body *body, const char *name, bool *out)
{
    const struct field field = { .name = str_of(name), .kind = BOOL };

    return read_one(request, body, name, &field, out);
}

enum err body_only(struct request *request, const struct body *body, const char *names)
{
    for (uint32_t i = 0; i < body->count; i++)
        if (!str_has_word(str_of(names), body->members[i].name))
            return unknown(request, body->members[i].name);
    return ERR_NONE;
}
