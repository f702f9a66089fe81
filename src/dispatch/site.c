/* site.c: one site from its document; its limits as they are now. */
#include "core/options.h"
#include "dispatch/inner.h"

#include <stdlib.h>

/* --- from the document ------------------------------------------------------ */

static int64_t row_of_station(const struct dispatch *dispatch, struct str identity)
{
    const struct station_row *row =
        world_find_name(&dispatch->engine->world, ROW_station, identity);

    return row ? row->id : 0;
}

static void make_stations(struct power_site *site)
{
    struct power_station *station = NULL;

    for (uint32_t i = 0; i < site->document.evse_count; i++) {
        const struct document_evse *known = &site->document.evses[i];
        struct power_evse *evse = &site->evses[i];
        if (!station || !str_equal(station->identity, known->station)) {
            station = &site->stations[site->station_count];
            *station =
                (struct power_station){ .site = site,
                                        .row = row_of_station(site->dispatch, known->station),
                                        .identity = known->station,
                                        .behaviour = behaviour_none(),
                                        .index = site->station_count++,
                                        .evse_first = i };
        }
        station->evse_count++;
        *evse =
            (struct power_evse){ .station = station,
                                 .index = i,
                                 .number = known->evse,
                                 .car = { .ready_mwh = -1, .departs_at = UTC_NEVER, .class = -1 },
                                 .draw = { .at = UTC_UNKNOWN, .da = -1, .before_da = -1 },
                                 .override_da = -1,
                                 .outside_da = -1,
                                 .told_da = -1 };
    }
}

static bool make_arrays(struct power_site *site)
{
    const struct document *document = &site->document;
    struct arena *arena = &site->arena;

    site->stations = ARENA_NEW_ARRAY(arena, struct power_station, document->evse_count);
    site->evses = ARENA_NEW_ARRAY(arena, struct power_evse, document->evse_count);
    site->unwritten = ARENA_NEW_ARRAY(arena, uint32_t, document->evse_count);
    site->nodes = ARENA_NEW_ARRAY(arena, struct tree_node, document->node_count);
    site->told_nodes = ARENA_NEW_ARRAY(arena, struct tree_node, document->node_count);
    site->node_states = ARENA_NEW_ARRAY(arena, struct power_node, document->node_count);
    site->meters = ARENA_NEW_ARRAY(arena, struct power_meter_state, document->meter_count);
    if (!site->stations || !site->evses || !site->unwritten || !site->nodes || !site->told_nodes ||
        !site->node_states || !site->meters)
        return false;
    for (uint32_t i = 0; i < document->meter_count; i++)
        site->meters[i].at = UTC_UNKNOWN;
    return true;
}

static bool make_commit(struct power_site *site)
{
    const struct document *document = &site->document;
    struct tree_leaf *leaves =
        ARENA_NEW_ARRAY(&site->arena, struct tree_leaf, document->evse_count);
    struct commit_evse *evses =
        ARENA_NEW_ARRAY(&site->arena, struct commit_evse, document->evse_count);
    struct commit_site config = { .rules = commit_rules_default(),
                                  .node_count = document->node_count,
                                  .station_count = site->station_count,
                                  .evse_count = document->evse_count,
                                  .nodes = site->nodes,
                                  .leaves = leaves,
                                  .evses = evses };
    const struct options *options = site->dispatch->config.options;

    if (!leaves || !evses)
        return false;
    for (uint32_t i = 0; i < document->evse_count; i++) {
        const struct document_evse *known = &document->evses[i];
        leaves[i] = known->leaf;
        evses[i] = (struct commit_evse){ .station = site->evses[i].station->index,
                                         .cap_da = known->max_da,
                                         .min_da = known->min_da,
                                         .step_da = document->pilots[known->pilots].step_da };
    }
    config.rules.lease_ms = document->lease_s * 1000;
    config.rules.offline_ms = config.rules.lease_ms / LEASE_PARTS;
    config.rules.sends_per_s = document->calls_s;
    if (options)
        config.rules.blocked_ms = (int32_t)options->energy_blocked_s * 1000;
    return commit_new(&site->arena, &config, &site->commit) == ERR_NONE;
}

