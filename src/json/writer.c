#include "json/writer.h"

#include "base/time.h"
#include "json/scan.h"

static bool in_object(const struct json_writer *w)
{
    return w->depth > 0 && (w->objects >> (w->depth - 1) & 1) != 0;
}

/* What stands before a value: nothing after a key, else perhaps a comma. */
static void value_begin(struct json_writer *w)
{
    check(w->key == in_object(w) || w->buf->overflow);
    if (w->comma && !w->key)
        buf_put_byte(w->buf, ',');
    w->key = false;
    w->comma = true;
}

static void nest(struct json_writer *w, bool object)
{
    value_begin(w);
    if (w->depth == JSON_DEPTH_MAX) {
        w->buf->overflow = true;
        return;
    }
    w->objects &= ~(UINT64_C(1) << w->depth);
    w->objects |= (uint64_t)object << w->depth;
    w->depth++;
    w->comma = false;
    buf_put_byte(w->buf, object ? '{' : '[');
}

static void unnest(struct json_writer *w, bool object)
{
    if (w->buf->overflow) /* depth is no longer kept */
        return;
    check(w->depth > 0);
    check(in_object(w) == object);
    check(!w->key);
    w->depth--;
    w->comma = true;
    buf_put_byte(w->buf, object ? '}' : ']');
}

void json_object_begin(struct json_writer *w)
{
    nest(w, true);
}

void json_object_end(struct json_writer *w)
{
    unnest(w, true);
}

void json_array_begin(struct json_writer *w)
{
    nest(w, false);
}

void json_array_end(struct json_writer *w)
{
    unnest(w, false);
}

static void put_escaped(struct buf *buf, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if ((unsigned char)letters[i] == c) {
            text[1] = letters[i + 1];
            buf_put(buf, (struct str){ text, 2 });
            return;
        }
    }
    buf_put(buf, (struct str){ text, 6 });
}

/* Text that is as it should be, in quotes, in one go; false: it must be looked at closer. */
static bool put_plain(struct buf *buf, struct str text)
{
    char *at;

    if (scan_plain(text.ptr, text.ptr + text.len) != text.ptr + text.len)
        return false;
    at = buf_reserve(buf, text.len + 2);
    if (!at)
        return true; /* overflow is set */
    at[0] = '"';
    if (text.len)
        memcpy(at + 1, text.ptr, text.len);
    at[text.len + 1] = '"';
    buf->len += text.len + 2;
    return true;
}

static void put_quoted(struct buf *buf, struct str text)
{
    const char *at, *end;

    if (!text.ptr)
        text = STR_NONE; /* no text has no address either, and nothing may be added to that */
    at = text.ptr;
    end = text.ptr + text.len;
    if (put_plain(buf, text))
        return;
    buf_put_byte(buf, '"');
    while (at < end) {
        const char *stop = scan_plain(at, end);
        uint32_t len;

        buf_put(buf, (struct str){ at, (uint32_t)(stop - at) });
        at = stop;
        if (at == end)
            break;
        if ((unsigned char)*at < 0x80) {
            put_escaped(buf, (unsigned char)*at++);
            continue;
        }
        len = utf8_sequence((struct str){ at, (uint32_t)(end - at) });
        buf_put(buf, len ? (struct str){ at, len } : STR("\xef\xbf\xbd"));
        at += len ? len : 1;
    }
    buf_put_byte(buf, '"');
}

void json_key_of(struct json_writer *w, struct str key)
{
    check(w->buf->overflow || in_object(w));
    check(w->buf->overflow || !w->key);
    if (w->comma)
        buf_put_byte(w->buf, ',');
    put_quoted(w->buf, key);
    buf_put_byte(w->buf, ':');
    w->key = true;
}

void json_str(struct json_writer *w, struct str text)
{
    value_begin(w);
    put_quoted(w->buf, text);
}

void json_i64(struct json_writer *w, int64_t value)
{
    value_begin(w);
    buf_put_i64(w->buf, value);
}

void json_decimal(struct json_writer *w, int64_t value, int scale)
{
    value_begin(w);
    buf_put_decimal(w->buf, value, scale);
}

void json_bool(struct json_writer *w, bool value)
{
    json_raw(w, value ? STR("true") : STR("false"));
}

void json_null(struct json_writer *w)
{
    json_raw(w, STR("null"));
}

void json_time(struct json_writer *w, utc_ms at)
{
    char text[TIME_TEXT_LEN];

    if (at < JSON_TIME_FIRST || at > JSON_TIME_LAST) {
        json_null(w);
        return;
    }
    time_format(at, text);
    json_str(w, (struct str){ text, TIME_TEXT_LEN });
}

void json_raw(struct json_writer *w, struct str value)
{
    value_begin(w);
    buf_put(w->buf, value.len ? value : STR("null"));
}
