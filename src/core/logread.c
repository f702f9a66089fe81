#include "core/logread.h"

enum { BLOCKS_MAX = 5000, BLOCK_ENTRIES_MAX = 1 << 20 };

static bool wanted(const struct log_query *query, const struct log_entry *entry)
{
    if (entry->station != query->station || log_is_redo(entry->kind))
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

/* What one call reads, and where it puts it. */
struct search {
    struct store_reader *reader;
    const struct log_query *query;
    struct arena *arena; /* of what is found */
    struct log_page *page;
};

/* Keeps the newest `limit` of those from `first` on, which are in the order of the block. */
static bool keep_entry(const struct search *search, uint32_t first, struct log_place place,
                       const struct log_entry *entry)
{
    struct log_page *page = search->page;
    struct log_entry copy = *entry;

    copy.action = arena_copy(search->arena, entry->action);
    copy.message_id = arena_copy(search->arena, entry->message_id);
    copy.text = arena_copy(search->arena, entry->text);
    if (!copy.text.ptr)
        return false;
    page->found[page->count++] = (struct log_found){ place, copy };
    if (page->count == first + search->query->limit) {
        memmove(&page->found[first], &page->found[first + 1],
                (search->query->limit - 1) * sizeof page->found[0]);
        page->count--;
        page->more = true;
    }
    return true;
}

static void turn_round(struct log_page *page, uint32_t first)
{
    for (uint32_t low = first, high = page->count; low + 1 < high; low++) {
        struct log_found swap = page->found[low];
        page->found[low] = page->found[--high];
        page->found[high] = swap;
    }
}

/* One block's entries before `place`, newest first; *before is where the station's chain goes on.
 */
static enum err read_block(const struct search *search, struct log_place place, int64_t *before)
{
    const struct log_query *query = search->query;
    uint32_t first = search->page->count, index = 0;
    struct store_block block;
    struct log_entry entry;
    struct arena scratch;
    enum err err;

    arena_init(&scratch, NULL, 0);
    *before = 0;
    err = search->reader->ops->read_block(search->reader, place.block, &scratch, &block);
    for (; err == ERR_NONE && (err = log_take(&block.data, &entry)) == ERR_NONE; index++) {
        if (entry.station == query->station && entry.block_before != place.block && *before == 0)
            *before = entry.block_before;
        if (index >= place.index || search->page->count >= BLOCK_ENTRIES_MAX ||
            !wanted(query, &entry))
            continue;
        if (!keep_entry(search, first, (struct log_place){ place.block, index }, &entry)) {
            err = ERR_FULL;
            break;
        }
    }
    arena_reset(&scratch);
    turn_round(search->page, first);
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

enum err log_read(struct store_reader *reader, const struct log_query *query, struct arena *arena,
                  struct log_page *page)
{
    const struct search search = { reader, query, arena, page };
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
        err = read_block(&search, place, &before);
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
