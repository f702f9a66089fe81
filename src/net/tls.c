/* tls.c: OpenSSL between socket and HTTP.
 *
 * Its BIO stores nothing: it reads from the bytes that the loop has just read, and writes into a
 * buffer of the loop, which is sent when OpenSSL returns (also after a handshake that failed: the
 * alert). Traps: ERR_clear_error before each call, since the queue belongs to the thread; and
 * SSL_MODE_RELEASE_BUFFERS, or each idle connection keeps 32 KiB.
 */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "net/http_conn.h"
#include "net/tls_doors.h"

enum {
    RECORD = 1 << 14,     /* the most that one record carries */
    SEND_AT = 1 << 16,    /* bytes written that are sent before more is encrypted */
    OUT_KEPT = 1 << 17,   /* a larger buffer is given back */
    READS_A_ROUND = 1024, /* more records than a read buffer can hold */
};

struct tls_wire {
    const char *in; /* what the socket gave and OpenSSL has not taken */
    size_t in_len;
    char *out; /* what OpenSSL gave and the socket has not */
    size_t out_len, out_cap;
    char plain_in[RECORD], plain_out[RECORD];
};

/* --- the BIO --- */

static int bio_read(BIO *bio, char *memory, size_t len, size_t *got)
{
    struct tls_wire *wire = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    *got = wire->in_len < len ? wire->in_len : len;
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(memory, wire->in, *got);
    wire->in += *got;
    wire->in_len -= *got;
    return 1;
}

static int bio_write(BIO *bio, const char *memory, size_t len, size_t *put)
{
    struct tls_wire *wire = BIO_get_data(bio);
    size_t cap = wire->out_cap ? wire->out_cap : SEND_AT + 2 * RECORD;
    char *grown;

    BIO_clear_retry_flags(bio);
    while (cap < wire->out_len + len)
        cap *= 2;
    if (cap != wire->out_cap) {
        grown = realloc(wire->out, cap);
        if (!grown)
            return 0;
        wire->out = grown;
        wire->out_cap = cap;
    }
    memcpy(wire->out + wire->out_len, memory, len);
    wire->out_len += len;
    *put = len;
    return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

static BIO_METHOD *method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
    check(method && BIO_meth_set_read_ex(method, bio_read) == 1 &&
          BIO_meth_set_write_ex(method, bio_write) == 1 &&
          BIO_meth_set_ctrl(method, bio_ctrl) == 1);
}

static struct tls_wire *wire_of(struct loop *loop)
{
    if (!loop->tls_wire)
        loop->tls_wire = calloc(1, sizeof *loop->tls_wire);
    return loop->tls_wire;
}

bool tls_begin(struct conn *conn)
{
    struct tls_wire *wire = wire_of(conn->loop);
    SSL *ssl = tls_doors_new_ssl(conn->loop->net->tls, (enum net_door)conn->door);
    BIO *bio;

    check(pthread_once(&method_once, make_method) == 0);
    bio = wire && ssl ? BIO_new(method) : NULL;
    if (!bio) {
        SSL_free(ssl);
        return false;
    }
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    conn->tls = ssl;
    return true;
}

void tls_free(struct conn *conn)
{
    SSL_free(conn->tls);
    conn->tls = NULL;
}

void tls_wire_free(struct tls_wire *wire)
{
    if (!wire)
        return;
    free(wire->out);
    free(wire);
}

/* --- out --- */

/* Sends what OpenSSL wrote. False: the connection died. */
static bool send_out(struct conn *conn)
{
    struct tls_wire *wire = conn->loop->tls_wire;
    const struct out_part part = { .bytes = { wire->out, (uint32_t)wire->out_len } };
    bool alive;

    if (wire->out_len == 0)
        return true;
    wire->out_len = 0;
    alive = conn_write_raw(conn, &part, 1);
    if (wire->out_cap > OUT_KEPT) {
        free(wire->out);
        wire->out = NULL;
        wire->out_cap = 0;
    }
    return alive;
}

static bool seal(struct conn *conn, const char *ptr, size_t len)
{
    size_t put = 0;

    ERR_clear_error();
    if (SSL_write_ex(conn->tls, ptr, len, &put) != 1 || put != len) {
        conn->loop->tls_wire->out_len = 0; /* the buffer belongs to the next one */
        conn_drop(conn, WS_NO_CLOSE, "encryption failed");
        return false;
    }
    return conn->loop->tls_wire->out_len < SEND_AT || send_out(conn);
}

/* Parts are put together, so that a frame's head and its payload are one record. */
bool tls_write(struct conn *conn, const struct out_part *parts, uint32_t count)
{
    struct tls_wire *wire = conn->loop->tls_wire;
    size_t len = 0;

    if (conn->state == CONN_DEAD)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct str rest = parts[i].bytes;
        while (rest.len != 0) {
            uint32_t take = rest.len < RECORD - len ? rest.len : (uint32_t)(RECORD - len);
            memcpy(wire->plain_out + len, rest.ptr, take);
            rest = str_from(rest, take);
            len += take;
            if (len == RECORD && !seal(conn, wire->plain_out, len))
                return false;
            len %= RECORD;
        }
    }
    return (len == 0 || seal(conn, wire->plain_out, len)) && send_out(conn);
}

