/* import_line.c: a file of an import, line by line. */
#include "api/import.h"

#define ID_NONE UINT32_MAX

static void note_error(struct import *import)
{
    struct json_writer *json = &import->errors_json;
    struct request *request = import->request;

    if (import->errors++ >= IMPORT_ERRORS_MAX)
        return;
    json_object_begin(json);
    json_key_i64(json, "line", import->line.number);
    json_key(json, "field");
    if (request->field.len)
        json_str(json, request->field);
    else
        json_null(json);
    json_key_str(json, "detail", request->detail);
    json_object_end(json);
    request->field = request->detail = STR_NONE;
}

/* A comma that nobody quoted moves all cells behind it. */
static enum err check_width(struct import *import)
{
    for (uint32_t i = import->heading.count; i < import->line.count; i++)
        if (import->line.cells[i].len)
            return problem_field(import->request, ERR_BAD_VALUE, STR_NONE,
                                 "The line has more cells than the heading.");
    return ERR_NONE;
}

static enum err read_row(struct import *import, const struct import_kind *kind, void *row)
{
    if (check_width(import) != ERR_NONE)
        return ERR_BAD_VALUE;
    for (uint32_t i = 0; i < import->line.count && i < import->heading.count; i++) {
        struct str name = import->heading.cells[i], value = import->line.cells[i];
        enum err err;
        if (i == import->id_column)
            continue;
        err = kind->column ? kind->column(import, row, name, value) : ERR_UNKNOWN_FIELD;
        if (err == ERR_UNKNOWN_FIELD && value.len) /* an empty cell leaves the field as it is */
            err = resource_read_text(import->request, kind->resource, name, value, row);
        else if (err == ERR_UNKNOWN_FIELD)
            err = ERR_NONE;
        if (err != ERR_NONE)
            return err;
    }
    return kind->finish ? kind->finish(import, row) : ERR_NONE;
}

/* Did this id stand in the file before? Two new rows with one id would be one too many. */
static bool is_repeated(struct import *import, const struct import_kind *kind, struct str id)
{
    uint64_t hash = kind->any_case ? str_hash_nocase(id) : str_hash(id);
    uint32_t i = (uint32_t)hash & (import->places - 1);

    hash = hash ? hash : 1;
    while (import->seen[i] && import->seen[i] != hash)
        i = (i + 1) & (import->places - 1);
    if (import->seen[i])
        return true;
    import->seen[i] = hash;
    return false;
}

/* The row that the line would make, in the turn's arena; NULL: the line is wrong. */
static void *row_of_line(struct import *import, const struct import_kind *kind, struct str id,
                         const void *before)
{
    void *row =
        before ? row_clone(kind->row_kind, before, import->turn->arena) : kind->make(import, id);

    import->own_given = false;
    return row && read_row(import, kind, row) == ERR_NONE ? row : NULL;
}

static void take_row(struct import *import, const struct import_kind *kind, const void *before,
                     void *row)
{
    struct turn *turn = import->turn;
    struct str old = before ? resource_settings(turn, kind->resource, before) : STR_NONE;

    if (before)
        memcpy(turn_edit(turn, kind->row_kind, before), row, row_descs[kind->row_kind].size);
    turn_audit(turn, before ? kind->audit_update : kind->audit_create,
               arena_printf(turn->arena, "%s:%.*s", kind->word,
                            STR_ARGS(import->line.cells[import->id_column])),
               old, resource_settings(turn, kind->resource, row));
    if (kind->changed)
        kind->changed(import, before, row);
}

static void import_line(struct import *import, const struct import_kind *kind)
{
    struct str id =
        import->id_column < import->line.count ? import->line.cells[import->id_column] : STR_NONE;
    const void *before = id.len ? turn_find_name(import->turn, kind->row_kind, id) : NULL;
    void *row;

    if (id.len == 0)
        (void)problem_field(import->request, ERR_BAD_VALUE, STR("id"), "It is missing.");
    else if (is_repeated(import, kind, id))
        (void)problem_field(import->request, ERR_BAD_VALUE, STR("id"),
                            "It stands in this file twice.");
    row = import->request->detail.len ? NULL : row_of_line(import, kind, id, before);
    if (!row) {
        note_error(import);
    } else if (before && row_equal(kind->row_kind, before, row)) {
        import->unchanged++;
    } else {
        import->created += before == NULL;
        import->updated += before != NULL;
        take_row(import, kind, before, row);
    }
}

