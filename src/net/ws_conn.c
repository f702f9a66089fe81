/* ws_conn.c: a WebSocket on a connection: messages up, frames down, the closing handshake. */
#include "net/inner.h"

void ws_conn_begin(struct conn *conn, const struct ws_agreed *agreed, uint32_t bytes_max)
{
    ws_init(&conn->ws, false, agreed->deflate, bytes_max);
    conn->window_bits = agreed->window_bits;
    conn->state = CONN_WS;
}

/* --- out --- */

bool ws_conn_send(struct conn *conn, enum ws_opcode opcode, struct str payload)
{
    uint8_t head[WS_HEAD_MAX];
    /* A message no longer than the window needs no larger one. */
    bool fits = conn->window_bits == 15 || payload.len <= 1u << conn->window_bits;
    bool deflated = opcode == WS_OP_TEXT && conn->ws.deflate && fits &&
                    ws_deflate(&conn->loop->ws, payload, &payload);
    uint32_t head_len = ws_head(head, opcode, deflated, payload.len, NULL);
    const struct out_part parts[] = { { .bytes = { (const char *)head, head_len } },
                                      { .bytes = payload } };

    return conn_write(conn, parts, payload.len ? 2 : 1);
}

static bool send_close(struct conn *conn, uint16_t code, struct str reason)
{
    char payload[WS_CONTROL_MAX];
    uint32_t len = ws_close_payload(payload, code, reason);

    return ws_conn_send(conn, WS_OP_CLOSE, (struct str){ payload, len });
}

void ws_conn_close(struct conn *conn, uint16_t code, struct str reason)
{
    if (conn->state != CONN_WS)
        return;
    conn->close_code = code;
    conn->close_why = "closed by the server";
    if (!send_close(conn, code, reason))
        return;
    conn->state = CONN_WS_CLOSING;
    conn_unblock(conn, BLOCK_PAUSE); /* else the answer is not seen */
    loop_deadline(conn, CLOSE_MS);
}

/* --- in --- */

static void on_close(struct conn *conn, const struct ws_event *event)
{
    bool ours = conn->state == CONN_WS_CLOSING;

    event_gone(conn, event->code, ours ? conn->close_why : "closed by the peer", 0);
    if (ours || send_close(conn, event->code, STR_NONE))
        conn_end(conn);
}

static void on_failed(struct conn *conn, const struct ws_event *event)
{
    event_gone(conn, event->code, event->why, event->oversize_bytes);
    if (conn->state == CONN_WS_CLOSING || send_close(conn, event->code, str_of(event->why)))
        conn_end(conn);
}

static void on_message(struct conn *conn, enum net_event_kind kind, struct str data)
{
    if (conn->state != CONN_WS)
        return; /* the core has closed it and listens no more */
    if (conn->loop->net->config.echo) {
        if (kind == NET_TEXT)
            (void)ws_conn_send(conn, WS_OP_TEXT, data); /* dead: seen by the caller's loop */
        return;
    }
    if (!event_text(conn, kind, data))
        ws_conn_close(conn, WS_TRY_LATER, STR("out of memory"));
}

static void on_event(struct conn *conn, const struct ws_event *event)
{
    switch (event->kind) {
    case WS_MORE:
        break;
    case WS_TEXT:
        on_message(conn, NET_TEXT, event->data);
        break;
    case WS_PONG:
        on_message(conn, NET_PONG, event->data);
        break;
    case WS_PING:
        (void)ws_conn_send(conn, WS_OP_PONG, event->data); /* dead: seen by the caller's loop */
        break;
    case WS_CLOSE:
        on_close(conn, event);
        break;
    case WS_FAILED:
        on_failed(conn, event);
        break;
    }
}

/* A message in parts holds memory of all, so it has a time to be completed in. */
static void watch_parts(struct conn *conn)
{
    bool partial = ws_is_partial(&conn->ws), set = conn->deadline.next != NULL;

    if (conn->state != CONN_WS || partial == set)
        return;
    if (partial)
        loop_deadline(conn, ASSEMBLE_MS);
    else
        wheel_clear(&conn->loop->wheel, &conn->deadline);
}

/* One event a call: the caller asks for room before each. */
void ws_conn_read(struct conn *conn, struct ws_input *input)
{
    struct ws_event event;

    (void)ws_read(&conn->ws, &conn->loop->ws, input, &event); /* the event says it too */
    on_event(conn, &event);
    watch_parts(conn);
}
