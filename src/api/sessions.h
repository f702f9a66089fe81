/* sessions.h: what the handlers about one session share. */
#pragma once
#include "api/request.h"

/* The session that the path's first argument names. */
MUST_CHECK enum err session_of(struct request *request, const struct session_row **session);
