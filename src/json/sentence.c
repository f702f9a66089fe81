/* sentence.c: patterns with their arguments in their places. */
#include "json/sentence.h"

enum { SENTENCE_MAX = 4096 };

static const struct sentence_arg *find(const struct sentence_arg *args, struct str name)
{
    for (; args && args->name; args++)
        if (str_equal(str_of(args->name), name))
            return args;
    return NULL;
}

static void put(struct buf *buf, const struct sentence_arg *arg)
{
    if (arg->text.ptr)
        buf_put(buf, arg->text);
    else
        buf_put_decimal(buf, arg->number, arg->scale);
}

static struct str fill(struct arena *arena, struct str pattern, const struct sentence_arg *args)
{
    struct buf buf;

    buf_init_arena(&buf, arena, SENTENCE_MAX);
    while (pattern.len) {
        int64_t open = str_find_byte(pattern, '{');
        struct str rest = open < 0 ? STR_NONE : str_from(pattern, (uint32_t)open + 1);
        int64_t close = open < 0 ? -1 : str_find_byte(rest, '}');
        const struct sentence_arg *arg =
            close < 0 ? NULL : find(args, str_first(rest, (uint32_t)close));
        if (!arg) {
            uint32_t plain = open < 0 ? pattern.len : (uint32_t)open + 1;
            buf_put(&buf, str_first(pattern, plain));
            pattern = str_from(pattern, plain);
            continue;
        }
        buf_put(&buf, str_first(pattern, (uint32_t)open));
        put(&buf, arg);
        pattern = str_from(rest, (uint32_t)close + 1);
    }
    if (buf.overflow && buf.len == 0)
        return (struct str){ NULL, 0 };
    return arena_copy(arena, buf_str(&buf)); /* what was too long is cut: it is for people */
}

static struct str object_of(struct arena *arena, const struct sentence_arg *args)
{
    struct json_writer json;
    struct buf buf;

    buf_init_arena(&buf, arena, SENTENCE_MAX);
    json = json_writer(&buf);
    json_object_begin(&json);
    for (; args && args->name; args++) {
        if (args->text.ptr)
            json_key_str(&json, args->name, args->text);
        else
            json_key_decimal(&json, args->name, args->number, args->scale);
    }
    json_object_end(&json);
    return buf.overflow ? STR("{}") : buf_str(&buf);
}

struct sentence sentence_make(struct arena *arena, const char *code, const char *pattern,
                              const struct sentence_arg *args)
{
    return (struct sentence){ code, object_of(arena, args), fill(arena, str_of(pattern), args) };
}

void sentence_write_code(struct json_writer *json, const struct sentence *sentence)
{
    if (!sentence->code)
        return;
    json_key_str(json, "code", str_of(sentence->code));
    json_key_raw(json, "args", sentence->args);
}
