/* talk.h: a station of a fleet says a frame or answers a call, and the clocks by which it is told
 * how long that takes.
 */
#pragma once
#include <time.h>

#include "bench/bench.h"
#include "bench/fleet.h"
#include "bench/frames.h"

int64_t clock_us(clockid_t which);

/* The first thing that went wrong in a fleet. */
struct talk_failure {
    bool failed;
    char why[BENCH_WHY_SIZE];
};
void talk_fail(struct talk_failure *failure, const char *what, uint32_t station, struct str text);

struct talk {
    struct fleet *fleet;
    struct talk_failure *failure;
    uint32_t station;
};
/* The frame of this step, as of now: `number` is of its messages. */
void talk_say(struct talk talk, enum frames_protocol protocol, enum frames_step step,
              uint32_t number, int64_t transaction_id);
/* An answer to a call of the server: a result, or an error that says NotSupported. */
void talk_answer(struct talk talk, struct str call, const char *payload);
void talk_refuse(struct talk talk, struct str call);
/* The number behind `"key":`, or -1. */
int64_t talk_number(struct str text, const char *key);
