/* report.h: what was found wrong with a message: which field, and how. */
#pragma once
#include "base/base.h"

enum json_flaw_kind {
#define FLAW(name, text, error) JSON_FLAW_##name,
#include "json/flaw.def"
#undef FLAW
    JSON_FLAW_COUNT
};

enum { JSON_FLAWS_MAX = 16 };

struct json_flaw {
    enum json_flaw_kind kind;
    struct str
        path; /* "meterValue[0].timestamp"; empty: the message itself. In the reader's arena */
};

struct json_report {
    uint32_t count; /* of all flaws; the first JSON_FLAWS_MAX of them are kept */
    struct json_flaw flaws[JSON_FLAWS_MAX];
};

/* The error that a flaw is (flaw.def). */
enum err json_flaw_err(enum json_flaw_kind kind);
/* "is missing", static. */
const char *json_flaw_text(enum json_flaw_kind kind);
/* For people: "meterValue[0].timestamp is missing, and 2 more"; empty without flaws or memory. */
struct str json_report_text(const struct json_report *report, struct arena *arena);
/* The flaw kept for this path, or NULL. */
const struct json_flaw *json_report_find(const struct json_report *report, struct str path);
