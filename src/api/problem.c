/* problem.c: what did not work, as RFC 9457 says it. */
#include <stdarg.h>
#include <stdio.h>

#include "api/request.h"
#include "json/cursor.h"

/* A sentence that has no code. */
__attribute__((format(printf, 2, 0))) static void say(struct request *request, const char *format,
                                                      va_list args)
{
    char text[1024];
    int len = vsnprintf(text, sizeof text, format, args);

    check(len >= 0);
    if (len >= (int)sizeof text)
        len = sizeof text - 1; /* cut: it is for people */
    request->detail = arena_copy(request->turn->arena, (struct str){ text, (uint32_t)len });
    request->said = (struct sentence){ 0 };
}

enum err problem_set(struct request *request, enum err err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(request, format, args);
    va_end(args);
    return err;
}

enum err problem_field(struct request *request, enum err err, struct str field, const char *format,
                       ...)
{
    va_list args;

    va_start(args, format);
    say(request, format, args);
    va_end(args);
    request->field = field;
    return err;
}

enum err problem_say(struct request *request, enum err err, struct str field,
                     struct sentence sentence)
{
    request->detail = sentence.text;
    request->field = field;
    request->said = sentence;
    return err;
}

static const char *word_of_status(int status)
{
    static const struct {
        int status;
        const char *word;
    } words[] = {
        { 400, "bad-request" }, { 401, "login-required" }, { 403, "forbidden" },
        { 404, "not-found" },   { 405, "method" },         { 409, "conflict" },
        { 412, "changed" },     { 413, "too-large" },      { 415, "content-type" },
        { 422, "invalid" },     { 429, "too-many" },       { 502, "station-error" },
        { 503, "unavailable" }, { 504, "no-answer" },
    };

    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].status == status)
            return words[i].word;
    return "internal";
}

static void write_call(struct json_writer *json, const struct call_problem *call, int status)
{
    json_key_str(json, "id", call->id);
    if (status == 502) {
        json_key_str(json, "error_code", call->error_code);
        json_key_str(json, "error_description", call->error_description);
    }
    json_key_time(json, "sent_at", call->sent_at);
    json_key_i64(json, "latency_ms", call->latency_ms);
}

struct problem {
    int status;
    const char *word, *title;
    struct str detail, field;
    struct sentence said;
    struct str findings;
    const struct call_problem *call; /* NULL: it is not about a call */
};

/* The members of an object that was written before. */
static void write_members(struct json_writer *json, struct str object)
{
    struct json_items items;
    struct str key, value;

    if (!json_members_open(&items, object))
        return;
    while (json_members_next(&items, &key, &value) == ERR_NONE && value.ptr) {
        json_key_of(json, key);
        json_raw(json, value);
    }
}

static void write_problem(struct json_writer *json, const struct problem *problem)
{
    char type[64];

    (void)snprintf(type, sizeof type, "urn:voltd:problem:%s", problem->word); /* words are short */
    json_object_begin(json);
    json_key_str(json, "type", str_of(type));
    json_key_str(json, "title", str_of(problem->title));
    json_key_i64(json, "status", problem->status);
    if (problem->detail.len)
        json_key_str(json, "detail", problem->detail);
    if (problem->field.len)
        json_key_str(json, "field", problem->field);
    sentence_write_code(json, &problem->said);
    if (problem->findings.len)
        write_members(json, problem->findings);
    if (problem->call && problem->call->set)
        write_call(json, problem->call, problem->status);
    json_object_end(json);
}

void problem_write(struct request *request, enum err err)
{
    int status = err_http_status(err);

    request->status = status;
    request->content_type_out = STR("application/problem+json");
    request->out.len = 0;
    request->out.overflow = false;
    request->json = json_writer(&request->out);
    request->etag = request->location = STR_NONE;
    write_problem(
        &request->json,
        &(struct problem){ .status = status,
                           .word = request->problem ? request->problem : word_of_status(status),
                           .title = err_text(err),
                           .detail = request->detail,
                           .field = request->field,
                           .said = request->said,
                           .findings = request->findings,
                           .call = &request->call });
}

void problem_respond(struct engine *engine, conn_id conn, enum err err, struct str detail)
{
    static const struct net_header headers[] = {
        { STR_INIT("content-type"), STR_INIT("application/problem+json") },
        { STR_INIT("cache-control"), STR_INIT("no-store") },
        { STR_INIT("x-content-type-options"), STR_INIT("nosniff") },
    };
    char memory[1024];
    struct buf out;
    struct json_writer json;
    struct net_response response = { .headers = headers, .header_count = COUNT(headers) };

    buf_init(&out, memory, sizeof memory);
    json = json_writer(&out);
    response.status = err_http_status(err);
    write_problem(&json, &(struct problem){ .status = response.status,
                                            .word = word_of_status(response.status),
                                            .title = err_text(err),
                                            .detail = detail,
                                            .field = STR_NONE });
    response.body = buf_str(&out);
    engine->host.net.respond(engine->host.net.net, conn, &response);
}
