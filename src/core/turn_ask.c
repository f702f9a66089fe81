/* turn_ask.c: what a turn asks of others (the store, the log, a thread, a station). A question that
 * was asked before is known again by its hash, so that a handler that runs again from the top gets
 * the answer where it asked. */
#include "core/batch.h"
#include "core/turn.h"
#include "domain/session.h"

static uint64_t hash_number(uint64_t hash, int64_t value)
{
    hash = (hash ^ (uint64_t)value) * 0x100000001b3u;
    return hash ^ (hash >> 29);
}

static uint64_t hash_text(uint64_t hash, struct str text)
{
    return hash_number(hash, (int64_t)str_hash(text));
}

/* The question with this hash: asked before, or new (*is_new) and to be filled in. NULL: too many.
 */
static struct question *question(struct turn *turn, enum question_kind kind, uint64_t hash,
                                 bool *is_new)
{
    struct question **at = &turn->questions;
    struct question *asked;
    struct arena arena;

    *is_new = false;
    for (; *at; at = &(*at)->next)
        if ((*at)->kind == kind && (*at)->hash == hash)
            return *at;
    if (turn->question_count == TURN_QUESTIONS_MAX)
        return NULL;
    /* Its memory is its own, since another thread fills it. */
    arena_init(&arena, NULL, 64u << 20);
    asked = ARENA_NEW(&arena, struct question);
    if (!asked)
        return NULL;
    asked->arena = arena;
    asked->kind = kind;
    asked->hash = hash;
    asked->turn = turn;
    *at = asked;
    turn->question_count++;
    turn->waiting_count++;
    *is_new = true;
    return asked;
}

static void ask(struct turn *turn, struct question *asked)
{
    if (asked->kind == QUESTION_CALL)
        turn->engine->handlers.call(turn->engine, asked);
    else
        turn->engine->host.ask(turn->engine->host.host, asked);
}

static uint64_t hash_query(const struct store_query *query)
{
    uint64_t hash = hash_number(1, query->kind);

    for (uint32_t i = 0; i < query->filter_count; i++) {
        const struct store_filter *filter = &query->filters[i];
        hash = hash_text(hash, str_of(filter->column));
        hash = hash_number(hash, filter->test);
        hash = hash_number(hash, filter->number);
        hash = hash_text(hash, filter->text);
    }
    hash = hash_text(hash, str_of(query->order_by));
    hash = hash_number(hash, query->descending);
    hash = hash_number(hash, query->limit);
    hash = hash_number(hash, query->has_after ? query->after_value : -1);
    return hash_number(hash, query->has_after ? query->after_id : -1);
}

static bool copy_query(struct question *asked, const struct store_query *query)
{
    struct store_filter *filters =
        ARENA_NEW_ARRAY(&asked->arena, struct store_filter, query->filter_count);

    if (!filters)
        return false;
    for (uint32_t i = 0; i < query->filter_count; i++) {
        filters[i] = query->filters[i];
        filters[i].text = arena_copy(&asked->arena, query->filters[i].text);
    }
    asked->query = *query;
    asked->query.filters = filters;
    return true;
}

/* What is in memory stands in the place of what was stored. The answer itself stays as it is: the
 * turn may run again, when what is in memory now is gone. */
static enum err newest_rows(struct turn *turn, enum row_kind kind, const struct store_rows *stored,
                            struct store_rows *rows)
{
    *rows = *stored;
    for (uint32_t i = 0; i < stored->count; i++) {
        const void *newer = turn_seen(turn, kind, stored->rows[i]);
        if (!newer)
            continue; /* not in memory; the caller drops what it has deleted itself */
        if (rows->rows == stored->rows) {
            rows->rows = ARENA_NEW_ARRAY(turn->arena, void *, stored->count);
            if (!rows->rows)
                return ERR_FULL;
            memcpy(rows->rows, stored->rows, stored->count * sizeof(void *));
        }
        rows->rows[i] = arena_alloc(turn->arena, row_descs[kind].size);
        if (!rows->rows[i])
            return ERR_FULL;
        memcpy(rows->rows[i], newer, row_descs[kind].size);
    }
    return ERR_NONE;
}

enum err turn_query(struct turn *turn, const struct store_query *query, struct store_rows *rows)
{
    bool is_new;
    struct question *asked = question(turn, QUESTION_QUERY, hash_query(query), &is_new);

    if (!asked || (is_new && !copy_query(asked, query)))
        return ERR_FULL;
    if (is_new)
        ask(turn, asked);
    if (!asked->answered)
        return ERR_LATER;
    if (asked->err != ERR_NONE)
        return asked->err;
    return newest_rows(turn, query->kind, &asked->rows, rows);
}

enum err turn_sum_sessions(struct turn *turn, enum store_group group, utc_ms from, utc_ms to,
                           struct store_sums *sums)
{
    uint64_t hash = hash_number(hash_number(hash_number(2, group), from), to);
    bool is_new;
    struct question *asked = question(turn, QUESTION_SUMS, hash, &is_new);

    if (!asked)
        return ERR_FULL;
    if (is_new) {
        asked->group = group;
        asked->from = from;
        asked->to = to;
        ask(turn, asked);
    }
    if (!asked->answered)
        return ERR_LATER;
    *sums = asked->sums;
    return asked->err;
}

