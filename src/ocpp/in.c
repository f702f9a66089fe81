/* in.c: frames from stations. Answers to our calls are taken at once; calls of theirs one after the
 * other. */
#include "ocpp/route.h"

#include <stdlib.h>

#include "ocpp/contracts.h"
#include "ocpp/power_tell.h"
#include "ocpp/quirks.h"
#include "ocpp/say.h"
#include "json/encode.h"

enum { IN_WAITING_MAX = 32 };

struct frame_input {
    conn_id conn;
    int64_t station;
    enum protocol protocol;
    utc_ms received_at;
    struct str text;
};

/* --- log ----------------------------------------------------------------- */

/* The messages that come all day have no place for a setting. Their texts are not gone through,
 * which would cost more than keeping them, unless there is more in them than should be. */
static bool may_hold_secret(const struct in *in)
{
    static const struct str plain[] = {
        STR_INIT("TransactionEvent"),   STR_INIT("MeterValues"),      STR_INIT("Heartbeat"),
        STR_INIT("StatusNotification"), STR_INIT("StartTransaction"), STR_INIT("StopTransaction"),
        STR_INIT("Authorize")
    };

    for (size_t i = 0; i < COUNT(plain); i++)
        if (str_equal(in->frame.action, plain[i]))
            return in->flagged || !in->report;
    return true;
}

/* The frame as it is kept. */
static struct str kept_text(struct turn *turn, const struct in *in)
{
    return may_hold_secret(in) ? ocpp_masked(turn->arena, in->text) : in->text;
}

static void log_in(struct turn *turn, const struct in *in, uint32_t flags, bool durable)
{
    const struct log_entry entry = {
        .kind = LOG_IN,
        .flags = flags | (in->flagged ? LOG_FLAGGED : 0u) | (in->is_repeat ? LOG_REPEAT : 0u) |
                 ((uint32_t)in->protocol << LOG_PROTOCOL_SHIFT),
        .station = in->station_id,
        .session = in->session,
        .at = in->received_at,
        .action = in->frame.action,
        .message_id = in->frame.id,
        .text = kept_text(turn, in),
    };

    turn_log(turn, &entry, durable);
}

static void answer(struct turn *turn, const struct in *in, uint32_t flags, struct str text)
{
    const struct log_entry entry = {
        .kind = LOG_OUT,
        .flags = flags | LOG_ANSWER | ((uint32_t)in->protocol << LOG_PROTOCOL_SHIFT),
        .station = in->station_id,
        .session = in->session,
        .at = turn->now,
        .took_ms = turn->now - in->received_at,
        .action = in->frame.action,
        .message_id = in->frame.id,
        .text = text,
    };

    if (in->frame.type == FRAME_SEND)
        return; /* 2.1 Part 4 §4.2.4: never answered */
    turn_log(turn, &entry, false);
    turn_send(turn, in->conn, text);
}

static void answer_error(struct turn *turn, const struct in *in, enum err err, struct str why)
{
    struct str code = str_of(err_callerror(err, in->protocol == PROTOCOL_16));

    answer(turn, in, LOG_ERROR, frame_write_error(turn->arena, in->frame.id, code, why));
}

/* --- frames that are none ------------------------------------------------ */

/* 1.6 says nothing of such frames: counted and ignored. 2.0.1 Part 4 §4.2.3: CALLERROR with id
 * "-1". */
static enum err run_bad(struct turn *turn, struct in *in, enum err err)
{
    log_in(turn, in, LOG_ERROR, false);
    if (err == ERR_BAD_FORMAT)
        answer_error(turn, in, ERR_BAD_FORMAT,
                     STR("a CALL has four parts: 2, id, action, payload"));
    else if (in->protocol != PROTOCOL_16)
        answer_error(turn, in, ERR_FRAMEWORK, STR("no OCPP frame"));
    return ERR_NONE;
}

/* --- one call ------------------------------------------------------------ */

static enum ocpp_version version_of(enum protocol protocol)
{
    static const enum ocpp_version versions[] = { [PROTOCOL_NONE] = OCPP_V16,
                                                  [PROTOCOL_16] = OCPP_V16,
                                                  [PROTOCOL_201] = OCPP_V201,
                                                  [PROTOCOL_21] = OCPP_V21 };

