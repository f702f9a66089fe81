/* loop.c: one thread with a uv_loop: orders from the core, deadlines, and the end of it all. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net/inner.h"
#include "net/tls.h"
#include "net/tls_turn.h"

enum { NOTE_EVERY_MS = 10000, ORDERS_A_ROUND = 4096 };

mono_ms loop_now(const struct loop *loop)
{
    return uv_now(&loop->uv);
}

/* --- deadlines --- */

static void on_due(void *context, struct wheel_node *node)
{
    (void)context; /* the node is enough */
    conn_due(CONTAINER_OF(node, struct conn, deadline));
}

static void close_handles(struct loop *loop)
{
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->tick, NULL);
    uv_close((uv_handle_t *)&loop->before_wait, NULL);
    uv_close((uv_handle_t *)&loop->after_wait, NULL);
    tls_turn_end(loop);
}

static void end_if_done(struct loop *loop)
{
    if (!loop->stopping)
        return;
    if (loop_now(loop) >= loop->stop_by)
        for (uint32_t slot = 0; slot < loop->slot_cap; slot++)
            if (loop->conns[slot])
                conn_drop(loop->conns[slot], WS_NO_CLOSE, "the server stops");
    if (loop->conn_count != 0 || uv_is_closing((uv_handle_t *)&loop->wake))
        return;
    close_handles(loop);
}

static void on_tick(uv_timer_t *timer)
{
    struct loop *loop = CONTAINER_OF(timer, struct loop, tick);

    wheel_run(&loop->wheel, loop_now(loop), on_due, loop);
    listen_again(loop);
    end_if_done(loop);
    if (loop->wheel.count == 0 && !loop->stopping && !loop->throttled)
        check(uv_timer_stop(timer) == 0);
}

static void tick(struct loop *loop)
{
    if (!uv_is_active((uv_handle_t *)&loop->tick) && !uv_is_closing((uv_handle_t *)&loop->tick))
        check(uv_timer_start(&loop->tick, on_tick, WHEEL_TICK_MS, WHEEL_TICK_MS) == 0);
}

void loop_deadline(struct conn *conn, uint32_t in_ms)
{
    wheel_set(&conn->loop->wheel, &conn->deadline, loop_now(conn->loop), in_ms);
    tick(conn->loop);
}

void loop_throttle(struct loop *loop)
{
    loop->throttled = true;
    tick(loop);
}

/* --- waiting for room in the ring to the core --- */

void loop_wait_for_room(struct conn *conn)
{
    struct loop *loop = conn->loop;

    if (!conn->waiting) {
        conn->waiting = true;
        conn->next_waiting = loop->waiting;
        loop->waiting = conn;
    }
    conn_block(conn, BLOCK_BUS);
    /* An exchange here and one in port.c: if the core looked before this, what it had read by then
     * is seen below; if it looks after, it wakes us. */
    (void)atomic_exchange(&loop->wants_room, true); /* what it was makes no difference */
    if (event_room(loop))
        loop_wake(loop);
}

static void resume(struct loop *loop)
{
    struct conn *conn = loop->waiting;

    event_resume(loop);
    if (!event_room(loop))
        return;
    loop->waiting = NULL;
    while (conn) {
        struct conn *next = conn->next_waiting;
        conn->waiting = false;
        conn->next_waiting = NULL;
        conn_unblock(conn, BLOCK_BUS); /* may wait again, then it is on the new list */
        conn = next;
    }
}

/* --- orders --- */

static struct conn *find_conn(struct loop *loop, conn_id id)
{
    uint32_t slot = conn_slot_of(id);
    struct conn *conn = slot < loop->slot_cap ? loop->conns[slot] : NULL;

    if (!conn || conn->state == CONN_DEAD || conn->generation != conn_generation_of(id))
        return NULL;
    return conn;
}

static void on_ws_order(struct conn *conn, const struct net_order *order)
{
    struct str text = order_text(order);

    if (conn->state != CONN_WS)
        return;
    switch ((enum order_kind)order->kind) {
    case ORDER_SEND:
        (void)ws_conn_send(conn, WS_OP_TEXT, text); /* dead: the last word was told */
        break;
    case ORDER_PING:
        (void)ws_conn_send(conn, WS_OP_PING, str_first(text, WS_CONTROL_MAX)); /* the same */
        break;
    case ORDER_CLOSE:
        ws_conn_close(conn, order->code, text);
        break;
    case ORDER_PAUSE:
        if (order->flag)
            conn_block(conn, BLOCK_PAUSE);
        else
            conn_unblock(conn, BLOCK_PAUSE);
        break;
    case ORDER_ACCEPT:
    case ORDER_DROP:
    case ORDER_RESPOND:
    case ORDER_STREAM:
        break;
    }
}

