/* keep.h: how long things are kept. Once an hour what is older goes, a little at a time, so that
 * commits are not held up. */
#pragma once
#include "core/engine.h"

struct keep_days {
    int64_t frames, samples, events, replies, decisions;
};

/* Starts it. `days` is copied. */
struct keep;
struct keep *keep_start(struct engine *engine, const struct keep_days *days);
/* After the engine is gone. NULL is none. */
void keep_free(struct keep *keep);
