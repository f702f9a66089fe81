/* Questions: filters, pages, sums. */
#include "test_store.h"

static void filters_find_what_they_say(void **state)
{
    static const struct {
        const char *name;
        struct store_filter filters[2];
        uint32_t filter_count, expect;
    } cases[] = {
        { "all", { { 0 } }, 0, 30 },
        { "an id", { { "id", STORE_EQ, 100, { 0 } } }, 1, 1 },
        { "no such id", { { "id", STORE_EQ, 1, { 0 } } }, 1, 0 },
        { "ids in a range",
          { { "id", STORE_GE, 105, { 0 } }, { "id", STORE_LT, 110, { 0 } } },
          2,
          5 },
        { "a number", { { "station", STORE_EQ, 1, { 0 } } }, 1, 8 },
        { "not a number", { { "station", STORE_NE, 1, { 0 } } }, 1, 22 },
        { "at most", { { "started_at", STORE_LE, 1000, { 0 } } }, 1, 13 },
        { "more than", { { "started_at", STORE_GT, 1000, { 0 } } }, 1, 17 },
        { "never", { { "ended_at", STORE_EQ, UTC_NEVER, { 0 } } }, 1, 10 },
        { "unknown", { { "started_at", STORE_EQ, UTC_UNKNOWN, { 0 } } }, 1, 1 },
        { "one bit", { { "flags", STORE_HAS_BITS, 2, { 0 } } }, 1, 14 },
        { "two bits", { { "flags", STORE_HAS_BITS, 5, { 0 } } }, 1, 7 },
        { "no bits: all", { { "flags", STORE_HAS_BITS, 0, { 0 } } }, 1, 30 },
        { "a text has a case", { { "token", STORE_EQ, 0, STR_INIT("anna") } }, 1, 8 },
        { "not a text", { { "token", STORE_NE, 0, STR_INIT("anna") } }, 1, 22 },
        { "the empty text", { { "token", STORE_EQ, 0, STR_INIT("") } }, 1, 7 },
        { "a part in any case", { { "token", STORE_CONTAINS, 0, STR_INIT("NN") } }, 1, 16 },
        { "no wildcards", { { "token", STORE_CONTAINS, 0, STR_INIT("_B%") } }, 1, 7 },
        { "the empty part", { { "token", STORE_CONTAINS, 0, STR_INIT("") } }, 1, 30 },
        { "bytes", { { "recent", STORE_EQ, 0, STR_INIT("\0\1") } }, 1, 15 },
        { "two filters",
          { { "station", STORE_EQ, 1, { 0 } }, { "flags", STORE_HAS_BITS, 4, { 0 } } },
          2,
          4 },
    };
    struct fixture *fixture = *state;
    struct session_row rows[30];

    fill_sessions(fixture, rows);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct store_query asked = { .kind = ROW_session,
                                     .filters = cases[i].filters,
                                     .filter_count = cases[i].filter_count,
                                     .limit = 100 };

        print_message("# %s\n", cases[i].name);
        assert_int_equal(query(fixture, &asked).count, cases[i].expect);
        assert_int_equal(query(fixture, &asked).count, cases[i].expect); /* from the cache */
    }
}

static void unique_texts_are_found_without_case_where_they_have_none(void **state)
{
    struct fixture *fixture = *state;
    struct token_row token = { .id = 1, .version = 1, .uid = STR("AbC") };
    struct store_filter filter = { .column = "uid", .test = STORE_EQ, .text = STR("aBc") };
    struct store_query asked = {
        .kind = ROW_token, .filters = &filter, .filter_count = 1, .limit = 9
    };

    assert_int_equal(commit_one(fixture, put(ROW_token, &token)), ERR_NONE);
    assert_int_equal(query(fixture, &asked).count, 1);
    filter.test = STORE_NE;
    assert_int_equal(query(fixture, &asked).count, 0);
    filter = (struct store_filter){ .column = "uid", .test = STORE_EQ, .text = STR_NONE };
    assert_int_equal(query(fixture, &asked).count, 0);
}

static bool comes_before(const struct session_row *a, const struct session_row *b, bool by_time)
{
    return by_time && a->started_at != b->started_at ? a->started_at < b->started_at
                                                     : a->id < b->id;
}

