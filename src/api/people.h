/* people.h: what the handlers about people and logins share. */
#pragma once
#include "api/request.h"

enum { LINK_HOURS = 24 };

/* Ends the person's logins, but for one (0: all). */
void person_end_logins(struct turn *turn, int64_t person, int64_t but);
/* Argon2id on a reader thread. ERR_LATER until it is done. */
MUST_CHECK enum err person_hash_password(struct turn *turn, struct str password, struct str *hash);
MUST_CHECK enum err person_check_password(struct turn *turn, struct str password, struct str hash,
                                          bool *fits);
