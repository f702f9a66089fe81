/* stations.h: the data directory of a benchmark's server: a fresh one with stations that are
 * registered, and what is in it afterwards. */
#pragma once
#include "base/base.h"

struct stations_sum {
    uint32_t sessions;
    int64_t energy_mwh;
};

/* A new directory below `parent`. ERR_OS: why (BENCH_WHY_SIZE bytes). */
MUST_CHECK enum err stations_directory(const char *parent, char path[4096], char *why);
/* Registers `count` stations PREFIX0000000 … that were accepted and need no password, and the
 * token that they know. */
MUST_CHECK enum err stations_register(const char *directory, const char *version,
                                      const char *prefix, uint32_t count, char *why);
/* Reads the directory as a server would that starts on it, also after it was killed. */
MUST_CHECK enum err stations_add_up(const char *directory, const char *version,
                                    struct stations_sum *sum, char *why);
/* Removes the directory with its files. */
void stations_remove(const char *directory);
