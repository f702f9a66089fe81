/* play_power.c: a site's power, and what is told of it. */
#include "play.h"

#include "power.h"

/* listen: every station's power is managed from now on */
bool do_listen(struct scene *scene, const struct line *line)
{
    (void)line;
    watch_begin(&scene->watch, &scene->stage.server.engine, &scene->arena);
    return true;
}

/* dynamic PROFILE 0.1A[/L2] */
bool do_dynamic(struct scene *scene, const struct line *line)
{
    int64_t limit;

    if (line->count != 3 || !str_to_i64(line->words[1], &scene->watch.profile_id) ||
        !str_to_i64(line->words[2], &limit))
        return scene_fail(scene, "dynamic PROFILE LIMIT");
    scene->watch.limit =
        (struct charging_period){ 0, (int32_t)limit, CHARGE_SAME, CHARGE_SAME, 0, 0 };
    return true;
}

/* told TEXT: the next event; told nothing */
bool do_told(struct scene *scene, const struct line *line)
{
    struct str told = watch_take(&scene->watch), wanted = line_rest(line, 1);

    if (!told.ptr)
        return str_equal(wanted, STR("nothing")) || scene_fail(scene, "nothing was told");
    return str_equal(told, wanted) || scene_fail(scene, "told: %.*s", STR_ARGS(told));
}

/* power, proven, cap, override, need, meter, evse, node, trail: power.h */
static bool play_power(struct scene *scene, const struct line *line, bool settles)
{
    struct power_line power = { .words = line->words,
                                .count = line->count,
                                .rest = line_rest(line, 2),
                                .arena = &scene->arena };
    struct str word = line->words[0];
    int64_t for_ms = 0;
    bool done;

    if (line->count > 4)
        (void)line_duration(line->words[4], &for_ms); /* not every line has one */
    done = str_equal(word, STR("power"))      ? power_document(&scene->stage, &power)
           : str_equal(word, STR("proven"))   ? power_proven(&scene->stage, &power)
           : str_equal(word, STR("cap"))      ? power_cap(&scene->stage, &power, for_ms)
           : str_equal(word, STR("override")) ? power_override(&scene->stage, &power, for_ms)
           : str_equal(word, STR("need"))     ? power_need(&scene->stage, &power, for_ms)
           : str_equal(word, STR("meter"))    ? power_meter(&scene->stage, &power)
           : str_equal(word, STR("evse"))     ? power_evse(&scene->stage, &power)
           : str_equal(word, STR("held"))     ? power_held(&scene->stage, &power)
           : str_equal(word, STR("trail"))    ? power_trail(&scene->stage, &power)
                                              : power_node(&scene->stage, &power);
    if (!done)
        return scene_fail(scene, "%.*s", STR_ARGS(power.why));
    return !settles || scene_settle(scene);
}

bool do_power(struct scene *scene, const struct line *line)
{
    return play_power(scene, line, true);
}

bool do_power_state(struct scene *scene, const struct line *line)
{
    return play_power(scene, line, false);
}
