/* tls_doors.c: one SSL_CTX a door. OCPP 2.0.1 A00.FR.313-321: TLS 1.2 and later, no compression,
 * four suites; the two of them without forward secrecy stay off the HTTPS door. */
#include "net/tls_doors.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/tls_ticket.h"

#define MODERN_SUITES                                                                        \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"                           \
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:" \
    "ECDHE-RSA-CHACHA20-POLY1305"
/* TLS_RSA_WITH_AES_128_GCM_SHA256 and TLS_RSA_WITH_AES_256_GCM_SHA384: A00.FR.318. */
#define OCPP_SUITES MODERN_SUITES ":AES128-GCM-SHA256:AES256-GCM-SHA384"

enum { TICKET_LIFE_S = 86400, CHAIN_DEPTH_MAX = 5 };

struct tls_doors {
    pthread_mutex_t lock; /* for ctx: reload may replace it */
    SSL_CTX *ctx[NET_DOOR_COUNT];
    uint32_t wanted;
    struct tls_tickets tickets;
};

/* What went wrong, from OpenSSL's queue. */
static enum err say(const char *what, const char *file, char *why, size_t why_cap)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    (void)snprintf(why, why_cap, "%s %s: %s", what, file, reason ? reason : "not usable");
    ERR_clear_error();
    return ERR_USAGE;
}

static enum err add_certificate(SSL_CTX *ctx, const struct net_certificate *certificate, int *kind,
                                char *why, size_t why_cap)
{
    if (SSL_CTX_use_certificate_chain_file(ctx, certificate->chain_file) != 1)
        return say("certificate", certificate->chain_file, why, why_cap);
    if (SSL_CTX_use_PrivateKey_file(ctx, certificate->key_file, SSL_FILETYPE_PEM) != 1)
        return say("key", certificate->key_file, why, why_cap);
    if (SSL_CTX_check_private_key(ctx) != 1)
        return say("key", certificate->key_file, why, why_cap);
    *kind = EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(ctx));
    return ERR_NONE;
}

static bool is_there(const struct net_certificate *certificate)
{
    return certificate->chain_file && certificate->key_file;
}

static enum err add_certificates(SSL_CTX *ctx, const struct net_certificate certificates[2],
                                 char *why, size_t why_cap)
{
    int kinds[2] = { 0 };
    enum err err = ERR_NONE;
    uint32_t count = 0;

    for (size_t i = 0; i < COUNT(kinds) && err == ERR_NONE; i++) {
        if (!is_there(&certificates[i]))
            continue;
        err = add_certificate(ctx, &certificates[i], &kinds[i], why, why_cap);
        count++;
    }
    if (err != ERR_NONE)
        return err;
    if (count == 0) {
        (void)snprintf(why, why_cap,
                       "a TLS door needs a certificate and its key: `voltd cert self-signed` makes "
                       "them for a first try");
        return ERR_USAGE;
    }
    if (kinds[0] == kinds[1] && count == 2) {
        (void)snprintf(why, why_cap, "%s and %s have the same kind of key: one ECDSA, one RSA",
                       certificates[0].chain_file, certificates[1].chain_file);
        return ERR_USAGE;
    }
    return ERR_NONE;
}

/* A ticket stands for a certificate that was checked against the CAs of its day: with other CAs,
 * after a reload or a restart, it is checked anew. */
static bool bind_tickets_to_cas(SSL_CTX *ctx)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));
    EVP_MD_CTX *all = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    bool good = all && EVP_DigestInit_ex(all, EVP_sha256(), NULL) == 1;

    for (int i = 0; good && i < sk_X509_OBJECT_num(objects); i++) {
        const X509 *ca = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (ca)
            good = X509_digest(ca, EVP_sha256(), digest, &len) == 1 &&
                   EVP_DigestUpdate(all, digest, len) == 1;
    }
    good = good && EVP_DigestFinal_ex(all, digest, &len) == 1 &&
           SSL_CTX_set_session_id_context(ctx, digest, len) == 1;
    EVP_MD_CTX_free(all);
    return good;
}

