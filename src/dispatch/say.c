/* say.c: what people and programs say: caps, overrides, needs, series. All of it is rows, in force
 * when the turn is applied, and taken up by the next decision. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/trusts.h"

#include "json/writer.h"

enum { NEED_WH_MAX = DOCUMENT_BATTERY_WH_MAX, LIMIT_DA_MAX = 100000, STEP_S_MIN = 60 };
#define LIMIT_W_MAX INT64_C(1000000000)

static struct str said_by(struct turn *turn)
{
    static const char *const kinds[] = { "system", "station", "person", "key", "local" };

    return arena_printf(turn->arena, "%s:%.*s", kinds[turn->actor.kind],
                        STR_ARGS(turn->actor.name));
}

/* --- caps -------------------------------------------------------------------- */

static const struct cap_row *cap_at(struct turn *turn, int64_t site, struct str node)
{
    const struct cap_row *row;

    for (uint32_t at = 0; (row = world_next(turn_world(turn), ROW_cap, &at));)
        if (row->site == site && str_equal(row->node, node))
            return row;
    return NULL;
}

static void cap_event(struct turn *turn, const char *topic, const struct cap_row *cap)
{
    const struct site_row *site = TURN_FIND(turn, site, cap->site);
    struct json_writer json;
    struct buf body;

    buf_init_arena(&body, turn->arena, 4096);
    json = json_writer(&body);
    json_object_begin(&json);
    json_key_str(&json, "site", arena_printf(turn->arena, "%lld", (long long)cap->site));
    json_key_str(&json, "site_name", site ? site->name : STR_NONE);
    json_key_str(&json, "node", cap->node);
    if (cap->limit_da >= 0)
        json_key_decimal(&json, "limit_a", cap->limit_da, 1);
    if (cap->limit_w >= 0)
        json_key_i64(&json, "limit_w", cap->limit_w);
    json_key_time(&json, "until", cap->until);
    json_key_str(&json, "by", cap->created_by);
    json_key_str(&json, "text", cap->reason);
    json_object_end(&json);
    turn_event_body(turn, topic, 0, 0, buf_str(&body));
}

/* The root has a name too: a cap that names it and one that names nothing are the same. */
static struct str named(const struct power_site *site, struct str node)
{
    return node.len == 0 && site && site->document.node_count ? site->document.nodes[0].id : node;
}

static bool is_limit(const struct dispatch_cap *cap)
{
    return (cap->limit_da >= 0 || cap->limit_w >= 0) && cap->limit_da >= -1 && cap->limit_w >= -1 &&
           cap->limit_da <= LIMIT_DA_MAX && cap->limit_w <= LIMIT_W_MAX;
}

enum err dispatch_cap_set(struct turn *turn, const struct dispatch_cap *cap)
{
    struct power_site *site = dispatch_find_site(dispatch_of(turn->engine), cap->site);
    const struct cap_row *before;
    struct cap_row *row;

    if (!site || (cap->node.len && document_find_node(&site->document, cap->node) == DOCUMENT_NONE))
        return ERR_NOT_FOUND;
    if (!is_limit(cap) || cap->expires_at <= turn->now)
        return ERR_BAD_VALUE;
    before = cap_at(turn, cap->site, named(site, cap->node));
    row = before ? TURN_EDIT(turn, cap, before) : TURN_NEW(turn, cap);
    row->tenant = 1;
    row->site = cap->site;
    row->node = named(site, cap->node);
    row->limit_da = cap->limit_da;
    row->limit_w = cap->limit_w;
    row->until = cap->expires_at;
    row->created_at = turn->now;
    row->created_by = said_by(turn);
    row->reason = cap->reason;
    cap_event(turn, "cap.set", row);
    decide_at_once(site, "cap");
    return ERR_NONE;
}

