#include "sim/frame.h"

#include "sim/pick.h"

/* Takes a value and the comma or bracket behind it. */
static bool take_value(struct str *rest, struct str *value, char *end)
{
    if (!pick_value(rest, value) || rest->len == 0 || (*rest->ptr != ',' && *rest->ptr != ']'))
        return false;
    *end = *rest->ptr;
    *rest = str_from(*rest, 1);
    return true;
}

static bool unquote(struct str value, struct str *inner)
{
    if (value.len < 2 || value.ptr[0] != '"')
        return false;
    *inner = (struct str){ value.ptr + 1, value.len - 2 };
    return true;
}

enum { ELEMENTS_MAX = 5 };

bool sim_frame_read(struct str text, struct sim_frame *frame)
{
    struct str parts[ELEMENTS_MAX], rest = str_trim(text);
    uint32_t count = 0;
    int64_t type;
    char end = ',';

    if (rest.len == 0 || *rest.ptr != '[')
        return false;
    rest = str_from(rest, 1);
    while (end == ',' && count < ELEMENTS_MAX)
        if (!take_value(&rest, &parts[count++], &end))
            return false;
    if (end != ']' || rest.len > 0 || count < 3 || !str_to_i64(parts[0], &type) ||
        !unquote(parts[1], &frame->id))
        return false;
    frame->type = (enum sim_frame_type)type;
    frame->action = frame->payload = STR_NONE;
    switch (type) {
    case SIM_FRAME_CALL:
        frame->payload = count == 4 ? parts[3] : STR_NONE;
        return unquote(parts[2], &frame->action) && frame->payload.len > 0;
    case SIM_FRAME_RESULT:
        frame->payload = parts[2];
        return count == 3;
    case SIM_FRAME_ERROR:
        return unquote(parts[2], &frame->action);
    default:
        return false;
    }
}

void sim_frame_write_call(struct buf *out, struct str id, struct str action, struct str payload)
{
    buf_printf(out, "[%d,\"%.*s\",\"%.*s\",", SIM_FRAME_CALL, STR_ARGS(id), STR_ARGS(action));
    buf_put(out, payload);
    buf_put_byte(out, ']');
}

void sim_frame_write_result(struct buf *out, struct str id, struct str payload)
{
    buf_printf(out, "[%d,\"%.*s\",", SIM_FRAME_RESULT, STR_ARGS(id));
    buf_put(out, payload);
    buf_put_byte(out, ']');
}

void sim_frame_write_error(struct buf *out, struct str id, struct str code, struct str description)
{
    buf_printf(out, "[%d,\"%.*s\",\"%.*s\",\"%.*s\",{}]", SIM_FRAME_ERROR, STR_ARGS(id),
               STR_ARGS(code), STR_ARGS(description));
}
