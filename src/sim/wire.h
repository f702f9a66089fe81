/* wire.h: simulated stations on real sockets, ws:// and wss://: all of them on one thread, with one
 * epoll.
 *
 * Time is the machine's; a station's `speed` makes its life faster (station.h).
 */
#pragma once
#include "sim/station.h"

/* "ws://host:port/path" in parts; spans of the text. */
struct sim_url {
    bool tls; /* wss, https */
    char host[64], port[6];
    struct str path; /* "/" at least */
};
/* False: not such a URL. `scheme` is "ws" or "http"; with an s behind it, it is over TLS. */
bool sim_url_read(struct str text, struct str scheme, struct sim_url *url);

struct sim_wire_config {
    struct str url;                 /* a station connects to url/IDENTITY */
    const struct sim_setup *setups; /* with all that they point to: borrowed */
    const struct str *passwords;    /* by station; NULL or empty: none is sent */
    const char *ca_file; /* who signed the server's certificate; NULL: any certificate will do */
    bool deflate;        /* permessage-deflate is offered */
    uint32_t station_count;
    const struct sim_token *tokens; /* borrowed */
    uint32_t token_count;
};

struct sim_wire;

/* NULL: why says what is wrong. */
struct sim_wire *sim_wire_open(const struct sim_wire_config *config, char *why, size_t why_cap);
/* Lives until sim_wire_stop, or for run_ms when that is not 0. Ends with polite closes. */
void sim_wire_run(struct sim_wire *wire, int64_t run_ms);
/* Another thread runs it; sim_wire_close joins. */
MUST_CHECK enum err sim_wire_start(struct sim_wire *wire);
/* From any thread or signal handler. */
void sim_wire_stop(struct sim_wire *wire);
/* Stops, joins, frees. */
void sim_wire_close(struct sim_wire *wire);
/* In the thread that runs it, or once it has stopped. Valid until sim_wire_close. */
const struct ledger *sim_wire_ledger(const struct sim_wire *wire);
/* One line for people. */
void sim_wire_summary(const struct sim_wire *wire, struct buf *out);
/* Wall clock that never goes back while this process lives. */
utc_ms sim_wire_now(void);
