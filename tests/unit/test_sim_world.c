#include "test.h"

#include "sim_toy.h"

#define HOUR_MS 3600000LL

static struct sim_world world;
static struct toy toy;
static struct arena arena;
static struct sim_token tokens[] = { { "TAG1", "ISO14443" },
                                     { "TAG2", "ISO14443" },
                                     { "TAG3", "ISO14443" } };

static void open_world(uint64_t seed, uint32_t count, enum sim_protocol protocol,
                       const struct fault_mix *faults)
{
    struct sim_fleet fleet = { .count = count,
                               .prefix = STR("T"),
                               .protocol = protocol,
                               .speed = 1,
                               .sample_s = 300,
                               .aligned_s = -1,
                               .seed = seed,
                               .start_at = TOY_START,
                               .spread_ms = 10000,
                               .cars_soon = true,
                               .faults = faults };
    struct sim_world_config config = { .seed = seed,
                                       .start_at = TOY_START,
                                       .delay_min_ms = 1,
                                       .delay_max_ms = 80,
                                       .tokens = tokens,
                                       .token_count = COUNT(tokens),
                                       .sink = toy_sink,
                                       .sink_arg = &toy };

    arena_init(&arena, NULL, 0);
    toy = (struct toy){ .world = &world };
    sim_world_init(&world, &config, sim_fleet_setups(&fleet, &arena), NULL, count);
    toy.port = sim_world_port(&world);
}

static void close_world(void)
{
    sim_world_fini(&world);
    arena_reset(&arena);
}

/* What every ledger must be, whatever went wrong. */
static void check_ledger(bool all_told)
{

    for (const struct ledger_session *s = world.shared.ledger.first; s; s = s->next) {
        assert_true(s->true_stop_mwh >= s->true_start_mwh);
        assert_true(s->fact_count == 0 || s->facts[0].kind == SIM_START || !s->start_acked);
        for (uint32_t i = 1; i < s->fact_count; i++)
            assert_true(s->facts[i].register_mwh < 0 || s->facts[0].register_mwh < 0 ||
                        s->facts[i].register_mwh >= s->facts[0].register_mwh);
        if (s->ended && all_told) {
            assert_true(s->start_acked);
            assert_true(s->stop_acked);
            assert_int_equal(s->given_up, 0);
            assert_int_equal(s->facts[s->fact_count - 1].register_mwh, s->shown_stop_mwh);
        }
    }
}

static void a_day_of_each_version_is_told_in_full(void **state)
{
    (void)state;
    for (int protocol = SIM_16; protocol <= SIM_PROTOCOL_COUNT; protocol++) {
        struct ledger_sums sums;

        open_world(42 + (uint64_t)protocol, 30, (enum sim_protocol)protocol, NULL);
        sim_world_run(&world, TOY_START + 24 * HOUR_MS);
        sums = ledger_sum(&world.shared.ledger);
        print_message("# %u sessions, %llu facts, %lld kWh, %llu texts\n", sums.sessions,
                      (unsigned long long)sums.facts_acked, (long long)(sums.true_mwh / 1000000),
                      (unsigned long long)toy.texts);
        assert_true(sums.ended > 100);
        assert_true(sums.true_mwh > 1000LL * 1000000);
        assert_int_equal(world.shared.counts.errors, 0);
        assert_int_equal(world.shared.counts.timeouts, 0);
        assert_int_equal(world.shared.counts.closes, 0);
        check_ledger(false);
        for (const struct ledger_session *s = world.shared.ledger.first; s; s = s->next)
            assert_true(!s->ended || s->ended_at > world.now - 2000 || s->stop_acked);
        close_world();
    }
}

static void the_same_seed_gives_the_same_day(void **state)
{
    struct ledger_sums sums[2];
    uint64_t texts[2];
    struct fault_mix mix = { .every_ms = HOUR_MS,
                             .kinds = FAULTS_HARMLESS,
                             .duration_min_ms = 1000,
                             .duration_max_ms = 300000 };

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_world(7, 20, SIM_PROTOCOL_COUNT, &mix);
        sim_world_run(&world, TOY_START + 12 * HOUR_MS);
        sums[i] = ledger_sum(&world.shared.ledger);
        texts[i] = toy.texts;
        close_world();
    }
    assert_int_equal(texts[0], texts[1]);
    assert_int_equal(sums[0].true_mwh, sums[1].true_mwh);
    assert_int_equal(sums[0].facts_acked, sums[1].facts_acked);
}

