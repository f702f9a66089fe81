/* tls_turn.h: new ticket keys in time (ticket_keys.h), by a timer of the first loop. The file is
 * written on a thread of libuv's pool, since a loop waits for no disk. */
#pragma once
#include "net/inner.h"

/* Makes the keys that are due now, then looks every few minutes until tls_turn_end. Before the
 * loop's thread runs; nothing happens where there is no TLS door. */
void tls_turn_begin(struct loop *loop);
/* On the loop's thread, or when that never ran. The loop ends when work under way is done. */
void tls_turn_end(struct loop *loop);
