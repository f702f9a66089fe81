/* transaction.c: what happens to sessions. Facts come in any order, twice, late; each is told once
 * (SECURITY §5.1, DESIGN §4). */
#include "ocpp/facts/facts.h"
#include "ocpp/power_tell.h"

/* --- small parts --------------------------------------------------------- */

static struct session_row *new_session(struct turn *turn, struct in *in,
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

static void take_readings(struct session_row *session, const struct fact_transaction *fact)
{
    for (uint32_t i = 0; i < fact->reading_count; i++)
        session_take_reading(session, &fact->readings[i]);
}

static void note(struct turn *turn, struct in *in, struct session_row *session,
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

/* One EVSE has one session: of two, the one that began earlier is over. */
static void supersede(struct turn *turn, struct session_row *session)
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
        session_end(session, SESSION_LOST,
                    session->sample_at != UTC_UNKNOWN ? session->sample_at : session->started_at);
    } else {
        struct session_row *older = TURN_EDIT(turn, session, other);
        older->flags |= FLAG_BIT(SUPERSEDED);
        session_end(older, SESSION_ENDED,
                    older->sample_at != UTC_UNKNOWN ? older->sample_at : turn->now);
        turn_event(turn, "session.ended", older->station, older->id);
    }
}

/* A lost session of which something new is heard goes on, unless another has taken its place. */
static void reopen(struct turn *turn, struct session_row *session)
{
    if (session->state != SESSION_LOST || session->closed_by.len ||
        open_at(turn, session->station, session->evse, session->connector, session->id))
        return;
    session->state = SESSION_OPEN;
    session->ended_at = UTC_UNKNOWN;
    turn_event(turn, "session.updated", session->station, session->id);
}

static void set_token(struct session_row *session, const struct fact_transaction *fact,
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

static void end_by_station(struct turn *turn, struct session_row *session,
                           const struct fact_transaction *fact)
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
    session_end(session, SESSION_ENDED, at);
    if (fact->stop_reason.len)
        session->stop_reason = fact->stop_reason;
    turn_event(turn, "session.ended", session->station, session->id);
}

/* --- 2.x ----------------------------------------------------------------- */

/* A Started for a session that is over, at another time: a station that counts its transactions
 * anew (DESIGN §4). */
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
        supersede(turn, session);
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
        session = new_session(turn, in, fact);
    else if (changes_nothing_else(fact, found) &&
             world_find(turn_world(turn), ROW_session, found->id))
        session = TURN_EDIT_LAZY(turn, session, found); /* meter values: a redo record is enough */
    else
        session = TURN_EDIT(turn, session, found);
    if (fact->has_seq && !session_take_seq(session, fact->seq, turn->arena))
        session->flags |= FLAG_BIT(DUPLICATE); /* same number, other content: both are kept */
    reopen(turn, session);
    start_or_fill(turn, session, fact, is_new);
    session_judge_gaps(session);
    set_token(session, fact, verdict);
    take_readings(session, fact);
    if (fact->has_charging_state && session->state == SESSION_OPEN &&
        session->charging_state != (int64_t)fact->charging_state) {
        session->charging_state = fact->charging_state;
        turn_event(turn, "session.updated", session->station, session->id);
    }
    note(turn, in, session, fact);
    if (fact->step == FACT_END)
        end_by_station(turn, session, fact);
    show_state(turn, in, session, fact);
    return ERR_NONE;
}

/* --- 1.6 ----------------------------------------------------------------- */

static struct str number_text(struct arena *arena, int64_t number)
{
    return arena_printf(arena, "%lld", (long long)number);
}

/* The same start before, whose answer the station cannot have used (DESIGN §4: dedup by meaning).
 */
