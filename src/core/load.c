/* load.c: the registry from the store, at start and after storage failed. */
#include "core/engine.h"
#include "domain/words.h"

#include <stdlib.h>

static enum err load_page(struct engine *engine, struct store_reader *reader,
                          struct store_query *query, bool *more)
{
    struct store_rows rows = { 0 };
    struct arena arena;
    enum err err;

    arena_init(&arena, &engine->pool, 0);
    err = reader->ops->query(reader, query, &arena, &rows);
    for (uint32_t i = 0; i < rows.count && err == ERR_NONE; i++) {
        check(world_put(&engine->world, query->kind, rows.rows[i]) != NULL);
        query->has_after = true;
        query->after_id = query->after_value = *(const int64_t *)rows.rows[i];
    }
    *more = rows.count == query->limit;
    arena_reset(&arena);
    return err;
}

static enum err load_kind(struct engine *engine, struct store_reader *reader, enum row_kind kind)
{
    const struct store_filter open = { .column = "state",
                                       .test = STORE_EQ,
                                       .number = SESSION_OPEN };
    struct store_query query = { .kind = kind, .limit = 1000 };
    enum err err = ERR_NONE;
    bool more = true;

    if (kind == ROW_session) {
        query.filters = &open;
        query.filter_count = 1;
    }
    while (err == ERR_NONE && more)
        err = load_page(engine, reader, &query, &more);
    return err;
}

/* Ids go on behind the newest, also when the clock was set back meanwhile: events are resumed by
 * them. */
static enum err load_last_id(struct engine *engine, struct store_reader *reader, enum row_kind kind)
{
    const struct store_query query = { .kind = kind, .descending = true, .limit = 1 };
    struct store_rows rows;
    struct arena arena;
    enum err err;

    arena_init(&arena, &engine->pool, 0);
    err = reader->ops->query(reader, &query, &arena, &rows);
    if (err == ERR_NONE && rows.count && *(const int64_t *)rows.rows[0] > engine->last_id)
        engine->last_id = *(const int64_t *)rows.rows[0];
    arena_reset(&arena);
    return err;
}

union redo_row {
    struct row_head head;
    struct session_row session;
    struct station_row station;
};

/* The first record that the row's table does not have decides from where the log is read again. */
static void take_hold(struct engine *engine, enum row_kind kind, const union redo_row *row,
                      int64_t block)
{
    struct world_item *item = world_put(&engine->world, kind, row);

    check(item != NULL);
    if (item->redo_block == 0)
        item->redo_block = block;
}

/* A whole row counts unless its row was put into the table after it. */
static enum err redo(struct engine *engine, const struct log_entry *entry, int64_t block)
{
    union redo_row row;
    const struct row_head *is;
    enum err err = row_decode(entry->row_kind, entry->text, &row);

    if (err != ERR_NONE)
        return err;
    is = world_find(&engine->world, entry->row_kind, row.head.id);
    if (is && row.head.version >= is->version) /* else it is over, or was put since */
        take_hold(engine, entry->row_kind, &row, block);
    return ERR_NONE;
}

/* A change counts for the row that it was made of: what is put into a table has another version. */
static enum err change(struct engine *engine, const struct log_entry *entry, int64_t block,
                       struct arena *arena)
{
    struct str change = entry->text;
    union redo_row row;
    const struct row_head *is;
    struct row_head head;
    enum err err;

    if (!row_take_head(&change, &head))
        return ERR_CORRUPT;
    is = world_find(&engine->world, entry->row_kind, head.id);
    if (!is || head.version != is->version)
        return ERR_NONE;
    err = row_apply_change(entry->row_kind, change, is, arena, &row);
    if (err == ERR_NONE)
        take_hold(engine, entry->row_kind, &row, block);
    return err;
}

static enum err play_redo(struct engine *engine, const struct log_entry *entry, int64_t block,
                          struct arena *arena)
{
    if (entry->row_kind != ROW_session && entry->row_kind != ROW_station)
        return ERR_CORRUPT;
    return entry->kind == LOG_REDO ? redo(engine, entry, block)
                                   : change(engine, entry, block, arena);
}

static void seen(struct engine *engine, const struct log_entry *entry, int64_t block)
{
    struct world_item *item =
        entry->station ? world_item(&engine->world, ROW_station, entry->station) : NULL;
    struct station_row *station = item ? item->row : NULL;

    if (!station)
        return;
    station->log_block = block;
    if (entry->kind == LOG_IN && entry->at > station->last_seen_at)
        station->last_seen_at = entry->at;
    if (item->redo_block == 0)
        item->redo_block = block;
}

static enum err play_block(struct engine *engine, struct store_reader *reader, int64_t id)
{
    struct store_block block;
    struct log_entry entry;
    struct arena arena;
    enum err err;

    arena_init(&arena, &engine->pool, 0);
    err = reader->ops->read_block(reader, id, &arena, &block);
    while (err == ERR_NONE && (err = log_take(&block.data, &entry)) == ERR_NONE) {
        seen(engine, &entry, id);
        if (log_is_redo(entry.kind))
            err = play_redo(engine, &entry, id, &arena);
    }
    arena_reset(&arena);
    return err == ERR_NOT_FOUND ? ERR_NONE
                                : err; /* the end of the block, or a number that no block has */
}

enum err engine_load(struct engine *engine, struct store_reader *reader, int64_t last_block)
{
    const struct setting_row *checkpoint;
    int64_t from = 0;
    enum err err = ERR_NONE;

    for (int kind = 0; kind < ROW_KIND_COUNT && err == ERR_NONE; kind++) {
        err = load_last_id(engine, reader, (enum row_kind)kind);
        if (err == ERR_NONE && world_keeps((enum row_kind)kind, NULL))
            err = load_kind(engine, reader, (enum row_kind)kind);
    }
    if (err != ERR_NONE)
        return err;
    checkpoint = world_find_name(&engine->world, ROW_setting, STR("log.checkpoint"));
    if (checkpoint)
        (void)str_to_i64(checkpoint->value,
                         &from); /* not a number: from the first block, slower but right */
    for (int64_t id = from + 1; id <= last_block && err == ERR_NONE; id++)
        err = play_block(engine, reader, id);
    engine->last_block = last_block;
    return err;
}

void engine_unload(struct engine *engine)
{
    world_fini(&engine->world);
}
