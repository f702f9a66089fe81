/* port.c: the core's end: events in, orders out. All of it runs on the core thread. */
#include <stdlib.h>
#include <unistd.h>

#include "net/inner.h"

enum { FIXED_COST = 64 };

/* Orders that the ring did not take. It is the loop that is behind, never the core that waits. */
struct spill {
    struct spill *next;
    struct net_order order;
};

/* --- what the core may speak of --- */

static struct port_conn *port_slot(struct net *net, conn_id id)
{
    uint32_t loop = conn_loop_of(id), slot = conn_slot_of(id);

    return loop < net->loop_count && slot < net->port_conn_caps[loop] ? &net->port_conns[loop][slot]
                                                                      : NULL;
}

static struct port_conn *port_find(struct net *net, conn_id id)
{
    struct port_conn *conn = port_slot(net, id);

    return conn && conn->generation == conn_generation_of(id) ? conn : NULL;
}

static void port_add(struct net *net, conn_id id)
{
    uint32_t loop = conn_loop_of(id), slot = conn_slot_of(id), cap = net->port_conn_caps[loop];

    if (slot >= cap) {
        uint32_t grown = cap ? cap : GAUGES_A_BLOCK;
        struct port_conn *conns;
        while (grown <= slot)
            grown *= 2;
        conns = realloc(net->port_conns[loop], grown * sizeof *conns);
        check(conns != NULL); /* 8 bytes a connection, of which the loop has many more */
        memset(conns + cap, 0, (grown - cap) * sizeof *conns);
        net->port_conns[loop] = conns;
        net->port_conn_caps[loop] = grown;
    }
    net->port_conns[loop][slot].generation = conn_generation_of(id);
}

/* Bytes that were ordered to be sent and have not left. */
static size_t unsent(struct net *net, conn_id id, const struct port_conn *conn)
{
    uint32_t slot = conn_slot_of(id);
    struct gauge *block = atomic_load(&net->loops[conn_loop_of(id)].gauges[slot / GAUGES_A_BLOCK]);
    struct gauge *gauge = &block[slot % GAUGES_A_BLOCK];

    return (size_t)(conn->ordered - atomic_load_explicit(&gauge->done, memory_order_relaxed)) +
           atomic_load_explicit(&gauge->waiting, memory_order_relaxed);
}

/* --- orders --- */

static bool put(struct loop *loop, const struct net_order *order, const struct out_part *parts,
                uint32_t count)
{
    struct net_order *slot =
        bus_reserve(&loop->orders, (uint32_t)sizeof *slot + (order->boxed ? 0 : order->len));
    uint32_t at = 0;

    if (!slot)
        return false;
    *slot = *order;
    for (uint32_t i = 0; i < count && !order->boxed; i++) {
        memcpy((char *)(slot + 1) + at, parts[i].bytes.ptr, parts[i].bytes.len);
        at += parts[i].bytes.len;
    }
    bus_commit(&loop->orders);
    return true;
}

static void wake(struct loop *loop)
{
    if (bus_bell_ring(&loop->bell))
        loop_wake(loop);
}

static void unspill(struct net *net, uint32_t index)
{
    struct spill *spill = net->spill_first[index];

    while (spill && put(&net->loops[index], &spill->order, NULL, 0)) {
        net->spill_first[index] = spill->next;
        free(spill);
        spill = net->spill_first[index];
    }
    if (!spill)
        net->spill_last[index] = NULL;
    else
        atomic_store(&net->loops[index].orders_spill, true);
    wake(&net->loops[index]);
}

static void spill(struct net *net, uint32_t index, const struct net_order *order)
{
    struct spill *spill = malloc(sizeof *spill);

    check(spill != NULL); /* an order lost would leave a station without its answer for ever */
    *spill = (struct spill){ .order = *order };
    if (net->spill_last[index])
        net->spill_last[index]->next = spill;
    else
        net->spill_first[index] = spill;
    net->spill_last[index] = spill;
}

static char *boxed(const struct out_part *parts, uint32_t count, uint32_t len)
{
    char *box = malloc(len);
    uint32_t at = 0;

    check(box != NULL); /* the same */
    for (uint32_t i = 0; i < count; i++) {
        memcpy(box + at, parts[i].bytes.ptr, parts[i].bytes.len);
        at += parts[i].bytes.len;
    }
    return box;
}

/* Queues an order with the bytes of the parts, in a box if they are many. */
static void give(struct net *net, struct net_order order, const struct out_part *parts,
                 uint32_t count)
{
    uint32_t index = conn_loop_of(order.conn);
    struct loop *loop = &net->loops[index];

    order.len = 0;
    for (uint32_t i = 0; i < count; i++)
        order.len += parts[i].bytes.len;
    if (order.len > INLINE_MAX)
        order.boxed = boxed(parts, count, order.len);
    if (!net->spill_first[index] && put(loop, &order, parts, count)) {
        wake(loop);
        return;
    }
    if (!order.boxed && order.len)
        order.boxed = boxed(parts, count, order.len);
    spill(net, index, &order);
    unspill(net, index);
}

