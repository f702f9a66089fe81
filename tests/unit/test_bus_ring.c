/* The ring between two threads: what goes in comes out, in order and whole. */
#include "test.h"

#include <pthread.h>
#include <sched.h>

#include "base/rand.h"
#include "bus/bell.h"
#include "bus/ring.h"

enum { RECORDS = 300000, CAP = 8192 };

struct record {
    uint32_t number, len;
    uint8_t bytes[];
};

static uint32_t length_of(uint32_t number)
{
    struct rand rand = { number };

    return (uint32_t)rand_below(&rand, number % 50 == 0 ? CAP / 4 - sizeof(struct record) : 60);
}

static bool put(struct bus_ring *ring, uint32_t number)
{
    uint32_t len = length_of(number);
    struct record *record = bus_reserve(ring, (uint32_t)sizeof *record + len);

    if (!record)
        return false;
    record->number = number;
    record->len = len;
    memset(record->bytes, (int)number, len);
    bus_commit(ring);
    return true;
}

static bool take(struct bus_ring *ring, uint32_t number)
{
    struct record *record = bus_peek(ring);

    if (!record)
        return false;
    assert_int_equal(record->number, number);
    assert_int_equal(record->len, length_of(number));
    for (uint32_t i = 0; i < record->len; i++)
        assert_int_equal(record->bytes[i], (uint8_t)number);
    bus_release(ring);
    return true;
}

static void a_ring_is_full_and_then_empty(void **state)
{
    struct bus_ring ring;
    uint32_t in = 0, out = 0;

    (void)state;
    assert_true(bus_ring_init(&ring, CAP));
    assert_null(bus_peek(&ring));
    for (int round = 0; round < 1000; round++) {
        while (put(&ring, in))
            in++;
        assert_false(bus_has_room(&ring));
        assert_true(in > out);
        /* A record that was reserved and not committed is not seen. */
        while (take(&ring, out))
            out++;
        assert_int_equal(in, out);
        assert_true(bus_is_empty(&ring));
    }
    bus_ring_fini(&ring);
}

/* Over the ring's end, too, where a record that does not fit is put at the beginning. */
static void whoever_looks_ahead_sees_each_record_once_and_takes_none(void **state)
{
    struct bus_ring ring;
    uint64_t position = 0;
    uint32_t in = 0, out = 0, ahead = 0;

    (void)state;
    assert_true(bus_ring_init(&ring, CAP));
    assert_null(bus_look_ahead(&ring, &position));
    for (int round = 0; round < 1000; round++) {
        const struct record *record;
        bool all_known = out == in;
        while (put(&ring, in))
            in++;
        assert_non_null(bus_peek(&ring)); /* what came behind the last one known is known now */
        while (out + 5 < in && round % 3 == 0) /* the reading overtakes the look ahead */
            assert_true(take(&ring, out++));
        ahead = ahead < out ? out : ahead;
        while ((record = bus_look_ahead(&ring, &position)) != NULL)
            assert_int_equal(record->number, ahead++);
        assert_true(all_known ? ahead == in : ahead <= in);
        while (out + (uint32_t)round % 4 < in)
            assert_true(take(&ring, out++));
    }
    bus_ring_fini(&ring);
}

static void what_is_reserved_is_not_seen_before_it_is_committed(void **state)
{
    struct bus_ring ring;

    (void)state;
    assert_true(bus_ring_init(&ring, CAP));
    assert_non_null(bus_reserve(&ring, bus_record_max(&ring)));
    assert_null(bus_peek(&ring));
    assert_true(put(&ring, 1));
    assert_true(take(&ring, 1));
    assert_null(bus_peek(&ring));
    bus_ring_fini(&ring);
}

static void a_quiet_ring_stays_on_its_first_pages(void **state)
{
    struct bus_ring ring;
    char *first, *furthest;

    (void)state;
    assert_true(bus_ring_init(&ring, 1 << 22));
    first = furthest = ring.memory;
    for (uint32_t i = 0; i < 100000; i++) {
        char *at = bus_reserve(&ring, 400);
        if (at > furthest)
            furthest = at;
        bus_commit(&ring);
        assert_ptr_equal(bus_peek(&ring), at);
        bus_release(&ring);
    }
    assert_true(furthest - first < 80000);
    bus_ring_fini(&ring);
}

/* What a start over leaves behind is room only when the consumer has looked. */
static void a_ring_that_was_busy_takes_a_burst(void **state)
{
    struct bus_ring ring;

    (void)state;
    assert_true(bus_ring_init(&ring, 1 << 22));
    for (uint32_t i = 0; i < 2000; i++) { /* never empty when something is put */
        assert_non_null(bus_reserve(&ring, 1000));
        bus_commit(&ring);
        if (i == 0)
            continue;
        assert_non_null(bus_peek(&ring));
        bus_release(&ring);
    }
    assert_non_null(bus_peek(&ring));
    bus_release(&ring);
    assert_true(bus_is_empty(&ring));
    for (uint32_t i = 0; i < 3000; i++) {
        assert_non_null(bus_reserve(&ring, 1000));
        bus_commit(&ring);
    }
    bus_ring_fini(&ring);
}

static void *produce(void *context)
{
    struct bus_ring *ring = context;

    for (uint32_t i = 0; i < RECORDS;)
        if (put(ring, i))
            i++;
        else
            sched_yield();
    return NULL;
}

static void two_threads_lose_nothing(void **state)
{
    struct bus_ring ring;
    pthread_t producer;

    (void)state;
    assert_true(bus_ring_init(&ring, CAP));
    assert_int_equal(pthread_create(&producer, NULL, produce, &ring), 0);
    for (uint32_t i = 0; i < RECORDS;)
        if (take(&ring, i))
            i++;
        else
            sched_yield();
    assert_int_equal(pthread_join(producer, NULL), 0);
    assert_true(bus_is_empty(&ring));
    bus_ring_fini(&ring);
}

static void a_sleeper_is_woken_once(void **state)
{
    struct bus_bell bell = { 0 };

    (void)state;
    assert_true(bus_bell_ring(&bell));
    assert_false(bus_bell_ring(&bell));
    bus_bell_rest(&bell);
    assert_true(bus_bell_ring(&bell));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_is_full_and_then_empty),
        cmocka_unit_test(whoever_looks_ahead_sees_each_record_once_and_takes_none),
        cmocka_unit_test(what_is_reserved_is_not_seen_before_it_is_committed),
        cmocka_unit_test(a_quiet_ring_stays_on_its_first_pages),
        cmocka_unit_test(a_ring_that_was_busy_takes_a_burst),
        cmocka_unit_test(two_threads_lose_nothing),
        cmocka_unit_test(a_sleeper_is_woken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
