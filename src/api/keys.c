/* keys.c: keys for programs. */
#include "api/guard.h"
#include "api/shapes.h"

request_fn keys_list, key_create, key_delete;

static void write_key(struct turn *turn, struct request *request, const void *row)
{
    json_object_begin(&request->json);
    resource_write(turn, &request->json, RESOURCE_key, row);
    json_object_end(&request->json);
}

enum err keys_list(struct turn *turn, struct request *request)
{
    (void)turn;
    return page_of_memory(request, &(struct page_source){ .kind = ROW_key, .write = write_key });
}

static struct str target_of(struct turn *turn, const struct key_row *key)
{
    return arena_printf(turn->arena, "key:%.*s",
                        STR_ARGS(key->name.len ? key->name : id_text(turn->arena, key->id)));
}

enum err key_create(struct turn *turn, struct request *request)
{
    struct key_row *key = TURN_NEW(turn, key);
    uint8_t hash[SHA256_BYTES];
    struct str secret;
    struct body body;
    enum err err = body_of(request, &body);

    key->tenant = 1;
    key->created_at = turn->now;
    key->used_at = key->expires_at = UTC_UNKNOWN;
    if (err == ERR_NONE && !body_find(&body, "role"))
        err = problem_field(request, ERR_BAD_OCCURRENCE, STR("role"), "A key needs a role.");
    if (err == ERR_NONE)
        err = resource_read(request, RESOURCE_key, &body, "", key);
    if (err != ERR_NONE)
        return err;
    secret = bearer_make(turn->arena, BEARER_KEY, key->id, KEY_SECRET_LEN, hash);
    key->secret_hash = arena_copy(turn->arena, (struct str){ (const char *)hash, sizeof hash });
    turn_audit(turn, "key.create", target_of(turn, key), STR_NONE,
               resource_settings(turn, RESOURCE_key, key));
    request->status = 201;
    request->location = arena_printf(turn->arena, "/api/v1/keys/%lld", (long long)key->id);
    request->holds_secret = true;
    json_object_begin(&request->json);
    resource_write(turn, &request->json, RESOURCE_key, key);
    json_key_str(&request->json, "key", secret);
    json_object_end(&request->json);
    return ERR_NONE;
}

enum err key_delete(struct turn *turn, struct request *request)
{
    const struct key_row *key = TURN_FIND(turn, key, id_parse(request->args[0]));

    if (!key)
        return problem_set(request, ERR_NOT_FOUND, "There is no such key.");
    turn_audit(turn, "key.delete", target_of(turn, key), resource_settings(turn, RESOURCE_key, key),
               STR_NONE);
    turn_delete(turn, ROW_key, key);
    return answer_nothing(request);
}
