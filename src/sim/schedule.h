/* schedule.h: which of many stations wants to be woken next. A heap in which each member's moment
 * can be changed. */
#pragma once
#include "base/base.h"

struct schedule {
    uint32_t count;
    utc_ms *wakes;    /* by member */
    uint32_t *heap;   /* members, the earliest first */
    uint32_t *places; /* of each member in the heap */
};

/* All members at UTC_NEVER. False: memory is out. */
MUST_CHECK bool schedule_init(struct schedule *schedule, uint32_t count);
void schedule_fini(struct schedule *schedule);
void schedule_set(struct schedule *schedule, uint32_t member, utc_ms wake);
/* The earliest; ties go to whichever the heap has first, the same way in each run. */
static inline uint32_t schedule_first(const struct schedule *schedule, utc_ms *wake)
{
    *wake = schedule->wakes[schedule->heap[0]];
    return schedule->heap[0];
}
