/* login.c: coming in and going, and what is mine. */
#include <stdlib.h>

#include "access/password.h"
#include "api/guard.h"
#include "api/people.h"
#include "api/shapes.h"
#include "api/state.h"

request_fn login_open, login_close, me_get, me_update, me_password;

enum { LOGINS_BUSY_MAX = 16 }; /* 16 × 19 MiB */

/* --- me */

static enum err answer_me(struct turn *turn, struct request *request)
{
    static const char *const kinds[] = {
        [ACTOR_PERSON] = "person", [ACTOR_KEY] = "key", [ACTOR_LOCAL] = "local"
    };
    const struct person_row *person =
        turn->actor.kind == ACTOR_PERSON ? TURN_FIND(turn, person, turn->actor.id) : NULL;
    struct json_writer *json = &request->json;

    json_object_begin(json);
    json_key_str(json, "kind", str_of(kinds[turn->actor.kind]));
    json_key_str(json, "name", turn->actor.name);
    json_key_str(json, "role", request->role < ROLE_COUNT ? role_words[request->role] : STR_NONE);
    json_key(json, "rights");
    json_array_begin(json);
    for (enum right right = 0; right < RIGHT_COUNT; right++)
        if (role_may(request->role, right))
            json_str(json, right_words[right]);
    json_array_end(json);
    json_key_bool(json, "has_password", person && person->password_hash.len);
    json_key(json, "token");
    if (person && person->token.len)
        json_str(json, person->token);
    else
        json_null(json);
    json_object_end(json);
    return ERR_NONE;
}

enum err me_get(struct turn *turn, struct request *request)
{
    return answer_me(turn, request);
}

static enum err my_row(struct turn *turn, struct request *request, const struct person_row **person)
{
    *person = turn->actor.kind == ACTOR_PERSON ? TURN_FIND(turn, person, turn->actor.id) : NULL;
    return *person ? ERR_NONE
                   : problem_set(request, ERR_DENIED, "Only a person who is logged in has this.");
}

enum err me_update(struct turn *turn, struct request *request)
{
    const struct person_row *before;
    struct person_row *person;
    struct body body;
    enum err err = my_row(turn, request, &before);

    if (err == ERR_NONE)
        err = body_of(request, &body);
    if (err == ERR_NONE)
        err = body_only(request, &body, "token");
    if (err != ERR_NONE)
        return err;
    person = TURN_EDIT(turn, person, before);
    err = body_text(request, &body, "token", (struct range){ 0, 255 }, &person->token);
    if (err != ERR_NONE)
        return err;
    turn_audit(turn, "person.update",
               arena_printf(turn->arena, "person:%.*s", STR_ARGS(person->name)),
               resource_settings(turn, RESOURCE_person, before),
               resource_settings(turn, RESOURCE_person, person));
    return answer_me(turn, request);
}

/* --- coming in */

static struct login_row *start_login(struct turn *turn, struct request *request,
                                     struct person_row *person)
{
    int64_t age_s = request->api->config.options->access_login_hours * 3600;
    struct login_row *login = TURN_NEW(turn, login);
    const struct login_row *other;
    uint8_t hash[SHA256_BYTES];
    struct str secret = bearer_make(turn->arena, BEARER_COOKIE, login->id, COOKIE_SECRET_LEN, hash);

    login->person = person->id;
    login->secret_hash = arena_copy(turn->arena, (struct str){ (const char *)hash, sizeof hash });
    login->created_at = turn->now;
    login->expires_at = turn->now + age_s * 1000;
    person->login_at = turn->now;
    for (uint32_t at = 0; (other = world_next(turn_world(turn), ROW_login, &at));)
        if (other->person == person->id && other->expires_at <= turn->now)
            turn_delete(turn, ROW_login, other);
    request->set_cookie = guard_cookie(turn, request, secret, age_s);
    turn->actor = (struct actor){ ACTOR_PERSON, person->id, person->name };
    request->role = role_find(person->role);
    return login;
}

static void audit_login(struct turn *turn, const struct request *request, const char *action,
                        struct str name)
{
    turn_audit(turn, action,
               arena_printf(turn->arena, "person:%.*s", STR_ARGS(str_first(name, 100))), STR_NONE,
               arena_printf(turn->arena, "{\"address\":\"%.*s\"}", STR_ARGS(request->address)));
}

/* A link works once, and takes an old password away: whoever lost it sets a new one. */
static enum err login_by_link(struct turn *turn, struct request *request, struct str link)
{
    const struct person_row *before = TURN_FIND(turn, person, bearer_id(link, BEARER_LINK));
    struct person_row *person;

    if (!before || before->disabled || before->link_hash.len == 0 ||
        before->link_expires_at <= turn->now || !bearer_fits(link, before->link_hash))
        return problem_set(request, ERR_LOGIN,
                           "This link was used, or is too old. An admin makes a new one: "
                           "voltd user link NAME.");
    person = TURN_EDIT(turn, person, before);
    person->link_hash = STR_NONE;
    person->link_expires_at = UTC_UNKNOWN;
    person->password_hash = STR_NONE;
    (void)start_login(turn, request, person); /* the answer has its cookie */
    audit_login(turn, request, "login.link", person->name);
    return answer_me(turn, request);
}

