/* speak.h: one version of OCPP in the mouth of a station: what it has to say becomes payloads,
 * payloads become acts. */
#pragma once
#include "sim/station.h"
#include "json/writer.h"

/* What a station answers to a call. */
struct sim_answer {
    const char *error; /* the CALLERROR word of the version; NULL: a result */
    const char *description;
    struct buf payload; /* JSON object of the result */
};

/* A message's action and the writer of its fields; no writer: a version that has no such message.
 */
struct sim_phrase {
    struct str action;
    void (*put)(struct sim_station *station, const struct sim_message *message,
                struct json_writer *w);
};

struct sim_dialect {
    struct str subprotocol;
    const struct sim_phrase *phrases; /* by enum sim_message_kind */
    /* A result came for it. ERR_NONE, or what is wrong with the payload. */
    enum err (*answered)(struct sim_station *station, const struct sim_message *message,
                         struct str payload);
    /* The server calls. */
    void (*called)(struct sim_station *station, struct str action, struct str payload,
                   struct sim_answer *answer);
};

extern const struct sim_dialect sim_dialect_16, sim_dialect_201, sim_dialect_21;

/* The payload of a message, and the name of its action. */
struct str sim_speak(const struct sim_dialect *dialect, struct sim_station *station,
                     const struct sim_message *message, struct buf *payload);