void tls_say_goodbye(struct conn *conn)
{
    if (!SSL_is_init_finished(conn->tls))
        return;
    ERR_clear_error();
    (void)SSL_shutdown(conn->tls); /* 0: the peer has not said so too, which is not waited for */
    (void)send_out(conn);          /* dead: the caller looks */
}

/* --- the peer's certificates --- */

static bool put_certificate(BIO *text, X509 *certificate)
{
    return certificate && PEM_write_bio_X509(text, certificate) == 1;
}

static char *text_of(BIO *text)
{
    char *bytes, *copy;
    long len = BIO_get_mem_data(text, &bytes);

    copy = len > 0 ? malloc((size_t)len + 1) : NULL;
    if (copy) {
        memcpy(copy, bytes, (size_t)len);
        copy[len] = '\0';
    }
    return copy;
}

static void empty(STACK_OF(X509) * chain)
{
    while (chain && sk_X509_num(chain) > 0)
        X509_free(sk_X509_pop(chain));
}

/* Whose certificate it is, by the only common name that its subject has. */
static void name_owner(X509 *certificate, char common_name[NET_COMMON_NAME_MAX + 1])
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char *text = NULL;
    int len;

    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return;
    len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (len > 0 && len <= NET_COMMON_NAME_MAX && !memchr(text, '\0', (size_t)len)) {
        memcpy(common_name, text, (size_t)len);
        common_name[len] = '\0';
    }
    OPENSSL_free(text);
}

/* Passes the chain up, and frees it: it was checked, and an idle connection need not keep it. A
 * resumed session has only the station's own certificate. */
static bool keep_chain(struct conn *conn)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(conn->tls);
    BIO *text = BIO_new(BIO_s_mem());
    bool good = text != NULL;

    if (chain && sk_X509_num(chain) > 0)
        for (int i = 0; i < sk_X509_num(chain) && good; i++)
            good = put_certificate(text, sk_X509_value(chain, i));
    else
        good = good && put_certificate(text, SSL_get0_peer_certificate(conn->tls));
    if (good) {
        conn->http->chain_pem = text_of(text);
        name_owner(SSL_get0_peer_certificate(conn->tls), conn->http->peer.common_name);
    }
    BIO_free(text);
    empty(chain);
    empty(SSL_get_peer_cert_chain(conn->tls));
    return conn->http->chain_pem != NULL;
}

/* --- in --- */

static void on_handshake(struct conn *conn)
{
    conn->state = CONN_HTTP;
    if (conn->door == NET_DOOR_OCPP_MTLS && !keep_chain(conn)) {
        conn_drop(conn, WS_NO_CLOSE, "no client certificate");
        return;
    }
    loop_deadline(conn, conn->loop->net->config.head_deadline_s * 1000);
}

static void on_failure(struct conn *conn)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    loop_note(conn->loop, NET_NOTE_TLS_FAILED, "TLS handshake with %s failed: %s",
              http_conn_peer(conn), reason ? reason : "it ended early");
    if (!send_out(conn))
        return;
    tls_free(conn); /* after a failure it has no goodbye to say */
    conn_end(conn);
}

/* False: nothing can be read now. */
static bool shake_hands(struct conn *conn)
{
    int result;

    ERR_clear_error();
    result = SSL_accept(conn->tls);
    if (result == 1) {
        on_handshake(conn);
        return conn->state == CONN_HTTP;
    }
    if (SSL_get_error(conn->tls, result) != SSL_ERROR_WANT_READ)
        on_failure(conn);
    return false;
}

/* False: no more now. */
static bool decrypt_some(struct conn *conn)
{
    struct tls_wire *wire = conn->loop->tls_wire;
    size_t got = 0;
    int result, reason;

    ERR_clear_error();
    result = SSL_read_ex(conn->tls, wire->plain_in, sizeof wire->plain_in, &got);
    if (result == 1) {
        conn_plain(conn, wire->plain_in, got);
        return conn->state != CONN_DEAD && conn->tls != NULL;
    }
    reason = SSL_get_error(conn->tls, result);
    if (reason == SSL_ERROR_ZERO_RETURN)
        conn_eof(conn);
    else if (reason != SSL_ERROR_WANT_READ)
        conn_drop(conn, WS_NO_CLOSE, "broken TLS");
    return false;
}

void tls_read(struct conn *conn, const char *ptr, size_t len)
{
    struct tls_wire *wire = conn->loop->tls_wire;
    bool more = conn->state != CONN_TLS;

    wire->in = ptr;
    wire->in_len = len;
    if (!more)
        more = shake_hands(conn);
    for (int i = 0; i < READS_A_ROUND && more; i++)
        more = decrypt_some(conn);
    wire->in_len = 0;
    if (conn->state != CONN_DEAD)
        (void)send_out(conn); /* tickets, key updates; dead: nothing follows */
    wire->out_len = 0;
}
