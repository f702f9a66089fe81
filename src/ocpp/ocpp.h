/* ocpp.h: stations on the wire. Connections and who holds which identity, frames in order, calls
 * out one at a time, signs of life.
 *
 * What a message means is in v16/ and v2x/ (translation) and facts/ (what happens, once for all
 * versions). Everything runs on the core thread.
 */
#pragma once
#include "core/engine.h"
#include "domain/sample.h"
#include "domain/words.h"
#include "ocpp/poison.h"
#include "ocpp/power.h"

enum { IDENTITY_MAX = 48 }; /* 2.0.1 Part 4 §3.1.1 */

/* An identity that tried and is not known. */
struct inbox_entry {
    char identity[IDENTITY_MAX + 1];
    char peer[64];
    char subprotocols[64];
    utc_ms first_at, last_at;
    uint32_t attempts;
    bool tls, has_password;
    uint8_t password_salt[16], password_hash[32]; /* of the last attempt: trust on first use */
};

/* What the rooms above decide for this one. */
struct ocpp_config {
    uint32_t frame_bytes_max;
    uint32_t call_timeout_ms;
    uint32_t calls_waiting_max; /* 0: 64 */
    int64_t lost_after_s;       /* 0: a day; a site may have its own */
    uint32_t ping_interval_ms;
    int64_t heartbeat_interval_s;
    bool onboarding_open;
    struct poison_page *poison; /* see poison.h; NULL: none */
    void *context;
    /* Does the password open this station? *next is its hash when it is one of those that were set
     * on it and not used yet, else empty. */
    bool (*check_password)(void *context, const struct station_row *station, struct str password,
                           struct str *next);
    /* Salt and hash for the inbox. */
    void (*hash_password)(void *context, struct str password, uint8_t salt[16], uint8_t hash[32]);
};

/* station_row.password_next_hash: the hashes of all passwords that were set on the station and may
 * be what it shows next, one behind the other. */
static inline bool password_hash_among(struct str hashes, struct str hash)
{
    while (hash.len && hashes.len >= hash.len) {
        if (str_equal(str_first(hashes, hash.len), hash))
            return true;
        hashes = str_from(hashes, hash.len);
    }
    return false;
}

struct ocpp;

/* Makes the room and puts it under engine->ocpp. */
struct ocpp *ocpp_new(struct engine *engine, const struct ocpp_config *config);
void ocpp_free(struct ocpp *ocpp);
/* For engine_handlers. */
void ocpp_net_event(struct engine *engine, const struct net_event *event); /* of the OCPP doors */
void ocpp_net_ahead(struct engine *engine, conn_id conn, uint32_t events_before); /* the same */
void ocpp_call(struct engine *engine, struct question *question);
void ocpp_send_call(struct engine *engine, const struct call *call, enum err (*then)(struct turn *),
                    int64_t tag);
void ocpp_storage(struct engine *engine, bool works);
/* After engine_load at start: nobody is connected any more; rows and events say so. */
void ocpp_started(struct engine *engine);

/* Live state of a station, for the API. False: not connected. */
struct link_state {
    enum protocol protocol;
    utc_ms connected_at, heard_at;
    bool tls;
    bool fresh; /* something came since it connected */
    uint32_t calls_waiting;
};
bool ocpp_link_state(const struct engine *engine, int64_t station, struct link_state *state);
uint32_t ocpp_connected_count(const struct engine *engine);
/* Ends a station's connection (deleted, password changed by hand). */
void ocpp_disconnect(struct engine *engine, int64_t station, struct str reason);

/* Asks a station for its BootNotification once this turn is durable: after it was adopted. */
void ocpp_ask_boot(struct turn *turn, int64_t station);
/* Keeps the answer to a 1.6 GetConfiguration as variable rows. May say ERR_LATER. */
MUST_CHECK enum err ocpp_take_configuration(struct turn *turn, int64_t station, struct str payload);

/* The inbox: at most 1,000 identities, newest first; `at` counts from 0. NULL: the end. Valid until
 * the next event. */
const struct inbox_entry *ocpp_inbox(const struct engine *engine, uint32_t at);
const struct inbox_entry *ocpp_inbox_find(const struct engine *engine, struct str identity);
void ocpp_inbox_forget(struct engine *engine, struct str identity);

/* Why a station that is known was not let in, since it was let in last. Valid until the next event.
 * NULL: it was not refused, or too long ago: the newest 256 stations are kept. */
enum ocpp_refusal {
    REFUSED_NO_PASSWORD,
    REFUSED_WRONG_PASSWORD,
    REFUSED_OTHER_USER,
    REFUSED_CERTIFICATE,
    REFUSED_DOOR
};
struct ocpp_refused {
    int64_t station;
    utc_ms at;
    uint32_t times;
    enum ocpp_refusal why; /* of the last time */
};
const struct ocpp_refused *ocpp_refused(const struct engine *engine, int64_t station);

/* How often a deviation was met since the start; `quirk` is an index in ocpp_quirks (quirks.h). */
uint64_t ocpp_quirk_seen(const struct engine *engine, uint32_t quirk);

/* Is this an identity that a station may have (2.0.1 Part 4 §3.1.1: identifierString of at most 48,
 * no colon)? */
bool ocpp_identity_valid(struct str identity);
/* The schema of a CALL that we would send: ERR_NOT_KNOWN, ERR_NOT_SUPPORTED (the station sends it,
 * not we), or what is wrong with the payload, `path` naming the field. */
MUST_CHECK enum err ocpp_check_call(enum protocol protocol, struct str action, struct str payload,
                                    struct arena *arena, struct str *path);

/* Is a password or another secret spoken of here? None may stand in a log (2.0.1 A01.FR.09). */
bool ocpp_holds_secret(struct str text);
/* A frame or payload as it may be kept and shown: "(hidden)" stands in the place of secrets. The
 * text itself where there is none; else in the arena. */
struct str ocpp_masked(struct arena *arena, struct str text);

/* The meter values in a logged frame, in its order. Spans lie in the arena. */
struct frame_samples {
    uint32_t count;
    struct sample *samples;
};
MUST_CHECK enum err ocpp_frame_samples(const struct log_entry *entry, struct arena *arena,
                                       struct frame_samples *out);

/* The version that a log entry's frame was spoken in lies in its flags. */
#define LOG_PROTOCOL_SHIFT 8
static inline enum protocol log_protocol(const struct log_entry *entry)
{
    return (enum protocol)((entry->flags >> LOG_PROTOCOL_SHIFT) & 7);
}
