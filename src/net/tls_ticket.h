/* tls_ticket.h: the keys of session tickets, of all loops and doors. A key makes tickets for twelve
 * hours and is good for twelve more; nobody stores them, so a restart costs full handshakes. */
#pragma once
#include <openssl/ssl.h>
#include <pthread.h>

#include "base/base.h"

struct tls_ticket_key {
    uint8_t name[16], aes[32], hmac[32];
    int64_t made_at_s; /* monotonic */
    bool set;
};

struct tls_tickets {
    pthread_mutex_t lock;
    struct tls_ticket_key keys[2]; /* the one that makes tickets, and the one before */
};

void tls_tickets_init(struct tls_tickets *tickets);
void tls_tickets_fini(struct tls_tickets *tickets);
/* Lets this context make and take tickets with these keys; takes the context's app data. */
void tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *ctx);
