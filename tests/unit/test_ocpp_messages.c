/* Bad input (docs/rules.md) as far as the codec sees it: what is taken, and as what. */
#include "test_arena.h"

#include "ocpp/contracts.h"
#include "v16.gen.h"
#include "v2x.gen.h"
#include "json/cursor.h"
#include "json/reader.h"

static void *take(enum ocpp_version version, const char *action, struct str text,
                  struct json_report *report)
{
    const struct json_desc *desc = ocpp_action_find(version, str_of(action))->req;
    void *req = arena_zalloc(&arena, 1, desc->size);

    assert_non_null(req);
    assert_int_equal(json_read(desc, text, JSON_LENIENT, &arena, req, report), ERR_NONE);
    return req;
}

static struct str start_text(const char *id_tag, const char *meter, const char *timestamp)
{
    return arena_printf(
        &arena, "{\"connectorId\":1,\"idTag\":\"%s\",\"meterStart\":%s,\"timestamp\":\"%s\"}",
        id_tag, meter, timestamp);
}

/* B30 */
static void times_of_stations_are_read_or_unknown(void **state)
{
    static const struct {
        const char *text;
        utc_ms at;
        bool flawed;
    } cases[] = {
        { "222222017-10-27T19:10:11Z", UTC_UNKNOWN, true },
        { "1000000", UTC_UNKNOWN, true },
        { "", UTC_UNKNOWN, true },
        { "0000-01-01T00:00:00Z", UTC_UNKNOWN, true },
        { "2023-10-19T15:28:07+24:00", UTC_UNKNOWN, true },
        { "2016-12-31T23:59:60Z", 1483228800000, true },
        { "2016-12-31T24:00:00Z", 1483228800000, true },
        { "2023-10-19T15:28:07", 1697729287000, true },
        { "2023-10-19T15:28:07+02", 1697722087000, true },
        { "0001-01-01T00:00:00Z", -62135596800000, false },
        { "1970-01-01T00:00:00Z", 0, false },
        { "2038-01-19T03:14:08Z", 2147483648000, false },
        { "9999-12-31T23:59:59Z", 253402300799000, false },
        { "2023-10-19T15:28:07+14:00", 1697678887000, false },
        { "2023-10-19T15:28:07.123456789012Z", 1697729287123, false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_report report;
        const struct v16_start_transaction_req *req =
            take(OCPP_V16, "StartTransaction", start_text("A", "0", cases[i].text), &report);

        print_message("# %s\n", cases[i].text);
        assert_true(req->timestamp == cases[i].at);
        assert_int_equal(report.count, cases[i].flawed);
    }
}

/* B31, B32 */
static void numbers_of_stations_are_read_or_absent(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
        bool flawed;
    } cases[] = {
        { "-1", -1, false },
        { "2147483647", 2147483647, false },
        { "1e3", 1000, false },
        { "-0", 0, false },
        { "9007199254740993", 9007199254740993, false },
        { "\"1e3\"", 1000, true },
        { "\" 12 \"", 12, true },
        { "12.5", 13, true },
        { "\"12,5\"", 0, true },
        { "1e400", 0, true },
        { "9223372036854775808", 0, true },
        { "null", 0, true },
        { "[1]", 0, true },
        { "true", 0, true },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_report report;
        const struct v16_start_transaction_req *req =
            take(OCPP_V16, "StartTransaction",
                 start_text("A", cases[i].text, "2023-10-19T15:28:07Z"), &report);

        print_message("# %s\n", cases[i].text);
        assert_true(req->meter_start == cases[i].value);
        assert_int_equal(report.count, cases[i].flawed);
        if (cases[i].flawed)
            assert_non_null(json_report_find(&report, STR("meterStart")));
    }
}

