/* query.c: what stands behind the '?', by type. */
#include "api/request.h"
#include "base/time.h"
#include "domain/words.h"

const struct str *query_find(const struct request *request, const char *name)
{
    for (uint32_t i = 0; i < request->query_count; i++)
        if (str_equal(request->query[i].name, str_of(name)))
            return &request->query[i].value;
    return NULL;
}

enum err query_bool(struct request *request, const char *name, bool *out)
{
    const struct str *value = query_find(request, name);

    if (!value)
        return ERR_NONE;
    if (!str_equal(*value, STR("true")) && !str_equal(*value, STR("false")))
        return problem_field(request, ERR_BAD_VALUE, str_of(name), "It is true or false.");
    *out = str_equal(*value, STR("true"));
    return ERR_NONE;
}

enum err query_i64(struct request *request, const char *name, struct range range, int64_t *out)
{
    const struct str *value = query_find(request, name);
    int64_t number;

    if (!value)
        return ERR_NONE;
    if (!str_to_i64(*value, &number) || number < range.min || number > range.max)
        return problem_field(request, ERR_BAD_VALUE, str_of(name),
                             "It is a number from %lld to %lld.", (long long)range.min,
                             (long long)range.max);
    *out = number;
    return ERR_NONE;
}

enum err query_time(struct request *request, const char *name, utc_ms *out)
{
    const struct str *value = query_find(request, name);
    enum time_flaw flaw;
    utc_ms at;

    if (!value)
        return ERR_NONE;
    if (!time_parse(*value, &at, &flaw))
        return problem_field(request, ERR_BAD_VALUE, str_of(name),
                             "It is a moment like 2026-11-24T01:48:08Z.");
    *out = at;
    return ERR_NONE;
}

enum err query_word(struct request *request, const char *name, const struct str *words,
                    int64_t count, int64_t *out)
{
    struct turn *turn = request->turn;
    const struct str *value = query_find(request, name);
    struct buf list;
    int64_t found;

    if (!value)
        return ERR_NONE;
    found = word_find(words, count, *value);
    if (found >= 0 && value->len) {
        *out = found;
        return ERR_NONE;
    }
    buf_init_arena(&list, turn->arena, 1024);
    for (int64_t i = 0; i < count; i++)
        buf_printf(&list, "%s%.*s", i ? ", " : "", STR_ARGS(words[i]));
    return problem_field(request, ERR_BAD_VALUE, str_of(name), "It is one of: %.*s.",
                         STR_ARGS(buf_str(&list)));
}

void query_station(struct turn *turn, const struct request *request, const char *name, int64_t *out)
{
    const struct str *value = query_find(request, name);
    const struct station_row *station = value ? TURN_FIND_NAME(turn, station, *value) : NULL;

    const struct gone_row *gone = NULL;

    *out = !value ? 0 : station ? station->id : -1;
    if (!value || station)
        return;
    /* The last one of this name that was deleted: its sessions stay. */
    for (uint32_t at = 0; (gone = world_next(turn_world(turn), ROW_gone, &at));)
        if (str_equal(gone->identity, *value) && gone->id > *out)
            *out = gone->id;
}

int64_t id_parse(struct str text)
{
    int64_t id;

    return str_to_i64(text, &id) && id > 0 && text.ptr[0] != '0' ? id : 0;
}

struct str id_text(struct arena *arena, int64_t id)
{
    return arena_printf(arena, "%lld", (long long)id);
}
