/* horizon.c: the plan of the hours ahead (energy/plan.h): made anew every quarter of an hour and
 * when a car comes or says what it needs, on a reader thread, from a copy of what is known. It is
 * advice to decisions: what an EVSE should have in this quarter of an hour. */
#include "core/options.h"
#include "dispatch/decides.h"
#include "dispatch/hears.h"

#include <stdlib.h>

enum {
    SLOT_S = 900,
    SLOT_MS = SLOT_S * 1000,
    SLOTS_LEAST = 96,
    SLOTS_MOST = 192,
    APART_MS = 2000, /* arrivals that come together are planned together */
    BUDGET_MS = 300,
    COST_ANY = 100000,
    DRAW_MS = 300000, /* an older meter value says nothing of now */
};

struct power_plan {
    uint32_t holders;
    struct power_plan *next; /* of those under way */
    struct power_site *site; /* while it is made; NULL: gone meanwhile */
    struct power_plan *before;
    struct arena arena;
    struct plan_input input;
    struct plan *made;
    enum err err;
    utc_ms from_at, now;
    struct ahead_peak peak;
    struct peak_days days; /* that have to be planned for it; none: it is known */
    int64_t worth_day;     /* on which peak.worth_w was planned */
    int32_t *car_of;       /* by EVSE: index in input.cars; -1 */
    int64_t *price_milli, *solar_w, *limit_w;
    mono_ms (*clock)(void);
    mono_ms end_at, budget_ms;
};

static void plan_release(struct power_plan *plan)
{
    while (plan && --plan->holders == 0) {
        struct power_plan *before = plan->before;
        arena_reset(&plan->arena);
        free(plan);
        plan = before;
    }
}

static bool plans(const struct power_site *site)
{
    return site->document.mode == SITE_NEED || site->document.mode == SITE_CHEAP ||
           site->document.mode == SITE_GREEN || site->document.mode == SITE_SURPLUS;
}

/* --- nodes over the slots ------------------------------------------------------------ */

/* A forecast of loads and solar concerns the first connection of the site. */
static void add_forecast(const struct power_site *site, utc_ms at, struct tree_node *root)
{
    int64_t load_w = series_at(site, SERIES_LOAD, at), solar_w = series_at(site, SERIES_SOLAR, at);
    int64_t volts = site->document.nodes[0].volts;

    if (load_w != DISPATCH_NO_VALUE) {
        root->base_w = load_w;
        for (int line = 0; line < LINE_COUNT; line++)
            root->base_da[line] = (int32_t)((load_w * 10 + volts * 3 - 1) / (volts * 3));
    }
    if (solar_w != DISPATCH_NO_VALUE && solar_w > 0) {
        root->base_w -= solar_w;
        for (int line = 0; line < LINE_COUNT; line++)
            root->base_da[line] -= (int32_t)(solar_w * 10 / (volts * 3));
    }
}

static void keep_limit(struct plan_limit *out, const struct tree_node *node)
{
    memcpy(out->limit_da, node->limit_da, sizeof out->limit_da);
    memcpy(out->base_da, node->base_da, sizeof out->base_da);
    out->limit_w = node->limit_w;
    out->base_w = node->base_w;
}

static bool differs(const struct tree_node *one, const struct tree_node *other)
{
    return memcmp(one->limit_da, other->limit_da, sizeof one->limit_da) != 0 ||
           memcmp(one->base_da, other->base_da, sizeof one->base_da) != 0 ||
           one->limit_w != other->limit_w || one->base_w != other->base_w;
}

static int64_t lines_w(const struct tree_node *node, int32_t volts)
{
    int64_t w = node->limit_w;
    int64_t by_lines = 0;

    for (int line = 0; line < LINE_COUNT; line++) {
        if (node->limit_da[line] == TREE_NO_LIMIT_DA)
            return w;
        by_lines += (int64_t)(node->limit_da[line] - node->base_da[line]) * volts / 10;
    }
    if (w != TREE_NO_LIMIT_W)
        w -= node->base_w;
    return by_lines < w ? by_lines : w;
}

/* The tree of a slot: what is in force now for the first, then what the document and forecasts say.
 */
static void tree_of_slot(struct power_plan *plan, const struct power_site *site, uint32_t slot,
                         struct tree_node *nodes)
{
    const struct document *document = &site->document;
    utc_ms at = plan->from_at + (utc_ms)slot * SLOT_MS;

