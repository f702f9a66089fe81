/* power_around.h: what the checker of a power document asks about stations, answered from the
 * registry, or from what was looked up there before.
 *
 * The second is for another thread, which may not touch the registry. It takes three steps: on that
 * thread, the names that a document has; here, some at a time, what is known of them; there again,
 * the check.
 */
#pragma once
#include "api/request.h"
#include "dispatch/document.h"

/* Reads and checks, from the registry as it is. */
MUST_CHECK enum err around_read(struct turn *turn, const struct site_row *site, struct str text,
                                struct document *document, struct document_findings *findings);

/* A station that a document names. */
struct around_name {
    struct str identity;
    int64_t row, site; /* 0: there is none; it belongs to none */
    struct str elsewhere;
    uint32_t rating_first, rating_count;
};

struct around_rating {
    int32_t evse;
    int64_t w;
};

/* Lies in an arena without a pool, with all that it points to. Zeroed but for `arena`, `text` and
 * `site`: nothing is known yet. */
struct around_looked {
    struct arena *arena;
    struct str text;
    int64_t site;
    struct around_name *names; /* in the order in which they are asked */
    uint32_t name_count, name_room, name_at;
    struct around_name **by_row;
    struct around_rating *ratings;
    uint32_t rating_count, rating_room;
    struct str *stations; /* of the site */
    uint32_t station_count, station_room, station_at;
    bool has_series[SERIES_COUNT];
    uint32_t looked, scanned; /* names; rows of the registry */
    bool names_done, full;    /* memory is out */
};

/* Another thread: the names. */
void around_collect(struct around_looked *looked);
/* Here: what is known of so many more. True: of all. */
bool around_look(const struct world *world, struct around_looked *looked, utc_ms now,
                 uint32_t count);
/* Is that still true? */
bool around_holds(const struct world *world, const struct around_looked *looked);
/* Does one of them belong to no site? */
bool around_any_homeless(const struct around_looked *looked);
/* Another thread: the check. */
MUST_CHECK enum err around_check(struct around_looked *looked, struct document *document,
                                 struct document_findings *findings);
