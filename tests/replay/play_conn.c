/* play_conn.c: connections, and what is said on them. */
#include "play.h"

#include <stdlib.h>

struct stage_conn *scene_conn(struct scene *scene, struct str name)
{
    struct stage_conn *conn = stage_find(&scene->stage, name);

    if (!conn)
        (void)scene_fail(scene, "no connection has the name %.*s",
                         STR_ARGS(name)); /* NULL says so, too */
    return conn;
}

static struct str state_of(const struct stage_conn *conn, struct arena *arena)
{
    if (conn->state == STAGE_WAITS)
        return STR("waits");
    if (conn->state == STAGE_OPEN)
        return STR("open");
    if (conn->state == STAGE_REFUSED)
        return arena_printf(arena, "%d", conn->status);
    return arena_printf(arena, "closed:%u", conn->close_code);
}

/* state NAME open|waits|404|closed:1002, and what it speaks */
static bool state_is(struct scene *scene, const struct stage_conn *conn, struct str wanted)
{
    struct str state = state_of(conn, &scene->arena);

    return str_equal(state, wanted) || scene_fail(scene, "%s: expected %.*s, is %.*s", conn->name,
                                                  STR_ARGS(wanted), STR_ARGS(state));
}

bool do_connect(struct scene *scene, const struct line *line)
{
    static const struct {
        const char *name;
        enum net_door door;
    } doors[] = { { "ocpp", NET_DOOR_OCPP },
                  { "tls", NET_DOOR_OCPP_TLS },
                  { "mtls", NET_DOOR_OCPP_MTLS } };
    struct str none = { NULL, 0 }, identity, door, speaks;
    struct stage_hello hello = { 0 };
    struct stage_conn *conn;

    if (line->count < 3)
        return scene_fail(
            scene, "connect NAME SUBPROTOCOLS|none [identity=] [target=] [user=] [password=] "
                   "[door=] [certificate=] [gets=] [speaks=]");
    hello.name = line->words[1];
    hello.has_subprotocols = !str_equal(line->words[2], STR("none"));
    hello.subprotocols = line->words[2];
    identity = line_option(line, 3, "identity", hello.name);
    hello.target = line_option(line, 3, "target",
                               arena_printf(&scene->arena, "/ocpp/%.*s", STR_ARGS(identity)));
    hello.user = line_option(line, 3, "user", identity);
    hello.password = line_option(line, 3, "password", none);
    hello.certificate = line_option(line, 3, "certificate", STR_NONE);
    hello.has_password = hello.password.ptr != NULL;
    door = line_option(line, 3, "door", STR("ocpp"));
    for (size_t i = 0; i < COUNT(doors); i++)
        if (str_equal(door, str_of(doors[i].name)))
            hello.door = doors[i].door;
    conn = stage_connect(&scene->stage, &hello);
    (void)scene_settle(scene); /* true */
    if (!state_is(scene, conn, line_option(line, 3, "gets", STR("open"))))
        return false;
    speaks = line_option(line, 3, "speaks",
                         conn->state == STAGE_OPEN && hello.has_subprotocols ? hello.subprotocols
                                                                             : STR_NONE);
    return str_equal(str_of(conn->subprotocol), speaks) ||
           scene_fail(scene, "subprotocol: expected %.*s, got %s", STR_ARGS(speaks),
                      conn->subprotocol);
}

bool do_state(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count == 3 ? scene_conn(scene, line->words[1]) : NULL;

    return conn ? state_is(scene, conn, line->words[2])
                : scene_fail(scene, "state NAME open|waits|STATUS|closed:CODE");
}

bool do_disconnect(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count > 1 ? scene_conn(scene, line->words[1]) : NULL;
    int64_t code, bytes;

    if (!conn || !str_to_i64(line_option(line, 2, "code", STR("1006")), &code) ||
        !str_to_i64(line_option(line, 2, "oversize", STR("0")), &bytes))
        return scene_fail(scene, "disconnect NAME [code=] [oversize=BYTES]");
    stage_hang_up(conn, (uint16_t)code, (size_t)bytes);
    return scene_settle(scene);
}

/* Half open: its words do not arrive, and it answers nothing. */
bool do_gone(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count == 2 ? scene_conn(scene, line->words[1]) : NULL;

    if (!conn)
        return scene_fail(scene, "gone NAME");
    conn->silent = true;
    return true;
}

bool do_deaf(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count == 2 ? scene_conn(scene, line->words[1]) : NULL;

    if (!conn)
        return scene_fail(scene, "deaf NAME");
    conn->reads_nothing = true;
    return true;
}

bool do_silent(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count == 2 ? scene_conn(scene, line->words[1]) : NULL;

    if (!conn)
        return scene_fail(scene, "silent NAME");
    return !conn->heard ||
           scene_fail(scene, "%s got %.*s", conn->name, (int)conn->heard->len, conn->heard->text);
}

bool scene_fill(struct scene *scene, struct str text, struct str *filled)
{
    struct str unknown;

    return kept_fill(&scene->kept, text, &scene->arena, filled, &unknown) ||
           scene_fail(scene, "nothing was kept as $%.*s", STR_ARGS(unknown));
}

static bool say(struct scene *scene, struct stage_conn *conn, struct str text)
{
    struct str filled;

    if (!scene_fill(scene, text, &filled))
        return false;
    if (conn->state != STAGE_OPEN)
        return scene_fail(scene, "%s is not open", conn->name);
    stage_say(conn, line_unfold(filled, &scene->arena));
    return true;
}

static bool hear(struct scene *scene, struct stage_conn *conn, struct str expected)
{
    struct stage_frame *frame = stage_take(conn);
    struct str text, why;

    if (!frame)
        return scene_fail(scene, "%s got nothing", conn->name);
    text = arena_copy(&scene->arena, (struct str){ frame->text, frame->len });
    free(frame);
    return json_matches(&scene->kept, expected, text, &scene->arena, &why) ||
           scene_fail(scene, "%.*s\n#   frame: %.*s", STR_ARGS(why), STR_ARGS(text));
}

/* NAME > frame · NAME >> frame (and goes on at once) · NAME < frame */
bool do_frame(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = scene_conn(scene, line->words[0]);
    struct str arrow = line->count > 1 ? line->words[1] : STR_NONE, frame = line_rest(line, 2);

    if (!conn)
        return scene_fail(scene, "neither a directive nor a connection: %.*s",
                          STR_ARGS(line->words[0]));
    if (str_equal(arrow, STR("<")))
        return hear(scene, conn, frame);
    if (str_equal(arrow, STR(">>")))
        return say(scene, conn, frame);
    if (str_equal(arrow, STR(">")))
        return say(scene, conn, frame) && scene_settle(scene);
    return scene_fail(scene, "NAME > frame, NAME >> frame or NAME < frame");
}

/* The server dies while it works on this frame: the page says so to the next one. */
bool do_crash(struct scene *scene, const struct line *line)
{
    struct server *server = &scene->stage.server;
    struct stage_conn *conn = line->count > 2 ? scene_conn(scene, line->words[1]) : NULL;
    struct str text;

    if (!conn)
        return scene_fail(scene, "crash NAME frame");
    if (!scene_fill(scene, line_rest(line, 2), &text))
        return false;
    if (!poison_enter(&server->poison, str_of(conn->name), text))
        return scene_fail(scene, "this frame is not worked on any more");
    server_kill(server);
    return true;
}
