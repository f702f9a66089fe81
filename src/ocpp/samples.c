/* samples.c: meter values out of logged frames: for REST while a session is young, and compacted
 * into `samples` rows when it is over, since raw frames are kept for 90 days and meter values for
 * years. */
#include "domain/samples.h"

#include "ocpp/route.h"
#include "ocpp/v16/v16.h"
#include "ocpp/v2x/v2x.h"
#include "json/reader.h"

enum {
    LOOK_EVERY_MS = 30000,
    SESSIONS_A_LOOK = 50,
    SETTLE_MS = 60000, /* a session that has just ended may be told more */
    QUARTER_MS = 15 * 60000,
    ENTRIES_MAX = 10000, /* a page */
    PAGES_MAX = 28,      /* each looks at 5,000 blocks at most; a turn asks 32 questions */
    ENTRY_BYTES_MAX = 8 << 20,
};

/* --- out of frames ------------------------------------------------------- */

/* An action that carries none has an empty list. */
static struct meter_list list_16(struct str action, const void *req)
{
    if (str_equal(action, STR("MeterValues"))) {
        const struct v16_meter_values_req *values = req;
        return v16_meter_list(values->meter_value, values->meter_value_count);
    }
    if (str_equal(action, STR("StopTransaction"))) {
        const struct v16_stop_transaction_req *stop = req;
        return v16_meter_list(stop->transaction_data, stop->transaction_data_count);
    }
    return v16_meter_list(NULL, 0);
}

static struct meter_list list_2x(struct str action, const void *req)
{
    if (str_equal(action, STR("MeterValues"))) {
        const struct v2x_meter_values_req *values = req;
        return v2x_meter_list(values->meter_value, values->meter_value_count);
    }
    if (str_equal(action, STR("TransactionEvent"))) {
        const struct v2x_transaction_event_req *event = req;
        return v2x_meter_list(event->meter_value, event->meter_value_count);
    }
    return v2x_meter_list(NULL, 0);
}

enum err ocpp_frame_samples(const struct log_entry *entry, struct arena *arena,
                            struct frame_samples *out)
{
    const struct ocpp_action *action = route_action(log_protocol(entry), entry->action);
    bool is_16 = log_protocol(entry) == PROTOCOL_16;
    struct json_report *report = ARENA_NEW(arena, struct json_report);
    struct meter_list list;
    struct frame frame;
    enum err err;
    void *req;

    *out = (struct frame_samples){ 0 };
    if (entry->kind != LOG_IN || !action || (entry->flags & (LOG_ERROR | LOG_ANSWER | LOG_REPEAT)))
        return ERR_NONE;
    req = arena_zalloc(arena, 1, action->req->size);
    if (!req || !report)
        return ERR_FULL;
    err = frame_read(entry->text, arena, &frame);
    if (err == ERR_NONE)
        err = json_read(action->req, frame.payload, JSON_LENIENT, arena, req, report);
    if (err != ERR_NONE)
        return err == ERR_FULL ? err : ERR_NONE; /* a frame without values that could be read */
    list = is_16 ? list_16(entry->action, req) : list_2x(entry->action, req);
    return meter_list_samples(&list, arena, out);
}

/* --- compaction ---------------------------------------------------------- */

struct chunk {
    struct samples_row *row;
    struct buf data;
};

static void close_chunk(struct chunk *chunk)
{
    if (chunk->row)
        chunk->row->data = buf_str(&chunk->data);
    chunk->row = NULL;
}

/* One row a quarter of an hour, in the order of the log. */
static void put_sample(struct turn *turn, int64_t session, struct chunk *chunk,
                       const struct sample *sample, utc_ms at)
{
    if (chunk->row && at - chunk->row->from_at >= QUARTER_MS)
        close_chunk(chunk);
    if (!chunk->row) {
        chunk->row = TURN_NEW(turn, samples);
        chunk->row->session = session;
        chunk->row->from_at = at;
        buf_init_arena(&chunk->data, turn->arena, 4u << 20);
    }
    chunk->row->to_at = at;
    samples_put(&chunk->data, sample);
}

