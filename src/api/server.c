/* server.c: the server itself. */
#include "api/openapi.h"
#include "api/shapes.h"
#include "api/state.h"
#include "domain/words.h"
#include "ocpp/ocpp.h"

request_fn server_get, config_list, backup_write, openapi_get;

enum { DAY_MS = 86400000, SESSIONS_A_DAY_MAX = 2000 };

/* --- numbers */

static void write_counts(struct turn *turn, struct json_writer *json, int64_t *power_w)
{
    const struct world *world = turn_world(turn);
    const struct connector_row *connector;
    const struct session_row *session;
    int64_t available = 0, charging = 0, faulted = 0, plugs = 0, open = 0;
    uint32_t inbox = 0;

    for (uint32_t at = 0; (connector = world_next(world, ROW_connector, &at));) {
        const struct station_row *station = TURN_FIND(turn, station, connector->station);
        if (connector->evse == 0)
            continue;
        plugs++;
        faulted += connector->status == STATUS_FAULTED;
        available += connector->status == STATUS_AVAILABLE && station && station->connected;
        charging += connector->status == STATUS_CHARGING;
    }
    *power_w = 0;
    for (uint32_t at = 0; (session = world_next(world, ROW_session, &at));) {
        open += session->state == SESSION_OPEN;
        *power_w += session->state == SESSION_OPEN ? session->power_w : 0;
    }
    while (ocpp_inbox(turn->engine, inbox))
        inbox++;
    json_key(json, "counts");
    json_object_begin(json);
    json_key_i64(json, "stations", world_count(world, ROW_station));
    json_key_i64(json, "stations_connected", ocpp_connected_count(turn->engine));
    json_key_i64(json, "connectors", plugs);
    json_key_i64(json, "connectors_available", available);
    json_key_i64(json, "connectors_charging", charging);
    json_key_i64(json, "connectors_faulted", faulted);
    json_key_i64(json, "sessions_open", open);
    json_key_i64(json, "tokens", world_count(world, ROW_token));
    json_key_i64(json, "sites", world_count(world, ROW_site));
    json_key_i64(json, "inbox", inbox);
    json_object_end(json);
}

struct today {
    int64_t all, worked, energy_mwh;
};

/* Where the day of who asks began; without a word of it, that of UTC. */
static enum err day_begin(struct request *request, utc_ms now, utc_ms *midnight)
{
    enum err err;

    *midnight = now - now % DAY_MS;
    err = query_time(request, "day_from", midnight);
    if (err == ERR_NONE && (*midnight > now || *midnight < now - (utc_ms)2 * DAY_MS))
        err = problem_field(request, ERR_BAD_VALUE, STR("day_from"),
                            "It lies within the last two days.");
    return err;
}

/* The newest sessions of today; the sums of the store where there are more. */
static enum err read_today(struct turn *turn, utc_ms midnight, struct today *today)
{
    const struct store_filter since = { .column = "started_at",
                                        .test = STORE_GE,
                                        .number = midnight };
    const struct store_query query = { .kind = ROW_session,
                                       .filters = &since,
                                       .filter_count = 1,
                                       .descending = true,
                                       .limit = SESSIONS_A_DAY_MAX };
    struct store_rows rows;
    struct store_sums sums;
    enum err err = turn_query(turn, &query, &rows);

    *today = (struct today){ 0 };
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct session_row *session = rows.rows[i];
        today->all++;
        today->worked += session->energy_mwh > 0;
        today->energy_mwh += session->energy_mwh;
    }
    if (rows.count < SESSIONS_A_DAY_MAX)
        return ERR_NONE;
    err = turn_sum_sessions(turn, STORE_BY_MONTH, midnight, midnight + DAY_MS, &sums);
    today->energy_mwh = 0; /* a day may lie in two months of UTC */
    for (uint32_t i = 0; err == ERR_NONE && i < sums.count; i++)
        today->energy_mwh += sums.sums[i].energy_mwh;
    return err;
}

static void write_list(struct json_writer *json, const char *key, const struct str *list,
                       uint32_t count)
{
    json_key(json, key);
    json_array_begin(json);
    for (uint32_t i = 0; i < count; i++)
        json_str(json, list[i]);
    json_array_end(json);
}

static void write_or_null(struct json_writer *json, const char *key, struct str text)
{
    if (text.len)
        json_key_str(json, key, text);
    else
        json_key_null(json, key);
}

