/* The probe against stations as the field has them (evcc, lbbrhzn/ocpp, libocpp threads): what is
 * found out, and how many calls it takes. */
#include "test.h"

#include "dispatch/probe.h"
#include "ocpp/ocpp.h"
#include "sim/pick.h"
#include "sim/speak_inner.h"
#include "json/writer.h"

#define T0 1800000000000

/* --- a station with one EVSE and a car that wants all it can get ------------ */

struct faults {
    bool no_smart;        /* NotImplemented */
    bool deaf_to_set;     /* accepts and does nothing */
    bool refuses_default; /* but takes a station maximum */
    bool refuses_max, refuses_profile, refuses_zero;
    bool zero_is_six;    /* accepts 0 A and goes on with 6 */
    bool only_a, only_w; /* and says nothing of it */
    bool whole_amps;
    bool stack_zero;
    bool relative_only, station_only; /* for defaults */
    bool no_composite;
    bool ignores_lease; /* profiles never lapse */
    bool says_nothing;  /* GetConfiguration is refused */
    bool no_answer;     /* to any SetChargingProfile */
    bool foreign;       /* another server's default with a high stack level */
    int32_t latency_ms;
};

struct fake {
    enum protocol protocol;
    struct faults faults;
    utc_ms now;
    struct profiles profiles;
    int32_t in_force_ma, wanted_ma;
    utc_ms wanted_at;
    int32_t car_ma, car_min_ma;
    uint8_t watts_on;   /* over so many phases it spreads watts: 3 */
    uint8_t car_phases; /* 3 */
    uint32_t calls;
    struct arena arena;
};

static int32_t limit_at(struct fake *fake, utc_ms at, bool with_car)
{
    const struct profile_query query = { .evse = 1,
                                         .transaction = with_car ? 77 : 0,
                                         .transaction_at = T0,
                                         .now = at,
                                         .voltage_mv = 230000,
                                         .phases = fake->watts_on };
    int32_t limit = profiles_evse_limit(&fake->profiles, &query, false);
    int32_t most = profiles_station_limit(&fake->profiles, &query, false);

    return limit < most ? limit : most;
}

static bool refuses(const struct fake *fake, struct str json, struct profile *profile)
{
    const struct faults *faults = &fake->faults;
    bool is_default = profile->purpose == PROFILE_TX_DEFAULT;

    return (faults->refuses_default && is_default) ||
           (faults->refuses_max && profile->purpose == PROFILE_STATION_MAX) ||
           (faults->refuses_profile && profile->purpose == PROFILE_TX) ||
           (faults->refuses_zero && profile->periods[0].limit == 0) ||
           (faults->only_a && profile->watts) || (faults->only_w && !profile->watts) ||
           (faults->stack_zero && profile->stack_level > 0) ||
           (faults->relative_only && is_default && profile->kind != PROFILE_RELATIVE) ||
           (faults->station_only && is_default && profile->evse != 0) || json.len == 0;
}

static const char *set_profile(struct fake *fake, struct str payload)
{
    bool is_16 = fake->protocol == PROTOCOL_16;
    struct str json = pick(payload, is_16 ? "csChargingProfiles" : "chargingProfile");
    struct profile profile;
    int64_t evse;

    assert_true(sim_profile_read(json, is_16, &profile));
    assert_true(pick_i64(payload, is_16 ? "connectorId" : "evseId", &evse));
    profile.evse = (int32_t)evse;
    profile.set_at = fake->now;
    if (refuses(fake, json, &profile))
        return "Rejected";
    if (fake->faults.deaf_to_set)
        return "Accepted";
    if (fake->faults.whole_amps && !profile.watts)
        profile.periods[0].limit -= profile.periods[0].limit % 1000;
    if (fake->faults.zero_is_six && profile.periods[0].limit == 0)
        profile.periods[0].limit = 6000;
    if (fake->faults.ignores_lease)
        profile.duration_s = 0;
    return profiles_set(&fake->profiles, &profile) == ERR_NONE ? "Accepted" : "Rejected";
}

