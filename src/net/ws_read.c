/* ws_read.c: frames in. RFC 6455 §5.
 *
 * A text that lies whole in one frame and in the input is handed on where it lies, unmasked in
 * place. Everything else is assembled in `message`. Data and control frames meet in ws_read.
 */
#include <stdlib.h>

#include "net/ws.h"

enum { STASH_BYTES = WS_HEAD_MAX + WS_CONTROL_MAX };

struct frame {
    uint64_t len;
    uint8_t opcode, head_len;
    bool fin, rsv1;
    uint8_t mask[4];
};

/* --- memory of a message that is not whole --- */

static bool budget_take(struct ws_shared *shared, size_t bytes)
{
    if (!shared->assembling)
        return true;
    if (atomic_fetch_add(shared->assembling, bytes) + bytes <= shared->assembling_max)
        return true;
    atomic_fetch_sub(shared->assembling, bytes);
    return false;
}

static void budget_return(struct ws_shared *shared, size_t bytes)
{
    if (shared->assembling)
        atomic_fetch_sub(shared->assembling, bytes);
}

static void message_free(struct ws *ws, struct ws_shared *shared)
{
    if (!ws->message)
        return;
    free(ws->message);
    budget_return(shared, ws->message_cap);
    ws->message = NULL;
    ws->message_len = ws->message_cap = 0;
}

/* Room grows with what has really come, not with what a head announces. */
static bool message_grow(struct ws *ws, struct ws_shared *shared, uint32_t len)
{
    uint32_t want = ws->message_cap ? ws->message_cap : 256;
    char *grown;

    if (len <= ws->message_cap)
        return true;
    while (want < len)
        want = want > UINT32_MAX / 2 ? UINT32_MAX : want * 2;
    if (!budget_take(shared, want - ws->message_cap))
        return false;
    grown = realloc(ws->message, want);
    if (!grown) {
        budget_return(shared, want - ws->message_cap);
        return false;
    }
    ws->message = grown;
    ws->message_cap = want;
    return true;
}

static void stash_free(struct ws *ws)
{
    free(ws->stash);
    ws->stash = NULL;
    ws->stash_len = 0;
    ws->stash_spent = false;
}

void ws_init(struct ws *ws, bool is_client, bool deflate, uint32_t message_bytes_max)
{
    *ws = (struct ws){ .is_client = is_client,
                       .deflate = deflate,
                       .message_bytes_max = message_bytes_max };
}

void ws_fini(struct ws *ws, struct ws_shared *shared)
{
    message_free(ws, shared);
    stash_free(ws);
}

bool ws_is_partial(const struct ws *ws)
{
    return ws->in_message || ws->in_frame || ws->stash_len != 0;
}

/* --- events --- */

static bool fail(struct ws *ws, struct ws_event *event, uint16_t code, const char *why)
{
    ws->ended = true;
    *event = (struct ws_event){ .kind = WS_FAILED, .code = code, .why = why };
    return true;
}

static bool fail_size(struct ws *ws, struct ws_event *event, uint64_t size)
{
    (void)fail(ws, event, WS_TOO_BIG, "message larger than allowed"); /* true, as we answer */
    event->oversize_bytes = size;
    return true;
}

/* --- heads --- */

/* Shows `need` bytes in one piece, out of the stash when they came in parts. NULL: they are not
 * all here; what is has been put by, unless memory is out: then the input is left. */
static uint8_t *gather(struct ws *ws, struct ws_input *input, size_t need)
{
    size_t take;

    if (!ws->stash && input->len >= need)
        return (uint8_t *)input->ptr;
    if (!ws->stash)
        ws->stash = calloc(1, STASH_BYTES);
    if (!ws->stash)
        return NULL;
    if (ws->stash_len < need) {
        take = need - ws->stash_len < input->len ? need - ws->stash_len : input->len;
        if (take)
            memcpy(ws->stash + ws->stash_len, input->ptr, take);
        ws->stash_len = (uint8_t)(ws->stash_len + take);
        input->ptr += take;
        input->len -= take;
    }
    return ws->stash_len >= need ? ws->stash : NULL;
}

/* What gather showed has been read. Out of the stash it stays until the next ws_read. */
static void consume(struct ws *ws, struct ws_input *input, size_t len)
{
    if (ws->stash) {
        check(ws->stash_len == len);
        ws->stash_spent = true;
        return;
    }
    input->ptr += len;
    input->len -= len;
}

