/* load.c: what flows besides the cars that we steer: what site meters tell, what is assumed while
 * they are silent, and dispatch_meter.
 *
 * A meter of a whole node sees the cars too. What is left when their own meters are taken off is
 * the load that nobody controls; only what a car surely drew is taken off, so that a car whose
 * meter lags is counted twice for a moment rather than not at all. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"

enum {
    DRAW_FRESH_MS = 180000 /* an older sample of a car says nothing about now */
};

static bool is_absent_da(int64_t da)
{
    return da == TREE_NO_LIMIT_DA || da < 0;
}

static bool is_absent_w(int64_t w)
{
    return w == TREE_NO_LIMIT_W || w < 0;
}

/* Rounded away from 0: a load is never made smaller, and solar is handled by its caller. */
static int64_t da_of(int64_t w, int32_t volts)
{
    int64_t per_line = (w < 0 ? -w : w) * 10;
    int64_t divisor = (int64_t)volts * LINE_COUNT;
    int64_t da = (per_line + divisor - 1) / divisor;

    return w < 0 ? -da : da;
}

static int64_t w_of(const int64_t da[LINE_COUNT], int32_t volts)
{
    return ((da[0] + da[1] + da[2]) * volts + 9) / 10;
}

static void raise_to(struct meter_load *load, const struct meter_load *other)
{
    for (int line = 0; line < LINE_COUNT; line++)
        load->da[line] = other->da[line] > load->da[line] ? other->da[line] : load->da[line];
    load->w = other->w > load->w ? other->w : load->w;
}

/* The assumption while it is silent. */
static struct meter_load safe_load(const struct document_meter *meter,
                                   const struct document_node *node)
{
    struct meter_load load = { .w = is_absent_w(meter->safe_w) ? 0 : meter->safe_w };
    bool has_da = false;

    for (int line = 0; line < LINE_COUNT; line++)
        has_da = has_da || !is_absent_da(meter->safe_da[line]);
    for (int line = 0; line < LINE_COUNT; line++)
        load.da[line] = has_da ? is_absent_da(meter->safe_da[line]) ? 0 : meter->safe_da[line]
                               : da_of(load.w, node->volts);
    if (is_absent_w(meter->safe_w))
        load.w = w_of(load.da, node->volts);
    return load;
}

static struct meter_load told_load(const struct power_meter_state *meter,
                                   const struct document_node *node)
{
    struct meter_load load = { 0 };
    bool has_da = meter->has_da[0] || meter->has_da[1] || meter->has_da[2];

    for (int line = 0; line < LINE_COUNT; line++)
        load.da[line] = meter->has_da[line] ? meter->da[line]
                        : has_da            ? 0
                                            : da_of(meter->w, node->volts);
    load.w = meter->has_w ? meter->w : w_of(load.da, node->volts);
    return load;
}

static bool is_stale(const struct power_site *site, uint32_t meter, utc_ms now)
{
    const struct power_meter_state *state = &site->meters[meter];

    return state->at == UTC_UNKNOWN ||
           now - state->at > site->document.meters[meter].stale_after_ms;
}

static void tell_change(struct power_site *site, uint32_t meter)
{
    struct power_meter_state *state = &site->meters[meter];
    const struct document_meter *known = &site->document.meters[meter];
    struct arena arena;

    if (state->stale == state->was_stale)
        return;
    state->was_stale = state->stale;
    arena_init(&arena, &site->dispatch->engine->pool, 0);
    if (state->stale)
        site_event(site, "meter.stale", NULL, "meter", known->id,
                   arena_printf(
                       &arena, "Meter %.*s is silent: its safe assumption counts until it is back.",
                       STR_ARGS(known->id)));
    else
        site_event(site, "meter.back", NULL, "meter", known->id,
                   arena_printf(&arena, "Meter %.*s tells again.", STR_ARGS(known->id)));
    arena_reset(&arena);
}

static int32_t fit(int64_t value)
{
    return value > INT32_MAX / 4    ? INT32_MAX / 4
           : value < -INT32_MAX / 4 ? -INT32_MAX / 4
                                    : (int32_t)value;
}

