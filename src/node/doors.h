/* doors.h: what the options say of listeners, certificates and proxies, as the network wants it.
 * For node.c.
 */
#pragma once
#include "core/options.h"
#include "net/server.h"

struct host;

struct doors {
    const struct options *options;
    const char *directory; /* home of the socket for commands, and of the TLS tickets' keys */
    struct host *host;     /* gets what happens */
};

/* Starts the network with those that are not off. On an error `why` says which key, what, and what
 * to do. The options may go when it is back. */
MUST_CHECK enum err doors_open(const struct doors *doors, struct net **net, char *why,
                               size_t why_cap);
/* The certificate files anew, for new connections; with an error those of before stay in use. */
MUST_CHECK enum err doors_reload(const struct options *options, struct net *net, char *why,
                                 size_t why_cap);
