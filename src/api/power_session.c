/* power_session.c: one session's power: the limit that it had against what it drew, the plan, what
 * its station says that it will do, and what its car plans. */
#include "api/calls.h"
#include "api/power.h"
#include "api/sessions.h"
#include "api/shapes.h"
#include "api/sites.h"
#include "dispatch/composite.h"
#include "dispatch/schedule.h"
#include "domain/words.h"
#include "ocpp/charging.h"

request_fn session_power;

enum { STEPS_MAX = 2000, SCHEDULE_S = 4 * 3600, SCHEDULE_TIMEOUT_MS = 5000 };

/* How a current at its EVSE becomes a power. */
struct outlet {
    int64_t volts, wires_live;
};

/* What is known of it in the document of its site; 230 V and three phases where it has none. */
static struct outlet outlet_of(struct turn *turn, const struct session_row *session)
{
    const struct power_row *power = site_power(turn, session->site);
    const struct station_row *station = TURN_FIND(turn, station, session->station);
    struct document_findings *findings = ARENA_NEW(turn->arena, struct document_findings);
    struct outlet outlet = { 230, 3 };
    struct document document;
    int32_t index;

    if (!power || !station || !findings ||
        document_read(power->document, NULL, turn->arena, &document, findings) != ERR_NONE)
        return outlet;
    index = document_find_evse(&document, station->identity, (int32_t)session->evse);
    if (index < 0)
        return outlet;
    return (struct outlet){ document.evses[index].leaf.volts,
                            document.evses[index].leaf.wires_live };
}

static void write_more(struct json_writer *json, int64_t da, int64_t more_w,
                       const struct outlet *outlet)
{
    json_key_decimal(json, "limit_a", da, 1);
    json_key_i64(json, "limit_w", da * outlet->volts * outlet->wires_live / 10 + more_w);
}

static void write_limit(struct json_writer *json, int64_t da, const struct outlet *outlet)
{
    write_more(json, da, 0, outlet);
}

/* --- what it was given */

static void write_steps(struct json_writer *json, const struct store_rows *rows,
                        const struct outlet *outlet)
{
    json_key(json, "limits");
    json_array_begin(json);
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct limit_step_row *step = rows->rows[i];
        json_object_begin(json);
        json_key_time(json, "at", step->at);
        write_more(json, step->limit_da, step->more_w, outlet);
        write_why(json, step->why, STR_NONE);
        json_key(json, "node");
        if (step->node.len)
            json_str(json, step->node);
        else
            json_null(json);
        json_object_end(json);
    }
    json_array_end(json);
}

/* The plan of its EVSE among those of its site, or NULL. */
static const int32_t *plan_of(struct turn *turn, const struct dispatch_site_state *site,
                              const struct session_row *session)
{
    const struct station_row *station = TURN_FIND(turn, station, session->station);
    struct dispatch_evse_state evse;
    int32_t index =
        station ? document_find_evse(site->document, station->identity, (int32_t)session->evse)
                : -1;

    if (index < 0)
        return NULL;
    dispatch_evse_at(turn->engine, site->site, (uint32_t)index, turn->arena, &evse);
    return evse.plan_da;
}

/* The plan that it was given: from now on, a step where it changes. */
static void write_given(struct turn *turn, struct json_writer *json,
                        const struct session_row *session, const struct outlet *outlet)
{
    struct dispatch_site_state site;
    const int32_t *plan = NULL;

    if (session->state == SESSION_OPEN &&
        dispatch_site_overview(turn->engine, session->site, turn->arena, &site) == ERR_NONE)
        plan = plan_of(turn, &site, session);
    json_key(json, "given");
    json_array_begin(json);
    for (uint32_t i = 0; plan && i < site.plan_steps; i++) {
        if (i && plan[i] == plan[i - 1])
            continue;
        json_object_begin(json);
        json_key_time(json, "start_at", site.plan_from_at + (int64_t)i * site.plan_step_ms);
        write_limit(json, plan[i], outlet);
        json_object_end(json);
    }
    json_array_end(json);
}

/* --- what its station says that it will do */

/* Asks it, where whoever looks may ask stations and it is there. ERR_NOT_FOUND: there is no answer:
 * the page shows the rest. */
