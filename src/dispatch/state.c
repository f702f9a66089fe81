/* state.c: what is, for the API and the console. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/shows.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

#include "dispatch/composite.h"
#include "dispatch/held.h"
#include "json/writer.h"

/* --- nodes -------------------------------------------------------------------- */

static const struct cap_row *cap_of(const struct power_site *site, struct str node, utc_ms now)
{
    const struct cap_row *row;

    for (uint32_t at = 0; (row = world_next(&site->dispatch->engine->world, ROW_cap, &at));)
        if (row->site == site->row && row->until > now && str_equal(row->node, node))
            return row;
    return NULL;
}

static void fill_node(const struct power_site *site, uint32_t index,
                      struct dispatch_node_state *out)
{
    const struct document_node *known = &site->document.nodes[index];
    const struct power_node *state = &site->node_states[index];
    const struct tree_node *node = &site->nodes[index];
    const struct cap_row *cap = NULL;

    *out = (struct dispatch_node_state){ .name = known->id,
                                         .parent = known->tree.parent,
                                         .limit_w = node->limit_w,
                                         .capped = state->capped,
                                         .cap_expires_at = UTC_UNKNOWN,
                                         .cap_reason = STR_NONE,
                                         .base_w = node->base_w,
                                         .has_meter = state->has_meter,
                                         .meter_stale = state->silent,
                                         .meter_at = state->measured_at,
                                         .measured_w = state->measured_w };
    for (int line = 0; line < LINE_COUNT; line++) {
        out->limit_da[line] = node->limit_da[line];
        out->measured_da[line] = state->measured_da[line];
    }
    if (state->capped)
        cap = cap_of(site, known->id, site->dispatch->now);
    if (state->capped && !cap)
        cap = cap_of(site, STR_NONE, site->dispatch->now);
    if (cap) {
        out->cap_expires_at = cap->until;
        out->cap_reason = cap->reason;
    }
    tree_sums(commit_tree(site->commit), index, out->reserved_da, &out->reserved_w);
}

/* --- EVSEs ---------------------------------------------------------------------- */

static void fill_car(const struct power_evse *evse, const struct document_evse *known,
                     struct dispatch_evse_state *out)
{
    const struct power_car *car = &evse->car;
    int64_t left_wh = need_left(evse);

    out->wires = car->wires ? car->wires : known->leaf.wires;
    out->wires_live = car->wires ? car->wires_live : known->leaf.wires_live;
    out->wires_known = car->wires != 0 || car_phases(&car->seen) == 3;
    out->phase_to_use = car->phase_to_use;
    out->need_wh = left_wh >= 0 ? left_wh : DISPATCH_NO_VALUE;
    out->laxity_s =
        evse->verdict.laxity_s == INT64_MAX ? DISPATCH_NO_VALUE : evse->verdict.laxity_s;
    out->departs_at = car->departs_at == UTC_NEVER ? UTC_UNKNOWN : car->departs_at;
    out->departs_learned = car->departs_learned;
    out->class = car->class >= 0 ? (uint8_t)car->class : known->class;
    if (evse->draw.da >= 0) {
        out->draw_da = evse->draw.da;
        out->draw_at = evse->draw.at;
        out->draw_w = live_said_w(evse);
    }
}

/* As it was confirmed; until then what it is booked at. */
static int32_t may_da(const struct commit_state *state)
{
    return state->confirmed_da >= 0 ? state->confirmed_da : state->booked_da;
}

static void fill_evse(const struct power_evse *evse, struct arena *arena,
                      struct dispatch_evse_state *out)
{
    const struct power_site *site = evse->station->site;
    const struct document_evse *known = &site->document.evses[evse->index];
    const struct commit_state state = commit_state(site->commit, evse->index);
    const struct composite *reported = composite_trouble(evse);

