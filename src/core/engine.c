#include "core/engine.h"

#include <stdlib.h>

#include "core/batch.h"
#include "domain/words.h"

enum {
    TURNS_MAX = 16384, /* unless the host says otherwise */
    TURN_BYTES_MAX = 8 << 20,
    LEAVER_MS = 60000, /* longer than any read of the store */
    SPARE_BLOCKS = 256,
    CHECKPOINT_MS = 120000,
    CHECKPOINT_ROWS_MAX = 500, /* in one turn */
    FLUSH_MS = 1000,           /* log entries without a fact wait this long for company */
    PROBE_MS = 5000,           /* rules.md: durable */
    BATCH_BYTES_BUSY = 4 << 20,
    BATCH_BYTES_HURRY = 1 << 18, /* more than that is written all the same: it would have to grow */
};

static void run_leavers(struct timer *timer, void *context);

void engine_init(struct engine *engine, const struct engine_host *host,
                 const struct engine_handlers *handlers, const struct options *options,
                 uint64_t seed)
{
    _Static_assert(sizeof engine->scrap >= sizeof(struct session_row), "scrap takes any row");
    _Static_assert(sizeof engine->scrap >= sizeof(struct station_row), "scrap takes any row");
    *engine = (struct engine){ .host = *host, .handlers = *handlers, .options = options };
    engine->rand.state = seed;
    engine->pool.spare_max = SPARE_BLOCKS;
    engine->storage_works = true;
    engine->commit_deadline_ms = 10000;
    engine->turns_max = TURNS_MAX;
    engine->leaving_end = &engine->leaving;
}

void engine_fini(struct engine *engine)
{
    check(!engine->open && !engine->flying && !engine->leaving && !engine->parked); /* _drop */
    while (engine->spare_turns) {
        struct turn *turn = engine->spare_turns;
        engine->spare_turns = turn->next;
        free(turn);
    }
    world_fini(&engine->world);
    timers_fini(&engine->timers);
    arena_pool_fini(&engine->pool);
    free(engine->leavers);
}

void engine_clock(struct engine *engine, utc_ms now, mono_ms mono)
{
    if (engine->started_at == 0)
        engine->started_at = now;
    engine->now = now;
    engine->mono = mono;
}

/* --- how long the thread is held ------------------------------------------ */

enum { NOT_HELD = -1 }; /* nobody counts, or it is a part of what is counted */

static int64_t hold(struct engine *engine)
{
    struct engine_held *held = &engine->stats.held;

    if (!engine->host.clock_us || held->now)
        return NOT_HELD;
    held->now = true;
    return engine->host.clock_us();
}

static void let_go(struct engine *engine, int64_t began_us)
{
    enum { MINUTE_MS = 60000, LONG_US = 5000 };
    struct engine_held *held = &engine->stats.held;
    uint64_t minute = engine->mono / MINUTE_MS;
    int64_t us;

    if (began_us == NOT_HELD)
        return;
    us = engine->host.clock_us() - began_us;
    held->now = false;
    if (minute != held->minute) {
        held->longest_before_us = minute == held->minute + 1 ? held->longest_us : 0;
        held->longest_us = 0;
        held->minute = minute;
    }
    held->longest_us = us > held->longest_us ? us : held->longest_us;
    held->over_5ms += us > LONG_US;
}

/* When one thing should have let go, by the host's clock; 0: whenever it likes. */
static int64_t until(const struct engine *engine)
{
    enum { WHILE_US = 3000 };

    return engine->host.clock_us ? engine->host.clock_us() + WHILE_US : 0;
}

int64_t engine_held_us(const struct engine *engine)
{
    const struct engine_held *held = &engine->stats.held;

    return held->longest_us > held->longest_before_us ? held->longest_us : held->longest_before_us;
}

/* 41 bits of milliseconds, 22 random ones: ascending here, and apart from other nodes'. */
int64_t engine_new_id(struct engine *engine)
{
    int64_t id = (engine->now << 22) | (int64_t)(rand_next(&engine->rand) >> 42);

    if (id <= engine->last_id)
        id = engine->last_id + 1;
    engine->last_id = id;
    return id;
}

