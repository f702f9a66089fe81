#include "server.h"

#include <stdlib.h>

/* Something of the fake disk that takes its time. */
struct server_work {
    struct server *server;
    struct server_work *next, **at; /* in server->works */
    uint32_t life;
    struct batch *batch;
    struct question *question;
    enum err err;
    bool carried_out; /* at the start of its time, not at its end */
};

static utc_ms now(const struct server *server)
{
    return server->world.now(server->world.world);
}

static void at(struct server *server, utc_ms when, void (*fn)(void *arg), void *arg)
{
    server->world.at(server->world.world, when, fn, arg);
}

static struct server_work *work_new(struct server *server)
{
    struct server_work *work = calloc(1, sizeof *work);

    check(work != NULL);
    work->server = server;
    work->life = server->life;
    work->at = &server->works;
    work->next = server->works;
    if (work->next)
        work->next->at = &work->next;
    server->works = work;
    return work;
}

static void work_free(struct server_work *work)
{
    *work->at = work->next;
    if (work->next)
        work->next->at = work->at;
    free(work);
}

static utc_ms later(struct server *server)
{
    return server->engine.now + 1 + (utc_ms)rand_below(&server->rand, server->disk_ms_max);
}

static void carry_out_commit(struct server_work *work)
{
    struct server *server = work->server;

    if (server->failures_left) {
        server->failures_left--;
        work->err = ERR_STORAGE;
        return;
    }
    work->err = server->store->ops->commit(server->store, &work->batch->store);
}

static void commit_done(void *context)
{
    struct server_work *work = context;
    struct server *server = work->server;

    if (work->life == server->life && server->up) {
        if (!work->carried_out)
            carry_out_commit(work);
        engine_clock(&server->engine, now(server), (mono_ms)now(server));
        engine_committed(&server->engine, work->batch, work->err);
        engine_run(&server->engine);
    }
    work_free(work);
}

static void commit(void *context, struct batch *batch)
{
    struct server *server = context;
    struct server_work *work = work_new(server);

    work->batch = batch;
    if (server->disk_holds) {
        server->held = work;
        return;
    }
    /* A crash in between finds it on the disk, or not: both happen. */
    work->carried_out = rand_below(&server->rand, 2);
    if (work->carried_out)
        carry_out_commit(work);
    at(server, later(server), commit_done, work);
}

void server_hold_disk(struct server *server, bool hold)
{
    server->disk_holds = hold;
    if (hold || !server->held)
        return;
    at(server, now(server) + 1, commit_done, server->held);
    server->held = NULL;
}

static void question_done(void *context)
{
    struct server_work *work = context;
    struct server *server = work->server;

    if (work->life == server->life && server->up) {
        if (!work->carried_out)
            question_answer(work->question, server->reader, server->store);
        engine_clock(&server->engine, now(server), (mono_ms)now(server));
        engine_answered(&server->engine, work->question);
        engine_run(&server->engine);
    }
    work_free(work);
}

static void ask(void *context, struct question *question)
{
    struct server *server = context;
    struct server_work *work = work_new(server);

    work->question = question;
    work->carried_out =
        rand_below(&server->rand, 2); /* a reader that is overtaken by commits, or not */
    if (work->carried_out)
        question_answer(question, server->reader, server->store);
    at(server, later(server), question_done, work);
}

static enum err load(struct server *server)
{
    int64_t last_block;
    enum err err = server->store->ops->last_block(server->store, &last_block);

    return err == ERR_NONE ? engine_load(&server->engine, server->reader, last_block) : err;
}

static enum err reload(void *context)
{
    struct server *server = context;

    engine_unload(&server->engine);
    return load(server);
}

static void handle_net(struct engine *engine, const struct net_event *event)
{
    ocpp_net_event(engine, event);
}

static void handle_storage(struct engine *engine, bool works)
{
    ocpp_storage(engine, works);
    dispatch_storage(engine, works);
}

void server_start(struct server *server)
{
    const struct engine_host host = {
        .host = server, .commit = commit, .ask = ask, .reload = reload, .net = server->world.net
    };
    const struct engine_handlers handlers = {
        .net = handle_net,
        .call = ocpp_call,
        .send_call = ocpp_send_call,
        .event = dispatch_event,
        .storage = handle_storage,
    };
    const struct dispatch_config dispatch = { 0 };
    struct ocpp_config config = server->config;

    check(!server->up);
    server->life++;
    config.poison = &server->poison;
    poison_start(&server->poison);
    engine_init(&server->engine, &host, &handlers, NULL, rand_next(&server->rand));
    engine_clock(&server->engine, now(server), (mono_ms)now(server));
    server->ocpp = ocpp_new(&server->engine, &config);
    server->dispatch = dispatch_new(&server->engine, &dispatch);
    check(load(server) == ERR_NONE);
    server->up = true;
    ocpp_started(&server->engine);
    dispatch_started(&server->engine);
    engine_run(&server->engine);
    server->world.up(server->world.world, true);
}

/* Memory that a killed process had. Batches and questions under way go with their arenas' pool;
 * what the fake disk still holds is told apart by `life`. */
void server_kill(struct server *server)
{
    check(server->up);
    server->up = false;
    if (server->held)
        work_free(server->held);
    server->held = NULL;
    server->world.up(server->world.world, false);
    engine_drop(&server->engine);
    dispatch_free(server->dispatch);
    ocpp_free(server->ocpp);
    engine_fini(&server->engine);
}

void server_net_event(void *context, const struct net_event *event)
{
    struct server *server = context;

    if (!server->up)
        return;
    engine_clock(&server->engine, now(server), (mono_ms)now(server));
    engine_net_event(&server->engine, event);
    engine_run(&server->engine);
}

static void wake(void *context)
{
    struct server *server = context;

    if (now(server) < server->wake_at)
        return; /* an earlier one came before it, and has seen to the next */
    server->wake_at = UTC_NEVER;
    if (server->up)
        server_step(server, now(server));
}

void server_step(struct server *server, utc_ms time)
{
    mono_ms due;

    if (!server->up)
        return;
    engine_clock(&server->engine, time, (mono_ms)time);
    engine_run(&server->engine);
    due = engine_wake(&server->engine);
    if (due == UINT64_MAX || (utc_ms)due >= server->wake_at)
        return;
    server->wake_at = (utc_ms)due > time ? (utc_ms)due : time + 1;
    at(server, server->wake_at, wake, server);
}

void server_init(struct server *server, const struct server_world *world,
                 const struct ocpp_config *config, uint64_t seed)
{
    *server = (struct server){ .world = *world,
                               .config = *config,
                               .rand = { seed },
                               .wake_at = UTC_NEVER,
                               .disk_ms_max = 20 };
    check(store_memory_open(&server->store) == ERR_NONE);
    check(server->store->ops->reader_open(server->store, &server->reader) == ERR_NONE);
}

void server_fini(struct server *server)
{
    if (server->up)
        server_kill(server);
    while (server->works)
        work_free(server->works);
    server->reader->ops->reader_close(server->reader);
    server->store->ops->close(server->store);
}
