/* timer.h: things to do later, on the core thread. A binary heap of timers that live in their
 * owners. */
#pragma once
#include "base/base.h"

struct timer;
typedef void timer_fn(struct timer *timer, void *context);

struct timer {
    mono_ms due;
    timer_fn *fn;
    uint32_t slot; /* its place in the heap + 1; 0: not set */
};

/* Zero-initialised is empty. */
struct timers {
    struct timer **heap;
    uint32_t count, cap;
};

/* Sets or moves it. Aborts when memory is out: timers are few and small. */
void timer_set(struct timers *timers, struct timer *timer, mono_ms due, timer_fn *fn);
/* Takes it off; nothing happens when it is not set. */
void timer_clear(struct timers *timers, struct timer *timer);
static inline bool timer_is_set(const struct timer *timer)
{
    return timer->slot != 0;
}
/* Calls what is due at `now`, at most `max`, each taken off before; returns how many. */
uint32_t timers_run(struct timers *timers, mono_ms now, uint32_t max, void *context);
/* When the next one is due, or UINT64_MAX. */
mono_ms timers_next(const struct timers *timers);
void timers_fini(struct timers *timers);
