/* quirks.h: names for the deviations from the schema that stations are known for.
 *
 * contracts/quirks/ lists them with their sources; the build makes the table. A quirk changes
 * nothing in how a message is read (that is json_read's lenient mode): it tells a known deviation
 * from a new one, in the log, in the session's flags and in the metrics.
 */
#pragma once
#include "ocpp/contracts.h"
#include "json/report.h"

struct ocpp_quirk {
    struct str id; /* "time-without-zone"; "schema" for what none of them is */
    enum json_flaw_kind flaw;
    uint32_t versions;  /* bit n: enum ocpp_version n */
    struct str message; /* the action; empty: any */
    struct str field;   /* how its path ends, without indexes; empty: any */
};

/* ocpp_quirks[0] is "schema". The count is that of the table, for whoever counts them. */
extern const struct ocpp_quirk ocpp_quirks[];
extern const uint32_t ocpp_quirk_count;

/* The index in ocpp_quirks of the first that fits this flaw of a message, or 0. */
uint32_t ocpp_quirk_find(enum ocpp_version version, struct str action,
                         const struct json_flaw *flaw);
