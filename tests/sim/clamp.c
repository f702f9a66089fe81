/* clamp.c: a clamp on a site's feeder, read every second: `clampworld --seeds FROM-TO [--hours H]`.
 *
 * Ten stations of several makes and versions stand in a simulated site (grid 100 A, two circuits of
 * 63 A, unmanaged load) that could draw several times as much. Cars come and go, some stop below 8
 * A; connections drop, freeze and go deaf, stations reboot, lose power, refuse calls, lie about
 * their power; caps come and go, the server is killed, the disk refuses. What really flows on each
 * line, seen by the clamp, is never above a limit, but for the ways that are declared, each counted
 * apart: for a while after a cap dropped; by a station that breaks a limit it had confirmed (in
 * every third seed); by stations that never took a limit, when all others draw no more than a
 * fail-safe.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim/yard.h"

enum {
    STATIONS = 10,
    GRID_MA = 100000,
    CIRCUIT_MA = 63000,
    LOAD_MA = 8000, /* unmanaged, in the document with its margin */
    CIRCUITS = 2,
    FAILSAFE_MA = 6000,
    LATENCY_MAX_MS = 4000,
    /* Latency, a call that has to be given up (energy.blocked_s), a reconnection of the rest: */
    TRANSITION_MS = 30000,
};

struct run {
    struct yard yard;
    struct rand rand;
    utc_ms end_at, capped_at; /* UTC_UNKNOWN: no cap */
    int32_t cap_ma;
    bool disobeys;
    utc_ms disobeyed_at; /* the last second in which a station ignores its limits */
    uint64_t seconds, after_drop, by_disobedient, by_free, sum_ma, caps;
    utc_ms longest_ms; /* transition */
    uint32_t kills;
};

static void fail(struct run *run, const char *what, int32_t line_ma, int32_t limit_ma)
{
    yard_tell(&run->yard);
    (void)fprintf(stderr, "seed %llu at +%lld s: %s: %d mA, limit %d mA\n",
                  (unsigned long long)run->yard.seed,
                  (long long)(run->yard.place.world.now - run->yard.place.world.config.start_at) /
                      1000,
                  what, line_ma, limit_ma);
    exit(1);
}

/* --- the site ---------------------------------------------------------------------------- */

static const struct sim_model *model_of(uint32_t station, enum sim_protocol protocol)
{
    /* Nordlys Duo 22, Kestrel Wall 11 and Wall 7, and where a version knows it Brightwell. */
    static const uint8_t models[] = { 2, 0, 3, 1, 2 };
    uint8_t model = models[station % COUNT(models)];

    return &sim_models[model == 1 && protocol == SIM_16 ? 0 : model];
}

static struct str document_of(struct run *run)
{
    struct buf text;

    buf_init_arena(&text, &run->yard.arena, 65536);
    buf_printf(&text,
               "{\"mode\":\"equal\",\"nodes\":[{\"id\":\"grid\",\"kind\":\"grid\",\"limit_a\":%d,"
               "\"load_a\":%d,\"margin_a\":1}",
               GRID_MA / 1000, LOAD_MA / 1000);
    for (uint32_t i = 1; i <= CIRCUITS; i++)
        buf_printf(&text,
                   ",{\"id\":\"row-%u\",\"parent\":\"grid\",\"kind\":\"circuit\",\"limit_a\":%d}",
                   i, CIRCUIT_MA / 1000);
    for (uint32_t i = 0; i < STATIONS; i++)
        yard_write_station(&text, &run->yard.setups[i], i % CIRCUITS + 1,
                           run->yard.setups[i].model->current_ma);
    buf_printf(&text, "]}");
    check(!text.overflow);
    return buf_str(&text);
}

/* --- the clamp --------------------------------------------------------------------------- */

/* What flows at a node. */
struct flow {
    int32_t line_ma[3];
    /* A station that has taken no limit at all draws, and all others no more than a fail-safe. */
    bool has_free, others_draw;
};

