/* selfsigned.c: X.509 with OpenSSL. */
#include "net/selfsigned.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAMES_MAX = 4096, DAYS_DEFAULT = 825, SERIAL_BITS = 127, RSA_BITS = 2048 };

/* --- who it is for --- */

static bool is_address(const char *text)
{
    struct in6_addr any;

    return inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1;
}

static void add_name(struct buf *names, const char *name)
{
    if (!name || name[0] == '\0' || strchr(name, ','))
        return;
    buf_printf(names, "%s%s:%s", names->len ? "," : "", is_address(name) ? "IP" : "DNS", name);
}

static void add_own_addresses(struct buf *names)
{
    struct ifaddrs *all = NULL;

    if (getifaddrs(&all) != 0)
        return; /* then without them */
    for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
        char text[INET6_ADDRSTRLEN];
        const void *bytes = NULL;
        if (!one->ifa_addr || (one->ifa_flags & IFF_LOOPBACK))
            continue;
        if (one->ifa_addr->sa_family == AF_INET)
            bytes = &((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr;
        else if (one->ifa_addr->sa_family == AF_INET6)
            bytes = &((const struct sockaddr_in6 *)(const void *)one->ifa_addr)->sin6_addr;
        if (bytes && inet_ntop(one->ifa_addr->sa_family, bytes, text, sizeof text))
            add_name(names, text);
    }
    freeifaddrs(all);
}

static const char *host_name(char *memory, size_t cap)
{
    if (gethostname(memory, cap) != 0)
        return "localhost";
    memory[cap - 1] = '\0';
    return memory;
}

static bool add_extension(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    bool added = extension && X509_add_ext(certificate, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return added;
}

/* --- the certificate --- */

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool set = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
               BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

    BN_free(number);
    return set;
}

static bool set_subject(X509 *certificate, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(certificate);

    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                      -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)"voltd",
                                      -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1;
}

static bool fill(X509 *certificate, EVP_PKEY *key, const struct selfsigned *wanted)
{
    char host[256], memory[NAMES_MAX];
    const char *name = wanted->name ? wanted->name : host_name(host, sizeof host);
    uint32_t days = wanted->days ? wanted->days : DAYS_DEFAULT;
    struct buf names;

    buf_init(&names, memory, sizeof memory - 1);
    add_name(&names, "localhost");
    add_name(&names, "127.0.0.1");
    add_name(&names, "::1");
    if (strcmp(name, "localhost") != 0)
        add_name(&names, name);
    for (uint32_t i = 0; i < wanted->other_count; i++)
        add_name(&names, wanted->others[i]);
    add_own_addresses(&names);
    if (names.overflow)
        return false;
    memory[names.len] = '\0';
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), (long)days * 86400) &&
           X509_set_pubkey(certificate, key) == 1 && set_subject(certificate, name) &&
           add_extension(certificate, NID_subject_alt_name, memory) &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(certificate, NID_key_usage,
                         wanted->rsa ? "critical,digitalSignature,keyEncipherment,keyCertSign"
                                     : "critical,digitalSignature,keyCertSign") &&
           X509_sign(certificate, key, EVP_sha256()) != 0;
}

/* --- files --- */

static FILE *create(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (!file && fd >= 0)
        close(fd);
    return file;
}

static enum err say_file(const char *path, char *why, size_t why_cap)
{
    bool exists = errno == EEXIST;

    (void)snprintf(why, why_cap, "%s: %s", path,
                   exists ? "is there already. Remove it first, or choose another place"
                          : strerrordesc_np(errno));
    return exists ? ERR_EXISTS : ERR_OS;
}

static bool write_all(FILE *chain, FILE *secret, X509 *certificate, EVP_PKEY *key)
{
    bool written = PEM_write_X509(chain, certificate) == 1 &&
                   PEM_write_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) == 1;
    bool chain_closed = fclose(chain) == 0, secret_closed = fclose(secret) == 0;

    return written && chain_closed && secret_closed;
}

static enum err store(const struct selfsigned *wanted, X509 *certificate, EVP_PKEY *key, char *why,
                      size_t why_cap)
{
    FILE *secret = create(wanted->key_file, 0600), *chain;

    if (!secret)
        return say_file(wanted->key_file, why, why_cap);
    chain = create(wanted->chain_file, 0644);
    if (!chain) {
        enum err err = say_file(wanted->chain_file, why, why_cap);
        (void)fclose(secret); /* it is empty, and goes */
        (void)unlink(wanted->key_file);
        return err;
    }
    if (write_all(chain, secret, certificate, key))
        return ERR_NONE;
    (void)snprintf(why, why_cap, "%s: %s", wanted->chain_file, strerrordesc_np(errno));
    (void)unlink(wanted->key_file); /* half a pair is none */
    (void)unlink(wanted->chain_file);
    return ERR_OS;
}

enum err selfsigned_make(const struct selfsigned *wanted, char *why, size_t why_cap)
{
    EVP_PKEY *key = wanted->rsa ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    enum err err = ERR_USAGE;

    ERR_clear_error();
    if (key && certificate && fill(certificate, key, wanted)) {
        err = store(wanted, certificate, key, why, why_cap);
    } else {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        (void)snprintf(why, why_cap, "the certificate could not be made: %s",
                       reason ? reason : "too many names");
        ERR_clear_error();
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return err;
}
