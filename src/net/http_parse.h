/* http_parse.h: one HTTP/1.1 message out of bytes, with limits. The grammar is llhttp's, in its
 * strict mode; here are the limits and what a message becomes. No I/O.
 */
#pragma once
#include <llhttp.h>

#include "net/net.h"

struct http_limits {
    uint32_t head_bytes_max, headers_max, body_bytes_max;
};

enum parse_state {
    PARSE_PART,     /* wants more bytes */
    PARSE_CONTINUE, /* the head is whole and asks for 100-continue before the body; go on feeding */
    PARSE_WHOLE,    /* bytes behind it were left in the input */
    PARSE_FAILED,   /* `status` and `why` say what to answer; nothing more can be read */
};

/* A message, in one piece of memory but for the bytes. http_message_free. */
struct http_message {
    struct net_peer peer; /* filled by the connection */
    struct net_request request;
    char *bytes;     /* what all spans lie in */
    char *chain_pem; /* what peer.chain_pem lies in */
    struct net_header headers[];
};

struct http_span {
    uint32_t at, len;
};

/* A message while it is read. */
struct http_parse {
    llhttp_t parser;
    struct http_limits limits;
    char *bytes;
    uint32_t len, cap;
    struct http_span target, body;
    struct http_span *headers; /* name, value, name, value … */
    uint32_t header_count, header_cap;
    uint32_t raw_head; /* bytes read before the head was whole */
    uint32_t trailing; /* bytes of chunk extensions and trailers, which nobody reads */
    uint16_t status;   /* of a response: its status; PARSE_FAILED: what to answer */
    const char *why;
    bool in_value, head_whole, whole, head_only, wants_continue, keep_alive, upgrade;
};

/* `head_only`: the message counts as whole after its head (a handshake). */
void http_parse_init(struct http_parse *parse, bool response, bool head_only,
                     const struct http_limits *limits);
void http_parse_fini(struct http_parse *parse);
/* Has anything come yet? */
bool http_parse_begun(const struct http_parse *parse);

enum parse_state http_parse_feed(struct http_parse *parse, struct str *input);
/* The peer will send no more: a response without a length ends here. */
enum parse_state http_parse_end(struct http_parse *parse);
/* After PARSE_WHOLE: the message, given to the caller; NULL when memory is out. */
struct http_message *http_parse_take(struct http_parse *parse);
void http_message_free(struct http_message *message);

bool http_parse_is_head(const struct http_parse *parse); /* a HEAD request */
bool http_parse_is_1_0(const struct http_parse *parse);

/* The words behind a status; "" when it has none here. */
const char *http_status_text(int status);
