/* message.h: what a station has to say, before it is put into the words of a version. Built when it
 * happens, written as a frame when it is sent, so that what was not known then (1.6: the
 * transaction id) is in it.
 */
#pragma once
#include "base/base.h"

enum sim_message_kind {
    SIM_BOOT,
    SIM_HEARTBEAT,
    SIM_STATUS,
    SIM_AUTHORIZE,
    SIM_START,  /* of a transaction */
    SIM_UPDATE, /* 1.6: MeterValues with a transaction id; 2.x: TransactionEvent Updated */
    SIM_STOP,
    SIM_METER,  /* outside a transaction */
    SIM_REPORT, /* 2.x: one part of the device model */
    SIM_SECURITY,
    SIM_FIRMWARE_STATUS, /* asked for by a trigger */
    SIM_LOG_STATUS,
    SIM_NEEDS,         /* 2.x: what the car wants, and when it leaves */
    SIM_LIMIT_SET,     /* 2.x: a limit from outside; sample.offered: mA or W */
    SIM_LIMIT_CLEARED, /* 2.x */
    SIM_PROFILE,       /* 2.x: one charging profile, asked for; part: its id */
    SIM_PULL,          /* 2.1: a dynamic profile asks for its limit; part: its id */
    SIM_PRIORITY,      /* 2.1: priority charging began or ended; state: on */
    SIM_CAR_PLAN,      /* 2.x: what the car means to take within its limits */
    SIM_MESSAGE_KIND_COUNT
};

enum sim_protocol { SIM_16, SIM_201, SIM_21, SIM_PROTOCOL_COUNT };

/* A connector's state, in the words of 1.6; 2.x has fewer (the dialect folds them). */
enum sim_status {
    SIM_AVAILABLE,
    SIM_PREPARING,
    SIM_CHARGING,
    SIM_SUSPENDED_EV,
    SIM_SUSPENDED_EVSE,
    SIM_FINISHING,
    SIM_UNAVAILABLE,
    SIM_FAULTED,
    SIM_STATUS_COUNT
};

enum sim_charging_state {
    SIM_STATE_IDLE,
    SIM_STATE_CONNECTED,
    SIM_STATE_CHARGING,
    SIM_STATE_SUSPENDED_EV,
    SIM_STATE_SUSPENDED_EVSE,
    SIM_STATE_COUNT
};

/* Why a 2.x event is sent. */
enum sim_trigger {
    SIM_TRIGGER_AUTHORIZED,
    SIM_TRIGGER_PLUGGED,
    SIM_TRIGGER_STATE,
    SIM_TRIGGER_SAMPLE,
    SIM_TRIGGER_CLOCK,
    SIM_TRIGGER_ASKED,
    SIM_TRIGGER_REMOTE_START,
    SIM_TRIGGER_REMOTE_STOP,
    SIM_TRIGGER_STOP_AUTHORIZED,
    SIM_TRIGGER_DEAUTHORIZED,
    SIM_TRIGGER_UNPLUGGED,
    SIM_TRIGGER_NO_CABLE,
    SIM_TRIGGER_RESET,
    SIM_TRIGGER_UNLOCK,
    SIM_TRIGGER_ABNORMAL,
    SIM_TRIGGER_COUNT
};

enum sim_stop_reason {
    SIM_STOP_LOCAL,
    SIM_STOP_REMOTE,
    SIM_STOP_UNPLUGGED,
    SIM_STOP_DEAUTHORIZED,
    SIM_STOP_POWER_LOSS,
    SIM_STOP_REBOOT,
    SIM_STOP_SOFT_RESET,
    SIM_STOP_HARD_RESET,
    SIM_STOP_UNLOCK,
    SIM_STOP_FAULT,
    SIM_STOP_NO_CABLE,
    SIM_STOP_REASON_COUNT
};

#define SIM_TOKEN_MAX 40
struct sim_token {
    char id[SIM_TOKEN_MAX];
    char type[20]; /* 2.x */
};

/* The meter and its surroundings at one moment. */
struct sim_sample {
    int64_t register_mwh;
    int32_t power_w, current_ma, voltage_mv, offered; /* AC: mA per phase, DC: W */
    int16_t soc_permille;                             /* -1: not known (AC) */
    uint8_t phases;                                   /* that carry current */
    uint8_t lines;                                    /* that the station has; 0: DC */
    uint8_t terminal;                                 /* from 0: the first that carries current */
    bool no_current;                                  /* it is not told */
};

struct sim_tx;

struct sim_message {
    enum sim_message_kind kind;
    uint8_t evse; /* 0: the station */
    bool offline; /* it happened while there was no connection */
    bool sampled; /* has a sample */
    bool resend;  /* a fault sends it again, out of turn */
    bool asked;   /* may be sent although the server has not accepted the station: boot, and what it
                     asked for */
    bool with_token;
    uint8_t trigger, reason, state, status;
    uint16_t attempts;
    int32_t seq_no, request_id, part;
    utc_ms at;         /* by the station's clock */
    utc_ms not_before; /* not sent again before, true time */
    uint64_t id;       /* message id; 0: none yet */
    struct sim_tx *tx; /* START, UPDATE, STOP: held while the message waits */
    struct sim_token token;
    struct sim_sample sample;
};
