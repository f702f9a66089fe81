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

#include "sim/place.h"
#include "sim/plan.h"

#define HOUR_MS   INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)

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
    struct place place;
    uint64_t seed;
    struct rand rand;
    struct arena arena;
    int64_t site;
    utc_ms end_at, capped_at; /* UTC_UNKNOWN: no cap */
    int32_t cap_ma;
    bool disobeys;
    utc_ms disobeyed_at; /* the last second in which a station ignores its limits */
    uint64_t seconds, after_drop, by_disobedient, by_free, sum_ma, caps;
    utc_ms longest_ms; /* transition */
    uint32_t kills;
};

/* What each EVSE draws, is offered, and what the server thinks of it. */
static void tell_state(struct run *run)
{
    struct dispatch_site_state state;
    utc_ms now = run->place.world.now;

    if (!run->place.server.up ||
        dispatch_site_state(&run->place.server.engine, run->site, &run->arena, &state) != ERR_NONE)
        return;
    for (uint32_t i = 0; i <= CIRCUITS; i++)
        (void)fprintf(stderr, "%.*s: limit %lld da, booked %lld %lld %lld da\n",
                      STR_ARGS(state.nodes[i].name), (long long)state.nodes[i].limit_da[0],
                      (long long)state.nodes[i].reserved_da[0],
                      (long long)state.nodes[i].reserved_da[1],
                      (long long)state.nodes[i].reserved_da[2]);
    for (uint32_t i = 0, e = 0; i < STATIONS; i++) {
        const struct sim_station *station = &run->place.world.stations[i];

        for (uint32_t k = 0; k < station->evse_count && e < state.evse_count; k++, e++) {
            const struct sim_evse *evse = &station->evses[k];
            const struct dispatch_evse_state *known = &state.evses[e];

            (void)fprintf(stderr,
                          "%.*s EVSE %u: draws %d mA on %u of %d, offered %d (target %d in %lld "
                          "ms); %s, %s, session %lld; booked %lld da, target %lld, confirmed %lld, "
                          "fail-safe %lld, lease %lld s, wires %02x (%u)\n",
                          STR_ARGS(station->setup.id), k + 1, evse->draw.current_ma,
                          evse->draw.phases, station->control.rotation, evse->offer, evse->target,
                          (long long)(evse->target_at - now), known->connected ? "here" : "gone",
                          known->proven ? "proven" : "not proven", (long long)known->session,
                          (long long)known->booked_da, (long long)known->target_da,
                          (long long)known->confirmed_da, (long long)known->failsafe_da,
                          known->lease_ends_at == UTC_UNKNOWN || known->lease_ends_at == UTC_NEVER
                              ? 0LL
                              : (long long)(known->lease_ends_at - now) / 1000,
                          known->wires, known->wires_live);
        }
    }
}

