/* Charging profiles in the words of three versions: what is refused, what is written, what is read.
 */
#include "test_arena.h"

#include "ocpp/charging.h"
#include "ocpp/ocpp.h"

#define AT 1800000000000 /* 2027-01-15T08:00:00Z */

static const struct charging_period flat[] = { { 0, 165, CHARGE_SAME, CHARGE_SAME, 3, 0 } };
static const struct charging_period steps[] = { { 0, 165, CHARGE_SAME, CHARGE_SAME, 0, 0 },
                                                { 900, 60, CHARGE_SAME, CHARGE_SAME, 1, 0 } };
static const struct charging_period apart[] = { { 0, 165, 99, 120, 0, 0 } };

/* A leased profile of a session, as dispatch sends it. */
static struct charging_profile lease(enum protocol protocol)
{
    struct charging_profile profile = CHARGE_PROFILE;

    profile.id = charging_id(CHARGE_TX, 1);
    profile.layer = CHARGE_TX;
    profile.evse = 1;
    profile.stack = 1;
    profile.kind = CHARGE_ABSOLUTE;
    profile.transaction_id = protocol == PROTOCOL_16 ? STR("77") : STR("tx-77");
    profile.start_at = AT;
    profile.duration_s = 900;
    profile.unit = CHARGE_A;
    profile.period_count = 1;
    profile.periods = flat;
    return profile;
}

static void assert_call(enum protocol protocol, const struct charging_call *call,
                        const char *action, const char *golden)
{
    struct str path;

    assert_str_equal(call->action, str_of(action));
    assert_str_equal(call->payload, str_of(golden));
    assert_int_equal(ocpp_check_call(protocol, call->action, call->payload, &arena, &path),
                     ERR_NONE);
}

/* --- bad input ----------------------------------------------------------- */

static void change(struct charging_profile *profile, int what)
{
    static const struct charging_period late[] = { { 10, 160, CHARGE_SAME, CHARGE_SAME, 0, 0 } };
    static const struct charging_period twice[] = { { 0, 160, CHARGE_SAME, CHARGE_SAME, 0, 0 },
                                                    { 0, 60, CHARGE_SAME, CHARGE_SAME, 0, 0 } };
    static const struct charging_period below[] = { { 0, -1, CHARGE_SAME, CHARGE_SAME, 0, 0 } };
    static const struct charging_period below_2[] = { { 0, 160, -10, CHARGE_SAME, 0, 0 } };
    static const struct charging_period one_of_three[] = { { 0, 160, CHARGE_SAME, CHARGE_SAME, 3,
                                                             2 } };
    static const struct charging_period fourth[] = { { 0, 160, CHARGE_SAME, CHARGE_SAME, 1, 4 } };

    if (what == 0)
        profile->layer = CHARGE_EXTERNAL;
    else if (what == 1)
        profile->stack = -1;
    else if (what == 2)
        profile->evse = 0;
    else if (what == 3)
        profile->transaction_id = STR_NONE;
    else if (what == 4)
        profile->start_at = UTC_UNKNOWN;
    else if (what == 5)
        profile->duration_s = -1;
    else if (what == 6)
        profile->period_count = 0;
    else if (what == 7)
        profile->update_s = 60;
    else if (what == 8)
        profile->periods = late;
    else if (what == 9) {
        profile->periods = twice;
        profile->period_count = 2;
    } else if (what == 10)
        profile->periods = below;
    else if (what == 11)
        profile->periods = below_2;
    else if (what == 12) {
        profile->layer = CHARGE_STATION_MAX;
    } else if (what == 13) {
        profile->periods = one_of_three;
    } else if (what == 14) {
        profile->periods = fourth;
    } else {
        profile->layer = CHARGE_STATION_MAX;
        profile->evse = 0;
        profile->kind = CHARGE_RELATIVE;
    }
}

