/* What each EVSE is booked at, and the facts that change it. commit_send.c: what may leave. */
#include "energy/commit_parts.h"

struct commit_rules commit_rules_default(void)
{
    return (struct commit_rules){
        .lease_ms = 900000,
        .offline_ms = 300000,
        .notice_ms = 600000,
        .skew_ms = 60000,
        .sends_per_s = 20,
        .retry_ms = 5000,
        .partial_ms = 5000,
        .blocked_ms = 5000,
        .tolerance_da = 10,
        .over_samples = 2,
    };
}

/* --- made -------------------------------------------------------------------------------- */

static bool rules_make_sense(const struct commit_rules *rules)
{
    return rules->lease_ms >= 2000 && rules->offline_ms >= 0 && rules->notice_ms >= 0 &&
           rules->skew_ms >= 0 && rules->sends_per_s > 0 && rules->retry_ms > 0 &&
           rules->partial_ms >= 0 && rules->blocked_ms >= 0 && rules->tolerance_da >= 0 &&
           rules->over_samples > 0;
}

static bool site_makes_sense(const struct commit_site *site)
{
    uint32_t station = 0;

    if (!rules_make_sense(&site->rules) || site->evse_count > TREE_LEAVES_MAX)
        return false;
    for (uint32_t i = 0; i < site->evse_count; i++) {
        const struct commit_evse *evse = &site->evses[i];
        bool next =
            i == 0 ? evse->station == 0 : evse->station == station || evse->station == station + 1;

        if (!next || evse->cap_da < 0 || evse->min_da < 0 || evse->step_da < 0)
            return false;
        station = evse->station;
    }
    return site->station_count == (site->evse_count == 0 ? 0 : station + 1);
}

/* Any profile, any default. */
static void know_nothing(struct evse *evse, bool profile)
{
    if (profile) {
        evse->profile.count = 0;
        possible_add(&evse->profile, evse->fixed.cap_da, UTC_NEVER, false);
    }
    evse->failsafe.count = 0;
    possible_add(&evse->failsafe, evse->fixed.cap_da, UTC_NEVER, false);
    for (uint32_t i = 0; i < LAYER_COUNT; i++)
        evse->layers[i].confirmed_da = -1;
}

static void evse_init(struct evse *evse, const struct commit_evse *fixed)
{
    evse->fixed = *fixed;
    for (uint32_t i = 0; i < LAYER_COUNT; i++)
        evse->layers[i] = (struct layer){ .wanted_da = -1, .confirmed_da = -1 };
    know_nothing(evse, true);
    /* No record on disk is read as this one. */
    evse->logged = (struct commit_durable){ .profile_da = fixed->cap_da,
                                            .profile_until = UTC_NEVER,
                                            .default_da = fixed->cap_da };
    evse->fell_at = evse->claim_fell_at = evse->draw_at = UTC_UNKNOWN;
}

static enum err sums_init(struct commit *commit, struct arena *arena,
                          const struct commit_site *site)
{
    struct tree **const sums[] = { &commit->booked, &commit->now_tree, &commit->claimed };
    uint32_t count = site->evse_count;
    struct tree_leaf *leaves = ARENA_NEW_ARRAY(arena, struct tree_leaf, 2 * (size_t)count);
    enum err err = leaves == NULL ? ERR_FULL : ERR_NONE;

    for (uint32_t i = 0; i < count && err == ERR_NONE; i++)
        leaves[i] = leaves[count + i] = site->leaves[i];
    for (size_t i = 0; i < COUNT(sums) && err == ERR_NONE; i++)
        err = tree_new(arena, site->nodes, site->node_count, leaves, 2 * count, sums[i]);
    if (err == ERR_NONE)
        err = order_init(&commit->timers, arena, count);
    if (err == ERR_NONE)
        err = order_init(&commit->ready, arena, count);
    return err;
}

enum err commit_new(struct arena *arena, const struct commit_site *site, struct commit **made)
{
    struct commit *commit = ARENA_NEW(arena, struct commit);
    enum err err;

