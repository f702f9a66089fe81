/* power.c: the power document of a site: read, checked, changed as a whole. */
#include "api/power.h"
#include "api/resource.h"
#include "api/sites.h"
#include "dispatch/dispatch.h"
#include "dispatch/document.h"

request_fn power_get, power_put, power_delete;

const struct power_row *site_power(struct turn *turn, int64_t site)
{
    const struct power_row *power;

    for (uint32_t at = 0; (power = world_next(turn_world(turn), ROW_power, &at)) != NULL;)
        if (power->site == site)
            return power;
    return NULL;
}

void site_delete_power(struct turn *turn, const struct site_row *site)
{
    const struct power_row *power = site_power(turn, site->id);
    const struct peak_row *peak = TURN_FIND(turn, peak, site->id);
    const struct taper_row *taper = TURN_FIND(turn, taper, site->id);
    const struct series_row *series;
    const struct cap_row *cap;

    for (uint32_t at = 0; (series = world_next(turn_world(turn), ROW_series, &at)) != NULL;)
        if (series->site == site->id)
            turn_delete(turn, ROW_series, series);
    for (uint32_t at = 0; (cap = world_next(turn_world(turn), ROW_cap, &at)) != NULL;)
        if (cap->site == site->id)
            turn_delete(turn, ROW_cap, cap);
    if (peak)
        turn_delete(turn, ROW_peak, peak);
    if (taper)
        turn_delete(turn, ROW_taper, taper);
    if (!power)
        return;
    turn_delete(turn, ROW_power, power);
    dispatch_site_changed(turn, site->id);
}

/* --- what the checker asks */

struct around {
    struct turn *turn;
    const struct site_row *site;
    uint32_t at;
};

static int64_t find_station(void *context, struct str identity)
{
    const struct around *around = context;
    const struct station_row *station = TURN_FIND_NAME(around->turn, station, identity);

    return station ? station->id : 0;
}

static struct str other_site(void *context, int64_t row)
{
    const struct around *around = context;
    const struct station_row *station = TURN_FIND(around->turn, station, row);
    const struct site_row *other;

    if (!station || station->site == 0 || station->site == around->site->id)
        return STR_NONE;
    other = TURN_FIND(around->turn, site, station->site);
    return other ? other->name : STR_NONE;
}

static int64_t rating_of(void *context, int64_t row, int32_t evse)
{
    const struct around *around = context;
    const struct connector_row *connector = NULL;
    int64_t most = 0;

    while ((connector = world_next_of(turn_world(around->turn), ROW_connector, row, connector)))
        if (connector->evse == evse && connector->power_max_w > most)
            most = connector->power_max_w;
    return most;
}

static bool has_series(void *context, enum series_kind kind)
{
    const struct around *around = context;
    const struct series_row *series;

    for (uint32_t at = 0; (series = world_next(turn_world(around->turn), ROW_series, &at));)
        if (series->site == around->site->id && series->kind == (int64_t)kind &&
            series->from_at + series->count * series->step_s * 1000 > around->turn->now)
            return true;
    return false;
}

static const struct str *next_station(void *context, const struct str *before)
{
    struct around *around = context;
    const struct station_row *station;

    if (!before)
        around->at = 0;
    while ((station = world_next(turn_world(around->turn), ROW_station, &around->at)))
        if (station->site == around->site->id)
            return &station->identity;
    return NULL;
}

static enum err read_document(struct request *request, const struct site_row *site,
                              struct document *document, struct document_findings *findings)
{
    struct turn *turn = request->turn;
    struct around context = { .turn = turn, .site = site };
    const struct document_around around = { .context = &context,
                                            .station = find_station,
                                            .elsewhere = other_site,
                                            .rating_w = rating_of,
                                            .has_series = has_series,
                                            .next = next_station };

    return document_read(request->body, &around, turn->arena, document, findings);
}

/* --- reading and changing it */

/* The site of the path, and its document's row. */
static enum err power_of(struct request *request, const struct site_row **site,
                         const struct power_row **power)
{
    enum err err = site_of(request, site);

    if (err != ERR_NONE)
        return err;
    *power = site_power(request->turn, (*site)->id);
    return *power ? ERR_NONE
                  : PROBLEM(request, ERR_NOT_FOUND, STR_NONE, "no_document",
                            "Site {site} has no power document.",
                            ARGS(ARG_STR("site", (*site)->name)));
}

enum err power_get(struct turn *turn, struct request *request)
{
    const struct power_row *power;
    const struct site_row *site;
    enum err err = power_of(request, &site, &power);

    (void)turn; /* the request knows it */
    if (err != ERR_NONE)
        return err;
    json_raw(&request->json, power->document);
    answer_version(request, power->version);
    return ERR_NONE;
}