static void what_a_station_rejects_is_not_built(void **state)
{
    static const struct {
        const char *name;
        enum err err_16, err_2x;
    } cases[] = {
        { "constraints from outside are not ours", ERR_NOT_SUPPORTED, ERR_BAD_VALUE },
        { "stack below 0", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "a session's profile on the station", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "a session's profile without the session", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "absolute without its start", ERR_BAD_OCCURRENCE, ERR_BAD_OCCURRENCE },
        { "lease below 0", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "no period", ERR_BAD_OCCURRENCE, ERR_BAD_OCCURRENCE },
        { "updates of what is not dynamic", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "first period not at 0", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "two periods at once", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "limit below 0", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "limit of a phase below 0", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "station maximum on an EVSE", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "a phase to use, and three phases", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "a fourth phase", ERR_BAD_VALUE, ERR_BAD_VALUE },
        { "station maximum relative", ERR_BAD_VALUE, ERR_BAD_VALUE },
    };
    struct charging_call call;
    const char *why;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (enum protocol protocol = PROTOCOL_16; protocol <= PROTOCOL_21; protocol++) {
            struct charging_profile profile = lease(protocol);

            change(&profile, (int)i);
            why = NULL;
            print_message("# %s\n", cases[i].name);
            assert_int_equal(charging_set(protocol, &profile, &arena, &call, &why),
                             protocol == PROTOCOL_16 ? cases[i].err_16 : cases[i].err_2x);
            assert_non_null(why);
        }
}

static void versions_lack_what_came_later(void **state)
{
    struct charging_profile dynamic = lease(PROTOCOL_201), priority = lease(PROTOCOL_201);
    struct charging_profile text = lease(PROTOCOL_201);
    struct charging_match match = CHARGE_ANY;
    struct charging_call call;
    const char *why;

    (void)state;
    dynamic.kind = CHARGE_DYNAMIC;
    priority.layer = CHARGE_PRIORITY;
    for (enum protocol protocol = PROTOCOL_16; protocol <= PROTOCOL_201; protocol++) {
        assert_int_equal(charging_set(protocol, &dynamic, &arena, &call, &why), ERR_NOT_SUPPORTED);
        assert_int_equal(charging_set(protocol, &priority, &arena, &call, &why), ERR_NOT_SUPPORTED);
        assert_int_equal(charging_update(protocol, 1, CHARGE_A, false, flat, &arena, &call),
                         ERR_NOT_SUPPORTED);
        assert_int_equal(charging_use_priority(protocol, STR("t"), true, &arena, &call),
                         ERR_NOT_SUPPORTED);
    }
    /* A priority profile has no end of its own (2.1 K01.FR.70). */
    assert_int_equal(charging_set(PROTOCOL_21, &priority, &arena, &call, &why), ERR_BAD_VALUE);
    /* 1.6: transaction ids are numbers. */
    assert_int_equal(charging_set(PROTOCOL_16, &text, &arena, &call, &why), ERR_BAD_VALUE);
    assert_int_equal(charging_get_profiles(PROTOCOL_16, 1, &match, &arena, &call),
                     ERR_NOT_SUPPORTED);
    assert_int_equal(charging_clear(PROTOCOL_201, &match, &arena, &call), ERR_BAD_OCCURRENCE);
    match.layer = CHARGE_EXTERNAL;
    assert_int_equal(charging_clear(PROTOCOL_201, &match, &arena, &call), ERR_BAD_VALUE);
    assert_int_equal(charging_clear(PROTOCOL_16, &match, &arena, &call), ERR_NOT_SUPPORTED);
}

/* --- what is written ----------------------------------------------------- */

