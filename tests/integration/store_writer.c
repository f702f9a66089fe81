/* store_writer: commits to a store as fast as it goes and says what was acknowledged; for the tests
 * that kill it, fill its disk, or let its system calls fail.
 *
 *   store_writer write FILE COUNT BYTES MS   commits COUNT times, each with BYTES bytes for the
 * log, and waits MS milliseconds after each store_writer check FILE ACKED            is everything
 * up to commit ACKED there? store_writer verify FILE                 is the file sound?
 *
 * Commit n puts session n, moves the row `last` to n, deletes event n-1, puts event n, and writes
 * log block n. `write` prints one line a commit: "acked N", "refused N ERR WHY", "works" after a
 * probe, "broken N ERR WHY" when it must end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/rand.h"
#include "store/files.h"

enum { PROBE_MS = 50, PROBES_MAX = 400 };

/* One line, at once: what stands in a buffer when the process is killed would be lost. */
PRINTF_LIKE(1, 2) static void say(const char *fmt, ...)
{
    char line[512];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    check(len > 0);
    check(write(STDOUT_FILENO, line, (size_t)len) == len);
}

static void pause_ms(int64_t ms)
{
    const struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

    (void)nanosleep(&pause, NULL); /* a shorter one is as good */
}

static struct store *open_store(const char *path)
{
    struct store *store = NULL;
    char why[STORE_WHY_SIZE];

    if (store_sqlite_open(path, &store, why, sizeof why) != ERR_NONE) {
        say("not opened %s\n", why);
        _exit(1);
    }
    return store;
}

static enum err commit(struct store *store, int64_t n, struct str noise)
{
    struct session_row session = { .id = n, .version = 1, .energy_mwh = n * 10, .started_at = n };
    struct setting_row last = { .id = 1, .version = n, .name = STR("last") };
    struct event_row event = { .id = n, .version = 1, .at = n };
    char number[32];
    struct store_op ops[] = {
        { .kind = STORE_PUT, .row_kind = ROW_session, .row = &session },
        { .kind = STORE_PUT, .row_kind = ROW_setting, .row = &last },
        { .kind = STORE_DELETE, .row_kind = ROW_event, .id = n - 1 },
        { .kind = STORE_PUT, .row_kind = ROW_event, .row = &event },
    };
    struct store_turn turns[] = { { ops, 1, ERR_NONE },
                                  { ops + 1, 1, ERR_NONE },
                                  { ops + 2, 2, ERR_NONE } };
    struct store_batch batch = { turns, COUNT(turns), { n, n, noise } };
    enum err err;

    last.value =
        (struct str){ number, (uint32_t)snprintf(number, sizeof number, "%lld", (long long)n) };
    err = store->ops->commit(store, &batch);
    for (size_t i = 0; i < COUNT(turns) && err == ERR_NONE; i++)
        err = turns[i].err;
    return err;
}

/* As the server does: probes with an empty batch until the store works again. */
static bool wait_until_it_works(struct store *store)
{
    for (int probe = 0; probe < PROBES_MAX; probe++) {
        struct store_batch empty = { 0 };

        if (store->ops->commit(store, &empty) == ERR_NONE) {
            say("works\n");
            return true;
        }
        pause_ms(PROBE_MS);
    }
    return false;
}

static int do_write(const char *path, int64_t count, uint32_t bytes, int64_t wait_ms)
{
    struct store *store = open_store(path);
    struct rand rand = { (uint64_t)getpid() };
    char *noise = malloc(bytes);
    int64_t n = 0, end;

    check(noise != NULL || bytes == 0);
    if (store->ops->last_block(store, &n) != ERR_NONE) {
        say("not read %s\n", store->why);
        _exit(1);
    }
    for (end = n + count, n++; n <= end;) {
        enum err err;

        for (uint32_t i = 0; i < bytes; i++)
            noise[i] = (char)rand_next(&rand);
        err = commit(store, n, (struct str){ noise, bytes });
        if (err == ERR_NONE) {
            say("acked %lld\n", (long long)n++);
            pause_ms(wait_ms);
            continue;
        }
        say("%s %lld %d %s\n", err == ERR_OS ? "broken" : "refused", (long long)n, (int)err,
            store->why);
        if (err == ERR_OS || !wait_until_it_works(store))
            _exit(1);
    }
    store->ops->close(store);
    free(noise);
    return 0;
}