static const char *clear_profile(struct fake *fake, struct str payload)
{
    const bool is_16 = fake->protocol == PROTOCOL_16;
    struct str purpose = pick(payload, is_16 ? "chargingProfilePurpose"
                                             : "chargingProfileCriteria.chargingProfilePurpose");
    struct profile_match match = {
        .id = -1, .evse = -1, .stack_level = -1, .purpose = sim_purpose_read(purpose)
    };
    int64_t id;

    if (pick_i64(payload, is_16 ? "id" : "chargingProfileId", &id))
        match.id = (int32_t)id;
    return profiles_clear(&fake->profiles, &match) ? "Accepted" : "Unknown";
}

static struct str composite(struct fake *fake, struct str payload)
{
    bool watts = str_equal(pick(payload, "chargingRateUnit"), STR("\"W\""));
    const struct profile_query query = { .evse = 1, .now = fake->now };
    utc_ms next = profiles_next_change(&fake->profiles, &query);
    struct buf buf;
    bool is_16 = fake->protocol == PROTOCOL_16;

    if (fake->faults.no_composite)
        return STR("{\"status\":\"Rejected\"}");
    buf_init_arena(&buf, &fake->arena, 10000);
    buf_printf(&buf, "{\"status\":\"Accepted\",\"%s\":{%s\"duration\":300,",
               is_16 ? "chargingSchedule" : "schedule",
               is_16 ? "" : "\"evseId\":1,\"scheduleStart\":\"2027-01-15T08:00:00Z\",");
    buf_printf(&buf, "\"chargingRateUnit\":\"%s\",\"chargingSchedulePeriod\":[", watts ? "W" : "A");
    for (int i = 0; i < 2; i++) {
        utc_ms at = i ? next : fake->now;
        int32_t ma = at == UTC_NEVER ? PROFILE_NO_LIMIT : limit_at(fake, at, false);

        if (i && (at == UTC_NEVER || at - fake->now > 300000))
            break;
        if (ma > 32000)
            ma = 32000;
        buf_printf(&buf, "%s{\"startPeriod\":%d,\"limit\":%d.%d}", i ? "," : "",
                   (int)((at - fake->now) / 1000), watts ? ma * 69 / 100 : ma / 1000,
                   watts ? 0 : ma % 1000 / 100);
    }
    buf_printf(&buf, "]}}");
    return buf_str(&buf);
}

static struct str settings(const struct fake *fake)
{
    if (fake->protocol == PROTOCOL_16)
        return fake->faults.stack_zero
                   ? STR("{\"configurationKey\":[{\"key\":\"ChargeProfileMaxStackLevel\","
                         "\"readonly\":true,\"value\":\"0\"}]}")
                   : STR("{\"configurationKey\":[{\"key\":\"ChargeProfileMaxStackLevel\","
                         "\"readonly\":true,\"value\":\"8\"},{\"key\":"
                         "\"ChargingScheduleMaxPeriods\",\"readonly\":true,\"value\":\"24\"},"
                         "{\"key\":\"MaxChargingProfilesInstalled\",\"readonly\":true,"
                         "\"value\":\"10\"},{\"key\":\"x\",\"readonly\":true}]}");
    return STR("{\"getVariableResult\":[{\"attributeStatus\":\"Accepted\",\"attributeValue\":"
               "\"A, W\",\"component\":{\"name\":\"SmartChargingCtrlr\"},\"variable\":{\"name\":"
               "\"RateUnit\"}},{\"attributeStatus\":\"UnknownVariable\",\"component\":{\"name\":"
               "\"SmartChargingCtrlr\"},\"variable\":{\"name\":\"PeriodsPerSchedule\"}},"
               "{\"attributeStatus\":\"Accepted\",\"attributeValue\":\"true\",\"component\":"
               "{\"name\":\"SmartChargingCtrlr\"},\"variable\":{\"name\":\"SupportsFeature\","
               "\"instance\":\"DynamicProfiles\"}}]}");
}

static struct call_answer error(const char *code)
{
    return (struct call_answer){ .outcome = CALL_ERROR,
                                 .sent_at = 1,
                                 .payload = STR("{}"),
                                 .error_code = str_of(code),
                                 .error_description = STR_NONE };
}