static void add(struct flow *flow, const struct sim_station *station)
{
    bool is_free = station->profiles.count == 0;
    int32_t lines[3];

    sim_station_lines(station, lines);
    for (int line = 0; line < 3; line++) {
        flow->line_ma[line] += lines[line];
        flow->has_free |= is_free && lines[line] > 0;
    }
    for (uint32_t i = 0; i < station->evse_count && !is_free; i++)
        flow->others_draw |= station->evses[i].draw.current_ma > FAILSAFE_MA;
}

static void look(struct run *run, const char *what, const struct flow *flow, int32_t limit_ma,
                 int32_t usual_ma)
{
    utc_ms now = run->yard.place.world.now;

    for (int line = 0; line < 3; line++) {
        if (flow->line_ma[line] <= limit_ma)
            continue;
        if (now - run->disobeyed_at < 10 * MINUTE_MS) {
            run->by_disobedient++;
        } else if (flow->has_free && !flow->others_draw) {
            run->by_free++;
        } else if (flow->line_ma[line] <= usual_ma && now - run->capped_at <= TRANSITION_MS) {
            run->after_drop++;
            if (now - run->capped_at > run->longest_ms)
                run->longest_ms = now - run->capped_at;
        } else {
            fail(run, what, flow->line_ma[line], limit_ma);
        }
    }
}

static void read_clamp(void *context)
{
    struct run *run = context;
    struct sim_world *world = &run->yard.place.world;
    struct flow grid = { .line_ma = { LOAD_MA, LOAD_MA, LOAD_MA } }, rows[CIRCUITS] = { 0 };

    for (uint32_t i = 0; i < STATIONS; i++) {
        add(&grid, &world->stations[i]);
        add(&rows[i % CIRCUITS], &world->stations[i]);
        if (sim_has_flaw(&world->stations[i].control, FLAW_IGNORES))
            run->disobeyed_at = world->now;
    }
    run->seconds++;
    run->sum_ma += (uint64_t)grid.line_ma[0];
    look(run, "grid", &grid, run->cap_ma, GRID_MA);
    for (uint32_t i = 0; i < CIRCUITS; i++)
        look(run, "circuit", &rows[i], CIRCUIT_MA, CIRCUIT_MA);
    sim_world_at(world, world->now + 1000, read_clamp, run);
}

/* --- what happens ------------------------------------------------------------------------ */

static enum err cap_turn(struct turn *turn)
{
    const struct run *run = *(struct run *const *)turn->input;
    const struct dispatch_cap cap = { .site = run->yard.site,
                                      .limit_da = run->cap_ma / 100,
                                      .limit_w = -1,
                                      .expires_at = UTC_NEVER,
                                      .reason = STR("test") };

    if (run->cap_ma == GRID_MA)
        return dispatch_cap_clear(turn, run->yard.site, STR_NONE);
    return dispatch_cap_set(turn, &cap);
}

static void cap(void *context)
{
    struct run *run = context;
    struct run *held = run;
    struct sim_world *world = &run->yard.place.world;

    sim_world_at(world, world->now + rand_range(&run->rand, 5, 40) * MINUTE_MS, cap, run);
    if (!run->yard.place.server.up || run->yard.place.server.engine.memory_void)
        return;
    run->cap_ma = run->cap_ma == GRID_MA ? (int32_t)rand_range(&run->rand, 45, 85) * 1000 : GRID_MA;
    if (engine_go(engine_turn(&run->yard.place.server.engine, cap_turn, &held, sizeof held)) !=
        ERR_NONE)
        run->cap_ma = GRID_MA;
    if (run->cap_ma == GRID_MA)
        return;
    run->capped_at = world->now;
    run->caps++;
}

static void kill_later(struct run *run);

static void restart(void *context)
{
    struct run *run = context;

    server_start(&run->yard.place.server);
    kill_later(run);
}

static void kill_now(void *context)
{
    struct run *run = context;
    struct sim_world *world = &run->yard.place.world;

    server_kill(&run->yard.place.server);
    run->kills++;
    sim_world_at(
        world, world->now + rand_range(&run->rand, 1, rand_below(&run->rand, 4) ? 60 : 1500) * 1000,
        restart, run);
}