static void carry_out(struct loop *loop, const struct net_order *order)
{
    struct conn *conn = find_conn(loop, order->conn);

    if (!conn) {
        if (order->kind == ORDER_ACCEPT)
            event_never(loop, order->conn);
        return;
    }
    if (order->kind == ORDER_DROP)
        conn_drop(conn, order->code, "dropped by the server");
    else if (order->kind == ORDER_ACCEPT && conn->state == CONN_DECIDING)
        upgrade_accept(conn, order);
    else if (order->kind == ORDER_RESPOND && conn->http && conn->state != CONN_LINGER)
        http_conn_respond(conn, order);
    else if (order->kind == ORDER_STREAM && conn->http && conn->state != CONN_LINGER)
        http_conn_stream(conn, order);
    else
        on_ws_order(conn, order);
}

/* The loop alone writes it. */
static void add_done(struct gauge *gauge, uint32_t cost)
{
    atomic_store_explicit(&gauge->done,
                          atomic_load_explicit(&gauge->done, memory_order_relaxed) + cost,
                          memory_order_relaxed);
}

/* Fetches the connections of orders into the cache while those before them are carried out. */
static void fetch_conn(struct loop *loop, uint64_t *position)
{
    const struct net_order *order = bus_look_ahead(&loop->orders, position);
    uint32_t slot = order ? conn_slot_of(order->conn) : loop->slot_cap;
    const char *conn = slot < loop->slot_cap ? (const char *)loop->conns[slot] : NULL;

    for (size_t i = 0; conn && i < sizeof(struct conn); i += 64)
        __builtin_prefetch(conn + i);
}

/* True: there were more than one round takes. */
static bool take_orders(struct loop *loop)
{
    struct net_order *order = bus_peek(&loop->orders);
    uint64_t ahead = 0;

    for (uint32_t i = 0; order && i < ORDERS_A_ROUND; i++, order = bus_peek(&loop->orders)) {
        struct gauge *block = NULL;
        uint32_t slot = conn_slot_of(order->conn), cost = order->cost;
        if (i == 0)
            (void)bus_look_ahead(&loop->orders, &ahead); /* past this one */
        fetch_conn(loop, &ahead);
        carry_out(loop, order);
        if (slot < loop->slot_cap)
            block = loop->gauges[slot / GAUGES_A_BLOCK];
        if (block)
            add_done(&block[slot % GAUGES_A_BLOCK], cost);
        free(order->boxed);
        bus_release(&loop->orders);
    }
    return order != NULL;
}

static void stop(struct loop *loop);

static void on_wake(uv_async_t *async)
{
    struct loop *loop = CONTAINER_OF(async, struct loop, wake);
    bool more = take_orders(loop);

    if (!more) {
        bus_bell_rest(&loop->bell);
        more = bus_peek(&loop->orders) != NULL && bus_bell_ring(&loop->bell);
    }
    if (more)
        loop_wake(loop);
    if (atomic_exchange(&loop->orders_spill, false))
        event_wake_core(loop->net);
    if (loop->waiting || loop->late)
        resume(loop);
    if (atomic_load(&loop->stop) && !loop->stopping && !more)
        stop(loop);
}

void loop_wake(struct loop *loop)
{
    check(uv_async_send(&loop->wake) == 0);
}

static void on_before_wait(uv_prepare_t *prepare)
{
    event_tell(CONTAINER_OF(prepare, struct loop, before_wait)); /* what timers have ended */
}

static void on_after_wait(uv_check_t *after)
{
    event_tell(CONTAINER_OF(after, struct loop, after_wait));
}

/* --- the end --- */

static void say_goodbye(struct conn *conn)
{
    switch ((enum conn_state)conn->state) {
    case CONN_WS:
        conn_unblock(conn, BLOCK_BUS | BLOCK_PAUSE);
        ws_conn_close(conn, WS_GOING_AWAY, STR("the server stops"));
        break;
    case CONN_DECIDING:
        http_conn_refuse(conn, 503, "the server stops");
        break;
    case CONN_HTTP:
        if (conn->out_first)
            conn_end(conn);
        else
            conn_drop(conn, WS_NO_CLOSE, "the server stops");
        break;
    case CONN_PROXY:
    case CONN_TLS:
        conn_drop(conn, WS_NO_CLOSE, "the server stops");
        break;
    case CONN_WS_CLOSING:
    case CONN_LINGER:
    case CONN_DEAD:
        break;
    }
}