static void pages_join_without_gap_or_repeat(void **state)
{
    struct fixture *fixture = *state;
    struct session_row rows[30];

    fill_sessions(fixture, rows);
    for (uint32_t shape = 0; shape < 4; shape++) {
        for (uint32_t limit = 1; limit <= 31; limit++) {
            bool by_time = shape & 1, descending = shape & 2;
            struct store_query asked = { .kind = ROW_session,
                                         .order_by = by_time ? "started_at" : NULL,
                                         .descending = descending,
                                         .limit = limit };
            const struct session_row *before = NULL;
            uint32_t seen = 0, got;

            do {
                struct store_rows page = query(fixture, &asked);

                got = page.count;
                assert_true(got <= limit);
                for (uint32_t i = 0; i < got; i++, seen++) {
                    const struct session_row *row = page.rows[i];

                    if (before)
                        assert_true(descending ? comes_before(row, before, by_time)
                                               : comes_before(before, row, by_time));
                    before = row;
                }
                asked.has_after = true;
                asked.after_id = before->id;
                asked.after_value = before->started_at;
            } while (got == limit);
            assert_int_equal(seen, 30);
        }
    }
}

static void sums_count_each_session_once(void **state)
{
    static const struct {
        const char *name;
        struct store_sum_query query;
        uint32_t lines;
        int64_t sessions, energy_mwh;
    } cases[] = {
        { "all by site", { STORE_BY_SITE, 0, UTC_NEVER }, 2, 29, 406000 },
        { "all by station", { STORE_BY_STATION, 0, UTC_NEVER }, 4, 29, 406000 },
        { "tokens have no case", { STORE_BY_TOKEN, 0, UTC_NEVER }, 3, 29, 406000 },
        { "all in one month", { STORE_BY_MONTH, 0, UTC_NEVER }, 1, 29, 406000 },
        { "from is in, to is not", { STORE_BY_SITE, 1000, 3000 }, 2, 12, 168000 },
        { "nothing", { STORE_BY_SITE, 5000, UTC_NEVER }, 0, 0, 0 },
        { "an unknown time has no month",
          { STORE_BY_MONTH, UTC_UNKNOWN, UTC_NEVER },
          2,
          30,
          435000 },
    };
    struct fixture *fixture = *state;
    struct session_row rows[30];

    fill_sessions(fixture, rows);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct store_sums sums;
        int64_t sessions = 0, energy_mwh = 0;

        print_message("# %s\n", cases[i].name);
        assert_int_equal(fixture->reader->ops->sum_sessions(fixture->reader, &cases[i].query,
                                                            &fixture->arena, &sums),
                         ERR_NONE);
        assert_int_equal(sums.count, cases[i].lines);
        for (uint32_t l = 0; l < sums.count; l++) {
            sessions += sums.sums[l].sessions;
            energy_mwh += sums.sums[l].energy_mwh;
            if (l && cases[i].query.group != STORE_BY_TOKEN)
                assert_true(sums.sums[l - 1].number < sums.sums[l].number);
        }
        assert_int_equal(sessions, cases[i].sessions);
        assert_int_equal(energy_mwh, cases[i].energy_mwh);
    }
}

static void months_are_those_of_the_calendar(void **state)
{
    static const utc_ms starts[] = { INT64_C(1798761599999), INT64_C(1798761600000) };
    struct fixture *fixture = *state;
    struct store_sums sums;

    for (size_t i = 0; i < COUNT(starts); i++) {
        struct session_row row = { .id = (int64_t)i + 1, .version = 1, .started_at = starts[i] };
        assert_int_equal(commit_one(fixture, put(ROW_session, &row)), ERR_NONE);
    }
    assert_int_equal(fixture->reader->ops->sum_sessions(
                         fixture->reader, &(struct store_sum_query){ STORE_BY_MONTH, 0, UTC_NEVER },
                         &fixture->arena, &sums),
                     ERR_NONE);
    assert_int_equal(sums.count, 2);
    assert_int_equal(sums.sums[0].number, 202612);
    assert_int_equal(sums.sums[1].number, 202701);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(filters_find_what_they_say),
        ON_BOTH(unique_texts_are_found_without_case_where_they_have_none),
        ON_BOTH(pages_join_without_gap_or_repeat),
        ON_BOTH(sums_count_each_session_once),
        ON_BOTH(months_are_those_of_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
