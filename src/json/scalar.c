/* scalar.c: values that are neither object nor list, checked as their field says. */
#include "json/inner.h"

#include "base/time.h"

static enum json_taken flaw(struct json_walk *walk, enum json_flaw_kind kind)
{
    return json_walk_flaw(walk, kind) ? JSON_TAKEN : JSON_STOP;
}

/* The string at the cursor, escapes resolved. */
static enum json_taken take_text(struct json_walk *walk, struct str *text)
{
    bool escaped, flawed = false;

    if (!json_take_text(&walk->cursor, text, &escaped))
        return flaw(walk, JSON_FLAW_SYNTAX);
    if (!escaped)
        return JSON_TAKEN;
    if (!json_unescape(*text, walk->arena, text, &flawed))
        return flaw(walk, JSON_FLAW_FULL);
    return flawed ? flaw(walk, JSON_FLAW_TEXT) : JSON_TAKEN;
}

/* A value of another type as text: what stands in the quotes, or the number or word itself. For the
 * conversions of the lenient mode. Null, objects and lists are left. */
static enum json_taken take_other(struct json_walk *walk, struct str *text)
{
    char first = *walk->cursor.at;

    if (walk->mode == JSON_STRICT || first == 'n' || first == '{' || first == '[')
        return json_walk_leave(walk, JSON_FLAW_TYPE);
    if (first == '"') {
        enum json_taken taken = take_text(walk, text);
        *text = str_trim(*text);
        return taken != JSON_TAKEN ? taken : flaw(walk, JSON_FLAW_TYPE);
    }
    if (json_take_value(&walk->cursor, text) != JSON_FLAW_NONE)
        return flaw(walk, JSON_FLAW_SYNTAX);
    return flaw(walk, JSON_FLAW_TYPE);
}

/* --- strings */

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Scheme, colon, and the characters of RFC 3986 §2; the parts of it are the business of whoever
 * follows the link. */
static bool is_uri(struct str text)
{
    int64_t colon = str_find_byte(text, ':');

    if (colon <= 0 || !is_alpha(text.ptr[0]) || colon + 1 == text.len)
        return false;
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool digit = c >= '0' && c <= '9';
        if (is_alpha(c) || digit)
            continue;
        if (i < colon ? !memchr("+-.", c, 3) : !memchr("-._~:/?#[]@!$&'()*+,;=%", c, 23))
            return false;
        if (c == '%' && (i + 2 >= text.len || str_hex_digit(text.ptr[i + 1]) < 0 ||
                         str_hex_digit(text.ptr[i + 2]) < 0))
            return false;
    }
    return true;
}

static bool is_word(const struct json_field *field, struct str text)
{
    uint32_t word = json_words_find(field->words, text);

    return word != 0 && word <= field->max;
}

static enum json_taken take_str(struct json_walk *walk, const struct json_field *field, char *at)
{
    struct str text = STR_NONE;
    enum json_taken taken =
        *walk->cursor.at == '"' ? take_text(walk, &text) : take_other(walk, &text);

    if (taken != JSON_TAKEN)
        return taken;
    memcpy(at, &text, sizeof text);
    if (field->len_max && text.len > field->len_max && utf8_length(text) > field->len_max)
        return flaw(walk, JSON_FLAW_LENGTH);
    if (field->words && !is_word(field, text))
        return flaw(walk, JSON_FLAW_WORD);
    if (field->flags & JSON_URI && !is_uri(text))
        return flaw(walk, JSON_FLAW_URI);
    return JSON_TAKEN;
}

static enum json_taken take_enum(struct json_walk *walk, const struct json_field *field, char *at)
{
    struct str text = STR_NONE;
    enum json_taken taken;
    int word;

    if (*walk->cursor.at != '"')
        return json_walk_leave(walk, JSON_FLAW_TYPE);
    taken = take_text(walk, &text);
    if (taken != JSON_TAKEN)
        return taken;
    word = (int)json_words_find(field->words, text);
    memcpy(at, &word, sizeof word);
    return word == 0 || word > field->max ? flaw(walk, JSON_FLAW_WORD) : JSON_TAKEN;
}

static enum json_taken take_time(struct json_walk *walk, char *at)
{
    utc_ms value = UTC_UNKNOWN;
    enum time_flaw how = TIME_EXACT;
    enum json_taken taken;
    struct str text = STR_NONE;
    bool good;

    memcpy(at, &value, sizeof value);
    if (*walk->cursor.at != '"')
        return json_walk_leave(walk, JSON_FLAW_TYPE);
    taken = take_text(walk, &text);
    if (taken != JSON_TAKEN)
        return taken;
    good = time_parse(text, &value, &how);
    if (!good)
        return json_walk_flaw(walk, JSON_FLAW_TIME) ? JSON_LEFT : JSON_STOP;
    memcpy(at, &value, sizeof value);
    if (how == TIME_NO_ZONE)
        return flaw(walk, JSON_FLAW_ZONE);
    return how == TIME_EXACT ? JSON_TAKEN : flaw(walk, JSON_FLAW_LOOSE);
}

/* --- numbers */

