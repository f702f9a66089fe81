/* What each EVSE is booked at, and what of it has to be on disk. */
#include "energy/commit_parts.h"

/* --- booked ------------------------------------------------------------------------------ */

static const struct flight *flight_of(const struct commit *commit, uint32_t id,
                                      enum commit_layer layer)
{
    const struct flight *flight = &commit->stations[commit->evses[id].fixed.station].flight;

    return flight->id != 0 && flight->evse == id && flight->layer == layer ? flight : NULL;
}

static int32_t most(const struct commit *commit, uint32_t id, enum commit_layer layer)
{
    const struct evse *evse = &commit->evses[id];
    const struct flight *flight = flight_of(commit, id, layer);
    int32_t da =
        possible_most(layer == LAYER_PROFILE ? &evse->profile : &evse->failsafe, commit->now);

    return flight != NULL && flight->da > da ? flight->da : da;
}

int32_t commit_floor(const struct commit *commit, uint32_t id)
{
    int32_t da = most(commit, id, LAYER_DEFAULT), foreign_da = commit->evses[id].foreign_da;

    return da > foreign_da ? da : foreign_da;
}

bool commit_obeys(const struct commit *commit, const struct evse *evse)
{
    return commit->stations[evse->fixed.station].trust.obeys && !evse->disobeys;
}

bool commit_leases(const struct commit *commit, uint32_t id)
{
    const struct station *station = &commit->stations[commit->evses[id].fixed.station];
    int64_t off = station->offset_ms < 0 ? -station->offset_ms : station->offset_ms;

    return station->trust.leases && off <= commit->rules.skew_ms;
}

utc_ms commit_sure_until(const struct commit *commit, uint32_t id)
{
    const struct evse *evse = &commit->evses[id];
    const struct layer *layer = &evse->layers[LAYER_PROFILE];

    if (!evse->session || layer->confirmed_da < 0)
        return UTC_UNKNOWN;
    if (layer->ends_at == COMMIT_LINKED) /* it may have lost us before we lost it */
        return commit->stations[evse->fixed.station].here ? UTC_NEVER : UTC_UNKNOWN;
    return layer->ends_at == UTC_NEVER ? UTC_NEVER : layer->ends_at - commit->rules.skew_ms;
}

int32_t commit_capped(const struct evse *evse, int32_t da)
{
    int32_t cap_da = evse->told_da > evse->fixed.cap_da ? evse->told_da : evse->fixed.cap_da;

    return da < cap_da ? da : cap_da;
}

/* `any_da` of it on all wires that a car may use, the rest on those of the car that is there. */
static void enter(const struct commit *commit, struct tree *sums, uint32_t id, int32_t da,
                  int32_t any_da)
{
    uint32_t twin = commit->evse_count + id;

    if (any_da > da)
        any_da = da;
    if (tree_booked(sums, id) != da - any_da)
        tree_book(sums, id, da - any_da);
    if (tree_booked(sums, twin) != any_da)
        tree_book(sums, twin, any_da);
}

/* With what it draws beyond that. */
static int32_t with_more(const struct evse *evse, int32_t da)
{
    return da > 0 ? commit_capped(evse, da + evse->more_da) : da;
}

int32_t commit_room(const struct commit *commit, uint32_t id, enum commit_layer layer,
                    int32_t want_da)
{
    const struct evse *evse = &commit->evses[id];
    /* Who is booked at its cap needs room as if it obeyed: it probably does. */
    const struct tree *sums = commit_obeys(commit, evse) ? commit->booked : commit->claimed;
    uint32_t twin = commit->evse_count + id;
    int32_t any_da = tree_booked(sums, twin), all_da = with_more(evse, want_da), room;

    if (layer == LAYER_DEFAULT || all_da <= any_da) {
        room = tree_room(sums, twin, all_da);
    } else {
        room = tree_room(sums, twin, any_da);
        if (room >= any_da)
            room = any_da + tree_room(sums, id, all_da - any_da);
    }
    if (room >= all_da)
        return want_da;
    return room > evse->more_da ? room - evse->more_da : 0;
}

static bool path_is_over(const struct commit *commit, uint32_t id)
{
    struct tree_excess excess;
    int32_t node = (int32_t)tree_leaf(commit->now_tree, id)->node;

    for (; node >= 0; node = tree_node(commit->now_tree, (uint32_t)node)->parent)
        if (tree_over(commit->now_tree, (uint32_t)node, &excess))
            return true;
    return false;
}

