#include "core/world.h"

#include <stdlib.h>

#include "domain/words.h"

bool world_keeps(enum row_kind kind, const void *row)
{
    static const bool kept[ROW_KIND_COUNT] = {
        [ROW_station] = true,  [ROW_connector] = true, [ROW_session] = true, [ROW_token] = true,
        [ROW_site] = true,     [ROW_person] = true,    [ROW_login] = true,   [ROW_key] = true,
        [ROW_setting] = true,  [ROW_power] = true,     [ROW_wish] = true,    [ROW_limit] = true,
        [ROW_gone] = true,     [ROW_behaviour] = true, [ROW_car] = true,     [ROW_series] = true,
        [ROW_cap] = true,      [ROW_peak] = true,      [ROW_outside] = true, [ROW_taper] = true,
        [ROW_adopting] = true,
    };

    if (kind == ROW_session && row)
        return ((const struct session_row *)row)->state == SESSION_OPEN;
    return kept[kind];
}

/* Every row starts with its id and version. */
static int64_t row_id(const void *row)
{
    return *(const int64_t *)row;
}

static const struct col_desc *name_col(enum row_kind kind)
{
    for (uint32_t i = 0; i < row_descs[kind].col_count; i++)
        if (row_descs[kind].cols[i].flags & COL_UNIQUE)
            return &row_descs[kind].cols[i];
    return NULL;
}

static struct str row_name(enum row_kind kind, const void *row)
{
    const struct col_desc *col = name_col(kind);

    return col ? *(const struct str *)(const void *)((const char *)row + col->offset) : STR_NONE;
}

static int64_t row_owner(enum row_kind kind, const void *row)
{
    if (kind == ROW_connector)
        return ((const struct connector_row *)row)->station;
    if (kind == ROW_limit)
        return ((const struct limit_row *)row)->station;
    if (kind == ROW_outside)
        return ((const struct outside_row *)row)->station;
    return kind == ROW_session ? ((const struct session_row *)row)->station : 0;
}

static uint64_t hash_id(int64_t id)
{
    uint64_t h = (uint64_t)id * 0x9e3779b97f4a7c15u;

    return h ^ (h >> 29);
}

static uint64_t hash_name(enum row_kind kind, struct str name)
{
    return name_col(kind)->flags & COL_NOCASE ? str_hash_nocase(name) : str_hash(name);
}

static bool same_id(const void *item, const void *key)
{
    return row_id(((const struct world_item *)item)->row) == *(const int64_t *)key;
}

struct name_key {
    enum row_kind kind;
    struct str name;
};

static bool same_name(const void *item, const void *key)
{
    const struct name_key *want = key;
    struct str got = row_name(want->kind, ((const struct world_item *)item)->row);

    return name_col(want->kind)->flags & COL_NOCASE ? str_equal_nocase(got, want->name)
                                                    : str_equal(got, want->name);
}

struct owner_key {
    enum row_kind kind;
    int64_t owner;
};

static bool same_owner(const void *item, const void *key)
{
    const struct owner_key *want = key;

    return row_owner(want->kind, ((const struct world_item *)item)->row) == want->owner;
}

struct world_item *world_item(const struct world *world, enum row_kind kind, int64_t id)
{
    return map_find(&world->tables[kind].by_id, hash_id(id), same_id, &id);
}

const void *world_find(const struct world *world, enum row_kind kind, int64_t id)
{
    const struct world_item *item = world_item(world, kind, id);

    return item ? item->row : NULL;
}

const void *world_find_name(const struct world *world, enum row_kind kind, struct str name)
{
    const struct name_key key = { kind, name };
    const struct world_item *item;

    check(name_col(kind) != NULL);
    item = map_find(&world->tables[kind].by_name, hash_name(kind, name), same_name, &key);
    return item ? item->row : NULL;
}

static struct world_item *owner_first(const struct world *world, enum row_kind kind, int64_t owner)
{
    const struct owner_key key = { kind, owner };

    return map_find(&world->tables[kind].by_owner, hash_id(owner), same_owner, &key);
}

const void *world_next_of(const struct world *world, enum row_kind kind, int64_t station,
                          const void *row)
{
    const struct world_item *item =
        row ? world_item(world, kind, row_id(row))->older : owner_first(world, kind, station);

    return item ? item->row : NULL;
}

const void *world_next(const struct world *world, enum row_kind kind, uint32_t *at)
{
    const struct world_item *item = map_next(&world->tables[kind].by_id, at);

    return item ? item->row : NULL;
}

uint32_t world_count(const struct world *world, enum row_kind kind)
{
    return world->tables[kind].by_id.count;
}

static void fetch(const void *at, size_t bytes)
{
    enum { LINE = 64 };

    for (size_t i = 0; i < bytes; i += LINE)
        __builtin_prefetch((const char *)at + i);
}

/* A slot of a map, the item that it holds, the row of that. */
static void fetch_step(const struct map *map, int64_t id, size_t row_bytes, uint32_t step)
{
    const struct world_item *item;

    if (step == 2) {
        map_fetch(map, hash_id(id));
        return;
    }
    item = map_guess(map, hash_id(id));
    if (item && step == 1)
        fetch(item, sizeof *item);
    else if (item)
        fetch(item->row, row_bytes);
}

void world_fetch(const struct world *world, int64_t station, uint32_t step)
{
    enum { TEXTS = 64, MARKS = 512 }; /* what lies behind a row's numbers */

    fetch_step(&world->tables[ROW_station].by_id, station, sizeof(struct station_row) + TEXTS,
               step);
    fetch_step(&world->tables[ROW_session].by_owner, station,
               sizeof(struct session_row) + TEXTS + MARKS, step);
    fetch_step(&world->tables[ROW_connector].by_owner, station, sizeof(struct connector_row), step);
}

