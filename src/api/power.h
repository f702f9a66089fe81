/* power.h: how power looks in answers; shared by the handlers about it. */
#pragma once
#include "api/request.h"
#include "dispatch/dispatch.h"
#include "dispatch/document.h"

/* DISPATCH_NO_VALUE is null. */
void write_or_null(struct json_writer *json, const char *key, int64_t value);
/* Members of an open object: what an EVSE may, does and will do. */
void write_evse_power(struct turn *turn, struct json_writer *json,
                      const struct dispatch_evse_state *state);
void write_cap(struct json_writer *json, const struct cap_row *cap);

/* Why an EVSE gets what it gets, in a word. */
extern const struct str site_why_words[WHY_COUNT];
/* Members "why" and "why_text"; `text` empty: as the word means. */
void write_why(struct json_writer *json, int64_t why, struct str text);
/* What the audit keeps of a power document beside the other one of a change (empty: there is none):
 * all of it; of large ones only what the other does not have, and in "left_out" of how many items
 * there was no room. */
struct str power_audited(struct arena *arena, struct str document, struct str other);
