/* tls_ticket.c: RFC 5077 §4 as OpenSSL asks for it. */
#include "net/tls_ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_CAP = 4096 };

/* What OpenSSL wants to hear: SSL_CTX_set_tlsext_ticket_key_evp_cb(3). */
enum { SAY_ERROR = -1, SAY_FULL_HANDSHAKE = 0, SAY_GOOD = 1, SAY_RENEW = 2 };

static const int say[] = {
    [TICKET_UNKNOWN] = SAY_FULL_HANDSHAKE,
    [TICKET_GOOD] = SAY_GOOD,
    [TICKET_RENEW] = SAY_RENEW,
};

static int64_t seconds(clockid_t clock)
{
    struct timespec t;

    check(clock_gettime(clock, &t) == 0);
    return t.tv_sec;
}

/* --- the file --- */

/* Closes; false, with errno, when not all of it was written. */
static bool write_all(int fd, const uint8_t bytes[TICKET_KEYS_BYTES])
{
    ssize_t wrote = write(fd, bytes, TICKET_KEYS_BYTES);
    int why = wrote < 0 ? errno : ENOSPC;

    if (close(fd) != 0)
        return false;
    errno = why;
    return wrote == TICKET_KEYS_BYTES;
}

/* No sync: after a power cut there may be an old or an empty file, which costs full handshakes. */
static bool write_file(const char *path, const uint8_t bytes[TICKET_KEYS_BYTES])
{
    char temporary[PATH_CAP];
    bool written;
    int fd, why;

    if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    (void)unlink(temporary); /* of a process that was killed; its mode may be another */
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    written = write_all(fd, bytes) && rename(temporary, path) == 0;
    why = errno;
    if (!written)
        (void)unlink(temporary); /* half a file is of no use to anybody */
    errno = why;
    return written;
}

/* How many bytes there are, at most TICKET_KEYS_BYTES + 1; 0: none to be trusted. */
static size_t read_file(const char *path, uint8_t bytes[TICKET_KEYS_BYTES + 1])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat status;
    ssize_t got = 0;

    if (fd < 0)
        return 0;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        got = read(fd, bytes, TICKET_KEYS_BYTES + 1);
    (void)close(fd); /* was only read */
    return got < 0 ? 0 : (size_t)got;
}

enum err tls_tickets_init(struct tls_tickets *tickets, const char *path)
{
    uint8_t bytes[TICKET_KEYS_BYTES + 1];
    size_t len;

    *tickets = (struct tls_tickets){ 0 };
    if (path) {
        tickets->path = strdup(path);
        if (!tickets->path)
            return ERR_FULL;
        len = read_file(path, bytes);
        (void)ticket_keys_read(bytes, len, seconds(CLOCK_MONOTONIC), seconds(CLOCK_REALTIME),
                               &tickets->keys); /* none: the first turn makes them */
        OPENSSL_cleanse(bytes, sizeof bytes);
    }
    check(pthread_mutex_init(&tickets->lock, NULL) == 0);
    return ERR_NONE;
}

/* --- new keys --- */

bool tls_tickets_due(struct tls_tickets *tickets)
{
    bool due;

    pthread_mutex_lock(&tickets->lock);
    due = ticket_keys_due(&tickets->keys, seconds(CLOCK_MONOTONIC));
    pthread_mutex_unlock(&tickets->lock);
    return due;
}

enum err tls_tickets_turn(struct tls_tickets *tickets, char *why, size_t why_cap)
{
    int64_t now_s = seconds(CLOCK_MONOTONIC);
    struct ticket_key key = { .made_at_s = now_s, .set = true };
    uint8_t bytes[TICKET_KEYS_BYTES];
    bool written;

    if (RAND_bytes(key.name, sizeof key.name) != 1 ||
        RAND_priv_bytes(key.aes, sizeof key.aes) != 1 ||
        RAND_priv_bytes(key.hmac, sizeof key.hmac) != 1) {
        (void)snprintf(why, why_cap, "the random source gives nothing"); /* fits */
        return ERR_OS;
    }
    pthread_mutex_lock(&tickets->lock);
    ticket_keys_turn(&tickets->keys, &key);
    ticket_keys_write(&tickets->keys, now_s, seconds(CLOCK_REALTIME), bytes);
    pthread_mutex_unlock(&tickets->lock);
    written = !tickets->path || write_file(tickets->path, bytes);
    if (!written)
        (void)snprintf(why, why_cap, "%s: %s", tickets->path, strerrordesc_np(errno)); /* cut */
    OPENSSL_cleanse(&key, sizeof key);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return written ? ERR_NONE : ERR_OS;
}

/* --- one ticket --- */

/* A copy of the key that makes tickets; one that is due goes on until it was turned. */
static bool current_key(struct tls_tickets *tickets, struct ticket_key *key)
{
    pthread_mutex_lock(&tickets->lock);
    *key = tickets->keys.now;
    pthread_mutex_unlock(&tickets->lock);
    return key->set;
}

static enum ticket_verdict find_key(struct tls_tickets *tickets, const uint8_t name[16],
                                    struct ticket_key *key)
{
    enum ticket_verdict verdict;

    pthread_mutex_lock(&tickets->lock);
    verdict = ticket_keys_find(&tickets->keys, name, seconds(CLOCK_MONOTONIC), key);
    pthread_mutex_unlock(&tickets->lock);
    return verdict;
}

static bool set_mac(EVP_MAC_CTX *mac, struct ticket_key *key)
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
    enum ticket_verdict verdict = TICKET_GOOD;
    struct ticket_key key;
    bool ready;

    if (making) {
        if (!current_key(tickets, &key) || RAND_bytes(iv, 16) != 1)
            return SAY_ERROR;
        memcpy(name, key.name, sizeof key.name);
    } else {
        verdict = find_key(tickets, name, &key);
        if (verdict == TICKET_UNKNOWN)
            return SAY_FULL_HANDSHAKE;
    }
    ready = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.aes, iv, making) == 1 &&
            set_mac(mac, &key);
    OPENSSL_cleanse(&key, sizeof key);
    return ready ? say[verdict] : SAY_ERROR;
}

void tls_tickets_fini(struct tls_tickets *tickets)
{
    OPENSSL_cleanse(&tickets->keys, sizeof tickets->keys);
    free(tickets->path);
    check(pthread_mutex_destroy(&tickets->lock) == 0);
}

void tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *ctx)
{
    check(SSL_CTX_set_app_data(ctx, tickets) == 1);
    check(SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1);
}
