/* meter_values.c: what the meter said during a session: out of the logged frames, and when those
 * are gone, out of the rows that they were compacted into (ocpp/samples.c). */
#include <stdlib.h>

#include "api/logs.h"
#include "api/sessions.h"
#include "api/state.h"
#include "domain/samples.h"
#include "ocpp/ocpp.h"
#include "json/cursor.h"

request_fn session_meter_values;

enum { ENTRIES_A_QUESTION = 5000, QUESTIONS_A_SESSION = 24, DAY_MS = 86400000 };

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

static void begin_item(struct json_writer *json, utc_ms timestamp, utc_ms received_at)
{
    json_object_begin(json);
    json_key_time(json, "timestamp", timestamp);
    json_key_time(json, "received_at", received_at);
    json_key(json, "samples");
    json_array_begin(json);
}

static void end_item(struct json_writer *json)
{
    json_array_end(json);
    json_object_end(json);
}

/* --- out of frames */

/* All frames from the station that belong to the session. */
struct frames {
    struct log_page pages[QUESTIONS_A_SESSION]; /* newest first, within and among themselves */
    uint32_t page_count, count;
    uint64_t *seen; /* marks of those that were shown: a power of two of places, 0 is free */
    uint32_t seen_cap;
};

static enum err read_frames(struct turn *turn, const struct session_row *session,
                            struct frames *frames)
{
    struct log_query query = {
        .from = UTC_UNKNOWN, .to = UTC_NEVER, .direction = 1, .limit = ENTRIES_A_QUESTION
    };
    bool more = true;

    log_query_session(&query, session);
    while (more && frames->page_count < QUESTIONS_A_SESSION) {
        struct log_page *page = &frames->pages[frames->page_count];
        enum err err = turn_read_log(turn, &query, page);
        if (err != ERR_NONE)
            return err;
        frames->page_count++;
        frames->count += page->count;
        more = page->more;
        query.before = page->next;
    }
    for (frames->seen_cap = 16; frames->seen_cap < 2 * frames->count;)
        frames->seen_cap *= 2;
    frames->seen = ARENA_NEW_ARRAY(turn->arena, uint64_t, frames->seen_cap);
    return frames->seen ? ERR_NONE : ERR_FULL;
}

/* Stations repeat a message under a new id until it is answered: the same action and payload is the
 * same message. */
static bool is_repeat(struct frames *frames, const struct log_entry *entry)
{
    struct str payload = STR_NONE, value;
    struct json_items items;
    uint64_t mark;
    uint32_t i;

    if (!json_items_open(&items, entry->text))
        return false;
    while (json_items_next(&items, &value) == ERR_NONE && value.ptr)
        payload = value; /* the last one is the payload */
    mark = str_hash(payload) ^ str_hash(entry->action) * 3;
    mark = mark ? mark : 1;
    for (i = (uint32_t)mark & (frames->seen_cap - 1); frames->seen[i];
         i = (i + 1) & (frames->seen_cap - 1))
        if (frames->seen[i] == mark)
            return true;
    frames->seen[i] = mark;
    return false;
}

/* False: the frame has no meter values. */
static bool write_frame(struct turn *turn, struct json_writer *json, const struct log_entry *entry)
{
    struct frame_samples samples;

    if (ocpp_frame_samples(entry, turn->arena, &samples) != ERR_NONE || samples.count == 0)
        return false;
    begin_item(json, samples.samples[0].at, entry->at);
    for (uint32_t i = 0; i < samples.count; i++)
        write_sample(json, &samples.samples[i]);
    end_item(json);
    return true;
}

static bool comes_after(struct log_place place, struct log_place cursor)
{
    return place.block > cursor.block ||
           (place.block == cursor.block && place.index > cursor.index);
}

/* One page, oldest first; *shown tells where it ended. */
static void write_frames(struct turn *turn, struct request *request, struct frames *frames,
                         const struct log_query *from, struct log_page *shown)
{
    uint32_t written = 0;

    for (uint32_t p = frames->page_count; p-- > 0;)
        for (uint32_t i = frames->pages[p].count; i-- > 0;) {
            const struct log_found *found = &frames->pages[p].found[i];
            if (found->entry.flags & LOG_ANSWER || is_repeat(frames, &found->entry))
                continue;
            if (from->before.block && !comes_after(found->place, from->before))
                continue;
            if (written == from->limit) {
                shown->more =
                    true; /* perhaps only frames without values: then the next page is empty */
                return;
            }
            if (!write_frame(turn, &request->json, &found->entry))
                continue;
            written++;
            shown->next = found->place;
        }
}

/* --- out of rows */

static int by_time(const void *a, const void *b)
{
    const struct samples_row *left = *(void *const *)a, *right = *(void *const *)b;

    if (left->from_at != right->from_at)
        return left->from_at < right->from_at ? -1 : 1;
    return left->id < right->id ? -1 : left->id > right->id;
}

/* The samples of one moment are one item; a page begins behind the moments that came before: cursor
 * 1-N says how many. */
/* NOLINTNEXTLINE(readability-function-size): where it reads, where it writes, where it goes on */
static enum err write_rows(struct turn *turn, struct request *request,
                           const struct session_row *session, const struct log_query *from,
                           struct log_page *shown)
{
    const struct store_filter of_session = { .column = "session",
                                             .test = STORE_EQ,
                                             .number = session->id };
    const struct store_query query = {
        .kind = ROW_samples, .filters = &of_session, .filter_count = 1, .limit = STORE_LIMIT_MAX
    };
    struct json_writer *json = &request->json;
    uint32_t item = 0, first = from->before.index;
    struct sample sample, before = { .at = UTC_NEVER };
    struct store_rows rows;
    bool open = false;
    enum err err = turn_query(turn, &query, &rows);

    if (err != ERR_NONE)
        return err;
    if (rows.count)
        qsort(rows.rows, rows.count, sizeof *rows.rows, by_time);
    page_begin(request);
    for (uint32_t r = 0; r < rows.count && !shown->more; r++) {
        const struct samples_row *row = rows.rows[r];
        struct str bytes = row->data;
        while (!shown->more && samples_take(&bytes, &sample) == ERR_NONE) {
            if (sample.at != before.at) {
                if (open)
                    end_item(json);
                shown->more = item == first + from->limit;
                open = item >= first && !shown->more;
                item++;
                if (open)
                    begin_item(json, sample.at, row->to_at);
            }
            if (open)
                write_sample(json, &sample);
            before = sample;
        }
    }
    if (open)
        end_item(json);
    shown->next = (struct log_place){ 1, first + from->limit };
    return ERR_NONE;
}

static bool frames_are_gone(const struct turn *turn, const struct request *request,
                            const struct session_row *session)
{
    return session->received_at <
           turn->now - request->api->config.options->store_frames_days * DAY_MS;
}

enum err session_meter_values(struct turn *turn, struct request *request)
{
    struct frames *frames = ARENA_NEW(turn->arena, struct frames);
    const struct session_row *session;
    struct log_page shown = { 0 };
    struct log_query from = { 0 };
    enum err err = session_of(request, &session);

    if (err == ERR_NONE)
        err = log_query_read(request, &from);
    if (err != ERR_NONE || !frames)
        return frames ? err : ERR_FULL;
    if (frames_are_gone(turn, request, session)) {
        err = write_rows(turn, request, session, &from, &shown);
    } else {
        err = read_frames(turn, session, frames);
        if (err == ERR_NONE) {
            page_begin(request);
            write_frames(turn, request, frames, &from, &shown);
        }
    }
    if (err == ERR_NONE)
        log_page_end(turn, request, &shown);
    return err;
}