static void add_load(struct tree_node *node, const struct meter_load *load, int sign)
{
    for (int line = 0; line < LINE_COUNT; line++)
        node->base_da[line] = fit(node->base_da[line] + sign * load->da[line]);
    node->base_w += sign * load->w;
}

/* On top of what a meter tells of a load: a part of it, and at least so much. */
static void add_margin(const struct document_node *known, struct meter_load *load)
{
    int64_t least_w = (int64_t)known->margin_da * LINE_COUNT * known->volts / 10;
    int64_t part_w = load->w > 0 ? load->w * known->margin_permille / 1000 : 0;

    for (int line = 0; line < LINE_COUNT; line++) {
        int64_t part = load->da[line] > 0 ? load->da[line] * known->margin_permille / 1000 : 0;
        load->da[line] += part > known->margin_da ? part : known->margin_da;
    }
    load->w += part_w > least_w ? part_w : least_w;
}

static void clear_base(struct tree_node *node)
{
    memset(node->base_da, 0, sizeof node->base_da);
    node->base_w = 0;
}

/* --- meters of a whole node -------------------------------------------------- */

/* What this EVSE surely draws now: the least of its last two samples, since a car that stops and
 * begins again may have stopped in between. */
static int32_t sure_draw(const struct power_evse *evse, utc_ms now)
{
    int32_t may_da = commit_state(evse->station->site->commit, evse->index).now_da;
    int32_t draw_da = evse->draw.da;

    if (!evse->car.session || draw_da < 0 || now - evse->draw.at > DRAW_FRESH_MS)
        return 0;
    if (evse->draw.before_da >= 0 && evse->draw.before_da < draw_da)
        draw_da = evse->draw.before_da;
    return draw_da < may_da ? draw_da : may_da;
}

static struct tree *tree_of_draws(struct power_site *site, struct arena *arena, utc_ms now)
{
    const struct document *document = &site->document;
    struct tree_leaf *leaves = ARENA_NEW_ARRAY(arena, struct tree_leaf, document->evse_count);
    struct tree *tree;

    if (!leaves)
        return NULL;
    for (uint32_t i = 0; i < document->evse_count; i++) {
        leaves[i] = document->evses[i].leaf;
        if (site->evses[i].car.wires) {
            leaves[i].wires = site->evses[i].car.wires;
            leaves[i].wires_live = site->evses[i].car.wires_live;
        }
    }
    if (tree_new(arena, site->nodes, document->node_count, leaves, document->evse_count, &tree) !=
        ERR_NONE)
        return NULL;
    for (uint32_t i = 0; i < document->evse_count; i++)
        /* where the wire is not known all candidates are booked: too much to take off */
        tree_book(tree, i,
                  leaves[i].wires_live == 1 && (leaves[i].wires & (leaves[i].wires - 1)) != 0
                      ? 0
                      : sure_draw(&site->evses[i], now));
    return tree;
}

/* Is there something below a node, or at it? */
struct below {
    bool *source; /* that gives power */
    bool *bent;   /* cars between two lines, or a transformer: currents add up as phasors */
};

static void mark(const struct document *document, bool *marks, int32_t node)
{
    for (; node >= 0 && !marks[node]; node = document->nodes[node].tree.parent)
        marks[node] = true;
}

static bool look_below(const struct power_site *site, struct arena *arena, struct below *below)
{
    const struct document *document = &site->document;

    below->source = ARENA_NEW_ARRAY(arena, bool, document->node_count);
    below->bent = ARENA_NEW_ARRAY(arena, bool, document->node_count);
    if (!below->source || !below->bent)
        return false;
    for (uint32_t n = 0; n < document->node_count; n++) {
        const struct document_node *node = &document->nodes[n];
        if (node->solar_peak_w > 0 || node->battery_w > 0)
            mark(document, below->source, (int32_t)n);
        if (node->tree.ratio_permille != 0)
            mark(document, below->bent, node->tree.parent);
    }
    for (uint32_t i = 0; i < document->meter_count; i++)
        if (document->meters[i].measures == MEASURES_SOLAR ||
            document->meters[i].measures == MEASURES_BATTERY)
            mark(document, below->source, (int32_t)document->meters[i].node);
    for (uint32_t i = 0; i < document->evse_count; i++)
        if (document->evses[i].leaf.wires & WIRES_DELTA)
            mark(document, below->bent, (int32_t)document->evses[i].leaf.node);
    return true;
}

