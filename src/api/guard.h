/* guard.h: who asks, and whether this door and this page may. */
#pragma once
#include "api/request.h"

enum { KEY_SECRET_LEN = 32, COOKIE_SECRET_LEN = 32, LINK_SECRET_LEN = 32 };

/* Finds out who asks: sets turn->actor, request->role and login. ERR_LOGIN: nobody that we know.
 * Reads memory only. */
MUST_CHECK enum err guard_identify(struct turn *turn, struct request *request);
/* Is a change by a cookie asked for by our own pages? ERR_DENIED. */
MUST_CHECK enum err guard_origin(struct request *request);

/* A secret that names its row: PREFIX ID "_" SECRET. `hash` is what is stored. */
struct str bearer_make(struct arena *arena, const char *prefix, int64_t id, uint32_t secret_len,
                       uint8_t hash[SHA256_BYTES]);
/* The id in it; 0: none. */
int64_t bearer_id(struct str text, const char *prefix);
/* Does its hash equal the stored one? Constant time. */
bool bearer_fits(struct str text, struct str hash);

#define BEARER_KEY    "voltd_"
#define BEARER_COOKIE "c"
#define BEARER_LINK   "l"

/* May people log in over this connection: TLS, or the machine itself? */
bool guard_is_confidential(const struct request *request);
/* The Set-Cookie that starts a login (empty secret: that ends it). */
struct str guard_cookie(struct turn *turn, const struct request *request, struct str secret,
                        int64_t age_s);
