/* sums.h: how sessions are summed, the same in every backend: a backend hands in the sessions one
 * by one and takes the lines at the end.
 */
#pragma once
#include "base/map.h"
#include "store/store.h"

struct sums {
    struct arena *arena;
    enum store_group group;
    struct map by_key;
    struct sums_line *lines; /* newest first */
};

void sums_init(struct sums *sums, enum store_group group, struct arena *arena);
/* False: memory is out. Token texts are copied; they compare without case. */
MUST_CHECK bool sums_add(struct sums *sums, const struct session_row *session);
/* The lines, ordered by number, then text; in the arena. False: memory is out. */
MUST_CHECK bool sums_done(struct sums *sums, struct store_sums *out);
void sums_fini(struct sums *sums);
