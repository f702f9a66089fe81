/* transaction.c: what 2.x TransactionEvents do to sessions. */
#include "ocpp/facts/told.h"
#include "ocpp/power_tell.h"

/* Shows on the connector what the session does; only live words may (lbbrhzn#2135: a replay moved
 * it). */
static void show_state(struct turn *turn, struct in *in, const struct session_row *session,
                       const struct fact_transaction *fact)
{
    static const enum connector_status shown[CHARGING_COUNT] = {
        [CHARGING_ACTIVE] = STATUS_CHARGING,
        [CHARGING_EV_CONNECTED] = STATUS_PREPARING,
        [CHARGING_SUSPENDED_EV] = STATUS_SUSPENDED_EV,
        [CHARGING_SUSPENDED_EVSE] = STATUS_SUSPENDED_EVSE,
        [CHARGING_IDLE] = STATUS_OCCUPIED,
    };
    const struct connector_row *row = turn_find_connector(
        turn, in->station_id, session->evse, session->connector ? session->connector : 1);
    bool open = session->state == SESSION_OPEN;
    enum connector_status status = open ? shown[fact->charging_state] : STATUS_OCCUPIED;
    struct connector_row *connector;

    /* 2.x stations say Occupied and no more; what a session says comes on top of that, and goes
     * with it. */
    if (!row || fact->offline || !str_equal(row->status_raw, STR("Occupied")) ||
        (open && !fact->has_charging_state) || status == STATUS_UNKNOWN ||
        row->status == (int64_t)status)
        return;
    connector = TURN_EDIT(turn, connector, row);
    connector->status = status;
    connector->received_at = turn->now;
    turn_event(turn, "connector.status", in->station_id, 0);
}

/* A Started for a session that is over, at another time: a station that counts its transactions
 * anew (rules.md: anew). */
static bool is_another(const struct session_row *session, const struct fact_transaction *fact)
{
    return fact->step == FACT_START && session->has_start && session->state != SESSION_OPEN &&
           session->started_at != fact->at;
}

static void start_or_fill(struct turn *turn, struct session_row *session,
                          const struct fact_transaction *fact, bool is_new)
{
    bool moves = is_new || (fact->evse && fact->evse != session->evse);

    if (fact->step == FACT_START) {
        session->has_start = true;
        session->start_key = (int64_t)(fact->mark >> 1);
        if (fact->at != UTC_UNKNOWN &&
            (session->started_at == UTC_UNKNOWN || fact->at < session->started_at))
            session->started_at = fact->at;
    }
    if (fact->evse)
        session->evse = fact->evse;
    if (fact->connector)
        session->connector = fact->connector;
    if (fact->remote_start_id)
        session->remote_start_id = fact->remote_start_id;
    if (is_new)
        turn_event(turn, "session.started", session->station, session->id);
    if (moves)
        told_supersede(turn, session);
}

static bool changes_nothing_else(const struct fact_transaction *fact,
                                 const struct session_row *before)
{
    return fact->step == FACT_UPDATE && before->state == SESSION_OPEN && !fact->has_token &&
           (!fact->has_charging_state || before->charging_state == (int64_t)fact->charging_state) &&
           (!fact->evse || before->evse == fact->evse) &&
           (!fact->connector || before->connector == fact->connector) && !fact->remote_start_id;
}

enum err fact_transaction(struct turn *turn, struct in *in, const struct fact_transaction *fact,
                          struct fact_verdict *verdict)
{
    const struct session_row *found = NULL;
    struct session_row *session;
    enum err err = turn_get_transaction(turn, in->station_id, fact->transaction_id, &found);
    bool is_new;

    power_saw(in, fact->evse, fact->at, fact->offline);
    if (err != ERR_NONE && err != ERR_NOT_FOUND)
        return err;
    is_new = err == ERR_NOT_FOUND || is_another(found, fact);
    if (fact->has_token)
        *verdict =
            fact_authorize(turn, in, fact->token, fact->token_type, is_new, is_new ? 0 : found->id);
    if (!is_new && session_repeats(found, fact->mark)) {
        in->session = found->id;
        in->is_repeat = true;
        if (fact->has_token && str_equal_nocase(found->token, fact->token))
            verdict->status = (enum token_status)found->token_status; /* the first answer again */
        return ERR_NONE;
    }
    if (is_new)
        session = told_new(turn, in, fact);
    else if (changes_nothing_else(fact, found) &&
             world_find(turn_world(turn), ROW_session, found->id))
        session = TURN_EDIT_LAZY(turn, session, found); /* meter values: a redo record is enough */
    else
        session = TURN_EDIT(turn, session, found);
    if (fact->has_seq && !session_take_seq(session, fact->seq, turn->arena))
        session->flags |= FLAG_BIT(DUPLICATE); /* same number, other content: both are kept */
    told_reopen(turn, session);
    start_or_fill(turn, session, fact, is_new);
    session_judge_gaps(session);
    told_token(session, fact, verdict);
    told_readings(session, fact);
    if (fact->has_charging_state && session->state == SESSION_OPEN &&
        session->charging_state != (int64_t)fact->charging_state) {
        session->charging_state = fact->charging_state;
        turn_event(turn, "session.updated", session->station, session->id);
    }
    told_note(turn, in, session, fact);
    if (fact->step == FACT_END)
        told_end(turn, session, fact);
    show_state(turn, in, session, fact);
    return ERR_NONE;
}
