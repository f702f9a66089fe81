/* csv.h: comma-separated values (RFC 4180), out and in. Pure.
 *
 * Text that a spreadsheet would take for a formula is led by an apostrophe on the way out
 * (ASVS 1.2.10).
 */
#pragma once
#include "base/base.h"

struct csv_writer {
    struct buf *out;
    bool comma; /* a cell stands before */
};
void csv_text(struct csv_writer *csv, struct str text);
void csv_i64(struct csv_writer *csv, int64_t value);
void csv_decimal(struct csv_writer *csv, int64_t value, int scale);
/* Empty for UTC_UNKNOWN. */
void csv_time(struct csv_writer *csv, utc_ms at);
/* The words of the bits, with spaces between. */
void csv_words(struct csv_writer *csv, const struct str *words, int64_t count, int64_t bits);
void csv_end(struct csv_writer *csv);

enum { CSV_CELLS_MAX = 64 };

struct csv_line {
    uint32_t count;
    uint32_t number; /* of the line in the file, from 1 */
    struct str cells[CSV_CELLS_MAX];
};
struct csv_reader {
    struct str rest;
    uint32_t line;
    char separator;
};

/* A byte order mark is skipped; the separator is a comma, or a semicolon where the first line has
 * no comma. */
void csv_reader_init(struct csv_reader *reader, struct str text);
/* The next line that is not empty; cells lie in the text or in the arena. ERR_NOT_FOUND at the end,
 * ERR_BAD_FORMAT: a quote that does not end, or text behind it; ERR_TOO_LARGE: too many cells. */
MUST_CHECK enum err csv_read(struct csv_reader *reader, struct arena *arena, struct csv_line *line);
