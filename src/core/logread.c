#include "core/logread.h"

enum { BLOCKS_MAX = 5000, BLOCK_ENTRIES_MAX = 1 << 20 };

static bool wanted(const struct log_query *query, const struct log_entry *entry)
{
    if (entry->station != query->station || entry->kind == LOG_REDO)
        return false;
    if (query->session && entry->session != query->session)
        return false;
    if (query->frames_only && entry->kind != LOG_IN && entry->kind != LOG_OUT)
        return false;
    if ((query->direction == 1 && entry->kind != LOG_IN) ||
        (query->direction == 2 && entry->kind != LOG_OUT))
        return false;
    if ((entry->flags & query->flags) != query->flags)
        return false;
    if (query->action.len && !str_equal(query->action, entry->action))
        return false;
    return entry->at >= query->from && (query->to == UTC_NEVER || entry->at < query->to);
}

/* One block's entries, in the order of the block; *before is where the station's chain goes on. */
/* NOLINTNEXTLINE(readability-function-size): where it reads, what it wants, where it puts it */
static enum err read_block(struct store_reader *reader, const struct log_query *query,
                           struct log_place place, struct arena *arena, struct log_page *page,
                           int64_t *before)
{
    struct store_block block;
    struct log_entry entry;
    struct arena scratch;
    uint32_t first = page->count, index = 0;
    enum err err;

    arena_init(&scratch, NULL, 0);
    *before = 0;
    err = reader->ops->read_block(reader, place.block, &scratch, &block);
    for (; err == ERR_NONE && (err = log_take(&block.data, &entry)) == ERR_NONE; index++) {
        if (entry.station == query->station && entry.block_before != place.block && *before == 0)
            *before = entry.block_before;
        if (index >= place.index || page->count >= BLOCK_ENTRIES_MAX || !wanted(query, &entry))
            continue;
        entry.action = arena_copy(arena, entry.action);
        entry.message_id = arena_copy(arena, entry.message_id);
        entry.text = arena_copy(arena, entry.text);
        if (!entry.text.ptr) {
            err = ERR_FULL;
            break;
        }
        page->found[page->count++] = (struct log_found){ { place.block, index }, entry };
        if (page->count == first + query->limit) { /* keep the newest `limit` of this block */
            memmove(&page->found[first], &page->found[first + 1],
                    (query->limit - 1) * sizeof page->found[0]);
            page->count--;
            page->more = true;
        }
    }
    arena_reset(&scratch);
    /* Newest first. */
    for (uint32_t low = first, high = page->count; low + 1 < high; low++) {
        struct log_found swap = page->found[low];
        page->found[low] = page->found[--high];
        page->found[high] = swap;
    }
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

enum err log_read(struct store_reader *reader, const struct log_query *query, struct arena *arena,
                  struct log_page *page)
{
    struct log_place place = query->before;
    enum err err = ERR_NONE;

    *page = (struct log_page){ 0 };
    page->found = ARENA_NEW_ARRAY(arena, struct log_found, (size_t)query->limit * 2 + 2);
    if (!page->found)
        return ERR_FULL;
    for (int blocks = 0; err == ERR_NONE && place.block > 0 && place.block >= query->block_first;
         blocks++) {
        int64_t before;
        if (page->count >= query->limit || blocks == BLOCKS_MAX) {
            page->more = true;
            break;
        }
        err = read_block(reader, query, place, arena, page, &before);
        place = (struct log_place){ before, UINT32_MAX };
    }
    page->next = place;
    if (page->count > query->limit || page->more) {
        page->count = page->count > query->limit ? query->limit : page->count;
        page->more = true;
        if (page->count == query->limit)
            page->next = page->found[page->count - 1].place;
    }
    return err;
}