/* The rules that two bytes are enough to break. NULL: none. */
static const char *head_flaw(const struct ws *ws, uint8_t first, uint8_t second)
{
    uint8_t opcode = first & 0x0f;
    bool control = opcode >= WS_OP_CLOSE;

    if (first & 0x30)
        return "reserved bits are set";
    if ((first & 0x40) && (!ws->deflate || opcode != WS_OP_TEXT))
        return "RSV1 without agreed compression";
    if ((opcode > WS_OP_BINARY && opcode < WS_OP_CLOSE) || opcode > WS_OP_PONG)
        return "reserved opcode";
    if (control && !(first & 0x80))
        return "control frame in fragments";
    if (control && (second & 0x7f) > WS_CONTROL_MAX)
        return "control frame longer than 125 bytes";
    if (!(second & 0x80) != ws->is_client)
        return ws->is_client ? "masked frame from the server" : "unmasked frame from the client";
    if (opcode == WS_OP_CONTINUATION && !ws->in_message)
        return "continuation of nothing";
    if (opcode == WS_OP_TEXT && ws->in_message)
        return "new message before the last one was complete";
    return NULL;
}

/* Longer length fields than needed are taken: small WebSocket stacks send them, and no harm comes
 * of it. */
static void decode_head(struct frame *frame, const uint8_t *head, uint8_t head_len, bool masked)
{
    uint8_t at = 2, extra = head[1] & 0x7f;

    *frame = (struct frame){ .fin = head[0] & 0x80,
                             .rsv1 = head[0] & 0x40,
                             .opcode = head[0] & 0x0f,
                             .head_len = head_len };
    if (extra < 126) {
        frame->len = extra;
    } else {
        uint8_t size = extra == 126 ? 2 : 8;
        for (; at < 2 + size; at++)
            frame->len = frame->len << 8 | head[at];
    }
    if (masked)
        memcpy(frame->mask, head + at, 4);
}

enum head_state { HEAD_PART, HEAD_WHOLE, HEAD_BROKEN };

/* Not all here, or no room to put by what is? */
static enum head_state head_part(struct ws *ws, const struct ws_input *input,
                                 struct ws_event *event)
{
    if (input->len == 0)
        return HEAD_PART;
    fail(ws, event, WS_TRY_LATER, "out of memory");
    return HEAD_BROKEN;
}

static enum head_state read_head(struct ws *ws, struct ws_input *input, struct frame *frame,
                                 struct ws_event *event)
{
    uint8_t *head = gather(ws, input, 2), head_len, extra;
    const char *flaw;

    if (!head)
        return head_part(ws, input, event);
    flaw = head_flaw(ws, head[0], head[1]);
    if (flaw) {
        fail(ws, event, WS_PROTOCOL_ERROR, flaw);
        return HEAD_BROKEN;
    }
    if ((head[0] & 0x0f) == WS_OP_BINARY) {
        fail(ws, event, WS_UNSUPPORTED, "binary message");
        return HEAD_BROKEN;
    }
    extra = head[1] & 0x7f;
    head_len = (uint8_t)(2 + (extra == 126 ? 2 : extra == 127 ? 8 : 0) + (ws->is_client ? 0 : 4));
    head = gather(ws, input, head_len);
    if (!head)
        return head_part(ws, input, event);
    decode_head(frame, head, head_len, !ws->is_client);
    if (frame->len > INT64_MAX) {
        fail(ws, event, WS_PROTOCOL_ERROR, "length with the highest bit set");
        return HEAD_BROKEN;
    }
    return HEAD_WHOLE;
}

/* --- control frames, §5.5 --- */

bool ws_code_valid(uint16_t code)
{
    if (code >= 3000 && code <= 4999)
        return true; /* §7.4.2: registered and private ones */
    return code >= 1000 && code <= 1014 && code != 1004 && code != WS_NO_CODE &&
           code != WS_NO_CLOSE;
}

static bool on_close(struct ws *ws, struct str payload, struct ws_event *event)
{
    uint16_t code = WS_NO_CODE;
    struct str reason = STR_NONE;

    if (payload.len == 1)
        return fail(ws, event, WS_PROTOCOL_ERROR, "close frame with half a code");
    if (payload.len >= 2) {
        code = (uint16_t)((uint8_t)payload.ptr[0] << 8 | (uint8_t)payload.ptr[1]);
        reason = str_from(payload, 2);
        if (!ws_code_valid(code))
            return fail(ws, event, WS_PROTOCOL_ERROR, "close code that must not be sent");
        if (!utf8_valid(reason))
            return fail(ws, event, WS_NOT_UTF8, "close reason that is not UTF-8");
    }
    ws->ended = true;
    *event = (struct ws_event){ .kind = WS_CLOSE, .data = reason, .code = code };
    return true;
}

/* True: there is an event. */
static bool read_control(struct ws *ws, struct ws_input *input, const struct frame *frame,
                         struct ws_event *event)
{
    size_t whole = frame->head_len + (size_t)frame->len;
    char *at = (char *)gather(ws, input, whole);
    struct str payload;

    if (!at)
        return head_part(ws, input, event) == HEAD_BROKEN;
    payload = (struct str){ at + frame->head_len, (uint32_t)frame->len };
    (void)ws_mask(at + frame->head_len, payload.len, frame->mask, 0); /* the frame ends here */
    consume(ws, input, whole);
    if (frame->opcode == WS_OP_CLOSE)
        return on_close(ws, payload, event);
    *event = (struct ws_event){ .kind = frame->opcode == WS_OP_PING ? WS_PING : WS_PONG,
                                .data = payload };
    return true;
}

