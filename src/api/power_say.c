/* power_say.c: what people and programs say to a site that shares its power: caps, what a session
 * needs or gets at the most, what meters show. */
#include "api/power.h"
#include "api/resource.h"
#include "api/sessions.h"
#include "api/shapes.h"
#include "api/sites.h"
#include "domain/words.h"
#include "json/cursor.h"

request_fn power_cap_set, power_cap_clear, session_limit_set, session_limit_clear, session_update,
    meter_read;

/* No car takes 200 kWh: more is another unit, or a lorry whose battery is in the fleet's list. */
enum { NEED_WH_MAX = 200000, CURRENT_DA_MAX = 100000, REASON_MAX = 200, DURATION_S_MAX = 31536000 };
#define POWER_W_MAX INT64_C(1000000000)

/* Until when it holds: a moment, or so long from now on. */
static enum err read_until(struct request *request, const struct body *body, utc_ms *until)
{
    struct turn *turn = request->turn;
    int64_t duration_s = 0;
    enum err err = body_time(request, body, "until", until);

    if (err == ERR_NONE)
        err =
            body_i64(request, body, "duration_s", (struct range){ 1, DURATION_S_MAX }, &duration_s);
    if (err != ERR_NONE)
        return err;
    if (body_find(body, "until") && duration_s)
        return PROBLEM(request, ERR_BAD_OCCURRENCE, STR("duration_s"), "until_or_duration",
                       "Give until or duration_s, not both.", NO_ARGS);
    if (duration_s)
        *until = turn->now + duration_s * 1000;
    if (*until <= turn->now)
        return PROBLEM(request, ERR_BAD_VALUE, STR("until"), "past", "It is past.", NO_ARGS);
    return ERR_NONE;
}

/* --- caps */

static enum err read_cap(struct request *request, struct dispatch_cap *cap)
{
    struct body body;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE)
        err = body_only(request, &body, "limit_a limit_w node until duration_s reason");
    if (err == ERR_NONE)
        err = body_decimal(request, &body, "limit_a", 1, (struct range){ 0, CURRENT_DA_MAX },
                           &cap->limit_da);
    if (err == ERR_NONE)
        err = body_i64(request, &body, "limit_w", (struct range){ 0, POWER_W_MAX }, &cap->limit_w);
    if (err == ERR_NONE)
        err = body_text(request, &body, "node", (struct range){ 1, 48 }, &cap->node);
    if (err == ERR_NONE)
        err = body_text(request, &body, "reason", (struct range){ 0, REASON_MAX }, &cap->reason);
    if (err == ERR_NONE)
        err = read_until(request, &body, &cap->expires_at);
    if (err == ERR_NONE && cap->limit_da < 0 && cap->limit_w < 0)
        return PROBLEM(request, ERR_BAD_OCCURRENCE, STR("limit_a"), "cap_limit",
                       "A cap needs limit_a (each phase), limit_w (all of them), or both.",
                       NO_ARGS);
    return err;
}

enum err power_cap_set(struct turn *turn, struct request *request)
{
    struct dispatch_cap cap = {
        .node = STR_NONE, .reason = STR_NONE, .limit_da = -1, .limit_w = -1, .expires_at = UTC_NEVER
    };
    const struct site_row *site;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = read_cap(request, &cap);
    if (err != ERR_NONE)
        return err;
    cap.site = site->id;
    err = dispatch_cap_set(turn, &cap);
    if (err == ERR_NOT_FOUND && !site_power(turn, site->id))
        return PROBLEM(request, err, STR_NONE, "no_document", "Site {site} has no power document.",
                       ARGS(ARG_STR("site", site->name)));
    if (err == ERR_NOT_FOUND)
        return PROBLEM(request, ERR_BAD_VALUE, STR("node"), "no_node", "There is no node {node}.",
                       ARGS(ARG_STR("node", cap.node)));
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "power.cap", site_target(turn, site), STR_NONE, request->body);
    write_cap(&request->json, &(struct cap_row){ .node = cap.node,
                                                 .limit_da = cap.limit_da,
                                                 .limit_w = cap.limit_w,
                                                 .until = cap.expires_at,
                                                 .reason = cap.reason,
                                                 .created_by = turn->actor.name });
    return ERR_NONE;
}

static struct str cap_cleared(struct turn *turn, struct str node)
{
    struct json_writer json;
    struct buf text;

