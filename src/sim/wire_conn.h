/* wire_conn.h: WebSocket client connections on sockets that do not block, many on one epoll. */
#pragma once
#include <netdb.h>

#include "base/rand.h"
#include "net/tls_client.h"
#include "net/ws.h"
#include "sim/wire.h"

enum wire_state { WIRE_NONE, WIRE_CONNECTING, WIRE_HANDSHAKE, WIRE_OPEN };

struct wire_conn {
    int fd;
    uint32_t member; /* whose it is: epoll's data */
    uint32_t life;   /* counts connections: a handler may have ended this one and begun another */
    enum wire_state state;
    struct tls_client *tls; /* NULL: plain */
    struct ws ws;
    char *out, *head; /* not sent yet; the server's answer to the handshake while it comes */
    uint32_t out_len, out_cap, head_len;
    char accept[28]; /* what the server must answer to our key */
    char subprotocol[16];
};

/* What the connections of a thread share, and who is told. A handler may end the connection. */
struct wire_shared {
    int epoll;
    struct sim_url url;
    struct addrinfo *addresses;
    const struct addrinfo *address; /* the one in use; the next one after a failure to connect */
    struct ws_shared ws;
    struct tls_client_config *tls; /* NULL: ws:// */
    bool deflate;                  /* is offered */
    struct rand
        rand; /* for keys and masks: they are against caches in between, not against readers */
    char *read_buffer, *plain_buffer; /* from the socket; the same, decrypted */
    char *frame;                      /* being built */
    uint32_t frame_cap;
    void *arg;
    void (*opened)(void *arg, uint32_t member);
    void (*text)(void *arg, uint32_t member, struct str text);
    void (*closed)(void *arg, uint32_t member);
};

/* False: why says what is wrong with the address or the system. `ca_file`: tls_client.h. */
bool wire_shared_init(struct wire_shared *shared, const struct sim_url *url, const char *ca_file,
                      struct buf *why);
void wire_shared_fini(struct wire_shared *shared);

/* Begins to connect; opened or closed follows, never from within this call. `password` empty: none
 * is sent. */
void wire_conn_begin(struct wire_conn *conn, struct wire_shared *shared, struct str identity,
                     struct str password, struct str subprotocol);
/* epoll says that something can be done. */
void wire_conn_ready(struct wire_conn *conn, struct wire_shared *shared, uint32_t events);
/* False: the connection is gone, or its peer does not read. */
bool wire_conn_send(struct wire_conn *conn, struct wire_shared *shared, enum ws_opcode opcode,
                    struct str text);
/* Neither reads nor sends any more: to the peer it looks alive, and says nothing. */
void wire_conn_freeze(struct wire_conn *conn, struct wire_shared *shared);
/* Ends it without telling the handler; `polite`: with a close frame. */
void wire_conn_end(struct wire_conn *conn, struct wire_shared *shared, bool polite);
