/* match.h: which rows a query means, and in which order: the meaning of struct store_query in plain
 * C, without an index.
 */
#pragma once
#include "store/store.h"

/* `from` are `count` rows of query->kind in the order of their ids. The found ones are copied into
 * the arena. ERR_FULL: memory is out. */
MUST_CHECK enum err match_rows(const struct store_query *query, const void *const *from,
                               uint32_t count, struct arena *arena, struct store_rows *rows);
