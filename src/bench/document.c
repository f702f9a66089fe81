/* document.c: how long stations wait for an answer while a large power document is put. A server in
 * a process of its own, over real sockets. Some of the site's stations send Heartbeats in turn, one
 * every few milliseconds, from before the request is written until its answer is there and a while
 * longer: what stations are told follows. The first time the site gets its stations
 * with the document, then each round changes its limit. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/process.h"
#include "bench/shared_site.h"
#include "bench/stations.h"
#include "bench/talk.h"
#include "net/http_call.h"

enum err bench_document(const struct bench_config *config, struct report *report, char *why);

enum {
    EVSES = 10000,
    WATCHERS = 40,
    APART_US = 4000, /* between two heartbeats: each station some six a second */
    SHARE_A = 24,
    WAIT_MS = 1,
    AFTER_MS = 2000, /* until the limits of those that are there have been told */
    CALM_MS = 500,   /* without a request: what is always there */
    ROUNDS_MAX = 100,
    BEATS_MAX = 1000000,
};

struct watcher {
    enum frames_step step;
    uint32_t number;
    int64_t transaction_id, asked_us;
};

struct watch {
    struct fleet *fleet;
    struct watcher watchers[WATCHERS];
    uint32_t count, ready, next;
    bool beats;
    int64_t beat_us; /* the next one is due */
    int64_t *times_us;
    uint32_t time_count;
    struct talk_failure failure;
    struct shared_site *site;
    const struct place *place;
};

static struct talk talk_of(struct watch *watch, uint32_t index)
{
    return (struct talk){ watch->fleet, &watch->failure, index };
}

static void beat(struct watch *watch, uint32_t index)
{
    char memory[FLEET_ROOM + FRAME_SIZE];
    int len = snprintf(memory + FLEET_ROOM, FRAME_SIZE, "[2,\"beat-%u\",\"Heartbeat\",{}]",
                       ++watch->watchers[index].number);

    watch->watchers[index].asked_us = clock_us(CLOCK_MONOTONIC);
    if (!fleet_send(watch->fleet, index, memory + FLEET_ROOM, (uint32_t)len))
        talk_fail(&watch->failure, "cannot send", index, STR_NONE);
}

static void say(struct watch *watch, uint32_t index)
{
    struct watcher *watcher = &watch->watchers[index];

    talk_say(talk_of(watch, index), FRAMES_16, watcher->step, watcher->number++,
             watcher->transaction_id);
}

static void on_answer(struct watch *watch, uint32_t index, struct str text)
{
    struct watcher *watcher = &watch->watchers[index];

    if (watcher->step == FRAMES_START)
        watcher->transaction_id = talk_number(text, "\"transactionId\":");
    if (watcher->step < FRAMES_METER) {
        watcher->step++;
        say(watch, index);
        watch->ready += watcher->step == FRAMES_METER;
        return;
    }
    if (watcher->asked_us && watch->time_count < BEATS_MAX)
        watch->times_us[watch->time_count++] = clock_us(CLOCK_MONOTONIC) - watcher->asked_us;
    watcher->asked_us = 0;
}

static void on_text(void *arg, uint32_t index, struct str text)
{
    static const char set[] = "\"SetChargingProfile\"";
    struct watch *watch = arg;

    if (str_starts(text, STR("[2,")))
        talk_answer(talk_of(watch, index), text,
                    memmem(text.ptr, text.len, set, sizeof set - 1) ? "{\"status\":\"Accepted\"}"
                                                                    : "{}");
    else if (str_starts(text, STR("[3,")))
        on_answer(watch, index, text);
    else
        talk_fail(&watch->failure, "the server refuses", index, text);
}

static void on_opened(void *arg, uint32_t index)
{
    say(arg, index);
}

static enum err serve(struct watch *watch, char *why)
{
    if (watch->beats && clock_us(CLOCK_MONOTONIC) >= watch->beat_us) {
        watch->beat_us = clock_us(CLOCK_MONOTONIC) + APART_US;
        watch->next = (watch->next + 1) % watch->count;
        if (!watch->watchers[watch->next].asked_us)
            beat(watch, watch->next);
    }
    if (!fleet_turn(watch->fleet, WAIT_MS, why))
        return ERR_OS;
    if (!watch->failure.failed)
        return ERR_NONE;
    memcpy(why, watch->failure.why, sizeof watch->failure.why);
    return ERR_OS;
}

