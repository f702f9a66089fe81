/* checkpoint.c: rows that are only in the log go into their tables from time to time, so that a
 * restart need not read the log from far back (ARCHITECTURE.md, "The log"). */
#include "core/engine_parts.h"

enum {
    CHECKPOINT_MS = 120000,
    CHECKPOINT_ROWS_MAX = 500, /* in one turn */
    CHECKPOINT_REST_MS = 100,  /* then messages have their turn, and the rest theirs */
};

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

    put = checkpoint_kind(turn, ROW_station, put, &oldest);
    if (put)
        note_checkpoint(turn, oldest - 1);
    if (put == CHECKPOINT_ROWS_MAX)
        timer_set(&turn->engine->timers, &turn->engine->checkpoint_timer,
                  turn->engine->mono + CHECKPOINT_REST_MS, checkpoint);
    return ERR_NONE;
}

static void checkpoint(struct timer *timer, void *context)
{
    struct engine *engine = context;
    struct turn *turn;

    timer_set(&engine->timers, timer, engine->mono + CHECKPOINT_MS, checkpoint);
    turn = engine->storage_works ? engine_turn(engine, checkpoint_turn, NULL, 0) : NULL;
    if (turn)
        (void)engine_go(turn); /* tried again at the next one */
}

void checkpoint_start(struct engine *engine)
{
    if (!timer_is_set(&engine->checkpoint_timer))
        timer_set(&engine->timers, &engine->checkpoint_timer, engine->mono + CHECKPOINT_MS,
                  checkpoint);
}

void engine_checkpoint(struct engine *engine)
{
    checkpoint(&engine->checkpoint_timer, engine);
}
