/* messages.c: the raw log, and meter values read from it. */
#include "api/sessions.h"
#include "api/shapes.h"
#include "api/stations.h"
#include "ocpp/ocpp.h"

#include <stdio.h>

request_fn station_messages, session_messages, session_meter_values;

/* A place in the log as text: BLOCK-INDEX. */
static struct str place_text(struct arena *arena, struct log_place place)
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

static enum err read_place(struct turn *turn, struct request *request, struct log_query *query)
{
    const struct str *cursor = query_find(request, "cursor");
    int64_t limit = 100;
    enum err err = query_i64(turn, request, "limit", 1, 1000, &limit);

    query->limit = (uint32_t)limit;
    if (err == ERR_NONE && cursor && !place_parse(*cursor, &query->before))
        return problem_field(turn, request, ERR_BAD_VALUE, STR("cursor"),
                             "It is the next_cursor of the page before.");
    return err;
}

static struct str identity_of(struct turn *turn, int64_t station)
{
    const struct station_row *row = TURN_FIND(turn, station, station);

    return row ? row->identity : STR_NONE;
}

static void end_page(struct turn *turn, struct request *request, const struct log_page *page)
{
    struct json_writer *json = &request->json;

    json_array_end(json);
    json_key(json, "next_cursor");
    if (page->more)
        json_str(json, place_text(turn->arena, page->next));
    else
        json_null(json);
    json_object_end(json);
}

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
        if (found->entry.kind != LOG_REDO)
            message_json(turn, &request->json, &found->entry, place_text(turn->arena, found->place),
                         identity_of(turn, found->entry.station));
    }
    end_page(turn, request, &page);
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
    enum err err = station_of(turn, request, &station);

    if (err == ERR_NONE)
        err = read_place(turn, request, &query);
    if (err == ERR_NONE)
        err = query_word(turn, request, "direction", directions, COUNT(directions), &direction);
    if (err == ERR_NONE)
        err = query_bool(turn, request, "error", &error);
    if (err == ERR_NONE)
        err = query_time(turn, request, "from", &query.from);
    if (err == ERR_NONE)
        err = query_time(turn, request, "to", &query.to);
    if (err != ERR_NONE)
        return err;
    query.station = station->id;
    query.direction = (int)direction;
    query.flags = error ? LOG_ERROR : 0;
    query.action = action ? *action : STR_NONE;
    return answer_log(turn, request, &query);
}

/* The frames of a session lie between its first and its last block. */
static void bound_to_session(struct log_query *query, const struct session_row *session)
{
    query->station = session->station;
    query->session = session->id;
    query->block_first = session->block_first;
    if (query->before.block == 0) /* its station may be gone, and the end of its log with it */
        query->before = (struct log_place){ session->block_last, UINT32_MAX };
    query->frames_only = true;
}

enum err session_messages(struct turn *turn, struct request *request)
{
    struct log_query query = { .from = UTC_UNKNOWN, .to = UTC_NEVER };
    const struct session_row *session;
    enum err err = session_of(turn, request, &session);

    if (err == ERR_NONE)
        err = read_place(turn, request, &query);
    if (err != ERR_NONE)
        return err;
    bound_to_session(&query, session);
    return answer_log(turn, request, &query);
}

/* --- meter values */

enum { ENTRIES_A_QUESTION = 5000, QUESTIONS_A_SESSION = 24 };

/* All frames from the station that belong to the session, newest first, in several questions. */
static enum err read_frames(struct turn *turn, const struct session_row *session,
                            struct log_page *pages, uint32_t *page_count)
{
    struct log_query query = {
        .from = UTC_UNKNOWN, .to = UTC_NEVER, .direction = 1, .limit = ENTRIES_A_QUESTION
    };
    bool more = true;

    bound_to_session(&query, session);
    for (*page_count = 0; more && *page_count < QUESTIONS_A_SESSION; (*page_count)++) {
        enum err err = turn_read_log(turn, &query, &pages[*page_count]);
        if (err != ERR_NONE)
            return err;
        more = pages[*page_count].more;
        query.before = pages[*page_count].next;
    }
    return ERR_NONE;
}

static void write_or_null(struct json_writer *json, const char *key, struct str text)
{
    if (text.len)
        json_key_str(json, key, text);
    else
        json_key_null(json, key);
}

static void write_sample(struct json_writer *json, const struct sample *sample)
{
    json_object_begin(json);
    json_key_str(json, "measurand", sample->measurand);
    if (sample->has_value)
        json_key_decimal(json, "value", sample->value_milli, SAMPLE_SCALE);
    else
        json_key_null(json, "value");
    json_key_str(json, "unit", sample->unit);
    write_or_null(json, "phase", sample->phase);
    write_or_null(json, "location", sample->location);
    write_or_null(json, "context", sample->context);
    json_object_end(json);
}

/* One item a message; false: the frame has no meter values. */
static bool write_meter_value(struct turn *turn, struct json_writer *json,
                              const struct log_entry *entry)
{
    struct frame_samples samples;

    if (entry->flags & LOG_ANSWER || ocpp_frame_samples(entry, turn->arena, &samples) != ERR_NONE ||
        samples.count == 0)
        return false;
    json_object_begin(json);
    json_key_time(json, "timestamp", samples.samples[0].at);
    json_key_time(json, "received_at", entry->at);
    json_key(json, "samples");
    json_array_begin(json);
    for (uint32_t i = 0; i < samples.count; i++)
        write_sample(json, &samples.samples[i]);
    json_array_end(json);
    json_object_end(json);
    return true;
}

static bool comes_after(struct log_place place, struct log_place cursor)
{
    return place.block > cursor.block ||
           (place.block == cursor.block && place.index > cursor.index);
}

enum err session_meter_values(struct turn *turn, struct request *request)
{
    struct log_page pages[QUESTIONS_A_SESSION], end = { 0 };
    const struct session_row *session;
    struct log_query from = { 0 };
    uint32_t page_count, written = 0;
    enum err err = session_of(turn, request, &session);

    if (err == ERR_NONE)
        err = read_place(turn, request, &from);
    if (err == ERR_NONE)
        err = read_frames(turn, session, pages, &page_count);
    if (err != ERR_NONE)
        return err;
    page_begin(request);
    for (uint32_t p = page_count; p-- > 0 && !end.more;)
        for (uint32_t i = pages[p].count; i-- > 0 && !end.more;) {
            const struct log_found *found = &pages[p].found[i];
            if (from.before.block && !comes_after(found->place, from.before))
                continue;
            if (written == from.limit) {
                end.more =
                    true; /* perhaps only frames without values: then the next page is empty */
                break;
            }
            if (write_meter_value(turn, &request->json, &found->entry)) {
                written++;
                end.next = found->place;
            }
        }
    end_page(turn, request, &end);
    return ERR_NONE;
}