static void a_lease_in_three_versions(void **state)
{
    struct charging_profile profile;
    struct charging_call call;
    const char *why;

    (void)state;
    profile = lease(PROTOCOL_16);
    assert_int_equal(charging_set(PROTOCOL_16, &profile, &arena, &call, &why), ERR_NONE);
    assert_call(PROTOCOL_16, &call, "SetChargingProfile",
                "{\"connectorId\":1,\"csChargingProfiles\":{\"chargingProfileId\":7020001,"
                "\"transactionId\":77,\"stackLevel\":1,\"chargingProfilePurpose\":\"TxProfile\","
                "\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":{"
                "\"startSchedule\":\"2027-01-15T08:00:00.000Z\",\"duration\":900,"
                "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,"
                "\"limit\":16.5,\"numberPhases\":3}]}}}");
    profile = lease(PROTOCOL_201);
    profile.clock_offset_ms = -3600000; /* its clock is an hour behind */
    profile.whole = true;
    assert_int_equal(charging_set(PROTOCOL_201, &profile, &arena, &call, &why), ERR_NONE);
    assert_call(PROTOCOL_201, &call, "SetChargingProfile",
                "{\"evseId\":1,\"chargingProfile\":{\"id\":7020001,\"transactionId\":\"tx-77\","
                "\"stackLevel\":1,\"chargingProfilePurpose\":\"TxProfile\","
                "\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":[{\"id\":7020001,"
                "\"startSchedule\":\"2027-01-15T07:00:00.000Z\",\"duration\":900,"
                "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,"
                "\"limit\":16,\"numberPhases\":3}]}]}}");
    profile = lease(PROTOCOL_21);
    profile.periods = apart;
    profile.offline_s = 300;
    profile.offline_forgets = true;
    assert_int_equal(charging_set(PROTOCOL_21, &profile, &arena, &call, &why), ERR_NONE);
    assert_call(PROTOCOL_21, &call, "SetChargingProfile",
                "{\"evseId\":1,\"chargingProfile\":{\"id\":7020001,\"transactionId\":\"tx-77\","
                "\"stackLevel\":1,\"chargingProfilePurpose\":\"TxProfile\","
                "\"chargingProfileKind\":\"Absolute\",\"maxOfflineDuration\":300,"
                "\"invalidAfterOfflineDuration\":true,\"chargingSchedule\":[{\"id\":7020001,"
                "\"startSchedule\":\"2027-01-15T08:00:00.000Z\",\"duration\":900,"
                "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,"
                "\"limit\":16.5,\"limit_L2\":9.9,\"limit_L3\":12}]}]}}");
    /* Without limits of its own for each phase, the lowest holds for all. */
    profile.offline_s = -1;
    assert_int_equal(charging_set(PROTOCOL_201, &profile, &arena, &call, &why), ERR_NONE);
    assert_call(PROTOCOL_201, &call, "SetChargingProfile",
                "{\"evseId\":1,\"chargingProfile\":{\"id\":7020001,\"transactionId\":\"tx-77\","
                "\"stackLevel\":1,\"chargingProfilePurpose\":\"TxProfile\","
                "\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":[{\"id\":7020001,"
                "\"startSchedule\":\"2027-01-15T08:00:00.000Z\",\"duration\":900,"
                "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,"
                "\"limit\":9.9}]}]}}");
}

/* 2.1 errata 2025-09 K01.FR.143: a session's profile alone has limits of single phases; 2.0.1
 * K01.FR.19: a phase to use goes with one phase. */
static void phases_in_words(void **state)
{
    static const struct charging_period second[] = { { 0, 160, CHARGE_SAME, CHARGE_SAME, 1, 2 } };
    static const struct {
        enum protocol protocol;
        enum charging_layer layer;
        const struct charging_period *period;
        const char *limits;
    } cases[] = {
        { PROTOCOL_21, CHARGE_TX, apart, "\"limit\":16.5,\"limit_L2\":9.9,\"limit_L3\":12}" },
        { PROTOCOL_21, CHARGE_DEFAULT, apart, "\"limit\":9.9}" },
        { PROTOCOL_21, CHARGE_PRIORITY, apart, "\"limit\":9.9}" },
        { PROTOCOL_201, CHARGE_TX, apart, "\"limit\":9.9}" },
        { PROTOCOL_16, CHARGE_TX, apart, "\"limit\":9.9}" },
        { PROTOCOL_21, CHARGE_TX, second, "\"limit\":16,\"numberPhases\":1,\"phaseToUse\":2}" },
        { PROTOCOL_201, CHARGE_DEFAULT, second,
          "\"limit\":16,\"numberPhases\":1,\"phaseToUse\":2}" },
        { PROTOCOL_16, CHARGE_DEFAULT, second, "\"limit\":16,\"numberPhases\":1}" },
    };
    struct charging_call call;
    struct str path;
    const char *why;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct charging_profile profile = lease(cases[i].protocol);

        profile.layer = cases[i].layer;
        profile.duration_s = 0;
        profile.periods = cases[i].period;
        assert_int_equal(charging_set(cases[i].protocol, &profile, &arena, &call, &why), ERR_NONE);
        assert_int_equal(
            ocpp_check_call(cases[i].protocol, call.action, call.payload, &arena, &path), ERR_NONE);
        if (!str_contains_nocase(call.payload, str_of(cases[i].limits)))
            fail_msg("%.*s: wanted %s", STR_ARGS(call.payload), cases[i].limits);
    }
}

/* What one number stands for them. In W a single one is of all phases together. */
static void limits_of_single_phases_as_one(void **state)
{
    static const struct {
        struct charging_period period;
        enum charging_unit unit;
        int32_t lowest, highest, together;
    } cases[] = {
        { { 0, 160, CHARGE_SAME, CHARGE_SAME, 0, 0 }, CHARGE_A, 160, 160, 160 },
        { { 0, 160, 90, 120, 0, 0 }, CHARGE_A, 90, 160, 160 },
        { { 0, 90, 120, CHARGE_SAME, 0, 0 }, CHARGE_A, 90, 120, 120 },
        { { 0, 90, CHARGE_SAME, 0, 0, 0 }, CHARGE_A, 0, 90, 90 },
        { { 0, 11040, CHARGE_SAME, CHARGE_SAME, 0, 0 }, CHARGE_W, 11040, 11040, 11040 },
        { { 0, 3000, 2000, 1000, 0, 0 }, CHARGE_W, 3000, 9000, 6000 },
        { { 0, 3000, 2000, CHARGE_SAME, 0, 0 }, CHARGE_W, 4000, 6000, 5000 },
        { { 0, INT32_MAX, INT32_MAX, 0, 0, 0 }, CHARGE_W, 0, INT32_MAX, INT32_MAX },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(charging_lowest(&cases[i].period, cases[i].unit), cases[i].lowest);
        assert_int_equal(charging_highest(&cases[i].period, cases[i].unit), cases[i].highest);
        assert_int_equal(charging_together(&cases[i].period, cases[i].unit), cases[i].together);
    }
}

/* Somebody else's SetChargingProfile: bad ones first. */
static void a_profile_that_is_not_ours_is_read(void **state)
{
    static const char period_16[] =
        "{\"connectorId\":2,\"csChargingProfiles\":{\"chargingProfileId\":1,\"stackLevel\":0,"
        "\"chargingProfilePurpose\":\"ChargePointMaxProfile\",\"chargingProfileKind\":\"Relative\","
        "\"chargingSchedule\":{\"chargingRateUnit\":\"W\",\"chargingSchedulePeriod\":"
        "[{\"startPeriod\":0,\"limit\":10},{\"startPeriod\":60,\"limit\":10.5}]}}}";
    static const char period_21[] =
        "{\"evseId\":1,\"chargingProfile\":{\"id\":1,\"stackLevel\":0,"
        "\"chargingProfilePurpose\":\"TxProfile\",\"chargingProfileKind\":\"Relative\","
        "\"transactionId\":\"t\",\"chargingSchedule\":[{\"id\":1,\"chargingRateUnit\":\"A\","
        "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":10}]},{\"id\":2,"
        "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":6,"
        "\"limit_L2\":12.01,\"limit_L3\":1}]}]}}";
    static const struct {
        enum protocol protocol;
        const char *payload;
        enum err err;
        enum charging_layer layer;
        int32_t evse, most;
    } cases[] = {
        { PROTOCOL_16, "{}", ERR_BAD_FORMAT, CHARGE_TX, 0, 0 },
        { PROTOCOL_21, "{\"evseId\":1}", ERR_BAD_FORMAT, CHARGE_TX, 0, 0 },
        { PROTOCOL_201, "[1", ERR_BAD_FORMAT, CHARGE_TX, 0, 0 },
        { PROTOCOL_16, period_16, ERR_NONE, CHARGE_STATION_MAX, 2, 11 },
        { PROTOCOL_21, period_21, ERR_NONE, CHARGE_TX, 1, 121 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct charging_profile profile = CHARGE_PROFILE;

        assert_int_equal(
            charging_read_set(cases[i].protocol, str_of(cases[i].payload), &arena, &profile),
            cases[i].err);
        if (cases[i].err != ERR_NONE)
            continue;
        assert_int_equal(profile.layer, cases[i].layer);
        assert_int_equal(profile.evse, cases[i].evse);
        assert_int_equal(charging_most(&profile), cases[i].most);
    }
}

static void the_layers_below(void **state)
{
    struct charging_profile profile = CHARGE_PROFILE;
    struct charging_call call;
    const char *why;

    (void)state;
    profile.id = charging_id(CHARGE_STATION_MAX, 0);
    profile.layer = CHARGE_STATION_MAX;
    profile.kind = CHARGE_ABSOLUTE;
    profile.start_at = CHARGE_ALWAYS;
    profile.clock_offset_ms = -90000000; /* of no matter then */
    profile.unit = CHARGE_W;
    profile.period_count = 1;
    profile.periods = &(struct charging_period){ 0, 22080, CHARGE_SAME, CHARGE_SAME, 0, 0 };
    assert_int_equal(charging_set(PROTOCOL_16, &profile, &arena, &call, &why), ERR_NONE);
    assert_call(PROTOCOL_16, &call, "SetChargingProfile",
                "{\"connectorId\":0,\"csChargingProfiles\":{\"chargingProfileId\":7000000,"
                "\"stackLevel\":0,\"chargingProfilePurpose\":\"ChargePointMaxProfile\","
                "\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":{"
                "\"startSchedule\":\"1970-01-01T00:00:00.000Z\",\"chargingRateUnit\":\"W\","
                "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":22080}]}}}");
    assert_int_equal(charging_set(PROTOCOL_201, &profile, &arena, &call, &why), ERR_NONE);
    assert_call(PROTOCOL_201, &call, "SetChargingProfile",
                "{\"evseId\":0,\"chargingProfile\":{\"id\":7000000,\"stackLevel\":0,"
                "\"chargingProfilePurpose\":\"ChargingStationMaxProfile\","
                "\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":[{\"id\":7000000,"
                "\"startSchedule\":\"1970-01-01T00:00:00.000Z\",\"chargingRateUnit\":\"W\","
                "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":22080}]}]}}");
    profile.layer = CHARGE_DEFAULT;
    profile.id = charging_id(CHARGE_DEFAULT, 2);
    profile.evse = 2;
    profile.kind = CHARGE_RELATIVE;
    profile.unit = CHARGE_A;
    profile.period_count = 2;
    profile.periods = steps;
    assert_int_equal(charging_set(PROTOCOL_16, &profile, &arena, &call, &why), ERR_NONE);
    assert_call(PROTOCOL_16, &call, "SetChargingProfile",
                "{\"connectorId\":2,\"csChargingProfiles\":{\"chargingProfileId\":7010002,"
                "\"stackLevel\":0,\"chargingProfilePurpose\":\"TxDefaultProfile\","
                "\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":{"
                "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,"
                "\"limit\":16.5},{\"startPeriod\":900,\"limit\":6,\"numberPhases\":1}]}}}");
    profile.kind = CHARGE_WEEKLY;
    profile.start_at = AT;
    profile.clock_offset_ms = 0;
    profile.valid_from = AT;
    profile.valid_to = AT + 86400000;
    assert_int_equal(charging_set(PROTOCOL_21, &profile, &arena, &call, &why), ERR_NONE);
    assert_call(PROTOCOL_21, &call, "SetChargingProfile",
                "{\"evseId\":2,\"chargingProfile\":{\"id\":7010002,\"stackLevel\":0,"
                "\"chargingProfilePurpose\":\"TxDefaultProfile\","
                "\"chargingProfileKind\":\"Recurring\",\"recurrencyKind\":\"Weekly\","
                "\"validFrom\":\"2027-01-15T08:00:00.000Z\","
                "\"validTo\":\"2027-01-16T08:00:00.000Z\",\"chargingSchedule\":[{\"id\":7010002,"
                "\"startSchedule\":\"2027-01-15T08:00:00.000Z\",\"chargingRateUnit\":\"A\","
                "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":16.5},"
                "{\"startPeriod\":900,\"limit\":6,\"numberPhases\":1}]}]}}");
}