    *out = (struct dispatch_evse_state){
        .station = evse->station->row,
        .evse = evse->number,
        .node = (int32_t)known->leaf.node,
        .session = evse->car.session,
        .connected = evse->station->here,
        .plugged = evse->car.session != 0,
        .proven = behaviour_trust(&evse->station->behaviour).obeys,
        .disobeys = state.disobeys,
        .why = why_of(site, evse),
        .why_node = evse->verdict.node,
        .why_line = evse->verdict.line,
        .why_text = why_sentence(site, evse, arena),
        .why_name = evse->verdict.node >= 0 ? why_node_name(site, evse->verdict.node) : STR_NONE,
        .probing = evse->station->probe != NULL,
        .unanswered_at = unanswered_since(evse->station),
        .max_w = tree_leaf_w(commit_tree(site->commit), evse->index, known->max_da),
        .may_w =
            tree_leaf_w(commit_tree(site->commit), evse->index, may_da(&state)) + apart_w(evse),
        .target_da = evse->car.session ? evse->verdict.target_da : DISPATCH_NO_VALUE,
        .booked_da = state.booked_da,
        .confirmed_da = state.confirmed_da >= 0 ? state.confirmed_da : DISPATCH_NO_VALUE,
        .draw_da = DISPATCH_NO_VALUE,
        .failsafe_da = evse->failsafe_da,
        .max_da = known->max_da,
        .min_da = known->min_da,
        .draw_w = DISPATCH_NO_VALUE,
        .draw_at = UTC_UNKNOWN,
        .lease_ends_at = state.ends_at,
        .wires = known->leaf.wires,
        .wires_live = known->leaf.wires_live,
        .need_wh = DISPATCH_NO_VALUE,
        .laxity_s = DISPATCH_NO_VALUE,
        .departs_at = UTC_UNKNOWN,
        .class = known->class,
        .outside_da = evse->outside_da >= 0 ? evse->outside_da : DISPATCH_NO_VALUE,
        .outside_source =
            evse->outside_da >= 0 ? arena_copy(arena, str_of(evse->outside_source)) : STR_NONE,
        .reported_da = reported ? reported->said_da : DISPATCH_NO_VALUE,
        .reported_told_da = reported ? reported->given_da : DISPATCH_NO_VALUE,
        .reported_since = reported ? reported->since : UTC_UNKNOWN,
        .phases_da = { DISPATCH_NO_VALUE, DISPATCH_NO_VALUE, DISPATCH_NO_VALUE },
        .override_da = DISPATCH_NO_VALUE,
        .override_expires_at = UTC_UNKNOWN,
    };
    if (evse->car.session)
        fill_car(evse, known, out);
    for (int i = 0; i < LINE_COUNT && state.confirmed_da >= 0 && apart_w(evse) > 0; i++)
        out->phases_da[i] = state.confirmed_da + evse->apart.told_da[i];
    if (evse->override_da >= 0 && evse->override_until > site->dispatch->now) {
        out->override_da = evse->override_da;
        out->override_expires_at = evse->override_until;
    }
}

enum err dispatch_evse_state(const struct engine *engine, int64_t station, int64_t evse,
                             struct arena *arena, struct dispatch_evse_state *state)
{
    const struct power_evse *found = dispatch_find_evse(dispatch_of(engine), station, evse);

    if (!found)
        return ERR_NOT_FOUND;
    fill_evse(found, arena, state);
    return ERR_NONE;
}

const struct held *dispatch_held(const struct engine *engine, int64_t station)
{
    const struct power_station *found = dispatch_find_station(dispatch_of(engine), station);

    return found ? found->held : NULL;
}

/* --- a site ------------------------------------------------------------------------ */

enum err dispatch_site_overview(const struct engine *engine, int64_t row, struct arena *arena,
                                struct dispatch_site_state *state)
{
    struct power_site *site = dispatch_find_site(dispatch_of(engine), row);

    if (!site)
        return ERR_NOT_FOUND;
    live_settle(site);
    *state = (struct dispatch_site_state){
        .site = row,
        .mode = site->document.mode,
        .decided_at = site->decided_at,
        .planned_at = UTC_UNKNOWN,
        .node_count = site->document.node_count,
        .evse_count = site->document.evse_count,
        .document = &site->document,
        .failsafe_fits = site->failsafe_fits,
        .cars_w = site->live.cars_w,
        .offered_w = site->live.offered_w,
        .solar_w = site->solar_w >= 0 ? site->solar_w : DISPATCH_NO_VALUE,
        .surplus_w = site->surplus_w >= 0 ? site->surplus_w : DISPATCH_NO_VALUE,
        .price_milli = price_at(site, site->dispatch->now),
        .month_peak_w = peak_of_month(site, site->dispatch->now),
        .plan_from_at = UTC_UNKNOWN,
        .plan_gap_permille = DISPATCH_NO_VALUE,
    };
    if (!plan_of_site(site, arena, state))
        return ERR_FULL;
    for (uint32_t i = 0; i < site->station_count; i++)
        state->unproven_count += !behaviour_trust(&site->stations[i].behaviour).obeys;
    return ERR_NONE;
}

