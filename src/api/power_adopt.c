/* power_adopt.c: a station that stands in a site's power document and belongs to no site becomes
 * the site's: of a long document some at a time, each with its entry in the audit. A row says that
 * this is not over yet. */
#include "api/power_put.h"
#include "api/resource.h"
#include "api/state.h"
#include "dispatch/dispatch.h"

enum {
    ADOPT_STATIONS = 100, /* a step: some 2 ms */
    ADOPT_NODES = 1000,   /* that are looked at for it */
    REST_MS = 2,
};

static void due(struct timer *timer, void *context);

uint32_t power_take_stations(struct turn *turn, const struct site_row *site,
                             const struct document *document, uint32_t first, uint32_t end)
{
    uint32_t taken = 0;

    for (uint32_t i = first; i < end; i++) {
        struct str identity = document->nodes[i].station;
        const struct station_row *station =
            identity.len ? TURN_FIND_NAME(turn, station, identity) : NULL;
        struct station_row *edited;
        struct str old;
        if (!station || (station->site != 0 && TURN_FIND(turn, site, station->site)))
            continue;
        old = resource_settings(turn, RESOURCE_station, station);
        edited = TURN_EDIT(turn, station, station);
        edited->site = site->id;
        turn_audit(turn, "station.update",
                   arena_printf(turn->arena, "station:%.*s", STR_ARGS(station->identity)), old,
                   resource_settings(turn, RESOURCE_station, edited));
        turn_event(turn, "station.changed", station->id, 0);
        taken++;
    }
    return taken;
}

void power_adopt_later(struct turn *turn, int64_t site)
{
    struct adopting_row *row;

    api_of(turn->engine)->adopt_at = 0;
    if (TURN_FIND(turn, adopting, site))
        return;
    row = TURN_NEW(turn, adopting);
    row->id = site;
    row->since = turn->now;
}

void power_adopt_forget(struct turn *turn, int64_t site)
{
    const struct adopting_row *row = TURN_FIND(turn, adopting, site);

    if (row)
        turn_delete(turn, ROW_adopting, row);
}

bool power_adopts(const struct engine *engine, int64_t site)
{
    return world_find(&engine->world, ROW_adopting, site) != NULL;
}

static void go_on(struct engine *engine)
{
    struct api *api = api_of(engine);

    timer_set(&engine->timers, &api->adopt_timer, engine->mono + REST_MS, due);
}

static void step_durable(struct engine *engine, void *data)
{
    (void)data;
    if (engine->api)
        go_on(engine);
}

/* The nodes from the place where the last step ended: so many as have a step's stations. */
static enum err step_turn(struct turn *turn)
{
    struct api *api = api_of(turn->engine);
    int64_t site_row = *(const int64_t *)turn->input;
    const struct site_row *site = TURN_FIND(turn, site, site_row);
    const struct document *document = dispatch_document(turn->engine, site_row);
    uint32_t count = document ? document->node_count : 0, taken = 0;
    uint32_t end = count - api->adopt_at > ADOPT_NODES ? api->adopt_at + ADOPT_NODES : count;

    if (!site || api->adopt_at >= count) {
        power_adopt_forget(turn, site_row);
        api->adopt_at = 0;
    } else {
        while (api->adopt_at < end && taken < ADOPT_STATIONS) {
            taken += power_take_stations(turn, site, document, api->adopt_at, api->adopt_at + 1);
            api->adopt_at++;
        }
    }
    turn_after(turn, step_durable, &site_row, sizeof site_row);
    return ERR_NONE;
}

static void due(struct timer *timer, void *context)
{
    struct engine *engine = context;
    struct api *api = CONTAINER_OF(timer, struct api, adopt_timer);
    const struct adopting_row *row;
    uint32_t at = 0;

    row = world_next(&engine->world, ROW_adopting, &at);
    if (!row)
        return;
    if (row->id != api->adopt_site)
        api->adopt_at = 0;
    api->adopt_site = row->id;
    if (!dispatch_is_renewing(engine, row->id)) {
        struct turn *turn = engine_turn(engine, step_turn, &row->id, sizeof row->id);
        if (turn && engine_go(turn) == ERR_NONE)
            return; /* step_durable goes on */
    }
    go_on(engine);
}

void power_adopt(struct engine *engine)
{
    struct api *api = api_of(engine);
    uint32_t at = 0;

    api->adopt_at = 0;
    if (world_next(&engine->world, ROW_adopting, &at) && !timer_is_set(&api->adopt_timer))
        go_on(engine);
}