static void say_fault(void *context, const char *text)
{
    (void)context;
    say("fault %s\n", text);
}

static int do_verify(const char *path)
{
    struct store_verdict verdict;

    return store_verify(path, say_fault, NULL, &verdict) == ERR_NONE ? 0 : 1;
}

PRINTF_LIKE(1, 2) NORETURN static void fault(const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* cut is fine */
    va_end(args);
    say("fault %s\n", text);
    _exit(1);
}

static void find(struct store_reader *reader, struct arena *arena, enum row_kind kind,
                 int64_t after, struct store_rows *rows)
{
    struct store_query query = {
        .kind = kind, .limit = STORE_LIMIT_MAX, .has_after = true, .after_id = after
    };

    if (reader->ops->query(reader, &query, arena, rows) != ERR_NONE)
        fault("%s", reader->why);
}

static void expect_sessions_up_to(struct store_reader *reader, int64_t last)
{
    struct arena arena;
    struct store_rows rows;
    int64_t seen = 0;

    arena_init(&arena, NULL, 0);
    do {
        find(reader, &arena, ROW_session, seen, &rows);
        for (uint32_t i = 0; i < rows.count; i++) {
            const struct session_row *session = rows.rows[i];

            seen++;
            if (session->id != seen || session->energy_mwh != seen * 10)
                fault("session %lld is missing or wrong", (long long)seen);
        }
        arena_reset(&arena);
    } while (rows.count == STORE_LIMIT_MAX);
    if (seen != last)
        fault("%lld sessions, %lld blocks", (long long)seen, (long long)last);
}

/* Every commit left all of its traces, or none. */
static void look(struct store *store, struct store_reader *reader, int64_t acked)
{
    struct arena arena;
    struct store_rows rows;
    int64_t last = 0, number = 0;

    arena_init(&arena, NULL, 0);
    if (store->ops->last_block(store, &last) != ERR_NONE || last < acked)
        fault("the last block is %lld, acknowledged were %lld", (long long)last, (long long)acked);
    expect_sessions_up_to(reader, last);
    find(reader, &arena, ROW_setting, 0, &rows);
    if (rows.count == 1)
        check(str_to_i64(((const struct setting_row *)rows.rows[0])->value, &number));
    if (number != last)
        fault("the row says %lld, %lld blocks", (long long)number, (long long)last);
    find(reader, &arena, ROW_event, 0, &rows);
    if (rows.count != (last > 0) ||
        (rows.count && ((const struct row_head *)rows.rows[0])->id != last))
        fault("%u events, and not that of block %lld", rows.count, (long long)last);
    arena_reset(&arena);
}

static int do_check(const char *path, int64_t acked)
{
    struct store *store = open_store(path);
    struct store_reader *reader;

    check(store->ops->reader_open(store, &reader) == ERR_NONE);
    look(store, reader, acked);
    reader->ops->reader_close(reader);
    store->ops->close(store);
    return 0;
}

int main(int argc, char **argv)
{
    int64_t number = 0, bytes = 0, wait_ms = 0;

    if (argc > 3)
        check(str_to_i64(str_of(argv[3]), &number));
    if (argc > 4)
        check(str_to_i64(str_of(argv[4]), &bytes));
    if (argc > 5)
        check(str_to_i64(str_of(argv[5]), &wait_ms));
    if (argc == 6 && strcmp(argv[1], "write") == 0)
        return do_write(argv[2], number, (uint32_t)bytes, wait_ms);
    if (argc == 4 && strcmp(argv[1], "check") == 0)
        return do_check(argv[2], number);
    if (argc == 3 && strcmp(argv[1], "verify") == 0)
        return do_verify(argv[2]);
    say("usage: store_writer write FILE COUNT BYTES MS | check FILE ACKED | verify FILE\n");
    return 2;
}
