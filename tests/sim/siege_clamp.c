/* The clamp: what truly flows, each second, and what would have fitted. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/evse_inner.h"
#include "sim/siege.h"

enum { OURS_FROM = 7000000 }; /* ids of profiles: docs/charging-limits.md */

static void fail(struct run *run, const char *what, int line, int64_t line_ma, int64_t limit_ma)
{
    yard_tell(&run->yard);
    (void)fprintf(stderr, "%s, seed %llu at +%lld s: %s L%d: %lld mA, limit %lld mA\n",
                  run->attack->name, (unsigned long long)run->yard.seed,
                  (long long)(run->yard.place.world.now - run->yard.start_at) / 1000, what,
                  line + 1, (long long)line_ma, (long long)limit_ma);
    exit(1);
}

/* Those of the server. */
static struct profiles ours(const struct sim_station *station, struct profile *room[PROFILES_MAX])
{
    struct profiles out = { .items = room };

    for (uint32_t i = 0; i < station->profiles.count; i++)
        if (station->profiles.items[i]->id >= OURS_FROM)
            room[out.count++] = station->profiles.items[i];
    return out;
}

/* What an EVSE may draw, by the server's profiles that its station holds, taken as they are meant:
 * per phase, in mA. */
static int32_t honest_ma(const struct sim_station *station, const struct sim_evse *evse)
{
    struct profile *room[PROFILES_MAX];
    const struct profiles held = ours(station, room);
    const struct sim_model *model = station->setup.model;
    struct profile_query query = { .evse = evse->number,
                                   .transaction = evse->tx ? evse->tx->number : 0,
                                   .transaction_at = evse->tx ? evse->tx->started_at : 0,
                                   .now = sim_station_clock(station) + station->control.zone_ms,
                                   .voltage_mv = 230000,
                                   .phases = model->phases,
                                   .offline_since = UTC_NEVER };
    int32_t limit = profiles_evse_limit(&held, &query, false);

    if (evse->tx && evse->tx->told_ma > 0 && evse->tx->told_ma < limit)
        limit = evse->tx->told_ma;
    return limit < model->current_ma ? limit : model->current_ma;
}

/* What the server knows of it; false: nothing. */
static bool known_of(struct run *run, const struct sim_station *station, int32_t evse,
                     struct dispatch_evse_state *known)
{
    struct engine *engine = &run->yard.place.server.engine;
    const struct station_row *row = world_find_name(&engine->world, ROW_station, station->setup.id);

    return row && run->yard.place.server.up &&
           dispatch_evse_state(engine, row->id, evse, &run->yard.arena, known) == ERR_NONE;
}

/* What its station said yes to last, or has to fall back to, by what the server knows. */
static int32_t confirmed_ma(struct run *run, const struct sim_station *station, int32_t evse)
{
    struct dispatch_evse_state known;

    if (!known_of(run, station, evse, &known))
        return FAILSAFE_MA;
    return (int32_t)(known.confirmed_da >= 0 ? known.confirmed_da : known.failsafe_da) * 100;
}

static int32_t above(int32_t value, int32_t limit)
{
    return value > limit ? value - limit : 0;
}

/* What each line carries, what of it is a fresh lie, what the cars would like. */
struct flow {
    int64_t ma[LINES], lie_ma[LINES], want_ma[LINES];
    int64_t lie_ms; /* the longest of them is so old */
};

/* So much of what the EVSE draws is a lie that nobody could know of yet. */
static int32_t fresh_ma(struct run *run, const struct sim_station *station, uint32_t k,
                        int32_t lie_ma)
{
    struct lie *lie = &run->lies[station - run->yard.place.world.stations][k];
    utc_ms now = run->yard.place.world.now;
    int64_t settle_ms = run->attack->proven ? SETTLE_MS : SETTLE_UNKNOWN_MS;
    struct dispatch_evse_state known;

    if (lie_ma == 0) {
        lie->since = UTC_NEVER;
        return 0;
    }
    if (lie->since == UTC_NEVER) {
        lie->since = now;
        /* Who has shown since that it obeys may break that once more. */
        lie->old = lie->old && (!known_of(run, station, station->evses[k].number, &known) ||
                                !known.proven || known.disobeys);
    }
    lie->old = lie->old || now - lie->since > settle_ms + FOUND_MS + ROOM_MS;
    return lie->old ? 0 : lie_ma;
}

static bool holds(const struct sim_station *station, enum profile_purpose purpose, int32_t evse)
{
    for (uint32_t i = 0; i < station->profiles.count; i++) {
        const struct profile *profile = station->profiles.items[i];
        if (profile->purpose == purpose && (profile->evse == 0 || profile->evse == evse))
            return true;
    }
    return false;
}

/* What the EVSE draws beyond what its station confirmed, or has to fall back to. */
static int32_t lie_of(struct run *run, const struct sim_station *station,
                      const struct sim_evse *evse, bool forgot)
{
    if (forgot && !holds(station, PROFILE_TX, evse->number) &&
        !holds(station, PROFILE_TX_DEFAULT, evse->number))
        return above(evse->draw.current_ma, confirmed_ma(run, station, evse->number));
    return run->attack->liars ? above(evse->draw.current_ma, honest_ma(station, evse)) : 0;
}

