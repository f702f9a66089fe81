/* siege.h: what the parts of siege.c share. */
#pragma once
#include "sim/yard.h"

enum {
    STATIONS = 12,
    TWINS_MAX = 2,
    ROWS = 3,
    GRID_MA = 100000,
    ROW_MA = 63000,
    FAILSAFE_MA = 6000,
    LOAD_MA = 8000,
    SAMPLE_S = 15,
    TRANSITION_MS = 30000,
    /* A new limit is waited for (the second while a latency is not known), two meter values, others
       make room: */
    SETTLE_MS = 6000,
    SETTLE_UNKNOWN_MS = 36000,
    FOUND_MS = 2 * SAMPLE_S * 1000,
    ROOM_MS = 10000,
    WARM_MS = 45 * 60000,
    LINES = 3,
};

struct node {
    int32_t limit_ma, usual_ma; /* now, and before the drop */
    utc_ms dropped_at;
};

/* An EVSE that draws more than its station confirmed. */
struct lie {
    utc_ms since; /* UTC_NEVER: it does not */
    bool old;     /* two meter values have shown it: from then on it is booked at its cap */
    /* Of its car: it uses so many phases, and fewer until grew_at. */
    uint8_t phases, had_phases;
    utc_ms grew_at;
};

struct run;
typedef void act_fn(struct run *run);

struct attack {
    const char *name;
    uint64_t flaws;
    uint32_t each, first; /* of each so many stations, from the first on; 1: they are small */
    int32_t latency_ms;
    int64_t clock_ms[2]; /* by turns */
    int32_t zone_ms[2];  /* by turns: of those with flaws, or who are picked by `each` */
    int32_t volts;       /* the same */
    uint32_t twins;      /* so many stations elsewhere have the identity of one here */
    int32_t cabinet_ma;  /* the two EVSEs of a station share so much */
    bool metered;        /* the grid has a meter of its own */
    bool proven;         /* it has been there for long */
    bool liars;          /* those with flaws, or whom the act picks, break what they confirmed */
    bool times;          /* the grid's limit changes by the clock */
    bool linked;         /* 2.1 stations hold dynamic profiles, good while they are connected */
    const struct car_model *car; /* of all drivers; NULL: any */
    act_fn *act;
    int32_t act_s;        /* every so often, at random */
    int32_t used_percent; /* of what fits, at least */
};

struct run {
    struct yard yard;
    const struct attack *attack;
    struct driver_habits habits;
    struct sim_model cabinet;
    struct rand rand;
    struct node grid, rows[ROWS];
    int32_t breaker_ma[STATIONS]; /* in the document */
    uint8_t row_of[STATIONS];
    bool gone[STATIONS];   /* out of the document */
    bool forgot[STATIONS]; /* all its profiles, and has been told no default since */
    struct lie lies[STATIONS][SIM_EVSES_MAX];
    bool strict; /* a lie excuses nothing: to see what it does */
    uint64_t seconds, over_drop, over_lie;
    utc_ms longest_ms, longest_lie_ms;
    double used, fits;
    uint32_t acts;
    int64_t flows_ma[LINES]; /* at the grid, as the clamp saw it last */
};

/* What the operator wrote: the site as it is now. */
struct str siege_document(struct run *run);
/* The hour's lower limit is in force (attack->times). */
bool siege_limit_is_low(const struct run *run);
/* A turn of the operator's; its input is the run. */
bool siege_go(struct run *run, enum err (*fn)(struct turn *turn));

/* One of its stations; one whose breaker fits whatever it does; what befalls it now. */
struct sim_station *siege_any(struct run *run);
struct sim_station *siege_small(struct run *run);
void siege_inflict(struct run *run, const struct sim_station *station, enum fault_kind kind,
                   int64_t value, int64_t duration_ms);

/* siege_clamp.c: reads it, now and each second from now on. A limit that is passed for no declared
 * reason ends the program. */
void siege_clamp(void *run);

/* siege_meter.c: the meter of its grid tells what flows, now and from now on. */
void siege_meter(void *run);

/* siege_hands.c: somebody else's hand, and units, registers and identities that are not what they
 * were. */
act_fn act_foreign, act_twins, act_units, act_register, act_away;
/* siege_acts.c: what is done to it, once. */
act_fn act_cap, act_kill, act_edit, act_drop, act_freeze, act_forget, act_reboot, act_disobey,
    act_loop, act_clock, act_refuse, act_slow, act_firmware, act_all;
