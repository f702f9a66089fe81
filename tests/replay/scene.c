#include "scene.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "power.h"
#include "table.h"

enum { WORDS_MAX = 40 };

/* A call to a station, by the name that the script gave it. */
struct scene_call {
    struct scene_call *next;
    struct scene *scene;
    struct str name;
    struct call call;
    struct call_answer answer;
    bool done;
};

/* A line, cut into words; `rest` is what follows the first `rest_after` words, as it stands. */
struct line {
    struct str words[WORDS_MAX];
    uint32_t count;
    struct str text;
};

PRINTF_LIKE(2, 3) static bool fail(struct scene *scene, const char *fmt, ...)
{
    char text[4000];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* cut on purpose: frames may be long */
    va_end(args);
    scene->why = arena_printf(&scene->arena, "line %u: %s", scene->line, text);
    return false;
}

static bool settle(struct scene *scene)
{
    stage_run(&scene->stage, STAGE_SETTLE_MS);
    return true;
}

/* --- words
 * ---------------------------------------------------------------------------------------------------------------
 */

/* Cut at spaces; quotes keep them together and go away. */
static bool cut_words(struct scene *scene, struct str text, struct line *line)
{
    char *memory = arena_alloc(&scene->arena, text.len + 1);
    bool quoted = false, inside = false;
    uint32_t len = 0, start = 0;

    line->count = 0;
    line->text = text;
    for (uint32_t at = 0; at <= text.len; at++) {
        char c = at < text.len ? text.ptr[at] : ' ';
        if (c == '"' && !(at > 0 && text.ptr[at - 1] == '\\')) {
            quoted = !quoted;
            inside = true;
        } else if (c != ' ' || quoted) {
            memory[len++] = c;
            inside = true;
        } else if (inside) {
            if (line->count == WORDS_MAX)
                return fail(scene, "too many words");
            line->words[line->count++] = (struct str){ memory + start, len - start };
            start = len;
            inside = false;
        }
    }
    return !quoted || fail(scene, "a quote is open");
}

/* What follows the first `count` words, as it stands in the text. */
static struct str rest_after(const struct line *line, uint32_t count)
{
    struct str rest = str_trim(line->text);

    for (uint32_t i = 0; i < count; i++) {
        int64_t space = str_find_byte(rest, ' ');
        rest = space < 0 ? STR_NONE : str_trim(str_from(rest, (uint32_t)space));
    }
    return rest;
}

/* "key=value" among the words from `from`; or `otherwise`. */
static struct str option(const struct line *line, uint32_t from, const char *key,
                         struct str otherwise)
{
    struct table_term term;

    for (uint32_t i = from; i < line->count; i++)
        if (table_term(line->words[i], &term) && str_equal(term.column, str_of(key)))
            return term.value;
    return otherwise;
}

/* "+30s", "+5m", "+24h", "+90d", "+20ms" */
static bool read_duration(struct str text, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
    struct str number = str_first(text, 0);

    if (!str_starts(text, STR("+")))
        return false;
    text = str_from(text, 1);
    while (number.len < text.len && text.ptr[number.len] >= '0' && text.ptr[number.len] <= '9')
        number = str_first(text, number.len + 1);
    for (size_t i = 0; i < COUNT(units); i++)
        if (str_equal(str_from(text, number.len), str_of(units[i].unit)) &&
            str_to_i64(number, ms)) {
            *ms *= units[i].ms;
            return true;
        }
    return false;
}

/* {{100000*[}} stands for that many of it. */
static struct str unfold(struct str text, struct arena *arena)
{
    struct buf out;

