/* power_show.c: how a site shares its power now, in the last hours and in those ahead. */
#include "api/power.h"
#include "api/sites.h"
#include "domain/words.h"

request_fn power_live, power_plan, power_history;

/* --- how power looks */

const struct str site_why_words[WHY_COUNT] = {
    [WHY_NO_CAR] = STR_INIT("no_car"),         [WHY_FULL] = STR_INIT("full"),
    [WHY_LIMIT] = STR_INIT("limit"),           [WHY_SHARED] = STR_INIT("shared"),
    [WHY_WAITS_TURN] = STR_INIT("waits_turn"), [WHY_PLAN_PRICE] = STR_INIT("plan_price"),
    [WHY_PLAN_CO2] = STR_INIT("plan_co2"),     [WHY_SURPLUS] = STR_INIT("surplus"),
    [WHY_CAR_LESS] = STR_INIT("car_less"),     [WHY_CAR_DONE] = STR_INIT("car_done"),
    [WHY_STEADY] = STR_INIT("steady"),         [WHY_RAMP] = STR_INIT("ramp"),
    [WHY_OVERRIDE] = STR_INIT("override"),     [WHY_NOT_CONTROLLED] = STR_INIT("not_controlled"),
    [WHY_EMERGENCY] = STR_INIT("emergency"),   [WHY_OUTSIDE] = STR_INIT("outside"),
};

void write_why(struct json_writer *json, int64_t why, struct str text)
{
    json_key_str(json, "why", site_why_words[why >= 0 && why < WHY_COUNT ? why : WHY_NO_CAR]);
    json_key_str(json, "why_text", text.len ? text : dispatch_why_text(why));
}

void write_or_null(struct json_writer *json, const char *key, int64_t value)
{
    if (value == DISPATCH_NO_VALUE)
        json_key_null(json, key);
    else
        json_key_i64(json, key, value);
}

/* The same, of 0.1 A: in amperes. */
static void write_da_or_null(struct json_writer *json, const char *key, int64_t da)
{
    if (da == DISPATCH_NO_VALUE)
        json_key_null(json, key);
    else
        json_key_decimal(json, key, da, 1);
}

/* The same for limits: TREE_NO_LIMIT is null. */
static void write_limit_w(struct json_writer *json, const char *key, int64_t w)
{
    write_or_null(json, key, w == TREE_NO_LIMIT_W ? DISPATCH_NO_VALUE : w);
}

/* A current for each line, as a list of three. */
static void write_lines(struct json_writer *json, const char *key, const int64_t da[LINE_COUNT])
{
    json_key(json, key);
    json_array_begin(json);
    for (int line = 0; line < LINE_COUNT; line++)
        if (da[line] == DISPATCH_NO_VALUE || da[line] == TREE_NO_LIMIT_DA)
            json_null(json);
        else
            json_decimal(json, da[line], 1);
    json_array_end(json);
}

/* The grid's phases that these wires carry current on: 1, 2, 3. */
static void write_phases(struct json_writer *json, wire_set wires)
{
    static const wire_set with[LINE_COUNT] = {
        WIRE_BIT(WIRE_L1) | WIRE_BIT(WIRE_L12) | WIRE_BIT(WIRE_L31),
        WIRE_BIT(WIRE_L2) | WIRE_BIT(WIRE_L12) | WIRE_BIT(WIRE_L23),
        WIRE_BIT(WIRE_L3) | WIRE_BIT(WIRE_L23) | WIRE_BIT(WIRE_L31),
    };

    json_key(json, "phases");
    json_array_begin(json);
    for (int line = 0; line < LINE_COUNT; line++)
        if (wires & with[line])
            json_i64(json, line + 1);
    json_array_end(json);
}

/* --- the site and its document, as they run */

struct shown {
    const struct site_row *site;
    struct dispatch_site_state state;
    /* A page of a large site: of its nodes and of its EVSEs those from `first` on. */
    uint32_t first, limit;
    bool more;
};