void dispatch_node_at(const struct engine *engine, int64_t row, uint32_t node,
                      struct dispatch_node_state *state)
{
    const struct power_site *site = dispatch_find_site(dispatch_of(engine), row);

    check(site && node < site->document.node_count);
    fill_node(site, node, state);
}

void dispatch_evse_at(const struct engine *engine, int64_t row, uint32_t evse, struct arena *arena,
                      struct dispatch_evse_state *state)
{
    const struct power_site *site = dispatch_find_site(dispatch_of(engine), row);

    check(site && evse < site->document.evse_count);
    fill_evse(&site->evses[evse], arena, state);
    state->plan_da = plan_of_evse(&site->evses[evse], arena);
}

enum err dispatch_site_state(const struct engine *engine, int64_t row, struct arena *arena,
                             struct dispatch_site_state *state)
{
    enum err err = dispatch_site_overview(engine, row, arena, state);

    if (err != ERR_NONE)
        return err;
    state->nodes = ARENA_NEW_ARRAY(arena, struct dispatch_node_state, state->node_count);
    state->evses = ARENA_NEW_ARRAY(arena, struct dispatch_evse_state, state->evse_count);
    if (!state->nodes || !state->evses)
        return ERR_FULL;
    for (uint32_t i = 0; i < state->node_count; i++)
        dispatch_node_at(engine, row, i, &state->nodes[i]);
    for (uint32_t i = 0; i < state->evse_count; i++)
        dispatch_evse_at(engine, row, i, arena, &state->evses[i]);
    return ERR_NONE;
}

/* --- limits as power ------------------------------------------------------------------- */

int64_t node_limit_w(const struct power_site *site, uint32_t index)
{
    const struct tree_node *node = &site->nodes[index];
    int64_t by_lines;

    if (node->limit_da[0] == TREE_NO_LIMIT_DA)
        return node->limit_w;
    by_lines = ((int64_t)node->limit_da[0] + node->limit_da[1] + node->limit_da[2]) *
               site->document.nodes[index].volts / 10;
    return by_lines < node->limit_w ? by_lines : node->limit_w;
}

int64_t root_limit_w(const struct power_site *site)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < site->document.node_count; i++) {
        int64_t w = site->nodes[i].parent < 0 ? node_limit_w(site, i) : 0;
        if (w == TREE_NO_LIMIT_W)
            return POWER_NONE;
        sum += w;
    }
    return sum;
}

enum err dispatch_site_sums(const struct engine *engine, int64_t row, struct dispatch_sums *sums)
{
    struct power_site *site = dispatch_find_site(dispatch_of(engine), row);
    int64_t limit_w = site ? root_limit_w(site) : POWER_NONE;

    if (!site)
        return ERR_NOT_FOUND;
    live_settle(site);
    *sums = (struct dispatch_sums){ .cars_w = site->live.cars_w,
                                    .offered_w = site->live.offered_w,
                                    .cars = site->live.cars,
                                    .limit_w = limit_w < 0 ? DISPATCH_NO_VALUE : limit_w,
                                    .plugs = site->document.evse_count,
                                    .over = site->over };
    for (uint32_t i = 0; i < site->document.node_count; i++) {
        int64_t full = site->nodes[i].parent < 0 ? node_full_permille(site, i) : 0;
        sums->full_permille = full > sums->full_permille ? full : sums->full_permille;
        sums->capped = sums->capped || site->node_states[i].capped;
    }
    return ERR_NONE;
}

/* --- what a person should look at ------------------------------------------------------- */

struct listener {
    struct arena *arena;
    void (*tell)(void *context, const struct dispatch_notice *notice);
    void *context;
};

static void tell(const struct listener *listener, struct dispatch_notice notice)
{
    listener->tell(listener->context, &notice);
}

static void look_at_evse(const struct listener *listener, const struct power_evse *evse)
{
    const struct power_station *station = evse->station;

    if (commit_state(station->site->commit, evse->index).disobeys)
        tell(listener,
             (struct dispatch_notice){
                 .error = true,
                 .said = SENTENCE(
                     listener->arena, "limit_disobeyed",
                     "{station}, EVSE {evse} drew more than the limit it confirmed.",
                     ARGS(ARG_STR("station", station->identity), ARG_INT("evse", evse->number))),
                 .action = STR("It is counted at its breaker. Look at its settings and firmware, "
                               "then probe it again."),
                 .site = station->site->row,
                 .station = station->row,
                 .since = evse->disobeys_since });
    if (evse->rejects)
        tell(listener,
             (struct dispatch_notice){
                 .said = SENTENCE(
                     listener->arena, "limit_rejected",
                     "{station}, EVSE {evse} refuses its limits again and again.",
                     ARGS(ARG_STR("station", station->identity), ARG_INT("evse", evse->number))),
                 .action = STR("Its log shows what it answers; probe it again after a "
                               "change."),
                 .site = station->site->row,
                 .station = station->row,
                 .since = UTC_UNKNOWN });
}

