#include "store/memory/match.h"

#include <stdlib.h>

/* Where a column is, `id` included. */
static struct col_desc col_of(enum row_kind kind, const char *name)
{
    int at;

    if (!name || strcmp(name, "id") == 0)
        return (struct col_desc){ "id", offsetof(struct row_head, id), COL_I64, 0 };
    at = row_find_col(kind, str_of(name));
    check(at != ROW_NO_COL);
    return row_descs[kind].cols[at];
}

static bool holds_number(enum store_test test, int64_t have, int64_t want)
{
    switch (test) {
    case STORE_EQ:
        return have == want;
    case STORE_NE:
        return have != want;
    case STORE_LT:
        return have < want;
    case STORE_LE:
        return have <= want;
    case STORE_GT:
        return have > want;
    case STORE_GE:
        return have >= want;
    case STORE_HAS_BITS:
        return (have & want) == want;
    case STORE_CONTAINS:
        break;
    }
    check_failed(__FILE__, __LINE__, "a test that a number can be put to");
}

static bool holds_span(const struct store_filter *filter, const struct col_desc *col,
                       struct str have)
{
    bool equal = col->flags & COL_NOCASE ? str_equal_nocase(have, filter->text)
                                         : str_equal(have, filter->text);

    if (filter->test == STORE_CONTAINS && col->type == COL_TEXT)
        return str_contains_nocase(have, filter->text);
    check(filter->test == STORE_EQ || filter->test == STORE_NE);
    return equal == (filter->test == STORE_EQ);
}

struct order {
    struct col_desc col;
    bool by_id, descending;
};

static int64_t id_of(const void *row)
{
    return ((const struct row_head *)row)->id;
}

/* Does the first key come before (-1) or behind (1) the second? */
static int compare(const struct order *order, const int64_t a[2], const int64_t b[2])
{
    int which = a[0] == b[0];
    int ascending = a[which] == b[which] ? 0 : a[which] < b[which] ? -1 : 1;

    return order->descending ? -ascending : ascending;
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const void *left = *(const void *const *)a, *right = *(const void *const *)b;
    const struct order *order = context;

    return compare(order, (int64_t[]){ row_number(left, &order->col), id_of(left) },
                   (int64_t[]){ row_number(right, &order->col), id_of(right) });
}

static bool is_meant(const struct store_query *query, const struct order *order, const void *row)
{
    const int64_t here[] = { row_number(row, &order->col), id_of(row) };
    const int64_t after[] = { order->by_id ? query->after_id : query->after_value,
                              query->after_id };

    if (query->has_after && compare(order, here, after) <= 0)
        return false;
    for (uint32_t i = 0; i < query->filter_count; i++) {
        const struct store_filter *filter = &query->filters[i];
        struct col_desc col = col_of(query->kind, filter->column);
        bool holds = col_is_span(&col)
                         ? holds_span(filter, &col, row_span(row, &col))
                         : holds_number(filter->test, row_number(row, &col), filter->number);
        if (!holds)
            return false;
    }
    return true;
}

/* The rows that can be meant at all: all, or the one whose id is asked for. */
static void narrow(const struct store_query *query, const void *const **from, uint32_t *count)
{
    for (uint32_t i = 0; i < query->filter_count; i++) {
        const struct store_filter *filter = &query->filters[i];
        uint32_t low = 0, high = *count;

        if (strcmp(filter->column, "id") != 0 || filter->test != STORE_EQ)
            continue;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;

            if (id_of((*from)[middle]) < filter->number)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == *count || id_of((*from)[low]) != filter->number) {
            *count = 0;
            return;
        }
        *from += low;
        *count = 1;
    }
}

static enum err copy_out(enum row_kind kind, const void *const *meant, uint32_t count,
                         struct arena *arena, struct store_rows *rows)
{
    struct store_rows found = { .rows = ARENA_NEW_ARRAY(arena, void *, count) };

    if (!found.rows)
        return ERR_FULL;
    for (; found.count < count; found.count++) {
        found.rows[found.count] = row_clone(kind, meant[found.count], arena);
        if (!found.rows[found.count])
            return ERR_FULL;
    }
    *rows = found;
    return ERR_NONE;
}

enum err match_rows(const struct store_query *query, const void *const *from, uint32_t count,
                    struct arena *arena, struct store_rows *rows)
{
    struct order order = { .col = col_of(query->kind, query->order_by),
                           .descending = query->descending };
    const void **meant;
    uint32_t meant_count = 0;
    enum err err;

    check(query->limit >= 1);
    check(query->limit <= STORE_LIMIT_MAX);
    check(!col_is_span(&order.col));
    order.by_id = order.col.offset == offsetof(struct row_head, id);
    narrow(query, &from, &count);
    meant = malloc((count + (size_t)1) * sizeof *meant);
    if (!meant)
        return ERR_FULL;
    for (uint32_t i = 0; i < count && (!order.by_id || meant_count < query->limit); i++) {
        const void *row = from[order.by_id && query->descending ? count - 1 - i : i];

        if (is_meant(query, &order, row))
            meant[meant_count++] = row;
    }
    if (!order.by_id && meant_count)
        qsort_r(meant, meant_count, sizeof *meant, compare_rows, &order);
    if (meant_count > query->limit)
        meant_count = query->limit;
    err = copy_out(query->kind, meant, meant_count, arena, rows);
    free(meant);
    return err;
}
