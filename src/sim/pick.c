#include "sim/pick.h"

#include "base/time.h"

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_space(struct str *rest)
{
    while (rest->len > 0 && is_space(*rest->ptr))
        *rest = str_from(*rest, 1);
}

/* The length of the string that begins here, quotes included; 0: it does not end. */
static uint32_t string_length(struct str text)
{
    for (uint32_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '"')
            return i + 1;
    }
    return 0;
}

/* Up to the closing bracket, or to what cannot belong to the value. */
static uint32_t value_length(struct str text)
{
    uint32_t depth = 0, at = 0;

    while (at < text.len) {
        char byte = text.ptr[at];
        uint32_t step = 1;

        if (byte == '"')
            step = string_length(str_from(text, at));
        else if (byte == '{' || byte == '[')
            depth++;
        else if (depth == 0 &&
                 (byte == ',' || byte == ']' || byte == '}' || byte == ':' || is_space(byte)))
            return at;
        else if (byte == '}' || byte == ']')
            depth--;
        if (step == 0)
            return 0;
        at += step;
        if (depth == 0 && (byte == '"' || byte == '}' || byte == ']'))
            return at;
    }
    return 0;
}

bool pick_value(struct str *rest, struct str *value)
{
    uint32_t len;

    skip_space(rest);
    len = value_length(*rest);
    if (len == 0)
        return false;
    *value = str_first(*rest, len);
    *rest = str_from(*rest, len);
    skip_space(rest);
    return true;
}

/* Takes one byte that must stand there. */
static bool take(struct str *rest, char byte)
{
    if (rest->len == 0 || *rest->ptr != byte)
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

static struct str pick_key(struct str object, struct str wanted)
{
    struct str rest = object, key, value;

    if (!take(&rest, '{'))
        return STR_NONE;
    while (pick_value(&rest, &key) && take(&rest, ':') && pick_value(&rest, &value)) {
        if (key.len == wanted.len + 2 && memcmp(key.ptr + 1, wanted.ptr, wanted.len) == 0)
            return value;
        if (!take(&rest, ','))
            break;
    }
    return STR_NONE;
}

struct str pick(struct str object, const char *path)
{
    struct str rest = str_of(path), key;

    while (str_cut(&rest, '.', &key))
        object = pick_key(object, key);
    return object;
}

static uint32_t hex4(struct str text)
{
    uint32_t value = 0;

    for (uint32_t i = 0; i < 4 && i < text.len; i++) {
        char c = text.ptr[i];
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value & 0xffff;
}

/* One escape; characters outside the basic plane are not expected of a server and come out as they
 * stand. */
static uint32_t unescape(struct str from, struct buf *out)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *found;
    uint32_t code;

    if (from.len < 2)
        return 1;
    found = memchr(plain, from.ptr[1], sizeof plain - 1);
    if (found) {
        buf_put_byte(out, meant[found - plain]);
        return 2;
    }
    code = hex4(str_from(from, 2));
    if (code < 0x80) {
        buf_put_byte(out, (char)code);
    } else if (code < 0x800) {
        buf_put_byte(out, (char)(0xc0 | code >> 6));
        buf_put_byte(out, (char)(0x80 | (code & 0x3f)));
    } else {
        buf_put_byte(out, (char)(0xe0 | code >> 12));
        buf_put_byte(out, (char)(0x80 | (code >> 6 & 0x3f)));
        buf_put_byte(out, (char)(0x80 | (code & 0x3f)));
    }
    return from.len < 6 ? from.len : 6;
}

struct str pick_unquote(struct str value, struct arena *arena)
{
    struct str inner;
    struct buf out;

    if (value.len < 2 || value.ptr[0] != '"')
        return STR_NONE;
    inner = (struct str){ value.ptr + 1, value.len - 2 };
    if (str_find_byte(inner, '\\') < 0)
        return inner;
    buf_init_arena(&out, arena, value.len);
    for (uint32_t i = 0; i < inner.len;) {
        if (inner.ptr[i] == '\\') {
            i += unescape(str_from(inner, i), &out);
            continue;
        }
        buf_put_byte(&out, inner.ptr[i++]);
    }
    return buf_str(&out);
}

struct str pick_text(struct str object, const char *path, struct arena *arena)
{
    return pick_unquote(pick(object, path), arena);
}

bool pick_i64(struct str object, const char *path, int64_t *value)
{
    return str_to_i64(pick(object, path), value);
}

bool pick_decimal(struct str object, const char *path, int scale, int64_t *value)
{
    return str_to_decimal(pick(object, path), scale, value);
}

utc_ms pick_time(struct str object, const char *path, utc_ms otherwise)
{
    struct str raw = pick(object, path);
    enum time_flaw flaw;
    utc_ms at;

    if (raw.len < 2 || !time_parse((struct str){ raw.ptr + 1, raw.len - 2 }, &at, &flaw))
        return otherwise;
    return at;
}

bool pick_item(struct str *at, struct str *item)
{
    if (at->len == 0 || (*at->ptr != '[' && *at->ptr != ','))
        return false;
    *at = str_from(*at, 1);
    return pick_value(at, item);
}
