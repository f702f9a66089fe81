/* leavers.c: sessions that ended leave memory a while later, when no read of the store that began
 * before their end can still be under way. */
#include "core/engine_parts.h"

#include <stdlib.h>

enum { LEAVER_MS = 60000 /* longer than any read of the store */ };

static void run_leavers(struct timer *timer, void *context);

void leavers_add(struct engine *engine, int64_t id)
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
