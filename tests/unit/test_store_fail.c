/* When memory or storage fails: it is told, and nothing of it stays. */
#include "test_store.h"

static void out_of_memory_is_told_by_every_reading_call(void **state)
{
    struct fixture *fixture = *state;
    const struct store_ops *ops = fixture->reader->ops;
    struct session_row rows[30];

    fill_sessions(fixture, rows);
    assert_int_equal(commit_block(fixture, 1, 1, STR("frames")), ERR_NONE);
    for (int call = 0; call < 3; call++) {
        enum err err = ERR_FULL;

        for (uint64_t n = 1; err != ERR_NONE; n++) {
            struct store_query all = { .kind = ROW_session, .limit = 100 };
            struct store_rows found;
            struct store_sums sums;
            struct store_block block;

            (void)arena_fail_at(n); /* none was left over */
            err = call == 0 ? ops->query(fixture->reader, &all, &fixture->arena, &found)
                  : call == 1
                      ? ops->sum_sessions(fixture->reader,
                                          &(struct store_sum_query){ STORE_BY_TOKEN, 0, UTC_NEVER },
                                          &fixture->arena, &sums)
                      : ops->read_block(fixture->reader, 1, &fixture->arena, &block);
            assert_true((arena_fail_at(0) == 0) == (err != ERR_NONE));
            assert_true(err == ERR_NONE || err == ERR_FULL);
            assert_true(n < 200);
        }
    }
}

/* Ten commits of three turns, of which the n-th and the `count`-1 after it fail. */
static void fail_from(struct fixture *fixture, int64_t first_id, uint64_t n, uint64_t count,
                      enum err fault)
{
    store_memory_fault(fixture->store, n, count, fault);
    for (uint64_t c = 1; c <= 10; c++) {
        struct setting_row row = setting(first_id + (int64_t)c, 1, STR_NONE, STR("v"));
        struct event_row event = { .id = first_id + (int64_t)c, .version = 1 };
        struct store_op ops[] = { put(ROW_setting, &row), delete (ROW_event, event.id - 1),
                                  put(ROW_event, &event) };
        struct store_turn turns[] = { { ops, 1, ERR_NONE }, { ops + 1, 2, ERR_NONE } };
        int64_t before, after;
        struct store_batch batch = { turns, COUNT(turns), { 0 } };
        bool fails = c >= n && c < n + count;

        assert_int_equal(fixture->store->ops->last_block(fixture->store, &before), ERR_NONE);
        batch.block = (struct store_block){ before + 1, 1, STR("frames") };
        assert_int_equal(fixture->store->ops->commit(fixture->store, &batch),
                         fails ? fault : ERR_NONE);
        assert_int_equal(fixture->store->ops->last_block(fixture->store, &after), ERR_NONE);
        assert_int_equal(after, before + !fails);
        assert_int_equal(find(fixture, ROW_setting, row.id) != NULL, !fails);
        assert_int_equal(find(fixture, ROW_event, event.id) != NULL, !fails);
    }
}

static void a_commit_that_fails_leaves_no_trace(void **state)
{
    static const enum err faults[] = { ERR_FULL, ERR_STORAGE, ERR_OS };
    struct fixture *fixture = *state;
    int64_t first_id = 1;

    for (size_t f = 0; f < COUNT(faults); f++)
        for (uint64_t n = 1; n <= 10; n++)
            for (uint64_t count = 0; count <= 10; count += 3, first_id += 100)
                fail_from(fixture, first_id, n, count, faults[f]);
}

static void an_empty_batch_asks_whether_the_store_works(void **state)
{
    struct fixture *fixture = *state;
    struct store_batch batch = { 0 };
    int64_t last;

    for (int i = 0; i < 3; i++)
        assert_int_equal(fixture->store->ops->commit(fixture->store, &batch), ERR_NONE);
    assert_int_equal(fixture->store->ops->last_block(fixture->store, &last), ERR_NONE);
    assert_int_equal(last, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(out_of_memory_is_told_by_every_reading_call),
        ON_BOTH(an_empty_batch_asks_whether_the_store_works),
        cmocka_unit_test_setup_teardown(a_commit_that_fails_leaves_no_trace, set_up_memory,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