static enum err serve_for(struct watch *watch, int64_t ms, char *why)
{
    int64_t until_us = clock_us(CLOCK_MONOTONIC) + ms * 1000;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && clock_us(CLOCK_MONOTONIC) < until_us)
        err = serve(watch, why);
    return err;
}

static void begin_beats(struct watch *watch)
{
    watch->time_count = 0;
    watch->beats = true;
}

/* --- a document --------------------------------------------------------------------------- */

struct put {
    struct net_call call;
    int status;
    enum err err;
    int64_t took_us;
    bool done; /* atomic */
};

static void *put_main(void *context)
{
    struct put *put = context;
    int64_t began_us = clock_us(CLOCK_MONOTONIC);
    struct arena arena;
    struct str body;

    arena_init(&arena, NULL, 0);
    put->err = net_http_call(&put->call, &arena, &put->status, &body);
    put->took_us = clock_us(CLOCK_MONOTONIC) - began_us;
    if (put->status / 100 != 2)
        (void)fprintf(stderr, "%.*s\n", STR_ARGS(str_first(body, 300)));
    arena_reset(&arena);
    __atomic_store_n(&put->done, true, __ATOMIC_RELEASE);
    return NULL;
}

/* What one of them has found: the worst and the hundredth answer, and the request's. */
struct found {
    int64_t p99_us[ROUNDS_MAX], max_us[ROUNDS_MAX], put_us[ROUNDS_MAX];
};

static void note(struct watch *watch, struct found *found, uint32_t round)
{
    (void)median(watch->times_us, watch->time_count); /* sorts */
    found->p99_us[round] =
        watch->time_count ? watch->times_us[(watch->time_count - 1) * 99 / 100] : 0;
    found->max_us[round] = watch->time_count ? watch->times_us[watch->time_count - 1] : 0;
}

struct place {
    char socket[4200], target[128], ocpp[64];
};

static enum err put(struct watch *watch, const struct place *place, struct str document,
                    int64_t *took_us, char *why)
{
    static const struct net_header json = { STR_INIT("content-type"),
                                            STR_INIT("application/json") };
    struct put put = { .call = { .place = place->socket,
                                 .method = STR("PUT"),
                                 .target = str_of(place->target),
                                 .headers = &json,
                                 .header_count = 1,
                                 .body = document } };
    pthread_t thread;
    enum err err = ERR_NONE;

    begin_beats(watch);
    check(pthread_create(&thread, NULL, put_main, &put) == 0);
    while (err == ERR_NONE && !__atomic_load_n(&put.done, __ATOMIC_ACQUIRE))
        err = serve(watch, why);
    check(pthread_join(thread, NULL) == 0);
    if (err == ERR_NONE)
        err = serve_for(watch, AFTER_MS, why);
    watch->beats = false;
    if (err == ERR_NONE)
        err = serve_for(watch, CALM_MS, why);
    *took_us = put.took_us;
    if (put.err == ERR_NONE && put.status / 100 == 2)
        return err;
    (void)snprintf(why, BENCH_WHY_SIZE, "PUT %s: %d", place->target, put.status);
    return ERR_OS;
}

/* What the core thread was held for at the longest since the last time, by its own count. */
static int64_t held_us(const struct place *place)
{
    static const char key[] = "\nvoltd_core_held_longest_microseconds ";
    const struct net_call call = { .place = place->socket,
                                   .method = STR("GET"),
                                   .target = STR("/metrics") };
    struct arena arena;
    struct str body;
    int64_t us = 0;
    int status;

    arena_init(&arena, NULL, 0);
    if (net_http_call(&call, &arena, &status, &body) == ERR_NONE && status == 200)
        us = talk_number(body, key);
    arena_reset(&arena);
    return us;
}

static void tell(struct report *report, const char *what, uint32_t evses, struct found *found,
                 uint32_t rounds)
{
    char name[48];

    (void)snprintf(name, sizeof name, "%s, %u EVSEs", what, evses); /* fits */
    report_add(report, name, "heartbeat_p99", median(found->p99_us, rounds), "ms");
    report_add(report, name, "heartbeat_worst", median(found->max_us, rounds), "ms");
    report_add(report, name, "heartbeat_worst_round", found->max_us[rounds - 1], "ms");
    if (found->put_us[0])
        report_add(report, name, "put", median(found->put_us, rounds), "ms");
}

