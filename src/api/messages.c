/* messages.c: the raw log. */
#include "api/logs.h"
#include "api/sessions.h"
#include "api/shapes.h"
#include "api/stations.h"

request_fn station_messages, session_messages;

static enum err answer_log(struct turn *turn, struct request *request,
                           const struct log_query *query)
{
    struct log_page page;
    enum err err = turn_read_log(turn, query, &page);

    if (err != ERR_NONE)
        return err;
    page_begin(request);
    for (uint32_t i = 0; i < page.count; i++) {
        const struct log_found *found = &page.found[i];
        if (!log_is_redo(found->entry.kind))
            message_json(turn, &request->json, &found->entry,
                         log_place_text(turn->arena, found->place),
                         station_label(turn, found->entry.station).identity);
    }
    log_page_end(turn, request, &page);
    return ERR_NONE;
}

enum err station_messages(struct turn *turn, struct request *request)
{
    static const struct str directions[] = { STR_INIT(""), STR_INIT("in"), STR_INIT("out") };
    struct log_query query = { .from = UTC_UNKNOWN, .to = UTC_NEVER };
    const struct str *action = query_find(request, "action");
    const struct station_row *station;
    int64_t direction = 0;
    bool error = false;
    enum err err = station_of(request, &station);

    if (err == ERR_NONE)
        err = log_query_read(request, &query);
    if (err == ERR_NONE)
        err = query_word(request, "direction", directions, COUNT(directions), &direction);
    if (err == ERR_NONE)
        err = query_bool(request, "error", &error);
    if (err == ERR_NONE)
        err = query_time(request, "from", &query.from);
    if (err == ERR_NONE)
        err = query_time(request, "to", &query.to);
    if (err != ERR_NONE)
        return err;
    query.station = station->id;
    query.direction = (int)direction;
    query.flags = error ? LOG_ERROR : 0;
    query.action = action ? *action : STR_NONE;
    return answer_log(turn, request, &query);
}

enum err session_messages(struct turn *turn, struct request *request)
{
    struct log_query query = { .from = UTC_UNKNOWN, .to = UTC_NEVER };
    const struct session_row *session;
    enum err err = session_of(request, &session);

    if (err == ERR_NONE)
        err = log_query_read(request, &query);
    if (err != ERR_NONE)
        return err;
    log_query_session(&query, session);
    return answer_log(turn, request, &query);
}
