/* charging.h: charging profiles, once for all versions of OCPP: from a plain description to the
 * CALL of the station's version, and from its answer to accepted, rejected or not supported.
 *
 * Pure. Not here: what is sent when (dispatch), and what a station told without being asked
 * (power.h). Sources: 1.6 §3.13, §5.5, §5.7, §5.16, §7.8 to §7.14; 2.0.1 K01, K08, K09, K10; 2.1
 * K01, K21, K28.
 *
 * What a station would reject cannot be built (charging_set says which field), and each payload
 * follows the schema of its version. Limits are written downwards: never more than what was asked.
 *
 * Moments are server time, here and in what is read; `clock_offset_ms` (the station's clock minus
 * ours) makes them the station's.
 */
#pragma once
#include "core/turn.h"
#include "domain/words.h"

/* A station has these at the same time; what it obeys is a transaction's, else the default's, each
 * time lowered by the station's maximum and by what comes from outside (1.6 §3.13.2, 2.0.1 K01). */
enum charging_layer {
    CHARGE_STATION_MAX, /* the station as a whole: evse 0 */
    CHARGE_DEFAULT,     /* a session without its own; evse 0: on each of them */
    CHARGE_TX,          /* of one session */
    CHARGE_PRIORITY,    /* 2.1: in the place of CHARGE_TX while priority is used */
    CHARGE_EXTERNAL,    /* not ours: from an energy manager or the grid; only reported */
    CHARGE_GENERATION,  /* 2.1, not ours: local generation added to a limit; only reported */
    CHARGE_LAYER_COUNT  /* in a match: any */
};

enum charging_kind {
    CHARGE_ABSOLUTE, /* from start_at on */
    CHARGE_RELATIVE, /* from the moment at which the session may charge */
    CHARGE_DAILY,    /* from start_at on, each day anew */
    CHARGE_WEEKLY,
    CHARGE_DYNAMIC, /* 2.1: one limit, until charging_update */
};

enum charging_unit {
    CHARGE_A, /* 0.1 A, in each phase */
    CHARGE_W  /* W, all phases together */
};

/* A start that is past by every clock, also by one that was never set: for what shall always hold.
 * Written as it is, without an offset. */
#define CHARGE_ALWAYS INT64_C(0)

#define CHARGE_SAME INT32_MIN /* limit_2, limit_3: as `limit`, the three are not told apart */

/* Limits of single phases are 2.1's (Part 2 §2.18), and there they are for one thing: a session's
 * profile of a car that told the most of each phase by itself (ISO 15118-20: maxChargePower_L2 and
 * _L3 in its needs). Errata 2025-09 §2.24: K01.FR.142, FR.143 forbid others, K01.FR.145 wants
 * `limit` beside them. In W `limit` is all phases together, but L1 alone where they are apart. */
struct charging_period {
    int32_t start_s;          /* from the schedule's start */
    int32_t limit;            /* 0.1 A or W; 0: charge nothing */
    int32_t limit_2, limit_3; /* 2.1: L2 and L3 where they differ; `limit` is L1 then */
    uint8_t phases;           /* numberPhases: 1..3; 0: not said, which means 3 (1.6 §7.14) */
    uint8_t phase_to_use;     /* 2.x: 1..3 by the station's terminals; 0: it chooses. With phases 1
                                 (K01.FR.19), where it says ACPhaseSwitchingSupported (FR.20) */
};

/* One profile. A zeroed one but for what is set is no surprise: moments and limits of phases have
 * their own "none", so begin with CHARGE_PROFILE. */
