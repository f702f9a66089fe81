#include "core/turn.h"

#include "core/batch.h"

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

const void *turn_seen(struct turn *turn, enum row_kind kind, const void *row)
{
    return row ? turn_find(turn, kind, ((const struct row_head *)row)->id) : NULL;
}

const void *turn_find_name(struct turn *turn, enum row_kind kind, struct str name)
{
    return turn_seen(turn, kind, world_find_name(&turn->engine->world, kind, name));
}

const struct connector_row *turn_find_connector(struct turn *turn, int64_t station, int64_t evse,
                                                int64_t connector)
{
    const struct connector_row *row = NULL;

    while ((row = world_next_of(&turn->engine->world, ROW_connector, station, row)))
        if (row->evse == evse && row->connector == connector)
            return turn_seen(turn, ROW_connector, row);
    for (uint32_t i = 0; i < turn->edit_count; i++) {
        const struct connector_row *own = turn->edits[i].row;
        if (turn->edits[i].kind == ROW_connector && turn->edits[i].is_new &&
            !turn->edits[i].deleted && own->station == station && own->evse == evse &&
            own->connector == connector)
            return own;
    }
    return NULL;
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
void turn_review(struct turn *turn, const struct review *review)
{
    struct review_row *row = TURN_NEW(turn, review);

    row->at = turn->now;
    row->kind = str_of(review->kind);
    row->station = review->station;
    row->session = review->session;
    row->code = review->code;
    row->args = review->args;
    row->text = review->text;
    row->frame = review->frame;
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
        turn_review(turn, review);
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