enum err dispatch_cap_clear(struct turn *turn, int64_t site_row, struct str node)
{
    struct power_site *site = dispatch_find_site(dispatch_of(turn->engine), site_row);
    const struct cap_row *row = cap_at(turn, site_row, named(site, node));

    if (!row)
        return ERR_NOT_FOUND;
    cap_event(turn, "cap.cleared", row);
    turn_delete(turn, ROW_cap, row);
    if (site)
        decide_at_once(site, "cap");
    return ERR_NONE;
}

/* --- overrides and needs -------------------------------------------------------- */

static const struct wish_row *wish_of(struct turn *turn, enum wish_kind kind, int64_t station,
                                      int64_t evse, int64_t session)
{
    const struct wish_row *row;

    for (uint32_t at = 0; (row = world_next(turn_world(turn), ROW_wish, &at));)
        if (row->kind == kind && (kind == WISH_NEED ? row->session == session
                                                    : row->station == station && row->evse == evse))
            return row;
    return NULL;
}

struct taken {
    int64_t wish; /* 0: the override of this EVSE is gone */
    int64_t station, evse;
};

/* Once the row is in force: what is in memory follows. */
static void take(struct engine *engine, void *data)
{
    const struct taken *taken = data;
    struct power_evse *evse =
        engine->dispatch ? dispatch_find_evse(dispatch_of(engine), taken->station, taken->evse)
                         : NULL;
    const struct wish_row *row = world_find(&engine->world, ROW_wish, taken->wish);

    if (!evse)
        return;
    if (!row) {
        evse->override_da = -1;
    } else if (row->kind == WISH_OVERRIDE) {
        evse->override_da = (int32_t)row->limit_da;
        evse->override_until = row->expires_at;
        probing_stop(evse->station); /* not against what a person wants */
    } else if (row->session == evse->car.session) {
        if (row->need_wh < 0 && row->departs_at == UTC_UNKNOWN && row->class < 0)
            need_forget(evse); /* all of it was taken back */
        need_take_wish(evse, row);
        priority_follow(evse);
    }
    decide_at_once(evse->station->site, "said");
    plan_soon(evse->station->site);
}

static void take_after(struct turn *turn, int64_t wish, int64_t station, int64_t evse)
{
    const struct taken taken = { wish, station, evse };

    turn_after(turn, take, &taken, sizeof taken);
}

static struct wish_row *new_wish(struct turn *turn, const struct wish_row *before,
                                 const struct power_evse *evse, enum wish_kind kind)
{
    struct wish_row *row = before ? TURN_EDIT(turn, wish, before) : TURN_NEW(turn, wish);

    row->site = evse->station->site->row;
    row->kind = kind;
    row->station = evse->station->row;
    row->evse = evse->number;
    row->session = evse->car.session;
    row->limit_da = row->need_wh = row->class = -1;
    row->departs_at = UTC_UNKNOWN;
    row->at = turn->now;
    row->expires_at = UTC_NEVER;
    row->said_by = said_by(turn);
    row->reason = STR_NONE;
    return row;
}

enum err dispatch_override_set(struct turn *turn, const struct dispatch_override *override)
{
    const struct power_evse *evse =
        dispatch_find_evse(dispatch_of(turn->engine), override->station, override->evse);
    struct wish_row *row;

    if (!evse || (override->session && override->session != evse->car.session))
        return ERR_NOT_FOUND;
    if (override->limit_da < 0 || override->limit_da > LIMIT_DA_MAX ||
        override->expires_at <= turn->now)
        return ERR_BAD_VALUE;
    row = new_wish(turn, wish_of(turn, WISH_OVERRIDE, override->station, override->evse, 0), evse,
                   WISH_OVERRIDE);
    row->session = override->session;
    row->limit_da = override->limit_da;
    row->expires_at = override->expires_at;
    row->reason = override->reason;
    take_after(turn, row->id, override->station, override->evse);
    return ERR_NONE;
}

