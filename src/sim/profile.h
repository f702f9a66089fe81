/* profile.h: charging profiles as a station keeps and obeys them, without a protocol version.
 *
 * Rules: OCPP 1.6 §3.13, §5.16; 2.0.1 K01, K02. Inside a purpose the higher stack level wins while
 * it has a period in force; a transaction's profile takes the place of the default; the result is
 * lowered by the station's maximum and by outside limits. Limits are mA per phase or W, whichever
 * the profile says.
 */
#pragma once
#include "base/base.h"

#define PROFILE_PERIODS_MAX 48
#define PROFILE_STACK_MAX   10
#define PROFILES_MAX        20
#define PROFILE_NO_LIMIT    INT32_MAX

enum profile_purpose {
    PROFILE_STATION_MAX,
    PROFILE_EXTERNAL,
    PROFILE_TX_DEFAULT,
    PROFILE_TX,
    PROFILE_PRIORITY, /* 2.1: in the place of both while priority is used */
    PROFILE_PURPOSE_COUNT,
};
enum profile_kind {
    PROFILE_ABSOLUTE,
    PROFILE_RECURRING_DAILY,
    PROFILE_RECURRING_WEEKLY,
    PROFILE_RELATIVE,
    PROFILE_DYNAMIC /* 2.1: one limit, changed by itself; from when it was set on */
};

struct profile_period {
    int32_t start_s;
    int32_t limit;  /* mA or W */
    uint8_t phases; /* 0: not said */
    uint8_t to_use; /* phaseToUse: 1..3; 0: not said */
};

struct profile {
    int32_t id, stack_level, evse; /* evse 0: the station, or each EVSE for defaults */
    enum profile_purpose purpose;
    enum profile_kind kind;
    utc_ms valid_from, valid_to; /* UTC_UNKNOWN, UTC_NEVER: open */
    utc_ms start_at; /* UTC_UNKNOWN: when it was set (1.6) or the transaction's start (relative) */
    utc_ms set_at;
    int64_t transaction;               /* the station's own number; 0: whichever runs on the EVSE */
    int32_t duration_s;                /* 0: open */
    bool has_offline, offline_forgets; /* 2.1: not in force when offline for longer than that */
    int32_t offline_s;
    int32_t update_s;  /* 2.1 DYNAMIC: asks for its limit so often; 0: never */
    utc_ms updated_at; /* DYNAMIC */
    bool watts;
    uint32_t period_count;
    struct profile_period periods[PROFILE_PERIODS_MAX];
};

struct profiles {
    uint32_t count;
    struct profile **items; /* each on the heap */
};

/* Where and when a limit is asked for. */
struct profile_query {
    int32_t evse;
    int64_t transaction;   /* 0: none runs */
    utc_ms transaction_at; /* its start */
    utc_ms now;
    int32_t voltage_mv; /* to turn A into W and back */
    uint8_t phases;
    bool priority;        /* priority charging is used on this EVSE */
    bool lowest;          /* the station has it wrong: the lowest stack level wins */
    bool offline;         /* since offline_since */
    utc_ms offline_since; /* all by the station's clock */
};

/* ERR_BAD_VALUE: against a rule for profiles. ERR_FULL: no room. Takes a copy; one with the same
 * id, or the same purpose, stack level and EVSE, makes way (2.0.1 K01.FR.05, 1.6 §5.16). */
MUST_CHECK enum err profiles_set(struct profiles *profiles, const struct profile *profile);

/* Those that match all that is given go; a negative number or purpose PROFILE_PURPOSE_COUNT asks
 * for none. */
struct profile_match {
    int32_t id, evse, stack_level;
    enum profile_purpose purpose;
    bool keep_outside; /* limits from outside are not the server's (2.0.1 K10.FR.03) */
};
uint32_t profiles_clear(struct profiles *profiles, const struct profile_match *match);
/* Back online after an offline time: those that forget are gone (2.1 K01.FR.102). */
void profiles_online(struct profiles *profiles, utc_ms offline_since, utc_ms now);
/* The one with this id, or NULL. */
struct profile *profiles_find(const struct profiles *profiles, int32_t id);
/* A transaction's profiles go with it. */
void profiles_end_transaction(struct profiles *profiles, int32_t evse);
void profiles_fini(struct profiles *profiles);

/* The limit for an EVSE in W (or in mA per phase); PROFILE_NO_LIMIT: none. The station's maximum is
 * not part of it, since it is shared. */
int32_t profiles_evse_limit(const struct profiles *profiles, const struct profile_query *query,
                            bool watts);
/* The phase that a car of one phase is to be on, 1..3, by the profile that limits the EVSE; 0: none
 * is said. */
uint8_t profiles_evse_phase(const struct profiles *profiles, const struct profile_query *query);
/* The same for the station as a whole. */
int32_t profiles_station_limit(const struct profiles *profiles, const struct profile_query *query,
                               bool watts);
/* When a dynamic profile next asks for its limit; UTC_NEVER. */
utc_ms profile_asks_at(const struct profile *profile);
/* The first moment after query->now at which any of them may change; UTC_NEVER. */
utc_ms profiles_next_change(const struct profiles *profiles, const struct profile_query *query);