static void stop(struct loop *loop)
{
    loop->stopping = true;
    loop->stop_by = loop_now(loop) + loop->net->stop_wait_ms;
    listen_end(loop);
    for (uint32_t slot = 0; slot < loop->slot_cap; slot++)
        if (loop->conns[slot])
            say_goodbye(loop->conns[slot]);
    tick(loop);
}

static void *loop_main(void *context)
{
    struct loop *loop = context;
    char name[16];

    (void)snprintf(name, sizeof name, "loop %u", loop->index); /* cut, it is a name */
    (void)pthread_setname_np(pthread_self(), name);            /* a nicety for ps */
    while (uv_run(&loop->uv, UV_RUN_DEFAULT) != 0)
        continue;
    check(uv_loop_close(&loop->uv) == 0);
    return NULL;
}

/* --- what the others ask for --- */

const char *loop_date(struct loop *loop)
{
    time_t now = time(NULL);
    struct tm tm;

    if (now != loop->date_at) {
        loop->date_at = now;
        check(gmtime_r(&now, &tm) != NULL);
        check(strftime(loop->date, sizeof loop->date, "%a, %d %b %Y %H:%M:%S GMT", &tm) != 0);
    }
    return loop->date;
}

void loop_note(struct loop *loop, enum net_note note, const char *format, ...)
{
    const struct net_config *config = &loop->net->config;
    uint64_t now = loop_now(loop);
    char line[512];
    va_list args;
    int len;

    if (!config->note)
        return;
    if (loop->noted_at[note] != 0 && now - loop->noted_at[note] < NOTE_EVERY_MS) {
        loop->notes_left_out[note]++;
        return;
    }
    va_start(args, format);
    len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (loop->notes_left_out[note] != 0 && len > 0 && (size_t)len < sizeof line)
        (void)snprintf(line + len, sizeof line - (size_t)len, " (and %u like it)",
                       loop->notes_left_out[note]); /* cut at worst */
    loop->noted_at[note] = now ? now : 1;
    loop->notes_left_out[note] = 0;
    config->note(config->note_context, note, line);
}

/* --- begin --- */

enum err loop_init(struct loop *loop, struct net *net, uint32_t index)
{
    *loop = (struct loop){ .net = net, .index = index, .read_buffer = malloc(READ_BYTES) };
    loop->late_end = &loop->late;
    loop->ws.assembling = &net->assembling;
    loop->ws.assembling_max = net->config.assembling_bytes_max;
    if (uv_loop_init(&loop->uv) != 0)
        return ERR_OS;
    check(uv_async_init(&loop->uv, &loop->wake, on_wake) == 0);
    check(uv_timer_init(&loop->uv, &loop->tick) == 0);
    check(uv_prepare_init(&loop->uv, &loop->before_wait) == 0);
    check(uv_prepare_start(&loop->before_wait, on_before_wait) == 0);
    check(uv_check_init(&loop->uv, &loop->after_wait) == 0);
    check(uv_check_start(&loop->after_wait, on_after_wait) == 0);
    wheel_init(&loop->wheel, loop_now(loop));
    loop->ready = true;
    if (!loop->read_buffer || !bus_ring_init(&loop->events, net->config.ring_bytes) ||
        !bus_ring_init(&loop->orders, net->config.ring_bytes))
        return ERR_FULL;
    return ERR_NONE;
}

bool loop_run(struct loop *loop)
{
    sigset_t all, before;
    bool made;

    /* Signals are for the threads that look for them. */
    check(sigfillset(&all) == 0 && pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    made = pthread_create(&loop->thread, NULL, loop_main, loop) == 0;
    check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    loop->running = made;
    return made;
}

static void close_all(struct loop *loop)
{
    listen_end(loop);
    close_handles(loop);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT); /* the callbacks of the closing */
    check(uv_loop_close(&loop->uv) == 0);
}

void loop_fini(struct loop *loop)
{
    struct net_event_record *event;
    struct net_order *order;

    if (loop->ready && !loop->running)
        close_all(loop);
    while (loop->events.memory && (event = bus_peek(&loop->events)) != NULL) {
        http_message_free(event->message);
        free(event->boxed);
        bus_release(&loop->events);
    }
    while (loop->orders.memory && (order = bus_peek(&loop->orders)) != NULL) {
        free(order->boxed);
        bus_release(&loop->orders);
    }
    bus_ring_fini(&loop->events);
    bus_ring_fini(&loop->orders);
    event_late_free(loop);
    conn_blocks_free(loop);
    ws_shared_fini(&loop->ws);
    tls_wire_free(loop->tls_wire);
    for (uint32_t i = 0; i < GAUGE_BLOCKS; i++)
        free(loop->gauges[i]);
    free(loop->conns);
    free(loop->generations);
    free(loop->free_slots);
    free(loop->listeners);
    free(loop->read_buffer);
}