enum { PAGE_DEFAULT = 500, PAGE_MAX = 1000 };

static enum err read_page(struct request *request, struct shown *shown)
{
    const struct str *cursor = query_find(request, "cursor");
    int64_t limit = PAGE_DEFAULT, first = 0;
    enum err err = query_i64(request, "limit", (struct range){ 1, PAGE_MAX }, &limit);

    if (err != ERR_NONE)
        return err;
    if (cursor && (!str_to_i64(*cursor, &first) || first < 1 || first > UINT32_MAX / 2))
        return problem_field(request, ERR_BAD_VALUE, STR("cursor"),
                             "It is the next_cursor of the page before.");
    shown->first = (uint32_t)first;
    shown->limit = (uint32_t)limit;
    return ERR_NONE;
}

/* Is the next one, of which `*seen` were before, on this page? */
static bool on_page(struct shown *shown, uint32_t *seen)
{
    uint32_t at = (*seen)++;

    shown->more = shown->more || at >= shown->first + shown->limit;
    return at >= shown->first && at < shown->first + shown->limit;
}

static void write_cursor(struct turn *turn, struct json_writer *json, const struct shown *shown)
{
    json_key(json, "next_cursor");
    if (shown->more)
        json_str(json, arena_printf(turn->arena, "%u", shown->first + shown->limit));
    else
        json_null(json);
}

static enum err shown_of(struct request *request, struct shown *shown)
{
    struct turn *turn = request->turn;
    enum err err = site_of(request, &shown->site);

    if (err == ERR_NONE)
        err = read_page(request, shown);
    if (err != ERR_NONE)
        return err;
    err = site_power(turn, shown->site->id)
              ? dispatch_site_overview(turn->engine, shown->site->id, turn->arena, &shown->state)
              : ERR_NOT_FOUND;
    return err == ERR_NOT_FOUND ? PROBLEM(request, err, STR_NONE, "no_document",
                                          "Site {site} has no power document.",
                                          ARGS(ARG_STR("site", shown->site->name)))
                                : err;
}

/* --- now */

static void write_node(struct json_writer *json, const struct document_node *node,
                       const struct dispatch_node_state *state, struct str parent)
{
    json_object_begin(json);
    json_key_str(json, "id", node->id);
    json_key_str(json, "name", node->name);
    json_key_str(json, "kind", node_kind_words[node->kind]);
    json_key(json, "parent");
    if (parent.ptr)
        json_str(json, parent);
    else
        json_null(json);
    write_lines(json, "limit_a", state->limit_da);
    write_limit_w(json, "limit_w", state->limit_w);
    json_key_bool(json, "capped", state->capped);
    json_key_time(json, "cap_expires_at", state->capped ? state->cap_expires_at : UTC_UNKNOWN);
    json_key_str(json, "cap_reason",
                 state->capped && state->cap_reason.ptr ? state->cap_reason : STR_NONE);
    write_lines(json, "reserved_a", state->reserved_da);
    json_key_i64(json, "reserved_w", state->reserved_w);
    json_key_i64(json, "base_w", state->base_w);
    json_key_bool(json, "has_meter", state->has_meter);
    json_key_bool(json, "meter_stale", state->meter_stale);
    json_key_time(json, "meter_at", state->has_meter ? state->meter_at : UTC_UNKNOWN);
    write_lines(json, "measured_a", state->measured_da);
    write_or_null(json, "measured_w", state->measured_w);
    json_object_end(json);
}

