/* The opening handshake: RFC 6455 §4.2.1, and what is agreed about compression (RFC 7692 §7.1). */
#include "test.h"

#include "net/ws_handshake.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

struct headers {
    const char *host, *upgrade, *connection, *version, *key;
};

static int check_headers(const struct headers *given, const char *method, struct ws_offer *offer)
{
    const struct {
        const char *name, *value;
    } all[] = { { "host", given->host },
                { "upgrade", given->upgrade },
                { "connection", given->connection },
                { "sec-websocket-version", given->version },
                { "sec-websocket-key", given->key } };
    struct net_header headers[COUNT(all)];
    struct net_request request = { .method = str_of(method),
                                   .target = STR("/"),
                                   .headers = headers };
    const char *why = NULL;
    int status;

    for (size_t i = 0; i < COUNT(all); i++)
        if (all[i].value)
            headers[request.header_count++] =
                (struct net_header){ str_of(all[i].name), str_of(all[i].value) };
    status = ws_check_request(&request, offer, &why);
    assert_true((status == 0) == (why == NULL));
    return status;
}

static void a_handshake_is_checked_header_by_header(void **state)
{
    static const struct {
        const char *name, *method;
        struct headers headers;
        int status;
    } cases[] = {
        { "good", "GET", { "h", "websocket", "Upgrade", "13", KEY }, 0 },
        { "any case", "GET", { "h", "WebSocket", "upgrade", "13", KEY }, 0 },
        { "in lists", "GET", { "h", "h2c , websocket", "keep-alive, Upgrade", "13", KEY }, 0 },
        { "with space", "GET", { "h", " websocket ", " Upgrade ", " 13 ", " " KEY " " }, 0 },
        { "no upgrade", "GET", { "h", NULL, "Upgrade", "13", KEY }, 426 },
        { "another upgrade", "GET", { "h", "h2c", "Upgrade", "13", KEY }, 426 },
        { "part of the word", "GET", { "h", "websockets", "Upgrade", "13", KEY }, 426 },
        { "not a GET", "POST", { "h", "websocket", "Upgrade", "13", KEY }, 405 },
        { "no connection", "GET", { "h", "websocket", NULL, "13", KEY }, 400 },
        { "another connection", "GET", { "h", "websocket", "close", "13", KEY }, 400 },
        { "no host", "GET", { NULL, "websocket", "Upgrade", "13", KEY }, 400 },
        { "no version", "GET", { "h", "websocket", "Upgrade", NULL, KEY }, 426 },
        { "version 8", "GET", { "h", "websocket", "Upgrade", "8", KEY }, 426 },
        { "version 130", "GET", { "h", "websocket", "Upgrade", "130", KEY }, 426 },
        { "no key", "GET", { "h", "websocket", "Upgrade", "13", NULL }, 400 },
        { "an empty key", "GET", { "h", "websocket", "Upgrade", "13", "" }, 400 },
        { "a short key",
          "GET",
          { "h", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25j" },
          400 },
        { "a long key", "GET", { "h", "websocket", "Upgrade", "13", KEY "==" }, 400 },
        { "a key that is no base64",
          "GET",
          { "h", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25j*Q==" },
          400 },
        { "a key of 18 bytes",
          "GET",
          { "h", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZWVl" },
          400 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ws_offer offer;
        print_message("# %s\n", cases[i].name);
        assert_int_equal(check_headers(&cases[i].headers, cases[i].method, &offer),
                         cases[i].status);
        if (cases[i].status == 0)
            assert_memory_equal(offer.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", WS_ACCEPT_LEN);
    }
}

static void a_key_is_made_and_answered_as_in_the_rfc(void **state)
{
    char key[WS_KEY_LEN], accept[WS_ACCEPT_LEN];

    (void)state;
    ws_make_key((const uint8_t *)"the sample nonce", key);
    assert_memory_equal(key, KEY, WS_KEY_LEN);
    ws_accept_of(STR(KEY), accept);
    assert_memory_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", WS_ACCEPT_LEN);
}

static void an_offer_of_compression_is_met_or_declined(void **state)
{
    static const struct {
        const char *offers, *answer; /* behind WS_CLIENT_OFFER; NULL: declined */
        uint8_t bits;
    } cases[] = {
        { "permessage-deflate", "", 15 },
        { "PerMessage-Deflate", "", 15 },
        { "permessage-deflate; client_no_context_takeover", "", 15 },
        { "permessage-deflate;server_no_context_takeover;client_no_context_takeover", "", 15 },
        { "permessage-deflate; client_max_window_bits", "", 15 },
        { "permessage-deflate; client_max_window_bits=8", "", 15 },
        { "permessage-deflate; server_max_window_bits=8", "; server_max_window_bits=8", 8 },
        { "permessage-deflate; server_max_window_bits=15", "; server_max_window_bits=15", 15 },
        { "permessage-deflate; server_max_window_bits=\"12\"", "; server_max_window_bits=12", 12 },
        { "permessage-deflate; server_max_window_bits=7", NULL, 0 },
        { "permessage-deflate; server_max_window_bits=16", NULL, 0 },
        { "permessage-deflate; server_max_window_bits=010", NULL, 0 },
        { "permessage-deflate; server_max_window_bits=+10", NULL, 0 },
        { "permessage-deflate; server_max_window_bits=99999999999999999999", NULL, 0 },
        { "permessage-deflate; server_max_window_bits=", NULL, 0 },
        { "permessage-deflate; server_max_window_bits", NULL, 0 },
        { "permessage-deflate; client_max_window_bits=7", NULL, 0 },
        { "permessage-deflate; client_max_window_bits=x", NULL, 0 },
        { "permessage-deflate; client_no_context_takeover=true", NULL, 0 },
        { "permessage-deflate; client_no_context_takeover; client_no_context_takeover", NULL, 0 },
        { "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", NULL, 0 },
        { "permessage-deflate; what", NULL, 0 },
        { "permessage-deflate;", NULL, 0 },
        { "x-webkit-deflate-frame", NULL, 0 },
        { "", NULL, 0 },
        { ",,,", NULL, 0 },
        { "foo, permessage-deflate", "", 15 },
        { "permessage-deflate; server_max_window_bits=99, permessage-deflate; "
          "server_max_window_bits=10, permessage-deflate",
          "; server_max_window_bits=10", 10 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ws_agreed agreed;
        char memory[200];
        struct buf buf;
        print_message("# %s\n", cases[i].offers);
        assert_int_equal(ws_agree(str_of(cases[i].offers), &agreed), cases[i].answer != NULL);
        assert_int_equal(agreed.deflate, cases[i].answer != NULL);
        if (!cases[i].answer)
            continue;
        assert_int_equal(agreed.window_bits, cases[i].bits);
        buf_init(&buf, memory, sizeof memory);
        ws_put_agreed(&buf, &agreed);
        assert_true(str_starts(buf_str(&buf), STR(WS_CLIENT_OFFER)));
        assert_str_equal(str_from(buf_str(&buf), sizeof WS_CLIENT_OFFER - 1),
                         str_of(cases[i].answer));
    }
}

static void a_client_takes_only_answers_that_it_can_follow(void **state)
{
    static const struct {
        const char *answer;
        bool good, deflate;
    } cases[] = {
        { "", true, false },
        { "permessage-deflate; server_no_context_takeover", true, true },
        { WS_CLIENT_OFFER, true, true },
        { "permessage-deflate; server_no_context_takeover; server_max_window_bits=10", true, true },
        { "permessage-deflate", false, false },
        { "permessage-deflate; server_no_context_takeover; client_max_window_bits=10", false,
          false },
        { "permessage-deflate; server_no_context_takeover; what", false, false },
        { "foo", false, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ws_agreed agreed;
        print_message("# %s\n", cases[i].answer);
        assert_int_equal(ws_check_extensions(str_of(cases[i].answer), &agreed), cases[i].good);
        assert_int_equal(agreed.deflate, cases[i].deflate);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_is_checked_header_by_header),
        cmocka_unit_test(a_key_is_made_and_answered_as_in_the_rfc),
        cmocka_unit_test(an_offer_of_compression_is_met_or_declined),
        cmocka_unit_test(a_client_takes_only_answers_that_it_can_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
