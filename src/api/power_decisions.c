/* power_decisions.c: what was decided for a site, when and from what. */
#include "api/power.h"
#include "api/sites.h"
#include "dispatch/journal.h"

request_fn power_decisions, power_decision;

/* An EVSE in a decision is its station's row id times this, and its number. */
enum { EVSE_NUMBERS = 100 };

static void begin_decision(struct turn *turn, struct json_writer *json,
                           const struct decision_row *decision)
{
    json_object_begin(json);
    json_key_str(json, "id", id_text(turn->arena, decision->id));
    json_key_time(json, "at", decision->at);
    json_key_str(json, "cause", decision->cause);
}

/* Which EVSE it is about: its number stands behind its station's (dispatch/decide.c). */
static void write_change(struct turn *turn, struct json_writer *json, const struct site_evse *evse,
                         const struct site_verdict *verdict)
{
    const struct station_row *station = TURN_FIND(turn, station, evse->id / EVSE_NUMBERS);

    json_object_begin(json);
    json_key_str(json, "station", station ? station->identity : STR_NONE);
    json_key_i64(json, "evse", evse->id % EVSE_NUMBERS);
    json_key_decimal(json, "from_a", evse->memory.target_da, 1);
    json_key_decimal(json, "to_a", verdict->target_da, 1);
    write_why(json, verdict->why, STR_NONE);
    json_object_end(json);
}

/* What it changed; a text that a later version wrote and this one does not read changed nothing. */
static void write_changes(struct turn *turn, struct json_writer *json, struct str body)
{
    struct site_decision decision;
    struct site_input input;

    json_key(json, "changes");
    json_array_begin(json);
    if (decision_read(body, turn->arena, &input, &decision) == ERR_NONE)
        for (uint32_t i = 0; i < input.evse_count; i++)
            if (decision.verdicts[i].target_da != input.evses[i].memory.target_da)
                write_change(turn, json, &input.evses[i], &decision.verdicts[i]);
    json_array_end(json);
}

static void write_decision(struct turn *turn, struct request *request, const void *row)
{
    const struct decision_row *decision = row;

    begin_decision(turn, &request->json, decision);
    write_changes(turn, &request->json, decision->body);
    json_object_end(&request->json);
}

static bool of_site(struct turn *turn, const struct request *request, const void *row,
                    const void *filter)
{
    (void)turn;
    (void)request;
    return ((const struct decision_row *)row)->site == *(const int64_t *)filter;
}

enum err power_decisions(struct turn *turn, struct request *request)
{
    struct store_filter filters[3];
    const struct site_row *site;
    utc_ms from = UTC_UNKNOWN, to = UTC_NEVER;
    uint32_t count = 0;
    enum err err = site_of(request, &site);

    (void)turn;
    if (err == ERR_NONE)
        err = query_time(request, "from", &from);
    if (err == ERR_NONE)
        err = query_time(request, "to", &to);
    if (err != ERR_NONE)
        return err;
    filters[count++] = (struct store_filter){ "site", STORE_EQ, site->id, STR_NONE };
    if (from != UTC_UNKNOWN)
        filters[count++] = (struct store_filter){ "at", STORE_GE, from, STR_NONE };
    if (to != UTC_NEVER)
        filters[count++] = (struct store_filter){ "at", STORE_LT, to, STR_NONE };
    return page_of_store(request, &(struct page_source){ .kind = ROW_decision,
                                                         .fits = of_site,
                                                         .filter = &site->id,
                                                         .write = write_decision,
                                                         .filters = filters,
                                                         .filter_count = count });
}

enum err power_decision(struct turn *turn, struct request *request)
{
    const int64_t id = id_parse(request->args[1]);
    const struct store_filter by_id = { .column = "id", .test = STORE_EQ, .number = id };
    const struct store_query query = {
        .kind = ROW_decision, .filters = &by_id, .filter_count = 1, .limit = 1
    };
    const struct decision_row *decision = NULL;
    const struct site_row *site;
    struct store_rows rows;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = turn_query(turn, &query, &rows);
    if (err != ERR_NONE)
        return err;
    if (rows.count)
        decision = rows.rows[0];
    if (!decision || decision->site != site->id)
        return problem_set(request, ERR_NOT_FOUND, "There is no such decision.");
    begin_decision(turn, &request->json, decision);
    write_changes(turn, &request->json, decision->body);
    json_key_raw(&request->json, "decision", decision->body);
    json_object_end(&request->json);
    return ERR_NONE;
}
