#include "json/cursor.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The four digits of \uXXXX, or -1. */
static int32_t hex_unit(const char *at, const char *end)
{
    int32_t unit = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = str_hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* Past what stands after a backslash; NULL when it is no escape. */
static const char *skip_escape(const char *at, const char *end)
{
    if (at == end)
        return NULL;
    if (*at == 'u')
        return hex_unit(at + 1, end) < 0 ? NULL : at + 5;
    return memchr("\"\\/bfnrt", *at, 8) ? at + 1 : NULL;
}

bool json_take_string(struct json_cursor *c, struct str *inside, bool *escaped)
{
    const char *start = c->at + 1, *at = start;

    *escaped = false;
    if (c->at == c->end || *c->at != '"')
        return false;
    while ((at = scan_plain(at, c->end)) < c->end && *at != '"') {
        if (*at == '\\') {
            *escaped = true;
            at = skip_escape(at + 1, c->end);
            if (!at)
                return false;
            continue;
        }
        uint32_t len = (unsigned char)*at < 0x80
                           ? 0
                           : utf8_sequence((struct str){ at, (uint32_t)(c->end - at) });
        if (len == 0)
            return false;
        at += len;
    }
    if (at == c->end)
        return false;
    *inside = (struct str){ start, (uint32_t)(at - start) };
    c->at = at + 1;
    return true;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at))
        at++;
    return at;
}

bool json_take_number(struct json_cursor *c, struct str *text)
{
    const char *at = c->at, *end = c->end, *digits;

    if (at < end && *at == '-')
        at++;
    digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return false;
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return false;
    }
    *text = (struct str){ c->at, (uint32_t)(at - c->at) };
    c->at = at;
    return true;
}

static bool take_word(struct json_cursor *c, struct str word)
{
    if ((size_t)(c->end - c->at) < word.len || memcmp(c->at, word.ptr, word.len) != 0)
        return false;
    c->at += word.len;
    return true;
}

/* A value that is neither object nor array. */
static bool take_scalar(struct json_cursor *c)
{
    struct str text;
    bool escaped;

    switch (*c->at) {
    case '"':
        return json_take_string(c, &text, &escaped);
    case 't':
        return take_word(c, STR("true"));
    case 'f':
        return take_word(c, STR("false"));
    case 'n':
        return take_word(c, STR("null"));
    default:
        return json_take_number(c, &text);
    }
}

static bool take_key(struct json_cursor *c)
{
    struct str text;
    bool escaped;

    return json_skip_space(c) && json_take_string(c, &text, &escaped) && json_expect(c, ':');
}

/* What is open while a value is passed over: a bit for each level, set for objects. */
struct nest {
    uint64_t objects;
    uint32_t depth;
};

static bool nest_in_object(const struct nest *nest)
{
    return (nest->objects >> (nest->depth - 1) & 1) != 0;
}

/* After '{' or '[': a key, or nothing; *empty when it closes at once. */
static bool nest_open(struct json_cursor *c, struct nest *nest, bool object, bool *empty)
{
    c->at++;
    nest->objects &= ~(UINT64_C(1) << nest->depth);
    nest->objects |= (uint64_t)object << nest->depth;
    nest->depth++;
    if (!json_skip_space(c))
        return false;
    *empty = *c->at == (object ? '}' : ']');
    return *empty || !object || take_key(c);
}

/* After a value: closes what ends here; then a comma and the next key, or the end of all. */
static bool nest_next(struct json_cursor *c, struct nest *nest)
{
    while (nest->depth > 0) {
        bool object = nest_in_object(nest);
        if (!json_skip_space(c))
            return false;
        if (*c->at == ',') {
            c->at++;
            return !object || take_key(c);
        }
        if (*c->at != (object ? '}' : ']'))
            return false;
        c->at++;
        nest->depth--;
    }
    return true;
}

enum json_flaw_kind json_take_value(struct json_cursor *c, struct str *value)
{
    struct nest nest = { 0 };
    const char *start = c->at;

