/* http.h: the least HTTP client that can drive a REST API: one connection, one request at a time,
 * blocking. */
#pragma once
#include "sim/wire.h"

struct sim_http {
    struct sim_url url;
    int fd; /* -1: not connected */
};

enum { SIM_HTTP_ANSWER_MAX = 1 << 16 };

/* The status of the answer, whose body lies in memory[0 .. *len); 0: there is none (why says what
 * happened). `path` comes behind the URL's own; `key` goes into Authorization: Bearer. A connection
 * that the server closed is made anew once. */
int sim_http_request(struct sim_http *http, const char *method, struct str path, struct str key,
                     struct str body, struct buf *answer, char *why, size_t why_cap);
void sim_http_close(struct sim_http *http);
