#include "api/logs.h"

struct str log_place_text(struct arena *arena, struct log_place place)
{
    return arena_printf(arena, "%lld-%u", (long long)place.block, place.index);
}

static bool place_parse(struct str text, struct log_place *place)
{
    struct str block;
    int64_t index;

    if (!str_cut(&text, '-', &block) || !text.ptr || !str_to_i64(block, &place->block) ||
        place->block <= 0 || !str_to_i64(text, &index) || index < 0 || index > UINT32_MAX)
        return false;
    place->index = (uint32_t)index;
    return true;
}

enum err log_query_read(struct request *request, struct log_query *query)
{
    const struct str *cursor = query_find(request, "cursor");
    int64_t limit = 100;
    enum err err = query_i64(request, "limit", (struct range){ 1, 1000 }, &limit);

    query->limit = (uint32_t)limit;
    if (err == ERR_NONE && cursor && !place_parse(*cursor, &query->before))
        return problem_field(request, ERR_BAD_VALUE, STR("cursor"),
                             "It is the next_cursor of the page before.");
    return err;
}

void log_query_session(struct log_query *query, const struct session_row *session)
{
    query->station = session->station;
    query->session = session->id;
    query->block_first = session->block_first;
    if (query->before.block == 0) /* its station may be gone, and the end of its log with it */
        query->before = (struct log_place){ session->block_last, UINT32_MAX };
    query->frames_only = true;
}

void log_page_end(struct turn *turn, struct request *request, const struct log_page *page)
{
    struct json_writer *json = &request->json;

    json_array_end(json);
    json_key(json, "next_cursor");
    if (page->more)
        json_str(json, log_place_text(turn->arena, page->next));
    else
        json_null(json);
    json_object_end(json);
}
