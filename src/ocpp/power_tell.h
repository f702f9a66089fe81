/* power_tell.h: how the handlers fill the events of power.h. For the files of this room. */
#pragma once
#include "ocpp/facts/facts.h"
#include "ocpp/power.h"

/* What one message tells, while its handler runs; in->power. */
struct power_note {
    int32_t evse;
    utc_ms at; /* the message's own moment */
    bool delayed;
    bool has_meter[2]; /* by enum power_place */
    utc_ms meter_at;   /* the newest moment that was measured at; older ones are left out */
    struct power_meter meter[2];
};

/* NULL: nobody wants to know. */
struct power_note *power_open(struct turn *turn, const struct in *in);
/* The message has this moment by the station's clock. */
void power_saw(struct in *in, int64_t evse, utc_ms at, bool delayed);
void power_sample(struct in *in, const struct sample *sample);
/* The handler is done: tells what the note holds. */
void power_close(struct turn *turn, const struct in *in);

/* Tells any other event: station, protocol and received_at are filled in here; periods are copied.
 * Does nothing where nobody wants to know. */
void power_tell(struct turn *turn, const struct in *in, struct power_event *event);
/* CONNECTED, GONE: at once, from outside a turn. */
void power_station(struct engine *engine, int64_t station, enum power_kind kind);
