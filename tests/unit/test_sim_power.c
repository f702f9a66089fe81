/* Stations and cars that take charging limits as the field's do. Profiles are written by
 * ocpp/charging.c and read by the simulator's own reader. */
#include "test.h"

#include "ocpp/charging.h"
#include "sim_toy.h"

#define CONN 1

static struct sim_world world;
static struct toy toy;
static struct sim_station *station;
static struct sim_evse *evse;
static struct sim_token tokens[] = { { "TAG1", "ISO14443" } };
static char log_text[8192], answer_text[8192], last_text[8192];
static struct buf heard;
static conn_id conn;
static struct arena arena;

static void watch(struct toy *t, conn_id from, const struct sim_frame *frame)
{
    struct str text = frame->payload;

    (void)t;
    conn = from;
    if (frame->type != SIM_FRAME_CALL) {
        text = frame->type == SIM_FRAME_RESULT ? frame->payload : frame->action;
        assert_true(text.len < sizeof answer_text);
        memcpy(answer_text, text.ptr, text.len);
        answer_text[text.len] = '\0';
        return;
    }
    buf_printf(&heard, "%s%.*s", heard.len ? " " : "", STR_ARGS(frame->action));
    assert_true(text.len < sizeof last_text);
    memcpy(last_text, text.ptr, text.len);
    last_text[text.len] = '\0';
}

static void open_station(enum sim_protocol protocol, const struct sim_control *control)
{
    toy = (struct toy){ .watch = watch };
    arena_init(&arena, NULL, 16u << 20);
    buf_init(&heard, log_text, sizeof log_text);
    station = toy_open(
        &toy, &world, (struct sim_world_config){ .tokens = tokens, .token_count = COUNT(tokens) },
        (struct sim_setup){ .protocol = protocol,
                            .model = &sim_models[0],
                            .sample_s = 60,
                            .control = control ? *control : (struct sim_control){ 0 } });
    evse = &station->evses[0];
    heard.len = 0;
}

static void close_station(void)
{
    sim_world_fini(&world);
    arena_reset(&arena);
}

static void run_s(int64_t seconds)
{
    schedule_set(&world.schedule, 0, sim_station_wake(station));
    sim_world_run(&world, world.now + seconds * 1000);
}

/* A car of this model stands there and charges. */
static void charge(uint32_t model)
{
    car_init(&evse->visit.car, &car_models[model], 300, 1);
    evse->visit.leaves_at = world.now + 7200000;
    sim_station_step(station, world.now);
    sim_evse_plug(station, evse);
    sim_evse_card(station, evse, &tokens[0]);
    sim_station_step(station, world.now);
    run_s(2);
}

static void inflict(enum fault_kind kind, int64_t duration_s, int64_t value)
{
    struct fault fault = {
        .kind = kind, .evse = 1, .duration_ms = duration_s * 1000, .value = value
    };

    sim_world_fault(&world, &fault);
}

static enum protocol protocol_of(void)
{
    static const enum protocol protocols[] = { PROTOCOL_16, PROTOCOL_201, PROTOCOL_21 };

    return protocols[station->setup.protocol];
}

static struct charging_profile flat(enum charging_layer layer, struct charging_period *period,
                                    int32_t limit)
{
    struct charging_profile profile = CHARGE_PROFILE;

    *period = (struct charging_period){ 0, limit, CHARGE_SAME, CHARGE_SAME, 0, 0 };
    profile.layer = layer;
    profile.evse = layer == CHARGE_STATION_MAX ? 0 : 1;
    profile.id = charging_id(layer, profile.evse);
    profile.kind = CHARGE_ABSOLUTE;
    profile.start_at = CHARGE_ALWAYS;
    profile.transaction_id = evse->tx ? str_of(evse->tx->id) : STR("1");
    profile.period_count = 1;
    profile.periods = period;
    return profile;
}

static const char *said(const struct charging_call *call)
{
    answer_text[0] = '\0';
    toy_call(&toy, conn, arena_printf(&arena, "%.*s%c", STR_ARGS(call->action), 0).ptr,
             arena_printf(&arena, "%.*s%c", STR_ARGS(call->payload), 0).ptr);
    run_s(0);
    return answer_text;
}

