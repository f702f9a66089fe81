/* siege.c: everything that lies, against a site that shares its power: `siegeworld [--attack NAME]
 * [--seeds FROM-TO]`.
 *
 * Twelve stations of several makes and versions, on rotated phases, stand in a simulated site (grid
 * 100 A, three circuits of 63 A, a building) with drivers who never rest. Each row of the table is
 * one way to do it wrong. A clamp on each node is read every second: what truly flows is never
 * above the limit, but for two declared exceptions, each with its bound:
 *
 *   a drop   that nobody announced (a cap, a new document): over what it was before never, over
 * what it is now for TRANSITION_MS at most; a lie    of a station that had confirmed a limit and
 * breaks it: until two meter values and a transition have passed, and not by more than it draws too
 * much.
 *
 * And power is not wasted: what is delivered is held against what would have fitted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dispatch/behaviour.h"
#include "sim/evse_inner.h"
#include "sim/place.h"
#include "sim/plan.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)

enum {
    STATIONS = 12,
    ROWS = 3,
    GRID_MA = 100000,
    ROW_MA = 63000,
    FAILSAFE_MA = 6000,
    LOAD_MA = 8000,
    SAMPLE_S = 15,
    TRANSITION_MS = 30000,
    /* A new limit is waited for (36 s while a latency is not known), two meter values, others make
       room: */
    FOUND_MS = 36000 + 2 * SAMPLE_S * 1000 + TRANSITION_MS,
    WARM_MS = 45 * 60000,
    LINES = 3,
};

struct node {
    int32_t limit_ma, usual_ma; /* now, and before the drop */
    utc_ms dropped_at;
};

struct run;
typedef void act_fn(struct run *run);

struct attack {
    const char *name;
    uint32_t flaws, each,
        first; /* of each so many stations, from the first on; 1: they are small */
    int32_t latency_ms;
    int64_t clock_ms[2]; /* by turns */
    bool proven;         /* it has been there for long */
    bool liars;          /* those with flaws, or whom the act picks, break what they confirmed */
    bool times;          /* the grid's limit changes by the clock */
    act_fn *act;
    int32_t act_s;        /* every so often, at random */
    int32_t used_percent; /* of what fits, at least */
};

struct run {
    struct place place;
    const struct attack *attack;
    struct rand rand;
    struct arena arena;
    uint64_t seed;
    int64_t site;
    struct sim_setup *setups;
    struct node grid, rows[ROWS];
    int32_t breaker_ma[STATIONS]; /* in the document */
    uint8_t row_of[STATIONS];
    bool gone[STATIONS];   /* out of the document */
    bool forgot[STATIONS]; /* all its profiles, and has been told none since */
    utc_ms lies_since[STATIONS], start_at;
    uint64_t seconds, over_drop, over_lie;
    utc_ms longest_ms;
    double used, fits;
    uint32_t acts;
};

/* --- what the operator wrote ------------------------------------------------------------- */

static void write_times(struct buf *text)
{
    buf_printf(text, ",\"times\":[");
    for (int hour = 0; hour < 24; hour++)
        buf_printf(text, "%s{\"from\":\"%02d:10\",\"to\":\"%02d:40\",\"limit_a\":60}",
                   hour ? "," : "", hour, hour);
    buf_printf(text, "]");
}

static bool limit_is_low(const struct run *run)
{
    int64_t minute = run->place.world.now / MINUTE_MS % 60;

    return run->attack->times && minute >= 10 && minute < 40;
}

