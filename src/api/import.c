/* import.c: stations and tokens from CSV: all or nothing, and a dry run first. */
#include "api/csv.h"
#include "api/shapes.h"
#include "api/state.h"
#include "api/station_secret.h"
#include "api/stations.h"
#include "domain/words.h"
#include "ocpp/ocpp.h"

request_fn stations_import, tokens_import;

enum { ERRORS_MAX = 100, LINES_MAX = 5000, PLACES = 16384 };
#define ID_NONE UINT32_MAX

struct import {
    struct turn *turn;
    struct request *request;
    bool dry_run, own_given; /* own_given: the line fills the column of its own */
    struct csv_line heading, line;
    uint32_t id_column;
    int64_t created, updated, unchanged, errors;
    struct json_writer errors_json, passwords_json;
    struct buf errors_out, passwords_out;
    uint64_t seen[PLACES]; /* hashes of the ids before; 0 is free */
};

/* What differs between the two. */
struct import_kind {
    enum resource resource;
    enum row_kind row_kind;
    const char *audit;
    bool any_case;  /* ids compare without case */
    struct str own; /* the column that is no field of fields.def */
    void *(*make)(struct import *import, struct str id);
    /* Reads that one; ERR_UNKNOWN_FIELD: it is another. NULL: there is none. */
    enum err (*column)(struct import *import, void *row, struct str name, struct str value);
    /* After the last column: is the row whole? */
    enum err (*finish)(struct import *import, void *row, bool is_new);
};

static void note_error(struct import *import)
{
    struct json_writer *json = &import->errors_json;
    struct request *request = import->request;

    if (import->errors++ >= ERRORS_MAX)
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

static enum err read_row(struct import *import, const struct import_kind *kind, void *row,
                         bool is_new)
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
    return kind->finish ? kind->finish(import, row, is_new) : ERR_NONE;
}

/* Did this id stand in the file before? Two new rows with one id would be one too many. */
static bool is_repeated(struct import *import, const struct import_kind *kind, struct str id)
{
    uint64_t hash = kind->any_case ? str_hash_nocase(id) : str_hash(id);
    uint32_t i = (uint32_t)hash % PLACES;

    _Static_assert(PLACES > 2 * LINES_MAX, "there is always a free place");
    hash = hash ? hash : 1;
    while (import->seen[i] && import->seen[i] != hash)
        i = (i + 1) % PLACES;
    if (import->seen[i])
        return true;
    import->seen[i] = hash;
    return false;
}

