/* tx.h: a transaction as the station keeps it: from its first event until its last message is
 * acknowledged. */
#pragma once
#include "sim/message.h"
#include "sim/profile.h"

struct ledger_session;

struct sim_tx {
    uint32_t number; /* the station's own, from 1 */
    uint32_t holds;  /* its EVSE and its waiting messages */
    char id[40];     /* 2.x: made here; 1.6: the server's number, empty until it is known */
    int32_t seq_next;
    utc_ms started_at; /* by the station's clock */
    uint8_t evse;
    bool ended, deauthorized, token_told, stop_authorized;
    bool limited; /* a profile of its own was taken, */
    /* And others were accepted since, this one last (FLAW_FIRST_ONLY, FLAW_PREVIOUS); 0: none. */
    int32_t told_ma;
    struct profile
        *next; /* FLAW_PREVIOUS: it comes into force with the one after it; on the heap */
    int32_t remote_start_id; /* 0: none */
    struct sim_token token;
    struct ledger_session *ledger;
};

void sim_tx_hold(struct sim_tx *tx);
/* Frees it with the last hold. */
void sim_tx_drop(struct sim_tx *tx);
