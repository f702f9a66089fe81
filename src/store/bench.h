/* bench.h: what a commit costs on this disk: batches of 1, 32 and 256 messages, each a frame in the
 * log block, with and without a row that is written besides.
 */
#pragma once
#include "store/store.h"

struct store_bench_line {
    const char *name;  /* "log", "log and row" */
    uint32_t messages; /* a commit */
    int64_t messages_per_s, cpu_ns_per_message, cpu_us_per_commit, commit_us;
};

enum { STORE_BENCH_LINES = 6 };

/* Writes to a database of its own in `directory`, which it removes, for `ms_each` milliseconds a
 * line. CPU is that of the whole process. `why` has STORE_WHY_SIZE bytes. */
MUST_CHECK enum err store_bench(const char *directory, uint32_t ms_each,
                                struct store_bench_line lines[STORE_BENCH_LINES], char *why);