static void kill_later(struct run *run)
{
    struct sim_world *world = &run->yard.place.world;

    sim_world_at(world, world->now + rand_range(&run->rand, 10, 90) * MINUTE_MS, kill_now, run);
}

/* --- the run ----------------------------------------------------------------------------- */

static void open_run(struct run *run)
{
    static const struct fault_mix faults[2] = {
        { .every_ms = 900000,
          .kinds = (FAULTS_HARMLESS | FAULT_BIT(FAULT_LIE_POWER)) & ~FAULT_BIT(FAULT_DISOBEY),
          .duration_min_ms = 1000,
          .duration_max_ms = 300000 },
        { .every_ms = 900000,
          .kinds = FAULTS_HARMLESS | FAULT_BIT(FAULT_LIE_POWER),
          .duration_min_ms = 1000,
          .duration_max_ms = 300000 },
    };
    struct sim_fleet fleet = {
        .count = STATIONS, .sample_s = 15, .cars_soon = false, .faults = &faults[run->disobeys]
    };

    yard_fleet(&run->yard, &fleet);
    for (uint32_t i = 0; i < STATIONS; i++) {
        struct sim_setup *setup = &run->yard.setups[i];

        setup->model = model_of(i, setup->protocol);
        setup->habits = &sim_habits_ac;
        setup->control.latency_ms = (int32_t)rand_below(&run->rand, LATENCY_MAX_MS);
        setup->control.clock_ms = rand_range(&run->rand, -20000, 20000);
    }
    yard_open(&run->yard, 20);
    place_power(&run->yard.place, run->yard.site, document_of(run));
}

static void run_seed(uint64_t seed, int64_t hours)
{
    struct run run = { .yard = { .seed = seed },
                       .rand = { seed * 7 + 1 },
                       .cap_ma = GRID_MA,
                       .capped_at = UTC_UNKNOWN / 2,
                       .disobeyed_at = UTC_UNKNOWN / 2,
                       .disobeys = seed % 3 == 0 };
    struct dispatch_site_state state = { 0 };

    open_run(&run);
    run.end_at = run.yard.place.world.now + hours * HOUR_MS;
    kill_later(&run);
    sim_world_at(&run.yard.place.world, run.yard.place.world.now + 30 * MINUTE_MS, cap, &run);
    read_clamp(&run);
    yard_run(&run.yard, run.end_at);
    if (run.yard.place.server.up)
        check(dispatch_site_state(&run.yard.place.server.engine, run.yard.site, &run.yard.arena,
                                  &state) == ERR_NONE);
    (void)printf("seed %llu: %llu s, mean of L1 %.1f A, %u sessions, %u stations not proven, %u "
                 "kills, %llu caps, over after one %llu (%.1f s at most), by stations that ignore "
                 "limits %llu, that refuse all %llu\n",
                 (unsigned long long)seed, (unsigned long long)run.seconds,
                 (double)run.sum_ma / (double)run.seconds / 1000,
                 ledger_sum(&run.yard.place.world.shared.ledger).sessions, state.unproven_count,
                 run.kills, (unsigned long long)run.caps, (unsigned long long)run.after_drop,
                 (double)run.longest_ms / 1000, (unsigned long long)run.by_disobedient,
                 (unsigned long long)run.by_free);
    yard_close(&run.yard);
}

int main(int argc, char **argv)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* a crash must not eat the last line */
    unsigned long long from = 1, to = 10, hours = 6;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seeds") == 0 && sscanf(argv[i + 1], "%llu-%llu", &from, &to) < 2)
            to = from;
        else if (strcmp(argv[i], "--hours") == 0)
            hours = strtoull(argv[i + 1], NULL, 10);
    }
    for (unsigned long long seed = from; seed <= to; seed++)
        run_seed(seed, (int64_t)hours);
    (void)printf("%llu passed, 0 failed\n", to - from + 1);
    return 0;
}