/* As GET /stations/{id}/behaviour calls them. */
static const char *layer_word(enum charging_layer layer)
{
    return layer == CHARGE_STATION_MAX ? "station_max"
           : layer == CHARGE_DEFAULT   ? "default"
           : layer == CHARGE_PRIORITY  ? "priority"
                                       : "session";
}

static const char *layer_name(enum charging_layer layer)
{
    return layer == CHARGE_STATION_MAX ? "a station maximum"
           : layer == CHARGE_DEFAULT   ? "a default"
           : layer == CHARGE_PRIORITY  ? "a limit for priority"
                                       : "a session's limit";
}

static void look_at_held(const struct listener *listener, const struct power_station *station)
{
    for (uint32_t i = 0; station->held && i < station->held->count; i++) {
        const struct held_profile *entry = &station->held->list[i];

        if (entry->kind != HELD_FOREIGN)
            continue;
        tell(listener,
             (struct dispatch_notice){
                 .said = SENTENCE(
                     listener->arena, "foreign_profile",
                     "{station} holds {layer} that voltd has not set (id {profile}, stack level "
                     "{stack_level}, EVSE {evse}): it may follow that instead.",
                     ARGS(ARG_STR("station", station->identity),
                          ARG_STR("layer", str_of(layer_name(entry->layer))),
                          ARG_STR("purpose", str_of(layer_word(entry->layer))),
                          ARG_INT("profile", entry->id), ARG_INT("stack_level", entry->stack),
                          ARG_INT("evse", entry->evse))),
                 .action = STR("Probe the station again while no car is there, which clears it, or "
                               "find out who sets it."),
                 .site = station->site->row,
                 .station = station->row,
                 .since = station->held->told_at });
    }
}

/* Of the station's own schedule, against what it was told. */
static struct sentence reported(struct arena *arena, const struct power_evse *evse,
                                const struct composite *composite)
{
    struct str station = evse->station->identity;

    if (composite->verdict == COMPOSITE_MORE)
        return SENTENCE(arena, "reports_more",
                        "{station}, EVSE {evse} reports a limit of {limit_a} A and was told "
                        "{told_a} A: a profile of somebody else wins over it.",
                        ARGS(ARG_STR("station", station), ARG_INT("evse", evse->number),
                             ARG_DA("limit_a", composite->said_da),
                             ARG_DA("told_a", composite->given_da)));
    return SENTENCE(arena, "reports_less",
                    "{station}, EVSE {evse} reports a limit of {limit_a} A and was told "
                    "{told_a} A: somebody else limits it.",
                    ARGS(ARG_STR("station", station), ARG_INT("evse", evse->number),
                         ARG_DA("limit_a", composite->said_da),
                         ARG_DA("told_a", composite->given_da)));
}

static void look_at_composite(const struct listener *listener, const struct power_evse *evse)
{
    const struct composite *composite = composite_trouble(evse);

    if (composite)
        tell(listener,
             (struct dispatch_notice){
                 .said = reported(listener->arena, evse, composite),
                 .action = STR("Find out who sets it: another server, an energy manager, a setting "
                               "of its own. A probe while no car is there clears what other "
                               "servers left."),
                 .site = evse->station->site->row,
                 .station = evse->station->row,
                 .since = composite->since });
}

static void look_at_silence(const struct listener *listener, const struct power_station *station)
{
    if (station->here && unanswered_since(station) != UTC_UNKNOWN)
        tell(listener,
             (struct dispatch_notice){
                 .error = true,
                 .said = SENTENCE(listener->arena, "limit_unanswered",
                                  "{station} does not answer when it is told a limit.",
                                  ARGS(ARG_STR("station", station->identity))),
                 .action = STR("It is counted at all that it may still draw. Its log shows what "
                               "it leaves unanswered: restart it, or look at its firmware."),
                 .site = station->site->row,
                 .station = station->row,
                 .since = unanswered_since(station) });
}

