/* http_conn.c: HTTP/1.1 on a connection: one request at a time, its answer, the next. */
#include <stdio.h>
#include <stdlib.h>

#include "net/http_conn.h"

/* --- begin and end --- */

struct http_conn *http_conn_new(struct conn *conn)
{
    struct http_conn *http = calloc(1, sizeof *http);

    if (http)
        http_parse_init(&http->parse, false, door_is_ocpp(conn->door),
                        &conn->loop->net->http_limits);
    return http;
}

void http_conn_free(struct http_conn *http)
{
    if (!http)
        return;
    http_parse_fini(&http->parse);
    free(http->chain_pem);
    free(http);
}

const char *http_conn_peer(const struct conn *conn)
{
    return conn->http ? conn->http->peer.address : "";
}

void http_conn_set_peer(struct conn *conn, const struct sockaddr_storage *address)
{
    peer_describe(address, &conn->http->peer);
    conn->http->peer.tls = door_is_tls(conn->door);
}

/* --- answers --- */

static bool has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

struct answer {
    int status;
    struct str headers; /* lines, each with its CRLF */
    struct str body;
    bool fixed_body, stream, close, is_head, is_1_0;
};

/* RFC 9112 §6: how the peer finds the end of the body. */
static const char *framing(const struct answer *answer, char *memory, size_t cap)
{
    if (!has_body(answer->status) || (answer->stream && answer->is_1_0))
        return "";
    if (answer->stream)
        return "Transfer-Encoding: chunked\r\n";
    (void)snprintf(memory, cap, "Content-Length: %u\r\n", answer->body.len); /* 10 digits fit */
    return memory;
}

static bool write_answer(struct conn *conn, const struct answer *answer)
{
    char start[128], end[96], length[48];
    int start_len = snprintf(start, sizeof start, "HTTP/1.1 %d %s\r\nDate: %s\r\n", answer->status,
                             http_status_text(answer->status), loop_date(conn->loop));
    int end_len = snprintf(end, sizeof end, "%sConnection: %s\r\n\r\n",
                           framing(answer, length, sizeof length),
                           answer->status == 426 ? "Upgrade, close" /* RFC 9110 §7.8 */
                           : answer->close       ? "close"
                                                 : "keep-alive");
    bool body = has_body(answer->status) && !answer->is_head && answer->body.len != 0;
    const struct out_part parts[] = {
        { .bytes = { start, (uint32_t)start_len } },
        { .bytes = answer->headers },
        { .bytes = { end, (uint32_t)end_len } },
        { .bytes = answer->body, .fixed = answer->fixed_body },
    };

    check(start_len < (int)sizeof start && end_len < (int)sizeof end);
    return conn_write(conn, parts, body && !answer->stream ? COUNT(parts) : COUNT(parts) - 1);
}

