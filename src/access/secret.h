/* secret.h: bytes that must not leak. Made from the system's random source, compared in constant
 * time, wiped when done. No format for them exists: whoever prints one says so by its name.
 */
#pragma once
#include "base/base.h"

#define SHA256_BYTES 32

/* A secret in text, NUL-terminated. SECRET_TEXT_MAX is longer than any that we make or take. */
enum { SECRET_TEXT_MAX = 256 };
struct secret {
    uint32_t len;
    char text[SECRET_TEXT_MAX + 1];
};

/* Random bytes from the system. Aborts when the system has none: nothing may go on then. */
void secret_random(void *bytes, size_t len);
/* `len` characters of [A-Za-z0-9], each of the 62 as likely as the other: 5.95 bits each. */
void secret_make(struct secret *secret, uint32_t len);
void secret_wipe(struct secret *secret);
/* Do `a` and `b` hold the same bytes? Takes as long for a difference at the start as at the end;
 * lengths are not hidden. */
bool secret_equal(struct str a, struct str b);
/* Wipes any memory, in a way that the compiler keeps. */
void secret_wipe_bytes(void *bytes, size_t len);

static inline struct str secret_str(const struct secret *secret)
{
    return (struct str){ secret->text, secret->len };
}

void sha256(struct str text, uint8_t out[SHA256_BYTES]);
/* HMAC-SHA-256 over first ‖ second. */
void hmac_sha256(struct str key, struct str first, struct str second, uint8_t out[SHA256_BYTES]);