static void write_station(struct buf *text, const struct run *run, uint32_t i)
{
    static const char *const rotations[] = { "RST", "STR", "TRS" };
    const struct sim_setup *setup = &run->setups[i];
    const struct sim_model *model = setup->model;

    buf_printf(text,
               ",{\"id\":\"%.*s\",\"parent\":\"row-%u\",\"kind\":\"station\",\"station\":\"%.*s\","
               "\"limit_a\":%d,\"rotation\":\"%s\"%s}",
               STR_ARGS(setup->id), run->row_of[i], STR_ARGS(setup->id),
               run->breaker_ma[i] / 1000 * model->evse_count, rotations[setup->control.rotation],
               model->phases == 1 ? ",\"wires\":\"L1\"" : "");
    for (uint32_t evse = 1; model->evse_count > 1 && evse <= model->evse_count; evse++)
        buf_printf(text,
                   ",{\"id\":\"%.*s-%u\",\"parent\":\"%.*s\",\"kind\":\"evse\",\"evse\":%u,"
                   "\"limit_a\":%d}",
                   STR_ARGS(setup->id), evse, STR_ARGS(setup->id), evse, run->breaker_ma[i] / 1000);
}

static struct str document_of(struct run *run)
{
    struct buf text;

    buf_init_arena(&text, &run->arena, 65536);
    buf_printf(&text,
               "{\"mode\":\"equal\",\"nodes\":[{\"id\":\"grid\",\"kind\":\"grid\",\"limit_a\":%d,"
               "\"load_a\":%d",
               run->grid.limit_ma / 1000, LOAD_MA / 1000);
    if (run->attack->times)
        write_times(&text);
    buf_printf(&text, "}");
    for (uint32_t i = 0; i < ROWS; i++)
        buf_printf(&text,
                   ",{\"id\":\"row-%u\",\"parent\":\"grid\",\"kind\":\"circuit\",\"limit_a\":%d}",
                   i, run->rows[i].limit_ma / 1000);
    for (uint32_t i = 0; i < STATIONS; i++)
        if (!run->gone[i])
            write_station(&text, run, i);
    buf_printf(&text, "]}");
    check(!text.overflow);
    return buf_str(&text);
}

static enum err edit_turn(struct turn *turn)
{
    struct run *run = *(struct run *const *)turn->input;
    const struct power_row *row = NULL;
    struct power_row *power;

    for (uint32_t at = 0; (row = world_next(turn_world(turn), ROW_power, &at));)
        if (row->site == run->site)
            break;
    check(row != NULL);
    power = TURN_EDIT(turn, power, row);
    power->document = document_of(run);
    power->changed_at = turn->now;
    dispatch_site_changed(turn, run->site);
    return ERR_NONE;
}

/* --- the clamp --------------------------------------------------------------------------- */

static void tell_state(struct run *run)
{
    struct dispatch_site_state state;
    utc_ms now = run->place.world.now;

    if (!run->place.server.up ||
        dispatch_site_state(&run->place.server.engine, run->site, &run->arena, &state) != ERR_NONE)
        return;
    for (uint32_t i = 0; i <= ROWS; i++)
        (void)fprintf(stderr, "%.*s: limit %lld da, booked %lld %lld %lld da\n",
                      STR_ARGS(state.nodes[i].name), (long long)state.nodes[i].limit_da[0],
                      (long long)state.nodes[i].reserved_da[0],
                      (long long)state.nodes[i].reserved_da[1],
                      (long long)state.nodes[i].reserved_da[2]);
    for (uint32_t i = 0, e = 0; i < STATIONS; i++) {
        const struct sim_station *station = &run->place.world.stations[i];
        for (uint32_t k = 0; k < station->evse_count && e < state.evse_count && !run->gone[i];
             k++, e++) {
            const struct sim_evse *evse = &station->evses[k];
            const struct dispatch_evse_state *known = &state.evses[e];
            (void)fprintf(
                stderr,
                "%.*s EVSE %u row %u: draws %d mA on %u of %d (%s), offered %d, target %d in %lld "
                "ms; %s, %s, session %lld; booked %lld, target %lld, confirmed %lld, fail-safe "
                "%lld, lease %lld s, wires %02x (%u), why %.*s\n",
                STR_ARGS(station->setup.id), k + 1, run->row_of[i], evse->draw.current_ma,
                evse->draw.phases, station->control.rotation,
                evse->car.model ? evse->car.model->name : "", evse->offer, evse->target,
                (long long)(evse->target_at - now), known->connected ? "here" : "gone",
                known->proven ? "proven" : "not proven", (long long)known->session,
                (long long)known->booked_da, (long long)known->target_da,
                (long long)known->confirmed_da, (long long)known->failsafe_da,
                known->lease_ends_at == UTC_UNKNOWN || known->lease_ends_at == UTC_NEVER
                    ? 0LL
                    : (long long)(known->lease_ends_at - now) / 1000,
                known->wires, known->wires_live, STR_ARGS(known->why_text));
        }
    }
}