static int64_t root_of(int64_t square)
{
    int64_t root = 0;

    for (int64_t bit = INT64_C(1) << 30; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= square)
            root += bit;
    return root;
}

/* The load's part of a line's current, of which cars draw `cars_da`. Between phasors that lie up to
 * 60° apart (cars are 30° off their line's voltage to one side, a load of a power factor above 0.87
 * to the other) the difference of their numbers is too little: measured² = load² + cars² + load ·
 * cars, and so */
static int64_t rest_of(int64_t measured_da, int64_t cars_da, bool bent)
{
    int64_t square = 4 * measured_da * measured_da - 3 * cars_da * cars_da;

    if (!bent || measured_da < 0 || cars_da <= 0)
        return measured_da - cars_da;
    return square <= cars_da * cars_da ? measured_da - cars_da
                                       : (root_of(square) + 1 - cars_da + 1) / 2;
}

/* A load is not negative where nothing gives power: a car that has stopped since its last sample
 * was taken off. In mode surplus the sun may be known by nothing else than this meter. */
static void floor_load(struct meter_load *load)
{
    for (int line = 0; line < LINE_COUNT; line++)
        load->da[line] = load->da[line] > 0 ? load->da[line] : 0;
    load->w = load->w > 0 ? load->w : 0;
}

static void update_node(struct power_site *site, uint32_t n, struct tree *tree,
                        const struct below *below)
{
    const struct document *document = &site->document;
    const struct power_node *state = &site->node_states[n];
    struct tree_node *node = &site->nodes[n];
    int64_t line_da[LINE_COUNT], w;
    struct meter_load load;

    clear_base(node);
    tree_set_base(tree, n, node->base_da, 0);
    tree_flows(tree, n, line_da, &w);
    for (int line = 0; line < LINE_COUNT; line++)
        load.da[line] = rest_of(state->measured_da[line], line_da[line], below->bent[n]);
    load.w = state->measured_w - w;
    if (!below->source[n] && document->mode != SITE_SURPLUS)
        floor_load(&load);
    add_margin(&document->nodes[n], &load);
    raise_to(&site->meters[state->meter].most, &load);
    add_load(node, &load, 1);
    tree_set_base(tree, n, node->base_da, node->base_w);
}

/* From the leaves up: what is measured, less what flows to cars and to loads further down. */
static void update_whole(struct power_site *site, utc_ms now)
{
    struct tree *tree;
    struct below below;
    struct arena arena;

    arena_init(&arena, &site->dispatch->engine->pool, 0);
    tree = tree_of_draws(site, &arena, now);
    if (tree && look_below(site, &arena, &below))
        for (uint32_t n = site->document.node_count; n-- > 0;)
            if (site->node_states[n].has_meter && !site->node_states[n].stale)
                update_node(site, n, tree, &below);
    arena_reset(&arena);
}

/* --- all of them ---------------------------------------------------------------- */

static struct meter_load assumed_load(const struct power_site *site, uint32_t meter)
{
    const struct document_meter *known = &site->document.meters[meter];
    struct meter_load load = safe_load(known, &site->document.nodes[known->node]);

    if (!known->safe_said)
        raise_to(&load, &site->meters[meter].most); /* only loads have one */
    return load;
}

/* What meters tell of its load takes the place of what the document says. */
static void forget_assumed(struct power_site *site)
{
    for (uint32_t i = 0; i < site->document.meter_count; i++) {
        const struct document_meter *known = &site->document.meters[i];
        if (known->measures == MEASURES_NODE || known->measures == MEASURES_LOAD)
            clear_base(&site->nodes[known->node]);
    }
}