static enum err login_by_password(struct turn *turn, struct request *request, struct str name,
                                  struct str password)
{
    struct api *api = request->api;
    const struct person_row *person = TURN_FIND_NAME(turn, person, name);
    uint32_t wait_ms = throttle_wait_ms(&api->throttle, turn->engine->mono, request->address, name);
    bool fits = false;
    enum err err;

    if (!request->login_checked && (wait_ms || api->logins_busy >= LOGINS_BUSY_MAX)) {
        request->retry_after_s = wait_ms / 1000 + 1;
        return problem_set(request, ERR_RATE, "Too many wrong passwords. Try again in %u s.",
                           request->retry_after_s);
    }
    if (!request->login_checked)
        api->logins_busy++;
    request->login_checked = true;
    err = person_check_password(turn, password, person ? person->password_hash : STR_NONE, &fits);
    if (err == ERR_LATER)
        return err;
    api->logins_busy--;
    request->login_checked = false;
    if (err != ERR_NONE)
        return err;
    fits = fits && person && !person->disabled;
    throttle_tried(&api->throttle, turn->engine->mono, request->address, name, fits);
    if (!fits)
        return problem_set(request, ERR_LOGIN, "Name or password is wrong.");
    (void)start_login(turn, request,
                      TURN_EDIT(turn, person, person)); /* the answer has its cookie */
    audit_login(turn, request, "login.password", person->name);
    return answer_me(turn, request);
}

enum err login_open(struct turn *turn, struct request *request)
{
    struct str name = STR_NONE, password = STR_NONE, link = STR_NONE;
    struct body body;
    enum err err;

    if (!guard_is_confidential(request))
        return problem_set(
            request, ERR_DENIED,
            "Over plain HTTP people log in from the machine itself only. Set https.listen, "
            "https.cert and "
            "https.key (voltd help config), or use a proxy with TLS and http.public_url.");
    err = body_of(request, &body);
    if (err == ERR_NONE)
        err = body_only(request, &body, "name password link");
    if (err == ERR_NONE)
        err = body_text(request, &body, "name", (struct range){ 1, 100 }, &name);
    if (err == ERR_NONE)
        err = body_text(request, &body, "password", (struct range){ 1, PASSWORD_MAX }, &password);
    if (err == ERR_NONE)
        err = body_text(request, &body, "link", (struct range){ 1, 100 }, &link);
    if (err != ERR_NONE)
        return err;
    if (link.len)
        return login_by_link(turn, request, link);
    if (name.len == 0 || password.len == 0)
        return problem_field(request, ERR_BAD_OCCURRENCE, name.len ? STR("password") : STR("name"),
                             "Give name and password, or link.");
    return login_by_password(turn, request, name, password);
}

enum err login_close(struct turn *turn, struct request *request)
{
    const struct login_row *login = TURN_FIND(turn, login, request->login);

    if (login)
        turn_delete(turn, ROW_login, login);
    request->set_cookie = guard_cookie(turn, request, STR_NONE, 0);
    return answer_nothing(request);
}

/* --- my password */

static enum err check_current(struct turn *turn, struct request *request,
                              const struct person_row *person, struct str current)
{
    bool fits = false;
    enum err err;

    if (person->password_hash.len == 0)
        return ERR_NONE;
    if (current.len == 0)
        return problem_field(request, ERR_BAD_OCCURRENCE, STR("current_password"),
                             "Give the present one too.");
    err = person_check_password(turn, current, person->password_hash, &fits);
    if (err != ERR_NONE)
        return err;
    return fits ? ERR_NONE
                : problem_field(request, ERR_DENIED, STR("current_password"),
                                "It is not the present one.");
}

enum err me_password(struct turn *turn, struct request *request)
{
    struct str password = STR_NONE, current = STR_NONE, hash;
    const struct person_row *before;
    struct person_row *person;
    const char *flaw;
    struct body body;
    enum err err = my_row(turn, request, &before);

    if (err == ERR_NONE)
        err = body_of(request, &body);
    if (err == ERR_NONE)
        err = body_only(request, &body, "password current_password");
    if (err == ERR_NONE)
        err = body_text(request, &body, "password", (struct range){ 0, PASSWORD_MAX }, &password);
    if (err == ERR_NONE)
        err = body_text(request, &body, "current_password", (struct range){ 0, PASSWORD_MAX },
                        &current);
    if (err != ERR_NONE)
        return err;
    check(before != NULL);
    flaw = password_flaw(password, before->name);
    if (flaw)
        return problem_field(request, ERR_BAD_VALUE, STR("password"), "%s.", flaw);
    err = check_current(turn, request, before, current);
    if (err == ERR_NONE)
        err = person_hash_password(turn, password, &hash);
    if (err != ERR_NONE)
        return err;
    person = TURN_EDIT(turn, person, before);
    person->password_hash = hash;
    person_end_logins(turn, person->id, request->login);
    turn_audit(turn, "person.password",
               arena_printf(turn->arena, "person:%.*s", STR_ARGS(person->name)), STR_NONE,
               STR_NONE);
    return answer_nothing(request);
}
