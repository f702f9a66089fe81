/* meter.c: MeterValues: of a transaction, or of what charges there now. */
#include "ocpp/facts/told.h"
#include "ocpp/power_tell.h"
#include "ocpp/say.h"

/* Once a transaction: it may go on telling for hours, and the log has each of them. */
static enum err doubt_transaction(struct turn *turn, const struct in *in,
                                  const struct fact_transaction *fact)
{
    const struct sentence said =
        SENTENCE(turn->arena, "meter_unknown",
                 "Meter values of transaction {transaction}, which nobody knows.",
                 ARGS(ARG_STR("transaction", fact->transaction_id)));

    return turn_review_once(turn, &(struct review){ .once = REVIEW_ONCE_A_TEXT,
                                                    .kind = "unknown_transaction",
                                                    .station = in->station_id,
                                                    .frame = in->text,
                                                    SAYS(said) });
}

enum err fact_meter(struct turn *turn, struct in *in, const struct fact_transaction *fact)
{
    const struct session_row *found;
    struct session_row *session;
    bool by_id;
    enum err err;

    power_saw(in, fact->evse, fact->at, fact->offline);
    if (fact->evse == 0 && fact->transaction_id.len == 0)
        return ERR_NONE; /* the station's own meter: the log has it */
    err = told_find_by_id(turn, in, fact, &found);
    if (err != ERR_NONE)
        return err;
    by_id = found != NULL;
    if (!by_id && fact->evse) /* never the station's own meter */
        found = told_match_open(turn, in, fact);
    if (!found) {
        return fact->transaction_id.len ? doubt_transaction(turn, in, fact) : ERR_NONE;
    }
    in->session = found->id;
    in->is_repeat = session_repeats(found, fact->mark);
    if (in->is_repeat)
        return ERR_NONE;
    if (found->state == SESSION_OPEN && (found->id_used || !by_id) &&
        world_find(turn_world(turn), ROW_session, found->id))
        session = TURN_EDIT_LAZY(turn, session, found);
    else
        session = TURN_EDIT(turn, session, found);
    session->id_used = session->id_used || by_id;
    if (fact->transaction_id.len && !by_id)
        session->flags |= FLAG_BIT(UNKNOWN_TRANSACTION);
    told_reopen(turn, session);
    told_readings(session, fact);
    told_note(turn, in, session, fact);
    return ERR_NONE;
}
