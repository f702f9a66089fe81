/* wheel.h: deadlines of one loop's connections. One each, a quarter of a second exact, late rather
 * than early. Without a clock: the time is handed in. */
#pragma once
#include "base/base.h"

#define WHEEL_TICK_MS 250u
#define WHEEL_SLOTS   256u /* 64 s around; what is later waits for its round */

struct wheel_node {
    struct wheel_node *next, *prev; /* NULL: not set */
    uint32_t due;                   /* tick */
};

struct wheel {
    struct wheel_node slots[WHEEL_SLOTS];
    uint32_t tick, count;
};

typedef void wheel_fn(void *context, struct wheel_node *node);

void wheel_init(struct wheel *wheel, mono_ms now);
/* Sets, or moves. */
void wheel_set(struct wheel *wheel, struct wheel_node *node, mono_ms now, uint32_t in_ms);
void wheel_clear(struct wheel *wheel, struct wheel_node *node);
/* Calls `due` for each node whose time has come; it is cleared before the call. */
void wheel_run(struct wheel *wheel, mono_ms now, wheel_fn *due, void *context);
