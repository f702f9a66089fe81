/* play_call.c: calls to stations. */
#include "play.h"

/* A call to a station, by the name that the script gave it. */
struct scene_call {
    struct scene_call *next;
    struct scene *scene;
    struct str name;
    struct call call;
    struct call_answer answer;
    bool done;
};

static enum err call_turn(struct turn *turn)
{
    struct scene_call *call = *(struct scene_call **)turn->input;
    struct arena *arena = &call->scene->arena;
    enum err err = turn_call(turn, &call->call, &call->answer);

    if (err != ERR_NONE)
        return err;
    call->done = true;
    call->answer.payload = arena_copy(arena, call->answer.payload);
    call->answer.error_code = arena_copy(arena, call->answer.error_code);
    return ERR_NONE;
}

static const struct {
    const char *name;
    enum call_class class;
} classes[] = { { "safety", CALL_SAFETY },
                { "people", CALL_PEOPLE },
                { "housekeeping", CALL_HOUSEKEEPING } };

/* call NAME STATION CLASS +TIMEOUT ACTION PAYLOAD */
bool do_call(struct scene *scene, const struct line *line)
{
    struct engine *engine = &scene->stage.server.engine;
    struct scene_call *call = ARENA_NEW(&scene->arena, struct scene_call);
    const struct station_row *station;
    struct turn *turn;
    int64_t timeout_ms;

    if (line->count < 7 || !line_duration(line->words[4], &timeout_ms))
        return scene_fail(scene, "call NAME STATION CLASS +TIMEOUT ACTION PAYLOAD");
    station = world_find_name(&engine->world, ROW_station, line->words[2]);
    if (!station)
        return scene_fail(scene, "no station %.*s", STR_ARGS(line->words[2]));
    for (size_t i = 0; i < COUNT(classes); i++)
        if (str_equal(line->words[3], str_of(classes[i].name)))
            call->call.class = classes[i].class;
    call->scene = scene;
    call->name = line->words[1];
    call->call.station = station->id;
    call->call.timeout_ms = (uint32_t)timeout_ms;
    call->call.action = line->words[5];
    call->call.payload = line_rest(line, 6);
    call->next = scene->calls;
    scene->calls = call;
    turn = engine_turn(engine, call_turn, &call, sizeof call);
    (void)engine_go(turn); /* the outcome tells */
    return scene_settle(scene);
}

/* outcome NAME pending|answered|error|timeout|not_connected|queue_full|lost [PAYLOAD or ERROR CODE]
 */
bool do_outcome(struct scene *scene, const struct line *line)
{
    static const char *const outcomes[] = {
        [CALL_ANSWERED] = "answered",     [CALL_ERROR] = "error",
        [CALL_TIMEOUT] = "timeout",       [CALL_NOT_CONNECTED] = "not_connected",
        [CALL_QUEUE_FULL] = "queue_full", [CALL_LOST] = "lost",
    };
    struct scene_call *call = scene->calls;
    struct str outcome, said, wanted = line_rest(line, 3), why;

    while (call && line->count > 2 && !str_equal(call->name, line->words[1]))
        call = call->next;
    if (!call || line->count < 3)
        return scene_fail(scene, "outcome NAME OUTCOME [PAYLOAD or error code]");
    outcome = str_of(call->done ? outcomes[call->answer.outcome] : "pending");
    if (!str_equal(outcome, line->words[2]))
        return scene_fail(scene, "expected %.*s, is %.*s", STR_ARGS(line->words[2]),
                          STR_ARGS(outcome));
    if (wanted.len == 0)
        return true;
    said = call->answer.outcome == CALL_ERROR ? call->answer.error_code : call->answer.payload;
    if (call->answer.outcome == CALL_ERROR)
        return str_equal(said, wanted) || scene_fail(scene, "the error is %.*s", STR_ARGS(said));
    return json_matches(&scene->kept, wanted, said, &scene->arena, &why) ||
           scene_fail(scene, "%.*s", STR_ARGS(why));
}

static enum err ask_boot_turn(struct turn *turn)
{
    const struct station_row *station =
        TURN_FIND_NAME(turn, station, *(const struct str *)turn->input);

    if (!station)
        return ERR_NOT_FOUND;
    TURN_EDIT(turn, station, station)->registration = REGISTRATION_ACCEPTED;
    ocpp_inbox_forget(turn->engine, station->identity);
    ocpp_ask_boot(turn, station->id);
    return ERR_NONE;
}

/* What an operator's click does to a station that is there as pending. */
bool do_adopt(struct scene *scene, const struct line *line)
{
    struct turn *turn;

    if (line->count != 2)
        return scene_fail(scene, "adopt IDENTITY");
    turn = engine_turn(&scene->stage.server.engine, ask_boot_turn, &line->words[1],
                       sizeof line->words[1]);
    return engine_go(turn) == ERR_NONE ? scene_settle(scene) : scene_fail(scene, "no such station");
}