bool commit_is_steerable(const struct commit *commit, const struct evse *evse)
{
    return commit->stations[evse->fixed.station].here && commit_obeys(commit, evse) &&
           evse->session;
}

/* Reckons booked_da, now_da and claimed_da, and puts them into the sums. */
static void book(struct commit *commit, uint32_t id)
{
    struct evse *evse = &commit->evses[id];
    int32_t profile = most(commit, id, LAYER_PROFILE), floor = commit_floor(commit, id);
    int32_t claimed = commit_capped(evse, profile > floor ? profile : floor);
    const struct commit_trust *trust = &commit->stations[evse->fixed.station].trust;
    bool obeys = commit_obeys(commit, evse);
    bool leased = profile >= 0 && commit->now < commit_sure_until(commit, id);
    int32_t booked = obeys ? claimed : evse->fixed.cap_da;
    int32_t said = profile > evse->foreign_da ? profile : evse->foreign_da, now_da;
    int32_t before_da = evse->limit_da, held_da;
    bool rose;

    evse->limit_da = obeys && leased ? commit_capped(evse, said) : claimed;
    if (evse->limit_da < before_da)
        commit_fell(commit, id, before_da);
    held_da = evse->session ? commit_held(evse) : 0;
    evse->said_da = claimed = with_more(evse, claimed);
    claimed = held_da > claimed ? held_da : claimed;
    booked = obeys ? claimed : booked;
    if (!obeys && evse->drew_da > booked)
        booked = evse->drew_da;
    if (!trust->obeys && (trust->ignores || evse->exceeds))
        claimed = booked;
    now_da = obeys && leased ? with_more(evse, evse->limit_da) : booked;
    now_da = held_da > now_da ? held_da : now_da;
    if (booked < evse->booked_da || claimed < evse->claimed_da)
        commit->room_grew = true;
    commit->moves += (booked != evse->booked_da || claimed != evse->claimed_da) &&
                     !commit_is_steerable(commit, evse);
    rose = now_da > evse->now_da;
    if (commit->over && now_da != evse->now_da)
        commit->over_unsure = true;
    evse->booked_da = booked;
    if (now_da != evse->now_da)
        commit_note_change(commit, id);
    evse->now_da = now_da;
    evse->claimed_da = claimed;
    floor = with_more(evse, floor);
    enter(commit, commit->booked, id, booked, obeys ? floor : booked);
    enter(commit, commit->claimed, id, claimed, floor);
    enter(commit, commit->now_tree, id, now_da,
          !obeys   ? now_da
          : leased ? evse->foreign_da
                   : floor);
    /* Nothing was over: now it is above this one, or nowhere. */
    if (rose && !commit->over && path_is_over(commit, id))
        commit->over_unsure = true;
}

static void earlier(utc_ms *at, utc_ms other, utc_ms now)
{
    if (other > now && other < *at)
        *at = other;
}

static void set_wires(struct commit *commit, uint32_t id, wire_set wires, uint8_t wires_live)
{
    tree_set_wires(commit->booked, id, wires, wires_live);
    tree_set_wires(commit->now_tree, id, wires, wires_live);
    tree_set_wires(commit->claimed, id, wires, wires_live);
    commit_note_change(commit, id);
    commit->evses[id].wires_next = 0;
    commit->room_grew = commit->over_unsure = commit->limits_changed = true;
}

/* A profile that has ended is confirmed no longer. */
static void prune(struct commit *commit, uint32_t id)
{
    struct evse *evse = &commit->evses[id];
    struct layer *layer = &evse->layers[LAYER_PROFILE];

    possible_prune(&evse->profile, commit->now);
    possible_prune(&evse->failsafe, commit->now);
    if (evse->wires_next != 0 && (!evse->wires_wait || !possible_landed_any(&evse->profile)))
        set_wires(commit, id, evse->wires_next, evse->wires_live_next);
    if (layer->confirmed_da < 0 || evse->profile.count > 0)
        return;
    layer->confirmed_da = -1;
    if (!commit->stations[evse->fixed.station].here)
        commit_tell(commit, id, COMMIT_LAPSED);
}

/* --- what has to survive a restart --- */