static void fail(struct run *run, const char *what, int32_t line_ma, int32_t limit_ma)
{
    tell_state(run);
    (void)fprintf(stderr, "seed %llu at +%lld s: %s: %d mA, limit %d mA\n",
                  (unsigned long long)run->seed,
                  (long long)(run->place.world.now - run->place.world.config.start_at) / 1000, what,
                  line_ma, limit_ma);
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

static void write_station(struct buf *text, const struct sim_setup *setup, uint32_t station)
{
    static const char *const rotations[] = { "RST", "STR", "TRS" };
    const struct sim_model *model = setup->model;

    buf_printf(text,
               ",{\"id\":\"%.*s\",\"parent\":\"row-%u\",\"kind\":\"station\",\"station\":\"%.*s\","
               "\"limit_a\":%d,\"rotation\":\"%s\"%s}",
               STR_ARGS(setup->id), station % CIRCUITS + 1, STR_ARGS(setup->id),
               model->current_ma / 1000 * model->evse_count, rotations[setup->control.rotation],
               model->phases == 1 ? ",\"wires\":\"L1\"" : "");
    for (uint32_t evse = 1; model->evse_count > 1 && evse <= model->evse_count; evse++)
        buf_printf(text,
                   ",{\"id\":\"%.*s-%u\",\"parent\":\"%.*s\",\"kind\":\"evse\",\"evse\":%u,"
                   "\"limit_a\":%d}",
                   STR_ARGS(setup->id), evse, STR_ARGS(setup->id), evse, model->current_ma / 1000);
}

static struct str document_of(struct run *run, const struct sim_setup *setups)
{
    struct buf text;

    buf_init_arena(&text, &run->arena, 65536);
    buf_printf(&text,
               "{\"mode\":\"equal\",\"nodes\":[{\"id\":\"grid\",\"kind\":\"grid\",\"limit_a\":%d,"
               "\"load_a\":%d,\"margin_a\":1}",
               GRID_MA / 1000, LOAD_MA / 1000);
    for (uint32_t i = 1; i <= CIRCUITS; i++)
        buf_printf(&text,
                   ",{\"id\":\"row-%u\",\"parent\":\"grid\",\"kind\":\"circuit\",\"limit_a\":%d}",
                   i, CIRCUIT_MA / 1000);
    for (uint32_t i = 0; i < STATIONS; i++)
        write_station(&text, &setups[i], i);
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
    utc_ms now = run->place.world.now;

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
    struct sim_world *world = &run->place.world;
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
    const struct dispatch_cap cap = { .site = run->site,
                                      .limit_da = run->cap_ma / 100,
                                      .limit_w = -1,
                                      .expires_at = UTC_NEVER,
                                      .reason = STR("test") };

    if (run->cap_ma == GRID_MA)
        return dispatch_cap_clear(turn, run->site, STR_NONE);
    return dispatch_cap_set(turn, &cap);
}

static void cap(void *context)
{
    struct run *run = context;
    struct run *held = run;
    struct sim_world *world = &run->place.world;

    sim_world_at(world, world->now + rand_range(&run->rand, 5, 40) * MINUTE_MS, cap, run);
    if (!run->place.server.up || run->place.server.engine.memory_void)
        return;
    run->cap_ma = run->cap_ma == GRID_MA ? (int32_t)rand_range(&run->rand, 45, 85) * 1000 : GRID_MA;
    if (engine_go(engine_turn(&run->place.server.engine, cap_turn, &held, sizeof held)) != ERR_NONE)
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

    server_start(&run->place.server);
    kill_later(run);
}

static void kill_now(void *context)
{
    struct run *run = context;
    struct sim_world *world = &run->place.world;

    server_kill(&run->place.server);
    run->kills++;
    sim_world_at(
        world, world->now + rand_range(&run->rand, 1, rand_below(&run->rand, 4) ? 60 : 1500) * 1000,
        restart, run);
}

static void kill_later(struct run *run)
{
    struct sim_world *world = &run->place.world;

    sim_world_at(world, world->now + rand_range(&run->rand, 10, 90) * MINUTE_MS, kill_now, run);
}

/* --- the run ----------------------------------------------------------------------------- */

static void open_run(struct run *run, struct sim_setup **setups)
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
    struct sim_world_config config = { .seed = run->seed,
                                       .start_at = 1790000000000,
                                       .delay_min_ms = 5,
                                       .delay_max_ms = 200,
                                       .sink = server_net_event,
                                       .sink_arg = &run->place.server };
    struct sim_fleet fleet = { .count = STATIONS,
                               .prefix = STR("CP"),
                               .protocol = SIM_PROTOCOL_COUNT,
                               .speed = 4,
                               .sample_s = 15,
                               .seed = run->seed,
                               .start_at = config.start_at,
                               .spread_ms = 20000,
                               .cars_soon = false,
                               .faults = &faults[run->disobeys],
                               .rotated = true };

    *setups = sim_fleet_setups(&fleet, &run->arena);
    config.token_count = 20;
    config.tokens = sim_fleet_tokens(config.token_count, &run->arena);
    check(*setups && config.tokens);
    for (uint32_t i = 0; i < STATIONS; i++) {
        struct sim_setup *setup = &(*setups)[i];

        setup->model = model_of(i, setup->protocol);
        setup->habits = &sim_habits_ac;
        setup->control.latency_ms = (int32_t)rand_below(&run->rand, LATENCY_MAX_MS);
        setup->control.clock_ms = rand_range(&run->rand, -20000, 20000);
    }
    sim_world_init(&run->place.world, &config, *setups, NULL, STATIONS);
    place_server(&run->place, run->seed);
    server_start(&run->place.server);
    run->site = place_site(&run->place, STR("Yard"));
    for (uint32_t i = 0; i < STATIONS; i++)
        (void)place_station(&run->place, (*setups)[i].id, run->site);
    for (uint32_t i = 0; i < config.token_count; i++)
        place_token(&run->place, str_of(config.tokens[i].id));
    place_power(&run->place, run->site, document_of(run, *setups));
}

static void close_run(struct run *run)
{
    server_fini(&run->place.server);
    sim_world_fini(&run->place.world);
    arena_reset(&run->arena);
}

static void run_seed(uint64_t seed, int64_t hours)
{
    struct run run = { .seed = seed,
                       .rand = { seed * 7 + 1 },
                       .cap_ma = GRID_MA,
                       .capped_at = UTC_UNKNOWN / 2,
                       .disobeyed_at = UTC_UNKNOWN / 2,
                       .disobeys = seed % 3 == 0 };
    struct sim_setup *setups;
    struct dispatch_site_state state = { 0 };

    arena_init(&run.arena, NULL, 0);
    open_run(&run, &setups);
    run.end_at = run.place.world.now + hours * HOUR_MS;
    kill_later(&run);
    sim_world_at(&run.place.world, run.place.world.now + 30 * MINUTE_MS, cap, &run);
    read_clamp(&run);
    for (utc_ms at; (at = sim_world_next(&run.place.world)) <= run.end_at;) {
        sim_world_run(&run.place.world, at);
        server_step(&run.place.server, at);
    }
    if (run.place.server.up)
        check(dispatch_site_state(&run.place.server.engine, run.site, &run.arena, &state) ==
              ERR_NONE);
    (void)printf("seed %llu: %llu s, mean of L1 %.1f A, %u sessions, %u stations not proven, %u "
                 "kills, %llu caps, over after one %llu (%.1f s at most), by stations that ignore "
                 "limits %llu, that refuse all %llu\n",
                 (unsigned long long)seed, (unsigned long long)run.seconds,
                 (double)run.sum_ma / (double)run.seconds / 1000,
                 ledger_sum(&run.place.world.shared.ledger).sessions, state.unproven_count,
                 run.kills, (unsigned long long)run.caps, (unsigned long long)run.after_drop,
                 (double)run.longest_ms / 1000, (unsigned long long)run.by_disobedient,
                 (unsigned long long)run.by_free);
    close_run(&run);
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