static enum err ask_composite(struct request *request, const struct session_row *session,
                              struct charging_composite *composite, utc_ms *asked_at)
{
    struct turn *turn = request->turn;
    const struct station_row *station = TURN_FIND(turn, station, session->station);
    struct charging_call schedule;
    struct call_answer answer;
    enum charging_unit unit;
    enum protocol protocol;
    bool connected;
    enum err err;

    if (!station || !role_may(request->role, RIGHT_STATION_COMMAND))
        return ERR_NOT_FOUND;
    protocol = call_protocol(turn, station, &connected);
    if (!connected && !call_was_sent(turn))
        return ERR_NOT_FOUND;
    unit = dispatch_takes_watts(turn->engine, station->id, session->evse) ? CHARGE_W : CHARGE_A;
    err = charging_get_composite(protocol, (int32_t)session->evse, SCHEDULE_S, unit, turn->arena,
                                 &schedule);
    if (err != ERR_NONE)
        return err;
    err = turn_call(turn,
                    &(struct call){ .station = station->id,
                                    .class = CALL_HOUSEKEEPING,
                                    .action = schedule.action,
                                    .payload = schedule.payload,
                                    .timeout_ms = SCHEDULE_TIMEOUT_MS },
                    &answer);
    if (err != ERR_NONE)
        return err;
    *asked_at = answer.sent_at;
    if (answer.outcome != CALL_ANSWERED)
        return ERR_NOT_FOUND;
    err = charging_read_composite(protocol, answer.payload, station->clock_offset_ms, turn->arena,
                                  composite);
    return err == ERR_BAD_FORMAT ? ERR_NOT_FOUND : err;
}

/* What is said of single phases, where it is (2.1). */
static void write_phases(struct json_writer *json, const struct charging_period *period,
                         enum charging_unit unit)
{
    const int32_t limits[] = { period->limit, period->limit_2, period->limit_3 };

    if (charging_is_apart(period)) {
        json_key(json, unit == CHARGE_W ? "limit_phases_w" : "limit_phases_a");
        json_array_begin(json);
        for (size_t i = 0; i < COUNT(limits); i++)
            if (limits[i] == CHARGE_SAME)
                json_null(json);
            else if (unit == CHARGE_W)
                json_i64(json, limits[i]);
            else
                json_decimal(json, limits[i], 1);
        json_array_end(json);
    }
    if (period->phases)
        json_key_i64(json, "number_phases", period->phases);
    if (period->phase_to_use)
        json_key_i64(json, "phase_to_use", period->phase_to_use);
}

/* What phases with limits of their own have less than if all had the highest, below 0. */
static int64_t less_w(const struct charging_period *period, int32_t highest_da,
                      const struct outlet *outlet)
{
    const int32_t limits[] = { period->limit, period->limit_2, period->limit_3 };
    int64_t less_da = 0;

    for (size_t i = 0; i < COUNT(limits) && charging_is_apart(period); i++)
        less_da += limits[i] == CHARGE_SAME ? 0 : limits[i] - highest_da;
    return outlet->wires_live == 1 ? 0 : less_da * outlet->volts / 10;
}

static void write_periods(struct json_writer *json, const struct charging_composite *schedule,
                          const struct outlet *outlet)
{
    json_key(json, "periods");
    json_array_begin(json);
    for (uint32_t i = 0; i < schedule->period_count; i++) {
        const struct charging_period *period = &schedule->periods[i];
        json_object_begin(json);
        json_key_time(json, "start_at", schedule->start_at + period->start_s * INT64_C(1000));
        if (schedule->unit == CHARGE_W) {
            json_key_null(json, "limit_a");
            json_key_i64(json, "limit_w", charging_together(period, CHARGE_W));
        } else {
            int32_t highest = charging_highest(period, CHARGE_A);
            write_more(json, highest, less_w(period, highest, outlet), outlet);
        }
        write_phases(json, period, schedule->unit);
        json_object_end(json);
    }
    json_array_end(json);
}

static void write_composite(struct json_writer *json, struct charging_composite composite,
                            utc_ms asked_at, const struct outlet *outlet)
{
    if (composite.start_at == UTC_UNKNOWN)
        composite.start_at = asked_at;
    json_key(json, "composite");
    json_object_begin(json);
    json_key_time(json, "asked_at", asked_at);
    write_periods(json, &composite, outlet);
    json_object_end(json);
}

/* --- what its car plans by itself */

