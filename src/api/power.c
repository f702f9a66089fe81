/* power.c: the power document of a site: read, checked, changed as a whole. */
#include "api/power.h"
#include "api/power_around.h"
#include "api/power_put.h"
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
    power_adopt_forget(turn, site->id);
    if (!power)
        return;
    turn_delete(turn, ROW_power, power);
    dispatch_site_changed(turn, site->id);
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

void power_keep(struct turn *turn, const struct site_row *site, const struct power_row *before,
                const struct power_kept *kept)
{
    struct power_row *power = before ? TURN_EDIT(turn, power, before) : TURN_NEW(turn, power);

    power->tenant = 1;
    power->site = site->id;
    turn_audit(turn, before ? "power.update" : "power.create", site_target(turn, site), kept->old,
               kept->new);
    power->document = kept->document;
    power->changed_at = turn->now;
    power->changed_by = turn->actor.name;
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

/* A short one is read and applied in the turn of its request. */
static enum err put_here(struct turn *turn, struct request *request, bool dry_run,
                         struct put_result *result)
{
    const struct site_row *site;
    const struct power_row *before;
    enum err err = site_of(request, &site);

    if (err != ERR_NONE)
        return err;
    before = site_power(turn, site->id);
    err = match_version(request, before ? before->version : 0);
    if (err == ERR_NONE)
        err = result->err =
            around_read(turn, site, request->body, &result->document, result->findings);
    if (err != ERR_NONE || dry_run)
        return err == ERR_BAD_VALUE || err == ERR_FULL ? ERR_NONE : err;
    power_keep(turn, site, before,
               &(struct power_kept){ .document = result->document.text,
                                     .old = before ? power_audited(turn->arena, before->document,
                                                                   result->document.text)
                                                   : STR_NONE,
                                     .new = power_audited(turn->arena, result->document.text,
                                                          before ? before->document : STR_NONE) });
    power_take_stations(turn, site, &result->document, 0, result->document.node_count);
    dispatch_site_changed(turn, site->id);
    result->created = !before;
    result->version = before ? before->version + 1 : 1;
    return ERR_NONE;
}

enum err power_put(struct turn *turn, struct request *request)
{
    struct put_result result = { .findings = ARENA_NEW(turn->arena, struct document_findings) };
    const struct site_row *site;
    bool dry_run = false;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = query_bool(request, "dry_run", &dry_run);
    if (err != ERR_NONE || !result.findings)
        return err != ERR_NONE ? err : ERR_FULL;
    err = request->body.len > PUT_HERE_BYTES_MAX ? put_in_steps(request, dry_run, &result)
                                                 : put_here(turn, request, dry_run, &result);
    if (err != ERR_NONE)
        return err;
    if (result.err == ERR_FULL)
        return PROBLEM(request, ERR_TOO_LARGE, STR_NONE, "document_large",
                       "The document is larger than this server takes.", NO_ARGS);
    if (result.err == ERR_BAD_VALUE && !dry_run)
        return refuse(request, result.findings);
    if (result.err != ERR_NONE && result.err != ERR_BAD_VALUE)
        return result.err;
    if (!dry_run) {
        request->status = result.created ? 201 : 200;
        answer_version(request, result.version);
    }
    answer(request, &result.document, result.findings, !dry_run);
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
    power_adopt_forget(turn, site->id);
    dispatch_site_changed(turn, site->id);
    return answer_nothing(request);
}
