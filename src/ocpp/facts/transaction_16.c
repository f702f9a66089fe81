/* transaction_16.c: starts and stops of 1.6, whose number is ours: the station learns it by the
 * answer, and may never see that. */
#include "ocpp/facts/told.h"
#include "ocpp/power_tell.h"
#include "ocpp/say.h"

static struct str number_text(struct arena *arena, int64_t number)
{
    return arena_printf(arena, "%lld", (long long)number);
}

/* The newest session that this very start began, or this very stop ended: `step` says which
 * (rules.md: repeats). */
static enum err find_same(struct turn *turn, const struct in *in, enum fact_step step,
                          uint64_t mark, const struct session_row **found)
{
    const int64_t key = (int64_t)(mark >> 1);
    const struct store_filter filters[] = {
        { .column = step == FACT_START ? "start_key" : "end_key", .test = STORE_EQ, .number = key },
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
        if ((step == FACT_START ? row->start_key : row->end_key) == key &&
            (!*found || row->id > (*found)->id))
            *found = row;
    if (*found)
        return ERR_NONE;
    err = turn_query(turn, &query, &rows);
    if (err == ERR_NONE && rows.count)
        *found = rows.rows[0];
    return err;
}

/* Random, in one number space per station, never one that it had before (rules.md: numbers). */
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
    enum err asked = find_same(turn, in, FACT_START, fact->mark, &before);
    enum err err = free_transaction_id(turn, in, transaction_id); /* both questions at once */

    power_saw(in, fact->evse, fact->at, fact->offline);
    if (asked != ERR_NONE || err != ERR_NONE)
        return asked != ERR_NONE ? asked : err;
    if (before && !before->id_used) { /* the station cannot have used its answer */
        *verdict = fact_authorize(turn, in, fact->token, fact->token_type, true, before->id);
        verdict->status =
            (enum token_status)before->token_status; /* not ConcurrentTx: MicroOcpp#237 */
        in->session = before->id;
        return str_to_i64(before->transaction_id, transaction_id) ? ERR_NONE : ERR_CORRUPT;
    }
    *verdict = fact_authorize(turn, in, fact->token, fact->token_type, true, 0);
    full.transaction_id = number_text(turn->arena, *transaction_id);
    session = told_new(turn, in, &full);
    session->has_start = true;
    session->start_key = (int64_t)(fact->mark >> 1);
    told_token(session, fact, verdict);
    session_take_start_wh(session, fact->start_wh, fact->at);
    told_note(turn, in, session, fact);
    turn_event(turn, "session.started", session->station, session->id);
    told_supersede(turn, session);
    return ERR_NONE;
}

/* The end of a session of which nothing else is known: kept for a person to judge. */
static void keep_orphan(struct turn *turn, struct in *in, const struct fact_transaction *fact)
{
    struct session_row *session = told_new(turn, in, fact);
    const struct sentence said =
        SENTENCE(turn->arena, "stop_unknown",
                 "A stop of a transaction that nobody knows: check with the station.", NO_ARGS);

    session->token = fact->token;
    session->token_status = TOKEN_UNKNOWN;
    session->flags |= FLAG_BIT(UNKNOWN_TRANSACTION);
    told_readings(session, fact);
    told_note(turn, in, session, fact);
    told_end(turn, session, fact);
    session->state = SESSION_ORPHAN;
    turn_review(turn, &(struct review){ .kind = "unknown_transaction",
                                        .station = in->station_id,
                                        .session = session->id,
                                        SAYS(said) });
}

enum err fact_stop_16(struct turn *turn, struct in *in, const struct fact_transaction *fact)
{
    const struct session_row *found;
    struct session_row *session;
    enum err err = told_find_by_id(turn, in, fact, &found);
    bool by_id = found != NULL;

    power_saw(in, fact->evse, fact->at, fact->offline);
    if (err == ERR_NONE && !by_id)
        err = find_same(turn, in, FACT_END, fact->mark, &found);
    if (err != ERR_NONE)
        return err;
    if (found && session_repeats(found, fact->mark)) {
        in->session = found->id;
        in->is_repeat = true;
        return ERR_NONE;
    }
    if (!found)
        found = told_match_open(turn, in, fact);
    if (!found) {
        keep_orphan(turn, in, fact);
        return ERR_NONE;
    }
    session = TURN_EDIT(turn, session, found);
    session->id_used = session->id_used || by_id;
    if (!by_id)
        session->flags |= FLAG_BIT(UNKNOWN_TRANSACTION);
    told_readings(session, fact);
    told_note(turn, in, session, fact);
    told_end(turn, session, fact);
    return ERR_NONE;
}