    if (slot == 0) {
        memcpy(nodes, site->nodes, document->node_count * sizeof *nodes);
        return;
    }
    document_tree(document, site->zone, at, nodes);
    add_forecast(site, at, &nodes[0]);
    for (uint32_t n = 0; n < document->node_count; n++) /* a cap lasts as long as was said */
        if (site->node_states[n].capped && site->node_states[n].cap_expires_at > at) {
            for (int line = 0; line < LINE_COUNT; line++)
                if (site->nodes[n].limit_da[line] < nodes[n].limit_da[line])
                    nodes[n].limit_da[line] = site->nodes[n].limit_da[line];
            if (site->nodes[n].limit_w < nodes[n].limit_w)
                nodes[n].limit_w = site->nodes[n].limit_w;
        }
}

/* A node whose limits change gets a list of them, from the first slot on. */
static struct plan_limit *new_limits(struct power_plan *plan, struct plan_node *node, uint32_t slot)
{
    struct plan_limit *limits =
        ARENA_NEW_ARRAY(&plan->arena, struct plan_limit, plan->input.slot_count);

    for (uint32_t before = 0; limits && before < slot; before++)
        keep_limit(&limits[before], &node->node);
    node->slots = limits;
    return limits;
}

static bool fill_nodes(struct power_plan *plan, const struct power_site *site)
{
    const struct document *document = &site->document;
    uint32_t count = document->node_count;
    struct plan_node *nodes = ARENA_NEW_ARRAY(&plan->arena, struct plan_node, count);
    struct plan_limit **limits = ARENA_NEW_ARRAY(&plan->arena, struct plan_limit *, count);
    struct tree_node *then = ARENA_NEW_ARRAY(&plan->arena, struct tree_node, count);

    if (!nodes || !limits || !then)
        return false;
    for (uint32_t n = 0; n < count; n++)
        nodes[n].node = site->nodes[n];
    for (uint32_t slot = 0; slot < plan->input.slot_count; slot++) {
        tree_of_slot(plan, site, slot, then);
        plan->limit_w[slot] = lines_w(&then[0], document->nodes[0].volts);
        for (uint32_t n = 0; n < count; n++) {
            if (!limits[n] && !differs(&then[n], &nodes[n].node))
                continue;
            if (!limits[n])
                limits[n] = new_limits(plan, &nodes[n], slot);
            if (!limits[n])
                return false;
            keep_limit(&limits[n][slot], &then[n]);
        }
    }
    plan->input.nodes = nodes;
    plan->input.node_count = count;
    return true;
}

/* --- cars ------------------------------------------------------------------------------ */

/* What it takes, of what it may take; false: that is not known well enough. */
static bool draw_now(const struct power_evse *evse, utc_ms now, int32_t *draw_da, int32_t *may_da)
{
    const struct commit_state state = commit_state(evse->station->site->commit, evse->index);

    if (evse->car.seen.most_da <= 0 || now - evse->draw.at > DRAW_MS || state.changing)
        return false;
    *draw_da = evse->draw.da;
    *may_da = state.confirmed_da;
    return true;
}

static int32_t max_of(const struct power_evse *evse, const struct document_evse *known)
{
    int32_t car_da = evse->car.max_da;

    return car_da > 0 && car_da < known->max_da ? car_da : known->max_da;
}

static bool fill_cars(struct power_plan *plan, const struct power_site *site)
{
    const struct document *document = &site->document;
    struct plan_car *cars = ARENA_NEW_ARRAY(&plan->arena, struct plan_car, document->evse_count);
    utc_ms end = plan->from_at + (utc_ms)plan->input.slot_count * SLOT_MS;
    uint32_t count = 0;

    plan->car_of = ARENA_NEW_ARRAY(&plan->arena, int32_t, document->evse_count);
    if (!cars || !plan->car_of)
        return false;
    for (uint32_t i = 0; i < document->evse_count; i++) {
        const struct power_evse *evse = &site->evses[i];
        const struct document_evse *known = &document->evses[i];
        int64_t need_wh = need_left(evse);
        utc_ms departs_at = evse->car.departs_at < end ? evse->car.departs_at : end;
        plan->car_of[i] = -1;
        if (!evse->car.session || need_is_done(evse, plan->now) || need_wh <= 0)
            continue;
        plan->car_of[i] = (int32_t)count;
        struct ahead_car car = { .id = evse->car.session,
                                 .leaf = known->leaf,
                                 .stays_s = (int32_t)((departs_at - plan->now) / 1000),
                                 .need_wh = need_wh,
                                 .max_da = max_of(evse, known),
                                 .min_da = known->min_da,
                                 .draw_da = -1,
                                 .may_da = -1,
                                 .half_s = need_half_s(evse),
                                 .may_suspend = known->may_suspend };
        if (evse->car.wires) {
            car.leaf.wires = evse->car.wires;
            car.leaf.wires_live = evse->car.wires_live;
        }
        (void)draw_now(evse, plan->now, &car.draw_da, &car.may_da);
        cars[count++] = ahead_car(&car, &plan->input);
    }
    plan->input.cars = cars;
    plan->input.car_count = count;
    return true;
}

