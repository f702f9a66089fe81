#include "test_arena.h"

#include "ocpp/contracts.h"
#include "v16.gen.h"
#include "v2x.gen.h"
#include "json/encode.h"
#include "json/reader.h"

static enum err write_text(const struct json_desc *desc, const void *object, struct str *text,
                           struct str *flaw)
{
    struct json_writer w;
    struct buf buf;
    enum err err;

    buf_init_arena(&buf, &arena, 1u << 20);
    w = json_writer(&buf);
    err = json_write_struct(desc, object, &w);
    *text = buf_str(&buf);
    *flaw = w.flaw;
    return err;
}

/* What a reader would refuse is not sent. */
static void what_is_wrong_is_not_written(void **state)
{
    struct v16_id_tag_info info = { .status = V16_AUTHORIZATION_STATUS_ACCEPTED };
    const struct {
        const char *what;
        struct v16_start_transaction_res res;
        struct v16_id_tag_info info;
        enum err err;
        const char *flaw;
    } cases[] = {
        { "no object", { .transaction_id = 1 }, { 0 }, ERR_BAD_OCCURRENCE, "idTagInfo" },
        { "no word", { &info, 1 }, { .expiry_date = 1 }, ERR_BAD_OCCURRENCE, "status" },
        { "no such word",
          { &info, 1 },
          { .status = V16_AUTHORIZATION_STATUS_COUNT },
          ERR_BAD_VALUE,
          "status" },
        { "too long",
          { &info, 1 },
          { .status = V16_AUTHORIZATION_STATUS_BLOCKED,
            .parent_id_tag = STR_INIT("123456789012345678901") },
          ERR_BAD_VALUE,
          "parentIdTag" },
        { "a year of five digits",
          { &info, 1 },
          { .status = V16_AUTHORIZATION_STATUS_BLOCKED, .expiry_date = INT64_C(253402300800000) },
          ERR_BAD_VALUE,
          "expiryDate" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str text, flaw;

        print_message("# %s\n", cases[i].what);
        info = cases[i].info;
        assert_int_equal(write_text(&v16_start_transaction_res_desc, &cases[i].res, &text, &flaw),
                         cases[i].err);
        assert_str_equal(flaw, str_of(cases[i].flaw));
    }
}

static void bounds_and_raw_text_are_checked(void **state)
{
    struct str keys[] = { STR_INIT("a"), STR_INIT("b") };
    struct v2x_set_charging_profile_req profile = { .evse_id = -1 };
    struct v2x_heartbeat_req heartbeat = { .custom_data = STR_INIT("{\"vendorId\":\"x\"}") };
    static const struct str bad_raw[] = { STR_INIT(""), STR_INIT("{"), STR_INIT("{} {}"),
                                          STR_INIT("[]"), STR_INIT("\"},\"x\":{\"") };
    struct v16_charging_schedule_period period = { .limit = 160001000 };
    struct v16_get_configuration_req get = { .key = keys, .key_count = COUNT(keys) };
    struct str text, flaw;

    (void)state;
    assert_int_equal(write_text(&v21_set_charging_profile_req_desc, &profile, &text, &flaw),
                     ERR_BAD_VALUE);
    assert_str_equal(flaw, STR("evseId"));
    for (size_t i = 0; i < COUNT(bad_raw); i++) {
        struct v2x_heartbeat_req bad = { .custom_data = bad_raw[i] };
        assert_int_not_equal(write_text(&v201_heartbeat_req_desc, &bad, &text, &flaw), ERR_NONE);
    }
    assert_int_equal(write_text(&v201_heartbeat_req_desc, &heartbeat, &text, &flaw), ERR_NONE);
    assert_str_equal(text, STR("{\"customData\":{\"vendorId\":\"x\"}}"));
    assert_int_equal(write_text(&v16_charging_schedule_period_desc, &period, &text, &flaw),
                     ERR_BAD_VALUE);
    assert_str_equal(flaw, STR("limit"));
    period.limit = 16100000;
    assert_int_equal(write_text(&v16_charging_schedule_period_desc, &period, &text, &flaw),
                     ERR_NONE);
    assert_str_equal(text, STR("{\"startPeriod\":0,\"limit\":16.1}"));
    assert_int_equal(write_text(&v16_get_configuration_req_desc, &get, &text, &flaw), ERR_NONE);
    assert_str_equal(text, STR("{\"key\":[\"a\",\"b\"]}"));
    get.key_count = 0;
    assert_int_equal(write_text(&v16_get_configuration_req_desc, &get, &text, &flaw), ERR_NONE);
    assert_str_equal(text, STR("{}"));
}

static void a_buffer_that_is_too_small_is_told(void **state)
{
    struct v16_heartbeat_res res = { .current_time = 1795484888123 };
    char memory[64];

    (void)state;
    for (uint32_t cap = 0; cap < sizeof memory; cap++) {
        struct buf buf;
        struct json_writer w;
        bool fits = cap >= sizeof "{\"currentTime\":\"2026-11-24T01:48:08.123Z\"}" - 1;

        buf_init(&buf, memory, cap);
        w = json_writer(&buf);
        assert_int_equal(json_write_struct(&v16_heartbeat_res_desc, &res, &w),
                         fits ? ERR_NONE : ERR_FULL);
    }
}

/* Read, written, read and written again: the same text both times. */
static void what_is_read_is_written_the_same(void **state)
{
    static const struct {
        enum ocpp_version version;
        const char *action;
        struct str text;
    } cases[] = {
        { OCPP_V16, "Heartbeat", STR_INIT("{}") },
        { OCPP_V16, "MeterValues",
          STR_INIT("{\"connectorId\":1,\"meterValue\":[{\"timestamp\":\"2026-11-24T01:48:08.123Z\","
                   "\"sampledValue\":[{\"value\":\"1.5\",\"unit\":\"kWh\"},{\"value\":\"\"}]},"
                   "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"sampledValue\":[]}]}") },
        { OCPP_V16, "SetChargingProfile",
          STR_INIT("{\"connectorId\":0,\"csChargingProfiles\":{\"chargingProfileId\":1,"
                   "\"stackLevel\":0,\"chargingProfilePurpose\":\"TxDefaultProfile\","
                   "\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":{"
                   "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,"
                   "\"limit\":16.1},{\"startPeriod\":60,\"limit\":0,\"numberPhases\":1}]}}}") },
        { OCPP_V21, "TransactionEvent",
          STR_INIT(
              "{\"eventType\":\"Ended\",\"timestamp\":\"2026-11-24T01:48:08.000Z\","
              "\"triggerReason\":\"EVDeparted\",\"seqNo\":3,\"offline\":true,"
              "\"transactionInfo\":{\"transactionId\":\"t\",\"stoppedReason\":\"Local\"},"
              "\"evse\":{\"id\":1,\"connectorId\":2},\"idToken\":{\"idToken\":\"\xc3\xb6\\\"\","
              "\"type\":\"Central\",\"additionalInfo\":[{\"additionalIdToken\":\"a\","
              "\"type\":\"b\"}]},\"meterValue\":[{\"sampledValue\":[{\"value\":-0.5}],"
              "\"timestamp\":\"2026-11-24T01:48:08.000Z\"}],"
              "\"customData\":{\"vendorId\":\"v\",\"x\":[1,{}]}}") },
        { OCPP_V201, "DataTransfer", STR_INIT("{\"vendorId\":\"v\",\"data\":[null,1e3]}") },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct json_desc *desc =
            ocpp_action_find(cases[i].version, str_of(cases[i].action))->req;
        void *first = arena_zalloc(&arena, 1, desc->size);
        void *second = arena_zalloc(&arena, 1, desc->size);
        struct str once, twice, flaw;

        print_message("# %s\n", cases[i].action);
        assert_int_equal(json_read(desc, cases[i].text, JSON_STRICT, &arena, first, NULL),
                         ERR_NONE);
        assert_int_equal(write_text(desc, first, &once, &flaw), ERR_NONE);
        assert_int_equal(once.len, cases[i].text.len); /* the fields may stand in another order */
        assert_int_equal(json_read(desc, once, JSON_STRICT, &arena, second, NULL), ERR_NONE);
        assert_int_equal(write_text(desc, second, &twice, &flaw), ERR_NONE);
        assert_str_equal(twice, once);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(what_is_wrong_is_not_written),
        ARENA_TEST(bounds_and_raw_text_are_checked),
        ARENA_TEST(a_buffer_that_is_too_small_is_told),
        ARENA_TEST(what_is_read_is_written_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
