/* play_world.c: the clock, the disk, the life of the server. */
#include "play.h"

#include "base/time.h"

bool do_world(struct scene *scene, const struct line *line)
{
    enum time_flaw flaw;

    scene->config.onboarding_open =
        str_equal(line_option(line, 1, "onboarding", STR("closed")), STR("open"));
    return time_parse(line_option(line, 1, "start", STR("2026-01-01T12:00:00Z")), &scene->start_at,
                      &flaw) ||
           scene_fail(scene, "start=MOMENT");
}

void scene_begin(struct scene *scene)
{
    scene->begun = true;
    stage_init(&scene->stage, &scene->config, scene->start_at);
    server_start(&scene->stage.server);
}

bool do_at(struct scene *scene, const struct line *line)
{
    int64_t ms;

    if (line->count != 2 || !line_duration(line->words[1], &ms))
        return scene_fail(scene, "at +30s, +5m, +24h, +90d or +20ms");
    stage_run(&scene->stage, ms);
    return true;
}

/* clock -1h: while the server is dead, as after a battery that was empty */
bool do_clock(struct scene *scene, const struct line *line)
{
    int64_t ms;
    struct str text = line->count == 2 ? line->words[1] : STR_NONE;

    if (scene->stage.server.up || !str_starts(text, STR("-")) ||
        !line_duration(arena_printf(&scene->arena, "+%.*s", STR_ARGS(str_from(text, 1))), &ms))
        return scene_fail(scene, "clock -1h, while the server is dead");
    stage_run(&scene->stage, 60000); /* what the disk had under way is over */
    scene->stage.now -= ms;
    return true;
}

bool do_store(struct scene *scene, const struct line *line)
{
    struct server *server = &scene->stage.server;
    struct str what = line->count > 1 ? line->words[1] : STR_NONE;
    int64_t count = INT64_MAX;

    if (str_equal(what, STR("fails"))) {
        if (line->count > 2 && !str_to_i64(line->words[2], &count))
            return scene_fail(scene, "store fails N");
        server->failures_left = (uint64_t)count;
    } else if (str_equal(what, STR("works"))) {
        server->failures_left = 0;
        server_hold_disk(server, false);
    } else if (str_equal(what, STR("holds"))) {
        server_hold_disk(server, true);
    } else if (str_equal(what, STR("steps"))) {
        server_hold_disk(server, false);
        server_hold_disk(server, true);
    } else {
        return scene_fail(scene, "store fails [N], store holds, store steps, store works");
    }
    return scene_settle(scene);
}

bool do_kill(struct scene *scene, const struct line *line)
{
    (void)line;
    if (!scene->stage.server.up)
        return scene_fail(scene, "it is dead");
    server_kill(&scene->stage.server);
    return true;
}

bool do_restart(struct scene *scene, const struct line *line)
{
    (void)line;
    if (scene->stage.server.up)
        return scene_fail(scene, "it lives");
    server_hold_disk(&scene->stage.server, false);
    server_start(&scene->stage.server);
    return scene_settle(scene);
}