struct charging_profile {
    int32_t id; /* charging_id() for ours */
    enum charging_layer layer;
    int32_t evse;  /* 0: the station; 1.6: the connector */
    int32_t stack; /* level; the higher one wins within a layer */
    enum charging_kind kind;
    struct str transaction_id; /* CHARGE_TX: of the session */
    utc_ms start_at; /* ABSOLUTE, DAILY, WEEKLY. Begin a little in the past: until then, by a clock
                        that may be slow, the layer below holds (K01.FR.30) */
    utc_ms valid_from, valid_to;
    int32_t duration_s; /* the lease: from start_at on; 0: for ever */
    enum charging_unit unit;
    bool whole; /* the station takes whole amps: 0.1 A are cut off */
    /* 2.1, left out for others: how long it may be obeyed without us (0: not at all; -1: for ever),
     * and whether it is gone then for good. */
    int32_t offline_s;
    bool offline_forgets;
    int32_t update_s; /* 2.1 DYNAMIC: the station asks this often by itself; 0: never */
    int64_t clock_offset_ms;
    uint32_t period_count;
    const struct charging_period *periods;
};
#define CHARGE_PROFILE                                     \
    (struct charging_profile){ .start_at = UTC_UNKNOWN,    \
                               .valid_from = UTC_UNKNOWN,  \
                               .valid_to = UTC_NEVER,      \
                               .transaction_id = STR_NONE, \
                               .offline_s = -1 }

/* Our profiles' ids: the same layer and EVSE always have the same one, so that a new profile takes
 * the place of the old one in every version (1.6 §5.16, 2.0.1 K01.FR.05), and that a profile of
 * somebody else is known as such. Defaults of one stack level are either for evse 0 or for single
 * EVSEs: a station refuses a mixture (2.0.1 K01.FR.52, K01.FR.53). */
int32_t charging_id(enum charging_layer layer, int32_t evse);
/* Is it one of ours? Sets what it stands for. */
bool charging_id_is_ours(int64_t id, enum charging_layer *layer, int32_t *evse);

/* --- calls --------------------------------------------------------------- */

/* For struct call; spans lie in the arena. */
struct charging_call {
    struct str action, payload;
};

/* SetChargingProfile. ERR_BAD_VALUE, ERR_BAD_OCCURRENCE: a station would reject it, *why names the
 * field; ERR_NOT_SUPPORTED: the version has no such thing; ERR_FULL. */
MUST_CHECK enum err charging_set(enum protocol protocol, const struct charging_profile *profile,
                                 struct arena *arena, struct charging_call *call, const char **why);

/* Which profiles. Begin with CHARGE_ANY. */
struct charging_match {
    int32_t id;                /* -1: any; one of ours is >= 0 */
    int32_t evse;              /* -1: any; 0: those of the station */
    int32_t stack;             /* -1: any */
    enum charging_layer layer; /* CHARGE_LAYER_COUNT: any */
};
#define CHARGE_ANY                                                     \
    (struct charging_match)                                            \
    {                                                                  \
        .id = -1, .evse = -1, .stack = -1, .layer = CHARGE_LAYER_COUNT \
    }

/* ClearChargingProfile: by id, or by the rest. ERR_NOT_SUPPORTED: a layer that this version lacks;
 * ERR_BAD_VALUE: a layer that is not ours to clear; ERR_BAD_OCCURRENCE: nothing is given
 * (K10.FR.02; 1.6 clears all). */
MUST_CHECK enum err charging_clear(enum protocol protocol, const struct charging_match *match,
                                   struct arena *arena, struct charging_call *call);
/* GetCompositeSchedule, from now on. evse 0: the station as a whole. */
MUST_CHECK enum err charging_get_composite(enum protocol protocol, int32_t evse, int32_t duration_s,
                                           enum charging_unit unit, struct arena *arena,
                                           struct charging_call *call);
/* GetChargingProfiles (2.x): they come as POWER_PROFILES of power.h with this request id. */
MUST_CHECK enum err charging_get_profiles(enum protocol protocol, int32_t request_id,
                                          const struct charging_match *match, struct arena *arena,
                                          struct charging_call *call);
/* UpdateDynamicSchedule (2.1): a new limit for a DYNAMIC profile; start_s and phases are not used.
 */
