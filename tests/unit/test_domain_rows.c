#include "test.h"

#include <stdlib.h>

#include "base/rand.h"
#include "base/varint.h"
#include "domain/rows.h"

enum { ROW_BYTES_MAX = 1024, CODE_BYTES_MAX = 4096 };

/* A row with something in every column; `salt` makes them differ. */
static void fill(enum row_kind kind, void *row, int64_t salt)
{
    static const char text[] = "a\0b\xff\xc3\xa9 some text that is used by length";
    const struct row_desc *desc = &row_descs[kind];

    assert_true(desc->size <= ROW_BYTES_MAX);
    row_clear(kind, row);
    *(struct row_head *)row = (struct row_head){ .id = salt + 1, .version = salt % 7 + 1 };
    for (uint32_t i = 0; i < desc->col_count; i++) {
        const struct col_desc *col = &desc->cols[i];

        if (col_is_span(col))
            row_set_span(row, col, (struct str){ text, ((uint32_t)salt + i) % sizeof text });
        else if (col->type == COL_BOOL)
            row_set_number(row, col, ((uint32_t)salt + i) & 1);
        else
            row_set_number(row, col, (int64_t)((uint64_t)salt * 0x9e3779b97f4a7c15u << (i % 64)));
    }
}

static void every_table_describes_its_struct(void **state)
{
    (void)state;
    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const struct row_desc *desc = &row_descs[kind];
        size_t end = sizeof(struct row_head);

        for (uint32_t i = 0; i < desc->col_count; i++) {
            assert_true(desc->cols[i].offset >= end);
            end = desc->cols[i].offset + (col_is_span(&desc->cols[i])      ? sizeof(struct str)
                                          : desc->cols[i].type == COL_BOOL ? sizeof(bool)
                                                                           : sizeof(int64_t));
            assert_int_equal(row_find_col(kind, str_of(desc->cols[i].name)), (int)i);
        }
        assert_true(end <= desc->size);
        assert_int_equal(row_find_col(kind, STR("no such column")), ROW_NO_COL);
        assert_int_equal(row_find_col(kind, STR_NONE), ROW_NO_COL);
    }
    assert_string_equal(row_descs[ROW_key].table, "api_key");
    assert_int_equal(row_descs[ROW_token].cols[row_find_col(ROW_token, STR("uid"))].flags,
                     COL_UNIQUE | COL_NOCASE);
}

static void a_clone_owns_its_bytes_in_one_piece(void **state)
{
    _Alignas(max_align_t) char row[ROW_BYTES_MAX];
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const struct row_desc *desc = &row_descs[kind];
        char *heap, *copy;

        fill(kind, row, 11);
        heap = row_clone_heap(kind, row);
        copy = row_clone(kind, row, &arena);
        assert_true(row_equal(kind, heap, row));
        assert_true(row_equal(kind, copy, heap));
        for (uint32_t i = 0; i < desc->col_count; i++) {
            struct str span;

            if (!col_is_span(&desc->cols[i]))
                continue;
            span = row_span(heap, &desc->cols[i]);
            assert_true(span.ptr >= heap + desc->size);
            assert_true(span.ptr + span.len <= heap + row_size(kind, row));
        }
        free(heap);
    }
    arena_reset(&arena);
    (void)arena_fail_at(1); /* none was left over */
    assert_null(row_clone(ROW_setting, &(struct setting_row){ .name = STR("a") }, &arena));
}

static void rows_differ_by_any_column_but_not_by_version(void **state)
{
    _Alignas(max_align_t) char a[ROW_BYTES_MAX], b[ROW_BYTES_MAX];
    (void)state;
    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++) {
        for (uint32_t i = 0; i < row_descs[kind].col_count; i++) {
            const struct col_desc *col = &row_descs[kind].cols[i];

            fill(kind, a, 5);
            memcpy(b, a, row_descs[kind].size);
            ((struct row_head *)(void *)b)->version++;
            assert_true(row_equal(kind, a, b));
            if (col_is_span(col))
                row_set_span(b, col, STR("other"));
            else
                row_set_number(b, col, !row_number(b, col));
            assert_false(row_equal(kind, a, b));
        }
        fill(kind, b, 5);
        ((struct row_head *)(void *)b)->id++;
        assert_false(row_equal(kind, a, b));
    }
}

