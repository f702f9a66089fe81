/* say.h: lines of a station's log, and doubts, that pages can say in the reader's language
 * (json/sentence.h).
 *
 * A note stands in the log as one JSON object, {"text":…,"code":…,"args":…}; those of earlier
 * versions are the text alone.
 */
#pragma once
#include "core/turn.h"
#include "json/sentence.h"

/* A note in the station's log, not durable by itself. `flags`: LOG_ERROR or 0. */
void say_note(struct turn *turn, int64_t station, uint32_t flags, const struct sentence *said);

/* Members of a struct review. */
#define SAYS(said) .code = str_of((said).code), .args = (said).args, .text = (said).text
