/* ws_handshake.h: the opening handshake of a WebSocket, without I/O: RFC 6455 §4, RFC 7692 §5,
 * §7.1. Both roles. */
#pragma once
#include "net/net.h"

enum { WS_KEY_LEN = 24, WS_ACCEPT_LEN = 28 };

/* What is agreed about permessage-deflate. No context takeover, both ways, always. */
struct ws_agreed {
    bool deflate;
    uint8_t window_bits; /* of what the server sends: 8..15, RFC 7692 §7.1.2.1 */
    bool window_named;   /* the peer asked for it, so the answer names it */
};

/* What a handshake asks for. */
struct ws_offer {
    char accept[WS_ACCEPT_LEN]; /* for Sec-WebSocket-Accept */
    struct ws_agreed agreed;
};

/* The first header of this lower-case name; NULL: there is none. */
const struct net_header *ws_find_header(const struct net_request *request, struct str name);

/* Is this a WebSocket handshake by RFC 6455 §4.2.1? Returns 0 and fills *offer, or the HTTP status
 * to refuse with: 400, 405, or 426 (which wants Sec-WebSocket-Version: 13 in its answer); *why is
 * static. */
int ws_check_request(const struct net_request *request, struct ws_offer *offer, const char **why);

/* Takes the first permessage-deflate offer that can be met (RFC 7692 §5.1, §7.1.1); false: none. */
bool ws_agree(struct str offers, struct ws_agreed *agreed);
/* The value of Sec-WebSocket-Extensions in the answer. */
void ws_put_agreed(struct buf *buf, const struct ws_agreed *agreed);

/* --- the client's side --- */

/* 16 random bytes, from the caller, as Sec-WebSocket-Key. */
void ws_make_key(const uint8_t random[16], char key[WS_KEY_LEN]);
void ws_accept_of(struct str key, char accept[WS_ACCEPT_LEN]);
/* What the client offers, as the value of its Sec-WebSocket-Extensions. */
#define WS_CLIENT_OFFER "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
/* Does the server's answer fit that offer? False: fail the connection (RFC 7692 §7.1). */
bool ws_check_extensions(struct str answer, struct ws_agreed *agreed);
