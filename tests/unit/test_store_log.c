/* The log's blocks, and taking away what is old. */
#include "test_store.h"

#include "base/rand.h"

static void blocks_come_back_byte_for_byte(void **state)
{
    static const uint32_t lens[] = { 0, 1, 100, 65536, 1000000 };
    struct fixture *fixture = *state;
    struct rand rand = { 3 };
    struct store_block block;
    int64_t last;

    assert_int_equal(fixture->store->ops->last_block(fixture->store, &last), ERR_NONE);
    assert_int_equal(last, 0);
    for (size_t i = 0; i < COUNT(lens); i++) {
        char *data = malloc(lens[i] + 1);
        int64_t id = (int64_t)i + 1;

        for (uint32_t b = 0; b < lens[i]; b++)
            data[b] = (char)(i % 2 ? rand_next(&rand) : b / 100);
        assert_int_equal(commit_block(fixture, id, 1000 + id, (struct str){ data, lens[i] }),
                         ERR_NONE);
        assert_int_equal(
            fixture->reader->ops->read_block(fixture->reader, id, &fixture->arena, &block),
            ERR_NONE);
        assert_int_equal(block.id, id);
        assert_int_equal(block.at, 1000 + id);
        assert_int_equal(block.data.len, lens[i]);
        assert_memory_equal(block.data.ptr, data, lens[i]);
        assert_int_equal(fixture->store->ops->last_block(fixture->store, &last), ERR_NONE);
        assert_int_equal(last, id);
        free(data);
    }
    assert_int_equal(fixture->reader->ops->read_block(fixture->reader, 99, &fixture->arena, &block),
                     ERR_NOT_FOUND);
}

static uint32_t prune(struct fixture *fixture, int64_t block_before, const char *column, utc_ms at,
                      uint32_t limit)
{
    uint32_t removed = UINT32_MAX;

    assert_int_equal(fixture->store->ops->prune(
                         fixture->store,
                         &(struct store_prune){ block_before, ROW_session, column, at, limit },
                         &removed),
                     ERR_NONE);
    return removed;
}

static void pruning_removes_the_oldest_first_and_says_how_many(void **state)
{
    struct fixture *fixture = *state;
    struct session_row rows[30];
    struct store_block block;

    fill_sessions(fixture, rows);
    for (int64_t id = 1; id <= 10; id++)
        assert_int_equal(commit_block(fixture, id, id, STR("x")), ERR_NONE);
    assert_int_equal(prune(fixture, 6, NULL, 0, 3), 3);
    assert_int_equal(prune(fixture, 6, NULL, 0, 3), 2);
    assert_int_equal(prune(fixture, 6, NULL, 0, 3), 0);
    assert_int_equal(fixture->reader->ops->read_block(fixture->reader, 5, &fixture->arena, &block),
                     ERR_NOT_FOUND);
    assert_int_equal(fixture->reader->ops->read_block(fixture->reader, 6, &fixture->arena, &block),
                     ERR_NONE);
    /* 6 rows have started at 1000; those at 0 and at an unknown time stay */
    assert_int_equal(prune(fixture, 8, "started_at", 2000, 5), 5);
    assert_int_equal(prune(fixture, 8, "started_at", 2000, 5), 3);
    assert_int_equal(
        query(fixture, &(struct store_query){ .kind = ROW_session, .limit = 99 }).count, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(blocks_come_back_byte_for_byte),
        ON_BOTH(pruning_removes_the_oldest_first_and_says_how_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