static void write_addresses(struct json_writer *json, const struct api *api)
{
    const struct api_addresses *addresses = &api->addresses;
    struct str public = api->config.options->ocpp_public_url;
    bool secure = str_starts(public, STR("wss://"));

    json_key(json, "addresses");
    json_object_begin(json);
    if (public.len) {
        write_list(json, "ws", &public, !secure);
        write_list(json, "wss", &public, secure);
    } else {
        write_list(json, "ws", addresses->ws, addresses->ws_count);
        write_list(json, "wss", addresses->wss, addresses->wss_count);
    }
    json_key_bool(json, "reachable", public.len || addresses->reachable);
    write_or_null(json, "hint", public.len ? STR_NONE : addresses->hint);
    json_object_end(json);
}

enum err server_get(struct turn *turn, struct request *request)
{
    const struct engine *engine = turn->engine;
    struct json_writer *json = &request->json;
    struct today today;
    int64_t power_w;
    utc_ms midnight;
    enum err err = day_begin(request, turn->now, &midnight);

    if (err == ERR_NONE)
        err = read_today(turn, midnight, &today);
    if (err != ERR_NONE)
        return err;
    json_object_begin(json);
    json_key_str(json, "version", request->api->config.version);
    json_key_time(json, "started_at", engine->started_at);
    json_key_i64(json, "uptime_s", (turn->now - engine->started_at) / 1000);
    json_key_time(json, "now", turn->now);
    json_key_bool(json, "demo", request->api->config.demo);
    json_key(json, "storage");
    json_object_begin(json);
    json_key_bool(json, "works", engine->storage_works);
    write_or_null(json, "why", engine->storage_works ? STR_NONE : str_of(engine->storage_why));
    json_object_end(json);
    write_addresses(json, request->api);
    write_counts(turn, json, &power_w);
    json_key_i64(json, "power_w", power_w);
    json_key_decimal(json, "energy_today_wh", today.energy_mwh, 3);
    json_key(json, "starts_today");
    json_object_begin(json);
    json_key_i64(json, "all", today.all);
    json_key_i64(json, "worked", today.worked);
    json_object_end(json);
    json_object_end(json);
    return ERR_NONE;
}

/* --- configuration */

enum err config_list(struct turn *turn, struct request *request)
{
    const struct options *options = request->api->config.options;
    struct json_writer *json = &request->json;

    page_begin(request);
    for (enum option_index i = 0; i < OPTION_COUNT; i++) {
        struct buf value;
        buf_init_arena(&value, turn->arena, 64u << 10);
        option_write(options, i, &value);
        json_object_begin(json);
        json_key_str(json, "key", option_descs[i].name);
        json_key_str(json, "value", buf_str(&value));
        json_key_str(json, "default", option_descs[i].value);
        json_key_str(json, "unit", option_descs[i].unit);
        json_key_str(json, "origin", option_origin_words[options->origins[i]]);
        json_key_str(json, "text", option_descs[i].text);
        json_object_end(json);
    }
    page_end(request, 0);
    return ERR_NONE;
}

/* --- backup */

struct backup {
    char path[4096];
    enum err err;
    char why[STORE_WHY_SIZE];
};

static void work_backup(void *data, struct store *store)
{
    struct backup *backup = data;

    backup->err = store->ops->backup(store, backup->path);
    memcpy(backup->why, store->why, sizeof backup->why);
}

enum err backup_write(struct turn *turn, struct request *request)
{
    struct backup *backup = ARENA_NEW(turn->arena, struct backup);
    struct str path = STR_NONE;
    void *data = backup;
    struct body body;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE)
        err = body_only(request, &body, "path");
    if (err == ERR_NONE)
        err = body_text(request, &body, "path", (struct range){ 1, 4000 }, &path);
    if (err != ERR_NONE || !backup)
        return backup ? err : ERR_FULL;
    if (path.len == 0 || path.ptr[0] != '/')
        return problem_field(request, ERR_BAD_VALUE, STR("path"), "It is an absolute path.");
    memcpy(backup->path, path.ptr, path.len);
    err = turn_work(turn, "backup", work_backup, WORK_WRITER, &data);
    if (err != ERR_NONE)
        return err;
    backup = data;
    if (backup->err != ERR_NONE)
        return problem_set(request, backup->err, "%s", backup->why);
    json_object_begin(&request->json);
    json_key_str(&request->json, "path", path);
    json_object_end(&request->json);
    return ERR_NONE;
}

enum err openapi_get(struct turn *turn, struct request *request)
{
    (void)turn;
    buf_put(&request->out, (struct str){ (const char *)openapi_json, openapi_json_len });
    return ERR_NONE;
}
