/* reader.h: JSON text into a struct, checked by its descriptor on the way, in one pass.
 *
 * Memory comes from the arena alone; strings without escapes lie in the text itself, so the text
 * must live as long as the struct. How fields lie in the struct, and what stands there when they
 * are absent: desc.h. Nothing in here recurses.
 *
 *     const struct ocpp_action *action = ocpp_action_find(version, name);
 *     void *req = arena_zalloc(arena, 1, action->req->size);
 *     enum err err = json_read(action->req, payload, JSON_LENIENT, arena, req, &report);
 *
 * JSON_STRICT stops at the first flaw and returns its error (flaw.def); the report names the field.
 *
 * JSON_LENIENT is for facts, which are never refused for their content (rules.md: kept): every
 * flaw goes into the report, what can be used is used, and the result is ERR_NONE unless the text
 * is no JSON (ERR_BAD_FORMAT), no object (ERR_BAD_TYPE), or memory is out (ERR_FULL). Then:
 *
 *   too long, out of range, too many or too few items: taken as it is (lists up to JSON_ITEMS_MAX)
 *   a word that is not known           0; a string that should be one of some words: as it is
 *   "1.5" for a number, 1.5 for a string, 1.5 for an integer, "true" or 1 for a boolean: converted
 *   a time without zone, with a space, ...: read as UTC, as base/time.h does; no time: UTC_UNKNOWN
 *   null, or another wrong type        as if absent; in a list, the item is left out
 *   an unknown field                   passed over
 *   a field twice                      the last one counts
 *   NUL or half a surrogate in a string: U+FFFD
 */
#pragma once
#include "json/desc.h"
#include "json/report.h"

enum json_mode { JSON_STRICT, JSON_LENIENT };

/* `out`: desc->size bytes, zeroed; what is in it after an error must not be used. `report` is
 * overwritten; may be NULL. */
MUST_CHECK enum err json_read(const struct json_desc *desc, struct str text, enum json_mode mode,
                              struct arena *arena, void *out, struct json_report *report);
