#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/shows.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

#include <stdlib.h>

enum { MINUTE_MS = 60000 };

utc_ms dispatch_now(struct dispatch *dispatch)
{
    if (dispatch->engine->now > dispatch->now)
        dispatch->now = dispatch->engine->now;
    return dispatch->now;
}

static uint64_t hash_row(int64_t row)
{
    uint64_t hash = (uint64_t)row * 0x9e3779b97f4a7c15u;

    return hash ^ (hash >> 29);
}

static bool same_row(const void *item, const void *key)
{
    return ((const struct power_station *)item)->row == *(const int64_t *)key;
}

struct power_site *dispatch_find_site(const struct dispatch *dispatch, int64_t site)
{
    struct power_site *found = dispatch->sites;

    while (found && found->row != site)
        found = found->next;
    return found;
}

struct power_station *dispatch_find_station(const struct dispatch *dispatch, int64_t station)
{
    return map_find(&dispatch->by_station, hash_row(station), same_row, &station);
}

struct power_evse *dispatch_find_evse(const struct dispatch *dispatch, int64_t station,
                                      int64_t evse)
{
    const struct power_station *found = dispatch_find_station(dispatch, station);

    for (uint32_t i = 0; found && i < found->evse_count; i++)
        if (found->site->evses[found->evse_first + i].number == evse)
            return &found->site->evses[found->evse_first + i];
    return NULL;
}

/* --- what stations tell ----------------------------------------------------- */

static bool watch_wants(void *context, int64_t station)
{
    return dispatch_find_station(context, station) != NULL || sources_wants(context, station);
}

static void watch_tell(void *context, const struct power_event *event)
{
    facts_take(context, event);
}

static bool watch_covers(void *context, int64_t station, int32_t evse,
                         const struct charging_profile *plan)
{
    const struct power_evse *found = dispatch_find_evse(context, station, evse);

    return !found || outside_covers(found, plan);
}

static bool watch_dynamic(void *context, int64_t station, int32_t profile_id,
                          struct charging_period *limit, enum charging_unit *unit)
{
    const struct power_station *found = dispatch_find_station(context, station);

    return found && send_dynamic(found, profile_id, limit, unit);
}

/* --- life ---------------------------------------------------------------- */

struct dispatch *dispatch_new(struct engine *engine, const struct dispatch_config *config)
{
    struct dispatch *dispatch = calloc(1, sizeof *dispatch);

    check(dispatch != NULL);
    dispatch->engine = engine;
    dispatch->config = *config;
    engine->dispatch = dispatch;
    ocpp_watch_power(engine, &(struct ocpp_power_watch){ .context = dispatch,
                                                         .wants = watch_wants,
                                                         .tell = watch_tell,
                                                         .dynamic = watch_dynamic,
                                                         .covers = watch_covers });
    return dispatch;
}

void dispatch_enter(struct power_station *station)
{
    struct dispatch *dispatch = station->site->dispatch;

    if (station->row && !dispatch_find_station(dispatch, station->row))
        check(map_add(&dispatch->by_station, hash_row(station->row), station));
}

void dispatch_leave(struct power_station *station)
{
    struct dispatch *dispatch = station->site->dispatch;

    if (dispatch_find_station(dispatch, station->row) == station)
        map_remove(&dispatch->by_station, hash_row(station->row), station);
}

static void drop_all(struct dispatch *dispatch)
{
    struct power_site *site;

    renew_drop_all(dispatch);
    while ((site = dispatch->sites)) {
        dispatch->sites = site->next;
        for (uint32_t i = 0; i < site->station_count; i++)
            dispatch_leave(&site->stations[i]);
        site_free(site);
    }
}

void dispatch_free(struct dispatch *dispatch)
{
    ocpp_watch_power(dispatch->engine, NULL);
    timer_clear(&dispatch->engine->timers, &dispatch->minute_timer);
    timer_clear(&dispatch->engine->timers, &dispatch->look_timer);
    timer_clear(&dispatch->engine->timers, &dispatch->note_timer);
    timer_clear(&dispatch->engine->timers, &dispatch->leave_timer);
    drop_all(dispatch);
    renew_free_all(dispatch);
    sources_free(dispatch);
    decide_free_all(dispatch);
    plan_free_all(dispatch);
    map_fini(&dispatch->by_station);
    dispatch->engine->dispatch = NULL;
    free(dispatch);
}

static bool anything_to_sweep(const struct engine *engine)
{
    return world_count(&engine->world, ROW_cap) > 0 || world_count(&engine->world, ROW_wish) > 0;
}

/* Is there something to find out of a station? Some of them at a time: the core is not held. */
static void look_some(struct timer *timer, void *context)
{
    enum { STATIONS_AT_ONCE = 200, REST_MS = 1 };
    struct engine *engine = context;
    uint32_t count = 0, asked = 0;

    for (struct power_site *site = dispatch_of(engine)->sites; site; site = site->next)
        while (site->looked < site->station_count) {
            if (count++ == STATIONS_AT_ONCE) {
                timer_set(&engine->timers, timer, engine->mono + REST_MS, look_some);
                return;
            }
            probing_look(&site->stations[site->looked]);
            composite_look(&site->stations[site->looked++], &asked);
        }
}

/* A minute's note of sites: so many EVSEs at a time. */
struct noting {
    uint32_t room;
    bool more; /* sites are left for the next time */
};

