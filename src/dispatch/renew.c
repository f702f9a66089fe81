/* renew.c: a site follows its document: another one is built from it, takes over what the one
 * before knows, and takes its place.
 *
 * A small one at once. A large one is read on another thread, and then takes over some stations at
 * a time, so that the core is never held. While stations move both sites are *still*: neither
 * decides nor sends, so nothing is raised by half a document, and what a station tells goes to the
 * site that has it at that moment. What has to come down comes down once the new one is there, a
 * tenth of a second later. The row of the document was changed by one commit before all of this: a
 * server that dies meanwhile begins with the new one. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/shows.h"
#include "dispatch/tells.h"

#include <stdlib.h>

enum {
    INLINE_EVSES_MAX = 400, /* some 4 ms */
    JOIN_EVSES = 250,       /* a step; of stations whose record has to be read, 2 ms */
    TELL_EVSES = 1000,
    REST_MS = 1,
};

struct renewal {
    struct renewal *next;
    struct dispatch *dispatch;
    int64_t site_row;
    struct power_site *site;   /* that is built; NULL: it is in its place */
    struct power_site *before; /* NULL: none. Among the room's until it is left */
    bool away;                 /* with another thread: it is freed when it is back */
    bool joined;               /* stations have moved, some of them */
    bool dropped;              /* nobody wants it any more */
    bool again;                /* the document, or its stations, changed meanwhile */
    bool readable;
    uint32_t at; /* stations that have moved; EVSEs that were told */
    struct layers_work layers;
    struct timer timer;
};

static void begin(struct dispatch *dispatch, int64_t site_row, bool may_wait);

static struct renewal *of(struct timer *timer)
{
    return CONTAINER_OF(timer, struct renewal, timer);
}

static struct renewal *find(const struct dispatch *dispatch, int64_t site_row)
{
    struct renewal *renewal = dispatch->renewals;

    while (renewal && (renewal->site_row != site_row || renewal->dropped))
        renewal = renewal->next;
    return renewal;
}

static void forget(struct dispatch *dispatch, struct renewal *renewal)
{
    struct renewal **at = &dispatch->renewals;

    while (*at != renewal)
        at = &(*at)->next;
    *at = renewal->next;
    timer_clear(&dispatch->engine->timers, &renewal->timer);
    arena_reset(&renewal->layers.arena);
    free(renewal);
}

static void rest(struct renewal *renewal, timer_fn *then)
{
    struct engine *engine = renewal->dispatch->engine;

    timer_set(&engine->timers, &renewal->timer, engine->mono + REST_MS, then);
}

static const struct power_row *row_of(const struct dispatch *dispatch, int64_t site)
{
    const struct power_row *row;

    for (uint32_t at = 0; (row = world_next(&dispatch->engine->world, ROW_power, &at));)
        if (row->site == site)
            return row;
    return NULL;
}

/* --- the one before --------------------------------------------------------- */

static void unlink_site(struct power_site *site)
{
    struct power_site **at = &site->dispatch->sites;

    while (*at && *at != site)
        at = &(*at)->next;
    if (*at)
        *at = site->next;
}

/* What of its stations has not moved is no longer shared out. It is to be freed. */
static void leave(struct dispatch *dispatch, struct power_site *before)
{
    int64_t *left = calloc(before->station_count + 1, sizeof *left);
    uint32_t count = 0;

    check(left != NULL);
    unlink_site(before);
    for (uint32_t i = 0; i < before->station_count; i++)
        if (!before->stations[i].moved) {
            left[count++] = before->stations[i].row;
            dispatch_leave(&before->stations[i]);
        }
    for (uint32_t i = 0; i < count; i++)
        leave_look(dispatch, left[i]);
    free(left);
}

/* --- stations move ------------------------------------------------------------ */

static void join_station(struct renewal *renewal, struct power_station *station)
{
    struct dispatch *dispatch = renewal->dispatch;
    struct power_station *old;

    site_know_station(station);
    old = station->row ? dispatch_find_station(dispatch, station->row) : NULL;
    if (old && old->site != renewal->before)
        old = NULL; /* another site's: a station is the first one's that has it */
    site_restore_station(station, old);
    if (old) {
        dispatch_leave(old);
        old->moved = true;
    }
    dispatch_enter(station);
    if (station->row)
        facts_resume_station(station, old);
    if (old) {
        follow_station(station, old);
        site_drop_station(old);
    }
}

/* So many EVSEs more. True: all stations have moved. */
static bool join_some(struct renewal *renewal, uint32_t evses)
{
    struct power_site *site = renewal->site;

    for (uint32_t n = 0; renewal->at < site->station_count && n < evses;) {
        struct power_station *station = &site->stations[renewal->at++];
        n += station->evse_count;
        join_station(renewal, station);
    }
    return renewal->at == site->station_count;
}

