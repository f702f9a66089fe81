/* rows.h: the rows that voltd keeps, as structs, and what a store must know of them.
 *
 * A row is a flat struct `struct NAME_row`. Its TEXT and BLOB members are spans that the row
 * borrows; whoever holds the row says from where (row_clone puts row and spans into one arena or
 * one heap block). `id` is made by the turn (turn_new_id), never by a database, and is positive;
 * `version` starts at 1 and grows by one with each change: a store refuses a put whose version does
 * not follow the one it has.
 *
 * UTC_UNKNOWN and UTC_NEVER are ordinary values of a TIME column (INT64_MIN, INT64_MAX).
 */
#pragma once
#include "base/base.h"

#define COL_CTYPE_I64  int64_t
#define COL_CTYPE_BOOL bool
#define COL_CTYPE_TIME utc_ms
#define COL_CTYPE_TEXT struct str
#define COL_CTYPE_BLOB struct str

#define ROW(kind, table) \
    struct kind##_row {  \
        int64_t id, version;
#define COL(kind, type, name, flags) COL_CTYPE_##type name;
#define ROW_END(kind) \
    }                 \
    ;
#include "domain/rows.def"
#undef ROW
#undef COL
#undef ROW_END

enum row_kind {
#define ROW(kind, table) ROW_##kind,
#define COL(kind, type, name, flags)
#define ROW_END(kind)
#include "domain/rows.def"
#undef ROW
#undef COL
#undef ROW_END
    ROW_KIND_COUNT
};

enum col_type { COL_I64, COL_BOOL, COL_TIME, COL_TEXT, COL_BLOB };
enum col_flag { COL_UNIQUE = 1, COL_NOCASE = 2, COL_INDEX = 4 };

struct col_desc {
    const char *name;
    uint16_t offset;
    uint8_t type;  /* enum col_type */
    uint8_t flags; /* enum col_flag */
};

struct row_desc {
    const char *table;
    uint32_t size; /* of the struct */
    uint32_t col_count;
    const struct col_desc *cols; /* without id and version, which every row has first */
    const uint16_t *spans;       /* the offsets of those that are spans, then 0 */
};

extern const struct row_desc row_descs[ROW_KIND_COUNT];

/* What every row starts with; a pointer to any row may be read as one. */
struct __attribute__((may_alias)) row_head {
    int64_t id, version;
};

/* One value of a row by its column: numbers are I64, BOOL and TIME, spans are TEXT and BLOB. */
static inline bool col_is_span(const struct col_desc *col)
{
    return col->type == COL_TEXT || col->type == COL_BLOB;
}

static inline int64_t row_number(const void *row, const struct col_desc *col)
{
    const char *at = (const char *)row + col->offset;

    return col->type == COL_BOOL ? *(const bool *)at : *(const int64_t *)(const void *)at;
}

static inline struct str row_span(const void *row, const struct col_desc *col)
{
    return *(const struct str *)(const void *)((const char *)row + col->offset);
}

static inline void row_set_number(void *row, const struct col_desc *col, int64_t value)
{
    char *at = (char *)row + col->offset;

    if (col->type == COL_BOOL)
        *(bool *)at = value != 0;
    else
        *(int64_t *)(void *)at = value;
}

static inline void row_set_span(void *row, const struct col_desc *col, struct str value)
{
    *(struct str *)(void *)((char *)row + col->offset) = value;
}

enum { ROW_NO_COL = -1 };

/* The column's index, or ROW_NO_COL. */
int row_find_col(enum row_kind kind, struct str name);
/* All columns 0 or empty. */
void row_clear(enum row_kind kind, void *row);
/* Bytes that row_clone needs in all. */
size_t row_size(enum row_kind kind, const void *row);
/* A copy with its own spans, in one piece. NULL: memory is out. The heap copy is freed with free().
 */
void *row_clone(enum row_kind kind, const void *row, struct arena *arena);
void *row_clone_heap(enum row_kind kind, const void *row);
/* Makes a heap copy one of this row, whose spans may lie in that copy. False: it has not the size,
 * and stays as it is. */
MUST_CHECK bool row_write_over(enum row_kind kind, void *heap, const void *row);
/* Same values in all columns (id included, version not)? */
bool row_equal(enum row_kind kind, const void *a, const void *b);
/* What became of a row, as bytes, with a format that later versions read (columns may have been
 * added): its id and version, and the columns that differ. */
void row_encode_change(enum row_kind kind, const void *before, const void *after, struct buf *out);
/* Takes id and version off the front of such bytes. False: not such bytes. */
MUST_CHECK bool row_take_head(struct str *change, struct row_head *head);
/* *after is *before with what the rest says; spans that differ borrow from `change` or are put
 * together in the arena. ERR_CORRUPT: not such bytes, or not of a change of this row; ERR_FULL. */
MUST_CHECK enum err row_apply_change(enum row_kind kind, struct str change, const void *before,
                                     struct arena *arena, void *after);
/* Reads a whole row out of the log of an earlier version; spans borrow from `bytes`. ERR_CORRUPT:
 * not such bytes. */
MUST_CHECK enum err row_decode(enum row_kind kind, struct str bytes, void *row);
