#include "net/ticket_keys.h"

static const char mark[8] = "voltdtk1"; /* no NUL: all eight are bytes of the mark */

bool ticket_keys_due(const struct ticket_keys *keys, int64_t now_s)
{
    return !keys->now.set || now_s - keys->now.made_at_s >= TICKET_KEY_LIFE_S;
}

void ticket_keys_turn(struct ticket_keys *keys, const struct ticket_key *made)
{
    check(made->set);
    keys->before = keys->now;
    keys->now = *made;
}

enum ticket_verdict ticket_keys_find(const struct ticket_keys *keys, const uint8_t name[16],
                                     int64_t now_s, struct ticket_key *key)
{
    const struct ticket_key *all[] = { &keys->now, &keys->before };

    for (size_t i = 0; i < COUNT(all); i++) {
        int64_t age_s = now_s - all[i]->made_at_s;
        if (!all[i]->set || age_s >= INT64_C(2) * TICKET_KEY_LIFE_S ||
            memcmp(all[i]->name, name, sizeof all[i]->name) != 0)
            continue;
        *key = *all[i];
        return age_s < TICKET_KEY_LIFE_S ? TICKET_GOOD : TICKET_RENEW;
    }
    return TICKET_UNKNOWN;
}

/* --- as bytes: the mark, then for each key when it was made (0: there is none), and what it is ---
 */

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
    memcpy(at, from, len);
    return at + len;
}

static const uint8_t *take(const uint8_t *at, void *to, size_t len)
{
    memcpy(to, at, len);
    return at + len;
}

void ticket_keys_write(const struct ticket_keys *keys, int64_t now_s, int64_t utc_s,
                       uint8_t bytes[TICKET_KEYS_BYTES])
{
    const struct ticket_key *all[] = { &keys->now, &keys->before };
    uint8_t *at = put(bytes, mark, sizeof mark);

    for (size_t i = 0; i < COUNT(all); i++) {
        int64_t made_utc_s = all[i]->set ? utc_s - (now_s - all[i]->made_at_s) : 0;
        at = put(at, &made_utc_s, sizeof made_utc_s);
        at = put(at, all[i]->name, sizeof all[i]->name);
        at = put(at, all[i]->aes, sizeof all[i]->aes);
        at = put(at, all[i]->hmac, sizeof all[i]->hmac);
    }
    check(at == bytes + TICKET_KEYS_BYTES);
}

bool ticket_keys_read(const uint8_t *bytes, size_t len, int64_t now_s, int64_t utc_s,
                      struct ticket_keys *keys)
{
    struct ticket_key *all[] = { &keys->now, &keys->before };
    const uint8_t *at = bytes + sizeof mark;

    *keys = (struct ticket_keys){ 0 };
    if (len != TICKET_KEYS_BYTES || memcmp(bytes, mark, sizeof mark) != 0)
        return false;
    for (size_t i = 0; i < COUNT(all); i++) {
        int64_t made_utc_s;
        at = take(at, &made_utc_s, sizeof made_utc_s);
        at = take(at, all[i]->name, sizeof all[i]->name);
        at = take(at, all[i]->aes, sizeof all[i]->aes);
        at = take(at, all[i]->hmac, sizeof all[i]->hmac);
        all[i]->set = made_utc_s > 0 && made_utc_s <= utc_s &&
                      utc_s - made_utc_s < 2 * (int64_t)TICKET_KEY_LIFE_S;
        all[i]->made_at_s = all[i]->set ? now_s - (utc_s - made_utc_s) : 0;
    }
    return true;
}
