#include "bench/shared_site.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/stations.h"
#include "node/node.h"
#include "json/cursor.h"
#include "json/writer.h"

enum { A_TURN = 500, A_PANEL = 100, EVSE_A = 32, VOLTS_ALL = 690, DOCUMENT_BYTES = 4 << 20 };

/* --- the stations: at the site, proven ------------------------------------------------- */

struct part {
    const struct shared_site *site;
    uint32_t first, end;
};

static uint32_t site_count(const struct shared_site *site)
{
    return site->sites ? site->sites : 1;
}

/* Where the stations of a site begin. */
static uint32_t first_of(const struct shared_site *site, uint32_t index)
{
    return (uint32_t)((uint64_t)site->stations * index / site_count(site));
}

static int64_t site_of(const struct shared_site *site, uint32_t station)
{
    uint32_t index = 0;

    while (first_of(site, index + 1) <= station)
        index++;
    return site->ids[index];
}

/* What a probe would have found (dispatch/behaviour.h). */
static struct str record_of(struct arena *arena, utc_ms at)
{
    return arena_printf(
        arena,
        "{\"smart\":true,\"fallback\":true,\"station_max\":true,\"zero\":true,\"reports\":true,"
        "\"reports_lease\":true,\"profile\":true,\"obeys\":true,\"leases\":true,\"clears\":true,"
        "\"unit\":\"A\",\"has_a\":true,\"has_w\":false,\"default_on_station\":false,"
        "\"default_relative\":false,\"stack_max\":8,\"periods_max\":24,\"profiles_max\":10,"
        "\"latency_ms\":[200,200,200,200,200],\"asked_at\":%lld,\"proven_at\":%lld}",
        (long long)at, (long long)at);
}

static enum err prove_turn(struct turn *turn)
{
    const struct str record = record_of(turn->arena, turn->now);
    const struct part *part = turn->input;

    for (uint32_t i = part->first; i < part->end; i++) {
        struct str identity = arena_printf(turn->arena, SHARED_SITE_PREFIX "%07u", i);
        const struct station_row *row = TURN_FIND_NAME(turn, station, identity);
        struct behaviour_row *behaviour = TURN_NEW(turn, behaviour);
        struct station_row *station;
        check(row != NULL);
        station = TURN_EDIT(turn, station, row);
        station->site = part->site->bare ? 0 : site_of(part->site, i);
        station->firmware = STR("1.4.2-rc3"); /* as its boot says (frames.c) */
        behaviour->id = station->id;
        behaviour->record = record;
        behaviour->proven = true;
        behaviour->firmware = station->firmware;
        behaviour->at = turn->now;
    }
    return record.ptr ? ERR_NONE : ERR_FULL;
}

static bool is_idle(void *engine)
{
    return engine_idle(engine);
}

static enum err prove(struct node *node, const struct shared_site *site)
{
    enum err err = ERR_NONE;

    for (uint32_t at = 0; at < site->stations && err == ERR_NONE; at += A_TURN) {
        const struct part part = { site, at,
                                   site->stations - at > A_TURN ? at + A_TURN : site->stations };
        struct turn *turn = engine_turn(node_engine(node), prove_turn, &part, sizeof part);
        check(turn != NULL);
        err = engine_go(turn);
        if (err == ERR_NONE && host_run(node_host(node), is_idle, node_engine(node)) != 0)
            err = ERR_STORAGE;
    }
    return err;
}

/* --- the document ----------------------------------------------------------------------- */

static void node_begin(struct json_writer *json, struct arena *arena, const char *kind, uint32_t i)
{
    json_object_begin(json);
    json_key_str(json, "kind", str_of(kind));
    if (i == UINT32_MAX)
        json_key_str(json, "id", STR("grid"));
    else
        json_key_str(
            json, "id",
            arena_printf(arena, "%s%07u", kind[0] == 'p' ? "panel-" : SHARED_SITE_PREFIX, i));
}

struct str shared_site_document(const struct shared_site *site, uint32_t index, struct arena *arena)
{
    uint32_t first = first_of(site, index), end = first_of(site, index + 1);
    struct json_writer json;
    struct buf body;

