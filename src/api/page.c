/* page.c: lists. Ids ascend with time, so newest first is by id, and a cursor is the id of the last
 * row. */
#include <stdlib.h>

#include "api/request.h"

enum { LIMIT_MAX = 1000, LIMIT_DEFAULT = 100 };

enum err page_read(struct request *request, struct page *page)
{
    const struct str *cursor = query_find(request, "cursor");
    int64_t limit = LIMIT_DEFAULT;
    enum err err = query_i64(request, "limit", (struct range){ 1, LIMIT_MAX }, &limit);

    if (err != ERR_NONE)
        return err;
    page->limit = (uint32_t)limit;
    page->before = cursor ? id_parse(*cursor) : INT64_MAX;
    if (page->before == 0)
        return problem_field(request, ERR_BAD_VALUE, STR("cursor"),
                             "It is the next_cursor of the page before.");
    return ERR_NONE;
}

void page_begin(struct request *request)
{
    json_object_begin(&request->json);
    json_key(&request->json, "items");
    json_array_begin(&request->json);
}

void page_end(struct request *request, int64_t last)
{
    char text[24];
    struct buf out;

    json_array_end(&request->json);
    json_key(&request->json, "next_cursor");
    buf_init(&out, text, sizeof text);
    buf_put_i64(&out, last);
    if (last)
        json_str(&request->json, buf_str(&out));
    else
        json_null(&request->json);
    json_object_end(&request->json);
}

static int64_t id_of(const void *row)
{
    return *(const int64_t *)row; /* every row starts with its id */
}

static int newer_first(const void *a, const void *b)
{
    int64_t left = id_of(*(const void *const *)a), right = id_of(*(const void *const *)b);

    return left < right ? 1 : left > right ? -1 : 0;
}

enum err page_of_memory(struct request *request, const struct page_source *source)
{
    struct turn *turn = request->turn;
    const struct world *world = turn_world(turn);
    const void **rows =
        ARENA_NEW_ARRAY(turn->arena, const void *, world_count(world, source->kind));
    uint32_t count = 0, at = 0, shown;
    struct page page;
    const void *row;
    enum err err = page_read(request, &page);

    if (err != ERR_NONE)
        return err;
    if (!rows)
        return ERR_FULL;
    while ((row = world_next(world, source->kind, &at)))
        if (id_of(row) < page.before &&
            (!source->fits || source->fits(turn, request, row, source->filter)))
            rows[count++] = row;
    qsort(rows, count, sizeof *rows, newer_first);
    shown = count < page.limit ? count : page.limit;
    page_begin(request);
    for (uint32_t i = 0; i < shown; i++)
        source->write(turn, request, rows[i]);
    page_end(request, shown < count ? id_of(rows[shown - 1]) : 0);
    return ERR_NONE;
}

enum err page_rows_read(struct request *request, const struct page_source *source,
                        struct page_rows *rows)
{
    struct store_query query = { .kind = source->kind,
                                 .filters = source->filters,
                                 .filter_count = source->filter_count,
                                 .descending = true };
    struct store_rows found;
    struct page page;
    enum err err = page_read(request, &page);

    if (err != ERR_NONE)
        return err;
    query.limit = page.limit + 1; /* one more tells whether there is another page */
    query.has_after = page.before != INT64_MAX;
    query.after_value = query.after_id = page.before;
    err = turn_query(request->turn, &query, &found);
    if (err != ERR_NONE)
        return err;
    rows->rows = found.rows;
    rows->count = found.count < page.limit ? found.count : page.limit;
    rows->last = found.count > page.limit ? id_of(found.rows[page.limit - 1]) : 0;
    return ERR_NONE;
}

enum err page_of_store(struct request *request, const struct page_source *source)
{
    struct turn *turn = request->turn;
    struct page_rows rows;
    enum err err = page_rows_read(request, source, &rows);

    if (err != ERR_NONE)
        return err;
    page_begin(request);
    for (uint32_t i = 0; i < rows.count; i++)
        if (!source->fits || source->fits(turn, request, rows.rows[i], source->filter))
            source->write(turn, request, rows.rows[i]);
    page_end(request, rows.last);
    return ERR_NONE;
}