void world_fetch_session(const struct world *world, int64_t id, uint32_t step)
{
    if (id)
        fetch_step(&world->tables[ROW_session].by_id, id, sizeof(struct session_row), step);
}

static bool link_owner(struct world *world, enum row_kind kind, struct world_item *item)
{
    struct map *map = &world->tables[kind].by_owner;
    int64_t owner = row_owner(kind, item->row);

    if (owner == 0)
        return true;
    item->older = owner_first(world, kind, owner);
    if (item->older)
        map_remove(map, hash_id(owner), item->older);
    return map_add(map, hash_id(owner), item);
}

static void unlink_owner(struct world *world, enum row_kind kind, struct world_item *item)
{
    struct map *map = &world->tables[kind].by_owner;
    int64_t owner = row_owner(kind, item->row);
    struct world_item *first = owner ? owner_first(world, kind, owner) : NULL;

    if (!first)
        return;
    if (first == item) {
        map_remove(map, hash_id(owner), item);
        if (item->older && !map_add(map, hash_id(owner), item->older))
            check(!"a slot that was just freed");
    } else {
        while (first->older != item)
            first = first->older;
        first->older = item->older;
    }
    item->older = NULL;
}

static bool link_name(struct world *world, enum row_kind kind, struct world_item *item)
{
    struct str name = row_name(kind, item->row);

    return name.len == 0 || map_add(&world->tables[kind].by_name, hash_name(kind, name), item);
}

static void unlink_name(struct world *world, enum row_kind kind, const struct world_item *item)
{
    struct str name = row_name(kind, item->row);

    if (name.len)
        map_remove(&world->tables[kind].by_name, hash_name(kind, name), item);
}

enum { ITEMS_A_BLOCK = 170 }; /* a page */

struct world_items {
    struct world_items *next;
    struct world_item items[ITEMS_A_BLOCK];
};

static bool items_grow(struct world *world)
{
    struct world_items *block = malloc(sizeof *block);

    if (!block)
        return false;
    block->next = world->blocks;
    world->blocks = block;
    for (size_t i = COUNT(block->items); i-- > 0;) {
        block->items[i].older = world->spare;
        world->spare = &block->items[i];
    }
    return true;
}

static struct world_item *item_new(struct world *world, void *row)
{
    struct world_item *item;

    if (!world->spare && !items_grow(world))
        return NULL;
    item = world->spare;
    world->spare = item->older;
    *item = (struct world_item){ .row = row };
    return item;
}

static void item_free(struct world *world, struct world_item *item)
{
    item->older = world->spare;
    world->spare = item;
}

/* A turn's copies borrow their texts from the rows that they replace, so these live on until the
 * round is over. */
static void trash(struct world *world, void *row)
{
    if (world->trash_count == world->trash_cap) {
        world->trash_cap = world->trash_cap ? world->trash_cap * 2 : 256;
        void **bigger = realloc(world->trash, world->trash_cap * sizeof *world->trash);
        check(bigger != NULL);
        world->trash = bigger;
    }
    world->trash[world->trash_count++] = row;
}

void world_sweep(struct world *world)
{
    while (world->trash_count)
        free(world->trash[--world->trash_count]);
}

static struct world_item *put_new(struct world *world, enum row_kind kind, void *copy)
{
    struct world_item *item = item_new(world, copy);

    if (!item) {
        free(copy);
        return NULL;
    }
    return map_add(&world->tables[kind].by_id, hash_id(row_id(copy)), item) &&
                   link_name(world, kind, item) && link_owner(world, kind, item)
               ? item
               : NULL;
}

struct world_item *world_put(struct world *world, enum row_kind kind, const void *row)
{
    struct world_item *item = world_item(world, kind, row_id(row));
    void *copy = row_clone_heap(kind, row);
    void *old;

    if (!copy)
        return NULL;
    if (!item)
        return put_new(world, kind, copy);
    /* Names and owners seldom change; when they do not, the links stay as they are. */
    old = item->row;
    if (str_equal(row_name(kind, old), row_name(kind, copy)) &&
        row_owner(kind, old) == row_owner(kind, copy)) {
        item->row = copy;
        trash(world, old);
        return item;
    }
    unlink_name(world, kind, item);
    unlink_owner(world, kind, item);
    item->row = copy;
    trash(world, old);
    return link_name(world, kind, item) && link_owner(world, kind, item) ? item : NULL;
}

struct world_item *world_change(struct world *world, enum row_kind kind, const void *row)
{
    struct world_item *item = world_item(world, kind, row_id(row));

    check(item != NULL);
    return row_write_over(kind, item->row, row) ? item : world_put(world, kind, row);
}

void world_remove(struct world *world, enum row_kind kind, int64_t id)
{
    struct world_item *item = world_item(world, kind, id);

    if (!item)
        return;
    unlink_name(world, kind, item);
    unlink_owner(world, kind, item);
    map_remove(&world->tables[kind].by_id, hash_id(id), item);
    trash(world, item->row);
    item_free(world, item);
}

void world_fini(struct world *world)
{
    world_sweep(world);
    free(world->trash);
    world->trash = NULL;
    world->trash_cap = 0;
    for (int kind = 0; kind < ROW_KIND_COUNT; kind++) {
        struct world_table *table = &world->tables[kind];
        struct world_item *item;
        for (uint32_t at = 0; (item = map_next(&table->by_id, &at));)
            free(item->row);
        map_fini(&table->by_id);
        map_fini(&table->by_name);
        map_fini(&table->by_owner);
    }
    while (world->blocks) {
        struct world_items *block = world->blocks;
        world->blocks = block->next;
        free(block);
    }
    world->spare = NULL;
}
