#include "core/keep.h"

#include <stdlib.h>

enum { EVERY_MS = 3600000, AT_ONCE = 2000, AGAIN_MS = 200 };
#define DAY_MS INT64_C(86400000)

struct keep {
    struct engine *engine;
    struct keep_days days;
    struct timer timer;
};

/* One round, on the writer's thread, between two commits. */
struct round {
    struct keep *keep;
    struct keep_days days;
    utc_ms now;
    int64_t last_block;
    bool more;
};

/* The first block that is not older than `at`: blocks ascend in time. A number that no block has
 * counts as old. */
static int64_t block_at(struct store *store, int64_t last, utc_ms at)
{
    struct store_reader *reader;
    int64_t low = 1, high = last + 1;

    if (store->ops->reader_open(store, &reader) != ERR_NONE)
        return 0;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        struct store_block block;
        struct arena arena;
        enum err err;
        arena_init(&arena, NULL, 0);
        err = reader->ops->read_block(reader, middle, &arena, &block);
        if (err == ERR_NOT_FOUND || (err == ERR_NONE && block.at < at))
            low = middle + 1;
        else
            high = middle;
        arena_reset(&arena);
    }
    reader->ops->reader_close(reader);
    return low;
}

static bool prune(struct store *store, const struct store_prune *what)
{
    uint32_t removed = 0;

    return store->ops->prune(store, what, &removed) == ERR_NONE && removed == what->limit;
}

static void work(void *data, struct store *store)
{
    struct round *round = data;
    const struct {
        enum row_kind kind;
        const char *column;
        int64_t days;
    } rows[] = {
        { ROW_samples, "to_at", round->days.samples },
        { ROW_event, "at", round->days.events },
        { ROW_reply, "at", round->days.replies },
        { ROW_decision, "at", round->days.decisions },
        { ROW_power_minute, "at", round->days.samples },
        { ROW_limit_step, "at", round->days.samples },
        { ROW_car_plan, "at", round->days.samples },
    };
    struct store_prune blocks = {
        .limit = AT_ONCE,
        .block_before = block_at(store, round->last_block, round->now - round->days.frames * DAY_MS)
    };

    round->more = prune(store, &blocks);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct store_prune old = { .kind = rows[i].kind,
                                         .time_column = rows[i].column,
                                         .at = round->now - rows[i].days * DAY_MS,
                                         .limit = AT_ONCE };
        round->more = prune(store, &old) || round->more;
    }
}

static void run(struct timer *timer, void *context);

static enum err round_turn(struct turn *turn)
{
    void *data = turn->input;
    struct round *round = data;
    enum err err = turn_work(turn, "keep", work, WORK_WRITER, &data);

    if (err == ERR_NONE && round->more)
        timer_set(&turn->engine->timers, &round->keep->timer, turn->engine->mono + AGAIN_MS, run);
    return err;
}

static void run(struct timer *timer, void *context)
{
    struct engine *engine = context;
    struct keep *keep = CONTAINER_OF(timer, struct keep, timer);
    const struct round round = {
        .keep = keep, .days = keep->days, .now = engine->now, .last_block = engine->last_block
    };
    struct turn *turn = engine_turn(engine, round_turn, &round, sizeof round);

    timer_set(&engine->timers, timer, engine->mono + EVERY_MS, run);
    if (turn)
        (void)engine_go(turn); /* tried again in an hour */
}

struct keep *keep_start(struct engine *engine, const struct keep_days *days)
{
    struct keep *keep = calloc(1, sizeof *keep);

    check(keep != NULL);
    keep->engine = engine;
    keep->days = *days;
    timer_set(&engine->timers, &keep->timer, engine->mono + 60000, run);
    return keep;
}

void keep_free(struct keep *keep)
{
    free(keep);
}
