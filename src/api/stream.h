/* stream.h: server-sent events. A stream tells facts (event rows, resumable) and live values.
 *
 * It starts at a fact (Last-Event-ID) or now. While it catches up, it reads event rows from the
 * store page by page; what is committed meanwhile is found there too. Then it follows live. A
 * reader that is slow falls back to catching up, and never holds anybody else.
 */
#pragma once
#include "api/request.h"
#include "api/topics.h"

struct streams;

struct streams *streams_new(struct engine *engine, const struct options *options);
void streams_free(struct streams *streams);
uint32_t streams_count(const struct streams *streams);
/* Closed because nobody read them, since the start. */
uint64_t streams_stuck(const struct streams *streams);
/* The peer of a stream has gone; of any other connection: nothing happens. */
void streams_gone(struct streams *streams, conn_id conn);
/* A committed fact; a durable log entry. */
void streams_event(struct streams *streams, const struct event_row *event);
void streams_logged(struct streams *streams, const struct log_entry *entry);
/* Does anybody read this now? */
bool streams_want(const struct streams *streams, enum topic topic, int64_t station);
/* A live value of a site, JSON. */
void streams_site_power(struct streams *streams, struct str body);
/* The store answers again. */
void streams_again(struct streams *streams);
