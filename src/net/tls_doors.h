/* tls_doors.h: certificates, suites and tickets of the TLS doors: what all connections of a door
 * share. One for the net; its functions may be called on any thread. */
#pragma once
#include "net/server.h"

struct tls_doors;
struct ssl_st;

/* `wanted`: bit n for door n. */
MUST_CHECK enum err tls_doors_open(const struct net_tls_config *config, uint32_t wanted,
                                   struct tls_doors **doors, char *why, size_t why_cap);
/* New connections get the new certificates; nothing changes when it fails. */
MUST_CHECK enum err tls_doors_reload(struct tls_doors *doors, const struct net_tls_config *config,
                                     char *why, size_t why_cap);
/* An SSL for one connection by this door; NULL: memory is out. */
struct ssl_st *tls_doors_new_ssl(struct tls_doors *doors, enum net_door door);
void tls_doors_close(struct tls_doors *doors);
