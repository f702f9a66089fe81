/* out.c: calls to stations. At most one is under way on a connection (2.0.1 Part 4 §4.1.1); the
 * others wait by class, a safety call before all others. Each has a deadline from the moment it was
 * queued, so that nobody waits longer than promised. */
#include <stdlib.h>

#include "ocpp/link.h"
#include "json/writer.h"

enum { WAITING_MAX = 64 };

static void outcall_free(struct outcall *outcall)
{
    free(outcall);
}

/* Tells whoever waits, in a turn of its own or by answering the question. */
static void finish(struct engine *engine, struct outcall *outcall, const struct call_answer *answer)
{
    struct call_done done = { .call = outcall->call, .answer = *answer, .tag = outcall->tag };
    struct question *question = outcall->question;
    struct turn *turn;

    timer_clear(&engine->timers, &outcall->timer);
    if (engine->dropped) { /* whoever waited is gone */
        outcall_free(outcall);
        return;
    }
    if (question) {
        question->answer = *answer;
        question->answer.payload = arena_copy(&question->arena, answer->payload);
        question->answer.error_code = arena_copy(&question->arena, answer->error_code);
        question->answer.error_description =
            arena_copy(&question->arena, answer->error_description);
        question->answer.message_id = arena_copy(&question->arena, answer->message_id);
        outcall_free(outcall);
        engine_answered(engine, question);
        return;
    }
    turn = outcall->then ? engine_turn(engine, outcall->then, &done, sizeof done) : NULL;
    if (turn) {
        struct call_done *kept = turn->input;
        kept->call.action = arena_copy(turn->arena, done.call.action);
        kept->call.payload = arena_copy(turn->arena, done.call.payload);
        kept->answer.payload = arena_copy(turn->arena, answer->payload);
        kept->answer.error_code = arena_copy(turn->arena, answer->error_code);
        kept->answer.error_description = arena_copy(turn->arena, answer->error_description);
        (void)engine_go(turn); /* what it cannot do now is done at the next boot */
    }
    outcall_free(outcall);
}

static struct call_answer no_answer(const struct outcall *outcall, enum call_outcome outcome)
{
    return (struct call_answer){ .outcome = outcome,
                                 .message_id = str_of(outcall->message_id),
                                 .sent_at = outcall->sent_at,
                                 .error_code = STR_NONE,
                                 .error_description = STR_NONE,
                                 .payload = STR_NONE };
}

static void unlink_waiting(struct link *link, const struct outcall *outcall)
{
    struct outcall **at = &link->waiting;

    while (*at != outcall)
        at = &(*at)->next;
    *at = outcall->next;
    link->waiting_count--;
}

static void overdue(struct timer *timer, void *context)
{
    struct outcall *outcall = CONTAINER_OF(timer, struct outcall, timer);
    struct call_answer answer = no_answer(outcall, CALL_TIMEOUT);
    struct engine *engine = context;
    struct link *link = outcall->link;

    if (link->current == outcall)
        link->current = NULL; /* its answer, if it comes, is logged and not trusted */
    else
        unlink_waiting(link, outcall);
    finish(engine, outcall, &answer);
    out_start(link);
}

struct out_input {
    conn_id conn;
    int64_t station;
    enum protocol protocol;
    struct str action, message_id, text, log_text;
};

static enum err send_turn(struct turn *turn)
{
    const struct out_input *input = turn->input;
    const struct log_entry entry = { .kind = LOG_OUT,
                                     .flags = (uint32_t)input->protocol << LOG_PROTOCOL_SHIFT,
                                     .station = input->station,
                                     .at = turn->now,
                                     .action = input->action,
                                     .message_id = input->message_id,
                                     .text = input->log_text };

    turn_log(turn, &entry, false);
    turn_send(turn, input->conn, input->text);
    return ERR_NONE;
}

static struct str call_text(struct arena *arena, const struct outcall *outcall)
{
    struct buf buf;
    struct json_writer json;

    buf_init_arena(&buf, arena, outcall->call.payload.len + 512);
    json = json_writer(&buf);
    json_array_begin(&json);
    json_i64(&json, 2);
    json_str(&json, str_of(outcall->message_id));
    json_str(&json, outcall->call.action);
    json_raw(&json, outcall->call.payload);
    json_array_end(&json);
    return buf_str(&buf);
}