/* RFC 5280 path check of the station's certificate: A00.FR.403. */
static enum err demand_client(SSL_CTX *ctx, const struct net_tls_config *config, char *why,
                              size_t why_cap)
{
    STACK_OF(X509_NAME) * names;

    if (!config->client_ca_file) {
        (void)snprintf(why, why_cap,
                       "ocpp.mtls_listen needs a file of CA certificates for stations");
        return ERR_USAGE;
    }
    names = SSL_load_client_CA_file(config->client_ca_file);
    if (!names || SSL_CTX_load_verify_locations(ctx, config->client_ca_file, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return say("CA certificates", config->client_ca_file, why, why_cap);
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(ctx, CHAIN_DEPTH_MAX);
    return bind_tickets_to_cas(ctx) ? ERR_NONE : ERR_FULL;
}

static void set_protocol(SSL_CTX *ctx, enum net_door door)
{
    /* A ticket of one door is no good at another. */
    const unsigned char context[] = { 'v', (unsigned char)door };

    check(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE |
                                       SSL_OP_PRIORITIZE_CHACHA);  /* gives back what is set */
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);         /* the same */
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* the one before */
    (void)SSL_CTX_set_timeout(ctx, TICKET_LIFE_S);                 /* the same */
    check(SSL_CTX_set_num_tickets(ctx, door == NET_DOOR_HTTPS ? 2 : 1) == 1);
    check(SSL_CTX_set_cipher_list(ctx, door == NET_DOOR_HTTPS ? MODERN_SUITES : OCPP_SUITES) == 1);
    char groups[] = "X25519:P-256:P-384"; /* OpenSSL's macro casts const away */
    check(SSL_CTX_set1_groups_list(ctx, groups) == 1);
    check(SSL_CTX_set_session_id_context(ctx, context, sizeof context) == 1);
}

/* NULL: why says, or memory is out. */
static SSL_CTX *make_ctx(struct tls_doors *doors, enum net_door door,
                         const struct net_tls_config *config, char *why, size_t why_cap)
{
    bool own = door == NET_DOOR_HTTPS && (is_there(&config->https_certificates[0]) ||
                                          is_there(&config->https_certificates[1]));
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    enum err err;

    if (!ctx)
        return NULL;
    set_protocol(ctx, door);
    tls_tickets_use(&doors->tickets, ctx);
    err = add_certificates(ctx, own ? config->https_certificates : config->certificates, why,
                           why_cap);
    if (err == ERR_NONE && door == NET_DOOR_OCPP_MTLS)
        err = demand_client(ctx, config, why, why_cap);
    if (err == ERR_NONE)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

enum err tls_doors_reload(struct tls_doors *doors, const struct net_tls_config *config, char *why,
                          size_t why_cap)
{
    SSL_CTX *made[NET_DOOR_COUNT] = { NULL };
    enum err err = ERR_NONE;

    ERR_clear_error();
    why[0] = '\0';
    for (int i = 0; i < NET_DOOR_COUNT && err == ERR_NONE; i++) {
        if (!(doors->wanted & 1u << i))
            continue;
        made[i] = make_ctx(doors, (enum net_door)i, config, why, why_cap);
        if (!made[i])
            err = why[0] ? ERR_USAGE : ERR_FULL;
    }
    pthread_mutex_lock(&doors->lock);
    for (int i = 0; i < NET_DOOR_COUNT && err == ERR_NONE; i++) {
        SSL_CTX *old = doors->ctx[i];
        doors->ctx[i] = made[i];
        made[i] = old;
    }
    pthread_mutex_unlock(&doors->lock);
    for (int i = 0; i < NET_DOOR_COUNT; i++)
        SSL_CTX_free(made[i]); /* connections that use it keep it */
    return err;
}

enum err tls_doors_open(const struct net_config *config, uint32_t wanted, struct tls_doors **out,
                        char *why, size_t why_cap)
{
    struct tls_doors *doors = calloc(1, sizeof *doors);
    enum err err;

    if (!doors)
        return ERR_FULL;
    doors->wanted = wanted;
    err = tls_tickets_init(&doors->tickets, config->ticket_file);
    if (err != ERR_NONE) {
        free(doors);
        return err;
    }
    check(pthread_mutex_init(&doors->lock, NULL) == 0);
    err = tls_doors_reload(doors, &config->tls, why, why_cap);
    if (err != ERR_NONE) {
        tls_doors_close(doors);
        return err;
    }
    *out = doors;
    return ERR_NONE;
}

bool tls_doors_tickets_due(struct tls_doors *doors)
{
    return tls_tickets_due(&doors->tickets);
}

enum err tls_doors_turn_tickets(struct tls_doors *doors, char *why, size_t why_cap)
{
    return tls_tickets_turn(&doors->tickets, why, why_cap);
}

SSL *tls_doors_new_ssl(struct tls_doors *doors, enum net_door door)
{
    SSL *ssl;

    pthread_mutex_lock(&doors->lock);
    ssl = SSL_new(doors->ctx[door]);
    pthread_mutex_unlock(&doors->lock);
    return ssl;
}

void tls_doors_close(struct tls_doors *doors)
{
    if (!doors)
        return;
    for (int i = 0; i < NET_DOOR_COUNT; i++)
        SSL_CTX_free(doors->ctx[i]);
    tls_tickets_fini(&doors->tickets);
    check(pthread_mutex_destroy(&doors->lock) == 0);
    free(doors);
}