enum err dispatch_override_clear(struct turn *turn, int64_t station, int64_t evse)
{
    const struct wish_row *row = wish_of(turn, WISH_OVERRIDE, station, evse, 0);

    if (!row)
        return ERR_NOT_FOUND;
    turn_delete(turn, ROW_wish, row);
    take_after(turn, 0, station, evse);
    return ERR_NONE;
}

enum err dispatch_need_set(struct turn *turn, const struct dispatch_need *need)
{
    const struct session_row *session = TURN_FIND(turn, session, need->session);
    const struct power_evse *evse =
        session ? dispatch_find_evse(dispatch_of(turn->engine), session->station, session->evse)
                : NULL;
    struct wish_row *row;

    if (!evse || evse->car.session != need->session)
        return ERR_NOT_FOUND;
    if (need->need_wh < -1 || need->need_wh > NEED_WH_MAX || need->class < -1 ||
        need->class >= CLASS_COUNT ||
        (need->departs_at != UTC_UNKNOWN && need->departs_at <= turn->now))
        return ERR_BAD_VALUE;
    row = new_wish(turn, wish_of(turn, WISH_NEED, 0, 0, need->session), evse, WISH_NEED);
    if (need->need_wh >= 0)
        row->need_wh = session->energy_mwh / 1000 + need->need_wh;
    row->departs_at = need->departs_at;
    row->class = need->class;
    take_after(turn, row->id, session->station, session->evse);
    return ERR_NONE;
}

enum err dispatch_class_set(struct turn *turn, int64_t id, int64_t class)
{
    const struct session_row *session = TURN_FIND(turn, session, id);
    const struct power_evse *evse =
        session ? dispatch_find_evse(dispatch_of(turn->engine), session->station, session->evse)
                : NULL;
    const struct wish_row *before = evse ? wish_of(turn, WISH_NEED, 0, 0, id) : NULL;
    struct wish_row *row;

    if (!evse)
        return ERR_NOT_FOUND;
    row = before ? TURN_EDIT(turn, wish, before) : new_wish(turn, NULL, evse, WISH_NEED);
    row->class = class;
    row->said_by = said_by(turn);
    take_after(turn, row->id, session->station, session->evse);
    return ERR_NONE;
}

/* --- series ------------------------------------------------------------------------ */

enum { SERIES_COUNT_MAX = 10000, STEP_S_MAX = 86400 };

static void put_value(char *at, int64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (char)((uint64_t)value >> (8 * i) & 0xff);
}

static utc_ms series_end(const struct series_row *row)
{
    return row->from_at + row->count * row->step_s * 1000;
}

/* What of a row comes after the new one stays as a row of its own. False: no memory. */
static bool keep_rest(struct turn *turn, const struct series_row *row, utc_ms from)
{
    int64_t step_ms = row->step_s * 1000;
    int64_t gone = (from - row->from_at + step_ms - 1) / step_ms, left = row->count - gone;
    struct series_row *rest;
    char *data;

    if (left <= 0)
        return true;
    data = arena_alloc(turn->arena, (size_t)left * 8);
    if (!data)
        return false;
    memcpy(data, row->data.ptr + gone * 8, (size_t)left * 8);
    rest = TURN_NEW(turn, series);
    rest->tenant = row->tenant;
    rest->site = row->site;
    rest->kind = row->kind;
    rest->from_at = row->from_at + gone * step_ms;
    rest->step_s = row->step_s;
    rest->count = left;
    rest->data = (struct str){ data, (uint32_t)left * 8 };
    rest->created_at = row->created_at;
    rest->created_by = row->created_by;
    return true;
}

/* The new one takes the place of what is known of its own hours: another one that reaches into them
 * ends before them, or goes on behind them. */
static enum err cut_series(struct turn *turn, const struct dispatch_series *series)
{
    utc_ms until = series->from_at + (utc_ms)series->count * series->step_s * 1000;
    const struct series_row *row;