static void join_begin(struct renewal *renewal)
{
    renewal->at = 0;
    renewal->joined = true;
    renewal->site->still = true;
    if (renewal->before)
        site_still(renewal->before);
    site_inherit(renewal->site, renewal->before);
}

/* --- the new one is in its place ---------------------------------------------- */

static void take_place(struct renewal *renewal)
{
    struct power_site *site = renewal->site;
    struct dispatch *dispatch = renewal->dispatch;

    site_take_meters(site, renewal->before);
    trail_begin(site, renewal->before);
    if (renewal->before)
        leave(dispatch, renewal->before);
    renewal->site = NULL;
    site->next = dispatch->sites;
    dispatch->sites = site;
    site->still = false;
    say_resume(site);
    sources_follow(dispatch);
    decide_at_once(site, "document");
    plan_soon(site);
    past_begin(site);
}

static void again_due(struct timer *timer, void *context)
{
    struct renewal *renewal = of(timer);
    struct dispatch *dispatch = renewal->dispatch;
    int64_t site_row = renewal->site_row;

    (void)context;
    forget(dispatch, renewal);
    begin(dispatch, site_row, true);
}

static void end(struct renewal *renewal)
{
    site_free(renewal->before);
    renewal->before = NULL;
    if (renewal->again)
        rest(renewal, again_due);
    else
        forget(renewal->dispatch, renewal);
}

/* It is no document any more: there is nothing to share by. */
static void fail(struct renewal *renewal)
{
    struct power_site *site = renewal->site;

    renewal->site = NULL;
    site_free(site);
    if (renewal->before)
        leave(renewal->dispatch, renewal->before);
    sources_follow(renewal->dispatch);
    end(renewal);
}

/* --- in steps ------------------------------------------------------------------- */

static void end_due(struct timer *timer, void *context)
{
    (void)context;
    end(of(timer));
}

static void place_due(struct timer *timer, void *context)
{
    struct renewal *renewal = of(timer);

    (void)context;
    take_place(renewal);
    rest(renewal, end_due);
}

static void tell_due(struct timer *timer, void *context)
{
    struct renewal *renewal = of(timer);
    uint32_t count = renewal->site->document.evse_count, end_at = renewal->at + TELL_EVSES;

    (void)context;
    end_at = end_at < count ? end_at : count;
    layers_tell(renewal->site, renewal->at, end_at);
    renewal->at = end_at;
    rest(renewal, end_at < count ? tell_due : place_due);
}

/* What another thread has worked on is back. True: nobody wants it any more. */
static bool is_dropped(struct renewal *renewal)
{
    renewal->away = false;
    if (!renewal->dropped)
        return false;
    site_free(renewal->site);
    forget(renewal->dispatch, renewal);
    return true;
}

static void compute_elsewhere(void *data, struct store *store)
{
    (void)store;
    layers_compute(&(*(struct renewal **)data)->layers);
}

static void layers_there(struct renewal *renewal)
{
    layers_take(renewal->site, &renewal->layers);
    renewal->at = 0;
    rest(renewal, tell_due);
}

static enum err layers_turn(struct turn *turn)
{
    struct renewal *renewal = *(struct renewal **)turn->input;
    void *data = turn->input;
    enum err err = turn_work(turn, "layers", compute_elsewhere, WORK_READER, &data);

    if (err == ERR_LATER)
        return err;
    if (is_dropped(renewal))
        return ERR_NONE;
    if (err != ERR_NONE) /* no thread takes it: then here */
        layers_compute(&renewal->layers);
    layers_there(renewal);
    return ERR_NONE;
}

static void layers_due(struct timer *timer, void *context)
{
    struct renewal *renewal = of(timer);
    struct turn *turn = engine_turn(context, layers_turn, &renewal, sizeof(struct renewal *));

    layers_gather(renewal->site, &renewal->layers);
    if (turn) {
        renewal->away = true;
        (void)engine_go(turn); /* it ends when the reader has them */
        return;
    }
    layers_compute(&renewal->layers);
    layers_there(renewal);
}

static void join_due(struct timer *timer, void *context)
{
    struct renewal *renewal = of(timer);

    (void)context;
    rest(renewal, join_some(renewal, JOIN_EVSES) ? layers_due : join_due);
}

static void read_elsewhere(void *data, struct store *store)
{
    struct renewal *renewal = *(struct renewal **)data;

    (void)store;
    renewal->readable = site_read(renewal->site);
}

static enum err read_turn(struct turn *turn)
{
    struct renewal *renewal = *(struct renewal **)turn->input;
    void *data = turn->input;
    enum err err = turn_work(turn, "document", read_elsewhere, WORK_READER, &data);

