#include "core/host.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Network events that are taken in at once: as a rule; while what is on disk leaves; while what
 * cannot wait does. */
enum { READERS_MAX = 8, EVENTS_A_ROUND = 512, EVENTS_FEW = 64, EVENTS_IN_A_HURRY = 16 };

/* A list between threads: pushed by one side, taken whole by the other. */
struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct question *first, **end;
};

struct host {
    struct engine engine;
    struct store *store;
    void (*net_dispatch)(void *net, uint32_t max_events);
    int net_fd, wake_fd;
    atomic_bool stop, writer_stop;
    bool broken; /* a sync failed */

    pthread_t writer;
    pthread_mutex_t writer_lock;
    pthread_cond_t writer_filled;
    struct batch *to_write;
    struct question *writer_work; /* between two commits */
    _Atomic(struct batch *) written;
    enum err written_err;

    pthread_t readers[READERS_MAX];
    uint32_t reader_count;
    struct inbox asked, answered, urgent;
    pthread_t deputy; /* does what cannot wait for a reader to be free */
    atomic_bool readers_stop;
    char why[STORE_WHY_SIZE]; /* the registry could not be read */
};

void host_wake(struct host *host)
{
    uint64_t one = 1;

    /* A full counter (EAGAIN) wakes as well. */
    if (write(host->wake_fd, &one, sizeof one) < 0)
        check(errno == EAGAIN || errno == EINTR);
}

mono_ms host_clock(void)
{
    struct timespec mono;

    check(clock_gettime(CLOCK_MONOTONIC, &mono) == 0);
    return (mono_ms)mono.tv_sec * 1000 + (mono_ms)mono.tv_nsec / 1000000;
}

static int64_t clock_us(void)
{
    struct timespec mono;

    check(clock_gettime(CLOCK_MONOTONIC, &mono) == 0);
    return (int64_t)mono.tv_sec * 1000000 + mono.tv_nsec / 1000;
}

static void set_clock(struct host *host)
{
    struct timespec wall;

    check(clock_gettime(CLOCK_REALTIME, &wall) == 0);
    engine_clock(&host->engine, (utc_ms)wall.tv_sec * 1000 + wall.tv_nsec / 1000000, host_clock());
}

/* --- lists between threads ----------------------------------------------- */

static void inbox_init(struct inbox *inbox)
{
    check(pthread_mutex_init(&inbox->lock, NULL) == 0);
    check(pthread_cond_init(&inbox->filled, NULL) == 0);
    inbox->first = NULL;
    inbox->end = &inbox->first;
}

static void inbox_push(struct inbox *inbox, struct question *question)
{
    pthread_mutex_lock(&inbox->lock);
    question->queue_next = NULL;
    *inbox->end = question;
    inbox->end = &question->queue_next;
    pthread_cond_signal(&inbox->filled);
    pthread_mutex_unlock(&inbox->lock);
}

static struct question *take_first(struct inbox *inbox)
{
    struct question *question = inbox->first;

    if (question) {
        inbox->first = question->queue_next;
        if (!inbox->first)
            inbox->end = &inbox->first;
    }
    return question;
}

/* --- writer -------------------------------------------------------------- */

static void *writer_main(void *context)
{
    struct host *host = context;

    (void)pthread_setname_np(pthread_self(), "writer"); /* a nicety for ps and bench */
    for (;;) {                                          /* until host_close */
        struct batch *batch;
        struct question *work;

        pthread_mutex_lock(&host->writer_lock);
        while (!host->to_write && !host->writer_work && !atomic_load(&host->writer_stop))
            pthread_cond_wait(&host->writer_filled, &host->writer_lock);
        batch = host->to_write;
        work = host->writer_work;
        host->to_write = NULL;
        host->writer_work = work ? work->queue_next : NULL;
        pthread_mutex_unlock(&host->writer_lock);
        if (!batch && !work)
            return NULL;
        if (batch) {
            host->written_err = host->store->ops->commit(host->store, &batch->store);
            atomic_store(&host->written, batch);
        }
        if (work) {
            work->work(work->work_data, host->store);
            inbox_push(&host->answered, work);
        }
        host_wake(host);
    }
}

static void commit(void *context, struct batch *batch)
{
    struct host *host = context;

    pthread_mutex_lock(&host->writer_lock);
    host->to_write = batch;
    pthread_cond_signal(&host->writer_filled);
    pthread_mutex_unlock(&host->writer_lock);
}

/* --- readers ------------------------------------------------------------- */

/* NULL: the host closes. */
static struct question *wait_for(struct host *host, struct inbox *inbox)
{
    struct question *question;