void *engine_scrap(struct engine *engine)
{
    return engine->scrap;
}

/* --- turns --------------------------------------------------------------- */

struct turn *engine_turn(struct engine *engine, enum err (*fn)(struct turn *turn),
                         const void *input, size_t size)
{
    struct turn *turn = engine->spare_turns;

    if (engine->turns_open >= engine->turns_max)
        return NULL;
    if (turn)
        engine->spare_turns = turn->next;
    else
        turn = malloc(sizeof *turn);
    if (!turn)
        return NULL;
    *turn = (struct turn){ .engine = engine, .now = engine->now, .fn = fn };
    arena_init(&turn->own_arena, &engine->pool, TURN_BYTES_MAX);
    turn->arena = &turn->own_arena;
    turn->seed = rand_next(&engine->rand);
    turn->input = arena_alloc(turn->arena, size);
    if (!turn->input) {
        free(turn);
        return NULL;
    }
    if (size)
        memcpy(turn->input, input, size);
    engine->turns_open++;
    turn_forget(turn);
    return turn;
}

static void turn_end(struct turn *turn, enum err err)
{
    struct engine *engine = turn->engine;

    if (turn->ended)
        turn->ended(turn, err);
    while (turn->questions) {
        struct question *question = turn->questions;
        struct arena arena = question->arena;
        turn->questions = question->next;
        arena_reset(&arena); /* the question lies in it */
    }
    arena_reset(&turn->own_arena);
    engine->turns_open--;
    turn->next = engine->spare_turns;
    engine->spare_turns = turn;
}

static void park(struct turn *turn)
{
    turn->at = &turn->engine->parked;
    turn->next = turn->engine->parked;
    if (turn->next)
        turn->next->at = &turn->next;
    turn->engine->parked = turn;
}

static void unpark(struct turn *turn)
{
    *turn->at = turn->next;
    if (turn->next)
        turn->next->at = turn->at;
}

void engine_drop(struct engine *engine)
{
    engine->dropped = true;
    while (engine->parked) {
        struct turn *turn = engine->parked;
        unpark(turn);
        turn->ended = NULL;
        turn_end(turn, ERR_STORAGE);
    }
    batch_free(engine->open);
    batch_free(engine->flying);
    engine->open = engine->flying = NULL;
    while (engine->leaving) {
        struct batch *batch = engine->leaving;
        engine->leaving = batch->next;
        batch_free(batch);
    }
    engine->leaving_end = &engine->leaving;
}

static void leave_later(struct engine *engine, int64_t id)
{
    if (engine->leaver_count == engine->leaver_cap) {
        uint32_t cap = engine->leaver_cap ? engine->leaver_cap * 2 : 64;
        struct world_leaver *ring = malloc(cap * sizeof *ring);
        check(ring != NULL);
        for (uint32_t i = 0; i < engine->leaver_count; i++)
            ring[i] = engine->leavers[(engine->leaver_first + i) % engine->leaver_cap];
        free(engine->leavers);
        engine->leavers = ring;
        engine->leaver_first = 0;
        engine->leaver_cap = cap;
    }
    engine->leavers[(engine->leaver_first + engine->leaver_count++) % engine->leaver_cap] =
        (struct world_leaver){ id, engine->mono + LEAVER_MS };
    if (!timer_is_set(&engine->leaver_timer))
        timer_set(&engine->timers, &engine->leaver_timer, engine->mono + LEAVER_MS, run_leavers);
}

static void run_leavers(struct timer *timer, void *context)
{
    struct engine *engine = context;

    while (engine->leaver_count) {
        struct world_leaver leaver = engine->leavers[engine->leaver_first];
        const struct world_item *item = world_item(&engine->world, ROW_session, leaver.id);

        if (leaver.at > engine->mono ||
            (engine->flying && engine->flying->flown_at + LEAVER_MS < engine->mono)) {
            timer_set(&engine->timers, timer, engine->mono + LEAVER_MS / 4, run_leavers);
            return;
        }
        engine->leaver_first = (engine->leaver_first + 1) % engine->leaver_cap;
        engine->leaver_count--;
        if (item && item->redo_block == 0 && !world_keeps(ROW_session, item->row))
            world_remove(&engine->world, ROW_session, leaver.id);
    }
}

