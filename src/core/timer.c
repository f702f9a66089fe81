#include "core/timer.h"

#include <stdlib.h>

static void put(struct timers *timers, uint32_t at, struct timer *timer)
{
    timers->heap[at] = timer;
    timer->slot = at + 1;
}

static void sift_up(struct timers *timers, uint32_t at, struct timer *timer)
{
    while (at > 0 && timers->heap[(at - 1) / 2]->due > timer->due) {
        put(timers, at, timers->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(timers, at, timer);
}

static void sift_down(struct timers *timers, uint32_t at, struct timer *timer)
{
    for (uint32_t child; (child = 2 * at + 1) < timers->count; at = child) {
        if (child + 1 < timers->count && timers->heap[child + 1]->due < timers->heap[child]->due)
            child++;
        if (timers->heap[child]->due >= timer->due)
            break;
        put(timers, at, timers->heap[child]);
    }
    put(timers, at, timer);
}

void timer_set(struct timers *timers, struct timer *timer, mono_ms due, timer_fn *fn)
{
    timer_clear(timers, timer);
    timer->due = due;
    timer->fn = fn;
    if (timers->count == timers->cap) {
        timers->cap = timers->cap ? timers->cap * 2 : 64;
        struct timer **heap = realloc(timers->heap, timers->cap * sizeof(struct timer *));
        check(heap != NULL);
        timers->heap = heap;
    }
    sift_up(timers, timers->count++, timer);
}

void timer_clear(struct timers *timers, struct timer *timer)
{
    uint32_t at = timer->slot - 1;
    struct timer *last;

    if (!timer_is_set(timer))
        return;
    check(timers->heap[at] == timer);
    timer->slot = 0;
    last = timers->heap[--timers->count];
    if (last == timer)
        return;
    if (at > 0 && timers->heap[(at - 1) / 2]->due > last->due)
        sift_up(timers, at, last);
    else
        sift_down(timers, at, last);
}

uint32_t timers_run(struct timers *timers, mono_ms now, uint32_t max, void *context)
{
    uint32_t ran = 0;

    while (ran < max && timers->count && timers->heap[0]->due <= now) {
        struct timer *timer = timers->heap[0];
        timer_clear(timers, timer);
        timer->fn(timer, context);
        ran++;
    }
    return ran;
}

mono_ms timers_next(const struct timers *timers)
{
    return timers->count ? timers->heap[0]->due : UINT64_MAX;
}

void timers_fini(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){ 0 };
}