/* What stations wait while nothing is put. */
static enum err watch_calm(struct watch *watch, struct found *calm, char *why)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE && watch->ready < watch->count)
        err = serve(watch, why);
    if (err == ERR_NONE)
        err = serve_for(watch, CALM_MS, why);
    begin_beats(watch);
    if (err == ERR_NONE)
        err = serve_for(watch, AFTER_MS, why);
    watch->beats = false;
    note(watch, calm, 0);
    return err == ERR_NONE ? serve_for(watch, CALM_MS, why) : err;
}

/* And while a document is, with another limit each round. */
static enum err watch_puts(struct watch *watch, struct found *found, uint32_t rounds, char *why)
{
    struct arena arena;
    enum err err = ERR_NONE;

    arena_init(&arena, NULL, 0);
    for (uint32_t i = 0; i < rounds && err == ERR_NONE; i++) {
        arena_reset(&arena);
        watch->site->amps_each++;
        err = put(watch, watch->place, shared_site_document(watch->site, 0, &arena),
                  &found->put_us[i], why);
        note(watch, found, i);
    }
    arena_reset(&arena);
    return err;
}

static enum err measure(struct watch *watch, uint32_t rounds, struct report *report, char *why)
{
    static struct found calm, first, change;
    uint32_t evses = watch->site->stations;
    enum err err = watch_calm(watch, &calm, why);

    if (err == ERR_NONE)
        err = watch_puts(watch, &first, 1, why);
    if (err == ERR_NONE)
        err = watch_puts(watch, &change, rounds, why);
    if (err != ERR_NONE)
        return err;
    tell(report, "nothing is put", evses, &calm, 1);
    tell(report, "the first document", evses, &first, 1);
    tell(report, "a change of it", evses, &change, rounds);
    report_add(report, "all of these", "core_held_longest", held_us(watch->place), "ms");
    return ERR_NONE;
}

static enum err run(const struct bench_config *config, const char *directory, struct report *report,
                    char *why)
{
    const char *const serve_it[] = { config->program, "serve",           "--data",
                                     directory,       "--set",           "ocpp.listen=127.0.0.1:0",
                                     "--set",         "http.listen=off", NULL };
    struct shared_site site = { .stations = config->connections ? config->connections : EVSES,
                                .amps_each = SHARE_A,
                                .bare = true };
    struct watch watch = { 0 };
    struct server server;
    struct place place;
    struct fleet_config fleet = { .address = place.ocpp,
                                  .subprotocol = frames_subprotocol(FRAMES_16),
                                  .prefix = SHARED_SITE_PREFIX,
                                  .arg = &watch,
                                  .opened = on_opened,
                                  .text = on_text };
    enum err err = shared_site_make(directory, config->version, &site, why);

    if (err == ERR_NONE)
        err = server_start(&server, serve_it, why);
    if (err != ERR_NONE)
        return err;
    (void)snprintf(place.socket, sizeof place.socket, "%s/voltd.sock", directory); /* fits */
    (void)snprintf(place.target, sizeof place.target, "/api/v1/sites/%lld/power",
                   (long long)site.ids[0]); /* fits */
    check(server_address(&server, "ocpp", place.ocpp));
    watch.count = fleet.count = site.stations < WATCHERS ? site.stations : WATCHERS;
    watch.times_us = calloc(BEATS_MAX, sizeof *watch.times_us);
    check(watch.times_us != NULL);
    err = fleet_open(&fleet, &watch.fleet, why);
    if (err == ERR_NONE) {
        watch.site = &site;
        watch.place = &place;
        err = measure(&watch, config->rounds, report, why);
        fleet_close(watch.fleet);
    }
    free(watch.times_us);
    server_end(&server, SIGKILL);
    return err;
}

enum err bench_document(const struct bench_config *config, struct report *report, char *why)
{
    char directory[4096];
    enum err err = stations_directory(config->directory, directory, why);

    check(config->rounds <= ROUNDS_MAX);
    if (err != ERR_NONE)
        return err;
    err = run(config, directory, report, why);
    stations_remove(directory);
    return err;
}