/* A change that goes to its table later: a redo record for now. */
static void apply_lazy(struct engine *engine, struct batch *batch, const struct turn_edit *edit,
                       bool alone)
{
    const struct row_head *head = edit->row;
    const void *before = world_find(&engine->world, edit->kind, head->id);
    struct world_item *item;

    check(before != NULL); /* turn_edit_lazy is for rows in memory */
    batch_redo(batch, edit->kind, before, edit->row);
    /* Other changes of the turn may borrow texts from the row as it was. */
    item = alone && edit->kind == ROW_session ? world_change(&engine->world, edit->kind, edit->row)
                                              : world_put(&engine->world, edit->kind, edit->row);
    check(item != NULL);
    if (item->redo_block == 0)
        item->redo_block = batch->store.block.id;
}

/* The row takes hold in memory, and in the batch: in its table, or as a redo record. `alone`: it is
 * the turn's only one. */
static void apply_edit(struct engine *engine, struct batch *batch, struct turn_edit *edit,
                       bool alone)
{
    struct row_head *head = edit->row;
    struct world_item *item;

    if (edit->deleted) {
        batch_delete(batch, edit->kind, head->id);
        if (world_keeps(edit->kind, NULL))
            world_remove(&engine->world, edit->kind, head->id);
        return;
    }
    if (edit->kind == ROW_session && !world_keeps(ROW_session, edit->row))
        leave_later(engine, head->id);
    if (edit->lazy) {
        apply_lazy(engine, batch, edit, alone);
        return;
    }
    head->version++; /* a new row has 0 here */
    batch_put(batch, edit->kind, edit->row);
    if (!world_keeps(edit->kind, NULL))
        return;
    item = world_put(&engine->world, edit->kind, edit->row);
    check(item != NULL);
    item->redo_block = 0;
}

/* Log entries know the block in which their station last had one. */
static void apply_line(struct engine *engine, struct batch *batch, struct log_entry *entry)
{
    struct world_item *item =
        entry->station ? world_item(&engine->world, ROW_station, entry->station) : NULL;

    if (item) {
        struct station_row *station = item->row;
        entry->block_before = station->log_block;
        station->log_block = batch->store.block.id;
        if (item->redo_block == 0)
            item->redo_block = batch->store.block.id;
    }
    log_put(&batch->log, entry);
    if (entry->kind == LOG_IN)
        engine->stats.in_frames++;
    else if (entry->kind == LOG_OUT)
        engine->stats.out_frames++;
}

static void render_events(struct turn *turn)
{
    struct engine *engine = turn->engine;

    for (struct turn_out *out = turn->outs; out; out = out->next)
        if (out->kind == OUT_EVENT && !out->has_body && engine->handlers.render) {
            struct buf body;
            buf_init_arena(&body, turn->arena, 1u << 20);
            engine->handlers.render(turn, out->topic, out->event->station, out->event->session,
                                    &body);
            out->event->body = body.overflow ? STR("{}") : buf_str(&body);
        }
}

/* The batch that has to be on disk, and gone, before what leaves now; NULL: none. What somebody
 * says because he hears of what leaves is said at once. */
static struct batch *goes_before(const struct engine *engine)
{
    if (engine->open && engine->open->must)
        return engine->open;
    if (engine->flying)
        return engine->flying;
    if (!engine->leaving || engine->lets_go)
        return NULL;
    return CONTAINER_OF(engine->leaving_end, struct batch, next);
}

/* How many rows of it go to their tables with this commit. */
static uint32_t ops_of(const struct turn *turn)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < turn->edit_count; i++)
        count += !turn->edits[i].lazy;
    return count;
}