    if (err == ERR_LATER)
        return err;
    if (is_dropped(renewal))
        return ERR_NONE;
    if (err != ERR_NONE) /* no thread takes it: then here */
        renewal->readable = site_read(renewal->site);
    if (renewal->readable) {
        join_begin(renewal);
        rest(renewal, join_due);
    } else {
        fail(renewal);
    }
    return ERR_NONE;
}

static void go_in_steps(struct renewal *renewal)
{
    struct engine *engine = renewal->dispatch->engine;
    struct turn *turn = engine_turn(engine, read_turn, &renewal, sizeof(struct renewal *));

    if (turn) {
        renewal->away = true;
        (void)engine_go(turn); /* it ends when the reader has read */
        return;
    }
    renewal->readable = site_read(renewal->site);
    if (!renewal->readable) {
        fail(renewal);
        return;
    }
    join_begin(renewal);
    rest(renewal, join_due);
}

static void go_at_once(struct renewal *renewal)
{
    if (!site_read(renewal->site)) {
        fail(renewal);
        return;
    }
    join_begin(renewal);
    (void)join_some(renewal, UINT32_MAX); /* all of them */
    layers_set(renewal->site);
    take_place(renewal);
    end(renewal);
}

/* --- asked ------------------------------------------------------------------------ */

/* Longer than what is put in the turn of its request (api/power_put.h), whose answer says that it
 * is in force. */
static bool is_large(const struct power_row *row, const struct power_site *before)
{
    enum { LARGE_BYTES = 49152 };

    return row->document.len > LARGE_BYTES ||
           (before && before->document.evse_count > INLINE_EVSES_MAX);
}

static void begin(struct dispatch *dispatch, int64_t site_row, bool may_wait)
{
    const struct power_row *row = row_of(dispatch, site_row);
    struct power_site *before = dispatch_find_site(dispatch, site_row);
    struct renewal *renewal;
    bool in_steps;

    if (!row) {
        if (before)
            leave(dispatch, before);
        site_free(before);
        sources_follow(dispatch);
        return;
    }
    in_steps = may_wait && is_large(row, before);
    renewal = calloc(1, sizeof *renewal);
    check(renewal != NULL);
    *renewal = (struct renewal){ .next = dispatch->renewals,
                                 .dispatch = dispatch,
                                 .site_row = site_row,
                                 .site = site_new(dispatch, row, in_steps),
                                 .before = before };
    dispatch->renewals = renewal;
    if (in_steps)
        go_in_steps(renewal);
    else
        go_at_once(renewal);
}

void renew(struct dispatch *dispatch, int64_t site_row)
{
    struct renewal *under_way = find(dispatch, site_row);

    if (under_way)
        under_way->again = true;
    else
        begin(dispatch, site_row, true);
}

void renew_at_once(struct dispatch *dispatch, int64_t site_row)
{
    begin(dispatch, site_row, false);
}

bool renew_is_under_way(const struct dispatch *dispatch, int64_t site_row)
{
    return find(dispatch, site_row) != NULL;
}

void renew_again_where(struct dispatch *dispatch,
                       bool (*concerns)(const struct power_site *site,
                                        const struct station_row *row, int64_t station),
                       const struct station_row *row, int64_t station)
{
    for (struct renewal *renewal = dispatch->renewals; renewal; renewal = renewal->next)
        if (renewal->joined && !renewal->dropped && renewal->site &&
            concerns(renewal->site, row, station))
            renewal->again = true;
}

/* Its stations are nobody's; what another thread works on is freed when that is done. */
static void drop(struct dispatch *dispatch, struct renewal *renewal)
{
    struct power_site *site = renewal->site;

    for (uint32_t i = 0; site && renewal->joined && i < site->station_count; i++) {
        dispatch_leave(&site->stations[i]);
        site_drop_station(&site->stations[i]);
    }
    if (!site) /* it has taken its place, and the one before waits to be freed */
        site_free(renewal->before);
    renewal->dropped = true;
    if (renewal->away)
        return;
    site_free(site);
    forget(dispatch, renewal);
}

void renew_drop_all(struct dispatch *dispatch)
{
    struct renewal *next;

    for (struct renewal *renewal = dispatch->renewals; renewal; renewal = next) {
        next = renewal->next;
        if (!renewal->dropped)
            drop(dispatch, renewal);
    }
}

void renew_free_all(struct dispatch *dispatch)
{
    struct renewal *next;

    renew_drop_all(dispatch);
    for (struct renewal *renewal = dispatch->renewals; renewal; renewal = next) {
        next = renewal->next; /* no other thread works any more */
        site_free(renewal->site);
        forget(dispatch, renewal);
    }
}
