/* tokens.c: who may charge. */
#include "api/shapes.h"
#include "api/stations.h"
#include "domain/words.h"

request_fn tokens_list, token_create, token_get, token_update, token_delete, tokens_unknown;

static enum err token_of(struct turn *turn, struct request *request, const struct token_row **token)
{
    *token = TURN_FIND_NAME(turn, token, request->args[0]);
    return *token ? ERR_NONE : problem_set(request, ERR_NOT_FOUND, "There is no such token.");
}

static struct str target_of(struct turn *turn, const struct token_row *token)
{
    return arena_printf(turn->arena, "token:%.*s", STR_ARGS(token->uid));
}

static enum err answer(struct turn *turn, struct request *request, const struct token_row *token)
{
    token_json(turn, &request->json, token);
    answer_version(request, version_after(turn, ROW_token, token));
    return ERR_NONE;
}

struct list_filter {
    int64_t status; /* -1: any */
    const struct str *group, *text;
};

static bool fits(struct turn *turn, const struct request *request, const void *row,
                 const void *filter)
{
    const struct token_row *token = row;
    const struct list_filter *want = filter;

    (void)turn;
    (void)request;
    return (want->status < 0 || token->status == want->status) &&
           (!want->group || str_equal_nocase(token->group_id, *want->group)) &&
           (!want->text || str_contains_nocase(token->uid, *want->text) ||
            str_contains_nocase(token->name, *want->text) ||
            str_contains_nocase(token->group_id, *want->text));
}

static void write_token(struct turn *turn, struct request *request, const void *row)
{
    token_json(turn, &request->json, row);
}

enum err tokens_list(struct turn *turn, struct request *request)
{
    struct list_filter filter = { .status = -1,
                                  .group = query_find(request, "group_id"),
                                  .text = query_find(request, "q") };
    enum err err =
        query_word(request, "status", token_status_words, TOKEN_INVALID + 1, &filter.status);

    (void)turn;
    return err == ERR_NONE ? page_of_memory(request, &(struct page_source){ .kind = ROW_token,
                                                                            .fits = fits,
                                                                            .filter = &filter,
                                                                            .write = write_token })
                           : err;
}

enum err token_create(struct turn *turn, struct request *request)
{
    struct token_row *token = TURN_NEW(turn, token);
    struct body body;
    enum err err = body_of(request, &body);

    token->tenant = 1;
    token->created_at = turn->now;
    token->expires_at = token->used_at = UTC_UNKNOWN;
    if (err == ERR_NONE && !body_find(&body, "id"))
        err = problem_field(request, ERR_BAD_OCCURRENCE, STR("id"), "A token needs an id.");
    if (err == ERR_NONE)
        err = resource_read(request, RESOURCE_token, &body, "", token);
    if (err != ERR_NONE)
        return err;
    if (world_find_name(turn_world(turn), ROW_token, token->uid))
        return problem_field(request, ERR_EXISTS, STR("id"), "This token exists already.");
    turn_audit(turn, "token.create", target_of(turn, token), STR_NONE,
               resource_settings(turn, RESOURCE_token, token));
    request->status = 201;
    request->location = arena_printf(turn->arena, "/api/v1/tokens/%.*s",
                                     STR_ARGS(url_text(turn->arena, token->uid)));
    return answer(turn, request, token);
}

enum err token_get(struct turn *turn, struct request *request)
{
    const struct token_row *token;
    enum err err = token_of(turn, request, &token);

    return err == ERR_NONE ? answer(turn, request, token) : err;
}

enum err token_update(struct turn *turn, struct request *request)
{
    const struct token_row *before;
    struct token_row *token;
    struct change change;
    enum err err = token_of(turn, request, &before);

    if (err == ERR_NONE)
        err = change_begin(request, RESOURCE_token, before, before->version, &change);
    if (err != ERR_NONE)
        return err;
    token = TURN_EDIT(turn, token, before);
    err = resource_read(request, RESOURCE_token, &change.body, "", token);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "token.update", target_of(turn, token), change.old,
               resource_settings(turn, RESOURCE_token, token));
    return answer(turn, request, token);
}

enum err token_delete(struct turn *turn, struct request *request)
{
    const struct token_row *token;
    enum err err = token_of(turn, request, &token);

    if (err == ERR_NONE)
        err = match_version(request, token->version);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "token.delete", target_of(turn, token),
               resource_settings(turn, RESOURCE_token, token), STR_NONE);
    turn_delete(turn, ROW_token, token);
    return answer_nothing(request);
}

/* What stations showed and nobody registered, from the facts about it. One that was registered
 * since is left out. */
enum err tokens_unknown(struct turn *turn, struct request *request)
{
    static const struct store_filter of_topic = { .column = "topic",
                                                  .test = STORE_EQ,
                                                  .text = STR_INIT("token.unknown") };
    static const struct store_query query = {
        .kind = ROW_event, .filters = &of_topic, .filter_count = 1, .descending = true, .limit = 100
    };
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    if (err != ERR_NONE)
        return err;
    page_begin(request);
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct event_row *event = rows.rows[i];
        const struct body_member *token;
        struct body body;
        struct str at;
        if (body_parse(event->body, turn->arena, &body, &at) != ERR_NONE)
            continue; /* not ours to show */
        token = body_find(&body, "token");
        if (token && !world_find_name(turn_world(turn), ROW_token, token->text))
            json_raw(&request->json, event->body);
    }
    page_end(request, 0);
    return ERR_NONE;
}
