/* tls_ticket.c: RFC 5077 §4 as OpenSSL asks for it. */
#include "net/tls_ticket.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <time.h>

enum { LIFE_S = 12 * 3600 };

/* What OpenSSL wants to hear: SSL_CTX_set_tlsext_ticket_key_evp_cb(3). */
enum { TICKET_ERROR = -1, TICKET_UNKNOWN = 0, TICKET_GOOD = 1, TICKET_RENEW = 2 };

static int64_t now_s(void)
{
    struct timespec t;

    check(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return t.tv_sec;
}

static bool make_key(struct tls_ticket_key *key)
{
    key->made_at_s = now_s();
    key->set = RAND_bytes(key->name, sizeof key->name) == 1 &&
               RAND_priv_bytes(key->aes, sizeof key->aes) == 1 &&
               RAND_priv_bytes(key->hmac, sizeof key->hmac) == 1;
    return key->set;
}

/* A copy of the key that makes tickets now. */
static bool current_key(struct tls_tickets *tickets, struct tls_ticket_key *key)
{
    bool found = true;

    pthread_mutex_lock(&tickets->lock);
    if (!tickets->keys[0].set || now_s() - tickets->keys[0].made_at_s >= LIFE_S) {
        tickets->keys[1] = tickets->keys[0];
        found = make_key(&tickets->keys[0]);
    }
    *key = tickets->keys[0];
    pthread_mutex_unlock(&tickets->lock);
    return found;
}

static int find_key(struct tls_tickets *tickets, const uint8_t name[16], struct tls_ticket_key *key)
{
    int found = TICKET_UNKNOWN;

    pthread_mutex_lock(&tickets->lock);
    for (int i = 0; i < 2 && found == TICKET_UNKNOWN; i++) {
        int64_t age = now_s() - tickets->keys[i].made_at_s;
        if (!tickets->keys[i].set || age >= 2 * (int64_t)LIFE_S ||
            memcmp(tickets->keys[i].name, name, sizeof tickets->keys[i].name) != 0)
            continue;
        *key = tickets->keys[i];
        found = age < LIFE_S ? TICKET_GOOD : TICKET_RENEW;
    }
    pthread_mutex_unlock(&tickets->lock);
    return found;
}

static bool set_mac(EVP_MAC_CTX *mac, struct tls_ticket_key *key)
{
    char digest[] = "sha256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->hmac, sizeof key->hmac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* OpenSSL says which parameters. */
// NOLINTNEXTLINE(readability-function-size)
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int making)
{
    struct tls_tickets *tickets = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    struct tls_ticket_key key;
    int found = TICKET_GOOD;
    bool ready;

    if (making) {
        if (!current_key(tickets, &key) || RAND_bytes(iv, 16) != 1)
            return TICKET_ERROR;
        memcpy(name, key.name, sizeof key.name);
    } else {
        found = find_key(tickets, name, &key);
        if (found == TICKET_UNKNOWN)
            return found;
    }
    ready = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.aes, iv, making) == 1 &&
            set_mac(mac, &key);
    OPENSSL_cleanse(&key, sizeof key);
    return ready ? found : TICKET_ERROR;
}

void tls_tickets_init(struct tls_tickets *tickets)
{
    *tickets = (struct tls_tickets){ 0 };
    check(pthread_mutex_init(&tickets->lock, NULL) == 0);
}

void tls_tickets_fini(struct tls_tickets *tickets)
{
    OPENSSL_cleanse(tickets->keys, sizeof tickets->keys);
    check(pthread_mutex_destroy(&tickets->lock) == 0);
}

void tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *ctx)
{
    check(SSL_CTX_set_app_data(ctx, tickets) == 1);
    check(SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1);
}
