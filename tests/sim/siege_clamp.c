/* The clamp: what truly flows, each second, and what would have fitted. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/evse_inner.h"
#include "sim/siege.h"

static void fail(struct run *run, const char *what, int line, int64_t line_ma, int64_t limit_ma)
{
    yard_tell(&run->yard);
    (void)fprintf(stderr, "%s, seed %llu at +%lld s: %s L%d: %lld mA, limit %lld mA\n",
                  run->attack->name, (unsigned long long)run->yard.seed,
                  (long long)(run->yard.place.world.now - run->yard.start_at) / 1000, what,
                  line + 1, (long long)line_ma, (long long)limit_ma);
    exit(1);
}

/* What an EVSE may draw, by the profiles that its station holds: per phase, in mA. */
static int32_t honest_ma(const struct sim_station *station, const struct sim_evse *evse)
{
    const struct sim_model *model = station->setup.model;
    struct profile_query query = { .evse = evse->number,
                                   .transaction = evse->tx ? evse->tx->number : 0,
                                   .transaction_at = evse->tx ? evse->tx->started_at : 0,
                                   .now = sim_station_clock(station),
                                   .voltage_mv = 230000,
                                   .phases = model->phases,
                                   .offline_since = UTC_NEVER };
    int32_t limit = profiles_evse_limit(&station->profiles, &query, false);

    if (evse->tx && evse->tx->told_ma > 0 && evse->tx->told_ma < limit)
        limit = evse->tx->told_ma;
    return limit < model->current_ma ? limit : model->current_ma;
}

/* What its station has to fall back to, by what the server knows. */
static int32_t failsafe_ma(struct run *run, const struct sim_station *station, int32_t evse)
{
    struct engine *engine = &run->yard.place.server.engine;
    const struct station_row *row = world_find_name(&engine->world, ROW_station, station->setup.id);
    struct dispatch_evse_state known;

    return row && run->yard.place.server.up &&
                   dispatch_evse_state(engine, row->id, evse, &run->yard.arena, &known) == ERR_NONE
               ? (int32_t)known.failsafe_da * 100
               : FAILSAFE_MA;
}

static int32_t above(int32_t value, int32_t limit)
{
    return value > limit ? value - limit : 0;
}

/* What each line carries, what of it is a fresh lie, what the cars would like. */
struct flow {
    int64_t ma[LINES], lie_ma[LINES], want_ma[LINES];
};

static void add_station(struct run *run, uint32_t i, struct flow *grid, struct flow *row)
{
    const struct sim_station *station = &run->yard.place.world.stations[i];
    const struct sim_model *model = station->setup.model;
    bool fresh = false;
    bool loses = run->forgot[i] || sim_has_flaw(&station->control, FLAW_LOSES) ||
                 (run->attack->liars && sim_has_flaw(&station->control, FLAW_FORGETS));
    bool forgot = loses && station->profiles.count == 0;
    int32_t lie_ma[SIM_EVSES_MAX] = { 0 }, lies = 0;

    for (uint32_t k = 0; k < station->evse_count; k++) {
        const struct sim_evse *evse = &station->evses[k];
        lie_ma[k] = forgot ? above(evse->draw.current_ma, failsafe_ma(run, station, evse->number))
                    : run->attack->liars ? above(evse->draw.current_ma, honest_ma(station, evse))
                                         : 0;
        lies += lie_ma[k];
    }
    if (lies == 0)
        run->lies_since[i] = UTC_NEVER;
    else if (run->lies_since[i] == UTC_NEVER)
        run->lies_since[i] = run->yard.place.world.now;
    run->forgot[i] = forgot;
    fresh = lies > 0 && run->yard.place.world.now - run->lies_since[i] <= FOUND_MS;
    for (uint32_t k = 0; k < station->evse_count; k++) {
        const struct sim_evse *evse = &station->evses[k];
        struct car car = evse->car;
        bool wants = evse->plugged && evse->authorized && evse->tx && !evse->faulted;
        struct car_draw most = { 0 };
        car.sulks = false;
        if (wants)
            most = car_draw_ac(&car, model->current_ma, model->phases, 230000);
        for (int terminal = 0; terminal < LINES; terminal++) {
            int line = (terminal + station->control.rotation) % LINES;
            bool is_on = sim_evse_draws_on(evse, (uint32_t)terminal);
            int64_t draws = is_on ? evse->draw.current_ma : 0;
            int64_t lie = is_on && fresh ? lie_ma[k] : 0;
            grid->ma[line] += draws;
            grid->lie_ma[line] += lie;
            row->ma[line] += draws;
            row->lie_ma[line] += lie;
            row->want_ma[line] += terminal < most.phases ? most.current_ma : 0;
        }
    }
}

static void look(struct run *run, const char *what, const struct flow *flow, struct node *node)
{
    utc_ms now = run->yard.place.world.now;

    for (int line = 0; line < LINES; line++) {
        bool drop = now - node->dropped_at <= TRANSITION_MS && flow->ma[line] <= node->usual_ma;
        if (flow->ma[line] <= node->limit_ma)
            continue;
        if (flow->ma[line] - flow->lie_ma[line] <= node->limit_ma)
            run->over_lie++;
        else if (drop)
            run->over_drop++;
        else
            fail(run, what, line, flow->ma[line], node->limit_ma);
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