static void assert_set(const struct charging_profile *profile, const char *word)
{
    struct charging_call call;
    const char *why;

    assert_int_equal(charging_set(protocol_of(), profile, &arena, &call, &why), ERR_NONE);
    if (!strstr(said(&call), word))
        fail_msg("%.*s: %s, wanted %s", STR_ARGS(call.payload), answer_text, word);
}

static void assert_draws(int32_t da)
{
    int32_t got = evse->draw.current_ma / 100;

    if (got < da - 3 || got > da)
        fail_msg("draws %d, wanted %d", got, da);
}

/* --- words ----------------------------------------------------------------- */

static void flaws_have_words(void **state)
{
    static const char *const bad[] = { "nonsense", "ignores,", ",", "ignores,,only_a", "IGNORES" };
    uint64_t flaws;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(sim_flaws_read(str_of(bad[i]), &flaws));
    assert_true(sim_flaws_read(STR(""), &flaws));
    assert_int_equal(flaws, 0);
    assert_true(sim_flaws_read(STR("ignores, only_w"), &flaws));
    assert_int_equal(flaws, FLAW_BIT(FLAW_IGNORES) | FLAW_BIT(FLAW_ONLY_W));
    for (uint32_t flaw = 0; flaw < FLAW_COUNT; flaw++) {
        assert_true(sim_flaws_read(str_of(sim_flaw_word((enum sim_flaw)flaw)), &flaws));
        assert_int_equal(flaws, FLAW_BIT(flaw));
    }
}

/* --- stations ----------------------------------------------------------------- */

static void each_flaw_refuses_what_it_should(void **state)
{
    /* A default of 16 A, a station maximum, a session's, 0 A, in W, on stack level 1. */
    static const struct {
        enum sim_flaw flaw;
        const char *takes;
    } cases[] = {
        { FLAW_COUNT, "yyyyyy" },        { FLAW_NO_PROFILES, "nnnnnn" },
        { FLAW_IGNORES, "yyyyyy" },      { FLAW_NO_STATION_MAX, "ynyyyy" },
        { FLAW_NO_DEFAULT, "nyynnn" },   { FLAW_NO_ZERO, "yyynyy" },
        { FLAW_ONLY_A, "yyyyny" },       { FLAW_ONLY_W, "nnnnyn" },
        { FLAW_STACK_ZERO, "yyyyyn" },   { FLAW_WHOLE_AMPS, "yyyyyy" },
        { FLAW_NO_COMPOSITE, "yyyyyy" },
    };
    struct charging_period period;

    (void)state;
    for (int protocol = SIM_16; protocol <= SIM_21; protocol++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            struct charging_profile profiles[6];
            struct sim_control control = { .flaws = cases[i].flaw == FLAW_COUNT
                                                        ? 0
                                                        : FLAW_BIT(cases[i].flaw) };

            open_station((enum sim_protocol)protocol, &control);
            charge(1);
            for (size_t k = 0; k < COUNT(profiles); k++) {
                profiles[k] = flat(k == 1   ? CHARGE_STATION_MAX
                                   : k == 2 ? CHARGE_TX
                                            : CHARGE_DEFAULT,
                                   &period, k == 3 ? 0 : 160);
                profiles[k].unit = k == 4 ? CHARGE_W : CHARGE_A;
                profiles[k].stack = k == 5;
                profiles[k].id += (int32_t)k * 100;
                assert_set(&profiles[k], cases[i].takes[k] == 'y' ? "Accepted" : "Rejected");
            }
            close_station();
        }
}

static void a_new_limit_bites_after_the_stations_latency(void **state)
{
    struct sim_control control = { .latency_ms = 30000 };
    struct charging_period period;
    struct charging_profile profile;

    (void)state;
    open_station(SIM_16, &control);
    charge(1);
    assert_draws(160); /* a session begins with what it may */
    profile = flat(CHARGE_TX, &period, 80);
    assert_set(&profile, "Accepted");
    run_s(29);
    assert_draws(160);
    run_s(1);
    assert_draws(80);
    inflict(FAULT_LATENCY, 0, 0);
    profile = flat(CHARGE_TX, &period, 120);
    assert_set(&profile, "Accepted");
    assert_draws(120);
    close_station();
}

