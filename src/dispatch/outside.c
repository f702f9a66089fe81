/* outside.c: limits on a station that are not ours, and what a car plans by itself.
 *
 * An energy manager or the grid may limit a station past us (2.0.1 K12, K13). While that holds
 * nothing above it is given, which would be lost for others; it raises nothing, and what is booked
 * counts on our own limits alone. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/schedule.h"
#include "dispatch/tells.h"

enum { OUTSIDE_MAX = 16 /* of a station */, SCRATCH = 1 << 15 };

/* --- in force ------------------------------------------------------------------- */

static utc_ms start_of(const struct outside_row *row)
{
    return row->start_at == UTC_UNKNOWN ? row->at : row->start_at;
}

/* The limit of a row now, in its unit; -1: none. `next` is brought forward to when that changes. */
static int32_t in_force(const struct outside_row *row, utc_ms now, utc_ms *next)
{
    const struct charging_period *period;
    struct charging_period *periods;
    utc_ms start = start_of(row);
    int32_t limit = -1;
    struct arena arena;
    uint32_t count = 0;

    arena_init(&arena, NULL, SCRATCH);
    if (schedule_read(row->periods, &arena, &periods, &count) == ERR_NONE && count) {
        period = now < start ? NULL
                             : charging_period_at(periods, count, (int32_t)row->duration_s,
                                                  (now - start) / 1000);
        limit = period ? period->limit : -1;
        for (uint32_t i = 0; i < count; i++) {
            utc_ms at = start + periods[i].start_s * INT64_C(1000);
            *next = at > now && at < *next ? at : *next;
        }
        start += row->duration_s * 1000;
        if (row->duration_s > 0 && start > now && start < *next)
            *next = start;
    }
    arena_reset(&arena);
    return limit;
}

/* On each wire, with what is known of the car's phases. */
static int32_t da_of(const struct power_evse *evse, const struct outside_row *row, int32_t limit)
{
    const struct document_evse *known = &evse->station->site->document.evses[evse->index];
    int32_t seen = car_phases(&evse->car.seen);
    int32_t volts_dv = known->leaf.volts * 10;

    if (row->unit == CHARGE_A && !known->is_dc)
        return limit;
    if (row->unit == CHARGE_A)
        return POWER_NONE; /* of a DC cable whose voltage nobody tells */
    if (known->is_dc)
        return charging_da_within((int32_t)((int64_t)limit * 1000 / known->efficiency_permille),
                                  volts_dv, 3);
    return charging_da_within(limit, volts_dv, seen > 0 ? seen : known->leaf.wires_live);
}

const struct outside_row *outside_of(const struct power_evse *evse, utc_ms now, int32_t *da,
                                     utc_ms *next)
{
    const struct world *world = &evse->station->site->dispatch->engine->world;
    const struct outside_row *row = NULL, *least = NULL;

    *da = POWER_NONE;
    while (evse->station->row &&
           (row = world_next_of(world, ROW_outside, evse->station->row, row))) {
        int32_t limit, here_da;

        if (row->evse != 0 && row->evse != evse->number)
            continue;
        limit = in_force(row, now, next);
        here_da = limit < 0 ? POWER_NONE : da_of(evse, row, limit);
        if (here_da >= 0 && (*da < 0 || here_da < *da)) {
            *da = here_da;
            least = row;
        }
    }
    return least;
}

utc_ms outside_next_change(const struct power_site *site, utc_ms now)
{
    utc_ms next = UTC_NEVER;
    int32_t da;

    if (world_count(&site->dispatch->engine->world, ROW_outside) == 0)
        return next;
    for (uint32_t i = 0; i < site->document.evse_count; i++)
        (void)outside_of(&site->evses[i], now, &da, &next); /* for when it changes alone */
    return next;
}

static int32_t station_node(const struct power_site *site, const struct power_station *station)
{
    int32_t node = (int32_t)site->document.evses[station->evse_first].leaf.node;

    while (node >= 0 && site->document.nodes[node].kind != NODE_STATION)
        node = site->document.nodes[node].tree.parent;
    return node;
}

