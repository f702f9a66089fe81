/* power_session.c: one session's power: the limit that it had against what it drew, the plan, what
 * its station says that it will do; and how a station takes limits. */
#include "api/calls.h"
#include "api/power.h"
#include "api/sessions.h"
#include "api/shapes.h"
#include "api/sites.h"
#include "dispatch/behaviour.h"
#include "domain/words.h"
#include "ocpp/charging.h"

request_fn session_power, station_behaviour, station_probe;

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

static void write_limit(struct json_writer *json, int64_t da, const struct outlet *outlet)
{
    json_key_decimal(json, "limit_a", da, 1);
    json_key_i64(json, "limit_w", da * outlet->volts * outlet->wires_live / 10);
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
        write_limit(json, step->limit_da, outlet);
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
    enum protocol protocol;
    bool connected;
    enum err err;

    if (!station || !role_may(request->role, RIGHT_STATION_COMMAND))
        return ERR_NOT_FOUND;
    protocol = call_protocol(turn, station, &connected);
    if (!connected && !call_was_sent(turn))
        return ERR_NOT_FOUND;
    err = charging_get_composite(protocol, (int32_t)session->evse, SCHEDULE_S, CHARGE_A,
                                 turn->arena, &schedule);
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

static void write_composite(struct json_writer *json, const struct charging_composite *composite,
                            utc_ms asked_at, const struct outlet *outlet)
{
    utc_ms start = composite->start_at == UTC_UNKNOWN ? asked_at : composite->start_at;

    json_key(json, "composite");
    json_object_begin(json);
    json_key_time(json, "asked_at", asked_at);
    json_key(json, "periods");
    json_array_begin(json);
    for (uint32_t i = 0; i < composite->period_count; i++) {
        const struct charging_period *period = &composite->periods[i];
        json_object_begin(json);
        json_key_time(json, "start_at", start + period->start_s * INT64_C(1000));
        if (composite->unit == CHARGE_W) {
            json_key_null(json, "limit_a");
            json_key_i64(json, "limit_w", period->limit);
        } else {
            write_limit(json, period->limit, outlet);
        }
        json_object_end(json);
    }
    json_array_end(json);
    json_object_end(json);
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
    struct dispatch_evse_state state;
    struct store_rows steps;
    struct outlet outlet;
    bool ask = false, shared;
    utc_ms asked_at = UTC_UNKNOWN;
    enum err err = query_bool(request, "composite", &ask), asked = ERR_NOT_FOUND;

    if (err == ERR_NONE)
        err = session_of(request, &session);
    if (err != ERR_NONE || !session)
        return err;
    err = read_steps(turn, session->id, &steps);
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
    if (asked == ERR_NONE)
        write_composite(json, &composite, asked_at, &outlet);
    else
        json_key_null(json, "composite");
    json_object_end(json);
    return ERR_NONE;
}

/* --- how a station takes limits */

enum err station_behaviour(struct turn *turn, struct request *request)
{
    struct json_writer *json = &request->json;
    const struct station_row *station;
    const struct behaviour_row *row;
    struct behaviour behaviour;
    const char *trouble = "It was not asked yet.";
    enum err err = station_of(request, &station);

    if (err != ERR_NONE)
        return err;
    row = TURN_FIND(turn, behaviour, station->id);
    if (row && behaviour_read(row->record, &behaviour) == ERR_NONE)
        trouble = behaviour_trouble(&behaviour);
    json_object_begin(json);
    json_key_str(json, "station", station->identity);
    json_key_bool(json, "proven", row && row->proven);
    json_key_time(json, "probed_at", row ? row->at : UTC_UNKNOWN);
    json_key_str(json, "firmware", row ? row->firmware : STR_NONE);
    json_key(json, "trouble");
    if (trouble)
        json_str(json, str_of(trouble));
    else
        json_null(json);
    json_key_raw(json, "record", row ? row->record : STR_NONE);
    json_object_end(json);
    return ERR_NONE;
}

enum err station_probe(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    enum err err = station_of(request, &station);

    if (err != ERR_NONE)
        return err;
    err = dispatch_probe(turn->engine, station->id);
    if (err == ERR_NOT_FOUND)
        return problem_set(request, ERR_NOT_NOW,
                           "%.*s stands in no site's power document: there is nothing to prove.",
                           STR_ARGS(station->identity));
    if (err == ERR_NOT_CONNECTED)
        return call_not_connected(request, station);
    if (err == ERR_NOT_NOW)
        return problem_set(request, err, "A probe of %.*s is under way.",
                           STR_ARGS(station->identity));
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "station.probe",
               arena_printf(turn->arena, "station:%.*s", STR_ARGS(station->identity)), STR_NONE,
               STR_NONE);
    request->status = 202;
    json_object_begin(&request->json);
    json_key_str(&request->json, "station", station->identity);
    json_object_end(&request->json);
    return ERR_NONE;
}
