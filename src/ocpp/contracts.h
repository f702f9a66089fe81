/* contracts.h: every OCPP message by name, with the descriptors of its request and its answer.
 *
 * The messages' structs are in v16.gen.h and v2x.gen.h, which tools/gen_contracts.py writes into
 * the build folder from the official schemas. 2.0.1 and 2.1 share their structs (the wider of the
 * two wherever they differ); what each allows is in its own descriptors.
 */
#pragma once
#include "json/desc.h"

enum ocpp_version { OCPP_V16, OCPP_V201, OCPP_V21, OCPP_VERSION_COUNT };

enum {
    OCPP_FROM_STATION = 1,
    OCPP_FROM_SERVER = 2,
};

struct ocpp_action {
    struct str name; /* as on the wire: "BootNotification" */
    uint8_t sender;  /* OCPP_FROM_STATION, OCPP_FROM_SERVER, or both */
    const struct json_desc *req;
    const struct json_desc *res; /* NULL: a SEND, which has no answer */
};

/* All actions of a version, sorted by name. */
struct ocpp_actions {
    const struct ocpp_action *list;
    uint32_t count;
    struct json_words names; /* text[n + 1] names list[n] */
};

const struct ocpp_actions *ocpp_actions(enum ocpp_version version);
/* NULL when the version has no such action. */
const struct ocpp_action *ocpp_action_find(enum ocpp_version version, struct str name);