static void import_line(struct import *import, const struct import_kind *kind)
{
    struct turn *turn = import->turn;
    struct str id =
        import->id_column < import->line.count ? import->line.cells[import->id_column] : STR_NONE;
    const void *before = id.len ? turn_find_name(turn, kind->row_kind, id) : NULL;
    void *row;

    import->own_given = false;
    if (id.len == 0) {
        (void)problem_field(import->request, ERR_BAD_VALUE, STR("id"), "It is missing.");
        note_error(import);
        return;
    }
    if (is_repeated(import, kind, id)) {
        (void)problem_field(import->request, ERR_BAD_VALUE, STR("id"),
                            "It stands in this file twice.");
        note_error(import);
        return;
    }
    if (before) {
        row = turn_edit(turn, kind->row_kind, before);
        if (read_row(import, kind, row, false) != ERR_NONE)
            note_error(import);
        else if (row_equal(kind->row_kind, before, row))
            import->unchanged++;
        else
            import->updated++;
        return;
    }
    row = kind->make(import, id);
    if (!row || read_row(import, kind, row, true) != ERR_NONE)
        note_error(import);
    else
        import->created++;
}

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
                             struct csv_reader *reader)
{
    enum err err = csv_read(reader, import->turn->arena, &import->heading);

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

static void answer(struct import *import)
{
    struct json_writer *json = &import->request->json;

    json_array_end(&import->errors_json);
    json_object_end(&import->passwords_json);
    json_object_begin(json);
    json_key_bool(json, "dry_run", import->dry_run);
    json_key_i64(json, "created", import->created);
    json_key_i64(json, "updated", import->updated);
    json_key_i64(json, "unchanged", import->unchanged);
    json_key_raw(json, "errors", buf_str(&import->errors_out));
    if (!import->dry_run && !import->errors && import->passwords_out.len > 2) {
        json_key_raw(json, "passwords", buf_str(&import->passwords_out));
        import->request->holds_secret = true;
    }
    json_object_end(json);
}

static enum err run_import(struct turn *turn, struct request *request,
                           const struct import_kind *kind)
{
    struct import *import = ARENA_NEW(turn->arena, struct import);
    struct csv_reader reader;
    uint32_t lines = 0;
    enum err err;

    if (!import)
        return ERR_FULL;
    import->turn = turn;
    import->request = request;
    buf_init_arena(&import->errors_out, turn->arena, 256u << 10);
    buf_init_arena(&import->passwords_out, turn->arena, 2u << 20);
    import->errors_json = json_writer(&import->errors_out);
    import->passwords_json = json_writer(&import->passwords_out);
    json_array_begin(&import->errors_json);
    json_object_begin(&import->passwords_json);
    if (!utf8_valid(request->body))
        return problem_set(request, ERR_BAD_FORMAT, "The file is not UTF-8.");
    err = query_bool(request, "dry_run", &import->dry_run);
    csv_reader_init(&reader, request->body);
    if (err == ERR_NONE)
        err = read_heading(import, kind, &reader);
    while (err == ERR_NONE && (err = csv_read(&reader, turn->arena, &import->line)) == ERR_NONE) {
        if (lines++ == LINES_MAX)
            return problem_set(request, ERR_TOO_LARGE,
                               "At most 5,000 lines at once: import it in parts.");
        import_line(import, kind);
    }
    if (err == ERR_BAD_FORMAT || err == ERR_TOO_LARGE)
        return problem_set(request, ERR_BAD_FORMAT,
                           "Near line %u: a quote does not end, or there are too many columns.",
                           reader.line + 1);
    if (err != ERR_NOT_FOUND) /* the end of the file */
        return err;
    if (import->dry_run || import->errors)
        turn_forget(turn); /* nothing is changed */
    else
        turn_audit(turn, kind->audit, STR("csv"), STR_NONE,
                   arena_printf(turn->arena, "{\"created\":%lld,\"updated\":%lld}",
                                (long long)import->created, (long long)import->updated));
    answer(import);
    return ERR_NONE;
}

/* --- tokens */

static void *make_token(struct import *import, struct str id)
{
    struct token_row *token;

    if (id.len > 255) {
        (void)problem_field(import->request, ERR_BAD_VALUE, STR("id"),
                            "It has at most 255 characters.");
        return NULL;
    }
    token = TURN_NEW(import->turn, token);
    token->tenant = 1;
    token->uid = id;
    token->created_at = import->turn->now;
    token->expires_at = token->used_at = UTC_UNKNOWN;
    return token;
}

enum err tokens_import(struct turn *turn, struct request *request)
{
    static const struct import_kind kind = { .resource = RESOURCE_token,
                                             .row_kind = ROW_token,
                                             .audit = "token.import",
                                             .any_case = true,
                                             .make = make_token };

    return run_import(turn, request, &kind);
}

/* --- stations */

static void *make_station(struct import *import, struct str id)
{
    struct station_row *station;

    if (!ocpp_identity_valid(id)) {
        (void)problem_field(import->request, ERR_BAD_VALUE, STR("id"),
                            "It has 1 to 48 letters, digits or *-_=+|@. characters.");
        return NULL;
    }
    station = station_make(import->turn, id);
    station->asked_at = import->turn->now;
    return station;
}

static enum err station_column(struct import *import, void *row, struct str name, struct str value)
{
    struct station_row *station = row;
    enum err err;

    if (!str_equal(name, STR("password")))
        return ERR_UNKNOWN_FIELD;
    if (value.len == 0)
        return ERR_NONE;
    import->own_given = true;
    err = station_check_password(import->request, station, value);
    if (err == ERR_NONE)
        station_set_password(import->turn, import->request, station, value);
    return err;
}

static enum err finish_station(struct import *import, void *row, bool is_new)
{
    struct station_row *station = row;
    struct secret made;

    if (is_new)
        turn_event(import->turn, "station.changed", station->id, 0);
    if (station->security_profile == 0 && import->own_given)
        return problem_field(import->request, ERR_BAD_VALUE, STR("password"),
                             "Security profile 0 asks for no password.");
    if (station->security_profile == 0)
        station_drop_password(station);
    if (station->security_profile == 0 || station->security_profile == 3 ||
        station->password_hash.len)
        return ERR_NONE;
    secret_make(&made, STATION_PASSWORD_MADE);
    station_set_password(import->turn, import->request, station, secret_str(&made));
    json_key_of(&import->passwords_json, station->identity);
    json_str(&import->passwords_json, secret_str(&made));
    secret_wipe(&made);
    return ERR_NONE;
}

enum err stations_import(struct turn *turn, struct request *request)
{
    static const struct import_kind kind = { .resource = RESOURCE_station,
                                             .row_kind = ROW_station,
                                             .audit = "station.import",
                                             .own = STR_INIT("password"),
                                             .make = make_station,
                                             .column = station_column,
                                             .finish = finish_station };

    return run_import(turn, request, &kind);
}