/* --- what was there before -------------------------------------------------- */

/* `from`: the one behind the last that was found, where it is for the most part. */
static struct power_evse *same_evse(struct power_site *site, const struct power_evse *evse,
                                    uint32_t *from)
{
    uint32_t count = site ? site->document.evse_count : 0;

    for (uint32_t n = 0; n < count && evse->station->row; n++) {
        uint32_t i = (*from + n) % count;
        if (site->evses[i].station->row == evse->station->row &&
            site->evses[i].number == evse->number) {
            *from = i + 1;
            return &site->evses[i];
        }
    }
    return NULL;
}

static void take_over(struct power_evse *evse, const struct power_evse *before)
{
    struct power_station *station = evse->station;

    evse->car = before->car;
    evse->draw = before->draw;
    evse->override_da = before->override_da;
    evse->override_until = before->override_until;
    evse->memory = before->memory;
    evse->told_da = before->told_da;
    evse->told_limit_da = before->told_limit_da;
    evse->linked_session = before->linked_session;
    evse->priority_ready = before->priority_ready;
    evse->told_phases = before->told_phases;
    evse->disobeys_since = before->disobeys_since;
    evse->durable = before->durable;
    evse->has_durable = before->has_durable;
    evse->unwritten = before->unwritten;
    if (evse->unwritten)
        station->site->unwritten[station->site->unwritten_count++] = evse->index;
    station->protocol = before->station->protocol;
    station->clock = before->station->clock;
    if (before->station->held) {
        station->held = before->station->held;
        before->station->held = NULL;
    }
}

/* What a meter has told counts on: a document that is changed elsewhere silences none. */
static void take_over_meters(struct power_site *site, const struct power_site *before)
{
    for (uint32_t i = 0; before && i < site->document.meter_count; i++) {
        const struct document_meter *meter = &site->document.meters[i];
        for (uint32_t k = 0; k < before->document.meter_count; k++) {
            const struct document_meter *old = &before->document.meters[k];
            if (str_equal(meter->id, old->id) && meter->measures == old->measures &&
                meter->source == old->source && meter->negate == old->negate &&
                str_equal(site->document.nodes[meter->node].id,
                          before->document.nodes[old->node].id))
                site->meters[i] = before->meters[k];
        }
    }
}

static const struct limit_row *limit_of(const struct engine *engine, const struct power_evse *evse)
{
    const struct limit_row *row = NULL;

    while (evse->station->row &&
           (row = world_next_of(&engine->world, ROW_limit, evse->station->row, row)))
        if (row->evse == evse->number)
            return row;
    return NULL;
}

static void restore(struct power_site *site, struct power_site *before)
{
    uint32_t from = 0;

    site->usual_half_s = before ? before->usual_half_s : 0;
    for (uint32_t i = 0; i < site->document.evse_count; i++) {
        struct power_evse *evse = &site->evses[i];
        const struct power_evse *known = same_evse(before, evse, &from);
        const struct limit_row *row = limit_of(site->dispatch->engine, evse);
        if (known)
            take_over(evse, known);
        if (!evse->has_durable && row) {
            evse->durable = (struct commit_durable){ .profile_da = (int32_t)row->profile_da,
                                                     .profile_until = row->profile_until,
                                                     .offset_ms = row->offset_ms,
                                                     .default_da = (int32_t)row->default_da,
                                                     .disobeys = row->disobeys };
            evse->has_durable = true;
            evse->disobeys_since = row->disobeys_since;
            evse->was_priority = row->priority;
        }
        if (evse->has_durable)
            commit_restore(site->commit, i, &evse->durable);
    }
}

/* --- life --------------------------------------------------------------------- */