static utc_ms last_departure(const struct power_site *site)
{
    utc_ms last = 0;

    for (uint32_t i = 0; i < site->document.evse_count; i++)
        if (site->evses[i].car.session && site->evses[i].car.departs_at != UTC_NEVER &&
            site->evses[i].car.departs_at > last)
            last = site->evses[i].car.departs_at;
    return last;
}

static int32_t days_left(const struct power_site *site, utc_ms now)
{
    struct wall today = zone_wall(site->zone, now);
    struct wall day = today;
    int32_t days = 0;

    while (days < 31 && day.month == today.month) {
        days++;
        day = zone_wall(site->zone, now + (utc_ms)days * 86400000);
    }
    return days > 0 ? days : 1;
}

/* What peak is worth its charge is planned once a day, from the days before. */
static bool take_worth(struct power_plan *plan, const struct power_site *site)
{
    const struct power_plan *before = site->plan;

    plan->worth_day = zone_wall(site->zone, plan->now).day;
    if (plan->peak.cost <= 0)
        return true;
    if (before && before->err == ERR_NONE && before->worth_day == plan->worth_day) {
        plan->peak.worth_w = before->peak.worth_w;
        return true;
    }
    return peak_days_fill(site, plan->now, &plan->arena, &plan->days);
}

enum { QUARTERS_AN_HOUR = 4, VALUE_MAX = 100000000 };

/* No car is left without for the sake of the peak: a kWh is worth more than a peak that is higher
 * by all of it in one quarter of an hour. So the charge makes the load even, and that is all. */
static int32_t value_of_kwh(const struct power_plan *plan, const int32_t *cost)
{
    int64_t value = 0;

    if (plan->peak.cost <= 0)
        return 0;
    for (uint32_t slot = 0; slot < plan->input.slot_count; slot++)
        value = cost[slot] > value ? cost[slot] : value;
    value = 2 * value + QUARTERS_AN_HOUR * plan->peak.cost;
    return value < VALUE_MAX ? (int32_t)value : VALUE_MAX;
}

static bool fill(struct power_plan *plan, struct power_site *site)
{
    utc_ms last = last_departure(site);
    bool known = false;
    int64_t slots;
    int32_t *cost;

    plan->now = dispatch_now(site->dispatch);
    plan->from_at = plan->now - plan->now % SLOT_MS;
    slots = last > plan->from_at ? (last - plan->from_at + SLOT_MS - 1) / SLOT_MS : SLOTS_LEAST;
    slots = slots < SLOTS_LEAST ? SLOTS_LEAST : slots > SLOTS_MOST ? SLOTS_MOST : slots;
    plan->input.slot_count = (uint32_t)slots;
    plan->input.slot_s = SLOT_S;
    plan->input.passed_s = (uint32_t)((plan->now - plan->from_at) / 1000);
    plan->peak = (struct ahead_peak){ .cost = site->document.demand_charge_milli * 10,
                                      .so_far_w = peak_of_month(site, plan->now),
                                      .days_left = days_left(site, plan->now),
                                      .half_s = site->usual_half_s };
    if (!take_worth(plan, site))
        return false;
    cost = ARENA_NEW_ARRAY(&plan->arena, int32_t, (size_t)slots);
    plan->price_milli = ARENA_NEW_ARRAY(&plan->arena, int64_t, (size_t)slots);
    plan->solar_w = ARENA_NEW_ARRAY(&plan->arena, int64_t, (size_t)slots);
    plan->limit_w = ARENA_NEW_ARRAY(&plan->arena, int64_t, (size_t)slots);
    if (!cost || !plan->price_milli || !plan->solar_w || !plan->limit_w)
        return false;
    for (uint32_t slot = 0; slot < slots; slot++) {
        utc_ms at = plan->from_at + (utc_ms)slot * SLOT_MS;
        cost[slot] = cost_at(site, at);
        known = known || cost[slot] != PLAN_COST_UNKNOWN;
        plan->price_milli[slot] = price_at(site, at);
        plan->solar_w[slot] = series_at(site, SERIES_SOLAR, at);
    }
    for (uint32_t slot = 0; !known && slot < slots; slot++)
        cost[slot] = COST_ANY; /* all hours alike; the sun costs nothing */
    plan->input.cost = cost;
    plan->input.value = value_of_kwh(plan, cost);
    plan->input.demand.cost = plan->peak.cost;
    return fill_nodes(plan, site) && fill_cars(plan, site);
}

