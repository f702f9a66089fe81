/* auth.h: may this token charge, here and now?
 *
 * Pure: everything it weighs is passed in. Rules: 1.6 §3.5, §4.1, §7.2; 2.0.1 C01, C09. All
 * versions share this verdict.
 */
#pragma once
#include "domain/rows.h"
#include "domain/words.h"

struct auth_question {
    const struct token_row *token; /* NULL: nobody registered it */
    utc_ms now;
    bool accept_unknown;    /* site or station: free vend */
    struct str type;        /* 2.x idToken.type; empty in 1.6 */
    bool starts;            /* a session would begin: the limit of sessions counts */
    uint32_t open_sessions; /* of this token, at stations that are connected */
};

/* The first reason that applies wins: unknown, wrong type, blocked, expired, invalid, too many
 * sessions. */
enum token_status auth_decide(const struct auth_question *question);

/* What a station, its site and the server's default (REFUSE) say of unknown tokens. Either row may
 * be NULL. */
bool auth_accepts_unknown(const struct station_row *station, const struct site_row *site);
