#include "net/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

struct tls_client {
    SSL *ssl;
    BIO *in, *out; /* the SSL's own */
    BIO *waiting;  /* plain text, until the handshake is done */
};

struct tls_client_config {
    SSL_CTX *ctx;
};

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    return text ? text : "not usable";
}

struct tls_client_config *tls_client_config_new(const char *ca_file, struct buf *why)
{
    struct tls_client_config *config = calloc(1, sizeof *config);

    ERR_clear_error();
    if (config)
        config->ctx = SSL_CTX_new(TLS_client_method());
    if (!config || !config->ctx) {
        buf_put(why, STR("no memory for TLS"));
        free(config);
        return NULL;
    }
    check(SSL_CTX_set_min_proto_version(config->ctx, TLS1_2_VERSION) == 1);
    (void)SSL_CTX_set_mode(config->ctx, SSL_MODE_RELEASE_BUFFERS); /* gives back what is set */
    if (!ca_file)
        return config;
    if (SSL_CTX_load_verify_locations(config->ctx, ca_file, NULL) != 1) {
        buf_printf(why, "CA certificates %s: %s", ca_file, reason());
        tls_client_config_free(config);
        return NULL;
    }
    SSL_CTX_set_verify(config->ctx, SSL_VERIFY_PEER, NULL);
    return config;
}

void tls_client_config_free(struct tls_client_config *config)
{
    if (config)
        SSL_CTX_free(config->ctx);
    free(config);
}

/* The name to ask for and to find in the certificate: RFC 6066 §3 has no addresses, RFC 6125 does.
 */
static bool set_host(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *wanted = SSL_get0_param(ssl);
    char name[256]; /* RFC 1035 §2.3.4; OpenSSL wants one that is not const, and copies it */

    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1)
        return true;
    ERR_clear_error();
    text_printf(name, sizeof name, "%s", host);
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1 &&
           SSL_set1_host(ssl, host) == 1;
}

struct tls_client *tls_client_new(const struct tls_client_config *config, const char *host)
{
    struct tls_client *tls = calloc(1, sizeof *tls);

    if (!tls)
        return NULL;
    tls->ssl = SSL_new(config->ctx);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    tls->waiting = BIO_new(BIO_s_mem());
    if (!tls->ssl || !tls->in || !tls->out || !tls->waiting || !set_host(tls->ssl, host)) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        BIO_free(tls->waiting);
        SSL_free(tls->ssl);
        free(tls);
        return NULL;
    }
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_connect_state(tls->ssl);
    return tls;
}

void tls_client_free(struct tls_client *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    BIO_free(tls->waiting);
    free(tls);
}

static bool is_over(const struct tls_client *tls, int result)
{
    return SSL_get_error(tls->ssl, result) != SSL_ERROR_WANT_READ;
}

/* A memory BIO takes all or nothing, so what it took is on its way. */
static bool send_waiting(struct tls_client *tls)
{
    char *ptr;
    long len = BIO_get_mem_data(tls->waiting, &ptr);
    size_t put = 0;

    if (len <= 0)
        return true;
    if (SSL_write_ex(tls->ssl, ptr, (size_t)len, &put) != 1 || put != (size_t)len)
        return false;
    return BIO_reset(tls->waiting) == 1;
}

/* Goes on with the handshake. False: it is over. */
static bool advance(struct tls_client *tls)
{
    int result;

    ERR_clear_error();
    if (SSL_is_init_finished(tls->ssl))
        return send_waiting(tls);
    result = SSL_do_handshake(tls->ssl);
    if (result == 1)
        return send_waiting(tls);
    return !is_over(tls, result);
}

bool tls_client_write(struct tls_client *tls, const char *ptr, size_t len)
{
    size_t put = 0;

    return len == 0 ||
           (BIO_write_ex(tls->waiting, ptr, len, &put) == 1 && put == len && advance(tls));
}

bool tls_client_put(struct tls_client *tls, const char *ptr, size_t len)
{
    size_t put = 0;

    return BIO_write_ex(tls->in, ptr, len, &put) == 1 && put == len && advance(tls);
}

int tls_client_read(struct tls_client *tls, char *ptr, size_t cap)
{
    int got;

    if (!SSL_is_init_finished(tls->ssl))
        return 0;
    ERR_clear_error();
    got = SSL_read(tls->ssl, ptr, cap > INT32_MAX ? INT32_MAX : (int)cap);
    if (got > 0)
        return got;
    return is_over(tls, got) ? -1 : 0;
}

size_t tls_client_take(struct tls_client *tls, char *ptr, size_t cap)
{
    size_t got = 0;

    return BIO_read_ex(tls->out, ptr, cap, &got) == 1 ? got : 0;
}