    return versions[protocol];
}

const struct ocpp_action *route_action(enum protocol protocol, struct str action)
{
    static const enum ocpp_version versions[] = {
        [PROTOCOL_16] = OCPP_V16, [PROTOCOL_201] = OCPP_V201, [PROTOCOL_21] = OCPP_V21
    };

    return ocpp_action_find(versions[protocol], action);
}

/* Accepted, or the message that asks to be (2.0.1 B01.FR.10, B02.FR.09, B03.FR.07; rules.md:
 * registered). */
static bool may_speak(const struct in *in)
{
    return in->station->registration == REGISTRATION_ACCEPTED ||
           str_equal(in->frame.action, STR("BootNotification"));
}

/* Deviations that stations are known for pass in any message, and are counted; others pass in facts
 * alone, or where an operator said that this station is lenient. */
static enum err judge_flaws(struct turn *turn, struct in *in, const struct json_report *report,
                            bool any)
{
    struct ocpp *ocpp = ocpp_of(turn->engine);
    enum err err = ERR_NONE;

    for (uint32_t i = 0; i < report->count && i < JSON_FLAWS_MAX; i++) {
        uint32_t quirk =
            ocpp_quirk_find(version_of(in->protocol), in->frame.action, &report->flaws[i]);
        ocpp->quirk_counts[quirk]++;
        if (quirk == 0 && !any && err == ERR_NONE)
            err = json_flaw_err(report->flaws[i].kind);
    }
    in->flagged = report->count > 0;
    return err;
}

/* NOLINTNEXTLINE(readability-function-size): what goes in and what comes out */
static enum err run_route(struct turn *turn, struct in *in, const struct route *route,
                          const struct ocpp_action *action, struct str *result, struct str *why)
{
    bool any = route->effect == ROUTE_FACT || in->station->lenient;
    void *req = arena_zalloc(turn->arena, 1, action->req->size);
    void *res = action->res ? arena_zalloc(turn->arena, 1, action->res->size) : NULL;
    struct json_report *report = ARENA_NEW(turn->arena, struct json_report);
    struct json_writer json;
    struct buf buf;
    enum err err;

    if (!req || !report || (action->res && !res))
        return ERR_FULL;
    in->report = report;
    err = json_read(action->req, in->frame.payload, JSON_LENIENT, turn->arena, req, report);
    *why = json_report_text(report, turn->arena);
    if (err == ERR_NONE)
        err = judge_flaws(turn, in, report, any);
    in->power = power_open(turn, in);
    if (err == ERR_NONE)
        err = route->fn(turn, in, req, res);
    if (err == ERR_NONE)
        power_close(turn, in);
    if (err != ERR_NONE || !res)
        return err;
    buf_init_arena(&buf, turn->arena, 1u << 20);
    json = json_writer(&buf);
    if (json_write_struct(action->res, res, &json) != ERR_NONE || buf.overflow) {
        *why = STR("the answer would be against the schema");
        return ERR_FULL; /* strict in what we say: rows of ours hold what the schema cannot */
    }
    *result = buf_str(&buf);
    return ERR_NONE;
}

/* A fact that cannot be used is not lost: its frame waits for a person. */
static enum err keep_for_review(struct turn *turn, const struct in *in, enum err err,
                                struct str why)
{
    /* What the station is told: a word of the specification, which pages explain. */
    struct str error = str_of(err_callerror(err, false));
    const struct sentence said = SENTENCE(turn->arena, "frame_unfit", "{why}",
                                          ARGS(ARG_STR("error", error), ARG_STR("why", why)));

    return turn_review_once(turn, &(struct review){ .once = REVIEW_ONCE_A_FRAME,
                                                    .kind = "frame",
                                                    .station = in->station_id,
                                                    .frame = kept_text(turn, in),
                                                    SAYS(said) });
}

/* Is the frame one, down to its last byte? Reading it by its schema tells, and else this does. */
static enum err read_on(struct turn *turn, struct in *in)
{
    return in->frame.unread ? frame_read(in->text, turn->arena, &in->frame) : ERR_NONE;
}

