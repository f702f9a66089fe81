/* site.c: one site from its document, and what it takes over from the one before. */
#include "core/options.h"
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/shows.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

#include <stdlib.h>

/* --- from the document ------------------------------------------------------ */

static void make_stations(struct power_site *site)
{
    struct power_station *station = NULL;

    for (uint32_t i = 0; i < site->document.evse_count; i++) {
        const struct document_evse *known = &site->document.evses[i];
        struct power_evse *evse = &site->evses[i];
        if (!station || !str_equal(station->identity, known->station)) {
            station = &site->stations[site->station_count];
            *station = (struct power_station){ .site = site,
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
    if (site->blocked_ms)
        config.rules.blocked_ms = site->blocked_ms;
    return commit_new(&site->arena, &config, &site->commit) == ERR_NONE && live_init(site);
}

/* --- what was there before -------------------------------------------------- */

struct power_evse *site_same_evse(const struct power_station *old, int32_t number)
{
    for (uint32_t i = 0; old && i < old->evse_count; i++)
        if (old->site->evses[old->evse_first + i].number == number)
            return &old->site->evses[old->evse_first + i];
    return NULL;
}

static void take_over(struct power_evse *evse, struct power_evse *before)
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
    evse->apart = before->apart;
    station->site->has_apart = station->site->has_apart || apart_most(evse) > 0;
    station->site->apart_cars = station->site->apart_cars || evse->car.phase_max_da[1] > 0;
    evse->composite = before->composite;
    before->composite = NULL;
}

/* What a meter has told counts on: a document that is changed elsewhere silences none. */
void site_take_meters(struct power_site *site, const struct power_site *before)
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

static void restore(struct power_evse *evse)
{
    struct power_site *site = evse->station->site;
    const struct limit_row *row = evse->has_durable ? NULL : limit_of(site->dispatch->engine, evse);

    if (row) {
        evse->durable = (struct commit_durable){ .profile_da = (int32_t)row->profile_da,
                                                 .profile_until = row->profile_until,
                                                 .offset_ms = row->offset_ms,
                                                 .default_da = (int32_t)row->default_da,
                                                 .disobeys = row->disobeys };
        evse->has_durable = true;
        evse->disobeys_since = row->disobeys_since;
        evse->was_priority = row->priority;
        apart_read(evse, row);
    }
    if (evse->has_durable)
        commit_restore(site->commit, evse->index, &evse->durable);
}

void site_know_station(struct power_station *station)
{
    const struct station_row *row =
        world_find_name(&station->site->dispatch->engine->world, ROW_station, station->identity);

    station->row = row ? row->id : 0;
}

void site_restore_station(struct power_station *station, struct power_station *old)
{
    for (uint32_t i = 0; i < station->evse_count; i++) {
        struct power_evse *evse = &station->site->evses[station->evse_first + i];
        struct power_evse *known = site_same_evse(old, evse->number);
        if (known)
            take_over(evse, known);
        restore(evse);
    }
    if (!old)
        return;
    station->protocol = old->protocol;
    station->clock = old->clock;
    station->unanswered = old->unanswered;
    station->unanswered_at = old->unanswered_at;
    station->composites_fit = old->composites_fit;
    station->apart_seen = old->apart_seen;
    station->held = old->held;
    old->held = NULL;
}

void site_drop_station(struct power_station *station)
{
    probing_drop(station);
    held_drop(station);
    for (uint32_t i = 0; i < station->evse_count; i++)
        composite_drop(&station->site->evses[station->evse_first + i]);
}

void site_inherit(struct power_site *site, const struct power_site *before)
{
    if (before)
        site->usual_half_s = before->usual_half_s;
    else
        need_resume_usual(site);
}

/* --- life --------------------------------------------------------------------- */

bool site_read(struct power_site *site)
{
    struct document_findings *findings = ARENA_NEW(&site->arena, struct document_findings);

    if (!findings || !site->text.ptr || !site->zone ||
        document_read(site->text, NULL, &site->arena, &site->document, findings) != ERR_NONE ||
        !make_arrays(site))
        return false;
    make_stations(site);
    document_tree(&site->document, site->zone, site->built_at, site->nodes);
    memcpy(site->told_nodes, site->nodes, site->document.node_count * sizeof *site->nodes);
    return make_commit(site);
}

struct power_site *site_new(struct dispatch *dispatch, const struct power_row *row, bool elsewhere)
{
    const struct site_row *place = world_find(&dispatch->engine->world, ROW_site, row->site);
    const struct options *options = dispatch->config.options;
    struct power_site *site = calloc(1, sizeof *site);

    check(site != NULL);
    site->dispatch = dispatch;
    site->row = row->site;
    site->number = ++dispatch->site_number;
    site->decided_at = site->pages.at = site->told_at = UTC_UNKNOWN;
    site->surplus_w = site->solar_w = -1;
    site->lately_at = UTC_UNKNOWN;
    site->built_at = dispatch_now(dispatch);
    site->blocked_ms = options ? (int32_t)options->energy_blocked_s * 1000 : 0;
    /* What another thread may touch has no blocks of this one's pool. */
    arena_init(&site->arena, elsewhere ? NULL : &dispatch->engine->pool, 0);
    site->text = arena_copy(&site->arena, row->document);
    if (!place)
        return site; /* it cannot be read */
    site->zone = zone_find(place->time_zone);
    if (!site->zone)
        site->zone = zone_find(STR("UTC"));
    return site;
}

void site_still(struct power_site *site)
{
    struct timers *timers = &site->dispatch->engine->timers;

    site->still = true;
    timer_clear(timers, &site->decide_timer);
    timer_clear(timers, &site->send_timer);
    timer_clear(timers, &site->plan_timer);
    timer_clear(timers, &site->past_timer);
    decide_drop(site);
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
        site_drop_station(&site->stations[i]);
    decide_drop(site);
    pages_end(site);
    arena_reset(&site->room);
    plan_drop(site);
    past_end(site);
    trail_end(site);
    arena_reset(&site->arena);
    free(site);
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
