/* idle.c: memory of a station that says nothing, with all that the server knows of it: registered,
 * connected, booted, two connectors that told their status.
 *
 * It is the difference of two servers that have both worked until they grew no more, so that their
 * caches are full: one with the stations, one without. */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/process.h"
#include "bench/stations.h"
#include "net/selfsigned.h"

enum err bench_idle(const struct bench_config *config, struct report *report, char *why);

enum {
    SETTLE_S = 3,
    ARGUMENTS_MAX = 24,
    WORKERS = 100,
    WORK_S_MAX = 60,
    GROWTH_BYTES = 128 << 10, /* less in a second is none */
    STILL_S = 3,              /* so many seconds without */
};

static const struct idle_case {
    const char *name, *door; /* as in the ready line */
    bool tls;
    uint32_t stations;
} cases[] = {
    { "plain, idle station", "ocpp", false, 10000 },
    { "TLS, idle station", "ocpp_tls", true, 2000 },
};

static enum err make_certificate(const char *directory, char chain[4200], char key[4200], char *why)
{
    const struct selfsigned wanted = { .name = "localhost", .chain_file = chain, .key_file = key };

    (void)snprintf(chain, 4200, "%s/chain.pem", directory); /* fits */
    (void)snprintf(key, 4200, "%s/key.pem", directory);     /* fits */
    return selfsigned_make(&wanted, why, BENCH_WHY_SIZE);
}

static enum err start(struct server *server, const struct bench_config *config,
                      const struct idle_case *which, const char *directory, char *why)
{
    char chain[4200], key[4200], chain_set[4300], key_set[4300];
    const char *arguments[ARGUMENTS_MAX] = { config->program, "serve", "--data",
                                             directory,       "--set", "http.listen=off",
                                             "--set" };
    uint32_t count = 7;
    enum err err;

    if (!which->tls) {
        arguments[count] = "ocpp.listen=127.0.0.1:0";
        return server_start(server, arguments, why);
    }
    err = make_certificate(directory, chain, key, why);
    if (err != ERR_NONE)
        return err;
    (void)snprintf(chain_set, sizeof chain_set, "ocpp.cert=%s", chain); /* fits */
    (void)snprintf(key_set, sizeof key_set, "ocpp.key=%s", key);        /* fits */
    arguments[count++] = "ocpp.tls_listen=127.0.0.1:0";
    arguments[count++] = "--set";
    arguments[count++] = "ocpp.listen=off";
    arguments[count++] = "--set";
    arguments[count++] = chain_set;
    arguments[count++] = "--set";
    arguments[count++] = key_set;
    return server_start(server, arguments, why);
}

/* Lets a few stations work until the server grows no more. */
static enum err work(struct server *server, const struct crowd_config *workers, char *why)
{
    int64_t before = server_memory(server);
    struct crowd *crowd;
    enum err err = crowd_open(workers, &crowd, why);

    if (err != ERR_NONE)
        return err;
    for (uint32_t second = 0, still = 0; second < WORK_S_MAX && still < STILL_S; second++) {
        struct crowd_result result;
        int64_t now;
        err = crowd_run(crowd, 1, &result, why);
        if (err != ERR_NONE)
            break;
        now = server_memory(server);
        still = now - before < GROWTH_BYTES ? still + 1 : 0;
        before = now;
    }
    crowd_close(crowd);
    return err;
}

/* The memory of a server with `stations` idle ones. */
static enum err measure(struct server *server, const struct idle_case *which, uint32_t stations,
                        int64_t *memory, char *why)
{
    const struct timespec settle = { .tv_sec = SETTLE_S };
    struct crowd_config config = { .tls = which->tls,
                                   .count = WORKERS,
                                   .protocol = FRAMES_201,
                                   .last_step = FRAMES_METER,
                                   .prefix = "WORK" };
    struct crowd *crowd = NULL;
    char address[64];
    enum err err;

    check(server_address(server, which->door, address));
    config.address = address;
    err = work(server, &config, why);
    config.count = stations;
    config.last_step = FRAMES_START;
    config.prefix = "IDLE";
    if (err == ERR_NONE && stations)
        err = crowd_open(&config, &crowd, why);
    (void)nanosleep(&settle, NULL); /* shorter at worst: what is under way counts as memory */
    *memory = server_memory(server);
    if (crowd)
        crowd_close(crowd);
    return err;
}

static enum err run_server(const struct bench_config *config, const struct idle_case *which,
                           uint32_t stations, int64_t *memory, char *why)
{
    char directory[4096];
    struct server server;
    enum err err = stations_directory(config->directory, directory, why);

    if (err != ERR_NONE)
        return err;
    err = stations_register(directory, config->version, "WORK", WORKERS, why);
    if (err == ERR_NONE)
        err = stations_register(directory, config->version, "IDLE", stations, why);
    if (err == ERR_NONE)
        err = start(&server, config, which, directory, why);
    if (err == ERR_NONE) {
        err = measure(&server, which, stations, memory, why);
        server_end(&server, SIGKILL);
    }
    stations_remove(directory);
    return err;
}

enum err bench_idle(const struct bench_config *config, struct report *report, char *why)
{
    enum err err = ERR_NONE;

    server_raise_files();
    for (size_t i = 0; i < COUNT(cases) && err == ERR_NONE; i++) {
        uint32_t stations = config->connections ? config->connections : cases[i].stations;
        int64_t without, with;
        err = run_server(config, &cases[i], 0, &without, why);
        if (err == ERR_NONE)
            err = run_server(config, &cases[i], stations, &with, why);
        if (err != ERR_NONE)
            return err;
        report_add(report, cases[i].name, "stations", (int64_t)stations * 1000, "");
        report_add(report, cases[i].name, "memory", (with - without) * 1000 / stations, "byte");
        report_add(report, cases[i].name, "server_without", without * 1000 / 1024, "KiB");
    }
    return err;
}