static void write_limits(struct json_writer *json, const struct dispatch_evse_state *state)
{
    write_da_or_null(json, "target_a", state->target_da);
    write_da_or_null(json, "booked_a", state->booked_da);
    write_da_or_null(json, "confirmed_a", state->confirmed_da);
    write_da_or_null(json, "draw_a", state->draw_da);
    write_or_null(json, "draw_w", state->draw_w);
    json_key_time(json, "draw_at", state->draw_at);
    write_da_or_null(json, "fail_safe_a", state->failsafe_da);
    write_da_or_null(json, "max_a", state->max_da);
    json_key_i64(json, "limit_w", state->may_w);
    json_key_i64(json, "max_w", state->max_w);
    write_da_or_null(json, "min_a", state->min_da);
    json_key_time(json, "lease_ends_at", state->lease_ends_at);
    write_phases(json, state->wires);
    json_key_bool(json, "phases_known", state->wires_known);
    if (state->phase_to_use)
        json_key_i64(json, "phase_to_use", state->phase_to_use);
    if (state->phases_da[0] != DISPATCH_NO_VALUE)
        write_lines(json, "limit_phases_a", state->phases_da);
}

static void write_need(struct json_writer *json, const struct dispatch_evse_state *state)
{
    write_or_null(json, "need_wh", state->need_wh);
    json_key_time(json, "departs_at", state->departs_at);
    json_key_bool(json, "departs_learned", state->departs_learned);
    write_or_null(json, "laxity_s",
                  state->laxity_s == INT64_MAX ? DISPATCH_NO_VALUE : state->laxity_s);
    json_key_str(json, "class",
                 state->class < CLASS_COUNT ? site_class_words[state->class] : STR_NONE);
}

/* Limits that are not the decision's: others', a person's, and what the station says it holds. */
static void write_others(struct json_writer *json, const struct dispatch_evse_state *state)
{
    write_da_or_null(json, "outside_a", state->outside_da);
    json_key_str(json, "outside_source", state->outside_source);
    write_da_or_null(json, "reported_a", state->reported_da);
    write_da_or_null(json, "reported_told_a", state->reported_told_da);
    json_key_time(json, "reported_since", state->reported_since);
    write_da_or_null(json, "override_a", state->override_da);
    json_key_time(json, "override_expires_at",
                  state->override_da == DISPATCH_NO_VALUE ? UTC_UNKNOWN
                                                          : state->override_expires_at);
}

static void write_reason(struct json_writer *json, const struct dispatch_evse_state *state)
{
    json_key(json, "why_node");
    if (state->why_name.len)
        json_str(json, state->why_name);
    else
        json_null(json);
    json_key(json, "why_line");
    if (state->why_name.len && state->why_line >= 0)
        json_i64(json, state->why_line + 1);
    else
        json_null(json);
    write_why(json, state->why, state->why_text.ptr ? state->why_text : STR_NONE);
}

/* What an EVSE may, does and will do: also a session's page shows it. */
void write_evse_power(struct turn *turn, struct json_writer *json,
                      const struct dispatch_evse_state *state)
{
    json_key(json, "session");
    if (state->session)
        json_str(json, id_text(turn->arena, state->session));
    else
        json_null(json);
    json_key_bool(json, "connected", state->connected);
    json_key_bool(json, "plugged", state->plugged);
    json_key_bool(json, "proven", state->proven);
    json_key_bool(json, "probing", state->probing);
    json_key_bool(json, "disobeys", state->disobeys);
    json_key_time(json, "unanswered_since", state->unanswered_at);
    write_limits(json, state);
    write_need(json, state);
    write_others(json, state);
    write_reason(json, state);
}

static void write_evse(struct turn *turn, struct json_writer *json, const struct shown *shown,
                       uint32_t index)
{
    const struct document *document = shown->state.document;
    const struct document_evse *evse = &document->evses[index];
    struct dispatch_evse_state state;

    dispatch_evse_at(turn->engine, shown->site->id, index, turn->arena, &state);
    json_object_begin(json);
    json_key_str(json, "id", evse->id);
    json_key_str(json, "name", evse->name);
    json_key_str(json, "node", document->nodes[evse->leaf.node].id);
    json_key_str(json, "station", evse->station);
    json_key_i64(json, "evse", evse->evse);
    write_evse_power(turn, json, &state);
    json_object_end(json);
}

