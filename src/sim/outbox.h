/* outbox.h: what a station still has to send, in order. Facts about transactions wait through
 * offline times and reboots; all else is gone with the connection. (1.6 §3.7, 2.0.1 E04.)
 */
#pragma once
#include "sim/message.h"

#define OUTBOX_MAX  4096u
#define OUTBOX_NONE (-1)

struct outbox {
    struct sim_message *items;
    uint32_t count, cap;
    uint64_t dropped; /* intermediate updates that found no room (2.0.1 E04.FR.07) */
};

static inline bool outbox_is_fact(const struct sim_message *message)
{
    return message->kind == SIM_START || message->kind == SIM_UPDATE || message->kind == SIM_STOP;
}

/* At the end, or before all else (boot, authorization). Holds message->tx. */
void outbox_add(struct outbox *outbox, const struct sim_message *message);
void outbox_add_first(struct outbox *outbox, const struct sim_message *message);
/* The next that may go: facts keep their order among each other and wait for `not_before`; other
 * messages pass a fact that waits. `only_asked`: the station is not accepted yet. OUTBOX_NONE:
 * nothing; *wake is then when one will be ready. */
int32_t outbox_next(const struct outbox *outbox, utc_ms now, bool only_asked, utc_ms *wake);
/* The one with this message id, or -1. */
int32_t outbox_find(const struct outbox *outbox, uint64_t id);
/* Takes one out and lets go of its transaction. */
void outbox_remove(struct outbox *outbox, uint32_t at);
/* The connection is gone: what is no fact is dropped. */
void outbox_disconnected(struct outbox *outbox);
bool outbox_has_facts(const struct outbox *outbox, const struct sim_tx *tx); /* NULL: any */
/* A fault: the first two waiting updates change places. False: there are none. */
bool outbox_swap_updates(struct outbox *outbox);
void outbox_fini(struct outbox *outbox);
