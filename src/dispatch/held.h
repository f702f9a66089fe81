/* held.h: the charging profiles that a 2.x station says it holds (GetChargingProfiles), against
 * those that we believe it does. */
#pragma once
#include "ocpp/power.h"

#define HELD_MAX 48 /* more are counted, and not looked at */

/* What a profile is to us. */
enum held_kind {
    HELD_OURS,    /* as we believe */
    HELD_LEFT,    /* ours, and of nothing that there is: cleared */
    HELD_HIGHER,  /* ours, and higher than what it confirmed: written anew */
    HELD_FOREIGN, /* of somebody else, and of a kind that is ours to set: told under Attention */
    HELD_OUTSIDE, /* a limit from outside: not ours to clear */
};

struct held_profile {
    enum held_kind kind;
    int32_t id, evse, stack;
    enum charging_layer layer;
    enum charging_kind timing;
    enum charging_unit unit;
    int32_t limit; /* the highest of its periods and their phases; -1: none */
    char transaction[37], source[21];
};

struct held {
    int32_t request_id;   /* of the report under way; 0: none */
    utc_ms told_at;       /* when it was complete; UTC_UNKNOWN: never */
    bool refused;         /* it does not say */
    uint32_t count, more; /* kept; beyond that */
    struct held_profile list[HELD_MAX];
};
