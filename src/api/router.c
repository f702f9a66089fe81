#include "api/router.h"

#include "base/percent.h"

#define OP(method, path, need, query, fn) request_fn fn;
#include "api/api.def"
#undef OP

#define API_PREFIX "/api/v1"

static const struct operation operations[] = {
#define NEED_STEP(need) RIGHT_##need
#define RIGHT_LOGIN     NEED_LOGIN
#define RIGHT_NOTHING   NEED_NOTHING
#define RIGHT_LOCAL     NEED_LOCAL
#define OP(method, path, need, query, fn) \
    { STR_INIT(#method), STR_INIT(path), NEED_STEP(need), STR_INIT(query), fn },
#include "api/api.def"
#undef OP
};

/* UTF-8 in a part of the path; and in a query, where + stands for a space. */
static bool decode_part(struct str text, struct arena *arena, struct str *out)
{
    return percent_decode(text, arena, out) && utf8_valid(*out);
}

static bool decode_query(struct str text, struct arena *arena, struct str *out)
{
    char *plain = arena_alloc(arena, text.len);

    for (uint32_t i = 0; plain && i < text.len; i++) {
        plain[i] = text.ptr[i];
        if (plain[i] == '+')
            plain[i] = ' ';
    }
    return plain && decode_part((struct str){ plain, text.len }, arena, out);
}

/* The next segment of a path that starts with a slash. */
static bool next_segment(struct str *path, struct str *segment)
{
    if (path->len == 0)
        return false;
    *path = str_from(*path, 1);
    for (segment->ptr = path->ptr, segment->len = 0;
         segment->len < path->len && path->ptr[segment->len] != '/';)
        segment->len++;
    *path = str_from(*path, segment->len);
    return true;
}

static bool matches(struct str pattern, struct str path, struct str args[REQUEST_ARGS_MAX])
{
    struct str want, have;
    uint32_t count = 0;

    while (next_segment(&pattern, &want)) {
        if (!next_segment(&path, &have))
            return false;
        if (!str_starts(want, STR("{"))) {
            if (!str_equal(want, have))
                return false;
            continue;
        }
        if (have.len == 0)
            return false;
        check(count < REQUEST_ARGS_MAX);
        args[count++] = have;
    }
    return path.len == 0;
}

/* A path that is spelled out goes before one with a place holder: /stations/import is no station.
 */
static bool is_spelled_out(const struct operation *operation)
{
    return str_find_byte(operation->pattern, '{') < 0;
}

static const struct operation *find(const struct request *request, struct str path,
                                    struct str args[REQUEST_ARGS_MAX], struct buf *allowed)
{
    const struct operation *found = NULL;
    struct str tried[REQUEST_ARGS_MAX];

    for (size_t i = 0; i < COUNT(operations); i++) {
        const struct operation *operation = &operations[i];
        if (!matches(operation->pattern, path, tried))
            continue;
        if (allowed->len)
            buf_put(allowed, STR(", "));
        buf_put(allowed, operation->method);
        if (!str_equal(operation->method, request->method) || (found && is_spelled_out(found)))
            continue;
        found = operation;
        memcpy(args, tried, sizeof tried);
    }
    return found;
}

static enum err read_query(struct request *request, struct str query, struct arena *arena)
{
    struct str pair;

    while (query.len && str_cut(&query, '&', &pair)) {
        struct query_param *param = &request->query[request->query_count];
        struct str name = pair;
        int64_t equals = str_find_byte(pair, '=');
        if (pair.len == 0)
            continue;
        if (request->query_count == REQUEST_QUERY_MAX)
            return ERR_BAD_VALUE;
        if (equals >= 0)
            name = str_first(pair, (uint32_t)equals);
        if (!decode_query(name, arena, &param->name) ||
            !decode_query(equals < 0 ? STR_NONE : str_from(pair, (uint32_t)equals + 1), arena,
                          &param->value))
            return ERR_BAD_VALUE;
        request->field = param->name;
        if (!str_has_word(request->operation->query, param->name) ||
            query_find(request, (const char *)param->name.ptr))
            return ERR_UNKNOWN_FIELD; /* unknown, or twice */
        request->query_count++;
    }
    request->field = STR_NONE;
    return ERR_NONE;
}

enum err route(struct request *request, struct arena *arena, struct str *allowed)
{
    struct str query = request->target, path, args[REQUEST_ARGS_MAX] = { { 0 } };
    struct buf methods;

    (void)str_cut(&query, '?', &path); /* a target always has a part before the '?' */
    if (!query.ptr)
        query = STR_NONE;
    request->path = path;
    buf_init_arena(&methods, arena, 256);
    if (!str_starts(path, STR(API_PREFIX "/")))
        return ERR_NOT_FOUND;
    request->operation = find(request, str_from(path, sizeof API_PREFIX - 1), args, &methods);
    *allowed = buf_str(&methods);
    if (!request->operation)
        return methods.len ? ERR_METHOD : ERR_NOT_FOUND;
    for (uint32_t i = 0; i < REQUEST_ARGS_MAX; i++)
        if (args[i].ptr && !decode_part(args[i], arena, &request->args[i]))
            return ERR_NOT_FOUND;
    return read_query(request, query, arena);
}
