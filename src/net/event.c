/* event.c: from a loop to the core. A ring of records; the core is woken by an eventfd. */
#include <stdlib.h>
#include <unistd.h>

#include "net/inner.h"

enum { TELL_EVERY = 64 }; /* events of one round */

struct late_event {
    struct late_event *next;
    struct net_event_record record;
};

void event_wake_core(struct net *net)
{
    uint64_t one = 1;

    if (bus_bell_ring(&net->bell))
        check(write(net->event_fd, &one, sizeof one) == (ssize_t)sizeof one);
}

void event_tell(struct loop *loop)
{
    if (loop->untold)
        event_wake_core(loop->net);
    loop->untold = 0;
}

/* The core is woken for what one round of the loop has brought, not for each message of it. */
static void commit(struct loop *loop)
{
    bus_commit(&loop->events);
    if (++loop->untold == TELL_EVERY)
        event_tell(loop);
}

bool event_room(struct loop *loop)
{
    return atomic_load(&loop->net->boxed) <= BOXED_MAX && !loop->late &&
           bus_reserve(&loop->events, sizeof(struct net_event_record) + INLINE_MAX) != NULL;
}

/* There is room: event_room said so before the bytes were read. */
static struct net_event_record *record_new(struct conn *conn, enum net_event_kind kind,
                                           uint32_t len)
{
    struct net_event_record *record = bus_reserve(&conn->loop->events, sizeof *record + len);

    check(record != NULL);
    *record = (struct net_event_record){ .conn = conn_id_of(conn),
                                         .kind = (uint8_t)kind,
                                         .door = conn->door };
    return record;
}

void event_request(struct conn *conn, enum net_event_kind kind, struct http_message *message)
{
    record_new(conn, kind, 0)->message = message;
    commit(conn->loop);
}

bool event_text(struct conn *conn, enum net_event_kind kind, struct str text)
{
    struct net_event_record *record = record_new(conn, kind, text.len <= INLINE_MAX ? text.len : 0);

    record->len = text.len;
    if (text.len > INLINE_MAX) {
        record->boxed = malloc(text.len);
        if (!record->boxed)
            return false;
        atomic_fetch_add(&conn->loop->net->boxed, text.len);
    }
    if (text.len)
        memcpy(record->boxed ? record->boxed : (char *)(record + 1), text.ptr, text.len);
    commit(conn->loop);
    return true;
}

static bool put_late(struct loop *loop, const struct net_event_record *event)
{
    struct net_event_record *record = bus_reserve(&loop->events, sizeof *record);

    if (!record)
        return false;
    *record = *event;
    commit(loop);
    return true;
}

static void last_word(struct loop *loop, const struct net_event_record *event)
{
    struct late_event *late;

    if (loop->stopping || (!loop->late && put_late(loop, event)))
        return; /* a net that stops has nobody left to tell */
    late = malloc(sizeof *late);
    check(late != NULL); /* 80 bytes; without them the core would wait for ever */
    *late = (struct late_event){ .record = *event };
    *loop->late_end = late;
    loop->late_end = &late->next;
    (void)atomic_exchange(&loop->wants_room, true); /* see loop_wait_for_room */
    if (bus_is_empty(&loop->events))
        loop_wake(loop);
}

void event_gone(struct conn *conn, uint16_t code, const char *why, uint64_t oversize)
{
    if (!conn->told)
        return;
    conn->told = false;
    last_word(conn->loop, &(struct net_event_record){
                              .conn = conn_id_of(conn),
                              .kind = conn->http ? NET_HTTP_GONE : NET_CLOSED,
                              .door = conn->door,
                              .close_code = code,
                              .why = why,
                              .oversize_bytes = oversize,
                          });
}

void event_never(struct loop *loop, conn_id id)
{
    last_word(loop, &(struct net_event_record){ .conn = id,
                                                .kind = NET_CLOSED,
                                                .close_code = WS_NO_CLOSE,
                                                .why = "gone before it was accepted" });
}

void event_resume(struct loop *loop)
{
    while (loop->late && put_late(loop, &loop->late->record)) {
        struct late_event *late = loop->late;
        loop->late = late->next;
        if (!loop->late)
            loop->late_end = &loop->late;
        free(late);
    }
    if (loop->late)
        (void)atomic_exchange(&loop->wants_room,
                              true); /* the ring is full, so the core will look */
}

void event_late_free(struct loop *loop)
{
    while (loop->late) {
        struct late_event *late = loop->late;
        loop->late = late->next;
        free(late);
    }
}
