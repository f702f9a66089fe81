/* tls_ticket.h: session tickets, by which a station that comes back is spared a full handshake. One
 * set of keys for all loops and doors (ticket_keys.h), kept in a file so that it outlives the
 * process: after a restart all stations come back at once.
 *
 * The file is 0600, and no part of a backup: with TLS 1.2 whoever has the keys reads what was said
 * under their tickets. It is a convenience: without it, or with one that is damaged, too old or
 * open to others, there are new keys.
 */
#pragma once
#include <openssl/ssl.h>
#include <pthread.h>

#include "net/ticket_keys.h"

struct tls_tickets {
    pthread_mutex_t lock; /* for keys: the loops look, one thread turns */
    struct ticket_keys keys;
    char *path; /* own copy; NULL: nothing is kept */
};

/* Takes the keys from the file, if there are any. `path` may be NULL. ERR_FULL: memory is out, and
 * nothing needs an end. Turn the keys before the first connection. */
MUST_CHECK enum err tls_tickets_init(struct tls_tickets *tickets, const char *path);
void tls_tickets_fini(struct tls_tickets *tickets);
/* Lets this context make and take tickets with these keys; takes the context's app data. */
void tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *ctx);

/* Is it time for a new key? Any thread. */
bool tls_tickets_due(struct tls_tickets *tickets);
/* Makes a new key and writes the file: not on a loop's thread, and one thread at a time. ERR_OS:
 * the new key is in use, but only this process knows it; `why` names the file. */
MUST_CHECK enum err tls_tickets_turn(struct tls_tickets *tickets, char *why, size_t why_cap);
