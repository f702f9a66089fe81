/* writer.h: JSON text, piece by piece, into a buf.
 *
 * Commas and quotes come by themselves. What does not fit in the buf, or nests deeper than
 * JSON_DEPTH_MAX, sets buf->overflow, which stays set: it is checked once, at the end. Calls in an
 * order that gives no JSON (a value in an object without a key) are our own bug and abort.
 *
 *     struct json_writer w = json_writer(&buf);
 *     json_object_begin(&w);
 *     json_key_str(&w, "id", station->id);
 *     json_key(&w, "evses");
 *     json_array_begin(&w);
 *     ...
 *     json_array_end(&w);
 *     json_object_end(&w);
 */
#pragma once
#include "base/base.h"

#define JSON_DEPTH_MAX  32u
#define JSON_TIME_FIRST INT64_C(-62135596800000) /* 0001-01-01T00:00:00Z */
#define JSON_TIME_LAST  INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

struct json_writer {
    struct buf *buf;
    uint64_t objects; /* bit n: what was opened as the n-th is an object */
    uint32_t depth;
    bool comma;      /* a value stands before */
    bool key;        /* a key stands before and waits for its value */
    struct str flaw; /* the field at which json_write_struct stopped */
};

static inline struct json_writer json_writer(struct buf *buf)
{
    return (struct json_writer){ .buf = buf };
}

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key_of(struct json_writer *w, struct str key);

/* Escapes what must be escaped; bytes that are not UTF-8 become U+FFFD, one each. */
void json_str(struct json_writer *w, struct str text);
void json_i64(struct json_writer *w, int64_t value);
/* value / 10^scale, without trailing zeros. */
void json_decimal(struct json_writer *w, int64_t value, int scale);
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
/* RFC 3339 with milliseconds; null for UTC_UNKNOWN, UTC_NEVER and other moments without a year of
 * four digits. */
void json_time(struct json_writer *w, utc_ms at);
/* Text that is one JSON value already; an empty one is written as null. */
void json_raw(struct json_writer *w, struct str value);

/* A key and its value. */
static inline void json_key(struct json_writer *w, const char *key)
{
    json_key_of(w, (struct str){ key, (uint32_t)__builtin_strlen(key) });
}

static inline void json_key_str(struct json_writer *w, const char *key, struct str text)
{
    json_key(w, key);
    json_str(w, text);
}

static inline void json_key_i64(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_i64(w, value);
}

static inline void json_key_decimal(struct json_writer *w, const char *key, int64_t value,
                                    int scale)
{
    json_key(w, key);
    json_decimal(w, value, scale);
}

static inline void json_key_bool(struct json_writer *w, const char *key, bool value)
{
    json_key(w, key);
    json_bool(w, value);
}

static inline void json_key_null(struct json_writer *w, const char *key)
{
    json_key(w, key);
    json_null(w);
}

static inline void json_key_time(struct json_writer *w, const char *key, utc_ms at)
{
    json_key(w, key);
    json_time(w, at);
}

static inline void json_key_raw(struct json_writer *w, const char *key, struct str value)
{
    json_key(w, key);
    json_raw(w, value);
}
