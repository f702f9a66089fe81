/* ledger.h: the truth about every transaction of a simulation: what flowed, and which messages the
 * server acknowledged. Tests hold the server's word against it. The ledger knows nothing of
 * servers.
 */
#pragma once
#include "sim/message.h"

/* A message that the server answered with a CALLRESULT: it must be found there, for ever. */
struct ledger_fact {
    enum sim_message_kind kind;
    int32_t seq_no;       /* 2.x; -1 in 1.6 */
    utc_ms at;            /* as told, by the station's clock */
    int64_t register_mwh; /* as told; -1: none was */
};

struct ledger_session {
    struct ledger_session *next;
    char station[49];
    char transaction_id[40]; /* as far as the station knows it: 1.6 offline starts have none before
                                they are answered */
    struct sim_token token;
    enum sim_protocol protocol;
    uint32_t number; /* the station's own */
    uint8_t evse;
    bool ended, token_refused;
    enum sim_stop_reason reason;
    utc_ms started_at, ended_at;           /* by the station's clock */
    int64_t true_start_mwh, true_stop_mwh; /* what truly flowed is the difference */
    int64_t shown_start_mwh, shown_stop_mwh;
    bool start_acked, stop_acked;
    bool id_changed; /* 1.6: a repeat of the start was answered with another id: the server made two
                        sessions of one */
    uint32_t sent_count,
        given_up; /* facts sent at least once; facts dropped after too many tries */
    uint32_t fact_count, fact_cap;
    struct ledger_fact *facts; /* acknowledged, in the order of the answers */
};

struct ledger {
    struct ledger_session *first, **end;
    uint32_t count;
    bool keep_updates; /* also note acknowledged updates (START and STOP always are) */
};

void ledger_init(struct ledger *ledger, bool keep_updates);
void ledger_fini(struct ledger *ledger);
/* Valid until ledger_fini. */
struct ledger_session *ledger_open(struct ledger *ledger, struct str station,
                                   enum sim_protocol protocol);
void ledger_acked(struct ledger *ledger, struct ledger_session *session,
                  const struct ledger_fact *fact);

struct ledger_sums {
    uint32_t sessions, ended, complete; /* complete: start and stop acknowledged */
    uint64_t facts_acked, given_up;
    int64_t true_mwh;
};
struct ledger_sums ledger_sum(const struct ledger *ledger);
/* One line of JSON for one session, with its facts. */
void ledger_write(const struct ledger_session *session, struct buf *out);
