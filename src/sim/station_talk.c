/* station_talk.c: one call at a time, answers, retries. 1.6 §4.1.1 and §9.1.29; 2.0.1 Part 4
 * §4.1.3. */
#include "sim/frame.h"
#include "sim/speak.h"
#include "sim/station_inner.h"

#include <stdlib.h>

#define UNANSWERED_MAX 2 /* then the connection is taken for dead */
#define LATE_MAX_MS    25000

void sim_station_land(struct sim_station *station)
{
    if (station->flying.tx)
        sim_tx_drop(station->flying.tx);
    station->flying = (struct sim_message){ 0 };
    station->timers[TIMER_ANSWER] = UTC_NEVER;
}

static void send_message(struct sim_station *station, const struct sim_message *message)
{
    struct arena *arena = &station->shared->arena;
    struct buf payload, frame, id;
    struct str action;

    buf_init(&id, station->frame_id, sizeof station->frame_id);
    buf_printf(&id, "%08llx-%llx", (unsigned long long)(station->id_salt >> 32),
               (unsigned long long)message->id);
    buf_init_arena(&payload, arena, SIM_FRAME_MAX);
    buf_init_arena(&frame, arena, SIM_FRAME_MAX);
    action = sim_speak(station->dialect, station, message, &payload);
    sim_frame_write_call(&frame, buf_str(&id), action, buf_str(&payload));
    check(!payload.overflow && !frame.overflow);
    station->shared->counts.calls++;
    if (!station->half_open && !station->link.send(station->link.host, buf_str(&frame)))
        sim_station_cut(station);
    arena_reset(arena);
}

void sim_station_pump(struct sim_station *station)
{
    struct sim_message *message;
    int32_t at;

    if (!station->powered || station->link_state != LINK_OPEN || station->flying.id != 0)
        return;
    at = outbox_next(&station->outbox, station->now, station->boot != BOOT_ACCEPTED,
                     &station->timers[TIMER_OUTBOX]);
    if (at < 0)
        return;
    message = &station->outbox.items[at];
    if (message->id == 0)
        message->id = ++station->id_next;
    if (outbox_is_fact(message) && message->attempts == 0 && !message->resend)
        message->tx->ledger->sent_count++;
    station->flying = *message;
    if (station->flying.tx)
        sim_tx_hold(station->flying.tx);
    if (!outbox_is_fact(message))
        outbox_remove(&station->outbox, (uint32_t)at);
    station->timers[TIMER_ANSWER] =
        station->now + settings_number(&station->settings, SETTING_message_timeout_s) * 1000LL;
    send_message(station, &station->flying);
}

/* A fact that the server did not take is tried again, later each time, and given up in the end (1.6
 * §3.7.1). */
static void try_again(struct sim_station *station)
{
    int32_t at = outbox_find(&station->outbox, station->flying.id);
    int32_t attempts_max = settings_number(&station->settings, SETTING_attempts);
    struct sim_message *message;
    int64_t wait_s;

    if (at < 0 || !outbox_is_fact(&station->flying))
        return;
    message = &station->outbox.items[at];
    message->attempts++;
    if (message->attempts >= attempts_max) {
        message->tx->ledger->given_up += !message->resend;
        outbox_remove(&station->outbox, (uint32_t)at);
        return;
    }
    wait_s = (int64_t)message->attempts * settings_number(&station->settings, SETTING_retry_s);
    message->not_before = station->now + wait_s * 1000;
}

/* Nobody will say whether the card is good. */
static void unanswered(struct sim_station *station, const struct sim_message *message, bool refused)
{
    bool offline_yes = settings_number(&station->settings, SETTING_authorize_offline) != 0;

    if (message->kind == SIM_AUTHORIZE)
        sim_evse_authorized(station, &station->evses[message->evse - 1], !refused && offline_yes,
                            SIM_TRIGGER_AUTHORIZED);
    if (message->kind == SIM_BOOT && station->boot == BOOT_SENT)
        sim_station_booted(station, BOOT_NEEDED, 0);
}

void sim_station_answer_timeout(struct sim_station *station)
{
    struct sim_message flying = station->flying;

    if (station->link_state == LINK_CONNECTING) {
        sim_station_cut(station);
        return;
    }
    if (flying.id == 0)
        return;
    station->shared->counts.timeouts++;
    station->unanswered++;
    try_again(station);
    sim_station_land(station);
    unanswered(station, &flying, false);
    if (station->unanswered >= UNANSWERED_MAX && !station->half_open)
        sim_station_cut(station);
}

