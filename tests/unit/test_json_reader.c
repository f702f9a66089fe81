#include "test_arena.h"

#include "ocpp/contracts.h"
#include "v16.gen.h"
#include "v2x.gen.h"
#include "json/encode.h"
#include "json/reader.h"

/* A small object with one field of each kind. */
struct inner {
    int64_t id;
    struct str note;
};

struct outer {
    struct str name, link, raw;
    int64_t whole, number, minutes;
    bool flag, has_flag, has_whole, has_number;
    utc_ms at;
    struct inner *inner, *list;
    uint32_t list_count;
    struct str *texts;
    uint32_t texts_count;
};

static const struct json_field inner_fields[] = {
    JSON_FIELD_INT(struct inner, id, "id", 0, 100),
    JSON_FIELD_STR(struct inner, note, "note", 5, 0),
};
static const struct json_desc inner_desc = JSON_DESC(struct inner, inner_fields);
static const struct json_field outer_fields[] = {
    JSON_FIELD_STR(struct outer, name, "name", 4, JSON_REQUIRED),
    JSON_FIELD_STR(struct outer, link, "link", 0, JSON_URI),
    JSON_FIELD_RAW(struct outer, raw, "raw", 0),
    JSON_FIELD_INT_OPTIONAL(struct outer, whole, "whole", INT64_MIN, INT64_MAX),
    JSON_FIELD_NUMBER_OPTIONAL(struct outer, number, "number", -5 * JSON_NUMBER_UNIT,
                               5 * JSON_NUMBER_UNIT),
    JSON_FIELD_BOOL_OPTIONAL(struct outer, flag, "flag"),
    JSON_FIELD_TIME(struct outer, at, "at", 0),
    JSON_FIELD_OBJECT(struct outer, inner, "inner", &inner_desc, 0),
    JSON_FIELD_OBJECTS(struct outer, list, "list", &inner_desc, 0),
    JSON_FIELD_STRS(struct outer, texts, "texts", 3, 0),
};
static const struct json_desc outer_desc = JSON_DESC(struct outer, outer_fields);

static enum err read_outer(struct str text, enum json_mode mode, struct outer *out,
                           struct json_report *report)
{
    memset(out, 0, sizeof *out);
    return json_read(&outer_desc, text, mode, &arena, out, report);
}

#define BAD(json, flaw, path) { STR_INIT(json), JSON_FLAW_##flaw, STR_INIT(path) }