    buf_init_arena(&out, arena, UINT32_MAX);
    for (uint32_t at = 0; at < text.len; at++) {
        struct str rest = str_from(text, at), number, piece;
        int64_t times;
        uint32_t end = 2;
        while (str_starts(rest, STR("{{")) && end + 1 < rest.len &&
               !str_starts(str_from(rest, end), STR("}}")))
            end++;
        piece = str_from(str_first(rest, end), end > 2 ? 2 : 0);
        if (end == 2 || !str_cut(&piece, '*', &number) || !piece.ptr ||
            !str_to_i64(number, &times)) {
            buf_put_byte(&out, text.ptr[at]);
            continue;
        }
        for (int64_t i = 0; i < times; i++)
            buf_put(&out, piece);
        at += end + 1;
    }
    return buf_str(&out);
}

/* --- the world
 * -------------------------------------------------------------------------------------------------------------
 */

static bool check_password(void *context, const struct station_row *station, struct str password,
                           bool *is_next)
{
    (void)context; /* here a password's hash is the password: what is tried is who may come in */
    *is_next = station->password_next_hash.len && str_equal(password, station->password_next_hash);
    return *is_next || (station->password_hash.len && str_equal(password, station->password_hash));
}

static void hash_password(void *context, struct str password, uint8_t salt[16], uint8_t hash[32])
{
    (void)context;
    memset(salt, 0, 16);
    memset(hash, 0, 32);
    memcpy(hash, password.ptr, password.len < 32 ? password.len : 32);
}

static bool do_world(struct scene *scene, const struct line *line)
{
    enum time_flaw flaw;

    scene->config.onboarding_open =
        str_equal(option(line, 1, "onboarding", STR("closed")), STR("open"));
    return time_parse(option(line, 1, "start", STR("2026-01-01T12:00:00Z")), &scene->start_at,
                      &flaw) ||
           fail(scene, "start=MOMENT");
}

static void begin(struct scene *scene)
{
    scene->begun = true;
    stage_init(&scene->stage, &scene->config, scene->start_at);
    server_start(&scene->stage.server);
}

static bool do_at(struct scene *scene, const struct line *line)
{
    int64_t ms;

    if (line->count != 2 || !read_duration(line->words[1], &ms))
        return fail(scene, "at +30s, +5m, +24h, +90d or +20ms");
    stage_run(&scene->stage, ms);
    return true;
}

/* clock -1h: while the server is dead, as after a battery that was empty */
static bool do_clock(struct scene *scene, const struct line *line)
{
    int64_t ms;
    struct str text = line->count == 2 ? line->words[1] : STR_NONE;

    if (scene->stage.server.up || !str_starts(text, STR("-")) ||
        !read_duration(arena_printf(&scene->arena, "+%.*s", STR_ARGS(str_from(text, 1))), &ms))
        return fail(scene, "clock -1h, while the server is dead");
    stage_run(&scene->stage, 60000); /* what the disk had under way is over */
    scene->stage.now -= ms;
    return true;
}

static bool do_store(struct scene *scene, const struct line *line)
{
    struct server *server = &scene->stage.server;
    struct str what = line->count > 1 ? line->words[1] : STR_NONE;
    int64_t count = INT64_MAX;

    if (str_equal(what, STR("fails"))) {
        if (line->count > 2 && !str_to_i64(line->words[2], &count))
            return fail(scene, "store fails N");
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
        return fail(scene, "store fails [N], store holds, store steps, store works");
    }
    return settle(scene);
}

static bool do_kill(struct scene *scene, const struct line *line)
{
    (void)line;
    if (!scene->stage.server.up)
        return fail(scene, "it is dead");
    server_kill(&scene->stage.server);
    return true;
}

static bool do_restart(struct scene *scene, const struct line *line)
{
    (void)line;
    if (scene->stage.server.up)
        return fail(scene, "it lives");
    server_hold_disk(&scene->stage.server, false);
    server_start(&scene->stage.server);
    return settle(scene);
}

/* --- connections
 * --------------------------------------------------------------------------------------------------------------
 */

static struct stage_conn *conn_named(struct scene *scene, struct str name)
{
    struct stage_conn *conn = stage_find(&scene->stage, name);