    if (!site_makes_sense(site))
        return ERR_BAD_VALUE;
    if (commit == NULL)
        return ERR_FULL;
    *commit = (struct commit){
        .rules = site->rules,
        .evse_count = site->evse_count,
        .station_count = site->station_count,
        .evses = ARENA_NEW_ARRAY(arena, struct evse, site->evse_count),
        .stations = ARENA_NEW_ARRAY(arena, struct station, site->station_count),
        .told = ARENA_NEW_ARRAY(arena, uint32_t, site->evse_count),
        .now = UTC_UNKNOWN,
        .budget_at = UTC_UNKNOWN,
        .budget = (int64_t)site->rules.sends_per_s * 1000,
        .over_unsure = true,
        .drop_at = UTC_NEVER,
    };
    if (commit->evses == NULL || commit->stations == NULL || commit->told == NULL)
        return ERR_FULL;
    err = sums_init(commit, arena, site);
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < site->evse_count; i++) {
        struct station *station = &commit->stations[site->evses[i].station];

        evse_init(&commit->evses[i], &site->evses[i]);
        if (station->count++ == 0)
            *station = (struct station){ .first = i, .count = 1, .slot_since = UTC_UNKNOWN };
        commit_refresh(commit, i);
    }
    *made = commit;
    return ERR_NONE;
}

/* What was told under another document may be above what this one allows; it holds all the same. */
static int32_t told(struct evse *evse, int32_t da)
{
    if (da < 0)
        return evse->fixed.cap_da;
    da = da < TREE_DA_MAX ? da : TREE_DA_MAX;
    evse->told_da = da > evse->told_da ? da : evse->told_da;
    return da;
}

void commit_restore(struct commit *commit, uint32_t id, const struct commit_durable *durable)
{
    struct evse *evse = &commit->evses[id];

    evse->profile.count = evse->failsafe.count = 0;
    /* Its call may have met a session that nobody has told of yet: the end of the one that is known
     * does not end it. */
    if (durable->profile_da >= 0)
        possible_add(&evse->profile, told(evse, durable->profile_da), durable->profile_until, true);
    possible_add(&evse->failsafe, told(evse, durable->default_da), UTC_NEVER, false);
    evse->disobeys = durable->disobeys;
    evse->logged = *durable;
    commit->stations[evse->fixed.station].offset_ms = durable->offset_ms;
    commit_refresh(commit, id);
}

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
    return most(commit, id, LAYER_DEFAULT);
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

static int32_t capped(const struct evse *evse, int32_t da)
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