/* 2.1 K28: set once, then one number at a time. */
static void a_dynamic_profile(void **state)
{
    struct charging_profile profile = lease(PROTOCOL_21);
    struct charging_call call;
    const char *why;

    (void)state;
    profile.kind = CHARGE_DYNAMIC;
    profile.start_at = UTC_UNKNOWN;
    profile.duration_s = 0;
    profile.offline_s = 0;
    profile.update_s = 60;
    assert_int_equal(charging_set(PROTOCOL_21, &profile, &arena, &call, &why), ERR_NONE);
    assert_call(PROTOCOL_21, &call, "SetChargingProfile",
                "{\"evseId\":1,\"chargingProfile\":{\"id\":7020001,\"transactionId\":\"tx-77\","
                "\"stackLevel\":1,\"chargingProfilePurpose\":\"TxProfile\","
                "\"chargingProfileKind\":\"Dynamic\",\"maxOfflineDuration\":0,"
                "\"invalidAfterOfflineDuration\":false,\"dynUpdateInterval\":60,"
                "\"chargingSchedule\":[{\"id\":7020001,\"chargingRateUnit\":\"A\","
                "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":16.5,"
                "\"numberPhases\":3}]}]}}");
    profile.periods = steps;
    profile.period_count = 2;
    assert_int_equal(charging_set(PROTOCOL_21, &profile, &arena, &call, &why), ERR_BAD_VALUE);
    assert_int_equal(charging_update(PROTOCOL_21, 7020001, CHARGE_A, false, apart, &arena, &call),
                     ERR_NONE);
    assert_call(PROTOCOL_21, &call, "UpdateDynamicSchedule",
                "{\"chargingProfileId\":7020001,\"scheduleUpdate\":{\"limit\":16.5,"
                "\"limit_L2\":9.9,\"limit_L3\":12}}");
    assert_int_equal(charging_use_priority(PROTOCOL_21, STR("tx-77"), true, &arena, &call),
                     ERR_NONE);
    assert_call(PROTOCOL_21, &call, "UsePriorityCharging",
                "{\"transactionId\":\"tx-77\",\"activate\":true}");
}