    if (!conn)
        (void)fail(scene, "no connection has the name %.*s",
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

    return str_equal(state, wanted) ||
           fail(scene, "%s: expected %.*s, is %.*s", conn->name, STR_ARGS(wanted), STR_ARGS(state));
}

static bool do_connect(struct scene *scene, const struct line *line)
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
        return fail(scene,
                    "connect NAME SUBPROTOCOLS|none [identity=] [target=] [user=] [password=] "
                    "[door=] [gets=] [speaks=]");
    hello.name = line->words[1];
    hello.has_subprotocols = !str_equal(line->words[2], STR("none"));
    hello.subprotocols = line->words[2];
    identity = option(line, 3, "identity", hello.name);
    hello.target =
        option(line, 3, "target", arena_printf(&scene->arena, "/ocpp/%.*s", STR_ARGS(identity)));
    hello.user = option(line, 3, "user", identity);
    hello.password = option(line, 3, "password", none);
    hello.has_password = hello.password.ptr != NULL;
    door = option(line, 3, "door", STR("ocpp"));
    for (size_t i = 0; i < COUNT(doors); i++)
        if (str_equal(door, str_of(doors[i].name)))
            hello.door = doors[i].door;
    conn = stage_connect(&scene->stage, &hello);
    (void)settle(scene); /* true */
    if (!state_is(scene, conn, option(line, 3, "gets", STR("open"))))
        return false;
    speaks =
        option(line, 3, "speaks",
               conn->state == STAGE_OPEN && hello.has_subprotocols ? hello.subprotocols : STR_NONE);
    return str_equal(str_of(conn->subprotocol), speaks) ||
           fail(scene, "subprotocol: expected %.*s, got %s", STR_ARGS(speaks), conn->subprotocol);
}

static bool do_state(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count == 3 ? conn_named(scene, line->words[1]) : NULL;

    return conn ? state_is(scene, conn, line->words[2])
                : fail(scene, "state NAME open|waits|STATUS|closed:CODE");
}

static bool do_disconnect(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count > 1 ? conn_named(scene, line->words[1]) : NULL;
    int64_t code, bytes;

    if (!conn || !str_to_i64(option(line, 2, "code", STR("1006")), &code) ||
        !str_to_i64(option(line, 2, "oversize", STR("0")), &bytes))
        return fail(scene, "disconnect NAME [code=] [oversize=BYTES]");
    stage_hang_up(conn, (uint16_t)code, (size_t)bytes);
    return settle(scene);
}

/* Half open: its words do not arrive, and it answers nothing. */
static bool do_gone(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count == 2 ? conn_named(scene, line->words[1]) : NULL;

    if (!conn)
        return fail(scene, "gone NAME");
    conn->silent = true;
    return true;
}

static bool do_deaf(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count == 2 ? conn_named(scene, line->words[1]) : NULL;

    if (!conn)
        return fail(scene, "deaf NAME");
    conn->reads_nothing = true;
    return true;
}

static bool do_silent(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = line->count == 2 ? conn_named(scene, line->words[1]) : NULL;

    if (!conn)
        return fail(scene, "silent NAME");
    return !conn->heard ||
           fail(scene, "%s got %.*s", conn->name, (int)conn->heard->len, conn->heard->text);
}

/* --- frames
 * ------------------------------------------------------------------------------------------------------------------
 */

static bool fill(struct scene *scene, struct str text, struct str *filled)
{
    struct str unknown;

    return kept_fill(&scene->kept, text, &scene->arena, filled, &unknown) ||
           fail(scene, "nothing was kept as $%.*s", STR_ARGS(unknown));
}

static bool say(struct scene *scene, struct stage_conn *conn, struct str text)
{
    struct str filled;

    if (!fill(scene, text, &filled))
        return false;
    if (conn->state != STAGE_OPEN)
        return fail(scene, "%s is not open", conn->name);
    stage_say(conn, unfold(filled, &scene->arena));
    return true;
}

