#include "dispatch/dispatch.h"

#include <stdlib.h>

struct dispatch {
    struct engine *engine;
    struct dispatch_config config;
};

struct dispatch *dispatch_new(struct engine *engine, const struct dispatch_config *config)
{
    struct dispatch *dispatch = calloc(1, sizeof *dispatch);

    check(dispatch != NULL);
    dispatch->engine = engine;
    dispatch->config = *config;
    engine->dispatch = dispatch;
    return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
    free(dispatch);
}

void dispatch_started(struct engine *engine)
{
    (void)engine;
}

void dispatch_event(struct engine *engine, const struct event_row *event)
{
    (void)engine, (void)event;
}

void dispatch_storage(struct engine *engine, bool works)
{
    (void)engine, (void)works;
}

void dispatch_site_changed(struct turn *turn, int64_t site)
{
    (void)turn, (void)site;
}

enum err dispatch_cap_set(struct turn *turn, const struct dispatch_cap *cap)
{
    (void)turn, (void)cap;
    return ERR_NOT_FOUND;
}

enum err dispatch_cap_clear(struct turn *turn, int64_t site, struct str node)
{
    (void)turn, (void)site, (void)node;
    return ERR_NOT_FOUND;
}

enum err dispatch_override_set(struct turn *turn, const struct dispatch_override *override)
{
    (void)turn, (void) override;
    return ERR_NOT_FOUND;
}

enum err dispatch_override_clear(struct turn *turn, int64_t station, int64_t evse)
{
    (void)turn, (void)station, (void)evse;
    return ERR_NOT_FOUND;
}

enum err dispatch_need_set(struct turn *turn, const struct dispatch_need *need)
{
    (void)turn, (void)need;
    return ERR_NOT_FOUND;
}

enum err dispatch_series_put(struct turn *turn, const struct dispatch_series *series)
{
    (void)turn, (void)series;
    return ERR_NOT_FOUND;
}

enum err dispatch_meter(struct engine *engine, int64_t site, struct str meter,
                        const struct dispatch_reading *reading)
{
    (void)engine, (void)site, (void)meter, (void)reading;
    return ERR_NOT_FOUND;
}

enum err dispatch_site_state(const struct engine *engine, int64_t site, struct arena *arena,
                             struct dispatch_site_state *state)
{
    (void)engine, (void)site, (void)arena, (void)state;
    return ERR_NOT_FOUND;
}

enum err dispatch_evse_state(const struct engine *engine, int64_t station, int64_t evse,
                             struct arena *arena, struct dispatch_evse_state *state)
{
    (void)engine, (void)station, (void)evse, (void)arena, (void)state;
    return ERR_NOT_FOUND;
}

bool dispatch_next_notice(const struct engine *engine, uint32_t *at, struct arena *arena,
                          struct dispatch_notice *notice)
{
    (void)engine, (void)at, (void)arena, (void)notice;
    return false;
}

enum err dispatch_probe(struct engine *engine, int64_t station)
{
    (void)engine, (void)station;
    return ERR_NOT_FOUND;
}