/* The meter of the whole node is silent: its assumption, or what meters tell of its loads, if that
 * is more. */
static void assume_whole(struct power_site *site, uint32_t meter)
{
    const struct document_meter *known = &site->document.meters[meter];
    struct tree_node *node = &site->nodes[known->node];
    struct meter_load load = assumed_load(site, meter);

    if (known->measures != MEASURES_NODE || !site->meters[meter].stale)
        return;
    for (int line = 0; line < LINE_COUNT; line++)
        node->base_da[line] =
            load.da[line] > node->base_da[line] ? fit(load.da[line]) : node->base_da[line];
    node->base_w = load.w > node->base_w ? load.w : node->base_w;
}

static bool has_source(const struct document *document)
{
    for (uint32_t n = 0; n < document->node_count; n++)
        if (document->nodes[n].solar_peak_w > 0 || document->nodes[n].battery_w > 0)
            return true;
    for (uint32_t i = 0; i < document->meter_count; i++)
        if (document->meters[i].measures == MEASURES_SOLAR ||
            document->meters[i].measures == MEASURES_BATTERY)
            return true;
    return false;
}

static void take_meter(struct power_site *site, uint32_t meter, utc_ms now)
{
    const struct document_meter *known = &site->document.meters[meter];
    const struct document_node *place = &site->document.nodes[known->node];
    struct power_meter_state *state = &site->meters[meter];
    struct power_node *node_state = &site->node_states[known->node];
    struct tree_node *node = &site->nodes[known->node];
    struct meter_load load;

    state->stale = is_stale(site, meter, now);
    tell_change(site, meter);
    node_state->silent = node_state->silent || state->stale;
    load = state->stale ? assumed_load(site, meter) : told_load(state, place);
    switch (known->measures) {
    case MEASURES_NODE:
        node_state->has_meter = true;
        node_state->meter = meter;
        node_state->stale = state->stale;
        node_state->measured_at = state->at;
        for (int line = 0; line < LINE_COUNT; line++)
            node_state->measured_da[line] = state->stale ? DISPATCH_NO_VALUE : load.da[line];
        node_state->measured_w = state->stale ? DISPATCH_NO_VALUE : load.w;
        break;
    case MEASURES_LOAD:
        if (!state->stale) {
            if (!has_source(&site->document) && site->document.mode != SITE_SURPLUS)
                floor_load(&load); /* a meter that is wired the wrong way round makes no room */
            add_margin(place, &load);
            raise_to(&state->most, &load);
        }
        add_load(node, &load, 1);
        break;
    case MEASURES_SOLAR:
        node_state->solar_w = load.w;
        site->solar_w = (site->solar_w < 0 ? 0 : site->solar_w) + load.w;
        break;
    case MEASURES_BATTERY:
        node_state->battery_w = load.w;
        break;
    default:
        break;
    }
}

/* Solar and battery are negative loads; a meter of the whole node has seen them already. */
static void take_sources(struct power_site *site)
{
    for (uint32_t i = 0; i < site->document.meter_count; i++) {
        const struct document_meter *known = &site->document.meters[i];
        const struct document_node *place = &site->document.nodes[known->node];
        const struct power_node *state = &site->node_states[known->node];
        struct meter_load load;
        if ((known->measures != MEASURES_SOLAR && known->measures != MEASURES_BATTERY) ||
            (state->has_meter && !state->stale))
            continue;
        load = site->meters[i].stale ? safe_load(known, place) : told_load(&site->meters[i], place);
        for (int line = 0; line < LINE_COUNT; line++)
            if (load.da[line] > 0 && !site->meters[i].has_da[line])
                load.da[line] = load.w * 10 / ((int64_t)place->volts * LINE_COUNT);
        add_load(&site->nodes[known->node], &load, -1);
    }
}

