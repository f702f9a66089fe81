/* http.h: the least HTTP client that can drive a REST API: one connection, one request at a time,
 * blocking. */
#pragma once
#include "sim/wire.h"

enum { SIM_HTTP_ANSWER_MAX = 1 << 16 };

struct sim_http {
    struct sim_url url;
    struct str key;    /* goes into Authorization: Bearer */
    int fd;            /* -1: not connected */
    struct buf answer; /* the body of the last answer; memory of the caller's */
    struct buf *why;   /* gets what is wrong */
};

/* The status of the answer; 0: there is none. `path` comes behind the URL's own. A connection that
 * the server closed is made anew once. */
int sim_http_request(struct sim_http *http, const char *method, struct str path, struct str body);
void sim_http_close(struct sim_http *http);
