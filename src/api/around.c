#include "api/around.h"

#include "api/assets.h"

#define CSP                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "  \
    "'self'; "                                                                                  \
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action " \
    "'self'; "                                                                                  \
    "frame-ancestors 'none'; object-src 'none'"

enum { HEADERS_MAX = 16 };

struct page_answer {
    struct net_header headers[HEADERS_MAX];
    struct net_response response;
};

static void add(struct page_answer *answer, struct str name, struct str value)
{
    check(answer->response.header_count < HEADERS_MAX);
    answer->headers[answer->response.header_count++] = (struct net_header){ name, value };
}

static void begin(struct page_answer *answer, const struct request *request, int status,
                  struct str type)
{
    *answer = (struct page_answer){ .response = { .status = status } };
    add(answer, STR("content-type"), type);
    add(answer, STR("content-security-policy"), STR(CSP));
    add(answer, STR("x-content-type-options"), STR("nosniff"));
    add(answer, STR("referrer-policy"), STR("no-referrer"));
    add(answer, STR("cross-origin-opener-policy"), STR("same-origin"));
    add(answer, STR("cross-origin-resource-policy"), STR("same-origin"));
    if (request->tls)
        add(answer, STR("strict-transport-security"), STR("max-age=31536000"));
}

static void respond(struct engine *engine, const struct request *request,
                    struct page_answer *answer)
{
    answer->response.headers = answer->headers;
    request->api->requests[answer->response.status / 100 % STATUS_CLASSES]++;
    engine->host.net.respond(engine->host.net.net, request->conn, &answer->response);
}

static void respond_text(struct engine *engine, const struct request *request, int status,
                         struct str type, struct str text)
{
    struct page_answer answer;

    begin(&answer, request, status, type);
    add(&answer, STR("cache-control"), STR("no-store"));
    answer.response.body = text;
    respond(engine, request, &answer);
}

/* --- pages */

