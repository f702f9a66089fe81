/* power_all.c: the power of all sites at once, for who looks at the whole: a line a site, and what
 * the newest cars may draw and why. And the last day of one limit. */
#include "api/power.h"
#include "api/sites.h"

#include <stdlib.h>

request_fn power_now, power_node_history;

enum { CARS = 50, CARS_MAX = 500 };

/* --- sites */

static void write_site(struct turn *turn, struct json_writer *json, const struct power_row *power)
{
    struct dispatch_sums sums;

    if (dispatch_site_sums(turn->engine, power->site, &sums) != ERR_NONE)
        return;
    json_object_begin(json);
    json_key_str(json, "site", id_text(turn->arena, power->site));
    json_key_i64(json, "cars_w", sums.cars_w);
    json_key_i64(json, "offered_w", sums.offered_w);
    write_or_null(json, "limit_w", sums.limit_w);
    json_key(json, "full_percent");
    json_decimal(json, sums.full_permille, 1);
    json_key_i64(json, "cars", sums.cars);
    json_key_i64(json, "plugs", sums.plugs);
    json_key_bool(json, "capped", sums.capped);
    json_key_bool(json, "over", sums.over);
    json_object_end(json);
}

/* --- cars */

static int newest_first(const void *a, const void *b)
{
    const struct session_row *left = *(const struct session_row *const *)a;
    const struct session_row *right = *(const struct session_row *const *)b;

    return left->id > right->id ? -1 : left->id < right->id;
}

/* The newest sessions of sites that share their power. */
static uint32_t shared_sessions(struct turn *turn, const struct session_row **sessions)
{
    const struct session_row *session;
    uint32_t count = 0;

    for (uint32_t at = 0; (session = world_next(turn_world(turn), ROW_session, &at)) != NULL;)
        if (session->state == SESSION_OPEN && session->site && site_power(turn, session->site))
            sessions[count++] = session;
    if (count)
        qsort(sessions, count, sizeof(const struct session_row *), newest_first);
    return count;
}

static enum err write_cars(struct turn *turn, struct json_writer *json, int64_t wanted)
{
    const struct session_row **sessions = ARENA_NEW_ARRAY(
        turn->arena, const struct session_row *, world_count(turn_world(turn), ROW_session) + 1);
    struct dispatch_evse_state state;
    uint32_t count;

    if (!sessions)
        return ERR_FULL;
    count = wanted ? shared_sessions(turn, sessions) : 0;
    json_key(json, "cars");
    json_array_begin(json);
    for (uint32_t i = 0; i < count && wanted > 0; i++) {
        const struct session_row *session = sessions[i];
        const struct station_row *station = TURN_FIND(turn, station, session->station);
        if (!station ||
            dispatch_evse_state(turn->engine, session->station, session->evse, turn->arena,
                                &state) != ERR_NONE ||
            state.session != session->id)
            continue;
        json_object_begin(json);
        json_key_str(json, "site", id_text(turn->arena, session->site));
        json_key_str(json, "station", station->identity);
        json_key_i64(json, "evse", session->evse);
        write_evse_power(turn, json, &state);
        json_object_end(json);
        wanted--;
    }
    json_array_end(json);
    return ERR_NONE;
}

enum err power_now(struct turn *turn, struct request *request)
{
    struct json_writer *json = &request->json;
    const struct power_row *power;
    int64_t cars = CARS;
    enum err err = query_i64(request, "cars", (struct range){ 0, CARS_MAX }, &cars);

    if (err != ERR_NONE)
        return err;
    json_object_begin(json);
    json_key_time(json, "at", turn->now);
    json_key(json, "sites");
    json_array_begin(json);
    for (uint32_t at = 0; (power = world_next(turn_world(turn), ROW_power, &at)) != NULL;)
        write_site(turn, json, power);
    json_array_end(json);
    err = write_cars(turn, json, cars);
    json_object_end(json);
    return err;
}

/* --- one limit */

static void write_step(struct json_writer *json, const struct dispatch_step *step)
{
    json_object_begin(json);
    json_key_time(json, "at", step->at);
    json_key_i64(json, "drawn_w", step->drawn_w);
    json_key_i64(json, "reserved_w", step->reserved_w);
    write_or_null(json, "limit_w", step->limit_w);
    json_key(json, "full_percent");
    json_decimal(json, step->full_permille, 1);
    json_object_end(json);
}

enum err power_node_history(struct turn *turn, struct request *request)
{
    enum { HOURS_MAX = 24 };
    struct json_writer *json = &request->json;
    const struct site_row *site;
    struct dispatch_steps steps;
    int64_t hours = HOURS_MAX;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = query_i64(request, "hours", (struct range){ 1, HOURS_MAX }, &hours);
    if (err != ERR_NONE)
        return err;
    err = dispatch_node_steps(turn->engine, site->id, request->args[1], turn->arena, &steps);
    if (err == ERR_NOT_FOUND)
        return PROBLEM(request, err, STR_NONE, "no_node_at",
                       "There is no node {node} in the power document of {site}.",
                       ARGS(ARG_STR("node", request->args[1]), ARG_STR("site", site->name)));
    if (err == ERR_FULL)
        return PROBLEM(request, ERR_NOT_FOUND, STR_NONE, "no_history",
                       "The tree is too large: no history is kept for this node.", NO_ARGS);
    json_object_begin(json);
    json_key_i64(json, "step_s", DISPATCH_STEP_MS / 1000);
    json_key(json, "items");
    json_array_begin(json);
    for (uint32_t i = 0; i < steps.count; i++)
        if (steps.steps[i].at >= turn->now - hours * INT64_C(3600000))
            write_step(json, &steps.steps[i]);
    json_array_end(json);
    json_object_end(json);
    return ERR_NONE;
}