    buf_init_arena(&text, turn->arena, 4096);
    json = json_writer(&text);
    json_object_begin(&json);
    json_key_str(&json, "node", node);
    json_object_end(&json);
    return buf_str(&text);
}

enum err power_cap_clear(struct turn *turn, struct request *request)
{
    const struct str *node = query_find(request, "node");
    const struct site_row *site;
    enum err err = site_of(request, &site);

    if (err != ERR_NONE)
        return err;
    err = dispatch_cap_clear(turn, site->id, node ? *node : STR_NONE);
    if (err == ERR_NOT_FOUND)
        return PROBLEM(request, err, STR_NONE, "no_cap", "No cap is in force there.", NO_ARGS);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "power.cap_clear", site_target(turn, site),
               cap_cleared(turn, node ? *node : STR_NONE), STR_NONE);
    return answer_nothing(request);
}

/* --- sessions */

/* An open session at an EVSE whose power is shared. */
static enum err shared_session(struct request *request, const struct session_row **session,
                               struct dispatch_evse_state *evse)
{
    struct turn *turn = request->turn;
    enum err err = session_of(request, session);

    if (err != ERR_NONE)
        return err;
    if ((*session)->state != SESSION_OPEN)
        return PROBLEM(
            request, ERR_NOT_NOW, STR_NONE, "session_over", "The session is over: {state}.",
            ARGS(ARG_STR("state", word_of(session_state_words, SESSION_COUNT, (*session)->state))));
    err =
        dispatch_evse_state(turn->engine, (*session)->station, (*session)->evse, turn->arena, evse);
    if (err == ERR_NOT_FOUND)
        return PROBLEM(request, ERR_NOT_NOW, STR_NONE, "session_unshared",
                       "Its station stands in no site's power document: nobody shares power there.",
                       NO_ARGS);
    return err;
}

static struct str session_target(struct turn *turn, const struct session_row *session)
{
    return arena_printf(turn->arena, "session:%lld", (long long)session->id);
}

enum err session_limit_set(struct turn *turn, struct request *request)
{
    struct dispatch_override override = { .expires_at = UTC_NEVER,
                                          .limit_da = -1,
                                          .reason = STR_NONE };
    struct dispatch_evse_state evse = { 0 };
    const struct session_row *session;
    struct body body;
    enum err err = shared_session(request, &session, &evse);

    if (err == ERR_NONE)
        err = body_of(request, &body);
    if (err == ERR_NONE)
        err = body_only(request, &body, "limit_a until duration_s reason");
    if (err == ERR_NONE)
        err = body_decimal(request, &body, "limit_a", 1, (struct range){ 0, evse.max_da },
                           &override.limit_da);
    if (err == ERR_NONE)
        err =
            body_text(request, &body, "reason", (struct range){ 0, REASON_MAX }, &override.reason);
    if (err == ERR_NONE && override.limit_da < 0)
        err = PROBLEM(request, ERR_BAD_OCCURRENCE, STR("limit_a"), "missing", "It is missing.",
                      NO_ARGS);
    if (err == ERR_NONE && override.limit_da > 0 && override.limit_da < evse.min_da)
        err = PROBLEM(request, ERR_BAD_VALUE, STR("limit_a"), "limit_below_least",
                      "It is 0, or at least the {least_a} A with which this car charges.",
                      ARGS(ARG_DA("least_a", evse.min_da)));
    if (err == ERR_NONE)
        err = read_until(request, &body, &override.expires_at);
    if (err != ERR_NONE)
        return err;
    override.station = session->station;
    override.evse = session->evse;
    override.session = session->id;
    err = dispatch_override_set(turn, &override);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "session.limit", session_target(turn, session), STR_NONE, request->body);
    json_object_begin(&request->json);
    json_key_decimal(&request->json, "limit_a", override.limit_da, 1);
    json_key_time(&request->json, "expires_at", override.expires_at);
    json_key_str(&request->json, "reason", override.reason);
    json_object_end(&request->json);
    return ERR_NONE;
}

enum err session_limit_clear(struct turn *turn, struct request *request)
{
    struct dispatch_evse_state evse;
    const struct session_row *session;
    enum err err = shared_session(request, &session, &evse);

