/* The same bytes, at once and in pieces, are the same requests or the same refusal, within the
 * limits. The first byte chooses request or response, the second the size of the pieces. */
#include "fuzz.h"

#include "net/http_parse.h"

static const struct http_limits limits = { .head_bytes_max = 4096,
                                           .headers_max = 32,
                                           .body_bytes_max = 8192 };

struct story {
    uint64_t hash;
    uint32_t messages;
    enum parse_state end;
    uint16_t status;
};

static void tell(struct story *story, struct http_parse *parse)
{
    struct http_message *message = http_parse_take(parse);

    check(message != NULL);
    check(message->request.header_count <= limits.headers_max);
    check(message->request.body.len <= limits.body_bytes_max);
    story->hash = story->hash * 31 + str_hash(message->request.method) +
                  str_hash(message->request.target) + str_hash(message->request.body);
    for (uint32_t i = 0; i < message->request.header_count; i++)
        story->hash = story->hash * 31 + str_hash(message->headers[i].name) +
                      str_hash(message->headers[i].value);
    story->messages++;
    http_message_free(message);
}

static struct story read_all(const uint8_t *data, size_t size, size_t piece, bool response)
{
    struct story story = { 0 };
    struct http_parse parse;

    http_parse_init(&parse, response, false, &limits);
    for (size_t at = 0; at < size && story.end != PARSE_FAILED; at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        struct str copy = fuzz_text(data + at, len), input = copy;

        while (input.len) {
            story.end = http_parse_feed(&parse, &input);
            if (story.end == PARSE_WHOLE) {
                tell(&story, &parse);
                http_parse_fini(&parse);
                http_parse_init(&parse, response, false, &limits);
            } else if (story.end != PARSE_CONTINUE) {
                break;
            }
        }
        free((void *)(uintptr_t)copy.ptr);
    }
    if (story.end == PARSE_FAILED)
        story.status = parse.status;
    http_parse_fini(&parse);
    return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct story whole, pieces;
    bool response;

    if (size < 3)
        return 0;
    response = data[0] & 1;
    whole = read_all(data + 2, size - 2, size, response);
    pieces = read_all(data + 2, size - 2, 1 + data[1] % 16, response);
    check(whole.messages == pieces.messages);
    check(whole.hash == pieces.hash);
    check((whole.end == PARSE_FAILED) == (pieces.end == PARSE_FAILED));
    return 0;
}
