/* store.c: what a commit costs on this disk, without a server around it: batches of 1, 32 and 256
 * messages, each a frame in the log block, with and without a row that is written besides. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/rand.h"
#include "bench/bench.h"
#include "store/store.h"

enum err bench_store(const struct bench_config *config, struct report *report, char *why);

enum { MESSAGES_MAX = 256, FRAME_SIZE = 1400 };

struct run {
    struct store *store;
    struct rand rand;
    int64_t block;
    struct session_row sessions[MESSAGES_MAX];
    uint32_t frames_len;
    char frames[MESSAGES_MAX * FRAME_SIZE];
};

static const struct {
    const char *name;
    uint32_t messages;
    bool with_rows;
} cases[] = {
    { "log", 1, false },        { "log", 32, false },        { "log", 256, false },
    { "log and row", 1, true }, { "log and row", 32, true }, { "log and row", 256, true },
};

static int64_t clock_ns(clockid_t which)
{
    struct timespec now;

    check(clock_gettime(which, &now) == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A TransactionEvent with six values that change as real ones do. */
static void write_frame(struct run *run, uint32_t index, struct buf *frames)
{
    static const char *const measurands[] = { "Energy.Active.Import.Register",
                                              "Power.Active.Import",
                                              "Current.Import",
                                              "Voltage",
                                              "SoC",
                                              "Temperature" };

    buf_printf(frames,
               "[2,\"%016llx\",\"TransactionEvent\",{\"eventType\":\"Updated\",\"seqNo\":%lld,"
               "\"triggerReason\":\"MeterValuePeriodic\",\"transactionInfo\":{\"transactionId\":"
               "\"T-%06u\"},\"timestamp\":\"2026-11-24T01:02:%02u.%03uZ\",\"meterValue\":[{"
               "\"sampledValue\":[",
               (unsigned long long)rand_next(&run->rand), (long long)run->block, index,
               (unsigned)(run->block % 60), (unsigned)rand_below(&run->rand, 1000));
    for (size_t i = 0; i < COUNT(measurands); i++)
        buf_printf(frames,
                   "%s{\"value\":%u.%u,\"measurand\":\"%s\",\"context\":\"Sample.Periodic\","
                   "\"location\":\"Outlet\"}",
                   i ? "," : "", (unsigned)rand_below(&run->rand, 40000),
                   (unsigned)rand_below(&run->rand, 10), measurands[i]);
    buf_put(frames, STR("]}]}]\n"));
}

static void write_frames(struct run *run, uint32_t messages)
{
    struct buf frames;

    buf_init(&frames, run->frames, sizeof run->frames);
    for (uint32_t i = 0; i < messages; i++)
        write_frame(run, i, &frames);
    check(!frames.overflow);
    run->frames_len = frames.len;
}

static enum err commit(struct run *run, uint32_t messages, bool with_rows)
{
    struct store_op ops[MESSAGES_MAX];
    struct store_turn turns[MESSAGES_MAX];
    struct store_batch batch = { turns,
                                 with_rows ? messages : 0,
                                 { ++run->block, 1, { run->frames, run->frames_len } } };
    enum err err;

    for (uint32_t i = 0; i < batch.turn_count; i++) {
        struct session_row *session = &run->sessions[i];

        session->id = i + 1;
        session->version++;
        session->energy_mwh += 1000;
        ops[i] = (struct store_op){ .kind = STORE_PUT, .row_kind = ROW_session, .row = session };
        turns[i] = (struct store_turn){ &ops[i], 1, ERR_NONE };
    }
    err = run->store->ops->commit(run->store, &batch);
    for (uint32_t i = 0; i < batch.turn_count && err == ERR_NONE; i++)
        err = turns[i].err;
    return err;
}

static enum err measure(struct run *run, size_t which, int64_t ns, struct report *report)
{
    uint32_t messages = cases[which].messages;
    int64_t began, cpu, commits = 0, took = 0;
    char name[sizeof report->rows[0].name];

    write_frames(run, messages); /* once: what they cost is not the store's */
    began = clock_ns(CLOCK_MONOTONIC);
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    do {
        enum err err = commit(run, messages, cases[which].with_rows);

        if (err != ERR_NONE)
            return err;
        commits++;
        took = clock_ns(CLOCK_MONOTONIC) - began;
    } while (took < ns);
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu; /* of all threads: the checkpointer's, too */
    (void)snprintf(name, sizeof name, "%s, %u a commit", cases[which].name, messages);
    report_add(report, name, "messages_per_s", commits * messages * 1000000000 / took * 1000,
               "1/s");
    report_add(report, name, "cpu_per_message", cpu / (commits * messages), "us");
    report_add(report, name, "cpu_per_commit", cpu / commits / 1000 * 1000, "us");
    report_add(report, name, "commit", took / commits / 1000 * 1000, "us");
    return ERR_NONE;
}

enum err bench_store(const struct bench_config *config, struct report *report, char *why)
{
    static const char *const endings[] = { "", "-wal", "-shm" };
    struct run *run = calloc(1, sizeof *run);
    char path[PATH_MAX - 8], file[PATH_MAX], said[STORE_WHY_SIZE] = "";
    enum err err;

    check(run != NULL);
    (void)snprintf(path, sizeof path, "%s/bench-%d.db", config->directory,
                   (int)getpid()); /* cut: refused */
    err = store_sqlite_open(path, &run->store, said, sizeof said);
    if (err != ERR_NONE)
        (void)snprintf(why, BENCH_WHY_SIZE, "%s", said); /* fits */
    for (size_t i = 0; i < COUNT(cases) && err == ERR_NONE; i++)
        err = measure(run, i, (int64_t)config->seconds * 1000000000, report);
    if (run->store) {
        if (err != ERR_NONE) /* may be cut */
            (void)snprintf(why, BENCH_WHY_SIZE, "%s: %s", err_text(err), run->store->why);
        run->store->ops->close(run->store);
    }
    for (size_t i = 0; i < COUNT(endings); i++) {
        (void)snprintf(file, sizeof file, "%s%s", path, endings[i]); /* fits */
        (void)unlink(file);                                          /* may never have been made */
    }
    free(run);
    return err;
}