    buf_init_arena(&body, arena, DOCUMENT_BYTES);
    json = json_writer(&body);
    json_object_begin(&json);
    json_key_str(&json, "mode", STR("equal"));
    json_key_raw(&json, "rules",
                 STR("{\"hold_s\":1,\"switch_s\":1,\"reclaim_s\":3600,\"calls_per_s\":1000}"));
    json_key(&json, "nodes");
    json_array_begin(&json);
    node_begin(&json, arena, "grid", UINT32_MAX);
    json_key_i64(&json, "limit_w", (int64_t)site->amps_each * VOLTS_ALL * (end - first));
    json_object_end(&json);
    for (uint32_t i = first / A_PANEL; i * A_PANEL < end; i++) {
        node_begin(&json, arena, "panel", i);
        json_key_str(&json, "parent", STR("grid"));
        json_key_i64(&json, "limit_a", (int64_t)EVSE_A * A_PANEL);
        json_object_end(&json);
    }
    for (uint32_t i = first; i < end; i++) {
        node_begin(&json, arena, "station", i);
        json_key_str(&json, "parent", arena_printf(arena, "panel-%07u", i / A_PANEL));
        json_key_str(&json, "station", arena_printf(arena, SHARED_SITE_PREFIX "%07u", i));
        json_key_i64(&json, "limit_a", EVSE_A);
        json_key_i64(&json, "fail_safe_a", 6);
        json_object_end(&json);
    }
    json_array_end(&json);
    json_object_end(&json);
    check(!body.overflow);
    return buf_str(&body);
}

/* Who makes the site: as a program would, by the API. */
struct maker {
    struct node *node;
    struct arena *arena;
    char *why; /* BENCH_WHY_SIZE */
};

static enum err ask(struct maker *maker, const char *method, const char *target, struct str body,
                    struct str *answer)
{
    int status = node_request(maker->node, str_of(method), str_of(target), body, answer);

    if (status == 200 || status == 201)
        return ERR_NONE;
    (void)snprintf(maker->why, BENCH_WHY_SIZE, "%s %s: %d %.*s", method, target, status,
                   STR_ARGS(str_first(*answer, 300)));
    return ERR_OS;
}

static enum err make(struct maker *maker, struct shared_site *site)
{
    struct str answer, id = STR_NONE;
    enum err err = ERR_NONE;

    check(site_count(site) <= SHARED_SITES_MAX);
    for (uint32_t i = 0; i < site_count(site) && err == ERR_NONE; i++) {
        err = ask(maker, "POST", "/api/v1/sites",
                  arena_printf(maker->arena, "{\"name\":\"Bench %u\",\"time_zone\":\"UTC\"}", i),
                  &answer);
        if (err != ERR_NONE)
            return err;
        check(json_member(answer, STR("id"), &id) == ERR_NONE && id.len > 2);
        site->ids[i] = strtoll(id.ptr + 1, NULL, 10); /* text in quotes */
    }
    err = prove(maker->node, site);
    for (uint32_t i = 0; i < site_count(site) && err == ERR_NONE && !site->bare; i++)
        err =
            ask(maker, "PUT",
                arena_printf(maker->arena, "/api/v1/sites/%lld/power", (long long)site->ids[i]).ptr,
                shared_site_document(site, i, maker->arena), &answer);
    return err;
}

enum err shared_site_make(const char *directory, const char *version, struct shared_site *site,
                          char *why)
{
    struct options options;
    const struct node_config config = { .options = &options,
                                        .directory = directory,
                                        .version = version };
    struct node *node;
    struct arena arena;
    enum err err = stations_register(directory, version, SHARED_SITE_PREFIX, site->stations, why);

    if (err != ERR_NONE)
        return err;
    options_init(&options);
    err = node_open(&config, &node, why, BENCH_WHY_SIZE);
    if (err == ERR_NONE) {
        arena_init(&arena, NULL, 0);
        err = make(&(struct maker){ node, &arena, why }, site);
        arena_reset(&arena);
        node_close(node);
    }
    options_fini(&options);
    if (err != ERR_NONE && !why[0])
        (void)snprintf(why, BENCH_WHY_SIZE, "the site cannot be made: %s", err_text(err));
    return err;
}