/* A whole row, as earlier versions wrote it into their logs. */
static struct str encode(enum row_kind kind, const void *row, char *memory)
{
    const struct row_desc *desc = &row_descs[kind];
    const struct row_head *head = row;
    char *at = varint_write(memory, desc->col_count);

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
    assert_true(at <= memory + CODE_BYTES_MAX);
    return (struct str){ memory, (uint32_t)(at - memory) };
}

static void what_was_encoded_decodes_to_the_same(void **state)
{
    static const int64_t salts[] = { 0, 1, 2, 63, 64, 12345, INT64_MAX - 8, INT64_MAX - 1 };
    _Alignas(max_align_t) char row[ROW_BYTES_MAX], back[ROW_BYTES_MAX];
    char memory[CODE_BYTES_MAX];
    (void)state;
    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++) {
        for (size_t i = 0; i < COUNT(salts); i++) {
            fill(kind, row, salts[i]);
            assert_int_equal(row_decode(kind, encode(kind, row, memory), back), ERR_NONE);
            assert_true(row_equal(kind, row, back));
            assert_int_equal(((struct row_head *)(void *)row)->version,
                             ((struct row_head *)(void *)back)->version);
        }
    }
}

static void the_ends_of_time_and_numbers_survive(void **state)
{
    struct session_row row = { .id = INT64_MIN, .version = INT64_MAX, .ended_at = UTC_UNKNOWN };
    struct session_row back;
    char memory[CODE_BYTES_MAX];
    (void)state;
    row.started_at = UTC_NEVER;
    row.energy_mwh = -1;
    assert_int_equal(row_decode(ROW_session, encode(ROW_session, &row, memory), &back), ERR_NONE);
    assert_true(row_equal(ROW_session, &row, &back));
    assert_true(back.version == INT64_MAX);
}

static void bytes_cut_short_or_with_more_behind_are_refused(void **state)
{
    _Alignas(max_align_t) char row[ROW_BYTES_MAX], back[ROW_BYTES_MAX];
    char memory[CODE_BYTES_MAX];
    (void)state;
    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++) {
        struct str whole;

        fill(kind, row, 77);
        whole = encode(kind, row, memory);
        for (uint32_t len = 0; len < whole.len; len++) {
            char *cut = malloc(len + 1); /* its own, so that a sanitizer sees a step too far */

            memcpy(cut, whole.ptr, len);
            assert_int_equal(row_decode(kind, (struct str){ cut, len }, back), ERR_CORRUPT);
            free(cut);
        }
        memory[whole.len] = '\0';
        assert_int_equal(row_decode(kind, (struct str){ whole.ptr, whole.len + 1 }, back),
                         ERR_CORRUPT);
    }
}

static void columns_that_came_later_decode_as_empty(void **state)
{
    static const char old[] = "\x01\x04\x02\x03key"; /* a setting when it had its name alone */
    struct setting_row row;
    (void)state;
    assert_int_equal(row_decode(ROW_setting, STR(old), &row), ERR_NONE);
    assert_int_equal(row.id, 2);
    assert_int_equal(row.version, 1);
    assert_str_equal(row.name, STR("key"));
    assert_int_equal(row.value.len, 0);
    assert_non_null(row.value.ptr);
}

