#include "core/turn.h"

#include "core/batch.h"
#include "domain/session.h"
#include "domain/words.h"

/* Memory of a turn is bounded by its arena; a turn that reaches the bound fails as a whole
 * (engine_go). */
static void *need(struct turn *turn, size_t size)
{
    void *at = arena_zalloc(turn->arena, 1, size);

    if (!at)
        turn->full = true;
    return at;
}

/* --- find ---------------------------------------------------------------- */

const struct world *turn_world(const struct turn *turn)
{
    return &turn->engine->world;
}

static struct turn_edit *edit_of(struct turn *turn, enum row_kind kind, int64_t id)
{
    for (uint32_t i = 0; i < turn->edit_count; i++)
        if (turn->edits[i].kind == kind && ((struct row_head *)turn->edits[i].row)->id == id)
            return &turn->edits[i];
    return NULL;
}

const void *turn_find(struct turn *turn, enum row_kind kind, int64_t id)
{
    const struct turn_edit *edit = edit_of(turn, kind, id);

    if (edit)
        return edit->deleted ? NULL : edit->row;
    return world_find(&turn->engine->world, kind, id);
}

/* The row as this turn sees it: its own copy when it has one. */
static const void *seen(struct turn *turn, enum row_kind kind, const void *row)
{
    return row ? turn_find(turn, kind, ((const struct row_head *)row)->id) : NULL;
}

const void *turn_find_name(struct turn *turn, enum row_kind kind, struct str name)
{
    return seen(turn, kind, world_find_name(&turn->engine->world, kind, name));
}

const struct connector_row *turn_find_connector(struct turn *turn, int64_t station, int64_t evse,
                                                int64_t connector)
{
    const struct connector_row *row = NULL;

    while ((row = world_next_of(&turn->engine->world, ROW_connector, station, row)))
        if (row->evse == evse && row->connector == connector)
            return seen(turn, ROW_connector, row);
    for (uint32_t i = 0; i < turn->edit_count; i++) {
        const struct connector_row *own = turn->edits[i].row;
        if (turn->edits[i].kind == ROW_connector && turn->edits[i].is_new &&
            !turn->edits[i].deleted && own->station == station && own->evse == evse &&
            own->connector == connector)
            return own;
    }
    return NULL;
}

