/* sessions.h: the filters that lists of sessions share. */
#pragma once
#include "api/request.h"

struct session_filter {
    int64_t station, site, state,
        flag; /* 0 or -1: any; station -1 and site -1: there is none such */
    const struct str *token;
    utc_ms from, to;
};
MUST_CHECK enum err session_filter_read(struct request *request, struct session_filter *filter);
bool session_fits(struct turn *turn, const struct request *request, const void *row,
                  const void *filter);
/* The same for the store; returns how many it wrote. */
uint32_t session_filter_store(const struct session_filter *filter,
                              struct store_filter filters[PAGE_FILTERS_MAX]);
/* The session that the path's first argument names. */
MUST_CHECK enum err session_of(struct request *request, const struct session_row **session);
