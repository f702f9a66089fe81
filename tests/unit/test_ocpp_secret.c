#include "test.h"

#include "ocpp/ocpp.h"

#define NOT_KEPT "\"not kept: it can not be read, and what it says may hold a password\""

/* Each row: a frame as it came, and as it may be kept (rules.md: secrets). NULL: as it came. */
static void secrets_are_hidden_and_nothing_else(void **state)
{
    static const struct {
        const char *frame, *kept;
    } cases[] = {
        /* no JSON, or not what a frame is */
        { "", NULL },
        { "[2,\"password", NOT_KEPT },
        { "password", NOT_KEPT },
        { "\"password\"", NOT_KEPT },
        { "[2,\"1\",\"X\",{\"password\":\"a\"}] and more", NOT_KEPT },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{\"password\":1}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
          "]]]]]]]]",
          NOT_KEPT },
        /* 1.6 */
        { "[3,\"1\",{\"configurationKey\":[{\"key\":\"AuthorizationKey\",\"readonly\":false,"
          "\"value\":\"6E65\"},{\"key\":\"HeartbeatInterval\",\"value\":\"300\"}]}]",
          "[3,\"1\",{\"configurationKey\":[{\"key\":\"AuthorizationKey\",\"readonly\":false,"
          "\"value\":\"(hidden)\"},{\"key\":\"HeartbeatInterval\",\"value\":\"300\"}]}]" },
        { "[2,\"1\",\"ChangeConfiguration\",{\"value\":\"6E65\",\"key\":\"authorizationkey\"}]",
          "[2,\"1\",\"ChangeConfiguration\",{\"value\":\"(hidden)\",\"key\":\"authorizationkey\"}"
          "]" },
        { "[2,\"1\",\"GetConfiguration\",{\"key\":[\"AuthorizationKey\"]}]",
          "[2,\"1\",\"GetConfiguration\",{\"key\":[\"AuthorizationKey\"]}]" },
        { "[3,\"1\",{\"unknownKey\":[\"AuthorizationKey\"],\"value\":\"6\"}]",
          "[3,\"1\",{\"unknownKey\":[\"AuthorizationKey\"],\"value\":\"6\"}]" },
        /* 2.x */
        { "[2,\"1\",\"SetVariables\",{\"setVariableData\":[{\"attributeValue\":\"s\",\"component\":"
          "{\"name\":\"SecurityCtrlr\"},\"variable\":{\"name\":\"BasicAuthPassword\"}},"
          "{\"attributeValue\":\"60\",\"component\":{\"name\":\"OCPPCommCtrlr\"},\"variable\":"
          "{\"name\":\"HeartbeatInterval\"}}]}]",
          "[2,\"1\",\"SetVariables\",{\"setVariableData\":[{\"attributeValue\":\"(hidden)\","
          "\"component\":{\"name\":\"SecurityCtrlr\"},\"variable\":{\"name\":"
          "\"BasicAuthPassword\"}},{\"attributeValue\":\"60\",\"component\":{\"name\":"
          "\"OCPPCommCtrlr\"},\"variable\":{\"name\":\"HeartbeatInterval\"}}]}]" },
        { "[2,\"1\",\"NotifyReport\",{\"reportData\":[{\"variable\":{\"name\":\"Passphrase\"},"
          "\"variableAttribute\":[{\"type\":\"Actual\",\"value\":\"s\"}]}]}]",
          "[2,\"1\",\"NotifyReport\",{\"reportData\":[{\"variable\":{\"name\":\"Passphrase\"},"
          "\"variableAttribute\":[{\"type\":\"Actual\",\"value\":\"(hidden)\"}]}]}]" },
        { "[2,\"1\",\"SetNetworkProfile\",{\"connectionData\":{\"apn\":{\"simPin\":1234,"
          "\"apnPassword\":\"s\"},\"vpn\":{\"key\":\"k\",\"user\":\"u\"}}}]",
          "[2,\"1\",\"SetNetworkProfile\",{\"connectionData\":{\"apn\":{\"simPin\":\"(hidden)\","
          "\"apnPassword\":\"(hidden)\"},\"vpn\":{\"key\":\"(hidden)\",\"user\":\"u\"}}}]" },
        /* of makes' own */
        { "[2,\"1\",\"DataTransfer\",{\"data\":\"wifi.password=s\"}]",
          "[2,\"1\",\"DataTransfer\",{\"data\":\"(hidden)\"}]" },
        { "[2,\"1\",\"DataTransfer\",{\"data\":\"the password was changed\"}]",
          "[2,\"1\",\"DataTransfer\",{\"data\":\"the password was changed\"}]" },
        /* nothing of the kind */
        { "[2,\"1\",\"MeterValues\",{\"connectorId\":1 , \"meterValue\":[]}]", NULL },
        { "[2,\"1\",\"DataTransfer\",{\"data\":\"pass word, authorization key\"}]", NULL },
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str frame = str_of(cases[i].frame);
        struct str kept = ocpp_masked(&arena, frame);
        print_message("# %s\n", cases[i].frame);
        assert_str_equal(kept, str_of(cases[i].kept ? cases[i].kept : cases[i].frame));
        if (!cases[i].kept)
            assert_ptr_equal(kept.ptr, frame.ptr);
    }
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_hidden_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