static void clearing_and_asking(void **state)
{
    struct charging_match by_id = CHARGE_ANY, by_rest = CHARGE_ANY, any = CHARGE_ANY;
    struct charging_call call;

    (void)state;
    by_id.id = 7020001;
    by_rest.evse = 1;
    by_rest.stack = 2;
    by_rest.layer = CHARGE_TX;
    assert_int_equal(charging_clear(PROTOCOL_16, &by_id, &arena, &call), ERR_NONE);
    assert_call(PROTOCOL_16, &call, "ClearChargingProfile", "{\"id\":7020001}");
    assert_int_equal(charging_clear(PROTOCOL_16, &any, &arena, &call), ERR_NONE);
    assert_call(PROTOCOL_16, &call, "ClearChargingProfile", "{}");
    assert_int_equal(charging_clear(PROTOCOL_16, &by_rest, &arena, &call), ERR_NONE);
    assert_call(PROTOCOL_16, &call, "ClearChargingProfile",
                "{\"connectorId\":1,\"chargingProfilePurpose\":\"TxProfile\",\"stackLevel\":2}");
    assert_int_equal(charging_clear(PROTOCOL_201, &by_id, &arena, &call), ERR_NONE);
    assert_call(PROTOCOL_201, &call, "ClearChargingProfile", "{\"chargingProfileId\":7020001}");
    assert_int_equal(charging_clear(PROTOCOL_21, &by_rest, &arena, &call), ERR_NONE);
    assert_call(PROTOCOL_21, &call, "ClearChargingProfile",
                "{\"chargingProfileCriteria\":{\"evseId\":1,"
                "\"chargingProfilePurpose\":\"TxProfile\",\"stackLevel\":2}}");
    assert_int_equal(charging_get_profiles(PROTOCOL_201, 5, &any, &arena, &call), ERR_NONE);
    assert_call(PROTOCOL_201, &call, "GetChargingProfiles",
                "{\"requestId\":5,\"chargingProfile\":{\"chargingLimitSource\":[\"EMS\","
                "\"Other\",\"SO\",\"CSO\"]}}");
    assert_int_equal(charging_get_profiles(PROTOCOL_21, 6, &by_rest, &arena, &call), ERR_NONE);
    assert_call(PROTOCOL_21, &call, "GetChargingProfiles",
                "{\"requestId\":6,\"evseId\":1,\"chargingProfile\":{"
                "\"chargingProfilePurpose\":\"TxProfile\",\"stackLevel\":2}}");
    assert_int_equal(charging_get_composite(PROTOCOL_16, 1, 600, CHARGE_A, &arena, &call),
                     ERR_NONE);
    assert_call(PROTOCOL_16, &call, "GetCompositeSchedule",
                "{\"connectorId\":1,\"duration\":600,\"chargingRateUnit\":\"A\"}");
    assert_int_equal(charging_get_composite(PROTOCOL_21, 0, 600, CHARGE_W, &arena, &call),
                     ERR_NONE);
    assert_call(PROTOCOL_21, &call, "GetCompositeSchedule",
                "{\"evseId\":0,\"duration\":600,\"chargingRateUnit\":\"W\"}");
}