static void strange_bytes_are_refused(void **state)
{
    static const struct {
        const char *name;
        enum row_kind kind;
        struct str bytes;
    } cases[] = {
        { "nothing", ROW_setting, STR_INIT("") },
        { "more columns than are known", ROW_setting, STR_INIT("\x03\x04\x02\x01k\x01v\x01w") },
        { "a span longer than the rest", ROW_setting, STR_INIT("\x02\x04\x02\x7fk\x01v") },
        { "a length of 2^64-1", ROW_setting,
          STR_INIT("\x02\x04\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01k") },
        { "a number of more than 64 bits", ROW_setting,
          STR_INIT("\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x02\x01k\x01v") },
        { "a number without end", ROW_setting,
          STR_INIT("\x02\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01") },
        { "a bool that is neither", ROW_person,
          STR_INIT("\x07\x04\x02\x00\x00\x00\x00\x00\x00\x04") },
    };
    _Alignas(max_align_t) char row[ROW_BYTES_MAX], before[ROW_BYTES_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s\n", cases[i].name);
        memset(row, 0x5a, sizeof row);
        memset(before, 0x5a, sizeof before);
        assert_int_equal(row_decode(cases[i].kind, cases[i].bytes, row), ERR_CORRUPT);
        assert_memory_equal(row, before, sizeof row);
    }
}

static void random_bytes_never_lead_out_of_bounds(void **state)
{
    _Alignas(max_align_t) char row[ROW_BYTES_MAX];
    char memory[CODE_BYTES_MAX];
    struct rand rand = { 42 };
    (void)state;
    for (int round = 0; round < 40000; round++) {
        enum row_kind kind = (enum row_kind)rand_below(&rand, ROW_KIND_COUNT);
        struct str whole;
        char *bytes;

        fill(kind, row, (int64_t)rand_below(&rand, 1000));
        whole = encode(kind, row, memory);
        bytes = malloc(whole.len);
        memcpy(bytes, whole.ptr, whole.len);
        for (uint64_t hits = rand_below(&rand, 8) + 1; hits; hits--)
            bytes[rand_below(&rand, whole.len)] = (char)rand_next(&rand);
        if (row_decode(kind, (struct str){ bytes, whole.len }, row) == ERR_NONE)
            (void)encode(kind, row, memory); /* reads every span; the bytes do not matter */
        free(bytes);
    }
}

/* --- changes --- */

static struct str encode_change(enum row_kind kind, const void *before, const void *after,
                                char *memory)
{
    struct buf buf;

    buf_init(&buf, memory, CODE_BYTES_MAX);
    row_encode_change(kind, before, after, &buf);
    assert_false(buf.overflow);
    return buf_str(&buf);
}

/* The bytes, in a piece of memory of their own, so that a sanitizer sees a step too far. */
static enum err apply(enum row_kind kind, struct str bytes, const void *before, struct arena *arena,
                      void *after)
{
    char *own = arena_alloc(arena, bytes.len);
    struct str rest = { own, bytes.len };
    struct row_head head;

    memcpy(own, bytes.ptr, bytes.len);
    if (!row_take_head(&rest, &head))
        return ERR_CORRUPT;
    return row_apply_change(kind, rest, before, arena, after);
}

static void a_change_leads_from_any_row_to_any_other(void **state)
{
    static const int64_t salts[] = { 0, 1, 2, 8, 9, 17, 63, 64, 12345, INT64_MAX - 1 };
    _Alignas(max_align_t) char a[ROW_BYTES_MAX], b[ROW_BYTES_MAX], back[ROW_BYTES_MAX];
    char memory[CODE_BYTES_MAX];
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++) {
        for (size_t i = 0; i < COUNT(salts); i++) {
            for (size_t k = 0; k < COUNT(salts); k++) {
                fill(kind, a, salts[i]);
                fill(kind, b, salts[k]);
                *(struct row_head *)(void *)b = *(struct row_head *)(void *)a;
                assert_int_equal(apply(kind, encode_change(kind, a, b, memory), a, &arena, back),
                                 ERR_NONE);
                assert_true(row_equal(kind, b, back));
            }
        }
        arena_reset(&arena);
    }
}