    for (uint32_t at = 0; (row = world_next(turn_world(turn), ROW_series, &at));) {
        int64_t steps;
        if (row->site != series->site || row->kind != (int64_t)series->kind ||
            series_end(row) <= series->from_at || row->from_at >= until)
            continue;
        if (!keep_rest(turn, row, until))
            return ERR_FULL;
        if (row->from_at >= series->from_at) {
            turn_delete(turn, ROW_series, row);
            continue;
        }
        steps = (series->from_at - row->from_at) / (row->step_s * 1000);
        struct series_row *cut = TURN_EDIT(turn, series, row);
        cut->count = steps;
        cut->data = str_first(cut->data, (uint32_t)steps * 8);
    }
    return ERR_NONE;
}

enum err dispatch_series_put(struct turn *turn, const struct dispatch_series *series)
{
    struct power_site *site = dispatch_find_site(dispatch_of(turn->engine), series->site);
    struct series_row *row;
    char *data;

    if (!TURN_FIND(turn, site, series->site))
        return ERR_NOT_FOUND;
    if (series->count == 0 || series->count > SERIES_COUNT_MAX || series->step_s < STEP_S_MIN ||
        series->step_s > STEP_S_MAX || series->kind >= SERIES_COUNT ||
        series->from_at == UTC_UNKNOWN || series->from_at == UTC_NEVER)
        return ERR_BAD_VALUE;
    data = arena_alloc(turn->arena, (size_t)series->count * 8);
    if (!data)
        return ERR_FULL;
    for (uint32_t i = 0; i < series->count; i++)
        put_value(data + (size_t)i * 8, series->values[i]);
    if (cut_series(turn, series) != ERR_NONE)
        return ERR_FULL;
    row = TURN_NEW(turn, series);
    row->tenant = 1;
    row->site = series->site;
    row->kind = series->kind;
    row->from_at = series->from_at;
    row->step_s = series->step_s;
    row->count = series->count;
    row->data = (struct str){ data, series->count * 8 };
    row->created_at = turn->now;
    row->created_by = said_by(turn);
    if (site) {
        decide_soon(site, "series");
        plan_soon(site);
    }
    return ERR_NONE;
}

/* --- in force at the start, and over -------------------------------------------------- */

void say_resume(struct power_site *site)
{
    const struct world *world = &site->dispatch->engine->world;
    utc_ms now = dispatch_now(site->dispatch);
    const struct wish_row *row;

    for (uint32_t at = 0; (row = world_next(world, ROW_wish, &at));) {
        struct power_evse *evse = dispatch_find_evse(site->dispatch, row->station, row->evse);
        if (row->kind != WISH_OVERRIDE || !evse || evse->station->site != site ||
            row->expires_at <= now)
            continue;
        evse->override_da = (int32_t)row->limit_da;
        evse->override_until = row->expires_at;
    }
}

static bool wish_is_over(struct turn *turn, const struct wish_row *row)
{
    const struct session_row *session =
        row->session ? TURN_FIND(turn, session, row->session) : NULL;

    return row->expires_at <= turn->now ||
           (row->session && (!session || session->state != SESSION_OPEN));
}

enum err say_sweep(struct turn *turn)
{
    const struct cap_row *cap;
    const struct wish_row *wish;

    for (uint32_t at = 0; (cap = world_next(turn_world(turn), ROW_cap, &at));)
        if (cap->until <= turn->now) {
            cap_event(turn, "cap.cleared", cap);
            turn_delete(turn, ROW_cap, cap);
        }
    for (uint32_t at = 0; (wish = world_next(turn_world(turn), ROW_wish, &at));)
        if (wish_is_over(turn, wish)) {
            if (wish->kind == WISH_OVERRIDE)
                take_after(turn, 0, wish->station, wish->evse);
            turn_delete(turn, ROW_wish, wish);
        }
    return ERR_NONE;
}