struct commit_durable commit_durable(const struct commit *commit, uint32_t id)
{
    const struct evse *evse = &commit->evses[id];
    const struct flight *flight = &commit->stations[evse->fixed.station].flight;
    bool flies = flight->id != 0 && flight->evse == id;
    struct commit_durable durable = {
        .profile_da = possible_most(&evse->profile, commit->now),
        .profile_until = possible_until(&evse->profile),
        .default_da = possible_most(&evse->failsafe, commit->now),
        .offset_ms = commit->stations[evse->fixed.station].offset_ms,
        .disobeys = evse->disobeys,
    };

    if (flies && flight->layer == LAYER_DEFAULT && flight->da > durable.default_da)
        durable.default_da = flight->da;
    if (evse->foreign_da > durable.default_da)
        durable.default_da = evse->foreign_da;
    if (flies && flight->layer == LAYER_PROFILE && flight->da > durable.profile_da)
        durable.profile_da = flight->da;
    if (flies && flight->layer == LAYER_PROFILE && flight->until > durable.profile_until)
        durable.profile_until = flight->until;
    return durable;
}

/* `next` may be more than what is on disk. */
bool commit_is_higher(const struct commit_durable *next, const struct commit_durable *logged)
{
    if (next->default_da > logged->default_da || (next->disobeys && !logged->disobeys))
        return true;
    return next->profile_da > logged->default_da &&
           (next->profile_da > logged->profile_da || next->profile_until > logged->profile_until);
}

/* The slot has been taken for too long while this EVSE has to be lowered. Returns when that will be
 * so. */
static utc_ms watch_slot(struct commit *commit, uint32_t id)
{
    struct station *station = &commit->stations[commit->evses[id].fixed.station];

    if (!station->here || station->slot_since == UTC_UNKNOWN || station->close_told)
        return UTC_NEVER;
    if (commit->now < station->slot_since + commit->rules.blocked_ms)
        return station->slot_since + commit->rules.blocked_ms;
    station->close_told = true;
    commit_tell(commit, id, COMMIT_CLOSE);
    return UTC_NEVER;
}

/* What a record keeps booked at this moment. */
static int32_t booked_by(const struct commit *commit, const struct commit_durable *durable)
{
    bool lapsed = durable->profile_until <= commit->now;

    return lapsed || durable->profile_da < durable->default_da ? durable->default_da
                                                               : durable->profile_da;
}

/* A higher one because a restart must know it; a lower one because others are raised into the room,
 * and after a restart both would be booked. */
static void log_if_changed(struct commit *commit, uint32_t id)
{
    struct commit_durable durable = commit_durable(commit, id);
    const struct commit_durable *logged = &commit->evses[id].logged;

    if (commit_is_higher(&durable, logged) ||
        booked_by(commit, &durable) < booked_by(commit, logged))
        commit_tell(commit, id, COMMIT_LOG);
}

void commit_refresh(struct commit *commit, uint32_t id)
{
    struct evse *evse = &commit->evses[id];
    const struct station *station = &commit->stations[evse->fixed.station];
    struct need need;
    utc_ms at;

    prune(commit, id);
    book(commit, id);
    log_if_changed(commit, id);
    need = commit_need(commit, id);
    if (need.any && station->here && station->slot_since == UTC_UNKNOWN && !evse->waits)
        order_put(&commit->ready, id, need.rank);
    else
        order_take(&commit->ready, id);

    at = commit_need_at(commit, id);
    earlier(&at, possible_next(&evse->profile), commit->now);
    earlier(&at, possible_next(&evse->failsafe), commit->now);
    earlier(&at, commit_sure_until(commit, id), commit->now);
    if (need.urgent)
        earlier(&at, watch_slot(commit, id), commit->now);
    if (at == UTC_NEVER)
        order_take(&commit->timers, id);
    else
        order_put(&commit->timers, id, at);
}

void commit_refresh_station(struct commit *commit, uint32_t station)
{
    const struct station *s = &commit->stations[station];

    for (uint32_t i = s->first; i < s->first + s->count; i++) {
        commit->evses[i].waits = false;
        commit_refresh(commit, i);
    }
}

/* --- over a limit ------------------------------------------------------------------------ */

/* May another EVSE be reckoned anew in this millisecond? */
static bool may_work(struct commit *commit)
{
    return commit->evse_count <= COMMIT_AT_ONCE || commit->work++ < COMMIT_WORK;
}

static bool is_settled(const struct evse *evse)
{
    const struct layer *layers = evse->layers;

    for (uint32_t k = 0; k < LAYER_COUNT; k++)
        if (layers[k].wanted_da >= 0 && layers[k].wanted_da != layers[k].confirmed_da)
            return false;
    return true;
}

