/* socket.h: a request over DIR/voltd.sock. */
#pragma once
#include "base/base.h"

/* The head and body of the answer, on the heap. ERR_NOT_CONNECTED: no server listens there;
 * ERR_OS: `why` says. */
MUST_CHECK enum err socket_request(const char *path, struct str request, char **answer, size_t *len,
                                   char *why, size_t why_cap);
