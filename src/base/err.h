/* err.h: what the world can do to us. Not for our own bugs (check.h), and not for what a peer may
 * rightly ask and be refused (a normal answer).
 *
 * A function that can fail returns `MUST_CHECK enum err` and writes its outputs only on ERR_NONE.
 * ERR_LATER: a question is under way; the turn runs again from the top when it is answered.
 */
#pragma once

enum err {
#define ERR(name, text, callerror_16, callerror_2x, http) ERR_##name,
#include "base/err.def"
#undef ERR
    ERR_COUNT
};

/* A sentence fragment for people, static. */
const char *err_text(enum err err);
/* The CALLERROR word of OCPP 1.6 or 2.x, static. */
const char *err_callerror(enum err err, bool is_16);
/* The HTTP status that a REST caller gets. */
int err_http_status(enum err err);
