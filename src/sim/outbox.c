#include "sim/outbox.h"

#include <stdlib.h>

#include "sim/tx.h"

void sim_tx_hold(struct sim_tx *tx)
{
    tx->holds++;
}

void sim_tx_drop(struct sim_tx *tx)
{
    check(tx->holds > 0);
    if (--tx->holds > 0)
        return;
    free(tx->next);
    free(tx);
}

static void grow(struct outbox *outbox)
{
    uint32_t cap = outbox->cap ? outbox->cap * 2 : 4;
    struct sim_message *items = realloc(outbox->items, cap * sizeof *items);

    check(items != NULL); /* a simulator without memory has nothing left to show */
    outbox->items = items;
    outbox->cap = cap;
}

/* The oldest intermediate update makes room; a queue without one drops its oldest message that is
 * no fact. */
static void make_room(struct outbox *outbox)
{
    if (outbox->count < OUTBOX_MAX)
        return;
    for (uint32_t i = 0; i < outbox->count; i++)
        if (outbox->items[i].kind == SIM_UPDATE || !outbox_is_fact(&outbox->items[i])) {
            outbox_remove(outbox, i);
            outbox->dropped++;
            return;
        }
}

static void insert(struct outbox *outbox, uint32_t at, const struct sim_message *message)
{
    if (outbox->count == outbox->cap)
        grow(outbox);
    memmove(outbox->items + at + 1, outbox->items + at, (outbox->count - at) * sizeof *message);
    outbox->items[at] = *message;
    outbox->count++;
    if (message->tx)
        sim_tx_hold(message->tx);
}

void outbox_add(struct outbox *outbox, const struct sim_message *message)
{
    make_room(outbox);
    insert(outbox, outbox->count, message);
}

void outbox_add_first(struct outbox *outbox, const struct sim_message *message)
{
    check(!outbox_is_fact(message));
    make_room(outbox);
    insert(outbox, 0, message);
}

int32_t outbox_next(const struct outbox *outbox, utc_ms now, bool only_asked, utc_ms *wake)
{
    bool fact_waits = false;

    *wake = UTC_NEVER;
    for (uint32_t i = 0; i < outbox->count; i++) {
        const struct sim_message *message = &outbox->items[i];

        if ((outbox_is_fact(message) && fact_waits && !message->resend) ||
            (only_asked && !message->asked))
            continue;
        if (message->not_before <= now)
            return (int32_t)i;
        if (message->not_before < *wake)
            *wake = message->not_before;
        fact_waits |= outbox_is_fact(message) && !message->resend;
    }
    return OUTBOX_NONE;
}

int32_t outbox_find(const struct outbox *outbox, uint64_t id)
{
    for (uint32_t i = 0; i < outbox->count; i++)
        if (outbox->items[i].id == id)
            return (int32_t)i;
    return OUTBOX_NONE;
}

void outbox_remove(struct outbox *outbox, uint32_t at)
{
    check(at < outbox->count);
    if (outbox->items[at].tx)
        sim_tx_drop(outbox->items[at].tx);
    outbox->count--;
    memmove(outbox->items + at, outbox->items + at + 1,
            (outbox->count - at) * sizeof *outbox->items);
}

void outbox_disconnected(struct outbox *outbox)
{
    for (uint32_t i = outbox->count; i-- > 0;)
        if (!outbox_is_fact(&outbox->items[i]))
            outbox_remove(outbox, i);
}

bool outbox_has_facts(const struct outbox *outbox, const struct sim_tx *tx)
{
    for (uint32_t i = 0; i < outbox->count; i++)
        if (outbox_is_fact(&outbox->items[i]) && (!tx || outbox->items[i].tx == tx))
            return true;
    return false;
}

bool outbox_swap_updates(struct outbox *outbox)
{
    int32_t first = -1;

    for (uint32_t i = 0; i < outbox->count; i++) {
        struct sim_message held = outbox->items[i];

        if (held.kind != SIM_UPDATE)
            continue;
        if (first < 0) {
            first = (int32_t)i;
            continue;
        }
        outbox->items[i] = outbox->items[first];
        outbox->items[first] = held;
        return true;
    }
    return false;
}

void outbox_fini(struct outbox *outbox)
{
    while (outbox->count > 0)
        outbox_remove(outbox, outbox->count - 1);
    free(outbox->items);
    outbox->items = NULL;
}