static bool build(struct power_site *site, const struct power_row *row)
{
    const struct site_row *place = world_find(&site->dispatch->engine->world, ROW_site, row->site);
    struct document_findings *findings = ARENA_NEW(&site->arena, struct document_findings);
    struct str text = arena_copy(&site->arena, row->document);

    if (!place || !findings || !text.ptr ||
        document_read(text, NULL, &site->arena, &site->document, findings) != ERR_NONE)
        return false;
    site->zone = zone_find(place->time_zone);
    if (!site->zone)
        site->zone = zone_find(STR("UTC"));
    if (!make_arrays(site))
        return false;
    make_stations(site);
    document_tree(&site->document, site->zone, dispatch_now(site->dispatch), site->nodes);
    memcpy(site->told_nodes, site->nodes, site->document.node_count * sizeof *site->nodes);
    return make_commit(site);
}

struct power_site *site_build(struct dispatch *dispatch, const struct power_row *row,
                              struct power_site *before)
{
    struct power_site *site = calloc(1, sizeof *site);

    check(site != NULL);
    site->dispatch = dispatch;
    site->row = row->site;
    site->number = ++dispatch->site_number;
    site->decided_at = site->pages.at = site->told_at = UTC_UNKNOWN;
    site->surplus_w = site->solar_w = -1;
    arena_init(&site->arena, &dispatch->engine->pool, 0);
    if (!build(site, row)) {
        site_free(site);
        site_free(before);
        return NULL;
    }
    restore(site, before);
    take_over_meters(site, before);
    trail_begin(site, before);
    site_free(before);
    return site;
}

void site_free(struct power_site *site)
{
    struct timers *timers;

    if (!site)
        return;
    timers = &site->dispatch->engine->timers;
    timer_clear(timers, &site->decide_timer);
    timer_clear(timers, &site->work_timer);
    timer_clear(timers, &site->send_timer);
    for (uint32_t i = 0; i < site->station_count; i++)
        probing_drop(&site->stations[i]);
    for (uint32_t i = 0; i < site->station_count; i++)
        held_drop(&site->stations[i]);
    decide_drop(site);
    pages_end(site);
    arena_reset(&site->room);
    plan_drop(site);
    past_end(site);
    trail_end(site);
    arena_reset(&site->arena);
    free(site);
}

/* --- limits as they are now ----------------------------------------------------- */

static void cap_node(struct power_site *site, uint32_t node, const struct cap_row *row)
{
    struct tree_node *limits = &site->nodes[node];

    for (int line = 0; line < LINE_COUNT; line++)
        if (row->limit_da >= 0 && row->limit_da < limits->limit_da[line])
            limits->limit_da[line] = (int32_t)row->limit_da;
    if (row->limit_w >= 0 && row->limit_w < limits->limit_w)
        limits->limit_w = row->limit_w;
    site->node_states[node].capped = true;
    site->node_states[node].cap_expires_at = row->until;
}

static void cap_nodes(struct power_site *site, utc_ms now)
{
    const struct world *world = &site->dispatch->engine->world;
    const struct cap_row *row;

    for (uint32_t i = 0; i < site->document.node_count; i++)
        site->node_states[i].capped = false;
    for (uint32_t at = 0; (row = world_next(world, ROW_cap, &at));) {
        int32_t node = row->node.len ? document_find_node(&site->document, row->node) : 0;
        if (row->site != site->row || row->until <= now || node < 0)
            continue;
        cap_node(site, (uint32_t)node, row);
        for (uint32_t i = 1; !row->node.len && i < site->document.node_count; i++)
            if (site->nodes[i].parent < 0) /* the whole site: each of its connections */
                cap_node(site, i, row);
    }
}

enum {
    /* A limit that goes down by the clock counts so long before: stations take their time, a call
       may have to be given up, a silent station's lease has to be surely over. */
    AHEAD_MS = 180000,
    CHANGES_MAX = 1000, /* of one week */
};

static bool is_lower(const struct tree_node *node, const struct tree_node *other)
{
    bool lower = node->limit_w < other->limit_w;

    for (int line = 0; line < LINE_COUNT; line++)
        lower = lower || node->limit_da[line] < other->limit_da[line];
    return lower;
}

static void take_lower(struct tree_node *node, const struct tree_node *other)
{
    for (int line = 0; line < LINE_COUNT; line++)
        if (other->limit_da[line] < node->limit_da[line])
            node->limit_da[line] = other->limit_da[line];
    if (other->limit_w < node->limit_w)
        node->limit_w = other->limit_w;
}

