#include "core/batch.h"

#include <stdlib.h>

/* A batch is bounded by back-pressure (engine_busy), not by its arena; when memory is out there is
 * nothing sane left to do. */
static void *need(struct batch *batch, size_t size)
{
    void *at = arena_zalloc(&batch->arena, 1, size);

    check(at != NULL);
    return at;
}

static struct str keep(struct batch *batch, struct str text)
{
    struct str copy = arena_copy(&batch->arena, text);

    check(copy.ptr != NULL);
    return copy;
}

struct batch *batch_new(struct engine *engine)
{
    struct batch *batch = calloc(1, sizeof *batch);

    check(batch != NULL);
    arena_init(&batch->arena, &engine->pool, 0);
    buf_init_arena(&batch->log, &batch->arena, UINT32_MAX);
    batch->outs_end = &batch->outs;
    return batch;
}

struct batch *batch_open(struct engine *engine)
{
    if (!engine->open) {
        int64_t newest = engine->flying ? engine->flying->store.block.id : 0;
        engine->open = batch_new(engine);
        engine->open->store.block.id =
            (newest > engine->last_block ? newest : engine->last_block) + 1;
        engine->open->store.block.at = engine->now;
        /* Room for as much as in the last one, so that it is not copied while it grows; that it had
         * none would be told by the next put. */
        if (engine->log_bytes)
            (void)buf_reserve(&engine->open->log, engine->log_bytes);
    }
    return engine->open;
}

void batch_turn(struct batch *batch, uint32_t ops_max)
{
    struct store_turn *turn;

    if (ops_max == 0)
        return;
    if (batch->store.turn_count == batch->turn_cap) {
        uint32_t cap = batch->turn_cap ? batch->turn_cap * 2 : 16;
        struct store_turn *turns = need(batch, cap * sizeof *turns);
        if (batch->store.turn_count)
            memcpy(turns, batch->store.turns, batch->store.turn_count * sizeof *turns);
        batch->store.turns = turns;
        batch->turn_cap = cap;
    }
    turn = &batch->store.turns[batch->store.turn_count++];
    *turn = (struct store_turn){ .ops = need(batch, ops_max * sizeof(struct store_op)) };
}

static struct store_op *next_op(struct batch *batch)
{
    struct store_turn *turn = &batch->store.turns[batch->store.turn_count - 1];

    /* The array is ours until the batch flies; only the writer's side sees it as const.
     * NOLINTNEXTLINE(performance-no-int-to-ptr) */
    return (struct store_op *)(uintptr_t)&turn->ops[turn->op_count++];
}

void batch_put(struct batch *batch, enum row_kind kind, const void *row)
{
    const void *copy = row_clone(kind, row, &batch->arena);

    check(copy != NULL);
    *next_op(batch) = (struct store_op){ .kind = STORE_PUT, .row_kind = kind, .row = copy };
}

void batch_delete(struct batch *batch, enum row_kind kind, int64_t id)
{
    *next_op(batch) = (struct store_op){ .kind = STORE_DELETE, .row_kind = kind, .id = id };
}

void batch_redo(struct batch *batch, enum row_kind kind, const void *before, const void *after)
{
    UNINITIALIZED char memory[4096];
    struct buf bytes;
    struct log_entry entry = { .kind = LOG_CHANGE,
                               .row_kind = kind,
                               .at = batch->store.block.at,
                               .action = STR_NONE,
                               .message_id = STR_NONE };

    buf_init(&bytes, memory, sizeof memory);
    row_encode_change(kind, before, after, &bytes);
    if (bytes.overflow) { /* a long row: its own piece of the arena */
        buf_init_arena(&bytes, &batch->arena, UINT32_MAX);
        row_encode_change(kind, before, after, &bytes);
        check(!bytes.overflow);
    }
    entry.text = buf_str(&bytes);
    log_put(&batch->log, &entry);
}

static void keep_response(struct batch *batch, struct net_response *response)
{
    struct net_header *headers = need(batch, response->header_count * sizeof *headers);

    for (uint32_t i = 0; i < response->header_count; i++)
        headers[i] = (struct net_header){ keep(batch, response->headers[i].name),
                                          keep(batch, response->headers[i].value) };
    response->headers = headers;
    if (!response->static_body)
        response->body = keep(batch, response->body);
}

static void keep_out(struct batch *batch, struct turn_out *out)
{
    switch (out->kind) {
    case OUT_SEND:
        out->text = keep(batch, out->text);
        return;
    case OUT_RESPOND:
        keep_response(batch, &out->response);
        return;
    case OUT_EVENT:
        out->event = row_clone(ROW_event, out->event, &batch->arena);
        check(out->event != NULL);
        return;
    case OUT_CALL:
        out->call.action = keep(batch, out->call.action);
        out->call.payload = keep(batch, out->call.payload);
        return;
    case OUT_AFTER:
        out->data = memcpy(need(batch, out->size + 1), out->data, out->size);
        return;
    case OUT_ASK:
        return;
    }
}