static struct call_answer called(struct fake *fake, const struct charging_call *call)
{
    struct call_answer answer = { .outcome = CALL_ANSWERED, .sent_at = 1 };
    const char *word = NULL;
    struct str path;

    assert_int_equal(
        ocpp_check_call(fake->protocol, call->action, call->payload, &fake->arena, &path),
        ERR_NONE);
    fake->calls++;
    if (str_starts(call->action, STR("GetConf")) || str_equal(call->action, STR("GetVariables"))) {
        if (fake->faults.says_nothing)
            return error("NotSupported");
        answer.payload = settings(fake);
        return answer;
    }
    if (fake->faults.no_smart)
        return error("NotImplemented");
    if (str_equal(call->action, STR("GetCompositeSchedule"))) {
        answer.payload = composite(fake, call->payload);
        return answer;
    }
    if (str_equal(call->action, STR("SetChargingProfile")) && fake->faults.no_answer)
        return (struct call_answer){ .outcome = CALL_TIMEOUT, .sent_at = 1 };
    word = str_equal(call->action, STR("SetChargingProfile")) ? set_profile(fake, call->payload)
                                                              : clear_profile(fake, call->payload);
    answer.payload = arena_printf(&fake->arena, "{\"status\":\"%s\"}", word);
    return answer;
}

/* What flows now: the limit bites after the station's latency; the car takes what it gets. */
static int32_t draw_da(struct fake *fake)
{
    int32_t wanted = limit_at(fake, fake->now, true);

    if (wanted != fake->wanted_ma) {
        fake->wanted_ma = wanted;
        fake->wanted_at = fake->now;
    }
    if (fake->now - fake->wanted_at >= fake->faults.latency_ms)
        fake->in_force_ma = fake->wanted_ma;
    if (fake->in_force_ma < fake->car_min_ma)
        return 0;
    return (fake->in_force_ma < fake->car_ma ? fake->in_force_ma : fake->car_ma) / 100;
}

static void fake_init(struct fake *fake, enum protocol protocol, const struct faults *faults)
{
    *fake = (struct fake){ .protocol = protocol,
                           .faults = *faults,
                           .now = T0,
                           .in_force_ma = 32000,
                           .wanted_ma = 32000,
                           .car_ma = 16000,
                           .watts_on = 3,
                           .car_phases = 3,
                           .car_min_ma = 6000 };
    arena_init(&fake->arena, NULL, 64u << 20);
    if (faults->foreign) {
        struct profile profile = { .id = 5,
                                   .stack_level = 9,
                                   .purpose = PROFILE_TX_DEFAULT,
                                   .kind = PROFILE_ABSOLUTE,
                                   .valid_from = UTC_UNKNOWN,
                                   .valid_to = UTC_NEVER,
                                   .set_at = T0 - 1000,
                                   .start_at = UTC_UNKNOWN,
                                   .period_count = 1 };
        profile.periods[0].limit = 32000;
        assert_int_equal(profiles_set(&fake->profiles, &profile), ERR_NONE);
    }
}

static void fake_fini(struct fake *fake)
{
    profiles_fini(&fake->profiles);
    arena_reset(&fake->arena);
}

/* The driver: calls, waits, a meter value every ten seconds. Bounded by two hours. */
static void drive(struct fake *fake, struct probe *probe, bool with_car)
{
    struct charging_call call;
    utc_ms wake_at, metered_at = fake->now;

    while (fake->now < T0 + 7200000) {
        enum probe_next next = probe_next(probe, fake->now, &fake->arena, &call, &wake_at);

        if (next == PROBE_DONE)
            return;
        if (next == PROBE_CALL) {
            struct call_answer answer = called(fake, &call);

            fake->now += 200;
            probe_answered(probe, fake->now, &answer, &fake->arena);
            continue;
        }
        fake->now += 1000;
        if (with_car && fake->now - metered_at >= 10000) {
            metered_at = fake->now;
            probe_metered(probe, fake->now, draw_da(fake), fake->car_phases);
        }
    }
    fail();
}

