/* samples.h: meter values as bytes: what a `samples` row holds for years, long after the frames are
 * gone. Lossless for what REST shows: time, value, unit, measurand, phase, location, context.
 */
#pragma once
#include "domain/sample.h"

/* Appends one. */
void samples_put(struct buf *out, const struct sample *sample);
/* Takes the next one off the front; its texts borrow from the bytes or are static. ERR_NOT_FOUND at
 * the end, ERR_CORRUPT. */
MUST_CHECK enum err samples_take(struct str *bytes, struct sample *sample);
