/* journal.h: a decision as it is kept: all that it was made from, and what came out, as JSON, so
 * that it can be made again (site_decide with the input that was read gives the verdicts that were
 * read, else something is wrong).
 *
 * What is as usual is left out: a field that is missing has its usual value (journal.c lists them),
 * so a page that was written by an earlier version is read as it was meant. Pure.
 */
#pragma once
#include "energy/site.h"
#include "json/writer.h"

enum {
    DECISION_BYTES_MAX = 7 << 20, /* a longer page is not kept */
    DECISION_CHAIN_MAX = 64,      /* pages that are packed one against the other (page.c) */
};

/* {"version":1,"at":…,"input":{…},"again_at":…,"verdicts":[…]} into `json`. */
void decision_write(struct json_writer *json, const struct site_input *input,
                    const struct site_decision *decision);
/* Reads it back; all of it lies in the arena. ERR_BAD_FORMAT: no such text; ERR_BAD_VALUE: a number
 * that does not fit, or names what is not there; ERR_FULL. */
MUST_CHECK enum err decision_read(struct str text, struct arena *arena, struct site_input *input,
                                  struct site_decision *decision);
/* Do two decisions say the same: targets, reasons, what is remembered? */
bool decision_same(const struct site_decision *one, const struct site_decision *other,
                   uint32_t evse_count);
