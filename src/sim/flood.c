#include "sim/flood.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "sim/plan.h"
#include "sim/wire_conn.h"

enum { BEGIN_MS_MAX = 60000, SLICE_MS = 100, ECHO_BYTES = 1300, EVENTS_MAX = 256 };

static enum err refuse(enum err err, const char *text, struct buf *why)
{
    buf_printf(why, "%s", text);
    return err;
}

/* --- stations --- */

static struct sim_wire *open_stations(const struct sim_flood_config *config, struct arena *arena,
                                      struct buf *why)
{
    struct sim_fleet fleet = { .count = config->connections,
                               .prefix = config->prefix,
                               .protocol = config->protocol,
                               .speed = 1,
                               .sample_s = 0,
                               .aligned_s = 0,
                               .seed = 1,
                               .start_at = sim_wire_now(),
                               .spread_ms = config->connections,
                               .flood = true };
    struct sim_wire_config wire = { .url = config->url,
                                    .station_count = config->connections,
                                    .token_count = 1 };
    struct str *passwords = ARENA_NEW_ARRAY(arena, struct str, config->connections);

    wire.tokens = sim_fleet_tokens(1, arena);
    wire.setups = sim_fleet_setups(&fleet, arena);
    wire.passwords = passwords;
    if (!passwords || !wire.tokens || !wire.setups) {
        buf_printf(why, "no memory for %u stations", config->connections);
        return NULL;
    }
    for (uint32_t i = 0; i < config->connections; i++)
        passwords[i] = config->password.len > 0 ? config->password : STR_NONE;
    return sim_wire_open(&wire, why->ptr, why->cap);
}

static enum err flood_stations(const struct sim_flood_config *config,
                               struct sim_flood_result *result, struct buf *why)
{
    struct arena arena;
    struct sim_wire *wire;
    const struct sim_counts *counts;
    utc_ms began_at = sim_wire_now();
    uint64_t answers;
    enum err err = ERR_NONE;

    arena_init(&arena, NULL, 0);
    wire = open_stations(config, &arena, why);
    if (!wire) {
        arena_reset(&arena);
        return ERR_OS;
    }
    counts = sim_wire_counts(wire);
    while (counts->floods < config->connections && sim_wire_now() - began_at < BEGIN_MS_MAX)
        sim_wire_turn(wire, SLICE_MS);
    if (counts->floods < config->connections) {
        err = refuse(ERR_TIMEOUT, "not all stations got a session: are they and the token known?",
                     why);
    } else {
        config->began(config->arg);
        began_at = sim_wire_now();
        answers = counts->answers;
        while (sim_wire_now() - began_at < config->seconds * 1000)
            sim_wire_turn(wire, SLICE_MS);
        result->messages = counts->answers - answers;
        result->elapsed_ms = sim_wire_now() - began_at;
        config->ended(config->arg);
    }
    result->errors = counts->errors + counts->timeouts;
    result->lost = counts->closes;
    sim_wire_close(wire);
    arena_reset(&arena);
    return err;
}

/* --- echo --- */

struct echo {
    struct wire_shared shared;
    struct wire_conn *conns;
    uint32_t opened;
    uint64_t messages, lost;
    char text[ECHO_BYTES];
};

static void say(struct echo *echo, uint32_t member)
{
    struct str text = { echo->text, ECHO_BYTES };

    if (!wire_conn_send(&echo->conns[member], &echo->shared, WS_OP_TEXT, text))
        echo->lost++;
}

static void on_opened(void *arg, uint32_t member)
{
    struct echo *echo = arg;

    echo->opened++;
    say(echo, member);
}

static void on_text(void *arg, uint32_t member, struct str text)
{
    struct echo *echo = arg;

    echo->messages += text.len == ECHO_BYTES;
    say(echo, member);
}

static void on_closed(void *arg, uint32_t member)
{
    struct echo *echo = arg;

    (void)member;
    echo->lost++;
}

static void turn(struct echo *echo)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(echo->shared.epoll, events, EVENTS_MAX, SLICE_MS);

    for (int i = 0; i < count; i++)
        wire_conn_ready(&echo->conns[events[i].data.u32], &echo->shared, events[i].events);
}

static enum err echo_for(struct echo *echo, const struct sim_flood_config *config,
                         struct sim_flood_result *result, struct buf *why)
{
    utc_ms began_at = sim_wire_now();
    uint64_t messages;

    for (uint32_t i = 0; i < config->connections; i++) {
        echo->conns[i].member = i;
        wire_conn_begin(&echo->conns[i], &echo->shared, STR("echo"), STR_NONE, STR_NONE);
    }
    while (echo->opened < config->connections && sim_wire_now() - began_at < BEGIN_MS_MAX)
        turn(echo);
    if (echo->opened < config->connections)
        return refuse(ERR_TIMEOUT, "not all echo connections came up", why);
    config->began(config->arg);
    began_at = sim_wire_now();
    messages = echo->messages;
    while (sim_wire_now() - began_at < config->seconds * 1000)
        turn(echo);
    result->messages = echo->messages - messages;
    result->elapsed_ms = sim_wire_now() - began_at;
    config->ended(config->arg);
    return ERR_NONE;
}

static enum err flood_echo(const struct sim_flood_config *config, struct sim_flood_result *result,
                           struct buf *why)
{
    struct echo *echo = calloc(1, sizeof *echo);
    struct sim_url url;
    enum err err = ERR_OS;

    if (!echo)
        return refuse(ERR_OS, "no memory", why);
    echo->shared = (struct wire_shared){
        .epoll = -1, .arg = echo, .opened = on_opened, .text = on_text, .closed = on_closed
    };
    memset(echo->text, 'e', ECHO_BYTES);
    echo->conns = calloc(config->connections, sizeof *echo->conns);
    if (!echo->conns)
        (void)refuse(ERR_OS, "no memory", why); /* err says it already */
    else if (!sim_url_read(config->url, STR("ws"), &url))
        (void)refuse(ERR_OS, "not an address of the form ws://HOST:PORT/PATH", why);
    else if (wire_shared_init(&echo->shared, &url, why))
        err = echo_for(echo, config, result, why);
    result->lost = echo->lost;
    for (uint32_t i = 0; echo->conns && i < config->connections; i++)
        wire_conn_end(&echo->conns[i], &echo->shared, false);
    wire_shared_fini(&echo->shared);
    free(echo->conns);
    free(echo);
    return err;
}

enum err sim_flood_run(const struct sim_flood_config *config, struct sim_flood_result *result,
                       char *why, size_t why_cap)
{
    struct buf text;

    *result = (struct sim_flood_result){ 0 };
    check(config->connections > 0);
    why[0] = '\0';
    buf_init(&text, why, (uint32_t)why_cap);
    return config->echo ? flood_echo(config, result, &text) : flood_stations(config, result, &text);
}
