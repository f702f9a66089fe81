#include "ocpp/frame.h"

#include "json/cursor.h"
#include "json/writer.h"

enum { PARTS_MAX = 6 };

static enum frame_type type_of(struct str part)
{
    int64_t number;

    /* 2.0 is the number 2 in JSON; "2" is none (B21). */
    if (!str_to_decimal(part, 1, &number) || number % 10 != 0)
        return FRAME_NONE;
    number /= 10;
    return number >= FRAME_CALL && number <= FRAME_SEND ? (enum frame_type)number : FRAME_NONE;
}

static bool read_id(struct str part, struct arena *arena, struct str *id)
{
    return json_value_str(part, arena, id) && id->len > 0 && utf8_length(*id) <= MESSAGE_ID_MAX;
}

static bool is_object(struct str part)
{
    return part.len >= 2 && part.ptr[0] == '{';
}

static enum err read_call(const struct str *parts, uint32_t count, struct arena *arena,
                          struct frame *frame)
{
    if (count != 4 || !json_value_str(parts[2], arena, &frame->action) || !is_object(parts[3]))
        return ERR_BAD_FORMAT;
    frame->payload = parts[3];
    return ERR_NONE;
}

/* Some stations leave parts out of a CALLERROR (lbbrhzn#899): what is there is taken. */
static enum err read_error(const struct str *parts, uint32_t count, struct arena *arena,
                           struct frame *frame)
{
    frame->error_code = frame->error_text = STR_NONE;
    if (count > 2 && !json_value_str(parts[2], arena, &frame->error_code))
        frame->error_code = STR_NONE;
    if (count > 3 && !json_value_str(parts[3], arena, &frame->error_text))
        frame->error_text = STR_NONE;
    frame->payload = count > 4 && is_object(parts[4]) ? parts[4] : STR("{}");
    return ERR_NONE;
}

enum err frame_read(struct str text, struct arena *arena, struct frame *frame)
{
    struct str parts[PARTS_MAX];
    uint32_t count;

    *frame = (struct frame){ .id = STR("-1"), .action = STR_NONE, .payload = STR("{}") };
    if (json_array_spans(text, parts, PARTS_MAX, &count) != ERR_NONE || count < 2)
        return ERR_FRAMEWORK;
    frame->type = type_of(parts[0]);
    if (frame->type == FRAME_NONE)
        return str_find_byte(STR("0123456789"), parts[0].ptr[0]) >= 0 ? ERR_NONE : ERR_FRAMEWORK;
    if (!read_id(parts[1], arena, &frame->id)) {
        frame->id = STR("-1");
        return ERR_FRAMEWORK;
    }
    switch (frame->type) {
    case FRAME_CALL:
    case FRAME_SEND:
        return read_call(parts, count, arena, frame);
    case FRAME_RESULT:
        frame->payload = count > 2 ? parts[2] : STR("{}");
        return ERR_NONE;
    case FRAME_ERROR:
    case FRAME_RESULT_ERROR:
        return read_error(parts, count, arena, frame);
    case FRAME_NONE:
        break;
    }
    return ERR_NONE;
}

bool frame_read_head(struct str text, struct arena *arena, struct frame *frame)
{
    struct str type, id, action;
    struct json_items items;

    *frame = (struct frame){ .type = FRAME_CALL, .id = STR("-1"), .unread = true };
    return json_items_open(&items, text) && json_items_next(&items, &type) == ERR_NONE &&
           str_equal(type, STR("2")) && json_items_next(&items, &id) == ERR_NONE &&
           read_id(id, arena, &frame->id) && json_items_next(&items, &action) == ERR_NONE &&
           json_value_str(action, arena, &frame->action) &&
           json_items_rest(&items, &frame->payload) == ERR_NONE && is_object(frame->payload);
}

bool frame_is_call(struct str text)
{
    return text.len > 2 && text.ptr[0] == '[' && text.ptr[1] == '2' && text.ptr[2] == ',';
}

struct str frame_write_result(struct arena *arena, struct str id, struct str payload)
{
    struct json_writer json;
    struct buf buf;

    buf_init_arena(&buf, arena, payload.len + 512);
    json = json_writer(&buf);
    json_array_begin(&json);
    json_i64(&json, FRAME_RESULT);
    json_str(&json, id);
    json_raw(&json, payload);
    json_array_end(&json);
    return buf_str(&buf);
}

static struct str cut(struct str text, uint32_t points_max)
{
    uint32_t at = 0, points = 0;

    for (; at < text.len; at++) {
        points += ((unsigned char)text.ptr[at] & 0xc0) != 0x80;
        if (points > points_max)
            break;
    }
    return str_first(text, at);
}

struct str frame_write_error(struct arena *arena, struct str id, struct str code, struct str text)
{
    struct json_writer json;
    struct buf buf;

    buf_init_arena(&buf, arena, 8192);
    json = json_writer(&buf);
    json_array_begin(&json);
    json_i64(&json, FRAME_ERROR);
    json_str(&json, id);
    json_str(&json, code);
    json_str(&json, cut(text, ERROR_TEXT_MAX));
    json_object_begin(&json);
    json_object_end(&json);
    json_array_end(&json);
    return buf_str(&buf);
}
