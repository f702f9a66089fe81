/* main.c: the simulated world: `simworld --seeds FROM-TO [--stations N] [--hours H]`.
 *
 * Stations charge cars for hours; connections drop, the server is killed, the disk refuses. After
 * every step the invariants hold; at the end every session that a station was promised is there,
 * once, with the energy that its meter showed. A failure names its seed, which gives the same run
 * again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim/place.h"
#include "sim/plan.h"
#include "sim/power.h"

#define HOUR_MS INT64_C(3600000)

enum {
    SHARES_EACH = 8, /* of so many seeds one shares its power */
    SHARE_DA = 100,  /* a station there: a third of what it could take */
};

struct run {
    struct place place;
    uint64_t seed;
    uint32_t stations, kills, disk_failures;
    utc_ms end_at;
    struct arena arena;
    struct power_world power;
    bool shares; /* its stations are one site, which shares its power */
};

static void fail(const struct run *run, const char *what, const char *about)
{
    (void)fprintf(stderr, "seed %llu at +%lld ms: %s: %s\n", (unsigned long long)run->seed,
                  (long long)(run->place.world.now - run->place.world.config.start_at), what,
                  about);
    exit(1);
}

/* --- invariants, after every step ---------------------------------------- */

static void no_evse_has_two_sessions(const struct run *run)
{
    const struct world *world = &run->place.server.engine.world;
    const struct session_row *one;

    for (uint32_t at = 0; (one = world_next(world, ROW_session, &at));) {
        const struct session_row *other = NULL;
        if (one->state != SESSION_OPEN || one->evse == 0)
            continue;
        while ((other = world_next_of(world, ROW_session, one->station, other)))
            if (other != one && other->state == SESSION_OPEN && other->evse == one->evse)
                fail(run, "an EVSE has two open sessions", "");
    }
}

static void energy_is_sane(const struct run *run)
{
    const struct session_row *session;

    for (uint32_t at = 0;
         (session = world_next(&run->place.server.engine.world, ROW_session, &at));)
        if (session->energy_mwh < 0)
            fail(run, "a session has negative energy", "");
}

static void check_invariants(const struct run *run)
{
    if (!run->place.server.up || run->place.server.engine.memory_void)
        return;
    no_evse_has_two_sessions(run);
    energy_is_sane(run);
}

/* Also while the server is dead: leases end by themselves. */
static void check_power(struct run *run)
{
    const char *wrong = run->shares ? power_check(&run->power) : NULL;

    if (wrong)
        fail(run, wrong, "");
}

/* --- at the end ---------------------------------------------------------- */

static const struct station_row *station_of(struct run *run, const struct ledger_session *truth)
{
    return world_find_name(&run->place.server.engine.world, ROW_station, str_of(truth->station));
}

/* All sessions of this transaction, in the store. */
static void find(struct run *run, const struct ledger_session *truth, struct store_rows *rows)
{
    const struct station_row *station = station_of(run, truth);
    const struct store_filter filters[] = {
        { .column = "station", .test = STORE_EQ, .number = station->id },
        { .column = "transaction_id", .test = STORE_EQ, .text = str_of(truth->transaction_id) },
    };
    const struct store_query query = {
        .kind = ROW_session, .filters = filters, .filter_count = COUNT(filters), .limit = 10
    };

    check(run->place.server.reader->ops->query(run->place.server.reader, &query, &run->arena,
                                               rows) == ERR_NONE);
}

/* A start that is repeated after its number was used is another session in 1.6 (ARCHITECTURE.md,
 * Sessions), and an empty one. One that is repeated before must get the same number. */
static void judge_repeated_start(struct run *run, const struct ledger_session *truth,
                                 const char *about)
{
    struct store_rows rows;
    const struct session_row *session;

    find(run, truth, &rows);
    session = rows.count ? rows.rows[0] : NULL;
    if (session && !session->id_used)
        fail(run, "a repeated start was answered with another id", about);
}

static void judge(struct run *run, const struct ledger_session *truth)
{
    char about[160];
    struct store_rows rows;
    const struct session_row *session;
    int64_t shown_mwh = truth->shown_stop_mwh - truth->shown_start_mwh;

    (void)snprintf(about, sizeof about, "%s %s number %u evse %u", truth->station,
                   truth->transaction_id, truth->number, truth->evse); /* cut on purpose */
    if (truth->id_changed)
        judge_repeated_start(run, truth, about);
    if (!truth->start_acked && !truth->stop_acked)
        return;
    if (truth->transaction_id[0] == '\0')
        return; /* 1.6: it never learned its number; its stop said -1 */
    find(run, truth, &rows);
    if (rows.count == 0)
        fail(run, "acknowledged and not there", about);
    if (rows.count > 1)
        fail(run, "one transaction, two sessions", about);
    session = rows.rows[0];
    if (truth->stop_acked && session->state != SESSION_ENDED)
        fail(run, "its end was acknowledged and it has not ended", about);
    /* Registers are told in whole Wh by some stations. */
    if (truth->start_acked && truth->stop_acked && llabs(session->energy_mwh - shown_mwh) > 2000) {
        (void)fprintf(stderr, "has %lld mWh, shown %lld mWh, flags %lld\n",
                      (long long)session->energy_mwh, (long long)shown_mwh,
                      (long long)session->flags);
        fail(run, "wrong energy", about);
    }
}