    pthread_mutex_lock(&inbox->lock);
    while (!inbox->first && !atomic_load(&host->readers_stop))
        pthread_cond_wait(&inbox->filled, &inbox->lock);
    question = take_first(inbox);
    pthread_mutex_unlock(&inbox->lock);
    return question;
}

static void *reader_main(void *context)
{
    struct host *host = context;
    struct store_reader *reader = NULL;
    enum err opened = host->store->ops->reader_open(host->store, &reader);

    (void)pthread_setname_np(pthread_self(), "reader"); /* a nicety for ps and bench */
    for (;;) {                                          /* until host_close */
        struct question *question = wait_for(host, &host->asked);
        if (!question)
            break;
        if (opened != ERR_NONE && question->kind != QUESTION_WORK) /* once more: it may be over */
            opened = host->store->ops->reader_open(host->store, &reader);
        if (opened == ERR_NONE || question->kind == QUESTION_WORK)
            question_answer(question, reader, host->store);
        else
            question->err = ERR_STORAGE;
        inbox_push(&host->answered, question);
        host_wake(host);
    }
    if (opened == ERR_NONE)
        reader->ops->reader_close(reader);
    return NULL;
}

static void *deputy_main(void *context)
{
    struct host *host = context;

    (void)pthread_setname_np(pthread_self(), "deputy"); /* a nicety for ps and bench */
    for (;;) {                                          /* until host_close */
        struct question *question = wait_for(host, &host->urgent);
        if (!question)
            return NULL;
        question->work(question->work_data, host->store);
        inbox_push(&host->answered, question);
        host_wake(host);
    }
}

static const char *why_failed(void *context)
{
    return ((struct host *)context)->store->why;
}

static void ask(void *context, struct question *question)
{
    struct host *host = context;

    if (question->kind != QUESTION_WORK || question->place != WORK_WRITER) {
        bool urgent = question->kind == QUESTION_WORK && question->place == WORK_AT_ONCE;
        inbox_push(urgent ? &host->urgent : &host->asked, question);
        return;
    }
    pthread_mutex_lock(&host->writer_lock);
    question->queue_next = host->writer_work;
    host->writer_work = question;
    pthread_cond_signal(&host->writer_filled);
    pthread_mutex_unlock(&host->writer_lock);
}

/* --- core thread --------------------------------------------------------- */

/* By a reader that goes with its cache: the registry in memory is not kept twice. */
static enum err load(struct host *host)
{
    struct store_reader *reader = NULL;
    int64_t last_block = 0;
    enum err err = host->store->ops->last_block(host->store, &last_block);

    if (err == ERR_NONE)
        err = host->store->ops->reader_open(host->store, &reader);
    if (err == ERR_NONE)
        err = engine_load(&host->engine, reader, last_block);
    (void)snprintf(host->why, sizeof host->why, "%s", reader ? reader->why : host->store->why);
    if (reader)
        reader->ops->reader_close(reader);
    return err;
}

static enum err reload(void *context)
{
    struct host *host = context;

    engine_unload(&host->engine);
    return load(host);
}

static void take_answers(struct host *host)
{
    struct batch *batch = atomic_exchange(&host->written, NULL);
    struct question *question;

    if (batch && host->written_err == ERR_OS) {
        /* The page cache can no longer be trusted (rules.md: durable): nothing is acknowledged
         * after this.
         */
        (void)fprintf(stderr, "voltd: the disk did not keep what it was told to: %s\n",
                      host->store->why);
        host->broken = true;
        return;
    }
    if (batch)
        engine_committed(&host->engine, batch, host->written_err);
    for (;;) { /* until there are no more answers */
        pthread_mutex_lock(&host->answered.lock);
        question = take_first(&host->answered);
        pthread_mutex_unlock(&host->answered.lock);
        if (!question)
            return;
        engine_answered(&host->engine, question);
    }
}

static int wait_ms(struct host *host)
{
    mono_ms due = engine_wake(&host->engine), now = host->engine.mono;

    if (due <= now)
        return 0;
    return due - now > 1000 ? 1000 : (int)(due - now);
}

static uint32_t events_max(const struct engine *engine)
{
    return engine_hurries(engine)  ? EVENTS_IN_A_HURRY
           : engine_leaves(engine) ? EVENTS_FEW
                                   : EVENTS_A_ROUND;
}

static void one_round(struct host *host)
{
    bool busy = engine_busy(&host->engine);
    struct pollfd fds[2] = { { .fd = host->wake_fd, .events = POLLIN },
                             { .fd = busy ? -1 : host->net_fd, .events = POLLIN } };
    uint64_t count;

    if (poll(fds, 2, wait_ms(host)) < 0)
        check(errno == EINTR);
    set_clock(host);
    if ((fds[0].revents & POLLIN) && read(host->wake_fd, &count, sizeof count) < 0)
        check(errno == EAGAIN || errno == EINTR);
    take_answers(host);
    if (host->broken)
        return;
    if ((fds[1].revents & POLLIN) && host->net_dispatch)
        host->net_dispatch(host->engine.host.net.net, events_max(&host->engine));
    engine_run(&host->engine);
}

