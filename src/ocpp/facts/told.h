/* told.h: what every fact about a session has in common, whichever message told it: which session
 * it belongs to, and what becomes of that. For the files of this folder; facts.h is what others
 * see.
 *
 * Facts come in any order, twice, late; each counts once (rules.md: repeats, order, one).
 * Sessions handed in to be changed are copies of this turn (TURN_NEW, TURN_EDIT); those handed out
 * are the world's or the store's, valid until the turn ends.
 */
#pragma once
#include "ocpp/facts/facts.h"

/* --- which session -------------------------------------------------------- */

/* By the transaction id that the fact gives; *found is NULL where it gives none, or one that nobody
 * knows. ERR_LATER: the store is asked. */
MUST_CHECK enum err told_find_by_id(struct turn *turn, const struct in *in,
                                    const struct fact_transaction *fact,
                                    const struct session_row **found);
/* Its number says nothing: the one open session that it can mean, by token, EVSE and time. NULL: it
 * can mean none, or two: to end the wrong one is worse than to ask a person. */
const struct session_row *told_match_open(struct turn *turn, const struct in *in,
                                          const struct fact_transaction *fact);

/* --- what becomes of it ---------------------------------------------------- */

/* An open session with the fact's place, time and transaction id, and nothing else yet. */
struct session_row *told_new(struct turn *turn, const struct in *in,
                             const struct fact_transaction *fact);
/* One EVSE has one session: of two, the one that began earlier is over. */
void told_supersede(struct turn *turn, struct session_row *session);
/* A lost session of which something new is heard goes on, unless a person has closed it or another
 * has taken its place. */
void told_reopen(struct turn *turn, struct session_row *session);
/* The token that it is charged with: the first that is told, accepted or not (rules.md:
 * refused-token). */
void told_token(struct session_row *session, const struct fact_transaction *fact,
                const struct fact_verdict *verdict);
void told_readings(struct session_row *session, const struct fact_transaction *fact);
/* Counts the fact, remembers it by its mark, flags what is doubtful about its form and its clock,
 * and ties the message to the session in the log. */
void told_note(struct turn *turn, struct in *in, struct session_row *session,
               const struct fact_transaction *fact);
/* The station says that it is over. Of two ends with other content the first stands. */
void told_end(struct turn *turn, struct session_row *session, const struct fact_transaction *fact);
