/* possible.h: the values of one charging profile that a station may hold, as far as we can know.
 *
 * Each counts until a moment at which it has surely ended. A sent value joins; an accepted one
 * replaces those before it, which still count while the station settles. What is at most a later
 * and higher one is dropped; when there is no room two become one that is as high and as long as
 * either: the answer is never too low.
 */
#pragma once
#include "base/base.h"

enum { POSSIBLE_MAX = 4 };

/* The end of a value that lasts for as long as the connection, and a while longer. */
#define POSSIBLE_LINKED (UTC_NEVER - 1)

struct possible {
    struct possible_value {
        int32_t da;
        utc_ms until;
        bool under_way; /* sent, never answered: its call may still reach the station */
    } values[POSSIBLE_MAX];
    uint8_t count;
};

void possible_add(struct possible *possible, int32_t da, utc_ms until, bool under_way);
/* All others end by then; those that may still be under way only if `all`. */
void possible_end(struct possible *possible, utc_ms by, bool all);
/* The connection is gone: nothing is under way any more. */
void possible_landed(struct possible *possible);
/* The connection is gone: those that are linked to it end by then; it is back: each may last again.
 */
void possible_unlink(struct possible *possible, utc_ms by);
void possible_link(struct possible *possible);
/* Ends move by so much: the station's clock was put back. */
void possible_shift(struct possible *possible, int64_t ms);
/* Drops what has ended. */
void possible_prune(struct possible *possible, utc_ms now);
/* The most that it may hold; -1: nothing. */
int32_t possible_most(const struct possible *possible, utc_ms now);
/* One of them is not under way: it is there, or settles. */
bool possible_landed_any(const struct possible *possible);
/* When the last of them has ended; UTC_UNKNOWN: there is none. */
utc_ms possible_until(const struct possible *possible);
/* The next moment at which one ends; UTC_NEVER. */
utc_ms possible_next(const struct possible *possible);
