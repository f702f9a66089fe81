/* encode.h: a struct into JSON by its descriptor: the other way of reader.h.
 *
 * Strict: what we send is ours to get right. Whatever the descriptor forbids (a required field that
 * is missing, too long, out of range, an unknown word, too many items) stops the writing with the
 * error that a reader would give; w->flaw names the field. What was written until then is of no
 * use.
 *
 * Absent fields are left out (desc.h says how a field is absent); an optional time is also absent
 * when it is 0, so that a zeroed struct is an empty one. Strings that are not UTF-8 are mended.
 */
#pragma once
#include "json/desc.h"
#include "json/writer.h"

/* Writes one value: the whole object. ERR_FULL: the buf has overflown. */
MUST_CHECK enum err json_write_struct(const struct json_desc *desc, const void *object,
                                      struct json_writer *w);
