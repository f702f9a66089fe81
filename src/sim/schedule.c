#include "sim/schedule.h"

#include <stdlib.h>

bool schedule_init(struct schedule *schedule, uint32_t count)
{
    check(count > 0);
    *schedule = (struct schedule){ .count = count };
    schedule->wakes = malloc(count * sizeof *schedule->wakes);
    schedule->heap = malloc(count * sizeof *schedule->heap);
    schedule->places = malloc(count * sizeof *schedule->places);
    if (!schedule->wakes || !schedule->heap || !schedule->places) {
        schedule_fini(schedule);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        schedule->wakes[i] = UTC_NEVER;
        schedule->heap[i] = schedule->places[i] = i;
    }
    return true;
}

void schedule_fini(struct schedule *schedule)
{
    free(schedule->wakes);
    free(schedule->heap);
    free(schedule->places);
    *schedule = (struct schedule){ 0 };
}

static bool earlier(const struct schedule *schedule, uint32_t a, uint32_t b)
{
    return schedule->wakes[schedule->heap[a]] < schedule->wakes[schedule->heap[b]];
}

static void swap(struct schedule *schedule, uint32_t a, uint32_t b)
{
    uint32_t held = schedule->heap[a];

    schedule->heap[a] = schedule->heap[b];
    schedule->heap[b] = held;
    schedule->places[schedule->heap[a]] = a;
    schedule->places[schedule->heap[b]] = b;
}

void schedule_set(struct schedule *schedule, uint32_t member, utc_ms wake)
{
    uint32_t at = schedule->places[member];

    check(member < schedule->count);
    schedule->wakes[member] = wake;
    while (at > 0 && earlier(schedule, at, (at - 1) / 2)) {
        swap(schedule, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
    while (at < schedule->count) {
        uint32_t best = at, left = 2 * at + 1;

        if (left < schedule->count && earlier(schedule, left, best))
            best = left;
        if (left + 1 < schedule->count && earlier(schedule, left + 1, best))
            best = left + 1;
        if (best == at)
            return;
        swap(schedule, at, best);
        at = best;
    }
}