/* To the second, since a clamp on the feeder looks each second. */
static void a_lease_lapses_by_the_stations_own_clock(void **state)
{
    static const struct {
        uint64_t flaws;
        int32_t after_da;
    } cases[] = { { 0, 60 }, { FLAW_BIT(FLAW_NO_LEASE), 140 } };
    struct charging_period period, below;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim_control control = { .flaws = cases[i].flaws, .clock_ms = -3600000 };
        struct charging_profile profile, fallback;

        open_station(SIM_201, &control);
        charge(1);
        fallback = flat(CHARGE_DEFAULT, &below, 60);
        assert_set(&fallback, "Accepted");
        assert_draws(60);
        profile = flat(CHARGE_TX, &period, 140);
        profile.start_at = world.now - 10000;
        profile.duration_s = 100;
        assert_set(&profile, "Accepted");
        assert_draws(60); /* by its clock that was an hour ago: over, or not begun */
        profile.clock_offset_ms = -3600000;
        assert_set(&profile, "Accepted");
        run_s(89);
        assert_draws(140);
        run_s(1);
        assert_draws(cases[i].after_da);
        close_station();
    }
}

static void profiles_outlive_a_reboot_or_not(void **state)
{
    static const struct {
        uint64_t flaws;
        int32_t da;
    } cases[] = { { 0, 100 }, { FLAW_BIT(FLAW_FORGETS), 160 } };
    struct charging_period period;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim_control control = { .flaws = cases[i].flaws };
        struct charging_profile profile;

        open_station(SIM_16, &control);
        profile = flat(CHARGE_DEFAULT, &period, 100);
        assert_set(&profile, "Accepted");
        inflict(FAULT_REBOOT, 10, 0);
        run_s(60);
        charge(1);
        assert_draws(cases[i].da);
        close_station();
    }
}

static void a_station_that_ignores_reports_what_it_was_told(void **state)
{
    struct sim_control control = { .flaws = FLAW_BIT(FLAW_IGNORES) };
    struct charging_period period;
    struct charging_profile profile;
    struct charging_call call;

    (void)state;
    open_station(SIM_16, &control);
    charge(1);
    profile = flat(CHARGE_TX, &period, 80);
    assert_set(&profile, "Accepted");
    assert_int_equal(charging_get_composite(PROTOCOL_16, 1, 60, CHARGE_A, &arena, &call), ERR_NONE);
    assert_non_null(strstr(said(&call), "\"limit\":8"));
    assert_draws(160);
    inflict(FAULT_TAKES, 0, FLAW_BIT(FLAW_NO_COMPOSITE));
    run_s(10);
    assert_draws(80);
    assert_non_null(strstr(said(&call), "Rejected"));
    close_station();
}

/* --- what 2.x adds ------------------------------------------------------------ */

static void profiles_are_reported_one_by_one(void **state)
{
    struct charging_period period;
    struct charging_match any = CHARGE_ANY, none = CHARGE_ANY;
    struct charging_profile profile;
    struct charging_call call;

    (void)state;
    for (int protocol = SIM_201; protocol <= SIM_21; protocol++) {
        open_station((enum sim_protocol)protocol, NULL);
        none.id = 9;
        assert_int_equal(charging_get_profiles(protocol_of(), 1, &none, &arena, &call), ERR_NONE);
        assert_non_null(strstr(said(&call), "NoProfiles"));
        charge(1);
        profile = flat(CHARGE_STATION_MAX, &period, 300);
        assert_set(&profile, "Accepted");
        profile = flat(CHARGE_DEFAULT, &period, 100);
        assert_set(&profile, "Accepted");
        profile = flat(CHARGE_TX, &period, 77);
        assert_set(&profile, "Accepted");
        heard.len = 0;
        assert_int_equal(charging_get_profiles(protocol_of(), 2, &any, &arena, &call), ERR_NONE);
        assert_non_null(strstr(said(&call), "Accepted"));
        assert_str_equal(buf_str(&heard), STR("ReportChargingProfiles ReportChargingProfiles "
                                              "ReportChargingProfiles"));
        assert_null(strstr(last_text, "\"tbc\":true"));
        assert_non_null(strstr(last_text, "\"requestId\":2"));
        assert_non_null(strstr(last_text, "\"limit\":7.7"));
        any.evse = 0;
        assert_int_equal(charging_get_profiles(protocol_of(), 3, &any, &arena, &call), ERR_NONE);
        assert_non_null(strstr(said(&call), "Accepted"));
        assert_non_null(strstr(last_text, "ChargingStationMaxProfile"));
        any.evse = -1;
        close_station();
    }
}

