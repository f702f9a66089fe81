/* bench.h: `voltd bench`: how fast and how large. Each benchmark is a row in bench.def and a
 * function; what they find is in docs/benchmarks.md.
 */
#pragma once
#include "bench/report.h"

enum { BENCH_NAMES_MAX = 16 };

struct bench_config {
    const char *version;
    const char *program;      /* this binary: servers run in processes of their own */
    const char *directory;    /* where databases are made, and removed again: on a real disk */
    uint32_t connections;     /* 0: as many as the benchmark's table in the documents */
    uint32_t rounds, seconds; /* of each thing that is measured */
    /* energy: files of sessions; names of scenarios, none: all */
    const char *sessions[BENCH_NAMES_MAX], *scenarios[BENCH_NAMES_MAX];
    uint32_t sessions_count, scenario_count;
};

enum { BENCH_WHY_SIZE = 512 };

struct bench {
    const char *name;
    bool in_all;
    const char *summary; /* one line */
    /* Fills the report. On an error `why` (BENCH_WHY_SIZE bytes) says what and what to do. */
    enum err (*run)(const struct bench_config *config, struct report *report, char *why);
};

extern const struct bench benches[];
extern const uint32_t bench_count;
