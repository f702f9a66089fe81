/* chaos.h: does a limit travel safely (energy/commit.h)? Stations, their network, a server that is
 * killed, and everything that goes wrong between them, from a seed.
 *
 * The world keeps what each station would let its car draw at this moment, from its own layers by
 * its own clock, and after every step adds it up as phasors, line by line: code and numbers that
 * src/energy has no part in. What goes wrong: answers late, lost and doubled; connections that are
 * gone for one side only; stations that are deaf for a while and then catch up; rejections; clocks
 * that stray, or are plainly wrong; stations that say yes and do nothing, or break what they had
 * confirmed; sessions that begin and end unseen; caps that drop, also below the fail-safes; loads
 * that grow; the server killed and started again with what was on disk.
 *
 * Two ways over a limit are counted apart, as promised: after a cap dropped, and by a station that
 * breaks a limit it had confirmed.
 */
#pragma once
#include "energy/commit.h"

/* What commit.h takes for granted, broken on purpose, one at a time: the world has to notice. */
enum chaos_breach {
    CHAOS_KEPT,
    CHAOS_LATENCY, /* stations take longer than their probe said: as if a lower value counted at
                      once */
    CHAOS_ACK,     /* the driver says "accepted" when it sends */
    CHAOS_FORGET,  /* no answer is taken for "no" */
    CHAOS_LOG,     /* sends leave before they are on disk */
    CHAOS_CLOCK,   /* clocks stray further than skew_ms */
    CHAOS_LEASE,   /* stations that do not honour a duration are trusted to */
    CHAOS_BREACH_COUNT
};
extern const char *const chaos_breach_names[CHAOS_BREACH_COUNT];

struct chaos_config {
    uint64_t seed;
    uint64_t steps;
    uint32_t stations; /* 0: 16 */
    enum chaos_breach breach;
    bool edits; /* the document is edited now and then: commit_follow */
};

struct chaos_result {
    uint64_t steps;
    uint64_t over_steps;                  /* true draw above a limit, for no declared reason: 0 */
    uint64_t unbooked_steps;              /* a station may draw more than it is booked at: 0 */
    uint64_t booked_steps;                /* booked above a limit for no declared reason: 0 */
    uint64_t raised_steps;                /* booked more on a line while it is over: 0 */
    uint64_t dropped_steps, broken_steps; /* the two declared ways over */
    uint64_t sessions, sends, accepted, rejected, lost, late, crashes, drops, closes, lapses, edits;
    uint64_t broke, found, found_wrongly; /* disobedient stations */
    uint32_t samples_max;                 /* until one was found */
    int64_t used_permille; /* of what could be used: true draw against limit at the root */
    /* Drops that those who can be reached can meet, and how long until below; disturbed: meanwhile
     * the slot of a station there was taken, it said no, was deaf or lost its connection, or the
     * server stopped. */
    uint32_t drop_count;
    struct chaos_drop {
        int64_t ms;
        bool disturbed;
    } drop_list[4096];
    utc_ms passed_ms;
    /* the first that went wrong */
    utc_ms wrong_at;
    uint64_t wrong_step;
    uint32_t wrong_evse, wrong_node;
    int64_t wrong_da, right_da;
};

/* ERR_FULL: no memory. */
MUST_CHECK enum err chaos_run(const struct chaos_config *config, struct chaos_result *result);
/* The longest that an undisturbed drop may take: the latency that the probe found, and the longest
 * round trip of this network. */
extern const int64_t chaos_allowed_ms;
