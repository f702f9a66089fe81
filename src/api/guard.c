#include "api/guard.h"

#include <stdio.h>

#include "api/state.h"

/* --- secrets that name their row */

struct str bearer_make(struct arena *arena, const char *prefix, int64_t id, uint32_t secret_len,
                       uint8_t hash[SHA256_BYTES])
{
    struct secret secret;
    struct str text;

    secret_make(&secret, secret_len);
    text = arena_printf(arena, "%s%llx_%s", prefix, (unsigned long long)id, secret.text);
    secret_wipe(&secret);
    if (text.ptr)
        sha256(text, hash);
    return text;
}

int64_t bearer_id(struct str text, const char *prefix)
{
    uint64_t id = 0;
    uint32_t i;

    if (!str_starts(text, str_of(prefix)))
        return 0;
    text = str_from(text, str_of(prefix).len);
    for (i = 0; i < text.len && text.ptr[i] != '_'; i++) {
        char c = text.ptr[i];
        if (i == 16 || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return 0;
        id = id << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return i < text.len && id <= INT64_MAX ? (int64_t)id : 0;
}

bool bearer_fits(struct str text, struct str hash)
{
    uint8_t got[SHA256_BYTES];

    sha256(text, got);
    return secret_equal(hash, (struct str){ (const char *)got, sizeof got });
}

/* --- who */

static enum err identify_key(struct turn *turn, struct request *request, struct str text)
{
    const struct key_row *key = TURN_FIND(turn, key, bearer_id(text, BEARER_KEY));

    if (!key || !bearer_fits(text, key->secret_hash) ||
        (key->expires_at > 0 && key->expires_at <= turn->now))
        return ERR_LOGIN;
    turn->actor = (struct actor){ ACTOR_KEY, key->id,
                                  key->name.len ? key->name : id_text(turn->arena, key->id) };
    request->role = role_find(key->role);
    return ERR_NONE;
}

static enum err identify_login(struct turn *turn, struct request *request, struct str text)
{
    const struct login_row *login = TURN_FIND(turn, login, bearer_id(text, BEARER_COOKIE));
    const struct person_row *person = login ? TURN_FIND(turn, person, login->person) : NULL;

    if (!person || person->disabled || login->expires_at <= turn->now ||
        !bearer_fits(text, login->secret_hash))
        return ERR_LOGIN;
    turn->actor = (struct actor){ ACTOR_PERSON, person->id, person->name };
    request->role = role_find(person->role);
    request->login = login->id;
    return ERR_NONE;
}

static bool is_secure(const struct request *request)
{
    return request->tls ||
           str_starts(request->api->config.options->http_public_url, STR("https://"));
}

static struct str cookie_name(const struct request *request)
{
    return is_secure(request) ? STR("__Host-voltd") : STR("voltd");
}

static struct str find_cookie(struct str header, struct str name)
{
    struct str pair, key;

    while (header.len && str_cut(&header, ';', &pair)) {
        struct str value = str_trim(pair);
        if (str_cut(&value, '=', &key) && str_equal(key, name) && value.ptr)
            return value;
    }
    return STR_NONE;
}

enum err guard_identify(struct turn *turn, struct request *request)
{
    struct str cookie = find_cookie(request->cookie, cookie_name(request));

    request->role = ROLE_COUNT;
    if (request->door == NET_DOOR_LOCAL) {
        /* Who may open the socket owns the server. */
        turn->actor = (struct actor){ ACTOR_LOCAL, 0, STR("cli") };
        request->role = ROLE_ADMIN;
        return ERR_NONE;
    }
    if (request->authorization.len) {
        struct str value = request->authorization;
        if (value.len < 7 || !str_equal_nocase(str_first(value, 7), STR("Bearer ")))
            return problem_set(request, ERR_LOGIN, "Authorization must be: Bearer KEY.");
        return identify_key(turn, request, str_trim(str_from(value, 7)));
    }
    return cookie.len ? identify_login(turn, request, cookie) : ERR_LOGIN;
}

/* --- which page */

static bool is_own_origin(const struct request *request)
{
    struct str origin = request->origin, public = request->api->config.options->http_public_url;
    int64_t slashes = 0;

    if (public.len && str_equal(origin, public))
        return true;
    for (uint32_t i = 0; i + 3 <= origin.len && slashes == 0; i++)
        if (memcmp(origin.ptr + i, "://", 3) == 0)
            slashes = i + 3;
    return slashes > 0 && request->host.len &&
           str_equal_nocase(str_from(origin, (uint32_t)slashes), request->host);
}

enum err guard_origin(struct request *request)
{
    bool changes =
        !str_equal(request->method, STR("GET")) && !str_equal(request->method, STR("HEAD"));
    bool same;

    if (request->fetch_site.len)
        same = str_equal(request->fetch_site, STR("same-origin")) ||
               str_equal(request->fetch_site, STR("none"));
    else if (request->origin.len)
        same = is_own_origin(request);
    else
        /* A browser says one or the other when it changes something; programs have no cookie. */
        same = !changes || !request->login;
    if (same)
        return ERR_NONE;
    return problem_set(request, ERR_DENIED,
                       "This request was made by a page of another site. Programs use a key.");
}

bool guard_is_confidential(const struct request *request)
{
    return request->loopback || is_secure(request);
}

struct str guard_cookie(struct turn *turn, const struct request *request, struct str secret,
                        int64_t age_s)
{
    struct str name = cookie_name(request);

    return arena_printf(turn->arena, "%.*s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
                        STR_ARGS(name), STR_ARGS(secret), (long long)age_s,
                        is_secure(request) ? "; Secure" : "");
}