/* Those that are left. What goes out is reckoned once more before it does (commit_next). */
static void look_at_unsettled(struct commit *commit)
{
    for (; commit->unsettled_left > 0; commit->unsettled_left--) {
        uint32_t id = commit->unsettled_at;
        if (!is_settled(&commit->evses[id])) {
            if (!may_work(commit))
                return;
            commit_refresh(commit, id);
        }
        commit->unsettled_at = (id + 1) % commit->evse_count;
    }
}

/* Who has a lease, or may have none before the limit falls, has something else to be told then. */
static bool hears_of_drop(const struct commit *commit, const struct evse *evse)
{
    return evse->session && (evse->layers[LAYER_PROFILE].confirmed_da >= 0 ||
                             commit->stations[evse->fixed.station].trust.linked);
}

static void look_at_drop(struct commit *commit)
{
    for (; commit->drop_left > 0; commit->drop_left--) {
        uint32_t id = commit->drop_look_at;
        if (hears_of_drop(commit, &commit->evses[id])) {
            if (!may_work(commit))
                return;
            commit_refresh(commit, id);
        }
        commit->drop_look_at = (id + 1) % commit->evse_count;
    }
}

/* Whether a limit is passed matters to those that have something to be told: most have not, and of
 * a large site they are many. */
static void refresh_unsettled(struct commit *commit)
{
    commit->unsettled_at = 0;
    commit->unsettled_left = commit->evse_count;
    look_at_unsettled(commit);
}

bool commit_path_over(const struct commit *commit, uint32_t id)
{
    return commit->over && path_is_over(commit, id);
}

static void look_at_limits(struct commit *commit)
{
    bool was = commit->over;

    commit->over_unsure = false;
    /* The node that was over still is: that is all there is to know, and the whole tree need not be
     * looked at after each answer. */
    if (was && !commit->limits_changed && commit->excess.node >= 0 &&
        tree_over(commit->now_tree, (uint32_t)commit->excess.node, &commit->excess))
        return;
    commit->over = tree_any_over(commit->now_tree, &commit->excess);
    if (commit->over == was) {
        /* what lowers is urgent, or no longer */
        if (commit->over && commit->limits_changed)
            refresh_unsettled(commit);
        commit->limits_changed = false;
        return;
    }
    commit->limits_changed = false;
    if (commit->over) {
        commit->over_since = commit->now;
        commit->over_told = true;
    } else {
        commit->over_ms = commit->over_since == UTC_UNKNOWN ? 0 : commit->now - commit->over_since;
        commit->below_told = true;
    }
    refresh_unsettled(commit);
}

/* Of a large site some of them in a millisecond: the caller is not held. */
static void look_at_waiting(struct commit *commit)
{
    uint32_t end = commit->look_left < COMMIT_AT_ONCE ? commit->look_left : COMMIT_AT_ONCE;

    if (commit->evse_count > COMMIT_AT_ONCE && commit->looked_at == commit->now)
        return;
    if (end > 0)
        commit->looked_at = commit->now;
    for (uint32_t n = 0; n < end; n++) {
        uint32_t id = commit->look_at;
        commit->look_at = (id + 1) % commit->evse_count;
        commit->look_left--;
        if (!commit->evses[id].waits)
            continue;
        commit->evses[id].waits = false;
        commit_refresh(commit, id);
    }
}

void commit_settle(struct commit *commit)
{
    if (commit->over_unsure)
        look_at_limits(commit);
    if (commit->room_grew)
        commit->look_left = commit->evse_count;
    commit->room_grew = false;
    look_at_unsettled(commit);
    look_at_drop(commit);
    look_at_waiting(commit);
}

/* --- time -------------------------------------------------------------------------------- */

void commit_advance(struct commit *commit, utc_ms now)
{
    uint32_t id;
    int64_t at;

    check(now >= commit->now);
    commit_settle(commit); /* what the last facts changed, at their time */
    if (now != commit->now)
        commit->waited = commit->work = 0;
    commit->now = now;
    /* What is late by some milliseconds is booked for longer, never for less. */
    while (order_first(&commit->timers, &id, &at) && at <= now && may_work(commit)) {
        commit->evses[id].waits = false;
        commit_refresh(commit, id); /* its timer is later than now from then on */
    }
    commit_settle(commit);
}
