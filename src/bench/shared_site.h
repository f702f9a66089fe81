/* shared_site.h: a data directory whose stations share the power of one site, or of several of the
 * same size: registered, proven to obey, at their site, and each site with a power document.
 */
#pragma once
#include "base/base.h"

#define SHARED_SITE_PREFIX "SHARE"

enum { SHARED_SITES_MAX = 1000 };

struct shared_site {
    uint32_t stations; /* of all sites */
    uint32_t sites;    /* 0: one */
    int32_t amps_each; /* of the grid connection, for each station */
    bool bare;         /* it has no document yet, nor stations: they belong to no site */
    int64_t ids[SHARED_SITES_MAX]; /* of the sites: out */
};

/* Stations SHARE0000000 … of one EVSE each in panels of a hundred, equal mode. ERR_OS: why
 * (BENCH_WHY_SIZE bytes). */
MUST_CHECK enum err shared_site_make(const char *directory, const char *version,
                                     struct shared_site *site, char *why);
/* The power document of one of these sites. */
struct str shared_site_document(const struct shared_site *site, uint32_t index,
                                struct arena *arena);
