/* around.h: what is not the API: pages, health, readiness, metrics, the way to HTTPS. No login, no
 * turn.
 */
#pragma once
#include "api/state.h"

/* Answers, or says that this is for the API (false). */
bool around_answer(struct engine *engine, const struct request *request,
                   const struct net_request *from);

/* Prometheus text. */
void metrics_write(const struct engine *engine, struct buf *out);