MUST_CHECK enum err charging_update(enum protocol protocol, int32_t id, enum charging_unit unit,
                                    bool whole, const struct charging_period *limit,
                                    struct arena *arena, struct charging_call *call);
/* UsePriorityCharging (2.1). */
MUST_CHECK enum err charging_use_priority(enum protocol protocol, struct str transaction_id,
                                          bool on, struct arena *arena, struct charging_call *call);

/* --- answers ------------------------------------------------------------- */

enum charging_result {
    CHARGE_ACCEPTED,
    CHARGE_REJECTED,      /* also a CALLERROR about the payload */
    CHARGE_NOT_SUPPORTED, /* the station cannot do this at all */
    CHARGE_NONE,          /* clear, get profiles: there is no such profile */
    CHARGE_NOT_SENT,      /* it never left: nothing has changed */
    CHARGE_UNKNOWN        /* no answer came, or none that can be read: both may be true */
};
struct charging_answer {
    enum charging_result result;
    struct str word;   /* the station's own: "Accepted", "Rejected", "NotSupported", ... */
    struct str reason; /* its reason, where it gave one */
};
/* Of any of the calls above. Spans lie in the arena or in the answer. */
struct charging_answer charging_read(const struct call_answer *answer, struct arena *arena);

/* What a station says that it will do. Limits are read upwards, since they are booked. */
struct charging_composite {
    int32_t evse;
    utc_ms start_at;    /* server time; UTC_UNKNOWN: not said (it begins when it was asked) */
    int32_t duration_s; /* 0: not said */
    enum charging_unit unit;
    uint32_t period_count;
    struct charging_period *periods;
};
/* ERR_NOT_FOUND: it was rejected, or there is no schedule in it; ERR_BAD_FORMAT; ERR_FULL. */
MUST_CHECK enum err charging_read_composite(enum protocol protocol, struct str payload,
                                            int64_t clock_offset_ms, struct arena *arena,
                                            struct charging_composite *composite);
/* A SetChargingProfile that is not ours: id, layer, EVSE, stack, and all periods of its schedules,
 * one after the other. ERR_BAD_FORMAT, ERR_FULL. */
MUST_CHECK enum err charging_read_set(enum protocol protocol, struct str payload,
                                      struct arena *arena, struct charging_profile *profile);
/* The most that any of its periods lets a phase have (charging_highest); -1: it has none. */
int32_t charging_most(const struct charging_profile *profile);
/* The period in force `into_s` seconds after its start; NULL: none is. */
const struct charging_period *charging_period_at(const struct charging_period *periods,
                                                 uint32_t count, int32_t duration_s,
                                                 int64_t into_s);

/* One number for limits of single phases, in the meaning that `limit` has without them: as if each
 * phase had the lowest of them (which fits all), the highest (which is booked), or, in W, together.
 */
int32_t charging_lowest(const struct charging_period *period, enum charging_unit unit);
int32_t charging_highest(const struct charging_period *period, enum charging_unit unit);
int32_t charging_together(const struct charging_period *period, enum charging_unit unit);
bool charging_is_apart(const struct charging_period *period);

/* --- A and W ------------------------------------------------------------- */

/* `volts_dv`: of one phase, in 0.1 V; `phases`: how many may carry it at once (1..3). */

/* The W to ask for so that no phase carries more than `da`, with the lowest voltage and the fewest
 * phases that may be: rounded down. */
int32_t charging_w_within(int32_t da, int32_t volts_dv, int32_t phases);
/* The current that keeps within `w`, with the highest voltage and the most phases: rounded down. */
int32_t charging_da_within(int32_t w, int32_t volts_dv, int32_t phases);
/* The most that a phase may carry under a limit of `w`, with the lowest voltage and the fewest
 * phases: rounded up. */
int32_t charging_da_upto(int32_t w, int32_t volts_dv, int32_t phases);