static void limits_from_outside_are_told_and_are_not_the_servers(void **state)
{
    struct charging_match outside = CHARGE_ANY;
    struct charging_call call;

    (void)state;
    open_station(SIM_21, NULL);
    charge(1);
    heard.len = 0;
    inflict(FAULT_OUTSIDE_LIMIT, 0, 10000);
    run_s(1);
    assert_draws(100);
    assert_str_equal(buf_str(&heard), STR("NotifyChargingLimit"));
    assert_non_null(strstr(last_text, "\"limit\":10"));
    outside.evse = 0;
    assert_int_equal(charging_clear(PROTOCOL_21, &outside, &arena, &call), ERR_NONE);
    assert_non_null(strstr(said(&call), "Unknown"));
    assert_draws(100);
    heard.len = 0;
    inflict(FAULT_OUTSIDE_LIMIT, 0, -1);
    run_s(1);
    assert_draws(160);
    assert_str_equal(buf_str(&heard), STR("ClearedChargingLimit"));
    close_station();
}

static void cars_that_can_say_what_they_need(void **state)
{
    (void)state;
    for (int protocol = SIM_16; protocol <= SIM_21; protocol++) {
        open_station((enum sim_protocol)protocol, NULL);
        charge(2);
        assert_int_equal(strstr(log_text, "NotifyEVChargingNeeds") != NULL, protocol != SIM_16);
        close_station();
    }
    open_station(SIM_201, NULL);
    charge(1); /* one that cannot */
    assert_false(str_contains_nocase(buf_str(&heard), STR("NotifyEVChargingNeeds")));
    close_station();
}

/* 2.0.1 K01.FR.46, FR.48: a phase to use is taken where it can be used. */
static void a_car_of_one_phase_goes_where_it_is_told(void **state)
{
    static const struct {
        uint64_t flaws;
        bool taken;
        int32_t line; /* of the grid, from 0 */
    } cases[] = { { 0, false, 0 },
                  { FLAW_BIT(FLAW_STAYS), true, 0 },
                  { FLAW_BIT(FLAW_SWITCHES), true, 2 } };
    struct charging_period period;
    struct charging_profile profile;
    int32_t current_ma[3];

    (void)state;
    for (int protocol = SIM_201; protocol <= SIM_21; protocol++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            struct sim_control control = { .flaws = cases[i].flaws };

            open_station((enum sim_protocol)protocol, &control);
            charge(3); /* one phase */
            assert_int_equal(strstr(log_text, "NotifyEVChargingNeeds") != NULL,
                             cases[i].flaws != 0);
            profile = flat(CHARGE_TX, &period, 160);
            period.phases = 1;
            period.phase_to_use = 3;
            assert_set(&profile, cases[i].taken ? "Accepted" : "Rejected");
            run_s(1);
            sim_station_lines(station, current_ma);
            for (int32_t line = 0; line < 3; line++)
                assert_int_equal(current_ma[line] > 0, line == cases[i].line);
            close_station();
        }
}

/* The periods of the plan that was told last, as start:W, and whether it was told. */
static bool planned(char *text, uint32_t size)
{
    struct str periods = pick(str_of(last_text), "chargingSchedule.chargingSchedulePeriod"), item;
    int64_t start_s = 0, w = 0;
    struct buf out;

    buf_init(&out, text, size);
    while (pick_item(&periods, &item)) {
        assert_true(pick_i64(item, "startPeriod", &start_s) && pick_i64(item, "limit", &w));
        buf_printf(&out, "%s%lld:%lld", out.len ? " " : "", (long long)start_s, (long long)w);
    }
    text[out.len] = '\0';
    return str_contains_nocase(buf_str(&heard), STR("NotifyEVChargingSchedule"));
}

