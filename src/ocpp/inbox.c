/* inbox.c: identities that tried and are not known. In memory alone: a stranger must not be able to
 * write to our disk. */
#include <stdlib.h>

#include "ocpp/link.h"

enum {
    INBOX_MAX = 1000,
    TELL_EVERY_MS = 60000,   /* of identities that are there already */
    TELL_NEW_EVERY_MS = 1000 /* strangers must not be able to fill the disk */
};

struct inbox {
    struct inbox_entry entries[INBOX_MAX]; /* newest first */
    uint32_t count;
    bool told;
    mono_ms told_at;
    struct timer timer; /* what could not be told yet */
};

struct inbox *inbox_new(void)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);

    check(inbox != NULL);
    return inbox;
}

void inbox_free(struct engine *engine, struct inbox *inbox)
{
    timer_clear(&engine->timers, &inbox->timer);
    free(inbox);
}

static uint32_t find(const struct inbox *inbox, struct str identity)
{
    uint32_t at = 0;

    while (at < inbox->count && !str_equal(str_of(inbox->entries[at].identity), identity))
        at++;
    return at;
}

static enum err tell_turn(struct turn *turn)
{
    turn_event_body(turn, "inbox.changed", 0, 0, STR("{}"));
    return ERR_NONE;
}

static void tell(struct timer *timer, void *context)
{
    struct engine *engine = context;
    struct inbox *inbox = ocpp_of(engine)->inbox;
    struct turn *turn = engine_turn(engine, tell_turn, NULL, 0);

    timer_clear(&engine->timers, timer);
    inbox->told = true;
    inbox->told_at = engine->mono;
    if (turn)
        (void)engine_go(turn); /* a note; the list itself is in memory */
}

/* An event that the list has changed: now, or as soon as the last one is long enough ago. */
static void tell_after(struct engine *engine, mono_ms pause_ms)
{
    struct inbox *inbox = ocpp_of(engine)->inbox;
    mono_ms due = inbox->told ? inbox->told_at + pause_ms : engine->mono;

    if (due <= engine->mono)
        tell(&inbox->timer, engine);
    else if (!timer_is_set(&inbox->timer) || inbox->timer.due > due)
        timer_set(&engine->timers, &inbox->timer, due, tell);
}

static void keep_text(char *to, size_t cap, struct str text)
{
    text_printf(to, cap, "%.*s", STR_ARGS(text)); /* cut on purpose */
}

void inbox_note(struct engine *engine, const struct net_event *event, struct str identity,
                struct str password, struct str subprotocols)
{
    struct ocpp *ocpp = ocpp_of(engine);
    struct inbox *inbox = ocpp->inbox;
    uint32_t at = find(inbox, identity);
    bool is_new = at == inbox->count;
    struct inbox_entry entry = { .first_at = engine->now };

    if (!is_new)
        entry = inbox->entries[at];
    else if (inbox->count < INBOX_MAX)
        inbox->count++;
    else
        at = INBOX_MAX - 1; /* the one that has not tried for longest makes room */
    keep_text(entry.identity, sizeof entry.identity, identity);
    keep_text(entry.peer, sizeof entry.peer, str_of(event->peer->address));
    keep_text(entry.subprotocols, sizeof entry.subprotocols, subprotocols);
    entry.last_at = engine->now;
    entry.attempts++;
    entry.tls = event->peer->tls;
    entry.has_password = password.len != 0;
    if (password.len)
        ocpp->config.hash_password(ocpp->config.context, password, entry.password_salt,
                                   entry.password_hash);
    memmove(&inbox->entries[1], &inbox->entries[0], at * sizeof entry);
    inbox->entries[0] = entry;
    tell_after(engine, is_new ? TELL_NEW_EVERY_MS : TELL_EVERY_MS);
}

const struct inbox_entry *ocpp_inbox(const struct engine *engine, uint32_t at)
{
    const struct inbox *inbox = ocpp_of(engine)->inbox;

    return at < inbox->count ? &inbox->entries[at] : NULL;
}

const struct inbox_entry *ocpp_inbox_find(const struct engine *engine, struct str identity)
{
    return ocpp_inbox(engine, find(ocpp_of(engine)->inbox, identity));
}

void ocpp_inbox_forget(struct engine *engine, struct str identity)
{
    struct inbox *inbox = ocpp_of(engine)->inbox;
    uint32_t at = find(inbox, identity);

    if (at == inbox->count)
        return;
    inbox->count--;
    memmove(&inbox->entries[at], &inbox->entries[at + 1],
            (inbox->count - at) * sizeof inbox->entries[0]);
    tell_after(engine, 0);
}