static bool hear(struct scene *scene, struct stage_conn *conn, struct str expected)
{
    struct stage_frame *frame = stage_take(conn);
    struct str text, why;

    if (!frame)
        return fail(scene, "%s got nothing", conn->name);
    text = arena_copy(&scene->arena, (struct str){ frame->text, frame->len });
    free(frame);
    return json_matches(&scene->kept, expected, text, &scene->arena, &why) ||
           fail(scene, "%.*s\n#   frame: %.*s", STR_ARGS(why), STR_ARGS(text));
}

/* NAME > frame · NAME >> frame (and goes on at once) · NAME < frame */
static bool do_frame(struct scene *scene, const struct line *line)
{
    struct stage_conn *conn = conn_named(scene, line->words[0]);
    struct str arrow = line->count > 1 ? line->words[1] : STR_NONE, frame = rest_after(line, 2);

    if (!conn)
        return fail(scene, "neither a directive nor a connection: %.*s", STR_ARGS(line->words[0]));
    if (str_equal(arrow, STR("<")))
        return hear(scene, conn, frame);
    if (str_equal(arrow, STR(">>")))
        return say(scene, conn, frame);
    if (str_equal(arrow, STR(">")))
        return say(scene, conn, frame) && settle(scene);
    return fail(scene, "NAME > frame, NAME >> frame or NAME < frame");
}

/* The server dies while it works on this frame: the page says so to the next one. */
static bool do_crash(struct scene *scene, const struct line *line)
{
    struct server *server = &scene->stage.server;
    struct stage_conn *conn = line->count > 2 ? conn_named(scene, line->words[1]) : NULL;
    struct str text;

    if (!conn)
        return fail(scene, "crash NAME frame");
    if (!fill(scene, rest_after(line, 2), &text))
        return false;
    if (!poison_enter(&server->poison, str_of(conn->name), text))
        return fail(scene, "this frame is not worked on any more");
    server_kill(server);
    return true;
}

/* --- calls
 * -------------------------------------------------------------------------------------------------------------------
 */

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
static bool do_call(struct scene *scene, const struct line *line)
{
    struct engine *engine = &scene->stage.server.engine;
    struct scene_call *call = ARENA_NEW(&scene->arena, struct scene_call);
    const struct station_row *station;
    struct turn *turn;
    int64_t timeout_ms;

    if (line->count < 7 || !read_duration(line->words[4], &timeout_ms))
        return fail(scene, "call NAME STATION CLASS +TIMEOUT ACTION PAYLOAD");
    station = world_find_name(&engine->world, ROW_station, line->words[2]);
    if (!station)
        return fail(scene, "no station %.*s", STR_ARGS(line->words[2]));
    for (size_t i = 0; i < COUNT(classes); i++)
        if (str_equal(line->words[3], str_of(classes[i].name)))
            call->call.class = classes[i].class;
    call->scene = scene;
    call->name = line->words[1];
    call->call.station = station->id;
    call->call.timeout_ms = (uint32_t)timeout_ms;
    call->call.action = line->words[5];
    call->call.payload = rest_after(line, 6);
    call->next = scene->calls;
    scene->calls = call;
    turn = engine_turn(engine, call_turn, &call, sizeof call);
    (void)engine_go(turn); /* the outcome tells */
    return settle(scene);
}

/* outcome NAME pending|answered|error|timeout|not_connected|queue_full|lost [PAYLOAD or ERROR CODE]
 */
