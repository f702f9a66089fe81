/* cap.c: how soon after an emergency cap is asked for the lower limits are on the wires of a site's
 * stations. A server in a process of its own, over real sockets: the time runs from before the
 * request is written until the client of each station has read its SetChargingProfile. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/process.h"
#include "bench/shared_site.h"
#include "bench/stations.h"
#include "bench/talk.h"
#include "net/http_call.h"

enum err bench_cap(const struct bench_config *config, struct report *report, char *why);
enum err bench_caps(const struct bench_config *config, struct report *report, char *why);

enum {
    STATIONS = 1000,
    MANY_STATIONS = 10000, /* of a hundred sites */
    MANY_SITES = 100,
    ASKERS = 100, /* requests at the same time */
    SHARE_A = 24, /* of the grid connection, each */
    NEAR_A = 22,  /* a raise of less than 5 % is not worth a message (energy/calm.c) */
    CAP_A = 16,   /* and under the cap */
    VOLTS = 230,
    LINES = 3,
    WAIT_MS = 20,
    REST_MS = 500, /* between rounds: what they wrote is on disk */
    QUIET_MS_MAX = 120000,
    ROUNDS_MAX = 100,
    CALL_SIZE = 64,
    REPLIES_AT_ONCE = 64,
};

struct wire {
    enum frames_step step;
    uint32_t number;
    int64_t transaction_id;
    int32_t limit_a;    /* of its session's profile; -1: none */
    int64_t lowered_us; /* since the cap was asked for; -1: not yet */
};

/* An answer that is not sent yet. */
struct reply {
    uint32_t station;
    const char *payload;
    char call[CALL_SIZE]; /* the head of the call, with its id */
};

struct yard {
    struct fleet *fleet;
    struct wire *wires;
    struct reply *replies;
    uint32_t reply_count, heard;
    uint32_t count, at_share, at_cap;
    int64_t asked_us;
    struct talk_failure failure;
};

/* --- a station --------------------------------------------------------------------------- */

static struct talk talk_of(struct yard *yard, uint32_t index)
{
    return (struct talk){ yard->fleet, &yard->failure, index };
}

static void say(struct yard *yard, uint32_t index)
{
    struct wire *wire = &yard->wires[index];

    talk_say(talk_of(yard, index), FRAMES_16, wire->step, wire->number++, wire->transaction_id);
}

static void take_limit(struct yard *yard, struct wire *wire, int32_t limit_a)
{
    yard->at_share -= wire->limit_a >= NEAR_A;
    yard->at_cap -= wire->limit_a >= 0 && wire->limit_a <= CAP_A;
    wire->limit_a = limit_a;
    yard->at_share += limit_a >= NEAR_A;
    yard->at_cap += limit_a >= 0 && limit_a <= CAP_A;
    if (limit_a <= CAP_A && wire->lowered_us < 0)
        wire->lowered_us = clock_us(CLOCK_MONOTONIC) - yard->asked_us;
}

/* In the field each station is a machine of its own, and none waits until another has answered:
 * here all that has come is read before any answer is sent. */
static void send_replies(struct yard *yard)
{
    for (uint32_t i = 0; i < REPLIES_AT_ONCE && yard->reply_count > 0; i++) {
        const struct reply *reply = &yard->replies[--yard->reply_count];
        talk_answer(talk_of(yard, reply->station), str_of(reply->call), reply->payload);
    }
}

static void on_call(struct yard *yard, uint32_t index, struct str text)
{
    static const char profile[] = "\"TxProfile\"", set[] = "\"SetChargingProfile\"";
    struct reply *reply;

    if (memmem(text.ptr, text.len, profile, sizeof profile - 1))
        take_limit(yard, &yard->wires[index], (int32_t)talk_number(text, "\"limit\":"));
    check(yard->reply_count < yard->count); /* one call at a time */
    reply = &yard->replies[yard->reply_count++];
    reply->station = index;
    reply->payload =
        memmem(text.ptr, text.len, set, sizeof set - 1) ? "{\"status\":\"Accepted\"}" : "{}";
    text = str_first(text, CALL_SIZE - 1);
    memcpy(reply->call, text.ptr, text.len);
    reply->call[text.len] = '\0';
}

static void on_text(void *arg, uint32_t index, struct str text)
{
    struct yard *yard = arg;
    struct wire *wire = &yard->wires[index];

    yard->heard++;
    if (str_starts(text, STR("[2,"))) {
        on_call(yard, index, text);
        return;
    }
    if (!str_starts(text, STR("[3,"))) {
        talk_fail(&yard->failure, "the server refuses", index, text);
        return;
    }
    if (wire->step == FRAMES_START)
        wire->transaction_id = talk_number(text, "\"transactionId\":");
    if (wire->step >= FRAMES_METER)
        return;
    wire->step++;
    if (wire->step < FRAMES_METER)
        say(yard, index);
}

static void on_opened(void *arg, uint32_t index)
{
    struct yard *yard = arg;

    yard->wires[index].limit_a = -1;
    yard->wires[index].lowered_us = -1;
    say(yard, index);
}