/* --- questions ----------------------------------------------------------- */

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
        const void *newer = seen(turn, kind, stored->rows[i]);
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
            *session = seen(turn, ROW_session, row);
            return ERR_NONE;
        }
    err = turn_query(turn, &query, &rows);
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < rows.count; i++)
        if (is_transaction(rows.rows[i], station, transaction_id)) {
            *session = seen(turn, ROW_session, rows.rows[i]);
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

/* --- effects ------------------------------------------------------------- */

int64_t turn_new_id(struct turn *turn)
{
    return engine_new_id(turn->engine);
}

static struct turn_edit *edit_add(struct turn *turn, enum row_kind kind, void *row)
{
    if (turn->edit_count == turn->edit_cap) {
        uint32_t cap = turn->edit_cap ? turn->edit_cap * 2 : 8;
        struct turn_edit *edits = ARENA_NEW_ARRAY(turn->arena, struct turn_edit, cap);
        if (!edits) {
            turn->full = true;
            return NULL;
        }
        if (turn->edit_count)
            memcpy(edits, turn->edits, turn->edit_count * sizeof *edits);
        turn->edits = edits;
        turn->edit_cap = cap;
    }
    turn->edits[turn->edit_count] = (struct turn_edit){ .kind = kind, .row = row };
    return &turn->edits[turn->edit_count++];
}

/* A row is always given, also when memory ran out: the turn then fails at its end. */
static void *row_or_scrap(struct turn *turn, enum row_kind kind)
{
    void *row = arena_zalloc(turn->arena, 1, row_descs[kind].size);

    if (!row) {
        turn->full = true;
        row = engine_scrap(turn->engine);
    }
    return row;
}

void *turn_new(struct turn *turn, enum row_kind kind)
{
    struct row_head *row = row_or_scrap(turn, kind);
    struct turn_edit *edit = edit_add(turn, kind, row);

    row->id = turn_new_id(turn);
    for (uint32_t i = 0; i < row_descs[kind].col_count; i++) {
        const struct col_desc *col = &row_descs[kind].cols[i];
        if (col->type == COL_TIME) /* 0 would be a moment in 1970 */
            *(utc_ms *)(void *)((char *)row + col->offset) = UTC_UNKNOWN;
    }
    if (edit)
        edit->is_new = true;
    return row;
}

static struct turn_edit *edit(struct turn *turn, enum row_kind kind, const void *row, bool lazy)
{
    struct turn_edit *edit = edit_of(turn, kind, ((const struct row_head *)row)->id);
    void *copy;

    if (edit) {
        edit->lazy = edit->lazy && lazy;
        return edit;
    }
    copy = row_or_scrap(turn, kind);
    memcpy(copy, row, row_descs[kind].size);
    edit = edit_add(turn, kind, copy);
    if (edit)
        edit->lazy = lazy;
    return edit;
}

void *turn_edit(struct turn *turn, enum row_kind kind, const void *row)
{
    const struct turn_edit *made = edit(turn, kind, row, false);

    return made ? made->row : engine_scrap(turn->engine);
}

void *turn_edit_lazy(struct turn *turn, enum row_kind kind, const void *row)
{
    const struct turn_edit *made = edit(turn, kind, row, true);

    return made ? made->row : engine_scrap(turn->engine);
}

void turn_delete(struct turn *turn, enum row_kind kind, const void *row)
{
    struct turn_edit *made = edit(turn, kind, row, false);

    if (made)
        made->deleted = true;
}

void turn_forget(struct turn *turn)
{
    turn->edits = NULL;
    turn->edit_count = turn->edit_cap = 0;
    turn->outs = NULL;
    turn->outs_end = &turn->outs;
    turn->lines = NULL;
    turn->lines_end = &turn->lines;
    turn->durable = false;
}

void turn_log(struct turn *turn, const struct log_entry *entry, bool durable)
{
    struct turn_line *line = need(turn, sizeof *line);

    if (!line)
        return;
    line->entry = *entry; /* spans lie in the turn's arena or in its input; the batch copies them */
    *turn->lines_end = line;
    turn->lines_end = &line->next;
    turn->durable = turn->durable || durable;
}

static struct turn_out *out_add(struct turn *turn, enum turn_out_kind kind)
{
    struct turn_out *out = need(turn, sizeof *out);

    if (!out)
        return NULL;
    out->kind = kind;
    *turn->outs_end = out;
    turn->outs_end = &out->next;
    return out;
}

static void event(struct turn *turn, const char *topic, int64_t station, int64_t session,
                  const struct str *body)
{
    struct turn_out *out = out_add(turn, OUT_EVENT);
    struct event_row *row = TURN_NEW(turn, event);

    if (!out)
        return;
    row->at = turn->now;
    row->topic = str_of(topic);
    row->station = station;
    row->session = session;
    row->body = body ? *body : STR_NONE;
    out->topic = topic;
    out->has_body = body != NULL;
    out->event = row;
}

void turn_event(struct turn *turn, const char *topic, int64_t station, int64_t session)
{
    event(turn, topic, station, session, NULL);
}

void turn_event_body(struct turn *turn, const char *topic, int64_t station, int64_t session,
                     struct str body)
{
    event(turn, topic, station, session, &body);
}

void turn_audit(struct turn *turn, const char *action, struct str target, struct str before,
                struct str after)
{
    static const char *const kinds[] = { "system", "station", "person", "key", "local" };
    struct audit_row *row = TURN_NEW(turn, audit);

    row->at = turn->now;
    row->actor =
        arena_printf(turn->arena, "%s:%.*s", kinds[turn->actor.kind], STR_ARGS(turn->actor.name));
    row->action = str_of(action);
    row->target = target;
    row->before = before;
    row->after = after;
}

/* NOLINTNEXTLINE(readability-function-size): a parameter a column */
void turn_review(struct turn *turn, const char *kind, int64_t station, int64_t session,
                 struct str text, struct str frame)
{
    struct review_row *row = TURN_NEW(turn, review);

    row->at = turn->now;
    row->kind = str_of(kind);
    row->station = station;
    row->session = session;
    row->text = text;
    row->frame = frame;
    row->settled_at = UTC_UNKNOWN;
}

enum err turn_review_once(struct turn *turn, const struct review *review)
{
    struct store_filter filters[5] = {
        { .column = "station", .test = STORE_EQ, .number = review->station },
        { .column = "kind", .test = STORE_EQ, .text = str_of(review->kind) },
        { .column = "settled_at", .test = STORE_EQ, .number = UTC_UNKNOWN },
        { .column = "text", .test = STORE_EQ, .text = review->text },
        { .column = "frame", .test = STORE_EQ, .text = review->frame },
    };
    const struct store_query query = { .kind = ROW_review,
                                       .filters = filters,
                                       .filter_count = 3 + (uint32_t)review->once,
                                       .limit = 1 };
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    if (err == ERR_LATER)
        return err;
    if (err != ERR_NONE || rows.count == 0) /* rather twice than not at all */
        turn_review(turn, review->kind, review->station, 0, review->text, review->frame);
    return ERR_NONE;
}

void turn_send(struct turn *turn, conn_id conn, struct str text)
{
    struct turn_out *out = out_add(turn, OUT_SEND);

    if (!out)
        return;
    out->conn = conn;
    out->text = text;
}

void turn_respond(struct turn *turn, conn_id conn, const struct net_response *response)
{
    struct turn_out *out = out_add(turn, OUT_RESPOND);
    struct net_header *headers = need(turn, response->header_count * sizeof *headers);

    if (!out || !headers)
        return;
    memcpy(headers, response->headers, response->header_count * sizeof *headers);
    out->http_conn = conn;
    out->response = *response;
    out->response.headers = headers;
}

void turn_send_call(struct turn *turn, const struct call *call, enum err (*then)(struct turn *turn),
                    int64_t tag)
{
    struct turn_out *out = out_add(turn, OUT_CALL);

    if (!out)
        return;
    out->call = *call;
    out->then = then;
    out->tag = tag;
}

void turn_after(struct turn *turn, void (*fn)(struct engine *engine, void *data), const void *data,
                size_t size)
{
    struct turn_out *out = out_add(turn, OUT_AFTER);

    if (!out)
        return;
    out->fn = fn;
    out->size = size;
    out->data = need(turn, size);
    if (out->data && size)
        memcpy(out->data, data, size);
}