static bool do_outcome(struct scene *scene, const struct line *line)
{
    static const char *const outcomes[] = {
        [CALL_ANSWERED] = "answered",     [CALL_ERROR] = "error",
        [CALL_TIMEOUT] = "timeout",       [CALL_NOT_CONNECTED] = "not_connected",
        [CALL_QUEUE_FULL] = "queue_full", [CALL_LOST] = "lost",
    };
    struct scene_call *call = scene->calls;
    struct str outcome, said, wanted = rest_after(line, 3), why;

    while (call && line->count > 2 && !str_equal(call->name, line->words[1]))
        call = call->next;
    if (!call || line->count < 3)
        return fail(scene, "outcome NAME OUTCOME [PAYLOAD or error code]");
    outcome = str_of(call->done ? outcomes[call->answer.outcome] : "pending");
    if (!str_equal(outcome, line->words[2]))
        return fail(scene, "expected %.*s, is %.*s", STR_ARGS(line->words[2]), STR_ARGS(outcome));
    if (wanted.len == 0)
        return true;
    said = call->answer.outcome == CALL_ERROR ? call->answer.error_code : call->answer.payload;
    if (call->answer.outcome == CALL_ERROR)
        return str_equal(said, wanted) || fail(scene, "the error is %.*s", STR_ARGS(said));
    return json_matches(&scene->kept, wanted, said, &scene->arena, &why) ||
           fail(scene, "%.*s", STR_ARGS(why));
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
static bool do_adopt(struct scene *scene, const struct line *line)
{
    struct turn *turn;

    if (line->count != 2)
        return fail(scene, "adopt IDENTITY");
    turn = engine_turn(&scene->stage.server.engine, ask_boot_turn, &line->words[1],
                       sizeof line->words[1]);
    return engine_go(turn) == ERR_NONE ? settle(scene) : fail(scene, "no such station");
}

/* --- rows
 * --------------------------------------------------------------------------------------------------------------------
 */

/* Terms among the words from `from` up to "has". */
static bool read_terms(struct scene *scene, const struct line *line, uint32_t *from,
                       struct table_term *terms, uint32_t *count)
{
    *count = 0;
    for (; *from < line->count && !str_equal(line->words[*from], STR("has")); ++*from)
        if (!table_term(line->words[*from], &terms[(*count)++]))
            return fail(scene, "%.*s is no column=value", STR_ARGS(line->words[*from]));
    ++*from;
    return true;
}

static bool do_put(struct scene *scene, const struct line *line)
{
    struct table_term terms[WORDS_MAX];
    enum row_kind kind = line->count > 1 ? table_kind(line->words[1]) : ROW_KIND_COUNT;
    uint32_t from = 2, count;
    struct str why;

    if (kind == ROW_KIND_COUNT)
        return fail(scene, "put TABLE column=value ...");
    if (!read_terms(scene, line, &from, terms, &count))
        return false;
    return table_put(&scene->stage, kind, terms, count, &scene->arena, &why)
               ? settle(scene)
               : fail(scene, "%.*s", STR_ARGS(why));
}

static bool all_hold(struct scene *scene, enum row_kind kind, const void *row,
                     const struct table_term *has, uint32_t count)
{
    struct str why;

    for (uint32_t i = 0; i < count; i++)
        if (!table_holds(&scene->stage, kind, row, &has[i], &scene->arena, &why))
            return fail(scene, "expected %.*s=%.*s; %.*s", STR_ARGS(has[i].column),
                        STR_ARGS(has[i].value), STR_ARGS(why));
    return true;
}

/* rows N TABLE column=value ... */
static bool do_rows(struct scene *scene, const struct line *line)
{
    struct table_term terms[WORDS_MAX];
    enum row_kind kind = line->count > 2 ? table_kind(line->words[2]) : ROW_KIND_COUNT;
    uint32_t from = 3, count;
    struct store_rows rows;
    struct str why;
    int64_t wanted;

    if (kind == ROW_KIND_COUNT || !str_to_i64(line->words[1], &wanted))
        return fail(scene, "rows N TABLE column=value ...");
    if (!read_terms(scene, line, &from, terms, &count))
        return false;
    if (!table_find(&scene->stage, kind, terms, count, &scene->arena, &rows, &why))
        return fail(scene, "%.*s", STR_ARGS(why));
    return rows.count == wanted || fail(scene, "%u rows are like that", rows.count);
}

/* last TABLE has column=value ... */
static bool do_last(struct scene *scene, const struct line *line)
{
    struct table_term has[WORDS_MAX];
    enum row_kind kind = line->count > 3 ? table_kind(line->words[1]) : ROW_KIND_COUNT;
    uint32_t from = 3, count;
    struct store_rows rows;
    struct str why;

    if (kind == ROW_KIND_COUNT || !str_equal(line->words[2], STR("has")))
        return fail(scene, "last TABLE has column=value ...");
    if (!read_terms(scene, line, &from, has, &count))
        return false;
    if (!table_find(&scene->stage, kind, NULL, 0, &scene->arena, &rows, &why) || rows.count == 0)
        return fail(scene, "there is none");
    return all_hold(scene, kind, rows.rows[rows.count - 1], has, count);
}

/* row TABLE column=value ... has column=value ... */
static bool do_row(struct scene *scene, const struct line *line)
{
    struct table_term which[WORDS_MAX], has[WORDS_MAX];
    enum row_kind kind = line->count > 1 ? table_kind(line->words[1]) : ROW_KIND_COUNT;
    uint32_t from = 2, which_count, has_count;
    struct store_rows rows;
    struct str why;

    if (kind == ROW_KIND_COUNT)
        return fail(scene, "row TABLE column=value ... has column=value ...");
    if (!read_terms(scene, line, &from, which, &which_count) ||
        !read_terms(scene, line, &from, has, &has_count))
        return false;
    if (has_count == 0)
        return fail(scene, "what should it have?");
    if (!table_find(&scene->stage, kind, which, which_count, &scene->arena, &rows, &why))
        return fail(scene, "%.*s", STR_ARGS(why));
    if (rows.count != 1)
        return fail(scene, "%u rows are like that", rows.count);
    return all_hold(scene, kind, rows.rows[0], has, has_count);
}

/* inbox IDENTITY attempts=N|none [has_password=yes] */
static bool do_inbox(struct scene *scene, const struct line *line)
{
    const struct inbox_entry *entry;
    int64_t attempts;
    bool with_password;

    if (line->count < 3)
        return fail(scene, "inbox IDENTITY none, or attempts=N [has_password=yes]");
    entry = ocpp_inbox_find(&scene->stage.server.engine, line->words[1]);
    if (str_equal(line->words[2], STR("none")))
        return !entry || fail(scene, "it is there");
    if (!entry || !str_to_i64(option(line, 2, "attempts", STR_NONE), &attempts))
        return fail(scene, "it is not there");
    with_password = str_equal(option(line, 2, "has_password", STR("no")), STR("yes"));
    if (entry->attempts != attempts)
        return fail(scene, "%u attempts", entry->attempts);
    return entry->has_password == with_password || fail(scene, "has_password is otherwise");
}

/* --- power
 * ----------------------------------------------------------------------------------------------------------------
 */

/* listen: every station's power is managed from now on */
static bool do_listen(struct scene *scene, const struct line *line)
{
    (void)line;
    watch_begin(&scene->watch, &scene->stage.server.engine, &scene->arena);
    return true;
}

/* dynamic PROFILE 0.1A[/L2] */
static bool do_dynamic(struct scene *scene, const struct line *line)
{
    int64_t limit;

    if (line->count != 3 || !str_to_i64(line->words[1], &scene->watch.profile_id) ||
        !str_to_i64(line->words[2], &limit))
        return fail(scene, "dynamic PROFILE LIMIT");
    scene->watch.limit = (struct charging_period){ 0, (int32_t)limit, CHARGE_SAME, CHARGE_SAME, 0 };
    return true;
}

/* told TEXT: the next event; told nothing */
static bool do_told(struct scene *scene, const struct line *line)
{
    struct str told = watch_take(&scene->watch), wanted = rest_after(line, 1);

    if (!told.ptr)
        return str_equal(wanted, STR("nothing")) || fail(scene, "nothing was told");
    return str_equal(told, wanted) || fail(scene, "told: %.*s", STR_ARGS(told));
}

/* power, proven, cap, override, need, meter, evse, node: power.h */
static bool play_power(struct scene *scene, const struct line *line, bool settles)
{
    struct power_line power = { .words = line->words,
                                .count = line->count,
                                .rest = rest_after(line, 2),
                                .arena = &scene->arena };
    struct str word = line->words[0];
    int64_t for_ms = 0;
    bool done;

    if (line->count > 4)
        (void)read_duration(line->words[4], &for_ms); /* not every line has one */
    done = str_equal(word, STR("power"))      ? power_document(&scene->stage, &power)
           : str_equal(word, STR("proven"))   ? power_proven(&scene->stage, &power)
           : str_equal(word, STR("cap"))      ? power_cap(&scene->stage, &power, for_ms)
           : str_equal(word, STR("override")) ? power_override(&scene->stage, &power, for_ms)
           : str_equal(word, STR("need"))     ? power_need(&scene->stage, &power, for_ms)
           : str_equal(word, STR("meter"))    ? power_meter(&scene->stage, &power)
           : str_equal(word, STR("evse"))     ? power_evse(&scene->stage, &power)
                                              : power_node(&scene->stage, &power);
    if (!done)
        return fail(scene, "%.*s", STR_ARGS(power.why));
    return !settles || settle(scene);
}

static bool do_power(struct scene *scene, const struct line *line)
{
    return play_power(scene, line, true);
}

static bool do_power_state(struct scene *scene, const struct line *line)
{
    return play_power(scene, line, false);
}

/* --- the text
 * ----------------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *word;
    bool (*play)(struct scene *scene, const struct line *line);
    bool living; /* the server must be up */
} directives[] = {
    { "at", do_at, false },           { "clock", do_clock, false },
    { "last", do_last, false },       { "store", do_store, false },
    { "kill", do_kill, false },       { "restart", do_restart, false },
    { "connect", do_connect, false }, { "disconnect", do_disconnect, false },
    { "state", do_state, false },     { "gone", do_gone, false },
    { "deaf", do_deaf, false },       { "silent", do_silent, false },
    { "crash", do_crash, true },      { "call", do_call, true },
    { "outcome", do_outcome, false }, { "adopt", do_adopt, true },
    { "put", do_put, true },          { "row", do_row, false },
    { "rows", do_rows, false },       { "inbox", do_inbox, true },
    { "listen", do_listen, true },    { "told", do_told, false },
    { "dynamic", do_dynamic, true },  { "power", do_power, true },
    { "proven", do_power, true },     { "cap", do_power, true },
    { "override", do_power, true },   { "need", do_power, true },
    { "meter", do_power, true },      { "evse", do_power_state, true },
    { "node", do_power_state, true },
};

static bool play_line(struct scene *scene, struct str text)
{
    struct line line;
    bool is_frame;

    if (!cut_words(scene, text, &line))
        return false;
    if (line.count == 0)
        return true;
    if (str_equal(line.words[0], STR("world")))
        return scene->begun ? fail(scene, "world comes first") : do_world(scene, &line);
    if (!scene->begun)
        begin(scene);
    for (size_t i = 0; i < COUNT(directives); i++) {
        if (!str_equal(line.words[0], str_of(directives[i].word)))
            continue;
        is_frame = directives[i].play == do_outcome || directives[i].play == do_crash;
        if (directives[i].living && !scene->stage.server.up)
            return fail(scene, "the server is dead");
        if (!is_frame && (!fill(scene, text, &text) || !cut_words(scene, text, &line)))
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
            return fail(scene, "at the end %s got %.*s", conn->name, (int)conn->heard->len,
                        conn->heard->text);
    if (scene->watch.first)
        return fail(scene, "at the end was told: %.*s", STR_ARGS(scene->watch.first->text));
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
        return fail(scene, "a scenario begins with a comment that names its source");
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