/* --- on another thread --------------------------------------------------------------------- */

static bool out_of_time(void *clock)
{
    const struct power_plan *plan = clock;

    return plan->clock() >= plan->end_at;
}

static void run(void *data, struct store *store)
{
    struct power_plan *plan = *(struct power_plan **)data;
    struct plan_before before = { 0 };

    (void)store;
    if (plan->before && plan->before->err == ERR_NONE) {
        before.plan = plan->before->made;
        before.slots_passed = (uint32_t)((plan->from_at - plan->before->from_at) / SLOT_MS);
    }
    if (plan->clock) {
        plan->end_at = plan->clock() + plan->budget_ms;
        plan->input.out_of_time = out_of_time;
        plan->input.clock = plan;
    }
    if (plan->days.days > 0)
        plan->peak.worth_w = peak_days_worth(&plan->days, &plan->input, plan->peak.cost);
    plan->input.demand = ahead_demand(&plan->peak);
    plan->err = plan_make(&plan->input, &before, &plan->arena, &plan->made);
}

static void unlink_plan(struct dispatch *dispatch, struct power_plan *plan)
{
    struct power_plan **at = &dispatch->plans;

    while (*at != plan)
        at = &(*at)->next;
    *at = plan->next;
    plan_release(plan->before);
    plan->before = NULL;
}

static void finish(struct power_plan *plan)
{
    struct power_site *site = plan->site;

    plan->site = NULL;
    if (site)
        site->planning = NULL;
    if (!site || plan->err != ERR_NONE) {
        plan_release(plan);
        return;
    }
    plan_release(site->plan);
    site->plan = plan;
    decide_soon(site, "plan");
}

static enum err plan_turn(struct turn *turn)
{
    struct power_plan *plan = *(struct power_plan **)turn->input;
    void *data = turn->input;
    enum err err = turn_work(turn, "plan", run, WORK_READER, &data);

    if (err == ERR_LATER)
        return err;
    if (err != ERR_NONE)
        plan->err = err;
    unlink_plan(dispatch_of(turn->engine), plan);
    finish(plan);
    return ERR_NONE;
}

static void make(struct power_site *site)
{
    struct dispatch *dispatch = site->dispatch;
    const struct options *options = dispatch->config.options;
    struct power_plan *plan = calloc(1, sizeof *plan);
    struct turn *turn;

    check(plan != NULL);
    arena_init(&plan->arena, NULL, 0);
    plan->holders = 1;
    plan->site = site;
    plan->clock = dispatch->config.clock;
    plan->budget_ms = options ? (mono_ms)options->energy_plan_ms : BUDGET_MS;
    turn = fill(plan, site)
               ? engine_turn(dispatch->engine, plan_turn, &plan, sizeof(struct power_plan *))
               : NULL;
    if (!turn) {
        plan_release(plan);
        return;
    }
    plan->before = site->plan;
    if (plan->before)
        plan->before->holders++;
    plan->next = dispatch->plans;
    dispatch->plans = plan;
    site->planning = plan;
    (void)engine_go(turn); /* it ends when the reader has planned */
}

/* --- when ---------------------------------------------------------------- */

static void due(struct timer *timer, void *context)
{
    struct power_site *site = CONTAINER_OF(timer, struct power_site, plan_timer);
    struct engine *engine = context;
    utc_ms now = dispatch_now(site->dispatch);

    if (site->still)
        return;
    timer_set(&engine->timers, timer,
              engine->mono + (site->planning ? APART_MS : (mono_ms)(SLOT_MS - now % SLOT_MS) + 1),
              due);
    if (!site->planning)
        make(site);
}

