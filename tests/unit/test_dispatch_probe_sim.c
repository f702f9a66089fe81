/* The probe and the simulator, which were written apart, over frames: each flaw is found by it, in
 * three versions. */
#include "test.h"

#include "dispatch/probe.h"
#include "sim_toy.h"

static struct sim_world world;
static struct toy toy;
static struct sim_station *station;
static struct sim_token tokens[] = { { "TAG1", "ISO14443" } };
static struct arena arena;
static conn_id conn;
static struct call_answer answer;
static bool answered;

static void watch(struct toy *t, conn_id from, const struct sim_frame *frame)
{
    (void)t;
    conn = from;
    if (frame->type == SIM_FRAME_CALL)
        return;
    answered = true;
    answer = (struct call_answer){ .outcome =
                                       frame->type == SIM_FRAME_RESULT ? CALL_ANSWERED : CALL_ERROR,
                                   .sent_at = world.now };
    if (answer.outcome == CALL_ANSWERED)
        answer.payload = arena_copy(&arena, frame->payload);
    else
        answer.error_code = arena_copy(&arena, frame->action);
}

static void open_model(enum sim_protocol protocol, const struct sim_control *control,
                       const struct sim_model *model)
{
    toy = (struct toy){ .watch = watch };
    arena_init(&arena, NULL, 64u << 20);
    station =
        toy_open(&toy, &world,
                 (struct sim_world_config){ .tokens = tokens,
                                            .token_count = COUNT(tokens),
                                            .delay_min_ms = 20,
                                            .delay_max_ms = 300 },
                 (struct sim_setup){
                     .protocol = protocol, .model = model, .sample_s = 10, .control = *control });
}

static void open_station(enum sim_protocol protocol, const struct sim_control *control)
{
    open_model(protocol, control, &sim_models[2]);
}

static void run_ms(int64_t ms)
{
    schedule_set(&world.schedule, 0, sim_station_wake(station));
    sim_world_run(&world, world.now + ms);
}

static void drive(struct probe *probe, bool with_car)
{
    utc_ms end_at = world.now + 3600000, wake_at, metered_at = world.now;
    struct charging_call call;

    while (world.now < end_at) {
        enum probe_next next = probe_next(probe, world.now, &arena, &call, &wake_at);

        if (next == PROBE_DONE)
            return;
        if (next == PROBE_CALL) {
            answered = false;
            toy_call(&toy, conn, arena_printf(&arena, "%.*s%c", STR_ARGS(call.action), 0).ptr,
                     arena_printf(&arena, "%.*s%c", STR_ARGS(call.payload), 0).ptr);
            run_ms(1000);
            assert_true(answered);
            probe_answered(probe, world.now, &answer, &arena);
            continue;
        }
        if (next == PROBE_HANG_UP) {
            const struct fault drop = { .kind = FAULT_DROP, .evse = 1 };

            sim_station_fault(station, world.now, &drop);
            run_ms(120000);
            assert_int_equal(station->link_state, LINK_OPEN);
            probe_back(probe, world.now);
            continue;
        }
        run_ms(1000);
        if (with_car && world.now - metered_at >= 10000) {
            metered_at = world.now;
            probe_metered(probe, world.now, station->evses[0].draw.current_ma / 100, 3);
        }
    }
    fail();
}

static struct behaviour probed(void)
{
    static const enum protocol protocols[] = { PROTOCOL_16, PROTOCOL_201, PROTOCOL_21 };
    struct sim_evse *evse = &station->evses[0];
    struct probe_station facts = { .protocol = protocols[station->setup.protocol],
                                   .evse_count = 1,
                                   .evse = 1,
                                   .volts_dv = 2300,
                                   .phases = 3,
                                   .cap_da = 160,
                                   .failsafe_da = 60,
                                   .station_max_da = 160,
                                   .clock_offset_ms = station->clock_offset_ms,
                                   .lease_ok = true };
    struct behaviour asked;
    struct probe probe;

    probe_ask(&probe, &facts, world.now);
    drive(&probe, false);
    assert_true(probe_complete(&probe));
    asked = probe.found;
    car_init(&evse->visit.car, &car_models[1], 300, 1);
    sim_station_step(station, world.now);
    sim_evse_plug(station, evse);
    sim_evse_card(station, evse, &tokens[0]);
    sim_station_step(station, world.now);
    run_ms(5000);
    if (!probe_prove(&probe, &facts, &asked, str_of(evse->tx->id), world.now))
        return asked;
    drive(&probe, true);
    return probe.found;
}

/* While one EVSE is tried, the defaults of the others are cleared, too: a car that comes there has
 * one all the same. */