static void judge_all(struct run *run)
{
    for (const struct ledger_session *truth = run->place.world.shared.ledger.first; truth;
         truth = truth->next)
        judge(run, truth);
}

/* --- the run ------------------------------------------------------------- */

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

    if (run->place.world.now >
        run->end_at - HOUR_MS) /* the last hour is quiet, so that queues empty */
        return;
    if (rand_below(&run->place.server.rand, 3) == 0) {
        run->place.server.failures_left = 1 + rand_below(&run->place.server.rand, 3);
        run->disk_failures++;
        kill_later(run);
        return;
    }
    server_kill(&run->place.server);
    run->kills++;
    sim_world_at(&run->place.world,
                 run->place.world.now + 1000 + (utc_ms)rand_below(&run->place.server.rand, 60000),
                 restart, run);
}

static void kill_later(struct run *run)
{
    sim_world_at(&run->place.world,
                 run->place.world.now + 60000 +
                     (utc_ms)rand_below(&run->place.server.rand, (uint64_t)HOUR_MS),
                 kill_now, run);
}

static void run_seed(uint64_t seed, uint32_t stations, int64_t hours, bool verbose)
{
    /* Where power is shared all stations obey: what those do that do not is energy/commit's test.
     */
    const struct fault_mix faults = { .every_ms = 600000,
                                      .kinds = seed % SHARES_EACH == 0
                                                   ? FAULTS_HARMLESS & ~FAULT_BIT(FAULT_DISOBEY)
                                                   : FAULTS_HARMLESS,
                                      .duration_min_ms = 1000,
                                      .duration_max_ms = 300000 };
    struct run run = { .seed = seed, .stations = stations, .shares = seed % SHARES_EACH == 0 };
    struct sim_world_config config = { .seed = seed,
                                       .start_at = 1790000000000,
                                       .delay_min_ms = 5,
                                       .delay_max_ms = 200,
                                       .sink = server_net_event,
                                       .sink_arg = &run.place.server };
    struct sim_fleet fleet = { .count = stations,
                               .prefix = STR("SIM"),
                               .protocol = SIM_PROTOCOL_COUNT,
                               .speed = 10,
                               .sample_s = 60,
                               .aligned_s = 0,
                               .seed = seed,
                               .start_at = config.start_at,
                               .spread_ms = 60000,
                               .cars_soon = true,
                               .faults = &faults };
    struct sim_setup *setups;
    struct ledger_sums sums;

    arena_init(&run.arena, NULL, 0);
    setups = sim_fleet_setups(&fleet, &run.arena);
    config.token_count = 20;
    config.tokens = sim_fleet_tokens(config.token_count, &run.arena);
    check(setups && config.tokens);
    sim_world_init(&run.place.world, &config, setups, NULL, stations);
    run.end_at = config.start_at + hours * HOUR_MS;
    place_server(&run.place, seed);
    server_start(&run.place.server);
    for (uint32_t i = 0; i < stations; i++)
        (void)place_station(&run.place, setups[i].id, 0);
    for (uint32_t i = 0; i < config.token_count; i++)
        place_token(&run.place, str_of(config.tokens[i].id));
    if (run.shares)
        power_start(&run.power, &run.place, SHARE_DA);
    kill_later(&run);
    for (utc_ms at; (at = sim_world_next(&run.place.world)) <= run.end_at;) {
        sim_world_run(&run.place.world, at);
        server_step(&run.place.server, at);
        check_invariants(&run);
        check_power(&run);
    }
    judge_all(&run);
    sums = ledger_sum(&run.place.world.shared.ledger);
    if (verbose)
        (void)printf("seed %llu: %u sessions, %u complete, %llu facts acknowledged, %u kills, %u "
                     "disk failures, %llu turns\n",
                     (unsigned long long)seed, sums.sessions, sums.complete,
                     (unsigned long long)sums.facts_acked, run.kills, run.disk_failures,
                     (unsigned long long)run.place.server.engine.stats.turns);
    if (sums.complete == 0)
        fail(&run, "no session came to its end: the test shows nothing", "");
    if (run.shares)
        power_fini(&run.power);
    server_fini(&run.place.server);
    sim_world_fini(&run.place.world);
    arena_reset(&run.arena);
}

int main(int argc, char **argv)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* a crash must not eat the last line */
    unsigned long long from = 1, to = 10, stations = 12, hours = 8;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seeds") == 0 && sscanf(argv[i + 1], "%llu-%llu", &from, &to) < 2)
            to = from;
        else if (strcmp(argv[i], "--stations") == 0)
            stations = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--hours") == 0)
            hours = strtoull(argv[i + 1], NULL, 10);
    }
    for (unsigned long long seed = from; seed <= to; seed++)
        run_seed(seed, (uint32_t)stations, (int64_t)hours, true);
    (void)printf("%llu passed, 0 failed\n", to - from + 1);
    return 0;
}