static void ids_say_what_they_stand_for(void **state)
{
    enum charging_layer layer;
    int32_t evse;

    (void)state;
    assert_false(charging_id_is_ours(1, &layer, &evse));
    assert_false(charging_id_is_ours(-7010002, &layer, &evse));
    assert_false(charging_id_is_ours(8000000, &layer, &evse));
    assert_true(charging_id_is_ours(charging_id(CHARGE_DEFAULT, 12), &layer, &evse));
    assert_int_equal(layer, CHARGE_DEFAULT);
    assert_int_equal(evse, 12);
}

/* --- what is read -------------------------------------------------------- */

static void answers_are_told_apart(void **state)
{
    static const struct {
        enum call_outcome outcome;
        utc_ms sent_at;
        const char *payload, *code;
        enum charging_result result;
        const char *word, *reason;
    } cases[] = {
        { CALL_ANSWERED, 1, "{}", "", CHARGE_UNKNOWN, "", "" },
        { CALL_ANSWERED, 1, "{\"status\":3}", "", CHARGE_UNKNOWN, "", "" },
        { CALL_ANSWERED, 1, "{\"status\":\"Maybe\"}", "", CHARGE_UNKNOWN, "Maybe", "" },
        { CALL_ANSWERED, 1, "{\"status\":\"Accepted\"}", "", CHARGE_ACCEPTED, "Accepted", "" },
        { CALL_ANSWERED, 1,
          "{\"status\":\"Rejected\",\"statusInfo\":{\"reasonCode\":\"DuplicateProfile\"}}", "",
          CHARGE_REJECTED, "Rejected", "DuplicateProfile" },
        { CALL_ANSWERED, 1, "{\"status\":\"NotSupported\"}", "", CHARGE_NOT_SUPPORTED,
          "NotSupported", "" },
        { CALL_ANSWERED, 1, "{\"status\":\"Unknown\"}", "", CHARGE_NONE, "Unknown", "" },
        { CALL_ANSWERED, 1, "{\"status\":\"NoProfiles\"}", "", CHARGE_NONE, "NoProfiles", "" },
        { CALL_ERROR, 1, "{}", "NotImplemented", CHARGE_NOT_SUPPORTED, "NotImplemented", "text" },
        { CALL_ERROR, 1, "{}", "OccurenceConstraintViolation", CHARGE_REJECTED,
          "OccurenceConstraintViolation", "text" },
        { CALL_ERROR, 1, "{}", "InternalError", CHARGE_UNKNOWN, "InternalError", "text" },
        { CALL_TIMEOUT, 1, "", "", CHARGE_UNKNOWN, "", "" },
        { CALL_LOST, 1, "", "", CHARGE_UNKNOWN, "", "" },
        { CALL_TIMEOUT, UTC_UNKNOWN, "", "", CHARGE_NOT_SENT, "", "" },
        { CALL_NOT_CONNECTED, UTC_UNKNOWN, "", "", CHARGE_NOT_SENT, "", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct call_answer answer = { .outcome = cases[i].outcome,
                                            .sent_at = cases[i].sent_at,
                                            .payload = str_of(cases[i].payload),
                                            .error_code = str_of(cases[i].code),
                                            .error_description = STR("text") };
        struct charging_answer read = charging_read(&answer, &arena);

        print_message("# %s %s\n", cases[i].payload, cases[i].code);
        assert_int_equal(read.result, cases[i].result);
        assert_str_equal(read.word, str_of(cases[i].word));
        assert_str_equal(read.reason, str_of(cases[i].reason));
    }
}

static void composites_that_are_none(void **state)
{
    static const struct {
        enum protocol protocol;
        const char *payload;
        enum err err;
    } cases[] = {
        { PROTOCOL_16, "", ERR_BAD_FORMAT },
        { PROTOCOL_16, "[]", ERR_BAD_FORMAT },
        { PROTOCOL_16, "{\"status\":\"Rejected\"}", ERR_NOT_FOUND },
        { PROTOCOL_16, "{\"status\":\"Accepted\"}", ERR_NOT_FOUND },
        { PROTOCOL_16,
          "{\"status\":\"Accepted\",\"chargingSchedule\":{\"chargingRateUnit\":\"A\","
          "\"chargingSchedulePeriod\":[]}}",
          ERR_NOT_FOUND },
        { PROTOCOL_201, "{\"status\":\"Accepted\"}", ERR_NOT_FOUND },
        { PROTOCOL_21, "{\"status\":\"Rejected\"}", ERR_NOT_FOUND },
    };
    struct charging_composite composite;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(charging_read_composite(cases[i].protocol, str_of(cases[i].payload), 0,
                                                 &arena, &composite),
                         cases[i].err);
}

static void a_composite_is_read_upwards(void **state)
{
    struct charging_composite composite;
    const struct charging_period *period;

    (void)state;
    assert_int_equal(
        charging_read_composite(
            PROTOCOL_16,
            STR("{\"status\":\"Accepted\",\"connectorId\":1,"
                "\"scheduleStart\":\"2027-01-15T08:00:05Z\",\"chargingSchedule\":{"
                "\"duration\":600,\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":["
                "{\"startPeriod\":0,\"limit\":16.01,\"numberPhases\":3},"
                "{\"startPeriod\":300,\"limit\":6}]}}"),
            5000, &arena, &composite),
        ERR_NONE);
    assert_int_equal(composite.evse, 1);
    assert_int_equal(composite.start_at, AT);
    assert_int_equal(composite.duration_s, 600);
    assert_int_equal(composite.unit, CHARGE_A);
    assert_int_equal(composite.period_count, 2);
    assert_int_equal(composite.periods[0].limit, 161);
    assert_int_equal(composite.periods[0].phases, 3);
    assert_int_equal(composite.periods[1].limit, 60);
    period = charging_period_at(composite.periods, 2, 600, 299);
    assert_ptr_equal(period, &composite.periods[0]);
    assert_ptr_equal(charging_period_at(composite.periods, 2, 600, 300), &composite.periods[1]);
    assert_null(charging_period_at(composite.periods, 2, 600, 600));
    assert_null(charging_period_at(composite.periods, 2, 600, -1));
    assert_int_equal(
        charging_read_composite(
            PROTOCOL_21,
            STR("{\"status\":\"Accepted\",\"schedule\":{\"evseId\":2,\"duration\":60,"
                "\"scheduleStart\":\"2027-01-15T08:00:00Z\",\"chargingRateUnit\":\"W\","
                "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":11040.2,"
                "\"limit_L2\":3680}]}}"),
            0, &arena, &composite),
        ERR_NONE);
    assert_int_equal(composite.evse, 2);
    assert_int_equal(composite.unit, CHARGE_W);
    assert_int_equal(composite.periods[0].limit, 11041);
    assert_int_equal(composite.periods[0].limit_2, 3680);
    assert_int_equal(composite.periods[0].limit_3, CHARGE_SAME);
}

/* There and back the current never grows. */
static void amperes_and_watts_round_to_the_safe_side(void **state)
{
    (void)state;
    assert_int_equal(charging_w_within(160, 2300, 3), 11040);
    assert_int_equal(charging_w_within(165, 2162, 1), 3567); /* 3567.3 */
    assert_int_equal(charging_da_within(11040, 2300, 3), 160);
    assert_int_equal(charging_da_within(11039, 2300, 3), 159);
    assert_int_equal(charging_da_upto(11041, 2300, 3), 161);
    assert_int_equal(charging_da_upto(INT32_MAX, 1, 1), INT32_MAX);
    for (int32_t da = 0; da <= 640; da++)
        for (int32_t phases = 1; phases <= 3; phases++)
            for (int32_t volts = 2070; volts <= 2530; volts += 23) {
                int32_t w = charging_w_within(da, volts, phases);

                assert_true(charging_da_within(w, volts, phases) <= da);
                assert_true(charging_da_upto(w, volts, phases) <= da);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(what_a_station_rejects_is_not_built),
        ARENA_TEST(versions_lack_what_came_later),
        ARENA_TEST(a_lease_in_three_versions),
        ARENA_TEST(phases_in_words),
        ARENA_TEST(limits_of_single_phases_as_one),
        ARENA_TEST(a_profile_that_is_not_ours_is_read),
        ARENA_TEST(the_layers_below),
        ARENA_TEST(a_dynamic_profile),
        ARENA_TEST(clearing_and_asking),
        ARENA_TEST(ids_say_what_they_stand_for),
        ARENA_TEST(answers_are_told_apart),
        ARENA_TEST(composites_that_are_none),
        ARENA_TEST(a_composite_is_read_upwards),
        ARENA_TEST(amperes_and_watts_round_to_the_safe_side),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
