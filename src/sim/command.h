/* command.h: what a server may ask of a station, without a version. The dialects translate; the
 * rules are here. */
#pragma once
#include "sim/station.h"

enum sim_verdict {
    VERDICT_ACCEPTED,
    VERDICT_REJECTED,
    VERDICT_SCHEDULED,    /* later: a session runs */
    VERDICT_UNKNOWN,      /* no such EVSE, connector or transaction */
    VERDICT_ONGOING,      /* unlock: an authorized session runs */
    VERDICT_NO_SUCH_WORK, /* not implemented */
    VERDICT_COUNT
};

struct sim_remote_start {
    int32_t evse; /* 0: any */
    struct sim_token token;
    int32_t remote_start_id;       /* 2.x; 0 in 1.6 */
    const struct profile *profile; /* TxProfile for it, or NULL */
    struct sim_tx *tx;             /* out: the transaction that it joined, or NULL */
};
enum sim_verdict sim_remote_start(struct sim_station *station, struct sim_remote_start *start);
enum sim_verdict sim_remote_stop(struct sim_station *station, struct str transaction_id);
/* `at_once` ends sessions; else (2.x OnIdle) the station waits until they end. */
enum sim_verdict sim_reset(struct sim_station *station, bool at_once, bool hard);
enum sim_verdict sim_unlock(struct sim_station *station, int32_t evse);
/* evse 0: all. */
enum sim_verdict sim_set_operative(struct sim_station *station, int32_t evse, bool operative);
/* Says it after the answer. SIM_METER: of the EVSE, or all. */
enum sim_verdict sim_trigger(struct sim_station *station, enum sim_message_kind kind, int32_t evse,
                             bool transaction);
/* NULL: none such runs or waits. */
struct sim_tx *sim_find_tx(struct sim_station *station, struct str transaction_id);
struct sim_evse *sim_find_evse(struct sim_station *station, int32_t number);
/* Keeps it; `transaction_id` empty: any of that EVSE. Fills in set_at, evse and transaction rules.
 */
enum sim_verdict sim_set_profile(struct sim_station *station, struct profile *profile,
                                 struct str transaction_id);

/* Those that match go; how many. */
uint32_t sim_clear_profiles(struct sim_station *station, const struct profile_match *match);

#define SCHEDULE_PERIODS_MAX 24u
struct sim_schedule {
    bool watts;
    uint32_t count;
    struct profile_period periods[SCHEDULE_PERIODS_MAX];
};
/* What the EVSE (0: the station) may draw in the next `duration_s`. False: no such EVSE. */
bool sim_composite(struct sim_station *station, int32_t evse, int32_t duration_s, bool watts,
                   struct sim_schedule *schedule);