int32_t commit_room(const struct commit *commit, uint32_t id, enum commit_layer layer,
                    int32_t want_da)
{
    const struct evse *evse = &commit->evses[id];
    bool obeys = commit->stations[evse->fixed.station].trust.obeys && !evse->disobeys;
    /* Who is booked at its cap needs room as if it obeyed: it probably does. */
    const struct tree *sums = obeys ? commit->booked : commit->claimed;
    uint32_t twin = commit->evse_count + id;
    int32_t any_da = tree_booked(sums, twin), room;

    if (layer == LAYER_DEFAULT || want_da <= any_da)
        return tree_room(sums, twin, want_da);
    room = tree_room(sums, twin, any_da);
    return room < any_da ? room : any_da + tree_room(sums, id, want_da - any_da);
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

static bool is_steerable(const struct commit *commit, const struct evse *evse)
{
    const struct station *station = &commit->stations[evse->fixed.station];

    return station->here && station->trust.obeys && !evse->disobeys && evse->session;
}

/* Reckons booked_da, now_da and claimed_da, and puts them into the sums. */
static void book(struct commit *commit, uint32_t id)
{
    struct evse *evse = &commit->evses[id];
    int32_t profile = most(commit, id, LAYER_PROFILE), floor = commit_floor(commit, id);
    int32_t claimed = capped(evse, profile > floor ? profile : floor);
    const struct commit_trust *trust = &commit->stations[evse->fixed.station].trust;
    bool obeys = trust->obeys && !evse->disobeys;
    bool leased = profile >= 0 && commit->now < commit_sure_until(commit, id);
    int32_t booked = obeys ? claimed : evse->fixed.cap_da;
    int32_t now_da;
    bool rose;

    if (!obeys && evse->drew_da > booked)
        booked = evse->drew_da;
    if (!trust->obeys && (trust->ignores || evse->exceeds))
        claimed = booked;
    now_da = obeys && leased ? capped(evse, profile) : booked;
    if (booked < evse->booked_da || claimed < evse->claimed_da)
        commit->room_grew = true;
    commit->moves +=
        (booked != evse->booked_da || claimed != evse->claimed_da) && !is_steerable(commit, evse);
    if (now_da < evse->now_da)
        evse->fell_at = commit->now;
    if (claimed < evse->claimed_da)
        evse->claim_fell_at = commit->now;
    rose = now_da > evse->now_da;
    if (commit->over && now_da != evse->now_da)
        commit->over_unsure = true;
    evse->booked_da = booked;
    evse->now_da = now_da;
    evse->claimed_da = claimed;
    enter(commit, commit->booked, id, booked, obeys ? floor : booked);
    enter(commit, commit->claimed, id, claimed, floor);
    enter(commit, commit->now_tree, id, now_da, !obeys ? now_da : leased ? 0 : floor);
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

static void refresh_all(struct commit *commit)
{
    for (uint32_t i = 0; i < commit->evse_count; i++)
        commit_refresh(commit, i);
}

/* --- over a limit ------------------------------------------------------------------------ */

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
            refresh_all(commit);
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
    refresh_all(commit);
}

void commit_settle(struct commit *commit)
{
    if (commit->over_unsure)
        look_at_limits(commit);
    if (!commit->room_grew)
        return;
    commit->room_grew = false;
    for (uint32_t i = 0; i < commit->evse_count; i++) {
        if (!commit->evses[i].waits)
            continue;
        commit->evses[i].waits = false;
        commit_refresh(commit, i);
    }
}

/* --- time -------------------------------------------------------------------------------- */

void commit_advance(struct commit *commit, utc_ms now)
{
    uint32_t id;
    int64_t at;

    check(now >= commit->now);
    commit_settle(commit); /* what the last facts changed, at their time */
    commit->now = now;
    while (order_first(&commit->timers, &id, &at) && at <= now) {
        commit->evses[id].waits = false;
        commit_refresh(commit, id); /* its timer is later than now from then on */
    }
    commit_settle(commit);
}

/* --- facts ------------------------------------------------------------------------------- */

void commit_limits(struct commit *commit, uint32_t node, const int32_t limit_da[LINE_COUNT],
                   int64_t limit_w, utc_ms now)
{
    commit_advance(commit, now);
    tree_set_limits(commit->booked, node, limit_da, limit_w);
    tree_set_limits(commit->now_tree, node, limit_da, limit_w);
    tree_set_limits(commit->claimed, node, limit_da, limit_w);
    commit->room_grew = commit->over_unsure = commit->limits_changed = true;
}

void commit_base(struct commit *commit, uint32_t node, const int32_t base_da[LINE_COUNT],
                 int64_t base_w, utc_ms now)
{
    commit_advance(commit, now);
    tree_set_base(commit->booked, node, base_da, base_w);
    tree_set_base(commit->now_tree, node, base_da, base_w);
    tree_set_base(commit->claimed, node, base_da, base_w);
    commit->room_grew = commit->over_unsure = commit->limits_changed = true;
}

void commit_wires(struct commit *commit, uint32_t id, wire_set wires, uint8_t wires_live,
                  utc_ms now)
{
    struct evse *evse = &commit->evses[id];

    commit_advance(commit, now);
    evse->wires_next = wires;
    evse->wires_live_next = wires_live;
    evse->wires_wait = !evse->session;
    commit_refresh(commit, id);
}

void commit_leases_by(struct commit *commit, utc_ms drop_at, utc_ms now)
{
    commit_advance(commit, now);
    if (commit->drop_at == drop_at)
        return;
    commit->drop_at = drop_at;
    refresh_all(commit);
}

/* Leases that nobody can rely on have no end. */
static void distrust_leases(struct commit *commit, uint32_t station, bool linked)
{
    struct station *s = &commit->stations[station];

    if (linked || s->flight.until != COMMIT_LINKED)
        s->flight.until = UTC_NEVER;
    if (linked || s->late.until != COMMIT_LINKED)
        s->late.until = UTC_NEVER;
    for (uint32_t i = s->first; i < s->first + s->count; i++) {
        struct possible *profile = &commit->evses[i].profile;

        possible_prune(profile, commit->now);
        for (uint32_t k = 0; k < profile->count; k++)
            if (linked || profile->values[k].until != COMMIT_LINKED)
                profile->values[k].until = UTC_NEVER;
    }
}

void commit_trust(struct commit *commit, uint32_t station, const struct commit_trust *trust,
                  utc_ms now)
{
    struct station *s = &commit->stations[station];

    bool gained = s->judged && !s->trust.obeys && trust->obeys;

    check(trust->settle_ms >= 0);
    commit_advance(commit, now);
    s->judged = true;
    if ((s->trust.leases && !trust->leases) || (s->trust.linked && !trust->linked))
        distrust_leases(commit, station, s->trust.linked && !trust->linked);
    for (uint32_t i = s->first; i < s->first + s->count && gained; i++) {
        commit->evses[i].disobeys = commit->evses[i].exceeds = false;
        commit->evses[i].drew_da = 0;
        commit->evses[i].samples_over = 0;
        know_nothing(&commit->evses[i], commit->evses[i].session);
    }
    s->trust = *trust;
    if (!s->here)
        commit_unlink(commit, station);
    commit_refresh_station(commit, station);
}

static void shift(struct flight *flight, int64_t back)
{
    if (back > 0 && flight->until < COMMIT_LINKED - back)
        flight->until += back;
    if (back < 0 && flight->ends_at < COMMIT_LINKED)
        flight->ends_at += back; /* its clock went forward: ends earlier */
}

void commit_cleared(struct commit *commit, uint32_t station, utc_ms now)
{
    const struct station *s = &commit->stations[station];

    commit_advance(commit, now);
    for (uint32_t i = s->first; i < s->first + s->count; i++)
        know_nothing(&commit->evses[i], commit->evses[i].session);
    commit_refresh_station(commit, station);
}

void commit_clock(struct commit *commit, uint32_t station, int64_t offset_ms, utc_ms now)
{
    struct station *s = &commit->stations[station];
    int64_t back = s->offset_ms - offset_ms;
    bool leased = commit_leases(commit, s->first);

    commit_advance(commit, now);
    s->offset_ms = offset_ms;
    if (leased && !commit_leases(commit, s->first)) {
        distrust_leases(commit, station, false);
        commit_tell(commit, s->first, COMMIT_CLOCK);
    }
    shift(&s->flight, back);
    shift(&s->late, back);
    for (uint32_t i = s->first; i < s->first + s->count; i++) {
        struct layer *layer = &commit->evses[i].layers[LAYER_PROFILE];

        if (back > 0)
            possible_shift(&commit->evses[i].profile, back);
        else if (layer->ends_at < COMMIT_LINKED)
            layer->ends_at += back;
    }
    commit_refresh_station(commit, station);
}

/* A call of a session that is over. */
static void outlive(struct flight *flight, uint32_t evse)
{
    if (flight->evse == evse && flight->layer == LAYER_PROFILE)
        flight->is_old = true;
}

void commit_session(struct commit *commit, uint32_t id, bool runs, utc_ms now)
{
    struct evse *evse = &commit->evses[id];
    struct station *station = &commit->stations[evse->fixed.station];

    commit_advance(commit, now);
    evse->session = runs;
    evse->exceeds = false;
    if (!runs) {
        /* The station drops a session's profile with it: 1.6 §5.16.3, 2.0.1 K01.FR.09. A call that
         * may still be under way could meet the next session. */
        possible_end(&evse->profile, now + station->trust.settle_ms, false);
        evse->layers[LAYER_PROFILE] = (struct layer){ .wanted_da = -1, .confirmed_da = -1 };
        outlive(&station->flight, id);
        outlive(&station->late, id);
    }
    if (runs && evse->disobeys)
        commit_tell_again(commit, evse->fixed.station); /* it may listen now */
    evse->waits = false;
    commit_refresh(commit, id);
}

void commit_restate(struct commit *commit, uint32_t id, int32_t da, utc_ms now)
{
    struct evse *evse = &commit->evses[id];
    int32_t most;

    check(da >= 0);
    commit_advance(commit, now);
    if (evse->profile.count == 0)
        return;
    da = capped(evse, da);
    most = possible_most(&evse->profile, now);
    possible_add(&evse->profile, da, possible_until(&evse->profile), false);
    /* What it confirmed is the most of what that may mean, or nothing that can be relied on. */
    evse->layers[LAYER_PROFILE].confirmed_da = da > most ? da : -1;
    commit_refresh(commit, id);
}

/* Of one that is not proven: does it keep to what it said at least? */
static void doubt(struct commit *commit, uint32_t id, int32_t draw_da, utc_ms at)
{
    struct evse *evse = &commit->evses[id];

    if (at < evse->claim_fell_at || evse->exceeds || !evse->session)
        return;
    if (draw_da <= evse->claimed_da + commit->rules.tolerance_da) {
        evse->samples_over = 0;
        return;
    }
    if (++evse->samples_over < commit->rules.over_samples)
        return;
    evse->exceeds = true;
    commit_refresh(commit, id);
}

void commit_draw(struct commit *commit, uint32_t id, int32_t draw_da, utc_ms at, utc_ms now)
{
    struct evse *evse = &commit->evses[id];

    commit_advance(commit, now);
    if (at <= evse->draw_at || at < evse->fell_at)
        return; /* known, or from before the limit that it is held against */
    evse->draw_at = at;
    if (!commit->stations[evse->fixed.station].trust.obeys) {
        doubt(commit, id, draw_da, at);
        return;
    }
    if (evse->disobeys && draw_da > evse->drew_da) {
        evse->drew_da = draw_da;
        commit_refresh(commit, id);
    }
    if (draw_da <= evse->now_da + commit->rules.tolerance_da) {
        evse->samples_over = 0;
        return;
    }
    if (evse->disobeys || ++evse->samples_over < commit->rules.over_samples)
        return;
    evse->disobeys = true;
    evse->drew_da = draw_da;
    commit_tell_again(commit, evse->fixed.station); /* it may have forgotten */
    commit_tell(commit, id, COMMIT_DISOBEYS);
    commit_refresh(commit, id);
}

/* --- asked ------------------------------------------------------------------------------- */

void commit_tell(struct commit *commit, uint32_t id, enum commit_news news)
{
    struct evse *evse = &commit->evses[id];

    commit->logs += news == COMMIT_LOG && (evse->news & 1u << COMMIT_LOG) == 0;
    evse->news = (uint8_t)(evse->news | 1u << news);
    if (evse->told)
        return;
    evse->told = true;
    commit->told[(commit->told_first + commit->told_count++) % commit->evse_count] = id;
}

static bool report_limits(struct commit *commit, struct commit_report *report)
{
    if (commit->over_told) {
        commit->over_told = false;
        *report = (struct commit_report){ .news = COMMIT_OVER, .excess = commit->excess };
        return true;
    }
    if (commit->below_told) {
        commit->below_told = false;
        *report = (struct commit_report){ .news = COMMIT_BELOW, .ms = commit->over_ms };
        return true;
    }
    return false;
}

bool commit_report(struct commit *commit, struct commit_report *report)
{
    uint32_t id;
    struct evse *evse;
    uint8_t news = 0;

    commit_settle(commit);
    if (report_limits(commit, report))
        return true;
    if (commit->told_count == 0)
        return false;
    id = commit->told[commit->told_first];
    evse = &commit->evses[id];
    while ((evse->news & 1u << news) == 0)
        news++;
    evse->news = (uint8_t)(evse->news & ~(1u << news));
    if (evse->news == 0) {
        evse->told = false;
        commit->told_first = (commit->told_first + 1) % commit->evse_count;
        commit->told_count--;
    }
    *report = (struct commit_report){ .news = (enum commit_news)news,
                                      .evse = id,
                                      .station = evse->fixed.station };
    if (news == COMMIT_LOG) {
        commit->logs--;
        report->durable = commit_durable(commit, id);
        report->log_first = commit_is_higher(&report->durable, &evse->logged);
        evse->logged = report->durable;
    }
    return true;
}

struct commit_state commit_state(const struct commit *commit, uint32_t id)
{
    const struct evse *evse = &commit->evses[id];
    const struct station *station = &commit->stations[evse->fixed.station];
    const struct layer *profile = &evse->layers[LAYER_PROFILE];
    bool obeys = station->trust.obeys && !evse->disobeys;

    return (struct commit_state){
        .booked_da = evse->booked_da,
        .now_da = evse->now_da,
        .claimed_da = evse->claimed_da,
        .floor_da = obeys ? capped(evse, commit_floor(commit, id)) : evse->fixed.cap_da,
        .confirmed_da = profile->confirmed_da,
        .ends_at = profile->confirmed_da < 0           ? UTC_UNKNOWN
                   : profile->ends_at == COMMIT_LINKED ? UTC_NEVER
                                                       : profile->ends_at,
        .steerable = is_steerable(commit, evse),
        .changing = (station->flight.id != 0 && station->flight.evse == id) ||
                    evse->profile.count > 1 || evse->failsafe.count > 1,
        .disobeys = evse->disobeys,
    };
}

uint64_t commit_moves(const struct commit *commit)
{
    return commit->moves;
}

bool commit_over(struct commit *commit, struct tree_excess *excess)
{
    commit_settle(commit);
    if (commit->over)
        *excess = commit->excess;
    return commit->over;
}

bool commit_fits(const struct commit *commit, uint32_t id)
{
    struct tree_excess excess;
    int32_t node = (int32_t)tree_leaf(commit->booked, id)->node;

    for (; node >= 0; node = tree_node(commit->booked, (uint32_t)node)->parent)
        if (tree_over(commit->booked, (uint32_t)node, &excess))
            return false;
    return true;
}

const struct tree *commit_tree(const struct commit *commit)
{
    return commit->booked;
}