static void a_change_says_whose_it_is_and_nothing_of_what_stayed(void **state)
{
    struct session_row before = { .id = 300, .version = 7, .energy_mwh = 5, .token = STR("t") };
    struct session_row after = before;
    char memory[CODE_BYTES_MAX];
    struct str bytes = encode_change(ROW_session, &before, &after, memory);
    struct row_head head;
    (void)state;
    assert_true(row_take_head(&bytes, &head));
    assert_int_equal(head.id, 300);
    assert_int_equal(head.version, 7);
    assert_int_equal(bytes.len, 0);
    after.energy_mwh = 6;
    bytes = encode_change(ROW_session, &before, &after, memory);
    assert_int_equal(bytes.len, 2 + 1 + 1 + 1); /* id, version, which column, its value */
}

static void of_a_ring_that_moves_on_only_what_came_is_told(void **state)
{
    static const struct {
        const char *name;
        struct str before, after;
        uint32_t bytes_max;
    } cases[] = {
        { "the first key", STR_INIT(""), STR_INIT("keykey_1"), 10 },
        { "one more", STR_INIT("keykey_1"), STR_INIT("keykey_1keykey_2"), 10 },
        { "the oldest falls out", STR_INIT("keykey_1keykey_2keykey_3"),
          STR_INIT("keykey_2keykey_3keykey_4"), 10 },
        { "all but the last eight bytes go", STR_INIT("keykey_1keykey_2"), STR_INIT("keykey_2"),
          2 },
        { "nothing is left", STR_INIT("keykey_1keykey_2"), STR_INIT(""), 2 },
        { "shorter than a key", STR_INIT("1-2"), STR_INIT("1-2,5"), 4 },
        { "another text", STR_INIT("1-2"), STR_INIT("3"), 3 },
    };
    char memory[CODE_BYTES_MAX];
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct session_row before = { .id = 1, .version = 1, .recent = cases[i].before }, back;
        struct session_row after = before;
        struct str bytes;

        print_message("# %s\n", cases[i].name);
        after.recent = cases[i].after;
        bytes = encode_change(ROW_session, &before, &after, memory);
        assert_true(bytes.len <= 2 + 1 + cases[i].bytes_max); /* id, version, which column */
        assert_int_equal(apply(ROW_session, bytes, &before, &arena, &back), ERR_NONE);
        assert_str_equal(back.recent, cases[i].after);
    }
    arena_reset(&arena);
}

