/* review.c: doubts about facts, and who changed what. */
#include "api/idempotency.h"
#include "api/shapes.h"

request_fn review_list, review_settle, audit_list;

/* --- doubts */

struct review_filter {
    bool settled;
};

static bool fits(struct turn *turn, const struct request *request, const void *row,
                 const void *filter)
{
    const struct review_row *review = row;
    const struct review_filter *want = filter;

    (void)turn;
    (void)request;
    return is_moment(review->settled_at) == want->settled;
}

static void write_review(struct turn *turn, struct request *request, const void *row)
{
    review_json(turn, &request->json, row);
}

enum err review_list(struct turn *turn, struct request *request)
{
    struct store_filter filters[PAGE_FILTERS_MAX];
    struct review_filter filter = { .settled = false };
    uint32_t count = 0;
    int64_t station;
    enum err err = query_bool(request, "settled", &filter.settled);

    if (err != ERR_NONE)
        return err;
    query_station(turn, request, "station", &station);
    if (station)
        filters[count++] = (struct store_filter){ "station", STORE_EQ, station, STR_NONE };
    filters[count++] = (struct store_filter){ "settled_at", filter.settled ? STORE_NE : STORE_EQ,
                                              UTC_UNKNOWN, STR_NONE };
    return page_of_store(request, &(struct page_source){ .kind = ROW_review,
                                                         .fits = fits,
                                                         .filter = &filter,
                                                         .write = write_review,
                                                         .filters = filters,
                                                         .filter_count = count });
}

enum err review_settle(struct turn *turn, struct request *request)
{
    struct store_filter by_id = { .column = "id",
                                  .test = STORE_EQ,
                                  .number = id_parse(request->args[0]) };
    const struct store_query query = {
        .kind = ROW_review, .filters = &by_id, .filter_count = 1, .limit = 1
    };
    const struct review_row *before;
    struct review_row *review;
    struct store_rows rows;
    struct body body;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE)
        err = body_only(request, &body, "");
    if (err == ERR_NONE)
        err = flight_claim(request, FLIGHT_ROW,
                           arena_printf(turn->arena, "review:%.*s", STR_ARGS(request->args[0])),
                           "Somebody settles it just now.");
    if (err == ERR_NONE)
        err = turn_query(turn, &query, &rows);
    if (err != ERR_NONE)
        return err;
    if (rows.count == 0)
        return problem_set(request, ERR_NOT_FOUND, "There is no such doubt.");
    before = rows.rows[0];
    if (is_moment(before->settled_at))
        return problem_set(request, ERR_NOT_NOW, "It was settled by %.*s.",
                           STR_ARGS(before->settled_by));
    review = TURN_EDIT(turn, review, before);
    review->settled_at = turn->now;
    review->settled_by = turn->actor.name;
    flight_land_after(turn, request, FLIGHT_ROW);
    turn_audit(turn, "review.settle",
               arena_printf(turn->arena, "review:%lld", (long long)review->id), STR_NONE, STR_NONE);
    review_json(turn, &request->json, review);
    return ERR_NONE;
}

/* --- audit */

static void write_audit(struct turn *turn, struct request *request, const void *row)
{
    json_object_begin(&request->json);
    resource_write(turn, &request->json, RESOURCE_audit, row);
    json_object_end(&request->json);
}

enum err audit_list(struct turn *turn, struct request *request)
{
    struct store_filter filters[PAGE_FILTERS_MAX];
    const struct str *actor = query_find(request, "actor"), *target = query_find(request, "target");
    utc_ms from = UTC_UNKNOWN, to = UTC_NEVER;
    uint32_t count = 0;
    enum err err = query_time(request, "from", &from);

    (void)turn;
    if (err == ERR_NONE)
        err = query_time(request, "to", &to);
    if (err != ERR_NONE)
        return err;
    if (actor)
        filters[count++] = (struct store_filter){ "actor", STORE_EQ, 0, *actor };
    if (target)
        filters[count++] = (struct store_filter){ "target", STORE_EQ, 0, *target };
    if (from != UTC_UNKNOWN)
        filters[count++] = (struct store_filter){ "at", STORE_GE, from, STR_NONE };
    if (to != UTC_NEVER)
        filters[count++] = (struct store_filter){ "at", STORE_LT, to, STR_NONE };
    return page_of_store(request, &(struct page_source){ .kind = ROW_audit,
                                                         .write = write_audit,
                                                         .filters = filters,
                                                         .filter_count = count });
}
