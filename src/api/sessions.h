/* sessions.h: the filters that the list, the sums and the export of sessions share. They are asked
 * of the store, and again of each row, since sessions in memory are newer than the store's.
 */
#pragma once
#include "api/request.h"

struct session_filter {
    int64_t station, site, state,
        flag; /* 0 or -1: any; station -1 and site -1: there is none such */
    const struct str *token;
    utc_ms from, to;
};
/* From the query: station, site, state, flag, token, from, to. A problem names the one that is
 * wrong. */
MUST_CHECK enum err session_filter_read(struct request *request, struct session_filter *filter);
/* page_fits_fn; `filter` is a session_filter. */
bool session_fits(struct turn *turn, const struct request *request, const void *row,
                  const void *filter);
/* The same for the store; returns how many it wrote. */
uint32_t session_filter_store(const struct session_filter *filter,
                              struct store_filter filters[PAGE_FILTERS_MAX]);
/* The session that the path's first argument names. */
MUST_CHECK enum err session_of(struct request *request, const struct session_row **session);