/* Where the frames of its sessions lie. A turn that logs nothing (a person closes a session) leaves
 * that as it is: the block has no entry of the station from which its chain would go on. */
static void note_blocks(struct turn *turn, int64_t block)
{
    for (uint32_t i = 0; i < turn->edit_count; i++) {
        struct session_row *session = turn->edits[i].row;
        if (turn->edits[i].kind != ROW_session)
            continue;
        session->block_last = block;
        if (session->block_first == 0)
            session->block_first = block;
    }
}

static void apply(struct turn *turn)
{
    struct engine *engine = turn->engine;
    struct batch *before = goes_before(engine), *batch;

    if (!turn->edit_count && !turn->lines && !turn->durable && !before) {
        batch_release(engine, turn->outs); /* nothing to make durable, nothing to overtake */
        return;
    }
    batch = batch_open(engine);
    batch_turn(batch, ops_of(turn));
    if (turn->lines)
        note_blocks(turn, batch->store.block.id);
    /* Rows of other kinds first: events show the world as it is after the turn. */
    for (uint32_t i = 0; i < turn->edit_count; i++)
        if (turn->edits[i].kind != ROW_event)
            apply_edit(engine, batch, &turn->edits[i], turn->edit_count == 1);
    render_events(turn);
    for (uint32_t i = 0; i < turn->edit_count; i++)
        if (turn->edits[i].kind == ROW_event)
            apply_edit(engine, batch, &turn->edits[i], turn->edit_count == 1);
    for (struct turn_line *line = turn->lines; line; line = line->next)
        apply_line(engine, batch, &line->entry);
    if (!batch->must && (turn->durable || turn->edit_count)) {
        batch->must = true;
        batch->must_at = engine->mono;
    }
    before = goes_before(engine);
    if (turn->at_once || !before)
        batch_release(engine, turn->outs);
    else
        batch_keep_outs(before, turn->outs);
}

enum err engine_go(struct turn *turn)
{
    struct engine *engine = turn->engine;
    enum err err;

    engine->stats.turns++;
    turn_forget(turn);
    turn->rand.state = turn->seed;
    turn->running = true;
    err = turn->fn(turn);
    turn->running = false;
    if (turn->full && err == ERR_NONE)
        err = ERR_FULL;
    if (err == ERR_NONE && !engine->storage_works && (turn->edit_count || turn->durable))
        err = ERR_STORAGE; /* reads go on */
    if (err == ERR_LATER) {
        check(turn->waiting_count > 0);
        park(turn);
        return err;
    }
    if (err == ERR_NONE)
        apply(turn);
    turn_end(turn, err);
    return err;
}

void engine_answered(struct engine *engine, struct question *question)
{
    struct turn *turn = question->turn;
    int64_t began_us;

    question->answered = true;
    check(turn->waiting_count > 0);
    if (--turn->waiting_count || turn->running)
        return;
    unpark(turn);
    engine->stats.reruns++;
    turn->now = engine->now;
    began_us = hold(engine);
    (void)engine_go(turn); /* a turn that fails now has told whom it concerns (ended) */
    let_go(engine, began_us);
}

/* --- commits ------------------------------------------------------------- */

static void probe(struct timer *timer, void *context)
{
    struct engine *engine = context;

    (void)timer;
    if (!engine->flying)
        batch_fly(engine, batch_new(engine));
}

/* Stations go, and come back when storage works. */
static void storage_failed(struct engine *engine, const char *why)
{
    if (!engine->storage_works)
        return;
    engine->storage_works = false;
    engine->storage_why = why;
    engine->handlers.storage(engine, false);
}

/* rules.md: deadline */
static void overdue(struct timer *timer, void *context)
{
    struct engine *engine = context;

    (void)timer;
    if (engine->flying)
        storage_failed(engine, "a commit takes longer than ocpp.commit_deadline_s");
}

static void flush(struct timer *timer, void *context)
{
    struct engine *engine = context;

    (void)timer;
    if (engine->open)
        engine->open->must = true;
}

