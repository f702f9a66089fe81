/* calls.c: is this a call that we may send? */
#include "ocpp/route.h"
#include "json/reader.h"

enum err ocpp_check_call(enum protocol protocol, struct str action, struct str payload,
                         struct arena *arena, struct str *path)
{
    const struct ocpp_action *known = route_action(protocol, action);
    struct json_report *report = ARENA_NEW(arena, struct json_report);
    void *req;
    enum err err;

    *path = STR_NONE;
    if (!known)
        return ERR_NOT_KNOWN;
    if (!(known->sender & OCPP_FROM_SERVER))
        return ERR_NOT_SUPPORTED;
    req = arena_zalloc(arena, 1, known->req->size);
    if (!req || !report)
        return ERR_FULL;
    err = json_read(known->req, payload, JSON_STRICT, arena, req, report);
    *path = json_report_text(report, arena);
    return err;
}
