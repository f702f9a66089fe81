/* cursor.h: JSON text, value by value, without a tree, a copy or a descriptor. For small needs: the
 * parts of an OCPP frame, one member of an object. Messages are read by reader.h.
 *
 * Everything that is passed over is checked: syntax (RFC 8259), UTF-8, nesting up to
 * JSON_DEPTH_MAX. Spans lie in the text that was handed in and live as long as it does.
 */
#pragma once
#include "json/report.h"
#include "json/scan.h"
#include "json/writer.h"

struct json_cursor {
    const char *at, *end;
};

static inline struct json_cursor json_cursor(struct str text)
{
    const char *at = text.ptr ? text.ptr : ""; /* to count from */

    return (struct json_cursor){ at, at + text.len };
}

/* Past white space; false at the end of the text. */
static inline bool json_skip_space(struct json_cursor *c)
{
    if (__builtin_expect(c->at < c->end && *c->at > ' ', 1))
        return true;
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
        c->at++;
    return c->at < c->end;
}

/* Past white space and this byte; false when another one stands there. */
static inline bool json_expect(struct json_cursor *c, char byte)
{
    if (!json_skip_space(c) || *c->at != byte)
        return false;
    c->at++;
    return true;
}

/* The string that starts at the cursor (with its quote): what stands between the quotes, and
 * whether it has escapes. False: it is no string, or not UTF-8. */
bool json_take_string(struct json_cursor *c, struct str *inside, bool *escaped);
/* The same, quick for ASCII without escapes. */
static inline bool json_take_text(struct json_cursor *c, struct str *inside, bool *escaped)
{
    const char *start = c->at + 1, *stop;

    if (c->at < c->end && *c->at == '"') {
        stop = scan_plain(start, c->end);
        if (stop < c->end && *stop == '"') {
            *inside = (struct str){ start, (uint32_t)(stop - start) };
            *escaped = false;
            c->at = stop + 1;
            return true;
        }
    }
    return json_take_string(c, inside, escaped);
}
/* The number at the cursor, by the grammar of JSON. */
bool json_take_number(struct json_cursor *c, struct str *text);
/* Any value; JSON_FLAW_NONE, SYNTAX or DEPTH. */
enum json_flaw_kind json_take_value(struct json_cursor *c, struct str *value);

/* The text of a string with escapes, in the arena. A NUL and surrogates without their other half
 * become U+FFFD and set *flawed. False: memory is out. */
bool json_unescape(struct str inside, struct arena *arena, struct str *text, bool *flawed);

/* Whole text as one value: spans and conversions for values that json_take_value gave. False: it is
 * of another type or out of range; a string with a NUL or half a surrogate is none. */
bool json_value_str(struct str value, struct arena *arena, struct str *text);
bool json_value_i64(struct str value, int64_t *number);
/* Is a number (as json_take_number gave it) without a fraction? 1.0 and 1e2 are. */
bool json_number_is_whole(struct str number);

/* The items of an array, or the members of an object, one after the other. */
struct json_items {
    struct json_cursor cursor;
    char close; /* ']' or '}' */
    bool between;
};

/* False: the text does not begin as an array (an object). */
bool json_items_open(struct json_items *items, struct str text);
bool json_members_open(struct json_items *items, struct str text);
/* The next one. *value.ptr is NULL after the last, when the text has ended as it should. */
MUST_CHECK enum err json_items_next(struct json_items *items, struct str *value);
/* The same for members; `key` is what stands between the quotes, escapes not resolved. */
MUST_CHECK enum err json_members_next(struct json_items *items, struct str *key, struct str *value);
/* All that is left up to the bracket that ends the text, unread: whoever reads it finds what is
 * wrong in it. ERR_BAD_FORMAT: there is nothing, or no bracket at the end. */
MUST_CHECK enum err json_items_rest(struct json_items *items, struct str *rest);

/* The raw items of a whole array, at most `max`: ERR_BAD_FORMAT, ERR_BAD_OCCURRENCE (more). */
MUST_CHECK enum err json_array_spans(struct str text, struct str *spans, uint32_t max,
                                     uint32_t *count);
/* The value of the first member with this key (written without escapes); ERR_NOT_FOUND. */
MUST_CHECK enum err json_member(struct str text, struct str key, struct str *value);
