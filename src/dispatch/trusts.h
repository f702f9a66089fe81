/* trusts.h: what stations are trusted with, and what they say of the limits that they hold. For the
 * files of this room (inner.h).
 */
#pragma once
#include "dispatch/inner.h"

/* --- probing.c: drives probe.h; what a station is trusted with */

void trust_resume(struct power_station *station); /* from its row */
void trust_take(struct power_station *station, const struct power_station *old);
void trust_booted(struct power_station *station); /* it may have another firmware */
/* Is there something to find out now? */
void probing_look(struct power_station *station);
void probing_stop(struct power_station *station);
/* A limit has changed: who is tried where it would be passed, has to come down like all others. */
void probing_yield(struct power_site *site);
/* Its connection is gone, or it is here again: a probe may have wanted that. */
void probing_gone(struct power_station *station);
void probing_back(struct power_station *station);
void probing_drop(struct power_station *station); /* without a word: its site goes */
void probing_metered(struct power_evse *evse, utc_ms now);
/* What it is trusted with has changed, outside of a probe: commit is told, and its row. */
void probing_learned(struct power_station *station);
/* What is known of it goes to its row. */
void probing_keep(struct power_station *station);
/* It may prove itself once more. */
void probing_anew(struct power_station *station);

/* --- amends.c */

void amends_metered(struct power_evse *evse, utc_ms at);
/* It was seen not to obey. */
void amends_fell(struct power_station *station);
/* Not trusted, and in want of a session in which it can show that it obeys. */
bool waits_for_proof(const struct power_evse *evse);

/* --- quick.c */

/* Its station has confirmed a limit; a sample of its meter came. */
void quick_confirmed(struct power_evse *evse, int32_t limit_da, utc_ms now);
void quick_metered(struct power_evse *evse, utc_ms now);

/* --- keeps.c */

/* It has restarted. True: it is asked, and commit hears that it is here when it has answered. */
bool keeps_ask(struct power_station *station);

/* --- held.c */

/* It is here, or was probed: it is asked when its layers are written, and again from time to time.
 */
void held_soon(struct power_station *station);
void held_now(struct power_station *station); /* somebody has changed them */
void held_take(struct power_station *station, const struct power_event *event);
void held_end(struct power_station *station, const struct power_event *event);
void held_drop(struct power_station *station);
/* Another session is there, or none: which of somebody else's profiles may be in force? */
void held_session(struct power_evse *evse);

/* --- composite.c */

struct composite;
/* Is there a reason to ask this station? `asked` counts the questions of one look at all. */
void composite_look(struct power_station *station, uint32_t *asked);
void composite_metered(struct power_evse *evse, utc_ms at);
/* It is here again, or restarted: it may have found another profile in its flash. */
void composite_anew(struct power_station *station);
void composite_drop(struct power_evse *evse);
/* It says that it lets the car draw other than it was told; NULL. */
const struct composite *composite_trouble(const struct power_evse *evse);

/* --- unanswered.c */

/* Of any call: those that tell a limit count. */
void unanswered_note(struct power_station *station, const struct call_done *done);
/* It answers none since then; UTC_UNKNOWN: it does. */
utc_ms unanswered_since(const struct power_station *station);