static void fail(struct run *run, const char *what, int line, int64_t line_ma, int64_t limit_ma)
{
    tell_state(run);
    (void)fprintf(stderr, "%s, seed %llu at +%lld s: %s L%d: %lld mA, limit %lld mA\n",
                  run->attack->name, (unsigned long long)run->seed,
                  (long long)(run->place.world.now - run->start_at) / 1000, what, line + 1,
                  (long long)line_ma, (long long)limit_ma);
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

    return limit < model->current_ma ? limit : model->current_ma;
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
    const struct sim_station *station = &run->place.world.stations[i];
    const struct sim_model *model = station->setup.model;
    bool fresh = false;
    bool forgot = run->forgot[i] && station->profiles.count == 0;
    int32_t lie_ma[SIM_EVSES_MAX] = { 0 }, lies = 0;

    for (uint32_t k = 0; k < station->evse_count; k++) {
        const struct sim_evse *evse = &station->evses[k];
        lie_ma[k] = forgot               ? above(evse->draw.current_ma, FAILSAFE_MA)
                    : run->attack->liars ? above(evse->draw.current_ma, honest_ma(station, evse))
                                         : 0;
        lies += lie_ma[k];
    }
    if (lies == 0)
        run->lies_since[i] = UTC_NEVER;
    else if (run->lies_since[i] == UTC_NEVER)
        run->lies_since[i] = run->place.world.now;
    run->forgot[i] = forgot;
    fresh = lies > 0 && run->place.world.now - run->lies_since[i] <= FOUND_MS;
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
            int64_t draws = terminal < evse->draw.phases ? evse->draw.current_ma : 0;
            int64_t lie = terminal < evse->draw.phases && fresh ? lie_ma[k] : 0;
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
    utc_ms now = run->place.world.now;

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

static void read_clamp(void *context)
{
    struct run *run = context;
    struct sim_world *world = &run->place.world;
    struct flow grid = { .ma = { LOAD_MA, LOAD_MA, LOAD_MA } }, rows[ROWS] = { 0 };
    bool counts = world->now - run->start_at > WARM_MS;

    for (uint32_t i = 0; i < STATIONS; i++)
        if (!run->gone[i])
            add_station(run, i, &grid, &rows[run->row_of[i]]);
    if (run->attack->times)
        run->grid.limit_ma = limit_is_low(run) ? 60000 : GRID_MA;
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
    sim_world_at(world, world->now + 1000, read_clamp, run);
}

/* --- what is done to it ------------------------------------------------------------------ */

static struct sim_station *any_station(struct run *run)
{
    return &run->place.world.stations[rand_below(&run->rand, STATIONS)];
}

/* Whose breaker fits whatever it does. */
static struct sim_station *small_station(struct run *run)
{
    static const uint8_t small[] = { 5, 9 };

    return &run->place.world.stations[small[rand_below(&run->rand, COUNT(small))]];
}

static void inflict(struct run *run, const struct sim_station *station, enum fault_kind kind,
                    int64_t value, int64_t duration_ms)
{
    const struct fault fault = { .at = run->place.world.now,
                                 .station = (uint32_t)(station - run->place.world.stations),
                                 .kind = kind,
                                 .evse = 1,
                                 .value = value,
                                 .duration_ms = duration_ms };

    sim_world_fault(&run->place.world, &fault);
}

static bool can_write(const struct run *run)
{
    return run->place.server.up && !run->place.server.engine.memory_void;
}

static bool go(struct run *run, enum err (*fn)(struct turn *turn))
{
    return engine_go(engine_turn(&run->place.server.engine, fn, &run, sizeof run)) == ERR_NONE;
}

static void drop_to(struct run *run, struct node *node, int32_t limit_ma)
{
    if (limit_ma < node->limit_ma) {
        node->usual_ma = node->limit_ma;
        node->dropped_at = run->place.world.now;
    }
    node->limit_ma = limit_ma;
}

static enum err cap_turn(struct turn *turn)
{
    const struct run *run = *(struct run *const *)turn->input;
    const struct dispatch_cap cap = { .site = run->site,
                                      .limit_da = run->grid.limit_ma / 100,
                                      .limit_w = -1,
                                      .expires_at = UTC_NEVER,
                                      .reason = STR("test") };

    return run->grid.limit_ma == GRID_MA ? dispatch_cap_clear(turn, run->site, STR_NONE)
                                         : dispatch_cap_set(turn, &cap);
}

static void act_cap(struct run *run)
{
    struct node before = run->grid;

    if (!can_write(run))
        return;
    drop_to(run, &run->grid,
            run->grid.limit_ma == GRID_MA ? (int32_t)rand_range(&run->rand, 45, 85) * 1000
                                          : GRID_MA);
    if (!go(run, cap_turn))
        run->grid = before;
}

static void restart(void *context)
{
    struct run *run = context;

    server_start(&run->place.server);
}

/* As after a crash: at once, or after a minute. */
static void act_kill(struct run *run)
{
    if (!run->place.server.up)
        return;
    server_kill(&run->place.server);
    sim_world_at(&run->place.world,
                 run->place.world.now +
                     rand_range(&run->rand, 1, rand_below(&run->rand, 3) ? 5 : 60) * 1000,
                 restart, run);
}

static void act_edit(struct run *run)
{
    uint32_t i = (uint32_t)rand_below(&run->rand, STATIONS);
    struct node *row = &run->rows[rand_below(&run->rand, ROWS)];

    if (!can_write(run))
        return;
    switch (rand_below(&run->rand, 4)) {
    case 0: /* a limit */
        drop_to(run, row,
                row->limit_ma == ROW_MA ? (int32_t)rand_range(&run->rand, 30, 50) * 1000 : ROW_MA);
        break;
    case 1: /* the grid's */
        drop_to(run, &run->grid,
                run->grid.limit_ma == GRID_MA ? (int32_t)rand_range(&run->rand, 60, 90) * 1000
                                              : GRID_MA);
        break;
    case 2: /* another circuit: its load is there at once, and the others were not asked */
        run->row_of[i] = (uint8_t)rand_below(&run->rand, ROWS);
        row = &run->rows[run->row_of[i]];
        row->usual_ma = 2 * ROW_MA;
        row->dropped_at = run->place.world.now;
        break;
    default: /* what the station may take */
        run->breaker_ma[i] = run->breaker_ma[i] == run->setups[i].model->current_ma
                                 ? 16000
                                 : run->setups[i].model->current_ma;
        break;
    }
    (void)go(run, edit_turn);
}

static void act_drop(struct run *run)
{
    inflict(run, any_station(run), FAULT_DROP, 0, 0);
}

static void act_freeze(struct run *run)
{
    inflict(run, any_station(run), rand_below(&run->rand, 2) ? FAULT_HALF_OPEN : FAULT_DEAF, 0,
            rand_range(&run->rand, 5000, 1500000));
}

/* Its profiles are gone, and only then its connection: as after a reboot that nobody tells of. */
static void act_forget(struct run *run)
{
    struct sim_station *station = small_station(run);

    run->forgot[station - run->place.world.stations] = true;
    profiles_fini(&station->profiles);
    inflict(run, station, FAULT_DROP, 0, 0);
}

static void act_reboot(struct run *run)
{
    inflict(run, any_station(run), rand_below(&run->rand, 2) ? FAULT_REBOOT : FAULT_POWER_LOSS, 0,
            rand_range(&run->rand, 2000, 60000));
}

/* From one moment to the next a station takes no notice of its limits; then it does again. */
static void act_disobey(struct run *run)
{
    struct sim_station *station = small_station(run);
    bool ignores = sim_has_flaw(&station->control, FLAW_IGNORES);

    inflict(run, station, FAULT_DISOBEY, !ignores, 0);
}

/* Cars that end and begin again. */
static void act_loop(struct run *run)
{
    for (uint32_t i = 0; i < STATIONS; i++)
        for (uint32_t k = 0; k < run->place.world.stations[i].evse_count; k++) {
            struct car *car = &run->place.world.stations[i].evses[k].car;
            if (rand_below(&run->rand, 3) == 0)
                car->limit_permille = car->limit_permille == 1000 ? 1 : 1000;
        }
    for (uint32_t i = 0; i < STATIONS; i++)
        sim_evses_refresh(&run->place.world.stations[i]);
}

static void act_clock(struct run *run)
{
    static const int64_t off_ms[] = { 120000, -120000, 3600000, -3600000, 0, 59000 };

    inflict(run, any_station(run), FAULT_CLOCK, off_ms[rand_below(&run->rand, 6)], 0);
}

static void act_all(struct run *run)
{
    static act_fn *const acts[] = { act_cap,    act_kill, act_edit,  act_drop,
                                    act_freeze, act_loop, act_clock, act_reboot };

    acts[rand_below(&run->rand, COUNT(acts))](run);
}

static const struct attack attacks[] = {
    // clang-format off
    { "honest", .proven = true, .used_percent = 65 },
    { "unknown", .used_percent = 65 },
    { "late", .proven = false, .latency_ms = 30000, .used_percent = 55 },
    { "rounds_up", FLAW_BIT(FLAW_ROUNDS_UP), 1, 0, .used_percent = 65 },
    { "whole_amps", FLAW_BIT(FLAW_WHOLE_AMPS), 1, 0, .used_percent = 65 },
    { "says_no", FLAW_BIT(FLAW_SAYS_NO), 4, 1, .proven = true, .used_percent = 30 },
    { "only_w", FLAW_BIT(FLAW_ONLY_W), 1, 0, .used_percent = 0 },
    { "only_w_some", FLAW_BIT(FLAW_ONLY_W), 3, 0, .used_percent = 20 },
    { "kw_as_w", FLAW_BIT(FLAW_KW_AS_W), 1, 0, .proven = true, .used_percent = 50 },
    { "kw_as_w_unknown", FLAW_BIT(FLAW_KW_AS_W), 3, 0, .used_percent = 35 },
    { "mute", FLAW_BIT(FLAW_MUTE), 1, 0, .proven = true, .used_percent = 60 },
    { "mute_unknown", FLAW_BIT(FLAW_MUTE), 4, 1, .used_percent = 45 },
    { "one_line", FLAW_BIT(FLAW_ONE_LINE), 3, 0, .used_percent = 65 },
    { "no_lease", FLAW_BIT(FLAW_NO_LEASE), 2, 0, .act = act_freeze, .act_s = 240, .used_percent = 10 },
    { "no_zero", FLAW_BIT(FLAW_NO_ZERO), 2, 0, .used_percent = 50 },
    { "ignores", FLAW_BIT(FLAW_IGNORES), 4, 1, .liars = true, .used_percent = 45 },
    { "refuses", FLAW_BIT(FLAW_NO_PROFILES), 4, 1, .used_percent = 50 },
    { "disobey", .proven = true, .liars = true, .act = act_disobey, .act_s = 900, .used_percent = 40 },
    { "forget", .proven = true, .liars = true, .act = act_forget, .act_s = 300, .used_percent = 20 },
    { "reboot", FLAW_BIT(FLAW_FORGETS), 2, 0, .proven = true, .act = act_reboot, .act_s = 120, .used_percent = 50 },
    { "drop", .proven = true, .act = act_drop, .act_s = 20, .used_percent = 60 },
    { "freeze", .proven = true, .act = act_freeze, .act_s = 120, .used_percent = 55 },
    { "kill", .proven = true, .act = act_kill, .act_s = 90, .used_percent = 50 },
    { "kill_unknown", .act = act_kill, .act_s = 240, .used_percent = 45 },
    { "cap", .proven = true, .act = act_cap, .act_s = 90, .used_percent = 60 },
    { "edit", .proven = true, .act = act_edit, .act_s = 60, .used_percent = 65 },
    { "times", .proven = true, .times = true, .used_percent = 60 },
    { "times_freeze", .proven = true, .times = true, .act = act_freeze, .act_s = 120, .used_percent = 55 },
    { "loop", .proven = true, .act = act_loop, .act_s = 20, .used_percent = 25 },
    { "clock_2min", .clock_ms = { 120000, -120000 }, .used_percent = 60 },
    { "clock_1h", .clock_ms = { 3600000, -3600000 }, .act = act_drop, .act_s = 120, .used_percent = 60 },
    { "clocks", .proven = true, .act = act_clock, .act_s = 60, .used_percent = 45 },
    { "all", .proven = true, .act = act_all, .act_s = 60, .used_percent = 25 },
    // clang-format on
};

static void act_again(void *context)
{
    struct run *run = context;
    struct sim_world *world = &run->place.world;

    sim_world_at(world, world->now + rand_range(&run->rand, 500, 2000 * run->attack->act_s),
                 act_again, run);
    run->acts++;
    run->attack->act(run);
}

/* --- the run ----------------------------------------------------------------------------- */

static enum err prove_turn(struct turn *turn)
{
    struct run *run = *(struct run *const *)turn->input;
    const struct behaviour known = behaviour_proven(CHARGE_A, 4000, turn->now);

    for (uint32_t i = 0; i < STATIONS; i++) {
        const struct station_row *row = TURN_FIND_NAME(turn, station, run->setups[i].id);
        enum err err = dispatch_keep_behaviour(turn, row, &known);
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

static void make_setups(struct run *run, utc_ms start_at)
{
    /* Nordlys Duo 22, Kestrel Wall 11, Nordlys Duo 22, Kestrel Wall 7. */
    static const uint8_t models[] = { 0, 2, 0, 3 };
    const struct attack *attack = run->attack;
    struct sim_fleet fleet = { .count = STATIONS,
                               .prefix = STR("CP"),
                               .protocol = SIM_PROTOCOL_COUNT,
                               .speed = 4,
                               .sample_s = SAMPLE_S,
                               .seed = run->seed,
                               .start_at = start_at,
                               .spread_ms = 20000,
                               .cars_soon = attack->proven,
                               .rotated = true };
    static const struct driver_habits busy = { .gap_min_s = 60,
                                               .gap_max_s = 600,
                                               .stay_min_s = 3600,
                                               .stay_max_s = 14400,
                                               .soc_min_permille = 100,
                                               .soc_max_permille = 500,
                                               .card_first_permille = 400,
                                               .forgets_permille = 15,
                                               .just_unplugs_permille = 350,
                                               .early_permille = 120 };

    run->setups = sim_fleet_setups(&fleet, &run->arena);
    check(run->setups != NULL);
    for (uint32_t i = 0; i < STATIONS; i++) {
        struct sim_setup *setup = &run->setups[i];
        setup->model = &sim_models[models[i % COUNT(models)]];
        setup->habits = &busy;
        setup->control.latency_ms =
            attack->latency_ms ? attack->latency_ms : (int32_t)rand_below(&run->rand, 4000);
        setup->control.clock_ms = attack->clock_ms[i % 2];
        if (attack->each && i % attack->each == attack->first)
            setup->control.flaws = attack->flaws;
        run->breaker_ma[i] = setup->model->current_ma;
        run->row_of[i] = (uint8_t)(i / (STATIONS / ROWS));
        run->lies_since[i] = UTC_NEVER;
    }
}

static void open_run(struct run *run)
{
    struct sim_world_config config = { .seed = run->seed,
                                       .start_at = 1790000000000,
                                       .delay_min_ms = 5,
                                       .delay_max_ms = 200,
                                       .sink = server_net_event,
                                       .sink_arg = &run->place.server };

    run->start_at = config.start_at;
    make_setups(run, config.start_at);
    config.token_count = 40;
    config.tokens = sim_fleet_tokens(config.token_count, &run->arena);
    check(config.tokens != NULL);
    sim_world_init(&run->place.world, &config, run->setups, NULL, STATIONS);
    place_server(&run->place, run->seed);
    server_start(&run->place.server);
    run->site = place_site(&run->place, STR("Yard"));
    for (uint32_t i = 0; i < STATIONS; i++)
        (void)place_station(&run->place, run->setups[i].id, run->site);
    for (uint32_t i = 0; i < config.token_count; i++)
        place_token(&run->place, str_of(config.tokens[i].id));
    if (run->attack->proven)
        check(go(run, prove_turn));
    place_power(&run->place, run->site, document_of(run));
}

/* True: power was used well enough. */
static bool run_seed(const struct attack *attack, uint64_t seed, int64_t hours, bool tells)
{
    struct run run = { .attack = attack,
                       .seed = seed,
                       .rand = { seed * 11 + 3 },
                       .grid = { GRID_MA, GRID_MA, UTC_UNKNOWN / 2 } };
    double used;
    utc_ms end_at;

    for (uint32_t i = 0; i < ROWS; i++)
        run.rows[i] = (struct node){ ROW_MA, ROW_MA, UTC_UNKNOWN / 2 };
    arena_init(&run.arena, NULL, 0);
    open_run(&run);
    end_at = run.start_at + hours * HOUR_MS;
    if (attack->act)
        sim_world_at(&run.place.world, run.start_at + WARM_MS / 3, act_again, &run);
    read_clamp(&run);
    for (utc_ms at; (at = sim_world_next(&run.place.world)) <= end_at;) {
        sim_world_run(&run.place.world, at);
        server_step(&run.place.server, at);
    }
    if (tells)
        tell_state(&run);
    used = run.fits > 0 ? 100 * run.used / run.fits : 100;
    (void)printf("%s, seed %llu: %.1f %% of what fits (%.1f A), %u acts, over after a drop %llu s "
                 "(%.0f s at most), by a lie %llu s%s\n",
                 attack->name, (unsigned long long)seed, used,
                 run.fits / 3000 / (double)(run.seconds), run.acts,
                 (unsigned long long)run.over_drop, (double)run.longest_ms / 1000,
                 (unsigned long long)run.over_lie, used < attack->used_percent ? ": WASTED" : "");
    server_fini(&run.place.server);
    sim_world_fini(&run.place.world);
    arena_reset(&run.arena);
    return used >= attack->used_percent;
}

int main(int argc, char **argv)
{
    unsigned long long from = 1, to = 1, hours = 3;
    unsigned passed = 0, failed = 0;
    const char *only = NULL;
    bool tells = false;

    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* a crash must not eat the last line */
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seeds") == 0 && sscanf(argv[i + 1], "%llu-%llu", &from, &to) < 2)
            to = from;
        else if (strcmp(argv[i], "--hours") == 0)
            hours = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--attack") == 0)
            only = argv[i + 1];
        else if (strcmp(argv[i], "--tell") == 0)
            tells = strcmp(argv[i + 1], "yes") == 0;
    }
    for (size_t i = 0; i < COUNT(attacks); i++)
        for (unsigned long long seed = from;
             seed <= to && (!only || strcmp(only, attacks[i].name) == 0); seed++) {
            if (run_seed(&attacks[i], seed, (int64_t)hours, tells))
                passed++;
            else
                failed++;
        }
    (void)printf("%u passed, %u failed\n", passed, failed);
    return failed > 0;
}
