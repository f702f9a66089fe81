/* sim_toy.h: a server for the simulator's own tests: it accepts all, remembers what it
 * acknowledged, and checks nothing. */
#pragma once
#include <stdlib.h>

#include "base/time.h"
#include "sim/frame.h"
#include "sim/pick.h"
#include "sim/plan.h"
#include "sim/world.h"
#include "json/writer.h"

struct toy {
    struct net_port port;
    struct sim_world *world;
    const char *boot_status; /* NULL: Accepted */
    const char *token_status;
    bool silent; /* answers nothing */
    int64_t transactions;
    uint64_t texts, calls_by[SIM_MESSAGE_KIND_COUNT];
    void (*watch)(struct toy *toy, conn_id conn, const struct sim_frame *frame);
    void *watch_arg;
};

static inline void toy_answer(struct toy *toy, conn_id conn, const struct sim_frame *frame,
                              struct json_writer *w)
{
    struct str status = str_of(toy->token_status ? toy->token_status : "Accepted");

    if (str_equal(frame->action, STR("BootNotification"))) {
        json_key_str(w, "status", str_of(toy->boot_status ? toy->boot_status : "Accepted"));
        json_key_time(w, "currentTime", toy->world->now);
        json_key_i64(w, "interval", 300);
    } else if (str_equal(frame->action, STR("Heartbeat"))) {
        json_key_time(w, "currentTime", toy->world->now);
    } else if (str_equal(frame->action, STR("StartTransaction"))) {
        json_key_i64(w, "transactionId", ++toy->transactions);
        json_key_raw(w, "idTagInfo", STR("{\"status\":\"Accepted\"}"));
    } else if (str_equal(frame->action, STR("Authorize"))) {
        bool is_16 = pick(frame->payload, "idTag").len > 0;

        json_key(w, is_16 ? "idTagInfo" : "idTokenInfo");
        json_object_begin(w);
        json_key_str(w, "status", status);
        json_object_end(w);
    }
    (void)conn;
}

static inline void toy_sink(void *arg, const struct net_event *event)
{
    struct toy *toy = arg;
    struct sim_frame frame;
    char payload[1024], out[2048];
    struct buf payload_buf, out_buf;
    struct json_writer w;

    if (event->kind == NET_UPGRADE) {
        struct net_accept accept = { .message_bytes_max = 65536 };

        for (uint32_t i = 0; i < event->request->header_count; i++)
            if (str_equal(event->request->headers[i].name, STR("sec-websocket-protocol")))
                accept.subprotocol = event->request->headers[i].value;
        toy->port.accept(toy->port.net, event->conn, &accept);
        return;
    }
    if (event->kind != NET_TEXT)
        return;
    toy->texts++;
    assert_true(sim_frame_read(event->text, &frame));
    if (toy->watch)
        toy->watch(toy, event->conn, &frame);
    if (frame.type != SIM_FRAME_CALL || toy->silent)
        return;
    buf_init(&payload_buf, payload, sizeof payload);
    buf_init(&out_buf, out, sizeof out);
    w = json_writer(&payload_buf);
    json_object_begin(&w);
    toy_answer(toy, event->conn, &frame, &w);
    json_object_end(&w);
    sim_frame_write_result(&out_buf, frame.id, buf_str(&payload_buf));
    assert_false(out_buf.overflow);
    toy->port.send(toy->port.net, event->conn, buf_str(&out_buf));
}

static inline void toy_call(struct toy *toy, conn_id conn, const char *action, const char *payload)
{
    char out[4096];
    struct buf buf;

    buf_init(&buf, out, sizeof out);
    sim_frame_write_call(&buf, STR("toy-1"), str_of(action), str_of(payload));
    assert_false(buf.overflow);
    assert_true(toy->port.send(toy->port.net, conn, buf_str(&buf)));
}
