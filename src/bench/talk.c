#include "bench/talk.h"

#include <stdio.h>
#include <stdlib.h>

enum { ANSWER_SIZE = 256, TOLD_MAX = 200 };

int64_t clock_us(clockid_t which)
{
    struct timespec now;

    check(clock_gettime(which, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void talk_fail(struct talk_failure *failure, const char *what, uint32_t station, struct str text)
{
    if (!failure->failed)
        (void)snprintf(failure->why, sizeof failure->why, "station %u: %s: %.*s", station, what,
                       STR_ARGS(str_first(text, TOLD_MAX)));
    failure->failed = true;
}

static void send_text(struct talk talk, char *text, uint32_t len)
{
    if (!fleet_send(talk.fleet, talk.station, text, len))
        talk_fail(talk.failure, "cannot send", talk.station, STR_NONE);
}

void talk_say(struct talk talk, enum frames_protocol protocol, enum frames_step step,
              uint32_t number, int64_t transaction_id)
{
    char memory[FLEET_ROOM + FRAME_SIZE];
    const struct frames_moment moment = { .station = talk.station,
                                          .number = number,
                                          .transaction_id = transaction_id,
                                          .at = clock_us(CLOCK_REALTIME) / 1000 };

    send_text(talk, memory + FLEET_ROOM,
              frames_write(protocol, step, &moment, memory + FLEET_ROOM).len);
}

static struct str id_of(struct str call)
{
    struct str id = STR_NONE;

    for (int i = 0; i < 2 && call.ptr; i++)
        (void)str_cut(&call, '"', &id); /* the text between the first two quotes */
    return str_first(id, 36);
}

void talk_answer(struct talk talk, struct str call, const char *payload)
{
    char memory[FLEET_ROOM + ANSWER_SIZE];
    struct buf out;

    buf_init(&out, memory + FLEET_ROOM, ANSWER_SIZE);
    buf_printf(&out, "[3,\"%.*s\",%s]", STR_ARGS(id_of(call)), payload);
    send_text(talk, memory + FLEET_ROOM, out.len);
}

/* 1.6 JSON §4.2.3, 2.0.1 Part 4 §4.2.3 */
void talk_refuse(struct talk talk, struct str call)
{
    char memory[FLEET_ROOM + ANSWER_SIZE];
    struct buf out;

    buf_init(&out, memory + FLEET_ROOM, ANSWER_SIZE);
    buf_printf(&out, "[4,\"%.*s\",\"NotSupported\",\"\",{}]", STR_ARGS(id_of(call)));
    send_text(talk, memory + FLEET_ROOM, out.len);
}

int64_t talk_number(struct str text, const char *key)
{
    const char *at = memmem(text.ptr, text.len, key, strlen(key));

    return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}