/* Lets go what is on disk: for a while, or (0) all of it. */
static void leave(struct engine *engine, int64_t until_us)
{
    struct batch *batch;

    engine->lets_go = true;
    while ((batch = engine->leaving)) {
        struct batch *next = batch->next;
        if (!batch_leave(engine, batch, until_us))
            break;
        engine->leaving = next;
        if (!next)
            engine->leaving_end = &engine->leaving;
    }
    engine->lets_go = false;
}

static void leave_after(struct engine *engine, struct batch *batch)
{
    *engine->leaving_end = batch;
    engine->leaving_end = &batch->next;
}

static void committed(struct engine *engine, struct batch *batch, enum err err)
{
    check(batch == engine->flying);
    engine->flying = NULL;
    timer_clear(&engine->timers, &engine->deadline_timer);
    for (uint32_t i = 0; i < batch->store.turn_count && err == ERR_NONE; i++)
        err = batch->store.turns[i]
                  .err; /* one owner writes: a conflict means that memory and disk differ */
    if (err != ERR_NONE) {
        leave(engine, 0);
        engine->stats.void_batches++;
        storage_failed(engine, engine->host.why ? engine->host.why(engine->host.host)
                                                : "the last commit failed");
        batch_void(engine, batch);
        batch_void(engine, engine->open);
        engine->open = NULL;
        engine->memory_void = true;
    } else {
        engine->stats.commits++;
        engine->stats.committed_turns += batch->store.turn_count;
        if (batch->store.block.id > engine->last_block)
            engine->last_block = batch->store.block.id;
    }
    /* What was void is forgotten with the registry, which is read anew. */
    if (engine->memory_void && engine->host.reload(engine->host.host) == ERR_NONE)
        engine->memory_void = false;
    if (err == ERR_NONE)
        leave_after(engine, batch);
    if (err != ERR_NONE || engine->memory_void) {
        leave(engine, 0);
        timer_set(&engine->timers, &engine->probe_timer, engine->mono + PROBE_MS, probe);
        return;
    }
    if (!engine->storage_works) {
        engine->storage_works = true;
        engine->storage_why = NULL;
        engine->handlers.storage(engine, true);
    }
    leave(engine, until(engine));
}

void engine_committed(struct engine *engine, struct batch *batch, enum err err)
{
    int64_t began_us = hold(engine);

    committed(engine, batch, err);
    let_go(engine, began_us);
}

static void checkpoint(struct timer *timer, void *context);

/* What is in blocks up to this one is in the tables too. */
static void note_checkpoint(struct turn *turn, int64_t block)
{
    const struct setting_row *old = TURN_FIND_NAME(turn, setting, STR("log.checkpoint"));
    struct setting_row *setting = old ? TURN_EDIT(turn, setting, old) : TURN_NEW(turn, setting);

    setting->name = STR("log.checkpoint");
    setting->value = arena_printf(turn->arena, "%lld", (long long)block);
}

/* Puts rows of this kind whose table does not have their last change, at most CHECKPOINT_ROWS_MAX
 * with those before; *oldest is the block from which those that are left must be read. */
static uint32_t checkpoint_kind(struct turn *turn, enum row_kind kind, uint32_t put,
                                int64_t *oldest)
{
    const struct world_item *item;

    for (uint32_t at = 0; (item = map_next(&turn_world(turn)->tables[kind].by_id, &at));) {
        if (item->redo_block == 0)
            continue;
        if (put < CHECKPOINT_ROWS_MAX) {
            (void)turn_edit(turn, kind, item->row); /* as it is */
            put++;
        } else if (item->redo_block < *oldest) {
            *oldest = item->redo_block;
        }
    }
    return put;
}

/* Rows that changed by redo records only are put into their tables, so that a restart need not read
 * the log from further back. The oldest ones that are left decide from where. */
static enum err checkpoint_turn(struct turn *turn)
{
    int64_t oldest =
        turn->engine->open ? turn->engine->open->store.block.id : turn->engine->last_block + 1;
    uint32_t put = checkpoint_kind(turn, ROW_session, 0, &oldest);
    bool more;

