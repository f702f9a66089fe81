/* session.h: what a session is and how facts change it. Versions of OCPP do not show here.
 *
 * Pure: rows in, rows changed. Facts come in any order, twice, or late; energy comes from the
 * meter's register and never falls. Sources: 1.6 §3.7; 2.0.1 E01 to E15; rules.md: repeats, order,
 * clock.
 */
#pragma once
#include "domain/rows.h"
#include "domain/sample.h"
#include "domain/words.h"

#define SESSION_RECENT_MAX 64      /* dedup keys that a session remembers */
#define SESSION_WATTS_MAX  1000000 /* more than this is taken for a fault of the meter */

/* A 64-bit mark for dedup: fold what makes a message that message. Never 0. */
uint64_t mark_start(void);
uint64_t mark_number(uint64_t mark, int64_t value);
uint64_t mark_text(uint64_t mark, struct str text);

/* Has the session seen this mark? Else remembers it (`arena` for the new ring); the oldest falls
 * out. */
bool session_repeats(const struct session_row *session, uint64_t mark);
void session_remember(struct session_row *session, uint64_t mark, struct arena *arena);

/* Energy, power, state of charge of one moment. A reading older than the last one changes nothing
 * but the count. */
void session_take_reading(struct session_row *session, const struct reading *reading);
/* Energy that a station tells in intervals, where its register says nothing: their sum is the
 * session's energy, flagged METER_INTERVAL, until a register has moved. `of_end`: the message ends
 * the session, and says again what was told on the way. */
void session_take_intervals(struct session_row *session, const struct reading *reading,
                            bool of_end);
/* The register at the start or the end, from a message that says just that (1.6 meterStart,
 * meterStop): Wh. A negative one is missing. */
void session_take_start_wh(struct session_row *session, int64_t register_wh, utc_ms at);
void session_take_stop_wh(struct session_row *session, int64_t register_wh, utc_ms at);

/* 2.x: numbers of messages that were not seen between those that were. Sets GAP while there are
 * some. False: this number was seen already. */
bool session_take_seq(struct session_row *session, int64_t seq, struct arena *arena);

/* Sets or clears GAP: numbers are missing, or its start is. After has_start has changed too. */
void session_judge_gaps(struct session_row *session);

/* Ends it, once; a second end with another moment keeps the first. */
void session_end(struct session_row *session, enum session_state state, utc_ms at);
/* The same where nobody says when it ended: at its last reading, without one at `otherwise`. */
void session_end_at_last(struct session_row *session, enum session_state state, utc_ms otherwise);