static void look_at_station(const struct listener *listener, const struct power_station *station)
{
    struct sentence trouble = behaviour_trouble(&station->behaviour, listener->arena);

    for (uint32_t i = 0; i < station->evse_count; i++)
        look_at_evse(listener, &station->site->evses[station->evse_first + i]);
    for (uint32_t i = 0; i < station->evse_count; i++)
        look_at_composite(listener, &station->site->evses[station->evse_first + i]);
    look_at_held(listener, station);
    look_at_silence(listener, station);
    if (trouble.code && unanswered_since(station) != UTC_UNKNOWN)
        trouble = unanswered_trouble(listener->arena);
    if (!station->row)
        tell(listener, (struct dispatch_notice){
                           .said = SENTENCE(listener->arena, "station_unknown",
                                            "The power document names station {station}, which is "
                                            "not registered.",
                                            ARGS(ARG_STR("station", station->identity))),
                           .action = STR("Register it, or take it out of the document."),
                           .site = station->site->row,
                           .since = UTC_UNKNOWN });
    else if (trouble.code)
        tell(listener,
             (struct dispatch_notice){
                 .said = SENTENCE(
                     listener->arena, "unproven", "{station} is counted at its breaker: {why}",
                     ARGS(ARG_STR("station", station->identity),
                          ARG_STR("trouble", str_of(trouble.code)), ARG_STR("why", trouble.text))),
                 .action = STR("What it does is found out while it stands free and in "
                               "its first session."),
                 .site = station->site->row,
                 .station = station->row,
                 .since = UTC_UNKNOWN });
}

static void look_at_meters(const struct listener *listener, const struct power_site *site)
{
    for (uint32_t i = 0; i < site->document.meter_count; i++)
        if (site->meters[i].stale)
            tell(listener,
                 (struct dispatch_notice){
                     .error = true,
                     .said = SENTENCE(listener->arena, "meter_stale",
                                      "Meter {meter} is silent: its safe assumption counts. {why}",
                                      ARGS(ARG_STR("meter", site->document.meters[i].id),
                                           ARG_STR("why", str_of(site->meters[i].why)))),
                     .action = STR("Check the meter, its network and what sends its values."),
                     .site = site->row,
                     .since = site->meters[i].at });
}

static bool is_proven(const struct power_site *site)
{
    uint32_t i = 0;

    while (i < site->station_count && behaviour_trust(&site->stations[i].behaviour).obeys)
        i++;
    return i == site->station_count;
}

/* An error where nothing explains it: stations that have not shown yet that they obey do, and have
 * a notice of their own. */
static void look_at_excess(const struct listener *listener, const struct power_site *site)
{
    const struct site_row *row = world_find(&site->dispatch->engine->world, ROW_site, site->row);
    const struct document_node *node =
        site->excess.node >= 0 && (uint32_t)site->excess.node < site->document.node_count
            ? &site->document.nodes[site->excess.node]
            : &site->document.nodes[0];

    tell(listener,
         (struct dispatch_notice){
             .error = is_proven(site),
             .said = SENTENCE(listener->arena, "limit_over",
                              "{site}: if stations took all that they might, it would be more than "
                              "{node} allows.",
                              ARGS(ARG_STR("site", row ? row->name : STR("A site")),
                                   ARG_STR("node", node->name.len ? node->name : node->id))),
             .action = STR("It passes as limits take effect and stations show that they obey. "
                           "If it stays, one is not connected, or takes no limits."),
             .site = site->row,
             .since = site->over_since });
}

static void look_at_site(const struct listener *listener, const struct power_site *site)
{
    look_at_meters(listener, site);
    if (!site->failsafe_fits)
        tell(listener, (struct dispatch_notice){
                           .said = SENTENCE(listener->arena, "failsafe_over",
                                            "The fail-safe currents of this site do not fit its "
                                            "limits all together.",
                                            NO_ARGS),
                           .action = STR("Lower them in the power document; until then every "
                                         "station has an equal share that fits."),
                           .site = site->row,
                           .since = UTC_UNKNOWN });
    if (site->over)
        look_at_excess(listener, site);
    for (uint32_t i = 0; i < site->station_count; i++)
        look_at_station(listener, &site->stations[i]);
}

void dispatch_notices(const struct engine *engine, struct arena *arena,
                      void (*fn)(void *context, const struct dispatch_notice *notice),
                      void *context)
{
    const struct listener listener = { arena, fn, context };

    for (const struct power_site *site = dispatch_of(engine)->sites; site; site = site->next)
        look_at_site(&listener, site);
}
