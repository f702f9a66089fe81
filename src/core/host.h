/* host.h: the engine in the real world: its thread's wait, the writer, the readers, the clock.
 *
 * The thread that calls host_run is the core thread. Network events come by an eventfd of the
 * network and a function that hands them in; the writer takes one batch at a time; readers answer
 * questions.
 */
#pragma once
#include "core/engine.h"

struct host;

struct host_config {
    struct store *store;
    uint32_t readers; /* threads */
    const struct options *options;
    struct engine_handlers handlers;
    struct net_port net; /* may be all NULL: no network (offline commands) */
    int net_fd;          /* readable when the network has events; -1: none */
    void (*net_dispatch)(void *net, uint32_t max_events); /* hands them to host_net_event */
};

/* Starts the threads and loads the registry. ERR_STORAGE, ERR_CORRUPT: `why` says. */
MUST_CHECK enum err host_open(const struct host_config *config, struct host **host, char *why,
                              size_t why_cap);
struct engine *host_engine(struct host *host);
/* Connects the network, which wants the host as its sink and so comes second. */
void host_set_net(struct host *host, struct net_port net, int net_fd,
                  void (*dispatch)(void *net, uint32_t max_events));
/* The sink for the network (net_sink_fn). */
void host_net_event(void *host, const struct net_event *event);
void host_net_ahead(void *host, conn_id conn, uint32_t events_before);
/* Runs until host_stop or until `until` (may be NULL) says so. Returns 0, or 1 when storage can no
 * longer be trusted. */
int host_run(struct host *host, bool (*until)(void *context), void *context);
/* From any thread or a signal handler: host_run returns soon. */
void host_stop(struct host *host);
/* The same: the next round, and `until`, come at once. */
void host_wake(struct host *host);
/* The time by which it runs: for work on other threads. */
mono_ms host_clock(void);
/* Finishes what is under way (at most wait_ms), stops the threads, and forgets what did not come to
 * an end. The engine still stands, so that the rooms above can take leave; then host_free. */
void host_close(struct host *host, uint32_t wait_ms);
void host_free(struct host *host);
