#include "table.h"

#include "base/time.h"
#include "domain/words.h"

enum { ROWS_MAX = 10000 };

/* --- columns ------------------------------------------------------------- */

/* Numbers that have words. */
static const struct {
    enum row_kind kind;
    const char *column;
    const struct str *words;
    int64_t count;
} worded[] = {
    { ROW_station, "registration", registration_words, REGISTRATION_COUNT },
    { ROW_station, "protocol", protocol_words, PROTOCOL_COUNT },
    { ROW_station, "protocol_default", protocol_words, PROTOCOL_COUNT },
    { ROW_station, "unknown_tokens", unknown_tokens_words, UNKNOWN_TOKENS_COUNT },
    { ROW_site, "unknown_tokens", unknown_tokens_words, UNKNOWN_TOKENS_COUNT },
    { ROW_connector, "status", connector_status_words, STATUS_COUNT },
    { ROW_session, "state", session_state_words, SESSION_COUNT },
    { ROW_session, "token_status", token_status_words, TOKEN_COUNT },
    { ROW_session, "charging_state", charging_state_words, CHARGING_COUNT },
    { ROW_token, "status", token_status_words, TOKEN_COUNT },
};

/* Ids of rows that have names. */
static const struct {
    const char *column;
    enum row_kind of;
} named[] = { { "station", ROW_station }, { "site", ROW_site } };

static bool read_flags(struct str value, int64_t *flags)
{
    struct str rest = value, part;

    *flags = 0;
    if (str_equal(value, STR("-")))
        return true;
    while (str_cut(&rest, ',', &part)) {
        int64_t flag = word_find(session_flag_words, FLAG_COUNT, part);
        if (flag < 0)
            return false;
        *flags |= INT64_C(1) << flag;
    }
    return true;
}

static struct str show_flags(int64_t flags, struct arena *arena)
{
    struct buf out;

    buf_init_arena(&out, arena, 1024);
    for (int flag = 0; flag < FLAG_COUNT; flag++)
        if (flags & (INT64_C(1) << flag))
            buf_printf(&out, "%s%.*s", out.len ? "," : "", STR_ARGS(session_flag_words[flag]));
    return out.len ? buf_str(&out) : STR("-");
}

static bool read_name(struct stage *stage, const char *column, struct str value, int64_t *id)
{
    for (size_t i = 0; i < COUNT(named); i++)
        if (str_equal(str_of(column), str_of(named[i].column)) && stage->server.up) {
            const struct row_head *head =
                world_find_name(&stage->server.engine.world, named[i].of, value);
            *id = head ? head->id : 0;
            return head != NULL;
        }
    return false;
}

static bool read_number(struct stage *stage, enum row_kind kind, const struct col_desc *col,
                        struct str value, int64_t *number)
{
    enum time_flaw flaw;

    if (col->type == COL_BOOL) {
        *number = str_equal(value, STR("yes"));
        return *number || str_equal(value, STR("no"));
    }
    if (col->type == COL_TIME) {
        *number = UTC_UNKNOWN;
        return str_equal(value, STR("-")) || time_parse(value, number, &flaw);
    }
    if (kind == ROW_session && str_equal(str_of(col->name), STR("flags")))
        return read_flags(value, number);
    for (size_t i = 0; i < COUNT(worded); i++)
        if (worded[i].kind == kind && str_equal(str_of(worded[i].column), str_of(col->name))) {
            *number = word_find(worded[i].words, worded[i].count, value);
            return *number >= 0;
        }
    return read_name(stage, col->name, value, number) || str_to_i64(value, number);
}

static struct str show_time(utc_ms at, struct arena *arena)
{
    char text[TIME_TEXT_LEN];

    if (at == UTC_UNKNOWN || at == UTC_NEVER)
        return STR("-");
    time_format(at, text);
    return arena_copy(arena, (struct str){ text, sizeof text });
}

static struct str show(enum row_kind kind, const void *row, const struct col_desc *col,
                       struct arena *arena)
{
    int64_t number;

    if (col_is_span(col))
        return row_span(row, col);
    number = row_number(row, col);
    if (col->type == COL_BOOL)
        return number ? STR("yes") : STR("no");
    if (col->type == COL_TIME)
        return show_time(number, arena);
    if (kind == ROW_session && str_equal(str_of(col->name), STR("flags")))
        return show_flags(number, arena);
    for (size_t i = 0; i < COUNT(worded); i++)
        if (worded[i].kind == kind && str_equal(str_of(worded[i].column), str_of(col->name)))
            return word_of(worded[i].words, worded[i].count, number);
    return arena_printf(arena, "%lld", (long long)number);
}

static const struct col_desc *column(enum row_kind kind, struct str name, struct arena *arena,
                                     struct str *why)
{
    int at = row_find_col(kind, name);

    if (at == ROW_NO_COL) {
        *why = arena_printf(arena, "%s has no column %.*s", row_descs[kind].table, STR_ARGS(name));
        return NULL;
    }
    return &row_descs[kind].cols[at];
}

bool table_term(struct str word, struct table_term *term)
{
    int64_t equals = str_find_byte(word, '='), part = str_find_byte(word, '~');
    int64_t at = equals >= 0 && (part < 0 || equals < part) ? equals : part;

    if (at <= 0)
        return false;
    term->part = at == part;
    term->column = str_first(word, (uint32_t)at);
    term->value = str_from(word, (uint32_t)at + 1);
    return true;
}

enum row_kind table_kind(struct str name)
{
    enum row_kind kind = 0;