    put = checkpoint_kind(turn, ROW_station, put, &oldest);
    more = put == CHECKPOINT_ROWS_MAX;
    if (put)
        note_checkpoint(turn, oldest - 1);
    *(bool *)turn->input = more;
    if (more)
        timer_set(&turn->engine->timers, &turn->engine->checkpoint_timer, turn->engine->mono + 100,
                  checkpoint);
    return ERR_NONE;
}

static void checkpoint(struct timer *timer, void *context)
{
    struct engine *engine = context;
    bool more = false;
    struct turn *turn = engine_turn(engine, checkpoint_turn, &more, sizeof more);

    timer_set(&engine->timers, timer, engine->mono + CHECKPOINT_MS, checkpoint);
    if (turn && engine->storage_works)
        (void)engine_go(turn); /* tried again at the next one */
    else if (turn)
        turn_end(turn, ERR_STORAGE);
}

void engine_checkpoint(struct engine *engine)
{
    checkpoint(&engine->checkpoint_timer, engine);
}

/* Those that are due, for a while; then messages have their turn, and the rest theirs. So one that
 * is set for now while they run, as a long piece of work does that goes on step by step, holds
 * nobody up. */
static void run_timers(struct engine *engine)
{
    enum { TIMERS_MAX = 10000 };
    int64_t until_us = until(engine);

    for (int i = 0; i < TIMERS_MAX; i++) {
        int64_t began_us = hold(engine);
        bool none = timers_run(&engine->timers, engine->mono, 1, engine) == 0;
        let_go(engine, began_us);
        if (none || (until_us && engine->host.clock_us() >= until_us))
            return;
    }
}

void engine_run(struct engine *engine)
{
    world_sweep(&engine->world);
    if (engine->leaving) {
        int64_t began_us = hold(engine);
        leave(engine, until(engine));
        let_go(engine, began_us);
    }
    run_timers(engine);
    if (!timer_is_set(&engine->checkpoint_timer))
        timer_set(&engine->timers, &engine->checkpoint_timer, engine->mono + CHECKPOINT_MS,
                  checkpoint);
    if (engine->flying || !engine->open ||
        (engine_hurries(engine) && engine->open->log.len < BATCH_BYTES_HURRY))
        return;
    if (engine->open->must) {
        timer_clear(&engine->timers, &engine->flush_timer);
        timer_set(&engine->timers, &engine->deadline_timer,
                  (engine->open->must_at ? engine->open->must_at : engine->mono) +
                      engine->commit_deadline_ms,
                  overdue);
        batch_fly(engine, engine->open);
    } else if (!timer_is_set(&engine->flush_timer)) {
        timer_set(&engine->timers, &engine->flush_timer, engine->mono + FLUSH_MS, flush);
    }
}

mono_ms engine_wake(const struct engine *engine)
{
    mono_ms next = timers_next(&engine->timers);

    if (engine->leaving)
        return engine->mono;
    if (!engine->open || !engine->open->must || engine->flying)
        return next;
    if (engine_hurries(engine) && engine->open->log.len < BATCH_BYTES_HURRY)
        return engine->commit_after < next ? engine->commit_after : next;
    return engine->mono;
}

void engine_disk_waits(struct engine *engine, mono_ms until)
{
    engine->commit_after = until;
}

bool engine_hurries(const struct engine *engine)
{
    return engine->commit_after > engine->mono;
}

bool engine_leaves(const struct engine *engine)
{
    return engine->leaving != NULL;
}

bool engine_idle(const struct engine *engine)
{
    return !engine->flying && !engine->open && !engine->leaving && !engine->parked;
}

bool engine_busy(const struct engine *engine)
{
    return (engine->leaving && engine->leaving->next) ||
           (engine->open && engine->open->log.len > BATCH_BYTES_BUSY) ||
           engine->turns_open > engine->turns_max / 2;
}

void engine_net_event(struct engine *engine, const struct net_event *event)
{
    int64_t began_us = hold(engine);

    engine->handlers.net(engine, event);
    let_go(engine, began_us);
}
