/* world.h: the registry: the rows that are in memory, found by id and by their unique name.
 *
 * In memory are all stations, connectors, tokens, sites, people, logins, keys and settings, what
 * sites share their power by, and the sessions that are open or were until a moment ago (so that no
 * read of the store can be overtaken by their end). Only the engine changes it, by applying the
 * effects of turns; others read. A pointer to a row is valid until the next turn is applied.
 */
#pragma once
#include "base/map.h"
#include "domain/rows.h"

struct world_item {
    void *row; /* struct KIND_row, one heap block */
    int64_t
        redo_block; /* log block of its first redo record that its table does not have; 0: none */
    struct world_item *older; /* the next item of the same owner (station), newest first */
};

struct world_table {
    struct map by_id;
    struct map by_name;  /* the kind's unique column, where it has one */
    struct map by_owner; /* first world_item of each station: connectors and sessions */
};

struct world_items;

struct world {
    struct world_table tables[ROW_KIND_COUNT];
    struct world_items *blocks; /* memory of items: so many small ones need no heads of their own */
    struct world_item *spare;   /* not in use, by older */
    void **trash;               /* rows that were replaced or removed */
    uint32_t trash_count, trash_cap;
};

/* Is this row to be kept in memory (sessions: while open)? With NULL: this kind? */
bool world_keeps(enum row_kind kind, const void *row);

const void *world_find(const struct world *world, enum row_kind kind, int64_t id);
const void *world_find_name(const struct world *world, enum row_kind kind, struct str name);
/* Rows of one station (connectors, sessions or limits): NULL starts, returns NULL at the end. */
const void *world_next_of(const struct world *world, enum row_kind kind, int64_t station,
                          const void *row);
/* All rows of a kind, in no order: *at starts at 0. */
const void *world_next(const struct world *world, enum row_kind kind, uint32_t *at);
uint32_t world_count(const struct world *world, enum row_kind kind);

/* A turn of this station is to come: what it will look for is fetched into the cache, in steps
 * between which other work is done, from WORLD_FETCH_STEPS - 1 down to 0. */
enum { WORLD_FETCH_STEPS = 3 };
void world_fetch(const struct world *world, int64_t station, uint32_t step);
/* The same for a session, by its id; 0: none. */
void world_fetch_session(const struct world *world, int64_t id, uint32_t step);

/* For the engine and for loading. Puts a copy in the place of what is there. NULL: memory is out.
 */
MUST_CHECK struct world_item *world_put(struct world *world, enum row_kind kind, const void *row);
/* The same for a row that is there, keeps its name and its owner, and whose texts nobody borrows
 * but `row` itself: into the memory that it has, if it fits. */
MUST_CHECK struct world_item *world_change(struct world *world, enum row_kind kind,
                                           const void *row);
void world_remove(struct world *world, enum row_kind kind, int64_t id);
struct world_item *world_item(const struct world *world, enum row_kind kind, int64_t id);
/* Frees the rows that were replaced or removed since: nobody holds a pointer to them any more. */
void world_sweep(struct world *world);
void world_fini(struct world *world);