/* Is it this site's turn? Each has its turn, however large it is. */
static bool note_next(struct noting *noting, const struct power_site *site, uint32_t *minute)
{
    uint32_t count = site->document.evse_count;

    if (*minute == site->dispatch->minute)
        return false;
    if (noting->room == 0) {
        noting->more = true;
        return false;
    }
    *minute = site->dispatch->minute;
    noting->room -= count < noting->room ? count : noting->room;
    return true;
}

static enum err note_turn(struct turn *turn)
{
    struct noting *noting = *(struct noting **)turn->input;

    for (struct power_site *site = dispatch_of(turn->engine)->sites; site; site = site->next)
        if (note_next(noting, site, &site->noted))
            minute_put(turn, site);
    return noting->more ? ERR_NONE : say_sweep(turn);
}

static void note_some(struct timer *timer, void *context)
{
    enum { EVSES_AT_ONCE = 5000 };
    struct engine *engine = context;
    struct dispatch *dispatch = dispatch_of(engine);
    struct noting noting = { .room = EVSES_AT_ONCE }, *noted = &noting;
    struct turn *turn;

    for (struct power_site *site = dispatch->sites; site; site = site->next)
        if (note_next(&noting, site, &site->trailed))
            trail_minute(site, dispatch->now);
    if (noting.room > 0 && (dispatch->sites || anything_to_sweep(engine))) {
        turn = engine_turn(engine, note_turn, &noted, sizeof(struct noting *));
        if (turn)
            (void)engine_go(turn); /* a minute is missing; the next one sweeps */
    } else if (dispatch->sites) {
        noting.more = true;
    }
    if (noting.more)
        timer_set(&engine->timers, timer, engine->mono, note_some);
}

static void minute(struct timer *timer, void *context)
{
    struct engine *engine = context;
    struct dispatch *dispatch = dispatch_of(engine);

    timer_set(&engine->timers, timer, engine->mono + MINUTE_MS, minute);
    (void)dispatch_now(dispatch);
    for (struct power_site *site = dispatch->sites; site; site = site->next) {
        decide_room_end(site, dispatch->now - (utc_ms)2 * MINUTE_MS);
        site->looked = 0;
    }
    dispatch->minute++;
    look_some(&dispatch->look_timer, engine);
    note_some(&dispatch->note_timer, engine);
}

void dispatch_started(struct engine *engine)
{
    struct dispatch *dispatch = dispatch_of(engine);
    const struct power_row *row;

    timer_set(&engine->timers, &dispatch->minute_timer, engine->mono + MINUTE_MS, minute);
    for (uint32_t at = 0; (row = world_next(&engine->world, ROW_power, &at));)
        renew_at_once(dispatch, row->site);
}

/* What was void may have been a limit that was never sent; the worst case is in the rows. */
void dispatch_storage(struct engine *engine, bool works)
{
    if (!works)
        return;
    drop_all(dispatch_of(engine));
    dispatch_started(engine);
}

/* --- changes -------------------------------------------------------------- */

static void renew_after(struct engine *engine, void *data)
{
    if (engine->dispatch)
        renew(dispatch_of(engine), *(const int64_t *)data);
}

void dispatch_site_changed(struct turn *turn, int64_t site)
{
    turn_after(turn, renew_after, &site, sizeof site);
}

bool dispatch_is_renewing(const struct engine *engine, int64_t site)
{
    return renew_is_under_way(dispatch_of(engine), site);
}

const struct document *dispatch_document(const struct engine *engine, int64_t row)
{
    const struct power_site *site = dispatch_find_site(dispatch_of(engine), row);

    return site ? &site->document : NULL;
}

/* A station that was added, moved or deleted, or has another identity, may be one of a document. */
static bool concerns(const struct power_site *site, const struct station_row *row, int64_t station)
{
    for (uint32_t i = 0; i < site->station_count; i++) {
        bool is_it = row && str_equal_nocase(site->stations[i].identity, row->identity);
        if (is_it != (site->stations[i].row == station))
            return true;
    }
    return false;
}

/* Documents that name a station which was added, moved, renamed or deleted are read anew. */
static void station_changed(struct dispatch *dispatch, int64_t station)
{
    const struct station_row *row = world_find(&dispatch->engine->world, ROW_station, station);
    int64_t concerned[8];
    const struct power_station *known = dispatch_find_station(dispatch, station);
    uint32_t count = 0;

    if (row && known && !known->site->still && str_equal_nocase(known->identity, row->identity))
        return; /* a site's, under the same name as ever */
    renew_again_where(dispatch, concerns, row, station);
    for (struct power_site *site = dispatch->sites; site && count < COUNT(concerned);
         site = site->next)
        if (concerns(site, row, station))
            concerned[count++] = site->row;
    while (count)
        renew(dispatch, concerned[--count]);
}

void dispatch_event(struct engine *engine, const struct event_row *event)
{
    struct dispatch *dispatch = dispatch_of(engine);

    if (!dispatch || event->station == 0)
        return;
    if (str_equal(event->topic, STR("station.connected")))
        leave_look(dispatch, event->station);
    if (!dispatch->sites)
        return;
    if (str_equal(event->topic, STR("station.changed")) ||
        str_equal(event->topic, STR("station.deleted")))
        station_changed(dispatch, event->station);
    else if (str_starts(event->topic, STR("session.")) ||
             str_equal(event->topic, STR("connector.status")))
        facts_session(dispatch, event->station);
}