/* Serves the wires until `count` is all of them. */
static enum err until_all(struct yard *yard, const uint32_t *count, const char *what, char *why)
{
    int64_t began_us = clock_us(CLOCK_MONOTONIC);

    while (*count < yard->count) {
        yard->heard = 0;
        if (!fleet_turn(yard->fleet, yard->reply_count ? 0 : WAIT_MS, why))
            return ERR_OS;
        if (yard->heard == 0)
            send_replies(yard);
        if (yard->failure.failed) {
            memcpy(why, yard->failure.why, sizeof yard->failure.why);
            return ERR_OS;
        }
        if (clock_us(CLOCK_MONOTONIC) - began_us > QUIET_MS_MAX * INT64_C(1000)) {
            (void)snprintf(why, BENCH_WHY_SIZE, "after two minutes %u of %u stations are %s",
                           *count, yard->count, what);
            return ERR_TIMEOUT;
        }
    }
    return ERR_NONE;
}

/* --- a cap ------------------------------------------------------------------------------- */

/* Requests beside the fleet, to some of the sites: the server's local socket. */
struct request {
    const struct place *place;
    const char *method;
    char *body;
    uint32_t first;
    int status; /* of the first that failed, or the last */
    enum err err;
};

struct place {
    char socket[4200], ocpp[64];
    const struct shared_site *site;
    uint32_t sites;
};

static void ask(struct request *request, int64_t site)
{
    static const struct net_header json = { STR_INIT("content-type"),
                                            STR_INIT("application/json") };
    char target[128];
    struct net_call call = { .place = request->place->socket,
                             .method = str_of(request->method),
                             .headers = &json,
                             .header_count = 1 };
    struct arena arena;
    struct str body;

    (void)snprintf(target, sizeof target, "/api/v1/sites/%lld/power/cap", (long long)site);
    call.target = str_of(target);
    if (request->method[0] == 'P')
        call.body = str_of(request->body);
    arena_init(&arena, NULL, 0);
    request->err = net_http_call(&call, &arena, &request->status, &body);
    arena_reset(&arena);
}

static void *request_main(void *context)
{
    struct request *request = context;

    request->status = 200;
    for (uint32_t i = request->first; i < request->place->sites; i += ASKERS) {
        ask(request, request->place->site->ids[i]);
        if (request->err != ERR_NONE || request->status / 100 != 2)
            break;
    }
    return NULL;
}

/* Asks and serves the wires until all are where they should be. */
static enum err request(struct yard *yard, const struct place *place, const char *method,
                        const uint32_t *count, char *why)
{
    struct request requests[ASKERS];
    pthread_t threads[ASKERS];
    uint32_t askers = place->sites < ASKERS ? place->sites : ASKERS;
    char body[128];
    enum err err;

    (void)snprintf(body, sizeof body, "{\"limit_w\":%u,\"reason\":\"bench\",\"duration_s\":3600}",
                   CAP_A * VOLTS * LINES * (yard->count / place->sites)); /* fits */
    yard->asked_us = clock_us(CLOCK_MONOTONIC);
    for (uint32_t i = 0; i < askers; i++) {
        requests[i] =
            (struct request){ .place = place, .method = method, .body = body, .first = i };
        check(pthread_create(&threads[i], NULL, request_main, &requests[i]) == 0);
    }
    err = until_all(yard, count, method[0] == 'P' ? "below the cap" : "back at their share", why);
    for (uint32_t i = 0; i < askers; i++) {
        check(pthread_join(threads[i], NULL) == 0);
        if (requests[i].err == ERR_NONE && requests[i].status / 100 == 2)
            continue;
        (void)snprintf(why, BENCH_WHY_SIZE, "%s of a cap: %d", method, requests[i].status);
        err = ERR_OS;
    }
    return err;
}

struct found {
    int64_t p50_us[ROUNDS_MAX], p99_us[ROUNDS_MAX], max_us[ROUNDS_MAX];
};

/* Serves the wires for a while. */
static enum err rest(struct yard *yard, char *why)
{
    int64_t until_us = clock_us(CLOCK_MONOTONIC) + REST_MS * INT64_C(1000);

    while (clock_us(CLOCK_MONOTONIC) < until_us) {
        yard->heard = 0;
        if (!fleet_turn(yard->fleet, yard->reply_count ? 0 : WAIT_MS, why))
            return ERR_OS;
        if (yard->heard == 0)
            send_replies(yard);
    }
    return ERR_NONE;
}

static enum err one_cap(struct yard *yard, const struct place *place, struct found *found,
                        uint32_t round, char *why)
{
    int64_t *times = malloc(yard->count * sizeof *times);
    enum err err;

    check(times != NULL);
    for (uint32_t i = 0; i < yard->count; i++)
        yard->wires[i].lowered_us = -1;
    err = request(yard, place, "POST", &yard->at_cap, why);
    for (uint32_t i = 0; i < yard->count; i++)
        times[i] = yard->wires[i].lowered_us;
    found->p50_us[round] = median(times, yard->count); /* sorts */
    found->p99_us[round] = times[(yard->count - 1) * 99 / 100];
    found->max_us[round] = times[yard->count - 1];
    free(times);
    if (err == ERR_NONE)
        err = rest(yard, why);
    if (err == ERR_NONE)
        err = request(yard, place, "DELETE", &yard->at_share, why);
    return err == ERR_NONE ? rest(yard, why) : err;
}

