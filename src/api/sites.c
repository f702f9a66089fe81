/* sites.c: where stations stand. */
#include "api/sites.h"
#include "api/shapes.h"
#include "dispatch/dispatch.h"
#include "domain/words.h"

request_fn sites_list, site_create, site_get, site_update, site_delete;

enum err site_of(struct request *request, const struct site_row **site)
{
    struct turn *turn = request->turn;

    *site = TURN_FIND(turn, site, id_parse(request->args[0]));
    return *site ? ERR_NONE : problem_set(request, ERR_NOT_FOUND, "There is no such site.");
}

struct str site_target(struct turn *turn, const struct site_row *site)
{
    return arena_printf(turn->arena, "site:%.*s", STR_ARGS(site->name));
}

const struct zone *site_zone(const struct site_row *site)
{
    const struct zone *zone = zone_find(site->time_zone);

    return zone ? zone : zone_find(STR("UTC")); /* an earlier version took any text */
}

static enum err answer(struct turn *turn, struct request *request, const struct site_row *site)
{
    site_json(turn, &request->json, site);
    answer_version(request, version_after(turn, ROW_site, site));
    return ERR_NONE;
}

static enum err read_site(struct turn *turn, struct request *request, bool is_new,
                          struct site_row *site)
{
    const struct site_row *same;
    struct body body;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE && is_new && !body_find(&body, "name"))
        err = problem_field(request, ERR_BAD_OCCURRENCE, STR("name"), "A site needs a name.");
    if (err == ERR_NONE)
        err = resource_read(request, RESOURCE_site, &body, "", site);
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < site->currency.len; i++)
        if (site->currency.ptr[i] < 'A' || site->currency.ptr[i] > 'Z')
            return problem_field(request, ERR_BAD_VALUE, STR("currency"),
                                 "It has three capital letters, like EUR.");
    if (!zone_find(site->time_zone))
        return problem_field(request, ERR_BAD_VALUE, STR("time_zone"),
                             "There is no time zone %.*s: it is written like Europe/Berlin.",
                             STR_ARGS(site->time_zone));
    same = world_find_name(turn_world(turn), ROW_site, site->name);
    if (same && same->id != site->id)
        return problem_field(request, ERR_EXISTS, STR("name"), "Site %.*s exists already.",
                             STR_ARGS(site->name));
    return ERR_NONE;
}

static void write_site(struct turn *turn, struct request *request, const void *row)
{
    site_json(turn, &request->json, row);
}

enum err sites_list(struct turn *turn, struct request *request)
{
    (void)turn;
    return page_of_memory(request, &(struct page_source){ .kind = ROW_site, .write = write_site });
}

enum err site_create(struct turn *turn, struct request *request)
{
    struct site_row *site = TURN_NEW(turn, site);
    enum err err;

    site->tenant = 1;
    site->created_at = turn->now;
    site->time_zone = STR("UTC");
    site->currency = STR("EUR");
    err = read_site(turn, request, true, site);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "site.create", site_target(turn, site), STR_NONE,
               resource_settings(turn, RESOURCE_site, site));
    request->status = 201;
    request->location = arena_printf(turn->arena, "/api/v1/sites/%lld", (long long)site->id);
    return answer(turn, request, site);
}

enum err site_get(struct turn *turn, struct request *request)
{
    const struct site_row *site;
    enum err err = site_of(request, &site);

    return err == ERR_NONE ? answer(turn, request, site) : err;
}

enum err site_update(struct turn *turn, struct request *request)
{
    const struct site_row *before;
    struct site_row *site;
    struct str old;
    enum err err = site_of(request, &before);

    if (err == ERR_NONE)
        err = match_version(request, before->version);
    if (err != ERR_NONE)
        return err;
    old = resource_settings(turn, RESOURCE_site, before);
    site = TURN_EDIT(turn, site, before);
    err = read_site(turn, request, false, site);
    if (err != ERR_NONE)
        return err;
    if (!str_equal(site->time_zone, before->time_zone) && site_power(turn, site->id))
        dispatch_site_changed(turn, site->id); /* its limits hold at hours of this clock */
    turn_audit(turn, "site.update", site_target(turn, site), old,
               resource_settings(turn, RESOURCE_site, site));
    return answer(turn, request, site);
}

enum err site_delete(struct turn *turn, struct request *request)
{
    const struct station_row *station;
    const struct site_row *site;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = match_version(request, site->version);
    if (err != ERR_NONE)
        return err;
    for (uint32_t at = 0; (station = world_next(turn_world(turn), ROW_station, &at));)
        if (station->site == site->id)
            return problem_set(request, ERR_NOT_NOW,
                               "Station %.*s belongs to it, and perhaps others.",
                               STR_ARGS(station->identity));
    turn_audit(turn, "site.delete", site_target(turn, site),
               resource_settings(turn, RESOURCE_site, site), STR_NONE);
    site_delete_power(turn, site);
    turn_delete(turn, ROW_site, site);
    return answer_nothing(request);
}