void out_start(struct link *link)
{
    struct engine *engine = ocpp_of_link(link)->engine;
    struct out_input input = { .conn = link->conn,
                               .station = link->station,
                               .protocol = link->protocol };
    struct outcall *outcall = link->waiting;
    struct turn *turn;

    if (!outcall || link->current || link->closing)
        return;
    turn = engine_turn(engine, send_turn, &input, sizeof input);
    if (!turn)
        return; /* its deadline tells */
    unlink_waiting(link, outcall);
    outcall->next = NULL;
    link->current = outcall;
    outcall->sent_at = engine->now;
    outcall->sent_mono = engine->mono;
    struct out_input *kept = turn->input;
    kept->action = arena_copy(turn->arena, outcall->call.action);
    kept->message_id = arena_copy(turn->arena, str_of(outcall->message_id));
    kept->text = call_text(turn->arena, outcall);
    kept->log_text = outcall->call.plain ? kept->text : ocpp_masked(turn->arena, kept->text);
    turn->at_once =
        outcall->call.class == CALL_SAFETY; /* a limit that is lowered waits for no disk */
    (void)engine_go(turn); /* when storage fails all links close, and with them their calls */
}

void out_call(struct engine *engine, const struct call *call, struct question *question,
              enum err (*then)(struct turn *), int64_t tag)
{
    struct ocpp *ocpp = ocpp_of(engine);
    struct link *link = link_of_station(engine, call->station);
    uint32_t waiting_max =
        ocpp->config.calls_waiting_max ? ocpp->config.calls_waiting_max : WAITING_MAX;
    uint32_t timeout_ms = call->timeout_ms ? call->timeout_ms : ocpp->config.call_timeout_ms;
    size_t spans = (size_t)call->action.len + call->payload.len;
    struct outcall *outcall = calloc(1, sizeof *outcall + spans + 1);
    struct outcall **at;
    struct call_answer answer;
    char *text;

    check(outcall != NULL);
    text = (char *)(outcall + 1);
    memcpy(text, call->action.ptr, call->action.len);
    memcpy(text + call->action.len, call->payload.ptr, call->payload.len);
    outcall->call = *call;
    outcall->call.action = (struct str){ text, call->action.len };
    outcall->call.payload = (struct str){ text + call->action.len, call->payload.len };
    outcall->link = link;
    outcall->question = question;
    outcall->then = then;
    outcall->tag = tag;
    outcall->queued_at = engine->now;
    outcall->sent_at = UTC_UNKNOWN;
    if (!link || link->closing || link->waiting_count >= waiting_max) {
        answer = no_answer(outcall, !link || link->closing ? CALL_NOT_CONNECTED : CALL_QUEUE_FULL);
        finish(engine, outcall, &answer);
        return;
    }
    /* Unique for this station over all connections (2.0.1 Part 4 §4.1.4): time, a count, a random
     * part. */
    text_printf(outcall->message_id, sizeof outcall->message_id, "%llx-%llx-%08llx",
                (unsigned long long)engine->now, (unsigned long long)++ocpp->next_message,
                (unsigned long long)(rand_next(&engine->rand) >> 32)); /* 12 + 17 + 9 at most */
    for (at = &link->waiting; *at && (*at)->call.class <= call->class; at = &(*at)->next) {
    }
    outcall->next = *at;
    *at = outcall;
    link->waiting_count++;
    timer_set(&engine->timers, &outcall->timer, engine->mono + timeout_ms, overdue);
    out_start(link);
}

void out_answered(struct link *link, struct str message_id, const struct call_answer *answer)
{
    struct engine *engine = ocpp_of_link(link)->engine;
    struct outcall *outcall = link->current;
    struct call_answer full = *answer;

    if (!outcall || !str_equal(str_of(outcall->message_id), message_id))
        return; /* late or made up: it is in the log, that is all */
    link->current = NULL;
    full.message_id = message_id;
    full.sent_at = outcall->sent_at;
    full.latency_ms = (int64_t)(engine->mono - outcall->sent_mono);
    finish(engine, outcall, &full);
    out_start(link);
}

void out_fail_all(struct link *link, enum call_outcome outcome)
{
    struct engine *engine = ocpp_of_link(link)->engine;

    link->closing = true; /* what is queued by those who hear of it finds no connection */
    if (link->current) {
        link->current->next = link->waiting;
        link->waiting = link->current;
        link->current = NULL;
    }
    while (link->waiting) {
        struct outcall *outcall = link->waiting;
        struct call_answer answer = no_answer(outcall, outcome);
        link->waiting = outcall->next;
        finish(engine, outcall, &answer);
    }
    link->waiting_count = 0;
}
