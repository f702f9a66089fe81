/* ticket_keys.h: which keys make and take TLS session tickets, by their age. Pure: no clock, no
 * file, no random source; tls_ticket.h gives it those.
 *
 * A key makes tickets for twelve hours and takes them for twelve more, so a ticket lives for at
 * least twelve and at most twenty-four (RFC 5077 §5.5: keys change often, and are random). There
 * are never more than two.
 *
 * Ages are told by a clock that nobody sets (monotonic seconds). In the form that outlives the
 * process they are UTC seconds, since the other clock starts anew with the machine.
 */
#pragma once
#include "base/base.h"

enum {
    TICKET_KEY_LIFE_S = 12 * 3600, /* makes tickets; takes them for twice as long */
    TICKET_KEYS_BYTES = 8 + 2 * (8 + 16 + 32 + 32),
};

struct ticket_key {
    uint8_t name[16];  /* stands in the ticket, in clear */
    uint8_t aes[32];   /* AES-256-CBC */
    uint8_t hmac[32];  /* HMAC-SHA-256 */
    int64_t made_at_s; /* monotonic; may lie before 0 */
    bool set;          /* else nothing above counts */
};

struct ticket_keys {
    struct ticket_key now, before; /* the one that makes tickets, and the one it came after */
};

enum ticket_verdict {
    TICKET_UNKNOWN, /* no such key, or its time is over: a full handshake */
    TICKET_GOOD,
    TICKET_RENEW, /* good, and the peer gets a newer ticket */
};

/* Is there no key that may make tickets at `now_s`? */
bool ticket_keys_due(const struct ticket_keys *keys, int64_t now_s);
/* `made` makes tickets from here on; the oldest key is gone. */
void ticket_keys_turn(struct ticket_keys *keys, const struct ticket_key *made);
/* The key of this name; `key` is written unless TICKET_UNKNOWN. It is a secret: wipe it. */
enum ticket_verdict ticket_keys_find(const struct ticket_keys *keys, const uint8_t name[16],
                                     int64_t now_s, struct ticket_key *key);

/* The keys as bytes. `utc_s` is the same moment as `now_s`. The bytes are a secret. */
void ticket_keys_write(const struct ticket_keys *keys, int64_t now_s, int64_t utc_s,
                       uint8_t bytes[TICKET_KEYS_BYTES]);
/* Keys from such bytes; those whose time is over, or that were made in the future (a clock that was
 * set back), are left out. False: these are no keys, and `keys` holds none. */
bool ticket_keys_read(const uint8_t *bytes, size_t len, int64_t now_s, int64_t utc_s,
                      struct ticket_keys *keys);
