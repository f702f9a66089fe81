#include "line.h"

#include "play.h"
#include "table.h"

bool line_cut(struct scene *scene, struct str text, struct line *line)
{
    char *memory = arena_alloc(&scene->arena, text.len + 1);
    bool quoted = false, inside = false;
    uint32_t len = 0, start = 0;

    line->count = 0;
    line->text = text;
    for (uint32_t at = 0; at <= text.len; at++) {
        char c = at < text.len ? text.ptr[at] : ' ';
        if (c == '"' && !(at > 0 && text.ptr[at - 1] == '\\')) {
            quoted = !quoted;
            inside = true;
        } else if (c != ' ' || quoted) {
            memory[len++] = c;
            inside = true;
        } else if (inside) {
            if (line->count == WORDS_MAX)
                return scene_fail(scene, "too many words");
            line->words[line->count++] = (struct str){ memory + start, len - start };
            start = len;
            inside = false;
        }
    }
    return !quoted || scene_fail(scene, "a quote is open");
}

struct str line_rest(const struct line *line, uint32_t count)
{
    struct str rest = str_trim(line->text);

    for (uint32_t i = 0; i < count; i++) {
        int64_t space = str_find_byte(rest, ' ');
        rest = space < 0 ? STR_NONE : str_trim(str_from(rest, (uint32_t)space));
    }
    return rest;
}

struct str line_option(const struct line *line, uint32_t from, const char *key,
                       struct str otherwise)
{
    struct table_term term;

    for (uint32_t i = from; i < line->count; i++)
        if (table_term(line->words[i], &term) && str_equal(term.column, str_of(key)))
            return term.value;
    return otherwise;
}

bool line_duration(struct str text, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
    struct str number = str_first(text, 0);

    if (!str_starts(text, STR("+")))
        return false;
    text = str_from(text, 1);
    while (number.len < text.len && text.ptr[number.len] >= '0' && text.ptr[number.len] <= '9')
        number = str_first(text, number.len + 1);
    for (size_t i = 0; i < COUNT(units); i++)
        if (str_equal(str_from(text, number.len), str_of(units[i].unit)) &&
            str_to_i64(number, ms)) {
            *ms *= units[i].ms;
            return true;
        }
    return false;
}

struct str line_unfold(struct str text, struct arena *arena)
{
    struct buf out;

    buf_init_arena(&out, arena, UINT32_MAX);
    for (uint32_t at = 0; at < text.len; at++) {
        struct str rest = str_from(text, at), number, piece;
        int64_t times;
        uint32_t end = 2;
        while (str_starts(rest, STR("{{")) && end + 1 < rest.len &&
               !str_starts(str_from(rest, end), STR("}}")))
            end++;
        piece = str_from(str_first(rest, end), end > 2 ? 2 : 0);
        if (end == 2 || !str_cut(&piece, '*', &number) || !piece.ptr ||
            !str_to_i64(number, &times)) {
            buf_put_byte(&out, text.ptr[at]);
            continue;
        }
        for (int64_t i = 0; i < times; i++)
            buf_put(&out, piece);
        at += end + 1;
    }
    return buf_str(&out);
}