void write_cap(struct json_writer *json, const struct cap_row *cap)
{
    json_object_begin(json);
    json_key_str(json, "node", cap->node);
    write_da_or_null(json, "limit_a", cap->limit_da < 0 ? DISPATCH_NO_VALUE : cap->limit_da);
    write_or_null(json, "limit_w", cap->limit_w < 0 ? DISPATCH_NO_VALUE : cap->limit_w);
    json_key_time(json, "expires_at", cap->until);
    json_key_str(json, "reason", cap->reason);
    json_key_str(json, "created_by", cap->created_by);
    json_object_end(json);
}

static void write_caps(struct turn *turn, struct json_writer *json, int64_t site)
{
    const struct cap_row *cap;

    json_key(json, "caps");
    json_array_begin(json);
    for (uint32_t at = 0; (cap = world_next(turn_world(turn), ROW_cap, &at)) != NULL;)
        if (cap->site == site && cap->until > turn->now)
            write_cap(json, cap);
    json_array_end(json);
}

/* What flows into the site, where all of its grid connections are measured. */
static int64_t grid_w(const struct turn *turn, const struct shown *shown)
{
    struct dispatch_node_state node;
    int64_t sum = 0;

    for (uint32_t i = 0; i < shown->state.node_count; i++) {
        if (shown->state.document->nodes[i].tree.parent >= 0)
            continue;
        dispatch_node_at(turn->engine, shown->site->id, i, &node);
        if (node.measured_w == DISPATCH_NO_VALUE)
            return DISPATCH_NO_VALUE;
        sum += node.measured_w;
    }
    return sum;
}

enum { NOT_SHOWN = UINT8_MAX, DEPTH_MAX = 64 };

/* What of the site is asked for: a node with what hangs on it, or everything, as deep as is asked.
 * `depths`: below that node, or below the grid connection; NOT_SHOWN. */
static enum err read_part(struct request *request, const struct shown *shown, uint8_t *depths)
{
    const struct str *id = query_find(request, "node");
    const struct document *document = shown->state.document;
    int32_t top = id ? document_find_node(document, *id) : 0;
    int64_t deepest = DEPTH_MAX;
    enum err err = query_i64(request, "depth", (struct range){ 0, DEPTH_MAX }, &deepest);

    if (err != ERR_NONE)
        return err;
    if (top < 0)
        return problem_field(request, ERR_BAD_VALUE, STR("node"), "There is no node %.*s.",
                             STR_ARGS(*id));
    for (uint32_t i = 0; i < document->node_count; i++) {
        int32_t parent = document->nodes[i].tree.parent;
        depths[i] = NOT_SHOWN;
        if ((int32_t)i == top || (!id && parent < 0))
            depths[i] = 0;
        else if (parent >= 0 && depths[parent] < deepest)
            depths[i] = (uint8_t)(depths[parent] + 1);
    }
    return ERR_NONE;
}

static void write_nodes(struct turn *turn, struct json_writer *json, struct shown *shown,
                        const uint8_t *depths)
{
    const struct document *document = shown->state.document;
    struct dispatch_node_state state;
    uint32_t seen = 0;

    json_key(json, "nodes");
    json_array_begin(json);
    for (uint32_t i = 0; i < document->node_count; i++) {
        const struct document_node *node = &document->nodes[i];
        struct str parent = { NULL, 0 };
        if (depths[i] == NOT_SHOWN || !on_page(shown, &seen))
            continue;
        if (node->tree.parent >= 0)
            parent = document->nodes[node->tree.parent].id;
        dispatch_node_at(turn->engine, shown->site->id, i, &state);
        write_node(json, node, &state, parent);
    }
    json_array_end(json);
}

static void write_evses(struct turn *turn, struct json_writer *json, struct shown *shown,
                        const uint8_t *depths)
{
    const struct document *document = shown->state.document;
    uint32_t seen = 0;

    json_key(json, "evses");
    json_array_begin(json);
    for (uint32_t i = 0; depths && i < document->evse_count; i++)
        if (depths[document->evses[i].leaf.node] != NOT_SHOWN && on_page(shown, &seen))
            write_evse(turn, json, shown, i);
    json_array_end(json);
}

