/* speak.h: one version of OCPP in the mouth of a station: what it has to say becomes payloads,
 * payloads become acts. */
#pragma once
#include "sim/station.h"

/* What a station answers to a call. */
struct sim_answer {
    const char *error; /* the CALLERROR word of the version; NULL: a result */
    const char *description;
    struct buf payload; /* JSON object of the result */
};

struct sim_dialect {
    struct str subprotocol;
    /* The action's name and the payload of a message. */
    struct str (*write)(struct sim_station *station, const struct sim_message *message,
                        struct buf *payload);
    /* A result came for it. ERR_NONE, or what is wrong with the payload. */
    enum err (*answered)(struct sim_station *station, const struct sim_message *message,
                         struct str payload);
    /* The server calls. */
    void (*called)(struct sim_station *station, struct str action, struct str payload,
                   struct sim_answer *answer);
};

extern const struct sim_dialect sim_dialect_16, sim_dialect_201, sim_dialect_21;
