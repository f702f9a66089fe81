/* pick.h: looking into JSON that came in, without structs: the value of a key, the items of an
 * array.
 *
 * Apart from json/ on purpose, as frame.h says. Numbers and texts come back only when they are well
 * formed; what lies between them is not judged.
 */
#pragma once
#include "base/base.h"

/* Takes the value that begins *rest and the white space around it. False: there is none, or it does
 * not end. */
bool pick_value(struct str *rest, struct str *value);
/* The raw value under a key, or under keys in keys ("a.b"); empty: not there. */
struct str pick(struct str object, const char *path);
/* A string without its quotes, escapes resolved in the arena; empty: not there, or no string. */
struct str pick_text(struct str object, const char *path, struct arena *arena);
/* The same for a raw value. */
struct str pick_unquote(struct str value, struct arena *arena);
bool pick_i64(struct str object, const char *path, int64_t *value);
/* `scale` as in str_to_decimal. */
bool pick_decimal(struct str object, const char *path, int scale, int64_t *value);
/* A moment; `otherwise` when it is not there or cannot be read. */
utc_ms pick_time(struct str object, const char *path, utc_ms otherwise);
/* Items of an array: start with *at the raw array, false at its end. */
bool pick_item(struct str *at, struct str *item);
