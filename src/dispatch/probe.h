/* probe.h: asks a station what it can and finds out whether it obeys.
 *
 * A state machine and nothing else: the driver makes the calls that it asks for, and tells it what
 * was answered and measured. Two parts:
 *
 *   asking   without a car: settings; a default and a station maximum set, and read back as
 *            composite schedules; 0 A, tenths of an ampere, a lease. Some twelve calls.
 *   proving  in the first session: a session's profile below what flows, with a short lease; the
 *            meter has to fall, and to follow the default once the lease is over. A 2.1 station
 *            that says it can gets a dynamic profile that bears no absence, an update of it, and
 *            loses its connection: it has to come back with its default. Minutes.
 *
 * While a part runs the station must be booked at its cap, whatever it was trusted with before:
 * profiles are cleared and tried. Asking leaves the default and the maximum of struct probe_station
 * in place, proving leaves no session's profile. docs/charging-limits.md has the faults that are
 * looked for.
 */
#pragma once
#include "dispatch/behaviour.h"

enum { PROBE_OTHERS_MAX = 15 };

struct probe_station {
    enum protocol protocol;
    bool dc;
    int32_t evse_count;
    int32_t evse; /* the one that is tried; proving: of the session */
    /* Its other EVSEs, as far as there is room for them here: they have a default while one is
     * tried, should a session begin there. */
    int32_t others[PROBE_OTHERS_MAX], other_count;
    int32_t volts_dv;       /* nominal, phase to neutral: 2,300 */
    int32_t phases;         /* of the station, then of the car that is there: 1 to 3 */
    int32_t outlet_phases;  /* of the station: 1 or 3 */
    int32_t breaker_da;     /* no wire carries more, whatever it is told */
    int32_t cap_da;         /* what it may be raised to */
    int32_t failsafe_da;    /* what its default has to be: left in place */
    int32_t station_max_da; /* what the station maximum has to be: left in place */
    int64_t clock_offset_ms;
    bool lease_ok; /* its clock is known well enough for a lease */
};

enum probe_part { PROBE_IDLE, PROBE_ASKING, PROBE_PROVING };

/* Embed it; the fields are probe.c's. */
struct probe {
    struct probe_station station;
    struct behaviour found;
    enum probe_part part;
    uint8_t step, tries, variant;
    bool waits_answer, ended, gave_up;
    bool to_zero;  /* the car fell to nothing: was it the limit? */
    bool fresh;    /* a sample that was not looked at yet */
    bool away;     /* its connection was closed, for the sake of the probe */
    bool no_lease; /* a lease has no effect, perhaps another limit has */
    bool leased_before;
    bool thirds; /* it was told watts for three phases, though the car uses one */
    utc_ms wake_at;
    utc_ms answered_at; /* of the step's call */
    utc_ms lease_end_at;
    char transaction[37];
    uint8_t transaction_len;
    int32_t trial_da; /* of the default while asking, of the profile while proving */
    int32_t draw_da;  /* last measured; -1 */
    utc_ms draw_at;
    uint32_t samples; /* in this step */
    uint8_t draws;    /* in a row that are enough to begin with */
};

enum probe_next {
    PROBE_CALL,    /* make it, then probe_answered */
    PROBE_HANG_UP, /* close its connection; probe_back when it is here again */
    PROBE_WAIT,    /* for an answer, a meter value or *wake_at */
    PROBE_DONE     /* the part is over: keep probe.found */
};

/* Begins to ask. What is known from before is thrown away. */
void probe_ask(struct probe *probe, const struct probe_station *station, utc_ms now);
/* Begins to prove, with what asking found. The session runs and its car may draw. False: that
 * station cannot be proven (it takes no profiles). */
bool probe_prove(struct probe *probe, const struct probe_station *station,
                 const struct behaviour *asked, struct str transaction_id, utc_ms now);
enum probe_next probe_next(struct probe *probe, utc_ms now, struct arena *arena,
                           struct charging_call *call, utc_ms *wake_at);
void probe_answered(struct probe *probe, utc_ms now, const struct call_answer *answer,
                    struct arena *arena);
/* The highest current of a phase, in 0.1 A (DC: W by volts_dv), and how many phases carry it (0:
 * not known). probe_next follows. */
void probe_metered(struct probe *probe, utc_ms now, int32_t draw_da, int32_t phases);
/* It is here again. */
void probe_back(struct probe *probe, utc_ms now);
/* The session ended, or the connection: the part is over without a result; begin again later. */
void probe_stop(struct probe *probe);
/* Did the part come to its end? */
static inline bool probe_complete(const struct probe *probe)
{
    return probe->part == PROBE_ASKING ? probe->found.asked_at != UTC_UNKNOWN
                                       : probe->found.proven_at != UTC_UNKNOWN;
}
