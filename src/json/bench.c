#include "json/bench.h"

#include <stdlib.h>
#include <time.h>

#include "json/encode.h"
#include "json/reader.h"

enum { ROUNDS = 15, MESSAGES = 20000 };

static int64_t now_ns(void)
{
    struct timespec now;

    check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static struct json_bench_time sum_up(int64_t rounds_ns[ROUNDS])
{
    qsort(rounds_ns, ROUNDS, sizeof *rounds_ns, by_size);
    return (struct json_bench_time){ rounds_ns[0] / MESSAGES, rounds_ns[ROUNDS / 2] / MESSAGES };
}

static void *read_once(const struct json_desc *desc, struct str text, struct arena *arena)
{
    struct json_report report;
    void *out = arena_zalloc(arena, 1, desc->size);

    check(out != NULL);
    check(json_read(desc, text, JSON_STRICT, arena, out, &report) == ERR_NONE);
    return out;
}

static void write_once(const struct json_desc *desc, const void *object, struct arena *arena)
{
    struct json_writer w;
    struct buf buf;

    buf_init_arena(&buf, arena, 1u << 20);
    w = json_writer(&buf);
    check(json_write_struct(desc, object, &w) == ERR_NONE);
}

struct json_bench json_bench(const struct json_desc *desc, struct str text)
{
    struct json_bench result = { .text_bytes = text.len };
    struct arena_pool pool = { .spare_max = 8 };
    struct arena arena, kept;
    int64_t read_ns[ROUNDS], write_ns[ROUNDS];
    const void *object;

    arena_init(&arena, &pool, 0);
    arena_init(&kept, NULL, 0);
    object = read_once(desc, text, &kept);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = now_ns(), middle;
        for (int i = 0; i < MESSAGES; i++) {
            (void)read_once(desc, text, &arena);
            arena_reset(&arena);
        }
        middle = now_ns();
        for (int i = 0; i < MESSAGES; i++) {
            write_once(desc, object, &arena);
            arena_reset(&arena);
        }
        read_ns[round] = middle - start;
        write_ns[round] = now_ns() - middle;
    }
    result.read = sum_up(read_ns);
    result.write = sum_up(write_ns);
    arena_reset(&kept);
    arena_pool_fini(&pool);
    return result;
}
