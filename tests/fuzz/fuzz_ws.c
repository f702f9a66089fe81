/* The same bytes, at once and in pieces, tell the same: messages, control frames, the code to close
 * with. A text is UTF-8 and within its limit. The first byte chooses role and deflate, the second
 * the size of the pieces. */
#include "fuzz.h"

#include "net/ws.h"

enum { MESSAGE_BYTES_MAX = 65536 };

struct story {
    uint64_t hash;
    uint32_t events;
    enum ws_kind end;
    uint16_t code;
};

static void tell(struct story *story, const struct ws_event *event)
{
    story->hash = story->hash * 31 + str_hash(event->data) + (uint64_t)event->kind;
    story->events++;
    story->end = event->kind;
    story->code = event->code;
    if (event->kind == WS_TEXT) {
        check(event->data.len <= MESSAGE_BYTES_MAX);
        check(utf8_valid(event->data));
    }
    if (event->kind == WS_PING || event->kind == WS_PONG)
        check(event->data.len <= WS_CONTROL_MAX);
    if (event->kind == WS_FAILED)
        check(ws_code_valid(event->code));
}

static struct story read_all(const uint8_t *data, size_t size, size_t piece, bool is_client,
                             bool deflate)
{
    struct ws_shared shared = { 0 };
    struct story story = { 0 };
    struct ws ws;

    ws_init(&ws, is_client, deflate, MESSAGE_BYTES_MAX);
    for (size_t at = 0; at < size && !ws.ended; at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        struct str copy = fuzz_text(data + at, len);
        struct ws_input input = { (char *)(uintptr_t)copy.ptr, len };
        struct ws_event event = { 0 };

        while (ws_read(&ws, &shared, &input, &event) != WS_MORE) {
            tell(&story, &event);
            if (event.kind == WS_FAILED || event.kind == WS_CLOSE)
                break;
        }
        free((void *)(uintptr_t)copy.ptr);
    }
    ws_fini(&ws, &shared);
    ws_shared_fini(&shared);
    return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct story whole, pieces;
    bool is_client, deflate;

    if (size < 3)
        return 0;
    is_client = data[0] & 1;
    deflate = data[0] & 2;
    whole = read_all(data + 2, size - 2, size, is_client, deflate);
    pieces = read_all(data + 2, size - 2, 1 + data[1] % 16, is_client, deflate);
    check(whole.events == pieces.events);
    check(whole.hash == pieces.hash);
    check(whole.end == pieces.end);
    check(whole.code == pieces.code);
    return 0;
}
