/* server.h: the real core on a fake clock, net and disk, one seed. It can be killed at any moment;
 * what the fake disk had taken by then is what the next start finds. Clock and net are somebody
 * else's: a simulated world's, or a script's.
 */
#pragma once
#include "core/engine.h"
#include "dispatch/dispatch.h"
#include "ocpp/ocpp.h"

/* Where it lives. */
struct server_world {
    void *world;
    utc_ms (*now)(void *world);
    void (*at)(void *world, utc_ms at, void (*fn)(void *arg), void *arg); /* calls fn(arg) then */
    void (*up)(void *world,
               bool up); /* its connections are gone, it is told nothing; or it takes new ones */
    struct net_port net;
};

struct server_work;

struct server {
    struct server_world world;
    struct ocpp_config config;
    struct store *store;
    struct store_reader *reader;
    struct engine engine;
    struct ocpp *ocpp;
    struct dispatch *dispatch;
    struct rand rand;
    bool up;
    uint32_t life; /* counts starts: what was under way in an earlier life is nobody's */
    utc_ms wake_at;
    uint32_t disk_ms_max;
    struct server_work *works; /* what the fake disk has under way */
    uint64_t failures_left;    /* commits that are to fail, from now */
    bool disk_holds;           /* a commit does not come to its end */
    struct server_work *held;
    struct poison_page poison;
};

/* The config's poison page is the server's own. */
void server_init(struct server *server, const struct server_world *world,
                 const struct ocpp_config *config, uint64_t seed);
void server_fini(struct server *server);
/* kill -9: memory is gone. */
void server_kill(struct server *server);
void server_start(struct server *server);
/* Commits wait, or go on. */
void server_hold_disk(struct server *server, bool hold);
/* The sink for the world. */
void server_net_event(void *server, const struct net_event *event);
/* To be called at each moment of the world, after its own events. */
void server_step(struct server *server, utc_ms time);