static void no_fault_of_the_network_or_power_loses_a_fact(void **state)
{
    struct fault_mix mix = { .every_ms = HOUR_MS / 2,
                             .kinds = FAULTS_HARMLESS & ~FAULT_BIT(FAULT_DEAF),
                             .duration_min_ms = 1000,
                             .duration_max_ms = 600000 };

    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        open_world(seed, 20, SIM_PROTOCOL_COUNT, &mix);
        sim_world_run(&world, TOY_START + 12 * HOUR_MS);
        for (uint32_t i = 0; i < world.station_count; i++) {
            world.stations[i].timers[TIMER_FAULT] = UTC_NEVER;
            world.stations[i].setup.habits = NULL; /* nobody comes any more */
            schedule_set(&world.schedule, i, sim_station_wake(&world.stations[i]));
        }
        sim_world_run(&world, TOY_START + 24 * HOUR_MS);
        print_message("# seed %llu: %llu faults, %llu connects\n", (unsigned long long)seed,
                      (unsigned long long)world.shared.counts.faults,
                      (unsigned long long)world.shared.counts.connects);
        check_ledger(false);
        for (const struct ledger_session *s = world.shared.ledger.first; s; s = s->next)
            assert_true(!s->ended || s->given_up > 0 || (s->start_acked && s->stop_acked));
        close_world();
    }
}

static void a_server_that_was_away_hears_everything_afterwards(void **state)
{
    (void)state;
    open_world(3, 20, SIM_PROTOCOL_COUNT, NULL);
    sim_world_run(&world, TOY_START + HOUR_MS);
    sim_world_server(&world, false);
    sim_world_run(&world, TOY_START + 6 * HOUR_MS);
    sim_world_server(&world, true);
    for (uint32_t i = 0; i < world.station_count; i++)
        world.stations[i].setup.habits = NULL;
    sim_world_run(&world, TOY_START + 20 * HOUR_MS);
    check_ledger(true);
    for (uint32_t i = 0; i < world.station_count; i++)
        assert_false(outbox_has_facts(&world.stations[i].outbox, NULL));
    close_world();
}

static void before_it_is_accepted_a_station_only_boots(void **state)
{
    (void)state;
    open_world(5, 6, SIM_PROTOCOL_COUNT, NULL);
    toy.boot_status = "Pending";
    sim_world_run(&world, TOY_START + HOUR_MS);
    /* One boot each 300 s, and no other word. */
    assert_in_range(toy.texts, 6 * 12, 6 * 13 + 6);
    toy.boot_status = NULL;
    sim_world_run(&world, TOY_START + 2 * HOUR_MS);
    for (uint32_t i = 0; i < world.station_count; i++) {
        assert_int_equal(world.stations[i].boot, BOOT_ACCEPTED);
        for (uint32_t j = 0; j < world.stations[i].outbox.count; j++)
            assert_true(world.stations[i].outbox.items[j].at > world.now - 5000);
    }
    close_world();
}

static void a_refused_card_does_not_charge(void **state)
{
    struct ledger_sums sums;

    (void)state;
    open_world(6, 30, SIM_PROTOCOL_COUNT, NULL);
    toy.token_status = "Blocked";
    sim_world_run(&world, TOY_START + 6 * HOUR_MS);
    sums = ledger_sum(&world.shared.ledger);
    assert_int_equal(sums.true_mwh, 0);
    close_world();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_of_each_version_is_told_in_full),
        cmocka_unit_test(the_same_seed_gives_the_same_day),
        cmocka_unit_test(no_fault_of_the_network_or_power_loses_a_fact),
        cmocka_unit_test(a_server_that_was_away_hears_everything_afterwards),
        cmocka_unit_test(before_it_is_accepted_a_station_only_boots),
        cmocka_unit_test(a_refused_card_does_not_charge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
