#include "domain/rows.h"

#include <stdlib.h>

#include "base/varint.h"

/* The flags as rows.def writes them. */
enum { UNIQUE = COL_UNIQUE, NOCASE = COL_NOCASE, INDEX = COL_INDEX };

#define ROW(kind, table) static const struct col_desc kind##_cols[] = {
#define COL(kind, type, name, flags) \
    { #name, offsetof(struct kind##_row, name), COL_##type, flags },
#define ROW_END(kind) \
    }                 \
    ;
#include "domain/rows.def"
#undef ROW
#undef COL
#undef ROW_END

#define SPAN_I64(offset)
#define SPAN_BOOL(offset)
#define SPAN_TIME(offset)
#define SPAN_TEXT(offset)            (offset),
#define SPAN_BLOB(offset)            (offset),
#define ROW(kind, table)             static const uint16_t kind##_spans[] = {
#define COL(kind, type, name, flags) SPAN_##type(offsetof(struct kind##_row, name))
#define ROW_END(kind) \
    0                 \
    }                 \
    ;
#include "domain/rows.def"
#undef ROW
#undef COL
#undef ROW_END

const struct row_desc row_descs[ROW_KIND_COUNT] = {
#define ROW(kind, table)                                                                \
    [ROW_##kind] = { table, sizeof(struct kind##_row), COUNT(kind##_cols), kind##_cols, \
                     kind##_spans },
#define COL(kind, type, name, flags)
#define ROW_END(kind)
#include "domain/rows.def"
#undef ROW
#undef COL
#undef ROW_END
};

/* Room for a row of any kind. */
union any_row {
    struct row_head head;
#define ROW(kind, table) struct kind##_row kind;
#define COL(kind, type, name, flags)
#define ROW_END(kind)
#include "domain/rows.def"
#undef ROW
#undef COL
#undef ROW_END
};

static const struct row_desc *desc_of(enum row_kind kind)
{
    check((size_t)kind < ROW_KIND_COUNT);
    return &row_descs[kind];
}

int row_find_col(enum row_kind kind, struct str name)
{
    const struct row_desc *desc = desc_of(kind);

    for (uint32_t i = 0; i < desc->col_count; i++)
        if (str_equal(name, str_of(desc->cols[i].name)))
            return (int)i;
    return ROW_NO_COL;
}

static const struct str *span_at(const void *row, uint16_t offset)
{
    return (const struct str *)(const void *)((const char *)row + offset);
}

size_t row_size(enum row_kind kind, const void *row)
{
    const struct row_desc *desc = desc_of(kind);
    size_t size = desc->size;

    for (const uint16_t *offset = desc->spans; *offset; offset++)
        size += span_at(row, *offset)->len;
    return size;
}

/* The struct, then the bytes of its spans; to be used at `home`, which may be the same. */
static void *clone_into(enum row_kind kind, const void *row, void *memory, const char *home)
{
    const struct row_desc *desc = desc_of(kind);
    char *at = (char *)memory + desc->size;

    home += desc->size;
    memcpy(memory, row, desc->size);
    for (const uint16_t *offset = desc->spans; *offset; offset++) {
        struct str span = *span_at(row, *offset);

        if (span.len)
            memcpy(at, span.ptr, span.len);
        *(struct str *)(void *)((char *)memory + *offset) = (struct str){ home, span.len };
        at += span.len;
        home += span.len;
    }
    return memory;
}

void *row_clone(enum row_kind kind, const void *row, struct arena *arena)
{
    void *memory = arena_alloc(arena, row_size(kind, row));

    return memory ? clone_into(kind, row, memory, memory) : NULL;
}

/* Sessions grow by a key with each message, so their blocks have room for a few. */
static size_t heap_size(enum row_kind kind, const void *row)
{
    enum { GRAIN = 64 };
    size_t size = row_size(kind, row);

    return kind == ROW_session ? (size + GRAIN - 1) / GRAIN * GRAIN : size;
}

void *row_clone_heap(enum row_kind kind, const void *row)
{
    void *memory = malloc(heap_size(kind, row));

    return memory ? clone_into(kind, row, memory, memory) : NULL;
}

bool row_write_over(enum row_kind kind, void *heap, const void *row)
{
    UNINITIALIZED char memory[2048]; /* the new spans may lie in what is written over */
    size_t size = row_size(kind, row);

    if (size > sizeof memory || heap_size(kind, row) != heap_size(kind, heap))
        return false;
    memcpy(heap, clone_into(kind, row, memory, heap), size);
    return true;
}

bool row_equal(enum row_kind kind, const void *a, const void *b)
{
    const struct row_desc *desc = desc_of(kind);

    if (((const struct row_head *)a)->id != ((const struct row_head *)b)->id)
        return false;
    for (uint32_t i = 0; i < desc->col_count; i++) {
        const struct col_desc *col = &desc->cols[i];
        bool same = col_is_span(col) ? str_equal(row_span(a, col), row_span(b, col))
                                     : row_number(a, col) == row_number(b, col);
        if (!same)
            return false;
    }
    return true;
}

/* --- changes -------------------------------------------------------------- */

/* The format: id, version, then for each column that differs how many columns lie between it and
 * the last one told, and its value (base/varint.h). Of a span is told how many bytes its front
 * lost, how many came to its end, and these: a ring of keys moves on by one with each message. */

enum { RING_STEP = 8 };

/* How much of the front must go for the rest to be what `after` begins with: nothing, a step of a
 * ring, or all. */
static uint32_t lost_front(struct str before, struct str after)
{
    if (str_starts(after, before))
        return 0;
    if (before.len >= RING_STEP && str_starts(after, str_from(before, RING_STEP)))
        return RING_STEP;
    return before.len;
}

static char *write_span(char *at, struct str before, struct str after)
{
    uint32_t lost = lost_front(before, after);
    struct str tail = str_from(after, before.len - lost);

    at = varint_write(at, lost);
    at = varint_write(at, tail.len);
    if (tail.len)
        memcpy(at, tail.ptr, tail.len);
    return at + tail.len;
}

/* Writes the column's value if it differs; NULL: it does not. */
static char *write_change(char *at, const struct col_desc *col, uint32_t gap, const void *before,
                          const void *after)
{
    if (col_is_span(col)) {
        struct str was = row_span(before, col), is = row_span(after, col);

        if ((was.ptr == is.ptr && was.len == is.len) || str_equal(was, is))
            return NULL;
        return write_span(varint_write(at, gap), was, is);
    }
    if (row_number(before, col) == row_number(after, col))
        return NULL;
    return varint_write(varint_write(at, gap), zigzag(row_number(after, col)));
}

/* No change is longer: of a column two or three numbers are told, and its bytes. */
static size_t change_bytes_max(const struct row_desc *desc, enum row_kind kind, const void *after)
{
    return (size_t)VARINT_BYTES_MAX * (2 + 3 * desc->col_count) + row_size(kind, after);
}

void row_encode_change(enum row_kind kind, const void *before, const void *after, struct buf *out)
{
    const struct row_desc *desc = desc_of(kind);
    const struct row_head *head = after;
    size_t room = change_bytes_max(desc, kind, after);
    uint32_t next = 0; /* the column behind the last one told */
    char *start, *at;

    check(((const struct row_head *)before)->id == head->id);
    if (room > UINT32_MAX) {
        out->overflow = true;
        return;
    }
    start = buf_reserve(out, (uint32_t)room);
    if (!start)
        return;
    at = varint_write(start, zigzag(head->id));
    at = varint_write(at, zigzag(head->version));
    for (uint32_t i = 0; i < desc->col_count; i++) {
        char *end = write_change(at, &desc->cols[i], i - next, before, after);

        if (!end)
            continue;
        at = end;
        next = i + 1;
    }
    out->len += (uint32_t)(at - start);
}

bool row_take_head(struct str *change, struct row_head *head)
{
    struct str rest = *change;

    if (!varint_take(&rest, &head->id) || !varint_take(&rest, &head->version))
        return false;
    *change = rest;
    return true;
}

static enum err take_span(struct str *rest, struct str before, struct arena *arena,
                          struct str *after)
{
    uint64_t lost, len;
    char *memory;

    if (!varint_take_unsigned(rest, &lost) || lost > before.len ||
        !varint_take_unsigned(rest, &len) || len > rest->len)
        return ERR_CORRUPT;
    before = str_from(before, (uint32_t)lost);
    *after = str_first(*rest, (uint32_t)len);
    *rest = str_from(*rest, (uint32_t)len);
    if (before.len == 0)
        return ERR_NONE;
    memory = arena_alloc(arena, (size_t)before.len + after->len);
    if (!memory)
        return ERR_FULL;
    memcpy(memory, before.ptr, before.len);
    if (after->len)
        memcpy(memory + before.len, after->ptr, after->len);
    *after = (struct str){ memory, before.len + after->len };
    return ERR_NONE;
}

static enum err take_change(struct str *rest, const struct col_desc *col, struct arena *arena,
                            void *row)
{
    struct str span = STR_NONE;
    int64_t number;
    enum err err;

    if (col_is_span(col)) {
        err = take_span(rest, row_span(row, col), arena, &span);
        if (err == ERR_NONE)
            row_set_span(row, col, span);
        return err;
    }
    if (!varint_take(rest, &number) || (col->type == COL_BOOL && number != 0 && number != 1))
        return ERR_CORRUPT;
    row_set_number(row, col, number);
    return ERR_NONE;
}

enum err row_apply_change(enum row_kind kind, struct str change, const void *before,
                          struct arena *arena, void *after)
{
    const struct row_desc *desc = desc_of(kind);
    uint64_t gap, next = 0;
    union any_row made;
    enum err err = ERR_NONE;

    memcpy(&made, before, desc->size);
    while (change.len) {
        if (!varint_take_unsigned(&change, &gap) || gap >= desc->col_count - next)
            return ERR_CORRUPT;
        err = take_change(&change, &desc->cols[next + gap], arena, &made);
        if (err != ERR_NONE)
            return err;
        next += gap + 1;
    }
    memcpy(after, &made, desc->size);
    return ERR_NONE;
}

/* --- whole rows ----------------------------------------------------------- */

/* The format: column count, id, version, then the columns in their order. A span is its length,
 * then its bytes. */

static bool get_col(struct str *rest, const struct col_desc *col, void *row)
{
    uint64_t value;

    if (!varint_take_unsigned(rest, &value))
        return false;
    if (col_is_span(col)) {
        if (value > rest->len)
            return false;
        row_set_span(row, col, str_first(*rest, (uint32_t)value));
        *rest = str_from(*rest, (uint32_t)value);
        return true;
    }
    if (col->type == COL_BOOL && value != zigzag(0) && value != zigzag(1))
        return false;
    row_set_number(row, col, unzigzag(value));
    return true;
}

void row_clear(enum row_kind kind, void *row)
{
    const struct row_desc *desc = desc_of(kind);

    memset(row, 0, desc->size);
    for (uint32_t i = 0; i < desc->col_count; i++)
        if (col_is_span(&desc->cols[i]))
            row_set_span(row, &desc->cols[i], STR_NONE);
}

enum err row_decode(enum row_kind kind, struct str bytes, void *row)
{
    const struct row_desc *desc = desc_of(kind);
    uint64_t col_count, id, version;
    union any_row made;

    row_clear(kind, &made);
    if (!varint_take_unsigned(&bytes, &col_count) || col_count > desc->col_count ||
        !varint_take_unsigned(&bytes, &id) || !varint_take_unsigned(&bytes, &version))
        return ERR_CORRUPT;
    made.head = (struct row_head){ .id = unzigzag(id), .version = unzigzag(version) };
    for (uint32_t i = 0; i < (uint32_t)col_count; i++)
        if (!get_col(&bytes, &desc->cols[i], &made))
            return ERR_CORRUPT;
    if (bytes.len)
        return ERR_CORRUPT;
    memcpy(row, &made, desc->size);
    return ERR_NONE;
}