static bool has_forgotten(struct run *run, uint32_t i)
{
    const struct sim_station *station = &run->yard.place.world.stations[i];
    bool loses = run->forgot[i] || sim_has_flaw(&station->control, FLAW_LOSES) ||
                 (run->attack->liars && sim_has_flaw(&station->control, FLAW_FORGETS));

    bool all = true;

    for (uint32_t k = 0; k < station->evse_count; k++)
        all = all && holds(station, PROFILE_TX_DEFAULT, station->evses[k].number);
    return run->forgot[i] = loses && !all;
}

static struct car_draw wanted(const struct sim_evse *evse, const struct sim_model *model)
{
    struct car car = evse->car;

    car.sulks = false;
    return evse->plugged && evse->authorized && evse->tx && !evse->faulted
               ? car_draw_ac(&car, model->current_ma, model->phases, 230000)
               : (struct car_draw){ 0 };
}

/* A car that goes on with more phases than it was seen on. */
static void look_at_phases(struct lie *lie, const struct sim_evse *evse, utc_ms now)
{
    if (!evse->tx)
        lie->phases = 0;
    if (evse->draw.phases == 0)
        return;
    if (lie->phases > 0 && evse->draw.phases > lie->phases) {
        lie->had_phases = lie->phases;
        lie->grew_at = now;
    }
    lie->phases = evse->draw.phases;
}

/* The next meter value shows it, and others make room. */
static bool is_new(const struct lie *lie, int terminal, utc_ms now)
{
    return terminal >= lie->had_phases && now - lie->grew_at <= SAMPLE_S * 1000 + TRANSITION_MS;
}

static void add_evse(struct run *run, const struct sim_station *station, uint32_t k, int32_t lie_ma,
                     struct flow *flow)
{
    const struct sim_evse *evse = &station->evses[k];
    const struct lie *lie = &run->lies[station - run->yard.place.world.stations][k];
    struct car_draw want = wanted(evse, station->setup.model);

    for (int terminal = 0; terminal < LINES; terminal++) {
        int line = (terminal + station->control.rotation) % LINES;

        flow->want_ma[line] += terminal < want.phases ? want.current_ma : 0;
        if (!sim_evse_draws_on(evse, (uint32_t)terminal))
            continue;
        flow->ma[line] += evse->draw.current_ma;
        flow->lie_ma[line] +=
            is_new(lie, terminal, run->yard.place.world.now) ? evse->draw.current_ma : lie_ma;
    }
    if (lie_ma > 0 && run->yard.place.world.now - lie->since > flow->lie_ms)
        flow->lie_ms = run->yard.place.world.now - lie->since;
}

static void add_station(struct run *run, uint32_t i, struct flow *grid, struct flow *row)
{
    const struct sim_station *station = &run->yard.place.world.stations[i];
    bool forgot = has_forgotten(run, i);

    for (uint32_t k = 0; k < station->evse_count; k++) {
        int32_t lie_ma =
            fresh_ma(run, station, k, lie_of(run, station, &station->evses[k], forgot));

        look_at_phases(&run->lies[i][k], &station->evses[k], run->yard.place.world.now);
        add_evse(run, station, k, lie_ma, grid);
        add_evse(run, station, k, lie_ma, row);
    }
}

static void look(struct run *run, const char *what, const struct flow *flow, struct node *node)
{
    utc_ms now = run->yard.place.world.now;

    for (int line = 0; line < LINES; line++) {
        bool drop = now - node->dropped_at <= TRANSITION_MS && flow->ma[line] <= node->usual_ma;
        if (flow->ma[line] <= node->limit_ma)
            continue;
        if (!run->strict && flow->ma[line] - flow->lie_ma[line] <= node->limit_ma) {
            run->over_lie++;
            if (flow->lie_ms > run->longest_lie_ms)
                run->longest_lie_ms = flow->lie_ms;
        } else if (drop) {
            run->over_drop++;
        } else {
            fail(run, what, line, flow->ma[line], node->limit_ma);
        }
        if (drop && now - node->dropped_at > run->longest_ms)
            run->longest_ms = now - node->dropped_at;
    }
}

static int64_t least(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

void siege_clamp(void *context)
{
    struct run *run = context;
    struct sim_world *world = &run->yard.place.world;
    struct flow grid = { .ma = { LOAD_MA, LOAD_MA, LOAD_MA } }, rows[ROWS] = { 0 };
    bool counts = world->now - run->yard.start_at > WARM_MS;

    for (uint32_t i = 0; i < STATIONS; i++)
        if (!run->gone[i])
            add_station(run, i, &grid, &rows[run->row_of[i]]);
    if (run->attack->times)
        run->grid.limit_ma = siege_limit_is_low(run) ? 60000 : GRID_MA;
    memcpy(run->flows_ma, grid.ma, sizeof run->flows_ma);
    look(run, "grid", &grid, &run->grid);
    for (uint32_t i = 0; i < ROWS; i++)
        look(run, "circuit", &rows[i], &run->rows[i]);
    for (int line = 0; line < LINES && counts; line++) {
        int64_t fits = 0;
        for (uint32_t i = 0; i < ROWS; i++)
            fits += least(rows[i].want_ma[line], run->rows[i].limit_ma);
        run->fits += (double)least(fits, run->grid.limit_ma - LOAD_MA);
        run->used += (double)(grid.ma[line] - LOAD_MA);
    }
    run->seconds++;
    sim_world_at(world, world->now + 1000, siege_clamp, run);
}
