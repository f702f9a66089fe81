/* tls_client.h: TLS for a client, without I/O: bytes of the peer in, bytes for the peer out. Where
 * they travel is the caller's business, as in ws.h. For the simulated stations.
 */
#pragma once
#include "base/base.h"

struct tls_client_config; /* what the connections of a thread share */
struct tls_client;        /* one connection */

/* `ca_file`: certificates (PEM) that the server's must be signed by, which must also be for the
 * name that it is called by; NULL: any certificate will do. NULL: `why` says what is wrong. */
struct tls_client_config *tls_client_config_new(const char *ca_file, struct buf *why);
void tls_client_config_free(struct tls_client_config *config);

/* `host`: its name or address. NULL: memory is out. */
struct tls_client *tls_client_new(const struct tls_client_config *config, const char *host);
void tls_client_free(struct tls_client *tls);

/* What to say to the peer; it leaves when the handshake is done. False: memory is out, or it is
 * over. */
bool tls_client_write(struct tls_client *tls, const char *ptr, size_t len);
/* What came from the peer. */
bool tls_client_put(struct tls_client *tls, const char *ptr, size_t len);
/* What the peer said: the number of bytes; 0: no more now, -1: it is over. */
int tls_client_read(struct tls_client *tls, char *ptr, size_t cap);
/* What is to be sent, taken from the front; 0: nothing. */
size_t tls_client_take(struct tls_client *tls, char *ptr, size_t cap);