    while (kind < ROW_KIND_COUNT && !str_equal(str_of(row_descs[kind].table), name))
        kind++;
    return kind;
}

/* --- look ---------------------------------------------------------------- */

/* energy_wh=1.234 */
static bool energy_holds(const struct session_row *session, const struct table_term *term,
                         struct arena *arena, struct str *why)
{
    int64_t mwh;

    *why = arena_printf(arena, "energy is %lld mWh", (long long)session->energy_mwh);
    return str_to_decimal(term->value, 3, &mwh) && mwh == session->energy_mwh;
}

bool table_holds(struct stage *stage, enum row_kind kind, const void *row,
                 const struct table_term *term, struct arena *arena, struct str *why)
{
    const struct col_desc *col;
    struct str shown;
    int64_t wanted;

    if (kind == ROW_session && str_equal(term->column, STR("energy_wh")))
        return energy_holds(row, term, arena, why);
    col = column(kind, term->column, arena, why);
    if (!col)
        return false;
    shown = show(kind, row, col, arena);
    *why = arena_printf(arena, "%s is %.*s", col->name, STR_ARGS(shown));
    if (term->part)
        return str_contains_nocase(shown, term->value);
    if (col_is_span(col))
        return str_equal(shown, term->value);
    if (!read_number(stage, kind, col, term->value, &wanted)) {
        *why = arena_printf(arena, "%.*s is no %s", STR_ARGS(term->value), col->name);
        return false;
    }
    return row_number(row, col) == wanted;
}

/* What is in memory is newer than what is stored. */
static const void *newest(struct stage *stage, enum row_kind kind, const void *row)
{
    const void *kept = stage->server.up ? world_find(&stage->server.engine.world, kind,
                                                     ((const struct row_head *)row)->id)
                                        : NULL;

    return kept ? kept : row;
}

bool table_find(struct stage *stage, enum row_kind kind, const struct table_term *terms,
                uint32_t count, struct arena *arena, struct store_rows *rows, struct str *why)
{
    const struct store_query query = { .kind = kind, .limit = ROWS_MAX };
    struct store_reader *reader = stage->server.reader;
    struct store_rows all;
    struct str ignored;

    for (uint32_t i = 0; i < count; i++)
        if (!str_equal(terms[i].column, STR("energy_wh")) &&
            !column(kind, terms[i].column, arena, why))
            return false;
    if (reader->ops->query(reader, &query, arena, &all) != ERR_NONE) {
        *why = STR("the store cannot be read");
        return false;
    }
    rows->rows = ARENA_NEW_ARRAY(arena, void *, all.count);
    rows->count = 0;
    for (uint32_t i = 0; i < all.count; i++) {
        const void *row = newest(stage, kind, all.rows[i]);
        bool fits = true;
        for (uint32_t k = 0; k < count && fits; k++)
            fits = table_holds(stage, kind, row, &terms[k], arena, &ignored);
        if (fits)
            rows->rows[rows->count++] = row_clone(kind, row, arena);
    }
    return true;
}

/* --- change -------------------------------------------------------------- */

struct put_input {
    struct stage *stage;
    enum row_kind kind;
    const struct table_term *terms;
    uint32_t count;
    struct arena *arena;
    struct str *why;
};

/* What a station or token is when nothing is said: known for long, and asked before. */
static void put_usual(struct turn *turn, enum row_kind kind, void *row)
{
    if (kind == ROW_station) {
        struct station_row *station = row;
        station->tenant = 1;
        station->created_at = station->booted_at = station->asked_at = turn->now;
    } else if (kind == ROW_token) {
        ((struct token_row *)row)->tenant = 1;
    } else if (kind == ROW_site) {
        ((struct site_row *)row)->tenant = 1;
    }
}

static bool put_term(const struct put_input *input, const struct table_term *term, void *row)
{
    const struct col_desc *col = column(input->kind, term->column, input->arena, input->why);
    int64_t number;

    if (!col)
        return false;
    if (col_is_span(col)) {
        row_set_span(row, col, term->value);
        return true;
    }
    *input->why = arena_printf(input->arena, "%.*s is no %s", STR_ARGS(term->value), col->name);
    if (!read_number(input->stage, input->kind, col, term->value, &number))
        return false;
    row_set_number(row, col, number);
    return true;
}

static enum err put_turn(struct turn *turn)
{
    const struct put_input *input = turn->input;
    const struct table_term *first = &input->terms[0];
    int at = row_find_col(input->kind, first->column);
    bool unique = at != ROW_NO_COL && (row_descs[input->kind].cols[at].flags & COL_UNIQUE);
    const void *before = unique ? turn_find_name(turn, input->kind, first->value) : NULL;
    void *row = before ? turn_edit(turn, input->kind, before) : turn_new(turn, input->kind);

    if (!before)
        put_usual(turn, input->kind, row);
    for (uint32_t i = 0; i < input->count; i++)
        if (!put_term(input, &input->terms[i], row))
            return ERR_BAD_VALUE;
    return ERR_NONE;
}

bool table_put(struct stage *stage, enum row_kind kind, const struct table_term *terms,
               uint32_t count, struct arena *arena, struct str *why)
{
    const struct put_input input = { stage, kind, terms, count, arena, why };
    struct turn *turn;

    *why = STR("a row is put with its columns, while the server runs");
    if (!stage->server.up || count == 0 || !world_keeps(kind, NULL))
        return false;
    turn = engine_turn(&stage->server.engine, put_turn, &input, sizeof input);
    return turn && engine_go(turn) == ERR_NONE;
}
