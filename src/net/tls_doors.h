/* tls_doors.h: certificates, suites and tickets of the TLS doors: what all connections of a door
 * share. One for the net; its functions may be called on any thread. */
#pragma once
#include "net/server.h"

struct tls_doors;
struct ssl_st;

/* Doors with the certificates of config->tls and the tickets of config->ticket_file. `wanted`: bit
 * n for door n. ERR_USAGE, `why` says: a certificate or CA file that is not usable; ERR_FULL:
 * memory is out. There are no ticket keys before the first tls_doors_turn_tickets. */
MUST_CHECK enum err tls_doors_open(const struct net_config *config, uint32_t wanted,
                                   struct tls_doors **doors, char *why, size_t why_cap);
/* New connections get the new certificates; nothing changes when it fails. */
MUST_CHECK enum err tls_doors_reload(struct tls_doors *doors, const struct net_tls_config *config,
                                     char *why, size_t why_cap);
/* An SSL for one connection by this door; NULL: memory is out. */
struct ssl_st *tls_doors_new_ssl(struct tls_doors *doors, enum net_door door);
/* Is it time for a new ticket key; makes and keeps one (tls_ticket.h: tls_tickets_turn). */
bool tls_doors_tickets_due(struct tls_doors *doors);
MUST_CHECK enum err tls_doors_turn_tickets(struct tls_doors *doors, char *why, size_t why_cap);
void tls_doors_close(struct tls_doors *doors);