int host_run(struct host *host, bool (*until)(void *context), void *context)
{
    while (!atomic_load(&host->stop) && !host->broken && !(until && until(context)))
        one_round(host);
    return host->broken;
}

void host_stop(struct host *host)
{
    atomic_store(&host->stop, true);
    host_wake(host);
}

void host_net_event(void *host, const struct net_event *event)
{
    engine_net_event(&((struct host *)host)->engine, event);
}

void host_net_ahead(void *host, conn_id conn, uint32_t events_before)
{
    struct engine *engine = &((struct host *)host)->engine;

    if (engine->handlers.ahead)
        engine->handlers.ahead(engine, conn, events_before);
}

struct engine *host_engine(struct host *host)
{
    return &host->engine;
}

void host_set_net(struct host *host, struct net_port net, int net_fd,
                  void (*dispatch)(void *net, uint32_t max_events))
{
    host->engine.host.net = net;
    host->net_fd = net_fd;
    host->net_dispatch = dispatch;
}

static void start_threads(struct host *host, uint32_t readers)
{
    inbox_init(&host->asked);
    inbox_init(&host->answered);
    inbox_init(&host->urgent);
    check(pthread_mutex_init(&host->writer_lock, NULL) == 0);
    check(pthread_cond_init(&host->writer_filled, NULL) == 0);
    check(pthread_create(&host->writer, NULL, writer_main, host) == 0);
    check(pthread_create(&host->deputy, NULL, deputy_main, host) == 0);
    host->reader_count = readers > READERS_MAX ? READERS_MAX : readers;
    for (uint32_t i = 0; i < host->reader_count; i++)
        check(pthread_create(&host->readers[i], NULL, reader_main, host) == 0);
}

enum err host_open(const struct host_config *config, struct host **out, char *why, size_t why_cap)
{
    struct host *host = calloc(1, sizeof *host);
    struct engine_host ports;
    uint64_t seed;
    enum err err;

    if (!host)
        return ERR_FULL;
    ports = (struct engine_host){ .host = host,
                                  .commit = commit,
                                  .why = why_failed,
                                  .ask = ask,
                                  .reload = reload,
                                  .clock_us = clock_us,
                                  .net = config->net };
    check(getrandom(&seed, sizeof seed, 0) == sizeof seed);
    host->store = config->store;
    host->net_fd = config->net_fd;
    host->net_dispatch = config->net_dispatch;
    host->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    check(host->wake_fd >= 0);
    engine_init(&host->engine, &ports, &config->handlers, config->options, seed);
    set_clock(host);
    err = load(host);
    if (err != ERR_NONE) {
        (void)snprintf(why, why_cap, "%s: %s", err_text(err), host->why);
        engine_fini(&host->engine);
        close(host->wake_fd);
        free(host);
        return err;
    }
    start_threads(host, config->readers);
    *out = host;
    return ERR_NONE;
}

static void finish(struct host *host, uint32_t wait_ms_max)
{
    mono_ms until;

    set_clock(host);
    until = host->engine.mono + wait_ms_max;
    engine_checkpoint(&host->engine);
    while (!engine_idle(&host->engine) && host->engine.mono < until && !host->broken) {
        if (host->engine.open)
            host->engine.open->must = true;
        one_round(host);
    }
}

static void stop_waiting(struct host *host, struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    atomic_store(&host->readers_stop, true);
    pthread_cond_broadcast(&inbox->filled);
    pthread_mutex_unlock(&inbox->lock);
}

void host_close(struct host *host, uint32_t wait_ms_max)
{
    if (!host->broken)
        finish(host, wait_ms_max);
    pthread_mutex_lock(&host->writer_lock);
    atomic_store(&host->writer_stop, true);
    pthread_cond_signal(&host->writer_filled);
    pthread_mutex_unlock(&host->writer_lock);
    stop_waiting(host, &host->asked);
    stop_waiting(host, &host->urgent);
    check(pthread_join(host->writer, NULL) == 0);
    check(pthread_join(host->deputy, NULL) == 0);
    for (uint32_t i = 0; i < host->reader_count; i++)
        check(pthread_join(host->readers[i], NULL) == 0);
    engine_drop(&host->engine);
}

void host_free(struct host *host)
{
    engine_fini(&host->engine);
    close(host->wake_fd);
    free(host);
}
