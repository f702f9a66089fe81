/* logread.h: reads a station's log backwards, on a reader thread. */
#pragma once
#include "core/turn.h"

/* See turn_read_log. `query->before.block` is set. */
MUST_CHECK enum err log_read(struct store_reader *reader, const struct log_query *query,
                             struct arena *arena, struct log_page *page);