/* B20, B27 and what a schema can forbid: the flaw, and where. */
static void a_strict_reader_names_the_first_flaw(void **state)
{
    static const struct {
        struct str json;
        enum json_flaw_kind flaw;
        struct str path;
    } cases[] = {
        BAD("", SYNTAX, ""),
        BAD(" ", SYNTAX, ""),
        BAD("x", SYNTAX, ""),
        BAD("[]", TYPE, ""),
        BAD("null", TYPE, ""),
        BAD("\"name\"", TYPE, ""),
        BAD("{", SYNTAX, ""),
        BAD("{\"name\"", SYNTAX, ""),
        BAD("{\"name\":", SYNTAX, "name"),
        BAD("{\"name\":\"a\"", SYNTAX, "name"),
        BAD("{\"name\":\"a\",", SYNTAX, "name"),
        BAD("{\"name\":\"a\",}", SYNTAX, "name"),
        BAD("{,\"name\":\"a\"}", SYNTAX, ""),
        BAD("{\"name\":\"a\" \"flag\":true}", SYNTAX, "name"),
        BAD("{name:\"a\"}", SYNTAX, ""),
        BAD("{\"name\":\"a}", SYNTAX, "name"),
        BAD("{\"name\":\"a\\\"}", SYNTAX, "name"),
        BAD("{\"name\":\"\\x\"}", SYNTAX, "name"),
        BAD("{\"name\":\"\\u12g4\"}", SYNTAX, "name"),
        BAD("{\"name\":\"\\u12\"}", SYNTAX, "name"),
        BAD("{\"name\":\"\n\"}", SYNTAX, "name"),
        BAD("{\"name\":\"\xff\"}", SYNTAX, "name"),
        BAD("{\"name\":\"\xc3\"}", SYNTAX, "name"),
        BAD("{\"name\":'a'}", SYNTAX, "name"),
        BAD("\xef\xbb\xbf{\"name\":\"a\"}", SYNTAX, ""),
        BAD("{\"name\":\"a\"}x", SYNTAX, ""),
        BAD("{\"name\":\"a\"}{}", SYNTAX, ""),
        BAD("{\"name\":\"a\"}\0", SYNTAX, ""),
        BAD("{\"whole\":NaN}", SYNTAX, "whole"),
        BAD("{\"whole\":Infinity}", SYNTAX, "whole"),
        BAD("{\"whole\":-}", SYNTAX, "whole"),
        BAD("{\"whole\":01}", SYNTAX, "whole"),
        BAD("{\"whole\":+1}", SYNTAX, "whole"),
        BAD("{\"whole\":.5}", SYNTAX, "whole"),
        BAD("{\"whole\":1.}", SYNTAX, "whole"),
        BAD("{\"whole\":1e}", SYNTAX, "whole"),
        BAD("{\"whole\":0x10}", SYNTAX, "whole"),
        BAD("{\"flag\":truex}", SYNTAX, "flag"),
        BAD("{\"flag\":tru}", SYNTAX, "flag"),
        BAD("{\"raw\":[1,]}", SYNTAX, "raw"),
        BAD("{\"raw\":{\"a\":}}", SYNTAX, "raw"),
        BAD("{\"raw\":{\"a\" 1}}", SYNTAX, "raw"),
        BAD("{\"list\":[}", SYNTAX, "list[0]"),
        BAD("{\"list\":[,]}", SYNTAX, "list[0]"),
        BAD("{\"texts\":[\"a\",]}", SYNTAX, "texts[1]"),
        BAD("{\"texts\":[\"a\" \"b\"]}", SYNTAX, "texts[1]"),
        BAD("{\"name\":\"\\u0000\"}", TEXT, "name"),
        BAD("{\"name\":\"\\ud800\"}", TEXT, "name"),
        BAD("{\"name\":\"\\udc00\\ud800\"}", TEXT, "name"),
        BAD("{\"name\":\"\\ud800\\u0041\"}", TEXT, "name"),
        BAD("{\"name\":1}", TYPE, "name"),
        BAD("{\"name\":null}", TYPE, "name"),
        BAD("{\"name\":[\"a\"]}", TYPE, "name"),
        BAD("{\"name\":{}}", TYPE, "name"),
        BAD("{\"whole\":\"1\"}", TYPE, "whole"),
        BAD("{\"whole\":1.5}", TYPE, "whole"),
        BAD("{\"whole\":1e-1}", TYPE, "whole"),
        BAD("{\"whole\":1.00000000000000000000001}", TYPE, "whole"),
        BAD("{\"flag\":1}", TYPE, "flag"),
        BAD("{\"flag\":\"true\"}", TYPE, "flag"),
        BAD("{\"inner\":[]}", TYPE, "inner"),
        BAD("{\"inner\":\"\"}", TYPE, "inner"),
        BAD("{\"list\":{}}", TYPE, "list"),
        BAD("{\"list\":[1]}", TYPE, "list[0]"),
        BAD("{\"list\":[{\"id\":1},null]}", TYPE, "list[1]"),
        BAD("{\"texts\":[\"a\",1]}", TYPE, "texts[1]"),
        BAD("{\"at\":1}", TYPE, "at"),
        BAD("{\"name\":\"abcde\"}", LENGTH, "name"),
        BAD("{\"name\":\"\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\"}", LENGTH, "name"),
        BAD("{\"texts\":[\"abc\",\"abcd\"]}", LENGTH, "texts[1]"),
        BAD("{\"whole\":9223372036854775808}", RANGE, "whole"),
        BAD("{\"whole\":-9223372036854775809}", RANGE, "whole"),
        BAD("{\"whole\":1e400}", RANGE, "whole"),
        BAD("{\"number\":1e400}", RANGE, "number"),
        BAD("{\"number\":5.000001}", RANGE, "number"),
        BAD("{\"number\":-5.1}", RANGE, "number"),
        BAD("{\"list\":[{\"id\":101}]}", RANGE, "list[0].id"),
        BAD("{\"list\":[{\"id\":1},{\"id\":-1}]}", RANGE, "list[1].id"),
        BAD("{\"at\":\"yesterday\"}", TIME, "at"),
        BAD("{\"at\":\"\"}", TIME, "at"),
        BAD("{\"at\":\"2023-02-29T00:00:00Z\"}", TIME, "at"),
        BAD("{\"at\":\"2023-10-19T15:28:07\"}", ZONE, "at"),
        BAD("{\"at\":\"2023-10-19T15:28:07+02\"}", LOOSE, "at"),
        BAD("{\"at\":\"2023-10-19 15:28:07Z\"}", LOOSE, "at"),
        BAD("{\"link\":\"no link\"}", URI, "link"),
        BAD("{\"link\":\"http://a b\"}", URI, "link"),
        BAD("{\"link\":\"http://a/%zz\"}", URI, "link"),
        BAD("{\"link\":\":a\"}", URI, "link"),
        BAD("{}", MISSING, "name"),
        BAD("{\"name\":\"a\",\"inner\":{}}", MISSING, "inner.id"),
        BAD("{\"name\":\"a\",\"list\":[{\"id\":1},{\"note\":\"\"}]}", MISSING, "list[1].id"),
        BAD("{\"name\":\"a\",\"name\":\"a\"}", TWICE, "name"),
        BAD("{\"name\":\"a\",\"n\\u0061me\":\"a\"}", TWICE, "name"),
        BAD("{\"name\":\"a\",\"Name\":\"a\"}", UNKNOWN, "Name"),
        BAD("{\"name\":\"a\",\"\":1}", UNKNOWN, ""),
        BAD("{\"list\":[{\"id\":1,\"ip\":1}]}", UNKNOWN, "list[0].ip"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_report report;
        struct outer out;

        print_message("# %.*s\n", STR_ARGS(cases[i].json));
        assert_int_equal(read_outer(cases[i].json, JSON_STRICT, &out, &report),
                         json_flaw_err(cases[i].flaw));
        assert_int_equal(report.count, 1);
        assert_int_equal(report.flaws[0].kind, cases[i].flaw);
        assert_str_equal(report.flaws[0].path, cases[i].path);
    }
}

static void good_values_arrive_exactly(void **state)
{
    struct outer out;

    (void)state;
    assert_int_equal(
        read_outer(STR(" { \"name\" : \"\\u00f6\\ud83d\\ude97\\n\" , \"raw\":{ \"a\": [1, {}] } ,"
                       "\"whole\":-9223372036854775808,\"number\":-0.0000015e1,\"flag\":true,"
                       "\"at\":\"2026-11-24T02:48:08+01:00\",\"link\":\"https://a.b/c?d=%20\","
                       "\"inner\":{\"id\":1e2},\"list\":[{\"id\":0},{\"id\":1.0,\"note\":\"n\"}],"
                       "\"texts\":[]}\n"),
                   JSON_STRICT, &out, NULL),
        ERR_NONE);
    assert_str_equal(out.name, STR("\xc3\xb6\xf0\x9f\x9a\x97\n"));
    assert_str_equal(out.raw, STR("{ \"a\": [1, {}] }"));
    assert_true(out.has_whole && out.whole == INT64_MIN);
    assert_true(out.has_number && out.number == -15);
    assert_true(out.has_flag && out.flag);
    assert_true(out.at == 1795484888000);
    assert_true(out.inner && out.inner->id == 100 && out.inner->note.ptr == NULL);
    assert_int_equal(out.list_count, 2);
    assert_true(out.list[0].id == 0 && out.list[1].id == 1);
    assert_str_equal(out.list[1].note, STR("n"));
    assert_true(out.texts == NULL && out.texts_count == 0);
    assert_int_equal(read_outer(STR("{\"name\":\"\"}"), JSON_STRICT, &out, NULL), ERR_NONE);
    assert_true(out.name.ptr && !out.has_whole && !out.inner && out.at == UTC_UNKNOWN);
}

static void a_lenient_reader_uses_what_it_can(void **state)
{
    struct json_report report;
    struct outer out;

    (void)state;
    assert_int_equal(
        read_outer(STR("{\"name\":\"too long\",\"whole\":\"12\",\"number\":7.5,\"flag\":\"True\","
                       "\"at\":\"2023-10-19T15:28:07\",\"link\":8080,\"new\":{\"a\":[1]},"
                       "\"inner\":null,\"list\":[{\"id\":500,\"note\":\"a\\u0000b\"},7,{}],"
                       "\"texts\":[1.5,null,\"x\"],\"whole\":1.6}"),
                   JSON_LENIENT, &out, &report),
        ERR_NONE);
    assert_str_equal(out.name, STR("too long"));
    assert_true(out.has_whole && out.whole == 2); /* the last one, to the nearest */
    assert_true(out.has_number && out.number == 7500000);
    assert_true(out.has_flag && out.flag);
    assert_true(out.at == 1697729287000);
    assert_str_equal(out.link, STR("8080"));
    assert_null(out.inner);
    assert_int_equal(out.list_count, 2);
    assert_true(out.list[0].id == 500 && out.list[1].id == 0);
    assert_str_equal(out.list[0].note, STR("a\xef\xbf\xbd"
                                           "b"));
    assert_int_equal(out.texts_count, 2);
    assert_str_equal(out.texts[0], STR("1.5"));
    assert_str_equal(out.texts[1], STR("x"));
    static const struct json_flaw expect[] = {
        { JSON_FLAW_LENGTH, STR_INIT("name") },
        { JSON_FLAW_TYPE, STR_INIT("whole") },
        { JSON_FLAW_RANGE, STR_INIT("number") },
        { JSON_FLAW_TYPE, STR_INIT("flag") },
        { JSON_FLAW_ZONE, STR_INIT("at") },
        { JSON_FLAW_TYPE, STR_INIT("link") },
        { JSON_FLAW_URI, STR_INIT("link") },
        { JSON_FLAW_UNKNOWN, STR_INIT("new") },
        { JSON_FLAW_TYPE, STR_INIT("inner") },
        { JSON_FLAW_RANGE, STR_INIT("list[0].id") },
        { JSON_FLAW_TEXT, STR_INIT("list[0].note") },
        { JSON_FLAW_TYPE, STR_INIT("list[1]") },
        { JSON_FLAW_MISSING, STR_INIT("list[1].id") },
        { JSON_FLAW_TYPE, STR_INIT("texts[0]") },
        { JSON_FLAW_TYPE, STR_INIT("texts[1]") },
        { JSON_FLAW_TWICE, STR_INIT("whole") },
    };
    assert_int_equal(report.count, COUNT(expect) + 1);
    for (size_t i = 0; i < COUNT(expect); i++) {
        assert_int_equal(report.flaws[i].kind, expect[i].kind);
        assert_str_equal(report.flaws[i].path, expect[i].path);
    }
    assert_str_equal(json_report_text(&report, &arena), STR("name is too long, and 16 more"));
    assert_ptr_equal(json_report_find(&report, STR("at")), &report.flaws[4]);
    assert_null(json_report_find(&report, STR("raw")));
}

static void what_is_no_json_is_refused_by_both(void **state)
{
    static const struct str cases[] = {
        STR_INIT(""),
        STR_INIT("{\"name\":\"a\""),
        STR_INIT("{\"name\":\"a\"}]"),
        STR_INIT("{\"raw\":[}"),
        STR_INIT("{\"list\":[{]}"),
        STR_INIT("{\"whole\":1e}"),
        STR_INIT("{\"at\":\"\\q\"}"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_report report;
        struct outer out;

        print_message("# %.*s\n", STR_ARGS(cases[i]));
        assert_int_equal(read_outer(cases[i], JSON_STRICT, &out, &report), ERR_BAD_FORMAT);
        assert_int_equal(read_outer(cases[i], JSON_LENIENT, &out, &report), ERR_BAD_FORMAT);
    }
    struct outer out;
    struct json_report report;
    assert_int_equal(read_outer(STR("[]"), JSON_LENIENT, &out, &report), ERR_BAD_TYPE);
}

/* B20: depth 10^5 and a list of 10^6; the text is built in the arena. */
static void depth_and_items_have_a_ceiling(void **state)
{
    enum { DEEP = 100000, MANY = 1000000 };
    char *text = arena_alloc(&arena, 2 * MANY + 64);
    struct json_report report;
    struct outer out;
    uint32_t len;

    (void)state;
    len = (uint32_t)snprintf(text, 64, "{\"name\":\"a\",\"raw\":");
    memset(text + len, '[', DEEP);
    assert_int_equal(read_outer((struct str){ text, len + DEEP }, JSON_STRICT, &out, &report),
                     ERR_BAD_FORMAT);
    assert_int_equal(report.flaws[0].kind, JSON_FLAW_DEPTH);
    assert_int_equal(read_outer((struct str){ text, len + DEEP }, JSON_LENIENT, &out, &report),
                     ERR_BAD_FORMAT);
    memset(text + len + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    text[len + 2 * JSON_DEPTH_MAX] = '}';
    assert_int_equal(
        read_outer((struct str){ text, len + 2 * JSON_DEPTH_MAX + 1 }, JSON_STRICT, &out, NULL),
        ERR_NONE);

    len = (uint32_t)snprintf(text, 64, "{\"name\":\"a\",\"texts\":[\"\"");
    for (uint32_t i = 0; i < MANY / 2; i++, len += 3)
        memcpy(text + len, ",\"\"", 3);
    memcpy(text + len, "]}", 2);
    assert_int_equal(read_outer((struct str){ text, len + 2 }, JSON_STRICT, &out, &report),
                     ERR_BAD_OCCURRENCE);
    assert_int_equal(read_outer((struct str){ text, len + 2 }, JSON_LENIENT, &out, &report),
                     ERR_NONE);
    assert_int_equal(report.count, 1);
    assert_int_equal(report.flaws[0].kind, JSON_FLAW_MANY);
    assert_int_equal(out.texts_count, JSON_ITEMS_MAX);
}

/* Every prefix of a message and every failing allocation ends in an error, never in a crash. */
static void no_cut_and_no_lack_of_memory_does_harm(void **state)
{
    static const struct str text = STR_INIT(
        "{\"name\":\"\\u00e4\",\"raw\":{\"a\":[1,{}]},\"inner\":{\"id\":1},\"flag\":false,"
        "\"list\":[{\"id\":0},{\"id\":1,\"note\":\"\\n\"},{\"id\":2}],\"texts\":[\"a\",\"b\"]}");
    (void)state;
    for (uint32_t len = 0; len < text.len; len++) {
        char *copy = arena_alloc(&arena, len); /* so that AddressSanitizer sees its end */
        struct outer out;

        memcpy(copy, text.ptr, len);
        assert_int_equal(read_outer((struct str){ copy, len }, JSON_STRICT, &out, NULL),
                         ERR_BAD_FORMAT);
        assert_int_equal(read_outer((struct str){ copy, len }, JSON_LENIENT, &out, NULL),
                         ERR_BAD_FORMAT);
    }
    for (uint64_t n = 1;; n++) { /* until nothing fails any more */
        struct outer out;
        enum err err;

        (void)arena_fail_at(n); /* what was left of the last one is 0 */
        err = read_outer(text, JSON_STRICT, &out, NULL);
        if (arena_fail_at(0) > 0) {
            assert_int_equal(err, ERR_NONE);
            assert_true(n > 5);
            break;
        }
        assert_int_equal(err, ERR_FULL);
    }
}

/* --- the generated descriptors */

static enum err read_message(enum ocpp_version version, const char *action, struct str text,
                             enum json_mode mode, void **req, struct json_report *report)
{
    const struct json_desc *desc = ocpp_action_find(version, str_of(action))->req;

    *req = arena_zalloc(&arena, 1, desc->size);
    return json_read(desc, text, mode, &arena, *req, report);
}

static void every_action_is_found_by_its_name(void **state)
{
    static const uint32_t counts[] = { [OCPP_V16] = 39, [OCPP_V201] = 64, [OCPP_V21] = 91 };
    (void)state;
    for (enum ocpp_version version = OCPP_V16; version < OCPP_VERSION_COUNT; version++) {
        const struct ocpp_actions *actions = ocpp_actions(version);

        assert_int_equal(actions->count, counts[version]);
        for (uint32_t i = 0; i < actions->count; i++) {
            const struct ocpp_action *action = &actions->list[i];
            assert_ptr_equal(ocpp_action_find(version, action->name), action);
            for (int k = 0; k < action->req->count; k++)
                assert_int_equal(json_field_find(action->req, action->req->fields[k].name), k);
        }
        assert_null(ocpp_action_find(version, STR("")));
        assert_null(ocpp_action_find(version, STR("bootNotification")));
        assert_null(ocpp_action_find(version, STR("BootNotificatioN")));
    }
    assert_null(ocpp_action_find(OCPP_V16, STR("TransactionEvent")));
    assert_null(ocpp_action_find(OCPP_V21, STR("NotifyPeriodicEventStream"))->res);
    assert_int_equal(ocpp_action_find(OCPP_V16, STR("DataTransfer"))->sender,
                     OCPP_FROM_STATION | OCPP_FROM_SERVER);
    assert_int_equal(ocpp_action_find(OCPP_V16, STR("Reset"))->sender, OCPP_FROM_SERVER);
    assert_int_equal(ocpp_action_find(OCPP_V201, STR("NotifyReport"))->sender, OCPP_FROM_STATION);
}

static void both_versions_of_2_fill_one_struct(void **state)
{
    static const struct str text =
        STR_INIT("{\"idToken\":{\"idToken\":\"04A1\",\"type\":\"ISO14443\"}}");
    static const struct str open =
        STR_INIT("{\"idToken\":{\"idToken\":\"04A1\",\"type\":\"EVCCID\"}}");
    struct json_report report;
    struct v2x_authorize_req *req;

    (void)state;
    for (enum ocpp_version version = OCPP_V201; version <= OCPP_V21; version++) {
        assert_int_equal(
            read_message(version, "Authorize", text, JSON_STRICT, (void **)&req, &report),
            ERR_NONE);
        assert_str_equal(req->id_token->id_token, STR("04A1"));
        assert_str_equal(req->id_token->type, STR("ISO14443"));
    }
    assert_int_equal(read_message(OCPP_V21, "Authorize", open, JSON_STRICT, (void **)&req, &report),
                     ERR_NONE);
    assert_int_equal(
        read_message(OCPP_V201, "Authorize", open, JSON_STRICT, (void **)&req, &report),
        ERR_BAD_VALUE);
    assert_str_equal(report.flaws[0].path, STR("idToken.type"));
}

/* Frames as they were seen in the field. */
static void facts_with_known_quirks_are_read(void **state)
{
    struct json_report report;
    struct v16_status_notification_req *status;
    struct v16_stop_transaction_req *stop;
    struct v16_boot_notification_req *boot;

    (void)state;
    assert_int_equal(read_message(OCPP_V16, "StatusNotification",
                                  STR("{\"connectorId\":1,\"errorCode\":\"Error\",\"status\":"
                                      "\"Available\",\"vendorId\":\"\",\"extra\":true}"),
                                  JSON_LENIENT, (void **)&status, &report),
                     ERR_NONE);
    assert_int_equal(report.count, 2);
    assert_int_equal(status->error_code, V16_CHARGE_POINT_ERROR_CODE_UNKNOWN_VALUE);
    assert_int_equal(status->status, V16_CHARGE_POINT_STATUS_AVAILABLE);
    assert_true(status->timestamp == UTC_UNKNOWN);

    assert_int_equal(
        read_message(OCPP_V16, "StopTransaction",
                     STR("{\"transactionId\":-1,\"meterStop\":-1,\"timestamp\":"
                         "\"2023-10-19T15:28:07\",\"transactionData\":[{\"timestamp\":"
                         "\"2023-10-19T15:28:07Z\",\"sampledValue\":[{\"value\":12.5,\"unit\":"
                         "\"Wh\"}]}]}"),
                     JSON_LENIENT, (void **)&stop, &report),
        ERR_NONE);
    assert_int_equal(report.count, 2);
    assert_true(stop->meter_stop == -1);
    assert_str_equal(stop->transaction_data[0].sampled_value[0].value, STR("12.5"));
    assert_int_equal(stop->transaction_data[0].sampled_value[0].unit, V16_UNIT_OF_MEASURE_WH);

    assert_int_equal(read_message(OCPP_V16, "BootNotification",
                                  STR("{\"chargePointVendor\":\"Schneider Electric\","
                                      "\"chargePointModel\":\"EVlink\",\"iccid\":\"\","
                                      "\"chargePointSerialNumber\":"
                                      "\"3N170740564A1S1B7551700014\"}"),
                                  JSON_LENIENT, (void **)&boot, &report),
                     ERR_NONE);
    assert_int_equal(report.count, 1);
    assert_int_equal(boot->charge_point_serial_number.len, 26);
}

static void custom_data_is_kept_as_it_is(void **state)
{
    struct json_report report;
    struct v2x_heartbeat_req *req;

    (void)state;
    assert_int_equal(read_message(OCPP_V201, "Heartbeat",
                                  STR("{\"customData\": {\"vendorId\":\"x\",\"a\":[{}, 1]} }"),
                                  JSON_STRICT, (void **)&req, &report),
                     ERR_NONE);
    assert_str_equal(req->custom_data, STR("{\"vendorId\":\"x\",\"a\":[{}, 1]}"));
    assert_int_equal(read_message(OCPP_V201, "Heartbeat", STR("{\"customData\":{}}"), JSON_STRICT,
                                  (void **)&req, &report),
                     ERR_BAD_OCCURRENCE);
    assert_str_equal(report.flaws[0].path, STR("customData.vendorId"));
    assert_int_equal(read_message(OCPP_V201, "Heartbeat", STR("{\"customData\":[]}"), JSON_STRICT,
                                  (void **)&req, &report),
                     ERR_BAD_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(a_strict_reader_names_the_first_flaw),
        ARENA_TEST(good_values_arrive_exactly),
        ARENA_TEST(a_lenient_reader_uses_what_it_can),
        ARENA_TEST(what_is_no_json_is_refused_by_both),
        ARENA_TEST(depth_and_items_have_a_ceiling),
        ARENA_TEST(no_cut_and_no_lack_of_memory_does_harm),
        ARENA_TEST(every_action_is_found_by_its_name),
        ARENA_TEST(both_versions_of_2_fill_one_struct),
        ARENA_TEST(facts_with_known_quirks_are_read),
        ARENA_TEST(custom_data_is_kept_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
