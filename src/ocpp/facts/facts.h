/* facts.h: what stations tell, once for all versions of OCPP: v16/ and v2x/ translate into this and
 * back.
 *
 * Each function is part of a turn: it finds, decides and records. It may return ERR_LATER.
 */
#pragma once
#include "domain/auth.h"
#include "domain/sample.h"
#include "domain/session.h"
#include "ocpp/route.h"

/* A word of the message as it came, also one that the schema does not know; empty: it is not there.
 */
struct str fact_word(struct turn *turn, const struct in *in, const char *field);

/* --- boot ---------------------------------------------------------------- */

struct fact_boot {
    struct str vendor, model, serial, firmware, iccid, imsi;
};
struct fact_boot_answer {
    enum registration registration;
    int64_t interval_s;
};
MUST_CHECK enum err fact_boot(struct turn *turn, struct in *in, const struct fact_boot *boot,
                              struct fact_boot_answer *answer);

/* --- status -------------------------------------------------------------- */

struct fact_status {
    int64_t evse, connector; /* evse 0: the station as a whole */
    enum connector_status status;
    struct str raw, error_code, info;
    utc_ms at; /* UTC_UNKNOWN: not given */
};
void fact_status(struct turn *turn, struct in *in, const struct fact_status *status);

/* The station says that it has this connector, and nothing of its state yet (device model,
 * configuration). One that is known stays as it is. */
void fact_connector(struct turn *turn, int64_t station, int64_t evse, int64_t connector);

/* A security event (2.0.1 A04, 1.6 security whitepaper §4.6): stored, and shown to a person where
 * it is critical. */
MUST_CHECK enum err fact_security_event(struct turn *turn, struct in *in, struct str type,
                                        struct str tech_info);

/* Settings or variables, as the station said them: open (may say ERR_LATER), one call each, close.
 */
struct fact_variables {
    int64_t station;
    struct map rows; /* by component and name: those that are known, and new ones */
};
struct fact_variable {
    struct str component; /* empty in 1.6; "Connector[instance]#evse.connector" in 2.x */
    struct str name, value, type, unit;
    bool readonly, reboot;
};
MUST_CHECK enum err fact_variables_open(struct turn *turn, int64_t station,
                                        struct fact_variables *known);
void fact_variable(struct turn *turn, struct fact_variables *known,
                   const struct fact_variable *fact);
void fact_variables_close(struct fact_variables *known);

/* --- tokens -------------------------------------------------------------- */

struct fact_verdict {
    enum token_status status;
    const struct token_row *token; /* NULL: unknown */
};
/* `starts`: a session would begin with it; `own`: the session that has it already, or 0. */
struct fact_verdict fact_authorize(struct turn *turn, struct in *in, struct str uid,
                                   struct str type, bool starts, int64_t own);

/* --- sessions ------------------------------------------------------------ */

enum fact_step { FACT_START, FACT_UPDATE, FACT_END };

/* What a message says of one session. Absent numbers: has_… false; absent texts: empty. */
struct fact_transaction {
    enum fact_step step;
    struct str transaction_id; /* empty: none is known */
    int64_t evse, connector;   /* 0: not said */
    utc_ms at;                 /* station's clock; UTC_UNKNOWN */
    uint64_t mark;             /* what it means, for dedup (rules.md: repeats) */
    struct str token, token_type;
    bool has_token, has_seq, offline, has_start_wh, has_stop_wh, has_charging_state;
    int64_t seq, start_wh, stop_wh, remote_start_id;
    enum charging_state charging_state;
    struct str stop_reason;
    const struct reading *readings; /* in the order of time */
    uint32_t reading_count;
};

/* 2.x TransactionEvent. *verdict is about the token, when one was given. */
MUST_CHECK enum err fact_transaction(struct turn *turn, struct in *in,
                                     const struct fact_transaction *fact,
                                     struct fact_verdict *verdict);

/* 1.6 StartTransaction: gives the transaction id, new or that of the same start before. */
MUST_CHECK enum err fact_start_16(struct turn *turn, struct in *in,
                                  const struct fact_transaction *fact, struct fact_verdict *verdict,
                                  int64_t *transaction_id);
/* 1.6 StopTransaction: by id, else by token and time, else an orphan. */
MUST_CHECK enum err fact_stop_16(struct turn *turn, struct in *in,
                                 const struct fact_transaction *fact);

/* MeterValues of any version: of a transaction, or of what charges there now. */
MUST_CHECK enum err fact_meter(struct turn *turn, struct in *in,
                               const struct fact_transaction *fact);