/* The fault of the day: a fact that was answered goes out once more. */
static void repeat(struct sim_station *station, const struct sim_message *message)
{
    struct sim_message again = *message;

    if (station->repeat == FAULT_KIND_COUNT || message->resend)
        return;
    again.resend = true;
    again.attempts = 0;
    again.not_before =
        station->repeat == FAULT_LATE_REPEAT ? station->now + station->repeat_delay_ms : 0;
    if (station->repeat != FAULT_REPEAT_SAME_ID)
        again.id = 0;
    station->repeat = FAULT_KIND_COUNT;
    outbox_add(&station->outbox, &again);
}

static void note(struct sim_station *station, const struct sim_message *message)
{
    struct ledger_fact fact = {
        .kind = message->kind,
        .seq_no = station->setup.protocol == SIM_16 ? -1 : message->seq_no,
        .at = message->at,
        .register_mwh = message->sampled ? message->sample.register_mwh : -1,
    };

    if (!message->resend)
        ledger_acked(&station->shared->ledger, message->tx->ledger, &fact);
}

static void on_result(struct sim_station *station, const struct sim_frame *frame)
{
    struct sim_message flying = station->flying;
    int32_t at;

    station->shared->counts.answers++;
    station->unanswered = 0;
    if (outbox_is_fact(&flying))
        note(station, &flying);
    if (station->dialect->answered(station, &flying, frame->payload) != ERR_NONE) {
        station->shared->counts.errors++;
        unanswered(station, &flying, true);
    }
    at = outbox_find(&station->outbox, flying.id);
    if (outbox_is_fact(&flying)) {
        if (at >= 0)
            outbox_remove(&station->outbox, (uint32_t)at);
        repeat(station, &flying);
    }
    if (station->flying.id == flying.id)
        sim_station_land(station);
}

static void on_error(struct sim_station *station)
{
    struct sim_message flying = station->flying;

    station->shared->counts.errors++;
    station->unanswered = 0;
    try_again(station);
    sim_station_land(station);
    unanswered(station, &flying, true);
}

static void on_call(struct sim_station *station, const struct sim_frame *frame)
{
    struct arena *arena = &station->shared->arena;
    struct sim_answer answer = { 0 };
    struct buf out;

    buf_init_arena(&answer.payload, arena, SIM_FRAME_MAX);
    buf_init_arena(&out, arena, SIM_FRAME_MAX);
    station->shared->counts.answered_calls++;
    station->dialect->called(station, frame->action, frame->payload, &answer);
    if (station->link_state != LINK_OPEN)
        return;
    if (answer.error)
        sim_frame_write_error(&out, frame->id, str_of(answer.error),
                              str_of(answer.description ? answer.description : ""));
    else
        sim_frame_write_result(&out, frame->id, buf_str(&answer.payload));
    check(!answer.payload.overflow && !out.overflow);
    if (!station->link.send(station->link.host, buf_str(&out)))
        sim_station_cut(station);
}

/* --- calls that wait ---------------------------------------------------------------------- */

void sim_station_forget_late(struct sim_station *station)
{
    while (station->late_count > 0)
        free(station->late[--station->late_count].text);
    station->timers[TIMER_LATE] = UTC_NEVER;
}

static void put_off(struct sim_station *station, struct str text)
{
    struct sim_late *late = &station->late[station->late_count];
    utc_ms before = station->late_count ? late[-1].due : station->now;
    char *copy = station->late_count < SIM_LATE_MAX ? malloc(text.len) : NULL;

    if (!copy) {
        sim_station_cut(station);
        return;
    }
    memcpy(copy, text.ptr, text.len);
    *late = (struct sim_late){ copy, text.len,
                               station->now + rand_range(&station->rand, 0, LATE_MAX_MS) };
    late->due = late->due > before ? late->due : before;
    if (station->late_count++ == 0)
        station->timers[TIMER_LATE] = late->due;
}

void sim_station_work_off(struct sim_station *station)
{
    struct sim_late late = station->late[0];
    struct sim_frame frame;

    station->late_count--;
    memmove(station->late, station->late + 1, station->late_count * sizeof *station->late);
    if (station->late_count)
        station->timers[TIMER_LATE] = station->late[0].due;
    if (!station->half_open && !station->deaf &&
        sim_frame_read((struct str){ late.text, late.len }, &frame))
        on_call(station, &frame);
    arena_reset(&station->shared->arena);
    free(late.text);
}

void sim_station_read(struct sim_station *station, struct str text)
{
    struct sim_frame frame;

    if (!sim_frame_read(text, &frame)) {
        station->shared->counts.errors++;
        return;
    }
    if (frame.type == SIM_FRAME_CALL) {
        if (sim_has_flaw(&station->control, FLAW_SLOW))
            put_off(station, text);
        else
            on_call(station, &frame);
        return;
    }
    /* An answer to what nobody asked, or asked on an older connection, is no answer. */
    if (station->flying.id == 0 || !str_equal(frame.id, str_of(station->frame_id)))
        return;
    if (frame.type == SIM_FRAME_RESULT)
        on_result(station, &frame);
    else
        on_error(station);
}