static void strange_changes_are_refused_and_change_nothing(void **state)
{
    static const struct {
        const char *name;
        enum row_kind kind;
        struct str bytes;
    } cases[] = {
        { "nothing", ROW_setting, STR_INIT("") },
        { "an id alone", ROW_setting, STR_INIT("\x02") },
        { "a column without a value", ROW_setting, STR_INIT("\x02\x02\x00") },
        { "a column behind the last", ROW_setting, STR_INIT("\x02\x02\x02\x00\x01w") },
        { "a column far behind the last", ROW_setting,
          STR_INIT("\x02\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x01w") },
        { "a second one that is behind the last", ROW_setting,
          STR_INIT("\x02\x02\x01\x00\x01v\x00\x00\x01w") },
        { "more is lost than there was", ROW_setting, STR_INIT("\x02\x02\x00\x04\x01w") },
        { "a tail longer than the rest", ROW_setting, STR_INIT("\x02\x02\x00\x00\x02w") },
        { "a bool that is neither", ROW_station, STR_INIT("\x02\x02\x13\x04") },
        { "a number without end", ROW_station,
          STR_INIT("\x02\x02\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
    };
    _Alignas(max_align_t) char after[ROW_BYTES_MAX], was[ROW_BYTES_MAX];
    const struct setting_row setting = {
        .id = 1, .version = 1, .name = STR("key"), .value = STR("v")
    };
    struct station_row station = { .id = 1, .version = 1 };
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    row_clear(ROW_station, &station);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const void *before = cases[i].kind == ROW_setting ? (const void *)&setting : &station;

        print_message("# %s\n", cases[i].name);
        memset(after, 0x5a, sizeof after);
        memset(was, 0x5a, sizeof was);
        assert_int_equal(apply(cases[i].kind, cases[i].bytes, before, &arena, after), ERR_CORRUPT);
        assert_memory_equal(after, was, sizeof after);
    }
    arena_reset(&arena);
}

static void random_changes_never_lead_out_of_bounds(void **state)
{
    _Alignas(max_align_t) char a[ROW_BYTES_MAX], b[ROW_BYTES_MAX], back[ROW_BYTES_MAX];
    char memory[CODE_BYTES_MAX];
    struct rand rand = { 43 };
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (int round = 0; round < 40000; round++) {
        enum row_kind kind = (enum row_kind)rand_below(&rand, ROW_KIND_COUNT);
        struct str bytes;

        fill(kind, a, (int64_t)rand_below(&rand, 1000));
        fill(kind, b, (int64_t)rand_below(&rand, 1000));
        *(struct row_head *)(void *)b = *(struct row_head *)(void *)a;
        bytes = encode_change(kind, a, b, memory);
        for (uint64_t hits = rand_below(&rand, 8) + 1; hits; hits--)
            memory[rand_below(&rand, bytes.len)] = (char)rand_next(&rand);
        if (apply(kind, bytes, a, &arena, back) == ERR_NONE)
            (void)encode(kind, back, memory); /* reads every span; the bytes do not matter */
        arena_reset(&arena);
    }
}

static void a_change_that_does_not_fit_overflows_the_buffer_and_writes_nothing(void **state)
{
    const struct setting_row before = { .id = 1, .version = 1, .name = STR("name") };
    struct setting_row after = before;
    char memory[512];
    bool fitted = false;
    (void)state;
    after.value = STR("value");
    for (uint32_t cap = 0; cap <= sizeof memory; cap++) {
        struct buf buf;

        buf_init(&buf, memory, cap);
        row_encode_change(ROW_setting, &before, &after, &buf);
        assert_true(buf.overflow == (buf.len == 0));
        assert_false(fitted && buf.overflow);
        fitted = !buf.overflow;
    }
    assert_true(fitted);
}

static void memory_that_is_out_is_said(void **state)
{
    const struct setting_row before = { .id = 1, .version = 1, .name = STR("name") };
    struct setting_row after = before, back = before;
    char memory[CODE_BYTES_MAX];
    struct arena arena;
    struct row_head head;
    struct str bytes;
    (void)state;
    arena_init(&arena, NULL, 0);
    after.name = STR("names");
    bytes = encode_change(ROW_setting, &before, &after, memory);
    assert_true(row_take_head(&bytes, &head));
    (void)arena_fail_at(1); /* none was left over */
    assert_int_equal(row_apply_change(ROW_setting, bytes, &before, &arena, &back), ERR_FULL);
    assert_str_equal(back.name, STR("name"));
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_describes_its_struct),
        cmocka_unit_test(a_clone_owns_its_bytes_in_one_piece),
        cmocka_unit_test(rows_differ_by_any_column_but_not_by_version),
        cmocka_unit_test(what_was_encoded_decodes_to_the_same),
        cmocka_unit_test(the_ends_of_time_and_numbers_survive),
        cmocka_unit_test(bytes_cut_short_or_with_more_behind_are_refused),
        cmocka_unit_test(columns_that_came_later_decode_as_empty),
        cmocka_unit_test(strange_bytes_are_refused),
        cmocka_unit_test(random_bytes_never_lead_out_of_bounds),
        cmocka_unit_test(a_change_leads_from_any_row_to_any_other),
        cmocka_unit_test(a_change_says_whose_it_is_and_nothing_of_what_stayed),
        cmocka_unit_test(of_a_ring_that_moves_on_only_what_came_is_told),
        cmocka_unit_test(strange_changes_are_refused_and_change_nothing),
        cmocka_unit_test(random_changes_never_lead_out_of_bounds),
        cmocka_unit_test(a_change_that_does_not_fit_overflows_the_buffer_and_writes_nothing),
        cmocka_unit_test(memory_that_is_out_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
