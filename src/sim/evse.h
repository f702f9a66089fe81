/* evse.h: one outlet of a simulated station: cable, authorization, transaction, power, and who
 * stands in front of it. */
#pragma once
#include "sim/car.h"
#include "sim/driver.h"
#include "sim/message.h"
#include "sim/meter.h"
#include "sim/tx.h"

struct sim_station;

enum sim_evse_timer {
    EVSE_TICK,   /* physics while energy flows or could */
    EVSE_SAMPLE, /* the next sampled meter value */
    EVSE_DRIVER, /* the driver's next act */
    EVSE_CABLE,  /* authorized, and no cable came */
    EVSE_REPAIR, /* a fault ends */
    EVSE_PLAN,   /* its car answers new limits with a plan of its own */
    EVSE_TIMER_COUNT
};

enum sim_visit_step {
    VISIT_AWAITED,
    VISIT_SECOND_ACT, /* the card after the plug, or the plug after the card */
    VISIT_STAYING,
    VISIT_LEAVING, /* pulls the plug next */
};

struct sim_evse {
    uint8_t number;
    bool plugged, authorized, authorizing, faulted, operative, wants_inoperative;
    bool finished;          /* a transaction ended and the cable is still in */
    struct sim_token token; /* of the authorization, under way or given */
    int32_t remote_start_id;
    struct sim_tx *tx;                /* the one that runs; held */
    enum sim_stop_reason stop_reason; /* why it will end, when that waits for the plug */
    struct meter meter;
    struct car car;
    struct car_draw draw;
    int32_t offer;  /* AC: mA, DC: W; 0: none */
    int32_t target; /* what it will be once it has settled */
    utc_ms target_at;
    utc_ms awake_at;                    /* its car needs so long after a pause */
    bool in_session;                    /* energy may flow: limits settle */
    bool priority;                      /* 2.1: priority charging is used */
    uint8_t terminal;                   /* of the station, from 0, on which a car of one phase is */
    bool told_needs;                    /* in this session: limits are for its car to plan with */
    utc_ms at;                          /* physics are done up to here */
    enum sim_charging_state state;      /* as it is */
    enum sim_charging_state told_state; /* as the last event of the transaction said */
    enum sim_status told_status;        /* SIM_STATUS_COUNT: none yet */
    enum sim_visit_step step;
    struct driver_visit visit;
    utc_ms timers[EVSE_TIMER_COUNT];
};

/* Does its car draw on this terminal of the station (0..2)? */
static inline bool sim_evse_draws_on(const struct sim_evse *evse, uint32_t terminal)
{
    uint32_t first = evse->draw.phases == 1 ? evse->terminal : 0;

    return terminal >= first && terminal < first + evse->draw.phases;
}

void sim_evse_init(struct sim_station *station, struct sim_evse *evse, uint8_t number);
void sim_evse_fini(struct sim_evse *evse);
void sim_evse_step(struct sim_station *station, struct sim_evse *evse);
/* Power, charging states and connector states of all EVSEs follow what has changed; tells the
 * server. */
void sim_evses_refresh(struct sim_station *station);
/* All connector states are told again (boot, reconnect). */
void sim_evses_tell_all(struct sim_station *station);
struct sim_sample sim_evse_sample(struct sim_station *station, struct sim_evse *evse);
/* Its limits are new: a car that has said what it needs plans with them (2.0.1 K15, K16). */
void sim_evse_plan_soon(struct sim_station *station, struct sim_evse *evse);

void sim_evse_plug(struct sim_station *station, struct sim_evse *evse);
void sim_evse_unplug(struct sim_station *station, struct sim_evse *evse);
/* A card is held before the reader: begins or ends, as it fits. */
void sim_evse_card(struct sim_station *station, struct sim_evse *evse,
                   const struct sim_token *token);
/* Asks the server about evse->token; offline the station decides by itself. */
void sim_evse_ask(struct sim_station *station, struct sim_evse *evse);
/* The server's word on the token that was asked for, or the station's own when it is offline. */
void sim_evse_authorized(struct sim_station *station, struct sim_evse *evse, bool accepted,
                         enum sim_trigger trigger);
/* The server does not want this transaction's token (answer to a start or an event). */
void sim_evse_refused(struct sim_station *station, struct sim_tx *tx);
/* Ends the delivery; the transaction ends with it, or with the plug where the station's stop point
 * says so. */
void sim_evse_stop(struct sim_station *station, struct sim_evse *evse, enum sim_stop_reason reason,
                   enum sim_trigger trigger);
/* Ends the transaction now. */
void sim_evse_end(struct sim_station *station, struct sim_evse *evse, enum sim_stop_reason reason,
                  enum sim_trigger trigger);
/* A message about the running transaction with a meter value. */
void sim_evse_tell_sample(struct sim_station *station, struct sim_evse *evse,
                          enum sim_trigger trigger);
void sim_evse_tell_status(struct sim_station *station, struct sim_evse *evse);
void sim_evse_break(struct sim_station *station, struct sim_evse *evse, int64_t duration_ms);
