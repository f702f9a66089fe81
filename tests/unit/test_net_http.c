/* HTTP messages within limits: each case whole, byte by byte, and in pieces of three. */
#include "test.h"

#include <stdlib.h>

#include "net/http_parse.h"

static const struct http_limits limits = { .head_bytes_max = 200,
                                           .headers_max = 5,
                                           .body_bytes_max = 20 };

#define GET "GET /a?b=c HTTP/1.1\r\nHost: h\r\n"

/* Out: "METHOD target [name=value …] body" of each message, then what is left, or the status. */
static const struct {
    const char *name, *in, *out;
} cases[] = {
    { "a plain one", GET "\r\n", "GET /a?b=c [host=h]  keep;" },
    { "names in lower case, values trimmed", "GET / HTTP/1.1\r\nHOST:\t h \t\r\nX-Y:z\r\n\r\n",
      "GET / [host=h x-y=z]  keep;" },
    { "an empty value", GET "X:\r\nY: 1\r\n\r\n", "GET /a?b=c [host=h x= y=1]  keep;" },
    { "a body", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
      "POST / [host=h content-length=5] hello keep;" },
    { "a body in chunks",
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
      "PUT / [host=h transfer-encoding=chunked] hello keep;" },
    { "trailers are passed over",
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nHost: "
      "other\r\n\r\n",
      "PUT / [host=h transfer-encoding=chunked] x keep;" },
    { "two behind each other", GET "\r\n" GET "\r\n",
      "GET /a?b=c [host=h]  keep;GET /a?b=c [host=h]  keep;" },
    { "a body, then another request",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok" GET "\r\n",
      "POST / [host=h content-length=2] ok keep;GET /a?b=c [host=h]  keep;" },
    { "line ends before the request", "\r\n\r\n" GET "\r\n", "GET /a?b=c [host=h]  keep;" },
    { "the last one", GET "Connection: close\r\n\r\n",
      "GET /a?b=c [host=h connection=close]  close;" },
    { "of 1.0", "GET / HTTP/1.0\r\n\r\n", "GET / []  close;" },
    { "of 1.0, kept alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "GET / [connection=keep-alive]  keep;" },
    { "an offer to upgrade without a body", GET "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
      "GET /a?b=c [host=h connection=Upgrade upgrade=h2c]  keep;" },
    { "100-continue",
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
      "continue;POST / [host=h expect=100-continue content-length=2] ok keep;" },
    { "100-continue without a body", GET "Expect: 100-continue\r\n\r\n",
      "GET /a?b=c [host=h expect=100-continue]  keep;" },
    { "in part", GET, "" },
    { "without Host", "GET / HTTP/1.1\r\n\r\n", "400" },
    { "two Hosts", GET "Host: i\r\n\r\n", "400" },
    { "as many headers as allowed", GET "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n",
      "GET /a?b=c [host=h a=1 b=2 c=3 d=4]  keep;" },
    { "one header too many", GET "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n\r\n", "431" },
    { "a head too large",
      GET
      "X: 12345678901234567890123456789012345678901234567890123456789012345678901234567890123456"
      "78901234567890123456789012345678901234567890123456789012345678901234567890123456789012345"
      "67890123456789012345678901234567890\r\n\r\n",
      "431" },
    { "a body as large as allowed",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n12345678901234567890",
      "POST / [host=h content-length=20] 12345678901234567890 keep;" },
    { "a body too large, by its length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 21\r\n\r\n",
      "413" },
    { "a chunk too large, by its length",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n", "413" },
    { "chunks too large together",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "a\r\n1234567890\r\na\r\n1234567890\r\n1\r\n1\r\n0\r\n\r\n",
      "413" },
    { "length and chunks (smuggling)",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n",
      "400" },
    { "two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
      "400" },
    { "a length with a sign", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\n", "400" },
    { "a length beyond all numbers",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", "400" },
    { "a coding that is not chunked last",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "400" },
    { "a chunk's length that is none",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "400" },
    { "a space before the colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", "400" },
    { "a control byte in a value", GET "X: a\x01\r\n\r\n", "400" },
    { "a space in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "400" },
    { "no method", "/ HTTP/1.1\r\n\r\n", "400" },
    { "an unknown method", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", "400" },
    { "HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505" },
    { "HTTP/0.9", "GET /\r\n\r\n", "505" },
    { "a TLS hello", "\x16\x03\x01\x02", "400" },
};

static void put_message(struct buf *out, struct http_parse *parse)
{
    bool keep = parse->keep_alive;
    struct http_message *message = http_parse_take(parse);

    assert_non_null(message);
    buf_printf(out, "%.*s %.*s [", STR_ARGS(message->request.method),
               STR_ARGS(message->request.target));
    for (uint32_t i = 0; i < message->request.header_count; i++)
        buf_printf(out, "%s%.*s=%.*s", i ? " " : "", STR_ARGS(message->headers[i].name),
                   STR_ARGS(message->headers[i].value));
    buf_printf(out, "] %.*s %s;", STR_ARGS(message->request.body), keep ? "keep" : "close");
    http_message_free(message);
}

static enum parse_state put_piece(struct buf *out, struct http_parse *parse, struct str piece)
{
    /* Memory of its own, so that a sanitizer sees a byte too many. */
    char *own = malloc(piece.len);
    struct str input = { own, piece.len };
    enum parse_state state = PARSE_PART;

    memcpy(own, piece.ptr, piece.len);
    while (input.len && state != PARSE_FAILED) {
        state = http_parse_feed(parse, &input);
        if (state == PARSE_CONTINUE)
            buf_put(out, STR("continue;"));
        if (state != PARSE_WHOLE)
            continue;
        put_message(out, parse);
        http_parse_fini(parse);
        http_parse_init(parse, false, false, &limits);
    }
    if (state == PARSE_FAILED)
        buf_printf(out, "%u", (unsigned)parse->status);
    free(own);
    return state;
}

static void every_case_says_the_same_however_it_is_cut(void **state)
{
    static const uint32_t sizes[] = { 100000, 1, 3 };

    (void)state;
    for (size_t i = 0; i < COUNT(cases) * COUNT(sizes); i++) {
        struct str in = str_of(cases[i / COUNT(sizes)].in);
        uint32_t size = sizes[i % COUNT(sizes)];
        enum parse_state last = PARSE_PART;
        struct http_parse parse;
        char memory[2000];
        struct buf out;
        print_message("# %s, %u bytes at once\n", cases[i / COUNT(sizes)].name, size);
        buf_init(&out, memory, sizeof memory);
        http_parse_init(&parse, false, false, &limits);
        for (; in.len && last != PARSE_FAILED; in = str_from(in, in.len < size ? in.len : size))
            last = put_piece(&out, &parse, str_first(in, size));
        http_parse_fini(&parse);
        assert_str_equal(buf_str(&out), str_of(cases[i / COUNT(sizes)].out));
    }
}

static void a_response_without_a_length_ends_with_its_stream(void **state)
{
    struct http_parse parse;
    struct str input = STR("HTTP/1.1 404 Not Found\r\nX: y\r\n\r\nno such");
    struct http_message *message;

    (void)state;
    http_parse_init(&parse, true, false, &limits);
    assert_int_equal(http_parse_feed(&parse, &input), PARSE_PART);
    assert_int_equal(http_parse_end(&parse), PARSE_WHOLE);
    assert_int_equal(parse.status, 404);
    message = http_parse_take(&parse);
    assert_str_equal(message->request.body, STR("no such"));
    http_message_free(message);
    http_parse_fini(&parse);
}

static void a_request_that_ends_in_the_middle_is_no_request(void **state)
{
    struct http_parse parse;
    struct str input = STR("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");

    (void)state;
    http_parse_init(&parse, false, false, &limits);
    assert_int_equal(http_parse_feed(&parse, &input), PARSE_PART);
    assert_int_equal(http_parse_end(&parse), PARSE_FAILED);
    http_parse_fini(&parse);
}

static void a_handshake_is_whole_with_its_head(void **state)
{
    struct http_parse parse;
    struct str input =
        STR("GET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "\r\n\x81\x80");

    (void)state;
    http_parse_init(&parse, false, true, &limits);
    assert_int_equal(http_parse_feed(&parse, &input), PARSE_WHOLE);
    assert_true(parse.upgrade);
    assert_str_equal(input, STR("\x81\x80"));
    http_parse_fini(&parse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_says_the_same_however_it_is_cut),
        cmocka_unit_test(a_response_without_a_length_ends_with_its_stream),
        cmocka_unit_test(a_request_that_ends_in_the_middle_is_no_request),
        cmocka_unit_test(a_handshake_is_whole_with_its_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
