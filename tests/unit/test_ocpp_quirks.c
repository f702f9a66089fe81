#include "test.h"

#include "ocpp/quirks.h"

static void a_flaw_has_the_name_of_its_quirk(void **state)
{
    static const struct {
        enum ocpp_version version;
        const char *action;
        struct json_flaw flaw;
        const char *id;
    } cases[] = {
        { OCPP_V16, "StartTransaction", { JSON_FLAW_MISSING, STR_INIT("idTag") }, "schema" },
        { OCPP_V16, "StartTransaction", { JSON_FLAW_LENGTH, STR_INIT("") }, "schema" },
        { OCPP_V16, "StartTransaction", { JSON_FLAW_LENGTH, STR_INIT("xidTag") }, "schema" },
        { OCPP_V16, "StartTransaction", { JSON_FLAW_LENGTH, STR_INIT("idTag.x") }, "schema" },
        { OCPP_V201, "Authorize", { JSON_FLAW_LENGTH, STR_INIT("idTag") }, "schema" },
        { OCPP_V16, "Heartbeat", { JSON_FLAW_LENGTH, STR_INIT("info") }, "schema" },
        { OCPP_V16,
          "StartTransaction",
          { JSON_FLAW_LENGTH, STR_INIT("idTag") },
          "id-tag-too-long" },
        { OCPP_V16,
          "StatusNotification",
          { JSON_FLAW_LENGTH, STR_INIT("info") },
          "status-info-too-long" },
        { OCPP_V16,
          "StatusNotification",
          { JSON_FLAW_WORD, STR_INIT("errorCode") },
          "error-code-unknown" },
        { OCPP_V16, "StatusNotification", { JSON_FLAW_WORD, STR_INIT("status") }, "schema" },
        { OCPP_V16,
          "GetConfiguration",
          { JSON_FLAW_LENGTH, STR_INIT("configurationKey[12].value") },
          "configuration-value-too-long" },
        { OCPP_V16, "GetConfiguration", { JSON_FLAW_LENGTH, STR_INIT("value") }, "schema" },
        { OCPP_V21,
          "TransactionEvent",
          { JSON_FLAW_ZONE, STR_INIT("meterValue[0].timestamp") },
          "time-without-zone" },
        { OCPP_V201, "TransactionEvent", { JSON_FLAW_UNKNOWN, STR_INIT("x") }, "extra-field" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t found = ocpp_quirk_find(cases[i].version, str_of(cases[i].action), &cases[i].flaw);

        print_message("# %s %.*s\n", cases[i].action, STR_ARGS(cases[i].flaw.path));
        assert_true(found < ocpp_quirk_count);
        assert_str_equal(ocpp_quirks[found].id, str_of(cases[i].id));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flaw_has_the_name_of_its_quirk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
