/* apply.c: the effects of a turn that went well take hold: in memory at once, in the open batch for
 * the disk; what leaves waits for its commit (rules.md: durable). */
#include "core/batch.h"
#include "core/engine_parts.h"

/* A change that goes to its table later: a redo record for now. */
static void apply_lazy(struct engine *engine, struct batch *batch, const struct turn_edit *edit,
                       bool alone)
{
    const struct row_head *head = edit->row;
    const void *before = world_find(&engine->world, edit->kind, head->id);
    struct world_item *item;

    check(before != NULL); /* turn_edit_lazy is for rows in memory */
    batch_redo(batch, edit->kind, before, edit->row);
    /* Other changes of the turn may borrow texts from the row as it was. */
    item = alone && edit->kind == ROW_session ? world_change(&engine->world, edit->kind, edit->row)
                                              : world_put(&engine->world, edit->kind, edit->row);
    check(item != NULL);
    if (item->redo_block == 0)
        item->redo_block = batch->store.block.id;
}

/* The row takes hold in memory, and in the batch: in its table, or as a redo record. `alone`: it is
 * the turn's only one. */
static void apply_edit(struct engine *engine, struct batch *batch, struct turn_edit *edit,
                       bool alone)
{
    struct row_head *head = edit->row;
    struct world_item *item;

    if (edit->deleted) {
        batch_delete(batch, edit->kind, head->id);
        if (world_keeps(edit->kind, NULL))
            world_remove(&engine->world, edit->kind, head->id);
        return;
    }
    if (edit->kind == ROW_session && !world_keeps(ROW_session, edit->row))
        leavers_add(engine, head->id);
    if (edit->lazy) {
        apply_lazy(engine, batch, edit, alone);
        return;
    }
    head->version++; /* a new row has 0 here */
    batch_put(batch, edit->kind, edit->row);
    if (!world_keeps(edit->kind, NULL))
        return;
    item = world_put(&engine->world, edit->kind, edit->row);
    check(item != NULL);
    item->redo_block = 0;
}

/* Log entries know the block in which their station last had one. */
static void apply_line(struct engine *engine, struct batch *batch, struct log_entry *entry)
{
    struct world_item *item =
        entry->station ? world_item(&engine->world, ROW_station, entry->station) : NULL;

    if (item) {
        struct station_row *station = item->row;
        entry->block_before = station->log_block;
        station->log_block = batch->store.block.id;
        if (item->redo_block == 0)
            item->redo_block = batch->store.block.id;
    }
    log_put(&batch->log, entry);
    if (entry->kind == LOG_IN)
        engine->stats.in_frames++;
    else if (entry->kind == LOG_OUT)
        engine->stats.out_frames++;
}

static void render_events(struct turn *turn)
{
    struct engine *engine = turn->engine;

    for (struct turn_out *out = turn->outs; out; out = out->next)
        if (out->kind == OUT_EVENT && !out->has_body && engine->handlers.render) {
            struct buf body;
            buf_init_arena(&body, turn->arena, 1u << 20);
            engine->handlers.render(turn, out->topic, out->event->station, out->event->session,
                                    &body);
            out->event->body = body.overflow ? STR("{}") : buf_str(&body);
        }
}

/* The batch that has to be on disk, and gone, before what leaves now; NULL: none. What somebody
 * says because he hears of what leaves is said at once. */
static struct batch *goes_before(const struct engine *engine)
{
    if (engine->open && engine->open->must)
        return engine->open;
    if (engine->flying)
        return engine->flying;
    if (!engine->leaving || engine->lets_go)
        return NULL;
    return CONTAINER_OF(engine->leaving_end, struct batch, next);
}

/* How many rows of it go to their tables with this commit. */
static uint32_t ops_of(const struct turn *turn)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < turn->edit_count; i++)
        count += !turn->edits[i].lazy;
    return count;
}

/* Where the frames of its sessions lie. A turn that logs nothing (a person closes a session) leaves
 * that as it is: the block has no entry of the station from which its chain would go on. */
static void note_blocks(struct turn *turn, int64_t block)
{
    for (uint32_t i = 0; i < turn->edit_count; i++) {
        struct session_row *session = turn->edits[i].row;
        if (turn->edits[i].kind != ROW_session)
            continue;
        session->block_last = block;
        if (session->block_first == 0)
            session->block_first = block;
    }
}

void engine_apply(struct turn *turn)
{
    struct engine *engine = turn->engine;
    struct batch *before = goes_before(engine), *batch;

    if (!turn->edit_count && !turn->lines && !turn->durable && !before) {
        batch_release(engine, turn->outs); /* nothing to make durable, nothing to overtake */
        return;
    }
    batch = batch_open(engine);
    batch_turn(batch, ops_of(turn));
    if (turn->lines)
        note_blocks(turn, batch->store.block.id);
    /* Rows of other kinds first: events show the world as it is after the turn. */
    for (uint32_t i = 0; i < turn->edit_count; i++)
        if (turn->edits[i].kind != ROW_event)
            apply_edit(engine, batch, &turn->edits[i], turn->edit_count == 1);
    render_events(turn);
    for (uint32_t i = 0; i < turn->edit_count; i++)
        if (turn->edits[i].kind == ROW_event)
            apply_edit(engine, batch, &turn->edits[i], turn->edit_count == 1);
    for (struct turn_line *line = turn->lines; line; line = line->next)
        apply_line(engine, batch, &line->entry);
    if (!batch->must && (turn->durable || turn->edit_count)) {
        batch->must = true;
        batch->must_at = engine->mono;
    }
    before = goes_before(engine);
    if (turn->at_once || !before)
        batch_release(engine, turn->outs);
    else
        batch_keep_outs(before, turn->outs);
}
