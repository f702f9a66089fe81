#include "access/secret.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/random.h>

void secret_random(void *bytes, size_t len)
{
    uint8_t *at = bytes;

    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        check(got > 0);
        at += got;
        len -= (size_t)got;
    }
}

void secret_make(struct secret *secret, uint32_t len)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    enum { LETTERS = sizeof alphabet - 1, FAIR = 256 / LETTERS * LETTERS };

    check(len <= SECRET_TEXT_MAX);
    for (secret->len = 0; secret->len < len;) {
        uint8_t bytes[64];
        secret_random(bytes, sizeof bytes);
        /* Bytes from FAIR on would make the first letters likelier. */
        for (size_t i = 0; i < sizeof bytes && secret->len < len; i++)
            if (bytes[i] < FAIR)
                secret->text[secret->len++] = alphabet[bytes[i] % LETTERS];
        secret_wipe_bytes(bytes, sizeof bytes);
    }
    secret->text[len] = '\0';
}

void secret_wipe(struct secret *secret)
{
    secret_wipe_bytes(secret, sizeof *secret);
}

void secret_wipe_bytes(void *bytes, size_t len)
{
    OPENSSL_cleanse(bytes, len);
}

bool secret_equal(struct str a, struct str b)
{
    return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

void sha256(struct str text, uint8_t out[SHA256_BYTES])
{
    check(EVP_Digest(text.ptr, text.len, out, NULL, EVP_sha256(), NULL) == 1);
}

void hmac_sha256(struct str key, struct str first, struct str second, uint8_t out[SHA256_BYTES])
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                  OSSL_PARAM_construct_end() };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    size_t len = 0;

    check(ctx != NULL);
    check(EVP_MAC_init(ctx, (const unsigned char *)key.ptr, key.len, params) == 1);
    check(EVP_MAC_update(ctx, (const unsigned char *)first.ptr, first.len) == 1);
    check(EVP_MAC_update(ctx, (const unsigned char *)second.ptr, second.len) == 1);
    check(EVP_MAC_final(ctx, out, &len, SHA256_BYTES) == 1);
    check(len == SHA256_BYTES);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
}
