#include "api/station_secret.h"

#include "access/key_file.h"
#include "api/state.h"

static struct str server_key(const struct api *api)
{
    check(api->config.server_key != NULL);
    return (struct str){ (const char *)api->config.server_key, SERVER_KEY_BYTES };
}

void station_set_password(struct turn *turn, struct request *request, struct station_row *station,
                          struct str password)
{
    uint8_t salt[STATION_SALT_BYTES], hash[SHA256_BYTES];
    struct str salt_text = { (const char *)salt, sizeof salt };

    secret_random(salt, sizeof salt);
    station_password_hash(server_key(request->api), salt_text, password, hash);
    station->password_salt = arena_copy(turn->arena, salt_text);
    station->password_hash =
        arena_copy(turn->arena, (struct str){ (const char *)hash, sizeof hash });
    station->password_next_hash = STR_NONE;
}

enum { NEXT_MAX = 4 };

enum err station_may_be_told(struct request *request, const struct station_row *station)
{
    if (station->password_next_hash.len < NEXT_MAX * SHA256_BYTES)
        return ERR_NONE;
    return problem_set(request, ERR_NOT_NOW,
                       "This station was sent %d passwords and answered for none of them. Restart "
                       "it, so that it shows which one it has.",
                       NEXT_MAX);
}

void station_set_next_password(struct turn *turn, struct request *request,
                               const struct station_row *before, struct str password, bool sure)
{
    struct station_row *station = TURN_EDIT(turn, station, before);
    uint8_t salt[STATION_SALT_BYTES], hash[SHA256_BYTES];
    struct buf hashes;

    if (station->password_salt.len == 0) {
        secret_random(salt, sizeof salt);
        station->password_salt =
            arena_copy(turn->arena, (struct str){ (const char *)salt, sizeof salt });
    }
    station_password_hash(server_key(request->api), station->password_salt, password, hash);
    buf_init_arena(&hashes, turn->arena, (NEXT_MAX + 1) * SHA256_BYTES);
    if (!sure)
        buf_put(&hashes, station->password_next_hash);
    buf_put(&hashes, (struct str){ (const char *)hash, sizeof hash });
    station->password_next_hash = buf_str(&hashes);
    if (station->security_profile == 0)
        station->security_profile = 1;
}

void station_drop_password(struct station_row *station)
{
    station->password_salt = station->password_hash = station->password_next_hash = STR_NONE;
}

enum err station_check_password(struct request *request, const struct station_row *station,
                                struct str password)
{
    /* What it spoke last says more than what was set for the case that it names nothing. */
    int64_t protocol = station->protocol ? station->protocol : station->protocol_default;
    const char *flaw = station_password_flaw(password, (enum protocol)protocol);

    return flaw ? problem_field(request, ERR_BAD_VALUE, STR("password"), "%s.", flaw) : ERR_NONE;
}

bool api_check_station_password(void *context, const struct station_row *station,
                                struct str password, struct str *next)
{
    struct str key = { context, SERVER_KEY_BYTES }, hashes = station->password_next_hash;

    *next = STR_NONE;
    if (station_password_fits(key, station->password_salt, station->password_hash, password))
        return true;
    for (; hashes.len >= SHA256_BYTES; hashes = str_from(hashes, SHA256_BYTES)) {
        struct str hash = str_first(hashes, SHA256_BYTES);
        if (!station_password_fits(key, station->password_salt, hash, password))
            continue;
        *next = hash;
        return true;
    }
    return false;
}

void api_hash_station_password(void *context, struct str password, uint8_t salt[16],
                               uint8_t hash[SHA256_BYTES])
{
    struct str key = { context, SERVER_KEY_BYTES };

    secret_random(salt, STATION_SALT_BYTES);
    station_password_hash(key, (struct str){ (const char *)salt, STATION_SALT_BYTES }, password,
                          hash);
}