static void give_one(struct net *net, struct net_order order, struct str text)
{
    give(net, order, &(struct out_part){ .bytes = text }, text.len ? 1 : 0);
}

/* --- net_port --- */

static bool port_accept(void *context, conn_id conn, const struct net_accept *accept)
{
    struct net *net = context;

    if (!port_find(net, conn))
        return false;
    give_one(net,
             (struct net_order){ .conn = conn,
                                 .kind = ORDER_ACCEPT,
                                 .flag = accept->then_close,
                                 .bytes_max = accept->message_bytes_max },
             accept->subprotocol);
    return true;
}

static bool port_send(void *context, conn_id id, struct str text)
{
    struct net *net = context;
    struct port_conn *conn = port_find(net, id);
    uint32_t cost = text.len + FIXED_COST;

    if (!conn || unsent(net, id, conn) + cost > net->config.queue_bytes_max)
        return false;
    conn->ordered += cost;
    give_one(net, (struct net_order){ .conn = id, .kind = ORDER_SEND, .cost = cost }, text);
    return true;
}

static void port_ping(void *context, conn_id conn, struct str payload)
{
    struct net *net = context;

    if (port_find(net, conn))
        give_one(net, (struct net_order){ .conn = conn, .kind = ORDER_PING }, payload);
}

static void port_close(void *context, conn_id conn, uint16_t code, struct str reason, bool drop)
{
    struct net *net = context;

    if (port_find(net, conn))
        give_one(net,
                 (struct net_order){
                     .conn = conn, .kind = drop ? ORDER_DROP : ORDER_CLOSE, .code = code },
                 reason);
}

static void port_pause(void *context, conn_id conn, bool paused)
{
    struct net *net = context;

    if (port_find(net, conn))
        give_one(net, (struct net_order){ .conn = conn, .kind = ORDER_PAUSE, .flag = paused },
                 STR_NONE);
}

/* A header's bytes as they may stand in its line: what would end the line becomes a space. */
static void put_clean(struct buf *buf, struct str text)
{
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((uint8_t)c < ' ' && c != '\t')
            c = ' ';
        buf_put_byte(buf, c);
    }
}

static uint32_t header_bytes(const struct net_response *response)
{
    uint32_t len = 0;

    for (uint32_t i = 0; i < response->header_count; i++)
        len += response->headers[i].name.len + response->headers[i].value.len + 4;
    return len;
}

static void respond(struct net *net, struct port_conn *conn, conn_id id,
                    const struct net_response *response)
{
    uint32_t cap = header_bytes(response);
    char stack[2048], *memory = cap <= sizeof stack ? stack : malloc(cap);
    struct out_part parts[2];
    struct buf buf;

    check(memory != NULL); /* headers are our own, a few hundred bytes */
    buf_init(&buf, memory, cap);
    for (uint32_t i = 0; i < response->header_count; i++) {
        put_clean(&buf, response->headers[i].name);
        buf_put(&buf, STR(": "));
        put_clean(&buf, response->headers[i].value);
        buf_put(&buf, STR("\r\n"));
    }
    check(!buf.overflow);
    parts[0].bytes = buf_str(&buf);
    parts[1].bytes = response->static_body || response->stream ? STR_NONE : response->body;
    conn->ordered += response->stream ? 0 : response->body.len;
    give(net,
         (struct net_order){ .conn = id,
                             .kind = ORDER_RESPOND,
                             .flag = response->stream,
                             .code = (uint16_t)response->status,
                             .cost = response->stream ? 0 : response->body.len,
                             .head_len = buf.len,
                             .fixed = response->static_body ? response->body.ptr : NULL,
                             .fixed_len = response->static_body ? response->body.len : 0 },
         parts, 2);
    if (memory != stack)
        free(memory);
    if (response->stream && response->body.len) {
        /* What is there already is the stream's first piece. */
        conn->ordered += response->body.len;
        give_one(net,
                 (struct net_order){ .conn = id, .kind = ORDER_STREAM, .cost = response->body.len },
                 response->body);
    }
}

static void port_respond(void *context, conn_id id, const struct net_response *response)
{
    struct net *net = context;
    struct port_conn *conn = port_find(net, id);

    if (!conn)
        return;
    respond(net, conn, id, response);
    if (!response->stream)
        conn->generation = 0; /* nothing more to say about this request */
}

static void port_reject(void *context, conn_id id, const struct net_response *response)
{
    port_respond(context, id, response);
}

static size_t port_stream(void *context, conn_id id, struct str data, bool last)
{
    struct net *net = context;
    struct port_conn *conn = port_find(net, id);

    if (!conn)
        return SIZE_MAX;
    conn->ordered += data.len;
    give_one(net,
             (struct net_order){ .conn = id, .kind = ORDER_STREAM, .flag = last, .cost = data.len },
             data);
    if (last)
        conn->generation = 0;
    return unsent(net, id, conn);
}

static void port_refuse(void *context, enum net_door door, bool refuse)
{
    struct net *net = context;

    for (int i = 0; i < NET_DOOR_LOCAL; i++)
        if (door_is_ocpp((uint8_t)i) == door_is_ocpp((uint8_t)door))
            atomic_store(&net->refuse[i], refuse);
}