/* What a whole station is limited to is shared by its EVSEs: in a decision, not in what is booked.
 */
void outside_narrow(const struct power_site *site, struct tree_node *nodes, utc_ms now)
{
    const struct world *world = &site->dispatch->engine->world;
    utc_ms next = UTC_NEVER;

    if (world_count(world, ROW_outside) == 0)
        return;
    for (uint32_t i = 0; i < site->station_count; i++) {
        const struct power_station *station = &site->stations[i];
        int32_t node = station->evse_count > 1 ? station_node(site, station) : -1;
        const struct outside_row *row = NULL;

        while (node >= 0 && station->row &&
               (row = world_next_of(world, ROW_outside, station->row, row))) {
            int32_t limit = row->evse == 0 ? in_force(row, now, &next) : -1;

            if (limit >= 0 && row->unit == CHARGE_W && limit < nodes[node].limit_w)
                nodes[node].limit_w = limit;
            for (int line = 0; limit >= 0 && row->unit == CHARGE_A && line < LINE_COUNT; line++)
                if (limit < nodes[node].limit_da[line])
                    nodes[node].limit_da[line] = limit;
        }
    }
}

/* --- told ------------------------------------------------------------------------ */

struct told {
    int64_t station;
    int32_t evse;
    struct str source;
    bool critical, has_schedule, booted;
    const struct charging_profile *profile;
    utc_ms at;
};

static void changed(struct engine *engine, void *data)
{
    struct power_station *station =
        dispatch_find_station(dispatch_of(engine), *(const int64_t *)data);

    if (station)
        decide_at_once(station->site, "outside");
}

static const struct outside_row *known_row(struct turn *turn, const struct told *told)
{
    const struct outside_row *row = NULL, *oldest = NULL;
    uint32_t count = 0;

    while ((row = world_next_of(turn_world(turn), ROW_outside, told->station, row))) {
        if (row->evse == told->evse && str_equal(row->source, told->source))
            return row;
        oldest = row;
        count++;
    }
    return count >= OUTSIDE_MAX ? oldest : NULL;
}

static enum err set_turn(struct turn *turn)
{
    const struct told *told = turn->input;
    const struct outside_row *before = known_row(turn, told);
    struct outside_row *row = before ? TURN_EDIT(turn, outside, before) : TURN_NEW(turn, outside);

    row->station = told->station;
    row->evse = told->evse;
    row->source = told->source;
    row->critical = told->critical;
    row->unit = told->profile->unit;
    row->start_at = told->profile->start_at;
    row->at = told->at;
    row->periods = STR_NONE;
    row->duration_s = 0;
    turn_after(turn, changed, &told->station, sizeof told->station);
    return told->has_schedule ? schedule_write(told->profile, charging_lowest, turn->arena,
                                               &row->periods, &row->duration_s)
                              : ERR_NONE;
}

static enum err clear_turn(struct turn *turn)
{
    const struct told *told = turn->input;
    const struct outside_row *row = NULL;

    while ((row = world_next_of(turn_world(turn), ROW_outside, told->station, row))) {
        bool meant = (told->evse == 0 || row->evse == told->evse) &&
                     (told->source.len == 0 || str_equal(row->source, told->source));
        if (told->booted || meant)
            turn_delete(turn, ROW_outside, row);
    }
    turn_after(turn, changed, &told->station, sizeof told->station);
    return ERR_NONE;
}

/* Not on disk: the station obeys it all the same, and it is told again at the next boot. */
static void go(struct power_station *station, enum err (*fn)(struct turn *turn),
               const struct told *told)
{
    struct turn *turn = engine_turn(station->site->dispatch->engine, fn, told, sizeof *told);

    if (turn)
        (void)engine_go(turn);
}

void outside_set(struct power_station *station, const struct power_event *event)
{
    const struct told told = { .station = station->row,
                               .evse = event->evse,
                               .source = str_of(event->source),
                               .critical = event->is_critical,
                               .has_schedule = event->has_schedule,
                               .profile = &event->profile,
                               .at = event->received_at };

    go(station, set_turn, &told);
}

