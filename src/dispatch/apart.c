/* apart.c: limits of single phases (2.1 limit_L2, limit_L3).
 *
 * A car that told the most of each phase by itself (ISO 15118-20) may be given more on the phases
 * that are not full (2.1 K01.FR.142 to FR.147). Its share is decided and booked by commit as for
 * all cars: the same on each phase. What a phase has beyond that is taken from what is left when
 * everybody has his share, and booked as a load at its outlet: before it is said, and until a lower
 * one has been confirmed and has settled. So a limit is kept line by line, nobody gets less for it,
 * and it goes as soon as somebody wants the room. */
#include "dispatch/decides.h"
#include "dispatch/tells.h"

enum {
    LEAST_DA = 10,
    STEADY_DA = 20, /* a rise of less is not worth a call */
};

/* By line, and all together. */
struct room {
    int64_t da[LINE_COUNT], w;
};

struct view {
    struct power_site *site;
    utc_ms now;
    struct room
        *kept; /* by node: what others will have and have not yet, less all that is beyond */
    struct room *raised; /* booked in this round, and not yet known to commit */
};

static const struct document_evse *known_of(const struct power_evse *evse)
{
    return &evse->station->site->document.evses[evse->index];
}

static int line_of(const struct power_evse *evse, int terminal)
{
    return rotation_line((enum rotation)known_of(evse)->rotation, terminal);
}

static int32_t most_of(const int32_t da[LINE_COUNT])
{
    int32_t most = da[0] > da[1] ? da[0] : da[1];

    return most > da[2] ? most : da[2];
}

static int64_t watts(const struct power_evse *evse, int64_t da)
{
    return da * known_of(evse)->leaf.volts / 10;
}

/* --- who ------------------------------------------------------------------ */

static bool crosses_transformer(const struct power_evse *evse)
{
    const struct power_site *site = evse->station->site;

    for (int32_t node = (int32_t)known_of(evse)->leaf.node; node >= 0;
         node = site->nodes[node].parent)
        if (site->nodes[node].ratio_permille)
            return true;
    return false;
}

static bool can(const struct power_evse *evse)
{
    const struct document_evse *known = known_of(evse);
    const struct power_station *station = evse->station;

    return station->protocol == PROTOCOL_21 && station->here && !station->probe &&
           evse->car.session && evse->car.phase_max_da[1] > 0 && evse->car.phase_max_da[2] > 0 &&
           !evse->car.wires && !evse->car.priority && !known->is_dc &&
           known->leaf.wires == WIRES_THREE_PHASE && known->leaf.wires_live == LINE_COUNT;
}

static bool is_limited(const struct site_verdict *verdict)
{
    return (verdict->why == WHY_LIMIT || verdict->why == WHY_SHARED) && verdict->line >= 0;
}

/* It has a share, and a full phase is why it has no more; or it had, and nothing is changed. */
static bool wants(const struct power_evse *evse, utc_ms now)
{
    const struct site_verdict *verdict = &evse->verdict;
    const struct commit_state state = commit_state(evse->station->site->commit, evse->index);
    bool stays = (verdict->why == WHY_STEADY || verdict->why == WHY_RAMP) &&
                 most_of(evse->apart.want_da) > 0;

    return can(evse) && state.steerable && !state.disobeys && verdict->target_da > 0 &&
           evse->outside_da < 0 && !is_overridden(evse, now) && (is_limited(verdict) || stays) &&
           !crosses_transformer(evse);
}

/* --- how much --------------------------------------------------------------- */

static void add_on_path(const struct power_site *site, struct room *rooms, uint32_t node,
                        const struct room *more, int sign)
{
    for (int32_t i = (int32_t)node; i >= 0; i = site->nodes[i].parent) {
        for (int line = 0; line < LINE_COUNT; line++)
            rooms[i].da[line] += sign * more->da[line];
        rooms[i].w += sign * more->w;
    }
}

static struct room beyond(const struct power_evse *evse, const int32_t da[LINE_COUNT])
{
    struct room room = { .w = watts(evse, (int64_t)da[0] + da[1] + da[2]) };

    for (int terminal = 0; terminal < LINE_COUNT; terminal++)
        room.da[line_of(evse, terminal)] += da[terminal];
    return room;
}

