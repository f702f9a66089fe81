/* command.h: what people ask of stations, once for all versions (docs/api.md, Commands): a name and
 * parameters become a CALL of the station's version, and its answer becomes accepted, rejected or
 * other.
 */
#pragma once
#include "ocpp/ocpp.h"

struct command_pair {
    struct str key, value;
};

/* Absent: numbers -1, texts and lists empty. */
struct command {
    struct str name; /* "remote_start", ... */
    struct str token, token_type, transaction_id, kind, message, vendor_id, message_id, data;
    int64_t evse, connector;
    int64_t remote_start_id;
    bool operative;
    const struct str *keys;
    uint32_t key_count;
    const struct command_pair *values;
    uint32_t value_count;
};

/* What its body may say of it (contracts/openapi.yaml: Command_NAME), by spaces between; NULL:
 * there is no such command. */
const char *command_members(struct str name);

/* The calls that it takes, in order: one, but for several settings in 1.6. Spans lie in the arena.
 * ERR_NOT_KNOWN: no such command; ERR_BAD_OCCURRENCE, ERR_BAD_VALUE: *field says which;
 * ERR_NOT_SUPPORTED: this version has no such thing, *field says why. */
struct command_calls {
    uint32_t count;
    struct {
        struct str action, payload;
    } calls[64];
};
MUST_CHECK enum err command_build(enum protocol protocol, const struct command *command,
                                  struct arena *arena, struct command_calls *calls,
                                  const char **field);

enum command_result { COMMAND_ACCEPTED, COMMAND_REJECTED, COMMAND_OTHER };
/* What the answer's payload means; *status is the station's own word. */
enum command_result command_result(struct str action, struct str payload, struct arena *arena,
                                   struct str *status);
