/* http_parse.c: llhttp's callbacks. All bytes of a message go behind each other into one buffer;
 * spans become pointers when it no longer moves. */
#include "net/http_parse.h"

#include <stdlib.h>

/* --- what the callbacks may say --- */

static int fail(struct http_parse *parse, uint16_t status, const char *why)
{
    if (parse->status < 400 || !parse->why) {
        parse->status = status;
        parse->why = why;
    }
    return HPE_USER;
}

static bool append(struct http_parse *parse, const char *at, size_t len)
{
    uint32_t cap = parse->cap ? parse->cap : 1024;
    char *grown;

    if (len > UINT32_MAX / 4 - parse->len)
        return false;
    if (parse->len + len > parse->cap) {
        while (cap < parse->len + len)
            cap *= 2;
        grown = realloc(parse->bytes, cap);
        if (!grown)
            return false;
        parse->bytes = grown;
        parse->cap = cap;
    }
    if (len)
        memcpy(parse->bytes + parse->len, at, len);
    parse->len += (uint32_t)len;
    return true;
}

static struct http_parse *of(llhttp_t *parser)
{
    return CONTAINER_OF(parser, struct http_parse, parser);
}

/* Bytes of the head, counted as they come. */
static int put_head(struct http_parse *parse, struct http_span *span, const char *at, size_t len)
{
    if (parse->len + len > parse->limits.head_bytes_max)
        return fail(parse, 431, "the head of the request is too large");
    if (!append(parse, at, len))
        return fail(parse, 503, "out of memory");
    span->len += (uint32_t)len;
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    struct http_parse *parse = of(parser);

    if (parse->len + len > parse->limits.head_bytes_max)
        return fail(parse, 414, "the request's target is too long");
    return put_head(parse, &parse->target, at, len);
}

/* What comes behind the head is not kept, but it must end. */
static int skip_trailing(struct http_parse *parse, size_t len)
{
    if (len > parse->limits.head_bytes_max - parse->trailing)
        return fail(parse, 431, "too much between the chunks of the body");
    parse->trailing += (uint32_t)len;
    return 0;
}

static int on_trailing(llhttp_t *parser, const char *at, size_t len)
{
    (void)at; /* only its length matters */
    return skip_trailing(of(parser), len);
}

static bool header_room(struct http_parse *parse)
{
    uint32_t cap = parse->header_cap ? parse->header_cap * 2 : 16;
    struct http_span *grown;

    if (parse->header_count < parse->header_cap)
        return true;
    grown = realloc(parse->headers, sizeof *grown * 2 * cap);
    if (!grown)
        return false;
    parse->headers = grown;
    parse->header_cap = cap;
    return true;
}

static int begin_header(struct http_parse *parse)
{
    if (parse->header_count == parse->limits.headers_max)
        return fail(parse, 431, "too many headers");
    if (!header_room(parse))
        return fail(parse, 503, "out of memory");
    parse->headers[(size_t)parse->header_count * 2] = (struct http_span){ parse->len, 0 };
    parse->headers[(size_t)parse->header_count * 2 + 1] = (struct http_span){ 0, 0 };
    parse->header_count++;
    parse->in_value = false;
    return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct http_parse *parse = of(parser);
    uint32_t start;
    int result;

    if (parse->head_whole)
        return skip_trailing(parse, len);
    if (parse->header_count == 0 || parse->in_value) {
        result = begin_header(parse);
        if (result)
            return result;
    }
    start = parse->len;
    result = put_head(parse, &parse->headers[(size_t)parse->header_count * 2 - 2], at, len);
    for (; result == 0 && start < parse->len; start++)
        if (parse->bytes[start] >= 'A' && parse->bytes[start] <= 'Z')
            parse->bytes[start] = (char)(parse->bytes[start] + ('a' - 'A'));
    return result;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct http_parse *parse = of(parser);
    struct http_span *value;

    if (parse->head_whole)
        return skip_trailing(parse, len);
    value = &parse->headers[(size_t)parse->header_count * 2 - 1];
    if (!parse->in_value)
        value->at = parse->len;
    parse->in_value = true;
    return put_head(parse, value, at, len);
}