    if (err != ERR_NONE)
        return err;
    err = dispatch_override_clear(turn, session->station, session->evse);
    if (err == ERR_NOT_FOUND)
        return PROBLEM(request, err, STR_NONE, "no_override", "Nobody has set a limit for it.",
                       NO_ARGS);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "session.limit_clear", session_target(turn, session), STR_NONE, STR_NONE);
    return answer_nothing(request);
}

/* The battery of the session's vehicle, where the site's fleet has it; 0: not known. */
static int64_t battery_of(struct turn *turn, const struct session_row *session)
{
    const struct power_row *power = site_power(turn, session->site);
    struct document_findings *findings = ARENA_NEW(turn->arena, struct document_findings);
    const struct document_vehicle *vehicle;
    struct document document;

    if (!power || !findings || session->token.len == 0 ||
        document_read(power->document, NULL, turn->arena, &document, findings) != ERR_NONE)
        return 0;
    vehicle = document_vehicle(&document, session->token);
    return vehicle ? vehicle->battery_wh : 0;
}

static enum err read_need(struct request *request, const struct session_row *session,
                          struct dispatch_need *need)
{
    struct turn *turn = request->turn;
    struct str class = STR_NONE;
    int64_t battery_wh;
    struct body body;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE)
        err = body_only(request, &body, "need_wh departs_at class");
    if (err != ERR_NONE)
        return err;
    if (body.count == 0)
        return PROBLEM(request, ERR_BAD_OCCURRENCE, STR("need_wh"), "need_nothing",
                       "Give need_wh, departs_at or class.", NO_ARGS);
    for (uint32_t i = 0; i < body.count; i++) /* null is what is not said */
        if (body.members[i].type == BODY_NULL)
            body.members[i--] = body.members[--body.count];
    err = body_i64(request, &body, "need_wh", (struct range){ 0, POWER_W_MAX }, &need->need_wh);
    if (err == ERR_NONE)
        err = body_time(request, &body, "departs_at", &need->departs_at);
    if (err == ERR_NONE)
        err = body_text(request, &body, "class", (struct range){ 1, 20 }, &class);
    if (err != ERR_NONE)
        return err;
    battery_wh = need->need_wh > 0 ? battery_of(turn, session) : 0;
    if (battery_wh && need->need_wh > battery_wh)
        return PROBLEM(request, ERR_BAD_VALUE, STR("need_wh"), "need_above_its_battery",
                       "{need_wh} Wh are more than its battery of {battery_wh} Wh holds.",
                       ARGS(ARG_INT("need_wh", need->need_wh), ARG_INT("battery_wh", battery_wh)));
    if (need->need_wh > NEED_WH_MAX)
        return PROBLEM(request, ERR_BAD_VALUE, STR("need_wh"), "need_above_any_battery",
                       "{need_wh} Wh are more than a car's battery holds ({most_wh} Wh).",
                       ARGS(ARG_INT("need_wh", need->need_wh), ARG_INT("most_wh", NEED_WH_MAX)));
    if (need->departs_at != UTC_UNKNOWN && need->departs_at <= turn->now)
        return PROBLEM(request, ERR_BAD_VALUE, STR("departs_at"), "departure_past",
                       "The departure is in the past.", NO_ARGS);
    if (class.len) {
        need->class = word_find(site_class_words, CLASS_COUNT, class);
        if (need->class < 0)
            return problem_field(request, ERR_BAD_VALUE, STR("class"),
                                 "It is one of: priority, plan, surplus, best_effort.");
    }
    return ERR_NONE;
}

enum err session_update(struct turn *turn, struct request *request)
{
    struct dispatch_need need = { .need_wh = -1, .departs_at = UTC_UNKNOWN, .class = -1 };
    struct json_writer *json = &request->json;
    struct dispatch_evse_state evse;
    const struct session_row *session;
    enum err err = shared_session(request, &session, &evse);

    if (err == ERR_NONE)
        err = read_need(request, session, &need);
    if (err != ERR_NONE)
        return err;
    need.session = session->id;
    err = dispatch_need_set(turn, &need);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "session.need", session_target(turn, session), STR_NONE, request->body);
    json_object_begin(json);
    write_or_null(json, "need_wh", need.need_wh < 0 ? DISPATCH_NO_VALUE : need.need_wh);
    json_key_time(json, "departs_at", need.departs_at);
    json_key(json, "class");
    if (need.class < 0)
        json_null(json);
    else
        json_str(json, site_class_words[need.class]);
    json_object_end(json);
    return ERR_NONE;
}

