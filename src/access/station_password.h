/* station_password.h: what a station shows in HTTP Basic (security profiles 1 and 2).
 *
 * Stored as HMAC-SHA-256 with a salt of the station and the server's key, not as argon2: ours have
 * 119 bits, so there is nothing to stretch, and thousands of stations come back at once.
 *
 * The same bytes have two forms. 1.6 carries a password as hex digits (AuthorizationKey, security
 * whitepaper ed.3 §3.2) and stations show either those digits or the bytes; 2.x has text. So 32 to
 * 40 hex digits always stand for the bytes that they spell.
 */
#pragma once
#include "access/secret.h"
#include "domain/words.h"

enum {
    STATION_SALT_BYTES = 16,
    STATION_PASSWORD_MADE = 20, /* characters of one that we make; 20 bytes is the most 1.6 takes */
    STATION_PASSWORD_MIN = 16,
};

/* May it be the password of a station that speaks this (PROTOCOL_NONE: not known yet)? NULL, or a
 * sentence that names the rule. Static. */
const char *station_password_flaw(struct str password, enum protocol protocol);

/* The HMAC that is stored. `key` is the server's (key_file.h). */
void station_password_hash(struct str key, struct str salt, struct str password,
                           uint8_t hash[SHA256_BYTES]);
/* Is this the password behind `hash`? Constant time; false where hash is not SHA256_BYTES long. */
bool station_password_fits(struct str key, struct str salt, struct str hash, struct str password);

/* As 1.6 wants it in AuthorizationKey: two hex digits a byte. */
void station_password_hex(struct str password, struct secret *hex);