/* 2.0.1 K15.FR.10, K16.FR.05: within the limits, and until it is full. */
static void such_cars_answer_limits_with_a_plan(void **state)
{
    static const struct {
        int32_t limit_da;
        int32_t soc_permille, leaves_s;
        const char *plan;
    } cases[] = {
        { 0, 300, 7200, "0:0" },
        { 160, 300, 7200, "0:11040" }, /* the most that it takes */
        { 320, 300, 7200, "0:11040" },
        { 100, 300, 7200, "0:6900" },
        { 100, 970, 7200, "0:6900 1341:0" },                    /* until it is full */
        { 160, 985, 7200, "0:11040 149:10488 298:8280 447:0" }, /* it tapers */
    };
    struct charging_period period;
    struct charging_profile profile;
    char text[512];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        open_station(SIM_201, NULL);
        charge(2);
        car_init(&evse->car, &car_models[2], cases[i].soc_permille, 1);
        evse->visit.leaves_at = world.now + cases[i].leaves_s * 1000;
        heard.len = 0;
        profile = flat(CHARGE_TX, &period, cases[i].limit_da);
        assert_set(&profile, "Accepted");
        run_s(3);
        assert_true(planned(text, sizeof text));
        print_message("# %s\n", text);
        assert_memory_equal(text, cases[i].plan, strlen(cases[i].plan));
        close_station();
    }
    open_station(SIM_21, NULL); /* the limits of an update as well */
    charge(2);
    heard.len = 0;
    profile = flat(CHARGE_TX, &period, 120);
    profile.kind = CHARGE_DYNAMIC;
    profile.start_at = UTC_UNKNOWN;
    assert_set(&profile, "Accepted");
    run_s(3);
    assert_true(planned(text, sizeof text));
    assert_string_equal(text, "0:8280");
    close_station();
}

static void cars_that_cannot_plan_say_nothing(void **state)
{
    struct charging_period period;
    struct charging_profile profile;
    char text[512];

    (void)state;
    for (int protocol = SIM_16; protocol <= SIM_21; protocol++)
        for (uint32_t model = 1; model <= 2; model++) {
            open_station((enum sim_protocol)protocol, NULL);
            charge(model);
            profile =
                flat(model == 1 || protocol == SIM_16 ? CHARGE_TX : CHARGE_DEFAULT, &period, 100);
            assert_set(&profile, "Accepted");
            run_s(3);
            assert_false(planned(text, sizeof text));
            close_station();
        }
}

static void a_dynamic_profile_is_pushed_and_pulled(void **state)
{
    struct charging_period period;
    struct charging_profile profile;
    struct charging_call call;

    (void)state;
    open_station(SIM_21, NULL);
    charge(1);
    profile = flat(CHARGE_TX, &period, 120);
    profile.kind = CHARGE_DYNAMIC;
    profile.start_at = UTC_UNKNOWN;
    profile.update_s = 60;
    assert_set(&profile, "Accepted");
    assert_draws(120);
    period.limit = 80;
    assert_int_equal(
        charging_update(PROTOCOL_21, profile.id, CHARGE_A, false, &period, &arena, &call),
        ERR_NONE);
    assert_non_null(strstr(said(&call), "Accepted"));
    assert_draws(80);
    assert_int_equal(charging_update(PROTOCOL_21, 4, CHARGE_A, false, &period, &arena, &call),
                     ERR_NONE);
    assert_non_null(strstr(said(&call), "Rejected")); /* K28.FR.11 */
    toy.pull_limit = 10;
    heard.len = 0;
    run_s(59);
    assert_false(str_contains_nocase(buf_str(&heard), STR("PullDynamic")));
    run_s(2);
    assert_true(str_contains_nocase(buf_str(&heard), STR("PullDynamicScheduleUpdate")));
    assert_draws(100);
    close_station();
}

/* 2.1 K01.FR.101 and FR.102. */
static void offline_for_too_long_it_goes_back_to_the_default(void **state)
{
    (void)state;
    for (int forgets = 0; forgets < 2; forgets++) {
        struct charging_period period, below;
        struct charging_profile profile, fallback;

        open_station(SIM_21, NULL);
        charge(1);
        fallback = flat(CHARGE_DEFAULT, &below, 60);
        assert_set(&fallback, "Accepted");
        profile = flat(CHARGE_TX, &period, 140);
        profile.offline_s = 120;
        profile.offline_forgets = forgets;
        assert_set(&profile, "Accepted");
        assert_draws(140);
        sim_world_server(&world, false);
        run_s(119);
        assert_draws(140);
        run_s(2);
        assert_draws(60);
        sim_world_server(&world, true);
        run_s(180);
        assert_int_equal(station->link_state, LINK_OPEN);
        assert_draws(forgets ? 60 : 140);
        close_station();
    }
}

