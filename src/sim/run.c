#include "sim/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/http.h"
#include "json/writer.h"

enum {
    TOKENS_MAX = 200,
    PASSWORD_LEN = 20, /* what 1.6 and 2.x both take */
    SPREAD_MS_PER_STATION = 2,
    LEDGER_LINE_MAX = 16 << 20,
};

bool sim_protocol_read(struct str word, enum sim_protocol *protocol)
{
    static const struct str words[] = { [SIM_16] = STR_INIT("1.6"),
                                        [SIM_201] = STR_INIT("2.0.1"),
                                        [SIM_21] = STR_INIT("2.1"),
                                        [SIM_PROTOCOL_COUNT] = STR_INIT("mix") };

    for (uint32_t i = 0; i < COUNT(words); i++)
        if (str_equal(words[i], word)) {
            *protocol = (enum sim_protocol)i;
            return true;
        }
    return false;
}

/* The same seed and identity give the same password, so that a second run finds the stations of the
 * first. */
static struct str make_password(uint64_t seed, struct str id, struct arena *arena)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct rand rand = { seed };
    char text[PASSWORD_LEN];

    for (uint32_t i = 0; i < id.len; i++) {
        rand.state ^= (uint8_t)id.ptr[i];
        rand.state = rand_next(&rand);
    }
    for (uint32_t i = 0; i < PASSWORD_LEN; i++)
        text[i] = digits[rand_below(&rand, sizeof digits - 1)];
    return arena_copy(arena, (struct str){ text, PASSWORD_LEN });
}

/* --- over REST --- */

static void tell_refusal(struct sim_http *http, const char *method, struct str path, int status)
{
    if (status != 0)
        buf_printf(http->why, "%s %.*s: status %d: %.*s", method, STR_ARGS(path), status,
                   STR_ARGS(str_first(buf_str(&http->answer), 300)));
}

/* True for what the server took or has already (409). */
static bool post(struct sim_http *http, struct str path, struct str body, int *status)
{
    *status = sim_http_request(http, "POST", path, body);
    if (*status == 201 || *status == 200 || *status == 409)
        return true;
    tell_refusal(http, "POST", path, *status);
    return false;
}

static bool register_token(struct sim_http *http, const struct sim_token *token)
{
    char memory[256];
    struct buf body;
    struct json_writer w;
    int status;

    buf_init(&body, memory, sizeof memory);
    w = json_writer(&body);
    json_object_begin(&w);
    json_key_str(&w, "id", str_of(token->id));
    json_key_str(&w, "type", str_of(token->type));
    json_key_str(&w, "status", STR("accepted"));
    json_object_end(&w);
    return post(http, STR("/api/v1/tokens"), buf_str(&body), &status);
}

/* `id` empty: only the password. */
static struct str station_body(char *memory, uint32_t cap, struct str id, struct str password)
{
    struct buf body;
    struct json_writer w;

    buf_init(&body, memory, cap);
    w = json_writer(&body);
    json_object_begin(&w);
    if (id.len > 0)
        json_key_str(&w, "id", id);
    json_key_str(&w, "password", password);
    json_object_end(&w);
    return buf_str(&body);
}

static bool register_station(struct sim_http *http, struct str id, struct str password)
{
    char memory[512], path_memory[128];
    struct buf path;
    int status;

    if (!post(http, STR("/api/v1/stations"), station_body(memory, sizeof memory, id, password),
              &status))
        return false;
    if (status != 409)
        return true;
    /* It is there from an earlier run: its password may be another. */
    buf_init(&path, path_memory, sizeof path_memory);
    buf_printf(&path, "/api/v1/stations/%.*s", STR_ARGS(id));
    status = sim_http_request(http, "PATCH", buf_str(&path),
                              station_body(memory, sizeof memory, STR_NONE, password));
    if (status != 200)
        tell_refusal(http, "PATCH", buf_str(&path), status);
    return status == 200;
}

static bool register_all(const struct sim_run_config *config, const struct sim_wire_config *wire,
                         char *why, size_t why_cap)
{
    struct buf text;
    struct sim_http http = { .fd = -1, .key = config->key, .why = &text };
    char *memory = malloc(SIM_HTTP_ANSWER_MAX);
    bool good =
        memory && sim_url_read(config->register_url, STR("http"), &http.url) && !http.url.tls;

    buf_init(&text, why, (uint32_t)why_cap);
    if (!good)
        buf_printf(&text, "%.*s: not an address of the form http://HOST:PORT",
                   STR_ARGS(config->register_url));
    buf_init(&http.answer, memory, SIM_HTTP_ANSWER_MAX);
    for (uint32_t i = 0; good && i < wire->token_count; i++)
        good = register_token(&http, &wire->tokens[i]);
    for (uint32_t i = 0; good && i < wire->station_count; i++)
        good = register_station(&http, wire->setups[i].id, wire->passwords[i]);
    sim_http_close(&http);
    free(memory);
    return good;
}