/* An empty value makes no call of on_value. */
static int on_value_complete(llhttp_t *parser)
{
    of(parser)->in_value = true;
    return 0;
}

static struct str name_at(const struct http_parse *parse, uint32_t i)
{
    struct http_span span = parse->headers[(size_t)i * 2];

    return (struct str){ span.len ? parse->bytes + span.at : "", span.len };
}

static struct str value_at(const struct http_parse *parse, uint32_t i)
{
    struct http_span span = parse->headers[(size_t)i * 2 + 1];

    return str_trim((struct str){ span.len ? parse->bytes + span.at : "", span.len });
}

static uint32_t count_of(const struct http_parse *parse, struct str name)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < parse->header_count; i++)
        count += str_equal(name_at(parse, i), name);
    return count;
}

static bool expects_continue(const struct http_parse *parse)
{
    for (uint32_t i = 0; i < parse->header_count; i++)
        if (str_equal(name_at(parse, i), STR("expect")) &&
            str_equal_nocase(value_at(parse, i), STR("100-continue")))
            return true;
    return false;
}

static int check_request_head(struct http_parse *parse)
{
    const llhttp_t *parser = &parse->parser;
    bool is_1_1 = parser->http_minor >= 1;

    if (parser->http_major != 1)
        return fail(parse, 505, "HTTP/1.1 is spoken here");
    /* RFC 9112 §3.2: one Host, or a 400. */
    if (count_of(parse, STR("host")) > 1 || (is_1_1 && count_of(parse, STR("host")) == 0))
        return fail(parse, 400, "one Host header is wanted");
    /* RFC 9112 §6.3: where the body ends cannot be known. */
    if ((parser->flags & F_TRANSFER_ENCODING) && !(parser->flags & F_CHUNKED))
        return fail(parse, 400, "Transfer-Encoding must end with chunked");
    if (parser->content_length > parse->limits.body_bytes_max && (parser->flags & F_CONTENT_LENGTH))
        return fail(parse, 413, "the body is larger than allowed");
    parse->wants_continue = is_1_1 && expects_continue(parse) &&
                            ((parser->flags & F_CHUNKED) || parser->content_length > 0);
    return 0;
}

static int on_head(llhttp_t *parser)
{
    struct http_parse *parse = of(parser);
    int result = 0;

    parse->head_whole = true;
    parse->keep_alive = llhttp_should_keep_alive(parser);
    parse->upgrade = parser->upgrade;
    parse->body = (struct http_span){ parse->len, 0 };
    if (parser->type == HTTP_REQUEST)
        result = check_request_head(parse);
    else
        parse->status = parser->status_code;
    if (result)
        return result;
    return parse->wants_continue || parse->head_only ? HPE_PAUSED : 0;
}

/* Known by its length, before it has come. */
static int on_chunk(llhttp_t *parser)
{
    struct http_parse *parse = of(parser);

    if (parser->content_length > parse->limits.body_bytes_max - parse->body.len)
        return fail(parse, 413, "the body is larger than allowed");
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct http_parse *parse = of(parser);

    if (len > parse->limits.body_bytes_max - parse->body.len)
        return fail(parse, 413, "the body is larger than allowed");
    if (!append(parse, at, len))
        return fail(parse, 503, "out of memory");
    parse->body.len += (uint32_t)len;
    return 0;
}

static int on_whole(llhttp_t *parser)
{
    of(parser)->whole = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_head,
    .on_chunk_header = on_chunk,
    .on_body = on_body,
    .on_chunk_extension_name = on_trailing,
    .on_chunk_extension_value = on_trailing,
    .on_message_complete = on_whole,
};

/* --- the caller's side --- */

