/* fleet.h: many WebSocket clients of one server, on one thread with one epoll: what loads a
 * server. It uses the codec of src/net in the client's role and knows no OCPP.
 */
#pragma once
#include "net/ws.h"

struct fleet;

struct fleet_config {
    const char *address; /* "127.0.0.1:9000" */
    bool tls;            /* any certificate will do */
    uint32_t count;
    struct str subprotocol;
    const char *prefix; /* connection n asks for /ocpp/PREFIXn, n of seven digits */
    void *arg;
    void (*opened)(void *arg, uint32_t index);
    void (*text)(void *arg, uint32_t index, struct str text);
};

enum { FLEET_ROOM = WS_HEAD_MAX };

/* Begins to connect. ERR_OS: why (BENCH_WHY_SIZE bytes). The strings must live as long. */
MUST_CHECK enum err fleet_open(const struct fleet_config *config, struct fleet **fleet, char *why);
/* Handles what came within wait_ms. False: a connection was lost; why says it. */
MUST_CHECK bool fleet_turn(struct fleet *fleet, int wait_ms, char *why);
/* Sends text that has FLEET_ROOM bytes of room before it; both are overwritten. False: the
 * connection is lost. */
MUST_CHECK bool fleet_send(struct fleet *fleet, uint32_t index, char *text, uint32_t len);
/* How many are open. */
uint32_t fleet_count(const struct fleet *fleet);
void fleet_close(struct fleet *fleet);