/* --- data frames --- */

/* True: it is too large, which is known before a byte of it came. */
static bool begin_data(struct ws *ws, const struct frame *frame, struct ws_event *event)
{
    uint64_t size = (uint64_t)ws->message_len + ws->empty_fragments + frame->len;

    if (frame->len == 0 && !frame->fin)
        size++;
    if (size > ws->message_bytes_max)
        return fail_size(ws, event, size);
    if (frame->len == 0 && !frame->fin)
        ws->empty_fragments++;
    if (frame->opcode != WS_OP_CONTINUATION) {
        ws->compressed = frame->rsv1;
        ws->utf8 = (struct ws_utf8){ 0 };
    }
    ws->in_message = ws->in_frame = true;
    ws->fin = frame->fin;
    ws->frame_left = frame->len;
    memcpy(ws->mask, frame->mask, sizeof ws->mask);
    ws->mask_at = 0;
    return false;
}

static bool on_message(struct ws *ws, struct ws_shared *shared, struct str text,
                       struct ws_event *event)
{
    uint64_t size = 0;
    enum err err = ERR_NONE;

    ws->in_message = false;
    ws->empty_fragments = 0;
    if (ws->compressed) {
        err = ws_inflate(shared, text, ws->message_bytes_max, &text, &size);
        if (err == ERR_TOO_LARGE)
            return fail_size(ws, event, size);
        if (err == ERR_BAD_FORMAT)
            return fail(ws, event, WS_PROTOCOL_ERROR, "data that does not inflate");
        if (err != ERR_NONE)
            return fail(ws, event, WS_TRY_LATER, "out of memory");
        if (!ws_utf8_feed(&ws->utf8, text.ptr, text.len))
            return fail(ws, event, WS_NOT_UTF8, "text that is not UTF-8");
    }
    if (!ws_utf8_is_whole(&ws->utf8))
        return fail(ws, event, WS_NOT_UTF8, "text that ends inside a character");
    *event = (struct ws_event){ .kind = WS_TEXT, .data = text };
    return true;
}

/* True: there is an event. */
static bool read_data(struct ws *ws, struct ws_shared *shared, struct ws_input *input,
                      struct ws_event *event)
{
    uint32_t take = (uint32_t)(input->len < ws->frame_left ? input->len : ws->frame_left);
    char *data = input->ptr;
    bool whole = take == ws->frame_left && ws->fin;

    ws->mask_at = ws_mask(data, take, ws->mask, ws->mask_at);
    input->ptr += take;
    input->len -= take;
    ws->frame_left -= take;
    ws->in_frame = ws->frame_left != 0;
    if (!ws->compressed && !ws_utf8_feed(&ws->utf8, data, take))
        return fail(ws, event, WS_NOT_UTF8, "text that is not UTF-8");
    if (whole && ws->message_len == 0)
        return on_message(ws, shared, (struct str){ data, take }, event);
    if (take && !message_grow(ws, shared, ws->message_len + take))
        return fail(ws, event, WS_TRY_LATER, "too much is being assembled");
    if (take)
        memcpy(ws->message + ws->message_len, data, take);
    ws->message_len += take;
    return whole && on_message(ws, shared, (struct str){ ws->message, ws->message_len }, event);
}

/* One step: true when there is an event or nothing more to read. */
static bool step(struct ws *ws, struct ws_shared *shared, struct ws_input *input,
                 struct ws_event *event)
{
    struct frame frame;
    enum head_state state;

    if (ws->in_frame)
        return read_data(ws, shared, input, event);
    state = read_head(ws, input, &frame, event);
    if (state != HEAD_WHOLE)
        return state == HEAD_BROKEN;
    if (frame.opcode >= WS_OP_CLOSE)
        return read_control(ws, input, &frame, event);
    consume(ws, input, frame.head_len);
    if (ws->stash_spent)
        stash_free(ws);
    if (begin_data(ws, &frame, event))
        return true;
    /* An empty frame is read at once: there may be no byte behind it that would drive it. */
    return frame.len == 0 && read_data(ws, shared, input, event);
}

/* Gives back what the last event lay in. */
static void settle(struct ws *ws, struct ws_shared *shared)
{
    if (!ws->in_message)
        message_free(ws, shared);
    if (ws->stash_spent)
        stash_free(ws);
}

enum ws_kind ws_read(struct ws *ws, struct ws_shared *shared, struct ws_input *input,
                     struct ws_event *event)
{
    *event = (struct ws_event){ .kind = WS_MORE };
    settle(ws, shared);
    while (input->len != 0 && !ws->ended)
        if (step(ws, shared, input, event))
            return event->kind;
    input->ptr += input->len;
    input->len = 0;
    return WS_MORE;
}