static void name_of(const struct place *place, char name[48])
{
    if (place->sites == 1)
        (void)snprintf(name, 48, "cap, %u stations", place->site->stations); /* fits */
    else
        (void)snprintf(name, 48, "caps, %u stations of %u sites", place->site->stations,
                       place->sites); /* fits */
}

static void tell(struct report *report, struct found *found, const struct place *place,
                 uint32_t rounds)
{
    char name[48];

    name_of(place, name);
    report_add(report, name, "on_the_wire_p50", median(found->p50_us, rounds), "ms");
    report_add(report, name, "on_the_wire_p99", median(found->p99_us, rounds), "ms");
    report_add(report, name, "on_the_wire_last", median(found->max_us, rounds), "ms");
    report_add(report, name, "on_the_wire_last_worst_round", found->max_us[rounds - 1], "ms");
}

/* What the core thread was held for at the longest, by the server's own count. */
static void tell_held(struct report *report, const struct place *place)
{
    static const char key[] = "\nvoltd_core_held_longest_microseconds ";
    const struct net_call call = { .place = place->socket,
                                   .method = STR("GET"),
                                   .target = STR("/metrics") };
    struct arena arena;
    struct str body;
    char name[48];
    int status;

    arena_init(&arena, NULL, 0);
    name_of(place, name);
    if (net_http_call(&call, &arena, &status, &body) == ERR_NONE && status == 200)
        report_add(report, name, "core_held_longest", talk_number(body, key), "ms");
    arena_reset(&arena);
}

/* --- the whole ---------------------------------------------------------------------------- */

static enum err measure(struct yard *yard, const struct bench_config *config,
                        const struct place *place, struct report *report, char *why)
{
    struct fleet_config fleet = { .address = place->ocpp,
                                  .count = yard->count,
                                  .subprotocol = frames_subprotocol(FRAMES_16),
                                  .prefix = SHARED_SITE_PREFIX,
                                  .arg = yard,
                                  .opened = on_opened,
                                  .text = on_text };
    static struct found found;
    enum err err = fleet_open(&fleet, &yard->fleet, why);
    if (err != ERR_NONE)
        return err;
    err = until_all(yard, &yard->at_share, "at their share", why);
    for (uint32_t i = 0; i < config->rounds && err == ERR_NONE; i++)
        err = one_cap(yard, place, &found, i, why);
    if (err == ERR_NONE)
        tell(report, &found, place, config->rounds);
    if (err == ERR_NONE)
        tell_held(report, place);
    fleet_close(yard->fleet);
    return err;
}

static enum err run(const struct bench_config *config, struct shared_site *site,
                    const char *directory, struct report *report, char *why)
{
    const char *const serve[] = { config->program, "serve",           "--data",
                                  directory,       "--set",           "ocpp.listen=127.0.0.1:0",
                                  "--set",         "http.listen=off", NULL };
    struct yard yard = { .count = site->stations };
    struct server server;
    struct place place = { .site = site, .sites = site->sites };
    enum err err = shared_site_make(directory, config->version, site, why);

    if (err == ERR_NONE)
        err = server_start(&server, serve, why);
    if (err != ERR_NONE)
        return err;
    (void)snprintf(place.socket, sizeof place.socket, "%s/voltd.sock", directory); /* fits */
    yard.wires = calloc(yard.count, sizeof *yard.wires);
    yard.replies = calloc(yard.count, sizeof *yard.replies);
    check(yard.wires && yard.replies);
    check(server_address(&server, "ocpp", place.ocpp));
    err = measure(&yard, config, &place, report, why);
    free(yard.wires);
    free(yard.replies);
    server_end(&server, SIGKILL);
    return err;
}

static enum err bench(const struct bench_config *config, struct shared_site *site,
                      struct report *report, char *why)
{
    char directory[4096];
    enum err err = stations_directory(config->directory, directory, why);

    check(config->rounds <= ROUNDS_MAX);
    if (err != ERR_NONE)
        return err;
    server_raise_files();
    site->amps_each = SHARE_A;
    err = run(config, site, directory, report, why);
    stations_remove(directory);
    return err;
}

enum err bench_cap(const struct bench_config *config, struct report *report, char *why)
{
    static struct shared_site site;

    site.stations = config->connections ? config->connections : STATIONS;
    site.sites = 1;
    return bench(config, &site, report, why);
}

enum err bench_caps(const struct bench_config *config, struct report *report, char *why)
{
    static struct shared_site site;

    site.stations = config->connections ? config->connections : MANY_STATIONS;
    site.stations -= site.stations % MANY_SITES; /* all of the same size */
    if (site.stations == 0)
        site.stations = MANY_SITES;
    site.sites = MANY_SITES;
    return bench(config, &site, report, why);
}
