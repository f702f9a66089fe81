/* throttle.h: slows down those who guess passwords, and nobody else.
 *
 * Wrong tries are counted for each address (IPv6: each /64) and for each name, in buckets that
 * leak: an address has ADDRESS_TRIES at once and then one every ADDRESS_LEAK_MS, a name NAME_TRIES
 * and one every NAME_LEAK_MS. So that nobody can lock a person out by trying their name, an address
 * from which that person has logged in before is not held to the name's count, only to its own.
 *
 * Memory is bounded: the oldest entries make room.
 */
#pragma once
#include "base/base.h"

enum {
    THROTTLE_ENTRIES = 4096,
    ADDRESS_TRIES = 10,
    ADDRESS_LEAK_MS = 6000,
    NAME_TRIES = 20,
    NAME_LEAK_MS = 10000,
};

struct throttle_entry {
    uint64_t key;     /* 0: free */
    mono_ms used_at;  /* for making room */
    mono_ms empty_at; /* when all its tries have leaked away; 0: none */
    bool known;       /* of a name at an address: they logged in from there */
};

/* Zero-initialised is empty. */
struct throttle {
    struct throttle_entry entries[THROTTLE_ENTRIES];
};

/* How long to wait before this try may be made; 0: now. `address` as net_peer has it. */
uint32_t throttle_wait_ms(const struct throttle *throttle, mono_ms now, struct str address,
                          struct str name);
/* A try that was made: right or wrong. */
void throttle_tried(struct throttle *throttle, mono_ms now, struct str address, struct str name,
                    bool right);