/* --- the heading ---------------------------------------------------------- */

/* Known, and only once: what a column that is misspelt holds would be lost without a word. */
static enum err check_column(struct import *import, const struct import_kind *kind, uint32_t column)
{
    struct str name = import->heading.cells[column];

    for (uint32_t i = 0; i < column; i++)
        if (str_equal(import->heading.cells[i], name))
            return problem_field(import->request, ERR_BAD_OCCURRENCE, name,
                                 "There are two columns of this name.");
    if (!str_equal(name, kind->own) && !resource_takes(kind->resource, name))
        return problem_field(import->request, ERR_UNKNOWN_FIELD, name, "No column has this name.");
    return ERR_NONE;
}

static enum err read_heading(struct import *import, const struct import_kind *kind,
                             struct arena *arena)
{
    enum err err = csv_read(&import->reader, arena, &import->heading);

    if (err != ERR_NONE)
        return problem_set(import->request, ERR_BAD_FORMAT, "The first line names the columns.");
    /* Spreadsheets end all lines with the separators of columns that are empty. */
    while (import->heading.count && !import->heading.cells[import->heading.count - 1].len)
        import->heading.count--;
    import->id_column = ID_NONE;
    for (uint32_t i = 0; i < import->heading.count && err == ERR_NONE; i++) {
        err = check_column(import, kind, i);
        if (str_equal(import->heading.cells[i], STR("id")))
            import->id_column = i;
    }
    if (err != ERR_NONE)
        return err;
    if (import->id_column == ID_NONE)
        return problem_field(import->request, ERR_BAD_OCCURRENCE, STR("id"),
                             "There is no column id.");
    return ERR_NONE;
}

/* --- the file --------------------------------------------------------------- */

uint32_t import_line_ends(struct str text, uint32_t max)
{
    uint32_t ends = 0;

    for (uint32_t i = 0; i < text.len && ends < max; i++)
        ends += text.ptr[i] == '\n' ||
                (text.ptr[i] == '\r' && (i + 1 == text.len || text.ptr[i + 1] != '\n'));
    return ends;
}

static uint32_t places_for(struct str text)
{
    uint32_t lines = 1 + import_line_ends(text, IMPORT_LINES_MAX), places = 64;

    while (places < 2 * lines)
        places *= 2;
    return places;
}

enum err import_open(struct import *import, const struct import_kind *kind, struct arena *arena)
{
    struct str text = import->request->body;

    if (!utf8_valid(text))
        return problem_set(import->request, ERR_BAD_FORMAT, "The file is not UTF-8.");
    import->places = places_for(text);
    import->seen = arena_zalloc(arena, import->places, sizeof *import->seen);
    if (!import->seen)
        return ERR_FULL;
    import->lines = import->created = import->updated = import->unchanged = import->errors = 0;
    buf_init_arena(&import->errors_out, arena, 256u << 10);
    buf_init_arena(&import->passwords_out, arena, ANSWER_BYTES_MAX);
    import->errors_json = json_writer(&import->errors_out);
    import->passwords_json = json_writer(&import->passwords_out);
    json_array_begin(&import->errors_json);
    json_object_begin(&import->passwords_json);
    csv_reader_init(&import->reader, text);
    return read_heading(import, kind, arena);
}

enum err import_some(struct import *import, const struct import_kind *kind, uint32_t lines)
{
    for (uint32_t i = 0; i < lines; i++) {
        enum err err = csv_read(&import->reader, import->turn->arena, &import->line);
        if (err == ERR_BAD_FORMAT || err == ERR_TOO_LARGE)
            return problem_set(import->request, ERR_BAD_FORMAT,
                               "Near line %u: a quote does not end, or there are too many columns.",
                               import->reader.line + 1);
        if (err != ERR_NONE)
            return err; /* ERR_NOT_FOUND: the end of the file */
        if (import->lines++ == IMPORT_LINES_MAX)
            return problem_set(import->request, ERR_TOO_LARGE,
                               "At most 50,000 lines at once: import it in parts.");
        import_line(import, kind);
    }
    return ERR_NONE;
}
