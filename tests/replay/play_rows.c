/* play_rows.c: what is in the tables. */
#include "play.h"

#include "table.h"

/* Terms among the words from `from` up to "has". */
static bool read_terms(struct scene *scene, const struct line *line, uint32_t *from,
                       struct table_term *terms, uint32_t *count)
{
    *count = 0;
    for (; *from < line->count && !str_equal(line->words[*from], STR("has")); ++*from)
        if (!table_term(line->words[*from], &terms[(*count)++]))
            return scene_fail(scene, "%.*s is no column=value", STR_ARGS(line->words[*from]));
    ++*from;
    return true;
}

bool do_put(struct scene *scene, const struct line *line)
{
    struct table_term terms[WORDS_MAX];
    enum row_kind kind = line->count > 1 ? table_kind(line->words[1]) : ROW_KIND_COUNT;
    uint32_t from = 2, count;
    struct str why;

    if (kind == ROW_KIND_COUNT)
        return scene_fail(scene, "put TABLE column=value ...");
    if (!read_terms(scene, line, &from, terms, &count))
        return false;
    return table_put(&scene->stage, kind, terms, count, &scene->arena, &why)
               ? scene_settle(scene)
               : scene_fail(scene, "%.*s", STR_ARGS(why));
}

static bool all_hold(struct scene *scene, enum row_kind kind, const void *row,
                     const struct table_term *has, uint32_t count)
{
    struct str why;

    for (uint32_t i = 0; i < count; i++)
        if (!table_holds(&scene->stage, kind, row, &has[i], &scene->arena, &why))
            return scene_fail(scene, "expected %.*s=%.*s; %.*s", STR_ARGS(has[i].column),
                              STR_ARGS(has[i].value), STR_ARGS(why));
    return true;
}

/* rows N TABLE column=value ... */
bool do_rows(struct scene *scene, const struct line *line)
{
    struct table_term terms[WORDS_MAX];
    enum row_kind kind = line->count > 2 ? table_kind(line->words[2]) : ROW_KIND_COUNT;
    uint32_t from = 3, count;
    struct store_rows rows;
    struct str why;
    int64_t wanted;

    if (kind == ROW_KIND_COUNT || !str_to_i64(line->words[1], &wanted))
        return scene_fail(scene, "rows N TABLE column=value ...");
    if (!read_terms(scene, line, &from, terms, &count))
        return false;
    if (!table_find(&scene->stage, kind, terms, count, &scene->arena, &rows, &why))
        return scene_fail(scene, "%.*s", STR_ARGS(why));
    return rows.count == wanted || scene_fail(scene, "%u rows are like that", rows.count);
}

/* last TABLE has column=value ... */
bool do_last(struct scene *scene, const struct line *line)
{
    struct table_term has[WORDS_MAX];
    enum row_kind kind = line->count > 3 ? table_kind(line->words[1]) : ROW_KIND_COUNT;
    uint32_t from = 3, count;
    struct store_rows rows;
    struct str why;

    if (kind == ROW_KIND_COUNT || !str_equal(line->words[2], STR("has")))
        return scene_fail(scene, "last TABLE has column=value ...");
    if (!read_terms(scene, line, &from, has, &count))
        return false;
    if (!table_find(&scene->stage, kind, NULL, 0, &scene->arena, &rows, &why) || rows.count == 0)
        return scene_fail(scene, "there is none");
    return all_hold(scene, kind, rows.rows[rows.count - 1], has, count);
}

/* row TABLE column=value ... has column=value ... */
bool do_row(struct scene *scene, const struct line *line)
{
    struct table_term which[WORDS_MAX], has[WORDS_MAX];
    enum row_kind kind = line->count > 1 ? table_kind(line->words[1]) : ROW_KIND_COUNT;
    uint32_t from = 2, which_count, has_count;
    struct store_rows rows;
    struct str why;

    if (kind == ROW_KIND_COUNT)
        return scene_fail(scene, "row TABLE column=value ... has column=value ...");
    if (!read_terms(scene, line, &from, which, &which_count) ||
        !read_terms(scene, line, &from, has, &has_count))
        return false;
    if (has_count == 0)
        return scene_fail(scene, "what should it have?");
    if (!table_find(&scene->stage, kind, which, which_count, &scene->arena, &rows, &why))
        return scene_fail(scene, "%.*s", STR_ARGS(why));
    if (rows.count != 1)
        return scene_fail(scene, "%u rows are like that", rows.count);
    return all_hold(scene, kind, rows.rows[0], has, has_count);
}

/* inbox IDENTITY attempts=N|none [has_password=yes] */
bool do_inbox(struct scene *scene, const struct line *line)
{
    const struct inbox_entry *entry;
    int64_t attempts;
    bool with_password;

    if (line->count < 3)
        return scene_fail(scene, "inbox IDENTITY none, or attempts=N [has_password=yes]");
    entry = ocpp_inbox_find(&scene->stage.server.engine, line->words[1]);
    if (str_equal(line->words[2], STR("none")))
        return !entry || scene_fail(scene, "it is there");
    if (!entry || !str_to_i64(line_option(line, 2, "attempts", STR_NONE), &attempts))
        return scene_fail(scene, "it is not there");
    with_password = str_equal(line_option(line, 2, "has_password", STR("no")), STR("yes"));
    if (entry->attempts != attempts)
        return scene_fail(scene, "%u attempts", entry->attempts);
    return entry->has_password == with_password || scene_fail(scene, "has_password is otherwise");
}