static void priority_takes_the_place_of_a_sessions_profile(void **state)
{
    struct charging_period period;
    struct charging_profile profile;
    struct charging_call call;

    (void)state;
    open_station(SIM_21, NULL);
    charge(1);
    profile = flat(CHARGE_TX, &period, 70);
    assert_set(&profile, "Accepted");
    assert_int_equal(charging_use_priority(PROTOCOL_21, str_of(evse->tx->id), true, &arena, &call),
                     ERR_NONE);
    assert_non_null(strstr(said(&call), "NoProfile"));
    profile = flat(CHARGE_PRIORITY, &period, 150);
    assert_set(&profile, "Accepted");
    assert_draws(70);
    heard.len = 0;
    assert_non_null(strstr(said(&call), "Accepted"));
    assert_str_equal(buf_str(&heard), STR("NotifyPriorityCharging"));
    assert_draws(150);
    assert_int_equal(charging_use_priority(PROTOCOL_21, str_of(evse->tx->id), false, &arena, &call),
                     ERR_NONE);
    assert_non_null(strstr(said(&call), "Accepted"));
    assert_draws(70);
    close_station();
}

/* --- cars and phases ------------------------------------------------------------ */

static void a_car_that_was_offered_too_little_sulks(void **state)
{
    struct charging_period period;
    struct charging_profile profile;

    (void)state;
    open_station(SIM_16, NULL);
    charge(0); /* wants 8 A, and 10 A to begin again */
    assert_true(evse->draw.power_w > 0);
    profile = flat(CHARGE_TX, &period, 70);
    assert_set(&profile, "Accepted");
    assert_int_equal(evse->draw.power_w, 0);
    assert_int_equal(evse->state, SIM_STATE_SUSPENDED_EV);
    period.limit = 90;
    assert_set(&profile, "Accepted");
    assert_int_equal(evse->draw.power_w, 0);
    period.limit = 100;
    assert_set(&profile, "Accepted");
    assert_draws(100);
    period.limit = 80;
    assert_set(&profile, "Accepted");
    assert_draws(80);
    close_station();
}

static void phases_are_measured_one_by_one_and_wired_as_they_are(void **state)
{
    struct sim_control control = { .rotation = 1 };
    int32_t lines[3];

    (void)state;
    open_station(SIM_16, &control);
    charge(3); /* one phase, 32 A */
    run_s(60);
    assert_non_null(strstr(last_text, "\"value\":\"0\",\"measurand\":\"Current.Import\",\"unit\":"
                                      "\"A\",\"phase\":\"L2\""));
    assert_non_null(strstr(last_text, "\"phase\":\"L3\""));
    sim_station_lines(station, lines);
    assert_int_equal(lines[0], 0);
    assert_int_equal(lines[1], 32000);
    assert_int_equal(lines[2], 0);
    close_station();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flaws_have_words),
        cmocka_unit_test(each_flaw_refuses_what_it_should),
        cmocka_unit_test(a_new_limit_bites_after_the_stations_latency),
        cmocka_unit_test(a_lease_lapses_by_the_stations_own_clock),
        cmocka_unit_test(profiles_outlive_a_reboot_or_not),
        cmocka_unit_test(a_station_that_ignores_reports_what_it_was_told),
        cmocka_unit_test(profiles_are_reported_one_by_one),
        cmocka_unit_test(limits_from_outside_are_told_and_are_not_the_servers),
        cmocka_unit_test(cars_that_can_say_what_they_need),
        cmocka_unit_test(a_car_of_one_phase_goes_where_it_is_told),
        cmocka_unit_test(such_cars_answer_limits_with_a_plan),
        cmocka_unit_test(cars_that_cannot_plan_say_nothing),
        cmocka_unit_test(a_dynamic_profile_is_pushed_and_pulled),
        cmocka_unit_test(offline_for_too_long_it_goes_back_to_the_default),
        cmocka_unit_test(priority_takes_the_place_of_a_sessions_profile),
        cmocka_unit_test(a_car_that_was_offered_too_little_sulks),
        cmocka_unit_test(phases_are_measured_one_by_one_and_wired_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
