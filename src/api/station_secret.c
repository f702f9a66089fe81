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
                                struct str password, bool *is_next)
{
    struct str key = { context, SERVER_KEY_BYTES };

    *is_next = false;
    if (station_password_fits(key, station->password_salt, station->password_hash, password))
        return true;
    *is_next =
        station_password_fits(key, station->password_salt, station->password_next_hash, password);
    return *is_next;
}

void api_hash_station_password(void *context, struct str password, uint8_t salt[16],
                               uint8_t hash[SHA256_BYTES])
{
    struct str key = { context, SERVER_KEY_BYTES };

    secret_random(salt, STATION_SALT_BYTES);
    station_password_hash(key, (struct str){ (const char *)salt, STATION_SALT_BYTES }, password,
                          hash);
}
