/* password.h: the passwords of people: argon2id. Slow on purpose (some 60 ms, 19 MiB): call it on a
 * reader thread (turn_work), never on the core's.
 */
#pragma once
#include "base/base.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 256, PASSWORD_HASH_CAP = 128 };

/* NULL, or a sentence that names the rule. No rules of composition (ASVS 6.2.5); passwords that
 * everyone tries first, and the name itself, are refused (6.2.4, 6.2.11). Static. */
const char *password_flaw(struct str password, struct str name);
/* The encoded hash, with its parameters and a new salt, NUL-terminated. ERR_FULL: no memory. */
MUST_CHECK enum err password_hash(struct str password, char hash[PASSWORD_HASH_CAP]);
/* Is this the password behind the hash? With an empty hash it takes as long and says no, so that
 * a name that exists cannot be told from one that does not (ASVS 6.3.8). */
bool password_fits(struct str password, struct str hash);