static enum err forget_old(struct turn *turn, int64_t session)
{
    const struct store_filter of_session = { .column = "session",
                                             .test = STORE_EQ,
                                             .number = session };
    const struct store_query query = {
        .kind = ROW_samples, .filters = &of_session, .filter_count = 1, .limit = 10000
    };
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    for (uint32_t i = 0; err == ERR_NONE && i < rows.count; i++)
        turn_delete(turn, ROW_samples,
                    rows.rows[i]); /* a session that went on after it was compacted */
    return err;
}

/* The session's entries, newest first. What lies further back than PAGES_MAX is left in the log. */
static enum err read_pages(struct turn *turn, const struct session_row *session,
                           struct log_page *pages, uint32_t *count)
{
    struct log_query query = { .station = session->station,
                               .before = { session->block_last, UINT32_MAX },
                               .block_first = session->block_first,
                               .session = session->id,
                               .from = UTC_UNKNOWN,
                               .to = UTC_NEVER,
                               .direction = 1,
                               .action = STR_NONE,
                               .limit = ENTRIES_MAX };
    bool more = true;

    for (*count = 0; more && *count < PAGES_MAX; ++*count) {
        enum err err = turn_read_log(turn, &query, &pages[*count]);
        if (err != ERR_NONE)
            return err;
        more = pages[*count].more;
        query.before = pages[*count].next;
    }
    return ERR_NONE;
}

/* A frame is read in memory of its own: a long session has more of them than a turn may hold. */
static enum err put_entry(struct turn *turn, int64_t session, struct chunk *chunk,
                          const struct log_entry *entry)
{
    struct frame_samples samples;
    struct arena arena;
    enum err err;

    arena_init(&arena, &turn->engine->pool, ENTRY_BYTES_MAX);
    err = ocpp_frame_samples(entry, &arena, &samples);
    for (uint32_t i = 0; err == ERR_NONE && i < samples.count; i++)
        put_sample(turn, session, chunk, &samples.samples[i], entry->at);
    arena_reset(&arena);
    return err;
}

static enum err compact_turn(struct turn *turn)
{
    const int64_t id = *(const int64_t *)turn->input;
    const struct session_row *session;
    struct log_page *pages = ARENA_NEW_ARRAY(turn->arena, struct log_page, PAGES_MAX);
    struct chunk chunk = { 0 };
    uint32_t count;
    enum err err = turn_get_session(turn, id, &session);

    if (err == ERR_NONE)
        err = pages ? read_pages(turn, session, pages, &count) : ERR_FULL;
    if (err == ERR_NONE)
        err = forget_old(turn, id);
    if (err != ERR_NONE)
        return err;
    while (count-- > 0) /* oldest first */
        for (uint32_t i = pages[count].count; i-- > 0 && err == ERR_NONE;)
            err = put_entry(turn, id, &chunk, &pages[count].found[i].entry);
    close_chunk(&chunk);
    TURN_EDIT(turn, session, session)->samples_due = 0;
    return err;
}

static enum err due_turn(struct turn *turn)
{
    const struct store_filter due = { .column = "samples_due", .test = STORE_EQ, .number = 1 };
    const struct store_query query = {
        .kind = ROW_session, .filters = &due, .filter_count = 1, .limit = SESSIONS_A_LOOK
    };
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    for (uint32_t i = 0; err == ERR_NONE && i < rows.count; i++) {
        const struct session_row *session = rows.rows[i];
        struct turn *compact;
        if (session->samples_due == 0 || session->state == SESSION_OPEN ||
            turn->now - session->seen_at < SETTLE_MS)
            continue;
        compact = engine_turn(turn->engine, compact_turn, &session->id, sizeof session->id);
        if (compact)
            (void)engine_go(compact); /* looked for again later */
    }
    return err;
}

static void look(struct timer *timer, void *context)
{
    struct engine *engine = context;
    struct turn *turn = engine_turn(engine, due_turn, NULL, 0);

    timer_set(&engine->timers, timer, engine->mono + LOOK_EVERY_MS, look);
    if (turn)
        (void)engine_go(turn); /* looked for again later */
}

void samples_start(struct ocpp *ocpp)
{
    timer_set(&ocpp->engine->timers, &ocpp->samples_timer, ocpp->engine->mono + LOOK_EVERY_MS,
              look);
}
