#include "bench/stations.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/frames.h"
#include "domain/words.h"
#include "node/node.h"

enum { STATIONS_A_TURN = 500 };

enum err stations_directory(const char *parent, char path[4096], char *why)
{
    (void)snprintf(path, 4096, "%s/voltd-bench-XXXXXX", parent); /* cut: mkdtemp refuses it */
    if (mkdtemp(path))
        return ERR_NONE;
    (void)snprintf(why, BENCH_WHY_SIZE, "%s: %s", parent, strerror(errno));
    return ERR_OS;
}

void stations_remove(const char *directory)
{
    DIR *files = opendir(directory);
    struct dirent *entry;
    char path[4096 + 256];

    while (files && (entry = readdir(files)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name); /* fits */
        (void)unlink(path); /* "." and ".." stay */
    }
    if (files)
        (void)closedir(files); /* was only read */
    (void)rmdir(directory);    /* stays when something else lies in it */
}

static enum err open_node(const char *directory, const char *version, struct options *options,
                          struct node **node, char *why)
{
    const struct node_config config = { .options = options,
                                        .directory = directory,
                                        .version = version };

    options_init(options);
    return node_open(&config, node, why, BENCH_WHY_SIZE);
}

static void close_node(struct node *node, struct options *options)
{
    node_close(node);
    options_fini(options);
}

/* --- register --- */

struct wanted {
    const char *prefix;
    uint32_t first, end;
};

static void add_station(struct turn *turn, const char *prefix, uint32_t index)
{
    struct station_row *station = TURN_NEW(turn, station);

    station->tenant = 1;
    station->identity = arena_printf(turn->arena, "%s%07u", prefix, index);
    station->created_at = station->asked_at = turn->now; /* asked: nothing more is wanted of it */
    station->registration = REGISTRATION_ACCEPTED;
}

static enum err register_turn(struct turn *turn)
{
    const struct wanted *wanted = turn->input;

    for (uint32_t i = wanted->first; i < wanted->end; i++)
        add_station(turn, wanted->prefix, i);
    if (!TURN_FIND_NAME(turn, token, FRAMES_TOKEN)) {
        struct token_row *token = TURN_NEW(turn, token);
        token->tenant = 1;
        token->uid = FRAMES_TOKEN;
        token->status = TOKEN_ACCEPTED;
        token->created_at = turn->now;
    }
    return ERR_NONE;
}

static bool is_idle(void *engine)
{
    return engine_idle(engine);
}

enum err stations_register(const char *directory, const char *version, const char *prefix,
                           uint32_t count, char *why)
{
    struct options options;
    struct node *node;
    enum err err = open_node(directory, version, &options, &node, why);

    if (err != ERR_NONE)
        return err;
    for (uint32_t at = 0; at < count && err == ERR_NONE; at += STATIONS_A_TURN) {
        struct wanted wanted = { prefix, at,
                                 count - at > STATIONS_A_TURN ? at + STATIONS_A_TURN : count };
        struct turn *turn = engine_turn(node_engine(node), register_turn, &wanted, sizeof wanted);
        check(turn != NULL);
        err = engine_go(turn);
        if (err == ERR_NONE && host_run(node_host(node), is_idle, node_engine(node)) != 0)
            err = ERR_STORAGE;
    }
    if (err != ERR_NONE)
        (void)snprintf(why, BENCH_WHY_SIZE, "stations cannot be registered: %s", err_text(err));
    close_node(node, &options);
    return err;
}

/* --- add up --- */

enum err stations_add_up(const char *directory, const char *version, struct stations_sum *sum,
                         char *why)
{
    const struct session_row *session;
    const struct world *world;
    struct options options;
    struct node *node;
    uint32_t at = 0;
    enum err err = open_node(directory, version, &options, &node, why);

    if (err != ERR_NONE)
        return err;
    *sum = (struct stations_sum){ 0 };
    world = &node_engine(node)->world;
    while ((session = world_next(world, ROW_session, &at)) != NULL) {
        sum->sessions++;
        sum->energy_mwh += session->energy_mwh;
    }
    close_node(node, &options);
    return ERR_NONE;
}