/* The whole list goes with the problem: who imports a file wants to see all of it at once. */
static enum err refuse(struct request *request, const struct document_findings *findings)
{
    struct turn *turn = request->turn;
    const struct document_finding *first = NULL;
    struct json_writer json;
    struct buf list;

    buf_init_arena(&list, turn->arena, 256u << 10);
    json = json_writer(&list);
    json_object_begin(&json);
    document_write_findings(&json, findings);
    json_object_end(&json);
    if (!list.overflow)
        request->findings = buf_str(&list);
    for (uint32_t i = 0; i < findings->count && !first; i++)
        first = findings->list[i].is_error ? &findings->list[i] : NULL;
    if (!first)
        return PROBLEM(request, ERR_BAD_VALUE, STR_NONE, "document_errors",
                       "The document has errors.", NO_ARGS);
    if (findings->errors == 1)
        return problem_say(request, ERR_BAD_VALUE, first->path, first->sentence);
    return problem_field(request, ERR_BAD_VALUE, first->path, "%.*s And %u more errors.",
                         STR_ARGS(first->sentence.text), findings->errors - 1);
}

/* A station that stands in the tree and belongs to no site belongs to this one. */
static void take_stations(struct turn *turn, const struct site_row *site,
                          const struct document *document)
{
    for (uint32_t i = 0; i < document->node_count; i++) {
        const struct station_row *station =
            document->nodes[i].station_row
                ? TURN_FIND(turn, station, document->nodes[i].station_row)
                : NULL;
        struct station_row *edited;
        struct str old;
        if (!station || station->site == site->id)
            continue;
        old = resource_settings(turn, RESOURCE_station, station);
        edited = TURN_EDIT(turn, station, station);
        edited->site = site->id;
        turn_audit(turn, "station.update",
                   arena_printf(turn->arena, "station:%.*s", STR_ARGS(station->identity)), old,
                   resource_settings(turn, RESOURCE_station, edited));
        turn_event(turn, "station.changed", station->id, 0);
    }
}

static void keep(struct turn *turn, const struct site_row *site, const struct power_row *before,
                 const struct document *document)
{
    struct power_row *power = before ? TURN_EDIT(turn, power, before) : TURN_NEW(turn, power);

    power->tenant = 1;
    power->site = site->id;
    turn_audit(turn, before ? "power.update" : "power.create", site_target(turn, site),
               before ? power_audited(turn->arena, before->document, document->text) : STR_NONE,
               power_audited(turn->arena, document->text, before ? before->document : STR_NONE));
    power->document = document->text;
    power->changed_at = turn->now;
    power->changed_by = turn->actor.name;
    take_stations(turn, site, document);
    dispatch_site_changed(turn, site->id);
}

static void answer(struct request *request, const struct document *document,
                   const struct document_findings *findings, bool applied)
{
    struct json_writer *json = &request->json;

    json_object_begin(json);
    json_key_bool(json, "applied", applied);
    json_key_i64(json, "nodes", findings->errors ? 0 : document->node_count);
    json_key_i64(json, "evses", findings->errors ? 0 : document->evse_count);
    document_write_findings(json, findings);
    json_object_end(json);
}

enum err power_put(struct turn *turn, struct request *request)
{
    struct document_findings *findings = ARENA_NEW(turn->arena, struct document_findings);
    const struct power_row *before;
    const struct site_row *site;
    struct document document = { 0 };
    bool dry_run = false;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = query_bool(request, "dry_run", &dry_run);
    if (err != ERR_NONE || !findings)
        return findings ? err : ERR_FULL;
    before = site_power(turn, site->id);
    err = match_version(request, before ? before->version : 0);
    if (err == ERR_NONE)
        err = read_document(request, site, &document, findings);
    if (err == ERR_FULL)
        return PROBLEM(request, ERR_TOO_LARGE, STR_NONE, "document_large",
                       "The document is larger than this server takes.", NO_ARGS);
    if (err == ERR_BAD_VALUE && !dry_run)
        return refuse(request, findings);
    if (err != ERR_NONE && err != ERR_BAD_VALUE)
        return err;
    if (!dry_run) {
        keep(turn, site, before, &document);
        request->status = before ? 200 : 201;
        answer_version(request, before ? before->version + 1 : 1);
    }
    answer(request, &document, findings, !dry_run);
    return ERR_NONE;
}

enum err power_delete(struct turn *turn, struct request *request)
{
    const struct power_row *power;
    const struct site_row *site;
    enum err err = power_of(request, &site, &power);

    if (err == ERR_NONE)
        err = match_version(request, power->version);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "power.delete", site_target(turn, site),
               power_audited(turn->arena, power->document, STR_NONE), STR_NONE);
    turn_delete(turn, ROW_power, power);
    dispatch_site_changed(turn, site->id);
    return answer_nothing(request);
}
