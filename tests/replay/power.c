#include "power.h"

#include "dispatch/behaviour.h"
#include "dispatch/dispatch.h"
#include "dispatch/document.h"
#include "dispatch/held.h"
#include "table.h"

static bool fail(struct power_line *line, const char *why)
{
    line->why = str_of(why);
    return false;
}

static int64_t named(const struct stage *stage, enum row_kind kind, struct str name)
{
    const struct row_head *row = world_find_name(&stage->server.engine.world, kind, name);

    return row ? row->id : 0;
}

static bool go(struct stage *stage, enum err (*fn)(struct turn *turn), const void *input,
               size_t size, struct power_line *line)
{
    struct turn *turn = engine_turn(&stage->server.engine, fn, input, size);
    enum err err;

    if (!turn)
        return fail(line, "no turn");
    turn->actor = (struct actor){ .kind = ACTOR_PERSON, .name = STR("anna") };
    err = engine_go(turn);
    line->why = str_of(err_text(err));
    return err == ERR_NONE;
}

/* --- the document */

struct document_input {
    int64_t site;
    struct str text;
};

static enum err document_turn(struct turn *turn)
{
    const struct document_input *input = turn->input;
    const struct power_row *row, *before = NULL;
    struct power_row *power;

    for (uint32_t at = 0; (row = world_next(turn_world(turn), ROW_power, &at));)
        before = row->site == input->site ? row : before;
    power = before ? TURN_EDIT(turn, power, before) : TURN_NEW(turn, power);
    power->tenant = 1;
    power->site = input->site;
    power->document = input->text;
    power->changed_at = turn->now;
    dispatch_site_changed(turn, input->site);
    return ERR_NONE;
}

/* power SITE {...} */
bool power_document(struct stage *stage, struct power_line *line)
{
    struct document_findings *findings = ARENA_NEW(line->arena, struct document_findings);
    struct document_input input = { line->count > 2 ? named(stage, ROW_site, line->words[1]) : 0,
                                    line->rest };
    struct document document;

    if (!input.site)
        return fail(line, "power SITE {document}");
    if (document_read(input.text, NULL, line->arena, &document, findings) != ERR_NONE) {
        line->why = arena_printf(line->arena, "%.*s: %.*s", STR_ARGS(findings->list[0].path),
                                 STR_ARGS(findings->list[0].sentence.text));
        return false;
    }
    input.text = document.text;
    return go(stage, document_turn, &input, sizeof input, line);
}

/* --- behaviour */

struct proven_input {
    const struct station_row *station;
    enum charging_unit unit;
    bool dynamic, switches, reports;
};

static enum err proven_turn(struct turn *turn)
{
    const struct proven_input *input = turn->input;
    struct behaviour known = behaviour_proven(input->unit, 1000, turn->now);

    if (!input->reports) /* else it is asked for composite schedules */
        known.reports = known.reports_lease = PROOF_NO;
    if (input->switches)
        known.switches = PROOF_YES;
    if (input->dynamic)
        known.dynamic = known.offline = known.updates = known.drops = PROOF_YES;
    return dispatch_keep_behaviour(turn, input->station, &known);
}

/* proven STATION [W|dynamic|switches|reports]: it has shown that it obeys, before its site gets a
 * document
 */
bool power_proven(struct stage *stage, struct power_line *line)
{
    struct proven_input input = { 0 };

    if (line->count > 1)
        input.station = world_find_name(&stage->server.engine.world, ROW_station, line->words[1]);
    if (line->count > 2 && str_equal(line->words[2], STR("W")))
        input.unit = CHARGE_W;
    input.dynamic = line->count > 2 && str_equal(line->words[2], STR("dynamic"));
    input.switches = line->count > 2 && str_equal(line->words[2], STR("switches"));
    input.reports = line->count > 2 && str_equal(line->words[2], STR("reports"));
    return input.station ? go(stage, proven_turn, &input, sizeof input, line)
                         : fail(line, "proven STATION [W|dynamic|switches|reports]");
}

/* --- what is said */

static enum err cap_turn(struct turn *turn)
{
    const struct dispatch_cap *cap = turn->input;

    return cap->expires_at == UTC_UNKNOWN ? dispatch_cap_clear(turn, cap->site, cap->node)
                                          : dispatch_cap_set(turn, cap);
}

/* cap SITE NODE LIMIT +DURATION, or clear; the limit in 0.1 A; NODE - is the site */
bool power_cap(struct stage *stage, struct power_line *line, int64_t for_ms)
{
    struct dispatch_cap cap = { .limit_w = -1, .limit_da = -1, .reason = STR("test") };
    bool clears;

    if (line->count < 4)
        return fail(line, "cap SITE NODE LIMIT +DURATION, or cap SITE NODE clear");
    clears = str_equal(line->words[3], STR("clear"));
    cap.site = named(stage, ROW_site, line->words[1]);
    cap.node = str_equal(line->words[2], STR("-")) ? STR_NONE : line->words[2];
    cap.expires_at = clears ? UTC_UNKNOWN : stage->now + for_ms;
    if (!clears && !str_to_i64(line->words[3], &cap.limit_da))
        return fail(line, "a limit in 0.1 A");
    return go(stage, cap_turn, &cap, sizeof cap, line);
}