/* NOLINTNEXTLINE(readability-function-size): one line a fact of the site */
enum err power_live(struct turn *turn, struct request *request)
{
    struct shown *shown = ARENA_NEW(turn->arena, struct shown);
    struct json_writer *json = &request->json;
    const struct dispatch_site_state *state;
    uint8_t *depths = NULL;
    bool evses = true;
    enum err err = shown ? shown_of(request, shown) : ERR_FULL;

    if (err == ERR_NONE)
        err = query_bool(request, "evses", &evses);
    if (err == ERR_NONE) {
        depths = ARENA_NEW_ARRAY(turn->arena, uint8_t, shown->state.node_count);
        err = depths ? read_part(request, shown, depths) : ERR_FULL;
    }
    if (err != ERR_NONE)
        return err;
    state = &shown->state;
    json_object_begin(json);
    json_key_str(json, "site", id_text(turn->arena, shown->site->id));
    json_key_str(json, "mode",
                 state->mode < SITE_MODE_COUNT ? site_mode_words[state->mode] : STR_NONE);
    json_key_time(json, "at", turn->now);
    json_key_time(json, "decided_at", state->decided_at);
    json_key_time(json, "planned_at", state->planned_at);
    json_key_bool(json, "failsafe_fits", state->failsafe_fits);
    json_key_i64(json, "unproven", state->unproven_count);
    write_or_null(json, "cars_w", state->cars_w);
    write_or_null(json, "offered_w", state->offered_w);
    write_or_null(json, "grid_w", state->node_count ? grid_w(turn, shown) : DISPATCH_NO_VALUE);
    write_or_null(json, "solar_w", state->solar_w);
    write_or_null(json, "surplus_w", state->surplus_w);
    json_key_i64(json, "month_peak_w", state->month_peak_w);
    json_key(json, "price_minor_per_kwh");
    if (state->price_milli == DISPATCH_NO_VALUE)
        json_null(json);
    else
        json_decimal(json, state->price_milli, 3);
    write_nodes(turn, json, shown, depths);
    write_evses(turn, json, shown, evses ? depths : NULL);
    write_cursor(turn, json, shown);
    write_caps(turn, json, shown->site->id);
    json_object_end(json);
    return ERR_NONE;
}

/* --- ahead */

static void write_steps(struct json_writer *json, const char *key, const int64_t *values,
                        uint32_t count, int scale)
{
    json_key(json, key);
    json_array_begin(json);
    for (uint32_t i = 0; values && i < count; i++)
        if (values[i] == DISPATCH_NO_VALUE || values[i] == TREE_NO_LIMIT_W)
            json_null(json);
        else
            json_decimal(json, values[i], scale);
    json_array_end(json);
}

static void write_plan_of_evse(struct turn *turn, struct json_writer *json,
                               const struct shown *shown, uint32_t index)
{
    const struct document_evse *evse = &shown->state.document->evses[index];
    struct dispatch_evse_state state;

    dispatch_evse_at(turn->engine, shown->site->id, index, turn->arena, &state);
    if (!state.plan_da)
        return;
    json_object_begin(json);
    json_key_str(json, "id", evse->id);
    json_key_str(json, "station", evse->station);
    json_key_i64(json, "evse", evse->evse);
    json_key(json, "session");
    if (state.session)
        json_str(json, id_text(turn->arena, state.session));
    else
        json_null(json);
    json_key(json, "plan_a");
    json_array_begin(json);
    for (uint32_t i = 0; i < shown->state.plan_steps; i++)
        json_decimal(json, state.plan_da[i], 1);
    json_array_end(json);
    json_object_end(json);
}

enum err power_plan(struct turn *turn, struct request *request)
{
    struct shown *shown = ARENA_NEW(turn->arena, struct shown);
    struct json_writer *json = &request->json;
    const struct dispatch_site_state *state;
    enum err err = shown ? shown_of(request, shown) : ERR_FULL;

