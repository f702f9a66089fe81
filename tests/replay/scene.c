#include "scene.h"

#include <stdarg.h>
#include <stdio.h>

#include "play.h"

bool scene_fail(struct scene *scene, const char *fmt, ...)
{
    char text[4000];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* cut on purpose: frames may be long */
    va_end(args);
    scene->why = arena_printf(&scene->arena, "line %u: %s", scene->line, text);
    return false;
}

bool scene_settle(struct scene *scene)
{
    stage_run(&scene->stage, STAGE_SETTLE_MS);
    return true;
}

static bool check_password(void *context, const struct station_row *station, struct str password,
                           struct str *next)
{
    (void)context; /* here a password's hash is the password: what is tried is who may come in */
    if (station->password_hash.len && str_equal(password, station->password_hash))
        return true;
    if (password_hash_among(station->password_next_hash, password))
        *next = password;
    return next->len != 0;
}

static void hash_password(void *context, struct str password, uint8_t salt[16], uint8_t hash[32])
{
    (void)context;
    memset(salt, 0, 16);
    memset(hash, 0, 32);
    memcpy(hash, password.ptr, password.len < 32 ? password.len : 32);
}

static const struct {
    const char *word;
    bool (*play)(struct scene *scene, const struct line *line);
    bool living; /* the server must be up */
} directives[] = {
    { "at", do_at, false },
    { "clock", do_clock, false },
    { "last", do_last, false },
    { "store", do_store, false },
    { "kill", do_kill, false },
    { "restart", do_restart, false },
    { "connect", do_connect, false },
    { "disconnect", do_disconnect, false },
    { "state", do_state, false },
    { "gone", do_gone, false },
    { "deaf", do_deaf, false },
    { "silent", do_silent, false },
    { "crash", do_crash, true },
    { "call", do_call, true },
    { "outcome", do_outcome, false },
    { "adopt", do_adopt, true },
    { "put", do_put, true },
    { "row", do_row, false },
    { "rows", do_rows, false },
    { "inbox", do_inbox, true },
    { "listen", do_listen, true },
    { "told", do_told, false },
    { "dynamic", do_dynamic, true },
    { "power", do_power, true },
    { "proven", do_power, true },
    { "cap", do_power, true },
    { "override", do_power, true },
    { "need", do_power, true },
    { "meter", do_power, true },
    { "evse", do_power_state, true },
    { "held", do_power_state, true },
    { "node", do_power_state, true },
    { "trail", do_power_state, true },
};

static bool play_line(struct scene *scene, struct str text)
{
    struct line line;
    bool is_frame;

    if (!line_cut(scene, text, &line))
        return false;
    if (line.count == 0)
        return true;
    if (str_equal(line.words[0], STR("world")))
        return scene->begun ? scene_fail(scene, "world comes first") : do_world(scene, &line);
    if (!scene->begun)
        scene_begin(scene);
    for (size_t i = 0; i < COUNT(directives); i++) {
        if (!str_equal(line.words[0], str_of(directives[i].word)))
            continue;
        is_frame = directives[i].play == do_outcome || directives[i].play == do_crash;
        if (directives[i].living && !scene->stage.server.up)
            return scene_fail(scene, "the server is dead");
        if (!is_frame && (!scene_fill(scene, text, &text) || !line_cut(scene, text, &line)))
            return false;
        return directives[i].play(scene, &line);
    }
    return do_frame(scene, &line);
}

/* Nothing may be left that the script did not speak of. */
static bool nothing_is_left(struct scene *scene)
{
    for (const struct stage_conn *conn = scene->begun ? scene->stage.conns : NULL; conn;
         conn = conn->next)
        if (conn->heard)
            return scene_fail(scene, "at the end %s got %.*s", conn->name, (int)conn->heard->len,
                              conn->heard->text);
    if (scene->watch.first)
        return scene_fail(scene, "at the end was told: %.*s", STR_ARGS(scene->watch.first->text));
    return true;
}

/* A line that begins with a space goes on with the one before. */
static struct str take_line(struct str *text, uint32_t *lines)
{
    uint32_t end = 0;

    for (*lines = 1; end < text->len; end++) {
        if (text->ptr[end] != '\n')
            continue;
        if (end + 1 >= text->len || text->ptr[end + 1] != ' ')
            break;
        ++*lines;
    }
    struct str line = str_first(*text, end);
    *text = end < text->len ? str_from(*text, end + 1) : STR_NONE;
    return line;
}

static struct str one_line(struct str text, struct arena *arena)
{
    struct str copy = arena_copy(arena, text);
    struct buf out;

    buf_init_arena(&out, arena, UINT32_MAX);
    for (uint32_t i = 0; i < copy.len; i++)
        buf_put_byte(&out, copy.ptr[i] == '\n' ? ' ' : copy.ptr[i]);
    return str_trim(buf_str(&out));
}

bool scene_play(struct scene *scene, struct str text)
{
    uint32_t next = 1, lines;
    bool commented = str_starts(text, STR("# "));

    *scene = (struct scene){ .config = { .frame_bytes_max = 1 << 20,
                                         .call_timeout_ms = 20000,
                                         .ping_interval_ms = 30000,
                                         .heartbeat_interval_s = 300,
                                         .check_password = check_password,
                                         .hash_password = hash_password },
                             .start_at = INT64_C(1767268800000) }; /* 2026-01-01T12:00:00Z */
    arena_init(&scene->arena, NULL, 0);
    scene->kept.arena = &scene->arena;
    scene->line = 1;
    if (!commented)
        return scene_fail(scene, "a scenario begins with a comment that names its source");
    while (text.len) {
        struct str line = take_line(&text, &lines);
        scene->line = next;
        next += lines;
        line = one_line(line, &scene->arena);
        if (!str_starts(line, STR("#")) && !play_line(scene, line))
            return false;
    }
    return nothing_is_left(scene);
}

void scene_fini(struct scene *scene)
{
    if (scene->begun) {
        if (scene->stage.server.up)
            server_kill(&scene->stage.server);
        stage_run(&scene->stage, 60000); /* the disk comes to its end */
        server_fini(&scene->stage.server);
        stage_fini(&scene->stage);
    }
    arena_reset(&scene->arena);
}