static enum json_taken put_number(struct json_walk *walk, const struct json_field *field, char *at,
                                  int64_t value)
{
    memcpy(at, &value, sizeof value);
    if (field->step && value % field->step != 0)
        return flaw(walk, JSON_FLAW_STEP);
    return value < field->min || value > field->max ? flaw(walk, JSON_FLAW_RANGE) : JSON_TAKEN;
}

/* The digits at the cursor, at most `max`, added to *sum; how many. */
static int take_digits(struct json_cursor *c, int max, int64_t *sum)
{
    int count = 0;

    while (count < max && c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        *sum = *sum * 10 + (*c->at++ - '0');
        count++;
    }
    return count;
}

/* What most numbers are: at most 12 digits and, when they are `scaled`, at most 6 decimals. False:
 * look closer; the cursor has not moved. */
static bool take_short(struct json_cursor *cursor, bool scaled, int64_t *value)
{
    static const int64_t units[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
    struct json_cursor c = *cursor;
    bool negative = *c.at == '-';
    int64_t sum = 0;
    int digits, decimals = 0;

    c.at += negative;
    digits = take_digits(&c, 12, &sum);
    if (digits == 0 || (digits > 1 && c.at[-digits] == '0'))
        return false;
    if (scaled && c.at < c.end && *c.at == '.') {
        c.at++;
        decimals = take_digits(&c, JSON_NUMBER_SCALE, &sum);
        if (decimals == 0)
            return false;
    }
    if (c.at < c.end && ((*c.at >= '0' && *c.at <= '9') || (*c.at | 0x20) == 'e' || *c.at == '.'))
        return false;
    *value = (negative ? -sum : sum) * (scaled ? units[decimals] : 1);
    *cursor = c;
    return true;
}

/* A number in text: whole is what an integer must be. */
static enum json_taken read_number(struct json_walk *walk, const struct json_field *field, char *at,
                                   struct str text)
{
    bool integer = field->kind == JSON_INT;
    bool whole = integer || (field->flags & JSON_WHOLE) != 0;
    int64_t value;

    if (integer && str_to_i64(text, &value))
        return put_number(walk, field, at, value);
    if (!str_to_decimal(text, integer ? 0 : JSON_NUMBER_SCALE, &value))
        return json_walk_flaw(walk, JSON_FLAW_RANGE) ? JSON_LEFT : JSON_STOP;
    if (whole && !json_number_is_whole(text) && !json_walk_flaw(walk, JSON_FLAW_TYPE))
        return JSON_STOP;
    return put_number(walk, field, at, value);
}

static enum json_taken take_number(struct json_walk *walk, const struct json_field *field, char *at)
{
    struct json_cursor text_cursor;
    enum json_taken taken;
    struct str text = STR_NONE, number;
    int64_t value;
    char first = *walk->cursor.at;

    if (first != '-' && (first < '0' || first > '9')) {
        taken = take_other(walk, &text);
        if (taken != JSON_TAKEN)
            return taken;
        text_cursor = json_cursor(text);
        if (!json_take_number(&text_cursor, &number) || text_cursor.at != text_cursor.end)
            return JSON_LEFT; /* flagged by take_other */
        return read_number(walk, field, at, number);
    }
    if (take_short(&walk->cursor, field->kind == JSON_NUMBER && !(field->flags & JSON_WHOLE),
                   &value)) {
        if (field->flags & JSON_WHOLE)
            value *= JSON_NUMBER_UNIT;
        return put_number(walk, field, at, value);
    }
    if (!json_take_number(&walk->cursor, &text))
        return flaw(walk, JSON_FLAW_SYNTAX);
    return read_number(walk, field, at, text);
}

static enum json_taken take_bool(struct json_walk *walk, char *at)
{
    char first = *walk->cursor.at;
    bool value;
    enum json_taken taken;
    struct str text = STR_NONE;

    if (first == 't' || first == 'f') {
        if (json_take_value(&walk->cursor, &text) != JSON_FLAW_NONE)
            return flaw(walk, JSON_FLAW_SYNTAX);
        value = first == 't';
        memcpy(at, &value, sizeof value);
        return JSON_TAKEN;
    }
    taken = take_other(walk, &text);
    if (taken != JSON_TAKEN)
        return taken;
    if (!str_equal_nocase(text, STR("true")) && !str_equal_nocase(text, STR("false")) &&
        !str_equal(text, STR("1")) && !str_equal(text, STR("0")))
        return JSON_LEFT; /* flagged by take_other */
    value = text.ptr[0] == '1' || text.ptr[0] == 't' || text.ptr[0] == 'T';
    memcpy(at, &value, sizeof value);
    return JSON_TAKEN;
}

enum json_taken json_walk_scalar(struct json_walk *walk, const struct json_field *field, char *at)
{
    switch ((enum json_kind)field->kind) {
    case JSON_STR:
        return take_str(walk, field, at);
    case JSON_ENUM:
        return take_enum(walk, field, at);
    case JSON_INT:
    case JSON_NUMBER:
        return take_number(walk, field, at);
    case JSON_BOOL:
        return take_bool(walk, at);
    case JSON_TIME:
        return take_time(walk, at);
    case JSON_OBJECT:
    case JSON_RAW:
    case JSON_OPEN:
        break;
    }
    check(!"a scalar");
    return JSON_STOP;
}