/* --- */

static bool make_passwords(const struct sim_run_config *config, struct sim_wire_config *wire,
                           struct arena *arena)
{
    struct str *passwords = ARENA_NEW_ARRAY(arena, struct str, config->stations);

    for (uint32_t i = 0; passwords && i < config->stations; i++) {
        passwords[i] = config->password.len > 0 ? config->password : STR_NONE;
        if (config->password.len == 0 && config->register_url.len > 0)
            passwords[i] = make_password(config->seed, wire->setups[i].id, arena);
        if (!passwords[i].ptr)
            return false;
    }
    wire->passwords = passwords;
    return passwords != NULL;
}

/* As often in a session's life as stations are set to in real life. */
static int32_t sample_s(int32_t speed)
{
    return speed >= 30 ? 2 : 60 / speed;
}

struct sim_wire *sim_run_open(const struct sim_run_config *config, struct arena *arena, char *why,
                              size_t why_cap)
{
    static const struct fault_mix harmless = { .every_ms = 600000,
                                               .kinds = FAULTS_HARMLESS,
                                               .duration_min_ms = 2000,
                                               .duration_max_ms = 60000 };
    uint32_t token_count = config->stations * 2 < TOKENS_MAX ? config->stations * 2 : TOKENS_MAX;
    struct sim_fleet fleet = {
        .count = config->stations,
        .prefix = config->prefix.len > 0 ? config->prefix : STR("SIM"),
        .protocol = config->protocol,
        .speed = config->speed,
        .sample_s = config->sample_s >= 0 ? config->sample_s : sample_s(config->speed),
        .aligned_s = -1,
        .seed = config->seed,
        .spread_ms = (int64_t)config->stations * SPREAD_MS_PER_STATION,
        .cars_soon = true,
        .faults = config->with_faults ? &harmless : NULL,
        .control = config->control,
        .rotated = config->rotated,
    };
    struct sim_wire_config wire = { .url = config->url,
                                    .ca_file = config->ca_file,
                                    .deflate = config->deflate,
                                    .station_count = config->stations,
                                    .token_count = token_count };
    struct sim_setup *setups;

    check(config->stations > 0);
    wire.tokens = sim_fleet_tokens(token_count, arena);
    wire.setups = setups = sim_fleet_setups(&fleet, arena);
    if (!wire.tokens || !wire.setups || !make_passwords(config, &wire, arena)) {
        (void)snprintf(why, why_cap, "no memory for %u stations", config->stations);
        return NULL;
    }
    if (config->register_url.len > 0 && !register_all(config, &wire, why, why_cap))
        return NULL;
    /* Registering took its time: life begins now. */
    fleet.start_at = sim_wire_now();
    for (uint32_t i = 0; i < config->stations; i++) {
        setups[i].start_at += fleet.start_at;
        if (setups[i].first_car_at != UTC_UNKNOWN)
            setups[i].first_car_at += fleet.start_at;
    }
    return sim_wire_open(&wire, why, why_cap);
}

struct sim_wire *sim_demo_open(struct str url, uint64_t seed, struct arena *arena, char *why,
                               size_t why_cap)
{
    struct sim_setup *setups = ARENA_NEW_ARRAY(arena, struct sim_setup, SIM_DEMO_STATIONS);
    struct sim_token *tokens = ARENA_NEW_ARRAY(arena, struct sim_token, SIM_DEMO_TOKENS);
    struct sim_wire_config wire = { .url = url,
                                    .setups = setups,
                                    .station_count = SIM_DEMO_STATIONS,
                                    .tokens = tokens,
                                    .token_count = SIM_DEMO_TOKENS };

    if (!setups || !tokens) {
        (void)snprintf(why, why_cap, "no memory");
        return NULL;
    }
    for (uint32_t i = 0; i < SIM_DEMO_TOKENS; i++)
        tokens[i] = sim_demo_tokens[i].token;
    sim_demo_setups(setups, seed, sim_wire_now());
    return sim_wire_open(&wire, why, why_cap);
}

bool sim_run_write_ledger(const struct sim_wire *wire, const char *path)
{
    FILE *file = fopen(path, "we");
    struct arena arena;
    bool good = file != NULL;

    arena_init(&arena, NULL, 0);
    for (const struct ledger_session *s = sim_wire_ledger(wire)->first; good && s; s = s->next) {
        struct buf line;

        buf_init_arena(&line, &arena, LEDGER_LINE_MAX);
        ledger_write(s, &line);
        good = !line.overflow && fwrite(line.ptr, 1, line.len, file) == line.len;
        arena_reset(&arena);
    }
    if (file && fclose(file) != 0)
        good = false;
    return good;
}
