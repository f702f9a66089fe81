#include "sim/frame.h"

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_space(struct str *rest)
{
    while (rest->len > 0 && is_space(*rest->ptr))
        *rest = str_from(*rest, 1);
}

/* The length of the string that begins here, quotes included; 0: it does not end. */
static uint32_t string_length(struct str text)
{
    for (uint32_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '"')
            return i + 1;
    }
    return 0;
}

/* The length of the value that begins here: up to its closing bracket, or to what cannot belong to
 * it. What is inside is the codec's concern. */
static uint32_t value_length(struct str text)
{
    uint32_t depth = 0, at = 0;

    while (at < text.len) {
        char byte = text.ptr[at];
        uint32_t step = 1;

        if (byte == '"')
            step = string_length(str_from(text, at));
        else if (byte == '{' || byte == '[')
            depth++;
        else if (depth == 0 && (byte == ',' || byte == ']' || byte == '}' || is_space(byte)))
            return at;
        else if (byte == '}' || byte == ']')
            depth--;
        if (step == 0)
            return 0;
        at += step;
        if (depth == 0 && (byte == '"' || byte == '}' || byte == ']'))
            return at;
    }
    return 0;
}

/* Takes a value and the comma or bracket behind it. */
static bool take_value(struct str *rest, struct str *value, char *end)
{
    uint32_t len;

    skip_space(rest);
    len = value_length(*rest);
    if (len == 0)
        return false;
    *value = str_first(*rest, len);
    *rest = str_from(*rest, len);
    skip_space(rest);
    if (rest->len == 0 || (*rest->ptr != ',' && *rest->ptr != ']'))
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
    struct str parts[ELEMENTS_MAX], rest = text;
    uint32_t count = 0;
    int64_t type;
    char end = ',';

    skip_space(&rest);
    if (rest.len == 0 || *rest.ptr != '[')
        return false;
    rest = str_from(rest, 1);
    while (end == ',' && count < ELEMENTS_MAX)
        if (!take_value(&rest, &parts[count++], &end))
            return false;
    skip_space(&rest);
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