/* Decided, and not booked yet: it waits for room. On all lines that it may use. */
static struct room pending(const struct power_evse *evse)
{
    const struct power_site *site = evse->station->site;
    int32_t booked_da = commit_state(site->commit, evse->index).booked_da;
    int32_t more_da = evse->car.session ? evse->verdict.target_da - booked_da : 0;
    struct room room = { 0 };

    if (more_da <= 0)
        return room;
    room.da[0] = room.da[1] = room.da[2] = more_da;
    room.w = watts(evse, (int64_t)more_da * LINE_COUNT);
    return room;
}

static int64_t least(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* What is free for one line of the EVSE on its way to the grid: when all have what they are to have
 * (`settled`), or now. */
static int64_t free_da(const struct view *view, const struct power_evse *evse, int line,
                       bool settled)
{
    const struct power_site *site = view->site;
    int64_t most = INT32_MAX;

    for (int32_t i = (int32_t)known_of(evse)->leaf.node; i >= 0; i = site->nodes[i].parent) {
        const struct tree_node *node = &site->nodes[i];
        const struct room *other = settled ? &view->kept[i] : &view->raised[i];
        struct room sums;

        tree_sums(commit_tree(site->commit), (uint32_t)i, sums.da, &sums.w);
        if (node->limit_da[line] != TREE_NO_LIMIT_DA)
            most = least(most, node->limit_da[line] - sums.da[line] - other->da[line]);
        if (node->limit_w != TREE_NO_LIMIT_W)
            most =
                least(most, (node->limit_w - sums.w - other->w) * 10 / known_of(evse)->leaf.volts);
    }
    return most > 0 ? most : 0;
}

static int32_t in_steps(const struct power_evse *evse, int64_t da)
{
    int32_t whole = (int32_t)(evse->station->behaviour.tenths == PROOF_YES ? da : da - da % 10);

    return whole < LEAST_DA ? 0 : whole;
}

/* Beyond its share, on one terminal. */
static int32_t goal(const struct view *view, const struct power_evse *evse, int terminal)
{
    const struct power_apart *apart = &evse->apart;
    int32_t target_da = evse->verdict.target_da, had_da = apart->want_da[terminal];
    int line = line_of(evse, terminal);
    int64_t da = free_da(view, evse, line, true);

    da = least(da, known_of(evse)->max_da - target_da);
    da = least(da, evse->car.phase_max_da[terminal] - target_da);
    if (!is_limited(&evse->verdict) || da < had_da + STEADY_DA)
        da = least(da, had_da);
    if (da > apart->booked_da[terminal])
        da = least(da, apart->booked_da[terminal] + free_da(view, evse, line, false));
    return da > 0 ? in_steps(evse, da) : 0;
}

static void book(struct view *view, struct power_evse *evse, int terminal, int32_t want_da)
{
    struct power_apart *apart = &evse->apart;
    int32_t more_da = want_da - apart->booked_da[terminal];
    int line = line_of(evse, terminal);
    uint32_t node = known_of(evse)->leaf.node;
    struct room room = { .w = watts(evse, want_da) };

    apart->want_da[terminal] = want_da;
    room.da[line] = want_da;
    add_on_path(view->site, view->kept, node, &room, 1);
    if (more_da <= 0)
        return;
    room = (struct room){ .w = watts(evse, more_da) };
    room.da[line] = more_da;
    add_on_path(view->site, view->raised, node, &room, 1);
    apart->booked_da[terminal] = want_da;
    view->site->has_apart = true;
}

static bool is_told(const struct power_apart *apart)
{
    return memcmp(apart->want_da, apart->told_da, sizeof apart->want_da) == 0;
}

/* False: nobody wants any. */
static bool look(struct view *view, struct arena *arena)
{
    struct power_site *site = view->site;
    bool any = false;

    for (uint32_t i = 0; i < site->document.evse_count; i++)
        any = any || wants(&site->evses[i], view->now);
    if (!any)
        return false;
    view->kept = ARENA_NEW_ARRAY(arena, struct room, site->document.node_count);
    view->raised = ARENA_NEW_ARRAY(arena, struct room, site->document.node_count);
    if (!view->kept || !view->raised)
        return false;
    for (uint32_t i = 0; i < site->document.evse_count; i++) {
        const struct power_evse *evse = &site->evses[i];
        struct room waits = pending(evse), has = beyond(evse, evse->apart.booked_da);

        add_on_path(site, view->kept, known_of(evse)->leaf.node, &waits, 1);
        add_on_path(site, view->kept, known_of(evse)->leaf.node, &has, -1);
    }
    return true;
}

void apart_decide(struct power_site *site, utc_ms now)
{
    struct view view = { .site = site, .now = now };
    struct arena arena;
    bool any;

    if (!site->has_apart && !site->apart_cars)
        return;
    arena_init(&arena, &site->dispatch->engine->pool, 0);
    any = look(&view, &arena);
    for (uint32_t i = 0; i < site->document.evse_count; i++) {
        struct power_evse *evse = &site->evses[i];
        bool wanted = any && wants(evse, now);

        for (int terminal = 0; terminal < LINE_COUNT; terminal++) {
            if (wanted)
                book(&view, evse, terminal, goal(&view, evse, terminal));
            else
                evse->apart.want_da[terminal] = 0;
        }
    }
    arena_reset(&arena);
    limits_tell(site, now); /* booked before it is said */
    for (uint32_t i = 0; i < site->document.evse_count; i++)
        if (site->evses[i].car.session && !is_told(&site->evses[i].apart))
            commit_asked(site->commit, i, now);
}

/* --- as a load ---------------------------------------------------------------- */

static void settle(struct power_apart *apart, utc_ms now)
{
    if (apart->settled_at == 0 || apart->settled_at > now)
        return;
    apart->settled_at = 0;
    for (int terminal = 0; terminal < LINE_COUNT; terminal++)
        apart->booked_da[terminal] = apart->told_da[terminal] > apart->want_da[terminal]
                                         ? apart->told_da[terminal]
                                         : apart->want_da[terminal];
}

static void add_all(struct power_site *site, int sign)
{
    for (uint32_t i = 0; i < site->document.evse_count; i++) {
        const struct power_evse *evse = &site->evses[i];
        struct tree_node *node = &site->nodes[known_of(evse)->leaf.node];
        struct room more;

        if (most_of(evse->apart.booked_da) == 0)
            continue;
        more = beyond(evse, evse->apart.booked_da);
        for (int line = 0; line < LINE_COUNT; line++)
            node->base_da[line] += (int32_t)(sign * more.da[line]);
        node->base_w += sign * more.w;
    }
}

bool apart_load(struct power_site *site, utc_ms now)
{
    bool any = false;

    if (!site->has_apart)
        return false;
    for (uint32_t i = 0; i < site->document.evse_count; i++) {
        settle(&site->evses[i].apart, now);
        any = any || most_of(site->evses[i].apart.booked_da) > 0 ||
              site->evses[i].apart.settled_at != 0;
    }
    add_all(site, 1);
    site->has_apart = any;
    return true;
}

void apart_unload(struct power_site *site)
{
    add_all(site, -1);
}

utc_ms apart_next_change(const struct power_site *site)
{
    utc_ms next = UTC_NEVER;

    for (uint32_t i = 0; site->has_apart && i < site->document.evse_count; i++) {
        utc_ms at = site->evses[i].apart.settled_at;
        if (at != 0 && at < next)
            next = at;
    }
    return next;
}

/* --- said and answered --------------------------------------------------------- */

void apart_sending(struct power_evse *evse)
{
    struct power_apart *apart = &evse->apart;

    if (evse->car.priority) /* K01.FR.143: of a session's own profile alone */
        memset(apart->want_da, 0, sizeof apart->want_da);
    memcpy(apart->told_da, apart->want_da, sizeof apart->told_da);
    apart->said = apart->said || most_of(apart->told_da) > 0;
    apart->settled_at = most_of(apart->booked_da) > 0 ? UTC_NEVER : 0;
}

bool apart_rises(const struct power_evse *evse)
{
    const struct power_apart *apart = &evse->apart;

    for (int terminal = 0; terminal < LINE_COUNT; terminal++)
        if (apart->booked_da[terminal] > apart->written_da[terminal])
            return true;
    return false;
}

void apart_write(struct power_evse *evse, struct limit_row *row)
{
    const int32_t *booked_da = evse->apart.booked_da;

    row->more_1_da = booked_da[0];
    row->more_2_da = booked_da[1];
    row->more_3_da = booked_da[2];
    memcpy(evse->apart.written_da, booked_da, sizeof evse->apart.written_da);
}

void apart_read(struct power_evse *evse, const struct limit_row *row)
{
    const int64_t more_da[LINE_COUNT] = { row->more_1_da, row->more_2_da, row->more_3_da };
    struct power_apart *apart = &evse->apart;

    for (int terminal = 0; terminal < LINE_COUNT; terminal++)
        if (more_da[terminal] > 0 && more_da[terminal] <= TREE_DA_MAX)
            apart->booked_da[terminal] = apart->written_da[terminal] = (int32_t)more_da[terminal];
    if (most_of(apart->booked_da) == 0)
        return;
    apart->said = true;
    apart->settled_at = UTC_NEVER; /* until it has answered to another */
    evse->station->site->has_apart = true;
}

void apart_shape(const struct power_evse *evse, int32_t da, struct charging_period *period)
{
    const struct power_apart *apart = &evse->apart;
    const struct behaviour *known = &evse->station->behaviour;
    int32_t limits[LINE_COUNT];

    if (!apart->said || evse->car.priority || period->phases == 1)
        return; /* one that was told so once is told so until its session ends */
    for (int terminal = 0; terminal < LINE_COUNT; terminal++)
        limits[terminal] =
            behaviour_limit(known, da + apart->told_da[terminal], unit_volts_dv(evse), 1);
    period->limit = limits[0];
    period->limit_2 = limits[1];
    period->limit_3 = limits[2];
}

void apart_answered(struct power_evse *evse, enum commit_result result, utc_ms now)
{
    struct power_apart *apart = &evse->apart;

    if (result == COMMIT_REJECTED && most_of(apart->told_da) > 0) {
        memset(evse->car.phase_max_da, 0,
               sizeof evse->car.phase_max_da); /* not of this car, then */
        memset(apart->want_da, 0, sizeof apart->want_da);
        apart->said = false;
    }
    if (result == COMMIT_ACCEPTED && apart->settled_at == UTC_NEVER)
        apart->settled_at = now + behaviour_trust(&evse->station->behaviour).settle_ms;
}

/* The station's maximum would cut the higher phases to the lowest: limits of single phases are a
 * session's alone (K01.FR.143). Nothing that is booked counts on it. It is written once, since
 * stations keep it in flash. */
int32_t apart_ceiling(const struct power_station *station)
{
    const struct power_site *site = station->site;
    int32_t most_da = station->ceiling_da;

    for (uint32_t i = 0; station->apart_seen && i < station->evse_count; i++) {
        int32_t max_da = site->document.evses[station->evse_first + i].max_da;
        most_da = max_da > most_da ? max_da : most_da;
    }
    return most_da;
}

void apart_begin(struct power_evse *evse)
{
    struct power_station *station = evse->station;

    station->site->apart_cars = true;
    if (station->apart_seen || !can(evse))
        return;
    station->apart_seen = true;
    commit_station_max(station->site->commit, station->index, apart_ceiling(station),
                       dispatch_now(station->site->dispatch));
    send_soon(station->site);
}

void apart_end(struct power_evse *evse)
{
    struct power_apart *apart = &evse->apart;
    bool flies = evse->station->flying.tag && evse->station->flying.evse == evse->index;

    memset(apart->want_da, 0, sizeof apart->want_da);
    memset(apart->told_da, 0, sizeof apart->told_da);
    apart->said = false;
    if (most_of(apart->booked_da) > 0)
        apart->settled_at = dispatch_now(evse->station->site->dispatch) +
                            (flies ? behaviour_trust(&evse->station->behaviour).settle_ms : 0);
}

/* --- seen ------------------------------------------------------------------------ */

int32_t apart_drawn(const struct power_evse *evse, const struct power_meter *meter, int32_t da)
{
    const struct power_apart *apart = &evse->apart;
    int32_t most = POWER_NONE;

    if (most_of(apart->booked_da) == 0 || da < 0)
        return da;
    for (int terminal = 0; terminal < LINE_COUNT; terminal++) {
        int32_t drawn = meter->current_da[terminal];
        if (drawn != POWER_UNKNOWN && drawn - apart->booked_da[terminal] > most)
            most = drawn - apart->booked_da[terminal];
    }
    if (most < 0)
        most = da - most_of(apart->booked_da);
    return most > 0 ? most : 0;
}

int32_t apart_most(const struct power_evse *evse)
{
    return most_of(evse->apart.booked_da);
}

int64_t apart_w(const struct power_evse *evse)
{
    const int32_t *told_da = evse->apart.told_da;

    return watts(evse, (int64_t)told_da[0] + told_da[1] + told_da[2]);
}