/* Limits that the document has for later, in the order of time. */
struct ahead {
    const struct power_site *site;
    struct tree_node *nodes; /* as they are at `at` */
    utc_ms at, until;
    int changes;
};

static bool ahead_next(struct ahead *ahead)
{
    const struct power_site *site = ahead->site;

    ahead->at = document_next_change(&site->document, site->zone, ahead->at);
    if (ahead->at == UTC_NEVER || ahead->at > ahead->until || !ahead->nodes ||
        ahead->changes++ == CHANGES_MAX)
        return false;
    document_tree(&site->document, site->zone, ahead->at, ahead->nodes);
    return true;
}

/* When a limit falls below what `nodes` say; UTC_NEVER: not up to `ahead->until`. */
static utc_ms next_drop(struct ahead *ahead, const struct tree_node *nodes)
{
    while (ahead_next(ahead))
        for (uint32_t n = 0; n < ahead->site->document.node_count; n++)
            if (is_lower(&ahead->nodes[n], &nodes[n]))
                return ahead->at;
    return UTC_NEVER;
}

static void lower_to(struct ahead *ahead, struct tree_node *nodes)
{
    while (ahead_next(ahead))
        for (uint32_t n = 0; n < ahead->site->document.node_count; n++)
            take_lower(&nodes[n], &ahead->nodes[n]);
}

/* A drop by the clock is no surprise: who falls silent before it is at its fail-safe when it comes,
 * all others are lowered before. */
static void look_ahead(struct power_site *site, utc_ms now)
{
    struct arena arena;
    struct ahead ahead = { .site = site, .at = now, .until = now + AHEAD_MS };

    if (document_next_change(&site->document, site->zone, now) == UTC_NEVER)
        return;
    arena_init(&arena, &site->dispatch->engine->pool, 0);
    ahead.nodes = ARENA_NEW_ARRAY(&arena, struct tree_node, site->document.node_count);
    lower_to(&ahead, site->nodes);
    ahead.at = now + AHEAD_MS;
    /* Longer than a lease, and than a linked profile, outlives the connection. */
    ahead.until = now + INT64_C(2) * AHEAD_MS + site->document.lease_s * INT64_C(1000) +
                  commit_rules_default().notice_ms;
    commit_leases_by(site->commit, next_drop(&ahead, site->nodes), now);
    arena_reset(&arena);
}

void site_refresh(struct power_site *site, utc_ms now)
{
    bool changed = false;

    document_tree(&site->document, site->zone, now, site->nodes);
    look_ahead(site, now);
    cap_nodes(site, now);
    load_update(site, now);
    for (uint32_t i = 0; i < site->document.node_count; i++) {
        const struct tree_node *node = &site->nodes[i], *told = &site->told_nodes[i];
        if (memcmp(node->limit_da, told->limit_da, sizeof node->limit_da) != 0 ||
            node->limit_w != told->limit_w) {
            commit_limits(site->commit, i, node->limit_da, node->limit_w, now);
            changed = true;
        }
        if (memcmp(node->base_da, told->base_da, sizeof node->base_da) != 0 ||
            node->base_w != told->base_w)
            commit_base(site->commit, i, node->base_da, node->base_w, now);
        site->told_nodes[i] = *node;
    }
    if (changed && site->probes > 0)
        probing_yield(site);
}

utc_ms site_next_change(const struct power_site *site, utc_ms now)
{
    utc_ms next = document_next_change(&site->document, site->zone, now);
    utc_ms ahead = document_next_change(&site->document, site->zone, now + AHEAD_MS);
    utc_ms load = load_next_change(site, now);
    utc_ms outside = outside_next_change(site, now);

    if (ahead != UTC_NEVER && ahead - AHEAD_MS < next)
        next = ahead - AHEAD_MS;
    if (load < next)
        next = load;
    if (outside < next)
        next = outside;
    for (uint32_t i = 0; i < site->document.node_count; i++)
        if (site->node_states[i].capped && site->node_states[i].cap_expires_at < next)
            next = site->node_states[i].cap_expires_at;
    return next > now ? next : now + 1;
}

