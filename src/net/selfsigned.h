/* selfsigned.h: a certificate of our own for a first try with TLS. Nobody else trusts it: stations
 * and browsers must be told to. */
#pragma once
#include "base/base.h"

struct selfsigned {
    bool rsa;                  /* RSA 2048; else ECDSA P-256 */
    const char *name;          /* subject CN and a DNS name; NULL: the host's */
    const char *const *others; /* more DNS names and IP addresses */
    uint32_t other_count;
    uint32_t days; /* valid for; 0: 825 */
    const char *chain_file, *key_file;
};

/* Writes both files; the key's is 0600. Valid for localhost, the host's name, its addresses now,
 * and what was asked for. ERR_EXISTS: a file is there already; ERR_OS, ERR_USAGE. `why` says. */
MUST_CHECK enum err selfsigned_make(const struct selfsigned *wanted, char *why, size_t why_cap);
