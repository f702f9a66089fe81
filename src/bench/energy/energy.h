/* energy.h: `voltd bench energy`: how well and how fast power is shared. A scenario is a row in
 * scenarios.def and a function; it adds rows `SCENARIO/ALGORITHM` to the report. docs/energy.md has
 * what they found.
 *
 * Fractions (double) are allowed here: the world that is simulated has them. What is measured is
 * src/energy, which has none.
 */
#pragma once
#include "bench/bench.h"

struct energy_scenario;

/* What a scenario is given. */
struct energy_bench {
    const struct bench_config *config;
    const struct energy_scenario *scenario;
    struct report *report;
    char *why; /* BENCH_WHY_SIZE bytes */
};

struct energy_scenario {
    const char *name;
    const char *summary; /* one line */
    uint32_t seconds;    /* about so long on one core */
    /* ERR_NOT_FOUND: what it needs is not there; `why` says what. It is left out, which is said. */
    enum err (*run)(struct energy_bench *bench);
};

extern const struct energy_scenario energy_scenarios[];
extern const uint32_t energy_scenario_count;

/* Adds a row for `ALGORITHM` in the scenario that runs. */
void energy_add(struct energy_bench *bench, const char *algorithm, const char *metric, double value,
                const char *unit);
/* CPU time of this thread, ns. */
int64_t energy_cpu_ns(void);

/* Times, one after the other, and what they were. Zeroed: none. */
struct energy_times {
    int64_t *ns;
    uint32_t count, capacity;
};
void energy_times_add(struct energy_times *times, int64_t ns);
/* The value that permille of them do not pass, us. Sorts. 0: there are none. */
double energy_times_us(struct energy_times *times, uint32_t permille);
void energy_times_fini(struct energy_times *times);
