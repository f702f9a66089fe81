/* engine.c: turns, and commits. */
#include "core/engine_parts.h"

#include <stdlib.h>

#include "core/batch.h"
#include "domain/words.h"

enum {
    TURNS_MAX = 16384, /* unless the host says otherwise */
    TURN_BYTES_MAX = 8 << 20,
    SPARE_BLOCKS = 256,
    FLUSH_MS = 1000, /* log entries without a fact wait this long for company */
    PROBE_MS = 5000, /* rules.md: durable */
    BATCH_BYTES_BUSY = 4 << 20,
    BATCH_BYTES_HURRY = 1 << 18, /* more than that is written all the same: it would have to grow */
};

/* Whatever is written by a turn that is out of memory fits the scrap. */
#define ROW(kind, table) \
    _Static_assert(sizeof(struct kind##_row) <= sizeof((struct engine *)0)->scrap, #kind);
#define COL(kind, type, name, flags)
#define ROW_END(kind)
#include "domain/rows.def"
#undef ROW
#undef COL
#undef ROW_END

void engine_init(struct engine *engine, const struct engine_host *host,
                 const struct engine_handlers *handlers, const struct options *options,
                 uint64_t seed)
{
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
        engine_apply(turn);
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
    began_us = hold_begin(engine);
    (void)engine_go(turn); /* a turn that fails now has told whom it concerns (ended) */
    hold_end(engine, began_us);
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
    leave(engine, hold_until(engine));
}

void engine_committed(struct engine *engine, struct batch *batch, enum err err)
{
    int64_t began_us = hold_begin(engine);

    committed(engine, batch, err);
    hold_end(engine, began_us);
}

/* Those that are due, for a while; then messages have their turn, and the rest theirs. So one that
 * is set for now while they run, as a long piece of work does that goes on step by step, holds
 * nobody up. */
static void run_timers(struct engine *engine)
{
    enum { TIMERS_MAX = 10000 };
    int64_t until_us = hold_until(engine);

    for (int i = 0; i < TIMERS_MAX; i++) {
        int64_t began_us = hold_begin(engine);
        bool none = timers_run(&engine->timers, engine->mono, 1, engine) == 0;
        hold_end(engine, began_us);
        if (none || (until_us && engine->host.clock_us() >= until_us))
            return;
    }
}

void engine_run(struct engine *engine)
{
    world_sweep(&engine->world);
    if (engine->leaving) {
        int64_t began_us = hold_begin(engine);
        leave(engine, hold_until(engine));
        hold_end(engine, began_us);
    }
    run_timers(engine);
    checkpoint_start(engine);
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
    int64_t began_us = hold_begin(engine);

    engine->handlers.net(engine, event);
    hold_end(engine, began_us);
}
