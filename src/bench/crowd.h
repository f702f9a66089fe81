/* crowd.h: stations that say what frames.h has, each the next thing when the last was answered.
 */
#pragma once
#include "bench/frames.h"

struct crowd;

struct crowd_config {
    const char *address;
    bool tls;
    bool echo; /* the server only sends texts back: no boot, no session */
    uint32_t count;
    enum frames_protocol protocol;
    enum frames_step last_step; /* where they rest: METER with a session that meters may follow */
    const char *prefix;         /* of their identities (stations.h) */
};

struct crowd_result {
    uint64_t messages; /* answered */
    int64_t elapsed_us, p50_us, p99_us;
};

/* Connects all and lets them say everything before last_step. ERR_OS, ERR_TIMEOUT: why. */
MUST_CHECK enum err crowd_open(const struct crowd_config *config, struct crowd **crowd, char *why);
/* For `seconds` each says FRAMES_METER again and again; then waits for the last answers. */
MUST_CHECK enum err crowd_run(struct crowd *crowd, uint32_t seconds, struct crowd_result *result,
                              char *why);
/* What all sessions must have counted by now. */
int64_t crowd_energy_mwh(const struct crowd *crowd);
void crowd_close(struct crowd *crowd);
