/* flood.h: as many messages as a server takes, for benchmarks: each connection sends the next one
 * when the last was answered.
 *
 * Stations say a durable TransactionEvent (2.x) or MeterValues (1.6) with six sampled values. Echo
 * connections say a text of the same size, and want it back: what the network layer alone costs.
 */
#pragma once
#include "sim/wire.h"

struct sim_flood_config {
    struct str url;
    uint32_t connections;
    bool echo;
    enum sim_protocol protocol;
    struct str prefix,
        password; /* of the stations, which the server must know; the token is SIM0001 */
    int64_t seconds;
    /* Called when all connections are at it, and when the time is over: where the server's CPU is
     * looked at. */
    void (*began)(void *arg);
    void (*ended)(void *arg);
    void *arg;
};

struct sim_flood_result {
    uint64_t messages; /* answered between began and ended */
    int64_t elapsed_ms;
    uint64_t errors, lost; /* refused messages; connections lost */
};

/* ERR_TIMEOUT: not all were at it within a minute. ERR_OS: why says what is wrong. */
MUST_CHECK enum err sim_flood_run(const struct sim_flood_config *config,
                                  struct sim_flood_result *result, char *why, size_t why_cap);