static enum err find_start(struct turn *turn, struct in *in, uint64_t mark,
                           const struct session_row **found)
{
    const struct store_filter filters[] = {
        { .column = "start_key", .test = STORE_EQ, .number = (int64_t)(mark >> 1) },
        { .column = "station", .test = STORE_EQ, .number = in->station_id },
    };
    const struct store_query query = { .kind = ROW_session,
                                       .filters = filters,
                                       .filter_count = COUNT(filters),
                                       .descending = true,
                                       .limit = 1 };
    const struct session_row *row = NULL;
    struct store_rows rows;
    enum err err;

    *found = NULL;
    while ((row = world_next_of(turn_world(turn), ROW_session, in->station_id, row)))
        if (row->start_key == (int64_t)(mark >> 1) && (!*found || row->id > (*found)->id))
            *found = row;
    if (*found)
        return ERR_NONE;
    err = turn_query(turn, &query, &rows);
    if (err == ERR_NONE && rows.count)
        *found = rows.rows[0];
    return err;
}

/* Random, in one number space per station, never one that it had before (SECURITY §5.1.7). */
static enum err free_transaction_id(struct turn *turn, struct in *in, int64_t *id)
{
    enum { TRIES = 4 };

    for (int try = 0; try < TRIES; try++) {
        const struct session_row *taken;
        enum err err;
        *id = 1 + (int64_t)rand_below(&turn->rand, INT32_MAX);
        err = turn_get_transaction(turn, in->station_id, number_text(turn->arena, *id), &taken);
        if (err == ERR_NOT_FOUND)
            return ERR_NONE;
        if (err != ERR_NONE)
            return err;
    }
    return ERR_FULL;
}

enum err fact_start_16(struct turn *turn, struct in *in, const struct fact_transaction *fact,
                       struct fact_verdict *verdict, int64_t *transaction_id)
{
    const struct session_row *before;
    struct fact_transaction full = *fact;
    struct session_row *session;
    enum err asked = find_start(turn, in, fact->mark, &before);
    enum err err = free_transaction_id(turn, in, transaction_id); /* both questions at once */

    power_saw(in, fact->evse, fact->at, fact->offline);
    if (asked != ERR_NONE || err != ERR_NONE)
        return asked != ERR_NONE ? asked : err;
    if (before && !before->id_used) {
        *verdict = fact_authorize(turn, in, fact->token, fact->token_type, true, before->id);
        verdict->status =
            (enum token_status)before->token_status; /* not ConcurrentTx: MicroOcpp#237 */
        in->session = before->id;
        return str_to_i64(before->transaction_id, transaction_id) ? ERR_NONE : ERR_CORRUPT;
    }
    *verdict = fact_authorize(turn, in, fact->token, fact->token_type, true, 0);
    full.transaction_id = number_text(turn->arena, *transaction_id);
    session = new_session(turn, in, &full);
    session->has_start = true;
    session->start_key = (int64_t)(fact->mark >> 1);
    set_token(session, fact, verdict);
    session_take_start_wh(session, fact->start_wh, fact->at);
    note(turn, in, session, fact);
    turn_event(turn, "session.started", session->station, session->id);
    supersede(turn, session);
    return ERR_NONE;
}

static bool fits(const struct session_row *row, const struct fact_transaction *fact)
{
    return row->state == SESSION_OPEN &&
           (!fact->token.len || str_equal_nocase(row->token, fact->token)) &&
           (!fact->evse || row->evse == fact->evse) &&
           (fact->at == UTC_UNKNOWN || row->started_at == UTC_UNKNOWN ||
            row->started_at <= fact->at);
}

/* Its number says nothing: the one session that it can mean, by token, connector and time. Of two
 * it means neither: to end the wrong one is worse than to ask a person. */
