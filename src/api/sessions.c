/* sessions.c: what was charged. */
#include "api/sessions.h"

#include "api/csv.h"
#include "api/shapes.h"
#include "domain/session.h"
#include "domain/words.h"

request_fn sessions_list, sessions_export, session_get, session_close;

/* --- filters: asked of the store, and again of each row, since sessions in memory are newer than
 * the store's */

struct session_filter {
    int64_t station, site, state,
        flag; /* 0 or -1: any; station -1 and site -1: there is none such */
    const struct str *token;
    utc_ms from, to;
};

/* From the query: station, site, state, flag, token, from, to. A problem names the one that is
 * wrong. */
static enum err filter_read(struct request *request, struct session_filter *filter)
{
    struct turn *turn = request->turn;
    const struct str *site = query_find(request, "site");
    enum err err;

    *filter = (struct session_filter){ .state = -1,
                                       .flag = -1,
                                       .token = query_find(request, "token"),
                                       .from = UTC_UNKNOWN,
                                       .to = UTC_NEVER };
    query_station(turn, request, "station", &filter->station);
    if (site) {
        filter->site = id_parse(*site);
        if (!filter->site)
            return problem_field(request, ERR_BAD_VALUE, STR("site"), "It is a site's id.");
    }
    err = query_word(request, "state", session_state_words, SESSION_COUNT, &filter->state);
    if (err == ERR_NONE)
        err = query_word(request, "flag", session_flag_words, FLAG_COUNT, &filter->flag);
    if (err == ERR_NONE)
        err = query_time(request, "from", &filter->from);
    if (err == ERR_NONE)
        err = query_time(request, "to", &filter->to);
    return err;
}

/* page_fits_fn; `filter` is a session_filter. */
static bool fits(struct turn *turn, const struct request *request, const void *row,
                 const void *filter)
{
    const struct session_row *session = row;
    const struct session_filter *want = filter;

    (void)turn;
    (void)request;
    return (!want->station || session->station == want->station) &&
           (!want->site || session->site == want->site) &&
           (want->state < 0 || session->state == want->state) &&
           (want->flag < 0 || session->flags >> want->flag & 1) &&
           (!want->token || str_equal_nocase(session->token, *want->token)) &&
           session->started_at >= want->from && session->started_at < want->to;
}

/* The same for the store; returns how many it wrote. */
static uint32_t filter_store(const struct session_filter *filter,
                             struct store_filter filters[PAGE_FILTERS_MAX])
{
    uint32_t count = 0;

    if (filter->station)
        filters[count++] = (struct store_filter){ "station", STORE_EQ, filter->station, STR_NONE };
    if (filter->site)
        filters[count++] = (struct store_filter){ "site", STORE_EQ, filter->site, STR_NONE };
    if (filter->state >= 0)
        filters[count++] = (struct store_filter){ "state", STORE_EQ, filter->state, STR_NONE };
    if (filter->flag >= 0)
        filters[count++] =
            (struct store_filter){ "flags", STORE_HAS_BITS, INT64_C(1) << filter->flag, STR_NONE };
    if (filter->token)
        filters[count++] = (struct store_filter){ "token", STORE_CONTAINS, 0, *filter->token };
    if (filter->from != UTC_UNKNOWN)
        filters[count++] = (struct store_filter){ "started_at", STORE_GE, filter->from, STR_NONE };
    if (filter->to != UTC_NEVER)
        filters[count++] = (struct store_filter){ "started_at", STORE_LT, filter->to, STR_NONE };
    return count;
}

/* --- one */

enum err session_of(struct request *request, const struct session_row **session)
{
    struct turn *turn = request->turn;
    int64_t id = id_parse(request->args[0]);
    enum err err = id ? turn_get_session(turn, id, session) : ERR_NOT_FOUND;

    return err == ERR_NOT_FOUND ? problem_set(request, err, "There is no such session.") : err;
}

static enum err answer(struct turn *turn, struct request *request,
                       const struct session_row *session)
{
    session_json(turn, &request->json, session);
    answer_version(request, version_after(turn, ROW_session, session));
    return ERR_NONE;
}

enum err session_get(struct turn *turn, struct request *request)
{
    const struct session_row *session = NULL;
    enum err err = session_of(request, &session);

    return err == ERR_NONE ? answer(turn, request, session) : err;
}