static struct probe_station station_of(const struct fake *fake, int32_t failsafe_da)
{
    return (struct probe_station){ .protocol = fake->protocol,
                                   .evse_count = 1,
                                   .evse = 1,
                                   .volts_dv = 2300,
                                   .phases = 3,
                                   .cap_da = 320,
                                   .failsafe_da = failsafe_da,
                                   .station_max_da = 320,
                                   .lease_ok = true };
}

/* Both parts, the second one only where it can be had. */
static struct behaviour probed(struct fake *fake, int32_t failsafe_da)
{
    struct probe_station station = station_of(fake, failsafe_da);
    struct probe probe;
    struct behaviour asked;

    probe_ask(&probe, &station, fake->now);
    drive(fake, &probe, false);
    asked = probe.found;
    station.failsafe_da = behaviour_failsafe(&asked, failsafe_da);
    if (!probe_prove(&probe, &station, &asked,
                     fake->protocol == PROTOCOL_16 ? STR("77") : STR("tx-77"), fake->now))
        return asked;
    drive(fake, &probe, true);
    return probe.found;
}

/* --- cases ------------------------------------------------------------------ */

static const struct {
    const char *name;
    struct faults faults;
    int32_t failsafe_da;
    const char *asked;  /* smart, default, station maximum, 0 A, tenths, reports, and leases */
    const char *proven; /* session's profile, obeys, lapses. Y, N, - not known */
    const char *unit;
    bool trusted;
} cases[] = {
    // clang-format off
    { "does all", { 0 }, 100, "YYYYYYY", "YYY", "A", true },
    { "does all, and its fail-safe is 0", { 0 }, 0, "YYYYYYY", "YYY", "A", true },
    { "cannot", { .no_smart = true }, 100, "NN-----", "---", "A", false },
    { "accepts and ignores", { .deaf_to_set = true }, 100, "YYYY-N-", "YN-", "A", false },
    { "refuses a station maximum", { .refuses_max = true }, 100, "YYNYYYY", "YYY", "A", true },
    { "refuses defaults", { .refuses_default = true }, 100, "YNY----", "---", "A", false },
    { "refuses a session's", { .refuses_profile = true }, 100, "YYYYYYY", "N--", "A", false },
    { "refuses 0 A", { .refuses_zero = true }, 0, "YYYNYYY", "YYY", "A", true },
    { "0 A is 6 A", { .zero_is_six = true }, 100, "YYYNYYY", "YYY", "A", true },
    { "amperes alone", { .only_a = true }, 100, "YYYYYYY", "YYY", "A", true },
    { "watts alone", { .only_w = true }, 100, "YYYY-YY", "YYY", "W", true },
    { "whole amperes", { .whole_amps = true }, 100, "YYYYNYY", "YYY", "A", true },
    { "stack level 0 alone", { .stack_zero = true }, 100, "YYYYYY-", "YYY", "A", true },
    { "no composite schedules", { .no_composite = true }, 100, "YYYY-N-", "YYY", "A", true },
    { "never lapses", { .ignores_lease = true }, 100, "YYYYYYN", "YYN", "A", true },
    { "says nothing of itself", { .says_nothing = true }, 100, "YYYYYYY", "YYY", "A", true },
    { "another server's profile in flash", { .foreign = true }, 100, "YYYYYYY", "YYY", "A", true },
    { "30 s until it bites", { .latency_ms = 30000 }, 100, "YYYYYYY", "YYY", "A", true },
    // clang-format on
};

static void assert_proofs(const enum proof *got, const char *wanted)
{
    static const char letters[] = { [PROOF_NONE] = '-', [PROOF_YES] = 'Y', [PROOF_NO] = 'N' };
    char text[8] = { 0 };

    for (size_t i = 0; wanted[i]; i++)
        text[i] = letters[got[i]];
    assert_string_equal(text, wanted);
}

