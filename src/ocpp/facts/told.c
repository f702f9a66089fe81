#include "ocpp/facts/told.h"

/* --- which session -------------------------------------------------------- */

enum err told_find_by_id(struct turn *turn, const struct in *in,
                         const struct fact_transaction *fact, const struct session_row **found)
{
    enum err err;

    *found = NULL;
    if (fact->transaction_id.len == 0)
        return ERR_NONE;
    err = turn_get_transaction(turn, in->station_id, fact->transaction_id, found);
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

static bool fits(const struct session_row *row, const struct fact_transaction *fact)
{
    return row->state == SESSION_OPEN &&
           (!fact->token.len || str_equal_nocase(row->token, fact->token)) &&
           (!fact->evse || row->evse == fact->evse) &&
           (fact->at == UTC_UNKNOWN || row->started_at == UTC_UNKNOWN ||
            row->started_at <= fact->at);
}

const struct session_row *told_match_open(struct turn *turn, const struct in *in,
                                          const struct fact_transaction *fact)
{
    const struct session_row *row = NULL, *match = NULL;

    while ((row = world_next_of(turn_world(turn), ROW_session, in->station_id, row))) {
        if (!fits(row, fact))
            continue;
        if (match)
            return NULL;
        match = row;
    }
    return match;
}

/* --- what becomes of it ---------------------------------------------------- */

struct session_row *told_new(struct turn *turn, const struct in *in,
                             const struct fact_transaction *fact)
{
    struct session_row *session = TURN_NEW(turn, session);

    session->tenant = in->station->tenant;
    session->station = in->station_id;
    session->site = in->station->site;
    session->evse = fact->evse;
    session->connector = fact->connector;
    session->transaction_id = fact->transaction_id;
    session->key = session_key(in->station_id, fact->transaction_id);
    session->state = SESSION_OPEN;
    session->started_at = fact->at;
    session->ended_at = session->sample_at = UTC_UNKNOWN;
    session->received_at = session->seen_at = turn->now;
    session->soc_permille = -1;
    session->seq_max = -1;
    return session;
}

static bool same_place(const struct session_row *session, int64_t evse, int64_t connector)
{
    return session->evse == evse &&
           (session->connector == connector || !session->connector || !connector);
}

/* Another session that is open where this one is. */
static const struct session_row *open_at(struct turn *turn, int64_t station, int64_t evse,
                                         int64_t connector, int64_t but)
{
    const struct session_row *row = NULL;

    while (evse && (row = world_next_of(turn_world(turn), ROW_session, station, row))) {
        const struct session_row *seen = TURN_FIND(turn, session, row->id);
        if (seen && seen->state == SESSION_OPEN && seen->id != but &&
            same_place(seen, evse, connector))
            return seen;
    }
    return NULL;
}

void told_supersede(struct turn *turn, struct session_row *session)
{
    const struct session_row *other;

    if (session->state != SESSION_OPEN)
        return;
    other = open_at(turn, session->station, session->evse, session->connector, session->id);
    if (!other)
        return;
    if (other->started_at != UTC_UNKNOWN && session->started_at != UTC_UNKNOWN &&
        other->started_at > session->started_at) {
        /* This one is told late, from an offline queue: its own end follows. */
        session->flags |= FLAG_BIT(SUPERSEDED);
        session_end_at_last(session, SESSION_LOST, session->started_at);
    } else {
        struct session_row *older = TURN_EDIT(turn, session, other);
        older->flags |= FLAG_BIT(SUPERSEDED);
        session_end_at_last(older, SESSION_ENDED, turn->now);
        turn_event(turn, "session.ended", older->station, older->id);
    }
}

void told_reopen(struct turn *turn, struct session_row *session)
{
    if (session->state != SESSION_LOST || session->closed_by.len ||
        open_at(turn, session->station, session->evse, session->connector, session->id))
        return;
    session->state = SESSION_OPEN;
    session->ended_at = UTC_UNKNOWN;
    turn_event(turn, "session.updated", session->station, session->id);
}

void told_token(struct session_row *session, const struct fact_transaction *fact,
                const struct fact_verdict *verdict)
{
    if (!fact->has_token || session->token.len)
        return;
    session->token = fact->token;
    session->token_status = verdict->status;
    session->group_id = verdict->token ? verdict->token->group_id : STR_NONE;
    if (verdict->status != TOKEN_ACCEPTED)
        session->flags |= FLAG_BIT(TOKEN_REFUSED);
    else if (!verdict->token) /* the station, its site or a button lets everybody charge */
        session->flags |= FLAG_BIT(FREE_VEND);
}

void told_readings(struct session_row *session, const struct fact_transaction *fact)
{
    for (uint32_t i = 0; i < fact->reading_count; i++) {
        session_take_reading(session, &fact->readings[i]);
        session_take_intervals(session, &fact->readings[i], fact->step == FACT_END);
    }
}

enum { CLOCK_AHEAD_MS = 300000 };
#define CLOCK_BEHIND_MS \
    (INT64_C(366) * 86400000) /* an offline queue is older than a year only with a wrong clock */

static void judge_clock(struct session_row *session, const struct fact_transaction *fact,
                        utc_ms now)
{
    if (fact->at == UTC_UNKNOWN || fact->at > now + CLOCK_AHEAD_MS ||
        fact->at < now - CLOCK_BEHIND_MS)
        session->flags |= FLAG_BIT(CLOCK);
}

void told_note(struct turn *turn, struct in *in, struct session_row *session,
               const struct fact_transaction *fact)
{
    if (in->flagged)
        session->flags |= FLAG_BIT(SCHEMA);
    judge_clock(session, fact, turn->now);
    session->seen_at = turn->now;
    session->fact_count++;
    session_remember(session, fact->mark, turn->arena);
    in->session = session->id;
}

/* It ended before it began: the station's clock was set meanwhile, and is wrong before or after
 * (rules.md: clock). When we heard of it is nearer to the truth. */
static utc_ms end_after_start(struct session_row *session, utc_ms at, utc_ms now)
{
    if (session->started_at == UTC_UNKNOWN || at >= session->started_at)
        return at;
    session->flags |= FLAG_BIT(CLOCK);
    if (session->started_at > session->received_at + CLOCK_AHEAD_MS)
        session->started_at = session->received_at;
    if (at < session->started_at)
        at = now > session->started_at ? now : session->started_at;
    return at;
}

void told_end(struct turn *turn, struct session_row *session, const struct fact_transaction *fact)
{
    utc_ms at = fact->at != UTC_UNKNOWN ? fact->at : turn->now;

    if (session->end_key) {
        /* A second end with other content: the first stands, the frames of both are kept. */
        session->flags |= FLAG_BIT(DUPLICATE);
        return;
    }
    session->end_key = (int64_t)(fact->mark >> 1);
    if (fact->has_stop_wh)
        session_take_stop_wh(session, fact->stop_wh, at);
    if (!session->has_register && !(session->flags & FLAG_BIT(METER_INTERVAL)))
        session->flags |= FLAG_BIT(METER_MISSING); /* rules.md: doubt */
    session_end(session, SESSION_ENDED, end_after_start(session, at, turn->now));
    if (fact->stop_reason.len)
        session->stop_reason = fact->stop_reason;
    turn_event(turn, "session.ended", session->station, session->id);
}