/* Of one that told it when it came, that counts. */
void outside_reported(struct power_station *station, const struct power_event *event)
{
    const struct world *world = &station->site->dispatch->engine->world;
    const struct outside_row *row = NULL;

    while ((row = world_next_of(world, ROW_outside, station->row, row)))
        if (str_equal(row->source, str_of(event->source)))
            return;
    outside_set(station, event);
}

void outside_cleared(struct power_station *station, const struct power_event *event)
{
    const struct told told = { .station = station->row,
                               .evse = event->evse,
                               .source = str_of(event->source) };

    go(station, clear_turn, &told);
}

void outside_booted(struct power_station *station)
{
    const struct told told = { .station = station->row, .booted = true };

    if (world_next_of(&station->site->dispatch->engine->world, ROW_outside, station->row, NULL))
        go(station, clear_turn, &told);
}

/* --- what the car plans ------------------------------------------------------------ */

struct planned {
    int64_t session;
    const struct charging_profile *profile;
    utc_ms at;
    bool refused;
};

static enum err plan_turn(struct turn *turn)
{
    const struct planned *planned = turn->input;
    struct car_plan_row *row = TURN_NEW(turn, car_plan);

    row->session = planned->session;
    row->at = planned->at;
    row->unit = planned->profile->unit;
    row->refused = planned->refused;
    row->start_at = planned->profile->start_at;
    return schedule_write(planned->profile, charging_together, turn->arena, &row->periods,
                          &row->duration_s);
}

/* What the car may have by what its station was told; -1: it was told nothing. */
static int32_t told_da(const struct power_evse *evse)
{
    const struct power_station *station = evse->station;
    int32_t da = commit_state(station->site->commit, evse->index).confirmed_da;

    if (station->flying.tag && station->flying.evse == evse->index &&
        station->flying.layer == LAYER_PROFILE && station->flying.limit_da > da)
        da = station->flying.limit_da;
    return da;
}

static int64_t told_w(const struct power_evse *evse, int32_t da)
{
    const struct document_evse *known = &evse->station->site->document.evses[evse->index];
    bool single = unit_phase(evse, LAYER_PROFILE).phases == 1;

    return known->is_dc ? unit_limit(evse, LAYER_PROFILE, da)
                        : (int64_t)da * known->leaf.volts * (single ? 1 : LINE_COUNT) / 10;
}

bool outside_covers(const struct power_evse *evse, const struct charging_profile *plan)
{
    enum { SLACK_PERCENT = 102, SLACK_DA = 1 };
    int32_t da = evse->car.session ? told_da(evse) : POWER_NONE;
    int64_t most = plan->unit == CHARGE_W ? told_w(evse, da) * SLACK_PERCENT / 100 : da + SLACK_DA;

    for (uint32_t i = 0; da >= 0 && i < plan->period_count; i++)
        if (charging_together(&plan->periods[i], plan->unit) > most)
            return false;
    return true;
}

/* It is told its limit once more, to plan anew (K15.FR.13); one that goes on so, once a minute. */
static void renegotiate(struct power_evse *evse, utc_ms now)
{
    enum { AGAIN_MS = 60000 };

    if (evse->car.refused_at && now - evse->car.refused_at < AGAIN_MS)
        return;
    evse->car.refused_at = now;
    evse->car.wants_schedule = true;
    decide_soon(evse->station->site, "need");
}

void outside_car_plan(struct power_evse *evse, const struct power_event *event)
{
    const struct planned planned = { .session = evse ? evse->car.session : 0,
                                     .profile = &event->profile,
                                     .at = event->received_at,
                                     .refused = event->is_refused };
    struct turn *turn;

    if (!planned.session || !event->has_schedule)
        return;
    turn = engine_turn(evse->station->site->dispatch->engine, plan_turn, &planned, sizeof planned);
    if (turn)
        (void)engine_go(turn); /* shown, and nothing else */
    if (event->is_refused)
        renegotiate(evse, dispatch_now(evse->station->site->dispatch));
}