static enum err read_car_plan(struct turn *turn, int64_t session, struct store_rows *rows)
{
    const struct store_filter of_session = { .column = "session",
                                             .test = STORE_EQ,
                                             .number = session };
    const struct store_query newest = { .kind = ROW_car_plan,
                                        .filters = &of_session,
                                        .filter_count = 1,
                                        .order_by = "at",
                                        .descending = true,
                                        .limit = 1 };

    return turn_query(turn, &newest, rows);
}

static enum err write_car_plan(struct turn *turn, struct json_writer *json,
                               const struct store_rows *rows, const struct outlet *outlet)
{
    const struct car_plan_row *row = rows->count ? rows->rows[0] : NULL;
    struct charging_composite plan = { 0 };
    enum err err;

    if (!row) {
        json_key_null(json, "car_plan");
        return ERR_NONE;
    }
    err = schedule_read(row->periods, turn->arena, &plan.periods, &plan.period_count);
    plan.start_at = row->start_at == UTC_UNKNOWN ? row->at : row->start_at;
    plan.unit = row->unit == CHARGE_W ? CHARGE_W : CHARGE_A;
    json_key(json, "car_plan");
    json_object_begin(json);
    json_key_time(json, "told_at", row->at);
    json_key_time(json, "ends_at",
                  row->duration_s > 0 ? plan.start_at + row->duration_s * 1000 : UTC_UNKNOWN);
    json_key_bool(json, "refused", row->refused);
    write_periods(json, &plan, outlet);
    json_object_end(json);
    return err;
}

/* --- all of it */

static enum err read_steps(struct turn *turn, int64_t session, struct store_rows *rows)
{
    const struct store_filter of_session = { .column = "session",
                                             .test = STORE_EQ,
                                             .number = session };
    const struct store_query query = {
        .kind = ROW_limit_step, .filters = &of_session, .filter_count = 1, .limit = STEPS_MAX
    };

    return turn_query(turn, &query, rows);
}

static void write_now(struct turn *turn, struct json_writer *json,
                      const struct dispatch_evse_state *evse, const struct store_rows *steps)
{
    const struct limit_step_row *last = steps->count ? steps->rows[steps->count - 1] : NULL;

    if (evse) {
        write_evse_power(turn, json, evse);
        return;
    }
    write_why(json, last ? last->why : WHY_NO_CAR, last ? STR_NONE : STR("Nobody limits it."));
}

enum err session_power(struct turn *turn, struct request *request)
{
    struct json_writer *json = &request->json;
    const struct session_row *session = NULL;
    struct charging_composite composite;
    const struct composite *known;
    struct dispatch_evse_state state;
    struct store_rows steps, car_plan;
    struct outlet outlet;
    bool ask = false, shared;
    utc_ms asked_at = UTC_UNKNOWN;
    enum err err = query_bool(request, "composite", &ask), asked = ERR_NOT_FOUND;

    if (err == ERR_NONE)
        err = session_of(request, &session);
    if (err != ERR_NONE || !session)
        return err;
    err = read_steps(turn, session->id, &steps);
    if (err == ERR_NONE)
        err = read_car_plan(turn, session->id, &car_plan);
    if (err != ERR_NONE)
        return err;
    shared = session->state == SESSION_OPEN &&
             dispatch_evse_state(turn->engine, session->station, session->evse, turn->arena,
                                 &state) == ERR_NONE &&
             state.session == session->id;
    if (ask && shared)
        asked = ask_composite(request, session, &composite, &asked_at);
    if (asked == ERR_LATER || asked == ERR_FULL)
        return asked;
    outlet = outlet_of(turn, session);
    json_object_begin(json);
    json_key_bool(json, "shared", shared);
    write_now(turn, json, shared ? &state : NULL, &steps);
    write_steps(json, &steps, &outlet);
    write_given(turn, json, session, &outlet);
    known = shared ? dispatch_composite(turn->engine, session->station, session->evse) : NULL;
    if (asked == ERR_NONE)
        dispatch_composite_told(turn, session->station, session->evse, &composite);
    if (asked == ERR_NONE)
        write_composite(json, composite, asked_at, &outlet);
    else if (known)
        write_composite(json, known->said, known->told_at, &outlet);
    else
        json_key_null(json, "composite");
    err = write_car_plan(turn, json, &car_plan, &outlet);
    json_object_end(json);
    return err;
}