void plan_soon(struct power_site *site)
{
    struct engine *engine = site->dispatch->engine;
    mono_ms at = engine->mono + APART_MS;

    if (plans(site) && (!timer_is_set(&site->plan_timer) || site->plan_timer.due > at))
        timer_set(&engine->timers, &site->plan_timer, at, due);
}

void plan_drop(struct power_site *site)
{
    timer_clear(&site->dispatch->engine->timers, &site->plan_timer);
    if (site->planning)
        site->planning->site = NULL;
    site->planning = NULL;
    plan_release(site->plan);
    site->plan = NULL;
}

void plan_free_all(struct dispatch *dispatch)
{
    while (dispatch->plans) {
        struct power_plan *plan = dispatch->plans;
        unlink_plan(dispatch, plan);
        plan_release(plan);
    }
}

/* --- what it says -------------------------------------------------------- */

static int32_t car_in_plan(const struct power_plan *plan, const struct power_evse *evse)
{
    int32_t car = plan ? plan->car_of[evse->index] : -1;

    return car >= 0 && evse->car.session && plan->input.cars[car].id == evse->car.session ? car
                                                                                          : -1;
}

static const struct site_pilots *pilots_of(const struct power_evse *evse)
{
    const struct document *document = &evse->station->site->document;

    return &document->pilots[document->evses[evse->index].pilots];
}

int32_t plan_now_da(const struct power_evse *evse, utc_ms now)
{
    const struct power_plan *plan = evse->station->site->plan;
    int32_t car = car_in_plan(plan, evse);
    int64_t slot = plan ? (now - plan->from_at) / SLOT_MS : 0;

    if (car < 0 || slot < 0 || slot >= plan->input.slot_count)
        return POWER_NONE;
    return ahead_pilot_da(pilots_of(evse),
                          plan_da(&plan->input, plan->made, (uint32_t)car, (uint32_t)slot));
}

int64_t plan_allowed_w(const struct power_site *site)
{
    const struct power_plan *plan = site->plan;
    bool follows = site->document.mode == SITE_CHEAP || site->document.mode == SITE_GREEN;

    if (!plan || !follows)
        return INT64_MAX;
    return peak_rest_w(site, dispatch_now(site->dispatch),
                       ahead_allowed_w(&plan->peak, plan->made));
}

bool plan_short_of(const struct power_evse *evse)
{
    const struct power_plan *plan = evse->station->site->plan;
    int32_t car = car_in_plan(plan, evse);

    return car >= 0 && plan_is_short(plan->made, (uint32_t)car);
}

const int32_t *plan_of_evse(const struct power_evse *evse, struct arena *arena)
{
    const struct power_plan *plan = evse->station->site->plan;
    int32_t car = car_in_plan(plan, evse);
    int32_t *da = car >= 0 ? ARENA_NEW_ARRAY(arena, int32_t, plan->input.slot_count) : NULL;

    for (uint32_t slot = 0; da && slot < plan->input.slot_count; slot++)
        da[slot] = plan_da(&plan->input, plan->made, (uint32_t)car, slot);
    return da;
}

bool plan_of_site(const struct power_site *site, struct arena *arena,
                  struct dispatch_site_state *state)
{
    const struct power_plan *plan = site->plan;
    int64_t *w;

    if (!plan)
        return true;
    w = ARENA_NEW_ARRAY(arena, int64_t, plan->input.slot_count);
    if (!w)
        return false;
    for (uint32_t slot = 0; slot < plan->input.slot_count; slot++) {
        int64_t left_s = SLOT_S - (slot == 0 ? plan->input.passed_s : 0);
        w[slot] = plan->made->slot_wh[slot] * 3600 / (left_s > 0 ? left_s : 1);
    }
    state->planned_at = plan->now;
    state->plan_from_at = plan->from_at;
    state->plan_step_ms = SLOT_MS;
    state->plan_steps = plan->input.slot_count;
    state->plan_w = w;
    state->plan_limit_w = plan->limit_w; /* until the next plan */
    state->plan_price_milli = plan->price_milli;
    state->plan_solar_w = plan->solar_w;
    state->plan_gap_permille = plan->made->gap_permille;
    return true;
}