    if (err != ERR_NONE)
        return err;
    state = &shown->state;
    if (state->plan_steps == 0)
        return PROBLEM(request, ERR_NOT_FOUND, STR_NONE, "no_plan", "Site {site} has no plan yet.",
                       ARGS(ARG_STR("site", shown->site->name)));
    json_object_begin(json);
    json_key_time(json, "planned_at", state->planned_at);
    json_key_time(json, "from_at", state->plan_from_at);
    json_key_i64(json, "step_s", state->plan_step_ms / 1000);
    write_or_null(json, "gap_permille", state->plan_gap_permille);
    write_steps(json, "cars_w", state->plan_w, state->plan_steps, 0);
    write_steps(json, "limit_w", state->plan_limit_w, state->plan_steps, 0);
    write_steps(json, "solar_w", state->plan_solar_w, state->plan_steps, 0);
    write_steps(json, "price_minor_per_kwh", state->plan_price_milli, state->plan_steps, 3);
    json_key(json, "evses");
    json_array_begin(json);
    for (uint32_t i = 0, seen = 0; i < state->evse_count; i++)
        if (on_page(shown, &seen))
            write_plan_of_evse(turn, json, shown, i);
    json_array_end(json);
    write_cursor(turn, json, shown);
    json_object_end(json);
    return ERR_NONE;
}

/* --- the last hours */

enum { HISTORY_HOURS = 6, HISTORY_HOURS_MAX = 48, HISTORY_ROWS_MAX = 3000 };

static void write_minute(struct json_writer *json, const struct power_minute_row *minute)
{
    json_object_begin(json);
    json_key_time(json, "at", minute->at);
    json_key_i64(json, "cars_w", minute->cars_w);
    json_key_i64(json, "offered_w", minute->offered_w);
    write_or_null(json, "limit_w", minute->limit_w < 0 ? DISPATCH_NO_VALUE : minute->limit_w);
    write_or_null(json, "grid_w", minute->grid_w);
    write_or_null(json, "solar_w", minute->solar_w);
    json_key(json, "price_minor_per_kwh");
    if (minute->price_milli == DISPATCH_NO_VALUE)
        json_null(json);
    else
        json_decimal(json, minute->price_milli, 3);
    json_object_end(json);
}

enum err power_history(struct turn *turn, struct request *request)
{
    struct store_filter filters[3];
    struct store_query query = {
        .kind = ROW_power_minute, .filters = filters, .filter_count = 3, .limit = HISTORY_ROWS_MAX
    };
    const struct site_row *site;
    struct store_rows rows;
    utc_ms to = UTC_NEVER, from = UTC_UNKNOWN;
    int64_t hours = HISTORY_HOURS;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = query_i64(request, "hours", (struct range){ 1, HISTORY_HOURS_MAX }, &hours);
    if (err == ERR_NONE)
        err = query_time(request, "to", &to);
    if (err == ERR_NONE)
        err = query_time(request, "from", &from);
    if (err != ERR_NONE)
        return err;
    if (from == UTC_UNKNOWN)
        from = (to == UTC_NEVER ? turn->now : to) - hours * INT64_C(3600000);
    /* The turn may run again, at another moment: the question stays the same by the minute. */
    from -= from % 60000;
    filters[0] = (struct store_filter){ "site", STORE_EQ, site->id, STR_NONE };
    filters[1] = (struct store_filter){ "at", STORE_GE, from, STR_NONE };
    filters[2] = (struct store_filter){ "at", STORE_LT, to, STR_NONE };
    err = turn_query(turn, &query, &rows);
    if (err != ERR_NONE)
        return err;
    json_object_begin(&request->json);
    json_key(&request->json, "items");
    json_array_begin(&request->json);
    for (uint32_t i = 0; i < rows.count; i++)
        write_minute(&request->json, rows.rows[i]);
    json_array_end(&request->json);
    json_object_end(&request->json);
    return ERR_NONE;
}