static enum err override_turn(struct turn *turn)
{
    const struct dispatch_override *override = turn->input;

    return override->limit_da < 0 ? dispatch_override_clear(turn, override->station, override->evse)
                                  : dispatch_override_set(turn, override);
}

/* override STATION EVSE LIMIT +DURATION, or clear */
bool power_override(struct stage *stage, struct power_line *line, int64_t for_ms)
{
    struct dispatch_override override = { .limit_da = -1,
                                          .reason = STR("test"),
                                          .expires_at = stage->now + for_ms };

    if (line->count < 4 || !str_to_i64(line->words[2], &override.evse))
        return fail(line, "override STATION EVSE LIMIT +DURATION, or clear");
    override.station = named(stage, ROW_station, line->words[1]);
    if (!str_equal(line->words[3], STR("clear")) && !str_to_i64(line->words[3], &override.limit_da))
        return fail(line, "a limit in 0.1 A");
    return go(stage, override_turn, &override, sizeof override, line);
}

static enum err need_turn(struct turn *turn)
{
    return dispatch_need_set(turn, turn->input);
}

/* need STATION EVSE WH +UNTIL_IT_LEAVES */
bool power_need(struct stage *stage, struct power_line *line, int64_t for_ms)
{
    struct dispatch_need need = { .class = -1, .departs_at = stage->now + for_ms };
    struct dispatch_evse_state state;
    int64_t evse;

    if (line->count < 5 || !str_to_i64(line->words[2], &evse) ||
        !str_to_i64(line->words[3], &need.need_wh))
        return fail(line, "need STATION EVSE WH +DURATION");
    if (dispatch_evse_state(&stage->server.engine, named(stage, ROW_station, line->words[1]), evse,
                            line->arena, &state) != ERR_NONE)
        return fail(line, "no such EVSE");
    need.session = state.session;
    return go(stage, need_turn, &need, sizeof need, line);
}

/* meter SITE METER L1 L2 L3 (0.1 A), or W */
bool power_meter(struct stage *stage, struct power_line *line)
{
    struct dispatch_reading reading = { .at = UTC_UNKNOWN };
    enum err err;

    if (line->count == 4 && str_to_i64(line->words[3], &reading.w))
        reading.has_w = true;
    for (uint32_t i = 0; line->count == 6 && i < LINE_COUNT; i++)
        reading.has_da[i] = str_to_i64(line->words[3 + i], &reading.da[i]);
    err = line->count < 4
              ? ERR_USAGE
              : dispatch_meter(&stage->server.engine, named(stage, ROW_site, line->words[1]),
                               line->words[2], &reading);
    line->why = str_of(err_text(err));
    return err == ERR_NONE;
}

/* --- what is */

struct value {
    const char *name;
    int64_t value;
};

static bool all_hold(struct power_line *line, uint32_t first, const struct value *values,
                     size_t count)
{
    for (uint32_t i = first; i < line->count; i++) {
        struct table_term term;
        int64_t wanted;
        size_t v = 0;
        if (!table_term(line->words[i], &term))
            return fail(line, "name=value");
        while (v < count && !str_equal(term.column, str_of(values[v].name)))
            v++;
        if (v == count)
            return fail(line, "no such value");
        wanted = DISPATCH_NO_VALUE;
        if (!str_equal(term.value, STR("-")) && !str_to_i64(term.value, &wanted))
            return fail(line, "a number, or -");
        if (wanted == values[v].value)
            continue;
        line->why = values[v].value == DISPATCH_NO_VALUE
                        ? arena_printf(line->arena, "%s is not known", values[v].name)
                        : arena_printf(line->arena, "%s is %lld", values[v].name,
                                       (long long)values[v].value);
        return false;
    }
    return true;
}

