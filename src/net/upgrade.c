/* upgrade.c: from a handshake to a WebSocket. The rules are in ws_handshake.h; the core decides. */
#include "net/http_conn.h"

enum { ANSWER_MAX = 1024, ECHO_BYTES_MAX = 1 << 20 };

static void begin(struct conn *conn, struct str subprotocol, uint32_t bytes_max)
{
    char memory[ANSWER_MAX];
    struct buf buf;
    struct ws_agreed agreed = conn->http->offer.agreed;

    buf_init(&buf, memory, sizeof memory);
    buf_put(&buf, STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Accept: "));
    buf_put(&buf, (struct str){ conn->http->offer.accept, WS_ACCEPT_LEN });
    if (subprotocol.len) {
        buf_put(&buf, STR("\r\nSec-WebSocket-Protocol: "));
        buf_put(&buf, subprotocol);
    }
    if (agreed.deflate) {
        buf_put(&buf, STR("\r\nSec-WebSocket-Extensions: "));
        ws_put_agreed(&buf, &agreed);
    }
    buf_put(&buf, STR("\r\n\r\n"));
    check(!buf.overflow); /* the core chooses from its own short list of subprotocols */
    wheel_clear(&conn->loop->wheel, &conn->deadline);
    http_conn_free(conn->http);
    conn->http = NULL;
    ws_conn_begin(conn, &agreed, bytes_max);
    (void)conn_write_one(conn, buf_str(&buf)); /* dead: the last word was told */
}

static void begin_echo(struct conn *conn, const struct net_request *request)
{
    const struct net_header *wanted = ws_find_header(request, STR("sec-websocket-protocol"));
    struct str list = wanted ? wanted->value : STR_NONE, first = STR_NONE;

    (void)str_cut(&list, ',', &first); /* none: it stays empty */
    begin(conn, str_first(str_trim(first), 64), ECHO_BYTES_MAX);
    conn_unblock(conn, BLOCK_TURN);
}

static bool from_outside(const struct conn *conn)
{
    return conn->door == NET_DOOR_OCPP && !conn->loop->net->config.plain_from_any &&
           !conn->http->peer.plain_private;
}

void upgrade_request(struct conn *conn, struct http_message *message)
{
    const char *why = NULL;
    int status = ws_check_request(&message->request, &conn->http->offer, &why);

    if (status == 0 && conn->http->is_1_0) {
        status = 400;
        why = "a WebSocket handshake is HTTP/1.1";
    }
    if (status == 0 && from_outside(conn)) {
        status = 403;
        why = "unencrypted connections are taken from private addresses only: use wss://, or set "
              "ocpp.plain_from = any";
        loop_note(conn->loop, NET_NOTE_PLAIN_REFUSED,
                  "refused %s on ocpp.listen: not a private address. Use ocpp.tls_listen, or set "
                  "ocpp.plain_from = any to take passwords in clear",
                  conn->http->peer.address);
    }
    if (status != 0) {
        http_message_free(message);
        http_conn_refuse(conn, status, why);
        return;
    }
    if (conn->loop->net->config.echo) {
        begin_echo(conn, &message->request);
        http_message_free(message);
        return;
    }
    conn->state = CONN_DECIDING;
    conn_renew(conn);
    loop_deadline(conn, DECIDE_MS);
    event_request(conn, NET_UPGRADE, message);
}

void upgrade_accept(struct conn *conn, const struct net_order *order)
{
    conn->told = true;
    begin(conn, order_text(order), order->bytes_max);
    if (order->flag && conn->state == CONN_WS)
        ws_conn_close(conn, WS_PROTOCOL_ERROR, STR("no common subprotocol"));
    conn_unblock(conn, BLOCK_TURN);
}