static enum err run_call(struct turn *turn, struct in *in)
{
    const struct route *route = route_find(in->protocol, in->frame.action);
    const struct ocpp_action *action = route_action(in->protocol, in->frame.action);
    struct str result = STR_NONE, why = STR_NONE;
    bool fact = route && route->effect == ROUTE_FACT;
    enum err err, bad;

    if (!action)
        err = ERR_NOT_KNOWN;
    else if (!(action->sender & OCPP_FROM_STATION) || !route || !route->fn)
        err = ERR_NOT_SUPPORTED;
    else if (!may_speak(in))
        err = ERR_SECURITY;
    else
        err = run_route(turn, in, route, action, &result, &why);
    if (err == ERR_LATER)
        return err;
    bad = err == ERR_NONE ? ERR_NONE : read_on(turn, in);
    if (bad != ERR_NONE)
        return bad == ERR_FULL ? bad : run_bad(turn, in, bad);
    if (err == ERR_NONE) {
        log_in(turn, in, 0, fact);
        answer(turn, in, 0, frame_write_result(turn->arena, in->frame.id, result));
        return ERR_NONE;
    }
    turn_forget(turn);
    if (route && route->why)
        why = str_of(route->why);
    if (why.len == 0)
        why = str_of(err_text(err));
    if (fact && err != ERR_SECURITY && keep_for_review(turn, in, err, why) == ERR_LATER)
        return ERR_LATER;
    log_in(turn, in, LOG_ERROR, fact);
    answer_error(turn, in, err, why);
    return ERR_NONE;
}

/* It crashed the server before. The station is told something, so that it does not send it for
 * ever. */
static enum err run_poison(struct turn *turn, struct in *in)
{
    const struct ocpp_action *action = route_action(in->protocol, in->frame.action);
    const struct sentence said =
        SENTENCE(turn->arena, "poison",
                 "The server ended twice while it worked on this message. It is kept here and "
                 "was not worked on again.",
                 NO_ARGS);

    turn_review(turn, &(struct review){ .kind = "poison",
                                        .station = in->station_id,
                                        .frame = kept_text(turn, in),
                                        SAYS(said) });
    log_in(turn, in, LOG_ERROR, true);
    if (in->frame.type != FRAME_CALL)
        return ERR_NONE;
    if (action && action->res && action->res->required == 0)
        answer(turn, in, 0, frame_write_result(turn->arena, in->frame.id, STR("{}")));
    else
        answer_error(turn, in, ERR_FULL, STR("kept for a person to look at"));
    return ERR_NONE;
}

static enum err judge_frame(struct turn *turn, struct in *in)
{
    if (in->frame.type == FRAME_CALL ||
        (in->frame.type == FRAME_SEND && in->protocol == PROTOCOL_21))
        return run_call(turn, in);
    log_in(turn, in,
           in->frame.type == FRAME_NONE || in->frame.type == FRAME_SEND ? LOG_ERROR : LOG_ANSWER,
           false);
    return ERR_NONE;
}

static enum err frame_turn(struct turn *turn)
{
    const struct frame_input *input = turn->input;
    struct in in = { .conn = input->conn,
                     .station_id = input->station,
                     .protocol = input->protocol,
                     .received_at = input->received_at,
                     .text = input->text,
                     .station = TURN_FIND(turn, station, input->station) };
    enum err err = frame_read_head(input->text, turn->arena, &in.frame)
                       ? ERR_NONE
                       : frame_read(input->text, turn->arena, &in.frame);
    struct poison_page *poison;

    if (!in.station)
        return ERR_NOT_FOUND; /* deleted meanwhile */
    turn->actor = (struct actor){ ACTOR_STATION, in.station->id, in.station->identity };
    if (err == ERR_FULL)
        return err;
    if (err != ERR_NONE)
        return run_bad(turn, &in, err);
    poison = ocpp_of(turn->engine)->config.poison;
    if (!poison_enter(poison, in.station->identity, in.text))
        return run_poison(turn, &in);
    err = judge_frame(turn, &in);
    poison_leave(poison);
    return err;
}