static const struct web_asset *asset_find(const struct web_asset *assets, uint32_t count,
                                          struct str path)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = str_compare(assets[middle].path, path);
        if (order == 0)
            return &assets[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct str header(const struct net_request *from, struct str name)
{
    for (uint32_t i = 0; i < from->header_count; i++)
        if (str_equal(from->headers[i].name, name))
            return from->headers[i].value;
    return STR_NONE;
}

/* Is this coding acceptable (RFC 9110 §12.5.3)? A quality of 0 refuses it. */
static bool accepts(struct str list, struct str coding)
{
    struct str part, name;

    while (list.len && str_cut(&list, ',', &part)) {
        struct str rest = str_trim(part);
        (void)str_cut(&rest, ';', &name); /* text before the first ';' */
        if (!str_equal_nocase(str_trim(name), coding))
            continue;
        rest = rest.ptr ? str_trim(rest) : STR_NONE;
        return !str_equal(rest, STR("q=0")) && !str_equal(rest, STR("q=0.0"));
    }
    return false;
}

static void respond_asset(struct engine *engine, const struct request *request,
                          const struct net_request *from, const struct web_asset *asset)
{
    struct str accepted = header(from, STR("accept-encoding"));
    struct page_answer answer;

    begin(&answer, request, 200, asset->type);
    add(&answer, STR("etag"), asset->etag);
    add(&answer, STR("vary"), STR("accept-encoding"));
    add(&answer, STR("cache-control"),
        asset->immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    answer.response.static_body = true;
    if (str_contains_nocase(header(from, STR("if-none-match")), asset->etag)) {
        answer.response.status = 304;
        answer.response.body = STR("");
    } else if (asset->brotli.len && accepts(accepted, STR("br"))) {
        add(&answer, STR("content-encoding"), STR("br"));
        answer.response.body = asset->brotli;
    } else if (asset->gzip.len && accepts(accepted, STR("gzip"))) {
        add(&answer, STR("content-encoding"), STR("gzip"));
        answer.response.body = asset->gzip;
    } else {
        answer.response.body = asset->plain;
    }
    respond(engine, request, &answer);
}

/* A page of the console that has a path of its own, not a file that is missing. Files stand under
 * /assets or at the top; further down a dot is part of a name, such as a station's
 * ("/stations/CP-1.2"). */
static bool is_page(struct str path)
{
    bool top = str_find_byte(str_from(path, 1), '/') < 0;

    return !str_starts(path, STR("/assets/")) && !(top && str_find_byte(path, '.') >= 0);
}

static void respond_page(struct engine *engine, const struct request *request,
                         const struct net_request *from, struct str path)
{
    const struct api_config *config = &request->api->config;
    const struct web_asset *asset = asset_find(config->assets, config->asset_count, path);

    if (!asset && is_page(path))
        asset = asset_find(config->assets, config->asset_count, STR("/index.html"));
    if (!str_equal(request->method, STR("GET")) && !str_equal(request->method, STR("HEAD")))
        respond_text(engine, request, 405, STR("text/plain; charset=utf-8"),
                     STR("Pages are read with GET.\n"));
    else if (asset)
        respond_asset(engine, request, from, asset);
    else
        respond_text(engine, request, 404, STR("text/plain; charset=utf-8"),
                     STR("There is no such page.\n"));
}

/* --- health */

static void respond_ready(struct engine *engine, const struct request *request)
{
    char memory[512];
    struct buf out;

    buf_init(&out, memory, sizeof memory);
    if (engine->storage_works)
        buf_put(&out, STR("ready\n"));
    else
        buf_printf(&out, "not ready: %s\n",
                   engine->storage_why ? engine->storage_why : "the store cannot be written to");
    respond_text(engine, request, engine->storage_works ? 200 : 503,
                 STR("text/plain; charset=utf-8"), buf_str(&out));
}

static void respond_metrics(struct engine *engine, const struct request *request)
{
    struct arena arena;
    struct buf out;

    arena_init(&arena, &engine->pool, 1u << 20);
    buf_init_arena(&out, &arena, 256u << 10);
    metrics_write(engine, &out);
    respond_text(engine, request, 200, STR("text/plain; version=0.0.4; charset=utf-8"),
                 buf_str(&out));
    arena_reset(&arena);
}

/* Browsers are sent to HTTPS where there is one, so that passwords do not travel in the clear. */
static bool redirect(struct engine *engine, const struct request *request)
{
    char memory[2048];
    struct page_answer answer;
    struct buf location;
    struct str https = request->api->addresses.https, host;

    if (request->door != NET_DOOR_HTTP || https.len == 0)
        return false;
    if (request->loopback && str_starts(request->target, STR("/api/")))
        return false; /* programs on this machine may stay */
    buf_init(&location, memory, sizeof memory);
    if (str_starts(https, STR("https://:"))) { /* any host: the one that was asked for */
        struct str rest = request->host;
        if (rest.len && rest.ptr[0] == '[') {
            (void)str_cut(&rest, ']', &host); /* a host in brackets has both */
            buf_printf(&location, "https://%.*s]", STR_ARGS(host));
        } else {
            (void)str_cut(&rest, ':', &host); /* text before the port */
            buf_printf(&location, "https://%.*s", STR_ARGS(host));
        }
        buf_put(&location, str_from(https, sizeof "https://" - 1));
    } else {
        buf_put(&location, https);
    }
    buf_put(&location, request->target);
    if (location.overflow)
        return false;
    begin(&answer, request, 308, STR("text/plain; charset=utf-8"));
    add(&answer, STR("location"), buf_str(&location));
    respond(engine, request, &answer);
    return true;
}

bool around_answer(struct engine *engine, const struct request *request,
                   const struct net_request *from)
{
    struct str rest = request->target, path;

    (void)str_cut(&rest, '?', &path); /* a target has a part before the '?' */
    if (str_equal(path, STR("/healthz")))
        respond_text(engine, request, 200, STR("text/plain; charset=utf-8"), STR("ok\n"));
    else if (str_equal(path, STR("/readyz")))
        respond_ready(engine, request);
    else if (str_equal(path, STR("/metrics")))
        respond_metrics(engine, request);
    else if (redirect(engine, request))
        return true;
    else if (str_starts(path, STR("/api/")))
        return false;
    else
        respond_page(engine, request, from, str_equal(path, STR("/")) ? STR("/index.html") : path);
    return true;
}
