/* say.c: a sentence as a line of the log. */
#include "ocpp/say.h"

#include "core/log.h"

enum { NOTE_MAX = 8192 };

static struct str packed(struct arena *arena, const struct sentence *said)
{
    struct json_writer json;
    struct buf buf;

    buf_init_arena(&buf, arena, NOTE_MAX);
    json = json_writer(&buf);
    json_object_begin(&json);
    json_key_str(&json, "text", said->text);
    sentence_write_code(&json, said);
    json_object_end(&json);
    return buf.overflow ? said->text
                        : buf_str(&buf); /* what was said is worth more than its code */
}

void say_note(struct turn *turn, int64_t station, uint32_t flags, const struct sentence *said)
{
    const struct log_entry note = { .kind = LOG_NOTE,
                                    .flags = flags,
                                    .station = station,
                                    .at = turn->now,
                                    .text = packed(turn->arena, said) };

    turn_log(turn, &note, false);
}