enum err turn_get_session(struct turn *turn, int64_t id, const struct session_row **session)
{
    const struct store_filter by_id = { .column = "id", .test = STORE_EQ, .number = id };
    const struct store_query query = {
        .kind = ROW_session, .filters = &by_id, .filter_count = 1, .limit = 1
    };
    const struct session_row *found = TURN_FIND(turn, session, id);
    struct store_rows rows;
    enum err err = ERR_NONE;

    if (!found) {
        err = turn_query(turn, &query, &rows);
        if (err != ERR_NONE)
            return err;
        if (rows.count == 0)
            return ERR_NOT_FOUND;
        found = rows.rows[0];
    }
    *session = found;
    return ERR_NONE;
}

int64_t session_key(int64_t station, struct str transaction_id)
{
    /* It is stored: a hash that never changes. */
    return (int64_t)(mark_text(mark_number(mark_start(), station), transaction_id) >> 1);
}

static bool is_transaction(const struct session_row *row, int64_t station,
                           struct str transaction_id)
{
    return row->station == station && str_equal(row->transaction_id, transaction_id);
}

enum err turn_get_transaction(struct turn *turn, int64_t station, struct str transaction_id,
                              const struct session_row **session)
{
    const struct store_filter by_key = { .column = "key",
                                         .test = STORE_EQ,
                                         .number = session_key(station, transaction_id) };
    const struct store_query query = {
        .kind = ROW_session, .filters = &by_key, .filter_count = 1, .descending = true, .limit = 16
    };
    const struct session_row *row = NULL;
    struct store_rows rows;
    enum err err;

    while ((row = world_next_of(&turn->engine->world, ROW_session, station, row)))
        if (is_transaction(row, station, transaction_id)) {
            *session = turn_seen(turn, ROW_session, row);
            return ERR_NONE;
        }
    err = turn_query(turn, &query, &rows);
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < rows.count; i++)
        if (is_transaction(rows.rows[i], station, transaction_id)) {
            *session = turn_seen(turn, ROW_session, rows.rows[i]);
            *session = *session ? *session : rows.rows[i];
            return ERR_NONE;
        }
    return ERR_NOT_FOUND;
}

enum err turn_read_log(struct turn *turn, const struct log_query *query, struct log_page *page)
{
    uint64_t hash = hash_number(4, query->station);
    const struct station_row *station;
    struct question *asked;
    bool is_new;

    hash = hash_number(hash_number(hash, query->before.block), query->before.index);
    hash = hash_number(hash_number(hash, query->block_first), query->session);
    hash = hash_number(hash_number(hash, query->from), query->to);
    hash = hash_number(hash_number(hash, query->flags), query->direction);
    hash = hash_number(hash_text(hash, query->action), query->limit);
    asked = question(turn, QUESTION_LOG, hash, &is_new);
    if (!asked)
        return ERR_FULL;
    if (is_new) {
        asked->log_query = *query;
        asked->log_query.action = arena_copy(&asked->arena, query->action);
        station = TURN_FIND(turn, station, query->station);
        if (query->before.block == 0 && station)
            asked->log_query.before = (struct log_place){ station->log_block, UINT32_MAX };
        /* The newest entries may be on their way to the disk. */
        if (!batch_ask_after(turn->engine, asked->log_query.before.block, asked))
            ask(turn, asked);
    }
    if (!asked->answered)
        return ERR_LATER;
    *page = asked->page;
    return asked->err;
}

enum err turn_work(struct turn *turn, const char *name, turn_work_fn *work, enum work_place place,
                   void **data)
{
    bool is_new;
    struct question *asked = question(turn, QUESTION_WORK, str_hash(str_of(name)), &is_new);

    if (!asked)
        return ERR_FULL;
    if (is_new) {
        asked->work_name = name;
        asked->work = work;
        asked->work_data = *data;
        asked->place = place;
        ask(turn, asked);
    }
    if (!asked->answered)
        return ERR_LATER;
    *data = asked->work_data;
    return asked->err;
}

enum err turn_steps(struct turn *turn, const char *name, turn_begin_fn *begin, void **data)
{
    bool is_new;
    struct question *asked = question(turn, QUESTION_STEPS, str_hash(str_of(name)), &is_new);

    if (!asked)
        return ERR_FULL;
    if (is_new) {
        asked->steps_data = *data;
        begin(turn->engine, asked);
    }
    if (!asked->answered)
        return ERR_LATER;
    *data = asked->steps_data;
    return asked->err;
}

static bool copy_call(struct arena *arena, const struct call *from, struct call *to)
{
    *to = *from;
    to->action = arena_copy(arena, from->action);
    to->payload = arena_copy(arena, from->payload);
    return to->action.ptr && to->payload.ptr;
}

enum err turn_call(struct turn *turn, const struct call *call, struct call_answer *answer)
{
    uint64_t hash =
        hash_text(hash_text(hash_number(5, call->station), call->action), call->payload);
    bool is_new;
    struct question *asked = question(turn, QUESTION_CALL, hash, &is_new);

    if (!asked || (is_new && !copy_call(&asked->arena, call, &asked->call)))
        return ERR_FULL;
    if (is_new)
        ask(turn, asked);
    if (!asked->answered)
        return ERR_LATER;
    *answer = asked->answer;
    return ERR_NONE;
}