/* --- the layers below the profile --------------------------------------------------- */

/* The lowest limits of the days ahead: the layers are written once. */
static struct tree_node *worst_of_week(struct power_site *site, struct arena *arena)
{
    enum { WEEK_MS = 7 * 86400000 };
    const struct document *document = &site->document;
    struct tree_node *worst = ARENA_NEW_ARRAY(arena, struct tree_node, document->node_count);
    utc_ms now = dispatch_now(site->dispatch);
    struct ahead ahead = { .site = site, .at = now, .until = now + WEEK_MS };

    ahead.nodes = ARENA_NEW_ARRAY(arena, struct tree_node, document->node_count);
    if (!worst || !ahead.nodes)
        return NULL;
    document_tree(document, site->zone, now, worst);
    lower_to(&ahead, worst);
    return worst;
}

static enum err compute_layers(struct power_site *site, struct arena *arena,
                               const struct tree_node *nodes, struct commit_layers *layers)
{
    const struct document *document = &site->document;
    struct tree_leaf *leaves = ARENA_NEW_ARRAY(arena, struct tree_leaf, document->evse_count);
    struct commit_evse *evses = ARENA_NEW_ARRAY(arena, struct commit_evse, document->evse_count);
    const struct commit_site config = { .rules = commit_rules_default(),
                                        .node_count = document->node_count,
                                        .station_count = site->station_count,
                                        .evse_count = document->evse_count,
                                        .nodes = nodes,
                                        .leaves = leaves,
                                        .evses = evses };
    enum err err;

    if (!leaves || !evses)
        return ERR_FULL;
    for (uint32_t i = 0; i < document->evse_count; i++) {
        leaves[i] = document->evses[i].leaf;
        evses[i] =
            (struct commit_evse){ .station = site->evses[i].station->index,
                                  .cap_da = document->evses[i].max_da,
                                  .min_da = unit_min(&site->evses[i], document->evses[i].min_da) };
    }
    layers->site = &config;
    layers->share = commit_share_default();
    err = commit_layers(arena, layers);
    layers->site = NULL;
    return err;
}

/* Do all fail-safes together fit? */
static bool failsafes_fit(struct power_site *site, struct arena *arena,
                          const struct tree_node *nodes, const int32_t *failsafe_da)
{
    const struct document *document = &site->document;
    struct tree_leaf *leaves = ARENA_NEW_ARRAY(arena, struct tree_leaf, document->evse_count);
    struct tree_excess excess;
    struct tree *tree;

    if (!leaves)
        return false;
    for (uint32_t i = 0; i < document->evse_count; i++)
        leaves[i] = document->evses[i].leaf;
    if (tree_new(arena, nodes, document->node_count, leaves, document->evse_count, &tree) !=
        ERR_NONE)
        return false;
    for (uint32_t i = 0; i < document->evse_count; i++)
        tree_book(tree, i, failsafe_da[i]);
    return !tree_any_over(tree, &excess);
}

/* What the document says of an EVSE's fail-safe, and what its station can be told; -1: nothing. */
static int32_t said_failsafe(const struct power_site *site, uint32_t index)
{
    const struct behaviour *behaviour = &site->evses[index].station->behaviour;
    int32_t said = site->document.evses[index].fail_safe_da;

    return said >= 0                     ? behaviour_failsafe(behaviour, said)
           : behaviour->zero == PROOF_NO ? behaviour_failsafe(behaviour, 0)
                                         : -1;
}

/* Enough for a car to charge, where that does not take much more in the unit of its station. */
static int32_t wanted_failsafe(const struct power_site *site, uint32_t index)
{
    enum { MORE_DA = 10 };
    int32_t share_da = commit_share_default().max_da;
    int32_t least_da = unit_min(&site->evses[index], site->document.evses[index].min_da);

    return least_da > share_da && least_da <= share_da + MORE_DA ? least_da : share_da;
}