void batch_keep_outs(struct batch *batch, const struct turn_out *outs)
{
    for (; outs; outs = outs->next) {
        struct turn_out *copy = need(batch, sizeof *copy);
        *copy = *outs;
        copy->next = NULL;
        keep_out(batch, copy);
        *batch->outs_end = copy;
        batch->outs_end = &copy->next;
    }
}

bool batch_ask_after(struct engine *engine, int64_t block, struct question *question)
{
    struct batch *batch = engine->open && engine->open->store.block.id == block ? engine->open
                          : engine->flying && engine->flying->store.block.id == block
                              ? engine->flying
                              : NULL;
    const struct turn_out ask = { .kind = OUT_ASK, .question = question };

    if (!batch)
        return false;
    batch->must = true;
    batch_keep_outs(batch, &ask);
    return true;
}

void batch_fly(struct engine *engine, struct batch *batch)
{
    check(engine->flying == NULL);
    check(!batch->log.overflow);
    if (batch == engine->open)
        engine->open = NULL;
    batch->store.block.data = batch->untold = buf_str(&batch->log);
    engine->log_bytes = batch->log.len;
    if (batch->log.len == 0)
        batch->store.block.id = 0;
    batch->flown_at = engine->mono;
    engine->flying = batch;
    engine->host.commit(engine->host.host, batch);
}

static void let_out(struct engine *engine, const struct turn_out *out)
{
    const struct net_port *net = &engine->host.net;

    switch (out->kind) {
    case OUT_SEND:
        if (!net->send(net->net, out->conn, out->text))
            net->close(net->net, out->conn, 1011, STR("send queue full"), true);
        break;
    case OUT_RESPOND:
        net->respond(net->net, out->http_conn, &out->response);
        break;
    case OUT_EVENT:
        if (engine->handlers.event)
            engine->handlers.event(engine, out->event);
        break;
    case OUT_CALL:
        engine->handlers.send_call(engine, &out->call, out->then, out->tag);
        break;
    case OUT_AFTER:
        out->fn(engine, out->data);
        break;
    case OUT_ASK:
        engine->host.ask(engine->host.host, out->question);
        break;
    }
}

void batch_release(struct engine *engine, const struct turn_out *outs)
{
    for (; outs; outs = outs->next)
        let_out(engine, outs);
}

/* The clock is looked at now and then only. */
static bool is_time(const struct engine *engine, int64_t until_us, uint32_t done)
{
    enum { BETWEEN_LOOKS = 16 };

    return until_us && done % BETWEEN_LOOKS == 0 && engine->host.clock_us() >= until_us;
}

static const struct turn_out *take_out(struct batch *batch)
{
    const struct turn_out *out = batch->outs;

    if (!out)
        return NULL;
    batch->outs = out->next;
    if (!batch->outs)
        batch->outs_end = &batch->outs;
    return out;
}

static bool tell_watchers(struct engine *engine, struct batch *batch, int64_t until_us)
{
    struct log_entry entry;

    if (!engine->watch_log || !engine->handlers.logged)
        return true;
    for (uint32_t done = 1; log_take(&batch->untold, &entry) == ERR_NONE; done++) {
        engine->handlers.logged(engine, &entry);
        if (is_time(engine, until_us, done))
            return false;
    }
    return true;
}

bool batch_leave(struct engine *engine, struct batch *batch, int64_t until_us)
{
    const struct turn_out *out;

    for (uint32_t done = 1; (out = take_out(batch)); done++) {
        let_out(engine, out);
        if (is_time(engine, until_us, done))
            return false;
    }
    if (!tell_watchers(engine, batch, until_us))
        return false;
    batch_free(batch);
    return true;
}

void batch_void(struct engine *engine, struct batch *batch)
{
    static const struct net_header headers[] = {
        { STR_INIT("content-type"), STR_INIT("application/problem+json") },
        { STR_INIT("retry-after"), STR_INIT("5") },
    };
    const struct net_response unavailable = {
        .status = 503,
        .headers = headers,
        .header_count = COUNT(headers),
        .body = STR_INIT("{\"title\":\"storage does not take "
                         "it\",\"status\":503,\"detail\":\"Nothing was changed. "
                         "See /readyz for the reason, and try again.\"}"),
        .static_body = true,
    };
    const struct net_port *net = &engine->host.net;

    for (const struct turn_out *out = batch ? batch->outs : NULL; out; out = out->next)
        if (out->kind == OUT_RESPOND)
            net->respond(net->net, out->http_conn, &unavailable);
        else if (out->kind == OUT_ASK)
            engine->host.ask(engine->host.host, out->question); /* it gets what there is */
        else if (out->kind == OUT_SEND)
            net->close(net->net, out->conn, 1011, STR("not stored"), true);
    batch_free(batch);
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    arena_reset(&batch->arena);
    free(batch);
}