/* evse STATION EVSE target=160 booked=160 confirmed=160 draw=158 failsafe=60 why=1 ... */
/* What a site says of all its cars is what it says of each. */
static bool sums_hold(struct stage *stage, struct power_line *line, int64_t station)
{
    enum { STALE_MS = 300000 };
    const struct station_row *row = world_find(&stage->server.engine.world, ROW_station, station);
    struct dispatch_site_state all;
    struct dispatch_sums sums;
    int64_t cars_w = 0;
    uint32_t cars = 0;

    if (!row ||
        dispatch_site_state(&stage->server.engine, row->site, line->arena, &all) != ERR_NONE)
        return true; /* of no site that is shared */
    for (uint32_t i = 0; i < all.evse_count; i++) {
        const struct dispatch_evse_state *evse = &all.evses[i];
        cars += evse->session != 0;
        if (evse->session && evse->draw_w != DISPATCH_NO_VALUE &&
            stage->server.engine.now - evse->draw_at < STALE_MS)
            cars_w += evse->draw_w;
    }
    if (dispatch_site_sums(&stage->server.engine, row->site, &sums) != ERR_NONE)
        return fail(line, "no sums");
    return (sums.cars_w == cars_w && sums.cars == cars && all.cars_w == cars_w) ||
           fail(line, "the sums of the site are not those of its EVSEs");
}

bool power_evse(struct stage *stage, struct power_line *line)
{
    struct dispatch_evse_state state;
    int64_t evse;

    if (line->count < 4 || !str_to_i64(line->words[2], &evse) ||
        dispatch_evse_state(&stage->server.engine, named(stage, ROW_station, line->words[1]), evse,
                            line->arena, &state) != ERR_NONE)
        return fail(line, "evse STATION EVSE name=value ...");
    if (!sums_hold(stage, line, state.station))
        return false;
    {
        const struct value values[] = {
            { "target", state.target_da },
            { "booked", state.booked_da },
            { "confirmed", state.confirmed_da },
            { "draw", state.draw_da },
            { "failsafe", state.failsafe_da },
            { "why", state.why },
            { "wires", state.wires },
            { "proven", state.proven },
            { "disobeys", state.disobeys },
            { "plugged", state.plugged },
            { "need_wh", state.need_wh },
            { "override", state.override_da },
            { "outside", state.outside_da },
            { "reported", state.reported_da },
            { "class", state.class },
        };
        return all_hold(line, 3, values, COUNT(values));
    }
}

/* held STATION count=3 ours=1 left=1 higher=0 foreign=1 outside=0 */
bool power_held(struct stage *stage, struct power_line *line)
{
    const struct held *held =
        line->count > 2
            ? dispatch_held(&stage->server.engine, named(stage, ROW_station, line->words[1]))
            : NULL;
    int64_t kinds[HELD_OUTSIDE + 1] = { 0 };

    if (!held || held->told_at == UTC_UNKNOWN)
        return fail(line, "it has told nothing");
    for (uint32_t i = 0; i < held->count; i++)
        kinds[held->list[i].kind]++;
    {
        const struct value values[] = {
            { "count", held->count },           { "ours", kinds[HELD_OURS] },
            { "left", kinds[HELD_LEFT] },       { "higher", kinds[HELD_HIGHER] },
            { "foreign", kinds[HELD_FOREIGN] }, { "outside", kinds[HELD_OUTSIDE] },
        };
        return all_hold(line, 2, values, COUNT(values));
    }
}

/* node SITE NODE reserved=320 limit=630 base_w=0 stale=0 capped=0 */
bool power_node(struct stage *stage, struct power_line *line)
{
    struct dispatch_site_state state;

    if (line->count < 4 ||
        dispatch_site_state(&stage->server.engine, named(stage, ROW_site, line->words[1]),
                            line->arena, &state) != ERR_NONE)
        return fail(line, "node SITE NODE name=value ...");
    for (uint32_t i = 0; i < state.node_count; i++) {
        const struct dispatch_node_state *node = &state.nodes[i];
        const struct value values[] = { { "reserved", node->reserved_da[0] },
                                        { "limit", node->limit_da[0] },
                                        { "base_w", node->base_w },
                                        { "stale", node->meter_stale },
                                        { "capped", node->capped },
                                        { "measured_w", node->measured_w },
                                        { "month_peak_w", state.month_peak_w } };
        if (str_equal(node->name, line->words[2]))
            return all_hold(line, 3, values, COUNT(values));
    }
    return fail(line, "no such node");
}

/* trail SITE NODE steps=288 drawn_w=13800 limit_w=41400 full=333: the last of its steps */
bool power_trail(struct stage *stage, struct power_line *line)
{
    const struct dispatch_step none = { .at = UTC_UNKNOWN };
    const struct dispatch_step *last = &none;
    struct dispatch_steps steps;

    if (line->count < 4 ||
        dispatch_node_steps(&stage->server.engine, named(stage, ROW_site, line->words[1]),
                            line->words[2], line->arena, &steps) != ERR_NONE)
        return fail(line, "trail SITE NODE name=value ...");
    if (steps.count)
        last = &steps.steps[steps.count - 1];
    {
        const struct value values[] = {
            { "steps", steps.count },           { "drawn_w", last->drawn_w },
            { "reserved_w", last->reserved_w }, { "limit_w", last->limit_w },
            { "full", last->full_permille },
        };
        return all_hold(line, 3, values, COUNT(values));
    }
}
