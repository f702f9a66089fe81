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

const struct row_desc row_descs[ROW_KIND_COUNT] = {
#define ROW(kind, table) \
    [ROW_##kind] = { table, sizeof(struct kind##_row), COUNT(kind##_cols), kind##_cols },
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

size_t row_size(enum row_kind kind, const void *row)
{
    const struct row_desc *desc = desc_of(kind);
    size_t size = desc->size;

    for (uint32_t i = 0; i < desc->col_count; i++)
        if (col_is_span(&desc->cols[i]))
            size += row_span(row, &desc->cols[i]).len;
    return size;
}

/* The struct, then the bytes of its spans. */
static void *clone_into(enum row_kind kind, const void *row, void *memory)
{
    const struct row_desc *desc = desc_of(kind);
    char *at = (char *)memory + desc->size;

    memcpy(memory, row, desc->size);
    for (uint32_t i = 0; i < desc->col_count; i++) {
        const struct col_desc *col = &desc->cols[i];
        struct str span;

        if (!col_is_span(col))
            continue;
        span = row_span(row, col);
        if (span.len)
            memcpy(at, span.ptr, span.len);
        row_set_span(memory, col, (struct str){ at, span.len });
        at += span.len;
    }
    return memory;
}

void *row_clone(enum row_kind kind, const void *row, struct arena *arena)
{
    void *memory = arena_alloc(arena, row_size(kind, row));

    return memory ? clone_into(kind, row, memory) : NULL;
}

void *row_clone_heap(enum row_kind kind, const void *row)
{
    void *memory = malloc(row_size(kind, row));

    return memory ? clone_into(kind, row, memory) : NULL;
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

/* The format: column count, id, version, then the columns in their order (base/varint.h). A span is
 * its length, then its bytes. */

static size_t encoded_len(const struct row_desc *desc, const void *row)
{
    const struct row_head *head = row;
    size_t len = varint_len(desc->col_count) + varint_len(zigzag(head->id)) +
                 varint_len(zigzag(head->version));

    for (uint32_t i = 0; i < desc->col_count; i++) {
        const struct col_desc *col = &desc->cols[i];

        if (col_is_span(col))
            len += varint_len(row_span(row, col).len) + (size_t)row_span(row, col).len;
        else
            len += varint_len(zigzag(row_number(row, col)));
    }
    return len;
}

void row_encode(enum row_kind kind, const void *row, struct buf *out)
{
    const struct row_desc *desc = desc_of(kind);
    const struct row_head *head = row;
    size_t len = encoded_len(desc, row);
    char *start, *at;

    if (len > UINT32_MAX) {
        out->overflow = true;
        return;
    }
    start = buf_reserve(out, (uint32_t)len);
    if (!start)
        return;
    at = varint_write(start, desc->col_count);
    at = varint_write(at, zigzag(head->id));
    at = varint_write(at, zigzag(head->version));
    for (uint32_t i = 0; i < desc->col_count; i++) {
        const struct col_desc *col = &desc->cols[i];
        struct str span;

        if (!col_is_span(col)) {
            at = varint_write(at, zigzag(row_number(row, col)));
            continue;
        }
        span = row_span(row, col);
        at = varint_write(at, span.len);
        if (span.len)
            memcpy(at, span.ptr, span.len);
        at += span.len;
    }
    check((size_t)(at - start) == len);
    out->len += (uint32_t)len;
}

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
