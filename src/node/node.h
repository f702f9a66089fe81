/* node.h: the rooms put together: a data directory, its store, the core with its threads, and, for
 * a server, the doors.
 *
 * `voltd serve` and `voltd demo` open one with doors. The commands that work on a directory without
 * a server open one without, ask their question in-process, and close it again: the same
 * operations, the same code.
 */
#pragma once
#include "core/host.h"
#include "core/options.h"

struct node;

struct node_config {
    const struct options *options;
    const char *directory; /* made when it is missing */
    const char *version;
    bool demo;
    bool doors;
};

/* On an error `why` says in one line what and what to do. */
MUST_CHECK enum err node_open(const struct node_config *config, struct node **node, char *why,
                              size_t why_cap);
struct engine *node_engine(struct node *node);
struct host *node_host(struct node *node);
/* Where a door can be reached ("127.0.0.1:8080"), or NULL. */
const char *node_address(const struct node *node, enum net_door door);
/* Runs until node_stop, from a signal handler or another thread. 0, or 1: storage can no longer be
 * trusted. */
int node_run(struct node *node);
void node_stop(struct node *node);
/* Reads the certificate files again for new connections and says on stderr how that went; the old
 * ones stay when it fails. From a signal handler or another thread. */
void node_reload(struct node *node);
void node_close(struct node *node);

/* One request without a network: what GET/POST on the API would answer, as the owner of the
 * directory. For a node without doors. *body is valid until the next call. Returns the HTTP status.
 */
int node_request(struct node *node, struct str method, struct str target, struct str body,
                 struct str *answer);