static void assert_case(size_t i, const struct behaviour *got)
{
    const enum proof asked[] = { got->smart,  got->fallback, got->station_max,  got->zero,
                                 got->tenths, got->reports,  got->reports_lease };
    const enum proof proven[] = { got->profile, got->obeys, got->leases };
    struct arena arena;

    assert_proofs(asked, cases[i].asked);
    assert_proofs(proven, cases[i].proven);
    assert_string_equal(got->unit == CHARGE_W ? "W" : "A",
                        got->smart == PROOF_YES ? cases[i].unit : "A");
    assert_int_equal(behaviour_trust(got).obeys, cases[i].trusted);
    arena_init(&arena, NULL, 0);
    assert_int_equal(behaviour_trouble(got, &arena).code == NULL, cases[i].trusted);
    arena_reset(&arena);
}

static void faults_of_the_field_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (enum protocol protocol = PROTOCOL_16; protocol <= PROTOCOL_21; protocol++) {
            struct behaviour got;
            struct fake fake;

            if (protocol != PROTOCOL_16 &&
                (cases[i].faults.stack_zero || cases[i].faults.only_w || cases[i].faults.only_a))
                continue; /* this one says so in 1.6 */
            print_message("# %s\n", cases[i].name);
            fake_init(&fake, protocol, &cases[i].faults);
            got = probed(&fake, cases[i].failsafe_da);
            assert_case(i, &got);
            assert_true(fake.calls <= 24);
            fake_fini(&fake);
        }
}

/* A car of one phase at an outlet of three: does its station divide by three all the same? */
static void how_watts_are_spread_is_found(void **state)
{
    const struct faults only_w = { .only_w = true };

    (void)state;
    for (uint8_t watts_on = 1; watts_on <= 3; watts_on += 2) {
        struct probe_station station;
        struct behaviour asked;
        struct probe probe;
        struct fake fake;

        fake_init(&fake, PROTOCOL_16, &only_w);
        fake.watts_on = watts_on;
        fake.car_phases = 1;
        station = station_of(&fake, 0);
        station.outlet_phases = 3;
        station.breaker_da = 320;
        probe_ask(&probe, &station, fake.now);
        drive(&fake, &probe, false);
        asked = probe.found;
        station.phases = 1;
        assert_true(probe_prove(&probe, &station, &asked, STR("77"), fake.now));
        drive(&fake, &probe, true);
        assert_int_equal(probe.found.unit, CHARGE_W);
        assert_int_equal(probe.found.spreads, watts_on == 3 ? PROOF_YES : PROOF_NO);
        assert_int_equal(probe.found.obeys, PROOF_YES);
        assert_int_equal(probe.found.leases, PROOF_YES);
        fake_fini(&fake);
    }
}

static void odd_forms_of_a_default_are_found(void **state)
{
    static const struct faults faults[] = { { .relative_only = true }, { .station_only = true } };

    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct charging_profile profile = CHARGE_PROFILE;
        struct behaviour got;
        struct fake fake;

        fake_init(&fake, PROTOCOL_16, &faults[i]);
        got = probed(&fake, 100);
        assert_int_equal(got.fallback, PROOF_YES);
        assert_int_equal(got.default_relative, i == 0);
        assert_int_equal(got.default_on_station, i == 1);
        assert_true(behaviour_trust(&got).obeys);
        profile.layer = CHARGE_DEFAULT;
        profile.evse = 1;
        behaviour_shape(&got, &profile);
        assert_int_equal(profile.evse, i == 1 ? 0 : 1);
        fake_fini(&fake);
    }
}

/* What it leaves behind is what the driver books. */
static void the_layers_are_left_in_place(void **state)
{
    const struct faults none = { 0 };
    struct fake fake;

    (void)state;
    fake_init(&fake, PROTOCOL_201, &none);
    (void)probed(&fake, 100); /* looked at below */
    assert_int_equal(limit_at(&fake, fake.now, true), 10000);
    assert_int_equal(fake.profiles.count, 2);
    fake_fini(&fake);
}

static void slowness_is_learned(void **state)
{
    const struct faults slow = { .latency_ms = 30000 };
    struct behaviour got;
    struct fake fake;

    (void)state;
    fake_init(&fake, PROTOCOL_16, &slow);
    got = probed(&fake, 100);
    assert_true(behaviour_latency_p95(&got) >= 30000);
    assert_true(behaviour_trust(&got).settle_ms >= 36000);
    for (int i = 0; i < LATENCIES_KEPT; i++)
        behaviour_saw_latency(&got, 7000);
    assert_int_equal(behaviour_latency_p95(&got), 7000);
    fake_fini(&fake);
}

