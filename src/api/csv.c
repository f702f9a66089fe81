#include "api/csv.h"

#include "base/time.h"

static void begin_cell(struct csv_writer *csv)
{
    if (csv->comma)
        buf_put_byte(csv->out, ',');
    csv->comma = true;
}

static bool needs_quotes(struct str text)
{
    for (uint32_t i = 0; i < text.len; i++)
        if (text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\n' || text.ptr[i] == '\r')
            return true;
    return false;
}

void csv_text(struct csv_writer *csv, struct str text)
{
    bool quotes = needs_quotes(text);

    begin_cell(csv);
    if (quotes)
        buf_put_byte(csv->out, '"');
    if (text.len && strchr("=+-@\t\r", text.ptr[0]) && text.ptr[0])
        buf_put_byte(csv->out, '\'');
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            buf_put_byte(csv->out, '"');
        buf_put_byte(csv->out, text.ptr[i]);
    }
    if (quotes)
        buf_put_byte(csv->out, '"');
}

void csv_i64(struct csv_writer *csv, int64_t value)
{
    begin_cell(csv);
    buf_put_i64(csv->out, value);
}

void csv_decimal(struct csv_writer *csv, int64_t value, int scale)
{
    begin_cell(csv);
    buf_put_decimal(csv->out, value, scale);
}

void csv_time(struct csv_writer *csv, utc_ms at)
{
    char text[TIME_TEXT_LEN];

    begin_cell(csv);
    if (at == UTC_UNKNOWN)
        return;
    time_format(at, text);
    buf_put(csv->out, (struct str){ text, sizeof text });
}

void csv_words(struct csv_writer *csv, const struct str *words, int64_t count, int64_t bits)
{
    bool first = true;

    begin_cell(csv);
    for (int64_t i = 0; i < count; i++) {
        if (!(bits >> i & 1))
            continue;
        if (!first)
            buf_put_byte(csv->out, ' ');
        buf_put(csv->out, words[i]);
        first = false;
    }
}

void csv_end(struct csv_writer *csv)
{
    buf_put(csv->out, STR("\r\n"));
    csv->comma = false;
}

/* --- reading */

void csv_reader_init(struct csv_reader *reader, struct str text)
{
    struct str lines, first;

    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_from(text, 3);
    *reader = (struct csv_reader){ .rest = text, .separator = ',' };
    lines = text;
    if (text.len && str_cut(&lines, '\n', &first) && str_find_byte(first, ',') < 0 &&
        str_find_byte(first, ';') >= 0)
        reader->separator = ';';
}

static bool at_end_of_line(const struct csv_reader *reader)
{
    return reader->rest.len == 0 || reader->rest.ptr[0] == '\n' ||
           str_starts(reader->rest, STR("\r\n"));
}

static void skip_end_of_line(struct csv_reader *reader)
{
    if (reader->rest.len)
        reader->rest = str_from(reader->rest, reader->rest.ptr[0] == '\r' ? 2 : 1);
    reader->line++;
}

static struct str take_plain(struct csv_reader *reader)
{
    uint32_t len = 0;
    struct str cell;

    while (len < reader->rest.len && reader->rest.ptr[len] != reader->separator &&
           reader->rest.ptr[len] != '\n')
        len++;
    cell = str_first(reader->rest, len);
    reader->rest = str_from(reader->rest, len);
    if (cell.len && cell.ptr[cell.len - 1] == '\r' && at_end_of_line(reader))
        cell.len--;
    return str_trim(cell);
}

/* Behind the opening quote; two quotes stand for one. */
static enum err take_quoted(struct csv_reader *reader, struct arena *arena, struct str *cell)
{
    struct str rest = str_from(reader->rest, 1);
    struct buf out;
    uint32_t i = 0;

    buf_init_arena(&out, arena, rest.len + 1);
    while (i < rest.len && (rest.ptr[i] != '"' || (i + 1 < rest.len && rest.ptr[i + 1] == '"'))) {
        i += rest.ptr[i] == '"';
        reader->line += rest.ptr[i] == '\n';
        buf_put_byte(&out, rest.ptr[i++]);
    }
    if (i == rest.len)
        return ERR_BAD_FORMAT;
    if (out.overflow)
        return ERR_FULL;
    reader->rest = str_from(rest, i + 1);
    *cell = buf_str(&out);
    return at_end_of_line(reader) || reader->rest.ptr[0] == reader->separator ? ERR_NONE
                                                                              : ERR_BAD_FORMAT;
}

enum err csv_read(struct csv_reader *reader, struct arena *arena, struct csv_line *line)
{
    while (reader->rest.len && at_end_of_line(reader))
        skip_end_of_line(reader);
    if (reader->rest.len == 0)
        return ERR_NOT_FOUND;
    *line = (struct csv_line){ .number = reader->line + 1 };
    for (bool more = true; more;) {
        struct str *cell = &line->cells[line->count];
        if (line->count == CSV_CELLS_MAX)
            return ERR_TOO_LARGE;
        if (reader->rest.len && reader->rest.ptr[0] == '"') {
            enum err err = take_quoted(reader, arena, cell);
            if (err != ERR_NONE)
                return err;
        } else {
            *cell = take_plain(reader);
        }
        line->count++;
        more = !at_end_of_line(reader);
        if (more)
            reader->rest = str_from(reader->rest, 1);
    }
    skip_end_of_line(reader);
    return ERR_NONE;
}
