/* batch.h: what goes to disk together: collected, flown, then done or void. For engine.c.
 *
 * One batch is open and takes the effects of turns as they are applied; at most one flies, in the
 * writer's hands, and one that has failed takes all later ones with it. What leaves (answers,
 * calls, events) is kept here until its batch is on disk: acknowledged means durable. Of thousands
 * of turns it leaves step by step, and what comes meanwhile stands behind it. Out of memory here
 * ends the process, since effects have taken hold already.
 */
#pragma once
#include "core/engine.h"

struct batch *batch_new(struct engine *engine);
/* The open batch, made when there is none; its block has a number at once. */
struct batch *batch_open(struct engine *engine);
/* The changes that follow belong to one turn: at most `ops_max`. */
void batch_turn(struct batch *batch, uint32_t ops_max);
void batch_put(struct batch *batch, enum row_kind kind, const void *row);
void batch_delete(struct batch *batch, enum row_kind kind, int64_t id);
/* A redo record: the row `before` is `after` now (ARCHITECTURE.md, "The log"). */
void batch_redo(struct batch *batch, enum row_kind kind, const void *before, const void *after);
/* Copies what is to leave after the commit. */
void batch_keep_outs(struct batch *batch, const struct turn_out *outs);
/* Asks once this block is on disk. False: it is there already. */
bool batch_ask_after(struct engine *engine, int64_t block, struct question *question);
/* Hands it to the writer. */
void batch_fly(struct engine *engine, struct batch *batch);
/* Committed: lets things leave until the clock of engine_held says so (0: all of them). True: there
 * is nothing left in it, and it is freed. */
bool batch_leave(struct engine *engine, struct batch *batch, int64_t until_us);
/* Failed: nobody gets the answer that was meant; people get 503. Frees it; NULL is none. */
void batch_void(struct engine *engine, struct batch *batch);
void batch_free(struct batch *batch);
/* Lets things leave now. */
void batch_release(struct engine *engine, const struct turn_out *outs);