/* --- meters */

static enum err read_currents(struct request *request, const struct body *body,
                              struct dispatch_reading *reading)
{
    const struct body_member *member = body_find(body, "current_a");
    struct str items[LINE_COUNT];
    uint32_t count;

    if (!member)
        return ERR_NONE;
    if (member->type != BODY_ARRAY ||
        json_array_spans(member->raw, items, LINE_COUNT, &count) != ERR_NONE || count != LINE_COUNT)
        return problem_field(request, ERR_BAD_TYPE, STR("current_a"),
                             "It is a list of three: L1, L2, L3; null where none is measured.");
    for (uint32_t line = 0; line < LINE_COUNT; line++) {
        if (str_equal(items[line], STR("null")))
            continue;
        reading->has_da[line] = str_to_decimal(items[line], 1, &reading->da[line]);
        if (!reading->has_da[line])
            return problem_field(request, ERR_BAD_TYPE, STR("current_a"),
                                 "It is a list of three numbers: L1, L2, L3.");
    }
    return ERR_NONE;
}

/* The sentence of the checker, where the value is in another unit. */
static enum err implausible(struct request *request, const struct power_row *power,
                            const struct dispatch_reading *reading)
{
    struct turn *turn = request->turn;
    struct document_findings *findings = ARENA_NEW(turn->arena, struct document_findings);
    const struct document_meter *meter;
    struct document document;
    int32_t da[LINE_COUNT];
    struct sentence sentence = { 0 };

    if (!findings || !power ||
        document_read(power->document, NULL, turn->arena, &document, findings) != ERR_NONE)
        return ERR_BAD_VALUE;
    meter = document_meter(&document, request->args[1]);
    for (uint32_t line = 0; line < LINE_COUNT; line++)
        da[line] = !reading->has_da[line]                   ? TREE_NO_LIMIT_DA
                   : reading->da[line] >= TREE_NO_LIMIT_DA  ? TREE_NO_LIMIT_DA - 1
                   : reading->da[line] <= -TREE_NO_LIMIT_DA ? 1 - TREE_NO_LIMIT_DA
                                                            : (int32_t)reading->da[line];
    if (meter &&
        !document_plausible(&document, meter, da, reading->has_w ? reading->w : TREE_NO_LIMIT_W,
                            turn->arena, &sentence))
        return problem_say(request, ERR_BAD_VALUE,
                           strcmp(sentence.code, "reading_unit_a") == 0 ? STR("current_a")
                                                                        : STR("power_w"),
                           sentence);
    return problem_field(request, ERR_BAD_VALUE, STR("at"), "It is older than the last reading.");
}

enum err meter_read(struct turn *turn, struct request *request)
{
    struct dispatch_reading reading = { .at = UTC_UNKNOWN };
    const struct site_row *site;
    struct body body;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = body_of(request, &body);
    if (err == ERR_NONE)
        err = body_only(request, &body, "at current_a power_w");
    if (err == ERR_NONE)
        err = body_time(request, &body, "at", &reading.at);
    if (err == ERR_NONE && reading.at != UTC_UNKNOWN && reading.at > turn->now + 60000)
        err = problem_field(request, ERR_BAD_VALUE, STR("at"), "It is in the future.");
    if (err == ERR_NONE)
        err = read_currents(request, &body, &reading);
    if (err == ERR_NONE)
        err = body_decimal(request, &body, "power_w", 0,
                           (struct range){ -POWER_W_MAX, POWER_W_MAX }, &reading.w);
    if (err != ERR_NONE)
        return err;
    reading.has_w = body_find(&body, "power_w") != NULL;
    if (!reading.has_w && !reading.has_da[0] && !reading.has_da[1] && !reading.has_da[2])
        return problem_field(request, ERR_BAD_OCCURRENCE, STR("power_w"),
                             "A reading has power_w or current_a.");
    err = dispatch_meter(turn->engine, site->id, request->args[1], &reading);
    if (err == ERR_NOT_FOUND)
        return problem_set(request, err, "There is no meter %.*s in this site's power document.",
                           STR_ARGS(request->args[1]));
    if (err == ERR_BAD_VALUE)
        return implausible(request, site_power(turn, site->id), &reading);
    return err == ERR_NONE ? answer_nothing(request) : err;
}
