/* bell.h: who is asleep is woken once. Goes with a ring: the producer commits and then rings, the
 * consumer rests only when it has seen the ring empty, and looks once more afterwards. How a
 * sleeper is woken (eventfd, uv_async) is the caller's.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>

struct bus_bell {
    _Atomic bool rung;
};

/* Producer, after bus_commit. True: the other side may sleep, wake it. */
static inline bool bus_bell_ring(struct bus_bell *bell)
{
    return !atomic_exchange(&bell->rung, true);
}

/* Consumer, before it looks a last time and sleeps. An exchange, so that what was committed before
 * a ring that was not answered is seen by that last look. */
static inline void bus_bell_rest(struct bus_bell *bell)
{
    (void)atomic_exchange(&bell->rung, false); /* whether it had rung makes no difference */
}
