/* fault.h: what goes wrong, and when. A plan is a list in order of time; it is written by hand in a
 * test or drawn from a seed.
 */
#pragma once
#include "base/base.h"
#include "base/rand.h"

enum fault_kind {
    FAULT_DROP,      /* the connection is cut */
    FAULT_HALF_OPEN, /* for duration_ms nothing comes through, either way, and nobody is told */
    FAULT_DEAF,      /* for duration_ms the server's answers are lost on the way; its calls too */
    FAULT_REPEAT_SAME_ID, /* the next fact is sent again after its answer, same message id */
    FAULT_REPEAT_NEW_ID,
    FAULT_LATE_REPEAT,    /* the same, duration_ms later, with a new id */
    FAULT_REORDER,        /* the next two waiting updates change places */
    FAULT_CLOCK,          /* the clock is wrong by value ms until the next reboot */
    FAULT_REGISTER_RESET, /* the meter starts again from 0 */
    FAULT_KWH_AS_WH,      /* from now on the meter says kWh and means Wh: value 1 on, 0 off */
    FAULT_MISSING_FIELDS, /* from now on optional fields are left out: value 1 on, 0 off */
    FAULT_MINUS_ONE,      /* 1.6: the next transaction is told with id -1 after its start */
    FAULT_REBOOT,         /* comes back after duration_ms */
    FAULT_POWER_LOSS,     /* the same, but the cars' sessions end without a word first */
    FAULT_CONNECTOR,      /* EVSE `evse` is faulted for duration_ms */
    FAULT_DISOBEY,        /* accepts profiles and ignores them: value 1 on, 0 off */
    FAULT_REFUSE_CALLS,   /* answers calls with Rejected: value 1 on, 0 off */
    FAULT_LIE_POWER,      /* tells value ‰ of the power that flows; 1000 is the truth */
    FAULT_TAKES,          /* takes charging limits otherwise: value is enum sim_flaw by bit */
    FAULT_LATENCY,        /* a new limit bites after value ms */
    FAULT_OUTSIDE_LIMIT,  /* a limit from outside: value mA a phase, or W (DC); -1: no more */
    FAULT_KIND_COUNT
};

struct fault {
    utc_ms at;
    uint32_t station; /* index in its world */
    enum fault_kind kind;
    uint8_t evse; /* from 1 */
    int64_t duration_ms, value;
};

/* How often: mean time between two faults of one station; kinds by bit. */
struct fault_mix {
    int64_t every_ms;
    uint32_t kinds;
    int64_t duration_min_ms, duration_max_ms;
};

#define FAULT_BIT(kind) (1u << (kind))
/* Faults after which a correct server still knows each session's energy. */
#define FAULTS_HARMLESS                                                                           \
    (FAULT_BIT(FAULT_DROP) | FAULT_BIT(FAULT_HALF_OPEN) | FAULT_BIT(FAULT_DEAF) |                 \
     FAULT_BIT(FAULT_REPEAT_SAME_ID) | FAULT_BIT(FAULT_REPEAT_NEW_ID) |                           \
     FAULT_BIT(FAULT_LATE_REPEAT) | FAULT_BIT(FAULT_REORDER) | FAULT_BIT(FAULT_REBOOT) |          \
     FAULT_BIT(FAULT_POWER_LOSS) | FAULT_BIT(FAULT_CONNECTOR) | FAULT_BIT(FAULT_MISSING_FIELDS) | \
     FAULT_BIT(FAULT_DISOBEY) | FAULT_BIT(FAULT_REFUSE_CALLS))

const char *fault_word(enum fault_kind kind);
/* The next fault of a station after `from`. */
struct fault fault_next(const struct fault_mix *mix, struct rand *rand, uint32_t station,
                        utc_ms from);
