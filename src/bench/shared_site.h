/* shared_site.h: a data directory whose stations share the power of one site: registered, proven
 * to obey, at the site, and the site with a power document.
 */
#pragma once
#include "base/base.h"

#define SHARED_SITE_PREFIX "SHARE"

struct shared_site {
    uint32_t stations;
    int32_t amps_each; /* of the grid connection, for each station */
    bool bare;         /* it has no document yet, nor stations: they belong to no site */
    int64_t id;        /* of the site: out */
};

/* Stations SHARE0000000 … of one EVSE each in panels of a hundred, equal mode. ERR_OS: why
 * (BENCH_WHY_SIZE bytes). */
MUST_CHECK enum err shared_site_make(const char *directory, const char *version,
                                     struct shared_site *site, char *why);
/* The power document of such a site. */
struct str shared_site_document(const struct shared_site *site, struct arena *arena);
