/* Any payload against any descriptor. What is read strictly is written and read again without a
 * flaw and comes out the same; what is read leniently is an object whatever is in it. The first two
 * bytes choose version, action and direction. */
#include "fuzz.h"

#include "ocpp/contracts.h"
#include "json/encode.h"
#include "json/reader.h"

enum { TEXT_MAX = 1 << 20 };

static const struct json_desc *desc_of(uint8_t version, uint8_t action)
{
    const struct ocpp_actions *actions =
        ocpp_actions((enum ocpp_version)(version % OCPP_VERSION_COUNT));
    const struct ocpp_action *found = &actions->list[action % actions->count];

    return version & 0x80 && found->res ? found->res : found->req;
}

static bool written(const struct json_desc *desc, const void *object, struct arena *arena,
                    struct str *text)
{
    struct buf buf;
    struct json_writer writer;

    buf_init_arena(&buf, arena, TEXT_MAX);
    writer = json_writer(&buf);
    if (json_write_struct(desc, object, &writer) != ERR_NONE)
        return false;
    *text = buf_str(&buf);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct json_desc *desc;
    struct str text, first, second;
    struct arena arena;
    struct json_report report;
    void *object, *again, *lenient;

    if (size < 2)
        return 0;
    desc = desc_of(data[0], data[1]);
    text = fuzz_text(data + 2, size - 2);
    arena_init(&arena, NULL, 0);
    object = arena_zalloc(&arena, 1, desc->size);
    again = arena_zalloc(&arena, 1, desc->size);
    lenient = arena_zalloc(&arena, 1, desc->size);
    if (json_read(desc, text, JSON_STRICT, &arena, object, &report) == ERR_NONE) {
        check(report.count == 0);
        check(json_read(desc, text, JSON_LENIENT, &arena, lenient, &report) == ERR_NONE);
        check(report.count == 0);
        check(written(desc, object, &arena, &first));
        check(json_read(desc, first, JSON_STRICT, &arena, again, &report) == ERR_NONE);
        check(written(desc, again, &arena, &second));
        check(str_equal(first, second));
    } else if (json_read(desc, text, JSON_LENIENT, &arena, lenient, &report) == ERR_NONE) {
        check(report.count > 0);
        check(json_report_text(&report, &arena).len > 0);
    }
    arena_reset(&arena);
    free((void *)(uintptr_t)text.ptr);
    return 0;
}
