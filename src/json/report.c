#include "json/report.h"

static const struct {
    const char *text;
    enum err err;
} flaws[] = {
#define FLAW(name, text, error) [JSON_FLAW_##name] = { text, ERR_##error },
#include "json/flaw.def"
#undef FLAW
};

enum err json_flaw_err(enum json_flaw_kind kind)
{
    check(kind < JSON_FLAW_COUNT);
    return flaws[kind].err;
}

const char *json_flaw_text(enum json_flaw_kind kind)
{
    check(kind < JSON_FLAW_COUNT);
    return flaws[kind].text;
}

struct str json_report_text(const struct json_report *report, struct arena *arena)
{
    const struct json_flaw *first = &report->flaws[0];
    struct str path, text;

    if (report->count == 0)
        return STR_NONE;
    path = first->path.len ? first->path : STR("the message");
    text = report->count == 1
               ? arena_printf(arena, "%.*s %s", STR_ARGS(path), json_flaw_text(first->kind))
               : arena_printf(arena, "%.*s %s, and %u more", STR_ARGS(path),
                              json_flaw_text(first->kind), report->count - 1);
    return text.ptr ? text : STR_NONE;
}

const struct json_flaw *json_report_find(const struct json_report *report, struct str path)
{
    for (uint32_t i = 0; i < report->count && i < JSON_FLAWS_MAX; i++)
        if (str_equal(report->flaws[i].path, path))
            return &report->flaws[i];
    return NULL;
}
