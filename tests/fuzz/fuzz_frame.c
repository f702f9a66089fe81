/* Any text is a frame or an error; what we would answer to it is a frame that we can read
 * ourselves. */
#include "fuzz.h"

#include "ocpp/frame.h"

static void read_answer(struct str answer, struct arena *arena, enum frame_type type, struct str id)
{
    struct frame frame = { 0 };

    check(answer.ptr != NULL);
    check(utf8_valid(answer));
    check(frame_read(answer, arena, &frame) == ERR_NONE);
    check(frame.type == type);
    check(str_equal(frame.id, id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    struct arena arena;
    struct frame frame = { 0 };
    enum err err;

    arena_init(&arena, NULL, 0);
    if (utf8_valid(text)) { /* net hands over nothing else */
        err = frame_read(text, &arena, &frame);
        if (err != ERR_FRAMEWORK && frame.type == FRAME_CALL) {
            check(frame.id.ptr != NULL);
            read_answer(frame_write_error(&arena, frame.id, STR("FormationViolation"), text),
                        &arena, FRAME_ERROR, frame.id);
            if (err == ERR_NONE)
                read_answer(frame_write_result(&arena, frame.id, STR("{}")), &arena, FRAME_RESULT,
                            frame.id);
        }
    }
    arena_reset(&arena);
    free((void *)(uintptr_t)text.ptr);
    return 0;
}