static const struct session_row *match_open(struct turn *turn, struct in *in,
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

static enum err find_by_id(struct turn *turn, struct in *in, const struct fact_transaction *fact,
                           const struct session_row **found)
{
    enum err err;

    *found = NULL;
    if (fact->transaction_id.len == 0)
        return ERR_NONE;
    err = turn_get_transaction(turn, in->station_id, fact->transaction_id, found);
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

/* The session that this very stop has ended before, as an orphan or another. */
static enum err find_ended(struct turn *turn, struct in *in, const struct fact_transaction *fact,
                           const struct session_row **found)
{
    const int64_t end_key = (int64_t)(fact->mark >> 1);
    const struct store_filter filters[] = {
        { .column = "station", .test = STORE_EQ, .number = in->station_id },
        { .column = "end_key", .test = STORE_EQ, .number = end_key },
    };
    const struct store_query query = {
        .kind = ROW_session, .filters = filters, .filter_count = COUNT(filters), .limit = 1
    };
    const struct session_row *row = NULL;
    struct store_rows rows;
    enum err err;

    *found = NULL;
    while ((row = world_next_of(turn_world(turn), ROW_session, in->station_id, row)))
        if (row->end_key == end_key) {
            *found = row;
            return ERR_NONE;
        }
    err = turn_query(turn, &query, &rows);
    if (err == ERR_NONE && rows.count)
        *found = rows.rows[0];
    return err;
}

/* The end of a session of which nothing else is known: kept for a person to judge. */
static void keep_orphan(struct turn *turn, struct in *in, const struct fact_transaction *fact)
{
    struct session_row *session = new_session(turn, in, fact);

    session->token = fact->token;
    session->token_status = TOKEN_UNKNOWN;
    session->flags |= FLAG_BIT(UNKNOWN_TRANSACTION);
    take_readings(session, fact);
    note(turn, in, session, fact);
    end_by_station(turn, session, fact);
    session->state = SESSION_ORPHAN;
    turn_review(turn, "unknown_transaction", in->station_id, session->id,
                STR("A stop of a transaction that nobody knows: check with the station."),
                STR_NONE);
}

enum err fact_stop_16(struct turn *turn, struct in *in, const struct fact_transaction *fact)
{
    const struct session_row *found;
    struct session_row *session;
    enum err err = find_by_id(turn, in, fact, &found);
    bool by_id = found != NULL;

    power_saw(in, fact->evse, fact->at, fact->offline);
    if (err == ERR_NONE && !by_id)
        err = find_ended(turn, in, fact, &found);
    if (err != ERR_NONE)
        return err;
    if (found && session_repeats(found, fact->mark)) {
        in->session = found->id;
        in->is_repeat = true;
        return ERR_NONE;
    }
    if (!found)
        found = match_open(turn, in, fact);
    if (!found) {
        keep_orphan(turn, in, fact);
        return ERR_NONE;
    }
    session = TURN_EDIT(turn, session, found);
    session->id_used = session->id_used || by_id;
    if (!by_id)
        session->flags |= FLAG_BIT(UNKNOWN_TRANSACTION);
    take_readings(session, fact);
    note(turn, in, session, fact);
    end_by_station(turn, session, fact);
    return ERR_NONE;
}

/* --- meter values -------------------------------------------------------- */

/* Once a transaction: it may go on telling for hours, and the log has each of them. */
static enum err doubt_transaction(struct turn *turn, const struct in *in,
                                  const struct fact_transaction *fact)
{
    return turn_review_once(
        turn, &(struct review){ .once = REVIEW_ONCE_A_TEXT,
                                .kind = "unknown_transaction",
                                .station = in->station_id,
                                .text = arena_printf(turn->arena,
                                                     "Meter values of transaction %.*s, which "
                                                     "nobody knows.",
                                                     STR_ARGS(fact->transaction_id)),
                                .frame = in->text });
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
    err = find_by_id(turn, in, fact, &found);
    if (err != ERR_NONE)
        return err;
    by_id = found != NULL;
    if (!by_id && fact->evse) /* never the station's own meter */
        found = match_open(turn, in, fact);
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
    reopen(turn, session);
    take_readings(session, fact);
    note(turn, in, session, fact);
    return ERR_NONE;
}
