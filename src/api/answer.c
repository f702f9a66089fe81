/* answer.c: what every answer carries. */
#include "api/guard.h"
#include "api/state.h"

enum { HEADERS_MAX = 16 };

struct headers {
    struct net_header list[HEADERS_MAX];
    uint32_t count;
};

static void add(struct headers *headers, struct str name, struct str value)
{
    check(headers->count < HEADERS_MAX);
    if (value.len)
        headers->list[headers->count++] = (struct net_header){ name, value };
}

void answer_send(struct turn *turn, struct request *request)
{
    struct headers headers = { .count = 0 };
    struct net_response response = { .status = request->status, .body = buf_str(&request->out) };
    struct net_header *kept;

    add(&headers, STR("content-type"), response.body.len ? request->content_type_out : STR_NONE);
    add(&headers, STR("cache-control"), STR("no-store"));
    add(&headers, STR("x-content-type-options"), STR("nosniff"));
    add(&headers, STR("cross-origin-resource-policy"), STR("same-origin"));
    add(&headers, STR("strict-transport-security"),
        request->tls ? STR("max-age=31536000") : STR_NONE);
    add(&headers, STR("etag"), request->etag);
    add(&headers, STR("location"), request->location);
    add(&headers, STR("allow"), request->allow);
    add(&headers, STR("set-cookie"), request->set_cookie);
    add(&headers, STR("voltd-next-cursor"), request->next_cursor);
    if (request->status == 401)
        add(&headers, STR("www-authenticate"), STR("Bearer realm=\"voltd\""));
    if (request->retry_after_s)
        add(&headers, STR("retry-after"), id_text(turn->arena, request->retry_after_s));
    /* They are read when the turn is applied. */
    kept = ARENA_NEW_ARRAY(turn->arena, struct net_header, headers.count);
    if (!kept) {
        turn->full = true;
        return;
    }
    memcpy(kept, headers.list, headers.count * sizeof *kept);
    response.headers = kept;
    response.header_count = headers.count;
    request->api->requests[request->status / 100 % STATUS_CLASSES]++;
    turn_respond(turn, request->conn, &response);
}

void answer_version(struct request *request, int64_t version)
{
    struct turn *turn = request->turn;

    request->etag = arena_printf(turn->arena, "\"%lld\"", (long long)version);
}

enum err match_version(struct request *request, int64_t version)
{
    struct turn *turn = request->turn;
    struct str list = request->if_match, part;
    struct str etag = arena_printf(turn->arena, "\"%lld\"", (long long)version);

    if (list.len == 0)
        return ERR_NONE;
    while (list.ptr && str_cut(&list, ',', &part))
        if (str_equal(str_trim(part), etag) || str_equal(str_trim(part), STR("*")))
            return ERR_NONE;
    return problem_set(request, ERR_CONFLICT,
                       "Somebody else changed it first. It has the ETag %.*s now.", STR_ARGS(etag));
}

enum err answer_nothing(struct request *request)
{
    request->status = 204;
    return ERR_NONE;
}

int64_t version_after(struct turn *turn, enum row_kind kind, const void *row)
{
    const struct {
        int64_t id, version;
    } *head = row;

    for (uint32_t i = 0; i < turn->edit_count; i++) {
        const struct turn_edit *edit = &turn->edits[i];
        if (edit->kind == kind && *(const int64_t *)edit->row == head->id && !edit->lazy)
            return head->version + 1; /* counted when the turn is applied */
    }
    return head->version;
}
