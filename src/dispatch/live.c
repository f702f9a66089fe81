/* live.c: what a site's cars draw and may draw, all together, as it changes: who has changed is
 * reckoned anew, and who falls due since nobody has heard of it. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/shows.h"

#include "json/writer.h"

enum { LIVE_MS = 1000, STALE_DRAW_MS = 300000 };

/* --- sums --------------------------------------------------------------------- */

int64_t live_said_w(const struct power_evse *evse)
{
    const struct session_row *session =
        world_find(&evse->station->site->dispatch->engine->world, ROW_session, evse->car.session);

    return session ? session->power_w : 0;
}

static bool is_fresh(const struct power_evse *evse)
{
    return evse->car.session && evse->draw.at != UTC_UNKNOWN &&
           evse->station->site->dispatch->now - evse->draw.at < STALE_DRAW_MS;
}

int64_t evse_draw_w(const struct power_evse *evse)
{
    return is_fresh(evse) ? live_said_w(evse) : 0;
}

bool live_init(struct power_site *site)
{
    return order_init(&site->live.due, &site->arena, site->document.evse_count) == ERR_NONE;
}

void live_follow(struct power_evse *evse)
{
    struct power_site *site = evse->station->site;
    const struct live_part before = evse->live;
    bool car = evse->car.session != 0;

    evse->live = (struct live_part){
        .cars_w = evse_draw_w(evse),
        .offered_w = car ? tree_leaf_w(commit_tree(site->commit), evse->index,
                                       commit_state(site->commit, evse->index).now_da)
                         : 0,
        .car = car,
    };
    site->live.cars_w += evse->live.cars_w - before.cars_w;
    site->live.offered_w += evse->live.offered_w - before.offered_w;
    site->live.cars = site->live.cars - before.car + evse->live.car;
    if (is_fresh(evse))
        order_put(&site->live.due, evse->index, evse->draw.at + STALE_DRAW_MS);
    else
        order_take(&site->live.due, evse->index);
}

void live_settle(struct power_site *site)
{
    uint32_t id;
    int64_t at;

    while (commit_changed(site->commit, &id))
        live_follow(&site->evses[id]);
    while (order_first(&site->live.due, &id, &at) && at <= site->dispatch->now)
        live_follow(&site->evses[id]);
}

/* Once a minute all of them: what nobody thought of is wrong for no longer. */
static void live_anew(struct power_site *site)
{
    live_settle(site);
    for (uint32_t i = 0; i < site->document.evse_count; i++)
        live_follow(&site->evses[i]);
}

/* --- told --------------------------------------------------------------------- */

static int64_t grid_w(const struct power_site *site)
{
    int64_t sum = DISPATCH_NO_VALUE;

    for (uint32_t i = 0; i < site->document.node_count; i++)
        if (site->nodes[i].parent < 0 && site->node_states[i].measured_w != DISPATCH_NO_VALUE)
            sum = (sum == DISPATCH_NO_VALUE ? 0 : sum) + site->node_states[i].measured_w;
    return sum;
}

static void key_known(struct json_writer *json, const char *key, int64_t value, int64_t unknown)
{
    if (value == unknown)
        json_key_null(json, key);
    else
        json_key_i64(json, key, value);
}

void live_tell(struct power_site *site)
{
    struct dispatch *dispatch = site->dispatch;
    utc_ms now = dispatch_now(dispatch);
    struct json_writer json;
    struct arena arena;
    struct buf body;

    if (!dispatch->config.tell || !dispatch->config.is_watched(dispatch->engine) ||
        (site->told_at != UTC_UNKNOWN && now - site->told_at < LIVE_MS))
        return;
    site->told_at = now;
    live_settle(site);
    arena_init(&arena, &dispatch->engine->pool, 0);
    buf_init_arena(&body, &arena, 4096);
    json = json_writer(&body);
    json_object_begin(&json);
    json_key_str(&json, "site", arena_printf(&arena, "%lld", (long long)site->row));
    json_key_time(&json, "at", now);
    json_key_i64(&json, "cars_w", site->live.cars_w);
    json_key_i64(&json, "offered_w", site->live.offered_w);
    key_known(&json, "limit_w", root_limit_w(site), -1);
    key_known(&json, "grid_w", grid_w(site), DISPATCH_NO_VALUE);
    key_known(&json, "solar_w", site->solar_w, -1);
    key_known(&json, "surplus_w", site->surplus_w, -1);
    json_key_bool(&json, "over", site->over);
    json_object_end(&json);
    dispatch->config.tell(dispatch->engine, buf_str(&body));
    arena_reset(&arena);
}

void minute_put(struct turn *turn, struct power_site *site)
{
    struct power_minute_row *row = TURN_NEW(turn, power_minute);

    live_anew(site);
    row->site = site->row;
    row->at = turn->now;
    row->cars_w = site->live.cars_w;
    row->offered_w = site->live.offered_w;
    row->limit_w = root_limit_w(site);
    row->grid_w = grid_w(site);
    need_keep_usual(turn, site);
    peak_put(turn, site, row->grid_w != DISPATCH_NO_VALUE ? row->grid_w : row->cars_w);
    row->solar_w = site->solar_w >= 0 ? site->solar_w : DISPATCH_NO_VALUE;
    row->price_milli = price_at(site, site->dispatch->now);
}