    do {
        bool empty = true;
        if (!json_skip_space(c))
            return JSON_FLAW_SYNTAX;
        if (nest.depth == 0)
            start = c->at;
        if (*c->at == '{' || *c->at == '[') {
            if (nest.depth == JSON_DEPTH_MAX)
                return JSON_FLAW_DEPTH;
            if (!nest_open(c, &nest, *c->at == '{', &empty))
                return JSON_FLAW_SYNTAX;
            if (!empty)
                continue;
        } else if (!take_scalar(c)) {
            return JSON_FLAW_SYNTAX;
        }
        if (!nest_next(c, &nest))
            return JSON_FLAW_SYNTAX;
    } while (nest.depth > 0);
    *value = (struct str){ start, (uint32_t)(c->at - start) };
    return JSON_FLAW_NONE;
}

/* --- strings with escapes */

static char *put_point(char *out, uint32_t point)
{
    if (point < 0x80) {
        *out++ = (char)point;
    } else if (point < 0x800) {
        *out++ = (char)(0xc0 | point >> 6);
        *out++ = (char)(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        *out++ = (char)(0xe0 | point >> 12);
        *out++ = (char)(0x80 | (point >> 6 & 0x3f));
        *out++ = (char)(0x80 | (point & 0x3f));
    } else {
        *out++ = (char)(0xf0 | point >> 18);
        *out++ = (char)(0x80 | (point >> 12 & 0x3f));
        *out++ = (char)(0x80 | (point >> 6 & 0x3f));
        *out++ = (char)(0x80 | (point & 0x3f));
    }
    return out;
}

/* The code point of \uXXXX at `at` (behind the u), and where it ends: with the second half when it
 * is the first half of a pair. 0xfffd for what stands for no character. */
static uint32_t take_point(const char **at, const char *end)
{
    int32_t unit = hex_unit(*at, end), low;

    *at += 4;
    if (unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return 0xfffd;
    if (unit < 0xd800 || unit > 0xdbff)
        return (uint32_t)unit;
    if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return 0xfffd;
    low = hex_unit(*at + 2, end);
    if (low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *at += 6;
    return 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

static char unescape_letter(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter;
    }
}

bool json_unescape(struct str inside, struct arena *arena, struct str *text, bool *flawed)
{
    const char *at = inside.ptr, *end = inside.ptr + inside.len;
    char *start = arena_alloc(arena, inside.len),
         *out = start; /* no escape is shorter than what it is */

    if (!start)
        return false;
    while (at < end) {
        const char *stop = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((stop ? stop : end) - at);

        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (!stop)
            break;
        at += 2;
        if (at[-1] == 'u') {
            const char *digits = at;
            uint32_t point = take_point(&at, end);
            *flawed = *flawed || (point == 0xfffd && hex_unit(digits, end) != 0xfffd);
            out = put_point(out, point);
        } else {
            *out++ = unescape_letter(at[-1]);
        }
    }
    *text = (struct str){ start, (uint32_t)(out - start) };
    return true;
}

/* --- whole values */

bool json_value_str(struct str value, struct arena *arena, struct str *text)
{
    struct json_cursor c = json_cursor(value);
    bool escaped, flawed = false;
    struct str inside;

    if (!json_take_string(&c, &inside, &escaped) || c.at != c.end)
        return false;
    if (!escaped) {
        *text = inside;
        return true;
    }
    return json_unescape(inside, arena, text, &flawed) && !flawed;
}

bool json_number_is_whole(struct str number)
{
    int64_t exponent = 0, decimals = 0, zeros = 0;
    bool fraction = false, nothing = true;
    uint32_t i = 0;

    for (; i < number.len && number.ptr[i] != 'e' && number.ptr[i] != 'E'; i++) {
        char c = number.ptr[i];
        if (c == '.')
            fraction = true;
        if (!is_digit(c))
            continue;
        nothing = nothing && c == '0';
        zeros = c == '0' ? zeros + 1 : 0;
        decimals += fraction;
    }
    if (i < number.len) {
        struct str power = str_from(number, i + 1);
        if (power.ptr[0] == '+')
            power = str_from(power, 1);
        if (!str_to_i64(power, &exponent))
            return number.ptr[i + 1] != '-' || nothing; /* a power beyond all range */
    }
    return nothing || decimals - zeros <= exponent;
}

bool json_value_i64(struct str value, int64_t *number)
{
    struct json_cursor c = json_cursor(value);
    struct str text;

    return json_take_number(&c, &text) && c.at == c.end && json_number_is_whole(text) &&
           str_to_decimal(text, 0, number);
}

/* --- items and members */

static bool items_open(struct json_items *items, struct str text, char open, char close)
{
    *items = (struct json_items){ .cursor = json_cursor(text), .close = close };
    return json_expect(&items->cursor, open);
}

bool json_items_open(struct json_items *items, struct str text)
{
    return items_open(items, text, '[', ']');
}

bool json_members_open(struct json_items *items, struct str text)
{
    return items_open(items, text, '{', '}');
}

/* To the next item; *more is false at the end of the text. */
static bool items_advance(struct json_items *items, bool *more)
{
    struct json_cursor *c = &items->cursor;

    *more = false;
    if (!json_skip_space(c))
        return false;
    if (*c->at == items->close) {
        c->at++;
        return !json_skip_space(c);
    }
    if (items->between && *c->at++ != ',')
        return false;
    *more = items->between = true;
    return true;
}

enum err json_items_next(struct json_items *items, struct str *value)
{
    bool more;

    *value = (struct str){ NULL, 0 };
    if (!items_advance(items, &more))
        return ERR_BAD_FORMAT;
    return more ? json_flaw_err(json_take_value(&items->cursor, value)) : ERR_NONE;
}

enum err json_members_next(struct json_items *items, struct str *key, struct str *value)
{
    bool more, escaped;

    *value = (struct str){ NULL, 0 };
    if (!items_advance(items, &more))
        return ERR_BAD_FORMAT;
    if (!more)
        return ERR_NONE;
    if (!json_skip_space(&items->cursor) || !json_take_string(&items->cursor, key, &escaped) ||
        !json_expect(&items->cursor, ':'))
        return ERR_BAD_FORMAT;
    return json_flaw_err(json_take_value(&items->cursor, value));
}

enum err json_items_rest(struct json_items *items, struct str *rest)
{
    struct json_cursor *c = &items->cursor;
    struct str text;

    if (items->between && !json_expect(c, ','))
        return ERR_BAD_FORMAT;
    text = str_trim((struct str){ c->at, (uint32_t)(c->end - c->at) });
    if (text.len == 0 || text.ptr[text.len - 1] != items->close)
        return ERR_BAD_FORMAT;
    text = str_trim(str_first(text, text.len - 1));
    if (text.len == 0)
        return ERR_BAD_FORMAT;
    *rest = text;
    return ERR_NONE;
}

enum err json_array_spans(struct str text, struct str *spans, uint32_t max, uint32_t *count)
{
    struct json_items items;
    uint32_t found = 0;

    if (!json_items_open(&items, text))
        return ERR_BAD_FORMAT;
    for (;;) { /* until the text is used up */
        struct str value;
        enum err err = json_items_next(&items, &value);

        if (err != ERR_NONE)
            return err;
        if (!value.ptr)
            break;
        if (found == max)
            return ERR_BAD_OCCURRENCE;
        spans[found++] = value;
    }
    *count = found;
    return ERR_NONE;
}

enum err json_member(struct str text, struct str key, struct str *value)
{
    struct json_items items;

    if (!json_members_open(&items, text))
        return ERR_BAD_FORMAT;
    for (;;) { /* until the text is used up */
        struct str name, found;
        enum err err = json_members_next(&items, &name, &found);

        if (err != ERR_NONE)
            return err;
        if (!found.ptr)
            return ERR_NOT_FOUND;
        if (!str_equal(name, key))
            continue;
        *value = found;
        return ERR_NONE;
    }
}