void http_conn_refuse(struct conn *conn, int status, const char *why)
{
    struct http_conn *http = conn->http;
    const struct answer answer = {
        .status = status,
        .headers = status == 426   ? STR("Content-Type: text/plain; charset=utf-8\r\n"
                                           "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
                   : status == 503 ? STR("Content-Type: text/plain; charset=utf-8\r\n"
                                         "Retry-After: 30\r\n")
                                   : STR("Content-Type: text/plain; charset=utf-8\r\n"),
        .body = str_of(why),
        .fixed_body = true,
        .close = true,
        .is_head = http_parse_is_head(&http->parse),
    };

    if (write_answer(conn, &answer))
        conn_end(conn);
}

/* --- requests --- */

static bool in_same_state(const struct conn *conn)
{
    return conn->state == CONN_HTTP && conn->http->phase != PHASE_ANSWER;
}

static void on_message(struct conn *conn)
{
    struct http_conn *http = conn->http;
    struct http_message *message = http_parse_take(&http->parse);

    if (!message) {
        http_conn_refuse(conn, 503, "out of memory");
        return;
    }
    http->is_head = http_parse_is_head(&http->parse);
    http->is_1_0 = http_parse_is_1_0(&http->parse);
    http->keep_alive = http->parse.keep_alive && !conn->loop->stopping;
    http_parse_fini(&http->parse);
    message->peer = http->peer;
    message->peer.chain_pem = http->chain_pem ? str_of(http->chain_pem) : STR_NONE;
    message->chain_pem = http->chain_pem;
    http->chain_pem = NULL;
    wheel_clear(&conn->loop->wheel, &conn->deadline);
    conn_block(conn, BLOCK_TURN);
    http->phase = PHASE_ANSWER;
    if (door_is_ocpp(conn->door)) {
        upgrade_request(conn, message);
        return;
    }
    conn_renew(conn);
    conn->told = true;
    event_request(conn, NET_HTTP, message);
}

static void on_failure(struct conn *conn)
{
    struct http_conn *http = conn->http;

    loop_note(conn->loop, NET_NOTE_BAD_HTTP, "%s from %s: %s",
              door_is_ocpp(conn->door) ? "handshake" : "request", http->peer.address,
              http->parse.why);
    http_conn_refuse(conn, http->parse.status, http->parse.why);
}

static void on_part(struct conn *conn)
{
    struct http_conn *http = conn->http;
    const struct net_config *config = &conn->loop->net->config;

    if (http->phase == PHASE_IDLE && http_parse_begun(&http->parse)) {
        http->phase = PHASE_HEAD;
        loop_deadline(conn, config->head_deadline_s * 1000);
    }
    if (http->phase != PHASE_BODY && http->parse.head_whole) {
        http->phase = PHASE_BODY;
        loop_deadline(conn, config->body_deadline_s * 1000);
    }
}

void http_conn_read(struct conn *conn, struct ws_input *input)
{
    struct http_conn *http = conn->http;
    struct str bytes = { input->ptr, (uint32_t)input->len };
    enum parse_state state = http_parse_feed(&http->parse, &bytes);

    input->ptr += input->len - bytes.len;
    input->len = bytes.len;
    switch (state) {
    case PARSE_PART:
        on_part(conn);
        break;
    case PARSE_CONTINUE:
        on_part(conn);
        (void)conn_write_one(conn, STR("HTTP/1.1 100 Continue\r\n\r\n")); /* dead: seen later */
        break;
    case PARSE_WHOLE:
        on_message(conn);
        break;
    case PARSE_FAILED:
        on_failure(conn);
        break;
    }
}

void http_conn_eof(struct conn *conn)
{
    /* Half-closed after a request: it is answered still. A stream without a reader is not. */
    if (in_same_state(conn) || conn->http->streaming)
        conn_drop(conn, WS_NO_CLOSE, "the peer left");
}

void http_conn_due(struct conn *conn)
{
    if (conn->state == CONN_DECIDING)
        http_conn_refuse(conn, 503, "no decision in time");
    else if (http_parse_begun(&conn->http->parse))
        http_conn_refuse(conn, 408, "the request was not complete in time");
    else
        conn_drop(conn, WS_NO_CLOSE, "idle");
}

/* --- the core's answer --- */

static void after_answer(struct conn *conn)
{
    struct http_conn *http = conn->http;

    conn->told = false;
    http->streaming = false;
    if (!http->keep_alive || conn->state == CONN_DECIDING || (conn->eof && conn->held_len == 0)) {
        conn_end(conn);
        return;
    }
    http_parse_init(&http->parse, false, false, &conn->loop->net->http_limits);
    http->phase = PHASE_IDLE;
    loop_deadline(conn, conn->loop->net->config.idle_deadline_s * 1000);
    conn_unblock(conn, BLOCK_TURN);
}

void http_conn_respond(struct conn *conn, const struct net_order *order)
{
    struct http_conn *http = conn->http;
    struct str text = order_text(order);
    bool closes =
        !http->keep_alive || conn->state == CONN_DECIDING || (order->flag && http->is_1_0);
    const struct answer answer = {
        .status = order->code,
        .headers = str_first(text, order->head_len),
        .body = order->fixed ? (struct str){ order->fixed, order->fixed_len }
                             : str_from(text, order->head_len),
        .fixed_body = order->fixed != NULL,
        .stream = order->flag,
        .close = closes,
        .is_head = http->is_head,
        .is_1_0 = http->is_1_0,
    };

    if (http->phase != PHASE_ANSWER || http->streaming)
        return; /* was answered */
    http->keep_alive = !closes;
    if (!write_answer(conn, &answer))
        return;
    if (order->flag && !http->is_head) {
        http->streaming = true;
        if (conn->eof)
            conn_drop(conn, WS_NO_CLOSE, "the peer left");
        return;
    }
    after_answer(conn);
}

void http_conn_stream(struct conn *conn, const struct net_order *order)
{
    struct http_conn *http = conn->http;
    struct str data = order_text(order);
    char size[16];
    int size_len = snprintf(size, sizeof size, "%x\r\n", data.len);
    const struct out_part parts[] = {
        { .bytes = { size, (uint32_t)size_len } },
        { .bytes = data },
        { .bytes = STR_INIT("\r\n") },
    };

    if (!http->streaming)
        return;
    if (data.len != 0 &&
        !(http->is_1_0 ? conn_write_one(conn, data) : conn_write(conn, parts, COUNT(parts))))
        return;
    if (!order->flag)
        return;
    if (http->is_1_0 || conn_write_one(conn, STR("0\r\n\r\n")))
        after_answer(conn);
}
