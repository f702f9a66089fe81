/* engine_parts.h: what the files of the engine share: engine.c (turns and commits), apply.c,
 * checkpoint.c, leavers.c, hold.c. Others use engine.h.
 */
#pragma once
#include "core/engine.h"

/* --- apply.c */

/* The turn's effects take hold. */
void engine_apply(struct turn *turn);

/* --- checkpoint.c */

/* From now on, from time to time; nothing when it is under way. */
void checkpoint_start(struct engine *engine);

/* --- leavers.c */

/* This session is over: it leaves memory when its last change is in its table and nobody can miss
 * it there. */
void leavers_add(struct engine *engine, int64_t session);

/* --- hold.c */

/* One thing begins; what it returns is for hold_end. Nothing is counted inside another. */
int64_t hold_begin(struct engine *engine);
void hold_end(struct engine *engine, int64_t began_us);
/* When one thing should have let go, by the host's clock; 0: whenever it likes. */
int64_t hold_until(const struct engine *engine);