void http_parse_init(struct http_parse *parse, bool response, bool head_only,
                     const struct http_limits *limits)
{
    *parse = (struct http_parse){ .limits = *limits, .head_only = head_only };
    llhttp_init(&parse->parser, response ? HTTP_RESPONSE : HTTP_REQUEST, &settings);
}

void http_parse_fini(struct http_parse *parse)
{
    free(parse->bytes);
    free(parse->headers);
    parse->bytes = NULL;
    parse->headers = NULL;
}

bool http_parse_begun(const struct http_parse *parse)
{
    return parse->raw_head != 0;
}

bool http_parse_is_head(const struct http_parse *parse)
{
    return parse->parser.method == HTTP_HEAD;
}

bool http_parse_is_1_0(const struct http_parse *parse)
{
    return parse->parser.http_minor == 0;
}

static enum parse_state broken(struct http_parse *parse)
{
    if (parse->parser.error == HPE_PAUSED_H2_UPGRADE)
        (void)fail(parse, 505, "HTTP/1.1 is spoken here");
    (void)fail(parse, 400, "this is not HTTP/1.1"); /* unless something was said already */
    return PARSE_FAILED;
}

static enum parse_state settle(struct http_parse *parse, llhttp_errno_t result)
{
    if (parse->whole || (parse->head_only && parse->head_whole && result == HPE_PAUSED))
        return PARSE_WHOLE;
    if (result == HPE_PAUSED && parse->wants_continue) {
        parse->wants_continue = false;
        llhttp_resume(&parse->parser);
        return PARSE_CONTINUE;
    }
    return result == HPE_OK ? PARSE_PART : broken(parse);
}

enum parse_state http_parse_feed(struct http_parse *parse, struct str *input)
{
    llhttp_errno_t result = llhttp_execute(&parse->parser, input->ptr, input->len);
    uint32_t taken = input->len;

    if (result != HPE_OK && llhttp_get_error_pos(&parse->parser))
        taken = (uint32_t)(llhttp_get_error_pos(&parse->parser) - input->ptr);
    *input = str_from(*input, taken);
    if (!parse->head_whole || parse->raw_head == 0)
        parse->raw_head += taken;
    if (!parse->head_whole && result == HPE_OK && parse->raw_head > parse->limits.head_bytes_max) {
        (void)fail(parse, 431, "the head of the request is too large"); /* PARSE_FAILED says it */
        return PARSE_FAILED;
    }
    return settle(parse, result);
}

enum parse_state http_parse_end(struct http_parse *parse)
{
    return settle(parse, llhttp_finish(&parse->parser));
}

struct http_message *http_parse_take(struct http_parse *parse)
{
    struct http_message *message =
        calloc(1, sizeof *message + parse->header_count * sizeof message->headers[0]);

    if (!message)
        return NULL;
    for (uint32_t i = 0; i < parse->header_count; i++)
        message->headers[i] = (struct net_header){ name_at(parse, i), value_at(parse, i) };
    message->bytes = parse->bytes;
    message->request = (struct net_request){
        .method = str_of(llhttp_method_name((llhttp_method_t)parse->parser.method)),
        .target = { parse->bytes ? parse->bytes + parse->target.at : "", parse->target.len },
        .headers = message->headers,
        .header_count = parse->header_count,
        .body = { parse->body.len ? parse->bytes + parse->body.at : "", parse->body.len },
    };
    parse->bytes = NULL;
    parse->len = parse->cap = 0;
    return message;
}

void http_message_free(struct http_message *message)
{
    if (!message)
        return;
    free(message->bytes);
    free(message->chain_pem);
    free(message);
}

static const struct {
    int status;
    const char *text;
} status_texts[] = {
    { 100, "Continue" },
    { 101, "Switching Protocols" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
};

const char *http_status_text(int status)
{
    for (size_t i = 0; i < COUNT(status_texts); i++)
        if (status_texts[i].status == status)
            return status_texts[i].text;
    return "";
}