/* B34: kept to the byte, and written so that no JSON reader takes it for anything else. */
static void hostile_texts_are_kept_and_escaped(void **state)
{
    static const struct {
        const char *json;
        struct str text;
        bool flawed;
    } cases[] = {
        { "", STR_INIT(""), false },
        { "' OR 1=1--", STR_INIT("' OR 1=1--"), false },
        { "<svg onload>", STR_INIT("<svg onload>"), false },
        { "=HYPERLINK()", STR_INIT("=HYPERLINK()"), false },
        { "a\\r\\nb", STR_INIT("a\r\nb"), false },
        { "\\u202eabc",
          STR_INIT("\xe2\x80\xae"
                   "abc"),
          false },
        { "\\u001b[31m", STR_INIT("\x1b[31m"), false },
        { "aB\\u0000c",
          STR_INIT("aB\xef\xbf\xbd"
                   "c"),
          true },
        { "123456789012345678901", STR_INIT("123456789012345678901"), true },
        { "1234567890123456789\\u20ac", STR_INIT("1234567890123456789\xe2\x82\xac"), false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_report report;
        const struct v16_start_transaction_req *req =
            take(OCPP_V16, "StartTransaction",
                 start_text(cases[i].json, "0", "2023-10-19T15:28:07Z"), &report);
        struct json_writer w;
        struct str back;
        struct buf buf;

        print_message("# %s\n", cases[i].json);
        assert_str_equal(req->id_tag, cases[i].text);
        assert_int_equal(report.count, cases[i].flawed);
        buf_init_arena(&buf, &arena, 4096);
        w = json_writer(&buf);
        json_str(&w, req->id_tag);
        for (uint32_t k = 0; k < buf.len; k++)
            assert_true((unsigned char)buf.ptr[k] >= 0x20);
        assert_true(json_value_str(buf_str(&buf), &arena, &back));
        assert_str_equal(back, cases[i].text);
    }
}

/* B36 */
static void ten_thousand_samples_fit(void **state)
{
    enum { SAMPLES = 10000 };
    struct json_report report;
    const struct v16_meter_values_req *req;
    struct buf buf;

    (void)state;
    buf_init_arena(&buf, &arena, 1u << 20);
    buf_put(&buf, STR("{\"connectorId\":1,\"meterValue\":[{\"timestamp\":"
                      "\"2023-10-19T15:28:07Z\",\"sampledValue\":["));
    for (int i = 0; i < SAMPLES; i++)
        buf_printf(&buf, "%s{\"value\":\"%d\"}", i ? "," : "", i);
    buf_put(&buf, STR("]}]}"));
    req = take(OCPP_V16, "MeterValues", buf_str(&buf), &report);
    assert_int_equal(report.count, 0);
    assert_int_equal(req->meter_value[0].sampled_value_count, SAMPLES);
    assert_str_equal(req->meter_value[0].sampled_value[SAMPLES - 1].value, STR("9999"));
}

/* What is missing is told by its path, and looks absent in the struct. */
static void an_empty_event_is_an_event(void **state)
{
    static const char *const missing[] = { "eventType", "timestamp", "triggerReason", "seqNo",
                                           "transactionInfo" };
    struct json_report report;
    const struct v2x_transaction_event_req *req =
        take(OCPP_V201, "TransactionEvent", STR("{}"), &report);

    (void)state;
    assert_int_equal(report.count, COUNT(missing));
    for (size_t i = 0; i < COUNT(missing); i++)
        assert_int_equal(json_report_find(&report, str_of(missing[i]))->kind, JSON_FLAW_MISSING);
    assert_int_equal(req->event_type, V2X_TRANSACTION_EVENT_UNKNOWN_VALUE);
    assert_true(req->timestamp == UTC_UNKNOWN);
    assert_null(req->transaction_info);
    assert_null(req->meter_value);
    assert_false(req->has_offline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(times_of_stations_are_read_or_unknown),
        ARENA_TEST(numbers_of_stations_are_read_or_absent),
        ARENA_TEST(hostile_texts_are_kept_and_escaped),
        ARENA_TEST(ten_thousand_samples_fit),
        ARENA_TEST(an_empty_event_is_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
