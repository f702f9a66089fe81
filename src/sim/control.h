/* control.h: how a station takes charging limits. Makes differ, and some are faulty
 * (docs/charging-limits.md; evcc#15493, lbbrhzn/ocpp#221, #1245, go-eCharger-API-v2#105,
 * libocpp#811). Part of a setup, and changed by faults.
 */
#pragma once
#include "sim/profile.h"

enum sim_flaw {
    FLAW_NO_PROFILES,    /* refuses all of them */
    FLAW_IGNORES,        /* accepts, reports and does nothing */
    FLAW_NO_STATION_MAX, /* refuses station maxima */
    FLAW_NO_DEFAULT,     /* refuses defaults */
    FLAW_NO_ZERO,        /* refuses 0 A */
    FLAW_ONLY_A,
    FLAW_ONLY_W,
    FLAW_WHOLE_AMPS,    /* cuts off tenths */
    FLAW_STACK_ZERO,    /* knows stack level 0 alone */
    FLAW_NO_LEASE,      /* durations do not end */
    FLAW_NO_COMPOSITE,  /* refuses to report schedules */
    FLAW_FORGETS,       /* profiles are gone after a reboot */
    FLAW_ROUNDS_UP,     /* makes whole amps of tenths, upwards, and reports what it was told */
    FLAW_SAYS_NO,       /* answers Rejected, and does it */
    FLAW_MUTE,          /* tells no meter values while it charges */
    FLAW_KW_AS_W,       /* tells power alone, in kW, and says that it is W */
    FLAW_ONE_LINE,      /* tells all current on L1 */
    FLAW_NO_DYNAMIC,    /* 2.1: says that it takes dynamic profiles, and refuses them */
    FLAW_KEEPS,         /* 2.1: keeps a profile however long nobody is there */
    FLAW_SWITCHES,      /* 2.x: no flaw: puts a car of one phase on the phase that it is told */
    FLAW_STAYS,         /* 2.x: says that it can do so, and leaves it on its first */
    FLAW_VARIES,        /* a new limit bites after anything up to its latency */
    FLAW_SLOW,          /* works off calls up to 25 s late, one after the other */
    FLAW_FIRST_ONLY,    /* takes the first profile of a session, accepts others and does nothing */
    FLAW_ONLY_UP,       /* refuses a session's profile that is lower than what is in force */
    FLAW_LOSES,         /* profiles are gone with its connection */
    FLAW_KEEPS_CLEARED, /* says that profiles are cleared, and keeps them */
    FLAW_EACH_PHASE,    /* gives the watts that it is told to each phase */
    FLAW_SWAPPED,       /* obeys on one EVSE what the next was told */
    FLAW_HALF_MORE,     /* lets flow half an ampere more than it was told */
    FLAW_ZERO_IS_SIX,   /* accepts and reports less than 6 A, and offers 6 A */
    FLAW_PREVIOUS,      /* of a session's profiles: obeys the one before the last */
    FLAW_LOWEST,        /* the lowest stack level wins, whatever its purpose */
    FLAW_ALL_PHASES,    /* divides the amperes that it is told by its phases */
    FLAW_A_AS_W,        /* reads amperes as watts */
    FLAW_A_AS_KW,       /* reads amperes as kilowatts */
    FLAW_NEXT_LOSES, /* with a session that begins, those of its other EVSEs lose their profile */
    FLAW_1970,       /* its clock starts in 1970, until the server tells it the time */
    FLAW_METER_LOW,  /* its meter shows three quarters of all that flows */
    FLAW_METER_NEXT, /* tells of one EVSE what the next one's meter shows */
    FLAW_TENFOLD,    /* tells tenths of an ampere, and says that they are amperes */
    FLAW_TENTH,      /* tells a tenth of the current that flows; its power is right */
    FLAW_WH_AS_KWH,  /* its register counts Wh and says kWh; it tells no current */
    FLAW_RESUMES,    /* no flaw: sessions go on when it comes back from a restart */
    FLAW_COUNT
};
#define FLAW_BIT(flaw) (UINT64_C(1) << (flaw))

struct sim_control {
    uint64_t flaws;     /* by bit */
    int32_t latency_ms; /* until a new limit bites; also the end of one */
    int64_t clock_ms;   /* its clock minus the true time, at each start */
    int32_t zone_ms;    /* takes times of profiles for local ones: they are off by so much */
    int32_t volts;      /* by which it makes amperes of watts; 0: the right ones */
    uint8_t rotation;   /* its L1 is wired to the grid's L1 + rotation */
};

static inline bool sim_has_flaw(const struct sim_control *control, enum sim_flaw flaw)
{
    return (control->flaws & FLAW_BIT(flaw)) != 0;
}

const char *sim_flaw_word(enum sim_flaw flaw);
/* "ignores,only_w,…" False: a word that there is not. */
bool sim_flaws_read(struct str list, uint64_t *flaws);
/* Does it say that it can put a car of one phase on another? */
bool sim_control_switches(const struct sim_control *control);
/* Would this station take it? Cuts off what it does not keep. */
bool sim_control_takes(const struct sim_control *control, struct profile *profile);
