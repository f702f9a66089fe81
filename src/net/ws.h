/* ws.h: the WebSocket codec. No I/O, no clock, no thread: bytes in, events out, bytes built.
 *
 * Rules: RFC 6455 (framing), RFC 7692 (permessage-deflate, always without context takeover). The
 * daemon, the simulated stations and the tests run the same code in both roles. An idle connection
 * holds no buffer: memory is taken while a message or a frame's head is there in part.
 * The handshake is in ws_handshake.h.
 */
#pragma once
#include <stdatomic.h>

#include "base/base.h"
#include "net/ws_utf8.h"

enum ws_opcode {
    WS_OP_CONTINUATION = 0,
    WS_OP_TEXT = 1,
    WS_OP_BINARY = 2,
    WS_OP_CLOSE = 8,
    WS_OP_PING = 9,
    WS_OP_PONG = 10,
};

/* Close codes, RFC 6455 §7.4.1. */
enum ws_code {
    WS_NORMAL = 1000,
    WS_GOING_AWAY = 1001,
    WS_PROTOCOL_ERROR = 1002,
    WS_UNSUPPORTED = 1003,
    WS_NO_CODE = 1005,  /* never on the wire: the close frame had none */
    WS_NO_CLOSE = 1006, /* never on the wire: there was no close frame */
    WS_NOT_UTF8 = 1007,
    WS_TOO_BIG = 1009,
    WS_INTERNAL = 1011,
    WS_TRY_LATER = 1013,
};

enum {
    WS_HEAD_MAX = 14,
    WS_CONTROL_MAX = 125,       /* payload of a control frame, §5.5 */
    WS_DEFLATE_BYTES_MIN = 512, /* shorter messages leave uncompressed */
};

/* What the connections of one thread share. Zero-initialised is ready. */
struct ws_shared {
    void *inflater, *deflater; /* one zlib stream each, made when first needed */
    char *scratch;             /* what was inflated or deflated last */
    uint32_t scratch_cap;
    /* Bytes of messages being assembled, over all connections of all threads; NULL: no bound. */
    _Atomic size_t *assembling;
    size_t assembling_max;
};

/* One connection's reading side. ws_init, then ws_read; ws_fini gives memory back. */
struct ws {
    char *message;       /* what has come of a message that is not whole */
    uint8_t *stash;      /* what has come of a frame head or control frame that is not whole */
    uint64_t frame_left; /* payload of the data frame under way */
    uint32_t message_len, message_cap, message_bytes_max;
    uint32_t empty_fragments; /* each counts as one byte, so that an endless row of them ends */
    struct ws_utf8 utf8;
    uint8_t mask[4];
    uint8_t mask_at, stash_len;
    bool stash_spent;   /* was read; given back by the next ws_read */
    bool is_client;     /* expects unmasked frames and sends masked ones */
    bool deflate;       /* permessage-deflate was agreed */
    bool in_message;    /* between the first and the last frame of a message */
    bool in_frame, fin; /* the data frame under way */
    bool compressed;    /* the message under way */
    bool ended;         /* after a close frame or a failure: what follows is not looked at */
};

enum ws_kind {
    WS_MORE, /* everything was read; nothing to tell */
    WS_TEXT,
    WS_PING,
    WS_PONG,
    WS_CLOSE,  /* the peer's close frame */
    WS_FAILED, /* the peer broke a rule or a limit: close with `code` */
};

/* `data` is valid until the next ws_read, or until the input's memory changes. */
struct ws_event {
    enum ws_kind kind;
    struct str data;         /* TEXT, PING, PONG: the payload; CLOSE: the reason */
    uint16_t code;           /* CLOSE: the peer's, or WS_NO_CODE; FAILED: what to close with */
    const char *why;         /* FAILED: in words, static */
    uint64_t oversize_bytes; /* FAILED with WS_TOO_BIG: how large it would have been, at least */
};

/* Bytes to be read: taken from the front, unmasked in place. */
struct ws_input {
    char *ptr;
    size_t len;
};

void ws_init(struct ws *ws, bool is_client, bool deflate, uint32_t message_bytes_max);
void ws_fini(struct ws *ws, struct ws_shared *shared);
void ws_shared_fini(struct ws_shared *shared);

/* Reads up to the next event. To be called until it says WS_MORE, which leaves the input empty. */
enum ws_kind ws_read(struct ws *ws, struct ws_shared *shared, struct ws_input *input,
                     struct ws_event *event);
/* Is a message or frame under way? */
bool ws_is_partial(const struct ws *ws);

/* Writes the head of a frame with FIN set; returns its length. `mask`: 4 bytes for the client
 * role, NULL for the server's. `rsv1`: the payload is deflated. */
uint32_t ws_head(uint8_t head[WS_HEAD_MAX], enum ws_opcode opcode, bool rsv1, uint64_t len,
                 const uint8_t *mask);
/* XORs with the mask, as if `at` bytes of the frame went before; returns the place for what
 * follows. */
uint8_t ws_mask(char *data, size_t len, const uint8_t mask[4], uint8_t at);
/* The payload of a close frame: the code, and as much of the reason as fits without cutting a
 * character. WS_NO_CODE gives the empty one. Returns its length. */
uint32_t ws_close_payload(char payload[WS_CONTROL_MAX], uint16_t code, struct str reason);
/* May a close frame carry this code? (§7.4) */
bool ws_code_valid(uint16_t code);

/* Compresses a message. False: it stays as it is (too short, no gain, no memory). *out is valid
 * until the next call with this `shared`. */
bool ws_deflate(struct ws_shared *shared, struct str text, struct str *out);
/* Inflates a whole message into at most `bytes_max` bytes, with the same validity.
 * ERR_TOO_LARGE: *size is how large it would have been, at least. ERR_BAD_FORMAT, ERR_FULL. */
MUST_CHECK enum err ws_inflate(struct ws_shared *shared, struct str data, uint32_t bytes_max,
                               struct str *out, uint64_t *size);
