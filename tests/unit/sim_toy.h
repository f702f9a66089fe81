/* sim_toy.h: a server for the simulator's own tests: it accepts all, and holds each frame of a
 * station strictly against its schema.
 */
#pragma once
#include <stdlib.h>

#include "base/time.h"
#include "ocpp/contracts.h"
#include "sim/frame.h"
#include "sim/pick.h"
#include "sim/plan.h"
#include "world/sim_world.h"
#include "json/reader.h"
#include "json/writer.h"

#define TOY_CONNS_MAX 65536
#define TOY_START     1764000000000LL /* when the worlds of the tests begin */

struct toy {
    struct net_port port;
    struct sim_world *world;
    const char *boot_status; /* NULL: Accepted */
    const char *token_status;
    bool silent; /* answers nothing */
    int64_t transactions;
    int64_t pull_limit; /* what a dynamic profile is told */
    uint64_t texts;
    void (*watch)(struct toy *toy, conn_id conn, const struct sim_frame *frame);
    uint8_t versions[TOY_CONNS_MAX]; /* by connection: enum ocpp_version */
    const char *asked;               /* the action of the last call to a station */
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
    if (str_equal(frame->action, STR("NotifyEVChargingNeeds")) ||
        str_equal(frame->action, STR("NotifyEVChargingSchedule")))
        json_key_str(w, "status", STR("Accepted"));
    if (str_equal(frame->action, STR("PullDynamicScheduleUpdate"))) {
        json_key_str(w, "status", STR("Accepted"));
        json_key(w, "scheduleUpdate");
        json_object_begin(w);
        json_key_i64(w, "limit", toy->pull_limit);
        json_object_end(w);
    }
    (void)conn;
}

static inline void toy_check(struct toy *toy, conn_id conn, const struct sim_frame *frame)
{
    struct str name = frame->type == SIM_FRAME_CALL ? frame->action : str_of(toy->asked);
    const struct ocpp_action *action =
        ocpp_action_find((enum ocpp_version)toy->versions[conn], name);
    const struct json_desc *desc;
    struct json_report report;
    struct arena arena;

    if (frame->type == SIM_FRAME_ERROR)
        return;
    assert_non_null(action);
    desc = frame->type == SIM_FRAME_CALL ? action->req : action->res;
    arena_init(&arena, NULL, 0);
    if (json_read(desc, frame->payload, JSON_STRICT, &arena, arena_zalloc(&arena, 1, desc->size),
                  &report) != ERR_NONE) {
        print_error("%.*s %.*s\n%.*s\n", STR_ARGS(name),
                    STR_ARGS(json_report_text(&report, &arena)), STR_ARGS(frame->payload));
        fail();
    }
    arena_reset(&arena);
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
        assert_true(event->conn < TOY_CONNS_MAX);
        toy->versions[event->conn] = str_equal(accept.subprotocol, STR("ocpp1.6"))     ? OCPP_V16
                                     : str_equal(accept.subprotocol, STR("ocpp2.0.1")) ? OCPP_V201
                                                                                       : OCPP_V21;
        toy->port.accept(toy->port.net, event->conn, &accept);
        return;
    }
    if (event->kind != NET_TEXT)
        return;
    toy->texts++;
    assert_true(sim_frame_read(event->text, &frame));
    toy_check(toy, event->conn, &frame);
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
    toy->asked = action;
    assert_true(toy->port.send(toy->port.net, conn, buf_str(&buf)));
}

/* A world of one station, CP-1, that has booted. Callers say what is theirs: tokens and delays of
 * the world; protocol, model, sampling and control of the station. */
static inline struct sim_station *toy_open(struct toy *toy, struct sim_world *world,
                                           struct sim_world_config config, struct sim_setup setup)
{
    config.seed = 1;
    config.start_at = TOY_START;
    config.sink = toy_sink;
    config.sink_arg = toy;
    setup.id = STR("CP-1");
    setup.serial = STR("S1");
    setup.speed = 1;
    setup.seed = 9;
    setup.start_at = TOY_START;
    setup.first_car_at = UTC_UNKNOWN;
    sim_world_init(world, &config, &setup, NULL, 1);
    toy->world = world;
    toy->port = sim_world_port(world);
    sim_world_run(world, TOY_START + (config.delay_max_ms ? 5000 : 1000));
    assert_int_equal(world->stations[0].boot, BOOT_ACCEPTED);
    return &world->stations[0];
}
