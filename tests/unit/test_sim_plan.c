#include "test.h"

#include "sim_toy.h"

#include "sim/run.h"

#define START 1764000000000LL

static struct sim_world world;
static struct toy toy;

static void open_demo(void)
{
    static struct sim_token tokens[SIM_DEMO_TOKENS];
    struct sim_setup setups[SIM_DEMO_STATIONS];
    struct sim_world_config config = { .seed = 1,
                                       .start_at = START,
                                       .delay_max_ms = 5,
                                       .tokens = tokens,
                                       .token_count = SIM_DEMO_TOKENS,
                                       .sink = toy_sink,
                                       .sink_arg = &toy };

    for (uint32_t i = 0; i < SIM_DEMO_TOKENS; i++)
        tokens[i] = sim_demo_tokens[i].token;
    sim_demo_setups(setups, 1, START);
    toy = (struct toy){ .world = &world };
    sim_world_init(&world, &config, setups, NULL, SIM_DEMO_STATIONS);
    toy.port = sim_world_port(&world);
}

static int64_t power_w(void)
{
    int64_t sum_w = 0;

    for (uint32_t i = 0; i < world.station_count; i++)
        for (uint32_t j = 0; j < world.stations[i].evse_count; j++)
            sum_w += world.stations[i].evses[j].draw.power_w;
    return sum_w;
}

static void the_demo_has_three_sites_and_four_stations_of_each_version(void **state)
{
    uint32_t by_site[SIM_DEMO_SITES] = { 0 }, by_protocol[SIM_PROTOCOL_COUNT] = { 0 }, dc = 0;

    (void)state;
    for (uint32_t i = 0; i < SIM_DEMO_STATIONS; i++) {
        const struct sim_demo_station *station = &sim_demo_stations[i];

        by_site[station->site]++;
        by_protocol[station->protocol]++;
        dc += station->model->dc;
        for (uint32_t j = 0; j < i; j++)
            assert_false(str_equal(sim_demo_stations[j].id, station->id));
        for (uint32_t j = 0; j < COUNT(station->printed_ids); j++)
            assert_int_equal(station->printed_ids[j].len > 0, j < station->model->evse_count);
    }
    for (uint32_t i = 0; i < SIM_PROTOCOL_COUNT; i++)
        assert_int_equal(by_protocol[i], 4);
    for (uint32_t i = 0; i < SIM_DEMO_SITES; i++)
        assert_true(by_site[i] > 0);
    assert_true(dc > 0 && dc < SIM_DEMO_STATIONS);
}

static void in_the_demo_cars_charge_within_ten_seconds_and_come_and_go(void **state)
{
    uint32_t charging = 0;
    int64_t first_w, later_w;

    (void)state;
    open_demo();
    sim_world_run(&world, START + 10000);
    for (const struct ledger_session *s = world.shared.ledger.first; s; s = s->next)
        charging += s->start_acked && s->true_stop_mwh > s->true_start_mwh;
    assert_true(charging >= 8);
    first_w = power_w();
    assert_true(first_w > 50000);
    sim_world_run(&world, START + 600000);
    later_w = power_w();
    assert_true(later_w != first_w);
    print_message("# %u sessions in ten minutes, %lld kW then %lld kW\n", world.shared.ledger.count,
                  (long long)first_w / 1000, (long long)later_w / 1000);
    assert_true(ledger_sum(&world.shared.ledger).complete >= 10);
    sim_world_fini(&world);
}

static void a_fleet_is_the_same_for_the_same_seed(void **state)
{
    struct sim_fleet fleet = { .count = 50,
                               .prefix = STR("X"),
                               .protocol = SIM_PROTOCOL_COUNT,
                               .speed = 1,
                               .sample_s = -1,
                               .aligned_s = -1,
                               .seed = 8,
                               .start_at = START,
                               .spread_ms = 100 };
    struct sim_setup *one, *two;
    struct arena arena;

    (void)state;
    arena_init(&arena, NULL, 0);
    one = sim_fleet_setups(&fleet, &arena);
    two = sim_fleet_setups(&fleet, &arena);
    assert_str_equal(one[49].id, STR("X-00050"));
    for (uint32_t i = 0; i < fleet.count; i++) {
        assert_str_equal(one[i].serial, two[i].serial);
        assert_int_equal(one[i].seed, two[i].seed);
        assert_ptr_equal(one[i].model, two[i].model);
        assert_int_equal(one[i].protocol, i % SIM_PROTOCOL_COUNT);
    }
    arena_reset(&arena);
}

static void addresses_are_read_or_refused(void **state)
{
    static const struct {
        const char *text, *scheme;
        bool good;
        const char *host, *port, *path;
    } cases[] = {
        { "ws://localhost:9000/ocpp", "ws", true, "localhost", "9000", "/ocpp" },
        { "ws://[::1]:9000/ocpp", "ws", true, "::1", "9000", "/ocpp" },
        { "ws://[::1]", "ws", true, "::1", "80", "/" },
        { "http://a.example", "http", true, "a.example", "80", "/" },
        { "wss://localhost/ocpp", "ws", true, "localhost", "443", "/ocpp" },
        { "https://localhost:9000", "ws", false, "", "", "" },
        { "wsss://localhost:9000", "ws", false, "", "", "" },
        { "localhost:9000", "ws", false, "", "", "" },
        { "ws://", "ws", false, "", "", "" },
        { "ws://:9000/", "ws", false, "", "", "" },
        { "ws://a:/", "ws", false, "", "", "" },
        { "ws://a:123456/", "ws", false, "", "", "" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim_url url;

        print_message("# %s\n", cases[i].text);
        assert_int_equal(sim_url_read(str_of(cases[i].text), str_of(cases[i].scheme), &url),
                         cases[i].good);
        if (!cases[i].good)
            continue;
        assert_string_equal(url.host, cases[i].host);
        assert_string_equal(url.port, cases[i].port);
        assert_str_equal(url.path, str_of(cases[i].path));
    }
}

static void the_ledger_is_written_as_one_line_of_json_a_session(void **state)
{
    struct ledger ledger;
    struct ledger_session *session;
    struct ledger_fact fact = { .kind = SIM_START, .seq_no = 0, .at = START, .register_mwh = 1500 };
    char text[1024];
    struct buf out;

    (void)state;
    ledger_init(&ledger, true);
    session = ledger_open(&ledger, STR("CP-1"), SIM_21);
    session->started_at = START;
    session->true_start_mwh = 1500;
    session->true_stop_mwh = 4001;
    ledger_acked(&ledger, session, &fact);
    buf_init(&out, text, sizeof text);
    ledger_write(session, &out);
    assert_false(out.overflow);
    assert_true(str_ends(buf_str(&out), STR("]}\n")));
    assert_true(str_contains_nocase(buf_str(&out), STR("\"energy_wh\":2.501,")));
    assert_true(str_contains_nocase(buf_str(&out),
                                    STR("\"acked\":[{\"kind\":\"start\",\"seq_no\":0,\"timestamp\":"
                                        "\"2025-11-24T16:00:00.000Z\",\"register_wh\":1.5}]")));
    assert_int_equal(ledger_sum(&ledger).true_mwh, 2501);
    ledger_fini(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demo_has_three_sites_and_four_stations_of_each_version),
        cmocka_unit_test(in_the_demo_cars_charge_within_ten_seconds_and_come_and_go),
        cmocka_unit_test(a_fleet_is_the_same_for_the_same_seed),
        cmocka_unit_test(addresses_are_read_or_refused),
        cmocka_unit_test(the_ledger_is_written_as_one_line_of_json_a_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