/* What every day's sessions show: so many lower limits, seen to be obeyed after so long; the last
 * of them after another time. */
static void quickness_is_learned_again(void **state)
{
    static const struct {
        const char *name;
        int count, took_ms;
        bool late;
        int last_ms;
        bool last_late, fell;
        int32_t expect_ms; /* 0: as the probe found */
    } rows[] = {
        { "nothing yet", 0, 0, false, 0, false, false, 0 },
        { "too few", 10, 2000, false, 2000, false, false, 0 },
        { "a dozen", 11, 2000, false, 2000, false, false, 6000 },
        { "many", 40, 2000, false, 9000, false, false, 10800 },
        { "a meter that looks late says nothing", 40, 12000, false, 30000, false, false, 0 },
        { "nor does it spoil what others say", 40, 2000, false, 30000, false, false, 6000 },
        { "one that was seen not to obey yet, does", 40, 2000, false, 20000, true, false, 24000 },
        { "as slow as ever", 40, 2000, false, 31000, true, false, 0 },
        { "always slow", 16, 25000, true, 25000, true, false, 30000 },
        { "it did not obey", 40, 2000, false, 2000, false, true, 0 },
        { "less than nothing", 40, -7, false, -7, false, false, 6000 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct behaviour known = behaviour_proven(CHARGE_A, 30000, 1), read;
        struct arena arena;
        struct str json;

        print_message("# %s\n", rows[i].name);
        for (int k = 0; k < rows[i].count; k++)
            (void)behaviour_saw_obeyed(&known, rows[i].took_ms, rows[i].late);
        if (rows[i].count)
            (void)behaviour_saw_obeyed(&known, rows[i].last_ms, rows[i].last_late);
        if (rows[i].fell)
            behaviour_fell(&known);
        assert_int_equal(behaviour_trust(&known).quick_ms, rows[i].expect_ms);
        assert_int_equal(behaviour_trust(&known).settle_ms, 36000); /* the end of a lease */
        arena_init(&arena, NULL, 0);
        assert_int_equal(behaviour_write(&known, &arena, &json), ERR_NONE);
        assert_int_equal(behaviour_read(json, &read), ERR_NONE);
        assert_int_equal(behaviour_trust(&read).quick_ms, rows[i].expect_ms);
        arena_reset(&arena);
    }
}

/* A station that answers nothing is asked again a few times and then left alone, as not asked. */
static void silence_proves_nothing(void **state)
{
    const struct faults mute = { .no_answer = true };
    struct probe_station station;
    struct probe probe;
    struct fake fake;

    (void)state;
    fake_init(&fake, PROTOCOL_16, &mute);
    station = station_of(&fake, 100);
    probe_ask(&probe, &station, fake.now);
    drive(&fake, &probe, false);
    assert_false(probe_complete(&probe));
    assert_int_equal(fake.calls, 6);
    fake_fini(&fake);
}

/* A car that takes little, or stops below 8 A, proves nothing against its station. */
static void a_car_is_no_proof_against_its_station(void **state)
{
    static const struct {
        int32_t car_ma, car_min_ma, failsafe_da;
        enum proof obeys;
        bool complete;
    } rows[] = {
        { 5000, 5000, 100, PROOF_NONE, false }, /* hardly draws */
        { 16000, 9000, 100, PROOF_YES, true },  /* falls to nothing, comes back with the default */
        { 16000, 9000, 0, PROOF_NONE, false },  /* falls to nothing and stays there */
        { 10000, 6000, 100, PROOF_YES, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct faults none = { 0 };
        struct behaviour got;
        struct fake fake;

        fake_init(&fake, PROTOCOL_16, &none);
        fake.car_ma = rows[i].car_ma;
        fake.car_min_ma = rows[i].car_min_ma;
        got = probed(&fake, rows[i].failsafe_da);
        print_message("# row %zu\n", i);
        assert_int_equal(got.obeys, rows[i].obeys);
        assert_int_equal(got.proven_at != UTC_UNKNOWN, rows[i].complete);
        assert_int_equal(limit_at(&fake, fake.now, true), rows[i].failsafe_da * 100);
        fake_fini(&fake);
    }
}

/* --- the record --------------------------------------------------------------- */

static void records_survive_json(void **state)
{
    static const char *const bad[] = { "", "[]", "{", "{\"unit\":", "7" };
    struct behaviour got, read;
    const struct faults none = { 0 };
    struct fake fake;
    struct str json, again;

    (void)state;
    fake_init(&fake, PROTOCOL_21, &none);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(behaviour_read(str_of(bad[i]), &read), ERR_BAD_FORMAT);
    assert_int_equal(behaviour_read(STR("{\"unit\":\"X\",\"obeys\":3,\"stack_max\":-7,"
                                        "\"latency_ms\":[-1,\"a\"],\"new\":{}}"),
                                    &read),
                     ERR_NONE);
    assert_int_equal(read.obeys, PROOF_NONE);
    assert_int_equal(read.stack_max, -1);
    assert_int_equal(read.latency_count, 0);
    got = probed(&fake, 100);
    assert_int_equal(got.dynamic, PROOF_YES);
    assert_true(got.has_a && got.has_w);
    assert_int_equal(behaviour_write(&got, &fake.arena, &json), ERR_NONE);
    assert_int_equal(behaviour_read(json, &read), ERR_NONE);
    assert_int_equal(behaviour_write(&read, &fake.arena, &again), ERR_NONE);
    assert_str_equal(again, json);
    assert_true(behaviour_trust(&read).obeys);
    assert_int_equal(read.proven_at, got.proven_at);
    fake_fini(&fake);
}

static void what_was_said_is_kept(void **state)
{
    const struct faults none = { 0 };
    struct behaviour got;
    struct fake fake;

    (void)state;
    fake_init(&fake, PROTOCOL_16, &none);
    got = probed(&fake, 100);
    assert_int_equal(got.stack_max, 8);
    assert_int_equal(got.periods_max, 24);
    assert_int_equal(got.profiles_max, 10);
    assert_int_equal(got.dynamic, PROOF_NONE);
    fake_fini(&fake);
}

/* 0 A are believed when two cars that charged stopped by it: one may have ended by itself. */
static void that_0_a_stop_a_car_has_to_be_seen_twice(void **state)
{
    static const struct {
        const char *name;
        int32_t before_da, draw_da;
        bool news, stops;
    } samples[] = {
        { "it went on", 160, 60, false, false },     { "it hardly charged", 30, 0, false, false },
        { "no sample before", -1, 0, false, false }, { "it stopped", 60, 0, true, false },
        { "and once more", 160, 4, true, true },     { "that is known", 160, 0, false, true },
    };
    struct behaviour got = behaviour_none(), read;
    struct arena arena;
    struct str json;

    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        print_message("# %s\n", samples[i].name);
        assert_int_equal(behaviour_saw_stop(&got, samples[i].before_da, samples[i].draw_da),
                         samples[i].news);
        assert_int_equal(behaviour_trust(&got).stops, samples[i].stops);
    }
    arena_init(&arena, NULL, 0);
    assert_int_equal(behaviour_write(&got, &arena, &json), ERR_NONE);
    assert_int_equal(behaviour_read(json, &read), ERR_NONE);
    assert_true(behaviour_trust(&read).stops);
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_the_field_are_found),
        cmocka_unit_test(how_watts_are_spread_is_found),
        cmocka_unit_test(odd_forms_of_a_default_are_found),
        cmocka_unit_test(the_layers_are_left_in_place),
        cmocka_unit_test(slowness_is_learned),
        cmocka_unit_test(quickness_is_learned_again),
        cmocka_unit_test(silence_proves_nothing),
        cmocka_unit_test(a_car_is_no_proof_against_its_station),
        cmocka_unit_test(records_survive_json),
        cmocka_unit_test(what_was_said_is_kept),
        cmocka_unit_test(that_0_a_stop_a_car_has_to_be_seen_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