enum err session_close(struct turn *turn, struct request *request)
{
    const struct session_row *before = NULL;
    struct session_row *session;
    struct str reason = STR_NONE;
    struct body body;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE)
        err = body_only(request, &body, "reason");
    if (err == ERR_NONE)
        err = body_text(request, &body, "reason", (struct range){ 1, 500 }, &reason);
    if (err == ERR_NONE && reason.len == 0)
        err = problem_field(request, ERR_BAD_OCCURRENCE, STR("reason"),
                            "Closing a session needs a reason.");
    if (err == ERR_NONE)
        err = session_of(request, &before);
    if (err != ERR_NONE || !before)
        return err;
    if (before->state != SESSION_OPEN)
        return problem_set(request, ERR_NOT_NOW, "The session is over: %.*s.",
                           STR_ARGS(word_of(session_state_words, SESSION_COUNT, before->state)));
    session = TURN_EDIT(turn, session, before);
    session_end_at_last(session, SESSION_ENDED, turn->now);
    session->close_reason = reason;
    session->closed_by = turn->actor.name;
    turn_event(turn, "session.ended", session->station, session->id);
    turn_audit(turn, "session.close",
               arena_printf(turn->arena, "session:%lld", (long long)session->id), STR_NONE,
               request->body);
    return answer(turn, request, session);
}

/* --- lists */

static void write_session(struct turn *turn, struct request *request, const void *row)
{
    session_json(turn, &request->json, row);
}

enum err sessions_list(struct turn *turn, struct request *request)
{
    struct store_filter filters[PAGE_FILTERS_MAX];
    struct session_filter filter;
    enum err err = filter_read(request, &filter);

    (void)turn;
    if (err != ERR_NONE)
        return err;
    if (filter.state == SESSION_OPEN) /* all of them are in memory, and newest there */
        return page_of_memory(request, &(struct page_source){ .kind = ROW_session,
                                                              .fits = fits,
                                                              .filter = &filter,
                                                              .write = write_session });
    return page_of_store(request,
                         &(struct page_source){ .kind = ROW_session,
                                                .fits = fits,
                                                .filter = &filter,
                                                .write = write_session,
                                                .filters = filters,
                                                .filter_count = filter_store(&filter, filters) });
}

enum { EXPORT_LINES_MAX = 10000 };

static void write_line(struct turn *turn, struct request *request,
                       const struct session_row *session)
{
    struct station_label station = station_label(turn, session->station);
    const struct site_row *site = TURN_FIND(turn, site, session->site);
    struct csv_writer csv = { .out = &request->out };

    csv_text(&csv, id_text(turn->arena, session->id));
    csv_text(&csv, station.identity);
    csv_text(&csv, station.name);
    csv_text(&csv, site ? site->name : STR_NONE);
    csv_i64(&csv, session->evse);
    csv_i64(&csv, session->connector);
    csv_text(&csv, session->transaction_id);
    csv_text(&csv, session->token);
    csv_text(&csv, session->group_id);
    csv_time(&csv, is_moment(session->started_at) ? session->started_at : UTC_UNKNOWN);
    csv_time(&csv, is_moment(session->ended_at) ? session->ended_at : UTC_UNKNOWN);
    csv_decimal(&csv, session->energy_mwh, 3);
    csv_text(&csv, word_of(session_state_words, SESSION_COUNT, session->state));
    csv_words(&csv, session_flag_words, FLAG_COUNT, session->flags);
    csv_text(&csv, session->stop_reason);
    csv_end(&csv);
}

enum err sessions_export(struct turn *turn, struct request *request)
{
    struct store_filter filters[PAGE_FILTERS_MAX];
    struct store_query query = { .kind = ROW_session, .filters = filters, .descending = true };
    struct session_filter filter;
    struct store_rows rows;
    struct page page;
    uint32_t shown;
    enum err err = filter_read(request, &filter);

    if (err == ERR_NONE)
        err = page_read(request, &page);
    if (err != ERR_NONE)
        return err;
    query.filter_count = filter_store(&filter, filters);
    query.limit = query_find(request, "limit") ? page.limit : EXPORT_LINES_MAX;
    query.has_after = page.before != INT64_MAX;
    query.after_value = query.after_id = page.before;
    err = turn_query(turn, &query, &rows);
    if (err != ERR_NONE)
        return err;
    request->content_type_out = STR("text/csv; charset=utf-8");
    buf_put(
        &request->out,
        STR("id,station,station_name,site,evse,connector,transaction_id,token,group_id,started_at,"
            "ended_at,energy_wh,state,flags,stop_reason\r\n"));
    for (shown = 0; shown < rows.count; shown++)
        if (fits(turn, request, rows.rows[shown], &filter))
            write_line(turn, request, rows.rows[shown]);
    if (rows.count == query.limit)
        request->next_cursor =
            id_text(turn->arena, ((const struct session_row *)rows.rows[rows.count - 1])->id);
    return ERR_NONE;
}