static void the_other_evse_has_a_default_meanwhile(void **state)
{
    static const enum protocol protocols[] = { PROTOCOL_16, PROTOCOL_201, PROTOCOL_21 };

    (void)state;
    for (int protocol = 0; protocol < SIM_PROTOCOL_COUNT; protocol++) {
        const struct sim_control control = { 0 };
        struct probe_station facts = { .protocol = protocols[protocol],
                                       .evse_count = 2,
                                       .evse = 1,
                                       .others = { 2 },
                                       .other_count = 1,
                                       .volts_dv = 2300,
                                       .phases = 3,
                                       .cap_da = 320,
                                       .failsafe_da = 0,
                                       .station_max_da = 640 };
        struct profile_query query = {
            .evse = 2, .transaction = 1, .voltage_mv = 230000, .phases = 3
        };
        struct probe probe;

        open_model((enum sim_protocol)protocol, &control, &sim_models[0]);
        probe_ask(&probe, &facts, world.now);
        drive(&probe, false);
        assert_true(probe_complete(&probe));
        query.now = world.now;
        assert_int_equal(profiles_evse_limit(&station->profiles, &query, false), 6000);
        query.evse = 1;
        assert_int_equal(profiles_evse_limit(&station->profiles, &query, false), 0);
        sim_world_fini(&world);
        arena_reset(&arena);
    }
}

static void each_flaw_is_found(void **state)
{
    static const struct {
        uint64_t flaws;
        int32_t latency_ms;
        int64_t clock_ms;
        const char *trouble; /* a word of it; NULL: trusted */
        enum proof leases, zero, tenths, station_max;
        enum charging_unit unit;
        enum proof updates, drops; /* 2.1 */
        int32_t zone_ms;           /* its times are local ones */
    } cases[] = {
        // clang-format off
        { 0, 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { 0, 25000, 0, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { 0, 0, -7200000, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_NO_PROFILES), 0, 0, "refuses a default", PROOF_NONE, PROOF_NONE, PROOF_NONE, PROOF_NO, CHARGE_A, PROOF_NONE, PROOF_NONE },
        { FLAW_BIT(FLAW_IGNORES), 0, 0, "does not follow", PROOF_NONE, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_NONE, PROOF_NONE },
        { FLAW_BIT(FLAW_NO_STATION_MAX), 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_NO, CHARGE_A, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_NO_DEFAULT), 0, 0, "refuses a default", PROOF_NONE, PROOF_NONE, PROOF_NONE, PROOF_YES, CHARGE_A, PROOF_NONE, PROOF_NONE },
        { FLAW_BIT(FLAW_NO_ZERO), 0, 0, NULL, PROOF_YES, PROOF_NO, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_ONLY_A), 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_ONLY_W), 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_NONE, PROOF_YES, CHARGE_W, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_WHOLE_AMPS), 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_NO, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_STACK_ZERO), 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_NO_LEASE), 0, 0, NULL, PROOF_NO, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_NO_COMPOSITE), 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_NONE, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_NO_DYNAMIC), 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_NO, PROOF_NONE },
        { FLAW_BIT(FLAW_VARIES), 25000, 0, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { FLAW_BIT(FLAW_HALF_MORE), 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES },
        { 0, 0, 0, NULL, PROOF_NO, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES, 3600000 },
        { 0, 0, 0, NULL, PROOF_NO, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_YES, -3600000 },
        { FLAW_BIT(FLAW_KEEPS), 0, 0, NULL, PROOF_YES, PROOF_YES, PROOF_YES, PROOF_YES, CHARGE_A, PROOF_YES, PROOF_NO },
        // clang-format on
    };

    (void)state;
    for (int protocol = SIM_16; protocol <= SIM_21; protocol++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            const struct sim_control control = { .flaws = cases[i].flaws,
                                                 .latency_ms = cases[i].latency_ms,
                                                 .clock_ms = cases[i].clock_ms,
                                                 .zone_ms = cases[i].zone_ms };
            struct behaviour found;
            struct sentence trouble;

            print_message("# case %zu\n", i);
            open_station((enum sim_protocol)protocol, &control);
            found = probed();
            trouble = behaviour_trouble(&found, &arena);
            if (cases[i].trouble)
                assert_true(trouble.code &&
                            str_contains_nocase(trouble.text, str_of(cases[i].trouble)));
            else
                assert_null(trouble.code);
            assert_int_equal(found.leases, cases[i].leases);
            assert_int_equal(found.zero, cases[i].zero);
            assert_int_equal(found.tenths, cases[i].tenths);
            assert_int_equal(found.station_max, cases[i].station_max);
            assert_int_equal(found.unit, cases[i].unit);
            assert_true(cases[i].flaws == FLAW_BIT(FLAW_VARIES) ||
                        behaviour_latency_p95(&found) >= cases[i].latency_ms);
            if (protocol == SIM_21)
                assert_int_equal(found.dynamic, PROOF_YES);
            assert_int_equal(found.updates, protocol == SIM_21 ? cases[i].updates : PROOF_NONE);
            assert_int_equal(found.drops, protocol == SIM_21 ? cases[i].drops : PROOF_NONE);
            sim_world_fini(&world);
            arena_reset(&arena);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_other_evse_has_a_default_meanwhile),
        cmocka_unit_test(each_flaw_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