static void frame_ended(struct turn *turn, enum err err)
{
    const struct frame_input *input = turn->input;
    struct engine *engine = turn->engine;
    struct link *link = link_of_conn(engine, input->conn);

    if (!link)
        return;
    link->busy = false;
    if (err != ERR_NONE) {
        /* A station that gets no answer throws its message away; one that is offline keeps it, and
         * all that came behind it. */
        link->closing = true;
        engine->host.net.close(engine->host.net.net, link->conn, 1013, STR("not now"), true);
    } else if (!link->draining) {
        in_next(link);
    }
}

static void start(struct link *link, struct str text, bool is_call)
{
    struct engine *engine = link->ocpp->engine;
    struct frame_input input = { .conn = link->conn,
                                 .station = link->station,
                                 .protocol = link->protocol,
                                 .received_at = engine->now };
    struct turn *turn = engine_turn(engine, frame_turn, &input, sizeof input);
    struct frame_input *kept = turn ? turn->input : NULL;

    if (!turn) {
        engine->host.net.close(engine->host.net.net, link->conn, 1013, STR("too busy"), true);
        return;
    }
    kept->text = arena_copy(turn->arena, text);
    if (!kept->text.ptr)
        kept->text = STR_NONE; /* larger than a turn may be: no frame */
    if (is_call) {
        link->busy = true;
        turn->ended = frame_ended;
    }
    (void)engine_go(turn); /* frame_ended tells */
}

/* --- order --------------------------------------------------------------- */

/* An answer to a call of ours: whoever waits gets it at once; the frame is logged besides. */
static void take_answer(struct link *link, struct str text, const struct frame *frame)
{
    const struct call_answer answer = {
        .outcome = frame->type == FRAME_RESULT ? CALL_ANSWERED : CALL_ERROR,
        .payload = frame->payload,
        .error_code = frame->error_code,
        .error_description = frame->error_text,
    };

    start(link, text, false);
    out_answered(link, frame->id, &answer);
}

void in_text(struct link *link, struct str text)
{
    struct engine *engine = link->ocpp->engine;
    struct inframe *waiting;
    struct frame frame;
    struct arena arena;
    bool is_answer;

    arena_init(&arena, &engine->pool, 0);
    is_answer = !frame_is_call(text) && frame_read(text, &arena, &frame) == ERR_NONE &&
                (frame.type == FRAME_RESULT || frame.type == FRAME_ERROR);
    if (is_answer)
        take_answer(link, text, &frame);
    arena_reset(&arena);
    if (is_answer)
        return;
    if (!link->busy) {
        start(link, text, true);
        return;
    }
    waiting = malloc(sizeof *waiting + text.len);
    check(waiting != NULL);
    waiting->len = text.len;
    memcpy(waiting->text, text.ptr, text.len);
    waiting->next = waiting;
    if (link->in_last) {
        waiting->next = link->in_last->next;
        link->in_last->next = waiting;
    }
    link->in_last = waiting;
    if (++link->in_count >= IN_WAITING_MAX && !link->paused) {
        link->paused = true;
        engine->host.net.pause(engine->host.net.net, link->conn, true);
    }
}

struct inframe *in_take(struct link *link)
{
    struct inframe *frame = link->in_last ? link->in_last->next : NULL;

    if (!frame)
        return NULL;
    if (frame == link->in_last)
        link->in_last = NULL;
    else
        link->in_last->next = frame->next;
    link->in_count--;
    return frame;
}

void in_next(struct link *link)
{
    struct engine *engine = link->ocpp->engine;

    link->draining = true; /* what ends at once inside goes on in this loop */
    while (link->in_last && !link->busy && !link->closing) {
        struct inframe *frame = in_take(link);
        conn_id conn = link->conn;
        start(link, (struct str){ frame->text, frame->len }, true);
        free(frame);
        if (link_of_conn(engine, conn) != link)
            return; /* closed by what it said */
    }
    link->draining = false;
    if (link->paused && link->in_count < IN_WAITING_MAX / 2) {
        link->paused = false;
        engine->host.net.pause(engine->host.net.net, link->conn, false);
    }
}