static void keep_layers(struct power_site *site, const struct commit_layers *layers)
{
    utc_ms now = dispatch_now(site->dispatch);

    for (uint32_t i = 0; i < site->document.evse_count; i++) {
        site->evses[i].failsafe_da = layers->failsafe_da[i];
        commit_failsafe(site->commit, i, layers->failsafe_da[i], now);
    }
    for (uint32_t i = 0; i < site->station_count; i++) {
        site->stations[i].ceiling_da = layers->station_max_da[i];
        commit_station_max(site->commit, i, layers->station_max_da[i], now);
    }
}

/* Fail-safes as the document says, the rest an equal share of what fits; where those that it says
 * do not fit, an equal share for all. Stations count as if they obeyed: what one is booked at until
 * it has shown that is another matter. */
void site_set_layers(struct power_site *site)
{
    const struct document *document = &site->document;
    struct commit_layers layers = { 0 };
    struct tree_node *nodes;
    int32_t *said_da, *want_da;
    struct arena arena;

    arena_init(&arena, &site->dispatch->engine->pool, 0);
    nodes = worst_of_week(site, &arena);
    said_da = ARENA_NEW_ARRAY(&arena, int32_t, document->evse_count);
    want_da = ARENA_NEW_ARRAY(&arena, int32_t, document->evse_count);
    layers.failsafe_da = ARENA_NEW_ARRAY(&arena, int32_t, document->evse_count);
    layers.station_max_da = ARENA_NEW_ARRAY(&arena, int32_t, site->station_count);
    check(nodes && said_da && want_da && layers.failsafe_da && layers.station_max_da);
    for (uint32_t i = 0; i < document->evse_count; i++) {
        said_da[i] = said_failsafe(site, i);
        want_da[i] = wanted_failsafe(site, i);
    }
    layers.fixed_da = said_da;
    layers.want_da = want_da;
    if (compute_layers(site, &arena, nodes, &layers) != ERR_NONE)
        memset(layers.failsafe_da, 0, document->evse_count * sizeof *layers.failsafe_da);
    for (uint32_t i = 0; i < document->evse_count; i++)
        if (said_da[i] >= 0)
            layers.failsafe_da[i] = said_da[i];
    site->failsafe_fits = failsafes_fit(site, &arena, nodes, layers.failsafe_da);
    layers.fixed_da = NULL;
    if (!site->failsafe_fits && compute_layers(site, &arena, nodes, &layers) != ERR_NONE)
        memset(layers.failsafe_da, 0, document->evse_count * sizeof *layers.failsafe_da);
    keep_layers(site, &layers);
    arena_reset(&arena);
}

/* --- events ---------------------------------------------------------------------------- */

struct event_input {
    const char *topic, *key;
    int64_t site, station;
    struct str station_name, name, text;
};

static enum err event_turn(struct turn *turn)
{
    const struct event_input *input = turn->input;
    const struct site_row *site = TURN_FIND(turn, site, input->site);
    struct json_writer json;
    struct buf body;

    buf_init_arena(&body, turn->arena, 4096);
    json = json_writer(&body);
    json_object_begin(&json);
    json_key_str(&json, "site", arena_printf(turn->arena, "%lld", (long long)input->site));
    json_key_str(&json, "site_name", site ? site->name : STR_NONE);
    if (input->station)
        json_key_str(&json, "station", input->station_name);
    if (input->key)
        json_key_str(&json, input->key, input->name);
    json_key_str(&json, "text", input->text);
    json_object_end(&json);
    turn_event_body(turn, input->topic, input->station, 0, buf_str(&body));
    return body.overflow ? ERR_FULL : ERR_NONE;
}

/* NOLINTNEXTLINE(readability-function-size): what an event says */
void site_event(struct power_site *site, const char *topic, const struct power_station *station,
                const char *key, struct str name, struct str text)
{
    const struct event_input input = { .topic = topic,
                                       .key = key,
                                       .site = site->row,
                                       .station = station ? station->row : 0,
                                       .station_name = station ? station->identity : STR_NONE,
                                       .name = name,
                                       .text = text };
    struct turn *turn = engine_turn(site->dispatch->engine, event_turn, &input, sizeof input);

    if (turn)
        (void)engine_go(turn); /* runs at once; when storage fails nobody is told, and it is seen
                                  in the site's state */
}