/* What a battery gives is no sun: cars would empty it. */
static int64_t surplus(const struct power_site *site)
{
    bool measured = site->solar_w >= 0;
    int64_t sum = 0;

    for (uint32_t i = 0; i < site->document.node_count; i++) {
        sum += site->nodes[i].base_w;
        if (site->node_states[i].battery_w != DISPATCH_NO_VALUE &&
            site->node_states[i].battery_w > 0)
            sum += site->node_states[i].battery_w;
        measured = measured || (site->node_states[i].has_meter && !site->node_states[i].stale &&
                                site->nodes[i].parent < 0);
    }
    return !measured ? -1 : sum < 0 ? -sum : 0;
}

void load_update(struct power_site *site, utc_ms now)
{
    bool whole = false;

    site->solar_w = -1;
    for (uint32_t i = 0; i < site->document.node_count; i++) {
        struct power_node *state = &site->node_states[i];
        state->has_meter = state->stale = state->silent = false;
        state->solar_w = state->battery_w = state->measured_w = DISPATCH_NO_VALUE;
        for (int line = 0; line < LINE_COUNT; line++)
            state->measured_da[line] = DISPATCH_NO_VALUE;
    }
    forget_assumed(site);
    for (uint32_t i = 0; i < site->document.meter_count; i++) {
        take_meter(site, i, now);
        whole = whole || site->document.meters[i].measures == MEASURES_NODE;
    }
    for (uint32_t i = 0; i < site->document.meter_count; i++)
        assume_whole(site, i);
    take_sources(site);
    if (whole)
        update_whole(site, now);
    site->surplus_w = surplus(site);
}

utc_ms load_next_change(const struct power_site *site, utc_ms now)
{
    utc_ms next = UTC_NEVER;

    for (uint32_t i = 0; i < site->document.meter_count; i++) {
        utc_ms at = is_stale(site, i, now)
                        ? UTC_NEVER
                        : site->meters[i].at + site->document.meters[i].stale_after_ms + 1;
        next = at < next ? at : next;
    }
    return next;
}

/* --- what meters tell ------------------------------------------------------------ */

static int64_t find_meter(const struct power_site *site, struct str id)
{
    for (uint32_t i = 0; i < site->document.meter_count; i++)
        if (str_equal(site->document.meters[i].id, id))
            return i;
    return INT64_MIN;
}

static bool is_plausible(const struct power_site *site, const struct document_meter *meter,
                         const struct dispatch_reading *reading)
{
    int32_t line_da[LINE_COUNT];
    struct sentence sentence;
    struct arena arena;
    bool plausible;

    for (int line = 0; line < LINE_COUNT; line++) {
        if (reading->has_da[line] && fit(reading->da[line]) != reading->da[line])
            return false;
        line_da[line] = reading->has_da[line] ? (int32_t)reading->da[line] : TREE_NO_LIMIT_DA;
    }
    arena_init(&arena, &site->dispatch->engine->pool, 0);
    plausible =
        document_plausible(&site->document, meter, line_da,
                           reading->has_w ? reading->w : TREE_NO_LIMIT_W, &arena, &sentence);
    arena_reset(&arena);
    return plausible;
}

enum err dispatch_meter(struct engine *engine, int64_t site_row, struct str meter,
                        const struct dispatch_reading *reading)
{
    struct power_site *site = dispatch_find_site(dispatch_of(engine), site_row);
    int64_t at = site ? find_meter(site, meter) : INT64_MIN;
    struct power_meter_state *state;
    utc_ms now, told_at;

    if (at < 0)
        return ERR_NOT_FOUND;
    state = &site->meters[at];
    now = dispatch_now(site->dispatch);
    told_at = reading->at == UTC_UNKNOWN || reading->at > now ? now : reading->at;
    if (!reading->has_w && !reading->has_da[0] && !reading->has_da[1] && !reading->has_da[2])
        return ERR_BAD_VALUE;
    if ((state->at != UTC_UNKNOWN && told_at < state->at) ||
        !is_plausible(site, &site->document.meters[at], reading))
        return ERR_BAD_VALUE;
    state->at = told_at;
    state->has_w = reading->has_w;
    state->w = reading->w;
    memcpy(state->has_da, reading->has_da, sizeof state->has_da);
    memcpy(state->da, reading->da, sizeof state->da);
    decide_soon(site, "meter");
    return ERR_NONE;
}