struct net_port net_port_of(struct net *net)
{
    return (struct net_port){
        .net = net,
        .accept = port_accept,
        .reject = port_reject,
        .send = port_send,
        .ping = port_ping,
        .close = port_close,
        .pause = port_pause,
        .respond = port_respond,
        .stream = port_stream,
        .refuse = port_refuse,
    };
}

/* --- events --- */

static void deliver(struct net *net, const struct net_event_record *record)
{
    const struct net_event event = {
        .kind = (enum net_event_kind)record->kind,
        .door = (enum net_door)record->door,
        .conn = record->conn,
        .peer = record->message ? &record->message->peer : NULL,
        .request = record->message ? &record->message->request : NULL,
        .text = { record->boxed ? record->boxed : (const char *)(record + 1), record->len },
        .close_code = record->close_code,
        .why = record->why ? record->why : "",
        .oversize_bytes = record->oversize_bytes,
    };

    if (event.kind == NET_UPGRADE || event.kind == NET_HTTP)
        port_add(net, event.conn);
    if (event.kind == NET_CLOSED || event.kind == NET_HTTP_GONE) {
        struct port_conn *conn = port_find(net, event.conn);
        if (!conn)
            return; /* the core has said its last word already */
        conn->generation = 0;
    }
    net->config.sink(net->config.sink_context, &event);
}

/* The other core has written it. */
static void fetch_text(const struct net_event_record *record)
{
    enum { LINE = 64, BYTES_MAX = 2048 };

    for (uint32_t i = 0; i < record->len && i < BYTES_MAX && !record->boxed; i += LINE)
        __builtin_prefetch((const char *)(record + 1) + i);
}

/* Tells what is to come behind the event that bus_peek shows. */
static void tell_ahead(struct net *net, struct loop *loop)
{
    struct ahead *ahead = &loop->ahead;
    const struct net_event_record *record;

    if (!net->config.ahead)
        return;
    if (ahead->count) { /* the event itself */
        ahead->first = (ahead->first + 1) % NET_AHEAD;
        ahead->count--;
    } else {
        (void)bus_look_ahead(&loop->events, &ahead->position); /* past the event itself */
    }
    while (ahead->count < NET_AHEAD &&
           (record = bus_look_ahead(&loop->events, &ahead->position)) != NULL) {
        ahead->conns[(ahead->first + ahead->count++) % NET_AHEAD] =
            record->kind == NET_TEXT ? record->conn : 0;
        fetch_text(record);
    }
    for (uint32_t i = 0; i < ahead->count; i++)
        if (ahead->conns[(ahead->first + i) % NET_AHEAD])
            net->config.ahead(net->config.sink_context,
                              ahead->conns[(ahead->first + i) % NET_AHEAD], i);
}

/* True: there was one. */
static bool take(struct net *net, struct loop *loop)
{
    struct net_event_record *record = bus_peek(&loop->events);

    if (!record)
        return false;
    tell_ahead(net, loop);
    deliver(net, record);
    http_message_free(record->message);
    if (record->boxed)
        atomic_fetch_sub(&net->boxed, record->len);
    free(record->boxed);
    bus_release(&loop->events);
    return true;
}

/* Loops that wait for room are told when there is plenty, so that they do not stop again at once.
 */
static void tell_room(struct net *net)
{
    for (uint32_t i = 0; i < net->loop_count; i++) {
        struct loop *loop = &net->loops[i];
        if (net->spill_first[i])
            unspill(net, i);
        if (!atomic_exchange(&loop->wants_room, false))
            continue;
        if (bus_has_room(&loop->events))
            loop_wake(loop);
        else
            atomic_store(&loop->wants_room, true); /* there is more in it, so this comes around */
    }
}

static bool all_empty(struct net *net)
{
    for (uint32_t i = 0; i < net->loop_count; i++)
        if (bus_peek(&net->loops[i].events))
            return false;
    return true;
}

void net_dispatch(void *context, uint32_t max_events)
{
    struct net *net = context;
    uint32_t left = max_events, idle = 0;
    uint64_t count;

    while (left > 0 && idle < net->loop_count) {
        net->next_loop = (net->next_loop + 1) % net->loop_count;
        if (take(net, &net->loops[net->next_loop])) {
            idle = 0;
            left--;
        } else {
            idle++;
        }
    }
    tell_room(net);
    if (left == 0)
        return; /* the descriptor stays readable: there may be more */
    /* Empties the eventfd; that it was empty is no matter. */
    (void)!read(net->event_fd, &count, sizeof count);
    bus_bell_rest(&net->bell);
    if (!all_empty(net))
        event_wake_core(net);
}

int net_event_fd(const struct net *net)
{
    return net->event_fd;
}

void port_free(struct net *net)
{
    for (uint32_t i = 0; i < net->loop_count; i++) {
        while (net->spill_first[i]) {
            struct spill *spill = net->spill_first[i];
            net->spill_first[i] = spill->next;
            free(spill->order.boxed);
            free(spill);
        }
        free(net->port_conns[i]);
    }
}
